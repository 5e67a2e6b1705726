"""What holds for a child whatever happens to it, in whatever order."""

from hypothesis import given
from hypothesis import strategies as st

from actors.runtime.supervision import (
    HAS_PROCESS,
    Actual,
    Beaten,
    Gone,
    NotBegun,
    Overrun,
    Passed,
    Spawn,
    Wanted,
)
from tests.actors.runtime.oneself import SETTINGS, Life

EVENTS = st.one_of(
    st.builds(Beaten, st.integers(100, 130), st.sampled_from(["", "states"])),
    st.builds(Gone, st.sampled_from([None, 0, 1, 70, 72, 78, -9])),
    st.just(Passed()),
    st.builds(Wanted, st.booleans()),
    st.just(Overrun()),
    st.just(NotBegun()),
)


@given(st.lists(st.tuples(st.integers(0, 20_000), EVENTS), max_size=60))
def test_there_are_never_two_processes_of_one_role(story):
    """Whatever happens in whatever order: a start is asked for only when no process is there."""
    life, processes = Life(), 0
    for passed, event in story:
        if isinstance(event, Gone) and processes == 0:
            continue  # only a process can go
        if isinstance(event, NotBegun):
            continue  # only a start can fail; starts succeed here
        if isinstance(event, Gone):
            processes -= 1
        for effect in life.after(passed, event):
            if isinstance(effect, Spawn):
                processes += 1
                life.begin()
        assert processes in (0, 1)
        assert (life.child.actual in HAS_PROCESS) == (processes == 1)


@given(st.lists(st.integers(0, 5_000), max_size=60))
def test_a_child_that_is_wanted_is_always_coming_back(delays):
    """However often it fails: there is a process, or a moment at which there will be one."""
    life = Life().ready()
    for delay in delays:
        life.after(delay, Gone(70) if life.child.pid else Passed())
        if life.child.actual is Actual.STARTING and life.child.pid is None:
            life.begin()
        assert life.child.pid is not None or life.child.due_ms is not None


@given(st.lists(st.integers(0, 100_000), max_size=100))
def test_what_is_remembered_of_failures_stays_bounded(delays):
    life = Life().ready()
    for delay in delays:
        life.now_ms += delay
        life.fail()

    assert len(life.child.failed_ms) <= SETTINGS.restarts_max + 1
