"""Which instruments the venue lists, and under which rules: `exchangeinfo` in the desk's words.

Two shapes are read: the venue's, and an explicit one with `tickSize`, `stepSize` and minima; keys
may stand in the row or in one of its filters. A row that cannot be used makes its own instrument
not tradable, never the rest; `problems` tells how often what happened.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from decimal import Decimal

from msgspec import Struct

from actors.venues.btcturk.amounts import AmountUnreadable, read
from actors.venues.btcturk.symbols import SymbolUnreadable, canonical
from actors.venues.port import VenueUnreadable
from messages.instrument import Instrument
from messages.money import ONE, Amount, floor_to

SCALE_MAX = 16
NOTIONAL_MIN_TRY = Amount(100)  # of a TRY instrument for which the venue states none
TRADABLE_WORDS = ("TRADING", "ACTIVE", "ENABLED")
MINIMUM_KEYS = ("minExchangeValue", "minAmount", "minTotalAmount", "minQuoteAmount", "minNotional")
MINIMUM_FILTERS = ("PRICE_FILTER", "MIN_TOTAL", "MIN_NOTIONAL", "NOTIONAL")
QUANTITY_FILTERS = ("QUANTITY_FILTER", "LOT_SIZE")
Row = Mapping[str, object]


class Rules(Struct, frozen=True, kw_only=True):
    """The venue's table, whole. *symbols*: instrument -> venue symbol."""

    instruments: tuple[Instrument, ...]
    symbols: Mapping[str, str]
    problems: Mapping[str, int]


class _Incomplete(Exception):
    """This row does not say what is needed to trade."""


def rules(data: object, *, price_increment: str, notional_min_try: Decimal) -> Rules:
    """Return the rules in the `data` of `exchangeinfo`.

    *price_increment* is `tick_size` (the screen's step where it is a multiple of the scale) or
    `scale` (the venue's own increment). Raises VenueUnreadable when there is no table at all.
    """
    rows = data.get("symbols") if isinstance(data, dict) else None
    if not isinstance(rows, list):
        raise VenueUnreadable("exchangeinfo has no list of symbols")
    problems: Counter[str] = Counter()
    found: dict[str, Instrument] = {}
    symbols: dict[str, str] = {}
    for raw in rows:
        row = raw if isinstance(raw, dict) else {}
        try:
            name = _name(row)
        except SymbolUnreadable:
            problems["SYMBOL_UNREADABLE"] += 1
            continue
        one = _Reader(row, by_tick=price_increment == "tick_size", floor=notional_min_try)
        found[name] = one.instrument(name)
        symbols[name] = _symbol(row, name)
        problems.update(one.problems)
    return Rules(instruments=tuple(found.values()), symbols=symbols, problems=problems)


def _name(row: Row) -> str:
    normalized, base, quote = (
        _word(row, k) for k in ("nameNormalized", "numerator", "denominator")
    )
    if normalized:
        return canonical(normalized, {})
    if base and quote:
        return canonical(f"{base}_{quote}", {})
    return canonical(_word(row, "name") or _word(row, "pairSymbol"), {})


def _symbol(row: Row, name: str) -> str:
    return _word(row, "name") or _word(row, "pairSymbol") or name.replace("_", "")


def _word(row: Row, key: str) -> str:
    said = row.get(key)
    return said.strip() if isinstance(said, str) else ""


