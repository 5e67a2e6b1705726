"""`btcbot`: what a person types. One file per command; here they only get their names.

Nothing that a person did wrong ends in a traceback: what a command cannot do is `Told`, with its
exit code and what to do about it.
"""

import sys
from collections.abc import Callable
from typing import NoReturn

import typer

from scripts.balances import balances
from scripts.decisions import decisions
from scripts.desk import Ended, Told
from scripts.exchange import exchange
from scripts.explain import explain
from scripts.fills import fills
from scripts.kill import kill
from scripts.level import level
from scripts.orders import orders
from scripts.positions import positions
from scripts.resume import resume
from scripts.status import status
from scripts.verify import verify

app = typer.Typer(
    name="btcbot",
    help="Run, watch and stop a trading desk. The desk itself: python supervisor.py",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
COMMANDS: tuple[Callable[..., None], ...] = (
    status,
    kill,
    resume,
    level,
    orders,
    fills,
    positions,
    balances,
    decisions,
    explain,
    verify,
    exchange,
)
for command in COMMANDS:
    app.command(command.__name__)(command)


def main() -> NoReturn:
    """Run the command of this process's arguments and end with its exit code."""
    try:
        app()
    except Told as told:
        print(f"btcbot: {told}", file=sys.stderr)
        sys.exit(told.ended)
    except BrokenPipeError:
        sys.stderr.close()  # the reader of our output went away; there is nobody to tell
        sys.exit(Ended.DONE)
    sys.exit(Ended.DONE)
