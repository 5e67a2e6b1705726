"""The desk as a person starts it: `python supervisor.py`, in real processes."""

import contextlib
import fcntl
import os
import pty
import select
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from actors.runtime import endpoints
from actors.runtime.control import ask
from config.faults import ConfigError
from config.load import load
from messages.control import StatusQuery
from messages.life import Stop
from supervisor import Refused, may_run
from tests.actors.runtime.stage import ROOT, alive, descendants, until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

START_S = 30.0  # machines that run tests are busy
STOP_S = 40.0
KEYS = {"BTCTURK_API_KEY": "marker-of-a-key", "BTCTURK_API_SECRET": "bWFya2VyLW9mLWEtc2VjcmV0"}


class Desk:
    """One `python supervisor.py`, its lines in a file."""

    def __init__(self, run_dir: Path, *options: str, **environ: str) -> None:
        self.run_dir = run_dir
        self.said = run_dir.with_name(run_dir.name + ".out")
        with self.said.open("wb") as out:
            self.process = subprocess.Popen(
                [sys.executable, "supervisor.py", "--run-dir", str(run_dir), *options],
                cwd=ROOT,
                stdout=out,
                stderr=subprocess.STDOUT,
                env={**os.environ, **environ},
            )

    def report(self) -> dict:
        return ask(self.run_dir, "supervisor.control", StatusQuery(), 2.0).report

    def ready(self) -> dict:
        def found() -> dict | None:
            if self.process.poll() is not None:
                raise AssertionError(f"the desk ended:\n{self.lines()}")
            report = self.report()
            everybody = [*report["actors"], *report["services"]]
            return report if all(one["state"] == "ready" for one in everybody) else None

        return until(found, "six ready", START_S)

    def lines(self) -> str:
        return self.said.read_text()

    def ends(self, within_s: float = STOP_S) -> int:
        return self.process.wait(within_s)

    def close(self) -> None:
        left = descendants(self.process.pid)
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.said.unlink()


@pytest.fixture
def desk(run_dir):
    running: list[Desk] = []

    def start(*options: str, **environ: str) -> Desk:
        running.append(Desk(run_dir, *options, **environ))
        return running[-1]

    yield start
    for one in running:
        one.close()


@pytest.fixture(scope="module")
def running() -> Iterator[Desk]:
    """One desk for all tests that only look at it. It was given keys it has no use for."""
    run_dir = Path(tempfile.mkdtemp(prefix="btcbot-"))
    one = Desk(run_dir, "--host", "here", **KEYS)
    one.ready()
    yield one
    one.close()
    shutil.rmtree(run_dir, ignore_errors=True)


def supervisor(*options: str, **environ: str) -> subprocess.CompletedProcess:
    """Run the supervisor where it is expected to say no."""
    return subprocess.run(
        [sys.executable, "supervisor.py", *options],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=START_S,
        env={**os.environ, **environ},
        check=False,
    )


# Before anything is started.


@pytest.mark.parametrize(
    "options", [["--for", "0"], ["--for", "soon"], ["--seed", "x"], ["--whim"], ["extra"]]
)
def test_wrong_usage_is_told_and_nothing_is_opened(run_dir, options):
    said = supervisor("--run-dir", str(run_dir / "new"), *options)

    assert said.returncode == 2
    assert "usage" in said.stderr
    assert not (run_dir / "new").exists()


def test_every_fault_of_a_configuration_is_told_at_once_and_nothing_is_opened(run_dir):
    wrong = run_dir / "wrong.toml"
    wrong.write_text('extends = "sim.toml"\n[runtime]\nheartbeat_ms = 0\n[desk]\nwhim = 1\n')

    said = supervisor("--config", str(wrong), "--run-dir", str(run_dir / "new"))

    assert said.returncode == 78
    assert len(said.stderr.splitlines()) == 2
    assert "runtime.heartbeat_ms" in said.stderr
    assert "desk.whim" in said.stderr
    assert "Traceback" not in said.stderr
    assert not (run_dir / "new").exists()


def test_a_configuration_that_is_not_there_is_told(run_dir):
    said = supervisor("--config", "none.toml", "--run-dir", str(run_dir / "new"))

    assert said.returncode == 78
    assert "none.toml" in said.stderr


