"""How amounts are read, computed and written. Every amount of the desk is an exact decimal.

An amount on our own wire is canonical text: no exponent, no sign but a leading minus, no trailing
zeros, at most 38 digits. Reading the venue's numbers is the venue adapter's business.

Importing this module makes exact arithmetic the default of every thread: 60 digits, and an inexact
result, a float operand or an invalid operation raises instead of rounding in silence.
"""

import decimal
import re
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_UP, Decimal
from typing import TYPE_CHECKING

DIGITS_MAX = 38
DIGITS_EXACT = 60
SPENDABLE_PLACES = 8  # what we may spend or sell: rounded down to this many decimals
AVERAGE_PLACES = 18  # averages for display
BPS = Decimal("0.0001")
ZERO = Decimal(0)
ONE = Decimal(1)

_CANONICAL = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]*[1-9])?")
_PLAIN = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")
_TRAPS = [
    decimal.Inexact,
    decimal.FloatOperation,
    decimal.InvalidOperation,
    decimal.DivisionByZero,
    decimal.Overflow,
]
_EXACT = decimal.Context(prec=DIGITS_EXACT, traps=_TRAPS)
_ROUNDING = decimal.Context(
    prec=DIGITS_EXACT, traps=[decimal.InvalidOperation, decimal.DivisionByZero]
)

if TYPE_CHECKING:
    Amount = Decimal
else:

    class Amount(Decimal):
        """A Decimal that the strict reader of messages recognises by its type."""

        __slots__ = ()


class NumberUnreadable(ValueError):
    """What should be an amount is not one."""


def exact_everywhere() -> None:
    """Make exact arithmetic the context of this thread and of every thread started later."""
    decimal.DefaultContext.prec = _EXACT.prec
    decimal.DefaultContext.traps = _EXACT.traps
    decimal.setcontext(_EXACT.copy())


def exact() -> decimal.Context:
    """Return a fresh exact context, for `decimal.localcontext`."""
    return _EXACT.copy()


def amount(raw: object) -> Amount:
    """Return *raw* (text, int or Decimal) as an amount.

    Text is digits with an optional sign and dot, outer blanks dropped. Raises TypeError for a float
    or a bool, NumberUnreadable for text that is not a plain number and for NaN and infinities.
    """
    if isinstance(raw, bool) or not isinstance(raw, str | int | Decimal):
        raise TypeError(f"an amount is text, int or Decimal, not {type(raw).__name__} {raw!r}")
    if isinstance(raw, str):
        raw = raw.strip(" ")
        if not _PLAIN.fullmatch(raw):
            raise NumberUnreadable(f"not a plain decimal number: {raw[:60]!r}")
    value = Decimal(raw)
    if not value.is_finite():
        raise NumberUnreadable(f"not a finite number: {value}")
    return Amount(value)


def canonical(raw: object) -> Amount:
    """Return the amount that the canonical text *raw* states; anything else is a ValueError."""
    if not isinstance(raw, str):
        raise NumberUnreadable(f"an amount is text, not {type(raw).__name__}")
    digits = len(raw) - raw.count("-") - raw.count(".")
    if raw == "-0" or digits > DIGITS_MAX or not _CANONICAL.fullmatch(raw):
        raise NumberUnreadable(f"not a canonical amount: {raw[:60]!r}")
    return Amount(raw)


def text(value: Decimal) -> str:
    """Return the canonical text of *value*: no exponent, no trailing zeros, no minus zero."""
    if not value.is_finite():
        raise NumberUnreadable(f"not a finite number: {value}")
    plain = format(value, "f")
    if "." in plain:
        plain = plain.rstrip("0").rstrip(".")
    return "0" if plain in ("-0", "") else plain


def floor_to(value: Decimal, step: Decimal) -> Decimal:
    """Return the largest multiple of *step* that is not further from zero than *value*."""
    return _ROUNDING.divide_int(value, step) * step


def divide_down(value: Decimal, by: Decimal, places: int = SPENDABLE_PLACES) -> Decimal:
    """Return value / by, rounded towards zero: what may be spent or sold."""
    return _divide(value, by, places, ROUND_DOWN)


def divide_up(value: Decimal, by: Decimal, places: int = SPENDABLE_PLACES) -> Decimal:
    """Return value / by, rounded away from zero: what is owed or exposed."""
    return _divide(value, by, places, ROUND_UP)


def average(value: Decimal, by: Decimal) -> Decimal:
    """Return value / by, rounded half to even at 18 decimals: an average to show."""
    return _divide(value, by, AVERAGE_PLACES, ROUND_HALF_EVEN)


def round_down(value: Decimal, places: int) -> Decimal:
    """Return *value* cut to *places* decimals."""
    return _ROUNDING.divide_int(value.scaleb(places), ONE).scaleb(-places)


def _divide(value: Decimal, by: Decimal, places: int, rounding: str) -> Decimal:
    context = _ROUNDING.copy()
    context.rounding = rounding
    # The quotient is cut towards zero first: rounding twice in the same direction is rounding once,
    # and for half-even 60 digits leave no tie that 18 places could see.
    return context.divide(value, by).quantize(Decimal(1).scaleb(-places), context=context)


exact_everywhere()
