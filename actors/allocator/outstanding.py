"""What was said and is not answered yet: one batch per instrument, and the money it takes.

An instrument is free again once its batch was refused, a newer version of its state was heard, or
its deadline is over. The money stays spent until a state of the account is heard that must know.
"""

from collections.abc import Mapping
from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from messages.money import ZERO
from messages.orders import Intent, IntentAck, IntentBatch, IntentRefused, RefusedIntent
from messages.state import InstrumentState

LATE_NS = 1_000_000_000  # after its deadline a batch that was taken has long shown in the states


class Waiting(Struct, frozen=True, kw_only=True):
    """A batch on its way. *open* are the intents nobody has answered."""

    batch: IntentBatch
    open: tuple[str, ...]
    acked: bool = False


class Spend(Struct, frozen=True, kw_only=True):
    """Quote asset that an intent takes, and until when it counts. *settled*: taken or void."""

    instrument: str
    version: int
    amount: Decimal
    until_ns: int
    settled: bool = False


class Outstanding:
    """Batches and money on their way, by instrument and by intent id."""

    def __init__(self) -> None:
        self._waiting: dict[str, Waiting] = {}
        self._spends: dict[str, Spend] = {}

    def add(self, batch: IntentBatch, spends: Mapping[str, Decimal]) -> None:
        """Note that *batch* was said. *spends* is what its buys take, fees included."""
        names = tuple(intent.intent_id for intent in batch.intents)
        self._waiting[batch.instrument] = Waiting(batch=batch, open=names)
        for name, amount in spends.items():
            self._spends[name] = Spend(
                instrument=batch.instrument,
                version=batch.version,
                amount=amount,
                until_ns=batch.deadline_ns + LATE_NS,
            )

    def blocks(self, instrument: str) -> bool:
        """Return whether nothing new may be said about *instrument*."""
        return instrument in self._waiting

    @property
    def spent(self) -> Decimal:
        """What is on its way and in no state of the account, in quote."""
        return sum((one.amount for one in self._spends.values()), ZERO)

    def version(self, instrument: str, decision_id: str) -> int | None:
        """Return the version the batch of this decision names, None when it waits no more."""
        waiting = self._waiting.get(instrument)
        if waiting is None or waiting.batch.decision_id != decision_id:
            return None
        return waiting.batch.version

    def meant(self, no: IntentRefused) -> list[Intent]:
        """Return the intents that *no* is about: one, or all of a batch that still waits."""
        waiting = self._waiting.get(no.instrument)
        if waiting is None or waiting.batch.decision_id != no.decision_id:
            return []
        return [
            one
            for one in waiting.batch.intents
            if not no.intent_id or one.intent_id == no.intent_id
        ]

    def acknowledged(self, ack: IntentAck) -> None:
        """The executor took the batch; its instrument stays shut until its state shows it."""
        waiting = self._waiting.get(ack.instrument)
        if waiting and waiting.batch.decision_id == ack.decision_id:
            self._waiting[ack.instrument] = replace(waiting, acked=True)

    def refused(self, no: RefusedIntent | IntentRefused) -> None:
        """One intent, or with an empty intent id the whole batch, ended without an order."""
        waiting = self._waiting.get(no.instrument)
        if waiting is None or waiting.batch.decision_id != no.decision_id:
            return
        name = no.intent.intent_id if isinstance(no, RefusedIntent) else no.intent_id
        over = (name,) if name else waiting.open
        for one in over:
            self._spends.pop(one, None)
        left = tuple(one for one in waiting.open if one not in over)
        if left or (name and waiting.batch.cancels):
            self._waiting[no.instrument] = replace(waiting, open=left)
        else:
            del self._waiting[no.instrument]

    def seen(self, state: InstrumentState) -> None:
        """Take in a newer state: it frees the instrument and settles what it must know."""
        waiting = self._waiting.get(state.instrument)
        if waiting and (
            state.version != waiting.batch.version
            or state.lineage != waiting.batch.lineage
            or (waiting.acked and not waiting.batch.intents)
        ):
            del self._waiting[state.instrument]
        for name, spend in self._spends.items():
            if spend.instrument == state.instrument and spend.version != state.version:
                self._spends[name] = replace(spend, settled=True)

    def account_seen(self) -> None:
        """A state of the account was heard: it knows of everything settled before it."""
        self._spends = {name: one for name, one in self._spends.items() if not one.settled}

    def expire(self, now_ns: int) -> list[IntentBatch]:
        """Free what is past its deadline; return the batches that nobody ever answered."""
        over = [one for one in self._waiting.values() if now_ns >= one.batch.deadline_ns]
        for one in over:
            del self._waiting[one.batch.instrument]
        self._spends = {
            name: one if now_ns < one.until_ns else replace(one, settled=True)
            for name, one in self._spends.items()
        }
        return [one.batch for one in over if not one.acked]
