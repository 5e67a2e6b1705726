"""What others want remembered, and what the auditor found."""

from typing import Any

from msgspec import Struct

from messages.money import Amount


class Record(Struct, frozen=True, kw_only=True):
    """One thing to remember. *seq* counts per sender and incarnation; kept until acknowledged."""

    seq: int
    kind: str  # decision | feed | anomaly
    at_ms: int
    instrument: str
    body: dict[str, Any]


class RecordsAck(Struct, frozen=True, kw_only=True):
    """Everything up to *upto* of this sender is in the store."""

    upto: int


class StoredRecord(Struct, frozen=True, kw_only=True):
    sender: str
    kind: str
    at_ms: int
    instrument: str
    body: dict[str, Any]


class RecordBatch(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Records on their way into the store, once per batch id."""

    batch_id: str
    records: tuple[StoredRecord, ...]


class RecordBatchAck(Struct, frozen=True, kw_only=True):
    batch_id: str


class Breach(Struct, frozen=True, kw_only=True):
    """An invariant found broken."""

    invariant: str
    where: str
    expected: str
    found: str


class AuditStatus(Struct, frozen=True, kw_only=True):
    """How far the journal was refolded, and what was wrong with it."""

    audited_seq: int
    head_hash: str
    lag_ms: int
    breach: Breach | None
    at_ms: int


class DecisionLine(Struct, frozen=True, kw_only=True):
    """One decision as the panel shows it."""

    at_ms: int
    instrument: str
    strategy: str
    side: str
    quantity: str
    price: str
    outcome: str
    reason: str


class RecentDecisions(Struct, frozen=True, kw_only=True):
    """The newest decisions, newest first."""

    lines: tuple[DecisionLine, ...]


class WarmUpQuery(Struct, frozen=True, kw_only=True):
    """What were the mids since *since_ms*, one per *step_ms*?"""

    instruments: tuple[str, ...]
    since_ms: int
    step_ms: int


class Mid(Struct, frozen=True, array_like=True):
    at_ms: int
    mid: Amount


class WarmUp(Struct, frozen=True, kw_only=True):
    """One page of thinned mids per instrument, oldest first."""

    mids: dict[str, tuple[Mid, ...]]
