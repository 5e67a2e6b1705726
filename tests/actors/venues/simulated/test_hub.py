"""Who hears what, and what becomes of a listener that reads too slowly."""

import asyncio

from actors.venues.btcturk.sign import credentials
from actors.venues.simulated.doorman import Account
from actors.venues.simulated.faults import Faults
from actors.venues.simulated.hub import Hub, Listener

TRADES = ("trade", "BTCTRY")
ANN = Account(credentials("ann", "c2VjcmV0"), 1)


def hub(*listeners):
    found = Hub(Faults())
    for listener in listeners:
        found.join(listener)
    return found


def listener(*topics, account=None, frames_max=10):
    found = Listener(frames_max=frames_max)
    found.topics.update(topics)
    found.account = account
    return found


def waiting(one):
    """What a listener would be sent now, in order."""

    async def take():
        frames = []
        while True:
            try:
                frames.append(await asyncio.wait_for(one.next_frame(), 0.01))
            except TimeoutError:
                return frames

    return asyncio.run(take())


def test_a_topic_reaches_those_who_joined_it():
    one, other = listener(TRADES), listener(("trade", "ETHTRY"))
    found = hub(one, other)

    found.publish(TRADES, b"a")

    assert (waiting(one), waiting(other)) == ([b"a"], [])
    assert found.heard(TRADES)
    assert not found.heard(("ticker", "all"))


def test_an_account_hears_of_itself_and_nobody_else_does():
    mine, stranger = listener(account=ANN), listener(TRADES)
    found = hub(mine, stranger)

    found.tell("ann", b"fill")
    found.tell("bob", b"other")

    assert (waiting(mine), waiting(stranger)) == ([b"fill"], [])


def test_who_left_hears_nothing():
    one = listener(TRADES)
    found = hub(one)

    found.leave(one)
    found.publish(TRADES, b"a")

    assert waiting(one) == []


def test_a_listener_with_too_much_waiting_is_cut_off_and_the_others_are_not():
    slow, quick = listener(TRADES, frames_max=3), listener(TRADES)
    found = hub(slow, quick)

    for _ in range(3):
        found.publish(TRADES, b"a")
    assert waiting(listener()) == []
    found.publish(TRADES, b"b")

    assert waiting(slow) == [None]
    assert waiting(quick) == [b"a", b"a", b"a", b"b"]


def test_a_silent_stream_says_nothing_at_all():
    one, faults = listener(TRADES, account=ANN), Faults()
    found = Hub(faults)
    found.join(one)

    assert faults.want(b'{"silent_ws": true}') is None
    found.publish(TRADES, b"a")
    found.tell("ann", b"fill")

    assert waiting(one) == []
