"""What must be true of every world, always: looked at while everything happens.

Each broken one is a line that begins with its name. What the venue knows is the truth, and what is
committed is what the desk knows; nothing here is asked of the desk's own memory.
"""

from collections import Counter
from collections.abc import Iterable
from decimal import Decimal

from actors.executor.venue_calls import SubmitOrder
from actors.venues.simulated.events import Accepted
from actors.venues.simulated.history import Order
from messages.life import Permit
from messages.money import ZERO, text
from messages.orders import ALIVE, ApprovedBatch, IntentBatch, IntentRefused, RefusedIntent, Side
from messages.records import AuditStatus, Breach
from messages.state import ExecutorStatus
from store.fold import unbalanced
from store.rows import Entry, IntentRow, OrderRow, RecordRow, Row
from tests.simulation import churn
from tests.simulation.believed import Believed
from tests.simulation.nodes import Ended, Node
from tests.simulation.schedule import VirtualClock
from tests.simulation.venue import ACCOUNT, OPENING
from tests.simulation.world import Watching, World

VIOLATIONS_MAX = 50
PERMIT_NS = 2_000_000_000
BREACH_NS = PERMIT_NS + 500_000_000  # from the word of a breach to the last order
BUDGET_NS = 1_000_000_000
ISSUERS = ("risk_gate", "supervisor")


