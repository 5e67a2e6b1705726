"""`btcbot`: what a person types. One file per command; here they only get their names.

Only the command that was asked for is loaded: `kill` starts fast, and no fault in another command
can keep it from working. Nothing that a person did wrong ends in a traceback: what a command cannot
do is `Told`, with its exit code and what to do about it.
"""

import sys
from collections.abc import Callable
from typing import NoReturn

import typer

from scripts.desk import Ended, Told
from scripts.priority import give_way

BOOKS = ("orders", "fills", "positions", "balances", "decisions", "explain", "verify")
COMMANDS = (
    "status",
    "kill",
    "panic",
    "resume",
    "level",
    "flatten",
    *BOOKS,
    "doctor",
    "health",
    "backup",
    "exchange",
    "candles",
    "bench",
    "chaos",
    "simulate",
)


def run() -> NoReturn:
    """Be the process of a command: one that only reads the books lets the desk go first."""
    if sys.argv[1:2] and sys.argv[1] in BOOKS:
        give_way()
    main()


def main() -> NoReturn:
    """Run the command of this process's arguments and end with its exit code."""
    asked = sys.argv[1] if len(sys.argv) > 1 else ""
    try:
        build([asked] if asked in COMMANDS else COMMANDS)()
    except Told as told:
        print(f"btcbot: {told}", file=sys.stderr)
        sys.exit(told.ended)
    except BrokenPipeError:
        sys.stderr.close()  # the reader of our output went away; there is nobody to tell
    sys.exit(Ended.DONE)


def build(names: "list[str] | tuple[str, ...]") -> typer.Typer:
    """Return the program with the commands *names*."""
    app = typer.Typer(
        name="btcbot",
        help="Run, watch and stop a trading desk. The desk itself: python supervisor.py",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_every_command)  # else one command alone would lose its name
    for name in names:
        app.command(name)(_reading(name) or _acting(name))
    return app


def _every_command() -> None:
    """Run, watch and stop a trading desk. The desk itself: python supervisor.py"""


def _reading(name: str) -> Callable[..., None] | None:
    """Return the command *name* that only looks, None when it is not one of those."""
    match name:
        case "status":
            from scripts.status import status

            return status
        case "orders":
            from scripts.orders import orders

            return orders
        case "fills":
            from scripts.fills import fills

            return fills
        case "positions":
            from scripts.positions import positions

            return positions
        case "balances":
            from scripts.balances import balances

            return balances
        case "decisions":
            from scripts.decisions import decisions

            return decisions
        case "explain":
            from scripts.explain import explain

            return explain
        case "verify":
            from scripts.verify import verify

            return verify
        case "doctor":
            from scripts.doctor import doctor

            return doctor
        case "health":
            from scripts.health import health

            return health
        case _:
            return None


def _acting(name: str) -> Callable[..., None]:
    """Return the command *name* that does something."""
    match name:
        case "kill":
            from scripts.kill import kill

            return kill
        case "panic":
            from scripts.panic import panic

            return panic
        case "resume":
            from scripts.resume import resume

            return resume
        case "level":
            from scripts.level import level

            return level
        case "flatten":
            from scripts.flatten import flatten

            return flatten
        case "backup":
            from scripts.backup import backup

            return backup
        case "exchange":
            from scripts.exchange import exchange

            return exchange
        case "candles":
            from scripts.candles import candles

            return candles
        case "bench":
            from scripts.bench.command import bench

            return bench
        case "chaos":
            from scripts.chaos.command import chaos

            return chaos
        case "simulate":
            from scripts.simulate import simulate

            return simulate
        case _:
            raise Told(Ended.USAGE, f"no command is called {name}")
