"""The desks of the benchmark can be started as they are configured."""

from config.load import load
from scripts.bench.desks import RESTING_STRATEGIES, write_config


def test_busy_desk_is_configured_without_a_fault_and_calls_pass_the_relay(tmp_path):
    desk = load(write_config(tmp_path, 40_001, 40_002, pace_ms=20))

    assert desk.exchange.port == 40_001
    assert desk.exchange.front_port == 40_002
    assert desk.exchange.book_interval_ms == 20
    assert desk.supervision.restarts_max >= 1_000


def test_resting_desk_is_configured_without_a_fault(tmp_path):
    desk = load(write_config(tmp_path, 40_001, 40_002, pace_ms=20, wants="resting"))

    assert len(desk.strategy.enabled) == RESTING_STRATEGIES
    assert desk.allocator.pricing == "passive"


def test_patient_desk_is_configured_without_a_fault(tmp_path):
    desk = load(write_config(tmp_path, 40_001, 40_002, pace_ms=20, wants="patient"))

    assert [one.name for one in desk.strategy.enabled] == ["patient"]
