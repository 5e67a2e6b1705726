"""What doctor and health call good, worth a look, and bad."""

import pytest

from actors.venues.port import RejectKind
from messages.instrument import Instrument
from messages.money import Amount
from scripts import checks
from scripts.checks import MIB, Row, State, worst

PASS, WARN, FAIL = State.PASS, State.WARN, State.FAIL


@pytest.mark.parametrize(
    ("mib", "state"),
    [(1_025, PASS), (1_024, PASS), (1_023, WARN), (200, WARN), (199, FAIL), (0, FAIL)],
)
def test_disk_needs_a_gibibyte_and_fails_below_200_mebibytes(mib, state):
    assert checks.disk(mib * MIB, where="here").state is state


@pytest.mark.parametrize(("mib", "state"), [(255, PASS), (256, PASS), (257, WARN)])
def test_write_ahead_log_may_have_256_mebibytes(mib, state):
    assert checks.log_size(mib * MIB).state is state


@pytest.mark.parametrize(
    ("mode", "most", "state"),
    [(0o600, 0o600, PASS), (0o400, 0o600, PASS), (0o640, 0o600, FAIL), (0o701, 0o700, FAIL)],
)
def test_permission_beyond_the_most_fails(mode, most, state):
    assert checks.permissions("key", mode, most=most).state is state


@pytest.mark.parametrize(
    ("offset_ms", "error_ms", "state"),
    [
        (2_000, 0, PASS),
        (2_001, 0, WARN),
        (-2_001, 0, WARN),
        (2_010, 10, PASS),
        (3_999, 0, WARN),
        (4_000, 0, FAIL),
        (-4_000, 0, FAIL),
        (-4_009, 10, WARN),
        (10_000, 30, FAIL),
    ],
)
def test_clock_is_judged_by_what_is_surely_wrong_with_it(offset_ms, error_ms, state):
    assert checks.offset(offset_ms, error_ms, most_ms=4_000).state is state


def listed(increment, **changed):
    given = {"base": "BTC", "quote": "TRY", "quantity_step": Amount("0.00000001")}
    more = {"notional_min": Amount(100), "price_increment": Amount(increment)}
    return Instrument(instrument="BTC_TRY", **given, **more | changed)


@pytest.mark.parametrize(("used", "by"), [("tick_size", "10"), ("scale", "1")])
def test_rules_are_told_by_both_increments_and_the_one_in_use(used, by):
    row = checks.rules("BTC_TRY", listed(10), listed(1), used=used)

    assert row.state is PASS
    assert f"price by {by} ({used}; tick_size 10, scale 1)" in row.found
    assert "quantity by 0.00000001, from 100 TRY" in row.found


def test_instrument_the_venue_does_not_list_fails_and_one_it_halted_is_worth_a_look():
    halted = listed(1, not_tradable="NOT_TRADING")

    assert checks.rules("X_TRY", None, None, used="scale").state is FAIL
    assert checks.rules("BTC_TRY", halted, halted, used="scale").state is WARN


@pytest.mark.parametrize(
    ("refused", "kind", "state", "todo"),
    [
        ("", None, PASS, ""),
        ("Unauthorized - Invalid Public key", RejectKind.AUTH, FAIL, "rights"),
        ("Unauthorized - Invalid Nonce", RejectKind.STAMP, FAIL, "clock"),
        ("HTTP 403", None, FAIL, "address"),
        ("HTTP 502", None, WARN, "again"),
        ("BALANCE_NOT_ENOUGH", RejectKind.ORDER, WARN, "again"),
    ],
)
def test_key_is_judged_by_what_the_venue_says_to_a_read(refused, kind, state, todo):
    row = checks.key(refused, kind, asked="a read")

    assert row.state is state
    assert refused in row.found
    assert todo in row.todo


def test_gate_that_is_shut_is_named_with_what_opens_it():
    assert checks.gate("X", "", "set X").state is PASS
    assert checks.gate("X", "not true", "set X") == Row(
        "gate X", WARN, "not true: nothing is sent", "set X"
    )


@pytest.mark.parametrize(
    ("told", "state"),
    [
        ({"armed": None, "dry_run": False}, PASS),
        ({"armed": "LIVE_TRADING", "dry_run": False}, WARN),
        ({"armed": None, "dry_run": True}, WARN),
    ],
)
def test_gates_of_a_running_desk_are_open_when_none_is_shut(told, state):
    assert checks.gates(told).state is state


@pytest.mark.parametrize(
    ("audited", "breach", "state"), [(7, "", PASS), (None, "", WARN), (7, "zero sum: 1", FAIL)]
)
def test_auditor_is_judged_by_what_it_noted_last(audited, breach, state):
    assert checks.auditor(audited, 9, breach).state is state


@pytest.mark.parametrize(
    ("state", "age_ms", "verdict"),
    [
        ("ready", 1_000, PASS),
        ("ready", 1_001, WARN),
        ("ready", 3_000, WARN),
        ("ready", 3_001, FAIL),
        ("recovering", 5, FAIL),
        ("ready", None, PASS),
    ],
)
def test_actor_is_well_when_it_is_ready_and_heard(state, age_ms, verdict):
    told = {"role": "executor", "state": state, "heartbeat_age_ms": age_ms, "restarts": 0}

    assert checks.actor(told).state is verdict


