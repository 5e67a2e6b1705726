"""What a person sees of a desk: the panel on a terminal, and lines everywhere else."""

from decimal import Decimal

import pytest
from msgspec.structs import replace
from rich.console import Console

from actors.runtime.logs import time_of_day
from messages.market import FeedVerdict
from messages.orders import OrderState, Side
from messages.records import AuditStatus, Breach, DecisionLine
from messages.state import Level, PermitAge
from scripts import panel, words
from scripts.tables import ActorLine, QuoteLine
from tests.builders import WALL_MS, account, alive, feed_status, holding, quote, state
from tests.builders import executor_status as status

ROLES = ("market_data", "strategy", "allocator", "risk_gate", "executor", "persistence")
PERMITS = (
    PermitAge(issuer="risk_gate", age_ms=100),
    PermitAge(issuer="supervisor", age_ms=200),
)


def actor(role: str = "executor", **given) -> ActorLine:
    ordinary = {"role": role, "pid": 7, "state": "ready", "restarts": 0, "heartbeat_age_ms": 100}
    return ActorLine(**(ordinary | given))


def view(**given) -> panel.View:
    """A desk of which everything is well."""
    ordinary = {
        "mode": "sim",
        "host": "here",
        "quote": "TRY",
        "uptime_s": 3_723,
        "actors": tuple(actor(role) for role in ROLES),
        "services": (actor("exchange"),),
        "status": status(permits=PERMITS),
        "account": account(),
        "states": (state(),),
        "quotes": (QuoteLine(quote=quote(), age_ms=240),),
        "feed": feed_status("BTC_TRY"),
    }
    return panel.View(**(ordinary | given))


def decision(**given) -> DecisionLine:
    ordinary = {
        "at_ms": WALL_MS,
        "instrument": "BTC_TRY",
        "strategy": "mean_reversion",
        "side": "buy",
        "quantity": "0.0003",
        "price": "2999000",
        "outcome": "sent",
        "reason": "BELOW_BAND",
    }
    return DecisionLine(**(ordinary | given))


def shown(one: panel.View, *, width: int = 100, height: int = 35) -> str:
    console = Console(width=width, height=height, force_terminal=True, color_system=None)
    with console.capture() as capture:
        console.print(panel.draw(one, width=width, height=height))
    return capture.get()


SIZES = [(80, 24), (100, 35), (160, 50)]


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_it_fills_the_terminal_and_not_a_line_more(width, height):
    lines = shown(view(), width=width, height=height).rstrip("\n").split("\n")

    assert len(lines) == height
    assert max(len(line) for line in lines) <= width


@pytest.mark.parametrize(("width", "height"), SIZES)
@pytest.mark.parametrize(
    "word",
    [*ROLES, "exchange", "sim", "1:02:03", "ACTIVE", "risk_gate", "BTC_TRY", "2 999 000", "NORMAL"],
)
def test_what_counts_is_seen_at_every_size(width, height, word):
    assert word in shown(view(), width=width, height=height)


@pytest.mark.parametrize(("width", "height"), [(40, 12), (20, 6), (1, 1)])
def test_a_terminal_that_is_too_small_shows_less_and_breaks_nothing(width, height):
    assert shown(view(), width=width, height=height)


def test_a_desk_of_which_nothing_is_heard_is_drawn_too():
    empty = panel.View(mode="sim", host="here", quote="TRY", uptime_s=0, actors=())

    assert "level not known" in shown(empty)


@pytest.mark.parametrize(
    ("given", "word"),
    [
        ({"state": "hung"}, "hung"),
        ({"state": "backoff", "restarts": 3}, "↻3"),
        ({"state": "recovering", "waiting_for": "states"}, "recovering: states"),
        ({"heartbeat_age_ms": 2_900}, "2.9s"),
        ({"heartbeat_age_ms": None}, "–"),
    ],
)
def test_an_actor_is_shown_as_it_is(given, word):
    assert word in shown(view(actors=(actor(**given),), services=()))


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"level": Level.HALTED}, " HALTED"),
        ({"latched": True, "level": Level.HALTED}, "HALTED killed"),
        ({"armed": "LIVE_TRADING"}, "not armed: LIVE_TRADING"),
        ({"dry_run": True}, "dry run"),
    ],
)
def test_what_keeps_the_desk_from_trading_stands_at_the_top(given, words):
    drawn = shown(view(status=status(permits=PERMITS, **given)))

    assert words in drawn.split("\n")[0]


@pytest.mark.parametrize(("age_ms", "mark"), [(2_000, "✓"), (2_001, "✗"), (None, "✗")])
def test_a_permit_counts_for_two_seconds(age_ms, mark):
    permits = (PermitAge(issuer="supervisor", age_ms=age_ms),)

    assert f"{mark} supervisor" in shown(view(status=status(permits=permits)))


def test_a_position_shows_what_it_is_worth_and_what_it_gained():
    one = state(by_strategy={"mean_reversion": holding("0.01", cost="2990000")})

    drawn = shown(view(states=(one,)), width=160)

    assert "mean_reversion" in drawn
    assert "30 000.00" in drawn
    assert "+100.00" in drawn


