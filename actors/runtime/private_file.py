"""A secret in a file: read where it is needed, and only when nobody else can read it."""

import os
import stat
from pathlib import Path

from actors.runtime.failures import CONFIGURATION
from actors.runtime.settings import SecretFile

BYTES_MAX = 4_096
ROOT = 0


class NotPrivate(Exception):
    """The file cannot be read, or not by its owner alone. Its content is in no message."""

    exit_code = CONFIGURATION


def value(given: str | SecretFile) -> str:
    """Return the secret: *given* itself, or what its file holds. Raises NotPrivate."""
    return given if isinstance(given, str) else _read(given)


def _read(given: SecretFile) -> str:
    path = Path(given.path)
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as why:
        raise NotPrivate(f"{path} cannot be read: {why.strerror}") from None
    try:
        _check(path, os.fstat(fd), given.most)
        content = os.read(fd, BYTES_MAX + 1)
    finally:
        os.close(fd)
    try:
        found = content.decode("ascii").strip()
    except UnicodeDecodeError:
        raise NotPrivate(f"{path} holds no key: bytes that are no text") from None
    if not found or len(content) > BYTES_MAX:
        raise NotPrivate(f"{path} holds no key: {len(content)} bytes")
    return found


def _check(path: Path, found: os.stat_result, most: int) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise NotPrivate(f"{path} is no file")
    if found.st_uid not in (os.geteuid(), ROOT):
        raise NotPrivate(f"{path} belongs to user {found.st_uid}: its owner could read the key")
    mode = stat.S_IMODE(found.st_mode)
    if mode & ~most:
        raise NotPrivate(f"{path} has mode {mode:04o}: others may use it; chmod {most:04o} {path}")