class Watch(Watching):
    """Looks at everything while it happens, and keeps what was broken."""

    def __init__(self, world: World, *, first_only: bool = False) -> None:
        self.violations: list[str] = []
        self.refusals: Counter[str] = Counter()
        self.fills_booked = 0
        self._first_only = first_only
        self._world = world
        self._clock: VirtualClock = world.clock
        self._believed = Believed()
        # What was allocated. The next decision may name the same intent, smaller, while the first
        # is still on its way.
        self._sizes: dict[tuple[str, str], Decimal] = {}  # (decision, intent)
        self._deadlines: dict[str, int] = {}  # decision -> monotonic ns
        self._nonces: dict[str, int] = {}  # of the executor that lives, when issued (ns)
        self._permits: dict[str, int] = {}  # issuer -> when the newest it echoed was issued
        self._committed_ns: dict[str, int] = {}
        self._sent: set[str] = set()
        self._epoch = 0
        self._breach_ns: int | None = None
        self._used: set[str] = set()  # names of what may be committed once
        self._taken: set[str] = set()
        self._most = _most()
        world.watch = self
        world.person.on_clear = self._clear

    def broken(self, name: str, what: object) -> None:
        if len(self.violations) < VIOLATIONS_MAX:
            at_s = self._world.schedule.now_ns / 1e9
            self.violations.append(f"{name}: {what} ({at_s:.3f} s)")
        if self._first_only:
            self._world.schedule.stopped = True

    # what is said and heard

    def said(self, node: Node, message: object) -> None:
        match message:
            case ExecutorStatus():
                self._nonces.setdefault(message.nonce, self._world.schedule.now_ns)
            case IntentBatch():
                for one in message.intents:
                    self._sizes[message.decision_id, one.intent_id] = one.quantity
            case AuditStatus(breach=breach) if breach is not None:
                self._breach(breach)
            case IntentRefused() | RefusedIntent():
                self.refusals[message.broken.code] += 1

    def heard(self, node: Node, message: object) -> None:
        if node.role != "executor":
            return
        match message:
            case Permit():
                issued = self._nonces.get(message.nonce)
                if issued is not None:
                    before = self._permits.get(message.issuer, issued)
                    self._permits[message.issuer] = max(issued, before)
            case ApprovedBatch():
                batch = message.batch
                self._deadlines.setdefault(batch.decision_id, batch.deadline_ns)
                for one in batch.intents:
                    self._not_larger((batch.decision_id, one.intent_id), one.quantity, "approved")

    def began(self, node: Node) -> None:
        if node.role == "executor":
            self._nonces.clear()
            self._permits.clear()
            epoch = node.actor._writer.epoch
            if self._world.planted and not epoch:
                return  # it found what was planted, and goes on without a store
            if epoch <= self._epoch:
                self.broken("I8", f"epoch {epoch} after {self._epoch}")
            self._epoch = epoch

    def died(self, node: Node, ended: Ended) -> None:
        self.broken("DIED", f"{node.role} ended itself: {ended}")

    # what is committed

    def deciding(self, entries: list[Entry]) -> None:
        """I10: what was decided once is not decided again, however often it is heard."""
        names = _used_up(row for entry in entries for row in entry.rows)
        now: set[str] = set()
        for name in names:
            if name in self._used or name in now:
                self.broken("I10", f"{name} was committed again")
            now.add(name)

    def committed(self, entries: list[Entry]) -> None:
        rows: list[Row] = [row for entry in entries for row in entry.rows]
        self._used.update(_used_up(rows))
        for (transfer, asset), total in unbalanced(rows).items():
            self.broken("I3", f"{transfer} is off by {text(total)} {asset}")
        for entry in entries:
            for name, what in self._believed.take(entry):
                self.broken(name, what)
            if entry.kind == "OrderAccepted":
                self._decided(entry)

    def _decided(self, entry: Entry) -> None:
        now_ns = self._world.schedule.now_ns
        self._committed_ns[entry.subject] = now_ns
        deadline_ns = self._deadlines.get(str(entry.cause["decision_id"]))
        if deadline_ns is not None and self._clock.mono_ns() >= deadline_ns:
            self.broken("I13", f"{entry.subject} was taken after its deadline")
        for row in entry.rows:
            if isinstance(row, OrderRow):
                named = (str(entry.cause["decision_id"]), row.intent_id)
                self._not_larger(named, row.quantity, "committed")
                if row.side is Side.BUY:
                    self._bounded(row)

    def _not_larger(self, named: tuple[str, str], quantity: Decimal, what: str) -> None:
        """I4: a size never grows on its way from one decision to the wire."""
        before = self._sizes.get(named)
        if before is not None and quantity > before:
            self.broken("I4", f"{text(quantity)} {what}, {text(before)} before")

    # what is sent

    def passed(self, request: SubmitOrder) -> None:
        """I5 and I13: what may pass the gate."""
        now_ns, name = self._world.schedule.now_ns, request.client_order_id
        killed_ns = self._world.person.killed_ns
        if killed_ns is not None:
            self.broken("I5", f"{name} was sent {(now_ns - killed_ns) / 1e6:.0f} ms after a kill")
        if self._breach_ns is not None and now_ns - self._breach_ns > BREACH_NS:
            late_ms = (now_ns - self._breach_ns) / 1e6
            self.broken("I7", f"{name} was sent {late_ms:.0f} ms after a breach was told")
        for issuer in ISSUERS:
            issued_ns = self._permits.get(issuer)
            if issued_ns is None or now_ns - issued_ns > PERMIT_NS:
                self.broken("I5", f"{name} was sent without a permit of {issuer}")
        for scope, called, wanted in self._world.person.levels:
            touches = called in ("", request.strategy, request.instrument)
            if touches and not self._believed.may_send(wanted, request.side):
                self.broken("I12", f"{name} was sent, a person set {scope} {called} to {wanted}")
        level = self._believed.level(request.strategy, request.instrument)
        if not self._believed.may_send(level, request.side):
            self.broken("I5", f"{name} was sent at {level}")
        committed_ns = self._committed_ns.get(name)
        if committed_ns is not None and now_ns - committed_ns > BUDGET_NS:
            self.broken("I13", f"{name} was sent {(now_ns - committed_ns) / 1e6:.0f} ms late")
        if name in self._sent:
            self.broken("I1", f"{name} passed the gate twice")
        self._sent.add(name)

    def accepted(self, order: Accepted, stamp_ms: int) -> None:
        """I1, I2, I4, I13: what the venue takes was committed before, like this, once."""
        name = order.client_order_id
        found = self._believed.orders.get(name)
        if name in self._taken:
            self.broken("I1", f"{name} was taken twice")
        self._taken.add(name)
        if found is None:
            self.broken("I2", f"{name} was sent before it was committed")
            return
        if (found.quantity, found.price) != (order.quantity, order.price):
            self.broken("I4", f"{name}: another order was sent than was committed")
        if found.stamp_ms != stamp_ms:
            self.broken("I13", f"{name} was signed with {stamp_ms}, not {found.stamp_ms}")

    def _bounded(self, order: OrderRow) -> None:
        """I4: what a strategy holds or may still buy, less what it sells, is what it wished.

        By the venue's own books for what the desk thinks is over, in full for what it does not.
        """
        began, most = self._most[order.strategy, order.instrument]
        venue: dict[str, list[Order]] = {}
        for theirs in self._world.venue.exchange.history.orders.values():
            venue.setdefault(theirs.accepted.client_order_id, []).append(theirs)
        total = began
        for ours in self._believed.orders.values():
            if (ours.strategy, ours.instrument) != (order.strategy, order.instrument):
                continue
            worth = ours.quantity if ours.state in ALIVE else ZERO
            there = venue.get(ours.client_order_id, ())
            known = sum((one.amount if one.is_open else one.filled for one in there), ZERO)
            worth = max(worth, known)
            total += worth if ours.side is Side.BUY else -worth
        if total > most:
            what = f"{order.strategy} holds or buys {text(total)} {order.instrument}"
            self.broken("I4", f"{what}, {text(most)} is the most it wished")

    def silent_for_long(self) -> None:
        """I5: when nobody permits anything any more, nothing of ours rests."""
        for order in self._world.venue.exchange.history.open_orders(ACCOUNT):
            name = order.accepted.client_order_id
            self.broken("I5", f"{name} rests, and nobody has permitted anything for long")

    def _breach(self, breach: Breach) -> None:
        """I7: a breach is told where there is one, and nowhere else."""
        if not self._world.planted:
            self.broken("I7", f"the auditor found {breach.invariant} at {breach.where}")
        elif self._breach_ns is None:
            self._breach_ns = self._world.schedule.now_ns

    def planted_for_long(self) -> None:
        """I7: what was changed in the store was found."""
        if self._world.planted and self._breach_ns is None:
            self.broken("I7", f"{self._world.planted} was changed, and no auditor found it")

    def _clear(self) -> None:
        """I19: whoever is told that nothing of ours is left is told the truth."""
        for order in self._world.venue.exchange.history.open_orders(ACCOUNT):
            self.broken("I19", f"CLEAR with {order.accepted.client_order_id} open")


def _used_up(rows: Iterable[Row]) -> list[str]:
    """Return a name for each of *rows* that may be committed once."""
    names = []
    for row in rows:
        if isinstance(row, IntentRow):
            names.append(f"intent {row.intent_id}")
        elif isinstance(row, RecordRow):
            names.append(f"record {row.leg} of {row.batch_id}")
    return names


def _most() -> dict[tuple[str, str], tuple[Decimal, Decimal]]:
    """Return what each strategy began with, and the most it ever wants, by instrument."""
    opening = {asset: Decimal(amount) for asset, amount in OPENING}
    found = {}
    for number, strategy in enumerate(churn.STRATEGIES):
        for name in churn.INSTRUMENTS:
            began = opening.get(name.split("_")[0], Decimal(0)) if number == 0 else Decimal(0)
            found[strategy, name] = (began, max(began, churn.most(name)))
    return found
