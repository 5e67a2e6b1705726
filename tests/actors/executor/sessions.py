"""A session at an instant that a test moves by hand. No clock, no lane, no store."""

from actors.executor import duties, hear
from actors.executor.books import Books
from actors.executor.clock_offset import Measured
from actors.executor.opening import open_books
from actors.executor.session import Now, Phase, Session
from actors.executor.venue_calls import Answer, ReadServerTime
from actors.runtime.effects import Call, Called, Write
from actors.venues.port import VenueBalance
from messages.life import Permit
from messages.money import Amount
from tests.actors.executor.driving import DESK, settings
from tests.actors.executor.ledgers import NOW_MS, answer
from tests.actors.executor.wishes import batch, intent


class Standing:
    """One session. `now` is what time it is; `told` are the entries so far, `asked` the calls."""

    def __init__(self, own=None, *, running=True, free="10000", desk=DESK):
        self.mono_ms = 1_000_000
        self.wall_ms = NOW_MS
        self.told, self.asked = [], []
        books = Books()
        if running:
            open_books(
                books,
                [
                    VenueBalance(
                        asset="TRY", free=Amount(free), held=Amount(0), withdrawing=Amount(0)
                    )
                ],
                instruments=desk.instruments,
                owners={},
                venue_ms=NOW_MS,
                at_ms=NOW_MS,
            )
        self.session = Session(
            settings=own or settings(),
            desk=desk,
            books=books,
            lineage="00000000000000aa",
            epoch=1,
            now=self.now,
        )
        if running:
            self.session.phase = Phase.RUNNING
            self.session.reconciled = True
            self.hear(
                ReadServerTime(),
                Answer(
                    value=Measured(server_ms=NOW_MS, asked_ms=self.mono_ms, heard_ms=self.mono_ms)
                ),
            )

    @property
    def now(self):
        return Now(wall_ms=self.wall_ms, mono_ms=self.mono_ms, mono_ns=self.mono_ms * 1_000_000)

    @property
    def books(self):
        return self.session.books

    def after(self, ms):
        """Let *ms* pass."""
        self.mono_ms += ms
        self.wall_ms += ms
        return self

    def do(self):
        """Do what is due; return the calls made now."""
        found = duties.do(self.session, self.now)
        self.told += [one.entry for one in found if isinstance(one, Write)]
        calls = [one for one in found if isinstance(one, Call)]
        self.asked += calls
        return [one.request for one in calls]

    def asks(self, kind):
        """Do what is due; return the requests of *kind* among it."""
        return [one for one in self.do() if isinstance(one, kind)]

    def hear(self, request, result, lane="reads"):
        """Take the answer to *request*; return the entries it led to."""
        found = hear.called(self.session, Called(lane, request, result), self.now)
        self.told += [one.entry for one in found]
        return [one.entry for one in found]

    def permit(self):
        """Have both issuers echo a nonce of now."""
        nonce = f"n{self.mono_ms}"
        self.session.permits.issue(nonce, self.mono_ms)
        for issuer in ("risk_gate", "supervisor"):
            self.session.permits.hear(
                Permit(nonce=nonce, issuer=issuer, kill_epoch=self.session.kill_epoch),
                kill_epoch=self.session.kill_epoch,
            )

    def order(self, **given):
        """Have an order accepted; return its id. Nothing is sent."""
        version = self.books.instrument("BTC_TRY").version
        found = answer(batch(intent(version=version, **given), version=version), self.books)
        send = found.sends[0]
        self.session.accepted_ms[send.client_order_id] = self.mono_ms
        return send.client_order_id

    def kinds(self):
        return [entry.kind for entry in self.told]
