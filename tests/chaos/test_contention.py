"""One store, many who look and many who would write: nobody waits for a lock, one writes."""

import pytest

from scripts.chaos import contention

pytestmark = [pytest.mark.proof, pytest.mark.timeout(200)]


def test_readers_never_meet_a_lock_and_the_writer_never_waits_for_one(run_dir):
    found = contention.contend(run_dir, minutes=0.5)
    print(found)

    assert found.read_errors == []
    assert found.differences == []
    assert found.commits > 1_000
    assert found.reads > 1_000
    # Nine processes share the cores here, so only a wait for a lock would show: figures stand in
    # what `btcbot chaos --contention` prints on a quiet machine.
    assert found.beside_p99_ms < 1_000


def test_of_many_who_want_to_write_one_does_and_none_corrupts(run_dir):
    found = contention.rival(run_dir, tries=8)

    assert found.won == 1
    assert len(found.refusals) == 7
    assert all(line.startswith("IN_USE") for line in found.refusals)
    assert found.differences == []
