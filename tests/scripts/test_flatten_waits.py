"""What `btcbot flatten` waits for, and for how long."""

import pytest

from actors.runtime.clock import SystemClock
from scripts.desk import Ended, Told
from scripts.flatten import until

NEVER_MS = 60_000
SILENT = Told(Ended.UNREACHABLE, "nobody answers")
REFUSED = Told(Ended.NO, "the desk was killed meanwhile")


def waited(*answers, within_ms=NEVER_MS):
    """Wait while *answers* are given, one after the other; the last one again and again."""
    given = list(answers)

    def holds():
        answer = given.pop(0) if len(given) > 1 else given[0]
        if isinstance(answer, Told):
            raise answer
        return answer

    return until(holds, SystemClock().mono_ms() + within_ms, poll_ms=1)


def test_who_cannot_be_asked_for_a_while_is_asked_again():
    assert waited(False, SILENT, SILENT, True)


def test_a_refusal_ends_it_at_once():
    with pytest.raises(Told, match="killed meanwhile"):
        waited(False, REFUSED, True)


def test_when_the_time_is_over_it_does_not_hold():
    assert not waited(SILENT, False, within_ms=5)


def test_when_nobody_could_be_asked_in_the_end_that_is_said():
    with pytest.raises(Told, match="nobody answers") as why:
        waited(False, SILENT, within_ms=5)

    assert why.value.ended is Ended.UNREACHABLE
