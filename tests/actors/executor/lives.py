"""One order on its way, and what may become known of it."""

from actors.executor.facts import Seen
from actors.executor.states import Fact
from messages.money import Amount
from messages.state import Scope
from tests.actors.executor.ledgers import VENUE_ID, answer, books, filled
from tests.actors.executor.wishes import batch, intent

ACK = Seen(fact=Fact.ACK, venue_order_id=VENUE_ID)
LOST = Seen(fact=Fact.LOST, code="ReadTimeout")
CANCEL = Seen(fact=Fact.CANCEL, code="STALE")
ANSWER = Seen(fact=Fact.ANSWER, code="SUCCESS")
RESTART = Seen(fact=Fact.RESTART)
ABSENT = Seen(fact=Fact.ABSENT)
REJECT = Seen(fact=Fact.REJECT, code="FAILED_LIMIT_ORDER")
NOT_SENT = Seen(fact=Fact.NOT_SENT, code="NO_PERMIT")
DESK = (Scope.DESK, "", "executor")
BTC = (Scope.INSTRUMENT, "BTC_TRY", "executor")


def opened(filled_quantity=0):
    return Seen(fact=Fact.OPEN, venue_order_id=VENUE_ID, filled=Amount(filled_quantity))


def done(status, filled_quantity):
    return Seen(
        fact=Fact.DONE,
        venue_order_id=VENUE_ID,
        filled=Amount(filled_quantity),
        ended=status,
        code=status.value,
    )


def sent(version=17, **given_):
    """Return books with one order on its way, and its id."""
    on = books(version=version, TRY="29554.97733", BTC=given_.pop("btc", 0))
    one = intent(version=version, **given_)
    assert answer(batch(one, version=version), on).sends
    return on, one.client_order_id


def traded(on, name, *args, **given_):
    return filled(*args, client_order_id=name, **given_)


def version(on):
    return on.instrument("BTC_TRY").version
