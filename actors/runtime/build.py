"""Which build this is: a short hash of the source text it was started from.

A desk and its first forkserver start together and have one hash, taken once. A forkserver that is
started later reads the text anew: when it has changed meanwhile, its children are refused.
"""

import functools
import hashlib
from pathlib import Path

ROOMS = ("actors", "config", "messages", "store")
KINDS = ("*.py", "*.sql")
DIGEST_BYTES = 8
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


@functools.cache
def build_hash() -> str:
    """Return the hash of all Python and SQL of the rooms and of `supervisor.py`, read once."""
    root = Path(__file__).parents[2]
    digest = hashlib.blake2b(digest_size=DIGEST_BYTES)
    files = [path for room in ROOMS for kind in KINDS for path in (root / room).rglob(kind)]
    for path in sorted([*files, root / "supervisor.py"]):
        if path.is_file():
            digest.update(f"{path.relative_to(root)}\0".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


@functools.cache
def boot_id() -> str:
    """Return the id of this boot of this host; monotonic times compare only within one."""
    try:
        return BOOT_ID.read_text().strip()
    except OSError:
        return "unknown"
