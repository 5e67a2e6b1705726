"""strategy: what would we like to hold?

Hosts every configured strategy, asks each of them on fresh quotes and says its targets, on change
at once and all of them again every second. One that fails stops itself alone.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from actors.runtime.actor import Actor
from actors.runtime.effects import After, Exit, Tick
from actors.runtime.failures import STOPPED
from actors.runtime.newest import Newest
from actors.runtime.parts import Parts
from actors.runtime.settings import DeskSettings
from actors.runtime.unacked import Unacked
from actors.strategy import view
from actors.strategy.interface import Run, Strategy
from actors.strategy.runner import Facts, Runner
from actors.strategy.settings import Settings
from actors.strategy.strategies import registry
from actors.strategy.universe import alive, universe
from actors.strategy.warmup import WarmUps
from messages.instrument import Instrument
from messages.market import Quote
from messages.records import Record, RecordsAck, WarmUp
from messages.state import AccountState, InstrumentState

T = TypeVar("T")
REPEAT, WARM_UP = "repeat", "warm_up"  # timers
STOPPED_IN_ORDER = "STOPPED"


class StrategyActor(Actor):
    """Keep the newest of everything, and ask the strategies when it is time.

    Dies of what no strategy did: a strategy's own errors stop that strategy.
    """

    role = "strategy"

    def __init__(
        self,
        parts: Parts,
        *,
        desk: DeskSettings,
        own: Settings,
        make: Callable[[Run], Strategy] = registry.strategy,
    ) -> None:
        super().__init__(parts)
        self._desk, self._own = desk, own
        first_seq = self.clock.wall_ms()  # an earlier process of ours said lower numbers
        self._runners = [Runner(run, make(run), first_seq=first_seq) for run in own.enabled]
        self._newest = Newest()
        self._records = Unacked(wall_ms=self.clock.wall_ms())
        self._warm_ups = WarmUps(
            self._runners, began_ms=self.clock.mono_ms(), wait_ms=own.warmup_wait_ms
        )

    # the life of the process

    def started(self) -> Iterable[object]:
        return [After(0, Tick(REPEAT)), After(0, Tick(WARM_UP))]

    def stopping(self, reason: str) -> Iterable[object]:
        """Take every wish back, then leave."""
        told = [one.say(stopped=STOPPED_IN_ORDER) for one in self._runners]
        return [*told, Exit(STOPPED, reason)]

    def waiting_for(self) -> str:
        """Return what was never heard yet. A strategy that is not warm is no reason to wait."""
        if self._records.full:
            return "the records to be kept"
        if self._newest.get(AccountState) is None:
            return "the state of the account"
        unheard = [
            name
            for name in self._desk.instruments
            if self._newest.get(InstrumentState, name) is None
        ]
        return f"the state of {' '.join(unheard)}" if unheard else ""

    # what is heard

    def react(self, message: object) -> Iterable[object]:
        match message:
            case Quote():
                self._hear(message, message.instrument)
                return self._decide()
            case InstrumentState() | Instrument():
                self._hear(message, message.instrument)
                return ()
            case AccountState():
                self._hear(message, "")
                return ()
            case WarmUp():
                return self._warmed(message)
            case RecordsAck():
                self._records.acknowledged(message.upto)
                return ()
            case Tick(name="repeat"):
                again = self._records.again(self.clock.mono_ms())
                told = [one.say() for one in self._runners]
                return [*told, *again, After(self._own.repeat_ms, Tick(REPEAT))]
            case Tick(name="warm_up"):
                return self._warm_up()
        raise TypeError(f"strategy does not know {type(message).__name__}")

    def _hear(self, message: object, name: str) -> None:
        self._newest.take(message, name=name, now_ms=self.clock.mono_ms())

    # the past

    def _warm_up(self) -> Iterable[object]:
        for runner in self._warm_ups.give_up(self.clock.mono_ms()):
            self.log.warning("warm_up_missed", strategy=runner.run.name)
        if self._warm_ups.done:
            return ()
        return [*self._ask_past(), After(self._own.warmup_retry_ms, Tick(WARM_UP))]

    def _warmed(self, page: WarmUp) -> Iterable[object]:
        runner = self._warm_ups.answered(page, self._rules())
        if runner is None:
            return ()
        points = {name: len(mids) for name, mids in page.mids.items()}
        self.log.info("warm_up_finished", strategy=runner.run.name, points=points)
        failed = [runner.say(), *self._faulted(runner)] if runner.fault else []
        return [*self._ask_past(), *failed]

    def _ask_past(self) -> Iterable[object]:
        query = self._warm_ups.query(self._rules(), wall_ms=self.clock.wall_ms())
        return [query] if query else []

    # the present

    def _decide(self) -> Iterable[object]:
        now_ms = self.clock.mono_ms()
        due = [r for r in self._runners if r.is_due(now_ms, every_ms=self._own.decide_every_ms)]
        if not due:
            return ()
        rules, states = self._rules(), self._heard(InstrumentState)
        return [effect for runner in due for effect in self._ask(runner, rules, states)]

    def _ask(
        self,
        runner: Runner,
        rules: Mapping[str, Instrument],
        states: Mapping[str, InstrumentState],
    ) -> Iterable[object]:
        facts = self._facts(runner, rules, states)
        if facts is None:
            return ()
        began_ms = self.clock.mono_ms()
        told = runner.ask(facts)
        changed = runner.decided(
            told,
            facts,
            began_ms=began_ms,
            ended_ms=self.clock.mono_ms(),
            most_ms=self._own.decide_max_ms,
        )
        failed = self._faulted(runner) if runner.fault else []
        return [runner.say(), *failed] if changed else ()

    def _facts(
        self,
        runner: Runner,
        rules: Mapping[str, Instrument],
        states: Mapping[str, InstrumentState],
    ) -> Facts | None:
        """Return what *runner* may decide from, None when it is not enough."""
        now_ms, name = self.clock.mono_ms(), runner.run.name
        cash = view.cash(self._newest, self._own, quote=self._desk.quote, now_ms=now_ms)
        where = universe(runner.run.instruments, states.values(), name)
        seen = view.seen(where.all, self._newest, self._own, strategy=name, now_ms=now_ms)
        if cash is None or not seen:
            return None
        return Facts(
            wall_ms=self.clock.wall_ms(),
            cash=cash,
            universe=where,
            rules=rules,
            seen=seen,
            busy=frozenset(key for key, one in states.items() if alive(one, name)),
        )

    def _rules(self) -> dict[str, Instrument]:
        return self._heard(Instrument)

    def _heard(self, kind: type[T]) -> dict[str, T]:
        found = ((name, self._newest.get(kind, name)) for name in self._desk.instruments)
        return {name: one for name, one in found if one is not None}

    # what is told

    def _faulted(self, runner: Runner) -> list[Record]:
        """Return the record of a fault. There is one in a process: nobody asks it again."""
        told = runner.fault_told()
        self.log.error("strategy_contained", **told)
        now_ms, wall_ms = self.clock.mono_ms(), self.clock.wall_ms()
        return [self._records.keep("anomaly", told, instrument="", at_ms=wall_ms, now_ms=now_ms)]


def build(parts: Parts, *, desk: DeskSettings, own: Settings) -> Actor:
    """Return the actor that hosts every enabled strategy of *own*, in file order."""
    return StrategyActor(parts, desk=desk, own=own)
