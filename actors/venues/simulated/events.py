"""What can happen to an account at the simulated exchange: the lines of its journal.

Amounts are exact, positive and canonical text on disk; times are ms UTC. Folding the events in
order gives every order, fill and balance (`history.py`, `accounts.py`).
"""

from enum import StrEnum

from msgspec import Struct

from messages.money import Amount
from messages.orders import Side


class Method(StrEnum):
    """How an order trades; a stop waits until the last trade reaches its stop price."""

    LIMIT = "limit"
    MARKET = "market"
    STOP_LIMIT = "stoplimit"
    STOP_MARKET = "stopmarket"

    @property
    def priced(self) -> bool:
        return self in (Method.LIMIT, Method.STOP_LIMIT)

    @property
    def stops(self) -> bool:
        return self in (Method.STOP_LIMIT, Method.STOP_MARKET)


class Status(StrEnum):
    """The venue's own words."""

    UNTOUCHED = "Untouched"
    PARTIAL = "Partial"
    CLOSED = "Closed"
    CANCELED = "Canceled"


class Deposited(Struct, frozen=True, kw_only=True, tag="deposited"):
    """Money came in from outside; the opening balances come so."""

    deposit_id: int
    account: str
    asset: str
    amount: Amount
    at_ms: int


class Requested(Struct, frozen=True, kw_only=True, tag="requested"):
    """A withdrawal was asked for: *amount* is set aside for it."""

    account: str
    asset: str
    amount: Amount
    at_ms: int


class Withdrawn(Struct, frozen=True, kw_only=True, tag="withdrawn"):
    """Money left: first what was set aside, then free funds. Ids are those of deposits as well."""

    withdrawal_id: int
    account: str
    asset: str
    amount: Amount
    at_ms: int


class Accepted(Struct, frozen=True, kw_only=True, tag="accepted"):
    """An order exists. *hold* of the spent asset is set aside for it.

    *quantity* is base, but quote for a buy without a price (BtcTurk docs, submit-order). *price* is
    None where the market makes it, *stop_price* for orders that do not wait. *gross_taker* is the
    taker fee with tax, as a ratio of the notional, of that day.
    """

    order_id: int
    account: str
    client_order_id: str
    instrument: str
    side: Side
    method: Method
    quantity: Amount
    price: Amount | None
    hold: Amount
    gross_taker: Amount
    at_ms: int
    stop_price: Amount | None = None


class Triggered(Struct, frozen=True, kw_only=True, tag="triggered"):
    """A stop order saw its stop price: from now on it trades as what comes after the stop."""

    order_id: int
    at_ms: int


class Filled(Struct, frozen=True, kw_only=True, tag="filled"):
    """Part of an order traded. *fee* and *tax* are costs in the quote asset."""

    trade_id: int
    order_id: int
    price: Amount
    quantity: Amount
    fee: Amount
    tax: Amount
    maker: bool
    at_ms: int


class Ended(Struct, frozen=True, kw_only=True, tag="ended"):
    """An order ended before its quantity was filled, or was a market order."""

    order_id: int
    status: Status
    at_ms: int


Event = Deposited | Requested | Withdrawn | Accepted | Triggered | Filled | Ended
Transfer = Deposited | Withdrawn


class Held(Struct, frozen=True, kw_only=True):
    """One asset of an account, all of it at the market, or what fees and taxes ate."""

    free: Amount
    locked: Amount = Amount(0)
    requested: Amount = Amount(0)


class Carried(Struct, frozen=True, kw_only=True, tag="carried"):
    """Where a compacted journal begins: what everything before it came to.

    The events from here to `CarriedEnd` are told again, of the orders that can still be asked for;
    their money is in *accounts* already. *archives* files hold every event from the first on.
    """

    archives: int
    accounts: dict[str, dict[str, Held]]
    deposited: dict[str, Amount]
    market: dict[str, Amount]
    fees: dict[str, Amount]
    taxes: dict[str, Amount]
    last_order_id: int
    last_trade_id: int
    last_deposit_id: int
    at_ms: int


class CarriedEnd(Struct, frozen=True, kw_only=True, tag="carried_end"):
    """From here on every event moves money again."""

    at_ms: int


Line = Event | Carried | CarriedEnd