def test_a_market_file_that_is_not_there_is_told(run_dir):
    said = supervisor("--market", "none.csv", "--run-dir", str(run_dir / "new"))

    assert said.returncode == 78
    assert "none.csv" in said.stderr


def test_a_market_file_that_is_not_one_is_told_with_its_line_and_without_a_wait(run_dir):
    wrong, began = run_dir / "wrong.csv", time.monotonic()
    wrong.write_text("open_time_ms,open,high,low,close,quote_volume\n0,9,x,9,9,1\n")

    said = supervisor("--market", str(wrong), "--run-dir", str(run_dir / "new"))

    assert said.returncode == 78
    assert "wrong.csv: line 2: high is 'x', expected a number" in said.stderr
    assert time.monotonic() - began < 15  # 20 s it would wait for a venue that answers nothing
    assert "Traceback" not in (run_dir / "new" / "logs" / "exchange.jsonl").read_text()


def test_live_as_it_is_shipped_says_what_nobody_has_written_down_yet(run_dir):
    said = supervisor("--config", "config/live.toml", "--run-dir", str(run_dir / "new"))

    assert said.returncode == 78
    assert "there is no default for it in this mode" in said.stderr
    assert not (run_dir / "new").exists()


def test_live_without_keys_names_what_is_missing():
    sim = load()
    live = replace(sim, desk=replace(sim.desk, mode="live"), exchange=None)

    with pytest.raises(ConfigError) as wrong:
        may_run(live, None)

    assert [fault.key for fault in wrong.value.faults] == ["BTCTURK_API_KEY", "BTCTURK_API_SECRET"]


def test_a_core_that_this_host_does_not_have_is_told():
    sim = load()
    pinned = replace(sim, runtime=replace(sim.runtime, cpus=(0, 4_000)))

    with pytest.raises(Refused, match="no core 4000"):
        may_run(pinned, None)


def test_half_a_key_is_told(run_dir):
    said = supervisor("--run-dir", str(run_dir / "new"), BTCTURK_API_KEY="k")

    assert said.returncode == 78
    assert "BTCTURK_API_SECRET" in said.stderr


def test_a_run_directory_that_cannot_be_one_is_told(run_dir):
    (run_dir / "file").write_text("")

    said = supervisor("--run-dir", str(run_dir / "file"))

    assert said.returncode == 71
    assert "cannot be written to" in said.stderr
    assert "Traceback" not in said.stderr


# While it runs.


def test_six_actors_and_the_exchange_are_ready_on_the_named_host(running):
    report = running.ready()

    assert len(report["actors"]) == 6
    assert [one["role"] for one in report["services"]] == ["exchange"]
    assert (report["mode"], report["host"]) == ("sim", "here")


def test_both_permits_flow_and_the_desk_may_trade(running):
    def flowing() -> bool:
        permits = running.report()["permits"]
        ages = [one["age_ms"] for one in permits]
        return len(ages) == 2 and all(age is not None and age < 2_000 for age in ages)

    until(flowing, "two permits", START_S)
    assert running.report()["level"] == "ACTIVE"


def test_the_market_is_heard(running):
    until(lambda: (running.report()["feeds"] or {}).get("verdict") == "NORMAL", "feeds", START_S)


