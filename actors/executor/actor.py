"""The executor: the only voice at the venue, the only writer of the store."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from msgspec.structs import replace

from actors.executor import (
    accept,
    commands,
    duties,
    ending,
    hear,
    identity,
    listing,
    order_of_work,
    published,
    reach,
    reads,
    records,
    storeless,
    telling,
    upkeep,
)
from actors.executor.books import Books
from actors.executor.gate import Gate, Overheard, may_send
from actors.executor.order_of_work import STATES, STATUS, WORK, Lane
from actors.executor.reach import Client, Given, OwnStream, StreamFor
from actors.executor.recalling import recall
from actors.executor.session import Now, Phase, Session
from actors.executor.settings import Settings
from actors.executor.storeless import Storeless
from actors.executor.venue_calls import CANCELS, ORDERS, READS, Handler, SubmitOrder
from actors.runtime.actor import Actor
from actors.runtime.atomic import atomic_write
from actors.runtime.contain import attempt
from actors.runtime.effects import After, Back, Call, Called, Exit, Raised, Tick
from actors.runtime.lanes import LaneSpec
from actors.runtime.life import PARENT_GONE, SIGTERM
from actors.runtime.parts import Parts
from actors.runtime.settings import DeskSettings
from actors.venues.port import (
    Connected,
    Disconnected,
    NotSent,
    OrderWoken,
    UnreadableFrame,
    VenueFill,
)
from actors.venues.settings import VenueSettings
from messages.control import Kill, ReconcileQuery, Resume, SetLevel, StatusQuery
from messages.instrument import Instrument
from messages.life import Permit
from messages.market import Quote
from messages.orders import ApprovedBatch
from messages.records import RecordBatch, RecordBatchAck
from store.identity import Identity
from store.rows import Entry, Row
from store.writer import Writer

LANE_DEPTH = 16
WOKEN = (Phase.RUNNING, Phase.CANCEL_ONLY)  # in which the account's stream begins


class Executor(Actor):
    """Take approved batches, tell the venue, keep the books.

    Dies of a failed commit, of a broken invariant, and of a store it may not open: what is durable
    is all that counts, and it comes back from it.
    """

    role = "executor"

    def __init__(
        self,
        parts: Parts,
        *,
        desk: DeskSettings,
        own: Settings,
        identity: Identity,
        client: Client,
        stream: StreamFor | None = None,
    ) -> None:
        super().__init__(parts)
        self._desk, self._own, self._identity = desk, own, identity
        self._client, self._stream = client, OwnStream(stream)
        self._gate = Gate()  # shut until the first turn is over
        self._overheard = Overheard()
        self._writer: Writer | Storeless
        self._session: Session

    # the life of the process

    def ahead(self) -> Iterable[Call]:
        """Ask the venue's time, which needs no store, while that is opened."""
        return [reads.ahead()]

    def started(self) -> Iterable[object]:
        """Open the store, take up the levels, ask the venue how everything is."""
        self._writer, rows = self._opened()
        if isinstance(self._writer, Storeless):
            self.log.critical("store_unusable", reason=self._writer.why)
        now = self._now()
        self._session = Session(
            settings=self._own,
            desk=self._desk,
            books=Books(rows, seq=self._writer.head.seq),
            lineage=self._writer.lineage,
            epoch=self._writer.epoch,
            now=now,
            run_id=self.parts.run_id,
        )
        reads.asked_ahead(self._session, now)
        return self._after(
            [
                *duties.restarted(self._session, now),
                *storeless.begun(self._session, self._writer, now),
                *commands.kill_seen(self._session, self.kill_file_present(), now),
                *(After(0, Tick(name)) for name in (WORK, STATUS, STATES)),
            ],
            now,
        )

    def stopping(self, reason: str) -> Iterable[object]:
        """Begin to end: in order, or at once when nobody watches over us."""
        now = self._now()
        begin = ending.orphan if reason in (PARENT_GONE, SIGTERM) else ending.stop
        begin(self._session, reason, now)
        self.log.info("actor_stopping", reason=reason)
        return self._after([], now)

    def waiting_for(self) -> str:
        return self._session.waiting_for()

    def commit(self, entries: Sequence[object]) -> None:
        """Make *entries* durable in one transaction, then tell the log."""
        written = [entry for entry in entries if isinstance(entry, Entry)]
        self._writer.append(written)
        for entry in written:
            telling.tell(self.log, entry)

    def urgent(self) -> Mapping[type, Callable[[Kill], None]]:
        """A kill shuts the gate as it arrives; what follows from it follows in its turn."""
        return {Kill: self._overhear}

    def lanes(self) -> Sequence[LaneSpec]:
        """Return the lanes to the venue: orders behind the gate, reads and cancels beside it."""
        return [
            LaneSpec(
                name=name,
                threads=threads,
                depth=LANE_DEPTH,
                handler_factory=self._handler,
                gate=gate,
            )
            for name, threads, gate in (
                (READS, 3, None),  # first: a start is nothing but reads
                (ORDERS, 2, self._gated),
                (CANCELS, 1, None),
            )
        ]

    # what is heard

    def react(self, message: object) -> Iterable[object]:
        now = self._now()
        if ending.is_over(self._session, message):
            return []
        match message:
            case ApprovedBatch():
                return self._answer(message, now)
            case Permit():
                return self._permitted(message)
            case Called():
                return self._called(message, now)
            case Tick():
                return self._ticked(message.name, now)
            case RecordBatch():
                return self._keep(message, now)
            case Kill() | Resume() | SetLevel() | StatusQuery() | ReconcileQuery():
                return self._commanded(message, now)
        return self._told(message, now)

    def _told(self, message: object, now: Now) -> Iterable[object]:
        """What the market and the venue's stream say."""
        session = self._session
        match message:
            case Quote():
                session.hear_quote(message, now.mono_ms)
                return []
            case Instrument():
                session.hear_rules(message)
                return []
            case VenueFill():
                recall(message, session.books, self._writer)
                return self._after(listing.fills(session, [message], now), now)
            case OrderWoken() | Connected() | Disconnected() | UnreadableFrame():
                return self._after(hear.woken(session, message, now), now)
        raise TypeError(f"the executor does not know {type(message).__name__}")

    def _commanded(
        self, message: Kill | Resume | SetLevel | StatusQuery | ReconcileQuery, now: Now
    ) -> Iterable[object]:
        session = self._session
        match message:
            case Kill():
                return self._kill(message.reason, now)
            case Resume():
                return self._resume(message.code, now)
            case SetLevel():
                writes, reply = commands.set_level(session, message, now)
                return self._after([*writes, Back(self.route, reply)], now)
            case ReconcileQuery():
                return self._after(commands.ask_to_reconcile(session, self.route, now), now)
            case StatusQuery():
                return [Back(self.route, commands.status_reply(session, now))]

    def _answer(self, approved: ApprovedBatch, now: Now) -> Iterable[object]:
        session, books = self._session, self._session.books
        with self.gate_lock:
            stamp_ms = session.stamps.reserve(session.venue_ms(now), len(approved.batch.intents))
        moment = order_of_work.moment(
            session,
            approved.batch.instrument,
            now,
            lane=Lane(self.room(ORDERS), self.kill_file_present(), stamp_ms),
        )
        stored = self._writer.intents(accept.to_look_up(approved.batch, books))
        answer = accept.answer(
            approved, books=books, desk=session.desk_facts(), moment=moment, stored=stored
        )
        for no in answer.refused:
            log = self.log.bind(intent_id=no.intent_id, instrument=no.instrument)
            broken = no.broken
            log.warning(
                "intent_refused",
                refusal=broken.code,
                observed=broken.observed,
                limit=broken.limit,
            )
        return order_of_work.answered(session, answer, now)

    def _permitted(self, permit: Permit) -> Iterable[object]:
        refusal = self._session.permits.hear(permit, kill_epoch=self._session.kill_epoch)
        self.log.debug("permit_heard", issuer=permit.issuer, refusal=refusal)
        self._set_gate()
        return []

    def _called(self, called: Called, now: Now) -> Iterable[object]:
        if isinstance(called.result, Raised):
            self.log.error("call_failed", lane=called.lane, error=repr(called.result.error))
        with self.gate_lock:
            hear.landed(self._session, called)
        recall(called.result, self._session.books, self._writer)
        return self._after(hear.called(self._session, called, now), now)

    def _ticked(self, name: str, now: Now) -> Iterable[object]:
        session = self._session
        match name:
            case order_of_work.STATUS:
                nonce = f"{self.rng.getrandbits(64):016x}"
                session.permits.issue(nonce, now.mono_ms)
                waiting = session.waiting_for()
                telling.answered(self.log, session.answering)
                status = published.executor_status(session, nonce, now, waiting_for=waiting)
                seen = commands.kill_seen(session, self.kill_file_present(), now)
                return self._after([*seen, status, order_of_work.again(STATUS)], now)
            case order_of_work.STATES:
                if upkeep.is_due(session, now):
                    self._writer.checkpoint()
                self._writer.remember()
                return [*order_of_work.all_states(session, now), order_of_work.again(STATES)]
            case order_of_work.WORK:
                return self._after([order_of_work.again(WORK)], now)
            case ending.LEAVE:
                return self._leave()
            case storeless.TRY_STORE:
                return self._try_store()
        raise TypeError(f"the executor set no timer {name}")

    def _keep(self, batch: RecordBatch, now: Now) -> Iterable[object]:
        if isinstance(self._writer, Storeless):
            return []  # what cannot be kept is not acknowledged
        known = batch.batch_id in self._writer.known_batches([batch.batch_id])
        writes = records.keep(self._session, batch, now, known=known)
        return [*writes, RecordBatchAck(batch_id=batch.batch_id)]

    def _kill(self, reason: str, now: Now) -> Iterable[object]:
        """Shut the gate first, then write the file, then the journal: any one of them holds."""
        with self.gate_lock:
            self._gate = replace(self._gate, latched=True)
        failed = attempt(lambda: atomic_write(self._kill_file, f"{reason}\n".encode()))
        if failed is not None:
            self.log.critical("kill_file_not_written", error=repr(failed))
        writes = commands.kill(self._session, reason, now)
        self.log.critical("desk_killed", reason=reason)
        after = self._after(writes, now)
        with self.gate_lock:
            self._overheard.take_up()  # from here on the books hold it
        return [*after, Back(self.route, commands.killed(self._session))]

    def _resume(self, code: str | None, now: Now) -> Iterable[object]:
        session = self._session
        if code is None:
            offered = f"{self.rng.getrandbits(32):08x}"
            return [Back(self.route, commands.resume_report(session, offered, now))]
        refused = commands.may_resume(session, code, now)
        if refused is not None:
            return [Back(self.route, refused)]
        self._kill_file.unlink(missing_ok=True)
        writes = commands.resume(session, now)
        self.log.warning("desk_resumed", kill_epoch=session.kill_epoch)
        return self._after([*writes, Back(self.route, commands.resumed(session, now))], now)

    def _opened(self) -> tuple[Writer | Storeless, list[Row]]:
        lately_ms = self._own.hidden_since_ms(self.clock.wall_ms())
        return storeless.opened(self._open, ended_since_ms=lately_ms)

    def _open(self) -> Writer:
        return Writer.open(self.parts.run_dir, self._identity, self.clock)

    def _try_store(self) -> Iterable[object]:
        """Begin anew as soon as the store can be used, but not with a kill that nothing keeps."""
        writer, _ = self._opened()
        writer.close()
        kept = self.kill_file_present() or not self._gate.latched
        return [storeless.again(writer, kill_is_kept=kept)]

    def _leave(self) -> Iterable[object]:
        """The last turn: everything is durable, nothing more is said."""
        self._stream.stop()
        self._writer.close()
        return [Exit(0, self._session.stop_reason)]

    # what other threads ask

    def _overhear(self, _: Kill) -> None:
        """Shut the gate before waiting for the lock: whoever takes it meanwhile finds it shut."""
        self._overheard.add()
        with self.gate_lock:
            pass  # whoever was past the question is now past the gate

    def _gated(self, request: object) -> object | None:
        """Under the gate lock, right before the first byte: may it leave?"""
        if not isinstance(request, SubmitOrder):
            return None
        kill_file, now = self.kill_file_present(), self._now()
        gate = self._overheard.shuts(self._gate)  # the last question: a look at a file takes time
        if refusal := may_send(gate, request, now.mono_ms, kill_file=kill_file):
            return NotSent(reason=refusal)
        self._session.in_flight[request.client_order_id] = None
        self._session.passed_ns = self.clock.mono_ns()
        return None

    def _handler(self) -> Handler:
        return Handler(self._client(), next_stamp=self._next_stamp, mono_ms=self.clock.mono_ms)

    def _next_stamp(self) -> int:
        with self.gate_lock:
            return self._session.stamps.next(self._session.venue_ms(self._now()))

    def _venue_ms(self) -> int:
        return self._session.venue_ms(self._now())

    # what every reaction does

    def _after(self, effects: Iterable[object], now: Now) -> list[object]:
        done = order_of_work.after(self._session, effects, now)
        self._set_gate()
        if self._session.phase in WOKEN:  # a start asks for everything by itself
            self._stream.start(self.post, self._venue_ms)
        return done

    def _set_gate(self) -> None:
        gate = self._session.gate()
        with self.gate_lock:
            self._gate = gate

    def _now(self) -> Now:
        clock = self.clock
        return Now(wall_ms=clock.wall_ms(), mono_ms=clock.mono_ms(), mono_ns=clock.mono_ns())


def build(
    parts: Parts, *, desk: DeskSettings, own: Settings, venue: VenueSettings, key: Given | None
) -> Executor:
    """Return the executor of *desk* at *venue* with the account of *key*, read here alone."""
    account = reach.account(key)
    return Executor(
        parts,
        desk=desk,
        own=own,
        identity=identity.of_desk(desk, venue.base_url, account),
        client=reach.clients(parts, venue, account),
        stream=reach.streams(parts, venue, account),
    )
