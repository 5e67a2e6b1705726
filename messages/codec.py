"""How messages become bytes and bytes become messages: MessagePack, read strictly.

What cannot be read raises `Unreadable` with a code; nothing else leaves this module. An unknown
type is told apart from a broken message, since an unknown fact may be ignored.
"""

from decimal import Decimal
from typing import Any, TypeVar

import msgpack
import msgspec

from messages import control, instrument, life, market, orders, records, state, targets
from messages.envelope import ENVELOPE_VERSION, Envelope
from messages.money import Amount, canonical, text

T = TypeVar("T")

BYTES_MAX = 1_000_000  # a longer message is refused unread

SCHEMAS: dict[type, int] = {
    instrument.Instrument: 1,
    market.Quote: 1,
    market.Trade: 1,
    market.FeedStatus: 1,
    targets.Targets: 1,
    targets.AllocatorState: 1,
    orders.IntentBatch: 1,
    orders.ApprovedBatch: 1,
    orders.RefusedIntent: 1,
    orders.IntentAck: 1,
    orders.IntentRefused: 1,
    state.InstrumentState: 1,
    state.AccountState: 1,
    state.ExecutorStatus: 1,
    life.Hello: 1,
    life.Heartbeat: 1,
    life.Stop: 1,
    life.Permit: 1,
    control.Kill: 1,
    control.Resume: 1,
    control.SetLevel: 1,
    control.StatusQuery: 1,
    control.ReconcileQuery: 1,
    control.Reply: 1,
    control.Refusal: 1,
    records.Record: 1,
    records.RecordsAck: 1,
    records.RecordBatch: 1,
    records.RecordBatchAck: 1,
    records.AuditStatus: 1,
    records.RecentDecisions: 1,
    records.WarmUpQuery: 1,
    records.WarmUp: 1,
}
TYPES: dict[str, type] = {kind.__name__: kind for kind in SCHEMAS}


class Unreadable(Exception):
    """Bytes that are not one of our messages. *code* says how, *unknown_type* names a stranger."""

    def __init__(self, code: str, detail: str, unknown_type: str | None = None) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.unknown_type = unknown_type


def pack(value: object) -> bytes:
    """Return *value* (a Struct or plain values) as MessagePack, amounts as canonical text."""
    plain = msgspec.to_builtins(value, builtin_types=(bytes, Decimal), enc_hook=_plain)
    packed: bytes = msgpack.packb(plain, default=_plain, use_bin_type=True)
    return packed


def unpack(raw: bytes) -> Any:
    """Return the plain values in *raw*. Raises Unreadable."""
    if len(raw) > BYTES_MAX:
        raise Unreadable("TOO_LONG", f"{len(raw)} bytes, at most {BYTES_MAX}")
    try:
        return msgpack.unpackb(
            raw, strict_map_key=True, raw=False, use_list=False, ext_hook=_no_ext
        )
    except (ValueError, msgpack.exceptions.UnpackException, RecursionError) as why:
        raise Unreadable("NOT_MESSAGEPACK", f"{type(why).__name__}: {why}"[:200]) from why


def convert(plain: object, kind: type[T]) -> T:
    """Return the *kind* that *plain* states, strictly. Raises Unreadable."""
    try:
        return msgspec.convert(
            plain, kind, strict=True, builtin_types=(bytes,), dec_hook=_amount_hook
        )
    except (msgspec.ValidationError, ValueError, TypeError) as why:
        raise Unreadable("NOT_VALID", f"{kind.__name__}: {why}"[:300]) from why


def body(message: object) -> dict[str, object]:
    """Return the body of *message* as it stands in its envelope."""
    plain: dict[str, object] = msgspec.to_builtins(
        message, builtin_types=(bytes, Decimal), enc_hook=_plain
    )
    return plain


def encode(envelope: Envelope) -> bytes:
    """Return the bytes of one message."""
    return pack(envelope)


def decode(raw: bytes) -> tuple[Envelope, Any]:
    """Return envelope and message in *raw*. Raises Unreadable."""
    envelope = convert(unpack(raw), Envelope)
    if envelope.v > ENVELOPE_VERSION:
        raise Unreadable("NEWER_ENVELOPE", f"version {envelope.v}, known {ENVELOPE_VERSION}")
    kind = TYPES.get(envelope.type)
    if kind is None:
        raise Unreadable("UNKNOWN_TYPE", envelope.type[:60], unknown_type=envelope.type[:60])
    return envelope, convert(envelope.body, kind)


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return text(value)
    raise TypeError(f"{type(value).__name__} has no place in a message")


def _amount_hook(kind: type, raw: object) -> object:
    if kind is Amount:
        return canonical(raw)
    raise TypeError(f"no way to read a {kind.__name__}")


def _no_ext(code: int, _data: bytes) -> object:
    raise ValueError(f"extension type {code} has no place in a message")
