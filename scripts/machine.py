"""What doctor measures without a desk: configuration, machine, run directory, store."""

import ctypes
import os
import shutil
import sqlite3
import sys
from collections.abc import Iterator, Mapping
from importlib import metadata
from pathlib import Path

from actors.executor import reach
from actors.executor.identity import ApiKey, KeyMissing, of_desk, signing
from actors.persistence.actor import AUDIT_FILE
from actors.runtime.endpoints import PATH_BYTES_MAX
from actors.runtime.private_file import NotPrivate
from actors.topology import SOCKETS
from actors.venues.btcturk.sign import SecretUnreadable
from config import secrets
from config.faults import ConfigError
from config.load import Desk, load
from messages import codec
from scripts import checks
from scripts.checks import Row, State, passed
from store import identity, journal
from store.audit import Checkpoint
from store.failures import StoreFailed, StoreRefused
from store.files import network_file_system
from store.open import STORE_FILE
from store.readers import Reader

SQLITE_MIN = (3, 37, 0)  # STRICT tables
PYTHON_MIN = (3, 11)
PYKKA = "4.5."  # the inbox leans on its internals
LIBRARIES = ("pykka", "pyzmq", "msgpack", "msgspec", "httpx", "websockets", "peewee", "structlog")
CHAIN_CHECKED = 1_000  # newest entries; `btcbot verify` checks all
UNSYNCHRONISED = 5  # TIME_ERROR of adjtimex(2)
TIMEX_BYTES = 512  # more than struct timex needs


def configuration(path: Path, environ: Mapping[str, str]) -> tuple[Desk | None, list[Row]]:
    """Return the desk that *path* configures, None when it is at fault, and a row per fault."""
    try:
        desk = load(path, environ=environ)
    except ConfigError as wrong:
        todo = "correct it; nothing starts with a configuration at fault"
        return None, [Row("configuration", State.FAIL, str(fault), todo) for fault in wrong.faults]
    return desk, [passed("configuration", f"{path}: mode {desk.desk.mode}, hash {desk.hash}")]


def account(desk: Desk, environ: Mapping[str, str]) -> tuple[ApiKey | None, list[Row]]:
    """Return the keys of the account, None without, and what is to be said of them.

    Only `live` needs any; the simulated exchange's own are no secret.
    """
    if desk.exchange is not None:
        own = desk.exchange.account
        found = secrets.Keys(own.public_key, own.secret)
        return reach.account(found), [passed("keys", f"{desk.desk.mode} needs none")]
    todo = "the ways to give both stand in docs/operations.md, Live"
    try:
        given = secrets.take(dict(environ))
        opened = reach.account(given)
        signing(opened)
    except ConfigError as wrong:
        return None, [Row("keys", State.FAIL, str(fault), todo) for fault in wrong.faults]
    except (NotPrivate, SecretUnreadable, KeyMissing) as why:
        return None, [Row("keys", State.FAIL, str(why), todo)]
    return opened, [passed("keys", "there, and the private one is base64")]


def arming(desk: Desk, environ: Mapping[str, str]) -> Iterator[Row]:
    """Judge each gate of `live` that configuration and environment know; KILL has its own row."""
    if desk.desk.mode != "live":
        return
    shut = secrets.shut_gates(environ, mode=desk.desk.mode)
    for name, word in secrets.ARMING.items():
        yield checks.gate(name, f"not {word}" if name in shut else "", f"set {name}={word}")
    dry_run = "it is true" if desk.executor.dry_run else ""
    yield checks.gate("executor.dry_run", dry_run, "dry_run = false in [executor]")
    if desk.venue.other_address:
        found = f"orders go to {desk.venue.base_url}: venue.other_address is true"
        yield Row("address", State.WARN, found, "right for a rehearsal only")


def versions() -> Iterator[Row]:
    """Judge Python, SQLite and the libraries."""
    python = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < PYTHON_MIN:
        yield Row("python", State.FAIL, python, "make install with Python 3.11 or newer")
    else:
        yield passed("python", python)
    if sqlite3.sqlite_version_info < SQLITE_MIN:
        yield Row("sqlite", State.FAIL, sqlite3.sqlite_version, "a Python with SQLite 3.37")
    else:
        yield passed("sqlite", sqlite3.sqlite_version)
    found = {name: _version(name) for name in LIBRARIES}
    told = ", ".join(f"{name} {version or 'missing'}" for name, version in found.items())
    if None in found.values() or not str(found["pykka"]).startswith(PYKKA):
        yield Row("libraries", State.FAIL, told, "make install")
    else:
        yield passed("libraries", told)


