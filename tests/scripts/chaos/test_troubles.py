"""Every trouble is one the exchange knows, ends what it began, and comes in any order."""

import random
from collections import Counter

import pytest

from actors.venues.simulated.faults import Faults, Switches
from scripts.chaos.desks import REST, STREAM
from scripts.chaos.plan import AT_THE_VENUE, Deed, plan
from scripts.chaos.troubles import (
    ENDED,
    MINUTE_MS,
    SHARES,
    TROUBLES,
    drawn,
    most_within_a_minute,
)

HOUR_MS = 3_600_000


@pytest.mark.parametrize("name", TROUBLES)
def test_exchange_takes_a_trouble_and_what_ends_it(name):
    faults = Faults()

    faults.switch(TROUBLES[name].on)
    assert faults.on != Switches()
    faults.switch(ENDED)

    assert faults.on == Switches()


@pytest.mark.parametrize("name", TROUBLES)
def test_what_has_no_count_is_switched_off_by_name(name):
    trouble = TROUBLES[name]

    assert set(trouble.off) == set(trouble.on) - {"answers"}


def test_an_hour_at_the_venue_holds_every_trouble_several_at_once_and_kills_nobody():
    actions = plan(4, lasts_ms=HOUR_MS, links=[REST, STREAM], shares=AT_THE_VENUE)
    came = Counter(one.target for one in actions if one.deed is Deed.TROUBLE)
    ends = [(one.at_ms, one.at_ms + one.lasts_ms) for one in actions]
    at_once = max(sum(begin <= at < end for begin, end in ends) for at, _ in ends)

    assert set(came) == set(TROUBLES)
    assert min(came.values()) >= 5
    assert at_once >= 6
    assert {one.deed for one in actions} == set(AT_THE_VENUE)


def test_same_dice_draw_the_same_troubles():
    assert [drawn(random.Random(3)) for _ in range(2)] == [drawn(random.Random(3))] * 2
    assert set(SHARES) == set(TROUBLES)


@pytest.mark.parametrize(
    ("times", "most"),
    [
        ([], 0),
        ([5], 1),
        ([0, MINUTE_MS - 1], 2),
        ([0, MINUTE_MS], 1),
        ([0, 1, 2, MINUTE_MS, MINUTE_MS + 1, MINUTE_MS + 2], 3),
    ],
)
def test_connects_are_counted_in_every_minute_there_is(times, most):
    assert most_within_a_minute(times) == most
