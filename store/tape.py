"""The tape: what the market said, in append-only segments `tape/<day>/<n>.msgpack`.

A frame is four bytes of length, four of checksum, then MessagePack. A crash may tear the last
frame; the tear is cut off when the tape is opened again. Segments and the whole tape are bounded;
the oldest go first. A full disk costs tape, never the process: frames are lost and counted.
"""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Self

from msgspec import Struct

from store.files import sync_directory

FOLDER = "tape"
SUFFIX = ".msgpack"
HEADER_BYTES = 8
FRAME_MAX = 2_000_000


class Mark(Struct, frozen=True, kw_only=True):
    """A place on the tape: everything before *offset* of this segment is whole."""

    day: str  # 2026-03-23
    number: int
    offset: int


class Bounds(Struct, frozen=True, kw_only=True):
    """How long a segment and the whole tape may become, in bytes."""

    segment: int
    tape: int


class Tape:
    """The end of the tape, open for writing."""

    def __init__(self, folder: Path, bounds: Bounds) -> None:
        self.lost = 0
        self._folder = folder
        self._bounds = bounds
        self._fd = -1
        self._day = ""
        self._number = 0
        self._offset = 0
        self._dirty = False

    @classmethod
    def open(
        cls, run_dir: Path, bounds: Bounds, since: Mark | None = None
    ) -> tuple[Self, list[bytes]]:
        """Return the tape of *run_dir* and its frames after *since*; a torn end is cut off.

        Only the newest segment is looked at: with *since* in an older one, its frames are those of
        the whole newest. Raises OSError.
        """
        tape = cls(run_dir / FOLDER, bounds)
        tape._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        newest = max(segments(tape._folder), default=None)
        if newest is None:
            return tape, []
        day, number = newest
        path = _path(tape._folder, day, number)
        here = since is not None and (since.day, since.number) == newest
        offset = since.offset if since is not None and here else 0
        if offset > path.stat().st_size:
            offset = 0
        found = []
        for frame, end in frames(path, offset):
            found.append(frame)
            offset = end
        tape._continue(day, number, offset)
        return tape, found

    @property
    def mark(self) -> Mark:
        """Where the next frame goes."""
        return Mark(day=self._day, number=self._number, offset=self._offset)

    def append(self, day: str, payload: bytes) -> bool:
        """Put *payload* on the tape of *day*; False when it was lost."""
        frame = framed(payload)
        try:
            if day != self._day or self._offset + len(frame) > self._bounds.segment:
                self._turn(day)
            if os.write(self._fd, frame) != len(frame):
                raise OSError("the disk took only a part of a frame")
        except OSError:
            self.lost += 1
            self._cut()
            return False
        self._offset += len(frame)
        self._dirty = True
        return True

    def sync(self) -> None:
        """Make what was appended last."""
        if self._dirty and self._fd >= 0:
            try:
                os.fsync(self._fd)
            except OSError:
                self.lost += 1
        self._dirty = False

    def close(self) -> None:
        self.sync()
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def _continue(self, day: str, number: int, offset: int) -> None:
        self._fd = os.open(_path(self._folder, day, number), _APPEND, 0o600)
        self._day, self._number, self._offset = day, number, offset
        os.ftruncate(self._fd, offset)

    def _turn(self, day: str) -> None:
        """Go on in a new segment, and let go of the oldest ones."""
        self.close()
        here = self._folder / day
        here.mkdir(mode=0o700, exist_ok=True)
        number = max((n for d, n in segments(self._folder) if d == day), default=0) + 1
        self._continue(day, number, 0)
        sync_directory(here)
        self._shed()

    def _shed(self) -> None:
        every = sorted(segments(self._folder))
        sizes = {one: _path(self._folder, *one).stat().st_size for one in every}
        total = sum(sizes.values())
        for one in every[:-1]:
            if total + self._bounds.segment <= self._bounds.tape:
                break
            path = _path(self._folder, *one)
            path.unlink()
            total -= sizes[one]
            if not any(path.parent.iterdir()):
                path.parent.rmdir()

    def _cut(self) -> None:
        if self._fd >= 0:
            try:
                os.ftruncate(self._fd, self._offset)
            except OSError:
                self._day = ""  # nothing more goes behind a torn frame


def framed(payload: bytes) -> bytes:
    """Return *payload* as a frame. Raises ValueError for one that is too long."""
    if len(payload) > FRAME_MAX:
        raise ValueError(f"a frame of {len(payload)} bytes, at most {FRAME_MAX}")
    return len(payload).to_bytes(4, "big") + _sum(payload) + payload


def segments(folder: Path) -> Iterator[tuple[str, int]]:
    """Yield day and number of each segment in *folder*, in no order."""
    for path in folder.glob(f"*/*{SUFFIX}"):
        if path.stem.isdigit():
            yield path.parent.name, int(path.stem)


def frames(path: Path, offset: int = 0) -> Iterator[tuple[bytes, int]]:
    """Yield each whole frame of a segment from *offset* on, and where it ends; not a torn one."""
    raw = path.read_bytes()
    while offset + HEADER_BYTES <= len(raw):
        start = offset + HEADER_BYTES
        length = int.from_bytes(raw[offset : offset + 4], "big")
        payload = raw[start : start + length]
        if length > FRAME_MAX or len(payload) < length:
            return
        if _sum(payload) != raw[offset + 4 : start]:
            return
        offset = start + length
        yield payload, offset


def _path(folder: Path, day: str, number: int) -> Path:
    return folder / day / f"{number}{SUFFIX}"


def _sum(payload: bytes) -> bytes:
    return hashlib.blake2b(payload, digest_size=4).digest()


_APPEND = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
