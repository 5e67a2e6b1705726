"""What the installed libzmq really does to the unwary: each line of `sockets.py` has its reason."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest
import zmq

from actors.runtime.endpoints import PATH_BYTES_MAX

pytestmark = pytest.mark.contract
PATIENCE_MS = 2_000
SETTLE_MS = 100


class Sockets:
    """Sockets of one test, all closed at its end."""

    def __init__(self, run_dir) -> None:
        self.address = f"ipc://{run_dir}/s"
        self._context = zmq.Context()
        self._made: list[zmq.Socket] = []

    def make(self, kind: int, **options: object) -> zmq.Socket:
        made = self._context.socket(kind)
        made.linger = 0
        for name, value in options.items():
            made.set(getattr(zmq, name), value)
        self._made.append(made)
        return made

    def bound(self, kind: int, **options: object) -> zmq.Socket:
        made = self.make(kind, **options)
        made.bind(self.address)
        return made

    def connected(self, kind: int, **options: object) -> zmq.Socket:
        made = self.make(kind, **options)
        made.connect(self.address)
        return made

    def close(self) -> None:
        self._context.destroy(linger=0)


@pytest.fixture
def sockets(run_dir) -> Iterator[Sockets]:
    made = Sockets(run_dir)
    yield made
    made.close()


def arrives(socket: zmq.Socket, within_ms: int = PATIENCE_MS) -> bool:
    return bool(socket.poll(within_ms))


LEAVE = """
import sys, zmq
context = zmq.Context()
line = context.socket(zmq.PUSH)
line.linger = int(sys.argv[2])
line.connect(sys.argv[1])
line.send(b"x")
context.destroy()
"""


@pytest.mark.parametrize(("linger", "leaves"), [(0, True), (-1, False)])
def test_a_process_with_unsent_messages_leaves_only_without_linger(run_dir, linger, leaves):
    leaving = subprocess.Popen(
        [sys.executable, "-c", LEAVE, f"ipc://{run_dir}/nobody", str(linger)]
    )
    try:
        leaving.wait(0.6)
        left = True
    except subprocess.TimeoutExpired:
        left = False
    leaving.kill()
    leaving.wait()

    assert left is leaves


def test_a_router_drops_what_it_cannot_route_unless_it_must_not(sockets):
    silent = sockets.bound(zmq.ROUTER)

    silent.send_multipart([b"nobody", b"x"], zmq.NOBLOCK)

    silent.set(zmq.ROUTER_MANDATORY, 1)
    with pytest.raises(zmq.ZMQError) as why:
        silent.send_multipart([b"nobody", b"x"], zmq.NOBLOCK)
    assert why.value.errno == zmq.EHOSTUNREACH


@pytest.mark.parametrize(("handover", "heard"), [(0, False), (1, True)])
def test_a_second_peer_of_one_name_is_heard_only_with_handover(sockets, handover, heard):
    router = sockets.bound(zmq.ROUTER, ROUTER_HANDOVER=handover)
    first = sockets.connected(zmq.DEALER, ROUTING_ID=b"risk_gate")
    first.send(b"first")
    assert arrives(router)
    router.recv_multipart()

    second = sockets.connected(zmq.DEALER, ROUTING_ID=b"risk_gate")
    second.send(b"second")

    assert arrives(router, PATIENCE_MS if heard else SETTLE_MS) is heard


@pytest.mark.parametrize(("immediate", "stale"), [(0, True), (1, False)])
def test_what_is_said_to_a_peer_that_is_not_there_arrives_later_unless_immediate(
    sockets, immediate, stale
):
    line = sockets.connected(zmq.DEALER, IMMEDIATE=immediate)
    if immediate:
        with pytest.raises(zmq.Again):
            line.send(b"buy", zmq.NOBLOCK)
    else:
        line.send(b"buy", zmq.NOBLOCK)

    router = sockets.bound(zmq.ROUTER)

    assert arrives(router, PATIENCE_MS if stale else 2 * SETTLE_MS) is stale


@pytest.mark.parametrize(("immediate", "subscribed"), [(0, True), (1, False)])
def test_a_subscription_never_leaves_with_immediate(sockets, immediate, subscribed):
    feed = sockets.bound(zmq.XPUB)
    hearer = sockets.connected(zmq.SUB, IMMEDIATE=immediate)

    hearer.subscribe(b"Quote")

    assert arrives(feed, PATIENCE_MS if subscribed else 2 * SETTLE_MS) is subscribed


@pytest.mark.parametrize(("verbose", "greeted"), [(0, False), (1, True)])
def test_the_same_subscription_of_another_hearer_is_news_only_when_verbose(
    sockets, verbose, greeted
):
    feed = sockets.bound(zmq.XPUB, XPUB_VERBOSE=verbose)
    sockets.connected(zmq.SUB).subscribe(b"Quote")
    assert arrives(feed)
    feed.recv()

    sockets.connected(zmq.SUB).subscribe(b"Quote")

    assert arrives(feed, PATIENCE_MS if greeted else SETTLE_MS) is greeted


def test_a_second_bind_on_one_path_succeeds_and_steals_it(sockets):
    first = sockets.bound(zmq.PULL)
    second = sockets.bound(zmq.PULL)

    sockets.connected(zmq.PUSH).send(b"order")

    assert arrives(second)
    assert not arrives(first, SETTLE_MS)


@pytest.mark.parametrize(("length", "bound"), [(PATH_BYTES_MAX, True), (PATH_BYTES_MAX + 1, False)])
def test_a_path_of_107_bytes_can_be_bound_and_a_longer_one_not(sockets, run_dir, length, bound):
    path = f"{run_dir}/".ljust(length, "s")
    socket = sockets.make(zmq.PULL)

    if bound:
        socket.bind(f"ipc://{path}")
    else:
        with pytest.raises(zmq.ZMQError) as why:
            socket.bind(f"ipc://{path}")
        assert why.value.errno == 36  # ENAMETOOLONG


def test_a_signal_handler_runs_but_poll_goes_on_waiting_without_a_wakeup(sockets):
    handled = threading.Event()
    before = signal.signal(signal.SIGUSR2, lambda *_: handled.set())
    socket = sockets.bound(zmq.PULL)
    timer = threading.Timer(0.05, os.kill, [os.getpid(), signal.SIGUSR2])
    timer.start()

    ready = socket.poll(250)  # comes back at its own time-out

    signal.signal(signal.SIGUSR2, before)
    timer.join()
    assert handled.is_set()
    assert not ready


def test_a_wakeup_descriptor_in_the_poller_ends_the_wait(sockets):
    near, far = os.pipe2(os.O_NONBLOCK)
    before = signal.signal(signal.SIGUSR2, lambda *_: None)
    old = signal.set_wakeup_fd(far)
    poller = zmq.Poller()
    poller.register(sockets.bound(zmq.PULL), zmq.POLLIN)
    poller.register(near, zmq.POLLIN)
    timer = threading.Timer(0.05, os.kill, [os.getpid(), signal.SIGUSR2])
    timer.start()

    ready = dict(poller.poll(PATIENCE_MS))

    signal.set_wakeup_fd(old)
    signal.signal(signal.SIGUSR2, before)
    timer.join()
    assert near in ready
    assert os.read(near, 10) == bytes([signal.SIGUSR2])
    os.close(near)
    os.close(far)


def test_a_frame_over_the_limit_ends_the_connection_and_nothing_else(sockets):
    router = sockets.bound(zmq.ROUTER, MAXMSGSIZE=1_000)
    sockets.connected(zmq.DEALER).send(b"x" * 1_001)
    sockets.connected(zmq.DEALER).send(b"x" * 1_000)

    assert arrives(router)
    assert len(router.recv_multipart()[1]) == 1_000
    assert not arrives(router, SETTLE_MS)
