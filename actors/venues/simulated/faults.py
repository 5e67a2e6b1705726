"""What goes wrong on purpose. Nothing does until a table of faults says so.

The table comes from a file (`--faults`, TOML or JSON), from the settings or by `/_faults`, and is
the same everywhere; docs/exchange.md explains each entry. What a table does not name stays as it
is. A fault with a count is used up one by one, oldest first; the others stay until changed.
"""

import tomllib
from collections import deque
from collections.abc import Iterable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta, Struct

from actors.venues.simulated.listing import LISTINGS

FAULTS_WAITING_MAX = 10_000
Count = Annotated[int, Meta(ge=0, le=FAULTS_WAITING_MAX)]
Lag = Annotated[int, Meta(ge=0, le=600_000)]
Percent = Annotated[int, Meta(ge=0, le=100)]


class FaultsWrong(ValueError):
    """A table of faults that cannot be used: every mistake, one a line."""

    exit_code = 78


class OutcomeKind(StrEnum):
    """What a new order meets."""

    DROP_BEFORE = "drop_before"  # the connection closes, the order is not taken
    DROP_AFTER_ACCEPT = "drop_after_accept"  # it is taken, the answer never comes
    DELAY_MS = "delay_ms"  # it is taken, the answer comes late
    HTTP_500_AFTER_ACCEPT = "http_500_after_accept"
    HTML_504_AFTER_ACCEPT = "html_504_after_accept"
    REFUSE_FUNDS = "refuse_funds"  # as in a busy moment: the same order is taken a little later
    REFUSE_MARKET = "refuse_market"
    REFUSE_WITH_200 = "refuse_with_200"  # it is refused, the status says it is not (#201)
    TRICKLED_AFTER_ACCEPT = "trickled_after_accept"
    TRUNCATED_AFTER_ACCEPT = "truncated_after_accept"


class AnswerKind(StrEnum):
    """What a REST call is told instead of being served, or how a true answer reaches it."""

    HTTP_500 = "http_500"
    HTTP_500_WORD = "http_500_word"  # its code is a word
    HTTP_503 = "http_503"
    HTML_403 = "html_403"
    HTML_504 = "html_504"
    UNAUTHORIZED = "unauthorized"
    UNAUTHORIZED_YES = "unauthorized_yes"  # 401 with `success: true`
    THROTTLED_IP = "throttled_ip"
    THROTTLED_ACCOUNT = "throttled_account"
    THROTTLED_OLD = "throttled_old"
    GARBAGE = "garbage"  # bytes that are no text
    CUT = "cut"  # the connection closes
    TRICKLED = "trickled"  # it is served, the answer comes in many parts
    TRUNCATED = "truncated"  # it is served, the connection closes after half of the answer


class Right(StrEnum):
    """What a key may be made without."""

    READ = "read"  # every signed GET
    TRADE = "trade"  # new orders and cancels
    STREAM = "stream"  # the login on the WebSocket


