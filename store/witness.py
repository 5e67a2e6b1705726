"""What is remembered beside the store, so that another file in its place, or none, is noticed.

Each opening leaves its epoch here, its writer the newest entry from time to time, each damage that
was met the state of the file it was met in. It is evidence and no more: where it is lost, or older
than the store, nothing follows.
"""

import os
from collections.abc import Callable
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from messages import codec
from store.failures import CORRUPT, STORE_GONE, StoreRefused
from store.identity import Host, Identity
from store.rows import Head

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
    seq: int = 0  # of the newest entry seen in its journal, 0: none was written down
    hash: str = ""

    def is_of(self, identity: Identity, host: Host) -> bool:
        """Return whether *identity* opened it, on *host*."""
        theirs = Identity(mode=self.mode, base_url=self.base_url, key_hash=self.key_hash)
        return (theirs, self.machine_id) == (identity, host.machine_id)

    def contradicts(self, lineage: str, epoch: int, hash_at: Callable[[int], str]) -> str:
        """Return why a store of *lineage* that ended at *epoch* is not the one seen, else "".

        *hash_at* returns the hash of an entry of its journal, "" where that has none. A copy taken
        while the desk ran is of the same epoch: it ends before what was seen of it later.
        """
        if lineage != self.lineage:
            return f"another store was here: its lineage {self.lineage}, this one's {lineage}"
        if epoch < self.epoch:
            return f"it ends at epoch {epoch}, epoch {self.epoch} was seen: an older copy of it"
        if self.seq and hash_at(self.seq) != self.hash:
            return (
                f"entry {self.seq} of epoch {self.epoch} was seen, and it has none: an older copy"
            )
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


def remember(run_dir: Path, opening: Witness, head: Head) -> None:
    """Remember *opening* and the newest entry. What cannot be written is evidence less, no more."""
    _put(run_dir / WITNESS_FILE, codec.pack(replace(opening, seq=head.seq, hash=head.hash)))


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
