"""What the installed pykka really does, where the runtime leans on it or works around it."""

import inspect
import threading

import pykka
import pytest
from pykka._envelope import Envelope

from actors.runtime.actor import Actor
from tests.actors.runtime.hands import parts

pytestmark = pytest.mark.contract
PATIENCE_S = 5


class Threaded(pykka.ThreadingActor):
    """Says what the library calls."""

    def __init__(self, *, fail_in: str = "") -> None:
        super().__init__()
        self.fail_in = fail_in
        self.failed = threading.Event()
        self.stopped_in_loop = threading.Event()

    def on_start(self):
        if self.fail_in == "on_start":
            raise ValueError("on_start")

    def on_receive(self, message):
        raise ValueError("on_receive")

    def on_failure(self, *_why):
        self.failed.set()


@pytest.fixture(autouse=True)
def _no_actor_is_left():
    yield
    pykka.ActorRegistry.stop_all(timeout=PATIENCE_S)


def started(**given) -> tuple[pykka.ActorRef, Threaded]:
    ref = Threaded.start(**given)
    return ref, ref._actor_weakref()


def test_an_exception_at_the_start_stops_the_actor_without_telling_on_failure():
    ref, actor = started(fail_in="on_start")

    assert ref.actor_stopped.wait(PATIENCE_S)
    assert not actor.failed.wait(0.05)


def test_an_exception_in_a_message_calls_handle_failure_and_then_on_failure():
    ref, actor = started()

    ref.tell("anything")

    assert actor.failed.wait(PATIENCE_S)
    assert ref.actor_stopped.is_set()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_an_exception_in_the_inbox_leaves_a_dead_actor_that_looks_alive():
    class Broken:
        def put(self, envelope): ...

        def get(self):
            raise OSError("poller closed")

        def empty(self):
            return True

    class WithBrokenInbox(Threaded):
        @staticmethod
        def _create_actor_inbox():
            return Broken()

    ref = WithBrokenInbox.start()
    actor = ref._actor_weakref()
    loops = [one for one in threading.enumerate() if one.name.startswith("WithBrokenInbox")]
    for loop in loops:
        loop.join(PATIENCE_S)

    assert ref.is_alive()  # its thread is gone, its flag is not
    assert not actor.failed.is_set()
    assert ref in pykka.ActorRegistry.get_all()
    pykka.ActorRegistry.unregister(ref)


def test_the_inbox_is_made_by_a_static_method_inside_the_constructor():
    made: list[object] = []

    class Noting(Threaded):
        @staticmethod
        def _create_actor_inbox():
            made.append(object())
            return made[-1]

    actor = Noting()

    assert actor.actor_inbox is made[0]
    assert isinstance(inspect.getattr_static(pykka.Actor, "_create_actor_inbox"), staticmethod)


def test_the_loop_is_setup_then_messages_and_runs_in_the_thread_that_calls_it():
    called: list[str] = []

    class Loop(Actor):
        role = "executor"

        def on_start(self):
            called.append("on_start")

        def on_receive(self, message):
            called.append(f"on_receive {threading.current_thread() is threading.main_thread()}")
            self.actor_stopped.set()

    actor = Loop(parts())
    actor.actor_inbox.get = lambda: Envelope(("message",))

    actor.live()

    assert called == ["on_start", "on_receive True"]


def test_an_envelope_is_made_of_a_message_alone_and_wants_no_reply():
    envelope = Envelope("message")

    assert (envelope.message, envelope.reply_to) == ("message", None)


def test_a_failure_anywhere_in_the_loop_goes_through_handle_failure(monkeypatch):
    ended: list[BaseException] = []
    monkeypatch.setattr(
        "actors.runtime.failures.end", lambda _log, error, tidy=None: ended.append(error)
    )

    class Failing(Actor):
        role = "executor"

        def on_start(self):
            raise ValueError("on_start")

        def on_receive(self, message):
            self.actor_stopped.set()

    actor = Failing(parts())
    actor.actor_inbox.get = lambda: Envelope(("message",))
    actor.live()

    assert [str(error) for error in ended] == ["on_start"]