def deaf_to(number: signal.Signals, pid: int) -> bool:
    said = dict(line.split(":") for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return bool((int(said["SigIgn"], 16) | int(said["SigBlk"], 16)) >> (number - 1) & 1)


def test_ctrl_z_stops_nobody_and_a_quit_leaves_who_cancels_what_rests(running):
    running.ready()

    assert deaf_to(signal.SIGTSTP, running.process.pid)
    for pid in descendants(running.process.pid):
        assert all(deaf_to(one, pid) for one in (signal.SIGTSTP, signal.SIGQUIT))


def test_no_process_of_the_desk_has_a_key_in_its_environment(running):
    for pid in descendants(running.process.pid):
        environ = Path(f"/proc/{pid}/environ").read_bytes()
        assert not any(secret.encode() in environ for secret in KEYS.values())


def test_no_file_of_the_run_holds_a_key(running):
    files = [path for path in running.run_dir.rglob("*") if path.is_file()]

    assert files
    for path in files:
        content = path.read_bytes()
        assert not any(secret.encode() in content for secret in KEYS.values()), path


def test_endpoints_say_who_runs_here_and_where_the_venue_is(running):
    where = endpoints.read(running.run_dir)

    assert where.pid == running.process.pid
    assert where.venue["base_url"].startswith("http://127.0.0.1:")


def test_a_second_desk_on_the_directory_is_refused_and_the_first_unharmed(running):
    before = [one["pid"] for one in running.ready()["actors"]]

    said = supervisor("--run-dir", str(running.run_dir))

    assert said.returncode == 75
    assert "desk already running here" in said.stderr
    assert str(running.process.pid) in said.stderr
    assert [one["pid"] for one in running.ready()["actors"]] == before
    assert endpoints.read(running.run_dir).pid == running.process.pid


# How it ends.


def test_for_counts_from_six_ready_and_ends_in_order(desk):
    one = desk("--for", "1")

    assert one.ends(START_S + STOP_S) == 0
    assert "desk ready" in one.lines()
    assert "1 s are over" in one.lines()
    assert not any(alive(pid) for pid in descendants(one.process.pid))


def test_stop_by_control_ends_it_in_order_and_leaves_no_file_outside_its_directory(desk, tmp_path):
    one = desk(TMPDIR=str(tmp_path))
    one.ready()

    assert ask(one.run_dir, "supervisor.control", Stop(reason="OPERATOR"), 2.0).ok
    assert one.ends() == 0
    assert list(tmp_path.iterdir()) == []


def test_a_signal_in_the_middle_of_the_start_ends_it_in_order(desk):
    one = desk()
    until(lambda: "actor started" in one.lines(), "somebody started", START_S)

    one.process.send_signal(signal.SIGINT)

    assert one.ends() == 0
    assert "Traceback" not in one.lines()


def test_no_process_is_left_twelve_seconds_after_the_supervisor_died(desk):
    one = desk()
    one.ready()
    everybody = descendants(one.process.pid)
    kept = {actor["pid"] for actor in one.report()["actors"] if actor["role"] == "executor"}
    kept |= {service["pid"] for service in one.report()["services"]}

    one.process.kill()

    until(lambda: not any(alive(pid) for pid in everybody - kept), "five actors gone", 1.5)
    until(lambda: not any(alive(pid) for pid in everybody), "everybody gone", 12.0)


def test_a_store_that_is_none_is_refused_with_a_reason(desk, run_dir):
    (run_dir / "store.sqlite3").write_bytes(b"not a database" * 100)
    one = desk()

    assert one.ends(START_S) in (71, 78)
    assert "refuses to run" in one.lines()
    assert "not an SQLite database" in one.lines()
    assert "Traceback" not in one.lines()


# On a terminal.


class Terminal:
    """A terminal of 100x35 with a desk on it."""

    def __init__(self, run_dir: Path, *options: str) -> None:
        near, far = pty.openpty()
        fcntl.ioctl(far, termios.TIOCSWINSZ, struct.pack("HHHH", 35, 100, 0, 0))
        self.process = subprocess.Popen(
            [sys.executable, "supervisor.py", "--run-dir", str(run_dir), *options],
            cwd=ROOT,
            stdin=far,
            stdout=far,
            stderr=far,
            env={**os.environ, "TERM": "xterm-256color"},
            start_new_session=True,
        )
        os.close(far)
        self._near = near
        self.shown = ""

    def read(self, within_s: float) -> bool:
        """Take what is shown now; False when there is nothing more to come."""
        ready, _, _ = select.select([self._near], [], [], within_s)
        if not ready:
            return True
        try:
            self.shown += os.read(self._near, 65_536).decode(errors="replace")
        except OSError:
            return False
        return True

    def shows(self, *words: str, within_s: float = START_S) -> None:
        end = time.monotonic() + within_s
        while not all(word in self.shown for word in words):
            assert time.monotonic() < end, self.shown[-3_000:]
            self.read(0.1)

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._near)


def test_on_a_terminal_there_is_a_panel_and_the_terminal_is_given_back(run_dir):
    terminal = Terminal(run_dir)
    try:
        terminal.shows("btcbot", "executor", "ready", "equity", "BTC_TRY", "permits")

        terminal.process.send_signal(signal.SIGINT)
        while terminal.process.poll() is None and terminal.read(0.1):
            pass

        assert terminal.process.wait(STOP_S) == 0
        assert terminal.shown.count("\x1b[?1049h") == terminal.shown.count("\x1b[?1049l") == 1
    finally:
        terminal.close()
