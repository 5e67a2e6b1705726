"""Does this table hold what a settings struct wants? Field by field: no fault hides another.

Strict: text is not turned into numbers. An amount is text or a whole number, never a float, because
0.1 in a file would already be something else by the time it is read.
"""

import difflib
import enum
import types
from decimal import Decimal
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

import msgspec
from msgspec import NODEFAULT, Meta, Struct
from msgspec.structs import FieldInfo

from config.faults import NOTHING, Fault
from config.layers import Layers, Table
from messages.money import Amount, amount

AMOUNT = "an amount, as text or a whole number"
SHOWN_MAX = 60  # characters of a value in a fault
S = TypeVar("S", bound=Struct)


class _Bad:
    """Stands for a value that could not be read; its fault is noted."""


BAD = _Bad()


class Reader:
    """Reads values of the merged files as types, noting every fault.

    Below a key of *explicit* nothing has a default but what may be absent (`X | None`).
    """

    def __init__(self, layers: Layers, *, explicit: tuple[str, ...] = ()) -> None:
        self.faults: list[Fault] = []
        self._layers = layers
        self._explicit = explicit

    def note(self, key: str, *, found: str, expected: str) -> _Bad:
        """Note a fault at *key* and return what stands for the value."""
        said_by = self._layers.said_by(key)
        self.faults.append(Fault(file=said_by, key=key, found=found, expected=expected))
        return BAD

    def struct(self, raw: object, kind: type[S], key: str) -> S | _Bad:
        """Return *raw* as a *kind*, BAD when anything in it is at fault."""
        if not isinstance(raw, dict):
            return self.note(key, found=shown(raw), expected="a table")
        fields = msgspec.structs.fields(kind)
        known = self._only_known(raw, kind, key)
        values = {one.name: self._field(raw, one, key) for one in fields}
        given = {name: value for name, value in values.items() if value is not NODEFAULT}
        if not known or any(value is BAD for value in given.values()):
            return BAD
        try:
            return kind(**given)
        except (ValueError, TypeError) as why:
            return self._misfit(raw, why, key)

    def value(self, raw: object, kind: Any, key: str) -> Any:
        """Return *raw* as a *kind* (any annotation a settings struct may use), BAD at a fault."""
        plain, meta = _bare(kind)
        origin = get_origin(plain)
        if _is_struct(plain):
            return self.struct(raw, plain, key)
        if plain in (Amount, Decimal):
            return self._amount(raw, kind, meta, key)
        if origin in (Union, types.UnionType):
            return self._union(raw, plain, key)
        if origin in (tuple, list):
            return self._items(raw, plain, meta, key)
        if origin is dict:
            return self._dict(raw, plain, key)
        try:
            return msgspec.convert(raw, kind, strict=True)
        except msgspec.ValidationError:
            return self.note(key, found=shown(raw), expected=wanted(kind))

    def _field(self, raw: Table, field: FieldInfo, key: str) -> Any:
        key = _joined(key, field.encode_name)
        if field.encode_name in raw:
            return self.value(raw[field.encode_name], field.type, key)
        if field.required:
            return self.note(key, found=NOTHING, expected=wanted(field.type))
        if self._must_be_written(key) and not _may_be_absent(field.type):
            expected = f"{wanted(field.type)}; there is no default for it in this mode"
            return self.note(key, found=NOTHING, expected=expected)
        return NODEFAULT

    def _must_be_written(self, key: str) -> bool:
        return any(key == one or key.startswith(f"{one}.") for one in self._explicit)

    def _only_known(self, raw: Table, kind: type[Struct], key: str) -> bool:
        names = [one.encode_name for one in msgspec.structs.fields(kind)]
        tag_field = kind.__struct_config__.tag_field
        strange = [name for name in raw if name not in names and name != tag_field]
        for name in strange:
            self.unknown(name, names, key)
        return not strange

    def unknown(self, name: str, names: list[str], key: str) -> None:
        """Note that nothing is called *name* below *key*, with the name that may be meant."""
        close = difflib.get_close_matches(name, names, n=1)
        expected = f"no such key; is it {close[0]}?" if close else f"one of {', '.join(names)}"
        self.note(_joined(key, name), found="an unknown key", expected=expected)

    def _misfit(self, raw: Table, why: Exception, key: str) -> _Bad:
        """Note what a struct says of its values, at the field whose name it begins with."""
        name = str(why).split(" ")[0]
        if name in raw:
            expected = str(why).removeprefix(f"{name} must be ")
            return self.note(_joined(key, name), found=shown(raw[name]), expected=expected)
        return self.note(key, found="values that do not fit together", expected=str(why))

    def _amount(self, raw: object, kind: Any, meta: Meta | None, key: str) -> Any:
        try:
            read = amount(raw)
        except (ValueError, TypeError):
            return self.note(key, found=shown(raw), expected=wanted(kind))
        if meta and not _in_range(read, meta):
            return self.note(key, found=shown(raw), expected=wanted(kind))
        return read

    def _union(self, raw: object, kind: Any, key: str) -> Any:
        members = [one for one in get_args(kind) if one is not type(None)]
        if len(members) == 1:
            return self.value(raw, members[0], key)
        if all(_is_struct(one) for one in members):
            return self._tagged(raw, members, key)
        try:
            return msgspec.convert(raw, kind, strict=True)
        except msgspec.ValidationError:
            return self.note(key, found=shown(raw), expected=wanted(kind))

    def _tagged(self, raw: object, members: list[Any], key: str) -> Any:
        tag_field = members[0].__struct_config__.tag_field
        by_tag = {one.__struct_config__.tag: one for one in members}
        if not isinstance(raw, dict):
            return self.note(key, found=shown(raw), expected="a table")
        tag = raw.get(tag_field)
        if not isinstance(tag, str) or tag not in by_tag:
            found = shown(tag) if tag_field in raw else NOTHING
            expected = f"one of {', '.join(sorted(by_tag))}"
            return self.note(_joined(key, tag_field), found=found, expected=expected)
        return self.struct(raw, by_tag[tag], key)

    def _items(self, raw: object, kind: Any, meta: Meta | None, key: str) -> Any:
        if not isinstance(raw, list):
            return self.note(key, found=shown(raw), expected=f"an array of {wanted(_item(kind))}")
        if meta and not _fits_length(raw, meta):
            found = f"{len(raw)} entries"
            return self.note(key, found=found, expected=f"an array{_limits(meta)}")
        read = [self.value(one, _item(kind), f"{key}[{n}]") for n, one in enumerate(raw)]
        if any(one is BAD for one in read):
            return BAD
        return tuple(read) if get_origin(kind) is tuple else read

    def _dict(self, raw: object, kind: Any, key: str) -> Any:
        if not isinstance(raw, dict):
            return self.note(key, found=shown(raw), expected="a table")
        _, of = get_args(kind)
        read = {name: self.value(one, of, _joined(key, name)) for name, one in raw.items()}
        return BAD if any(one is BAD for one in read.values()) else read


