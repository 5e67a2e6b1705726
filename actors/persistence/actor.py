"""Persistence: what must be remembered goes to the executor, what was written is audited.

It reads the store from a connection that cannot write, keeps the market's tape, and answers what a
strategy needs to remember. Nothing waits for it but permission to trade.
"""

from collections.abc import Iterable
from pathlib import Path

from actors.persistence import audit_lag, decisions, taped
from actors.persistence.audit_lag import Lag, Rounds
from actors.persistence.intake import Intake
from actors.persistence.mids import Mids
from actors.persistence.settings import Settings
from actors.runtime.actor import Actor
from actors.runtime.atomic import atomic_write
from actors.runtime.effects import After, Back, Exit, Route, Tick
from actors.runtime.failures import STOPPED
from actors.runtime.parts import Parts
from actors.runtime.settings import DeskSettings
from messages import codec
from messages.instrument import Instrument
from messages.market import FeedStatus, Quote, Trade
from messages.records import Breach, Record, RecordBatchAck, RecordsAck, WarmUpQuery
from messages.state import ExecutorStatus
from store.audit import Checkpoint
from store.failures import NO_STORE, StoreRefused
from store.follow import Follower
from store.tape import Bounds, Tape, framed, frames

AUDIT_FILE = "audit.msgpack"  # in the run directory
MIDS_FILE = "mids.msgpack"
FIRST_MS = 20  # nobody waits for the rest of a start: first it is said that we are ready


