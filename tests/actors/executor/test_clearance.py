"""When nothing of ours is left at the venue."""

from actors.executor.clearance import Clearance
from actors.executor.watching import Watching
from tests.actors.executor.ledgers import answer, books
from tests.actors.executor.wishes import batch, intent


class Rounds:
    """A clearance with two instruments; each round lists what *shown* says."""

    def __init__(self, on=None):
        self.on = on or books(TRY=10_000)
        self.watching = Watching(["BTC_TRY", "ETH_TRY"])
        self.clearance = Clearance(apart_ms=2_000)

    def round(self, now_ms, shown=(), in_flight=0):
        self.clearance.advance(self.on, self.watching, in_flight, now_ms)
        since_ms = self.clearance.since_ms()
        if since_ms is not None:
            self.watching.listed("BTC_TRY", now_ms, {})
            self.watching.listed("ETH_TRY", now_ms, dict.fromkeys(shown, "t-1"))
        self.clearance.advance(self.on, self.watching, in_flight, now_ms)
        return self.clearance.is_clear


def test_two_empty_rounds_far_enough_apart_are_clear():
    rounds = Rounds()

    assert [rounds.round(at) for at in (0, 1_999, 2_000)] == [False, False, True]


def test_rounds_too_close_together_prove_nothing():
    rounds = Rounds()

    assert [rounds.round(at) for at in (0, 500, 1_000, 1_999)] == [False] * 4


def test_one_list_is_not_a_round():
    rounds = Rounds()
    rounds.clearance.advance(rounds.on, rounds.watching, 0, 0)
    rounds.watching.listed("BTC_TRY", 5_000, {})

    rounds.clearance.advance(rounds.on, rounds.watching, 0, 5_000)

    assert rounds.clearance.since_ms() == 0


def test_what_shows_up_in_between_begins_anew():
    rounds = Rounds()
    rounds.round(0)

    assert not rounds.round(2_000, shown=[7])
    assert not rounds.round(2_500)
    assert rounds.round(4_600) or rounds.round(4_700)


def test_what_a_later_list_shows_takes_clear_back():
    rounds = Rounds()
    rounds.round(0)
    assert rounds.round(2_000)

    rounds.watching.listed("ETH_TRY", 3_000, {7: "t-1"})
    rounds.clearance.advance(rounds.on, rounds.watching, 0, 3_000)

    assert not rounds.clearance.is_clear
    assert [rounds.round(at) for at in (3_500, 5_500)] == [False, True]


def test_an_alive_order_or_one_in_flight_is_not_clear():
    on = books(TRY=10_000)
    answer(batch(intent()), on)
    for rounds, in_flight in ((Rounds(on), 0), (Rounds(), 1)):
        assert not any(rounds.round(at, in_flight=in_flight) for at in range(0, 9_000, 500))


def test_clear_is_taken_back_when_something_comes():
    rounds = Rounds()
    for at in (0, 2_000, 2_100):
        rounds.round(at)

    rounds.round(3_000, in_flight=1)

    assert not rounds.clearance.is_clear
