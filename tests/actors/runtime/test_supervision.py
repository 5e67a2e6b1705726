"""When a child is started, restarted and killed: the policy, event by event, and its laws."""

import pytest
from msgspec.structs import replace

from actors.runtime.settings import SupervisionSettings
from actors.runtime.supervision import (
    DUMP_MS,
    Actual,
    Beaten,
    BecameLive,
    BecameReady,
    Child,
    Dump,
    Failed,
    Gone,
    Kill,
    LimitReached,
    NotBegun,
    Overrun,
    Passed,
    Spawn,
    Wanted,
    all_ready,
)
from tests.actors.runtime.oneself import ROLE, SETTINGS, Life


def test_a_child_that_is_wanted_is_started():
    life = Life()

    assert life.on(Wanted(True)) == [Spawn(ROLE)]
    assert life.child.actual is Actual.STARTING


def test_it_recovers_until_it_waits_for_nothing():
    life = Life()
    life.on(Wanted(True))
    pid = life.begin()

    assert life.on(Beaten(pid, "states")) == [BecameLive(ROLE, "states")]
    assert life.on(Beaten(pid, "records")) == []
    assert (life.child.actual, life.child.waiting_for) == (Actual.RECOVERING, "records")
    assert life.on(Beaten(pid, "")) == [BecameReady(ROLE)]
    assert life.child.actual is Actual.READY


def test_readiness_is_news_once():
    life = Life().ready()

    assert life.on(Beaten(life.child.pid, "")) == []


def test_a_ready_child_may_wait_again():
    life = Life().ready()

    life.on(Beaten(life.child.pid, "states"))

    assert life.child.actual is Actual.RECOVERING
    assert life.child.ready_ms is None


def test_the_last_heartbeat_of_a_predecessor_makes_nobody_ready():
    life = Life().ready()
    old = life.child.pid
    life.on(Gone(-9))
    life.begin()

    assert life.on(Beaten(old, "")) == []
    assert life.child.actual is Actual.STARTING


def test_a_first_failure_is_followed_by_a_start_at_once():
    life = Life().ready()

    assert life.on(Gone(-9)) == [Failed(ROLE, -9, 0, 1), Spawn(ROLE)]


def test_the_delay_doubles_up_to_its_limit():
    life = Life(SupervisionSettings(restarts_max=100)).ready()

    delays = [life.fail()[0].delay_ms for _ in range(9)]

    assert delays == [0, 100, 200, 400, 800, 1600, 3200, 5000, 5000]


@pytest.mark.parametrize(("jitter", "delay"), [(-200, 80), (0, 100), (200, 120)])
def test_a_delay_is_up_to_a_fifth_shorter_or_longer(jitter, delay):
    life = Life(jitter=jitter).ready()
    life.fail()

    assert life.on(Gone(70))[0].delay_ms == delay


def test_no_backoff_at_all_can_be_configured():
    settings = SupervisionSettings(restarts_max=1_000, backoff_first_ms=0, backoff_max_ms=0)
    life = Life(settings).ready()

    assert {life.fail()[0].delay_ms for _ in range(20)} == {0}


@pytest.mark.parametrize(("passed", "effects"), [(99, []), (100, [Spawn(ROLE)])])
def test_a_child_in_backoff_is_started_when_its_time_has_come(passed, effects):
    life = Life().ready()
    life.fail()
    life.on(Gone(70))

    assert life.after(passed, Passed()) == effects


@pytest.mark.parametrize(
    ("healthy_ms", "delay", "limited"), [(59_999, 5_000, False), (60_000, 0, False)]
)
def test_a_minute_of_health_forgets_the_failures_before(healthy_ms, delay, limited):
    life = Life(SupervisionSettings(restarts_max=100)).ready()
    for _ in range(8):
        life.fail()
    since = life.now_ms
    while life.now_ms - since < healthy_ms:
        life.after(min(250, healthy_ms - (life.now_ms - since)), Beaten(life.child.pid, ""))

    assert life.on(Gone(70))[0].delay_ms == delay
    assert life.child.limited is limited


@pytest.mark.parametrize(("failures", "reached"), [(4, 0), (5, 0), (6, 1), (7, 1)])
def test_more_than_five_restarts_in_a_minute_halt_the_desk_once(failures, reached):
    life = Life().ready()

    effects = [effect for _ in range(failures) for effect in life.fail()]

    assert [type(one) for one in effects].count(LimitReached) == reached
    assert life.child.limited is (reached == 1)


def test_too_many_restarts_never_mean_giving_up():
    life = Life().ready()
    for _ in range(6):
        effects = life.fail()

    assert effects[0].delay_ms == SETTINGS.slow_retry_ms
    assert life.child.actual is Actual.READY


@pytest.mark.parametrize(("passed", "limited"), [(59_999, True), (60_000, False)])
def test_failures_count_only_inside_the_window(passed, limited):
    life = Life().ready()
    first = life.now_ms
    for _ in range(5):
        life.fail()
    life.now_ms = first + passed

    life.on(Gone(70))

    assert life.child.limited is limited


