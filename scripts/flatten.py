"""`btcbot flatten`: take back what rests, then sell what the strategies hold.

The desk is HALTED until the venue shows nothing of ours, then REDUCE_ONLY with every target at
nothing, until an operator sets another level. Sells go through the risk gate like any order.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

import typer

from actors.allocator.flatten import FLATTEN, OPERATOR, is_worth_an_order
from actors.runtime import endpoints
from actors.runtime.clock import SystemClock
from actors.runtime.endpoints import EndpointsUnusable
from actors.venues.btcturk.rest import BtcturkPublic
from actors.venues.port import VenueUnavailable, VenueUnreadable
from actors.venues.settings import VenueSettings
from messages.control import Reply, SetLevel, StatusQuery
from messages.money import text
from messages.state import Level, Scope
from scripts import shown
from scripts.books import opened
from scripts.desk import VAR, Ended, RunDir, Told, answer
from scripts.pace import Pace

EXECUTOR = "executor.control"
POLL_MS = 500
WAIT_S = 120.0

ReasonOption = Annotated[str, typer.Option("--reason", help="Why; it is stored.", metavar="TEXT")]
WaitOption = Annotated[
    float, typer.Option("--wait", min=0, help="Seconds to wait for it.", metavar="S")
]


def flatten(
    reason: ReasonOption = "by hand", wait_s: WaitOption = WAIT_S, run_dir: RunDir = VAR
) -> None:
    """Cancel what rests, sell what the strategies hold, and buy nothing until told otherwise."""
    clock = SystemClock()
    until_ms = clock.mono_ms() + int(wait_s * 1_000)
    if _report(run_dir)["latched"]:
        raise Told(Ended.NO, "not flattened: the desk is killed; btcbot resume first")
    why = f"{FLATTEN}: {reason}"
    _set(run_dir, Level.HALTED, why)
    shown.say("desk HALTED: what rests is taken back")
    if not until(lambda: bool(_unless_overtaken(run_dir, Level.HALTED, why)["clear"]), until_ms):
        raise Told(Ended.NO, "the venue still shows orders of ours: the desk stays HALTED")
    until(lambda: _set(run_dir, Level.REDUCE_ONLY, why).ok, until_ms)
    shown.say("nothing rests; desk REDUCE_ONLY: what strategies hold is sold")

    def is_over() -> bool:
        alive = _unless_overtaken(run_dir, Level.REDUCE_ONLY, why)["alive_count"]
        return not alive and not left(run_dir)

    if not until(is_over, until_ms):
        told = ", ".join(f"{name} {text(amount)}" for name, amount in left(run_dir).items())
        raise Told(Ended.NO, f"not sold yet: {told or 'orders are alive'}. It goes on by itself")
    shown.say("every position is below the venue's minimum; btcbot level ACTIVE trades again")


def left(run_dir: Path) -> dict[str, Decimal]:
    """Return what strategies hold that is worth an order, by instrument."""
    held: dict[str, Decimal] = {}
    with opened(run_dir) as reader:
        for row in reader.positions():
            if row["strategy"]:
                name = str(row["instrument"])
                held[name] = max(held.get(name, Decimal(0)), Decimal(row["position"]))
    client = BtcturkPublic(VenueSettings(base_url=_address(run_dir)), SystemClock())
    try:
        rules = {one.instrument: one for one in client.instruments()}
        bids = {name: client.quote(name).bid for name, amount in held.items() if amount}
    except (VenueUnavailable, VenueUnreadable) as why:
        said = f"what is left cannot be judged, the venue says nothing: {why}"
        raise Told(Ended.UNREACHABLE, said) from why
    finally:
        client.close()
    return {
        name: held[name]
        for name, bid in bids.items()
        if bid is None or name not in rules or is_worth_an_order(held[name], bid, rules[name])
    }


def _address(run_dir: Path) -> str:
    try:
        return endpoints.read(run_dir).venue["base_url"]
    except (EndpointsUnusable, KeyError) as why:
        raise Told(Ended.UNREACHABLE, f"the venue's address is not known: {why}") from why


def _report(run_dir: Path) -> Mapping[str, Any]:
    return answer(run_dir, EXECUTOR, StatusQuery()).report


def _unless_overtaken(run_dir: Path, level: Level, reason: str) -> Mapping[str, Any]:
    """Return how the executor stands. Raises Told where something was ordered after us."""
    report = _report(run_dir)
    ours = any(
        (one["scope"], one["source"], one["level"], one["reason"])
        == (Scope.DESK, OPERATOR, level, reason)
        for one in report["levels"]
    )
    if report["latched"] or not ours:
        what = "the desk was killed" if report["latched"] else "the desk was given another level"
        raise Told(Ended.NO, f"not flattened: {what} meanwhile, and that counts")
    return report


def _set(run_dir: Path, level: Level, reason: str) -> Reply:
    command = SetLevel(scope=Scope.DESK, name="", source=OPERATOR, level=level, reason=reason)
    reply = answer(run_dir, EXECUTOR, command)
    if not reply.ok:
        raise Told(Ended.NO, f"the desk is not {level}: {reply.code}: {reply.message}")
    return reply


def until(holds: Callable[[], bool], until_ms: int, *, poll_ms: int = POLL_MS) -> bool:
    """Return whether it *holds* before *until_ms*; who cannot be asked now is asked again.

    Raises Told at once where something was refused, at the end where nobody could be asked.
    """
    clock, pace = SystemClock(), Pace(poll_ms)
    while True:
        unasked = None
        try:
            if holds():
                return True
        except Told as why:
            if why.ended is not Ended.UNREACHABLE:
                raise
            unasked = why
        if clock.mono_ms() >= until_ms:
            if unasked is not None:
                raise unasked
            return False
        pace.rest(poll_ms / 1_000)
