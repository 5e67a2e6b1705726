"""A real desk for the benchmark: six processes, the simulated exchange, orders without end.

Its one strategy always wants a little more, at once and across the spread, so that each fresh quote
may lead to an order. Calls to the exchange pass through a `Relay`, which notes when bytes come.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from actors import topology
from actors.runtime import endpoints
from actors.runtime.clock import SystemClock
from actors.runtime.control import Unreachable, ask
from actors.topology import ROLES
from messages.control import Reply, StatusQuery
from scripts.bench.relay import Relay
from scripts.chaos.relays import Relays, detour, place
from scripts.pace import Pace

CHECKOUT = Path(__file__).resolve().parents[2]
READY_WITHIN_MS = 60_000
ENDS_WITHIN_S = 40
POLL_MS = 2
SAID_MAX = 600  # characters
ASK_S = 2.0

BUSY_INSTRUMENTS = ("BTC_TRY", "ETH_TRY", "SOL_TRY")  # each of them quoted at the pace of the desk
# Everything that slows a desk down on purpose is switched off; nothing else is.
BUSY = """\
extends = "fast.toml"

[supervision]
restarts_max = 1_000
backoff_first_ms = 0
backoff_max_ms = 0

[desk]
prefix = "bench"
instruments = {instruments}
adopt_holdings = false

[strategy]
decide_every_ms = 0

[[strategy.run]]
kind = "mean_reversion"
name = "always_more"
instruments = {instruments}
anchor_price = 1_000_000_000
bootstrap_try = 150
order_try = 150
window_s = 60
sample_s = 1
samples_min = 1

[market_data]
quote_every_ms = 0

[allocator]
pricing = "cross"
offset_bps = 50
position_max_try = 1_000_000_000
pass_max_try = 1_000_000_000
order_max_try = 1_000
orders_per_pass_max = 100
every_ms = 1
refused_again_ms = 1

[risk_gate]
position_max_try = 1_000_000_000
gross_max_try = 1_000_000_000
orders_max = 1_000
instrument_orders_max = 1_000
orders_per_s_max = 1_000
orders_per_min_max = 60_000
cooldown_ms = 1
repeated_max = 100_000
daily_loss_max_try = 1_000_000_000
fee_day_max_try = 1_000_000_000
loss_streak_max = 1_000

[risk_gate.modes]
drawdown_max_try = 1_000_000_000
exposure_max_try = 1_000_000_000

[executor.limits]
gross_max_try = 1_000_000_000
orders_per_s_max = 1_000
orders_per_min_max = 60_000
day_notional_max_try = 1_000_000_000

[executor.budgets]
submit = {{ burst = 1_000, per_min = 60_000 }}
cancel = {{ burst = 1_000, per_min = 60_000 }}
order = {{ burst = 1_000, per_min = 60_000 }}
open_orders = {{ burst = 1_000, per_min = 60_000 }}
fills = {{ burst = 1_000, per_min = 60_000 }}

[exchange]
instruments = {instruments}
port = {port}
front_port = {front}
speed = 1
book_interval_ms = {pace_ms}
enforce_limits = false

[exchange.account]
balances = {{ TRY = 1_000_000_000 }}

[exchange.house]
step_ms = {pace_ms}
level_notional_try = 1_000_000
"""


# The same, but its strategy never wants anything: what is sent comes from who measures.
# Who dies twice stays away for a while, and silence is short.
PATIENT = """\
extends = "busy.toml"

[supervision]
backoff_first_ms = 6_000
backoff_max_ms = 6_000
silence_ms = 8_000

[executor]
silence_ms = 4_000

[[strategy.run]]
kind = "mean_reversion"
name = "patient"
instruments = {instruments}
anchor_price = 1
bootstrap_try = 0
order_try = 150
window_s = 60
sample_s = 1
samples_min = 1
"""


# The same, but every order rests far below the market: one per strategy and instrument.
RESTING_INSTRUMENTS = ("BTC_TRY", "ETH_TRY", "SOL_TRY", "USDT_TRY", "DOGE_TRY")
RESTING_STRATEGIES = 20  # as many as a desk takes
RESTING_STEP_TRY = 3  # wishes less than 1 % apart would count as one
RESTING = """\
extends = "busy.toml"

[desk]
instruments = {instruments}

[allocator]
pricing = "passive"
offset_bps = 400
drift_max_bps = 5_000
order_age_max_s = 86_400

[risk_gate]
collar_bps = 5_000
collar_median_bps = 5_000

[executor.limits]
collar_bps = 5_000

