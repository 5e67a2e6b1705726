"""What a strategy is told of the past: one mid a step, nothing it could not have known."""

from decimal import Decimal

import pytest

from actors.persistence import taped
from actors.persistence.decisions import recent
from actors.persistence.mids import INSTRUMENTS_MAX, Mids, thinned
from messages.codec import convert, pack, unpack
from messages.records import WarmUp, WarmUpQuery
from store.tape import Mark
from tests.builders import BTC, WALL_MS, feed_status, quote


def mids(*quotes, every_ms=1_000, most=100):
    kept = Mids(every_ms=every_ms, most=most)
    for one in quotes:
        kept.heard(one)
    return kept


def at(ms, bid="100", ask="102", instrument=BTC, **given):
    return quote(instrument, bid=bid, ask=ask, at_ms=ms, **given)


def page(kept, *, since_ms=0, step_ms=1_000, most=1_000, instruments=(BTC,)):
    query = WarmUpQuery(instruments=instruments, since_ms=since_ms, step_ms=step_ms)
    return kept.page(query, most).mids


def times(some):
    return [one.at_ms for one in some]


@pytest.mark.parametrize(("later", "kept"), [(999, 1), (1_000, 2), (1_001, 2)])
def test_one_mid_a_step_is_kept(later, kept):
    found = mids(at(5_000), at(5_000 + later))

    assert len(unpack(found.saved()[0])[1]) == kept


@pytest.mark.parametrize("wrong", [{"problem": "STALE"}, {"bid": None}, {"ask": None}])
def test_quote_that_must_not_be_traded_on_leaves_no_mid(wrong):
    assert mids(at(5_000, **wrong)).saved() == []


def test_mid_is_exact():
    found = page(mids(at(1_000, bid="0.00000001", ask="0.00000002"), at(2_000)))

    assert found[BTC][0].mid == Decimal("0.000000015")


def test_oldest_mids_go():
    found = page(mids(*(at(n * 1_000) for n in range(20)), most=5))

    assert times(found[BTC]) == [15_000, 16_000, 17_000, 18_000, 19_000]


def test_instruments_are_bounded():
    found = mids(*(at(1_000, instrument=f"A{n}_TRY") for n in range(INSTRUMENTS_MAX + 1)))

    assert len(found.saved()) == INSTRUMENTS_MAX


def test_step_tells_the_last_mid_known_then():
    raw = [(1_000, "1"), (59_000, "2"), (60_000, "3"), (60_001, "4"), (125_000, "5")]

    found = thinned(raw, since_ms=0, step_ms=60_000)

    assert [(one.at_ms, one.mid) for one in found] == [(60_000, 3), (120_000, 4)]


def test_instants_are_the_same_for_every_instrument():
    kept = mids(
        *(at(n * 1_000 + 1, instrument="A_TRY") for n in range(130)),
        *(at(n * 1_000 + 700, instrument="B_TRY") for n in range(130)),
    )

    found = page(kept, step_ms=60_000, instruments=("A_TRY", "B_TRY"))

    assert times(found["A_TRY"]) == times(found["B_TRY"]) == [60_000, 120_000]


@pytest.mark.parametrize(("since", "first"), [(4_999, 5_000), (5_000, 5_000), (5_001, 6_000)])
def test_nothing_older_than_asked_is_told(since, first):
    found = page(mids(*(at(n * 1_000) for n in range(10))), since_ms=since)

    assert times(found[BTC])[0] == first


def test_page_is_bounded_to_the_newest_of_each_instrument():
    kept = mids(
        *(at(n * 1_000, instrument="A_TRY") for n in range(50)),
        *(at(n * 1_000, instrument="B_TRY") for n in range(50)),
    )

    found = page(kept, most=20, instruments=("A_TRY", "B_TRY", "A_TRY"))

    assert {name: len(some) for name, some in found.items()} == {"A_TRY": 10, "B_TRY": 10}
    assert times(found["A_TRY"])[-1] == 49_000


def test_page_of_what_was_never_heard_is_empty():
    assert page(mids(), instruments=("X_TRY",)) == {"X_TRY": ()}


def test_largest_page_fits_into_a_message():
    kept = mids(
        *(at(WALL_MS + n * 1_000, bid="12345.678901", ask="12345.678907") for n in range(6_100)),
        most=7_200,
    )

    answer = WarmUp(mids=page(kept, most=6_000))

    assert len(answer.mids[BTC]) == 6_000
    assert len(pack(answer)) < 262_144


def test_what_was_saved_is_recalled():
    kept = mids(*(at(n * 1_000) for n in range(10)), *(at(5_000, instrument="A_TRY"),))

    again = mids(most=4)
    for piece in kept.saved():
        again.recall(piece)
    again.recall(b"\xc1")

    assert times(page(again)[BTC]) == [6_000, 7_000, 8_000, 9_000]
    assert page(again, instruments=("A_TRY",)) == page(kept, instruments=("A_TRY",))


def test_frame_gives_its_quote_back_and_nothing_else_is_one():
    said, any_one = at(5_000), Mids(every_ms=1_000, most=1).has_room

    assert taped.quote_of(taped.frame(said, 6_000), any_one) == said
    assert taped.quote_of(taped.frame(feed_status(), 6_000), any_one) is None
    assert taped.quote_of(b"\xc1", any_one) is None
    assert taped.quote_of(pack({"type": "Quote", "body": {"bid": 1}}), any_one) is None
    assert taped.quote_of(pack({"type": "Quote"}), any_one) is None
    assert taped.quote_of(pack(["Quote"]), any_one) is None


@pytest.mark.parametrize(("at_ms", "read"), [(5_999, False), (6_000, True), (6_001, True)])
def test_quotes_between_two_steps_are_not_read_again(at_ms, read):
    kept = mids(at(5_000))

    found = taped.quote_of(taped.frame(at(at_ms), 9_000), kept.has_room)

    assert found == (at(at_ms) if read else None)
    assert taped.quote_of(taped.frame(at(5_001, instrument="A_TRY"), 9_000), kept.has_room)


@pytest.mark.parametrize(
    ("at_ms", "day"),
    [(1_774_223_999_999, "2026-03-22"), (1_774_224_000_000, "2026-03-23")],
)
def test_tape_turns_at_midnight_utc(at_ms, day):
    assert taped.day_of(at_ms) == day


def test_saved_past_says_how_far_the_tape_was_read():
    mark = Mark(day="2026-03-23", number=2, offset=77)

    assert taped.split([pack(mark), b"a", b"b"]) == (mark, [b"a", b"b"])
    assert taped.split([]) == (None, [])
    assert taped.split([b"\xc1", b"a"]) == (None, [])
    assert convert(unpack(pack(mark)), Mark) == mark


def test_decision_becomes_a_line_whatever_was_recorded():
    told = [
        {"at_ms": 5, "instrument": BTC, "side": "buy", "quantity": "1", "outcome": "sent"},
        {"at_ms": None, "reason": "x" * 500, "price": 7},
    ]

    first, second = recent(told).lines

    assert (first.at_ms, first.instrument, first.side, first.price) == (5, BTC, "buy", "")
    assert (second.at_ms, second.reason, second.price) == (0, "x" * 80, "7")
