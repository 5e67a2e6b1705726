"""What the exchange shows later than it happened, and what it does later than it said.

All of it is off until a fault asks for it. Times are ms; `as_of` looks back on the venue's clock.
"""

from collections import defaultdict, deque
from collections.abc import Iterator

from msgspec import Struct
from msgspec.structs import replace

from actors.venues.clock import Clock
from actors.venues.simulated.accounts import Wallet
from actors.venues.simulated.events import Status
from actors.venues.simulated.faults import Faults
from actors.venues.simulated.history import History, Order
from messages.money import ZERO

CANCELS_MAX = 10_000
WALLETS_MAX = 10_000


class VenueClock:
    """The clock the venue lives by; a fault sets it wrong."""

    def __init__(self, clock: Clock, faults: Faults) -> None:
        self._clock, self._faults = clock, faults

    def wall_ms(self) -> int:
        return self._clock.wall_ms() + self._faults.on.clock_skew_ms

    def mono_ms(self) -> int:
        return self._clock.mono_ms()


class Cancel(Struct, frozen=True):
    """A cancel that was accepted and has not happened yet."""

    due_ms: int  # monotonic
    account: str
    order_id: int


class Cancels:
    """The accepted cancels, by the time they become true."""

    def __init__(self) -> None:
        self._waiting: deque[Cancel] = deque()

    def wait(self, cancel: Cancel) -> bool:
        """Keep one for later; False when too many wait."""
        if len(self._waiting) >= CANCELS_MAX:
            return False
        self._waiting.append(cancel)
        return True

    def due(self, now_ms: int | None) -> list[Cancel]:
        """Return those whose time has come, None: all; they wait no longer."""
        found = [one for one in self._waiting if now_ms is None or one.due_ms <= now_ms]
        for one in found:
            self._waiting.remove(one)
        return found


class Wallets:
    """What every account had a while ago."""

    def __init__(self) -> None:
        self._kept: dict[str, deque[tuple[int, Wallet]]] = defaultdict(
            lambda: deque(maxlen=WALLETS_MAX)
        )

    def note(self, account: str, wallet: Wallet, now_ms: int, *, first: bool = False) -> None:
        """Remember a wallet as it is now; *first*: only when none of it is known."""
        if first and self._kept[account]:
            return
        kept = Wallet()
        kept.free.update(wallet.free)
        kept.locked.update(wallet.locked)
        kept.requested.update(wallet.requested)
        self._kept[account].append((now_ms, kept))

    def forget(self) -> None:
        self._kept.clear()

    def as_of(self, account: str, at_ms: int) -> tuple[int, Wallet] | None:
        """Return the newest wallet of that time, else the oldest known, with its time."""
        found = None
        for one in self._kept[account]:
            if found is not None and one[0] > at_ms:
                break
            found = one
        return found


def as_of(order: Order, at_ms: int) -> Order | None:
    """Return the order as it was, None when there was none yet."""
    if order.accepted.at_ms > at_ms:
        return None
    if order.updated_ms <= at_ms:
        return order
    fills = [one for one in order.fills if one.at_ms <= at_ms]
    return replace(
        order,
        filled=sum((one.quantity for one in fills), ZERO),
        status=Status.PARTIAL if fills else Status.UNTOUCHED,
        updated_ms=fills[-1].at_ms if fills else order.accepted.at_ms,
        fills=fills,
    )


def open_as_of(
    history: History, account: str, instrument: str | None, at_ms: int
) -> Iterator[Order]:
    """Yield the orders that were open then, oldest first."""
    mine = [
        one
        for one in history.closed_since(at_ms)
        if one.accepted.account == account
        and (instrument is None or one.accepted.instrument == instrument)
    ]
    every = [*history.open_orders(account, instrument), *mine]
    for order in sorted(every, key=lambda one: one.accepted.order_id):
        then = as_of(order, at_ms)
        if then is not None and then.is_open:
            yield then
