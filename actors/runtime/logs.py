"""Where an actor's log lines go: one JSON object a line, in `<run-dir>/logs/<actor>.jsonl`.

A line may be lost: the journal is the record. A disk that is full or a directory that may not be
written costs lines, never the actor. The file is kept under a bound, with one older one beside it.
"""

import os
from collections.abc import Callable, Mapping, MutableMapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import orjson
import structlog

from actors.runtime.clock import Clock
from actors.runtime.parts import Log

FILE_BYTES_MAX = 32_000_000  # then the file is moved to `.1`, over the one before
TAIL_BYTES = 64_000  # of a log that is searched for the last words of a process
_OPEN = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
_NOT_SHOWN = frozenset({"at_ms", "event", "level", "role", "pid", "run_id", "exception"})
_RANKS = {"debug": 10, "info": 20, "warning": 30, "error": 40, "critical": 50}


class LogFile:
    """One append-only file that moves itself aside when it is full. Never raises OSError."""

    def __init__(self, path: Path, *, bytes_max: int = FILE_BYTES_MAX) -> None:
        self._path = path
        self._bytes_max = bytes_max
        self._fd = -1
        self._written = 0
        self.lost = 0
        self._open()

    def write(self, line: bytes) -> int:
        """Append *line*; count it as lost when that fails."""
        if self._written + len(line) > self._bytes_max:
            self._turn_over()
        try:
            os.write(self._fd, line)
        except OSError:
            self.lost += 1
            return 0
        self._written += len(line)
        return len(line)

    def flush(self) -> None:
        """Nothing is kept back."""

    def fileno(self) -> int:
        """Return the descriptor; it stays the same when the file is moved aside."""
        return self._fd

    def close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def _open(self) -> None:
        try:
            fd = os.open(self._path, _OPEN, 0o600)
        except OSError:
            fd = os.open(os.devnull, os.O_WRONLY | os.O_CLOEXEC)
            self.lost += 1
        if self._fd < 0:
            self._fd = fd
        else:
            os.dup2(fd, self._fd, inheritable=False)
            os.close(fd)
        self._written = os.fstat(self._fd).st_size

    def _turn_over(self) -> None:
        try:
            self._path.replace(self._path.with_name(self._path.name + ".1"))
        except OSError:
            self.lost += 1
        self._written = 0
        self._open()


def open_log(
    file: LogFile,
    *,
    level: str,
    clock: Clock,
    echo: Callable[[bytes], None] | None = None,
    **bound: Any,
) -> Log:
    """Return a logger that writes to *file* from *level* up, with *bound* in every line.

    *echo*, when given, gets every line as well: the supervisor shows them where no panel is.
    """
    log = structlog.wrap_logger(
        structlog.BytesLogger(cast(Any, _Tee(file, echo) if echo else file)),
        processors=[
            _stamp(clock),
            structlog.processors.add_log_level,
            structlog.processors.format_exc_info,
            _render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_RANKS[level]),
        cache_logger_on_first_use=True,
    )
    return cast(Log, log.bind(**bound))


def readable(event: Mapping[str, object], time: str) -> str:
    """Return one line of a log as a person reads it, after the *time* it was written."""
    name = str(event.get("event", "")).replace("_", " ")
    more = [
        f"{key.removeprefix('child_')} {value}"
        for key, value in event.items()
        if key not in _NOT_SHOWN and value not in (None, "")
    ]
    return " ".join([time, name, *more])


def time_of_day(at_ms: int) -> str:
    """Return the local time of *at_ms*."""
    return f"{datetime.fromtimestamp(at_ms // 1000, UTC).astimezone():%H:%M:%S}"


def last_words(path: Path, *, run_id: str) -> str:
    """Return what the process that wrote *path* said of its end in this run, "" for nothing."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - TAIL_BYTES))
            lines = file.read().splitlines()
    except OSError:
        return ""
    for line in reversed(lines):
        try:
            event = orjson.loads(line)
        except orjson.JSONDecodeError:
            continue
        if event.get("level") == "critical" and event.get("run_id") == run_id:
            return str(event.get("error", event.get("event", "")))
    return ""


class _Tee:
    """Writes what it gets to a file and to whoever listens."""

    def __init__(self, file: LogFile, echo: Callable[[bytes], None]) -> None:
        self._file = file
        self._echo = echo

    def write(self, line: bytes) -> int:
        self._echo(line)
        return self._file.write(line)

    def flush(self) -> None:
        self._file.flush()


def _stamp(clock: Clock) -> structlog.typing.Processor:
    def stamp(_log: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        event["at_ms"] = clock.wall_ms()
        return event

    return stamp


def _render(_log: Any, _method: str, event: MutableMapping[str, Any]) -> bytes:
    return orjson.dumps(event, default=str, option=orjson.OPT_NON_STR_KEYS)
