"""One strategy at work: when it is asked, what its last targets are, and whether it is stopped.

A strategy that raises, returns what is no target, names an instrument that is not its own or takes
too long is *contained*: it is not asked again in this process, and says no targets, with the code
of its fault. The others run on. Moments are monotonic ms unless they are named otherwise.
"""

from collections.abc import Iterable, Mapping
from decimal import Context, Decimal, localcontext
from functools import partial

from msgspec import Struct

from actors.runtime.contain import attempt
from actors.runtime.effects import Raised
from actors.strategy import answers
from actors.strategy.answers import Fault
from actors.strategy.interface import Run, Seen, Strategy, Target
from actors.strategy.universe import Universe
from messages.instrument import Instrument
from messages.money import ZERO
from messages.records import WarmUp
from messages.targets import Targets

STRATEGY_RAISED = "STRATEGY_RAISED"
STRATEGY_TOO_SLOW = "STRATEGY_TOO_SLOW"
DECIDE_DIGITS = 28
REPLAYED_MAX = 20_000  # instants of a warm-up; older ones are left out


class Facts(Struct, frozen=True, kw_only=True):
    """What a decision is made from."""

    wall_ms: int
    cash: Decimal
    universe: Universe
    rules: Mapping[str, Instrument]
    seen: Mapping[str, Seen]
    busy: frozenset[str]  # instruments on which an order of this strategy is alive


class Runner:
    """One strategy with what it said last."""

    def __init__(self, run: Run, strategy: Strategy, *, first_seq: int) -> None:
        self.run = run
        self.fault: Fault | None = None
        self.warm = run.warmup_s == 0
        self._strategy = strategy
        self._targets: dict[str, Target] = {}
        self._seq = first_seq
        self._decided_ms: int | None = None  # monotonic
        self._decided_wall_ms = 0

    def is_due(self, now_ms: int, *, every_ms: int) -> bool:
        """Return whether to ask it now."""
        if not self.warm or self.fault is not None:
            return False
        return self._decided_ms is None or now_ms - self._decided_ms >= every_ms

    def ask(self, facts: Facts) -> object:
        """Return what the strategy makes of *facts*: targets, or a Fault. Never raises."""
        told = attempt(partial(self._ask, facts))
        if isinstance(told, Raised):
            return Fault(code=STRATEGY_RAISED, detail=_shown(told.error))
        return told

    def decided(
        self, told: object, facts: Facts, *, began_ms: int, ended_ms: int, most_ms: int
    ) -> bool:
        """Take what `ask` returned; return whether what this strategy says changed by it."""
        self._decided_ms, self._decided_wall_ms = began_ms, facts.wall_ms
        if ended_ms - began_ms > most_ms and not isinstance(told, Fault):
            told = Fault(code=STRATEGY_TOO_SLOW, detail=f"{ended_ms - began_ms} ms")
        if isinstance(told, Fault):
            return self._contain(told)
        fresh = told if isinstance(told, dict) else {}
        before, self._targets = (
            self._targets,
            {
                name: target
                for name in facts.universe.all
                if (target := self._next(name, fresh, facts)) is not None
            },
        )
        if before == self._targets:
            return False
        self._seq += 1
        return True

    def replay(self, page: WarmUp, rules: Mapping[str, Instrument]) -> None:
        """Let the strategy live through *page*, without consequences but for a fault."""
        self.warm = True
        told = attempt(partial(self._replay, page, rules))
        if isinstance(told, Raised):
            self._contain(Fault(code=STRATEGY_RAISED, detail=_shown(told.error)))

    def say(self, *, stopped: str | None = None) -> Targets:
        """Return everything this strategy wants; with *stopped* nothing, and that as the reason."""
        contained = stopped or (self.fault.code if self.fault else None)
        return Targets(
            strategy=self.run.name,
            seq=self._seq,
            targets={} if contained else dict(self._targets),
            contained=contained,
            decided_ms=self._decided_wall_ms,
        )

    def fault_told(self) -> dict[str, str]:
        """Return the fault as log and record tell it; empty texts where there is none."""
        fault = self.fault or Fault(code="", detail="")
        return {"strategy": self.run.name, "fault": fault.code, "detail": fault.detail}

    def _ask(self, facts: Facts) -> dict[str, Target] | Fault:
        with localcontext(Context(prec=DECIDE_DIGITS, traps=[])):
            answer = self._strategy.decide(facts.wall_ms, facts.cash, dict(facts.seen))
        return answers.targets(answer, facts.universe, facts.rules, facts.seen)

    def _next(self, name: str, fresh: Mapping[str, Target], facts: Facts) -> Target | None:
        """Return the target for *name*: the last one while an order of ours is alive there.

        So it is, too, while the instrument is not seen: nothing was decided about it.
        """
        if name in facts.busy or name not in facts.seen:
            return self._targets.get(name)
        return fresh.get(name)

    def _replay(self, page: WarmUp, rules: Mapping[str, Instrument]) -> None:
        with localcontext(Context(prec=DECIDE_DIGITS, traps=[])):
            for at_ms, seen in _instants(page, rules):
                self._strategy.decide(at_ms, ZERO, seen)

    def _contain(self, fault: Fault) -> bool:
        self.fault = fault
        self._targets = {}
        self._seq += 1
        return True


def _instants(
    page: WarmUp, rules: Mapping[str, Instrument]
) -> Iterable[tuple[int, dict[str, Seen]]]:
    """Return the instants of *page*, oldest first, with what was to be seen then."""
    instants: dict[int, dict[str, Seen]] = {}
    for name, mids in page.mids.items():
        for one in mids if name in rules else ():
            instants.setdefault(one.at_ms, {})[name] = Seen(
                rules=rules[name],
                bid=one.mid,
                ask=one.mid,
                position=ZERO,
                buying=ZERO,
                selling=ZERO,
            )
    return sorted(instants.items(), key=_when)[-REPLAYED_MAX:]


def _when(instant: tuple[int, dict[str, Seen]]) -> int:
    return instant[0]


def _shown(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"[: answers.SHOWN_MAX]
