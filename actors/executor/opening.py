"""How the books begin: what the account holds is booked once, on an empty store.

Nothing is synthesised later: what was there before belongs to nobody, or to the strategy that the
configuration names, at the mark of the first quote that is heard.
"""

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from actors.executor.books import Books, base_of
from actors.executor.day import Mark
from actors.executor.draft import Draft
from actors.executor.postings import opening
from actors.runtime.effects import Write
from actors.venues.port import VenueBalance
from messages.money import ZERO, Amount, text
from store.rows import CursorRow, MetaRow, PositionRow

OPENED = "opened_ms"  # meta: the venue's clock when the books began


def opened_ms(books: Books) -> int | None:
    """Return when the books began, None for empty ones."""
    value = books.meta(OPENED)
    return None if value is None else int(value)


def open_books(
    books: Books,
    balances: Sequence[VenueBalance],
    *,
    instruments: Sequence[str],
    owners: Mapping[str, str],
    venue_ms: int,
    at_ms: int,
) -> Write:
    """Return the entry that begins the books; *owners*: who is given what, by instrument.

    Funds that are locked by something else than our orders come in as withdrawing.
    """
    draft = Draft(books, at_ms=at_ms)
    owned = {}
    for one in balances:
        locked = one.held + one.withdrawing
        if one.free or locked:
            legs = opening(one.asset, free=one.free, withdrawing=locked)
            draft.transfer(f"opening:{one.asset}", legs)
            owned[one.asset] = one.free
    for instrument in instruments:
        quantity = owned.pop(base_of(instrument), ZERO)  # two instruments may share a base
        if quantity:
            draft.put(
                PositionRow(
                    strategy=owners.get(instrument, ""),
                    instrument=instrument,
                    position=Amount(quantity),
                    cost=None,
                    realised=Amount(0),
                )
            )
        draft.put(CursorRow(instrument=instrument, since_ms=venue_ms))
    draft.put(MetaRow(key=OPENED, value=str(venue_ms)))
    cause = {one.asset: text(one.free) for one in balances if one.free}
    return draft.write("Opened", "desk", {"free": cause})


def cost_known(books: Books, marks: Mapping[str, Mark], *, at_ms: int) -> list[Write]:
    """Return the entries that give positions without a cost the mark of now; often none."""
    writes = []
    for row in list(books.positions.values()):
        mark = marks.get(row.instrument)
        if row.cost is None and row.position > 0 and mark is not None:
            draft = Draft(books, at_ms=at_ms)
            draft.put(replace(row, cost=Amount(row.position * mark.mid)))
            cause = {"strategy": row.strategy, "mid": text(mark.mid), "flag": "COST_IS_MARK"}
            writes.append(draft.write("OpeningCost", row.instrument, cause))
    return writes
