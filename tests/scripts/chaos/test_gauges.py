"""What grows is named, noise is not; a process that was replaced begins anew."""

import os

import pytest

from scripts.chaos.gauges import (
    DESCRIPTORS_MORE_MAX,
    MIB_MORE_MAX,
    SAMPLES_MIN,
    THREADS_MORE_MAX,
    Gauges,
    Sample,
    grown,
    leaks,
)


def series(*, descriptors=0, threads=0, mib=0.0):
    """Nine samples whose last third is higher by so much than what came before."""
    plain = Sample(descriptors=20, threads=5, mib=40.0)
    high = Sample(descriptors=20 + descriptors, threads=5 + threads, mib=40.0 + mib)
    return grown("executor", [plain] * 6 + [high] * 3)


@pytest.mark.parametrize(
    ("name", "most"),
    [("descriptors", DESCRIPTORS_MORE_MAX), ("threads", THREADS_MORE_MAX), ("mib", MIB_MORE_MAX)],
)
def test_growth_is_a_leak_from_one_more_than_noise_on(name, most):
    assert leaks([series(**{name: most - 1})]) == []
    assert leaks([series(**{name: most})]) == []
    [line] = leaks([series(**{name: most + 1})])
    assert line.startswith("leak: executor")


def test_what_filled_before_the_middle_of_the_run_is_no_growth():
    low, high = (Sample(descriptors=n, threads=n, mib=float(n)) for n in (10, 90))

    assert leaks([grown("strategy", [low] * 3 + [high] * 6)]) == []


def test_descriptors_of_this_process_are_counted_and_a_gone_one_is_left_out():
    gauges = Gauges()
    for _ in range(SAMPLES_MIN - 1):
        gauges.look({"mine": os.getpid(), "gone": 2**22 + 1})
    assert gauges.growth() == []
    gauges.look({"mine": os.getpid()})
    held = [os.open("/dev/null", os.O_RDONLY) for _ in range(20)]
    for _ in range(SAMPLES_MIN):
        gauges.look({"mine": os.getpid()})

    [one] = gauges.growth()

    for descriptor in held:
        os.close(descriptor)
    assert (one.role, one.samples) == ("mine", 2 * SAMPLES_MIN)
    assert one.last.descriptors >= 20
    assert one.last.threads >= 1
    assert one.last.mib > 1
