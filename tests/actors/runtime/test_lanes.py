"""Threads for blocking calls: what comes back, what is refused, and what the gate holds back."""

import queue
import threading
from collections.abc import Callable

import pytest

from actors.runtime.effects import Call, Raised
from actors.runtime.lanes import Lanes, LaneSpec

PATIENCE_S = 5


class Bench:
    """One lane, the results that came back, and the end of everything."""

    def __init__(self, handler: Callable, **spec) -> None:
        self.results: queue.Queue = queue.Queue()
        self.broken: queue.Queue = queue.Queue()
        given = {"name": "reads", "threads": 1, "depth": 2, "handler_factory": lambda: handler}
        self.lanes = Lanes([LaneSpec(**(given | spec))], self.results.put, broken=self.broken.put)

    def result(self):
        return self.results.get(timeout=PATIENCE_S).result


@pytest.fixture
def bench():
    made: list[Bench] = []

    def make(handler, **spec) -> Bench:
        made.append(Bench(handler, **spec))
        return made[-1]

    yield make
    for one in made:
        one.lanes.close()


def test_the_result_comes_back_with_lane_request_and_trail(bench):
    one = bench(str.upper)

    one.lanes.offer(Call("reads", "a", "trail"))
    called = one.results.get(timeout=PATIENCE_S)

    assert (called.lane, called.request, called.result, called.trail) == (
        "reads",
        "a",
        "A",
        "trail",
    )


def test_a_handler_that_raises_is_an_answer_and_the_lane_goes_on(bench):
    def handler(request):
        return 1 // request

    one = bench(handler)
    one.lanes.offer(Call("reads", 0))
    one.lanes.offer(Call("reads", 1))

    first, second = one.result(), one.result()

    assert isinstance(first, Raised)
    assert isinstance(first.error, ZeroDivisionError)
    assert second == 1


def test_calls_are_made_first_come_first_served(bench):
    one = bench(lambda request: request, depth=16)
    for number in range(10):
        one.lanes.offer(Call("reads", number))

    assert [one.result() for _ in range(10)] == list(range(10))


def test_each_thread_makes_a_handler_of_its_own_in_itself(bench):
    made: queue.Queue = queue.Queue()

    def factory():
        made.put(threading.get_ident())
        return lambda request: request

    bench(None, threads=2, handler_factory=factory)
    idents = {made.get(timeout=PATIENCE_S), made.get(timeout=PATIENCE_S)}

    assert len(idents) == 2
    assert threading.get_ident() not in idents


@pytest.mark.parametrize(("waiting", "room"), [(0, 2), (1, 1), (2, 0)])
def test_a_full_lane_takes_no_more(bench, waiting, room):
    entered, leave = threading.Event(), threading.Event()

    def handler(request):
        entered.set()
        leave.wait(PATIENCE_S)

    one = bench(handler)
    one.lanes.offer(Call("reads", "under way"))
    entered.wait(PATIENCE_S)
    for number in range(waiting):
        one.lanes.offer(Call("reads", number))

    assert one.lanes.room("reads") == room
    assert one.lanes.offer(Call("reads", "next")) is (room > 0)
    leave.set()


def test_a_shut_gate_answers_in_place_of_the_handler(bench):
    made: list[object] = []
    one = bench(made.append, gate=lambda request: "NOT_SENT")

    one.lanes.offer(Call("reads", "order"))

    assert one.result() == "NOT_SENT"
    assert made == []


def test_an_open_gate_lets_the_call_through(bench):
    one = bench(str.upper, gate=lambda request: None)

    one.lanes.offer(Call("reads", "order"))

    assert one.result() == "ORDER"


def test_once_the_gate_was_shut_under_the_lock_no_call_begins(bench):
    shut = False
    began: list[object] = []
    one = bench(
        began.append, threads=2, depth=1000, gate=lambda request: "NOT_SENT" if shut else None
    )
    for number in range(500):
        one.lanes.offer(Call("reads", number))

    with one.lanes.lock:
        shut = True
        count_ms = len(began)
    results = [one.result() for _ in range(500)]

    # Each of the two threads may have passed the gate and not called its handler yet.
    assert len(began) <= count_ms + 2
    assert results.count("NOT_SENT") == 500 - len(began)


def test_a_gate_that_raises_is_our_own_bug_and_ends_the_process(bench):
    def gate(request):
        raise ValueError("no such thing")

    one = bench(str, gate=gate)
    one.lanes.offer(Call("reads", "a"))

    assert str(one.broken.get(timeout=PATIENCE_S)) == "no such thing"


def test_a_handler_that_cannot_be_made_ends_the_process(bench):
    def factory():
        raise OSError("no client")

    one = bench(None, handler_factory=factory)

    assert str(one.broken.get(timeout=PATIENCE_S)) == "no client"


def test_closing_drops_what_waits_and_ends_the_threads(bench):
    entered, leave = threading.Event(), threading.Event()

    def handler(request):
        entered.set()
        leave.wait(PATIENCE_S)
        return request

    one = bench(handler)
    one.lanes.offer(Call("reads", "under way"))
    one.lanes.offer(Call("reads", "waits"))
    entered.wait(PATIENCE_S)
    closing = threading.Thread(target=one.lanes.close)
    closing.start()
    leave.set()
    closing.join(PATIENCE_S)

    assert one.result() == "under way"
    assert one.results.empty()


def test_a_lane_that_does_not_exist_is_a_bug(bench):
    with pytest.raises(KeyError):
        bench(str).lanes.offer(Call("writes", "a"))