class OutcomeFault(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the next *count* new orders meet; *delay_ms*: before the answer, or each part of it."""

    kind: OutcomeKind
    count: Count = 1
    delay_ms: Lag = 0


class AnswerFault(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the next *count* REST calls to a path that begins with *path* are told; *delay_ms*:
    before each part of a trickled answer."""

    kind: AnswerKind
    count: Count = 1
    path: str = ""
    delay_ms: Lag = 0
    retry_after_s: Annotated[int, Meta(ge=1, le=3_600)] = 1


class Switches(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Every fault there is, off."""

    post_order_outcome: tuple[OutcomeFault, ...] = ()
    answers: tuple[AnswerFault, ...] = ()
    answer_delay_ms: Lag = 0
    maintenance: bool = False
    clock_skew_ms: Annotated[int, Meta(ge=-600_000, le=600_000)] = 0
    decimal_commas: bool = False
    swapped_numbers: bool = False
    code_as_text: bool = False
    shifted_codes: bool = False
    null_message: bool = False
    missing_data: bool = False
    extra_keys: bool = False
    http_status_code: bool = False
    hide_fills_ms: Lag = 0
    hide_orders_ms: Lag = 0
    stale_balances_ms: Lag = 0
    cancel_lag_ms: Lag = 0
    cancel_fill_percent: Percent = 0
    cancel_blocked: tuple[str, ...] = ()
    halted: tuple[str, ...] = ()
    price_band_percent: Percent = 0
    kline_gap_every: Count = 0
    silent_ws: bool = False
    silent_channels: tuple[str, ...] = ()
    lost_frames: tuple[int, ...] = ()
    double_frames: bool = False
    reordered_frames: bool = False
    unknown_frames: bool = False
    unreadable_frames: Count = 0
    frame_decimal_commas: bool = False
    frame_swapped_numbers: bool = False
    ws_cuts: Count = 0
    changeset_jump: Annotated[int, Meta(ge=0, le=1_000_000)] = 0
    strange_removals: bool = False
    system_message: str = ""
    ws_connect_429: Count = 0
    accept_then_close: Count = 0
    missing_rights: tuple[Right, ...] = ()


Fault = TypeVar("Fault", OutcomeFault, AnswerFault)
NAMES = Switches.__struct_fields__
OF_INSTRUMENTS = ("cancel_blocked", "halted")


class Faults:
    """Which faults are on, and what is left of those with a count."""

    def __init__(self) -> None:
        self.on = Switches()
        self._outcomes: deque[OutcomeFault] = deque()
        self._answers: deque[AnswerFault] = deque()
        self._left: dict[str, int] = {}

    def want(self, body: bytes) -> str | None:
        """Switch faults as *body* (JSON) says; return what is wrong with it, None when done."""
        try:
            self.switch(_object(msgspec.json.decode(body)))
        except (ValueError, RecursionError) as why:
            return str(why)
        return None

    def switch(self, table: Mapping[str, object]) -> None:
        """Switch what *table* names, all of it or nothing. Raises FaultsWrong."""
        wrong = [f"{name}: {why}" for name, one in table.items() if (why := _wrong(name, one))]
        if wrong:
            raise FaultsWrong("\n".join(wrong))
        wanted = msgspec.convert(dict(table), Switches)
        named = {name: getattr(wanted, name) for name in table}
        self.on = msgspec.structs.replace(self.on, **named)
        if "post_order_outcome" in table:
            self._outcomes = deque(_each(self.on.post_order_outcome))
        if "answers" in table:
            self._answers = deque(_each(self.on.answers))
        self._left |= {name: one for name, one in named.items() if type(one) is int}

    def next_outcome(self) -> OutcomeFault | None:
        """Return what this new order meets, and use it up."""
        return self._outcomes.popleft() if self._outcomes else None

    def next_answer(self, path: str) -> AnswerFault | None:
        """Return what this call is told instead of an answer, and use it up."""
        for one in self._answers:
            if path.startswith(one.path.lower()):
                self._answers.remove(one)
                return one
        return None

    def use(self, name: str) -> bool:
        """Return whether one is left of the count *name*, and use it up."""
        left = self._left.get(name, 0)
        if left:
            self._left[name] = left - 1
        return left > 0


def load(path: Path) -> dict[str, object]:
    """Return the table in a file, JSON where its name says so, TOML otherwise. Raises FaultsWrong,
    all mistakes at once."""
    try:
        text = path.read_text()
        raw = msgspec.json.decode(text) if path.suffix == ".json" else tomllib.loads(text)
        table = _object(raw)
        Faults().switch(table)
    except OSError as why:
        raise FaultsWrong(f"{path}: cannot be read ({why.strerror})") from why
    except ValueError as why:
        raise FaultsWrong("\n".join(f"{path}: {line}" for line in str(why).split("\n"))) from why
    return table


def _wrong(name: str, value: object) -> str | None:
    """Return what is wrong with one entry of a table."""
    if name not in NAMES:
        return f"no such fault; expected one of {', '.join(NAMES)}"
    try:
        found = msgspec.convert({name: value}, Switches)
    except msgspec.ValidationError as why:
        return str(why)
    if name in OF_INSTRUMENTS:
        unknown = [one for one in getattr(found, name) if one not in LISTINGS]
        if unknown:
            return f"not listed: {', '.join(unknown)}; expected some of {', '.join(LISTINGS)}"
    return None


def _object(raw: object) -> dict[str, object]:
    if not isinstance(raw, dict):
        raise FaultsWrong("expected a table of faults by name")
    return raw


def _each(faults: Iterable[Fault]) -> list[Fault]:
    return [fault for fault in faults for _ in range(fault.count)]
