"""An exception becomes a value, where foreign code runs and the caller says what follows.

The only place besides the end of a process where any exception is caught.
"""

from collections.abc import Callable
from typing import TypeVar

from actors.runtime.effects import Raised

T = TypeVar("T")


def attempt(call: Callable[[], T]) -> T | Raised:
    """Return what *call* returns, or the exception it raised."""
    try:
        return call()
    except Exception as error:  # noqa: BLE001 - this is the place for it
        return Raised(error)
