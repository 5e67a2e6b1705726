"""Whose store is this? Mode, venue and key are written in it, and the machine it lives on.

A store opened with another identity would mix the books of two accounts; a store that woke up on
another machine may have a twin that still trades.
"""

import hashlib
import secrets
from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

from store.failures import OTHER_IDENTITY, OTHER_MACHINE, StoreRefused
from store.rows import MetaRow

LINEAGE_BYTES = 8

_MACHINE_FILES = (Path("/etc/machine-id"), Path("/var/lib/dbus/machine-id"))
_BOOT_FILE = Path("/proc/sys/kernel/random/boot_id")


class Identity(Struct, frozen=True, kw_only=True):
    """What a desk says it is. *key_hash* is a hash of the public key, empty without one."""

    mode: str
    base_url: str
    key_hash: str


class Host(Struct, frozen=True, kw_only=True):
    """Where the desk runs; empty where the system does not say."""

    machine_id: str
    boot_id: str


def this_host() -> Host:
    """Return the marks of this machine and of its current boot. The machine's own id is hashed."""
    machine = next((text for path in _MACHINE_FILES if (text := _said(path))), "")
    hashed = hashlib.blake2b(machine.encode(), key=b"btcbot", digest_size=16).hexdigest()
    return Host(machine_id=hashed if machine else "", boot_id=_said(_BOOT_FILE))


def first_rows(identity: Identity, host: Host) -> tuple[MetaRow, ...]:
    """Return what a new store says about itself, beside its lineage."""
    facts = {
        "mode": identity.mode,
        "base_url": identity.base_url,
        "key_hash": identity.key_hash,
        "machine_id": host.machine_id,
    }
    return tuple(MetaRow(key=key, value=value) for key, value in facts.items())


def new_lineage() -> MetaRow:
    """Return a lineage that no store has had. It is drawn here and nowhere else."""
    return MetaRow(key="lineage", value=secrets.token_hex(LINEAGE_BYTES))


def check(meta: Mapping[str, str], identity: Identity, host: Host) -> None:
    """Raise StoreRefused when the store that says *meta* is not *identity*'s on *host*."""
    for key, ours in (
        ("mode", identity.mode),
        ("base_url", identity.base_url),
        ("key_hash", identity.key_hash),
    ):
        theirs = meta.get(key, "")
        if theirs != ours:
            raise StoreRefused(
                OTHER_IDENTITY,
                f"this store was made with {key} {theirs!r}, the desk has {ours!r}: "
                "choose another --run-dir, or the configuration it was made with",
            )
    home = meta.get("machine_id", "")
    if home and host.machine_id and home != host.machine_id:
        raise StoreRefused(
            OTHER_MACHINE,
            "this store belongs to another machine, where its desk may still trade: "
            "stop that one for good; here choose another --run-dir",
        )


def _said(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""
