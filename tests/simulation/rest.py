"""What must be true of a world that has come to rest, when all faults are long over."""

import sqlite3
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal

from messages.money import text
from store.open import STORE_FILE
from store.readers import Reader
from store.rows import FREE, HELD
from store.verify import verify
from tests.simulation.venue import ACCOUNT
from tests.simulation.world import World, is_stopped

Broken = Iterator[tuple[str, str]]


def look(world: World) -> Broken:
    """Yield what is broken: the name of the invariant, and a line about it."""
    yield from _orders(world)
    with Reader.open(world.run_dir) as reader:
        differences = verify(reader).differences
        for line in () if world.planted else differences:
            yield "I6", line
        if world.planted and not differences:
            yield "I6", f"{world.planted} was changed, and whoever verifies does not see it"
    path = world.run_dir / STORE_FILE
    store = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)
    try:
        yield from _fills(world, store)
        yield from _money(world, store)
    finally:
        store.close()
    yield from _wishes(world)


def _orders(world: World) -> Broken:
    history = world.venue.exchange.history
    sent = Counter(order.accepted.client_order_id for order in history.orders.values())
    for name, times in sent.items():
        if times > 1:
            yield "I1", f"{name} was ordered {times} times"
    session = _session(world)
    if session is None:
        yield "I17", f"no executor came back: {world.ended[-3:]}"
        return
    for order in session.books.all_alive():
        yield "I17", f"{order.client_order_id} is still {order.state}"
    killed = world.plan.ending in ("killed", "file")
    for order in history.open_orders(ACCOUNT):
        if killed:
            yield "I19", f"{order.accepted.client_order_id} is still open after a kill"
    if killed and world.person.clear_since_ns is None:
        yield "I19", "CLEAR was never said"


def _fills(world: World, store: sqlite3.Connection) -> Broken:
    orders = world.venue.exchange.history.orders.values()
    truth = {str(fill.trade_id) for order in orders for fill in order.fills}
    booked = {name for (name,) in store.execute("SELECT trade_id FROM fill")}
    for trade in sorted(truth ^ booked):
        where = "not booked" if trade in truth else "booked, but never happened"
        yield "I15", f"fill {trade} is {where}"


def _money(world: World, store: sqlite3.Connection) -> Broken:
    """I16: books equal the venue, per asset, to the last digit."""
    wallet = world.venue.exchange.history.ledger.wallet(ACCOUNT)
    rows = store.execute("SELECT account, asset, amount FROM balance").fetchall()
    books = {(account, asset): Decimal(amount) for account, asset, amount in rows}
    for asset in sorted({*wallet.free, *wallet.locked}):
        for account, theirs in ((FREE, wallet.free[asset]), (HELD, wallet.locked[asset])):
            ours = books.get((account, asset), Decimal(0))
            if ours != theirs:
                yield "I16", f"{account} {asset}: books {text(ours)}, venue {text(theirs)}"


def _wishes(world: World) -> Broken:
    """I18: every wish is met, or something says why not; nobody waits for anything."""
    session = _session(world)
    if session is None or world.plan.ending != "still":
        return
    for role, node in world.nodes.items():
        if node.waiting_for():
            yield "I18", f"{role} waits for {node.waiting_for()}"
    if is_stopped(session):
        return
    for row in session.books.positions.values():
        rules, mark = session.rules.get(row.instrument), session.marks.get(row.instrument)
        if rules is None or mark is None or row.position * mark.mid >= rules.notional_min:
            yield "I18", f"{row.strategy} still holds {text(row.position)} {row.instrument}"


def _session(world: World):
    actor = world.nodes["executor"].actor
    return None if actor is None else actor._session
