"""Is this good, worth a look, or bad? Pure judgements on what doctor and health measured.

Each answers with a row: what was looked at, the verdict, what was found, and what to do about it.
Limits are inclusive on the good side; what could not be measured is never a PASS.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any

from msgspec import Struct

from actors.venues.port import RejectKind
from messages.instrument import Instrument
from messages.money import text

MIB = 1024 * 1024
DISK_WARN, DISK_FAIL = 1_024 * MIB, 200 * MIB
LOG_WARN = 256 * MIB  # the store's write-ahead log; a reader that never ends keeps it growing
HEARTBEAT_WARN_MS, HEARTBEAT_FAIL_MS = 1_000, 3_000
ANSWER_WARN_MS = 2_000  # a service is asked over HTTP each second: younger is no delay
PERMIT_WARN_MS = 2_000  # older: no order is sent
OFFSET_WARN_MS, OFFSET_FAIL_MS = 2_000, 4_000  # the venue refuses stamps beyond 5,000
FEED_WARN_MS = 5_000
COMPARED_WARN_MS, COMPARED_FAIL_MS = 30_000, 120_000  # later than every reconcile_every_s
READS_WARN_MS, READS_FAIL_MS = 10_000, 60_000  # a question asked again and again in vain


class State(StrEnum):
    PASS = "PASS"  # noqa: S105 - a verdict
    WARN = "WARN"
    FAIL = "FAIL"


EXIT = {State.PASS: 0, State.WARN: 1, State.FAIL: 2}


class Row(Struct, frozen=True):
    """One thing that was looked at. *todo* is empty for a PASS."""

    name: str
    state: State
    found: str
    todo: str = ""


def worst(rows: Iterable[Row]) -> State:
    """Return the worst verdict of *rows*."""
    return max((row.state for row in rows), key=lambda state: EXIT[state], default=State.PASS)


def passed(name: str, found: str) -> Row:
    return Row(name, State.PASS, found)


def disk(free: int, *, where: str) -> Row:
    """Judge *free* bytes on the disk of the run directory."""
    found = f"{free // MIB:,} MiB free at {where}"
    todo = "make room: without space nothing can be committed, so nothing is sent"
    if free < DISK_FAIL:
        return Row("disk", State.FAIL, found, todo)
    return Row("disk", State.WARN, found, todo) if free < DISK_WARN else passed("disk", found)


def log_size(size: int) -> Row:
    """Judge the size of the store's write-ahead log in bytes."""
    found = f"{size // MIB:,} MiB in the write-ahead log"
    if size <= LOG_WARN:
        return passed("store log", found)
    return Row("store log", State.WARN, found, "end whatever reads the store without end")


def permissions(name: str, mode: int, *, most: int) -> Row:
    """Judge the permission bits of a file or directory that only its owner may use."""
    found = f"{name} has mode {mode & 0o777:04o}"
    if mode & 0o777 & ~most:
        return Row("permissions", State.FAIL, found, f"chmod {most:04o} {name}")
    return passed("permissions", found)


def kill_file(there: bool) -> Row:
    if not there:
        return passed("kill", "the file KILL is not there")
    return Row("kill", State.WARN, "the file KILL is there: nothing is sent", "btcbot resume")


def offset(offset_ms: int, error_ms: int, *, most_ms: int = OFFSET_FAIL_MS) -> Row:
    """Judge the venue's clock minus ours, known to *error_ms* either way: *most_ms* is too much."""
    found = f"the venue's clock is {offset_ms:+,} ms from ours (± {error_ms:,})"
    todo = "set this machine's clock (chrony, systemd-timesyncd)"
    away = abs(offset_ms) - error_ms
    if away >= most_ms:
        return Row("venue clock", State.FAIL, found, f"{todo}: live does not start")
    if away > OFFSET_WARN_MS:
        return Row("venue clock", State.WARN, found, todo)
    return passed("venue clock", found)


def rules(name: str, by_tick: Instrument | None, by_scale: Instrument | None, *, used: str) -> Row:
    """Judge the venue's rules of one instrument, read by both increment rules; *used* is ours."""
    row = f"rules {name}"
    one = by_scale if used == "scale" else by_tick
    if by_tick is None or by_scale is None or one is None:
        return Row(row, State.FAIL, "the venue does not list it", "correct desk.instruments")
    tick, scale = by_tick.price_increment, by_scale.price_increment
    found = (
        f"price by {text(one.price_increment)} ({used}; tick_size {text(tick)}, scale "
        f"{text(scale)}), quantity by {text(one.quantity_step)}, from {text(one.notional_min)} "
        f"{one.quote}"
    )
    if one.not_tradable is not None:
        todo = "nothing is ordered there; wait, or take it out of desk.instruments"
        return Row(row, State.WARN, f"{one.not_tradable}: {found}", todo)
    return passed(row, found)