class _Reader:
    """Reads one row with its filters."""

    def __init__(self, row: Row, *, by_tick: bool, floor: Decimal) -> None:
        self._row, self._by_tick, self._floor = row, by_tick, floor
        self.problems: Counter[str] = Counter()
        self._filters: dict[str, Row] = {}
        listed = row.get("filters")
        for one in listed if isinstance(listed, list) else ():
            if isinstance(one, dict):
                self._filters[_word(one, "filterType").upper()] = one

    def instrument(self, name: str) -> Instrument:
        """Return the instrument; one that is incomplete is not tradable and has steps of 1."""
        base, quote = name.split("_")
        try:
            return self._whole(name, base, quote)
        except (_Incomplete, AmountUnreadable, TypeError):
            self.problems["RULES_INCOMPLETE"] += 1
            return Instrument(
                instrument=name,
                base=base,
                quote=quote,
                price_increment=Amount(ONE),
                quantity_step=Amount(ONE),
                notional_min=NOTIONAL_MIN_TRY,
                not_tradable="RULES_INCOMPLETE",
            )

    def _whole(self, name: str, base: str, quote: str) -> Instrument:
        prices = ("PRICE_FILTER",)
        return Instrument(
            instrument=name,
            base=base,
            quote=quote,
            price_increment=Amount(self._price_increment()),
            quantity_step=Amount(self._quantity_step()),
            notional_min=Amount(self._notional_min(quote)),
            notional_max=_least(self._stated(("maxAmount",), prices, row=False)),
            price_min=_most(self._price_bounds("minimumLimitOrderPrice", "minPrice")),
            price_max=_least(self._price_bounds("maximumLimitOrderPrice", "maxPrice")),
            quantity_min=_most(self._stated(("minQuantity", "minQty"), QUANTITY_FILTERS)),
            quantity_max=_least(
                self._stated(("maxQuantity", "maxQty", "maximumOrderAmount"), QUANTITY_FILTERS)
            ),
            not_tradable=self._not_tradable(),
        )

    def _price_bounds(self, band: str, screen: str) -> list[Decimal]:
        """Return what bounds limit prices: the band that moves with the market, where it is stated.

        `minPrice` and `maxPrice` of the filter are placeholders at this venue, the same for every
        pair whatever it costs; they count only where there is no band.
        """
        stated = self._stated((band,), ("PRICE_FILTER",))
        return stated or self._stated((screen,), ("PRICE_FILTER",))

    def _not_tradable(self) -> str | None:
        status, methods = self._row.get("status"), self._row.get("orderMethods")
        if status is not None and str(status).strip().upper() not in TRADABLE_WORDS:
            return "NOT_TRADING"
        if isinstance(methods, list) and "LIMIT" not in [str(one).upper() for one in methods]:
            return "NO_LIMIT_ORDERS"
        return None

    def _price_increment(self) -> Decimal:
        """Return the step of prices. The venue's `tickSize` drives its screen (#205): it is taken
        only where it is a whole multiple of the true increment, at coarser prices then."""
        scale = self._scale("denominatorScale")
        if self._row.get("hasFraction") is False:
            scale = ONE
        tick = _most(self._stated(("tickSize",), ("PRICE_FILTER",)))
        if tick is not None and self._by_tick:
            if scale is None or floor_to(tick, scale) == tick:
                return tick
            self.problems["RULES_CONFLICT"] += 1
        if scale is None:
            raise _Incomplete("no scale and no increment of prices")
        return scale

    def _quantity_step(self) -> Decimal:
        step = _most(self._stated(("stepSize", "lotSize"), QUANTITY_FILTERS))
        scale = self._scale("numeratorScale")
        if step is None and scale is None:
            raise _Incomplete("no scale and no step of quantities")
        return step if step is not None else scale or ONE

    def _notional_min(self, quote: str) -> Decimal:
        stated = _most(self._stated(MINIMUM_KEYS, MINIMUM_FILTERS))
        if quote != "TRY":
            if stated is None:
                raise _Incomplete("no smallest order")
            return stated
        return max(NOTIONAL_MIN_TRY if stated is None else stated, self._floor)

    def _scale(self, key: str) -> Decimal | None:
        raw = self._row.get(key)
        if raw is None:
            return None
        scale = read(raw)
        if scale != scale.to_integral_value() or not 0 <= scale <= SCALE_MAX:
            raise _Incomplete(f"{key} is {scale}")
        return Decimal(1).scaleb(-int(scale))

    def _stated(
        self, keys: Iterable[str], filters: Iterable[str], *, row: bool = True
    ) -> list[Decimal]:
        """Return every positive amount stated under one of *keys*."""
        places = [self._row] if row else []
        places += [self._filters[name] for name in filters if name in self._filters]
        raws = [place.get(key) for place in places for key in keys]
        return [value for raw in raws if raw is not None and (value := read(raw)) > 0]


def _most(values: list[Decimal]) -> Amount | None:
    return Amount(max(values)) if values else None


def _least(values: list[Decimal]) -> Amount | None:
    return Amount(min(values)) if values else None
