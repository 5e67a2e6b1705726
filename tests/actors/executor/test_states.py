"""What each fact does to an order in each state: all ninety-nine pairs."""

import pytest

from actors.executor.states import TABLE, Effect, Fact, effect
from actors.runtime.failures import InvariantBroken
from messages.orders import ALIVE, OrderState

FINAL = [state for state in OrderState if state not in ALIVE]
TAKEN = [OrderState.FILLED, OrderState.CANCELLED]  # the venue had it
NEVER = [OrderState.REJECTED, OrderState.NOT_SENT, OrderState.ABSENT]  # we thought it had not
UNHEARD = [OrderState.SENDING, OrderState.UNKNOWN]
HEARD = [OrderState.LIVE, OrderState.CLOSING]

# Said once more, by fact instead of by state: where both agree the table is what is meant.
BY_FACT = {
    Fact.NOT_SENT: {"NOT_SENT": UNHEARD, "BROKEN": [*HEARD, *TAKEN, OrderState.REJECTED]},
    Fact.ACK: {"LIVE": UNHEARD, "NAME": [*HEARD, *TAKEN], "GHOST": NEVER},
    Fact.REJECT: {
        "REJECTED": UNHEARD,
        "CLASH": [*HEARD, *TAKEN],
        "BROKEN": [OrderState.NOT_SENT],
    },
    Fact.LOST: {"UNKNOWN": [OrderState.SENDING]},
    Fact.OPEN: {"LIVE": UNHEARD, "MERGE": HEARD, "GHOST": NEVER},
    Fact.DONE: {
        "CLOSING": [*UNHEARD, OrderState.LIVE],
        "MERGE": [OrderState.CLOSING],
        "FETCH": TAKEN,
        "GHOST": NEVER,
    },
    Fact.FILL: {"BOOK_LIVE": UNHEARD, "BOOK": HEARD, "LATE": TAKEN, "GHOST": NEVER},
    Fact.ABSENT: {"ABSENT": [OrderState.UNKNOWN]},
    Fact.RESTART: {"UNKNOWN": [OrderState.SENDING]},
    Fact.CANCEL: {"FLAG": [*UNHEARD, OrderState.LIVE]},
    Fact.ANSWER: {"ASK": HEARD},
}
PAIRS = [(state, fact) for state in OrderState for fact in Fact]


def expected(state, fact):
    found = [name for name, states in BY_FACT[fact].items() if state in states]
    return Effect(found[0]) if found else Effect.NOTHING


def test_there_are_ninety_nine_pairs():
    assert len(PAIRS) == 99
    assert sum(len(row) for row in TABLE.values()) == 99


@pytest.mark.parametrize(("state", "fact"), PAIRS, ids=lambda one: one.value)
def test_each_pair_has_its_effect(state, fact):
    if expected(state, fact) is Effect.BROKEN:
        with pytest.raises(InvariantBroken, match=f"{state}.*{fact}"):
            effect(state, fact)
    else:
        assert effect(state, fact) is expected(state, fact)


@pytest.mark.parametrize("state", FINAL)
def test_no_fact_but_a_ghost_leads_out_of_a_final_state(state):
    leads = {one for one in TABLE[state].values() if one.value in OrderState.__members__}

    assert leads == set()
