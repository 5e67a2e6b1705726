"""What is done to a desk, when: a plan drawn from a seed. The same seed is the same plan.

Times are ms from the begin. A plan is a list of actions in order of time; whoever carries it out
may be late, since an action takes its time, but leaves none out.
"""

import random
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import TypeVar

from msgspec import Struct

from scripts.chaos import troubles
from scripts.chaos.relays import Weather

T = TypeVar("T", bound=str)
MINUTE_MS = 60_000
GAP_MIN_MS, GAP_MAX_MS = 700, 3_300  # between two actions
STOP_MS = (1_000, 5_000)
CUT_MS = (300, 4_000)
SLOW_MS = (1_000, 3_000)
DELAY_MS = (200, 4_000)
HIDE_MS = (500, 3_000)
SILENT_MS = (2_000, 8_000)
OUTCOMES = (
    "drop_before",
    "drop_after_accept",
    "delay_ms",
    "http_500_after_accept",
    "html_504_after_accept",
)
EXCHANGE, FORKSERVER, SUPERVISOR = "exchange", "forkserver", "supervisor"


class Deed(StrEnum):
    """What can be done to a desk."""

    KILL = "KILL"  # SIGKILL to one process
    KILL_ALL = "KILL_ALL"  # to all six actors at once
    STOP = "STOP"  # SIGSTOP, then SIGCONT
    LINK = "LINK"  # bad weather on one link for a while
    OUTCOMES = "OUTCOMES"  # the next orders meet faults at the venue
    HIDE_FILLS = "HIDE_FILLS"
    SILENT_STREAM = "SILENT_STREAM"
    FULL_DISK = "FULL_DISK"  # the executor can write no more until it is another process
    DRILL = "DRILL"  # kill by command, later resume
    TROUBLE = "TROUBLE"  # one of `troubles` at the venue


# How often each comes, of a hundred.
SHARES = {
    Deed.KILL: 58,
    Deed.LINK: 22,
    Deed.STOP: 5,
    Deed.OUTCOMES: 7,
    Deed.HIDE_FILLS: 2,
    Deed.SILENT_STREAM: 1,
    Deed.FULL_DISK: 1,
    Deed.KILL_ALL: 2,
    Deed.DRILL: 2,
}
# The same where no process is harmed: the venue alone does what it can, all at once.
AT_THE_VENUE = {Deed.TROUBLE: 76, Deed.OUTCOMES: 14, Deed.HIDE_FILLS: 4, Deed.LINK: 6}
# Whom a kill meets, of a hundred. The death of forkserver or supervisor is that of all the others.
VICTIMS = {
    "executor": 26,
    "risk_gate": 14,
    "allocator": 13,
    "strategy": 13,
    "market_data": 13,
    "persistence": 13,
    EXCHANGE: 5,
    FORKSERVER: 2,
    SUPERVISOR: 1,
}
STOPPED = {
    "executor": 30,
    "risk_gate": 12,
    "allocator": 10,
    "strategy": 10,
    "market_data": 10,
    "persistence": 10,
    EXCHANGE: 10,
    FORKSERVER: 4,
    SUPERVISOR: 4,
}
WEATHERS = (Weather.CUT, Weather.CUT, Weather.CUT, Weather.DEAF, Weather.MUTE, Weather.SLOW)


class Action(Struct, frozen=True, kw_only=True):
    """One deed. *target* is a role, a link or a fault of the venue; *lasts_ms* where it lasts."""

    at_ms: int
    deed: Deed
    target: str = ""
    weather: Weather = Weather.FAIR
    lasts_ms: int = 0
    count: int = 0  # of orders that meet a fault


def plan(
    seed: int, *, lasts_ms: int, links: Sequence[str], shares: Mapping[Deed, int] = SHARES
) -> list[Action]:
    """Return what is done within *lasts_ms* to a desk with *links*, by *shares*.

    The drill comes at least once in a plan of a minute or more, unless it has no share.
    """
    dice = random.Random(seed)
    actions: list[Action] = []
    at_ms = dice.randint(GAP_MIN_MS, GAP_MAX_MS)
    while at_ms < lasts_ms:
        actions.append(_action(dice, at_ms, links, shares))
        at_ms += dice.randint(GAP_MIN_MS, GAP_MAX_MS)
    drilled = Deed.DRILL in shares and lasts_ms >= MINUTE_MS
    if drilled and not any(one.deed is Deed.DRILL for one in actions):
        middle = len(actions) // 2
        actions[middle] = _drill(dice, actions[middle].at_ms)
    return actions


def said(action: Action) -> str:
    """Return *action* in words, for whoever watches or reads what came before a violation."""
    seconds = f"{action.at_ms / 1_000:7.1f} s"
    parts = [str(action.deed), action.target]
    if action.weather is not Weather.FAIR:
        parts.append(str(action.weather))
    if action.count:
        parts.append(f"×{action.count}")
    if action.lasts_ms:
        parts.append(f"for {action.lasts_ms} ms")
    return f"{seconds}  {' '.join(part for part in parts if part)}"


def _action(
    dice: random.Random, at_ms: int, links: Sequence[str], shares: Mapping[Deed, int]
) -> Action:
    deed = _drawn(dice, shares)
    match deed:
        case Deed.KILL:
            return Action(at_ms=at_ms, deed=deed, target=_drawn(dice, VICTIMS))
        case Deed.STOP:
            target = _drawn(dice, STOPPED)
            return Action(at_ms=at_ms, deed=deed, target=target, lasts_ms=dice.randint(*STOP_MS))
        case Deed.LINK:
            return _link(dice, at_ms, links)
        case Deed.OUTCOMES:
            fault, count = dice.choice(OUTCOMES), dice.randint(1, 3)
            lasts_ms = dice.randint(*DELAY_MS) if fault == "delay_ms" else 0
            return Action(at_ms=at_ms, deed=deed, target=fault, count=count, lasts_ms=lasts_ms)
        case Deed.HIDE_FILLS:
            return Action(at_ms=at_ms, deed=deed, lasts_ms=dice.randint(*HIDE_MS))
        case Deed.SILENT_STREAM:
            return Action(at_ms=at_ms, deed=deed, lasts_ms=dice.randint(*SILENT_MS))
        case Deed.DRILL:
            return _drill(dice, at_ms)
        case Deed.TROUBLE:
            name, lasts_ms = troubles.drawn(dice)
            return Action(at_ms=at_ms, deed=deed, target=name, lasts_ms=lasts_ms)
    return Action(at_ms=at_ms, deed=deed)


def _link(dice: random.Random, at_ms: int, links: Sequence[str]) -> Action:
    weather = dice.choice(WEATHERS)
    lasts_ms = dice.randint(*(SLOW_MS if weather is Weather.SLOW else CUT_MS))
    return Action(
        at_ms=at_ms,
        deed=Deed.LINK,
        target=dice.choice(links),
        weather=weather,
        lasts_ms=lasts_ms,
    )


def _drill(dice: random.Random, at_ms: int) -> Action:
    return Action(at_ms=at_ms, deed=Deed.DRILL, lasts_ms=dice.randint(500, 3_000))


def _drawn(dice: random.Random, shares: Mapping[T, int]) -> T:
    return dice.choices(list(shares), weights=list(shares.values()))[0]
