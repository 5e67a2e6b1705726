"""A desk to do harm to, for tests: it trades, it is brought to rest, it is judged."""

from contextlib import contextmanager

from actors.runtime.clock import SystemClock
from actors.runtime.faults import USED, VARIABLE
from scripts.chaos.desks import Desk
from scripts.chaos.nemesis import Nemesis
from scripts.chaos.run import come_to_rest, judged, orders_taken
from scripts.pace import Pace

SEED = 11
POLL_S = 0.05
FLOW = 3


class Harmed:
    """A trading desk and what is done to it; `verdict` ends it."""

    def __init__(self, desk):
        self.desk = desk
        self.nemesis = Nemesis(desk, lambda _line: None)

    @property
    def orders(self):
        return orders_taken(self.desk.run_dir)

    def wait_until(self, holds, what, within_s=120):
        """Wait until *holds* is true."""
        clock, pace = SystemClock(), Pace(0)
        until_ms = clock.mono_ms() + within_s * 1_000
        while clock.mono_ms() < until_ms:
            assert self.desk.ended() is None, self.desk.last_words()
            if found := holds():
                return found
            pace.rest(POLL_S)
        raise AssertionError(f"not within {within_s} s: {what}; {self.desk.status()}")

    def wait_flow(self, more=FLOW):
        """Wait until *more* orders have reached the exchange."""
        before = self.orders
        self.wait_until(lambda: self.orders >= before + more, "orders that flow")

    def crashes(self):
        path = self.desk.run_dir / USED
        return path.read_text().splitlines() if path.exists() else []

    def verdict(self):
        """Bring the desk to rest, stop it, and return the report on it."""
        found = come_to_rest(self.desk, self.nemesis)
        return judged(self.desk.run_dir, self.nemesis, found, seed=SEED, seconds=0)


@contextmanager
def harmed(run_dir, *, crash_at="", more=""):
    """Give a desk that is ready; nothing of it is left afterwards."""
    environ = {VARIABLE: crash_at} if crash_at else {}
    desk = Desk(run_dir, seed=SEED, environ=environ, more=more)
    try:
        desk.start()
        desk.wait_ready()
        yield Harmed(desk)
    finally:
        desk.close()
