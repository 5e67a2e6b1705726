"""Every call of the clients against the real exchange, faults included."""

from decimal import Decimal

import pytest

from actors.venues.port import (
    Lost,
    NewOrder,
    PrivateClient,
    PublicClient,
    Reject,
    RejectKind,
    VenueRefused,
    VenueStatus,
)
from messages.money import floor_to
from messages.orders import Side
from tests.actors.venues.served import CLOCK, serving, stamps


@pytest.fixture(scope="module")
def exchange(tmp_path_factory):
    run_dir = tmp_path_factory.mktemp("run")
    (run_dir / "exchange.toml").write_text("[exchange]\nenforce_limits = false\n")  # 10 orders/s
    with serving(run_dir, "--config", str(run_dir / "exchange.toml")) as found:
        yield found


@pytest.fixture
def client(exchange):
    return exchange.private()


def near(public, ratio, *, number, side=Side.BUY, quantity="0.0001"):
    top = public.quote("BTC_TRY")
    price = top.bid if side is Side.BUY else top.ask
    return NewOrder(
        client_order_id=f"desk-{number}",
        instrument="BTC_TRY",
        side=side,
        price=floor_to(price * Decimal(ratio), Decimal(10)),
        quantity=Decimal(quantity),
    )


def test_the_clients_are_what_the_port_asks_for(exchange):
    private_client: PrivateClient = exchange.private()
    public_client: PublicClient = exchange.public()

    assert private_client.server_time_ms() <= public_client.server_time_ms()


def test_rules_and_quotes_are_read_from_the_exchange(exchange):
    public = exchange.public()
    rules = {one.instrument: one for one in public.instruments()}
    top = public.quote("SOL_TRY")

    assert all(one.not_tradable is None for one in rules.values())
    assert rules["BTC_TRY"].price_increment == 10
    assert rules["SOL_TRY"].price_down(top.bid) == top.bid
    assert top.bid < top.ask
    assert abs(top.stamp_ms - CLOCK.wall_ms()) < 5_000
    assert public.symbols.venue("SOL_TRY") == "SOLTRY"
    assert public.problems == {}


def test_an_order_lives_and_is_cancelled(exchange, client):
    stamp, public = stamps(), exchange.public()
    order = near(public, "0.9", number=1)

    ack = client.submit(order, stamp())
    (resting,) = client.open_orders("BTC_TRY", stamp())
    word = client.cancel(ack.venue_order_id, stamp())
    over = client.order(ack.venue_order_id, stamp())

    assert (resting.client_order_id, resting.price) == (order.client_order_id, order.price)
    assert (resting.status, resting.filled_quantity) == (VenueStatus.OPEN, 0)
    assert (word, over.status) == ("SUCCESS", VenueStatus.CANCELLED)
    assert client.open_orders("BTC_TRY", stamp()) == []
    listed = client.all_orders("BTC_TRY", since_ms=0, page=1, stamp_ms=stamp())
    assert over in listed
    assert client.all_orders("BTC_TRY", since_ms=0, page=9, stamp_ms=stamp()) == []


def test_a_fill_and_the_balances_agree_to_the_last_digit(exchange, client):
    stamp, public = stamps(), exchange.public()
    before = {row.asset: row for row in client.balances(stamp())}

    ack = client.submit(near(public, "1.02", number=2, quantity="0.00123457"), stamp())

    after = {row.asset: row for row in client.balances(stamp())}
    fills = [
        one
        for one in client.fills("BTC_TRY", since_ms=0, stamp_ms=stamp())
        if one.venue_order_id == ack.venue_order_id
    ]
    cost = sum(one.price * one.quantity + one.fee + one.tax for one in fills)
    bought = sum(one.quantity for one in fills)
    assert bought == Decimal("0.00123457")
    assert after["TRY"].free == before["TRY"].free - cost
    assert after["TRY"].held == before["TRY"].held
    assert after["BTC"].free == before["BTC"].free + bought


def test_a_window_of_fills_can_be_narrowed(exchange, client):
    stamp, public = stamps(), exchange.public()
    client.submit(near(public, "1.02", number=3), stamp())
    (newest, *_) = client.fills("BTC_TRY", since_ms=0, stamp_ms=stamp())

    older = client.fills("BTC_TRY", since_ms=0, until_ms=newest.at_ms - 1, stamp_ms=stamp())

    assert newest not in older
    assert newest in client.fills("BTC_TRY", since_ms=newest.at_ms, stamp_ms=stamp())


def test_what_the_exchange_refuses_is_a_reject(exchange, client):
    stamp, public = stamps(), exchange.public()
    small = near(public, "0.9", number=4, quantity="0.00000001")

    assert client.submit(small, stamp()) == Reject(
        kind=RejectKind.ORDER, code="FAILED_MIN_TOTAL_AMOUNT"
    )
    stale = client.submit(near(public, "0.9", number=5), CLOCK.wall_ms() - 10_000)
    assert stale.kind is RejectKind.STAMP
    with pytest.raises(VenueRefused, match="Order not found"):
        client.order(5, stamp())


@pytest.mark.parametrize(
    ("kind", "lost", "arrives"),
    [
        ("drop_before", "RemoteProtocolError", False),
        ("drop_after_accept", "RemoteProtocolError", True),
        ("http_500_after_accept", "HTTP 500", True),
        ("html_504_after_accept", "HTTP 504", True),
        ("delay_ms", "ReadTimeout", True),
    ],
)
def test_every_fault_of_an_answer_is_lost_and_the_venue_tells_what_became_of_it(
    exchange, kind, lost, arrives
):
    stamp, public = stamps(), exchange.public()
    client = exchange.private(read_timeout_ms=200)
    order = near(public, "0.9", number=kind.replace("_", "-"))
    exchange.faults(post_order_outcome=[{"kind": kind, "delay_ms": 400}])

    outcome = client.submit(order, stamp())

    assert isinstance(outcome, Lost)
    assert lost in outcome.reason
    reader = exchange.private()
    known = [one.client_order_id for one in reader.open_orders("BTC_TRY", stamp())]
    assert (order.client_order_id in known) is arrives


def test_fills_can_be_hidden_for_a_while(exchange, client):
    stamp, public = stamps(), exchange.public()
    exchange.faults(hide_fills_ms=60_000)

    ack = client.submit(near(public, "1.02", number=6), stamp())

    hidden = client.fills("BTC_TRY", since_ms=0, stamp_ms=stamp())
    exchange.faults(hide_fills_ms=0)
    shown = client.fills("BTC_TRY", since_ms=0, stamp_ms=stamp())
    assert ack.venue_order_id not in [one.venue_order_id for one in hidden]
    assert ack.venue_order_id in [one.venue_order_id for one in shown]
