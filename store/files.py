"""How a file becomes durable, and on what kind of disk it lies.

A rename lasts only once the directory is synced too.
"""

import os
import re
from pathlib import Path

MOUNTS = Path("/proc/self/mountinfo")

# WAL needs shared memory and locks of one kernel; over a network two kernels would each have
# their own. A virtual machine's own disk may be 9p or virtiofs and is local to it.
_NETWORK = re.compile(
    r"nfs\d?|cifs|smb\w*|afs|ceph|glusterfs|lustre|gpfs|ocfs2|gfs2|beegfs|orangefs|pvfs2|coda|ncpfs"
    r"|fuse\.(sshfs|s3fs|rclone|glusterfs|ceph|gcsfuse|goofys|davfs2?)|davfs2?"
)
_OCTAL = re.compile(r"\\([0-7]{3})")


def sync_directory(path: Path) -> None:
    """Make what was renamed or made in directory *path* last."""
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def sync_file(path: Path) -> None:
    """Make what was written to *path* by others last."""
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def network_file_system(path: Path) -> str | None:
    """Return the type of the network file system that *path* lies on, None for a local one."""
    try:
        mounts = MOUNTS.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return None  # no such table here: nothing can be said
    return network_type(mounts, path.resolve())


def network_type(mounts: str, path: Path) -> str | None:
    """Return the network type of the mount that holds *path*; *mounts* is mountinfo (proc(5))."""
    found, depth = "", -1
    for line in mounts.splitlines():
        fields, _, tail = line.partition(" - ")
        parts = fields.split()
        if len(parts) < 5 or not tail:
            continue
        place = Path(_OCTAL.sub(lambda octal: chr(int(octal[1], 8)), parts[4]))
        # Of two mounts on one place the later one is seen.
        if (path == place or place in path.parents) and len(place.parts) >= depth:
            found, depth = tail.split()[0], len(place.parts)
    return found if _NETWORK.fullmatch(found) else None
