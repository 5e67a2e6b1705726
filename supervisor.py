"""Launches the desk and keeps it alive: six actors, each a process, and what serves them.

It knows specs, not roles. What it keeps alive dies with it. Exit codes: 0 stopped in order, 2 wrong
usage, 71 the run directory cannot be used, 75 a desk runs there already, 78 the configuration is
wrong, and whatever code an actor refuses its first start with.
"""

from __future__ import annotations  # what is only a type here is not loaded at the start

import contextlib
import json
import os
import socket
import sys
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from msgspec import Struct
from msgspec.structs import replace

from actors.runtime import endpoints, failures, preload, process
from actors.runtime.build import build_hash
from actors.runtime.children import Forkserver, Spawned, start_program
from actors.runtime.clock import SystemClock
from actors.runtime.endpoints import Endpoints
from actors.runtime.spawn import ChildSpec, ProgramSpec
from config import secrets
from config.faults import ConfigError
from config.options import Options, read

if TYPE_CHECKING:
    from rich.live import Live
    from rich.text import Text

    from actors.runtime.desk_keeper import DeskKeeper
    from actors.runtime.keeper import Household
    from config.load import Desk

INTERRUPTED = 130
EXCHANGE = "exchange"
EXAMINED_WITHIN_S = 30
EXECUTOR_OUTLIVES_S = 10  # to cancel what rests when the supervisor died
ACTOR_STOP_MS = 5_000
PERSISTENCE_STOP_MS = 10_000  # it audits to the head
EXCHANGE_STOP_MS = 12_000  # it serves until the last private connection closes
SUMMARY_EVERY = 5  # draws of the plain lines
EVENTS_KEPT = 40
EVENTS_LEFT = 5  # on the terminal when the panel is gone
PRELOADED = ("actors.topology", "actors.venues.btcturk.preloaded")
STOP_ORDER = ("strategy", "allocator", "risk_gate", "executor", "persistence", "market_data")


class Refused(Exception):
    """The desk is not started; the text says why and what to do."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.exit_code = code


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the desk until it is stopped; return why it was not started, as an exit code."""
    options = read(arguments)
    try:
        _start(options)
    except ConfigError as wrong:
        for fault in wrong.faults:
            _complain(str(fault))
        return failures.CONFIGURATION
    except Refused as why:
        _complain(str(why))
        return why.exit_code
    except endpoints.EndpointsUnusable as why:
        _complain(str(why))
        return failures.CONFIGURATION
    except OSError as why:
        _complain(f"{options.run_dir} cannot be used: {why}")
        return failures.STORE
    except KeyboardInterrupt:  # before anybody listens for it; what was started dies with us
        os._exit(INTERRUPTED)


def _start(options: Options) -> NoReturn:
    """Check everything, then start what serves the desk, then keep it.

    The forkserver comes first, since it takes longest to load; it opens nothing, and it dies with
    this process when the configuration turns out to be wrong. No key may be in its environment.
    """
    for name in secrets.NAMES:
        process.wipe_variable(name)
    keys = secrets.take(os.environ)
    process.no_core_files()
    forkserver = Forkserver([*PRELOADED, *(_module(role) for role in STOP_ORDER)])
    forkserver.boot()
    desk = _configured(options)
    may_run(desk, keys)
    if desk.desk.mode == "live":
        _examine(options)
    _prepare(options.run_dir)
    clock = SystemClock()
    try:
        process.hold(options.run_dir / "run.lock", clock)
    except failures.AlreadyRunning as why:
        raise Refused(failures.IN_USE, f"desk already running here ({why})") from why
    plan = _plan(desk, keys, options, run_id=f"{clock.wall_ms():x}-{os.getpid()}")
    endpoints.write(options.run_dir, plan.endpoints)
    begun = {one.role: start_program(one) for one in plan.programs}
    _keep(plan, desk, options, forkserver, begun)


def _module(role: str) -> str:
    return f"actors.{role}.actor"


def _configured(options: Options) -> Desk:
    from config.load import DEFAULT, Overrides, load

    overrides = Overrides(
        market=options.market,
        speed=options.speed,
        seed=options.seed,
        public_url=options.public_url,
    )
    return load(options.config or DEFAULT, overrides=overrides, environ=os.environ)


def may_run(desk: Desk, keys: secrets.Keys | None) -> None:
    """Raise ConfigError or Refused when *desk* lacks what its mode needs."""
    if desk.desk.mode == "live" and keys is None:
        raise secrets.no_keys()
    missing = set(desk.runtime.cpus or ()) - os.sched_getaffinity(0)
    if missing:
        raise Refused(failures.CONFIGURATION, f"runtime.cpus: this host has no core {min(missing)}")