def key(refused: str, kind: RejectKind | None, *, asked: str) -> Row:
    """Judge what the venue said to a private read, *asked*; *refused* is empty when it answered."""
    todo = "check public and private key, the key's rights and the address it is bound to"
    return _of_key("key", refused, kind, asked=asked, todo=todo)


def key_trades(refused: str, kind: RejectKind | None, *, asked: str) -> Row:
    """Judge the same of a write: it is asked after a read was answered."""
    todo = (
        "give the key the right to trade, or set dry_run = true in [executor]: live does not start"
    )
    return _of_key("key may trade", refused, kind, asked=asked, todo=todo)


def key_hears(refused: str) -> Row:
    """Judge what the venue said to a login at its WebSocket; without it fills are booked later."""
    asked = "a login at its WebSocket"
    if not refused:
        return passed("key may hear", f"the venue answers {asked}")
    if refused.startswith("LOGIN_REFUSED"):
        todo = (
            "give the key the right to the WebSocket; without it the books follow the reads alone"
        )
    else:
        todo = "can this machine reach the WebSocket, [venue] ws_url? ask again"
    return Row("key may hear", State.WARN, f"{asked}: {refused}", todo)


def _of_key(name: str, refused: str, kind: RejectKind | None, *, asked: str, todo: str) -> Row:
    if not refused:
        return passed(name, f"the venue answers {asked}")
    found = f"{asked}: {refused}"
    if kind is RejectKind.STAMP:
        return Row(name, State.FAIL, found, "set this machine's clock (chrony, systemd-timesyncd)")
    if kind is RejectKind.AUTH:
        return Row(name, State.FAIL, found, todo)
    if refused == "HTTP 403":
        todo = "the venue or what stands before it refuses this address: see its IP list"
        return Row(name, State.FAIL, found, todo)
    return Row(name, State.WARN, found, "ask again; how the venue is stands in the row above")


def gate(name: str, shut: str, todo: str) -> Row:
    """Judge one arming gate of `live`; *shut* says why nothing is sent, empty when it is open."""
    if shut:
        return Row(f"gate {name}", State.WARN, f"{shut}: nothing is sent", todo)
    return passed(f"gate {name}", "open")


def gates(told: Mapping[str, Any]) -> Row:
    """Judge by the executor's report whether anything may be written to the venue at all."""
    shut = "executor.dry_run" if told.get("dry_run") else told.get("armed")
    if shut:
        found = f"{shut} is shut: nothing is sent"
        return Row("gates", State.WARN, found, "btcbot doctor says what opens it")
    return passed("gates", "open")


def auditor(audited: int | None, head: int, breach: str) -> Row:
    """Judge how far the journal was audited, None where nobody noted it."""
    if breach:
        todo = "btcbot verify, page STORE of docs/operations.md; nothing is sent"
        return Row("auditor", State.FAIL, breach, todo)
    if audited is None:
        found = f"nothing noted of {head:,} entries"
        return Row("auditor", State.WARN, found, "btcbot verify checks them all")
    return passed("auditor", f"audited to entry {audited:,} of {head:,}")


def actor(told: Mapping[str, Any]) -> Row:
    """Judge one actor of the supervisor's report."""
    return _alive(told, "actor", "heartbeat", warn_ms=HEARTBEAT_WARN_MS)


def service(told: Mapping[str, Any]) -> Row:
    """Judge one service of the supervisor's report, by its last answer."""
    return _alive(told, "service", "answer", warn_ms=ANSWER_WARN_MS)


def _alive(told: Mapping[str, Any], kind: str, sign: str, *, warn_ms: int) -> Row:
    age_ms = told.get("heartbeat_age_ms")
    heard = f"no {sign} yet" if age_ms is None else f"{sign} {age_ms} ms ago"
    found = f"{told.get('state')}, {heard}, {told.get('restarts')} restarts"
    name = f"{kind} {told.get('role')}"
    todo = f"see logs/{told.get('role')}.jsonl; it is restarted by itself"
    silent_ms = age_ms or 0
    if told.get("state") != "ready" or silent_ms > HEARTBEAT_FAIL_MS:
        return Row(name, State.FAIL, found, todo)
    if silent_ms > warn_ms:
        return Row(name, State.WARN, found, todo)
    return passed(name, found)


def permits(told: Iterable[Mapping[str, Any]]) -> list[Row]:
    """Judge the age of each issuer's newest echo."""
    rows = []
    for one in told:
        age_ms, name = one.get("age_ms"), f"permit of {one.get('issuer')}"
        if age_ms is not None and age_ms <= PERMIT_WARN_MS:
            rows.append(passed(name, f"{age_ms} ms old"))
            continue
        found = "never given" if age_ms is None else f"{age_ms:,} ms old: nothing is sent"
        rows.append(Row(name, State.WARN, found, "the page PERMITS of docs/operations.md"))
    return rows or [Row("permits", State.WARN, "not told", "wait for the executor to be ready")]


