"""The keeper of a trading desk: what it permits, what it tells about the desk, whom it obeys.

Its permit is the second of the two that trading needs: it is given only while every actor is ready
and none was restarted too often, and it ends with a kill or the beginning of a stop.
"""

from collections import deque
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, Protocol, TypeVar

from msgspec import Struct, to_builtins

from actors.runtime import supervision
from actors.runtime.children import Forkserver, Spawned
from actors.runtime.effects import After, Back, Tick
from actors.runtime.keeper import Household, Keeper
from actors.runtime.newest import Newest
from actors.runtime.parts import Parts
from actors.runtime.settings import DeskSettings
from actors.runtime.supervision import Child
from messages.control import Kill, Reply, Resume, SetLevel, StatusQuery
from messages.life import Permit
from messages.market import FeedStatus, Quote
from messages.records import AuditStatus, RecentDecisions
from messages.state import AccountState, ExecutorStatus, InstrumentState, Level, Scope

T = TypeVar("T")

ISSUER = "supervisor"
HALT_REPEAT_MS = 1_000  # until the executor has it
OLD_MS = 3_000  # older states are not told as if they were so
TREND_MS = 1_000  # one sample of each trend
TREND_MAX = 60
NOT_KNOWN = "UNKNOWN"
_HALT = Tick("halt")
_DRAW = Tick("draw")
_TIME_IS_UP = Tick("time_is_up")
_TREND = Tick("trend")
_OWN_TICKS = frozenset(tick.name for tick in (_HALT, _DRAW, _TIME_IS_UP, _TREND))


class Watcher(Protocol):
    """Whoever shows the desk to a person, every *every_ms*."""

    @property
    def every_ms(self) -> int: ...
    def draw(self, keeper: "DeskKeeper") -> None: ...
    def close(self, keeper: "DeskKeeper") -> None: ...


class About(Struct, frozen=True, kw_only=True):
    """What a desk is called, and how long it shall run once it is ready; None: until told."""

    desk: DeskSettings
    host: str
    run_s: int | None


