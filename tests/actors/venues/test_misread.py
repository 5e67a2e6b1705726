"""What could not be read is counted each time, told once, and shown with its first bytes."""

import pytest

from actors.venues.misread import SHOWN_BYTES, Misread


def test_newest_of_many_is_told_once_with_the_count_of_all():
    misread = Misread()
    for number in range(3):
        misread.note(f"reason {number}", b"raw\xff")

    assert misread.take() == {"reason": "reason 2", "raw": "raw\\xff", "unreadable": 3}
    assert misread.take() is None
    misread.note("again", b"")
    assert misread.take()["unreadable"] == 4


@pytest.mark.parametrize("length", [SHOWN_BYTES - 1, SHOWN_BYTES, SHOWN_BYTES + 1, 1_000_000])
def test_what_is_shown_is_bounded(length):
    misread = Misread()
    misread.note("long", b"x" * length)

    assert misread.take()["raw"] == "x" * min(length, SHOWN_BYTES)
