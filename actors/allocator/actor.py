"""The allocator: from what strategies want to hold to the orders that get us there.

It hears targets, quotes, rules and whole states; it says at most one batch per instrument at a
time, its own state each second, and a record of what was decided and why.
"""

from collections.abc import Iterable

from actors.allocator import allocation, decisions, heard
from actors.allocator.allocation import Believed, Desk
from actors.allocator.batches import Moment
from actors.allocator.outstanding import Outstanding
from actors.allocator.pace import Pace
from actors.allocator.refusals import Refusals
from actors.allocator.resting import Leaving
from actors.allocator.settings import Settings
from actors.allocator.sizing import OK
from actors.runtime.actor import Actor
from actors.runtime.effects import After, Tick
from actors.runtime.newest import Newest
from actors.runtime.parts import Parts
from actors.runtime.settings import DeskSettings
from actors.runtime.unacked import Unacked
from messages.instrument import Instrument
from messages.market import FeedStatus, Quote
from messages.orders import BrokenRule, Intent, IntentAck, IntentRefused, RefusedIntent
from messages.records import RecordsAck
from messages.state import AccountState, ExecutorStatus, InstrumentState
from messages.targets import AllocatorState, Targets

RECORDS_FULL = "RECORDS_FULL"  # nothing may happen that could not be remembered
NO_PERMIT = "NO_PERMIT"  # not yet, after a start: what rests may be taken back all the same
SAY_MS = 1_000  # its own state, and records that nobody confirmed


