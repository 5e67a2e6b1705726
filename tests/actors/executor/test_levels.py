"""Who may set which level, and which one counts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.executor import levels
from actors.executor.books import Books
from actors.executor.draft import Draft
from messages.control import SetLevel
from messages.state import Level, Scope
from store.rows import LevelRow
from tests.actors.executor.ledgers import NOW_MS


def row(source, level, scope=Scope.DESK, name="", reason="WHY"):
    return LevelRow(scope=scope, name=name, source=source, level=level, reason=reason, at_ms=NOW_MS)


def wish(source, level, scope=Scope.DESK, name="", reason="WHY"):
    return SetLevel(scope=scope, name=name, source=source, level=level, reason=reason)


def setting(on, said, *, missing=""):
    return levels.set_level(Draft(on, at_ms=NOW_MS), said, missing=missing)


def desk(on):
    return levels.of_scope(on.levels, Scope.DESK, "")


def test_the_strictest_scope_that_touches_an_order_counts():
    on = Books(
        [row("operator", Level.REDUCE_ONLY), row("operator", Level.PAUSED, Scope.STRATEGY, "one")]
    )

    assert levels.of_order(on.levels, strategy="one", instrument="BTC_TRY") is Level.PAUSED
    assert levels.of_order(on.levels, strategy="two", instrument="BTC_TRY") is Level.REDUCE_ONLY
    assert levels.of_instrument(on.levels, "BTC_TRY") == (Level.REDUCE_ONLY, "WHY")


def test_what_nobody_set_is_active():
    assert levels.of_instrument({}, "BTC_TRY") == (Level.ACTIVE, "")


def test_a_source_lowers_its_own_entry_alone():
    on = Books([row("operator", Level.PAUSED)])

    setting(on, wish("risk_gate", Level.HALTED))
    setting(on, wish("risk_gate", Level.ACTIVE))

    assert desk(on) is Level.PAUSED


@pytest.mark.parametrize("source", ["executor", "supervisor"])
def test_the_operator_takes_back_what_the_machine_halted_once_it_is_clean(source):
    on = Books([row(source, Level.HALTED)])

    writes, reply = setting(on, wish("operator", Level.ACTIVE), missing="a comparison")
    assert (writes, reply.code, desk(on)) == ([], "NOT_RECONCILED", Level.HALTED)
    assert reply.message.endswith("once books and venue agree: a comparison")

    _, reply = setting(on, wish("operator", Level.ACTIVE))
    assert (reply.ok, desk(on)) == (True, Level.ACTIVE)


def test_the_operator_does_not_lower_the_risk_gates_entry():
    on = Books([row("risk_gate", Level.PAUSED)])

    setting(on, wish("operator", Level.ACTIVE))

    assert desk(on) is Level.PAUSED


@pytest.mark.parametrize("source", ["kill", "strategy", ""])
def test_a_stranger_and_the_latch_are_no_sources(source):
    on = Books([row("kill", Level.HALTED)])

    writes, reply = setting(on, wish(source, Level.ACTIVE))

    assert (writes, reply.code, desk(on)) == ([], "UNKNOWN_SOURCE", Level.HALTED)


@pytest.mark.parametrize(("scope", "name"), [(Scope.DESK, "BTC_TRY"), (Scope.STRATEGY, "")])
def test_only_the_desk_has_no_name(scope, name):
    assert setting(Books(), wish("operator", Level.PAUSED, scope, name))[1].code == "WRONG_SCOPE"


def test_saying_it_again_writes_nothing():
    on = Books()
    setting(on, wish("operator", Level.PAUSED))

    writes, reply = setting(on, wish("operator", Level.PAUSED))

    assert (writes, reply.ok) == ([], True)


def test_only_what_is_stricter_than_active_is_published():
    on = Books([row("operator", Level.ACTIVE), row("executor", Level.PAUSED)])

    assert [entry.source for entry in levels.entries(on.levels)] == ["executor"]


def test_the_latch_is_seen():
    assert not levels.is_latched({})
    assert levels.is_latched(Books([levels.latch("enough", 1)]).levels)


WISHES = st.lists(
    st.tuples(st.sampled_from(levels.SOURCES), st.sampled_from(Level)), min_size=1, max_size=6
)


@given(WISHES, st.randoms(use_true_random=False))
def test_the_strictest_wins_in_any_order_of_arrival(wishes, random):
    newest = dict(wishes)  # each source says one thing
    told = list(newest.items())
    random.shuffle(told)
    on = Books([row(source, level) for source, level in told])

    assert desk(on) == max(newest.values(), key=lambda level: level.rank)
