"""What the gate or the executor said no to: the same wish is not said again at once.

Keyed by instrument, strategy and side; moments monotonic ms.
"""

from decimal import Decimal

from msgspec import Struct

from messages.orders import Intent, Side, alike


class No(Struct, frozen=True, kw_only=True):
    """The last refusal of one kind of wish."""

    price: Decimal
    quantity: Decimal
    version: int | None  # None: unknown, so any version is another one
    code: str
    at_ms: int


class Refusals:
    """The newest no to each strategy's wish on each side of each instrument, and how many."""

    def __init__(self) -> None:
        self.count = 0
        self._newest: dict[tuple[str, str, Side], No] = {}

    def note(
        self, instrument: str, intent: Intent, *, version: int | None, code: str, now_ms: int
    ) -> None:
        """Remember that *intent*, computed from *version*, was refused with *code*."""
        self.count += 1
        self._newest[instrument, intent.strategy, intent.side] = No(
            price=intent.price,
            quantity=intent.quantity,
            version=version,
            code=code,
            at_ms=now_ms,
        )

    def still(
        self,
        instrument: str,
        strategy: str,
        side: Side,
        *,
        price: Decimal,
        quantity: Decimal,
        version: int,
        now_ms: int,
        again_ms: int,
    ) -> str | None:
        """Return the code that still answers this wish, None when it is worth asking again."""
        no = self._newest.get((instrument, strategy, side))
        if no is None or now_ms - no.at_ms >= again_ms or no.version != version:
            return None
        same = alike(
            price=price, quantity=quantity, other_price=no.price, other_quantity=no.quantity
        )
        return no.code if same else None
