"""What a trade costs: the account's rates, and the tax on them. Ratios of the notional."""

from decimal import Decimal

from msgspec import Struct

from messages.money import BPS, ONE, Amount


class Fees(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a trade costs when it takes: the venue's rate and the tax on that."""

    taker_bps: Amount = Amount(15)
    vat_ratio: Amount = Amount("0.2")

    def __post_init__(self) -> None:
        for name in ("taker_bps", "vat_ratio"):
            value = getattr(self, name)
            if not value.is_finite() or value < 0:
                raise ValueError(f"{name} must be an amount of at least 0, not {value}")

    @property
    def gross_taker(self) -> Decimal:
        """Taker rate with its tax, as a ratio of the notional."""
        return self.taker_bps * BPS * (ONE + self.vat_ratio)
