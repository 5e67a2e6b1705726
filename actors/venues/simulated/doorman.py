"""Who may come in: signatures checked as BtcTurk checks them, and calls counted per window.

A refusal says the venue's words. A window starts with the first call to an endpoint; one call too
many blocks the caller for the block time of that limit (broker-api-docs #502).
"""

import hmac
from collections import deque
from collections.abc import Mapping, Sequence

from msgspec import Struct

from actors.venues.btcturk.sign import Credentials, signature

CALLERS_MAX = 10_000
STAMPS_KEPT_MAX = 10_000
FIRST_USER_ID = 900_001
NONCE_MAX = 2**53


class Account(Struct, frozen=True):
    """Who calls: *user* is the number the stream names it by."""

    keys: Credentials
    user: int

    @property
    def name(self) -> str:
        return self.keys.public_key


class Unauthorized(Struct, frozen=True):
    message: str
    code: int


HEADERS_MISSING = Unauthorized("Unauthorized - Headers are missing", 401)
KEY_UNKNOWN = Unauthorized("Unauthorized - Invalid Public key", 401)
NONCE_INVALID = Unauthorized("Unauthorized - Invalid Nonce", 1037)
SIGNATURE_INVALID = Unauthorized("Unauthorized - Invalid Signature", 1037)
RIGHT_MISSING = Unauthorized("Unauthorized - Invalid Request", 1037)  # no source tells its words


class Doorman:
    """Knows the accounts and the stamps already used."""

    def __init__(
        self,
        keys: Sequence[Credentials],
        *,
        window_ms: int,
        reuse_refused: bool,
        nonce_max: int | None = None,
    ) -> None:
        numbered = enumerate(keys, FIRST_USER_ID)
        self.accounts = {one.public_key: Account(one, user) for user, one in numbered}
        self._window_ms, self._nonce_max = window_ms, nonce_max
        self._reuse_refused = reuse_refused
        self._used: set[tuple[str, int]] = set()
        self._order: deque[tuple[str, int]] = deque()

    def admit(self, headers: Mapping[str, str], now_ms: int) -> Account | Unauthorized:
        """Return whose request this is. *headers* in any case, as the server gives them."""
        key, stamp = headers.get("x-pck"), headers.get("x-stamp")
        signed = headers.get("x-signature")
        if key is None or stamp is None or signed is None:
            return HEADERS_MISSING
        account = self.accounts.get(key)
        if account is None:
            return KEY_UNKNOWN
        if not (stamp.isascii() and stamp.isdigit() and len(stamp) < 16):
            return NONCE_INVALID
        at_ms = int(stamp)
        if abs(at_ms - now_ms) > self._window_ms or not self._fresh(key, at_ms):
            return NONCE_INVALID
        right = _same(signature(account.keys, at_ms), signed)
        return account if right else SIGNATURE_INVALID

    def login(self, body: Mapping[str, object], now_ms: int) -> Account | Unauthorized:
        """Return whose login this is: key and nonce are signed, the time is not."""
        key, nonce, at_ms = body.get("publicKey"), body.get("nonce"), body.get("timestamp")
        account = self.accounts.get(key) if isinstance(key, str) else None
        if account is None:
            return KEY_UNKNOWN
        if not isinstance(nonce, int) or not isinstance(at_ms, int):
            return NONCE_INVALID
        most = NONCE_MAX if self._nonce_max is None else self._nonce_max
        if not 0 <= nonce <= most or abs(at_ms - now_ms) > self._window_ms:
            return NONCE_INVALID
        right = _same(signature(account.keys, nonce), str(body.get("signature")))
        return account if right else SIGNATURE_INVALID

    def _fresh(self, key: str, at_ms: int) -> bool:
        if not self._reuse_refused:
            return True
        used = (key, at_ms)
        if used in self._used:
            return False
        self._used.add(used)
        self._order.append(used)
        if len(self._order) > STAMPS_KEPT_MAX:
            self._used.discard(self._order.popleft())
        return True


def _same(right: str, said: str) -> bool:
    """Return whether a signature is the right one; as bytes, since text may only be ASCII there."""
    return hmac.compare_digest(right.encode(), said.encode(errors="replace"))


class Limit(Struct, frozen=True):
    """So many calls in so many seconds; one more blocks for as long as the window is."""

    calls: int
    period_s: int


class TooMany(Struct, frozen=True):
    """What a throttled caller is told."""

    limit: Limit
    by_account: bool
    retry_after_s: int


PER_MINUTE = 60
BY_ACCOUNT = frozenset({"POST order", "DELETE order", "GET order"})  # and by address, as all are
LIMITS: dict[str, tuple[Limit, ...]] = {  # BtcTurk docs, rate limits (2023 and later)
    "GET balances": (Limit(120, PER_MINUTE),),
    "POST order": (Limit(300, PER_MINUTE), Limit(10, 1)),
    "DELETE order": (Limit(300, PER_MINUTE), Limit(10, 1)),
    "GET order": (Limit(900, PER_MINUTE), Limit(30, 1)),
    "GET openorders": (Limit(300, PER_MINUTE),),
    "GET allorders": (Limit(300, PER_MINUTE),),
    "GET fills": (Limit(120, PER_MINUTE),),
    "GET trades": (Limit(90, PER_MINUTE),),
    "GET transfers": (Limit(90, PER_MINUTE),),
    "GET ticker": (Limit(600, PER_MINUTE),),
    "GET orderbook": (Limit(180, PER_MINUTE),),
    "GET ohlcs": (Limit(120, PER_MINUTE),),
    "GET klines": (Limit(600, 10 * PER_MINUTE),),
    "WS connect": (Limit(15, PER_MINUTE),),
}


class _Window(Struct):
    started_ms: int
    calls: int = 0
    blocked_until_ms: int = 0


class Turnstile:
    """Counts the calls of every address at every endpoint, and where orders are those of every
    account as well."""

    def __init__(self, *, enforced: bool) -> None:
        self._enforced = enforced
        self._windows: dict[tuple[str, bool, str, int], _Window] = {}

    def refusal(
        self, endpoint: str, address: str, now_ms: int, *, account: str | None = None
    ) -> TooMany | None:
        """Count one call; return why it is one too many, None when it may pass. *now_ms* is
        monotonic: a fault may set the venue's own clock back."""
        if not self._enforced:
            return None
        callers = [(False, address)]
        if account is not None and endpoint in BY_ACCOUNT:
            callers.insert(0, (True, account))
        for by_account, caller in callers:
            for limit in LIMITS.get(endpoint, ()):
                key = (endpoint, by_account, caller, limit.period_s)
                wait_ms = self._count(key, limit, now_ms)
                if wait_ms > 0:
                    return TooMany(limit, by_account, -(-wait_ms // 1000))
        return None

    def _count(self, key: tuple[str, bool, str, int], limit: Limit, now_ms: int) -> int:
        """Return how long the caller is blocked, in ms."""
        window = self._windows.get(key)
        if window is None or now_ms >= window.started_ms + limit.period_s * 1000:
            if window is not None and now_ms < window.blocked_until_ms:
                return window.blocked_until_ms - now_ms
            if len(self._windows) >= CALLERS_MAX:
                self._windows.clear()
            window = self._windows[key] = _Window(now_ms)
        window.calls += 1
        if window.calls > limit.calls and window.blocked_until_ms == 0:
            window.blocked_until_ms = now_ms + limit.period_s * 1000
        return max(0, window.blocked_until_ms - now_ms)
