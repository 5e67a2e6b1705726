"""One child of the supervision policy, led through events in a test."""

from actors.runtime.settings import SupervisionSettings
from actors.runtime.supervision import Beaten, Begun, Child, Gone, Passed, Spawn, Wanted, step

SETTINGS = SupervisionSettings()
ROLE = "strategy"


class Life:
    """One child, led through events; time stands still unless it is moved."""

    def __init__(self, settings: SupervisionSettings = SETTINGS, *, jitter: int = 0) -> None:
        self.child = Child(role=ROLE)
        self.now_ms = 1_000_000
        self._settings = settings
        self._jitter = jitter
        self._pid = 100

    def on(self, *events):
        """Return the effects of *events*; a Spawn is carried out at once."""
        effects = []
        for event in events:
            self.child, more = step(
                self.child,
                event,
                now_ms=self.now_ms,
                jitter=self._jitter,
                settings=self._settings,
            )
            effects += more
        return effects

    def after(self, ms: int, *events):
        self.now_ms += ms
        return self.on(*events)

    def begin(self) -> int:
        self._pid += 1
        self.on(Begun(self._pid))
        return self._pid

    def ready(self) -> "Life":
        self.on(Wanted(True), Beaten(self.begin(), ""))
        return self

    def fail(self):
        """Let it fail and, once it is started again, become ready."""
        effects = self.on(Gone(70))
        if Spawn(ROLE) not in effects:
            self.now_ms = self.child.due_ms
            self.on(Passed())
        self.on(Beaten(self.begin(), ""))
        return effects
