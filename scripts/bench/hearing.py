"""A desk that hears another stream than the exchange's, and never wants anything."""

import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from actors.runtime.clock import SystemClock
from actors.runtime.control import Unreachable, ask
from actors.topology import ROLES
from messages.control import StatusQuery
from scripts.pace import Pace

CHECKOUT = Path(__file__).resolve().parents[2]
READY_WITHIN_MS, ENDS_WITHIN_S, ASK_S, POLL_MS = 60_000, 40, 2.0, 20
HEARING = """\
extends = "fast.toml"

[desk]
prefix = "hear"
instruments = ["BTC_TRY", "ETH_TRY", "SOL_TRY"]

[strategy]
decide_every_ms = 1_000

[[strategy.run]]
kind = "mean_reversion"
name = "patient"
instruments = ["BTC_TRY", "ETH_TRY", "SOL_TRY"]
anchor_price = 1
bootstrap_try = 0
order_try = 150
window_s = 60
sample_s = 1
samples_min = 1

[market_data]
quote_every_ms = {quote_every_ms}

[exchange]
port = {port}
stream_front_port = {stream}
"""


class Hearing:
    """The running desk in *run_dir*."""

    def __init__(self, run_dir: Path, process: "subprocess.Popen[bytes]") -> None:
        self.run_dir = run_dir
        self._process = process
        self._clock, self._pace = SystemClock(), Pace(POLL_MS)

    def pids(self) -> dict[str, int]:
        """Return the actors that are ready."""
        try:
            report = ask(self.run_dir, "supervisor.control", StatusQuery(), ASK_S).report
        except Unreachable:
            return {}
        ready = (one for one in report.get("actors", ()) if one["state"] == "ready")
        return {str(one["role"]): int(one["pid"]) for one in ready}

    def wait_ready(self) -> None:
        """Wait until all six are. Raises RuntimeError when they are not in time."""
        until_ms = self._clock.mono_ms() + READY_WITHIN_MS
        while self._clock.mono_ms() < until_ms:
            if len(self.pids()) == len(ROLES):
                return
            if self._process.poll() is not None:
                raise RuntimeError(f"the desk ended with {self._process.returncode}")
            self._pace.rest(POLL_MS / 1_000)
        raise RuntimeError(f"the desk was not ready within {READY_WITHIN_MS} ms")

    def stop(self) -> None:
        """Stop in order, then by force."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(ENDS_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


@contextmanager
def hearing(directory: Path, *, stream: int, quote_every_ms: int) -> Iterator[Hearing]:
    """Give a ready desk that hears the stream at port *stream*; it is stopped with the block."""
    with tempfile.TemporaryDirectory(prefix="desk-", dir=directory) as name:
        run_dir = Path(name)
        with socket.create_server(("127.0.0.1", 0)) as held:
            port = int(held.getsockname()[1])
        config = run_dir / "hearing.toml"
        config.write_text(HEARING.format(port=port, stream=stream, quote_every_ms=quote_every_ms))
        with (run_dir / "bench.out").open("wb") as out:
            where = ("--config", str(config), "--run-dir", str(run_dir))
            process = subprocess.Popen(  # noqa: S603 - our own
                (sys.executable, "supervisor.py", "--plain", *where),
                cwd=CHECKOUT,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
            )
        desk = Hearing(run_dir, process)
        try:
            desk.wait_ready()
            yield desk
        finally:
            desk.stop()
