"""What an HTTP answer, or none, means for an order that was sent.

Pure: status, headers and body in, an `Outcome` out. Everything that is not certain is `Lost`; a
refusal is certain only when its message stands on the list of definite rejects. The message is
looked at before the code, since codes have shifted at the venue (broker-api-docs #572).
"""

from collections.abc import Mapping
from datetime import UTC
from decimal import Decimal
from email.utils import parsedate_to_datetime

import msgspec

from actors.venues.btcturk.amounts import AmountUnreadable, is_whole, read
from actors.venues.port import Ack, Lost, NotSent, Outcome, Reject, RejectKind

INVALID_NONCE = "Unauthorized - Invalid Nonce"
THROTTLED = ("TOO_MANY_REQUESTS", "TOO MANY REQUESTS")
NEVER_LEFT = frozenset(
    {"ConnectError", "ConnectTimeout", "PoolTimeout", "UnsupportedProtocol", "InvalidURL"}
)
UNCERTAIN_4XX = frozenset({403, 408})
RETRY_AFTER_DEFAULT_MS = 1_000
RETRY_AFTER_MAX_MS = 3_600_000
_DECODER = msgspec.json.Decoder(float_hook=Decimal)


def decode(body: bytes) -> object:
    """Return the JSON in *body*, numbers exact. Raises ValueError.

    NaN and infinities are no JSON, and a number with an exponent that no Decimal has is no number.
    """
    try:
        return _DECODER.decode(body)
    except RecursionError as why:
        raise ValueError("nested too deep") from why
    except ArithmeticError as why:
        raise ValueError("a number is out of all bounds") from why


def of_error(name: str) -> NotSent | Lost:
    """Return what a transport error of that name means: most may have delivered the order."""
    return NotSent(reason=name) if name in NEVER_LEFT else Lost(reason=name)


def of_answer(
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    *,
    client_order_id: str,
    definite: frozenset[str],
    now_ms: int,
) -> Outcome:
    """Return what the venue's answer to a new order means. *definite* holds upper-case messages."""
    answer = _object(body)
    message = message_of(answer)
    if status == 401:
        kind = RejectKind.STAMP if message.startswith(INVALID_NONCE) else RejectKind.AUTH
        return Reject(kind=kind, code=message or "HTTP 401")
    if status == 429 and message.upper() in THROTTLED:
        wait_ms = retry_after_ms(headers.get("retry-after"), now_ms)
        return Reject(kind=RejectKind.THROTTLED, code=message, retry_after_ms=wait_ms)
    if 200 <= status < 300:
        return _of_success(answer, message, client_order_id, definite)
    listed = message.upper() in definite
    if 400 <= status < 500 and status not in UNCERTAIN_4XX and listed:
        return Reject(kind=RejectKind.ORDER, code=message)
    return Lost(reason=f"HTTP {status} {message}".strip())


def _of_success(
    answer: Mapping[str, object] | None,
    message: str,
    client_order_id: str,
    definite: frozenset[str],
) -> Outcome:
    if answer is None:
        return Lost(reason="ANSWER_UNREADABLE")
    refused = says_no(answer)
    if refused and message.upper() in definite:
        return Reject(kind=RejectKind.ORDER, code=message)
    data = answer.get("data")
    if refused or not isinstance(data, dict):
        return Lost(reason=f"ANSWER_UNCLEAR {message}".strip())
    order_id = data.get("id")
    echoed = data.get("newOrderClientId") == client_order_id
    if not echoed or not is_whole(order_id) or order_id <= 0:
        return Lost(reason="ANSWER_NOT_OURS")
    return Ack(venue_order_id=order_id)


def says_no(answer: Mapping[str, object]) -> bool:
    """Return whether the envelope is a failure: a flag or a code that does not say yes."""
    return answer.get("success") is not True or answer.get("code") not in (0, "0")


def message_of(answer: Mapping[str, object] | None) -> str:
    """Return the venue's word in an envelope, else its code, empty when there is neither."""
    if answer is None:
        return ""
    for key in ("message", "code"):
        said = answer.get(key)
        if isinstance(said, str) and said.strip():
            return said.strip()[:200]
    code = answer.get("code")
    return str(code) if isinstance(code, int) and code else ""


def retry_after_ms(header: str | None, now_ms: int) -> int:
    """Return how long to wait: seconds or an HTTP date; what is neither counts as one second."""
    if header is None:
        return RETRY_AFTER_DEFAULT_MS
    try:
        wait_ms = int(read(header) * 1000)
    except AmountUnreadable:
        wait_ms = _until_date(header, now_ms)
    return min(wait_ms, RETRY_AFTER_MAX_MS) if wait_ms >= 0 else RETRY_AFTER_DEFAULT_MS


def _until_date(header: str, now_ms: int) -> int:
    try:
        at = parsedate_to_datetime(header)
    except (TypeError, ValueError, OverflowError):
        return RETRY_AFTER_DEFAULT_MS
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    return max(0, int(at.timestamp()) * 1000 - now_ms)


def _object(body: bytes) -> Mapping[str, object] | None:
    try:
        found = decode(body)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
