"""Role, hears, says, host: the plumbing on one screen.

A socket belongs to the role that binds it. Receivers of commands bind, senders of facts bind. An
edge says who says which message through which socket to whom; "back" edges are answers to the
connection a message came from.
"""

from enum import StrEnum
from functools import cache

from msgspec import Struct

from messages import control, instrument, life, market, orders, records, state, targets

ROLES = ("market_data", "strategy", "allocator", "risk_gate", "executor", "persistence")
SUPERVISOR = "supervisor"
ANYONE = "*"  # btcbot commands, and whoever may reach the run directory


class Pattern(StrEnum):
    """How a socket works. The first word is the binder's end."""

    FEED = "FEED"  # XPUB/SUB: published, lossy, newest state again for each new subscriber
    SOFT = "SOFT"  # PULL/PUSH: newest wins, healed by repetition
    COMMAND = "COMMAND"  # ROUTER/DEALER: acknowledged


class Socket(Struct, frozen=True, kw_only=True):
    """One bound socket. *rank* is its place in the poll order, *mark* its high-water mark."""

    name: str  # <role>.<what>
    pattern: Pattern
    rank: int
    mark: int

    @property
    def binder(self) -> str:
        return self.name.split(".")[0]


class Edge(Struct, frozen=True, kw_only=True):
    """Who says what through which socket to whom. *back*: from the binder to who asked."""

    socket: str
    says: str
    hears: tuple[str, ...]
    messages: tuple[type, ...]
    back: bool = False


CONTROL, LIFE, WORK, STATES, READS, RECORDS = range(6)  # poll order

SOCKETS: dict[str, Socket] = {
    one.name: one
    for one in (
        Socket(name="executor.control", pattern=Pattern.COMMAND, rank=CONTROL, mark=64),
        Socket(name="risk_gate.control", pattern=Pattern.COMMAND, rank=CONTROL, mark=64),
        Socket(name="supervisor.control", pattern=Pattern.COMMAND, rank=CONTROL, mark=64),
        Socket(name="supervisor.life", pattern=Pattern.COMMAND, rank=LIFE, mark=64),
        Socket(name="executor.permits", pattern=Pattern.SOFT, rank=LIFE, mark=8),
        Socket(name="executor.orders", pattern=Pattern.COMMAND, rank=WORK, mark=32),
        Socket(name="risk_gate.intents", pattern=Pattern.COMMAND, rank=WORK, mark=32),
        Socket(name="allocator.targets", pattern=Pattern.SOFT, rank=WORK, mark=8),
        Socket(name="market_data.feed", pattern=Pattern.FEED, rank=STATES, mark=1000),
        Socket(name="executor.state", pattern=Pattern.FEED, rank=STATES, mark=1000),
        Socket(name="persistence.audit", pattern=Pattern.FEED, rank=STATES, mark=100),
        Socket(name="persistence.reads", pattern=Pattern.COMMAND, rank=READS, mark=16),
        Socket(name="persistence.records", pattern=Pattern.COMMAND, rank=RECORDS, mark=256),
        Socket(name="executor.records", pattern=Pattern.COMMAND, rank=RECORDS, mark=4),
    )
}

_COMMANDS = (control.StatusQuery, control.SetLevel, control.Kill)

