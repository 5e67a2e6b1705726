"""How the venue's numbers are read, and ours are written for it. Exact, and never guessed.

A JSON number and a text of the same digits are the same amount. Text is plain digits; the venue's
documentation also prints decimal commas, and its queries write a zero as `0E-16`.
"""

import re
from decimal import Decimal
from typing import TypeGuard

from messages.money import DIGITS_MAX, text

INTEGER_DIGITS_MAX = 12  # the venue's own pattern for what it takes in an order
FRACTION_DIGITS_MAX = 16
EXPONENT_MAX = 40  # further from one than any amount is
TEXT_MAX = DIGITS_MAX + 2  # with sign and point
WHOLE_MAX = 2**63 - 1  # of an id or a time: the store keeps no more

_PLAIN = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")
_COMMA = re.compile(r"[+-]?[0-9]+,[0-9]+")
_COULD_BE_THOUSANDS = re.compile(r"[+-]?[1-9][0-9]{0,2},[0-9]{3}")
_ZERO = re.compile(r"[+-]?0(\.0+)?[eE][+-]?[0-9]{1,3}")


class AmountUnreadable(ValueError):
    """What should be an amount is not one. *code* says how it fails."""

    def __init__(self, code: str, raw: object) -> None:
        super().__init__(f"{code}: {raw!r}"[:100])
        self.code = code


def read(raw: object) -> Decimal:
    """Return the amount that *raw* (text, int or Decimal) states.

    One comma and no dot is a decimal comma, unless it could be a group of thousands. Raises
    TypeError for a float or a bool, AmountUnreadable for everything else that is no amount.
    """
    if isinstance(raw, bool | float):
        raise TypeError(f"an amount is text, int or Decimal, not {type(raw).__name__}")
    if isinstance(raw, str):
        value = _read_text(raw.strip())
    elif isinstance(raw, int | Decimal):
        value = Decimal(raw)
    else:
        raise AmountUnreadable("NUMBER_UNREADABLE", raw)
    if not value.is_finite() or (value and abs(value.adjusted()) > EXPONENT_MAX):
        raise AmountUnreadable("NUMBER_UNREADABLE", raw)
    return value


def is_whole(raw: object) -> TypeGuard[int]:
    """Return whether *raw* is a whole number that the store and the wire can hold."""
    return isinstance(raw, int) and not isinstance(raw, bool) and abs(raw) <= WHOLE_MAX


def has_decimal_comma(raw: object) -> bool:
    """Return whether *raw* is read with a decimal comma: worth counting, the venue sends dots."""
    return isinstance(raw, str) and _COMMA.fullmatch(raw.strip()) is not None


def wire(value: Decimal) -> str:
    """Return *value* as an order states it. Raises AmountUnreadable when it has too many digits."""
    plain = text(value)
    whole, _, fraction = plain.partition(".")
    if len(whole) > INTEGER_DIGITS_MAX or len(fraction) > FRACTION_DIGITS_MAX:
        raise AmountUnreadable("NUMBER_TOO_LONG", plain)
    return plain


def _read_text(plain: str) -> Decimal:
    if len(plain) > TEXT_MAX:
        raise AmountUnreadable("NUMBER_UNREADABLE", plain)
    if _PLAIN.fullmatch(plain):
        return Decimal(plain)
    if "," in plain:
        if plain.count(",") > 1 or "." in plain or _COULD_BE_THOUSANDS.fullmatch(plain):
            raise AmountUnreadable("NUMBER_AMBIGUOUS", plain)
        if _COMMA.fullmatch(plain):
            return Decimal(plain.replace(",", "."))
    if _ZERO.fullmatch(plain):
        return Decimal(0)
    raise AmountUnreadable("NUMBER_UNREADABLE", plain)
