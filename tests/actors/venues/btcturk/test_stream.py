"""The WebSocket thread against the real exchange: up, heard, silent, gone, and up again."""

import threading
from decimal import Decimal
from itertools import pairwise

import pytest
from websockets.sync.server import serve

from actors.venues.port import (
    BookTop,
    Connected,
    Disconnected,
    FormingCandle,
    NewOrder,
    OrderWoken,
    PublicTrade,
    UnreadableFrame,
    VenueFill,
)
from actors.venues.settings import CHANNELS
from messages.money import floor_to
from messages.orders import Side
from tests.actors.venues.served import LISTED, Served, await_event, serving, stamps


@pytest.fixture(scope="module")
def exchange(tmp_path_factory):
    run_dir = tmp_path_factory.mktemp("run")
    config = run_dir / "exchange.toml"
    config.write_text("[exchange]\nenforce_limits = false\n")
    with serving(run_dir, "--config", str(config)) as found:
        yield found
        found.close()


def disconnected(reason):
    return lambda event: isinstance(event, Disconnected) and reason in event.reason


def test_books_and_trades_of_every_instrument_are_heard(exchange):
    events = exchange.stream("BTC_TRY", "SOL_TRY")

    assert await_event(events, Connected) == Connected(private=False)
    for name in ("BTC_TRY", "SOL_TRY"):
        top = await_event(events, lambda e, n=name: isinstance(e, BookTop) and e.instrument == n)
        assert top.bid < top.ask
        await_event(events, lambda e, n=name: isinstance(e, PublicTrade) and e.instrument == n)


def test_the_books_are_joined_before_the_list_of_old_trades_is_asked_for(exchange):
    events = exchange.stream("BTC_TRY", "SOL_TRY")
    before = []

    await_event(events, lambda event: before.append(event) or isinstance(event, Connected))
    listed = await_event(events, PublicTrade)

    assert {one.instrument for one in before if isinstance(one, BookTop)} >= {"BTC_TRY"}
    assert not [one for one in before if isinstance(one, PublicTrade)]
    assert listed.listed


def test_a_book_of_differences_stays_equal_to_the_whole_book(exchange):
    events = exchange.stream("BTC_TRY", channels=("obdiff", "orderbook"))
    await_event(events, Connected)
    tops = [await_event(events, BookTop) for _ in range(20)]

    assert all(top.bid < top.ask for top in tops)
    assert (
        sum(a == b for a, b in pairwise(tops)) >= 8
    )  # both channels tell the same, one after the other


def test_every_channel_of_the_venue_is_joined_and_heard(exchange):
    events = exchange.stream("BTC_TRY", "SOL_TRY", channels=CHANNELS)
    tickers = {"BTC_TRY", "SOL_TRY"}

    assert await_event(events, Connected) == Connected(private=False)
    await_event(events, lambda one: getattr(one, "channel", "") == "book")
    while tickers:  # by pair and by the list of all
        told = await_event(events, lambda one: getattr(one, "channel", "") == "ticker")
        tickers.discard(told.instrument)
    candle = await_event(events, FormingCandle)
    trade = await_event(events, PublicTrade)

    assert candle.resolution == "1"
    assert {candle.instrument, trade.instrument} <= {"BTC_TRY", "SOL_TRY"}
    assert candle.candle.low <= candle.candle.close <= candle.candle.high


def test_tickers_of_all_pairs_are_one_subscription(exchange):
    events = exchange.stream("BTC_TRY", "SOL_TRY", channels=("ticker:all",))
    await_event(events, Connected)

    heard = [await_event(events, BookTop) for _ in range(len(LISTED))]

    assert {one.instrument for one in heard} == set(LISTED)
    assert {one.channel for one in heard} == {"ticker"}


