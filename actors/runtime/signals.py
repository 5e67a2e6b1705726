"""Signals become messages of the loop; and the death of the parent becomes one too.

A handler alone would not wake ZeroMQ's poll, so Python writes each signal's number to a pipe that
is polled first.
"""

import os
import signal
from collections.abc import Callable, Mapping, Sequence
from types import FrameType
from typing import Any

from actors.runtime.wire import Heard

RANK = -1  # before control: a signal is the last word of a person or of the kernel
_BYTES_MAX = 4096


class Signals:
    """Says what each signal means when it comes. Main thread only."""

    rank = RANK

    def __init__(self, meaning: Mapping[signal.Signals, Callable[[], object]]) -> None:
        self.handle, self._write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._meaning = {int(number): says for number, says in meaning.items()}
        for number in meaning:
            signal.signal(number, _note)
        signal.set_wakeup_fd(self._write, warn_on_full_buffer=False)

    def drain(self) -> list[Heard]:
        """Return a message for each signal that came, in order."""
        try:
            came = os.read(self.handle, _BYTES_MAX)
        except BlockingIOError:
            return []
        return [Heard(message=self._meaning[one]()) for one in came if one in self._meaning]

    def close(self) -> None:
        """Stop listening; the handlers stay."""
        signal.set_wakeup_fd(-1)
        os.close(self.handle)
        os.close(self._write)


class Watched:
    """A descriptor that says one thing when it is readable: that a process is gone.

    It stays readable, so *told* must take it out of the inbox; the message is what *says* returns.
    """

    rank = RANK

    def __init__(
        self, handle: int, says: Callable[[], object], told: "Callable[[Watched], None]"
    ) -> None:
        self.handle = handle
        self._says = says
        self._told = told

    def drain(self) -> Sequence[Heard]:
        """Return what it means that the descriptor is readable, once."""
        self._told(self)
        return [Heard(message=self._says())]


def _note(_number: int, _frame: FrameType | None) -> Any:
    """Let Python write the signal to the pipe; what follows happens in the loop."""
