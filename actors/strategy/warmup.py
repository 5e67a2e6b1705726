"""Who still waits for a past to remember, and what is asked for it? Monotonic ms.

One strategy at a time asks for one page; what does not come in time is done without. Nothing is
asked before the rules of its instruments are known, since they are part of what was seen.
"""

from collections.abc import Mapping, Sequence

from actors.strategy.interface import Run
from actors.strategy.runner import Runner
from messages.instrument import Instrument
from messages.records import WarmUp, WarmUpQuery


class WarmUps:
    """The strategies that wait, in file order."""

    def __init__(self, runners: Sequence[Runner], *, began_ms: int, wait_ms: int) -> None:
        self._waiting = [one for one in runners if not one.warm]
        self._ends_ms = began_ms + wait_ms
        self._asked: WarmUpQuery | None = None

    @property
    def done(self) -> bool:
        return not self._waiting

    def query(self, rules: Mapping[str, Instrument], *, wall_ms: int) -> WarmUpQuery | None:
        """Return what to ask for now, the same again while no answer came."""
        run = self._waiting[0].run if self._waiting else None
        if run is None or any(name not in rules for name in run.instruments):
            return None
        self._asked = _query(run, wall_ms)
        return self._asked

    def answered(self, page: WarmUp, rules: Mapping[str, Instrument]) -> Runner | None:
        """Let the strategy that asked live through *page*; return it, None when nobody asked.

        A page that reaches further back than was asked answers an earlier question.
        """
        asked = self._asked
        if not self._waiting or asked is None:
            return None
        oldest = min((mids[0].at_ms for mids in page.mids.values() if mids), default=None)
        if oldest is not None and oldest < asked.since_ms - asked.step_ms:
            return None
        self._asked = None
        runner = self._waiting.pop(0)
        runner.replay(page, rules)
        return runner

    def give_up(self, now_ms: int) -> list[Runner]:
        """Return those that begin without a past now, since none came in time."""
        if now_ms < self._ends_ms:
            return []
        missed, self._waiting = self._waiting, []
        for one in missed:
            one.warm = True
        return missed


def _query(run: Run, wall_ms: int) -> WarmUpQuery:
    return WarmUpQuery(
        instruments=run.instruments,
        since_ms=wall_ms - run.warmup_s * 1_000,
        step_ms=run.step_s * 1_000,
    )
