"""What changed after it was audited is found by looking back, and named; so is a damaged file."""

import shutil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store.failures import StoreFailed
from store.follow import FROM_TABLES, Follower
from store.open import STORE_FILE
from store.readers import Reader
from store.verify import verify
from tests.store.harm import flip_bit, garble_table
from tests.store.history import opened, rich, tamper

ORDERS = 4
COLUMNS = ("seq", "epoch", "at_ms", "kind", "subject", "body", "hash")


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    """A store of two dozen entries, closed; nobody may change it."""
    run_dir = tmp_path_factory.mktemp("sound")
    history, opening = rich()
    with opened(run_dir) as writer:
        writer.append([opening, *history.traded(ORDERS)])
    return run_dir


@pytest.fixture
def desk(run_dir):
    """A store with a writer, and who follows it from the tables: nothing before was audited."""
    history, opening = rich()
    with opened(run_dir) as writer:
        writer.append([opening, *history.traded(ORDERS)])
        follower = Follower.open(run_dir, None, resume_max=0)
        assert follower.began == FROM_TABLES
        follower.poll(500)
        yield writer, history, run_dir, follower
        follower.close()


def round_of(follower, most=3):
    """Look back until all was seen; return how often that took a look."""
    looks = 1
    while not follower.look_back(most):
        looks += 1
        assert looks < 1_000
    return looks


def test_a_sound_journal_is_looked_back_at_in_pieces_round_after_round(desk):
    writer, history, _, follower = desk
    entries = follower.auditor.head.seq

    assert round_of(follower) == -(-entries // 3)
    writer.append(list(history.traded(1)))
    follower.poll(500)
    assert round_of(follower) > entries // 3
    assert follower.auditor.breach is None


def test_what_was_written_again_meanwhile_is_no_breach(desk):
    writer, history, _, follower = desk
    while not follower.look_back(1):
        writer.append([history.accept()])
        if len(history.names) > 20:
            break
    follower.poll(500)

    assert round_of(follower, 500) == 1
    assert follower.auditor.breach is None


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_flipped_bit_in_any_column_of_any_entry_is_a_breach_that_names_it(sound, data):
    with Reader.open(sound) as reader:
        last = reader.head().seq
    seq = data.draw(st.integers(1, last), label="seq")
    column = data.draw(st.sampled_from(COLUMNS), label="column")
    bit = data.draw(st.integers(0, 2_000), label="bit")
    run_dir = sound.parent / "flipped"
    shutil.rmtree(run_dir, ignore_errors=True)
    shutil.copytree(sound, run_dir)
    follower = Follower.open(run_dir, None, resume_max=0)
    follower.poll(500)

    flipped = flip_bit(run_dir, seq, column, bit)
    try:
        round_of(follower)
        breach = follower.auditor.breach
        with Reader.open(run_dir) as reader:
            told = verify(reader).differences
    finally:
        follower.close()

    # A number that moved leaves a gap where it was: the entry that is met there is named.
    around = {seq, seq + 1, flipped} if column == "seq" else {seq, seq + 1}
    names = [f"entry {one} " for one in around] + [f"entry {one}" for one in around]
    assert breach is not None
    assert any(breach.where.startswith(name) for name in names), breach
    assert any(name in line for name in names for line in told), told


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE balance SET amount = '1' WHERE account = 'free' AND asset = 'TRY'",
        "UPDATE orders SET price = '2999999' WHERE id = 1",
        "UPDATE fill SET fee = '0' WHERE id = 1",
        "UPDATE posting SET amount = '0.1' WHERE leg = 1 AND seq = 3",
        "UPDATE intent SET strategy = 'other' WHERE id = 1",
        "UPDATE position SET position = '9'",
        "UPDATE instrument SET version = version + 1",
    ],
)
def test_a_row_that_was_changed_behind_the_journal_is_found_untouched_as_it_is(desk, sql):
    _, _, run_dir, follower = desk
    tamper(run_dir, sql)

    follower.poll(500)
    assert follower.auditor.breach is None
    round_of(follower)

    assert follower.auditor.breach.invariant == "TABLES_ARE_FOLD"


def test_a_journal_that_was_written_anew_is_not_the_one_that_was_followed(desk, tmp_path):
    """Sound in itself, chain and all; only who saw the other one can tell."""
    writer, _, run_dir, follower = desk
    history, opening = rich()
    history.at_ms += 1
    with opened(tmp_path) as other:
        other.append([opening, *history.traded(ORDERS)])
    writer.close()
    tamper(
        run_dir,
        f"ATTACH '{tmp_path / STORE_FILE}' AS other",
        "DELETE FROM journal",
        "INSERT INTO journal SELECT * FROM other.journal",
    )

    round_of(follower)

    assert follower.auditor.breach.invariant in ("JOURNAL_STAYS", "TABLES_ARE_FOLD")


@pytest.mark.parametrize("table", ["journal", "fill", "posting"])
def test_a_page_that_cannot_be_read_is_a_breach_and_no_end(run_dir, table):
    history, opening = rich()
    with opened(run_dir) as writer:
        writer.append([opening, *history.traded(ORDERS)])
    follower = Follower.open(run_dir, None, resume_max=0)
    garble_table(run_dir / STORE_FILE, table)
    follower.close()

    follower = Follower.open(run_dir, None, resume_max=2_000)
    follower.poll(500)
    round_of(follower)
    again = follower.poll(500)
    follower.close()

    assert follower.auditor.breach.invariant == "FILE_IS_SOUND"
    assert "CORRUPT" in follower.auditor.breach.found
    assert again.entries == 0


def test_any_other_failure_is_raised(desk):
    _, _, _, follower = desk
    follower._reader.close()

    with pytest.raises(StoreFailed):
        follower.poll(500)
