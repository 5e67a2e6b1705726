"""The executor against a real exchange over HTTP: what is booked is what is there, to the digit."""

import pytest

from actors.venues.port import NewOrder
from messages.control import Kill, ReconcileQuery, Resume, SetLevel, StatusQuery
from messages.money import Amount
from messages.orders import IntentRefused, OrderState, Side
from messages.state import Level, Scope
from store.readers import Reader
from store.verify import verify
from tests.actors.executor.driving import settings
from tests.actors.executor.venues import trading
from tests.actors.executor.wishes import wanted_of


@pytest.fixture
def place(run_dir):
    with trading(run_dir) as found:
        yield found
    assert refolded(found) == ()


def test_a_new_store_opens_with_what_the_account_holds(place):
    driver = place.opened()

    assert driver.books.balances("free")["TRY"] == 25_000
    assert place.differences() == {}


def test_an_order_that_meets_the_book_is_filled_and_booked(place):
    place.opened()
    ask = place.tops["BTC_TRY"].ask

    name = place.wish(Side.BUY, "0.0005", place.rules["BTC_TRY"].price_down(ask))
    place.driver.until(lambda: place.state_of(name) is OrderState.FILLED)

    assert place.driver.state("BTC_TRY").by_strategy["one"].position == Amount("0.0005")
    assert place.differences() == {}


def test_a_partial_fill_then_a_cancel_leave_the_fill_and_free_the_rest(place):
    driver = place.opened()
    name = place.resting("0.001")

    place.stranger.trade(Side.SELL, "0.0004", place.inside)
    driver.until(lambda: driver.books.orders[name].booked_quantity == Amount("0.0004"))
    between = place.differences()
    driver.hear(wanted_of(driver, "BTC_TRY", cancels=[name]))
    driver.until(lambda: place.state_of(name) is OrderState.CANCELLED)

    assert between == {}
    assert driver.books.orders[name].hold_left == 0
    assert place.differences() == {}


def test_a_sell_pays_its_fee_from_the_proceeds(place):
    driver = place.opened()
    ask = place.rules["BTC_TRY"].price_down(place.tops["BTC_TRY"].ask)
    bought = place.wish(Side.BUY, "0.001", ask)
    driver.until(lambda: place.state_of(bought) is OrderState.FILLED)

    sold = place.wish(Side.SELL, "0.0007", place.inside)
    driver.until(lambda: place.state_of(sold) is OrderState.LIVE)
    place.stranger.trade(Side.BUY, "0.0002", place.inside)
    place.stranger.trade(Side.BUY, "0.0005", place.inside)
    driver.until(lambda: place.state_of(sold) is OrderState.FILLED)

    assert driver.books.position("one", "BTC_TRY").position == Amount("0.0003")
    assert place.differences() == {}


def test_a_fill_is_seen_within_a_second_without_a_stream(place):
    driver = place.opened()
    name = place.resting()

    place.stranger.trade(Side.SELL, "0.001", place.inside)

    driver.until(lambda: place.state_of(name) is OrderState.FILLED, seconds=2)


def test_a_stream_brings_a_fill_at_once(place):
    driver = place.opened(stream=True)
    name = place.resting()

    place.stranger.trade(Side.SELL, "0.0004", place.inside)

    driver.until(lambda: driver.books.orders[name].booked_quantity == Amount("0.0004"), seconds=1)


def test_an_order_whose_answer_is_lost_is_found_and_never_sent_again(place):
    driver = place.opened()
    place.served.faults(post_order_outcome=[{"kind": "drop_after_accept"}])

    name = place.wish(Side.BUY, "0.001", place.inside)
    driver.until(lambda: place.state_of(name) is OrderState.UNKNOWN)
    driver.until(lambda: place.state_of(name) is OrderState.LIVE)

    assert [row["orderClientId"] for row in place.orders()] == [name]
    assert place.differences() == {}


@pytest.mark.parametrize("kind", ["http_500_after_accept", "html_504_after_accept"])
def test_an_error_after_acceptance_is_an_unknown_outcome(place, kind):
    driver = place.opened()
    place.served.faults(post_order_outcome=[{"kind": kind}])

    name = place.wish(Side.BUY, "0.001", place.inside)
    driver.until(lambda: place.state_of(name) is OrderState.LIVE)

    assert "OrderUnknown" in kinds(place)
    assert len(place.orders()) == 1


