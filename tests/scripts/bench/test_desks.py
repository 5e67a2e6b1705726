"""The desk of the benchmark can be started as it is configured."""

from config.load import load
from scripts.bench.desks import BUSY


def test_busy_desk_is_configured_without_a_fault_and_calls_pass_the_relay(tmp_path):
    config = tmp_path / "bench.toml"
    config.write_text(BUSY.format(port=40_001, front=40_002, pace_ms=20))

    desk = load(config)

    assert desk.exchange.port == 40_001
    assert desk.exchange.front_port == 40_002
    assert desk.exchange.book_interval_ms == 20
    assert desk.supervision.restarts_max >= 1_000
