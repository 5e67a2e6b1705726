"""What the command line of `supervisor.py` says, before anything of the desk is loaded."""

import argparse
import os
from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct


class Options(Struct, frozen=True, kw_only=True):
    """What the command line says."""

    config: Path | None
    run_dir: Path
    host: str
    run_s: int | None
    plain: bool
    market: str | None
    speed: str | None
    seed: int | None
    public_url: str | None


def read(arguments: Sequence[str] | None) -> Options:
    """Return what *arguments* (those of this process when None) say. Exits 2 on wrong usage."""
    parser = argparse.ArgumentParser(
        prog="supervisor.py", description="Launch the desk and keep it alive."
    )
    parser.add_argument(
        "--config", type=Path, metavar="FILE", help="what it is told (default config/sim.toml)"
    )
    parser.add_argument(
        "--run-dir", type=Path, default=Path(os.environ.get("BTCBOT_RUN_DIR") or "var"),
        metavar="DIR", help="what the desk writes (BTCBOT_RUN_DIR; default var/)",
    )  # fmt: skip
    parser.add_argument("--host", default=os.uname().nodename, metavar="NAME")
    parser.add_argument(
        "--for", dest="run_s", type=_seconds, metavar="SECONDS",
        help="stop in order this long after all actors are ready",
    )  # fmt: skip
    parser.add_argument("--market", metavar="FILE", help="recorded market for the exchange")
    parser.add_argument("--speed", metavar="N", help="market seconds in a second")
    parser.add_argument("--seed", type=int, metavar="N", help="of the simulated market")
    parser.add_argument(
        "--public-url", metavar="URL",
        help="whose public WebSocket paper follows (default: the venue's)",
    )  # fmt: skip
    parser.add_argument("--plain", action="store_true", help="lines instead of a panel")
    said = parser.parse_args(arguments)
    return Options(
        config=said.config,
        run_dir=said.run_dir.absolute(),
        host=said.host,
        run_s=said.run_s,
        plain=said.plain,
        market=said.market,
        speed=said.speed,
        seed=said.seed,
        public_url=said.public_url,
    )


def _seconds(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"whole seconds from 1 on, not {text!r}")
    return int(text)
