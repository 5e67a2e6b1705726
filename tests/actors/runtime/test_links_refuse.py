"""What does not get through: dropped, refused, counted, answered; and whoever asked lives on."""

from collections.abc import Callable

import pytest
import zmq

from actors.runtime import links as links_module
from actors.runtime import sockets
from actors.runtime.effects import Route
from actors.runtime.failures import BuildDiffers, InvariantBroken
from actors.runtime.settings import RuntimeSettings
from messages import codec, life, orders
from messages.control import Kill, Reply, StatusQuery
from messages.records import RecordsAck
from messages.targets import Targets
from tests.actors.runtime.lines import (
    PATIENCE_MS,
    SETTLE_MS,
    hear,
    refusal,
    say_until_sent,
    sealed,
    silent,
)
from tests.actors.runtime.players import batch

# What does not.


def test_nothing_is_kept_for_a_peer_that_is_not_there(house):
    allocator = house.role("allocator")

    assert not allocator.say(batch())

    risk_gate = house.role("risk_gate")
    assert allocator.counts.dropped == 1
    assert silent(risk_gate, "risk_gate.intents")


def test_an_answer_to_a_peer_that_left_is_dropped_and_counted(house):
    executor = house.role("executor")

    assert not executor.back(Route("executor.control", b"nobody"), RecordsAck(upto=1))
    assert executor.counts.dropped == 1


def test_a_full_soft_line_drops_what_is_new_and_never_waits(house):
    strategy, allocator = house.role("strategy"), house.role("allocator")
    targets = Targets(strategy="s", seq=1, targets={}, contained=None, decided_ms=1)
    say_until_sent(strategy, targets)

    sent = [strategy.say(targets) for _ in range(2_000)]

    assert not all(sent)
    assert strategy.counts.dropped == sent.count(False)
    assert hear(allocator, "allocator.targets")


def test_a_second_connection_of_a_role_takes_its_name_over(house):
    executor = house.role("executor")
    first = house.stranger("executor.control", name=b"risk_gate")
    first.send_multipart([b"", sealed(StatusQuery())])
    hear(executor, "executor.control")
    second = house.stranger("executor.control", name=b"risk_gate")
    second.send_multipart([b"", sealed(StatusQuery())])
    [heard] = hear(executor, "executor.control")

    executor.back(heard.route, Reply(ok=True, code="OK", message=""))

    assert second.poll(PATIENCE_MS)
    assert not first.poll(0)


def test_a_role_that_has_no_way_to_say_something_is_a_bug(house):
    with pytest.raises(InvariantBroken, match="strategy has no way to say ApprovedBatch"):
        house.role("strategy").say(
            codec.convert({"batch": codec.body(batch())}, orders.ApprovedBatch)
        )


BAD: list[tuple[str, Callable[[], list[bytes]], str]] = [
    ("no message", lambda: [b"", b"\xc1\x00"], "NOT_MESSAGEPACK"),
    ("empty", lambda: [b"", b""], "NOT_MESSAGEPACK"),
    ("not an envelope", lambda: [b"", codec.pack({"a": 1})], "NOT_VALID"),
    ("too long", lambda: [b"", b"x" * (codec.BYTES_MAX + 1)], "TOO_LONG"),
    ("twice too long", lambda: [b"", b"x" * (2 * codec.BYTES_MAX)], "TOO_LONG"),
    ("not heard", lambda: [b"", sealed(RecordsAck(upto=1))], "NOT_HEARD_HERE"),
    ("one frame", lambda: [sealed(StatusQuery())], "FRAMES"),
    ("too many frames", lambda: [b"", b"", sealed(StatusQuery())], "FRAMES"),
    ("a thousand frames", lambda: [b""] * 1_000, "FRAMES"),
]


@pytest.mark.parametrize(("frames", "code"), [one[1:] for one in BAD], ids=[one[0] for one in BAD])
def test_what_cannot_be_taken_on_a_command_socket_is_counted_logged_and_answered(
    house, frames, code
):
    executor = house.role("executor")
    stranger = house.stranger("executor.control")

    stranger.send_multipart(frames())
    assert silent(executor, "executor.control")

    assert refusal(stranger).code == code
    assert executor.counts.refused == 1
    assert house.logged["executor"] == ["message_refused"]


