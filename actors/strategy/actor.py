"""The strategy actor: hosts every configured strategy, asks each in turn, says what it wants.

A strategy that fails is contained and the others run on; this process dies only of its own faults.
"""

from collections.abc import Iterable

from actors.runtime.actor import Actor
from actors.runtime.contain import attempt
from actors.runtime.effects import After, Raised, Tick
from actors.runtime.newest import Newest
from actors.runtime.parts import Parts
from actors.runtime.settings import DeskSettings
from actors.strategy import heard, warmup
from actors.strategy.runs import Running
from actors.strategy.settings import Settings
from messages.instrument import Instrument
from messages.market import FeedStatus, Quote
from messages.records import RecordsAck, WarmUp, WarmUpQuery
from messages.state import AccountState, ExecutorStatus, InstrumentState

DECIDE, REPEAT, WARM = Tick("decide"), Tick("repeat"), Tick("warm_up")


class StrategyActor(Actor):
    """Keep the newest of everything; ask every strategy each `decide_every_ms`.

    Dies on a message it does not know.
    """

    role = "strategy"

    def __init__(self, parts: Parts, *, desk: DeskSettings, own: Settings) -> None:
        super().__init__(parts)
        self._desk = desk
        self._own = own
        self._newest = Newest()
        self._runs = [Running(run, attempt, failure_of) for run in own.run]
        self._warming = heard.Warming(own)

    def started(self) -> Iterable[object]:
        yield After(self._own.decide_every_ms, DECIDE)
        yield After(self._own.repeat_ms, REPEAT)
        yield from self._ask_for_the_past()

    def waiting_for(self) -> str:
        return heard.missing(self._newest, self._desk.instruments)

    def react(self, message: object) -> Iterable[object]:
        match message:
            case Quote() | Instrument() | InstrumentState():
                return self._take(message, message.instrument)
            case AccountState() | ExecutorStatus() | FeedStatus():
                return self._take(message, "")
            case WarmUp():
                return self._warm_up(message)
            case Tick(name="decide"):
                return [After(self._own.decide_every_ms, DECIDE), *self._decide()]
            case Tick(name="repeat"):
                return [After(self._own.repeat_ms, REPEAT), *(run.said() for run in self._runs)]
            case Tick(name="warm_up"):
                return self._ask_for_the_past()
            case RecordsAck():
                return []
        raise TypeError(f"strategy does not know {type(message).__name__}")

    def _take(self, message: object, name: str) -> Iterable[object]:
        self._newest.take(message, name=name, now_ms=self.clock.mono_ms())
        return []

    def _decide(self) -> Iterable[object]:
        if not self._warming.done or self.waiting_for():
            return []
        return [run.said() for run in self._runs if self._ask(run)]

    def _ask(self, run: Running) -> bool:
        began_ms = self.clock.mono_ms()
        view = heard.view(self._newest, run, self._desk, self._own, now_ms=began_ms)
        changed = run.decide(
            self.clock.wall_ms(),
            view.cash,
            view.seen,
            may_enter=view.may_enter,
            keeps=view.keeps,
        )
        too_slow = run.took(began_ms, self.clock.mono_ms(), most_ms=self._own.decide_max_ms)
        if too_slow or (changed and run.contained):
            self.log.error("strategy_contained", strategy=run.name, reason=run.contained)
        return changed or too_slow

    def _ask_for_the_past(self) -> Iterable[object]:
        if self._warming.give_up():
            self.log.warning("warm_up_missing", asked=self._own.warmup_asks_max)
        if self._warming.done:
            return []
        query = WarmUpQuery(
            instruments=self._desk.instruments,
            since_ms=self._warming.since_ms(self.clock.wall_ms()),
            step_ms=self._own.warmup_step_ms,
        )
        return [query, After(self._own.warmup_wait_ms, WARM)]

    def _warm_up(self, page: WarmUp) -> Iterable[object]:
        rules = heard.rules(self._newest, self._desk.instruments)
        if self._warming.done or not rules:
            return []
        self._warming.done = True
        for at_ms, seen in warmup.moments(page, rules):
            for run in self._runs:
                run.replay(at_ms, heard.listed(seen, run))
        return []


def failure_of(answer: object) -> str | None:
    """Return what a strategy raised, in words; None when it answered."""
    if not isinstance(answer, Raised):
        return None
    return f"{type(answer.error).__name__}: {answer.error}"


def build(parts: Parts, *, desk: DeskSettings, own: Settings) -> Actor:
    """Return the strategy actor of *desk*."""
    return StrategyActor(parts, desk=desk, own=own)
