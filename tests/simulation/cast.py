"""Who plays in a world: the real actor classes, with the world's clock, dice, venue and files.

Three have a thin skin: what the kernel does to a killed process's files, and a supervisor that is
no more than its permit.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from random import Random
from typing import Any
from unittest.mock import patch

from actors import topology
from actors.allocator.actor import Allocator
from actors.executor.actor import Executor
from actors.executor.storeless import Storeless
from actors.market_data.actor import MarketData
from actors.persistence.actor import Persistence
from actors.risk_gate.actor import RiskGate
from actors.runtime.actor import Actor
from actors.runtime.parts import Parts
from actors.strategy.actor import StrategyActor
from messages.life import Permit
from messages.state import ExecutorStatus
from store.identity import Host, Identity
from store.rows import Entry
from store.writer import Writer
from tests.simulation import churn, settings
from tests.simulation.nodes import Node

IDENTITY = Identity(mode="sim", base_url="http://venue", key_hash="00")
HOST = Host(machine_id="simulated", boot_id="one")


def make(world: Any, node: Node) -> Actor:
    """Return a new process of *node*'s role in *world*."""
    seed = world.plan.seed
    parts = Parts(
        role=node.role,
        run_id=f"run-{node.incarnation}",
        run_dir=world.run_dir,
        clock=world.clock,
        log=world.log,
        rng=Random(f"{seed}{node.role}{node.incarnation}"),
    )
    match node.role:
        case "executor":
            return Recorded(
                parts,
                desk=settings.DESK,
                own=world.own,
                identity=IDENTITY,
                client=lambda: world.venue,
                stream=None,
                deciding=world.deciding,
                committed=world.committed,
                inside=node.inside_commit,
                durable=world.disk.committed,
            )
        case "allocator":
            return Allocator(parts, desk=settings.DESK, own=settings.ALLOCATOR)
        case "risk_gate":
            return RiskGate(parts, desk=settings.DESK, own=settings.RISK_GATE)
        case "strategy":
            make_one = churn.maker(f"{seed}", lambda: world.calmed)
            return StrategyActor(parts, desk=settings.DESK, own=settings.STRATEGY, make=make_one)
        case "market_data":
            return MarketData(
                parts, desk=settings.DESK, own=settings.MARKET_DATA, venue=world.market
            )
        case "persistence":
            own = settings.persistence_for(ending=world.plan.ending)
            return Filed(parts, desk=settings.DESK, own=own)
        case "supervisor":
            return Overseer(parts, world.nodes)
    raise LookupError(node.role)


class Silent:
    """A log that nobody reads."""

    def bind(self, **_: object) -> "Silent":
        return self

    def debug(self, event: str, **_: object) -> None: ...

    info = warning = error = critical = debug


class Recorded(Executor):
    """The real executor. The checks see what it commits; a kill drops its store."""

    def __init__(
        self,
        parts: Parts,
        *,
        deciding: Callable[[list[Entry]], None],
        committed: Callable[[list[Entry]], None],
        inside: Callable[[], None],
        durable: Callable[[Any], None],
        **given: Any,
    ) -> None:
        super().__init__(parts, **given)
        self._deciding, self._committed = deciding, committed
        self._inside, self._durable = inside, durable

    def started(self) -> Iterable[object]:
        effects = super().started()
        if isinstance(self._writer, Storeless):  # the checks see that it has no epoch
            return effects
        self._durable(self._writer._connection)
        self._writer._connection = Fragile(self._writer._connection, self._inside)
        return effects

    def _open(self) -> Writer:
        drawn = hashlib.blake2b(str(self.rng.random()).encode(), digest_size=8).hexdigest()
        with (
            patch("store.identity.secrets.token_hex", lambda _: drawn),
            patch("store.writer.this_host", lambda: HOST),
        ):
            return super()._open()

    def commit(self, entries: Sequence[object]) -> None:
        written = [entry for entry in entries if isinstance(entry, Entry)]
        self._deciding(written)
        super().commit(entries)
        if isinstance(self._writer, Storeless):
            return
        self._durable(self._writer._connection)
        self._committed(written)

    def abandon(self) -> None:
        """What the kernel does with a killed process: no last write, locks and files let go."""
        writer = getattr(self, "_writer", None)
        if isinstance(writer, Writer) and not writer._database.is_closed():
            writer._connection.rollback()
            writer._database.close()
            writer._lock.release()


class Fragile:
    """A connection that may be killed with its transaction open."""

    def __init__(self, connection: Any, inside: Callable[[], None]) -> None:
        self._connection, self._inside = connection, inside

    def execute(self, sql: str, *values: Any) -> Any:
        if sql == "COMMIT":
            self._inside()
        return self._connection.execute(sql, *values)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)


class Filed(Persistence):
    """The real persistence. A kill lets go of its files as they are."""

    def abandon(self) -> None:
        if self._tape is not None:
            self._tape.close()
        if self._follower is not None:
            self._follower.close()


class Overseer(Actor):
    """What the supervisor says to the executor: a permit while all are there and ready."""

    role = "supervisor"

    def __init__(self, parts: Parts, nodes: dict[str, Node]) -> None:
        super().__init__(parts)
        self._nodes = nodes

    def react(self, message: object) -> list[object]:
        if not isinstance(message, ExecutorStatus):
            return []
        if any(self._nodes[role].waiting_for() for role in topology.ROLES):
            return []
        return [Permit(nonce=message.nonce, issuer=self.role, kill_epoch=message.kill_epoch)]