class Allocator(Actor):
    """Keep the newest of everything; when targets or states change, run a pass over it.

    Dies on a message it does not know. Nothing it holds is needed again: the states say all.
    """

    role = "allocator"

    def __init__(self, parts: Parts, *, desk: DeskSettings, own: Settings) -> None:
        super().__init__(parts)
        self._desk = Desk(
            run_id=parts.run_id,
            prefix=desk.prefix,
            quote=desk.quote,
            instruments=desk.instruments,
            strategies=desk.strategies,
            settings=own,
        )
        self._believed = Believed(
            newest=Newest(),
            outstanding=Outstanding(),
            refusals=Refusals(),
            leaving=Leaving(),
        )
        self._pace = Pace(every_ms=own.every_ms, look_every_ms=own.look_every_ms)
        self._decisions = decisions.Decisions(parts.run_id)
        self._records = Unacked(wall_ms=parts.clock.wall_ms())

    def started(self) -> Iterable[object]:
        yield After(self._pace.every_ms, Tick("pass"))
        yield After(SAY_MS, Tick("say"))

    def waiting_for(self) -> str:
        missing = heard.missing(self._believed.newest, self._desk.instruments)
        return missing or ("records to be acknowledged" if self._records.full else "")

    def react(self, message: object) -> Iterable[object]:
        match message:
            case Targets():
                return self._spoken(message)
            case InstrumentState():
                self._believed.outstanding.seen(message)
                return self._take(message, message.instrument)
            case AccountState():
                self._believed.outstanding.account_seen()
                return self._take(message, "")
            case Quote() | Instrument():
                self._keep(message, message.instrument)
                return ()
            case FeedStatus() | ExecutorStatus():
                self._keep(message, "")
                return ()
            case IntentAck():
                return self._taken(message)
            case RefusedIntent():
                return self._refused_at_gate(message)
            case IntentRefused():
                return self._refused_at_executor(message)
            case RecordsAck():
                self._records.acknowledged(message.upto)
                return ()
            case Tick("pass"):
                return [*self._pass_if_due(), After(self._pace.every_ms, Tick("pass"))]
            case Tick("say"):
                return [*self._say(), After(SAY_MS, Tick("say"))]
        raise TypeError(f"the allocator does not know {type(message).__name__}")

    def _keep(self, message: object, name: str) -> None:
        self._believed.newest.take(message, name=name, now_ms=self.clock.mono_ms())

    def _take(self, message: object, name: str) -> Iterable[object]:
        before = self._believed.newest.get(type(message), name)
        self._keep(message, name)
        if heard.changed(before, message):
            self._pace.note_change()
        return self._pass_if_due()

    def _spoken(self, said: Targets) -> Iterable[object]:
        first = self._believed.newest.get(Targets, said.strategy) is None
        told = self._take(said, said.strategy)
        # The gate waits for every strategy: one that is heard at last is told of at once.
        return [*told, self._state()] if first else told

    def _pass_if_due(self) -> Iterable[object]:
        at, newest = self._moment(), self._believed.newest
        alive = heard.alive(newest, self._desk.instruments)
        unpermitted = heard.unpermitted(newest)
        if heard.missing(newest, self._desk.instruments) or (unpermitted and not alive):
            return
        if not self._pace.due(at.mono_ms):
            return
        yield from self._expire(at)
        self._believed.leaving.look(alive, at.mono_ms)
        may_send = RECORDS_FULL if self._records.full else NO_PERMIT if unpermitted else OK
        for outcome in allocation.run(
            self._desk, self._believed, at=at, count=self._pace.count, may_send=may_send
        ):
            yield from self._carry_on(outcome, at)

    def _carry_on(self, outcome: allocation.Outcome, at: Moment) -> Iterable[object]:
        batch = outcome.batch
        if batch is not None:
            self._believed.outstanding.add(batch, allocation.spends(batch, outcome.money))
            self._believed.leaving.said(batch, outcome.replaced)
            self.log.info(
                "batch_said",
                decision_id=batch.decision_id,
                instrument=batch.instrument,
                version=batch.version,
                intents=len(batch.intents),
                cancels=len(batch.cancels),
            )
            yield batch
        if not self._records.full:
            account = self._believed.newest.get(AccountState)
            yield from self._remember(self._decisions.decided(outcome, account, at), at)

    def _expire(self, at: Moment) -> Iterable[object]:
        for batch in self._believed.outstanding.expire(at.mono_ns):
            self.log.warning("batch_unanswered", decision_id=batch.decision_id)
            worth = self._decisions.unanswered(batch.decision_id, batch.instrument)
            yield from self._remember(worth, at)

    def _taken(self, ack: IntentAck) -> Iterable[object]:
        self._believed.outstanding.acknowledged(ack)
        return self._remember(self._decisions.taken(ack.decision_id), self._moment())

    def _refused_at_gate(self, no: RefusedIntent) -> Iterable[object]:
        self._note(no.instrument, no.decision_id, [no.intent], no.broken)
        self._believed.outstanding.refused(no)
        return ()

    def _refused_at_executor(self, no: IntentRefused) -> Iterable[object]:
        meant = self._believed.outstanding.meant(no)
        self._note(no.instrument, no.decision_id, meant, no.broken)
        self._believed.outstanding.refused(no)
        worth = self._decisions.refused(no.decision_id, no.instrument, no.broken)
        if worth is not None:
            self.log.warning(
                "intent_refused",
                decision_id=no.decision_id,
                refusal=no.broken.code,
                observed=no.broken.observed,
                limit=no.broken.limit,
            )
        return self._remember(worth, self._moment())

    def _note(
        self, instrument: str, decision_id: str, intents: Iterable[Intent], broken: BrokenRule
    ) -> None:
        version = self._believed.outstanding.version(instrument, decision_id)
        for intent in intents:
            self._believed.refusals.note(
                instrument,
                intent,
                version=version,
                code=broken.code,
                now_ms=self.clock.mono_ms(),
            )

    def _say(self) -> Iterable[object]:
        return [self._state(), *self._records.again(self.clock.mono_ms())]

    def _state(self) -> AllocatorState:
        ages = heard.targets_age_ms(
            self._believed.newest, self._desk.strategies, now_ms=self.clock.mono_ms()
        )
        return AllocatorState(targets_age_ms=ages, at_ms=self.clock.wall_ms())

    def _remember(self, worth: decisions.Worth | None, at: Moment) -> Iterable[object]:
        if worth is None:
            return
        yield self._records.keep(
            "decision",
            worth.body,
            instrument=worth.instrument,
            at_ms=at.wall_ms,
            now_ms=at.mono_ms,
        )

    def _moment(self) -> Moment:
        clock = self.clock
        return Moment(mono_ms=clock.mono_ms(), mono_ns=clock.mono_ns(), wall_ms=clock.wall_ms())


def build(parts: Parts, *, desk: DeskSettings, own: Settings) -> Allocator:
    """Return the allocator of this desk."""
    return Allocator(parts, desk=desk, own=own)
