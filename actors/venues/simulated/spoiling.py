"""How an answer looks when a fault of form is on: JSON in, JSON out, no meaning changed.

Numbers keep every digit. What is no object is left as it is.
"""

import re
from collections.abc import Callable
from decimal import Decimal

import msgspec

from actors.venues.simulated.faults import Switches

FORMS = (
    "decimal_commas",
    "swapped_numbers",
    "code_as_text",
    "shifted_codes",
    "null_message",
    "missing_data",
    "extra_keys",
    "http_status_code",
)
ORDER_PATH = "/api/v1/order"
CODES_OF_ORDERS = range(1_000, 10_000)
UNKNOWN_FRAME = b'[999,{"type":999,"news":"of a later version"}]'
_EXTRA = {"addedLater": {"note": "of a later version", "level": 1}}
_DECIMAL = re.compile(r"-?\d+\.\d+")
_NUMBER = re.compile(r"-?(0|[1-9]\d{0,11})(\.\d+)?")
_KEPT = frozenset({"tid", "pair", "limit"})  # text of digits, or ids, that stays what it is
_DECODER = msgspec.json.Decoder(float_hook=Decimal)
_ENCODER = msgspec.json.Encoder(decimal_format="number")


def spoils(on: Switches) -> bool:
    """Return whether any fault of form is on."""
    return any(getattr(on, name) for name in FORMS)


def spoiled(body: bytes, on: Switches, *, path: str, status: int) -> bytes:
    """Return *body*, the answer to a call of *path*, in the forms that are on."""
    try:
        found = _DECODER.decode(body)
    except ValueError:
        return body
    if not isinstance(found, dict):
        return _ENCODER.encode(_values(found, on))
    envelope = "success" in found
    found = {key: _values(one, on) if key == "data" else one for key, one in found.items()}
    if not envelope:
        found = {key: _values(one, on) for key, one in found.items()}
    elif on.missing_data:
        found.pop("data", None)
    if envelope and on.null_message and found["success"] is True:
        found["message"] = None
    if envelope and on.shifted_codes and found["code"] in CODES_OF_ORDERS:
        found["code"] += 1
    if envelope and on.code_as_text:
        found["code"] = found["message"] if found["code"] else "0"
    if envelope and on.http_status_code and path == ORDER_PATH:
        found = {"httpStatusCode": status} | found
    return _ENCODER.encode(found | _EXTRA if on.extra_keys else found)


def spoiled_frame(frame: bytes, on: Switches) -> bytes:
    """Return *frame* in the forms that are on for the stream."""
    if not (on.frame_swapped_numbers or on.frame_decimal_commas):
        return frame
    kind, body = _DECODER.decode(frame)
    swapped, commas = on.frame_swapped_numbers, on.frame_decimal_commas
    return _ENCODER.encode([kind, _written(body, swapped=swapped, commas=commas)])


def _values(value: object, on: Switches) -> object:
    if on.extra_keys:
        value = _walked(value, lambda _key, one: one | _EXTRA if isinstance(one, dict) else one)
    return _written(value, swapped=on.swapped_numbers, commas=on.decimal_commas)


def _written(value: object, *, swapped: bool, commas: bool) -> object:
    if swapped:
        value = _walked(value, _swapped)
    return _walked(value, _comma) if commas else value


def _walked(value: object, change: Callable[[str, object], object], key: str = "") -> object:
    """Return *value* with every part of it changed, the inner ones first."""
    if isinstance(value, dict):
        value = {name: _walked(one, change, name) for name, one in value.items()}
    elif isinstance(value, list):
        value = [_walked(one, change, key) for one in value]
    return change(key, value)


def _swapped(key: str, one: object) -> object:
    """A number becomes text and the reverse: times, ids and counts, whole in both, stay."""
    if isinstance(one, Decimal):
        return f"{one:f}"
    name = key.lower()
    if not isinstance(one, str) or name in _KEPT or name.endswith("id"):
        return one
    return Decimal(one) if _NUMBER.fullmatch(one) else one


def _comma(_key: str, one: object) -> object:
    return one.replace(".", ",") if isinstance(one, str) and _DECIMAL.fullmatch(one) else one
