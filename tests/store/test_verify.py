"""Refolding finds whatever does not follow from the journal, and nothing else."""

import pytest

from store.readers import Reader
from store.verify import DIFFERENCES_MAX, verify
from tests.store.history import opened, rich, tamper


def verified(run_dir):
    with Reader.open(run_dir) as reader:
        return verify(reader)


@pytest.fixture
def books(run_dir):
    """A run directory with four orders over and one half filled."""
    history, opening = rich()
    with opened(run_dir) as writer:
        writer.append([opening, *history.traded(4), history.accept()])
        name = history.names[-1]
        writer.append([history.live(name), history.fill(name, "0.0005")])
        writer.append([history.records("b1", {"outcome": "kept"}), history.level("PAUSED")])
    return run_dir


def test_sound_books_have_no_difference(books):
    found = verified(books)

    assert (found.count, found.differences) == (0, ())
    assert found.entries == found.head.seq == 1 + 1 + 4 * 5 + 3 + 2
    assert (found.rows["orders"], found.rows["fill"], found.rows["record"]) == (5, 9, 1)


def test_new_store_is_sound(run_dir):
    opened(run_dir).close()

    assert verified(run_dir).count == 0


PLANTED = {
    "a balance": "UPDATE balance SET amount = '1' WHERE account = 'free' AND asset = 'TRY'",
    "a posting": "UPDATE posting SET amount = '1' WHERE transfer = 'opening:TRY' AND leg = 0",
    "a posting gone": "DELETE FROM posting WHERE transfer = 'opening:TRY' AND leg = 0",
    "a fill": "UPDATE fill SET price = '2' WHERE id = 3",
    "a fill gone": "DELETE FROM fill WHERE id = 3",
    "an order": "UPDATE orders SET state = 'LIVE' WHERE id = 2",
    "an order gone": "DELETE FROM orders WHERE id = 2",
    "a position": "UPDATE position SET position = '0.1'",
    "a level": "DELETE FROM level",
    "an intent": "UPDATE intent SET body_hash = '' WHERE id = 1",
    "a record": "UPDATE record SET body = zeroblob(3)",
    "meta": "UPDATE meta SET value = 'live' WHERE key = 'mode'",
    "a version": "UPDATE instrument SET version = 99",
    "an http exchange": "UPDATE http SET status = 500",
    "who wrote it": "UPDATE orders SET seq = 2 WHERE id = 2",
    "a fill nobody booked": "INSERT INTO fill SELECT 999, 'x', client_order_id, venue_order_id,"
    " instrument, strategy, side, price, quantity, fee, tax, fee_asset, realised, late, at_ms,"
    " booked_ms, seq FROM fill WHERE id = 1",
    "a balance nobody made": "INSERT INTO balance VALUES ('free', 'DOGE', '5', 3)",
    "an entry": "UPDATE journal SET body = zeroblob(9) WHERE seq = 5",
    "the last entry gone": "DELETE FROM journal WHERE seq = (SELECT max(seq) FROM journal)",
    "an entry gone": "DELETE FROM journal WHERE seq = 5",
    "entries swapped": "UPDATE journal SET at_ms = at_ms + 1 WHERE seq = 5",
}


@pytest.mark.parametrize("what", PLANTED)
def test_planted_difference_is_found(books, what):
    tamper(books, PLANTED[what])

    found = verified(books)

    assert found.count > 0
    assert found.differences


def test_difference_names_table_key_and_both_values(books):
    tamper(books, PLANTED["a balance"])

    [told] = verified(books).differences

    assert told.startswith("TABLES_ARE_FOLD balance free TRY: expected free TRY ")
    assert "found free TRY 1 " in told


def test_differences_are_bounded_and_counted(run_dir):
    history, opening = rich()
    with opened(run_dir) as writer:
        writer.append([opening, *history.traded(30)])
    tamper(run_dir, "UPDATE posting SET leg = leg + 100")

    found = verified(run_dir)

    assert len(found.differences) == DIFFERENCES_MAX
    assert found.count > DIFFERENCES_MAX


def test_desk_goes_on_while_its_books_are_verified(books):
    history, _ = rich()
    with opened(books) as writer, Reader.open(books) as reader:
        before = writer.head
        with reader.snapshot():
            seen = reader.head()
            writer.append([history.level("ACTIVE")])
            assert reader.head() == seen == before
        assert reader.head() == writer.head

    assert verified(books).count == 0
