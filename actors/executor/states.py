"""What a fact does to an order, for every state and every fact.

Facts merge as a join: a venue order id is set once, what is filled only grows, fills are a set, a
final state stays. So facts commute, and the same one twice changes nothing. A pair that the table
calls a contradiction cannot be true of one order: where only we can be wrong the process ends,
where the venue says it the instrument is halted and nothing is guessed.
"""

from enum import StrEnum

from actors.runtime.failures import InvariantBroken
from messages.orders import OrderState


class Fact(StrEnum):
    """What can become known of an order, or happen to it."""

    NOT_SENT = "NOT_SENT"  # no byte left: the gate refused, or no connection came up
    ACK = "ACK"  # the venue took it and named it
    REJECT = "REJECT"  # the venue surely did not take it
    LOST = "LOST"  # it may have arrived
    OPEN = "OPEN"  # the venue lists it as open
    DONE = "DONE"  # a read of the venue says that it is over
    FILL = "FILL"  # one execution
    ABSENT = "ABSENT"  # the resolver concluded that it never arrived
    RESTART = "RESTART"  # we came back and do not know what was sent
    CANCEL = "CANCEL"  # somebody wants it gone
    ANSWER = "ANSWER"  # the venue answered a DELETE


class Effect(StrEnum):
    """What follows. The first six are the state that the order goes to."""

    NOT_SENT = "NOT_SENT"
    LIVE = "LIVE"
    CLOSING = "CLOSING"
    UNKNOWN = "UNKNOWN"
    REJECTED = "REJECTED"
    ABSENT = "ABSENT"
    NOTHING = "."
    NAME = "NAME"  # only the venue's order id, which must be the one we know
    MERGE = "MERGE"  # what is filled grows, and with DONE how it ended
    BOOK = "BOOK"  # book the fill
    BOOK_LIVE = "BOOK_LIVE"  # book the fill of an order of which we did not know that it arrived
    LATE = "LATE"  # book the fill of an order that was over: the money is real
    FETCH = "FETCH"  # if the venue says that more is filled than is booked: fetch fills
    GHOST = "GHOST"  # it lives although we thought it did not: revive, cancel, halt the desk
    FLAG = "FLAG"  # remember that it should go
    ASK = "ASK"  # read the order: the answer to a DELETE never decides
    CLASH = "CLASH"  # the venue says what cannot be
    BROKEN = "BROKEN"  # only we can be wrong


_TEXT = """
STATE     NOT_SENT ACK   REJECT   LOST    OPEN  DONE    FILL      ABSENT RESTART CANCEL ANSWER
SENDING   NOT_SENT LIVE  REJECTED UNKNOWN LIVE  CLOSING BOOK_LIVE .      UNKNOWN FLAG   .
UNKNOWN   NOT_SENT LIVE  REJECTED .       LIVE  CLOSING BOOK_LIVE ABSENT .       FLAG   .
LIVE      BROKEN   NAME  CLASH    .       MERGE CLOSING BOOK      .      .       FLAG   ASK
CLOSING   BROKEN   NAME  CLASH    .       MERGE MERGE   BOOK      .      .       .      ASK
FILLED    BROKEN   NAME  CLASH    .       .     FETCH   LATE      .      .       .      .
CANCELLED BROKEN   NAME  CLASH    .       .     FETCH   LATE      .      .       .      .
REJECTED  BROKEN   GHOST .        .       GHOST GHOST   GHOST     .      .       .      .
NOT_SENT  .        GHOST BROKEN   .       GHOST GHOST   GHOST     .      .       .      .
ABSENT    .        GHOST .        .       GHOST GHOST   GHOST     .      .       .      .
"""


def _table(text: str) -> dict[OrderState, dict[Fact, Effect]]:
    header, *lines = (line.split() for line in text.strip().splitlines())
    facts = [Fact(name) for name in header[1:]]
    return {
        OrderState(state): dict(zip(facts, map(Effect, effects), strict=True))
        for state, *effects in lines
    }


TABLE = _table(_TEXT)


def effect(state: OrderState, fact: Fact) -> Effect:
    """Return what *fact* does to an order in *state*.

    Raises InvariantBroken where the pair can only come from a fault of ours.
    """
    found = TABLE[state][fact]
    if found is Effect.BROKEN:
        raise InvariantBroken(
            f"an order in {state} met {fact}, which comes from our own lane alone"
        )
    return found
