"""The numbers of the venue adapter and of the simulated exchange, with the range of each.

Durations are in the unit of their name; amounts in the asset of their name. A venue fact that may
have changed or is not documented is a setting here, never a constant in code.
"""

from typing import Annotated

from msgspec import Meta, Struct, field

from messages.money import Amount

Milliseconds = Annotated[int, Meta(ge=1, le=600_000)]
Port = Annotated[int, Meta(ge=0, le=65_535)]
BOOK_CHANNELS = ("obdiff", "orderbook")
PRICE_CHANNELS = (*BOOK_CHANNELS, "ticker", "ticker:all")
CHANNELS = (*PRICE_CHANNELS, "trade", "tradeview")
SPEED_MAX = 100_000  # market seconds in a second
OPENING_BALANCES = {
    "TRY": Amount(25_000),
    "USDT": Amount(500),
    "SOL": Amount(4),
    "ETH": Amount("0.2"),
}
Count = Annotated[int, Meta(ge=1, le=1_000_000)]


class DefiniteReject(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One answer that surely means the venue did not take the order, and who says so."""

    message: Annotated[str, Meta(min_length=1)]
    source: Annotated[str, Meta(min_length=1)]


class EndpointBudget(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many calls one endpoint takes in a window of *period_s* seconds."""

    calls: Annotated[int, Meta(ge=1, le=10_000)]
    period_s: Annotated[int, Meta(ge=1, le=3_600)]


class StreamSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the WebSocket is kept alive."""

    channels: tuple[str, ...] = ("obdiff", "trade")  # of CHANNELS, operations.md
    open_timeout_ms: Milliseconds = 10_000
    confirm_timeout_ms: Milliseconds = 10_000  # from connected to login and joins confirmed
    book_silence_max_ms: Milliseconds = 15_000  # a book channel older than this: reconnect
    ticker_silence_max_ms: Milliseconds = 60_000
    trade_silence_max_ms: Milliseconds = 300_000  # a quiet market is not a dead channel
    private_silence_max_ms: Milliseconds = 600_000  # the account's own stream without a frame
    resnapshot_ms: Milliseconds = 10_000  # a full book at least this often
    trade_rejoin_ms: Milliseconds = 60_000  # quiet for so long: the last trades are asked for anew
    backoff_first_ms: Milliseconds = 500
    backoff_max_ms: Milliseconds = 30_000
    backoff_reset_ms: Milliseconds = 60_000  # this long with data: the next backoff starts anew
    connects_per_minute: Annotated[int, Meta(ge=1, le=7)] = 7  # two streams, one address
    login_nonce: Annotated[int, Meta(ge=1)] = 3_000

    def __post_init__(self) -> None:
        for name in self.channels:
            if name not in CHANNELS:
                raise ValueError(f"channels must be of {', '.join(CHANNELS)}, not {name!r}")
        if not set(PRICE_CHANNELS).intersection(self.channels):
            told = ", ".join(self.channels) or "none"
            raise ValueError(f"channels must have one of {', '.join(PRICE_CHANNELS)}, not {told}")
        # What is quiet says nothing between two joins: it must not be taken for dead.
        for sooner, later in (
            ("resnapshot_ms", "book_silence_max_ms"),
            ("trade_rejoin_ms", "trade_silence_max_ms"),
        ):
            least, most = getattr(self, sooner), getattr(self, later)
            if least >= most:
                raise ValueError(f"{sooner} must be less than {later} ({most}), not {least}")


class VenueSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the venue is and how it is spoken to.

    *definite_rejects* is the only list of messages that make a refusal certain; with an empty one
    every refused order stays unknown until it is resolved. *budgets* are keyed by `METHOD /path`.
    """

    base_url: str = "https://api.btcturk.com"
    graph_url: str = "https://graph-api.btcturk.com"
    ws_url: str = "wss://ws-feed-pro.btcturk.com"
    other_address: bool = False  # `live` may be at another address than the venue's own
    connect_timeout_ms: Milliseconds = 3_000
    read_timeout_ms: Milliseconds = 10_000
    write_timeout_ms: Milliseconds = 5_000
    call_timeout_ms: Milliseconds = 15_000  # of a whole call, however the bytes trickle
    body_bytes_max: Annotated[int, Meta(ge=1_024, le=64_000_000)] = 4_000_000
    price_increment: Annotated[str, Meta(pattern="^(tick_size|scale)$")] = "tick_size"
    notional_min_try: Amount = Amount(10)
    definite_rejects: tuple[DefiniteReject, ...] = ()
    budgets: dict[str, EndpointBudget] = field(default_factory=dict)
    stream: StreamSettings = StreamSettings()


class ExchangeAccount(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One account of the simulated exchange. Its secret protects nothing."""

    public_key: Annotated[str, Meta(min_length=1, max_length=100)] = "simulated-exchange-account"
    secret: str = "c2ltdWxhdGVkLWV4Y2hhbmdlLWFjY291bnQ="  # noqa: S105 - base64, of no real account
    balances: dict[str, Amount] = field(default_factory=lambda: dict(OPENING_BALANCES))


class ExchangeFees(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a trade costs at the simulated exchange, and the tax on that."""

    maker_bps: Amount = Amount(10)
    taker_bps: Amount = Amount(15)
    vat_ratio: Amount = Amount("0.2")


class ExchangePolicies(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What BtcTurk's documentation leaves open: how the simulated exchange decides."""

    market_rest: Annotated[str, Meta(pattern="^(close|refuse)$")] = "close"  # beyond the 5 %
    client_ids_unique: bool = False
    self_trade: Annotated[str, Meta(pattern="^(allow|refuse)$")] = "allow"
    stop_market_buys: bool = False  # their quantity is not documented; with True it is quote
    orders_page_max: Annotated[int, Meta(ge=1, le=10_000)] = 1_000  # rows of one allOrders page
    login_nonce_max: Annotated[int, Meta(ge=1, le=600_000)] = 600_000
    order_update_frames: bool = False  # 453 when a stop becomes active


class HouseSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The simulated market around our orders: what stands in the book and what hits it."""

    step_ms: Annotated[int, Meta(ge=10, le=5_000)] = 100  # the market moves this often
    levels: Annotated[int, Meta(ge=1, le=100)] = 25  # on each side
    half_spread_bps: Annotated[int, Meta(ge=0, le=500)] = 2
    level_gap_bps: Annotated[int, Meta(ge=1, le=500)] = 1
    level_notional_try: Annotated[int, Meta(ge=100)] = 15_000  # of the best level; deeper is more
    trades_per_s: Annotated[int, Meta(ge=0, le=1_000)] = 4  # per instrument
    trade_notional_try: Annotated[int, Meta(ge=100)] = 4_000  # mean of a public trade
    sweep_percent: Annotated[int, Meta(ge=0, le=100)] = 25  # of them clear several levels
    volatility_bps: Annotated[int, Meta(ge=0, le=100)] = 2  # of one second of a seeded walk
    band_percent: Annotated[int, Meta(ge=1, le=90)] = 15  # a seeded walk stays in around its start


class MirrorSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The public feed that the simulated exchange mirrors, book by book and trade by trade.

    A book is asked for anew every `stream.resnapshot_ms`, so one that does not change is heard of
    as well; what was not heard of for *silence_max_ms* has no market here.
    """

    ws_url: Annotated[str, Meta(pattern="^wss?://.")] = "wss://ws-feed-pro.btcturk.com"
    levels: Annotated[int, Meta(ge=1, le=500)] = 100  # of each side
    silence_max_ms: Milliseconds = 5_000
    stream: StreamSettings = StreamSettings(resnapshot_ms=2_000, book_silence_max_ms=10_000)

    def __post_init__(self) -> None:
        if self.silence_max_ms <= self.stream.resnapshot_ms:
            raise ValueError("silence_max_ms must be more than stream.resnapshot_ms")
        if not set(BOOK_CHANNELS).intersection(self.stream.channels):
            raise ValueError(f"stream.channels must have one of {', '.join(BOOK_CHANNELS)}")


class ExchangeSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The simulated exchange: its address, its market and its policies.

    With *market* the one *instrument* follows that file times *rate*, *speed* market seconds in a
    second; the others, and all without a file, follow a walk drawn from *seed*. With *mirror* all
    follow a public feed.
    """

    host: str = "127.0.0.1"
    port: Port = 0
    front_port: Port = 0  # REST calls go here, to something that passes them on; 0: nothing does
    stream_front_port: Port = 0  # the same for the WebSocket
    control: bool = False  # `/_truth` and `/_faults` are there, for proofs
    faults: str | None = None  # a file of faults that are on from the start, docs/exchange.md
    market: str | None = None
    mirror: MirrorSettings | None = None
    instrument: str = "BTC_TRY"
    rate: Amount = Amount(1)
    speed: Amount = Amount(1)
    seed: Annotated[int, Meta(ge=0, le=2**53)] = 1
    instruments: tuple[str, ...] = ("BTC_TRY", "ETH_TRY", "SOL_TRY", "USDT_TRY")
    account: ExchangeAccount = ExchangeAccount()
    more_accounts: tuple[ExchangeAccount, ...] = ()
    fees: ExchangeFees = ExchangeFees()
    policies: ExchangePolicies = ExchangePolicies()
    house: HouseSettings = HouseSettings()
    enforce_limits: bool = True
    stamp_window_ms: Annotated[int, Meta(ge=100, le=600_000)] = 5_000
    stamp_reuse_refused: bool = False
    delete_frame_on_fill: bool = False  # undocumented: does a complete fill also send a 452
    book_interval_ms: Annotated[int, Meta(ge=20, le=10_000)] = 200
    ticker_interval_ms: Annotated[int, Meta(ge=100, le=10_000)] = 1_000
    frames_waiting_max: Count = 1_000  # per WebSocket; a slower reader is cut off
    journal_bytes_max: Annotated[int, Meta(ge=1_000)] = 64_000_000  # grown by so much: compacted
    history_max: Annotated[int, Meta(ge=100, le=10_000_000)] = 200_000  # orders kept to be asked
    drain_max_ms: Annotated[int, Meta(ge=0, le=60_000)] = 11_000  # after the order to stop
    drain_quiet_ms: Annotated[int, Meta(ge=0, le=60_000)] = 1_000

    def __post_init__(self) -> None:
        if self.rate <= 0:
            raise ValueError(f"rate must be more than 0, not {self.rate}")
        if not 0 < self.speed <= SPEED_MAX:
            raise ValueError(f"speed must be above 0, at most {SPEED_MAX}, not {self.speed}")
        if self.market is not None and self.instrument not in self.instruments:
            raise ValueError(f"instrument must be among instruments, not {self.instrument}")
