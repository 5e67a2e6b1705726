"""How what leaves one instrument becomes a batch: its legs, its names, its deadline."""

from collections.abc import Iterable, Sequence

from msgspec import Struct

from actors.allocator.sizing import Sized
from actors.allocator.wishes import Wish
from messages import ids
from messages.orders import CancelWish, Intent, IntentBatch, Side
from messages.state import InstrumentState

NS_PER_MS = 1_000_000


class Moment(Struct, frozen=True, kw_only=True):
    """One instant on all clocks of a pass."""

    mono_ms: int
    mono_ns: int
    wall_ms: int


class Leg(Struct, frozen=True):
    """A wish that leaves as an order. *sized* has its sizing."""

    wish: Wish
    sized: Sized


def decision_id(run_id: str, instrument: str, *, count: int, at: Moment) -> str:
    """Return a name for what was decided on *instrument* in pass number *count*: 16 hex digits."""
    return ids.content_hash(f"{run_id}|{instrument}|{at.wall_ms}|{at.mono_ns}|{count}".encode())


def batch(
    decision: str,
    state: InstrumentState,
    *,
    legs: Iterable[Leg],
    cancels: Sequence[CancelWish],
    kill_epoch: int,
    deadline_ms: int,
    prefix: str,
    at: Moment,
) -> IntentBatch:
    """Return all that is wanted on one instrument, computed from *state*; sells come first."""
    ordered = sorted(legs, key=_sells_first)
    return IntentBatch(
        decision_id=decision,
        instrument=state.instrument,
        version=state.version,
        lineage=state.lineage,
        kill_epoch=kill_epoch,
        deadline_ns=at.mono_ns + deadline_ms * NS_PER_MS,
        intents=tuple(_intent(state, number, leg, prefix) for number, leg in enumerate(ordered)),
        cancels=tuple(cancels),
    )


def _intent(state: InstrumentState, number: int, leg: Leg, prefix: str) -> Intent:
    if leg.sized.sizing is None:
        raise ValueError(f"leg {number} of {state.instrument} leaves without a sizing")
    name = ids.intent_id(
        lineage=state.lineage, instrument=state.instrument, version=state.version, leg=number
    )
    return Intent(
        intent_id=name,
        leg=number,
        client_order_id=ids.client_order_id(prefix=prefix, intent=name),
        strategy=leg.wish.strategy,
        side=leg.wish.side,
        quantity=leg.sized.quantity,
        price=leg.sized.price,
        sizing=leg.sized.sizing,
    )


def _sells_first(leg: Leg) -> bool:
    return leg.wish.side is Side.BUY
