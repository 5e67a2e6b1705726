"""What is ordered while `btcbot flatten` waits counts: it sells nothing after it."""

import pytest

from messages.control import Reply, SetLevel
from messages.state import Level
from scripts import flatten
from scripts.desk import Ended, Told

WHY = "FLATTEN: holidays"


def entry(level=Level.HALTED, reason=WHY, source="operator"):
    return {"scope": "desk", "name": "", "source": source, "level": level.value, "reason": reason}


class Executor:
    """Says what it is told to say to each question for its state, the last one for ever."""

    def __init__(self, *reports):
        self.reports, self.levels = list(reports), []

    def answer(self, _run_dir, _socket, message):
        if isinstance(message, SetLevel):
            self.levels.append(message.level)
            return Reply(ok=True, code="OK", message="", report={})
        report = self.reports.pop(0) if len(self.reports) > 1 else self.reports[0]
        return Reply(ok=True, code="OK", message="", report=report)


def report(*levels, latched=False, clear=True):
    return {"latched": latched, "clear": clear, "levels": list(levels), "alive_count": 0}


@pytest.mark.parametrize(
    "meanwhile",
    [
        report(entry(), entry(source="kill", reason="now"), latched=True),
        report(entry(reason="by hand")),
        report(entry(Level.PAUSED, reason="by hand")),
        report(),
    ],
    ids=["killed", "halted anew", "paused", "active"],
)
def test_a_later_order_holds_and_nothing_is_sold(monkeypatch, tmp_path, meanwhile):
    executor = Executor(report(), report(entry(), clear=False), meanwhile)
    monkeypatch.setattr(flatten, "answer", executor.answer)

    with pytest.raises(Told) as told:
        flatten.flatten("holidays", 5.0, tmp_path)

    assert told.value.ended is Ended.NO
    assert "meanwhile" in str(told.value)
    assert executor.levels == [Level.HALTED]


@pytest.mark.parametrize(
    "meanwhile",
    [
        report(entry(Level.REDUCE_ONLY), entry(source="kill", reason="now"), latched=True),
        report(entry(reason="by hand")),
    ],
    ids=["killed", "halted"],
)
def test_one_that_comes_while_it_sells_ends_the_wait(monkeypatch, tmp_path, meanwhile):
    executor = Executor(report(), report(entry()), report(entry()), meanwhile)
    monkeypatch.setattr(flatten, "answer", executor.answer)

    with pytest.raises(Told) as told:
        flatten.flatten("holidays", 5.0, tmp_path)

    assert "meanwhile" in str(told.value)
    assert executor.levels == [Level.HALTED, Level.REDUCE_ONLY]