class DeskKeeper(Keeper):
    """The supervisor. Everything of the desk dies with it."""

    role = "supervisor"

    def __init__(
        self,
        parts: Parts,
        house: Household,
        forkserver: Forkserver,
        begun: Mapping[str, Spawned],
        *,
        about: About,
        watcher: Watcher,
    ) -> None:
        super().__init__(parts, house, forkserver, begun)
        self.about = about
        self.newest = Newest()
        self.trends: dict[str, deque[Decimal]] = {}
        self.killed = False
        self.began_ms = self.clock.mono_ms()
        self._watcher = watcher
        self._killed_epoch: int | None = None
        self._halt: SetLevel | None = None  # what the executor has not confirmed yet

    def started(self) -> Iterable[object]:
        yield from super().started()
        self._forkserver.tidy(self.parts.run_dir / "sock" / "temporary")
        yield After(self._watcher.every_ms, _DRAW)
        yield After(TREND_MS, _TREND)

    def react(self, message: object) -> Iterable[object]:
        match message:
            case Quote() | InstrumentState():
                self.newest.take(message, name=message.instrument, now_ms=self.clock.mono_ms())
                return ()
            case FeedStatus() | AccountState() | AuditStatus() | RecentDecisions():
                self.newest.take(message, now_ms=self.clock.mono_ms())
                return ()
            case ExecutorStatus():
                return self._permit(message)
            case StatusQuery():
                report = to_builtins(self.report(), builtin_types=(Decimal,))
                return (Back(self.route, Reply(ok=True, code="OK", message="", report=report)),)
            case Kill() | Resume():
                return self._hold(message)
            case Reply():
                return self._confirmed(message)
            case Tick(name) if name in _OWN_TICKS:
                return self._rung(name)
        return super().react(message)

    def _rung(self, name: str) -> Iterable[object]:
        match name:
            case "draw":
                self._watcher.draw(self)
                return (After(self._watcher.every_ms, _DRAW),)
            case "trend":
                self._sample()
                return (After(TREND_MS, _TREND),)
            case "halt":
                return self._say_halt()
            case "time_is_up":
                return self.begin_stop(0, f"{self.about.run_s} s are over")
        return ()

    def ending(self) -> None:
        self._watcher.close(self)
        self._forkserver.close()

    def became_ready(self, name: str) -> Iterable[object]:
        """Do not wait for the executor's next nonce when the last one that was missing is ready."""
        status = self.fresh(ExecutorStatus)
        return self._permit_for(status) if status else ()

    def all_became_ready(self) -> Iterable[object]:
        self.log.info("desk_ready", after_ms=self.clock.mono_ms() - self.began_ms)
        if self.about.run_s is not None:
            yield After(self.about.run_s * 1000, _TIME_IS_UP)

    def limit_reached(self, name: str) -> Iterable[object]:
        settings = self.house.settings
        return self._halt_for(
            f"{name} failed more than {settings.restarts_max} times in {settings.window_s} s"
        )

    def invariant_broken(self, name: str) -> Iterable[object]:
        """Halt: whoever found it starts again from what is durable, but a person has to look."""
        return self._halt_for(f"{name} found an invariant broken")

    def _halt_for(self, reason: str) -> Iterable[object]:
        self._halt = SetLevel(
            scope=Scope.DESK, name="", source=ISSUER, level=Level.HALTED, reason=reason
        )
        return self._say_halt()

    def may_trade(self) -> bool:
        """Return whether this keeper gives its permit now."""
        return (
            self.ordered_stop is None
            and not self.killed
            and self._halt is None
            and supervision.all_ready(self.actors())
            and not any(child.limited for child in self.actors())
        )

    def fresh(self, kind: type[T]) -> T | None:
        """Return the newest *kind*, None when that is too old to be told as if it were so."""
        age_ms = self.newest.age_ms(kind, now_ms=self.clock.mono_ms())
        return None if age_ms is None or age_ms > OLD_MS else self.newest.get(kind)

    def report(self) -> dict[str, Any]:
        """Return the answer to StatusQuery, as plain values."""
        now = self.clock.mono_ms()
        status = self.fresh(ExecutorStatus)
        return {
            "mode": self.about.desk.mode,
            "level": status.level if status else NOT_KNOWN,
            "host": self.about.host,
            "actors": [self._told(child, now) for child in self.actors()],
            "services": [self._told(self.kept[name], now) for name in self.programs],
            "permits": list(status.permits) if status else [],
            "unknown_orders": status.unknown_orders if status else None,
            "feeds": self.fresh(FeedStatus),
        }

    def _told(self, child: Child, now_ms: int) -> dict[str, object]:
        return {
            "role": child.role,
            "pid": child.pid,
            "host": self.about.host,
            "state": str(child.actual),
            "restarts": child.restarts,
            "heartbeat_age_ms": None if child.heard_ms is None else now_ms - child.heard_ms,
        }

    def _permit(self, status: ExecutorStatus) -> Iterable[object]:
        self.newest.take(status, now_ms=self.clock.mono_ms())
        if self._killed_epoch is not None and status.kill_epoch > self._killed_epoch:
            self.killed, self._killed_epoch = False, None  # lifted where it counts
        yield from self._permit_for(status)

    def _permit_for(self, status: ExecutorStatus) -> Iterable[object]:
        if self.may_trade():
            yield Permit(nonce=status.nonce, issuer=ISSUER, kill_epoch=status.kill_epoch)

    def _hold(self, command: Kill | Resume) -> Iterable[object]:
        """End the permit with a kill; give it again after a resume. Twice is once."""
        self.killed = isinstance(command, Kill)
        status = self.newest.get(ExecutorStatus)
        self._killed_epoch = status.kill_epoch if self.killed and status else None
        if isinstance(command, Kill):
            self.log.critical("desk_killed", reason=command.reason)
            said = "the supervisor's permit has ended"
        else:
            self.log.warning("desk_resumed")
            said = "the supervisor gives its permit again"
        return (Back(self.route, Reply(ok=True, code="OK", message=said)),)

    def _say_halt(self) -> Iterable[object]:
        if self._halt is not None:
            yield self._halt
            yield After(HALT_REPEAT_MS, _HALT)

    def _confirmed(self, reply: Reply) -> Iterable[object]:
        if self._halt is not None:
            self.log.info("level_changed", level=Level.HALTED, ok=reply.ok, code=reply.code)
            if reply.ok:  # an executor without a store cannot write it down, and says so
                self._halt = None
        return ()

    def _sample(self) -> None:
        for name in self.about.desk.instruments:
            quote = self.newest.get(Quote, name)
            self._add(name, None if quote is None else quote.mid)
        account = self.newest.get(AccountState)
        self._add("", None if account is None else account.equity)

    def _add(self, name: str, value: Decimal | None) -> None:
        if value is not None:
            self.trends.setdefault(name, deque(maxlen=TREND_MAX)).append(value)
