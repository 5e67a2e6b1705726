"""The executor dies at each named point of submit, cancel and fill, and the books are equal."""

import signal

import pytest

from scripts.chaos.desks import REST
from scripts.chaos.nemesis import signalled
from scripts.chaos.plan import OUTCOMES
from tests.chaos.desks import harmed

pytestmark = [pytest.mark.proof, pytest.mark.timeout(600)]

SUBMIT = ("C1", "C3", "C3b", "C4", "C7", "C8", "C9", "C10")
CANCEL = ("K0", "K1", "K2")
FILL = ("F1", "F2")
OTHERS = ("market_data", "strategy", "allocator", "risk_gate", "persistence")


@pytest.mark.parametrize("points", [SUBMIT, CANCEL, FILL], ids=["submit", "cancel", "fill"])
def test_executor_dies_at_each_point_once_and_no_order_or_fill_is_lost_or_doubled(run_dir, points):
    wanted = [f"executor.{point}:2" for point in points]
    with harmed(run_dir, crash_at=",".join(wanted)) as one:
        one.wait_until(lambda: one.crashes() == wanted, f"died at {wanted}", within_s=200)
        one.wait_flow()

        report = one.verdict()

    assert report.violations == []
    assert set(report.differences.values()) == {"0"}
    assert report.orders > len(points)


def test_executor_dies_with_half_a_request_on_the_wire(run_dir):  # C5
    with harmed(run_dir) as one:
        one.wait_flow()
        torn = one.desk.relays.links[REST].tear(b"POST /api/v1/order")
        assert torn.wait(60)
        assert signalled(one.desk.pids()["executor"], signal.SIGKILL)
        one.wait_flow()

        report = one.verdict()

    assert report.violations == []
    assert set(report.differences.values()) == {"0"}


def test_executor_dies_between_the_acceptance_and_its_answer(run_dir):  # C6
    with harmed(run_dir) as one:
        one.wait_flow()
        late = {"kind": "delay_ms", "count": 2, "delay_ms": 5_000}
        assert one.desk.fault(post_order_outcome=[late])
        before = one.orders
        one.wait_until(lambda: one.orders > before, "an order that was taken")
        assert signalled(one.desk.pids()["executor"], signal.SIGKILL)
        one.wait_flow()

        report = one.verdict()

    assert report.violations == []
    assert set(report.differences.values()) == {"0"}


def test_every_lie_of_the_exchange_about_an_order_is_seen_through(run_dir):
    lies = [{"kind": kind, "count": 2, "delay_ms": 1_500} for kind in OUTCOMES]
    with harmed(run_dir) as one:
        one.wait_flow()
        assert one.desk.fault(post_order_outcome=lies, hide_fills_ms=1_500)
        one.wait_flow(2 * len(OUTCOMES) + 2)
        assert one.desk.fault(hide_fills_ms=0)

        report = one.verdict()

    assert report.violations == []
    assert set(report.differences.values()) == {"0"}


def test_every_other_role_dies_between_two_turns(run_dir):
    wanted = [f"{role}.TURN:{turn}" for role in OTHERS for turn in (20, 50, 120)]
    with harmed(run_dir, crash_at=",".join(wanted)) as one:
        one.wait_until(
            lambda: sorted(one.crashes()) == sorted(wanted), f"died at {wanted}", within_s=150
        )
        one.wait_flow()

        report = one.verdict()

    assert report.violations == []
    assert set(report.differences.values()) == {"0"}