def test_an_order_that_never_arrived_is_absent_after_two_scans(place):
    driver = place.opened()
    before = driver.books.balance("free", "TRY")
    place.served.faults(post_order_outcome=[{"kind": "drop_before"}])

    name = place.wish(Side.BUY, "0.001", place.inside)
    driver.until(lambda: place.state_of(name) is OrderState.UNKNOWN)
    held = driver.books.balance("held", "TRY")
    driver.until(lambda: place.state_of(name) is OrderState.ABSENT)

    assert held > 0
    assert driver.books.balance("free", "TRY") == before
    assert place.orders() == []


def test_an_unknown_order_stops_entries_on_its_instrument_only(place):
    driver = place.opened()
    place.served.faults(post_order_outcome=[{"kind": "drop_before"}])
    name = place.wish(Side.BUY, "0.001", place.inside)
    driver.until(lambda: place.state_of(name) is OrderState.UNKNOWN)

    driver.hear(wanted_of(driver, "BTC_TRY", (Side.BUY, "0.001", place.inside)))

    assert driver.said(IntentRefused)[-1].broken.code == "UNKNOWN_OPEN"


def test_a_restarted_executor_finds_its_order_where_it_left_it(place):
    place.opened()
    name = place.resting()
    for _ in range(3):
        place.driver.crash()
        place.opened()

    assert place.state_of(name) is OrderState.LIVE
    assert place.driver.books.levels == {}
    assert place.differences() == {}


def test_fills_from_while_we_were_down_are_booked_at_the_start(place):
    place.opened()
    name = place.resting()
    place.driver.crash()

    place.stranger.trade(Side.SELL, "0.001", place.inside)
    place.opened()

    place.driver.until(lambda: place.state_of(name) is OrderState.FILLED)
    assert place.differences() == {}


def test_more_ended_orders_than_memory_keeps_are_still_ours_when_a_sweep_shows_them(
    place, monkeypatch
):
    monkeypatch.setattr("actors.executor.books.ENDED_KEPT_MAX", 2)
    place.opened()
    ask = place.rules["BTC_TRY"].price_down(place.tops["BTC_TRY"].ask)
    for _ in range(4):
        name = place.wish(Side.BUY, "0.0005", ask)
        place.driver.until(lambda name=name: place.state_of(name) is OrderState.FILLED)
    place.driver.crash()

    driver = place.opened()
    compared = driver.session.reconciler
    for _ in range(2):  # the first recalls, the second finds some in memory and some not
        asked_ms = compared.last.asked_ms
        compared.want(0)
        driver.until(lambda asked_ms=asked_ms: compared.last.asked_ms > asked_ms)

    assert driver.books.levels == {}
    assert place.differences() == {}


def test_an_order_that_was_being_sent_when_we_died_is_resolved(place):
    driver = place.opened()
    driver.outlet.call = lambda call: True  # dies after the commit, before the first byte
    name = place.wish(Side.BUY, "0.001", place.inside)
    driver.crash()

    driver = place.opened()
    assert place.state_of(name) is OrderState.UNKNOWN
    driver.until(lambda: place.state_of(name) is OrderState.ABSENT)

    assert place.orders() == []


def test_a_kill_cancels_what_rests_and_says_clear_on_the_venues_word(place):
    driver = place.opened()
    name = place.resting()

    said = driver.answers(Kill(reason="enough"))[0]
    driver.until(lambda: driver.session.clearance.is_clear)

    assert said.report["alive"] == [name]
    assert place.state_of(name) is OrderState.CANCELLED
    assert (place.run_dir / "KILL").exists()
    driver.hear(wanted_of(driver, "BTC_TRY", (Side.BUY, "0.001", place.inside)))
    assert driver.said(IntentRefused)[-1].broken.code == "KILLED"


def test_a_kill_holds_over_a_restart_until_it_is_resumed(place):
    driver = place.opened()
    driver.hear(Kill(reason="enough"))
    driver.crash()
    (place.run_dir / "KILL").unlink()

    driver = place.open()
    driver.until(lambda: driver.session.reconciled)
    assert driver.session.gate().latched
    report = driver.answers(Resume())[0]
    said = driver.answers(Resume(code=report.report["confirm"]))[0]

    assert (said.ok, driver.session.kill_epoch) == (True, 1)
    assert not driver.session.gate().latched


def test_touching_the_file_is_a_kill(place):
    driver = place.opened()
    name = place.resting()

    (place.run_dir / "KILL").touch()

    driver.until(lambda: place.state_of(name) is OrderState.CANCELLED)
    assert driver.session.gate().latched


