"""Positive permission: an issuer's permit counts while the nonce it echoes is young.

Ages are taken from our own monotonic clock at the moment a nonce was issued, never from the arrival
of a permit: one that sat in a queue is worth what its nonce is worth.
"""

from collections import OrderedDict

from messages.life import Permit
from messages.state import PermitAge

ISSUERS = ("risk_gate", "supervisor")
NONCES_KEPT_MAX = 64  # at four a second: sixteen seconds of them


class Permits:
    """Which nonces were issued when, and the newest that each issuer echoed."""

    def __init__(self, *, started_ms: int) -> None:
        self._issued: OrderedDict[str, int] = OrderedDict()
        self._echoed: dict[str, int] = {}
        self._started_ms = started_ms

    def issue(self, nonce: str, now_ms: int) -> None:
        """Remember that *nonce* was said at *now_ms*."""
        self._issued[nonce] = now_ms
        while len(self._issued) > NONCES_KEPT_MAX:
            self._issued.popitem(last=False)

    def hear(self, permit: Permit, *, kill_epoch: int) -> str | None:
        """Take *permit*; return why it does not count, None when it does."""
        if permit.issuer not in ISSUERS:
            return "UNKNOWN_ISSUER"
        if permit.kill_epoch != kill_epoch:
            return "OLD_KILL_EPOCH"
        issued_ms = self._issued.get(permit.nonce)
        if issued_ms is None:
            return "UNKNOWN_NONCE"
        self._echoed[permit.issuer] = max(issued_ms, self._echoed.get(permit.issuer, issued_ms))
        return None

    def until_ms(self, permit_ms: int) -> int:
        """Return until when both issuers allow a send; long ago when one never did."""
        if any(issuer not in self._echoed for issuer in ISSUERS):
            return self._started_ms - 1
        return min(self._echoed.values()) + permit_ms

    def silent_ms(self, now_ms: int) -> int:
        """Return the age of the older of the two newest echoed nonces."""
        heard = [self._echoed.get(issuer, self._started_ms) for issuer in ISSUERS]
        return now_ms - min(heard)

    def forget(self) -> None:
        """Let no permit given so far count any longer."""
        self._echoed.clear()
        self._issued.clear()

    def ages(self, now_ms: int) -> tuple[PermitAge, ...]:
        """Return each issuer's age as it is published."""
        return tuple(
            PermitAge(
                issuer=issuer,
                age_ms=None if issuer not in self._echoed else now_ms - self._echoed[issuer],
            )
            for issuer in ISSUERS
        )
