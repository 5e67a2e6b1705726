"""A store that is not the one that was here last is noticed, and so is one that is not there."""

import shutil

import pytest
from msgspec.structs import replace

from messages.state import Level
from store import backup
from store.failures import StoreFailed, StoreRefused
from store.open import STORE_FILE
from store.readers import Reader
from store.verify import verify
from store.witness import DAMAGE_FILE, WITNESS_FILE
from tests.store.harm import LOSSES, garble_table
from tests.store.history import HOST, IDENTITY, opened, rich

DESK = ("desk", "", "executor")


@pytest.fixture
def old(run_dir, tmp_path):
    """A store that was opened twice more since *old* was copied from it."""
    history, opening = rich()
    with opened(run_dir) as writer:
        writer.append([opening, *history.traded(1)])
    copy = shutil.copy(run_dir / STORE_FILE, tmp_path / "old")
    for _ in range(2):
        with opened(run_dir) as writer:
            writer.append(list(history.traded(1)))
    return copy


def die(writer):
    """What the kernel does with a killed writer: files and locks are let go, nothing is written."""
    writer._database.close()
    writer._lock.release()


def desk_level(run_dir):
    with Reader.open(run_dir) as reader:
        return {tuple(key): row for key, row in reader.load().levels.items()}.get(DESK)


def kinds(run_dir):
    with Reader.open(run_dir) as reader:
        assert verify(reader).count == 0
        return [row.kind for row in reader.journal_since(0, 1_000)]


def test_the_newest_store_is_opened_without_a_word(run_dir, old):
    with opened(run_dir) as writer:
        lineage = writer.lineage
    with opened(run_dir) as again:
        assert again.lineage == lineage

    assert desk_level(run_dir) is None
    assert "StoreRestored" not in kinds(run_dir)


def test_an_older_copy_gets_a_lineage_of_its_own_and_is_halted(run_dir, old):
    with opened(run_dir) as writer:
        lineage = writer.lineage
    shutil.copy(old, run_dir / STORE_FILE)

    with opened(run_dir) as writer:
        assert writer.lineage != lineage

    level = desk_level(run_dir)
    assert level.level is Level.HALTED
    assert level.reason == (
        "STORE_RESTORED: it ends at epoch 1, epoch 4 was seen: an older copy of it"
    )
    assert kinds(run_dir)[-1] == "StoreRestored"


def test_a_copy_taken_while_its_desk_ran_is_an_older_one(run_dir, tmp_path):
    history, opening = rich()
    with opened(run_dir) as writer:
        lineage = writer.lineage
        writer.append([opening, *history.traded(1)])
        writer.checkpoint()
        copy = shutil.copy(run_dir / STORE_FILE, tmp_path / "copy")
        writer.append(list(history.traded(1)))
    shutil.copy(copy, run_dir / STORE_FILE)

    with opened(run_dir) as writer:
        assert writer.lineage != lineage

    assert "of epoch 1 was seen, and it has none: an older copy" in desk_level(run_dir).reason


def test_a_killed_writer_leaves_a_note_of_what_it_wrote_until_it_was_told_to(run_dir, tmp_path):
    history, opening = rich()
    killed = opened(run_dir)
    killed.append([opening, *history.traded(1)])
    killed.checkpoint()
    copy = shutil.copy(run_dir / STORE_FILE, tmp_path / "copy")
    killed.append(list(history.traded(1)))
    killed.remember()
    die(killed)
    for name in (STORE_FILE, f"{STORE_FILE}-wal", f"{STORE_FILE}-shm"):
        (run_dir / name).unlink(missing_ok=True)
    shutil.copy(copy, run_dir / STORE_FILE)

    opened(run_dir).close()

    assert desk_level(run_dir).level is Level.HALTED


def test_what_was_written_after_the_last_note_makes_no_other_store_of_it(run_dir):
    history, opening = rich()
    killed = opened(run_dir)
    killed.append([opening, *history.traded(1)])
    killed.remember()
    killed.append(list(history.traded(1)))
    die(killed)

    opened(run_dir).close()

    assert desk_level(run_dir) is None


def test_a_backup_is_halted_wherever_it_is_put(run_dir, tmp_path):
    history, opening = rich()
    with opened(run_dir) as writer:
        writer.append([opening, *history.traded(1)])
        path = backup.take(run_dir, "now")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    shutil.copy(path, elsewhere / STORE_FILE)

    opened(elsewhere).close()

    assert desk_level(elsewhere).reason == "STORE_RESTORED: it is a backup"


def test_a_store_of_another_lineage_is_halted(run_dir, tmp_path):
    opened(run_dir).close()
    other = tmp_path / "other"
    other.mkdir()
    for _ in range(5):
        opened(other).close()
    shutil.copy(other / STORE_FILE, run_dir / STORE_FILE)

    opened(run_dir).close()

    assert "another store was here" in desk_level(run_dir).reason


