"""A person with the commands of the desk: kills it, waits until it is clear, resumes, sets levels.

A command is repeated until it is answered, as `btcbot` does it.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from actors.runtime.actor import KILL_FILE
from messages.control import Kill, Reply, Resume, SetLevel, StatusQuery
from messages.state import Level, Scope
from tests.simulation.schedule import Schedule

NAME = "person"
KILLED, LIFTED = "nothing is sent any more", "the kill latch is lifted"  # answers
AGAIN_NS = 300_000_000
ASKS_NS = 500_000_000

Tell = Callable[[str, object], None]  # role, command


class Person:
    """What was commanded and what was answered. Times are ns since the world began."""

    def __init__(self, schedule: Schedule, tell: Tell, run_dir: Path) -> None:
        self._schedule, self._tell, self._run_dir = schedule, tell, run_dir
        self.killed_ns: int | None = None  # since a kill was answered, until resumed
        self.pressed = False
        self.clear_since_ns: int | None = None
        self.on_clear: Callable[[], None] = lambda: None
        self._lifting = False
        self._asks: object = None  # what a person says to see how far it is
        self.levels: list[tuple[Scope, str, Level]] = []  # set, answered, and not taken back
        self._level: SetLevel | None = None

    def kill(self) -> None:
        """Press the kill switch until it is heard, then ask until everything is clear."""
        self.pressed, self._lifting, self.clear_since_ns = True, False, None
        self._asks = Kill(reason="by hand")
        if self.killed_ns is None:
            self._press()
        else:
            self._ask()

    def touch(self) -> None:
        """Put the file KILL there: that alone stops every send."""
        self.pressed, self._lifting, self.clear_since_ns = True, False, None
        (self._run_dir / KILL_FILE).write_text("by hand\n")
        self.killed_ns = self._schedule.now_ns
        self._asks = StatusQuery()
        self._ask()

    def resume(self) -> None:
        """Lift the latch as soon as the desk lets itself be lifted."""
        if self.pressed:
            self._lifting = True
            self._lift()

    def level(self, scope: Scope, name: str, level: Level) -> None:
        """Set a level until it is answered."""
        self._level = SetLevel(
            scope=scope, name=name, source="operator", level=level, reason="by hand"
        )
        self.levels = [one for one in self.levels if one[:2] != (scope, name)]
        self._set(self._level)

    def hear(self, reply: object, now_ns: int) -> None:
        """Take what the executor answers."""
        if not isinstance(reply, Reply):
            return
        if self.pressed and self.killed_ns is None and reply.message.startswith(KILLED):
            self.killed_ns = now_ns
            self._ask()
        if reply.code == "CONFIRM" and self._lifting:
            self.killed_ns = None  # from here on it may be lifted at any moment
            self._tell("executor", Resume(code=str(reply.report["confirm"])))
        elif self._lifting and (reply.code == "NOT_LATCHED" or reply.message == LIFTED):
            self.pressed = self._lifting = False
            self.killed_ns = None
        wish = self._level
        if wish is not None and reply.ok and "scope" in reply.report:
            self._level = None
            if wish.level is not Level.ACTIVE:
                self.levels.append((wish.scope, wish.name, wish.level))
        if reply.report.get("clear") and self.pressed and not self._lifting:
            self.clear_since_ns = self.clear_since_ns or now_ns
            self.on_clear()

    def _press(self) -> None:
        if self.pressed and self.killed_ns is None and not self._lifting:
            self._tell("executor", Kill(reason="by hand"))
            self._schedule.after(AGAIN_NS, self._press)

    def _ask(self) -> None:
        if self.pressed and self.clear_since_ns is None and not self._lifting:
            self._tell("executor", self._asks)
            self._schedule.after(ASKS_NS, self._ask)

    def _lift(self) -> None:
        if self._lifting:
            self._tell("executor", Resume())
            self._schedule.after(ASKS_NS, self._lift)

    def _set(self, wish: SetLevel) -> None:
        if self._level is wish:
            self._tell("executor", wish)
            self._schedule.after(AGAIN_NS, partial(self._set, wish))
