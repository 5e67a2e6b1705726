"""What is remembered beside the store, so that another file in its place, or none, is noticed.

Each opening leaves its epoch here, each damage that was met the state of the file it was met in. It
is evidence and no more: where it is lost, or older than the store, nothing follows.
"""

import os
from pathlib import Path

from msgspec import Struct

from messages import codec
from store.failures import CORRUPT, STORE_GONE, StoreRefused
from store.identity import Host, Identity

WITNESS_FILE = "store.seen"
DAMAGE_FILE = "store.damaged"


class Witness(Struct, frozen=True, kw_only=True):
    """The newest opening of the store in this directory: whose it was, and which."""

    lineage: str
    epoch: int
    mode: str
    base_url: str
    key_hash: str
    machine_id: str

    def is_of(self, identity: Identity, host: Host) -> bool:
        """Return whether *identity* opened it, on *host*."""
        theirs = Identity(mode=self.mode, base_url=self.base_url, key_hash=self.key_hash)
        return (theirs, self.machine_id) == (identity, host.machine_id)

    def contradicts(self, lineage: str, epoch: int) -> str:
        """Return why a store of *lineage* that ended at *epoch* is not the one seen, else ""."""
        if lineage != self.lineage:
            return f"another store was here: its lineage {self.lineage}, this one's {lineage}"
        if epoch < self.epoch:
            return f"it ends at epoch {epoch}, epoch {self.epoch} was seen: an older copy of it"
        return ""


class Damage(Struct, frozen=True, kw_only=True):
    """What was found, and the file as it was then: once that is another, it says nothing."""

    why: str
    inode: int
    size: int
    mtime_ns: int


def seen(run_dir: Path) -> Witness | None:
    """Return the newest opening that is remembered, None where none is."""
    try:
        return codec.convert(codec.unpack((run_dir / WITNESS_FILE).read_bytes()), Witness)
    except (OSError, codec.Unreadable):
        return None


def remember(run_dir: Path, *, lineage: str, epoch: int, identity: Identity, host: Host) -> None:
    """Remember an opening. What cannot be written is evidence less, and nothing else."""
    now = Witness(
        lineage=lineage,
        epoch=epoch,
        mode=identity.mode,
        base_url=identity.base_url,
        key_hash=identity.key_hash,
        machine_id=host.machine_id,
    )
    _put(run_dir / WITNESS_FILE, codec.pack(now))


def refuse_loss(run_dir: Path, path: Path, why: str, identity: Identity, host: Host) -> None:
    """Raise StoreRefused when *path*, which is no store for *why*, was ours: it is lost."""
    before = seen(run_dir)
    if before is None or not before.is_of(identity, host):
        return
    raise StoreRefused(
        STORE_GONE,
        f"{path} was this desk's store at epoch {before.epoch}; now it {why}: put a backup in its "
        f"place, or take {WITNESS_FILE} away as well to begin with empty books",
    )


def damaged(run_dir: Path, path: Path, why: str) -> None:
    """Remember that *path* was found damaged, for the next process that would open it."""
    try:
        now = path.stat()
    except OSError:
        return
    found = Damage(why=why, inode=now.st_ino, size=now.st_size, mtime_ns=now.st_mtime_ns)
    _put(run_dir / DAMAGE_FILE, codec.pack(found))


def refuse_damaged(run_dir: Path, path: Path) -> None:
    """Raise StoreRefused when *path* is still the file that was found damaged.

    Else the same page would end each process that comes to it, over and over.
    """
    try:
        found = codec.convert(codec.unpack((run_dir / DAMAGE_FILE).read_bytes()), Damage)
        now = path.stat()
    except (OSError, codec.Unreadable):
        return
    if (found.inode, found.size, found.mtime_ns) == (now.st_ino, now.st_size, now.st_mtime_ns):
        raise StoreRefused(
            CORRUPT,
            f"{path} was found damaged: {found.why}; put a backup in its place"
            f" (or take {DAMAGE_FILE} away to have it tried as it is)",
        )


def _put(path: Path, content: bytes) -> None:
    # Whole or not there. Not synced: no start waits for evidence.
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.write_bytes(content)
        beside.replace(path)
    except OSError:
        return
