"""When the write-ahead log is emptied."""

import pytest

from actors.executor import upkeep
from tests.actors.executor.sessions import Standing


def grown(entries):
    one = Standing()
    one.session.checkpoint_seq = one.books.seq - entries
    return one


@pytest.mark.parametrize(("entries", "due"), [(199, False), (200, True)])
def test_between_bursts_it_is_emptied_when_it_is_worth_it(entries, due):
    one = grown(entries)

    assert upkeep.is_due(one.session, one.now) is due


@pytest.mark.parametrize(("quiet_ms", "due"), [(499, False), (500, True)])
def test_no_order_waits_for_it(quiet_ms, due):
    one = grown(300)
    one.session.accepted.append(one.mono_ms)

    assert upkeep.is_due(one.session, one.after(quiet_ms).now) is due


@pytest.mark.parametrize(("entries", "due"), [(1_999, False), (2_000, True)])
def test_it_is_not_put_off_for_ever(entries, due):
    one = Standing()
    one.order()
    one.session.checkpoint_seq = one.books.seq - entries

    assert upkeep.is_due(one.session, one.now) is due


def test_once_is_enough():
    one = grown(300)

    assert [upkeep.is_due(one.session, one.now) for _ in range(2)] == [True, False]
