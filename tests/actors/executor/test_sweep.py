"""Which fills are fetched: with an overlap, without a gap."""

import pytest

from actors.executor import sweep
from actors.executor.facts import Seen
from actors.executor.settings import Asking
from actors.executor.states import Fact
from messages.money import Amount
from store.rows import CursorRow
from tests.actors.executor.ledgers import NOW_MS, VENUE_ID, answer, books, fill, tell
from tests.actors.executor.wishes import batch, intent

ASKING = Asking(fills_overlap_s=600, fills_cap=3)


def begun(on, now_ms=5, venue_ms=NOW_MS):
    return sweep.begin("BTC_TRY", on, ASKING, now_ms=now_ms, venue_ms=venue_ms)


def with_cursor(at_ms):
    on = books(TRY=10_000)
    on.recall([CursorRow(instrument="BTC_TRY", since_ms=at_ms)])
    return on


def test_a_sweep_overlaps_what_was_fetched_before():
    assert begun(with_cursor(NOW_MS)).since_ms == NOW_MS - 600_000


def test_an_old_alive_order_is_reached():
    on = with_cursor(NOW_MS + 900_000)
    answer(batch(intent()), on, stamp_ms=NOW_MS)

    assert begun(on).since_ms == NOW_MS - sweep.BEFORE_STAMP_MS


def rows(*at):
    return [fill(f"{number}", at_ms=at_ms) for number, at_ms in enumerate(at)]


def test_a_page_that_is_not_full_is_the_last():
    assert sweep.after_page(begun(with_cursor(0)), rows(9, 8), booked=0, cap=3) is None


def test_a_full_page_narrows_the_window_to_its_oldest_row():
    further = sweep.after_page(begun(with_cursor(0)), rows(9, 8, 7), booked=2, cap=3)

    assert (further.until_ms, further.booked, further.request().until_ms) == (7, 2, 7)
    assert further.since_ms == begun(with_cursor(0)).since_ms


def test_a_window_that_cannot_be_narrowed_ends():
    first = sweep.after_page(begun(with_cursor(0)), rows(9, 8, 7), booked=0, cap=3)

    assert sweep.after_page(first, rows(7, 7, 7), booked=0, cap=3) is None


@pytest.mark.parametrize(
    ("cursor_ms", "booked", "moves"),
    [
        (None, 0, True),
        (NOW_MS, 0, False),
        (NOW_MS, 1, True),
        (NOW_MS - 299_999, 0, False),
        (NOW_MS - 300_000, 0, True),
    ],
)
def test_the_cursor_is_written_with_fills_and_now_and_then(cursor_ms, booked, moves):
    on = books(TRY=1) if cursor_ms is None else with_cursor(cursor_ms)

    assert sweep.moves_cursor(begun(on), on, booked=booked) is moves


def test_an_order_that_is_behind_wants_its_fills():
    on = books(TRY=10_000)
    name = answer(batch(intent()), on).sends[0].client_order_id
    assert not sweep.wants_fills(on, "BTC_TRY")

    tell(on, name, Seen(fact=Fact.OPEN, venue_order_id=VENUE_ID, filled=Amount("0.0001")))

    assert sweep.wants_fills(on, "BTC_TRY")


def test_strange_fills_from_before_the_books_began_are_not_ours_to_explain():
    on = books(TRY=10_000)
    name = answer(batch(intent()), on).sends[0].client_order_id
    mine = fill("1", client_order_id=name, at_ms=5)
    before, after = (
        fill("2", client_order_id="x", at_ms=10),
        fill("3", client_order_id="x", at_ms=11),
    )

    assert sweep.before_us([mine, before, after], 10, on) == [mine, after]
