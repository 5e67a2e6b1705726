"""A desk whose six roles are played by test actors, kept by the real keeper in a real process.

`python -m tests.actors.runtime.troupe RUN_DIR` reads `<run-dir>/play.json`, a `Play`.
"""

import os
import sys
from pathlib import Path

import msgspec
from msgspec import Struct, field

from actors import topology
from actors.runtime import endpoints
from actors.runtime.build import build_hash
from actors.runtime.children import Forkserver
from actors.runtime.desk_keeper import About, DeskKeeper
from actors.runtime.endpoints import Endpoints
from actors.runtime.keeper import Household, Program
from actors.runtime.keeping import keep
from actors.runtime.settings import DeskSettings, RuntimeSettings, SupervisionSettings
from actors.runtime.spawn import ChildSpec, ProgramSpec

PLAYERS = "tests.actors.runtime.players"
ORDER = ("strategy", "allocator", "risk_gate", "executor", "persistence", "market_data")


class Play(Struct, kw_only=True):
    """What each role does; who outlives the keeper; the numbers of this desk."""

    parts: dict[str, dict[str, object]] = field(default_factory=dict)
    outlives_s: dict[str, int] = field(default_factory=dict)
    program: dict[str, object] = field(default_factory=dict)
    port: int = 0
    runtime: RuntimeSettings = RuntimeSettings()
    supervision: SupervisionSettings = SupervisionSettings()
    stop_ms: int = 3_000
    run_s: int | None = None
    preload: bool = True
    loads: str = ""  # a module more that the forkserver loads


class Unwatched:
    """Nobody looks at this desk."""

    every_ms = 60_000

    def draw(self, keeper: DeskKeeper) -> None: ...
    def close(self, keeper: DeskKeeper) -> None: ...


def main(run_dir: Path) -> None:
    play = msgspec.json.decode((run_dir / "play.json").read_bytes(), type=Play)
    for name in ("logs", "sock"):
        (run_dir / name).mkdir(exist_ok=True)
    where = Endpoints(
        run_id="run-1",
        pid=os.getpid(),
        mode="sim",
        host="here",
        build=build_hash(),
        config="c" * 16,
        sockets=endpoints.addresses(run_dir, topology.SOCKETS),
    )
    endpoints.write(run_dir, where)
    forkserver = Forkserver(
        ["actors.topology", *([PLAYERS] if play.preload else []), *play.loads.split()]
    )
    about = About(
        desk=DeskSettings(mode="sim", prefix="t", instruments=("BTC_TRY",), strategies=()),
        host="here",
        run_s=play.run_s,
    )
    keep(
        lambda parts: DeskKeeper(
            parts, household(play, run_dir, where), forkserver, {}, about=about, watcher=Unwatched()
        ),
        role=topology.SUPERVISOR,
        run_dir=run_dir,
        endpoints=where,
        plumbing=topology,
        runtime=play.runtime,
        echo=lambda _line: None,
    )


def household(play: Play, run_dir: Path, where: Endpoints) -> Household:
    program = ProgramSpec(
        role="exchange",
        module="tests.actors.runtime.program",
        run_dir=str(run_dir),
        given={"port": play.port, **play.program},
    )
    return Household(
        actors=tuple(
            ChildSpec(
                role=role,
                module=PLAYERS,
                topology="actors.topology",
                run_dir=str(run_dir),
                endpoints=where,
                runtime=play.runtime,
                given=play.parts.get(role, {}),
                outlives_s=play.outlives_s.get(role, 0),
            )
            for role in topology.ROLES
        ),
        programs=(Program(spec=program, host="127.0.0.1", port=play.port, path="/time"),)
        if play.port
        else (),
        stop_order=dict.fromkeys((*ORDER, *(["exchange"] if play.port else [])), play.stop_ms),
        life_socket="supervisor.life",
        settings=play.supervision,
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
