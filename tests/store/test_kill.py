"""`kill -9` at any point of an append: what was confirmed is there, the rest is whole or absent."""

import os
import random
import signal
import struct
import time

import pytest

from store.failures import StoreRefused
from store.open import raw
from store.readers import Reader
from store.verify import verify
from tests.store.history import History, opened, rich

# What the child does after the fork needs none of the threads that other tests may have left.
pytestmark = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded")


def orders_without_end(run_dir, confirmed):
    """Append in groups of random size until killed; say each new head when it is durable."""
    dice = random.Random(os.getpid())
    with opened(run_dir) as writer:
        history = History()
        history.count = history.at_ms = writer.head.seq * 1_000
        loaded = writer.load()
        history.balances = {key: row.amount for key, row in loaded.balances.items()}
        history.versions = {key: row.version for key, row in loaded.instruments.items()}
        history.positions = {key[0]: row.position for key, row in loaded.positions.items()}
        history.orders = dict(loaded.orders)
        if not loaded.balances:
            writer.append([history.opening("TRY", "1000000000")])
        entries = history.traded(1_000_000)
        while True:
            head = writer.append([next(entries) for _ in range(dice.randint(1, 6))])
            os.write(confirmed, struct.pack(">Q", head.seq))


def killed_in_mid_flow(run_dir, after_s):
    """Run a writer in a process of its own, kill it, return the last head it confirmed."""
    heard, said = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(heard)
            orders_without_end(run_dir, said)
        finally:
            os._exit(99)
    os.close(said)
    first = os.read(heard, 8)  # it is in the middle of it
    time.sleep(after_s)
    os.kill(child, signal.SIGKILL)
    rest = first
    while chunk := os.read(heard, 65_536):
        rest += chunk
    os.close(heard)
    _, status = os.waitpid(child, 0)
    assert os.WTERMSIG(status) == signal.SIGKILL
    return struct.unpack(">Q", rest[-8:])[0]


@pytest.mark.slow
@pytest.mark.parametrize("kills", [40, pytest.param(200, marks=pytest.mark.proof)])
def test_store_survives_being_killed_anywhere(tmp_path, kills):
    run_dir = tmp_path  # on a real disk
    dice = random.Random(20260323)
    for _ in range(kills):
        confirmed = killed_in_mid_flow(run_dir, dice.random() * 0.02)

        with Reader.open(run_dir) as reader:
            assert reader.head().seq >= confirmed

    with Reader.open(run_dir) as reader:
        found = verify(reader)
        assert (found.count, found.differences) == (0, ())
        assert found.epoch == kills
    with opened(run_dir) as writer:
        assert writer.epoch == kills + 1


def test_killed_between_the_last_row_and_the_commit_leaves_nothing(run_dir):  # C2
    history, opening = rich()
    with opened(run_dir) as writer:
        before = writer.append([opening])
    child = os.fork()
    if child == 0:
        writer = opened(run_dir)
        raw(writer._database).set_trace_callback(_die_at_commit)
        writer.append(list(history.traded(3)))
        os._exit(99)
    _, status = os.waitpid(child, 0)

    assert os.WTERMSIG(status) == signal.SIGKILL
    with Reader.open(run_dir) as reader:
        assert reader.head().seq == before.seq + 1  # the child's epoch, and no more
        assert verify(reader).count == 0


def _die_at_commit(sql):
    if sql == "COMMIT":
        os.kill(os.getpid(), signal.SIGKILL)


def test_lock_of_a_killed_writer_is_gone_and_that_of_a_living_one_is_not(run_dir):
    heard, said = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(heard)
            orders_without_end(run_dir, said)
        finally:
            os._exit(99)
    os.close(said)
    os.read(heard, 8)

    with pytest.raises(StoreRefused, match=f"written by process {child}") as no:
        opened(run_dir)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    os.close(heard)

    assert no.value.code == "IN_USE"
    opened(run_dir).close()
