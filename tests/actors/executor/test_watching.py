"""What the venue was last seen to show, and what must be asked again."""

import pytest

from actors.executor import watching
from actors.executor.facts import Seen
from actors.executor.states import Fact
from actors.executor.watching import NEVER, Watching
from messages.orders import OrderState
from tests.actors.executor.ledgers import VENUE_ID, answer, books, tell
from tests.actors.executor.wishes import batch, intent

ACK = Seen(fact=Fact.ACK, venue_order_id=VENUE_ID)


def with_live():
    on = books(TRY=10_000)
    name = answer(batch(intent()), on).sends[0].client_order_id
    tell(on, name, ACK)
    return on, name


def due(seen, on, now_ms, since=None):
    return seen.list_due(on, now_ms, alive_ms=1_000, idle_ms=5_000, since=since or {})


def test_what_was_never_listed_is_due():
    assert due(Watching(["BTC_TRY", "ETH_TRY"]), books(), 0) == ["BTC_TRY", "ETH_TRY"]


@pytest.mark.parametrize(
    ("age_ms", "names"), [(999, []), (1_000, ["BTC_TRY"]), (5_000, ["BTC_TRY", "ETH_TRY"])]
)
def test_what_is_alive_is_listed_more_often(age_ms, names):
    on, _ = with_live()
    seen = Watching(["BTC_TRY", "ETH_TRY"])
    for name in seen.instruments:
        seen.listed(name, 0, {})

    assert due(seen, on, age_ms) == names


def test_what_is_waited_for_comes_first():
    seen = Watching(["BTC_TRY", "ETH_TRY"])
    seen.listed("ETH_TRY", 0, {})

    assert due(seen, books(), 10, since={"ETH_TRY": 1}) == ["ETH_TRY", "BTC_TRY"]


def test_an_early_look_is_due_at_its_time_and_once():
    seen = Watching(["BTC_TRY"])
    seen.listed("BTC_TRY", 0, {})
    seen.look_at("BTC_TRY", 150)
    seen.look_at("BTC_TRY", 300)

    assert (due(seen, books(), 149), due(seen, books(), 150)) == ([], ["BTC_TRY"])
    seen.asked("BTC_TRY", 150)
    assert due(seen, books(), 151) == []


def test_an_older_list_that_comes_late_replaces_nothing():
    seen = Watching(["BTC_TRY"])
    seen.listed("BTC_TRY", 10, {7: "t-1"})
    seen.listed("BTC_TRY", 9, {})

    assert (seen.listed_ms("BTC_TRY"), seen.ours()) == (10, {7: "t-1"})


def test_every_instrument_must_have_been_asked_since():
    seen = Watching(["BTC_TRY", "ETH_TRY"])
    seen.listed("BTC_TRY", 10, {})
    seen.swept("BTC_TRY", 10)

    assert not seen.all_listed_since(5)
    assert not seen.all_swept_since(5)
    assert seen.listed_ms("ETH_TRY") == NEVER


def test_only_what_is_thought_to_rest_is_expected():
    on, name = with_live()
    lost = answer(batch(intent(version=1), version=1), on).sends[0].client_order_id

    assert watching.expected(on, "BTC_TRY") == (name,)
    assert lost not in watching.expected(on, "BTC_TRY")


def test_what_a_list_does_not_show_is_missed_until_it_is_over():
    on, name = with_live()
    seen = Watching(["BTC_TRY"])
    assert watching.not_shown([name], {VENUE_ID: name}, on) == []
    seen.missing.update(dict.fromkeys(watching.not_shown([name], {}, on)))
    seen.forget_ended(on)
    before = list(seen.missing)

    tell(on, name, Seen(fact=Fact.DONE, ended=OrderState.CANCELLED, venue_order_id=VENUE_ID))
    seen.forget_ended(on)

    assert (before, list(seen.missing)) == ([name], [])


def test_a_wanted_sweep_is_wanted_until_it_was_made():
    seen = Watching(["BTC_TRY"])
    seen.want_sweep("BTC_TRY", 5)
    seen.swept("BTC_TRY", 4)
    wanted = seen.sweep_wanted("BTC_TRY")
    seen.swept("BTC_TRY", 5)

    assert (wanted, seen.sweep_wanted("BTC_TRY")) == (True, False)