def unknown_orders(count: int | None) -> Row:
    if count is None:
        return Row("unknown orders", State.WARN, "not told", "wait for the executor to be ready")
    if count == 0:
        return passed("unknown orders", "0")
    todo = "btcbot orders --alive; they end by the venue's evidence alone"
    return Row("unknown orders", State.WARN, str(count), todo)


def feeds(told: Mapping[str, Any] | None) -> list[Row]:
    """Judge the verdict on all market data, and each instrument of it."""
    if not told:
        todo = "see logs/market_data.jsonl"
        return [Row("feeds", State.FAIL, "no word from market_data", todo)]
    verdict = str(told.get("verdict"))
    state = State.FAIL if verdict == "OBSERVE" else State.WARN
    whole = f"{verdict} {told.get('reason') or ''}".strip()
    rows = [
        passed("feeds", whole)
        if verdict == "NORMAL"
        else Row("feeds", state, whole, "the page DATA of docs/operations.md")
    ]
    for name, one in dict(told.get("instruments") or {}).items():
        age_ms = one.get("age_ms")
        found = f"{'tradable' if one.get('tradable') else one.get('problem')}, {age_ms} ms old"
        fresh = one.get("tradable") and age_ms is not None and age_ms <= FEED_WARN_MS
        todo = "it comes back by itself; the page DATA of docs/operations.md"
        rows.append(
            passed(f"feed {name}", found) if fresh else Row(f"feed {name}", State.WARN, found, todo)
        )
    return rows


def levels(entries: Iterable[Mapping[str, Any]]) -> list[Row]:
    """Judge every level that is not ACTIVE."""
    rows = []
    for one in entries:
        if one.get("level") == "ACTIVE":
            continue
        whose = f"{one.get('scope')} {one.get('name') or ''}".strip()
        found = f"{one.get('level')} by {one.get('source')}: {one.get('reason')}"
        todo = "btcbot resume" if one.get("source") == "kill" else f"btcbot level ACTIVE, {whose}"
        rows.append(Row(f"level of {whose}", State.WARN, found, todo))
    return rows or [passed("levels", "ACTIVE everywhere")]


def differences(found: Iterable[Mapping[str, Any]]) -> Row:
    """Judge what books and venue last differed in."""
    told = [f"{d.get('asset')} {d.get('account')} {d.get('difference')}" for d in found]
    if not told:
        return passed("books", "agreed with the venue when last compared")
    return Row("books", State.FAIL, "; ".join(told), "btcbot verify, page BOOKS_DIFFER")


def compared(age_ms: int | None, every_ms: int) -> Row:
    """Judge when books and venue were compared last, which is due *every_ms*."""
    todo = "logs/executor.jsonl says what is not answered; page BOOKS of docs/operations.md"
    if age_ms is None:
        return Row("comparison", State.WARN, "books and venue were not compared yet", todo)
    found = f"books and venue were compared {age_ms:,} ms ago, due every {every_ms:,} ms"
    if age_ms - every_ms > COMPARED_FAIL_MS:
        return Row("comparison", State.FAIL, found, todo)
    if age_ms - every_ms > COMPARED_WARN_MS:
        return Row("comparison", State.WARN, found, todo)
    return passed("comparison", found)


def reads(failing: Iterable[Mapping[str, Any]]) -> list[Row]:
    """Judge what the venue is asked for and does not answer."""
    rows = []
    for one in failing:
        name, for_ms = f"read {one.get('read')}", one.get("for_ms") or 0
        found = f"not answered for {for_ms:,} ms, {one.get('times')} times: {one.get('reason')}"
        todo = "network, venue, budgets; page UNKNOWN of docs/operations.md"
        if for_ms <= READS_WARN_MS:
            rows.append(passed(name, found))
        else:
            state = State.FAIL if for_ms > READS_FAIL_MS else State.WARN
            rows.append(Row(name, state, found, todo))
    return rows or [passed("reads", "the venue answers all of them")]


def odd(counts: Mapping[str, int]) -> Row:
    """Judge what was read although it was not as the venue documents it."""
    if not counts:
        return passed("answers", "all as the venue documents them")
    found = ", ".join(f"{code} {count}" for code, count in counts.items())
    return Row("answers", State.WARN, found, "page BOOKS of docs/operations.md")


def private_stream(told: Mapping[str, Any]) -> Row:
    """Judge the account's own stream; without it the books follow what is read."""
    if told.get("up"):
        return passed("private stream", "up")
    found = f"down: {told.get('reason') or 'not up yet'}"
    todo = "the books stay right by reads; LOGIN_REFUSED: the key's right to the WebSocket"
    return Row("private stream", State.WARN, found, todo)
