"""What must be true of every world: always, and once it has come to rest.

Each broken one is a line that begins with its name. What the venue knows is the truth.
"""

import sqlite3
from collections import Counter
from decimal import Decimal

from actors.venues.simulated.events import Accepted
from messages.money import text
from store.fold import unbalanced
from store.open import STORE_FILE
from store.readers import Reader
from store.rows import FREE, HELD, Entry
from store.verify import verify
from tests.simulation.venue import ACCOUNT
from tests.simulation.world import World

VIOLATIONS_MAX = 50


class Watch:
    """Looks at everything while it happens."""

    def __init__(self, world: World) -> None:
        self.violations: list[str] = []
        self._world = world
        self._store: sqlite3.Connection | None = None
        self._epochs: list[int] = []
        self._killed_ns: int | None = None
        world.venue.on_accept = self.accepted
        world.on_commit = self.committed

    def broken(self, name: str, what: object) -> None:
        if len(self.violations) < VIOLATIONS_MAX:
            self.violations.append(f"{name}: {what}")

    def accepted(self, order: Accepted) -> None:
        """I2: what the venue takes was committed before."""
        store = self._opened()
        found = store.execute(
            "SELECT quantity FROM orders WHERE client_order_id = ?", (order.client_order_id,)
        ).fetchone()
        if found is None:
            self.broken("I2", f"{order.client_order_id} was sent before it was committed")
        elif Decimal(found[0]) != order.quantity:
            self.broken("I4", f"{order.client_order_id}: {order.quantity} sent, {found[0]} stored")

    def committed(self, written: list[Entry]) -> None:
        """I3: every transfer of every transaction sums to zero."""
        rows = [row for entry in written for row in entry.rows]
        for (transfer, asset), total in unbalanced(rows).items():
            self.broken("I3", f"{transfer} is off by {text(total)} {asset}")

    def at_rest(self) -> None:
        """What must be so when all faults are long over."""
        history = self._world.venue.exchange.history
        sent = Counter(order.accepted.client_order_id for order in history.orders.values())
        for name, times in sent.items():
            if times > 1:
                self.broken("I1", f"{name} was ordered {times} times")
        with Reader.open(self._world.run_dir) as reader:
            checked = verify(reader)
            for line in checked.differences:
                self.broken("I6", line)
            alive = reader.orders(1_000, alive=True)
        for order in alive:
            self.broken("I17", f"{order['client_order_id']} is still {order['state']}")
        truth = {str(fill.trade_id) for order in history.orders.values() for fill in order.fills}
        booked = {name for (name,) in self._opened().execute("SELECT trade_id FROM fill")}
        for trade in sorted(truth ^ booked):
            where = "not booked" if trade in truth else "booked, but never happened"
            self.broken("I15", f"fill {trade} is {where}")
        self._money()

    def _money(self) -> None:
        """I16: books equal the venue, per asset, to the last digit."""
        wallet = self._world.venue.exchange.history.ledger.wallet(ACCOUNT)
        rows = self._opened().execute("SELECT account, asset, amount FROM balance").fetchall()
        books = {(account, asset): Decimal(amount) for account, asset, amount in rows}
        for asset in sorted({*wallet.free, *wallet.locked}):
            for account, theirs in ((FREE, wallet.free[asset]), (HELD, wallet.locked[asset])):
                ours = books.get((account, asset), Decimal(0))
                if ours != theirs:
                    self.broken("I16", f"{account} {asset}: books {ours}, venue {theirs}")

    def _opened(self) -> sqlite3.Connection:
        if self._store is None:
            path = self._world.run_dir / STORE_FILE
            self._store = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)
        return self._store

    def close(self) -> None:
        if self._store is not None:
            self._store.close()
