"""What survives a `kill -9`: `exchange.jsonl`, one JSON line for each event.

A change is one write before anybody hears of it. The file is append-only; a torn last line, the
write that a kill cut short, was never answered and is cut off at the next start.
"""

import fcntl
import os
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path

import msgspec

from actors.venues.simulated.events import Event
from messages.money import Amount, canonical, text

FILE_NAME = "exchange.jsonl"
LINE_BYTES_MAX = 10_000


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
    """Yield every event in *path*, none when there is no such file. A torn last line is left out.

    Raises JournalDamaged.
    """
    if not path.exists():
        return
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if not line.endswith(b"\n"):
                return
            try:
                yield _DECODER.decode(line)
            except ValueError as why:
                raise JournalDamaged(path, number, str(why)) from why


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
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._fd)
            raise JournalLocked(f"{path} is in use by another exchange") from None
        self._size = _whole_lines(self._fd)
        os.ftruncate(self._fd, self._size)
        os.lseek(self._fd, self._size, os.SEEK_SET)

    def append(self, events: Sequence[Event]) -> None:
        """Write *events* as one change: all of them, or JournalUnwritable."""
        data = b"".join(_ENCODER.encode(event) + b"\n" for event in events)
        try:
            written = os.write(self._fd, data)
        except OSError as why:
            raise JournalUnwritable(f"{self.path}: {why.strerror}") from why
        if written != len(data):
            raise JournalUnwritable(f"{self.path}: {written} of {len(data)} bytes written")

    def close(self) -> None:
        os.close(self._fd)


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
_DECODER = msgspec.json.Decoder(Event, dec_hook=_amount)
