"""What a lane's thread does with a question."""

import pytest

from actors.market_data.asking import Hands, NoAnswer, ReadBook, ReadRules, Table
from actors.venues.port import VenueRefused, VenueUnavailable, VenueUnreadable
from tests.actors.market_data.markets import BTC, top
from tests.builders import rules


class Client:
    """A venue that answers, or raises what it is given."""

    def __init__(self, trouble=None):
        self.trouble = trouble
        self.problems = {"RULES_CONFLICT": 2}

    def instruments(self):
        if self.trouble:
            raise self.trouble
        return [rules(BTC)]

    def spelling(self, instrument):
        return instrument.replace("_", "")

    def quote(self, instrument):
        if self.trouble:
            raise self.trouble
        return top(instrument=instrument)


def test_the_table_comes_with_the_spelling_of_what_was_asked_for():
    told = Hands(Client)(ReadRules((BTC,)))

    assert told == Table(
        instruments=(rules(BTC),), spelled={BTC: "BTCTRY"}, problems={"RULES_CONFLICT": 2}
    )


def test_a_book_is_its_top():
    assert Hands(Client)(ReadBook(BTC)) == top()


@pytest.mark.parametrize(
    ("trouble", "expected"),
    [
        (
            VenueUnavailable("THROTTLED", 700),
            NoAnswer(reason="THROTTLED", retry_after_ms=700),
        ),
        (VenueUnreadable("no JSON"), NoAnswer(reason="no JSON", unreadable=True)),
        (VenueRefused("NO_SUCH"), NoAnswer(reason="NO_SUCH")),
    ],
)
@pytest.mark.parametrize("question", [ReadRules((BTC,)), ReadBook(BTC)])
def test_what_a_venue_may_do_is_no_answer(trouble, expected, question):
    assert Hands(lambda: Client(trouble))(question) == expected


def test_what_nobody_named_is_raised():
    with pytest.raises(ZeroDivisionError):
        Hands(lambda: Client(ZeroDivisionError()))(ReadBook(BTC))


def test_a_client_is_made_once_and_only_when_it_is_needed():
    made = []
    hands = Hands(lambda: made.append(1) or Client())
    assert made == []

    hands(ReadBook(BTC))
    hands(ReadBook(BTC))

    assert made == [1]
