"""How a script talks to a running desk."""

import threading
from collections.abc import Iterator

import pytest
import zmq

from actors import topology
from actors.runtime import control, endpoints
from actors.runtime.clock import SystemClock
from actors.runtime.control import Unreachable, ask
from actors.runtime.wire import Sender
from messages import codec
from messages.control import Kill, Refusal, Reply, StatusQuery
from messages.records import RecordsAck
from tests.actors.runtime.hands import ME
from tests.actors.runtime.test_endpoints import some

OK = Reply(ok=True, code="OK", message="done", report={"a": (1, "b")})


class Binder:
    """Answers what it hears with the next of its answers; None: says nothing."""

    def __init__(self, address: str, answers: list[object]) -> None:
        self.heard: list[tuple[bytes, codec.Envelope, object]] = []
        self._answers = answers
        self._context = zmq.Context()
        self._socket = self._context.socket(zmq.ROUTER)
        self._socket.linger = 0
        self._socket.bind(address)
        self._thread = threading.Thread(target=self._serve)
        self._stop = threading.Event()
        self._thread.start()

    def _serve(self) -> None:
        sender = Sender(ME, SystemClock())
        while not self._stop.is_set():
            if not self._socket.poll(20):
                continue
            peer, _, raw = self._socket.recv_multipart()
            self.heard.append((peer, *codec.decode(raw)))
            answer = self._answers.pop(0) if self._answers else None
            if isinstance(answer, bytes):
                self._socket.send_multipart([peer, b"", answer])
            elif answer is not None:
                said = sender.seal(answer, stream="s", trail=None)
                self._socket.send_multipart([peer, b"", said])

    def close(self) -> None:
        self._stop.set()
        self._thread.join()
        self._context.destroy(linger=0)


@pytest.fixture
def binder(run_dir) -> Iterator:
    made: list[Binder] = []
    sockets = endpoints.addresses(run_dir, topology.SOCKETS)
    endpoints.write(run_dir, some(sockets=sockets, build="b1", config="c1"))

    def make(*answers: object) -> Binder:
        made.append(Binder(sockets["executor.control"], list(answers)))
        return made[-1]

    yield make
    for one in made:
        one.close()


def test_a_command_is_answered(binder, run_dir):
    one = binder(OK)

    assert ask(run_dir, "executor.control", StatusQuery(), 5) == OK
    assert one.heard[0][2] == StatusQuery()


def test_a_command_names_the_build_it_speaks_to_and_comes_from_nobody_known(binder, run_dir):
    one = binder(OK, OK)

    for _ in range(2):
        ask(run_dir, "executor.control", StatusQuery(), 5)

    (first, envelope, _), (second, _, _) = one.heard
    assert (envelope.src, envelope.build, envelope.config) == ("btcbot", "b1", "c1")
    assert first != second
    assert not {first, second} & {role.encode() for role in topology.ROLES}


def test_a_command_is_said_again_until_it_is_answered(binder, run_dir, monkeypatch):
    monkeypatch.setattr(control, "REPEAT_MS", 20)
    one = binder(None, None, OK)

    assert ask(run_dir, "executor.control", Kill(reason="r"), 5) == OK
    assert [message for _, _, message in one.heard][:3] == [Kill(reason="r")] * 3


def test_a_binder_that_comes_late_is_still_reached(binder, run_dir):
    answers: list[Reply] = []
    asking = threading.Thread(
        target=lambda: answers.append(ask(run_dir, "executor.control", StatusQuery(), 5))
    )
    asking.start()

    binder(OK, OK, OK)
    asking.join()

    assert answers == [OK]


def test_a_refusal_is_an_answer_that_is_not_ok(binder, run_dir):
    binder(Refusal(code="NOT_HEARD_HERE", message="no"))

    reply = ask(run_dir, "executor.control", RecordsAck(upto=1), 5)

    assert (reply.ok, reply.code, reply.message) == (False, "NOT_HEARD_HERE", "no")


def test_an_answer_that_cannot_be_read_is_not_ok(binder, run_dir):
    binder(b"\xc1")

    reply = ask(run_dir, "executor.control", StatusQuery(), 5)

    assert (reply.ok, reply.code) == (False, "NOT_MESSAGEPACK")


def test_a_desk_that_does_not_answer_is_not_reachable(binder, run_dir):
    binder()

    with pytest.raises(Unreachable, match=r"executor.control did not answer within 0.2 s"):
        ask(run_dir, "executor.control", StatusQuery(), 0.2)


def test_a_desk_that_is_not_there_is_not_reachable(binder, run_dir):
    with pytest.raises(Unreachable, match=r"executor.control is not there within 0.2 s"):
        ask(run_dir, "executor.control", StatusQuery(), 0.2)


def test_a_directory_without_a_desk_is_not_reachable(run_dir):
    with pytest.raises(Unreachable, match="no desk was started"):
        ask(run_dir, "executor.control", StatusQuery(), 5)


def test_a_socket_that_no_desk_has_is_not_reachable(binder, run_dir):
    with pytest.raises(Unreachable, match=r"has no socket executor\.whims"):
        ask(run_dir, "executor.whims", StatusQuery(), 5)


def test_a_command_that_is_too_long_is_not_even_said(binder, run_dir):
    with pytest.raises(ValueError, match="at most"):
        ask(run_dir, "executor.control", Kill(reason="x" * codec.BYTES_MAX), 5)
