"""A desk to do harm to: every link behind a relay, the exchange's faults within reach.

It is the desk a person starts, with `config/chaos.toml`; what is added are addresses. Its
supervisor may be killed and is then started again on the same run directory.
"""

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from actors import topology
from actors.runtime import endpoints
from actors.runtime.clock import SystemClock
from actors.runtime.control import Unreachable, ask
from actors.venues.settings import ExchangeAccount
from messages.control import Reply, StatusQuery
from scripts.chaos.plan import EXCHANGE, FORKSERVER, SUPERVISOR
from scripts.chaos.relays import Place, Relays, detour, place
from scripts.pace import Pace

CHECKOUT = Path(__file__).resolve().parents[2]
CONFIG, OUT, DETOURS, SOCKETS = "harmed.toml", "chaos.out", "detours.json", "relays"
REST, STREAM = "venue>rest", "venue>stream"
ACCOUNT = ExchangeAccount().public_key
READY_WITHIN_MS = 60_000
ENDS_WITHIN_S = 60
ASK_S = 2.0
HTTP_S = 3.0
POLL_MS = 20

# Many small orders: some cross and fill, in parts since the levels are thin, some rest and are soon
# taken back. What waits on purpose after a fault waits less: orders flow between two faults.
SETTINGS = """\
extends = "chaos.toml"

[desk]
prefix = "harm"

[strategy]
decide_every_ms = 50

[[strategy.run]]
kind = "mean_reversion"
name = "mean_reversion"
instruments = ["BTC_TRY", "ETH_TRY", "SOL_TRY"]
bootstrap_try = 200
order_try = 300
below_bps = 2
above_bps = 2
window_s = 6
sample_s = 1
samples_min = 2

[[strategy.run]]
kind = "ma_cross"
name = "ma_cross"
instruments = ["BTC_TRY", "ETH_TRY", "SOL_TRY"]
order_try = 300
fast = 2
slow = 4
sample_s = 1
above_bps = 1

[allocator]
pricing = "cross"
offset_bps = 0
order_age_max_s = 1
drift_max_bps = 10
refused_again_ms = 100

[risk_gate]
cooldown_ms = 50

[risk_gate.modes]
hold_s = 1

[exchange]
port = {port}
front_port = {front}
stream_front_port = {stream}
control = true
seed = {seed}

[exchange.house]
step_ms = 50
volatility_bps = 12
level_notional_try = 150
trade_notional_try = 300
"""