def run_directory(run_dir: Path) -> Iterator[Row]:
    """Judge where the desk writes; a directory that is not there yet is judged by its parent."""
    place = next(one for one in (run_dir, *run_dir.absolute().parents) if one.exists())
    if not place.is_dir() or not os.access(place, os.W_OK | os.X_OK):
        todo = "choose another --run-dir, or give its user leave to write"
        yield Row("run directory", State.FAIL, f"{place} cannot be written", todo)
        return
    yield passed("run directory", f"{run_dir}" if place == run_dir else f"{run_dir}, not yet there")
    if kind := network_file_system(place):
        yield Row("file system", State.FAIL, kind, "choose a --run-dir on a local disk")
    longest = max(len(os.fsencode(run_dir.absolute() / "sock" / name)) for name in SOCKETS)
    if longest > PATH_BYTES_MAX:
        yield passed("socket paths", f"{longest} bytes: moved below the temporary directory")
    yield checks.disk(shutil.disk_usage(place).free, where=str(place))
    yield checks.kill_file((run_dir / "KILL").exists())
    if place == run_dir:
        yield from _private(run_dir)


def store(run_dir: Path, desk: Desk | None, key: ApiKey | None) -> Iterator[Row]:
    """Judge version and head of the store, its audit, and whether it is this desk's."""
    path = run_dir / STORE_FILE
    if not path.exists():
        yield passed("store", "none yet: the first start makes one")
        return
    try:
        with Reader.open(run_dir) as reader:
            meta, head = reader.meta(), reader.head()
            broken = _broken_link(reader, head.seq)
    except (StoreRefused, StoreFailed) as why:
        yield Row("store", State.FAIL, str(why), "page STORE of docs/operations.md")
        return
    if broken:
        todo = "btcbot verify, page STORE of docs/operations.md"
        yield Row("store", State.FAIL, f"entry {broken} does not fit the one before it", todo)
    else:
        told = f"schema {meta.get('schema')}, {head.seq:,} entries, head {head.hash[:12]}"
        yield passed("store", f"{told}, epoch {meta.get('epoch')}")
    yield _audited(run_dir, head.seq, meta.get("lineage", ""))
    if desk is not None:
        yield _identity(meta, desk, key)
    log = path.with_name(f"{STORE_FILE}-wal")
    yield checks.log_size(log.stat().st_size if log.exists() else 0)


def clock(desk: Desk | None) -> Row:
    """Judge whether the kernel holds this machine's clock synchronised."""
    state = ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(TIMEX_BYTES))
    if 0 <= state < UNSYNCHRONISED:
        return passed("clock", "synchronised")
    if desk is not None and desk.desk.mode == "sim":
        return passed("clock", "not synchronised; the simulated exchange has the same one")
    todo = "run chrony or systemd-timesyncd: the venue refuses stamps 5 s off"
    return Row("clock", State.WARN, "not synchronised", todo)


def _identity(meta: Mapping[str, str], desk: Desk, key: ApiKey | None) -> Row:
    """Judge whether the store is this desk's: mode, venue, account and machine."""
    base_url = f"http://{desk.exchange.host}" if desk.exchange else desk.venue.base_url
    if key is None:
        return Row("store identity", State.WARN, "not known without keys", "see the row of keys")
    try:
        identity.check(meta, of_desk(desk.desk, base_url, key), identity.this_host())
    except StoreRefused as why:
        return Row("store identity", State.FAIL, str(why), "page STORE of docs/operations.md")
    return passed("store identity", f"{meta.get('mode')} at {meta.get('base_url')}")


def _audited(run_dir: Path, head: int, lineage: str) -> Row:
    """Judge how far the desk's own auditor came, by what it noted last."""
    try:
        noted = codec.convert(codec.unpack((run_dir / AUDIT_FILE).read_bytes()), Checkpoint)
    except (OSError, codec.Unreadable):
        return checks.auditor(None, head, "")
    if noted.lineage != lineage:
        return checks.auditor(None, head, "")
    breach = noted.breach
    said = f"{breach.invariant}: {breach.found}, expected {breach.expected}" if breach else ""
    return checks.auditor(noted.seq, head, said)


def _private(run_dir: Path) -> Iterator[Row]:
    yield checks.permissions(str(run_dir), run_dir.stat().st_mode, most=0o755)
    keys_dir = run_dir / "keys"
    places = [(run_dir / "sock", 0o700), (keys_dir, 0o700), (Path(".env"), 0o600)]
    if keys_dir.is_dir():
        places += [(one, 0o600) for one in sorted(keys_dir.iterdir())]
    for place, most in places:
        if place.exists():
            row = checks.permissions(str(place), place.stat().st_mode, most=most)
            if row.state is not State.PASS:
                yield row


def _broken_link(reader: Reader, head: int) -> int | None:
    """Return the first of the newest entries that does not fit, None when all do."""
    rows = reader.journal_since(max(0, head - CHAIN_CHECKED - 1), CHAIN_CHECKED + 1)
    before = b""
    if rows and rows[0].seq > 1:
        before = rows.pop(0).hash
    for row in rows:
        if journal.link_of(row, before) != row.hash:
            return row.seq
        before = row.hash
    return None


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
