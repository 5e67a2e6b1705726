"""Where a follower of the store starts, what it finds, and that it keeps what it found."""

import pytest
from msgspec.structs import replace

from messages.codec import convert, pack, unpack
from store.audit import Checkpoint
from store.failures import StoreRefused
from store.follow import FROM_CHECKPOINT, FROM_FIRST, FROM_TABLES, Follower
from tests.store.history import opened, rich, tamper


@pytest.fixture
def desk(run_dir):
    """A writer and its history: 1 + 1 + 10 entries."""
    history, opening = rich()
    writer = opened(run_dir)
    writer.append([opening, *history.traded(2)])
    yield writer, history, run_dir
    writer.close()


def followed(run_dir, checkpoint=None, *, resume_max=2_000, most=500):
    follower = Follower.open(run_dir, checkpoint, resume_max=resume_max)
    follower.poll(most)
    return follower


def saved(follower):
    """The checkpoint as it comes back from a file; the follower is done."""
    checkpoint = convert(unpack(pack(follower.checkpoint())), Checkpoint)
    follower.close()
    return checkpoint


def test_short_journal_is_folded_from_its_first_entry(desk):
    writer, history, run_dir = desk

    follower = followed(run_dir)

    assert (follower.began, follower.auditor.breach) == (FROM_FIRST, None)
    assert follower.auditor.head == writer.head
    assert follower.auditor.balances == history.balances
    follower.close()


@pytest.mark.parametrize(("most", "began"), [(11, FROM_TABLES), (12, FROM_FIRST)])
def test_long_journal_is_joined_at_its_head(desk, most, began):
    writer, history, run_dir = desk

    follower = followed(run_dir, resume_max=most)
    writer.append([history.accept()])
    polled = follower.poll(500)

    assert (follower.began, follower.auditor.breach) == (began, None)
    assert (polled.entries, polled.caught_up) == (1, True)
    assert follower.auditor.balances == history.balances
    follower.close()


@pytest.mark.parametrize(("more", "began"), [(3, FROM_CHECKPOINT), (4, FROM_TABLES)])
def test_follower_goes_on_from_its_checkpoint_while_that_is_near(desk, more, began):
    writer, history, run_dir = desk
    checkpoint = saved(followed(run_dir))
    writer.append([history.level("PAUSED", source=f"{n}") for n in range(more)])

    follower = followed(run_dir, checkpoint, resume_max=3)

    assert (follower.began, follower.auditor.breach) == (began, None)
    assert follower.auditor.head == writer.head
    follower.close()


def test_checkpoint_of_another_store_is_not_used(desk):
    _, _, run_dir = desk
    checkpoint = saved(followed(run_dir))

    follower = followed(run_dir, replace(checkpoint, lineage="other", seq=5, hash="00"))

    assert (follower.began, follower.auditor.breach) == (FROM_FIRST, None)
    follower.close()


@pytest.mark.parametrize("change", ["hash", "seq"])
def test_journal_that_is_not_the_audited_one_is_a_breach(desk, change):
    _, _, run_dir = desk
    checkpoint = saved(followed(run_dir))
    wrong = {"hash": "00" * 32} if change == "hash" else {"seq": checkpoint.seq + 1}

    follower = followed(run_dir, replace(checkpoint, **wrong))

    assert follower.auditor.breach.invariant == "JOURNAL_STAYS"
    follower.close()


def test_journal_that_shrinks_while_it_is_followed_is_a_breach(desk):
    writer, _, run_dir = desk
    follower = followed(run_dir)
    writer._connection.execute("DROP TRIGGER journal_stays_whole")
    writer._connection.execute(f"DELETE FROM journal WHERE seq = {writer.head.seq}")

    follower.poll(500)

    assert follower.auditor.breach.invariant == "JOURNAL_STAYS"
    assert f"ends with entry {writer.head.seq - 1}" in follower.auditor.breach.found
    follower.close()


PLANTED = [
    "UPDATE balance SET amount = '7' WHERE account = 'free' AND asset = 'TRY'",
    "UPDATE orders SET state = 'LIVE' WHERE state = 'SENDING'",
    "DELETE FROM orders WHERE state = 'SENDING'",
]


@pytest.mark.parametrize("sql", PLANTED)
def test_table_changed_behind_the_journal_is_found_when_it_is_touched(desk, sql):
    writer, history, run_dir = desk
    follower = followed(run_dir)
    writer.append([history.accept()])
    writer._connection.execute(sql)

    follower.poll(500)

    assert follower.auditor.breach.invariant == "TABLES_ARE_FOLD"
    follower.close()


def test_fill_taken_out_is_found_when_its_order_is_touched(desk):
    writer, history, run_dir = desk
    writer.append([history.accept()])
    name = history.names[-1]
    writer.append([history.live(name), history.fill(name, "0.0004")])
    follower = followed(run_dir)
    writer._connection.execute("DROP TRIGGER fill_stays_whole")
    writer._connection.execute(f"DELETE FROM fill WHERE client_order_id = '{name}'")
    writer.append([history.fill(name, "0.0001")])

    follower.poll(500)

    assert follower.auditor.breach.invariant == "ORDER_IS_FILLS"
    follower.close()


def test_breach_outlives_the_follower(desk):
    writer, history, run_dir = desk
    follower = followed(run_dir)
    writer.append([history.accept()])
    writer._connection.execute(PLANTED[0])
    follower.poll(500)
    breach = follower.auditor.breach
    checkpoint = saved(follower)

    again = followed(run_dir, checkpoint)
    writer.append([history.accept()])
    polled = again.poll(500)

    assert again.auditor.breach == breach
    assert (polled.entries, polled.caught_up) == (0, True)
    again.close()


def test_long_gap_is_taken_in_steps(desk):
    writer, _, run_dir = desk
    follower = Follower.open(run_dir, None, resume_max=100)

    polled = [follower.poll(5) for _ in range(4)]

    assert [one.entries for one in polled] == [5, 5, 2, 0]
    assert [one.caught_up for one in polled] == [False, False, True, True]
    assert follower.auditor.head == writer.head
    follower.close()


def test_decisions_are_noticed(desk):
    writer, history, run_dir = desk
    follower = followed(run_dir)

    seen = []
    for entry in (history.accept(), history.level("PAUSED"), history.records("b", {"n": 1})):
        writer.append([entry])
        seen.append(follower.poll(500).decided)

    assert seen == [True, False, True]
    assert follower.decisions(1)[0]["n"] == 1
    follower.close()


def test_store_that_is_not_there_yet_is_told_apart(run_dir):
    with pytest.raises(StoreRefused) as no:
        Follower.open(run_dir, None, resume_max=5)

    assert no.value.code == "NO_STORE"


def test_tampering_before_the_start_is_found_by_refolding_from_the_first_entry(desk):
    writer, _, run_dir = desk
    writer.close()
    tamper(run_dir, "UPDATE posting SET amount = '1' WHERE transfer = 'opening:TRY' AND leg = 1")

    follower = followed(run_dir)

    assert follower.auditor.breach.invariant == "TABLES_ARE_FOLD"
    follower.close()
