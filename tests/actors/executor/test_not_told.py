"""What the venue does not tell the desk any more is in the log, and health is not green."""

import structlog
from msgspec.structs import replace

from actors.executor import commands
from actors.executor.session import Now
from messages.orders import OrderState, Side
from scripts import checks
from scripts.checks import State
from tests.actors.executor.driving import settings
from tests.actors.executor.venues import trading
from tests.actors.venues.served import CLOCK

GARBAGE = {"kind": "garbage", "path": "/api/v1/users/balances", "count": 100}
ASKING = replace(settings().asking, reconcile_every_s=1)


def health(driver, later_ms):
    """Return the worst that health makes of a desk that is as it is now for *later_ms* more."""
    now = driver.actor._now()
    later = Now(
        wall_ms=now.wall_ms + later_ms,
        mono_ms=now.mono_ms + later_ms,
        mono_ns=now.mono_ns + later_ms * 1_000_000,
    )
    told = commands.status(driver.session, later)
    return checks.worst(
        [
            *checks.reads(told["reads_failing"]),
            checks.compared(told["reconciled_age_ms"], told["reconcile_every_ms"]),
        ]
    )


def test_balances_that_cannot_be_read_are_logged_with_their_bytes_and_health_is_not_green(run_dir):
    said = []
    with trading(run_dir) as place:
        driver = place.opened(own=settings(asking=ASKING))
        driver.actor.log = structlog.wrap_logger(None, processors=[kept_in(said)])
        place.served.faults(answers=[GARBAGE])
        driver.until(lambda: events(said, "frames_unreadable") and events(said, "read_failed"))
        verdicts = [health(driver, later_ms) for later_ms in (0, 35_000, 125_000)]

        place.served.faults(answers=[])
        driver.until(lambda: events(said, "read_answered"))

        assert events(said, "read_failed") == [
            {"event": "read_failed", "read": "balances", "code": "UNREADABLE"}
            | {"reason": events(said, "read_failed")[0]["reason"]}
        ]
        assert events(said, "frames_unreadable")[0]["raw"]
        assert verdicts == [State.PASS, State.WARN, State.FAIL]
        assert place.differences() == {}


def test_what_is_odd_and_read_all_the_same_is_told_once_counted_and_worth_a_look(run_dir):
    said = []
    own = settings(asking=ASKING)
    with trading(run_dir) as place:
        driver = place.open(own=own)
        driver.actor.log = structlog.wrap_logger(None, processors=[kept_in(said)])
        driver.ready()
        place.served.faults(decimal_commas=True)

        driver.until(lambda: driver.session.answering.odd["DECIMAL_COMMA"] > 1)
        driver.until(lambda: events(said, "read_odd"))
        told = commands.status(driver.session, driver.actor._now())["odd"]

        assert events(said, "read_odd") == [{"event": "read_odd", "code": "DECIMAL_COMMA"}]
        assert checks.odd(told).state is State.WARN
        assert place.differences() == {}


def test_a_key_without_the_right_to_the_stream_is_told_and_the_books_stay_right(run_dir):
    said = []
    with trading(run_dir) as place:
        place.served.faults(missing_rights=["stream"])
        driver = place.open(stream=True)
        driver.actor.log = structlog.wrap_logger(None, processors=[kept_in(said)])
        driver.ready()
        driver.until(lambda: events(said, "private_stream_lost"))
        name = place.resting()
        place.stranger.trade(Side.SELL, "0.001", place.inside)
        driver.until(lambda: place.state_of(name) is OrderState.FILLED)
        told = commands.status(driver.session, driver.actor._now())["private_stream"]

        assert told["reason"].startswith("LOGIN_REFUSED")
        assert checks.private_stream(told).state is State.WARN
        assert place.differences() == {}


def test_the_stream_logs_in_by_the_venues_clock_and_not_the_hosts(run_dir):
    with trading(run_dir) as place:
        place.served.faults(clock_skew_ms=4_000)
        place.open(stream=True).ready()

        assert 3_500 < place.login_ms() - CLOCK.wall_ms() < 4_500


def events(said, name):
    return [one for one in said if one["event"] == name]


def kept_in(said):
    """Return what keeps a line of the log in *said* and lets nothing out."""

    def keep(_logger, _name, event):
        said.append(dict(event))
        raise structlog.DropEvent

    return keep