class Desk:
    """One run directory with a desk that comes back whatever is killed."""

    def __init__(
        self, run_dir: Path, *, seed: int, more: str = "", environ: Mapping[str, str] | None = None
    ) -> None:
        """Prepare *run_dir*; nothing is started. *more* is TOML that follows the settings."""
        self.run_dir = run_dir
        self.starts = 0
        self._clock, self._pace = SystemClock(), Pace(POLL_MS)
        self._environ = dict(environ or {})
        self._process: subprocess.Popen[bytes] | None = None
        run_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        with contextlib.ExitStack() as held:
            ports = [_free_port(held) for _ in range(3)]
        self.port = ports[0]
        text = SETTINGS.format(port=ports[0], front=ports[1], stream=ports[2], seed=seed)
        (run_dir / CONFIG).write_text(text + more)
        self.relays = Relays(self._links(front=ports[1], stream=ports[2]))

    def start(self) -> None:
        """Start the supervisor, the first one or the next."""
        command = (sys.executable, "supervisor.py", "--plain")
        where = ("--config", str(self.run_dir / CONFIG), "--run-dir", str(self.run_dir))
        environ = {**os.environ, **self._environ}
        environ[endpoints.DETOURS] = str(self.run_dir / DETOURS)
        with (self.run_dir / OUT).open("ab") as out:
            self._process = subprocess.Popen(  # noqa: S603 - our own
                (*command, *where),
                cwd=CHECKOUT,
                env=environ,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
            )
        self.starts += 1

    def ended(self) -> int | None:
        """Return the supervisor's exit code, None while it lives."""
        return None if self._process is None else self._process.poll()

    def ask(self, socket_name: str, message: object, *, within_s: float = ASK_S) -> Reply:
        """Return what the desk answers. Raises Unreachable."""
        return ask(self.run_dir, socket_name, message, within_s)

    def status(self) -> dict[str, Any]:
        """Return the supervisor's report, empty while there is none."""
        try:
            return self.ask("supervisor.control", StatusQuery()).report
        except Unreachable:
            return {}

    def pids(self) -> dict[str, int]:
        """Return the processes there are now, by role."""
        report = self.status()
        told = (*report.get("actors", ()), *report.get("services", ()))
        found = {str(one["role"]): int(one["pid"]) for one in told if one["pid"]}
        if self._process is not None and self._process.poll() is None:
            found[SUPERVISOR] = self._process.pid
        actors = [found[role] for role in topology.ROLES if role in found]
        parents = [parent for pid in actors if (parent := _parent(pid))]
        if parents:
            found[FORKSERVER] = parents[0]
        return found

    def is_ready(self) -> bool:
        """Return whether all six actors and the exchange are ready."""
        report = self.status()
        told = {one["role"]: one["state"] for one in report.get("actors", ())}
        told |= {one["role"]: one["state"] for one in report.get("services", ())}
        wanted = (*topology.ROLES, EXCHANGE)
        return all(told.get(role) == "ready" for role in wanted)

    def wait_ready(self) -> None:
        """Wait until all are ready. Raises RuntimeError when they are not in time."""
        until_ms = self._clock.mono_ms() + READY_WITHIN_MS
        while self._clock.mono_ms() < until_ms:
            if self.ended() is not None:
                raise RuntimeError(f"the desk ended with {self.ended()}: {self.last_words()}")
            if self.is_ready():
                return
            self._pace.rest(POLL_MS / 1_000)
        raise RuntimeError(f"not ready within {READY_WITHIN_MS} ms: {self.status()}")

    def fault(self, **wanted: object) -> bool:
        """Switch faults of the exchange; False when it did not answer."""
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=HTTP_S)
        try:
            line.request("POST", "/_faults", body=json.dumps(wanted))
            return line.getresponse().status == http.client.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            line.close()

    def stop(self) -> int:
        """Stop in order and return the exit code. Raises subprocess.TimeoutExpired."""
        if self._process is None:
            return 0
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        return self._process.wait(ENDS_WITHIN_S)

    def close(self) -> None:
        """Leave nothing running."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        self.relays.close()

    def last_words(self) -> str:
        """Return the end of what the supervisors printed."""
        return (self.run_dir / OUT).read_text(errors="replace")[-2_000:]

    def _links(self, *, front: int, stream: int) -> dict[str, tuple[Place, Place]]:
        """Return every link with its relay's place and the binder's; write the detours down."""
        (self.run_dir / SOCKETS).mkdir(mode=0o700, exist_ok=True)
        real = endpoints.addresses(self.run_dir, topology.SOCKETS)
        links: dict[str, tuple[Place, Place]] = {}
        for role in (*topology.ROLES, topology.SUPERVISOR):
            for one in topology.connected_by(role):
                here = detour(real[one.name], self.run_dir / SOCKETS, len(links))
                links[f"{role}>{one.name}"] = (here, place(real[one.name]))
        detours = {name: f"ipc://{here.path}" for name, (here, _) in links.items()}
        (self.run_dir / DETOURS).write_text(json.dumps(detours, indent=1))
        there = Place(port=self.port)
        return links | {REST: (Place(port=front), there), STREAM: (Place(port=stream), there)}


def _parent(pid: int) -> int:
    """Return the parent of *pid*, 0 when it is gone."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except OSError:
        return 0
    return int(stat.rpartition(")")[2].split()[1])


def _free_port(held: contextlib.ExitStack) -> int:
    return int(held.enter_context(socket.create_server(("127.0.0.1", 0))).getsockname()[1])