def test_a_log_that_is_gone_is_an_older_store(run_dir):
    opened(run_dir).close()
    writer = opened(run_dir)  # its epoch is in the log alone
    kept = (run_dir / STORE_FILE).read_bytes()
    writer.close()
    (run_dir / STORE_FILE).write_bytes(kept)

    opened(run_dir).close()

    assert "ends at epoch 1, epoch 2 was seen" in desk_level(run_dir).reason


def test_restored_once_is_restored_no_more(run_dir, old):
    shutil.copy(old, run_dir / STORE_FILE)
    opened(run_dir).close()
    with opened(run_dir) as writer:
        lineage = writer.lineage

    with opened(run_dir) as again:
        assert again.lineage == lineage
    assert kinds(run_dir).count("StoreRestored") == 1


@pytest.mark.parametrize("content", [None, b"", b"garbage"])
def test_evidence_that_is_lost_is_no_reason_to_refuse(run_dir, old, content):
    (run_dir / WITNESS_FILE).unlink()
    if content is not None:
        (run_dir / WITNESS_FILE).write_bytes(content)

    opened(run_dir).close()

    assert desk_level(run_dir) is None


@pytest.mark.parametrize(("loss", "said"), LOSSES.items())
def test_a_store_of_ours_that_is_gone_is_not_begun_anew(run_dir, old, loss, said):
    path = run_dir / STORE_FILE
    loss(path)
    left = path.read_bytes() if path.exists() else None

    with pytest.raises(StoreRefused, match=f"at epoch 3; now it {said}") as no:
        opened(run_dir)

    assert (no.value.code, no.value.exit_code) == ("STORE_GONE", 71)
    assert (path.read_bytes() if path.exists() else None) == left


def test_who_takes_the_witness_away_as_well_begins_with_empty_books(run_dir, old):
    (run_dir / STORE_FILE).unlink()
    (run_dir / WITNESS_FILE).unlink()

    with opened(run_dir) as writer:
        assert writer.epoch == 1


@pytest.mark.parametrize(
    "given",
    [
        {"identity": replace(IDENTITY, mode="live")},
        {"identity": replace(IDENTITY, key_hash="abcd")},
        {"host": replace(HOST, machine_id="m2")},
    ],
    ids=["mode", "key", "machine"],
)
def test_what_was_there_of_somebody_else_is_no_loss_of_ours(run_dir, old, given):
    (run_dir / STORE_FILE).unlink()

    with opened(run_dir, **given) as writer:
        assert writer.epoch == 1


# Damage that only an append meets.


@pytest.fixture
def harmed(run_dir):
    """A store that opens and loads; the root page of its table of fills is garbage."""
    history, opening = rich()
    with opened(run_dir) as writer:
        writer.append([opening, *history.traded(2)])
    garble_table(run_dir / STORE_FILE, "fill")
    return history


def meet_damage(run_dir, history):
    writer = opened(run_dir)
    with pytest.raises(StoreFailed, match="CORRUPT"):
        writer.append(list(history.traded(1)))
    return writer


def test_damage_that_an_append_met_is_known_to_the_next_who_opens(run_dir, harmed):
    meet_damage(run_dir, harmed).close()

    for _ in range(2):
        with pytest.raises(StoreRefused, match="was found damaged: CORRUPT: append of") as no:
            opened(run_dir)
        assert (no.value.code, no.value.exit_code) == ("CORRUPT", 71)


def test_damage_that_a_killed_process_met_is_known_too(run_dir, harmed):
    writer = meet_damage(run_dir, harmed)
    writer._lock.release()  # what a kill does; the file is never closed

    with pytest.raises(StoreRefused, match="was found damaged"):
        opened(run_dir)
    writer.close()


def test_damage_that_a_question_met_is_known_too(run_dir):
    history, opening = rich()
    with opened(run_dir) as writer:
        writer.append([opening, history.accept()])
    garble_table(run_dir / STORE_FILE, "orders")
    writer = opened(run_dir)
    with pytest.raises(StoreFailed, match="CORRUPT"):
        writer.orders(history.names)
    with pytest.raises(StoreFailed, match="CORRUPT"):
        writer.append(list(history.traded(1)))
    writer.close()

    with pytest.raises(StoreRefused, match="was found damaged: CORRUPT: orders"):
        opened(run_dir)


def test_a_file_put_in_its_place_is_opened(run_dir, tmp_path):
    history, opening = rich()
    with opened(run_dir) as writer:
        writer.append([opening, *history.traded(2)])
    sound = shutil.copy(run_dir / STORE_FILE, tmp_path / "sound")
    garble_table(run_dir / STORE_FILE, "fill")
    meet_damage(run_dir, history).close()
    for path in run_dir.glob(f"{STORE_FILE}*"):
        path.unlink()

    shutil.copy(sound, run_dir / STORE_FILE)

    opened(run_dir).close()


def test_who_takes_the_mark_away_has_the_file_tried_as_it_is(run_dir, harmed):
    meet_damage(run_dir, harmed).close()
    (run_dir / DAMAGE_FILE).unlink()

    opened(run_dir).close()
