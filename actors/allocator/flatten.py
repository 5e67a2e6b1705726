"""Everything is to be sold: what that means for the targets of every strategy.

Asked for by the operator's own level of the desk, REDUCE_ONLY with a reason that begins with
FLATTEN: it is in the journal, survives every restart and ends with the operator's next level. What
no strategy of this desk holds is not sold.
"""

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from actors.allocator.places import Place
from messages.instrument import Instrument
from messages.money import BPS, ONE, Amount
from messages.state import ExecutorStatus, Level, Scope
from messages.targets import Target, Targets

FLATTEN = "FLATTEN"
OPERATOR = "operator"
BELOW_BID_BPS = 50  # inside every collar


def is_asked(status: ExecutorStatus | None) -> bool:
    """Return whether the operator wants everything sold."""
    return status is not None and any(
        (one.scope, one.source, one.level) == (Scope.DESK, OPERATOR, Level.REDUCE_ONLY)
        and one.reason.startswith(FLATTEN)
        for one in status.levels
    )


def targets(strategies: Sequence[str], places: Iterable[Place], *, at_ms: int) -> list[Targets]:
    """Return what stands for the strategies' own targets meanwhile: to hold nothing.

    Dust stays: a position that is worth less than the smallest order.
    """
    known = list(places)
    return [
        Targets(
            strategy=name,
            seq=0,
            targets=dict(one for here in known for one in _targets(here, name)),
            contained=None,
            decided_ms=at_ms,
        )
        for name in strategies
    ]


def is_worth_an_order(position: Decimal, bid: Decimal, rules: Instrument) -> bool:
    """Return whether *position* can be sold at the price of a flatten."""
    return rules.quantity_down(position) * rules.price_down(_price(bid)) >= rules.notional_min


def _targets(here: Place, strategy: str) -> Iterator[tuple[str, Target]]:
    bid = here.quote.bid if here.quote else None
    position = here.held(strategy).position
    if here.rules is None or bid is None or position <= 0:
        return
    if is_worth_an_order(position, bid, here.rules):
        price = Amount(_price(bid))
        yield here.instrument, Target(quantity=Amount(0), price=price, reason=FLATTEN)


def _price(bid: Decimal) -> Decimal:
    return bid * (ONE - BELOW_BID_BPS * BPS)
