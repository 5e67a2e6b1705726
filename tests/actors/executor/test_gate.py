"""What the gate lets through, asked for each order right before its first byte."""

import pytest
from msgspec.structs import replace

from actors.executor.gate import Gate, Overheard, may_send
from messages.orders import Side
from messages.state import Level, Scope
from tests.actors.executor.ledgers import OPEN_GATE
from tests.actors.executor.wishes import submit

ORDER = submit(expires_ms=5_000)


def said(now_ms=1_000, *, order=ORDER, kill_file=False, **changed):
    return may_send(replace(OPEN_GATE, **changed), order, now_ms, kill_file=kill_file)


def test_an_open_gate_lets_an_order_through():
    assert said() is None


def test_a_gate_is_shut_as_it_is_made():
    assert may_send(Gate(), ORDER, 0, kill_file=False) is not None


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"latched": True}, "KILLED"),
        ({"kill_file": True}, "KILLED"),
        ({"stopping": True}, "STOPPING"),
        ({"ready": False}, "NOT_RECONCILED"),
        ({"not_armed": "LIVE_TRADING"}, "NOT_ARMED:LIVE_TRADING"),
        ({"dry_run": True}, "DRY_RUN"),
        ({"levels": {(Scope.STRATEGY, "one"): Level.PAUSED}}, "LEVEL"),
        ({"levels": {(Scope.INSTRUMENT, "BTC_TRY"): Level.REDUCE_ONLY}}, "LEVEL"),
    ],
)
def test_each_shut_part_stops_it_and_names_itself(changed, code):
    assert said(**changed) == code


@pytest.mark.parametrize(("now_ms", "code"), [(9_999, None), (10_000, "NO_PERMIT")])
def test_the_permit_ends_to_the_millisecond(now_ms, code):
    order = replace(ORDER, expires_ms=99_999)

    assert said(now_ms, order=order) == code


@pytest.mark.parametrize(("now_ms", "code"), [(2_999, "THROTTLED"), (3_000, None), (3_001, None)])
def test_an_order_that_waits_in_the_lane_waits_in_vain_while_the_venue_wants_none(now_ms, code):
    assert said(now_ms, throttled_until_ms=3_000) == code


@pytest.mark.parametrize(("now_ms", "code"), [(4_999, None), (5_000, "LATE"), (5_001, "LATE")])
def test_the_send_budget_ends_to_the_millisecond(now_ms, code):
    assert said(now_ms) == code


def test_a_sell_passes_where_only_reducing_is_allowed():
    levels = {(Scope.DESK, ""): Level.REDUCE_ONLY}

    assert said(order=replace(ORDER, side=Side.SELL), levels=levels) is None


def test_a_kill_that_was_overheard_shuts_the_gate_until_a_turn_took_it_up():
    gate, overheard = Gate(latched=False), Overheard()

    before = overheard.shuts(gate)
    overheard.add()
    overheard.add()
    overheard.take_up()
    between = overheard.shuts(gate)
    overheard.take_up()
    overheard.take_up()

    assert (before.latched, between.latched) == (False, True)
    assert overheard.shuts(gate) is gate


def test_a_kill_taken_up_before_it_was_overheard_leaves_the_next_one_its_weight():
    overheard = Overheard()

    overheard.take_up()
    overheard.add()

    assert overheard.shuts(Gate(latched=False)).latched
