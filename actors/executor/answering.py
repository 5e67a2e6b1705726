"""Does the venue answer what we ask, and does the account's own stream stand?

Kept for people, by what was asked: nothing is decided by it. Monotonic milliseconds.
"""

from collections import Counter, deque

from msgspec import Struct
from msgspec.structs import replace

from actors.executor.venue_calls import BUDGET_OF, Answer, NoAnswer, ReadTransfers
from actors.venues.misread import Misread
from actors.venues.port import Connected, Disconnected, RejectKind, StreamEvent, UnreadableFrame

STREAM = "private_stream"
TURNS_KEPT_MAX = 64  # not told yet
FORGOTTEN_MS = 60_000  # what is not asked again does not fail any more
UNREADABLE = "UNREADABLE"


class Turn(Struct, frozen=True, kw_only=True):
    """What begins to fail, or with an empty *code* works again after *times* for *for_ms*."""

    what: str
    code: str = ""
    reason: str = ""
    for_ms: int = 0
    times: int = 0


class Failing(Struct, frozen=True, kw_only=True):
    """What fails since *since_ms*, and why it did last."""

    code: str
    reason: str
    since_ms: int
    newest_ms: int
    times: int


class Answering:
    """What fails at the moment, by what was asked; everything unreadable is in *misread*."""

    def __init__(self) -> None:
        self.misread = Misread()
        self.unanswered = 0  # of all there ever was
        self.odd: Counter[str] = Counter()  # read all the same, by code
        self._odd_told: set[str] = set()
        self.stream_is_up = False
        self._failing: dict[str, Failing] = {}
        self._turns: deque[Turn] = deque(maxlen=TURNS_KEPT_MAX)

    def heard(self, request: object, result: object, now_ms: int) -> None:
        """Take what came of *request*: an answer, or none."""
        what = BUDGET_OF[type(request)]
        if isinstance(result, Answer):
            self.odd.update(result.odd)
        if not isinstance(result, NoAnswer) or _is_an_answer(request, result):
            self._works(what, now_ms)
            return
        self.unanswered += 1
        if result.code == UNREADABLE:
            self.misread.note(f"{what}: {result.reason}", result.raw)
        self._fails(what, result.code, result.reason, now_ms)

    def streamed(self, event: StreamEvent, now_ms: int) -> None:
        """Take what the stream says of itself."""
        match event:
            case Connected():
                self.stream_is_up = True
                self._works(STREAM, now_ms)
            case Disconnected():
                self.stream_is_up = False
                self._fails(STREAM, event.reason, event.reason, now_ms)
            case UnreadableFrame():
                self.misread.note(event.reason, event.raw)

    def take_turns(self) -> list[Turn]:
        """Return what began to fail or works again since this was asked last."""
        turns = list(self._turns)
        self._turns.clear()
        return turns

    def take_odd(self) -> list[str]:
        """Return the codes of what was odd for the first time since this was asked last."""
        new = sorted(self.odd.keys() - self._odd_told)
        self._odd_told.update(new)
        return new

    def reads_failing(self, now_ms: int) -> list[dict[str, object]]:
        """Return what is asked and not answered, as plain values."""
        return [
            {
                "read": what,
                "reason": one.reason,
                "for_ms": now_ms - one.since_ms,
                "times": one.times,
            }
            for what, one in self._failing.items()
            if what != STREAM and now_ms - one.newest_ms < FORGOTTEN_MS
        ]

    def stream(self, now_ms: int) -> dict[str, object]:
        """Return how the stream is, as plain values."""
        lost = self._failing.get(STREAM)
        if lost is None:
            return {"up": self.stream_is_up, "reason": "", "for_ms": None}
        return {"up": False, "reason": lost.reason, "for_ms": now_ms - lost.since_ms}

    def _fails(self, what: str, code: str, reason: str, now_ms: int) -> None:
        before = self._failing.get(what)
        if before is None or (now_ms - before.newest_ms >= FORGOTTEN_MS and what != STREAM):
            before = Failing(code="", reason="", since_ms=now_ms, newest_ms=now_ms, times=0)
        if before.code != code:
            self._turns.append(Turn(what=what, code=code, reason=reason))
        self._failing[what] = replace(
            before, code=code, reason=reason, newest_ms=now_ms, times=before.times + 1
        )

    def _works(self, what: str, now_ms: int) -> None:
        before = self._failing.pop(what, None)
        if before is None:
            if what == STREAM:
                self._turns.append(Turn(what=what))
            return
        for_ms = now_ms - before.since_ms
        self._turns.append(Turn(what=what, for_ms=for_ms, times=before.times))


def _is_an_answer(request: object, result: NoAnswer) -> bool:
    """Return whether the venue judged the question: no such id, or not a list for us to see."""
    if isinstance(request, ReadTransfers) and result.refused is not None:
        return True
    return result.refused is RejectKind.ORDER
