"""What was heard so far: what is missing, what is news, how old it is. Ages in ms."""

from collections.abc import Sequence

from msgspec.structs import replace

from actors.runtime.newest import Newest
from messages.state import AccountState, AliveOrder, ExecutorStatus, InstrumentState
from messages.targets import Targets


def missing(newest: Newest, instruments: Sequence[str]) -> str:
    """Return what has to be heard before a first pass, "" when nothing is missing."""
    unheard = [name for name in instruments if newest.get(InstrumentState, name) is None]
    if unheard:
        return f"the state of {', '.join(unheard)}"
    for kind in (AccountState, ExecutorStatus):
        if newest.get(kind) is None:
            return f"the executor's {kind.__name__}"
    return ""


def unpermitted(newest: Newest) -> bool:
    """Return whether somebody never permitted a send to the executor as it lives now.

    So it is for a moment after each start: an order would only be refused. After a kill nobody
    permits anything: then a wish goes its way, and is refused with the reason on record.
    """
    status = newest.get(ExecutorStatus)
    if status is None or status.latched:
        return False
    return any(one.age_ms is None for one in status.permits)


def changed(before: object, now: object) -> bool:
    """Return whether *now* says more than that *before* is still so."""
    match before, now:
        case Targets(), Targets():
            return (before.targets, before.contained) != (now.targets, now.contained)
        case InstrumentState(), InstrumentState():
            return replace(before, at_ms=now.at_ms) != now
        case AccountState(), AccountState():
            return before.free != now.free
    return True


def alive(newest: Newest, instruments: Sequence[str]) -> list[AliveOrder]:
    """Return every alive order of *instruments*."""
    states = (newest.get(InstrumentState, name) for name in instruments)
    return [order for state in states if state for order in state.alive]


def targets_age_ms(newest: Newest, strategies: Sequence[str], *, now_ms: int) -> dict[str, int]:
    """Return the age of each strategy's newest targets; who never spoke is not in it."""
    ages = ((name, newest.age_ms(Targets, name, now_ms=now_ms)) for name in strategies)
    return {name: age_ms for name, age_ms in ages if age_ms is not None}
