"""One run of a strategy between two questions: its newest targets, and whether it is contained.

While an order of the strategy is alive on an instrument its last target there is repeated: what was
decided is given the time to happen.
"""

from collections.abc import Callable, Mapping
from decimal import Context, Decimal, localcontext

from actors.strategy.answers import Contained, checked
from actors.strategy.interface import Seen, Strategy
from actors.strategy.strategies.registry import Run, make
from messages.targets import Target, Targets

DIGITS = 28
Attempt = Callable[[Callable[[], object]], object]
FailureOf = Callable[[object], str | None]


class Running:
    """One configured strategy. *attempt* calls it and returns what it raised as a value."""

    def __init__(self, run: Run, attempt: Attempt, failure_of: FailureOf) -> None:
        self.name = run.name
        self.instruments = run.instruments
        self.contained: str | None = None
        self.targets: dict[str, Target] = {}
        self._strategy: Strategy = make(run)
        self._attempt = attempt
        self._failure_of = failure_of
        self._seq = 0
        self._decided_ms = 0

    def replay(self, now_ms: int, seen: Mapping[str, Seen]) -> None:
        """Let the strategy see a moment of the past; what it answers counts for nothing."""
        if self.contained is not None:
            return
        if failure := self._failure_of(self._asked(now_ms, Decimal(0), seen)):
            self._stop(f"RAISED: {failure}"[:200])

    def decide(
        self,
        now_ms: int,
        cash: Decimal,
        seen: Mapping[str, Seen],
        *,
        may_enter: Mapping[str, bool],
        keeps: Mapping[str, bool],
    ) -> bool:
        """Ask for targets; return whether they changed. *keeps*: where an order is alive."""
        if self.contained is not None:
            return False
        answer = self._asked(now_ms, cash, seen)
        if failure := self._failure_of(answer):
            return self._stop(f"RAISED: {failure}"[:200])
        fresh = checked(answer, seen, may_enter)
        if isinstance(fresh, Contained):
            return self._stop(fresh.reason)
        kept = {name: one for name, one in self.targets.items() if keeps.get(name, False)}
        before, self.targets = self.targets, {**fresh, **kept}
        self._decided_ms = now_ms
        return before != self.targets

    def took(self, began_ms: int, ended_ms: int, *, most_ms: int) -> bool:
        """Contain a strategy that took longer than it may; return whether that is new."""
        elapsed_ms = ended_ms - began_ms
        if self.contained is not None or elapsed_ms <= most_ms:
            return False
        return self._stop(f"TOO_SLOW: {elapsed_ms} ms to decide, at most {most_ms}")

    def said(self) -> Targets:
        """Return the message that states the targets, the next of its sequence."""
        self._seq += 1
        return Targets(
            strategy=self.name,
            seq=self._seq,
            targets=dict(self.targets),
            contained=self.contained,
            decided_ms=self._decided_ms,
        )

    def _asked(self, now_ms: int, cash: Decimal, seen: Mapping[str, Seen]) -> object:
        with localcontext(Context(prec=DIGITS, traps=[])):
            return self._attempt(lambda: self._strategy.decide(now_ms, cash, seen))

    def _stop(self, reason: str) -> bool:
        self.contained = reason
        self.targets = {}
        return True
