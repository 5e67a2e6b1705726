"""What shape each message has, so that a change of shape cannot slip in unnoticed.

`schema.lock.json` beside this file holds shape and version of every message ever released; a test
compares. Fields are only added, with a default; a breaking change is a new type name.
"""

import hashlib
from typing import Any, get_args, get_type_hints

import msgspec

from messages.codec import SCHEMAS


def shapes() -> dict[str, dict[str, Any]]:
    """Return, by message name, its version, its fields as text and the hash of them."""
    return {kind.__name__: _shape(kind, version) for kind, version in SCHEMAS.items()}


def _shape(kind: type, version: int) -> dict[str, Any]:
    fields = _fields(kind, inside=())
    lines = "\n".join(f"{name}: {described}" for name, described in fields.items())
    digest = hashlib.blake2b(lines.encode(), digest_size=8).hexdigest()
    return {"schema": version, "hash": digest, "fields": fields}


def _fields(kind: type, *, inside: tuple[type, ...]) -> dict[str, str]:
    hints = get_type_hints(kind)
    described: dict[str, str] = {}
    for field in msgspec.structs.fields(kind):
        hint = hints[field.name]
        optional = "" if field.required else " = default"
        described[field.encode_name] = f"{_name(hint)}{optional}"
        for nested in _structs(hint):
            if nested not in inside:
                below = _fields(nested, inside=(*inside, nested))
                described |= {f"{field.encode_name}.{key}": value for key, value in below.items()}
    return described


def _structs(hint: object) -> list[type]:
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return [hint]
    return [nested for part in get_args(hint) for nested in _structs(part)]


def _name(hint: object) -> str:
    parts = get_args(hint)
    if isinstance(hint, type) and not parts:
        return hint.__name__
    if not parts:
        return str(hint).removeprefix("typing.")
    origin = str(getattr(hint, "__origin__", "union")).removeprefix("<class '").removesuffix("'>")
    return f"{origin}[{', '.join(_name(part) for part in parts)}]"