@pytest.mark.parametrize("width", [80, 100])
def test_a_narrow_terminal_keeps_position_and_gain(width):
    one = state(by_strategy={"mean_reversion": holding("0.00004935", cost="2990000")})

    drawn = shown(view(states=(one,)), width=width)

    assert "0.00004935" in drawn
    assert "+0.49" in drawn


def test_room_below_the_decisions_shows_what_happened_to_the_desk():
    event = panel.event_line({"at_ms": WALL_MS, "event": "actor_ready", "child": "executor"})

    drawn = shown(view(decisions=(decision(),), events=(event,)))

    assert drawn.index("BELOW_BAND") < drawn.index("actor ready")


def test_a_position_of_unknown_cost_claims_no_gain():
    one = state(by_strategy={"": holding("0.01", cost=None)})

    drawn = shown(view(states=(one,)))

    assert "before" in drawn
    assert "+" not in drawn


def test_an_open_order_shows_its_side_price_and_state():
    one = alive(side=Side.SELL, price="3001000", quantity="0.01", state=OrderState.UNKNOWN)

    drawn = shown(view(states=(state(orders=(one,)),)))

    for word in ("sell", "3 001 000", "UNKNOWN"):
        assert word in drawn


def test_a_quote_that_must_not_be_traded_on_says_why():
    stale = QuoteLine(quote=quote(problem="STALE"), age_ms=5_100)

    assert "STALE" in shown(view(quotes=(stale,)))


def test_the_newest_decisions_fit_and_the_rest_is_left_out():
    many = tuple(decision(price=str(number)) for number in range(1_000, 1_100))

    drawn = shown(view(decisions=many))

    assert "1000" in drawn
    assert "1099" not in drawn


def test_before_the_first_decision_there_is_what_happened():
    event = panel.event_line({"at_ms": WALL_MS, "event": "actor_ready", "child": "executor"})

    assert "actor ready" in shown(view(events=(event,)))


def test_unknown_orders_and_a_breach_stand_at_the_bottom():
    broken = AuditStatus(
        audited_seq=1,
        head_hash="",
        lag_ms=0,
        breach=Breach(invariant="I3", where="w", expected="0", found="1"),
        at_ms=WALL_MS,
    )

    bottom = shown(view(status=status(unknown_orders=2), audit=broken)).split("\n")[-2:]

    assert "unknown orders 2" in "".join(bottom)
    assert "breach" in "".join(bottom)


def test_a_feed_that_is_not_normal_says_why():
    bad = feed_status("BTC_TRY", verdict=FeedVerdict.OBSERVE, reason="NO_FRESH_QUOTE")

    assert "OBSERVE NO_FRESH_QUOTE" in shown(view(feed=bad))


def test_a_desk_that_stops_says_so():
    assert "stopping: interrupted" in shown(view(ending="interrupted"))


def test_a_line_of_the_log_is_read_at_a_glance():
    line = panel.event_line(
        {
            "at_ms": WALL_MS,
            "level": "error",
            "event": "actor_failed",
            "role": "supervisor",
            "pid": 1,
            "run_id": "r",
            "child": "executor",
            "exit_code": 70,
            "next_ms": None,
        }
    )

    assert line.plain == f"{time_of_day(WALL_MS)} actor failed child executor exit_code 70"


def test_the_summary_is_one_line_with_what_counts():
    line = panel.summary_line(view(), WALL_MS).plain

    assert "\n" not in line
    for word in ("ACTIVE", "6/6 ready", "equity", "quotes 1/1 fresh", "unknown 0"):
        assert word in line


def test_the_summary_of_a_desk_of_which_nothing_is_heard_is_a_line_too():
    empty = panel.View(mode="sim", host="here", quote="TRY", uptime_s=0, actors=())

    assert "0/0 ready" in panel.summary_line(empty, WALL_MS).plain


def test_a_decision_is_one_line():
    line = panel.decision_line(decision()).plain

    assert line.endswith("BTC_TRY mean_reversion buy 0.0003 at 2999000 sent BELOW_BAND")


@pytest.mark.parametrize(
    ("value", "text"),
    [("1234567.891", "1 234 567.89"), ("-0.005", "-0.00"), ("0", "0.00"), ("12", "12.00")],
)
def test_money_has_two_decimals_and_its_thousands_apart(value, text):
    assert words.money(Decimal(value)) == text


@pytest.mark.parametrize(
    ("value", "text"), [("1350000.5", "1 350 000.5"), ("0.00012", "0.00012"), ("34", "34")]
)
def test_a_price_keeps_every_digit(value, text):
    assert words.price(Decimal(value)) == text


def test_no_price_is_a_dash():
    assert words.price(None) == "–"


@pytest.mark.parametrize(
    ("values", "bars"),
    [([], ""), ([1], ""), ([1, 1], "▄▄"), ([0, 7], "▁█"), ([0, 1, 2, 3, 4, 5, 6, 7], words.TREND)],
)
def test_a_trend_runs_from_the_lowest_to_the_highest(values, bars):
    assert words.trend([Decimal(value) for value in values]) == bars


def test_an_age_that_is_too_old_is_red():
    assert [words.age(age_ms).style for age_ms in (3_000, 3_001)] == ["bright_black", "bold red"]


def test_a_view_is_a_value():
    assert replace(view(), killed=True) != view()
