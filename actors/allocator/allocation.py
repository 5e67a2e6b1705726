"""One pass: from everything believed at one instant to what is wanted on each instrument.

Wishes are looked at in order, each meets what those before it have left of the budgets. Instruments
with a batch on its way are left out. What a pass does not do, it gives a reason for.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from msgspec import Struct

from actors.allocator import flatten, resting
from actors.allocator.batches import Leg, Moment, batch, decision_id
from actors.allocator.budget import Budgets, Money, money
from actors.allocator.outstanding import Outstanding
from actors.allocator.places import Place, forbidden, place
from actors.allocator.pricing import limit_price
from actors.allocator.refusals import Refusals
from actors.allocator.resting import Leaving
from actors.allocator.settings import Settings
from actors.allocator.sizing import OK, REJECTED, Sized, size
from actors.allocator.wishes import Wish, wishes
from actors.runtime.newest import Newest
from messages.money import ONE
from messages.orders import CancelWish, IntentBatch, Side
from messages.state import AccountState, AliveOrder, ExecutorStatus
from messages.targets import Targets


class Desk(Struct, frozen=True, kw_only=True):
    """What does not change: who trades what, with which numbers, under which names."""

    run_id: str
    prefix: str
    quote: str
    instruments: tuple[str, ...]
    strategies: tuple[str, ...]  # in file order
    settings: Settings


class Believed(Struct, kw_only=True):
    """What was heard and what came of what was said. Owned by the actor, read by a pass."""

    newest: Newest
    outstanding: Outstanding
    refusals: Refusals
    leaving: Leaving


class Decided(Struct, frozen=True, kw_only=True):
    """What became of one wish. *joins* is the code of how it goes with orders that rest."""

    wish: Wish
    sized: Sized
    joins: str = ""
    refused_before: str = ""  # the code that still answers it

    @property
    def leaves(self) -> bool:
        return self.joins in resting.SENDS and not self.refused_before

    @property
    def reason(self) -> str:
        """The code of what decided it."""
        if self.sized.status == REJECTED or self.leaves:
            return self.sized.reason
        return self.refused_before or self.joins


class Outcome(Struct, frozen=True, kw_only=True):
    """What one pass decided for one instrument. *batch* None: nothing is said."""

    decision_id: str
    place: Place
    money: Money
    decided: tuple[Decided, ...]
    cancels: tuple[tuple[AliveOrder, str], ...]  # with the reason
    batch: IntentBatch | None

    @property
    def replaced(self) -> list[Side]:
        """The sides on which an order is taken back to make room for a new one."""
        return [one.side for one, reason in self.cancels if reason == resting.REPLACE_CANCEL]


def run(
    desk: Desk, believed: Believed, *, at: Moment, count: int, may_send: str = OK
) -> list[Outcome]:
    """Return what pass number *count* decides, instrument by instrument in the desk's order.

    *may_send* other than OK is the code that forbids every new order; cancels go on.
    """
    settings = desk.settings
    places = _places(desk, believed, at)
    budgets = Budgets(_money(desk, believed, at), settings)
    stale = {name: resting.stale(here, settings) for name, here in places.items()}
    wished = wishes(_targets(desk, believed, places, at), places, strategies=desk.strategies)
    decided: dict[str, list[Decided]] = {name: [] for name in places}
    for wish in wished:
        here = places[wish.instrument]
        one = (
            _decide(wish, here, budgets, believed, settings, stale=stale[wish.instrument], at=at)
            if may_send == OK
            else Decided(wish=wish, sized=Sized(status=REJECTED, reason=may_send))
        )
        if one.leaves:
            _take(budgets, one)
        decided[wish.instrument].append(one)
    return [
        _outcome(desk, here, budgets.available, decided[name], stale[name], at=at, count=count)
        for name, here in places.items()
    ]


def _places(desk: Desk, believed: Believed, at: Moment) -> dict[str, Place]:
    newest, now_ms = believed.newest, at.mono_ms
    age_ms = newest.age_ms(ExecutorStatus, now_ms=now_ms)
    fresh = age_ms is not None and age_ms <= desk.settings.state_age_max_ms
    status = newest.get(ExecutorStatus) if fresh else None
    free = (name for name in desk.instruments if not believed.outstanding.blocks(name))
    return {name: place(name, newest, now_ms=now_ms, status=status) for name in free}


def _money(desk: Desk, believed: Believed, at: Moment) -> Money:
    return money(
        believed.newest.get(AccountState),
        age_ms=believed.newest.age_ms(AccountState, now_ms=at.mono_ms) or 0,
        quote=desk.quote,
        spent=believed.outstanding.spent,
        settings=desk.settings,
    )


def _targets(
    desk: Desk, believed: Believed, places: Mapping[str, Place], at: Moment
) -> list[Targets]:
    """Return the targets of every strategy that spoke lately; silence is no opinion.

    While the operator wants everything sold, none is asked.
    """
    if flatten.is_asked(believed.newest.get(ExecutorStatus)):
        return flatten.targets(desk.strategies, places.values(), at_ms=at.wall_ms)
    newest, most = believed.newest, desk.settings.targets_age_max_ms
    heard = ((one, newest.get(Targets, one)) for one in desk.strategies)
    return [
        said
        for name, said in heard
        if said and (newest.age_ms(Targets, name, now_ms=at.mono_ms) or 0) <= most
    ]


def _decide(
    wish: Wish,
    here: Place,
    budgets: Budgets,
    believed: Believed,
    settings: Settings,
    *,
    stale: Sequence[AliveOrder],
    at: Moment,
) -> Decided:
    sized = _sized(wish, here, budgets, settings)
    if sized.status == REJECTED or here.state is None:
        return Decided(wish=wish, sized=sized)
    joins = resting.joins(
        here,
        side=wish.side,
        price=sized.price,
        quantity=sized.quantity,
        stale=stale,
        unconfirmed=[
            one
            for one in here.alive
            if believed.leaving.unconfirmed(
                one, now_ms=at.mono_ms, after_s=settings.cancel_unconfirmed_s
            )
        ],
    )
    if joins == resting.NEW_INTENT and believed.leaving.made_room(wish.instrument, wish.side):
        joins = resting.REPLACE_SUBMIT
    still = believed.refusals.still(
        wish.instrument,
        wish.strategy,
        wish.side,
        price=sized.price,
        quantity=sized.quantity,
        version=here.state.version,
        now_ms=at.mono_ms,
        again_ms=settings.refused_again_ms,
    )
    return Decided(wish=wish, sized=sized, joins=joins, refused_before=still or "")


def _sized(wish: Wish, here: Place, budgets: Budgets, settings: Settings) -> Sized:
    code = forbidden(here, strategy=wish.strategy, side=wish.side, settings=settings)
    if code is None and wish.side is Side.BUY and budgets.available.cash is None:
        code = "CASH_UNKNOWN"
    if code or here.rules is None or here.quote is None:
        return Sized(status=REJECTED, reason=code or "NO_MARK_PRICE")
    price = limit_price(
        wish.side,
        wanted=wish.target.price,
        quote=here.quote,
        rules=here.rules,
        settings=settings,
    )
    return size(wish, here, budgets, settings, rules=here.rules, quote=here.quote, price=price)


def _take(budgets: Budgets, one: Decided) -> None:
    budgets.take(
        one.wish.side,
        strategy=one.wish.strategy,
        instrument=one.wish.instrument,
        price=one.sized.price,
        quantity=one.sized.quantity,
    )


def _outcome(
    desk: Desk,
    here: Place,
    available: Money,
    decided: Sequence[Decided],
    stale: Sequence[AliveOrder],
    *,
    at: Moment,
    count: int,
) -> Outcome:
    name = decision_id(desk.run_id, here.instrument, count=count, at=at)
    replaced = {one.wish.side: True for one in decided if one.joins == resting.REPLACE_CANCEL}
    cancels = tuple(
        (one, resting.REPLACE_CANCEL if one.side in replaced else resting.STALE) for one in stale
    )
    legs = [Leg(one.wish, one.sized) for one in decided if one.leaves]
    said = None
    if here.state is not None and (legs or cancels):
        said = batch(
            name,
            here.state,
            legs=legs,
            cancels=[
                CancelWish(client_order_id=o.client_order_id, reason=why) for o, why in cancels
            ],
            kill_epoch=here.status.kill_epoch if here.status else 0,
            deadline_ms=desk.settings.deadline_ms,
            prefix=desk.prefix,
            at=at,
        )
    return Outcome(
        decision_id=name,
        place=here,
        money=available,
        decided=tuple(decided),
        cancels=cancels,
        batch=said,
    )


def spends(said: IntentBatch, available: Money) -> dict[str, Decimal]:
    """Return what the buys of *said* take of the account, fees included, by intent id."""
    return {
        one.intent_id: one.notional * (ONE + available.fee_buffer)
        for one in said.intents
        if one.side is Side.BUY
    }