def test_the_limit_is_lifted_by_health_alone():
    life = Life().ready()
    for _ in range(6):
        life.fail()
    assert life.child.limited

    for _ in range(240):
        life.after(250, Beaten(life.child.pid, ""))

    assert not life.child.limited


def test_a_wrong_configuration_is_not_tried_again():
    life = Life().ready()

    assert life.on(Gone(78)) == [Failed(ROLE, 78, None, 0)]
    assert life.after(600_000, Passed()) == []
    assert (life.child.actual, life.child.refused) == (Actual.ABSENT, True)


@pytest.mark.parametrize("code", [0, 1, 70, 71, 72, 73, 255, -9, -15, None])
def test_any_other_end_nobody_asked_for_is_followed_by_a_start(code):
    assert Spawn(ROLE) in Life().ready().on(Gone(code))


def test_a_child_that_could_not_be_started_is_tried_again():
    life = Life()
    life.on(Wanted(True))

    assert life.on(NotBegun()) == [Failed(ROLE, None, 0, 1), Spawn(ROLE)]
    assert life.on(NotBegun())[0].delay_ms == 100


@pytest.mark.parametrize(("silent", "dumped"), [(2_999, False), (3_000, True)])
def test_silence_is_answered_with_a_dump(silent, dumped):
    life = Life().ready()

    effects = life.after(silent, Passed())

    assert effects == ([Dump(ROLE, 3_000)] if dumped else [])


@pytest.mark.parametrize(("later", "killed"), [(DUMP_MS - 1, False), (DUMP_MS, True)])
def test_after_the_dump_comes_the_kill(later, killed):
    life = Life().ready()
    life.after(3_000, Passed())

    assert life.after(later, Passed()) == ([Kill(ROLE, "HUNG")] if killed else [])


def test_a_heartbeat_after_the_dump_saves_nobody():
    life = Life().ready()
    life.after(3_000, Passed(), Beaten(life.child.pid, ""))

    assert life.after(DUMP_MS, Passed()) == [Kill(ROLE, "HUNG")]


def test_a_killed_child_is_replaced_only_once_it_is_gone():
    life = Life().ready()
    life.after(3_000, Passed())
    life.after(DUMP_MS, Passed())

    assert life.after(600_000, Passed()) == []
    assert Spawn(ROLE) in life.on(Gone(-9))


@pytest.mark.parametrize(("passed", "killed"), [(9_999, False), (10_000, True)])
def test_a_child_that_says_nothing_at_its_start_is_killed(passed, killed):
    life = Life()
    life.on(Wanted(True))
    life.begin()

    effects = life.after(passed, Passed())

    assert effects == ([Kill(ROLE, "START_DEADLINE")] if killed else [])


def test_a_child_that_recovers_has_as_long_as_it_says_so():
    life = Life()
    life.on(Wanted(True))
    pid = life.begin()

    life.on(Beaten(pid, "reconciling"))
    for _ in range(100):
        assert life.after(1_000, Beaten(pid, "reconciling"), Passed()) == []
    assert life.child.actual is Actual.RECOVERING


def test_a_child_that_is_not_wanted_any_more_is_not_started_again():
    life = Life().ready()
    life.on(Wanted(False))

    assert life.child.actual is Actual.STOPPING
    assert life.on(Gone(0)) == []
    assert life.child.actual is Actual.ABSENT


def test_a_child_in_backoff_that_is_not_wanted_any_more_stays_away():
    life = Life().ready()
    life.fail()
    life.on(Gone(70), Wanted(False))

    assert life.after(600_000, Passed()) == []
    assert life.child.actual is Actual.ABSENT


def test_a_stop_during_a_start_wins():
    life = Life()
    life.on(Wanted(True), Wanted(False))
    life.begin()

    assert life.child.actual is Actual.STOPPING
    assert life.on(Gone(0)) == []


def test_a_child_that_is_wanted_again_while_it_stops_comes_back_when_it_is_gone():
    life = Life().ready()
    life.on(Wanted(False), Wanted(True))

    assert Spawn(ROLE) in life.on(Gone(0))


def test_who_takes_too_long_to_stop_is_killed():
    life = Life().ready()
    life.on(Wanted(False))

    assert life.on(Overrun()) == [Kill(ROLE, "STOP_OVERRUN")]


def test_nobody_is_killed_who_has_no_process():
    assert Life().on(Overrun()) == []


def test_silence_of_a_child_that_stops_is_not_a_hang():
    life = Life().ready()
    life.on(Wanted(False))

    assert life.after(60_000, Passed()) == []


@pytest.mark.parametrize("other", [actual for actual in Actual if actual is not Actual.READY])
def test_all_are_ready_only_when_every_one_is(other):
    ready = Child(role="a", actual=Actual.READY)

    assert all_ready([ready, ready])
    assert not all_ready([ready, replace(ready, actual=other)])