[exchange]
instruments = {instruments}
"""
RESTING_RUN = """
[[strategy.run]]
kind = "mean_reversion"
name = "resting_{number}"
instruments = {instruments}
anchor_price = 1_000_000_000
bootstrap_try = {order_try}
order_try = {order_try}
window_s = 60
sample_s = 1
samples_min = 1
"""


class Desk:
    """A desk that runs in *run_dir* until `stop`; *relay* saw every call it made."""

    def __init__(
        self,
        run_dir: Path,
        process: "subprocess.Popen[bytes]",
        relay: Relay,
        links: Relays | None,
    ) -> None:
        self.run_dir = run_dir
        self.links = links
        self.relay = relay
        self._process = process
        self._clock = SystemClock()
        self.began_ns = self._clock.mono_ns()

    def ask(self, socket_name: str, message: object) -> Reply:
        """Return what the desk answers. Raises Unreachable."""
        return ask(self.run_dir, socket_name, message, ASK_S)

    def status(self) -> dict[str, Any]:
        """Return the supervisor's report, empty while there is none."""
        try:
            return ask(self.run_dir, "supervisor.control", StatusQuery(), ASK_S).report
        except Unreachable:
            return {}

    def actors(self) -> dict[str, Mapping[str, Any]]:
        """Return what the supervisor tells of each actor, by role."""
        return {one["role"]: one for one in self.status().get("actors", ())}

    def wait_ready(self) -> None:
        """Wait until all six are ready. Raises RuntimeError when they are not in time."""
        until_ms = self._clock.mono_ms() + READY_WITHIN_MS
        pace = Pace(POLL_MS)
        while self._clock.mono_ms() < until_ms:
            if self._process.poll() is not None:
                raise RuntimeError(f"the desk ended with {self._process.returncode}: {self.said()}")
            found = self.actors()
            if len(found) == len(ROLES) and all(a["state"] == "ready" for a in found.values()):
                return
            pace.rest(POLL_MS / 1_000)
        raise RuntimeError(f"the desk was not ready within {READY_WITHIN_MS} ms")

    def said(self) -> str:
        """Return the last words of the supervisor."""
        words = (self.run_dir / "bench.out").read_text(encoding="utf-8", errors="replace")
        return words[-SAID_MAX:].strip()

    def log_lines(self, name: str, *, since: int = 0) -> Iterator[dict[str, Any]]:
        """Give the whole lines of one actor's log, those after the byte *since*."""
        if self._log(name).exists():
            with self._log(name).open("rb") as log:
                log.seek(since)
                for line in log:
                    if line.endswith(b"\n"):
                        yield json.loads(line)

    def log_bytes(self, name: str) -> int:
        """Return how long one actor's log is now."""
        return self._log(name).stat().st_size

    def _log(self, name: str) -> Path:
        return self.run_dir / "logs" / f"{name}.jsonl"

    def stop(self) -> None:
        """Stop in order; after ENDS_WITHIN_S the supervisor is killed, and all with it."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(ENDS_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self.relay.close()


@contextmanager
def desk(
    directory: Path,
    *,
    pace_ms: int = 20,
    instruments: Sequence[str] = BUSY_INSTRUMENTS,
    ready: bool = True,
    wants: str = "busy",
    link: str = "",
) -> Iterator[Desk]:
    """Give a busy desk in a new run directory below *directory*; it is stopped with the block.

    *link* (`<role>><socket>`) passes a relay, so that it can be cut.
    """
    with tempfile.TemporaryDirectory(prefix="desk-", dir=directory) as name:
        run_dir = Path(name)
        port = _free_port()
        relay = Relay(("127.0.0.1", port))
        config = write_config(
            run_dir, port, relay.port, pace_ms=pace_ms, wants=wants, instruments=instruments
        )
        with _cuttable(run_dir, link) as (links, environ):
            started = Desk(run_dir, _start(run_dir, config, environ), relay, links)
            try:
                if ready:
                    started.wait_ready()
                yield started
            finally:
                started.stop()


def write_config(
    directory: Path,
    port: int,
    front_port: int,
    *,
    pace_ms: int,
    wants: str = "busy",
    instruments: Sequence[str] = BUSY_INSTRUMENTS,
) -> Path:
    """Write the configuration of a desk into *directory* and return its path.

    *wants* says what its strategies want: more without end (`busy`), orders that rest (`resting`,
    on instruments of its own), nothing (`patient`).
    """
    names = json.dumps(instruments)
    busy = directory / "busy.toml"
    busy.write_text(BUSY.format(port=port, front=front_port, pace_ms=pace_ms, instruments=names))
    if wants == "busy":
        return busy
    if wants == "patient":
        patient = directory / "patient.toml"
        patient.write_text(PATIENT.format(instruments=names))
        return patient
    names = json.dumps(RESTING_INSTRUMENTS)
    runs = "".join(
        RESTING_RUN.format(number=n, instruments=names, order_try=150 + RESTING_STEP_TRY * n)
        for n in range(RESTING_STRATEGIES)
    )
    quiet = directory / "resting.toml"
    quiet.write_text(RESTING.format(instruments=names) + runs)
    return quiet


@contextmanager
def _cuttable(run_dir: Path, link: str) -> Iterator[tuple[Relays | None, dict[str, str]]]:
    """Give the relay of *link* and the environment that leads through it."""
    if not link:
        yield None, {}
        return
    real = endpoints.addresses(run_dir, topology.SOCKETS)[link.split(">")[1]]
    (run_dir / "cut").mkdir(mode=0o700)
    here = detour(real, run_dir / "cut", 0)
    told = run_dir / "detours.json"
    told.write_text(json.dumps({link: f"ipc://{here.path}"}))
    links = Relays({link: (here, place(real))})
    try:
        yield links, {endpoints.DETOURS: str(told)}
    finally:
        links.close()


def _start(run_dir: Path, config: Path, environ: Mapping[str, str]) -> "subprocess.Popen[bytes]":
    command = (sys.executable, "supervisor.py", "--plain")
    with (run_dir / "bench.out").open("wb") as out:
        return subprocess.Popen(  # noqa: S603 - our own
            (*command, "--config", str(config), "--run-dir", str(run_dir)),
            cwd=CHECKOUT,
            env={**os.environ, **environ},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
        )


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as held:
        return int(held.getsockname()[1])
