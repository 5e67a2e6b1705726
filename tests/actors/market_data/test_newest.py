"""A top that nobody looked at yet gives way to the next; nothing else does."""

import threading
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from actors.market_data.newest import Newest, Place
from actors.venues.port import BookTop, Connected, Disconnected

LOST = Disconnected(reason="x", retry_ms=1)


def top(bid, instrument="BTC_TRY", channel="book"):
    return BookTop(
        instrument=instrument,
        bid=Decimal(bid),
        bid_quantity=None,
        ask=None,
        ask_quantity=None,
        stamp_ms=None,
        channel=channel,
    )


def test_top_waits_once_and_is_the_newest_when_it_is_taken():
    newest = Newest(threading.Lock())
    place = newest.put(top(1))

    assert newest.put(top(2)) is None
    assert newest.put(top(3)) is None
    assert newest.take(place) == top(3)
    assert isinstance(newest.put(top(4)), Place)


def test_each_instrument_and_channel_has_a_place_of_its_own():
    newest = Newest(threading.Lock())
    places = [newest.put(one) for one in (top(1), top(2, "ETH_TRY"), top(3, channel="ticker"))]

    assert [newest.take(one).bid for one in places] == [1, 2, 3]


def test_top_of_a_new_connection_does_not_overtake_the_end_of_the_one_before():
    newest = Newest(threading.Lock())
    line = [newest.put(one) for one in (top(1), LOST, top(2), Connected(private=False), top(3))]

    assert [newest.take(one) for one in line] == [
        top(1),
        LOST,
        top(2),
        Connected(private=False),
        top(3),
    ]


def test_taking_an_old_place_leaves_the_newer_one_in_line():
    newest = Newest(threading.Lock())
    old = newest.put(top(1))
    newest.put(LOST)
    new = newest.put(top(2))

    assert newest.take(old) == top(1)
    assert newest.put(top(3)) is None
    assert newest.take(new) == top(3)


@given(st.lists(st.sampled_from(["BTC_TRY", "ETH_TRY", "end"]), max_size=60), st.data())
def test_last_word_on_every_book_arrives_and_the_line_is_short(said, data):
    newest, line, heard = Newest(threading.Lock()), [], []
    for number, one in enumerate(said):
        waits = newest.put(LOST if one == "end" else top(number, one))
        line += [] if waits is None else [waits]
        assert sum(isinstance(w, Place) for w in line) <= 2 * (1 + said[: number + 1].count("end"))
        if line and data.draw(st.booleans()):
            heard.append(newest.take(line.pop(0)))
    heard += [newest.take(one) for one in line]

    tops = [one for one in heard if isinstance(one, BookTop)]
    for name in ("BTC_TRY", "ETH_TRY"):
        numbers = [int(one.bid) for one in tops if one.instrument == name]
        assert numbers == sorted(numbers)
        assert numbers[-1:] == [n for n, one in enumerate(said) if one == name][-1:]


def test_nothing_is_lost_between_two_threads():
    newest, line, heard = Newest(threading.Lock()), [], []
    ready = threading.Semaphore(0)

    def put():
        for number in range(5_000):
            waits = newest.put(top(number))
            if waits is not None:
                line.append(waits)
                ready.release()
        line.append(newest.put(LOST))
        ready.release()

    thread = threading.Thread(target=put)
    thread.start()
    while True:
        assert ready.acquire(timeout=10)
        heard.append(newest.take(line.pop(0)))
        if heard[-1] == LOST:
            break
    thread.join(10)

    numbers = [int(one.bid) for one in heard[:-1]]
    assert numbers == sorted(set(numbers))
    assert numbers[-1] == 4_999