def test_an_order_is_heard_of_by_its_own_account(exchange):
    events = exchange.stream(private=True)
    await_event(events, Connected)
    client, stamp = exchange.private(), stamps()
    top = exchange.public().quote("BTC_TRY")
    order = NewOrder(
        client_order_id="heard-1",
        instrument="BTC_TRY",
        side=Side.BUY,
        price=floor_to(top.ask * Decimal("1.02"), Decimal(10)),
        quantity=Decimal("0.0001"),
    )

    ack = client.submit(order, stamp())

    fill = await_event(events, VenueFill)
    assert (fill.client_order_id, fill.venue_order_id) == ("heard-1", ack.venue_order_id)
    (read, *_) = client.fills("BTC_TRY", since_ms=0, stamp_ms=stamp())
    assert fill in client.fills("BTC_TRY", since_ms=0, stamp_ms=stamp())
    assert read.trade_id
    resting = client.submit(
        NewOrder(
            client_order_id="heard-2",
            instrument="BTC_TRY",
            side=Side.BUY,
            price=floor_to(top.ask * Decimal("0.9"), Decimal(10)),
            quantity=Decimal("0.0002"),
        ),
        stamp(),
    )
    woken = await_event(events, lambda e: getattr(e, "client_order_id", "") == "heard-2")
    assert isinstance(woken, OrderWoken)
    assert woken.venue_order_id == resting.venue_order_id
    client.cancel(resting.venue_order_id, stamp())
    assert await_event(events, OrderWoken) == woken


def test_a_login_that_is_refused_is_told_and_not_hurried(exchange):
    stranger = Served(exchange.process, exchange.url)
    stranger.keys = stranger.keys.__class__("stranger", b"secret")

    events = stranger.stream(private=True)

    refused = await_event(events, disconnected("LOGIN_REFUSED"))
    assert "Invalid Public key" in refused.reason
    assert refused.retry_ms >= 24_000
    stranger.close()


def test_an_instrument_the_venue_does_not_list_ends_the_connection(exchange):
    events = exchange.stream("DOGE_TRY")

    await_event(events, disconnected("SUBSCRIPTION_REFUSED"))


def test_a_connection_that_stays_open_and_silent_is_left(exchange):
    events = exchange.stream(
        "BTC_TRY", book_silence_max_ms=600, resnapshot_ms=500, backoff_first_ms=10
    )
    await_event(events, Connected)

    exchange.faults(silent_ws=True)

    await_event(events, disconnected("SILENT obdiff BTCTRY"))
    exchange.faults(silent_ws=False)
    await_event(events, BookTop)


def test_a_full_book_is_taken_again_and_again(exchange):
    events = exchange.stream("BTC_TRY", resnapshot_ms=300)
    await_event(events, Connected)

    tops = [await_event(events, BookTop) for _ in range(15)]

    assert all(top.bid < top.ask for top in tops)


def test_it_comes_back_after_the_exchange_was_killed(tmp_path):
    with serving(tmp_path) as exchange:
        port = exchange.url.rpartition(":")[2]
        events = exchange.stream("BTC_TRY", backoff_first_ms=300, backoff_max_ms=4_000)
        await_event(events, Connected)

        exchange.process.kill()
        exchange.process.wait()

        gone = await_event(events, Disconnected)
        assert 240 <= gone.retry_ms <= 360
        with serving(tmp_path, "--port", port):
            await_event(events, Connected)
            await_event(events, BookTop)
            exchange.close()


def quoting(*messages):
    """Start a server that says *messages* to everyone and then nothing."""

    def handler(socket):
        for message in messages:
            socket.send(message)
        for _ in socket:
            pass

    server = serve(handler, "127.0.0.1", 0)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    return server, thread, f"http://127.0.0.1:{server.socket.getsockname()[1]}"


def test_joins_that_are_never_confirmed_end_the_connection_and_bad_frames_are_told():
    server, thread, url = quoting("nonsense")
    found = Served(None, url)
    events = found.stream("BTC_TRY", confirm_timeout_ms=300)

    frame = await_event(events, UnreadableFrame)
    await_event(events, disconnected("NOT_CONFIRMED"))

    assert frame.raw == b"nonsense"
    found.close()
    server.shutdown()
    thread.join(5)


def test_trades_whose_join_is_never_confirmed_end_the_connection_although_books_are_heard():
    server, thread, url = quoting('[100,{"type":100,"ok":true,"message":"join|obdiff:BTCTRY"}]')
    found = Served(None, url)
    events = found.stream("BTC_TRY", confirm_timeout_ms=300)

    await_event(events, Connected)
    await_event(events, disconnected("NOT_CONFIRMED"))

    found.close()
    server.shutdown()
    thread.join(5)
