"""Persistence through `react`, beside a real store that a real writer writes."""

import time

import pytest

from actors.persistence.actor import AUDIT_FILE, MIDS_FILE
from actors.persistence.intake import SETTLE_MS
from actors.persistence.settings import Settings
from actors.runtime.effects import After, Back, Exit, Route, Tick
from messages.records import (
    AuditStatus,
    RecentDecisions,
    Record,
    RecordBatch,
    RecordBatchAck,
    RecordsAck,
)
from store.open import STORE_FILE
from tests.actors.persistence.desks import WALL_MS, Desk, of
from tests.builders import BTC, executor_status, quote
from tests.store.harm import garble_table
from tests.store.history import opened, rich, tamper


def record(seq, **body):
    return Record(seq=seq, kind="decision", at_ms=1, instrument=BTC, body=body or {"n": seq})


def test_it_waits_for_the_store_and_is_ready_when_it_is_audited(run_dir):
    desk = Desk(run_dir)
    assert desk.waiting_for() == "the store"
    assert of(AuditStatus, desk.said) == []

    with opened(run_dir) as writer:
        desk.hear(Tick("audit"))

        assert desk.waiting_for() == ""
        [told] = of(AuditStatus, desk.hear(Tick("say")))
        assert (told.audited_seq, told.head_hash, told.breach) == (1, writer.head.hash, None)


def test_it_waits_for_a_store_that_cannot_be_read_for_whether_to_end_is_its_writers_to_say(run_dir):
    (run_dir / STORE_FILE).write_bytes(b"something else entirely" * 100)
    desk = Desk(run_dir)
    desk.hear(Tick("audit"))
    assert (desk.waiting_for(), of(AuditStatus, desk.hear(Tick("say")))) == ("the store", [])

    (run_dir / STORE_FILE).unlink()
    with opened(run_dir):
        desk.hear(Tick("audit"))

        assert desk.waiting_for() == ""


def test_ready_at_once_beside_a_long_journal(run_dir):
    history, opening = rich()
    with opened(run_dir) as writer:
        writer.append([opening])
        for _ in range(10):
            writer.append(list(history.traded(50)))
        began = time.monotonic()

        desk = Desk(run_dir, audit_resume_max=100)

        assert desk.waiting_for() == ""
        assert time.monotonic() - began < 1
        assert of(AuditStatus, desk.said)[0].audited_seq == writer.head.seq
        assert "audit_started" in desk.events()


@pytest.mark.parametrize(("ms", "ready"), [(999, True), (1_000, True), (1_001, False)])
def test_it_is_ready_while_the_audit_is_close_behind(store, ms, ready):
    desk = Desk(store[2])

    desk.pass_ms(ms)

    assert (desk.waiting_for() == "") == ready


def test_audit_follows_when_the_executor_says_there_is_more(store):
    writer, history, run_dir = store
    desk = Desk(run_dir)
    writer.append([history.accept()])

    desk.hear(executor_status(head_seq=writer.head.seq))
    before = of(AuditStatus, desk.hear(Tick("say")))
    desk.hear(executor_status(head_seq=writer.head.seq))

    assert before[0].audited_seq == writer.head.seq


def test_long_gap_is_audited_in_turns(store):
    desk = Desk(store[2], audit_rows=5)

    assert After(0, Tick("more")) in desk.said
    assert desk.waiting_for() == "the journal to be audited"
    desk.hear(Tick("more"), Tick("more"))
    assert desk.waiting_for() == ""


def test_breach_is_said_at_once_and_again_and_after_a_restart(store):
    writer, history, run_dir = store
    desk = Desk(run_dir)
    writer.append([history.accept()])
    writer._connection.execute("UPDATE balance SET amount = '7' WHERE account = 'free'")

    [found] = of(AuditStatus, desk.hear(Tick("audit")))
    [again] = of(AuditStatus, desk.hear(Tick("say")))
    list(desk.actor.stopping("test"))
    restarted = Desk(run_dir)

    assert found.breach.invariant == again.breach.invariant == "TABLES_ARE_FOLD"
    assert of(AuditStatus, restarted.said)[-1].breach == found.breach
    assert restarted.waiting_for() == ""
    assert desk.events().count("breach_found") == 1


def test_what_changed_after_it_was_audited_is_a_breach_without_being_asked_for(store):
    _, _, run_dir = store
    desk = Desk(run_dir, audit_resume_max=0, back_rows=2)
    tamper(run_dir, "UPDATE journal SET subject = 'x' WHERE seq = 7")

    said = [desk.hear(Tick("audit")) for _ in range(4)]

    told = [of(AuditStatus, one) for one in said]
    assert told[:3] == [[], [], []]
    assert told[3][0].breach.invariant == "JOURNAL_CHAIN"
    assert told[3][0].breach.where.startswith("entry 7 ")
    assert desk.events().count("breach_found") == 1


def test_looking_back_rests_between_two_rounds(store):
    _, _, run_dir = store
    desk = Desk(run_dir, back_rows=500, back_every_s=600)
    desk.hear(Tick("audit"))
    tamper(run_dir, "UPDATE journal SET subject = 'x' WHERE seq = 7")

    desk.pass_ms(599_999)
    assert of(AuditStatus, desk.hear(Tick("audit"))) == []
    desk.pass_ms(1)
    assert of(AuditStatus, desk.hear(Tick("audit")))[0].breach is not None