def wanted(kind: Any) -> str:
    """Return in words what a value of the annotation *kind* has to be."""
    plain, meta = _bare(kind)
    limits = _limits(meta) if meta else ""
    origin = get_origin(plain)
    if origin in (Union, types.UnionType):
        return " or ".join(wanted(one) for one in get_args(plain) if one is not type(None))
    if origin is Literal:
        return f"one of {', '.join(str(one) for one in get_args(plain))}"
    if origin in (tuple, list):
        return f"an array of {wanted(_item(plain))}"
    if plain in (Amount, Decimal):
        return f"{AMOUNT}{limits}"
    if isinstance(plain, type) and issubclass(plain, enum.Enum):
        return f"one of {', '.join(str(one.value) for one in plain)}"
    if _is_struct(plain) or origin is dict or plain is dict:
        return "a table"
    words = {int: "a whole number", str: "text", bool: "true or false", float: "a number"}
    return f"{words.get(plain, str(plain))}{limits}"


def shown(raw: object) -> str:
    """Return *raw* as a person may have written it, cut to a length that fits a line."""
    if isinstance(raw, bool):
        return str(raw).lower()
    if isinstance(raw, dict):
        return "a table"
    text = repr(raw)
    return text if len(text) <= SHOWN_MAX else f"{text[:SHOWN_MAX]}…"


def _joined(key: str, name: str) -> str:
    return f"{key}.{name}" if key else name


def _bare(kind: Any) -> tuple[Any, Meta | None]:
    if get_origin(kind) is Annotated:
        plain, *notes = get_args(kind)
        return plain, next((one for one in notes if isinstance(one, Meta)), None)
    return kind, None


def _is_struct(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Struct)


def _item(kind: Any) -> Any:
    """Return of what an array type is an array: of `list[X]`, of `tuple[X, ...]`."""
    return get_args(kind)[0]


def _may_be_absent(kind: Any) -> bool:
    """A cap that is off, and a table of names that may name none."""
    plain = _bare(kind)[0]
    return type(None) in get_args(plain) or get_origin(plain) is dict


def _in_range(value: Decimal, meta: Meta) -> bool:
    return not (
        (meta.ge is not None and value < meta.ge)
        or (meta.gt is not None and value <= meta.gt)
        or (meta.le is not None and value > meta.le)
        or (meta.lt is not None and value >= meta.lt)
    )


def _fits_length(raw: list[Any], meta: Meta) -> bool:
    least, most = meta.min_length or 0, meta.max_length
    return least <= len(raw) and (most is None or len(raw) <= most)


def _limits(meta: Meta) -> str:
    """Return the limits of *meta* in words, with a leading blank."""
    parts = [
        f"{word} {limit}"
        for word, limit in (
            ("≥", meta.ge),
            (">", meta.gt),
            ("≤", meta.le),
            ("<", meta.lt),
            ("like", meta.pattern),
            ("of at least", meta.min_length),
            ("of at most", meta.max_length),
        )
        if limit is not None
    ]
    return f" {', '.join(parts)}" if parts else ""