def _examine(options: Options) -> None:
    """Raise Refused when doctor finds a FAIL on this machine. What the venue says is asked later,
    by whoever speaks to it."""
    from actors.runtime.examined import failing

    doctor = ["scripts", "doctor", "--before-start", "--json", "--run-dir", str(options.run_dir)]
    if options.config is not None:
        doctor += ["--config", str(options.config.absolute())]
    if found := failing(Path(__file__).parent, doctor, within_s=EXAMINED_WITHIN_S):
        raise Refused(failures.CONFIGURATION, "\n".join(f"doctor: {one}" for one in found))


def _prepare(run_dir: Path) -> None:
    try:
        run_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name in ("logs", "sock"):
            (run_dir / name).mkdir(mode=0o700, exist_ok=True)
    except OSError as why:
        raise Refused(failures.STORE, f"{run_dir} cannot be written to: {why.strerror}") from why


class Plan(Struct, frozen=True, kw_only=True):
    """Who is started, with what."""

    endpoints: Endpoints
    actors: tuple[ChildSpec, ...]
    programs: tuple[ProgramSpec, ...]
    port: int  # of the simulated exchange, 0 for none


def _plan(desk: Desk, keys: secrets.Keys | None, options: Options, *, run_id: str) -> Plan:
    """Return who is started. The exchange's port is picked here and stays for the whole run."""
    from actors import topology

    port = _free_port(desk.exchange.host, desk.exchange.port) if desk.exchange else 0
    venue = desk.venue
    if desk.exchange:
        url = f"{desk.exchange.host}:{port}"
        calls = f"{desk.exchange.host}:{desk.exchange.front_port or port}"
        stream = f"{desk.exchange.host}:{desk.exchange.stream_front_port or port}"
        venue = replace(
            venue, base_url=f"http://{calls}", graph_url=f"http://{url}", ws_url=f"ws://{stream}/"
        )
    where = Endpoints(
        run_id=run_id,
        pid=os.getpid(),
        mode=desk.desk.mode,
        host=options.host,
        build=build_hash(),
        config=desk.hash,
        sockets=endpoints.addresses(options.run_dir, topology.SOCKETS),
        venue={"base_url": venue.base_url, "ws_url": venue.ws_url},
        detours=endpoints.detours(os.environ, mode=desk.desk.mode),
    )
    more: dict[str, dict[str, object]] = {
        "market_data": {"venue": venue},
        "executor": {"venue": venue, "key": _key(desk, keys)},
    }
    actors = tuple(
        ChildSpec(
            role=role,
            module=_module(role),
            topology="actors.topology",
            run_dir=str(options.run_dir),
            endpoints=where,
            runtime=desk.runtime,
            given={"desk": desk.desk, "own": getattr(desk, role), **more.get(role, {})},
            outlives_s=EXECUTOR_OUTLIVES_S if role == "executor" else 0,
        )
        for role in topology.ROLES
    )
    return Plan(
        endpoints=where, actors=actors, programs=_programs(desk, options, port, run_id), port=port
    )


def _programs(desk: Desk, options: Options, port: int, run_id: str) -> tuple[ProgramSpec, ...]:
    if desk.exchange is None:
        return ()
    given: dict[str, Any] = {
        "settings": replace(desk.exchange, port=port),
        "run_dir": options.run_dir,
        "parent_pid": os.getpid(),
        "run_id": run_id,
    }
    return (
        ProgramSpec(
            role=EXCHANGE, module="scripts.exchange", run_dir=str(options.run_dir), given=given
        ),
    )


def _key(desk: Desk, keys: secrets.Keys | None) -> secrets.Keys | None:
    """Return the account's keys: the simulated exchange's own are no secret."""
    if desk.exchange is None:
        return keys
    return secrets.Keys(desk.exchange.account.public_key, desk.exchange.account.secret)


def _free_port(host: str, wanted: int) -> int:
    """Return *wanted*, or a free port of *host* for 0."""
    if wanted:
        return wanted
    with socket.create_server((host, 0)) as held:
        return int(held.getsockname()[1])


def _keep(
    plan: Plan, desk: Desk, options: Options, forkserver: Forkserver, begun: dict[str, Spawned]
) -> NoReturn:
    """Be the keeper until the process ends. What is imported here loads beside the forkserver."""
    from actors import topology

    preload.leave_out("rich")  # structlog would load it now; the panel does when all have started
    from actors.runtime.desk_keeper import About, DeskKeeper
    from actors.runtime.keeping import keep

    preload.let_in("rich")

    house = _household(plan, desk)
    about = About(desk=desk.desk, host=options.host, run_s=options.run_s)
    watcher = _watcher(options)
    keep(
        lambda parts: DeskKeeper(parts, house, forkserver, begun, about=about, watcher=watcher),
        role=topology.SUPERVISOR,
        run_dir=options.run_dir,
        endpoints=plan.endpoints,
        plumbing=topology,
        runtime=desk.runtime,
        echo=watcher.event,
    )


