"""A seed is a plan: the same one always, and enough of everything in twenty minutes."""

from collections import Counter
from itertools import pairwise

import pytest

from scripts.chaos.plan import (
    EXCHANGE,
    FORKSERVER,
    GAP_MAX_MS,
    GAP_MIN_MS,
    OUTCOMES,
    SHARES,
    SUPERVISOR,
    Deed,
    plan,
    said,
)
from scripts.chaos.relays import Weather

LINKS = ("strategy>allocator.targets", "executor>venue")
TWENTY_MIN_MS = 20 * 60_000
ROLES = {"market_data", "strategy", "allocator", "risk_gate", "executor", "persistence"}


def test_same_seed_is_the_same_plan_and_another_is_another():
    one = plan(1, lasts_ms=60_000, links=LINKS)

    assert plan(1, lasts_ms=60_000, links=LINKS) == one
    assert plan(2, lasts_ms=60_000, links=LINKS) != one


@pytest.mark.parametrize("seed", range(5))
def test_actions_come_in_order_within_the_time_and_never_pause_for_long(seed):
    times = [0, *(one.at_ms for one in plan(seed, lasts_ms=TWENTY_MIN_MS, links=LINKS))]
    gaps = [later - sooner for sooner, later in pairwise(times)]

    assert all(GAP_MIN_MS <= gap <= GAP_MAX_MS for gap in gaps)
    assert TWENTY_MIN_MS - GAP_MAX_MS <= times[-1] < TWENTY_MIN_MS


@pytest.mark.parametrize("seed", range(5))
def test_twenty_minutes_hold_three_hundred_kills_and_a_hundred_cuts(seed):
    actions = plan(seed, lasts_ms=TWENTY_MIN_MS, links=LINKS)
    deeds = Counter(one.deed for one in actions)

    assert deeds[Deed.KILL] + 6 * deeds[Deed.KILL_ALL] >= 300
    assert deeds[Deed.LINK] >= 100
    assert set(deeds) == set(SHARES)


def test_in_the_end_everybody_and_every_link_was_met():
    actions = plan(1, lasts_ms=10 * TWENTY_MIN_MS, links=LINKS)
    killed = {one.target for one in actions if one.deed is Deed.KILL}
    links = {(one.target, one.weather) for one in actions if one.deed is Deed.LINK}
    faults = {one.target for one in actions if one.deed is Deed.OUTCOMES}

    assert killed == ROLES | {EXCHANGE, FORKSERVER, SUPERVISOR}
    assert links == {(link, w) for link in LINKS for w in Weather if w is not Weather.FAIR}
    assert faults == set(OUTCOMES)


@pytest.mark.parametrize("seed", range(20))
def test_a_plan_of_a_minute_has_a_drill(seed):
    assert any(one.deed is Deed.DRILL for one in plan(seed, lasts_ms=60_000, links=LINKS))


def test_what_lasts_says_how_long():
    lasting = {Deed.STOP, Deed.LINK, Deed.HIDE_FILLS, Deed.SILENT_STREAM, Deed.DRILL}

    for one in plan(3, lasts_ms=TWENTY_MIN_MS, links=LINKS):
        assert (one.lasts_ms > 0) == (one.deed in lasting or one.target == "delay_ms"), said(one)
