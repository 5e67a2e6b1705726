"""What survives a `kill -9`: `exchange.jsonl`, one JSON line for each event.

A change is one write before anybody hears of it. The file is append-only; a torn last line, the
write that a kill cut short, was never answered and is cut off at the next start.

A file that grew is compacted: its events go to an archive beside it, `exchange-0001.jsonl.gz` and
so on, and it begins anew with what they came to. `read` gives every event there ever was, `resume`
what an exchange goes on with. A kill at any moment leaves the old file or the new one: an archive
counts once the file names it.
"""

import fcntl
import gzip
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import msgspec

from actors.venues.simulated.events import Carried, CarriedEnd, Event, Line, Transfer
from messages.money import Amount, canonical, text

FILE_NAME = "exchange.jsonl"
LINE_BYTES_MAX = 10_000
CARRIED_END = b'{"type":"carried_end"'
GZIP_LEVEL = 1  # the exchange waits for it


class JournalLocked(Exception):
    """Another exchange runs on this run directory."""

    exit_code = 75


class JournalUnwritable(Exception):
    """A change could not be written: nobody heard of it, and the process ends."""

    exit_code = 71


class JournalDamaged(Exception):
    """A line that is not an event stands before the end of the journal."""

    exit_code = 71

    def __init__(self, path: Path, line: int, why: str) -> None:
        super().__init__(f"{path}: line {line}: {why}")


def read(path: Path) -> Iterator[Event]:
    """Yield every event that the journal at *path* ever held, archives first; none when there is no
    such file. A torn last line is left out.

    Raises JournalDamaged.
    """
    again = False
    for line in resume(path):
        match line:
            case Carried():
                again = True
                for number in range(1, line.archives + 1):
                    yield from _archived(archive(path, number))
            case CarriedEnd():
                again = False
            case _ if not again:
                yield line


def resume(path: Path) -> Iterator[Line]:
    """Yield what an exchange goes on with. Raises JournalDamaged."""
    if not path.exists():
        return
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if not line.endswith(b"\n"):
                return
            yield _decoded(path, number, line)


def archive(path: Path, number: int) -> Path:
    """Return the name of an archive of the journal at *path*."""
    return path.with_name(f"{path.stem}-{number:04}{path.suffix}.gz")


class Journal:
    """The open journal of a running exchange, locked: the only writer of its file."""

    def __init__(self, path: Path) -> None:
        """Open *path* and cut off a torn last line. Raises JournalLocked, JournalUnwritable."""
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as why:
            raise JournalUnwritable(f"{path}: cannot be opened ({why.strerror})") from why
        if not _locked(self._fd) or not _is_at(self._fd, path):
            os.close(self._fd)
            raise JournalLocked(f"{path} is in use by another exchange")
        size = _whole_lines(self._fd)
        os.ftruncate(self._fd, size)
        os.lseek(self._fd, size, os.SEEK_SET)
        self.grown = _grown(path)  # bytes since it was compacted

    def append(self, events: Sequence[Event]) -> None:
        """Write *events* as one change: all of them, or JournalUnwritable."""
        data = b"".join(_ENCODER.encode(event) + b"\n" for event in events)
        try:
            written = os.write(self._fd, data)
        except OSError as why:
            raise JournalUnwritable(f"{self.path}: {why.strerror}") from why
        if written != len(data):
            raise JournalUnwritable(f"{self.path}: {written} of {len(data)} bytes written")
        self.grown += written

    def compact(self, carried: Callable[[int], Carried], kept: Callable[[int], bool]) -> None:
        """Archive what the file holds and begin it anew: with what it came to, and with the events
        of the orders *kept*. *carried* is told how many archives there are then.

        The old file is in force until the new one is whole, and stays so when there is no room for
        another: it is tried again when it has grown as much once more. Raises JournalDamaged.
        """
        self.grown = 0
        fresh = self.path.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        fd = os.open(fresh, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            number = self._archive()
            with closing(_Fresh(fd)) as new:
                start = carried(number)
                new.write(start)
                for line in resume(self.path):
                    if isinstance(line, Transfer) or kept(getattr(line, "order_id", 0)):
                        new.write(line)
                new.write(CarriedEnd(at_ms=start.at_ms))
            os.fsync(fd)
            if not _locked(fd):
                raise BlockingIOError(f"{fresh} is locked")
            fresh.replace(self.path)
        except OSError:
            os.close(fd)
            return
        os.close(self._fd)
        self._fd = fd
        _settle(self.path.parent)

    def _archive(self) -> int:
        """Write the events since the last archive into a new one; return its number."""
        number, again = 1, False
        part = self.path.with_suffix(".part")
        with part.open("wb") as file, gzip.open(file, "wb", GZIP_LEVEL) as packed:
            for line in resume(self.path):
                match line:
                    case Carried():
                        number, again = line.archives + 1, True
                    case CarriedEnd():
                        again = False
                    case _ if not again:
                        packed.write(_ENCODER.encode(line) + b"\n")
        with part.open("rb") as written:
            os.fsync(written.fileno())
        part.replace(archive(self.path, number))
        return number

    def close(self) -> None:
        os.close(self._fd)


class _Fresh:
    """Lines for a new file, written many at a time; the file stays open."""

    def __init__(self, fd: int) -> None:
        self._file = os.fdopen(fd, "wb", closefd=False)

    def write(self, line: Line) -> None:
        self._file.write(_ENCODER.encode(line) + b"\n")

    def close(self) -> None:
        self._file.close()


def _archived(path: Path) -> Iterator[Event]:
    try:
        with gzip.open(path, "rb") as file:
            for number, line in enumerate(file, 1):
                found = _decoded(path, number, line)
                if isinstance(found, Carried | CarriedEnd):
                    raise JournalDamaged(path, number, "no event")
                yield found
    except (OSError, EOFError) as why:
        raise JournalDamaged(path, 0, f"cannot be read ({why})") from why


def _decoded(path: Path, number: int, line: bytes) -> Line:
    try:
        found: Line = _DECODER.decode(line)
    except ValueError as why:
        raise JournalDamaged(path, number, str(why)) from why
    return found


def _locked(fd: int) -> bool:
    """Lock the file, return whether that could be done."""
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_at(fd: int, path: Path) -> bool:
    """Return whether the open file is still the one at *path*: a compaction puts another there."""
    try:
        return os.fstat(fd).st_ino == path.stat().st_ino
    except FileNotFoundError:
        return False


def _settle(folder: Path) -> None:
    """Make the names in *folder* last."""
    fd = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _grown(path: Path) -> int:
    """Return how many bytes the file has after what a compaction told again."""
    grown = 0
    with path.open("rb") as file:
        for line in file:
            grown = 0 if line.startswith(CARRIED_END) else grown + len(line)
    return grown


def _whole_lines(fd: int) -> int:
    """Return the length of the file up to the end of its last whole line."""
    size = os.fstat(fd).st_size
    tail = os.pread(fd, LINE_BYTES_MAX, max(0, size - LINE_BYTES_MAX))
    if not tail or tail.endswith(b"\n"):
        return size
    return size - len(tail) + tail.rfind(b"\n") + 1


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return text(value)
    raise TypeError(f"{type(value).__name__} has no place in the journal")


def _amount(kind: type, raw: object) -> object:
    if kind is Amount:
        return canonical(raw)
    raise TypeError(f"no way to read a {kind.__name__}")


_ENCODER = msgspec.json.Encoder(enc_hook=_plain)
_DECODER = msgspec.json.Decoder(Line, dec_hook=_amount)
