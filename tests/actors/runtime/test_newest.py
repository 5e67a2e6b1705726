"""The newest of each kind and name, and its age on the hearer's clock."""

from actors.runtime.newest import NAMES_MAX, Newest
from messages.control import StatusQuery
from messages.life import Stop
from messages.records import RecordsAck


def test_the_newest_of_each_kind_and_name_is_kept():
    newest = Newest()

    newest.take(Stop(reason="a"), name="x", now_ms=1)
    newest.take(Stop(reason="b"), name="x", now_ms=2)
    newest.take(Stop(reason="c"), name="y", now_ms=3)
    newest.take(RecordsAck(upto=1), name="x", now_ms=4)

    assert newest.get(Stop, "x") == Stop(reason="b")
    assert newest.get(Stop, "y") == Stop(reason="c")
    assert newest.get(RecordsAck, "x") == RecordsAck(upto=1)
    assert newest.get(StatusQuery) is None


def test_an_age_is_time_since_it_was_heard_and_none_when_it_never_was():
    newest = Newest()
    newest.take(Stop(reason="a"), now_ms=100)

    assert newest.age_ms(Stop, now_ms=175) == 75
    assert newest.age_ms(Stop, now_ms=50) == 0
    assert newest.age_ms(Stop, "x", now_ms=175) is None


def test_more_names_than_a_desk_has_are_not_kept():
    newest = Newest()
    for number in range(NAMES_MAX + 1):
        newest.take(Stop(reason="a"), name=str(number), now_ms=1)

    newest.take(Stop(reason="b"), name="0", now_ms=2)

    assert newest.get(Stop, str(NAMES_MAX)) is None
    assert newest.get(Stop, "0") == Stop(reason="b")