class Persistence(Actor):
    """Follow the journal, carry records, keep the tape.

    Dies on a message it does not know and on a store it must not read. A breach does not end it:
    it is said until an operator has looked.
    """

    role = "persistence"

    def __init__(self, parts: Parts, *, desk: DeskSettings, own: Settings) -> None:
        super().__init__(parts)
        self._own = own
        self._intake = Intake(
            rows_max=own.batch_rows, bytes_max=own.batch_bytes, again_ms=own.batch_again_ms
        )
        self._routes: dict[str, Route] = {}
        self._mids = Mids(every_ms=own.mid_every_ms, most=own.mids)
        self._lag = Lag(self.clock.mono_ms())
        self._follower: Follower | None = None
        self._tape: Tape | None = None
        self._decided = True
        self._audit_file = parts.run_dir.joinpath(AUDIT_FILE)
        self._mids_file = parts.run_dir.joinpath(MIDS_FILE)
        self._saved: object = None
        self._lost = 0
        self._refused = NO_STORE  # why it could not be read when that was tried last
        self._rounds = Rounds(rest_s=own.back_every_s)

    def started(self) -> Iterable[object]:
        """Audit what is new; the tape is opened once it is needed, or soon."""
        yield from self._audit()
        yield from self._status()
        yield After(self._own.audit_every_ms, Tick("audit"))
        yield After(FIRST_MS, Tick("say"))
        yield After(self._own.mids_save_every_ms, Tick("save_mids"))

    def waiting_for(self) -> str:
        if self._follower is None:
            return "the store"
        return self._lag.waiting_for(self.clock.mono_ms(), self._own.audit_lag_max_ms)

    def react(self, message: object) -> Iterable[object]:
        match message:
            case Quote():
                tape = self._tape or self._open_tape()
                self._mids.heard(message)
                return self._keep(tape, message)
            case Trade() | FeedStatus() | Instrument():
                return self._keep(self._tape or self._open_tape(), message)
            case ExecutorStatus():
                return self._audit() if self._is_behind(message.head_seq) else ()
            case Record():
                return self._take(message)
            case RecordBatchAck():
                return self._stored(message)
            case WarmUpQuery():
                return self._remember(message)
            case Tick(name="audit"):
                return [
                    *self._audit(),
                    *self._look_back(),
                    After(self._own.audit_every_ms, Tick("audit")),
                ]
            case Tick(name="say"):
                return [*self._say(), After(self._own.say_every_ms, Tick("say"))]
            case Tick(name="save_mids"):
                self._save_mids()
                return [After(self._own.mids_save_every_ms, Tick("save_mids"))]
            case Tick(name="more"):
                return self._audit()
        raise TypeError(f"persistence does not know {type(message).__name__}")

    def stopping(self, reason: str) -> Iterable[object]:
        self._save_mids()
        if self._tape is not None:
            self._tape.close()
        if self._follower is not None:
            self._save_checkpoint(self._follower)
            self._follower.close()
        return [Exit(STOPPED, reason)]

    # Records.

    def _take(self, record: Record) -> Iterable[object]:
        sender = self.route.peer.decode("ascii", "replace")
        now_ms = self.clock.mono_ms()
        upto = self._intake.heard(sender, record, now_ms)
        if self._intake.knows(sender):
            self._routes[sender] = self.route
        if upto is not None:
            yield Back(self.route, RecordsAck(upto=upto))
        yield from self._batch()

    def _stored(self, ack: RecordBatchAck) -> Iterable[object]:
        if self._intake.stored(ack.batch_id):
            yield from self._confirm()
            yield from self._batch()

    def _batch(self) -> Iterable[object]:
        batch = self._intake.batch(self.clock.mono_ms())
        return () if batch is None else (batch,)

    def _confirm(self) -> Iterable[object]:
        for sender, upto in self._intake.confirmed(self.clock.mono_ms()):
            yield Back(self._routes[sender], RecordsAck(upto=upto))

    # The journal.

    def _audit(self) -> Iterable[object]:
        follower = self._follower or self._open_store()
        if follower is None:
            return
        known = follower.auditor.breach
        polled = follower.poll(self._own.audit_rows)
        self._lag.note(caught_up=polled.caught_up, now_ms=self.clock.mono_ms())
        self._decided = self._decided or polled.decided
        yield from self._found(known)
        if not polled.caught_up:
            yield After(0, Tick("more"))

    def _look_back(self) -> Iterable[object]:
        """Audit a little of what was audited before, unless there is newer work or a rest."""
        follower, now_ms = self._follower, self.clock.mono_ms()
        behind = self._lag.is_behind(now_ms, self._own.audit_every_ms)
        if follower is None or behind or not self._rounds.is_due(now_ms):
            return
        known = follower.auditor.breach
        if follower.look_back(self._own.back_rows):
            self._rounds.over(now_ms)
            self.log.debug("looked_back", seq=follower.auditor.head.seq)
        yield from self._found(known)

    def _found(self, known: Breach | None) -> Iterable[object]:
        """Say a breach that is not *known* at once."""
        follower = self._follower
        breach = None if follower is None else follower.auditor.breach
        if breach is not None and known is None:
            self.log.critical(
                "breach_found",
                invariant=breach.invariant,
                where=breach.where,
                expected=breach.expected,
                found=breach.found,
            )
            yield from self._say()

    def _open_store(self) -> Follower | None:
        checkpoint = _checkpoint(self._audit_file)
        try:
            follower = Follower.open(
                self.parts.run_dir, checkpoint, resume_max=self._own.audit_resume_max
            )
        except StoreRefused as no:
            # Whether the desk may run without it is for its writer to say: that one takes back what
            # rests at the venue, or ends with the reason.
            if no.code not in (NO_STORE, self._refused):
                self.log.critical("store_unreadable", code=no.code, reason=str(no))
            self._refused = no.code
            return None
        self._follower = follower
        self.log.info("audit_started", began=follower.began, seq=follower.auditor.head.seq)
        return follower

    def _is_behind(self, head_seq: int) -> bool:
        if self._follower is None:
            return False
        return audit_lag.is_news(head_seq, self._follower.auditor.head.seq)

    def _say(self) -> Iterable[object]:
        yield from self._confirm()
        yield from self._batch()
        follower = self._follower
        self._sync_tape()
        if follower is None:
            return
        self._save_checkpoint(follower)
        yield from self._status()
        if self._decided:
            self._decided = False
            yield decisions.recent(follower.decisions(self._own.decisions))

    def _status(self) -> Iterable[object]:
        if self._follower is not None:
            lag_ms = self._lag.ms(self.clock.mono_ms())
            auditor = self._follower.auditor
            yield audit_lag.status(
                auditor.head, auditor.breach, lag_ms=lag_ms, wall_ms=self.clock.wall_ms()
            )

    def _save_checkpoint(self, follower: Follower) -> None:
        now = (follower.auditor.head, follower.auditor.breach)
        if now != self._saved:
            self._saved = now
            self._write(self._audit_file, codec.pack(follower.checkpoint()))

    # The tape.

    def _open_tape(self) -> Tape:
        """Open the tape, and hear again what of it is not among the saved mids."""
        bounds = Bounds(segment=self._own.tape_segment_bytes, tape=self._own.tape_bytes)
        since, pieces = taped.split(_frames(self._mids_file))
        for piece in pieces:
            self._mids.recall(piece)
        self._tape, newer = Tape.open(self.parts.run_dir, bounds, since)
        for raw in newer:
            quote = taped.quote_of(raw, self._mids.has_room)
            if quote is not None:
                self._mids.heard(quote)
        return self._tape

    def _remember(self, query: WarmUpQuery) -> Iterable[object]:
        self._tape = self._tape or self._open_tape()
        return [Back(self.route, self._mids.page(query, self._own.page_mids))]

    def _keep(self, tape: Tape, message: object) -> Iterable[object]:
        at_ms = self.clock.wall_ms()
        tape.append(taped.day_of(at_ms), taped.frame(message, at_ms))
        return ()

    def _sync_tape(self) -> None:
        tape = self._tape or self._open_tape()
        tape.sync()
        if tape.lost != self._lost:
            self._lost = tape.lost
            self.log.error("tape_frames_lost", lost=self._lost)

    def _save_mids(self) -> None:
        if self._tape is not None:
            pieces = [codec.pack(self._tape.mark), *self._mids.saved()]
            self._write(self._mids_file, b"".join(map(framed, pieces)))

    def _write(self, path: Path, content: bytes) -> None:
        """Save *content*. It can all be found again, so a full disk is only worth a word."""
        try:
            atomic_write(path, content)
        except OSError as error:
            self.log.warning("checkpoint_not_written", file=path.name, error=str(error))


def build(parts: Parts, *, desk: DeskSettings, own: Settings) -> Persistence:
    """Return the persistence of this desk."""
    return Persistence(parts, desk=desk, own=own)


def _checkpoint(path: Path) -> Checkpoint | None:
    """Return what is saved at *path*; None when nothing is, or nothing that can be read."""
    try:
        return codec.convert(codec.unpack(path.read_bytes()), Checkpoint)
    except (OSError, codec.Unreadable):
        return None


def _frames(path: Path) -> list[bytes]:
    """Return the frames in the file at *path*, none where there is none."""
    try:
        return [raw for raw, _ in frames(path)]
    except OSError:
        return []
