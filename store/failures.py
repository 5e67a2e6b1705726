"""How the store says no. Exit codes: 71 store or disk, 72 broken invariant, 78 not this store."""

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import peewee

STORE = 71
INVARIANT = 72
CONFIGURATION = 78

NEWER_STORE = "NEWER_STORE"
NOT_A_STORE = "NOT_A_STORE"
OTHER_IDENTITY = "OTHER_IDENTITY"
OTHER_MACHINE = "OTHER_MACHINE"
NETWORK_FILE_SYSTEM = "NETWORK_FILE_SYSTEM"
IN_USE = "IN_USE"
READ_ONLY = "READ_ONLY"
DISK_FULL = "DISK_FULL"
CORRUPT = "CORRUPT"
NO_STORE = "NO_STORE"
STORE_GONE = "STORE_GONE"
STORE_RESTORED = "STORE_RESTORED"  # the reason of a level, no refusal
IO_ERROR = "IO_ERROR"
PRAGMA_REFUSED = "PRAGMA_REFUSED"

_WRONG_STORE = (NEWER_STORE, NOT_A_STORE, OTHER_IDENTITY, OTHER_MACHINE, NETWORK_FILE_SYSTEM)
_BY_NAME = {
    "SQLITE_NOTADB": (NOT_A_STORE, "the file is not an SQLite database"),
    "SQLITE_READONLY": (READ_ONLY, "it or its directory cannot be written"),
    "SQLITE_FULL": (DISK_FULL, "the disk is full"),
    "SQLITE_BUSY": (IN_USE, "somebody else writes to it; look at it read-only"),
    "SQLITE_LOCKED": (IN_USE, "somebody else writes to it; look at it read-only"),
    "SQLITE_CORRUPT": (CORRUPT, "the file is damaged; restore a backup"),
    "SQLITE_CANTOPEN": (READ_ONLY, "it or its directory cannot be opened for this user"),
    "SQLITE_PERM": (READ_ONLY, "it cannot be opened for this user"),
}


class StoreRefused(Exception):
    """The store was not opened. *code* says which rule said no, the message what to do."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.exit_code = CONFIGURATION if code in _WRONG_STORE else STORE


class StoreFailed(Exception):
    """The store could not do what was asked; nothing of it happened. The process must end."""

    exit_code = STORE

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code


class StoreContradicted(StoreFailed):
    """What was to be written contradicts what is written: a fault of ours, not of the disk."""

    exit_code = INVARIANT


def named(error: sqlite3.Error) -> tuple[str, str]:
    """Return the code of *error* and what it means, in words for a person."""
    full = getattr(error, "sqlite_errorname", "") or ""
    family = "_".join(full.split("_")[:2])
    code, meaning = _BY_NAME.get(family, (IO_ERROR, "it could not be read or written"))
    return code, f"{meaning} ({full or type(error).__name__}: {error})"


@contextmanager
def refusing(what: str) -> Iterator[None]:
    """Turn what SQLite and the system raise into a StoreRefused about *what*."""
    try:
        yield
    except peewee.DatabaseError as error:
        code, meaning = named(_cause(error))
        raise StoreRefused(code, f"{what}: {meaning}") from error
    except sqlite3.Error as error:
        code, meaning = named(error)
        raise StoreRefused(code, f"{what}: {meaning}") from error
    except UnicodeDecodeError as error:
        raise StoreRefused(CORRUPT, f"{what}: {_garbled(error)}") from error
    except OSError as error:
        raise StoreRefused(_disk(error), f"{what}: {error}") from error


@contextmanager
def failing(what: str) -> Iterator[None]:
    """Turn what SQLite raises into a StoreFailed about *what*."""
    try:
        yield
    except peewee.DatabaseError as error:
        raise failed(what, _cause(error)) from error
    except sqlite3.Error as error:
        raise failed(what, error) from error
    except UnicodeDecodeError as error:
        raise StoreFailed(CORRUPT, f"{what}: {_garbled(error)}") from error


def failed(what: str, error: sqlite3.Error) -> StoreFailed:
    """Return the failure of *what* that *error* stands for."""
    if isinstance(error, sqlite3.IntegrityError):
        return StoreContradicted("CONTRADICTION", f"{what}: {error}")
    code, meaning = named(error)
    return StoreFailed(code, f"{what}: {meaning}")


def _disk(error: OSError) -> str:
    return DISK_FULL if error.errno in (errno.ENOSPC, errno.EDQUOT) else READ_ONLY


def _garbled(error: UnicodeDecodeError) -> str:
    """Return what it means that text of the store, or SQLite's complaint about it, is none."""
    return f"the file is damaged; restore a backup ({error})"


def _cause(error: peewee.DatabaseError) -> sqlite3.Error:
    inner = error.__cause__ or error.__context__
    if isinstance(inner, sqlite3.Error):
        return inner
    return sqlite3.DatabaseError(str(error))
