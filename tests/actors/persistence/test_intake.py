"""A record is confirmed when it is durable, once, and never with a gap before it."""

from collections import deque

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.persistence.intake import (
    JUMP,
    RECORD_BYTES_MAX,
    SENDERS_MAX,
    SETTLE_MS,
    WAITING_MAX,
    Intake,
)
from actors.runtime.unacked import AGAIN_MS, Unacked
from messages.codec import pack
from messages.records import Record


def intake(**given):
    return Intake(**({"rows_max": 200, "bytes_max": 64_000, "again_ms": 1_000} | given))


def record(seq, body=None):
    return Record(seq=seq, kind="decision", at_ms=1, instrument="BTC_TRY", body=body or {"n": seq})


def numbers(batch):
    return [one.body["n"] for one in batch.records]


def test_settling_outlasts_the_patience_of_a_sender():
    assert SETTLE_MS >= 3 * AGAIN_MS


def test_nothing_is_confirmed_before_it_is_stored():
    taken = intake()

    assert taken.heard("allocator", record(7), 0) is None
    batch = taken.batch(0)
    assert taken.confirmed(SETTLE_MS) == []

    assert taken.stored(batch.batch_id)
    assert taken.confirmed(SETTLE_MS) == [("allocator", 7)]
    assert taken.confirmed(SETTLE_MS) == []


@pytest.mark.parametrize(
    ("after_ms", "told"), [(SETTLE_MS - 1, []), (SETTLE_MS, [("allocator", 7)])]
)
def test_where_the_numbers_begin_is_known_after_a_while(after_ms, told):
    taken = intake()
    taken.heard("allocator", record(7), 0)
    taken.stored(taken.batch(0).batch_id)

    assert taken.confirmed(after_ms) == told


def test_older_record_that_comes_late_is_not_confirmed_unstored():
    taken = intake()
    taken.heard("allocator", record(9), 0)
    taken.stored(taken.batch(0).batch_id)
    taken.heard("allocator", record(7), 1_000)
    taken.heard("allocator", record(8), 1_000)

    assert taken.confirmed(SETTLE_MS) == []
    taken.stored(taken.batch(SETTLE_MS).batch_id)
    assert taken.confirmed(SETTLE_MS) == [("allocator", 9)]


def test_gap_is_not_jumped_over():
    taken = intake()
    for seq in (1, 2, 4):
        taken.heard("allocator", record(seq), 0)
    taken.stored(taken.batch(0).batch_id)

    assert taken.confirmed(SETTLE_MS) == [("allocator", 2)]
    taken.heard("allocator", record(3), SETTLE_MS)
    taken.stored(taken.batch(SETTLE_MS).batch_id)
    assert taken.confirmed(SETTLE_MS) == [("allocator", 4)]


def test_repeat_is_kept_once_and_confirmed_again_when_it_was_stored():
    taken = intake()
    for _ in range(3):
        taken.heard("allocator", record(1), 0)
    batch = taken.batch(0)
    assert numbers(batch) == [1]
    taken.heard("allocator", record(1), 500)
    taken.stored(batch.batch_id)

    assert taken.confirmed(SETTLE_MS) == [("allocator", 1)]
    assert taken.heard("allocator", record(1), SETTLE_MS) == 1
    assert taken.batch(SETTLE_MS + 5_000) is None


def test_each_sender_has_its_own_numbers():
    taken = intake()
    taken.heard("allocator", record(1), 0)
    taken.heard("risk_gate", record(900), 0)
    taken.stored(taken.batch(0).batch_id)

    assert taken.confirmed(SETTLE_MS) == [("allocator", 1), ("risk_gate", 900)]


def test_batch_is_said_again_under_the_same_id_until_it_is_stored():
    taken = intake()
    taken.heard("allocator", record(1), 0)
    first = taken.batch(0)
    taken.heard("allocator", record(2), 10)

    assert taken.batch(999) is None
    assert taken.batch(1_000) == first
    assert taken.batch(1_999) is None
    assert not taken.stored("another")
    assert taken.stored(first.batch_id)
    assert not taken.stored(first.batch_id)
    assert numbers(taken.batch(2_000)) == [2]


def test_same_records_make_the_same_batch_and_others_another():
    ids = []
    for seqs in ((1, 2), (1, 2), (1,), (2, 1), (3, 2)):
        taken = intake()
        for seq in seqs:
            taken.heard("allocator", record(seq, {"n": 0}), 0)
        ids.append(taken.batch(0).batch_id)

    assert ids[0] == ids[1]
    assert len(set(ids)) == 4


@pytest.mark.parametrize(("count", "batches"), [(199, 1), (200, 1), (201, 2)])
def test_batch_has_so_many_rows_at_most(count, batches):
    taken = intake()
    for seq in range(count):
        taken.heard("allocator", record(seq), 0)

    assert len(all_batches(taken)) == batches


def all_batches(taken):
    made = []
    while batch := taken.batch(0):
        made.append(batch)
        taken.stored(batch.batch_id)
    return made


