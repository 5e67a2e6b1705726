"""A store that something else changed: found and named, or exactly what it was."""

import random
import shutil

import pytest

from store.failures import StoreFailed, StoreRefused
from store.fold import differences
from store.open import STORE_FILE
from store.readers import Reader
from store.rows import FillRow
from store.verify import verify
from tests.store.history import everything_in, opened, rich, tamper

ORDERS = 12
WAL_FILE = f"{STORE_FILE}-wal"
ANOTHER_BYTE = "CAST(substr({0}, 1, 3) || x'5f' || substr({0}, 5) AS BLOB)"
CHANGED = {
    "kind": "kind || 'x'",
    "subject": "subject || 'x'",
    "body": ANOTHER_BYTE.format("body"),
    "hash": ANOTHER_BYTE.format("hash"),
    "at_ms": "at_ms + 1",
    "epoch": "epoch + 1",
}
FLIPS = 60
CUTS = 25


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    """A store with a dozen orders, closed; nobody may change it."""
    run_dir = tmp_path_factory.mktemp("sound")
    history, opening = rich()
    with opened(run_dir) as writer:
        writer.append([opening, *history.traded(ORDERS)])
    return run_dir


@pytest.fixture
def copied(sound, tmp_path):
    """A function that gives another copy to damage."""
    made = iter(range(1_000))
    return lambda: shutil.copytree(sound, tmp_path / f"copy{next(made)}")


def found(run_dir):
    """What verifying says, or why the store is not even read."""
    try:
        with Reader.open(run_dir) as reader:
            return [*verify(reader).differences]
    except (StoreRefused, StoreFailed) as why:
        return [str(why)]


@pytest.mark.parametrize("column", CHANGED)
def test_any_byte_of_any_entry_that_changes_is_found_and_the_writer_refuses(copied, column):
    dice = random.Random(column)
    for _ in range(3):
        run_dir = copied()
        with Reader.open(run_dir) as reader:
            seq = dice.randint(2, reader.head().seq)
        tamper(run_dir, f"UPDATE journal SET {column} = {CHANGED[column]} WHERE seq = {seq}")

        assert found(run_dir), (column, seq)
        with pytest.raises(StoreRefused) as no:
            opened(run_dir)
        assert no.value.exit_code == 71, no.value
        assert f"{seq}" in str(no.value)


@pytest.mark.parametrize("left", [1, 2, 10])
def test_a_journal_whose_beginning_is_gone_is_refused(copied, left):
    run_dir = copied()
    with Reader.open(run_dir) as reader:
        seq = reader.head().seq
    tamper(run_dir, f"DELETE FROM journal WHERE seq <= {seq - left}")

    with pytest.raises(StoreRefused, match=rf"first {seq - left} entries are gone"):
        opened(run_dir)


def test_a_flipped_bit_anywhere_in_the_file_is_found_or_changes_nothing(copied, sound):
    before, dice = everything_in(sound), random.Random(20261125)
    named = 0
    for _ in range(FLIPS):
        run_dir = copied()
        path = run_dir / STORE_FILE
        data = bytearray(path.read_bytes())
        at = dice.randrange(100, len(data))
        data[at] ^= 1 << dice.randrange(8)
        path.write_bytes(data)

        told = found(run_dir)

        named += bool(told)
        assert told or not differences(before, everything_in(run_dir)), f"byte {at}"
        shutil.rmtree(run_dir)
    assert named > FLIPS // 4  # the rest met pages that hold nothing any more


def test_a_torn_log_is_a_sound_beginning_of_what_was_confirmed(tmp_path):
    history, opening = rich()
    run_dir = tmp_path / "live"
    heads = {}
    with opened(run_dir) as writer:
        heads[writer.head.seq] = writer.head.hash
        for entry in [opening, *history.traded(ORDERS)]:
            head = writer.append([entry])
            heads[head.seq] = head.hash
        shutil.copytree(run_dir, tmp_path / "crashed")
    size = (tmp_path / "crashed" / WAL_FILE).stat().st_size
    dice = random.Random(7)
    reached = set()
    for number in range(CUTS):
        torn = shutil.copytree(tmp_path / "crashed", tmp_path / f"torn{number}")
        kept = dice.randrange(size) if number else size
        with (torn / WAL_FILE).open("r+b") as log:
            log.truncate(kept)
        (torn / f"{STORE_FILE}-shm").unlink(missing_ok=True)
        try:
            with Reader.open(torn) as reader:
                head, told = reader.head(), verify(reader).differences
        except StoreRefused:
            continue  # not even the first commit is left

        assert told == ()
        assert heads[head.seq] == head.hash, f"{kept} of {size} bytes"
        reached.add(head.seq)
    assert max(reached) == max(heads)
    assert len(reached) > 3


def test_a_key_that_differs_between_a_table_and_its_index_is_found(copied):
    run_dir = copied()
    path = run_dir / STORE_FILE
    before = everything_in(run_dir)
    trade = next(iter(before.of(FillRow)))
    data = path.read_bytes()
    places = [at for at in range(len(data)) if data.startswith(trade.encode(), at)]
    told = []
    for at in places:
        path.write_bytes(data[:at] + b"x" + data[at + 1 :])
        changed = bool(differences(before, everything_in(run_dir)))
        told.append((changed, bool(found(run_dir))))

    assert (True, True) in told
    assert (True, False) not in told
