"""What a kill leaves behind, and what is made of it."""

import pytest

from actors.venues.simulated.events import Deposited
from actors.venues.simulated.journal import (
    Journal,
    JournalDamaged,
    JournalLocked,
    JournalUnwritable,
    read,
)
from messages.money import Amount


def deposit(number):
    return Deposited(
        deposit_id=number, account="ann", asset="TRY", amount=Amount("0.00000001"), at_ms=number
    )


@pytest.fixture
def path(tmp_path):
    return tmp_path / "run" / "exchange.jsonl"


def written(path, *numbers):
    journal = Journal(path)
    journal.append([deposit(number) for number in numbers])
    journal.close()


def test_what_was_appended_is_read_again_across_starts(path):
    written(path, 1, 2)
    written(path, 3)

    assert list(read(path)) == [deposit(1), deposit(2), deposit(3)]


def test_a_journal_that_never_was_is_empty(path):
    assert list(read(path)) == []


@pytest.mark.parametrize("torn", [b"{", b'{"type":"deposited"', b"\xff" * 20])
def test_a_torn_last_line_is_left_out_and_cut_off_at_the_next_start(path, torn):
    written(path, 1)
    with path.open("ab") as file:
        file.write(torn)

    assert list(read(path)) == [deposit(1)]
    written(path, 2)
    assert list(read(path)) == [deposit(1), deposit(2)]


def test_a_journal_that_is_one_torn_line_begins_anew(path):
    path.parent.mkdir()
    path.write_bytes(b'{"type":"dep')

    written(path, 1)

    assert list(read(path)) == [deposit(1)]


@pytest.mark.parametrize(
    "line", ["nonsense", '{"type":"stolen"}', '{"type":"deposited","amount":1.5}']
)
def test_a_damaged_line_in_the_middle_is_named(path, line):
    written(path, 1)
    with path.open("a") as file:
        file.write(line + "\n")
    written(path, 2)

    with pytest.raises(JournalDamaged, match="line 2"):
        list(read(path))


def test_a_journal_that_cannot_be_opened_is_named(path):
    path.mkdir(parents=True)

    with pytest.raises(JournalUnwritable, match=path.name):
        Journal(path)


def test_two_exchanges_cannot_write_one_journal(path):
    first = Journal(path)

    with pytest.raises(JournalLocked):
        Journal(path)
    first.close()
    Journal(path).close()
