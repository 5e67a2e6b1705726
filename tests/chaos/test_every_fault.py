"""A trading desk meets every fault of the exchange's table, one after the other, then at once."""

from random import Random

import pytest

from actors.venues.simulated.faults import NAMES, Switches
from scripts.pace import Pace
from tests.chaos.desks import harmed

pytestmark = [pytest.mark.proof, pytest.mark.timeout(900)]

LASTS_S = 3
BOTH = ["BTC_TRY", "ETH_TRY"]
OUTCOMES = (
    "drop_after_accept",
    "http_500_after_accept",
    "html_504_after_accept",
    "refuse_funds",
    "refuse_with_200",
    "trickled_after_accept",
    "truncated_after_accept",
)
ANSWERS = (
    "http_500",
    "http_500_word",
    "http_503",
    "html_403",
    "html_504",
    "unauthorized_yes",
    "throttled_ip",
    "throttled_account",
    "throttled_old",
    "garbage",
    "cut",
    "trickled",
    "truncated",
)
# `unauthorized` is left out: a key that is refused halts the desk until a person says otherwise.
ON = {
    "post_order_outcome": [{"kind": kind} for kind in OUTCOMES],
    "answers": [{"kind": kind} for kind in ANSWERS],
    "answer_delay_ms": 300,
    "maintenance": True,
    "clock_skew_ms": 6_000,
    "decimal_commas": True,
    "swapped_numbers": True,
    "code_as_text": True,
    "shifted_codes": True,
    "null_message": True,
    "missing_data": True,
    "extra_keys": True,
    "http_status_code": True,
    "hide_fills_ms": 1_500,
    "hide_orders_ms": 1_500,
    "stale_balances_ms": 1_500,
    "cancel_lag_ms": 700,
    "cancel_fill_percent": 50,
    "cancel_blocked": BOTH,
    "halted": BOTH,
    "price_band_percent": 1,
    "kline_gap_every": 2,
    "silent_ws": True,
    "silent_channels": ["obdiff", "trade"],
    "lost_frames": [423, 441, 451, 452],
    "double_frames": True,
    "reordered_frames": True,
    "unknown_frames": True,
    "unreadable_frames": 5,
    "frame_decimal_commas": True,
    "frame_swapped_numbers": True,
    "ws_cuts": 2,
    "changeset_jump": 100,
    "strange_removals": True,
    "system_message": "maintenance at noon",
    "ws_connect_429": 2,
    "accept_then_close": 2,
    "missing_rights": ["stream"],  # without another a key is refused, which halts the desk
}


def off(*names):
    """Return a table that switches faults off."""
    usual = {name: getattr(Switches(), name) for name in names}
    return {name: list(one) if isinstance(one, tuple) else one for name, one in usual.items()}


def switch(one, table):
    """Switch faults; the exchange may be starting again."""
    one.wait_until(lambda: one.desk.fault(**table), f"{table} taken", within_s=30)


def test_every_fault_of_the_table_is_met():
    assert set(ON) == set(NAMES)


def test_after_every_fault_alone_the_books_are_equal(run_dir):
    with harmed(run_dir) as one:
        one.wait_flow()
        for name, value in ON.items():
            switch(one, {name: value})
            Pace(0).rest(LASTS_S)
            switch(one, off(name))
        one.wait_flow()

        report = one.verdict()

    assert report.violations == []
    assert set(report.differences.values()) == {"0"}


@pytest.mark.parametrize("seed", [1, 2])
def test_after_many_faults_at_once_the_books_are_equal(run_dir, seed):
    dice = Random(seed)
    with harmed(run_dir) as one:
        one.wait_flow()
        for _ in range(12):
            chosen = dice.sample(list(ON), 6)
            switch(one, {name: ON[name] for name in chosen})
            Pace(0).rest(dice.uniform(1, LASTS_S))
            switch(one, off(*chosen))
            Pace(0).rest(dice.uniform(0, 1))
        one.wait_flow()

        report = one.verdict()

    assert report.violations == []
    assert set(report.differences.values()) == {"0"}
