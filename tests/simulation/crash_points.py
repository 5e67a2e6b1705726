"""Where in an order's life a process can be killed, each place with a name.

C are the steps of a submit, K of a cancel, F of a fill; before, inside and after each commit. Any
other place between two effects is hit by counting steps.
"""

from collections.abc import Sequence

from messages.orders import IntentAck
from messages.state import InstrumentState
from store.rows import Entry

POINTS = {
    "C1": "an order is decided, nothing is written",
    "C2": "its transaction is open, all rows are in it",
    "C3": "it is committed, nobody was told",
    "C3a": "its acknowledgement is said, nothing is sent",
    "C4": "it has passed the gate, no byte has left",
    "C5": "a part of the request has left: the venue cannot take it",
    "C6": "the venue has taken it, the answer is on its way",
    "C7": "the answer is there, nobody has looked",
    "C8": "what it means is decided, nothing is written",
    "C8i": "inside that transaction",
    "C9": "it is committed, nobody was told",
    "C10": "the state of its instrument is said",
    "K1": "a cancel is decided, nothing is written",
    "K1i": "inside that transaction",
    "K1a": "it is committed, no DELETE was handed out",
    "K2": "the DELETE is on its way",
    "K3": "the DELETE is answered, nobody has looked",
    "F1": "fills were read, nobody has looked",
    "F2": "they are decided, nothing is written",
    "F2i": "inside that transaction",
    "F3": "they are committed, nobody was told",
}
_OUTCOMES = (
    "OrderLive",
    "OrderUnknown",
    "OrderClosing",
    "OrderRejected",
    "OrderNotSent",
    "OrderAbsent",
)
_BY_KIND: dict[str, tuple[str, str, str]] = {
    "OrderAccepted": ("C1", "C2", "C3"),
    "CancelWanted": ("K1", "K1i", "K1a"),
    "FillBooked": ("F2", "F2i", "F3"),
    **dict.fromkeys(_OUTCOMES, ("C8", "C8i", "C9")),
}
BEFORE, INSIDE, AFTER = range(3)


def of_commit(entries: Sequence[object], when: int) -> list[str]:
    """Return the names of the points that a commit of *entries* passes; *when* is BEFORE, ..."""
    kinds = dict.fromkeys(one.kind for one in entries if isinstance(one, Entry))
    return list(dict.fromkeys(_BY_KIND[kind][when] for kind in kinds if kind in _BY_KIND))


def of_word(message: object) -> str:
    """Return the point that saying *message* passes, empty when none."""
    if isinstance(message, IntentAck):
        return "C3a"
    return "C10" if isinstance(message, InstrumentState) else ""
