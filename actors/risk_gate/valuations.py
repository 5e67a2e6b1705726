"""Is a loss on equity real? It counts once it was seen several times in a row.

One odd price must not stop a desk, and no unknown value confirms anything. What was realised
counts at once and is not asked about here. Moments monotonic ms.
"""

from msgspec import Struct

from actors.risk_gate.settings import Settings
from messages.state import AccountState


class Confirmed(Struct, frozen=True, kw_only=True):
    """Which limits of loss are broken on equity, and how often each was seen in a row."""

    day: bool = False
    drawdown_ratio: bool = False
    drawdown: bool = False
    day_seen: int = 0
    drawdown_ratio_seen: int = 0
    drawdown_seen: int = 0


class Valuations:
    """Counts valuations in a row, at least `loss_valuation_ms` apart, that break each limit."""

    def __init__(self, limits: Settings) -> None:
        self._limits = limits
        self._seen: dict[str, tuple[int, int]] = {}  # name -> times in a row, when last counted

    def look(self, account: AccountState, now_ms: int) -> None:
        """Take in one valuation of the account."""
        limits = self._limits
        day, ratio, drawdown = account.day_pnl, account.drawdown_ratio, account.drawdown
        lost = day is not None and day <= -limits.daily_loss_max_try
        self._count("day", now_ms, broken=lost)
        fallen = ratio is not None and ratio >= limits.drawdown_max_ratio
        self._count("ratio", now_ms, broken=fallen)
        deep = drawdown is not None and drawdown >= limits.modes.drawdown_max_try
        self._count("drawdown", now_ms, broken=deep)

    def confirmed(self) -> Confirmed:
        """Return what is confirmed now."""
        enough = self._limits.loss_valuations
        seen = {name: self._seen.get(name, (0, 0))[0] for name in ("day", "ratio", "drawdown")}
        return Confirmed(
            day=seen["day"] >= enough,
            drawdown_ratio=seen["ratio"] >= enough,
            drawdown=seen["drawdown"] >= enough,
            day_seen=seen["day"],
            drawdown_ratio_seen=seen["ratio"],
            drawdown_seen=seen["drawdown"],
        )

    def _count(self, name: str, now_ms: int, *, broken: bool) -> None:
        if not broken:
            self._seen.pop(name, None)
            return
        times, last_ms = self._seen.get(name, (0, now_ms))
        if times == 0 or now_ms - last_ms >= self._limits.loss_valuation_ms:
            self._seen[name] = (times + 1, now_ms)
