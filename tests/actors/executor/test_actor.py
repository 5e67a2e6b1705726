"""The shell: what it hears, what it answers, in which order things happen."""

import pytest

from actors.executor.accept import Accepted
from actors.executor.order_of_work import STATUS, answered, in_order
from actors.executor.venue_calls import ORDERS, READS, ReadServerTime
from actors.runtime.effects import After, Back, Call, Exit, Tick, Write
from actors.venues.port import UnreadableFrame, VenueUnavailable
from messages.control import StatusQuery
from messages.orders import IntentAck
from messages.records import RecordBatch, RecordBatchAck, StoredRecord
from messages.targets import AllocatorState
from store.readers import Reader
from store.rows import Entry
from tests.actors.executor.driving import NOBODY, Driver
from tests.actors.executor.sessions import Standing
from tests.actors.executor.wishes import submit


class Nowhere:
    """A venue that cannot be reached."""

    last_call, counts = None, {}

    def __getattr__(self, name):
        def call(*args, **given):
            raise VenueUnavailable("ConnectError")

        return call

    def close(self):
        pass


@pytest.fixture
def driver(run_dir):
    made = Driver(run_dir, Nowhere)
    yield made
    made.close()


def records(batch_id="b1", count=2):
    kept = StoredRecord(
        sender="allocator", kind="decision", at_ms=5, instrument="X_Y", body={"a": 1}
    )
    return RecordBatch(batch_id=batch_id, records=(kept,) * count)


def kept(run_dir):
    with Reader.open(run_dir) as reader:
        return reader.count("record")


def test_records_are_kept_once_and_acknowledged_each_time(driver, run_dir):
    for _ in range(2):
        driver.hear(records())

    assert [ack.batch_id for ack in driver.said(RecordBatchAck)] == ["b1", "b1"]
    assert kept(run_dir) == 2


def test_a_batch_that_comes_twice_in_one_turn_is_kept_once(driver, run_dir):
    driver.actor.turn([records(), records(), records(batch_id="b2")])

    assert [ack.batch_id for ack in driver.said(RecordBatchAck)] == ["b1", "b1", "b2"]
    assert kept(run_dir) == 4


def test_a_batch_of_nothing_is_acknowledged(driver, run_dir):
    driver.hear(records(count=0))

    assert len(driver.said(RecordBatchAck)) == 1
    assert kept(run_dir) == 0


def test_without_a_venue_it_waits_for_its_clock_and_says_so(driver):
    driver.until(lambda: len(driver.said(type(driver.said_status()))) > 1)

    assert driver.actor.waiting_for() == "the venue's clock is not measured"
    assert not driver.session.gate().ready
    (reply,) = driver.answers(StatusQuery())
    assert reply.message == "waiting for the venue's clock is not measured"


def test_what_it_does_not_hear_ends_it(driver):
    with pytest.raises(TypeError, match="AllocatorState"):
        driver.hear(AllocatorState(targets_age_ms={}, at_ms=1))


def test_an_unreachable_venue_lets_an_orderly_stop_end(driver):
    assert driver.stop() == 0


def test_a_log_that_was_emptied_is_written_from_its_beginning(driver, run_dir):
    log = run_dir / "store.sqlite3-wal"
    for number in range(300):
        driver.hear(records(f"b{number}"))
    driver.until(lambda: driver.session.checkpoint_seq > 300)
    long = log.stat().st_size

    for number in range(150):
        driver.hear(records(f"c{number}"))

    assert log.stat().st_size == long


SEND = submit()
WRITE = Write(Entry(kind="X", subject="", at_ms=1, cause={}, rows=()))
ACK = IntentAck(decision_id="d", instrument="BTC_TRY", client_order_ids=())


def test_writes_come_first_then_what_is_said_then_orders_then_the_rest():
    order, read, back = Call(ORDERS, SEND), Call(READS, ReadServerTime()), Back(NOBODY, ACK)
    later, end = After(1, Tick("work")), Exit(0, "x")

    found = in_order([end, read, order, back, ACK, later, WRITE])

    assert found == [WRITE, back, ACK, order, read, end, later]


def test_a_new_order_is_durable_then_leaves_then_is_told_of():
    one = Standing()
    one.books.take_touched()
    accepted = Accepted(writes=[WRITE], ack=ACK, refused=[], sends=[SEND])

    assert answered(one.session, accepted, one.now) == [WRITE, Call(ORDERS, SEND), ACK]


def test_a_private_frame_that_cannot_be_read_changes_nothing_and_is_counted(driver):
    before = driver.books.seq
    for _ in range(3):
        driver.hear(UnreadableFrame(reason="not JSON", raw=b"x" * 600))

    assert driver.books.seq == before
    assert driver.session.answering.misread.count == 3
    driver.hear(Tick(STATUS))
    assert driver.session.answering.misread.take() is None