def test_after_any_refusal_the_next_command_is_heard(house):
    executor = house.role("executor")
    stranger = house.stranger("executor.control")
    for _, frames, _ in BAD:
        stranger.send_multipart(frames())
    stranger.send_multipart([b"", sealed(Kill(reason="r"))])

    heard = hear(executor, "executor.control")

    assert [one.message for one in heard] == [Kill(reason="r")]
    assert executor.counts.refused == len(BAD)


def test_what_is_far_too_long_is_cut_off_and_others_are_heard(house):
    executor = house.role("executor")
    flood, other = (house.stranger("executor.control", name=name) for name in (b"f", b"o"))

    flood.send_multipart([b"", b"x" * (sockets.COMMAND_FRAME_MAX + 1)])
    other.send_multipart([b"", sealed(StatusQuery())])

    assert [one.message for one in hear(executor, "executor.control")] == [StatusQuery()]


def test_what_cannot_be_taken_on_a_soft_line_is_counted(house):
    executor = house.role("executor")
    stranger = house.stranger("executor.permits", zmq.PUSH)

    for frames in ([b"", b"\xc1"], [b"", b"", b""], [b"", sealed(StatusQuery())]):
        stranger.send_multipart(frames)
    while executor.counts.refused < 3:
        assert silent(executor, "executor.permits")

    assert executor.counts.refused == 3


def test_what_cannot_be_taken_from_a_feed_is_counted(house):
    publisher = zmq.Context()
    feed = publisher.socket(zmq.PUB)
    feed.linger = 0
    feed.bind(house.addresses["executor.state"])
    hearer = house.role("allocator")
    end = next(one for one in hearer.ends if one.name == "executor.state")
    while not end.handle.poll(10):
        feed.send_multipart([b"ExecutorStatus", b"\xc1"])

    assert end.drain() == []
    assert hearer.counts.refused >= 1
    publisher.destroy(linger=0)


def test_refusals_are_logged_up_to_a_bound_and_counted_beyond(house):
    executor = house.role("executor")
    stranger = house.stranger("executor.control")
    many = links_module.REFUSALS_LOGGED_MAX + 20
    for _ in range(many):
        stranger.send_multipart([b"", b"\xc1"])
    while executor.counts.refused < many:
        hear(executor, "executor.control", within_ms=SETTLE_MS)

    assert len(house.logged["executor"]) == links_module.REFUSALS_LOGGED_MAX


def test_a_turn_takes_no_more_than_the_quota_of_a_socket(house):
    executor = house.role("executor")
    stranger = house.stranger("executor.orders")
    for _ in range(40):
        stranger.send_multipart([b"", b"\xc1"])
    end = next(one for one in executor.ends if one.name == "executor.orders")
    assert end.handle.poll(PATIENCE_MS)
    hear(executor, "executor.control", within_ms=SETTLE_MS)

    end.drain()

    assert executor.counts.refused == RuntimeSettings().drain_other


def test_an_actor_of_another_build_is_refused_at_hello_and_ends(house):
    supervisor = house.role("supervisor")
    actor = house.role("strategy", build="b2")

    say_until_sent(actor, life.Hello(role="strategy", pid=1, parent_pid=1))
    assert silent(supervisor, "supervisor.life")

    with pytest.raises(BuildDiffers):
        hear(actor, "supervisor.life")


def test_an_approval_from_another_configuration_is_refused_and_its_sender_lives(house):
    executor = house.role("executor")
    risk_gate = house.role("risk_gate", config="c2")
    approved = codec.convert({"batch": codec.body(batch())}, orders.ApprovedBatch)

    say_until_sent(risk_gate, approved)
    assert silent(executor, "executor.orders")

    assert silent(risk_gate, "executor.orders")
    assert house.logged["risk_gate"] == ["command_refused"]