def _household(plan: Plan, desk: Desk) -> Household:
    from actors.runtime.keeper import Household, Program

    exchange = desk.exchange
    stop_order = dict.fromkeys(STOP_ORDER, ACTOR_STOP_MS)
    stop_order["executor"] = desk.supervision.stop_deadline_ms
    stop_order["persistence"] = PERSISTENCE_STOP_MS
    stop_order[EXCHANGE] = EXCHANGE_STOP_MS
    return Household(
        actors=plan.actors,
        programs=tuple(
            Program(spec=spec, host=exchange.host, port=plan.port, path="/api/v2/server/time")
            for spec in plan.programs
            if exchange
        ),
        stop_order=stop_order,
        life_socket="supervisor.life",
        settings=desk.supervision,
    )


def _watcher(options: Options) -> Screen | Lines:
    """Return who shows the desk: a panel on a terminal, lines everywhere else."""
    if options.plain or not sys.stdout.isatty() or os.environ.get("TERM") == "dumb":
        return Lines(options.run_dir)
    return Screen(options.run_dir)


class Lines:
    """One line per event and per decision, and how the desk is every few seconds."""

    every_ms = 1_000

    def __init__(self, run_dir: Path) -> None:
        self._run_dir = run_dir
        self._shown: set[object] = set()
        self._draws = 0

    def event(self, line: bytes) -> None:
        """Print one line of the log."""
        from actors.runtime.logs import readable, time_of_day

        event = json.loads(line)
        self._print(readable(event, time_of_day(event["at_ms"])))

    def draw(self, keeper: DeskKeeper) -> None:
        """Print what was decided since the last time, and now and then how all is."""
        from scripts import panel

        view = panel.view_of(keeper)
        for decision in reversed(view.decisions):
            if decision not in self._shown:
                self._print(panel.decision_line(decision).plain)
        self._shown = set(view.decisions)
        self._draws += 1
        if self._draws % SUMMARY_EVERY == 0:
            self._print(panel.summary_line(view, keeper.clock.wall_ms()).plain)

    def close(self, keeper: DeskKeeper) -> None:
        """Say why an actor refused to run, if one did."""
        _tell_refusal(keeper, self._run_dir)

    def _print(self, line: str) -> None:
        with contextlib.suppress(OSError):  # whoever read our lines went away; the desk goes on
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()


class Screen:
    """The panel on a terminal, drawn anew twice a second."""

    every_ms = 500

    def __init__(self, run_dir: Path) -> None:
        self._run_dir = run_dir
        self._events: deque[bytes] = deque(maxlen=EVENTS_KEPT)
        self._live: Live | None = None

    def event(self, line: bytes) -> None:
        """Keep one line of the log for the panel."""
        self._events.appendleft(line)

    def draw(self, keeper: DeskKeeper) -> None:
        """Draw the desk as it is now."""
        from scripts import panel

        live = self._live or self._open()
        size = live.console.size
        view = replace(panel.view_of(keeper), events=self._lines(EVENTS_KEPT))
        drawn = panel.draw(view, width=size.width, height=size.height)
        with contextlib.suppress(OSError):  # the terminal went away; the desk stops in order
            live.update(drawn, refresh=True)

    def close(self, keeper: DeskKeeper) -> None:
        """Give the terminal back, with the last events on it."""
        with contextlib.suppress(OSError):
            live = self._live or self._open()
            live.stop()
            for line in reversed(self._lines(EVENTS_LEFT)):
                live.console.print(line)
        _tell_refusal(keeper, self._run_dir)

    def _open(self) -> Live:
        from rich.live import Live

        self._live = Live(screen=True, auto_refresh=False, redirect_stderr=False)
        self._live.start()
        return self._live

    def _lines(self, most: int) -> tuple[Text, ...]:
        from scripts import panel

        return tuple(panel.event_line(json.loads(line)) for line in list(self._events)[:most])


def _tell_refusal(keeper: DeskKeeper, run_dir: Path) -> None:
    from actors.runtime.logs import last_words

    if keeper.refusal is not None:
        log = run_dir / "logs" / f"{keeper.refusal}.jsonl"
        words = last_words(log, run_id=keeper.parts.run_id) or f"see {log}"
        _complain(f"{keeper.refusal} refuses to run: {words}")


def _complain(text: str) -> None:
    sys.stderr.write(f"supervisor: {text}\n")


if __name__ == "__main__":
    sys.exit(main())