def test_what_is_new_comes_before_what_was_audited(store):
    writer, history, run_dir = store
    desk = Desk(run_dir, audit_rows=1, audit_resume_max=0)
    tamper(run_dir, "UPDATE journal SET subject = 'x' WHERE seq = 7")
    writer.append(list(history.traded(1)))
    desk.pass_ms(101)

    assert of(AuditStatus, desk.hear(Tick("audit"))) == []


def test_damaged_page_is_a_breach_and_no_end(store):
    writer, _, run_dir = store
    writer.close()
    garble_table(run_dir / STORE_FILE, "intent")
    desk = Desk(run_dir)

    desk.hear(Tick("say"))

    assert of(AuditStatus, desk.hear(Tick("say")))[0].breach.invariant == "FILE_IS_SOUND"


def test_restart_goes_on_from_the_checkpoint(store):
    writer, history, run_dir = store
    Desk(run_dir)
    writer.append([history.accept()])

    desk = Desk(run_dir, audit_resume_max=1)

    [call] = [call for call in desk.logged.calls if call.args[0] == "audit_started"] or [None]
    assert call.kwargs["began"] == "checkpoint"
    assert of(AuditStatus, desk.said)[-1].audited_seq == writer.head.seq


@pytest.mark.parametrize("content", [b"", b"\xc1", b"\x80", b"x" * 2_000_000])
def test_unreadable_checkpoint_is_no_checkpoint(store, content):
    (store[2] / AUDIT_FILE).write_bytes(content)
    (store[2] / MIDS_FILE).write_bytes(content)

    desk = Desk(store[2])

    assert desk.waiting_for() == ""


def test_decisions_are_told_when_there_are_new_ones(store):
    writer, history, run_dir = store
    desk = Desk(run_dir)
    first = of(RecentDecisions, desk.said)
    quiet = of(RecentDecisions, desk.hear(Tick("audit"), Tick("say")))
    refused = {"decision_id": "x", "outcome": "refused", "strategy": "s", "reason": "COOLDOWN"}
    writer.append([history.records("b1", refused)])

    [told] = of(RecentDecisions, desk.hear(Tick("audit"), Tick("say")))

    assert [line.outcome for line in first[0].lines] == ["sent", "sent"]
    assert quiet == []
    assert (len(told.lines), told.lines[0].outcome, told.lines[0].reason) == (
        3,
        "refused",
        "COOLDOWN",
    )


def test_records_are_confirmed_after_the_executor_stored_them(store):
    desk = Desk(store[2])

    [batch] = of(RecordBatch, desk.hear(record(1, a=1), record(2, a=2)))
    early = of(Back, desk.hear(Tick("say")))
    desk.pass_ms(SETTLE_MS)
    answers = desk.hear(RecordBatchAck(batch_id=batch.batch_id))

    assert early == []
    assert of(Back, answers) == [
        Back(Route("persistence.records", b"allocator"), RecordsAck(upto=1))
    ]
    [second] = of(RecordBatch, answers)
    assert [one.body for one in second.records] == [{"a": 2}]


def test_batch_without_an_answer_is_said_again_as_it_was(store):
    desk = Desk(store[2])
    [batch] = of(RecordBatch, desk.hear(record(1)))

    desk.pass_ms(999)
    quiet = of(RecordBatch, desk.hear(Tick("say")))
    desk.pass_ms(1)
    again = of(RecordBatch, desk.hear(Tick("say")))

    assert (quiet, again) == ([], [batch])


def test_record_says_who_it_is_from(store):
    desk = Desk(store[2])

    [batch] = of(RecordBatch, desk.hear(record(1), peer="risk_gate"))

    assert batch.records[0].sender == "risk_gate"


def test_it_stops_in_order_and_leaves_nothing_open(store):
    desk = Desk(store[2])
    desk.hear(quote(at_ms=WALL_MS))

    effects = list(desk.actor.stopping("test"))

    assert effects == [Exit(0, "test")]
    assert (store[2] / AUDIT_FILE).exists()
    assert (store[2] / MIDS_FILE).exists()


def test_full_disk_is_worth_a_word_and_no_more(store, monkeypatch):
    desk = Desk(store[2])

    def full(path, content):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("actors.persistence.actor.atomic_write", full)
    store[0].append([store[1].accept()])
    desk.hear(Tick("audit"), Tick("say"), Tick("save_mids"))

    assert desk.events().count("checkpoint_not_written") == 2


def test_message_it_does_not_know_ends_it(store):
    desk = Desk(store[2])

    with pytest.raises(TypeError, match="does not know str"):
        desk.hear("hello")


def test_timers_go_on(store):
    desk = Desk(store[2])

    for name, every in (("audit", 100), ("say", 1_000), ("save_mids", 15_000)):
        assert After(every, Tick(name)) in desk.said
        assert desk.hear(Tick(name))[-1] == After(every, Tick(name))


def test_tape_has_to_hold_two_segments():
    with pytest.raises(ValueError, match="twice"):
        Settings(tape_bytes=8_191, tape_segment_bytes=4_096)
    assert Settings(tape_bytes=8_192, tape_segment_bytes=4_096).tape_bytes == 8_192
