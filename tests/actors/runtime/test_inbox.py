"""The mailbox: what waits where, in which order it is taken, and that `get` never raises."""

import os
import threading

import pytest
import zmq

from actors.runtime import inbox as inbox_module
from actors.runtime.inbox import POSTED_PER_TURN, Inbox, InboxFull
from actors.runtime.wire import Heard


class Pipe:
    """A source one can write to: each byte is one message."""

    def __init__(self, rank: int, quota: int = 100) -> None:
        self.handle, self._write = os.pipe2(os.O_NONBLOCK)
        self.rank = rank
        self._quota = quota

    def say(self, text: str) -> None:
        os.write(self._write, text.encode())

    def drain(self) -> list[Heard]:
        return [Heard(message=char) for char in os.read(self.handle, self._quota).decode()]


class Bell:
    """Rings what it was given, once; due at once."""

    def __init__(self, *messages: object) -> None:
        self.waiting = list(messages)

    def due_ms(self) -> int | None:
        return 0 if self.waiting else None

    def ring(self) -> list[object]:
        waiting, self.waiting = self.waiting, []
        return waiting


def broken(error: BaseException) -> None:
    raise error


def bound(*sources: Pipe, rhythms=(), **more) -> Inbox:
    inbox = Inbox()
    inbox.bind(sources, rhythms, broken=broken, **more)
    return inbox


def said(inbox: Inbox) -> list[object]:
    return [heard.message for heard in inbox.get().message]


def test_sources_are_taken_in_the_order_of_their_rank_whatever_order_they_were_added_in():
    records, control, orders = Pipe(5), Pipe(0), Pipe(2)
    inbox = bound(records, orders, control)

    records.say("r")
    orders.say("o")
    control.say("c")

    assert said(inbox) == ["c", "o", "r"]


def test_what_threads_posted_goes_before_what_came_by_a_socket():
    orders = Pipe(2)
    inbox = bound(orders)

    orders.say("o")
    inbox.post("result")

    assert said(inbox) == ["result", "o"]


def test_a_source_gives_its_quota_and_keeps_the_rest_for_the_next_turn():
    orders = Pipe(2, quota=3)
    inbox = bound(orders)

    orders.say("abcde")

    assert [said(inbox), said(inbox)] == [["a", "b", "c"], ["d", "e"]]


def test_a_flood_of_posts_does_not_starve_the_sockets():
    orders = Pipe(2)
    inbox = bound(orders)
    for number in range(POSTED_PER_TURN + 1):
        inbox.post(number)
    orders.say("o")

    assert said(inbox)[-1] == "o"
    assert said(inbox) == [POSTED_PER_TURN]


def test_a_post_from_a_thread_wakes_a_waiting_actor():
    inbox = bound()
    poster = threading.Timer(0.05, inbox.post, ["woken"])

    poster.start()

    assert said(inbox) == ["woken"]


def test_what_was_posted_before_the_inbox_was_bound_is_not_lost():
    inbox = Inbox()
    inbox.post("early")

    inbox.bind([], [], broken=broken)

    assert said(inbox) == ["early"]


def test_what_is_due_is_heard_after_what_waits():
    orders = Pipe(2)
    inbox = bound(orders, rhythms=[Bell("tick")])
    orders.say("o")

    assert said(inbox) == ["o", "tick"]


def test_tell_of_the_library_arrives_like_a_post():
    inbox = bound()

    inbox.put(inbox_module.Envelope("told"))

    assert said(inbox) == ["told"]


def test_only_control_is_taken_ahead():
    control, orders, signals = Pipe(0), Pipe(2), Pipe(-1)
    inbox = bound(control, orders, signals)
    control.say("c")
    orders.say("o")
    signals.say("s")

    assert [heard.message for heard in inbox.take_control()] == ["c"]


def test_a_source_that_was_removed_is_not_polled():
    gone, orders = Pipe(0), Pipe(2)
    inbox = bound(gone, orders)
    gone.say("g")
    orders.say("o")

    inbox.remove(gone)

    assert said(inbox) == ["o"]


def test_a_failure_in_get_ends_the_process_and_does_not_escape():
    class Failing(Pipe):
        def drain(self):
            raise OSError("gone")

    ended: list[BaseException] = []
    source = Failing(1)
    inbox = Inbox()
    inbox.bind([source], [], broken=ended.append)
    source.say("x")

    assert inbox.get() is None
    assert [str(error) for error in ended] == ["gone"]


def test_even_what_is_no_exception_does_not_escape_from_get():
    class Interrupted(Pipe):
        def drain(self):
            raise KeyboardInterrupt

    ended: list[BaseException] = []
    source = Interrupted(1)
    inbox = Inbox()
    inbox.bind([source], [], broken=ended.append)
    source.say("x")

    inbox.get()

    assert isinstance(ended[0], KeyboardInterrupt)


def test_a_thread_waits_for_room_and_goes_on_when_there_is_some():
    inbox = bound(posted_max=1)
    inbox.post("one")
    poster = threading.Thread(target=inbox.post, args=["two"])
    poster.start()

    first = said(inbox)
    poster.join(5)

    assert [first, said(inbox)] == [["one"], ["two"]]


def test_a_thread_that_waited_too_long_for_room_is_told(monkeypatch):
    monkeypatch.setattr(inbox_module, "POST_WAIT_MAX_S", 0.05)
    inbox = bound(posted_max=1)
    inbox.post("one")
    failed: list[BaseException] = []

    def post() -> None:
        try:
            inbox.post("two")
        except InboxFull as full:
            failed.append(full)

    poster = threading.Thread(target=post)
    poster.start()
    poster.join(5)

    assert len(failed) == 1


def test_the_actor_itself_never_waits_for_room():
    inbox = bound(posted_max=1)

    inbox.post("one")
    inbox.post("two")

    assert said(inbox) == ["one", "two"]


@pytest.mark.parametrize("posts", [0, 1, 2])
def test_queued_counts_what_threads_left(posts):
    inbox = bound()
    for number in range(posts):
        inbox.post(number)

    assert inbox.queued == posts
    assert inbox.empty() == (posts == 0)


def test_a_zeromq_socket_and_a_descriptor_are_polled_alike():
    context = zmq.Context()
    near, far = context.socket(zmq.PAIR), context.socket(zmq.PAIR)
    near.bind("inproc://pair")
    far.connect("inproc://pair")

    class Socket:
        handle = near
        rank = 1

        def drain(self):
            return [Heard(message=near.recv().decode())]

    inbox = bound(Socket())
    far.send(b"by socket")

    assert said(inbox) == ["by socket"]
    context.destroy(linger=0)
