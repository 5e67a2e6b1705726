"""A real executor in this thread: real store, real lanes, real timers; what it says is kept.

Instead of sockets there are lists. Permits are given as long as `permits` is True.
"""

import random
import time

import structlog

from actors.executor.actor import Executor
from actors.executor.settings import Asking, Limits, Settings
from actors.runtime.clock import SystemClock
from actors.runtime.effects import Route
from actors.runtime.lanes import Lanes
from actors.runtime.parts import Parts
from actors.runtime.settings import DeskSettings
from actors.runtime.timers import Timers
from actors.runtime.wire import Heard
from messages.fees import Fees
from messages.instrument import Instrument
from messages.life import Permit, Stop
from messages.market import Quote
from messages.money import Amount
from messages.state import AccountState, ExecutorStatus, InstrumentState
from store.identity import Identity

IDENTITY = Identity(mode="sim", base_url="http://127.0.0.1", key_hash="0" * 16)
LIMITS = Limits(
    collar_bps=500,
    quote_age_max_ms=300_000,
    order_notional_max_try=Amount(10_000),
    gross_max_try=Amount(1_000_000),
    orders_per_s_max=100,
    orders_per_min_max=1_000,
    day_notional_max_try=Amount(10_000_000),
)
DESK = DeskSettings(
    mode="sim", prefix="t", instruments=("BTC_TRY", "ETH_TRY"), strategies=("one", "two")
)
NOBODY = Route(socket="executor.control", peer=b"someone")


def settings(**changed):
    given = {
        "limits": LIMITS,
        "dry_run": False,
        "fees": Fees(),
        "visibility_lag_s": 0,
        "window_ms": 500,
        "on_absent": "release",
        "asking": Asking(twice_apart_ms=300, scan_first_ms=100, open_orders_idle_ms=500),
    }
    return Settings(**given | changed)


class Kept:
    """The outlet: lanes and timers are real, what is said is kept."""

    def __init__(self, actor):
        self.actor = actor
        self.said, self.backs, self.asked, self.ended = [], [], [], None
        self.timers = Timers(actor.clock)
        self.lanes = Lanes(actor.lanes(), actor.post, lock=actor.gate_lock)

    def open(self):
        self.actor.actor_inbox.bind([], [self.timers], broken=self._broken)

    def say(self, message, trail):
        self.said.append(message)

    def back(self, route, message, trail):
        self.backs.append((route, message))

    def after(self, delay_ms, message):
        self.timers.after(delay_ms, message)

    def call(self, call):
        self.asked.append(call.request)
        return self.lanes.offer(call)

    def room(self, lane):
        return self.lanes.room(lane)

    def exit(self, code, reason):
        self.ended = code

    def _broken(self, error):
        raise error


class Driver:
    """One executor on one run directory, driven turn by turn until something is so."""

    def __init__(self, run_dir, client, *, own=None, desk=DESK, stream=None, permits=True):
        parts = Parts(
            role="executor",
            run_id="test",
            run_dir=run_dir,
            clock=SystemClock(),
            log=structlog.wrap_logger(None, processors=[_drop]),
            rng=random.Random(1),
        )
        self.clients = []
        self.actor = Executor(
            parts,
            desk=desk,
            own=own or settings(),
            identity=IDENTITY,
            client=lambda: self._kept(client()),
            stream=stream,
        )
        self.permits = permits
        self.outlet = self.actor.outlet = Kept(self.actor)
        self.quotes = {}
        self.actor.on_start()

    @property
    def session(self):
        return self.actor._session

    @property
    def books(self):
        return self.session.books

    def hear(self, message, route=NOBODY):
        """Hand over one message as a turn of its own."""
        self.actor.on_receive((Heard(message=message, route=route),))

    def turn(self):
        """Wait for what comes next and live one turn."""
        self.actor.on_receive(self.actor.actor_inbox.get().message)
        status = next(
            (one for one in reversed(self.outlet.said[-50:]) if isinstance(one, ExecutorStatus)),
            None,
        )
        if status and self.permits and status is not getattr(self, "_echoed", None):
            self._echoed = status
            for issuer in ("risk_gate", "supervisor"):
                self.hear(Permit(nonce=status.nonce, issuer=issuer, kill_epoch=status.kill_epoch))

    def until(self, so, seconds=10):
        """Live until *so* is true; fail after *seconds*."""
        end = time.monotonic() + seconds
        while not so():
            assert time.monotonic() < end, f"not so within {seconds} s"
            assert self.outlet.ended is None or so(), "the executor ended"
            self.turn()

    def ready(self):
        """Live until orders may be sent."""
        self.until(lambda: self.session.gate().ready and _permitted(self.session))

    def said(self, kind):
        return [one for one in self.outlet.said if isinstance(one, kind)]

    def said_status(self):
        """Live until the executor has said how it is; return that."""
        self.until(lambda: self.said(ExecutorStatus))
        return self.said(ExecutorStatus)[-1]

    def answers(self, message):
        """Hand over a command; return the answers so far to whoever asks."""
        before = len(self.outlet.backs)
        self.hear(message)
        return [said for _, said in self.outlet.backs[before:]]

    def state(self, instrument):
        return [s for s in self.said(InstrumentState) if s.instrument == instrument][-1]

    def account(self):
        return self.said(AccountState)[-1]

    def quote(self, instrument, bid, ask):
        """Tell a fresh quote and remember its mid."""
        self.quotes[instrument] = (Amount(bid), Amount(ask))
        self.hear(
            Quote(
                instrument=instrument,
                bid=Amount(bid),
                bid_quantity=Amount(1),
                ask=Amount(ask),
                ask_quantity=Amount(1),
                median=None,
                channel="book",
                venue_ms=None,
                age_ms=0,
                seq=1,
                problem=None,
                at_ms=self.actor.clock.wall_ms(),
            )
        )

    def rules(self, *instruments: Instrument):
        for one in instruments:
            self.hear(one)

    def stop(self, reason="ORDERED"):
        """Stop in order and live to the end; return the exit code."""
        self.hear(Stop(reason=reason))
        self.until(lambda: self.outlet.ended is not None, 30)
        return self.outlet.ended

    def crash(self):
        """Let go of everything as a killed process would, but for what is durable."""
        self._let_go()
        self.actor._writer._database.close()
        self.actor._writer._lock.release()

    def close(self):
        self._let_go()
        self.actor._writer.close()

    def _let_go(self):
        self.outlet.lanes.close()
        self.actor._stream.stop()
        while self.clients:
            self.clients.pop().close()

    def _kept(self, client):
        self.clients.append(client)
        return client


def _permitted(session):
    return session.permits.until_ms(2_000) > session.started_ms


def _drop(_logger, _name, _event):
    raise structlog.DropEvent