@pytest.mark.parametrize(
    ("state", "age_ms", "verdict"),
    [
        ("ready", 1_319, PASS),
        ("ready", 2_000, PASS),
        ("ready", 2_001, WARN),
        ("ready", 3_000, WARN),
        ("ready", 3_001, FAIL),
        ("recovering", 5, FAIL),
    ],
)
def test_service_is_well_when_it_answers_each_second(state, age_ms, verdict):
    told = {"role": "exchange", "state": state, "heartbeat_age_ms": age_ms, "restarts": 0}

    row = checks.service(told)

    assert (row.name, row.state) == ("service exchange", verdict)


@pytest.mark.parametrize(("age_ms", "state"), [(2_000, PASS), (2_001, WARN), (None, WARN)])
def test_permit_counts_for_two_seconds(age_ms, state):
    [row] = checks.permits([{"issuer": "risk_gate", "age_ms": age_ms}])

    assert row.state is state


@pytest.mark.parametrize(("count", "state"), [(0, PASS), (1, WARN), (None, WARN)])
def test_unknown_order_is_worth_a_look(count, state):
    assert checks.unknown_orders(count).state is state


@pytest.mark.parametrize(
    ("verdict", "state"), [("NORMAL", PASS), ("DEGRADED", WARN), ("OBSERVE", FAIL)]
)
def test_verdict_on_the_data_is_told(verdict, state):
    [row] = checks.feeds({"verdict": verdict, "reason": "", "instruments": {}})

    assert row.state is state


@pytest.mark.parametrize(("age_ms", "state"), [(5_000, PASS), (5_001, WARN), (None, WARN)])
def test_instrument_is_fresh_for_five_seconds(age_ms, state):
    one = {"tradable": True, "problem": None, "age_ms": age_ms}

    rows = checks.feeds({"verdict": "NORMAL", "reason": "", "instruments": {"BTC_TRY": one}})

    assert rows[1].state is state


def test_silence_of_market_data_fails():
    assert worst(checks.feeds(None)) is FAIL


def test_each_level_that_is_not_active_is_named_with_its_source():
    entries = [
        {"scope": "desk", "name": "", "source": "kill", "level": "HALTED", "reason": "drill"},
        {"scope": "instrument", "name": "BTC_TRY", "source": "operator", "level": "ACTIVE"},
    ]

    [row] = checks.levels(entries)

    assert (row.state, row.todo) == (WARN, "btcbot resume")
    assert "HALTED by kill: drill" in row.found


def test_levels_are_well_when_all_are_active():
    assert worst(checks.levels([])) is PASS


def test_difference_between_books_and_venue_fails():
    difference = {"asset": "TRY", "account": "total", "difference": "-1"}

    assert checks.differences([difference]).state is FAIL
    assert checks.differences([]).state is PASS


@pytest.mark.parametrize(
    ("age_ms", "state"),
    [
        (0, PASS),
        (90_000, PASS),
        (90_001, WARN),
        (180_000, WARN),
        (180_001, FAIL),
        (None, WARN),
    ],
)
def test_comparison_may_be_half_a_minute_late_and_fails_two_minutes_late(age_ms, state):
    assert checks.compared(age_ms, 60_000).state is state


@pytest.mark.parametrize(
    ("for_ms", "state"),
    [(0, PASS), (10_000, PASS), (10_001, WARN), (60_000, WARN), (60_001, FAIL)],
)
def test_read_that_keeps_failing_is_told_with_its_reason(for_ms, state):
    failing = {"read": "balances", "reason": "HTTP 503", "for_ms": for_ms, "times": 9}

    (row,) = checks.reads([failing])

    assert (row.name, row.state) == ("read balances", state)
    assert "HTTP 503" in row.found


def test_reads_are_well_when_all_are_answered():
    assert [row.state for row in checks.reads([])] == [PASS]


@pytest.mark.parametrize(
    ("told", "state", "found"),
    [
        ({"up": True, "reason": ""}, PASS, "up"),
        ({"up": False, "reason": "LOGIN_REFUSED no"}, WARN, "down: LOGIN_REFUSED no"),
        ({"up": False, "reason": ""}, WARN, "down: not up yet"),
        ({}, WARN, "down: not up yet"),
    ],
)
def test_private_stream_that_is_down_is_worth_a_look(told, state, found):
    row = checks.private_stream(told)

    assert (row.state, row.found) == (state, found)


def test_odd_answers_are_worth_a_look():
    assert checks.odd({}).state is PASS
    row = checks.odd({"DECIMAL_COMMA": 3, "BALANCE_MISMATCH": 1})
    assert (row.state, row.found) == (WARN, "DECIMAL_COMMA 3, BALANCE_MISMATCH 1")


def test_worst_row_counts_and_none_is_a_pass():
    rows = [Row("a", PASS, ""), Row("b", FAIL, ""), Row("c", WARN, "")]

    assert worst(rows) is FAIL
    assert worst([]) is PASS