def test_silence_takes_back_what_rests_and_trading_resumes_when_it_ends(place):
    driver = place.opened(own=settings(silence_ms=600))
    name = place.resting()

    driver.permits = False
    driver.until(lambda: place.state_of(name) is OrderState.CANCELLED)
    driver.permits = True
    driver.until(lambda: driver.session.gate().ready)

    assert place.resting()


def test_halting_an_instrument_cancels_its_orders(place):
    driver = place.opened()
    name = place.resting()

    driver.hear(
        SetLevel(
            scope=Scope.INSTRUMENT,
            name="BTC_TRY",
            source="operator",
            level=Level.HALTED,
            reason="look",
        )
    )

    driver.until(lambda: place.state_of(name) is OrderState.CANCELLED)


def test_an_order_of_ours_that_no_books_know_halts_the_desk_and_is_taken_back(place):
    driver = place.opened()
    client = place.served.private()
    client.submit(
        NewOrder(
            client_order_id="t-nobodyknowsthisone",
            instrument="BTC_TRY",
            side=Side.BUY,
            price=place.inside,
            quantity=Amount("0.001"),
        ),
        driver.actor.clock.wall_ms() + 1,
    )
    client.close()

    driver.until(lambda: driver.session.clearance.is_clear, 15)

    row = driver.books.levels[Scope.DESK, "", "executor"]
    assert (row.level, row.reason.split()[0]) == (Level.HALTED, "UNKNOWN_ORDER")


def test_books_that_differ_halt_the_instruments_of_that_asset(place):
    driver = place.opened()
    driver.close()
    driver = place.open()
    driver.books._balances["free", "ETH"] += 1

    driver.until(lambda: driver.session.reconciled)

    assert driver.books.levels[Scope.INSTRUMENT, "ETH_TRY", "executor"].level is Level.HALTED
    assert (Scope.INSTRUMENT, "BTC_TRY", "executor") not in driver.books.levels


def test_whoever_asks_gets_a_fresh_comparison(place):
    driver = place.opened()
    place.resting()
    before = len(driver.outlet.backs)

    driver.hear(ReconcileQuery())
    driver.hear(ReconcileQuery())
    driver.until(lambda: len(driver.outlet.backs) > before)

    reply = driver.outlet.backs[-1][1]
    assert (reply.ok, reply.report["differences"]) == (True, [])
    assert len(driver.outlet.backs) == before + 1
    assert reply.report["venue"]["TRY"]["held"] != "0"


def test_an_orderly_stop_compares_a_last_time_and_leaves_what_rests(place):
    driver = place.opened()
    name = place.resting()

    code = driver.stop()

    assert (code, place.state_of(name)) == (0, OrderState.LIVE)
    assert kinds(place)[-1] == "Reconciled"


def test_an_orderly_stop_may_take_everything_back(place):
    driver = place.opened(own=settings(on_stop="cancel"))
    name = place.resting()

    code = driver.stop()

    assert (code, place.state_of(name)) == (0, OrderState.CANCELLED)
    assert [row["status"] for row in place.orders()] == ["Canceled"]


def test_an_orphan_takes_back_what_rests_and_leaves(place):
    driver = place.opened()
    name = place.resting()

    code = driver.stop("PARENT_GONE")

    assert (code, place.state_of(name)) == (0, OrderState.CANCELLED)


def test_the_journal_refolds_to_the_tables(place):
    driver = place.opened()
    name = place.resting()
    place.stranger.trade(Side.SELL, "0.0004", place.inside)
    driver.until(lambda: driver.books.orders[name].booked_quantity > 0)
    driver.stop()

    assert refolded(place) == ()


def refolded(place):
    """Return what is wrong with the store when its whole journal is folded anew."""
    with Reader.open(place.run_dir) as reader:
        return verify(reader).differences


def kinds(place):
    """Return the kinds of all entries of the journal, oldest first."""
    with Reader.open(place.run_dir) as reader:
        return [row.kind for row in reader.journal_since(0, 10_000)]


def test_status_names_the_lost_orders(place):
    driver = place.opened()
    place.served.faults(post_order_outcome=[{"kind": "drop_before"}])
    name = place.wish(Side.BUY, "0.001", place.inside)
    driver.until(lambda: place.state_of(name) is OrderState.UNKNOWN)

    report = driver.answers(StatusQuery())[0].report

    assert [one["client_order_id"] for one in report["unknown_orders"]] == [name]
    assert report["unknown_orders"][0]["held"] != "0"
