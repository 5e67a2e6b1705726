"""What others want remembered: once per batch id, in the same journal."""

from actors.executor.draft import Draft
from actors.executor.session import Now, Session
from actors.runtime.effects import Write
from messages.records import RecordBatch
from store.rows import RecordRow


def keep(session: Session, batch: RecordBatch, now: Now, *, known: bool) -> list[Write]:
    """Return the entry that keeps *batch*, nothing when its id is *known* or it is empty.

    *known* is what the store says; what was taken in this very turn is not in it yet.
    """
    if known or not batch.records or batch.batch_id in session.kept_batches:
        return []
    session.kept_batches.append(batch.batch_id)
    draft = Draft(session.books, at_ms=now.wall_ms)
    for leg, record in enumerate(batch.records):
        draft.put(
            RecordRow(
                batch_id=batch.batch_id,
                leg=leg,
                sender=record.sender,
                kind=record.kind,
                at_ms=record.at_ms,
                instrument=record.instrument,
                body=record.body,
            )
        )
    return [draft.write("RecordsKept", batch.batch_id, {"records": len(batch.records)})]
