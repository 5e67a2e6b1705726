"""`btcbot level`: what may be traded, for the desk, a strategy or an instrument."""

from typing import Annotated

import typer

from actors.allocator.flatten import FLATTEN
from messages.control import SetLevel
from messages.state import Level, Scope
from scripts import shown
from scripts.desk import VAR, Ended, RunDir, Told, agreed

OPERATOR = "operator"

LevelArgument = Annotated[
    str, typer.Argument(metavar="LEVEL", help="ACTIVE, REDUCE_ONLY, PAUSED or HALTED.")
]
StrategyOption = Annotated[
    str, typer.Option("--strategy", help="Only this strategy.", metavar="NAME", show_default=False)
]
InstrumentOption = Annotated[
    str,
    typer.Option("--instrument", help="Only this one.", metavar="BTC_TRY", show_default=False),
]
ReasonOption = Annotated[
    str, typer.Option("--reason", help="Why; it is stored with the level.", metavar="TEXT")
]


def level(
    level: LevelArgument,
    strategy: StrategyOption = "",
    instrument: InstrumentOption = "",
    reason: ReasonOption = "by hand",
    run_dir: RunDir = VAR,
) -> None:
    """Set the operator's level of the desk, a strategy or an instrument; the strictest counts."""
    wanted = read_level(level)
    if strategy and instrument:
        raise Told(Ended.USAGE, "name a strategy or an instrument, not both")
    scope, name = scoped(strategy, instrument)
    if wanted is Level.REDUCE_ONLY and scope is Scope.DESK and reason.startswith(FLATTEN):
        raise Told(
            Ended.USAGE,
            f"a reason that begins with {FLATTEN} sells all that strategies hold: "
            "that is btcbot flatten; give another reason",
        )
    command = SetLevel(scope=scope, name=name, source=OPERATOR, level=wanted, reason=reason)
    reply = agreed(run_dir, "executor.control", command)
    whose = f"{scope} {name}".strip()
    if not reply.ok:
        raise Told(Ended.NO, f"{whose} is not {wanted}: {reply.code}: {reply.message}")
    shown.say(f"{whose}: the operator's level is {wanted} ({reason}). {reply.message}".strip())


def read_level(said: str) -> Level:
    """Return the level that *said* names in any case. Raises Told(USAGE)."""
    name = said.strip().upper()
    if name not in Level.__members__:
        known = ", ".join(Level)
        raise Told(Ended.USAGE, f"{said!r} is no level; one of {known} is")
    return Level(name)


def scoped(strategy: str, instrument: str) -> tuple[Scope, str]:
    """Return the scope that the options of the command name, and whose it is."""
    if strategy:
        return Scope.STRATEGY, strategy
    if instrument:
        return Scope.INSTRUMENT, instrument.strip().upper()
    return Scope.DESK, ""
