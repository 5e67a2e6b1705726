"""The risk gate: every wish to trade passes here, and only what is approved leaves.

It also watches over the desk: it gives or withholds its permit for each nonce of the executor, and
lowers what may be done when a limit is broken.
"""

from collections.abc import Iterable

from actors.risk_gate import modes, permit, refusals
from actors.risk_gate.belief import Belief
from actors.risk_gate.latch import Latch
from actors.risk_gate.modes import OwnLevels
from actors.risk_gate.refusals import Refusals
from actors.risk_gate.review import review
from actors.risk_gate.settings import Settings
from actors.runtime.actor import Actor
from actors.runtime.effects import After, Back, Tick
from actors.runtime.parts import Parts
from actors.runtime.settings import DeskSettings
from actors.runtime.unacked import Unacked
from messages.control import Kill, Reply, Resume, StatusQuery
from messages.instrument import Instrument
from messages.market import FeedStatus, Quote
from messages.orders import IntentAck, IntentBatch, IntentRefused, RefusedIntent
from messages.records import AuditStatus, RecordsAck
from messages.state import AccountState, ExecutorStatus, InstrumentState
from messages.targets import AllocatorState


class RiskGate(Actor):
    """Keep the newest of everything; answer every batch with what may leave of it.

    Dies on a message it does not know: a gate with a wrong view must not answer.
    """

    role = "risk_gate"

    def __init__(self, parts: Parts, *, desk: DeskSettings, own: Settings) -> None:
        super().__init__(parts)
        self._desk = desk
        self._limits = own
        self._belief = Belief(own, instruments=desk.instruments, quote_asset=desk.quote)
        self._levels = OwnLevels(own)
        self._latch = Latch()
        self._refusals = Refusals()
        self._records = Unacked(wall_ms=parts.clock.wall_ms())
        self._withheld = "nothing was heard yet"

    def started(self) -> Iterable[object]:
        return (After(self._limits.modes.look_every_ms, Tick("watch")),)

    def waiting_for(self) -> str:
        missing = self._belief.missing()
        return missing or ("records to be acknowledged" if self._records.full else "")

    def react(self, message: object) -> Iterable[object]:
        match message:
            case IntentBatch():
                return self._answer(message)
            case Quote() | Instrument() | InstrumentState():
                self._take(message, message.instrument)
            case AccountState() | FeedStatus() | AllocatorState() | AuditStatus():
                self._take(message)
            case ExecutorStatus():
                self._take(message)
                self._latch.heard(message)
                return self._permit(message)
            case IntentAck():
                return (message,)
            case IntentRefused():
                self._belief.approvals.refused(message)
                return (message,)
            case RecordsAck():
                self._records.acknowledged(message.upto)
            case Kill() | Resume() | StatusQuery():
                return (Back(self.route, self._command(message)),)
            case Reply():
                self._heard_reply(message)
            case Tick("watch"):
                return self._watch()
            case _:
                raise TypeError(f"the risk gate does not know {type(message).__name__}")
        return ()

    def _take(self, message: object, name: str = "") -> None:
        self._belief.take(message, name=name, now_ms=self.clock.mono_ms())

    def _answer(self, batch: IntentBatch) -> Iterable[object]:
        now_ms, now_ns = self.clock.mono_ms(), self.clock.mono_ns()
        approvals = self._belief.approvals
        believed = self._belief.facts(
            batch.instrument, now_ms=now_ms, now_ns=now_ns, killed=self._latch.killed
        )
        verdict = review(batch, believed, self._limits, before=approvals.all())
        approvals.add(verdict.added, now_ms=now_ms, now_ns=now_ns)
        if verdict.approved is not None:
            for intent in verdict.approved.batch.intents:
                self._refusals.approved(batch.instrument, intent)
            yield verdict.approved
        for no in verdict.refused:
            yield no
            yield from self._remember(no)
            yield from self._pause_if_repeated(no)

    def _remember(self, no: RefusedIntent) -> Iterable[object]:
        same_before = None if self._records.full else self._refusals.news(no)
        if same_before is None:
            return
        self.log.warning(
            "intent_refused",
            intent_id=no.intent.intent_id,
            instrument=no.instrument,
            strategy=no.intent.strategy,
            refusal=no.broken.code,
            observed=no.broken.observed,
            limit=no.broken.limit,
        )
        at_ms = self.clock.wall_ms()
        yield self._records.keep(
            "decision",
            refusals.body(no, run_id=self.parts.run_id, at_ms=at_ms, same_before=same_before),
            instrument=no.instrument,
            at_ms=at_ms,
            now_ms=self.clock.mono_ms(),
        )

    def _pause_if_repeated(self, no: RefusedIntent) -> Iterable[object]:
        wanted = modes.paused_for(no)
        if wanted is None:
            return ()
        self._levels.demand(wanted)
        return self._set_levels()

    def _permit(self, status: ExecutorStatus) -> Iterable[object]:
        withheld = permit.withheld(
            self._belief.newest,
            self._limits,
            instruments=self._desk.instruments,
            strategies=self._desk.strategies,
            killed=self._latch.killed,
            records_full=self._records.full,
            now_ms=self.clock.mono_ms(),
        )
        if withheld != self._withheld:
            self._withheld = withheld
            if withheld:
                self.log.warning("permit_withheld", reason=withheld)
            else:
                self.log.info("permit_given", kill_epoch=status.kill_epoch)
        return () if withheld else (permit.permit(status),)

    def _watch(self) -> Iterable[object]:
        yield from self._set_levels()
        yield from self._records.again(self.clock.mono_ms())
        yield After(self._limits.modes.look_every_ms, Tick("watch"))

    def _set_levels(self) -> Iterable[object]:
        now_ms, now_ns = self.clock.mono_ms(), self.clock.mono_ns()
        entries = self._belief.entries(now_ms=now_ms, age_max_ms=self._limits.state_age_max_ms)
        if entries is None or self._belief.missing():
            return
        every = [
            self._belief.facts(name, now_ms=now_ms, now_ns=now_ns)
            for name in self._desk.instruments
        ]
        good = self._belief.data_was_good
        wanted = [
            modes.desk_level(every[0], self._limits, data_was_good=good),
            *(modes.instrument_level(one, self._limits) for one in every),
        ]
        for one in self._levels.step(wanted, entries, now_ms):
            self.log.warning(
                "level_wanted", scope=one.scope, name=one.name, level=one.level, reason=one.reason
            )
            yield one

    def _command(self, command: Kill | Resume | StatusQuery) -> Reply:
        status = self._belief.newest.get(ExecutorStatus)
        match command:
            case Kill():
                self.log.critical("desk_killed", reason=command.reason)
                return self._latch.kill(command.reason, status)
            case Resume():
                return self._latch.resume(status)
        report = self._latch.report() | {
            "permit_withheld": self._withheld,
            "waiting_for": self.waiting_for(),
            "refusals": self._refusals.count,
            "records_waiting": len(self._records),
        }
        return Reply(ok=True, code="OK", message="", report=report)

    def _heard_reply(self, reply: Reply) -> None:
        if not reply.ok:
            self.log.warning("level_refused", code=reply.code, message=reply.message)


def build(parts: Parts, *, desk: DeskSettings, own: Settings) -> RiskGate:
    """Return the risk gate of this desk."""
    return RiskGate(parts, desk=desk, own=own)
