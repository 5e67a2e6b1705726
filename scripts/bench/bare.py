"""The bare client beside a desk: when was each frame of a crier there to be read?

`python -m scripts.bench.bare URL` is its process: for each line on its standard input it prints, as
JSON, [ns, number] of the differences that came since; it ends with its input.
"""

import re
import subprocess
import sys
import threading
from types import TracebackType
from typing import Self

import msgspec

from actors.runtime.clock import SystemClock
from actors.venues.btcturk.floor import frames
from scripts.bench.crier import SYMBOLS

NUMBER = re.compile(r'"CS":(\d+)')
DIFFERENCE = "[432,"


class Reading:
    """A bare client of the stream at *port* in a process of its own."""

    def __init__(self, port: int) -> None:
        command = (sys.executable, "-m", "scripts.bench.bare", f"ws://127.0.0.1:{port}")
        self._process = subprocess.Popen(  # noqa: S603 - our own
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def __enter__(self) -> Self:
        self.taken()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.communicate()

    def taken(self) -> dict[int, int]:
        """Return when each frame since the last time was read, in ns, by its number."""
        if self._process.stdin is None or self._process.stdout is None:
            return {}
        self._process.stdin.write(b"\n")
        self._process.stdin.flush()
        said = self._process.stdout.readline() or b"[]"
        return {number: at_ns for at_ns, number in msgspec.json.decode(said, type=list[Read])}


Read = tuple[int, int]


def number_in(frame: str | bytes) -> int | None:
    """Return the number of a difference, None for every other frame."""
    text = frame if isinstance(frame, str) else frame.decode(errors="replace")
    if not text.startswith(DIFFERENCE):
        return None
    found = NUMBER.search(text)
    return None if found is None else int(found[1])


def main() -> None:
    """Read for ever; say what came when asked."""
    taken: list[tuple[int, str | bytes]] = []

    def read() -> None:
        clock = SystemClock()
        coming = frames(sys.argv[1], SYMBOLS)
        taken.extend((clock.mono_ns(), frame) for frame in coming)

    threading.Thread(target=read, daemon=True).start()
    for _ in sys.stdin:
        count = len(taken)
        numbered = [(at_ns, number_in(frame)) for at_ns, frame in taken[:count]]
        del taken[:count]
        sys.stdout.buffer.write(
            msgspec.json.encode([one for one in numbered if one[1] is not None])
        )
        sys.stdout.buffer.write(b"\n")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