EDGES: tuple[Edge, ...] = (
    # intents: left to right
    Edge(
        socket="market_data.feed",
        says="market_data",
        hears=("strategy", "allocator", "risk_gate", "executor", "persistence", SUPERVISOR),
        messages=(market.Quote,),
    ),
    Edge(
        socket="market_data.feed",
        says="market_data",
        hears=("strategy", "allocator", "risk_gate", "executor", "persistence"),
        messages=(instrument.Instrument,),
    ),
    Edge(
        socket="market_data.feed",
        says="market_data",
        hears=("allocator", "risk_gate", "persistence", SUPERVISOR),
        messages=(market.FeedStatus,),
    ),
    Edge(
        socket="market_data.feed",
        says="market_data",
        hears=("persistence",),
        messages=(market.Trade,),
    ),
    Edge(
        socket="allocator.targets",
        says="strategy",
        hears=("allocator",),
        messages=(targets.Targets,),
    ),
    Edge(
        socket="risk_gate.intents",
        says="allocator",
        hears=("risk_gate",),
        messages=(orders.IntentBatch, targets.AllocatorState),
    ),
    Edge(
        socket="risk_gate.intents",
        says="risk_gate",
        hears=("allocator",),
        messages=(orders.RefusedIntent, orders.IntentAck, orders.IntentRefused),
        back=True,
    ),
    Edge(
        socket="executor.orders",
        says="risk_gate",
        hears=("executor",),
        messages=(orders.ApprovedBatch,),
    ),
    Edge(
        socket="executor.orders",
        says="executor",
        hears=("risk_gate",),
        messages=(orders.IntentAck, orders.IntentRefused),
        back=True,
    ),
    # facts: right to left
    Edge(
        socket="executor.state",
        says="executor",
        hears=("strategy", "allocator", "risk_gate", SUPERVISOR),
        messages=(state.InstrumentState, state.AccountState),
    ),
    Edge(
        socket="executor.state",
        says="executor",
        hears=("allocator", "risk_gate", "persistence", "market_data", SUPERVISOR),
        messages=(state.ExecutorStatus,),
    ),
    Edge(
        socket="persistence.audit",
        says="persistence",
        hears=("risk_gate", SUPERVISOR),
        messages=(records.AuditStatus,),
    ),
    Edge(
        socket="persistence.audit",
        says="persistence",
        hears=(SUPERVISOR,),
        messages=(records.RecentDecisions,),
    ),
    # records: down
    Edge(
        socket="persistence.records",
        says=ANYONE,
        hears=("persistence",),
        messages=(records.Record,),
    ),
    Edge(
        socket="persistence.records",
        says="persistence",
        hears=("allocator", "risk_gate", "strategy", "market_data"),
        messages=(records.RecordsAck,),
        back=True,
    ),
    Edge(
        socket="executor.records",
        says="persistence",
        hears=("executor",),
        messages=(records.RecordBatch,),
    ),
    Edge(
        socket="executor.records",
        says="executor",
        hears=("persistence",),
        messages=(records.RecordBatchAck,),
        back=True,
    ),
    Edge(
        socket="persistence.reads",
        says="strategy",
        hears=("persistence",),
        messages=(records.WarmUpQuery,),
    ),
    Edge(
        socket="persistence.reads",
        says="persistence",
        hears=("strategy",),
        messages=(records.WarmUp,),
        back=True,
    ),
    # control: from above
    Edge(
        socket="executor.permits",
        says="risk_gate",
        hears=("executor",),
        messages=(life.Permit,),
    ),
    Edge(
        socket="executor.permits",
        says=SUPERVISOR,
        hears=("executor",),
        messages=(life.Permit,),
    ),
    Edge(
        socket="executor.control",
        says=ANYONE,
        hears=("executor",),
        messages=(*_COMMANDS, control.Resume, control.ReconcileQuery),
    ),
    Edge(
        socket="executor.control",
        says="risk_gate",
        hears=("executor",),
        messages=(control.SetLevel,),
    ),
    Edge(
        socket="executor.control",
        says=SUPERVISOR,
        hears=("executor",),
        messages=(control.SetLevel,),
    ),
    Edge(
        socket="risk_gate.control",
        says=ANYONE,
        hears=("risk_gate",),
        messages=(control.StatusQuery, control.Kill, control.Resume),
    ),
    Edge(
        socket="supervisor.control",
        says=ANYONE,
        hears=(SUPERVISOR,),
        messages=(control.StatusQuery, control.Kill, control.Resume, life.Stop),
    ),
    Edge(
        socket="executor.control",
        says="executor",
        hears=(ANYONE,),
        messages=(control.Reply,),
        back=True,
    ),
    Edge(
        socket="risk_gate.control",
        says="risk_gate",
        hears=(ANYONE,),
        messages=(control.Reply,),
        back=True,
    ),
    Edge(
        socket="supervisor.control",
        says=SUPERVISOR,
        hears=(ANYONE,),
        messages=(control.Reply,),
        back=True,
    ),
    Edge(
        socket="supervisor.life",
        says=ANYONE,
        hears=(SUPERVISOR,),
        messages=(life.Hello, life.Heartbeat),
    ),
    Edge(
        socket="supervisor.life",
        says=SUPERVISOR,
        hears=ROLES,
        messages=(life.Stop,),
        back=True,
    ),
)


def bound_by(role: str) -> list[Socket]:
    """Return the sockets *role* binds, in poll order."""
    return sorted((one for one in SOCKETS.values() if one.binder == role), key=_order)


def connected_by(role: str) -> list[Socket]:
    """Return the sockets *role* connects to, in poll order."""
    names = {e.socket for e in EDGES if SOCKETS[e.socket].binder != role and _takes_part(role, e)}
    return sorted((SOCKETS[name] for name in names), key=_order)


@cache
def heard_by(role: str, socket: str) -> frozenset[type]:
    """Return the message types *role* hears on *socket*; anything else there is refused."""
    return frozenset(
        kind
        for edge in EDGES
        if edge.socket == socket and (role in edge.hears or ANYONE in edge.hears)
        for kind in edge.messages
        if edge.back
        == (SOCKETS[socket].pattern is not Pattern.FEED and SOCKETS[socket].binder != role)
    )


@cache
def way_out(role: str, kind: type) -> Edge | None:
    """Return the edge by which *role* says a *kind*, None when it never does."""
    mine = [e for e in EDGES if kind in e.messages and e.says == role]
    if role != SUPERVISOR and not mine:
        mine = [e for e in EDGES if kind in e.messages and e.says == ANYONE and role in ROLES]
    return mine[0] if mine else None


def _takes_part(role: str, edge: Edge) -> bool:
    if edge.says == role or role in edge.hears:
        return True
    # Every role lives under the supervisor and may have records kept.
    if edge.socket == "supervisor.life":
        return role in ROLES
    return edge.socket == "persistence.records" and role in (
        "allocator",
        "risk_gate",
        "strategy",
        "market_data",
    )


def _order(one: Socket) -> tuple[int, str]:
    return one.rank, one.name
