"""All checks, in the order in which the first broken one names the refusal.

Each is evaluated and recorded with what was seen and the limit, also after one has failed. An entry
is a buy and an exit a sell: on spot only a sell reduces.
"""

from collections.abc import Callable

from msgspec import Struct

from actors.risk_gate import data, exposure, holdings, level, losses, own, rates, resting
from actors.risk_gate.ask import Ask
from messages.orders import BrokenRule, Check, Side

ALL = (Side.BUY, Side.SELL)
ENTRY = (Side.BUY,)
EXIT = (Side.SELL,)


class Rule(Struct, frozen=True):
    """One check: its number, the sides it is for, and how it is evaluated (None: not asked)."""

    number: int
    sides: tuple[Side, ...]
    evaluate: Callable[[Ask], Check | None]


RULES: tuple[Rule, ...] = (
    Rule(1, ALL, level.level),
    Rule(2, ALL, level.armed),
    Rule(3, ALL, level.version),
    Rule(3, ALL, level.deadline),
    Rule(4, ALL, data.states),
    Rule(5, ALL, data.quote),
    Rule(6, ALL, data.rules),
    Rule(7, ALL, data.collar),
    Rule(7, ALL, data.collar_median),
    Rule(8, ALL, exposure.order_size),
    Rule(9, ENTRY, resting.unknown),
    Rule(10, EXIT, holdings.sellable),
    Rule(11, ENTRY, holdings.cash),
    Rule(12, ENTRY, exposure.position),
    Rule(13, ENTRY, exposure.gross),
    Rule(14, ENTRY, exposure.replace_worst_case),
    Rule(15, ALL, resting.open_orders),
    Rule(16, ALL, rates.rate),
    Rule(17, ENTRY, rates.cooldown),
    Rule(18, ALL, rates.repeated),
    Rule(19, ALL, resting.duplicate),
    Rule(20, ALL, resting.self_cross),
    Rule(21, ENTRY, losses.day),
    Rule(22, ENTRY, losses.drawdown),
    Rule(23, ENTRY, losses.fees),
    Rule(24, ENTRY, losses.streak),
    Rule(25, EXIT, losses.min_profit),
    Rule(26, ALL, own.strategy),
    Rule(26, ALL, own.instrument),
    Rule(27, ENTRY, own.capital_order),
    Rule(27, ENTRY, own.capital_exposure),
)


def evaluate(ask: Ask) -> tuple[Check, ...]:
    """Return every check that is for the intent's side, in order."""
    found = (rule.evaluate(ask) for rule in RULES if ask.intent.side in rule.sides)
    return tuple(check for check in found if check is not None)


def first_broken(checks: tuple[Check, ...]) -> BrokenRule | None:
    """Return the first rule that was broken, None when all hold."""
    return next(
        (
            BrokenRule(code=one.code, observed=one.observed, limit=one.limit)
            for one in checks
            if not one.passed
        ),
        None,
    )
