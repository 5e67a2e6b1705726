"""Was the desk killed, as far as this gate was told? Then it gives no permit.

The gate's latch is one more than the executor's, not a copy of it: it holds when the executor could
not be reached. It falls when the executor's own was lifted, which raises the kill epoch, or when a
person resumes a desk whose executor is not latched.
"""

from messages.control import Reply
from messages.state import ExecutorStatus


class Latch:
    """Set by Kill, lifted by what a person did at the executor."""

    def __init__(self) -> None:
        self.killed = False
        self.reason = ""
        self._epoch: int | None = None

    def kill(self, reason: str, status: ExecutorStatus | None) -> Reply:
        """Latch, and say so; doing it twice changes nothing more."""
        if not self.killed:
            self.killed, self.reason = True, reason
            self._epoch = status.kill_epoch if status else None
        return Reply(ok=True, code="OK", message="the gate gives no permit", report=self.report())

    def heard(self, status: ExecutorStatus) -> None:
        """Lift the latch when *status* says that the desk was resumed since."""
        resumed = self._epoch is not None and status.kill_epoch > self._epoch
        if self.killed and resumed and not status.latched:
            self.lift()

    def resume(self, status: ExecutorStatus | None) -> Reply:
        """Lift the latch unless the executor is latched itself."""
        if status is None or status.latched:
            return Reply(
                ok=False,
                code="LATCHED",
                message="the executor is latched: resume there, the gate follows",
                report=self.report(),
            )
        self.lift()
        return Reply(ok=True, code="OK", message="the gate is not latched", report=self.report())

    def lift(self) -> None:
        self.killed, self.reason, self._epoch = False, "", None

    def report(self) -> dict[str, object]:
        return {"killed": self.killed, "reason": self.reason}
