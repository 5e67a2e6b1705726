"""How long a child of ours is waited for that only gets on slowly: as long as it gets on.

On a machine with much else to do what takes half a second may take a minute. Only a process that
uses no processor time any more hangs.
"""

import contextlib
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

LOOK_S = 0.5
LOOKS_MAX = 240  # two minutes; what still works then works in a circle
TICKS = (11, 12)  # of /proc/PID/stat behind the name: time in the program, time in the kernel


@contextlib.contextmanager
def while_it_works(pid: int, still_here: Callable[[], None]) -> Iterator[None]:
    """Call *still_here* now and then, in a thread, while process *pid* uses the processor."""
    over = threading.Event()

    def look() -> None:
        before = ticks(pid)
        for _ in range(LOOKS_MAX):
            if over.wait(LOOK_S):
                return
            now = ticks(pid)
            if now > before:
                still_here()
            before = now

    looking = threading.Thread(target=look, name="patience", daemon=True)
    looking.start()
    try:
        yield
    finally:
        over.set()
        looking.join()


def ticks(pid: int) -> int:
    """Return how much processor time *pid* has used, in ticks of the kernel; 0: it is not there."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except OSError:
        return 0
    words = stat.rpartition(")")[2].split()
    return sum(int(words[place]) for place in TICKS)