def test_batch_has_so_many_bytes_at_most():
    taken = intake(bytes_max=10_000)
    for seq in range(20):
        taken.heard("allocator", record(seq, {"n": seq, "x": "y" * 2_000}), 0)

    made = all_batches(taken)

    assert [number for batch in made for number in numbers(batch)] == list(range(20))
    assert all(sum(len(pack(one)) for one in batch.records) <= 10_000 for batch in made)


def test_long_record_goes_alone():
    taken = intake(bytes_max=10_000)
    for seq, size in enumerate((10, 50_000, 10)):
        taken.heard("allocator", record(seq, {"n": seq, "x": "y" * size}), 0)

    assert [numbers(batch) for batch in all_batches(taken)] == [[0], [1], [2]]


def test_record_too_long_to_keep_is_kept_as_its_length():
    taken = intake()
    taken.heard("allocator", record(1, {"x": "y" * RECORD_BYTES_MAX}), 0)

    [stored] = taken.batch(0).records

    assert stored.body["too_long_bytes"] > RECORD_BYTES_MAX
    assert taken.shortened == 1


@pytest.mark.parametrize(("more", "refused"), [(0, 0), (1, 1)])
def test_what_waits_is_bounded_and_comes_again(more, refused):
    taken = intake()
    for seq in range(WAITING_MAX + more):
        taken.heard("allocator", record(seq), 0)

    assert (len(taken), taken.refused) == (WAITING_MAX, refused)
    taken.stored(taken.batch(0).batch_id)
    taken.heard("allocator", record(WAITING_MAX), 1)
    assert len(taken) == WAITING_MAX - 200 + 1


@pytest.mark.parametrize(("count", "refused"), [(SENDERS_MAX, 0), (SENDERS_MAX + 1, 1)])
def test_senders_are_bounded(count, refused):
    taken = intake()
    for number in range(count):
        taken.heard(f"s{number}", record(1), 0)

    assert taken.refused == refused
    assert taken.knows("s0")
    assert taken.knows(f"s{count - 1}") == (refused == 0)


def test_new_process_of_a_sender_begins_anew():
    taken = intake()
    taken.heard("allocator", record(5), 0)
    taken.stored(taken.batch(0).batch_id)
    taken.heard("allocator", record(7), 0)  # 6 died with its process
    far = 7 + JUMP + 1

    taken.heard("allocator", record(far), 10_000)
    taken.stored(taken.batch(10_000).batch_id)

    assert taken.confirmed(10_000 + SETTLE_MS - 1) == []
    assert taken.confirmed(10_000 + SETTLE_MS) == [("allocator", far)]
    assert taken.heard("allocator", record(6), 20_000) is None
    assert taken.refused == 1


class Road:
    """A sender, an intake and an executor, and a link between them that loses what it likes.

    The sender says everything again each second, as it does; what it says again is not lost twice
    in a row, since only a broken connection loses anything.
    """

    def __init__(self):
        self.sender, self.taken, self.now = Unacked(wall_ms=1), intake(rows_max=3), 0
        self.link, self.stored, self.batch, self.said = deque(), set(), None, 0

    def do(self, act, passed_ms):
        self.now += passed_ms
        self.link.extend(self.sender.again(self.now))
        getattr(self, act)()
        for _, upto in self.taken.confirmed(self.now):
            self.confirm(upto)

    def say(self):
        body = {"n": self.said}
        self.link.append(self.sender.keep("k", body, instrument="", at_ms=0, now_ms=self.now))
        self.said += 1

    def say_in_vain(self):
        self.say()
        self.link.pop()

    def deliver(self):
        while self.link:
            upto = self.taken.heard("a", self.link.popleft(), self.now)
            if upto is not None:
                self.confirm(upto)

    def kill_persistence(self):
        self.taken, self.batch = intake(rows_max=3), None
        self.link.clear()

    def ask(self):
        self.batch = self.taken.batch(self.now) or self.batch

    def commit(self):
        if self.batch is not None:
            self.stored |= {one.body["n"] for one in self.batch.records}

    def answer(self):
        if self.batch is not None and {one.body["n"] for one in self.batch.records} <= self.stored:
            self.taken.stored(self.batch.batch_id)
            self.batch = None

    def confirm(self, upto):
        confirmed = {one.body["n"] for one, _ in self.sender._kept.values() if one.seq <= upto}
        assert confirmed <= self.stored
        self.sender.acknowledged(upto)


ACTS = ["say", "say_in_vain", "deliver", "kill_persistence", "ask", "commit", "answer"]


@given(st.lists(st.tuples(st.sampled_from(ACTS), st.integers(0, 900)), max_size=80))
@settings(max_examples=200, deadline=None)
def test_no_record_of_a_living_sender_is_lost(acts):
    road = Road()
    for act, passed_ms in acts:
        road.do(act, passed_ms)
        road.deliver()

    for _ in range(100):
        for act in ("deliver", "ask", "commit", "answer"):
            road.do(act, AGAIN_MS // 2)

    assert road.stored == set(range(road.said))
    assert len(road.sender) == 0
