"""A whole desk at full rate stays inside the limits that the exchange enforces."""

import tempfile
from pathlib import Path

import pytest

from scripts.bench.limits import Counted, count
from scripts.chaos.troubles import CONNECTS_MAX

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]
SECONDS = 20


def test_desk_at_full_rate_is_never_told_that_it_asks_too_much():
    with tempfile.TemporaryDirectory(prefix="btcbot-") as name:
        found = count(Path(name), seconds=SECONDS)

    assert found.throttled == 0
    assert 2 <= found.connects_a_minute <= CONNECTS_MAX
    assert found.orders >= 1
    assert found.answers["200"] >= SECONDS


@pytest.mark.parametrize(("answers", "refused"), [({"429": 2}, 0), ({}, 2), ({"429": 1}, 1)])
def test_refusal_of_a_call_or_of_a_stream_counts(answers, refused):
    counted = Counted(
        seconds=1, answers=answers, connects_a_minute=1, refused_connects=refused, orders=0
    )

    assert counted.throttled == 2
