"""What several rooms are told alike stands in the file once: the desk, and what a trade costs."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from messages.money import Amount

Mode = Literal["sim", "paper", "live"]
Name = Annotated[str, Meta(pattern="^[A-Z0-9]{2,12}_[A-Z0-9]{2,12}$")]


class DeskTable(Struct, frozen=True, kw_only=True):
    """[desk]: what is traded, under which prefix, and whose is what was in the account before."""

    prefix: Annotated[str, Meta(pattern="^[a-z0-9]{1,8}$")]  # of our order ids, one per desk
    instruments: Annotated[tuple[Name, ...], Meta(min_length=1, max_length=50)]
    adopt_holdings: bool = True  # by the first strategy that lists the instrument


class FeesTable(Struct, frozen=True, kw_only=True):
    """[fees]: the rates of the account and the tax on them, for whoever prices, sizes or checks."""

    maker_bps: Annotated[Amount, Meta(ge=0, le=1_000)]
    taker_bps: Annotated[Amount, Meta(ge=0, le=1_000)]
    vat_ratio: Annotated[Amount, Meta(ge=0, le=1)]
