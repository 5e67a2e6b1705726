"""What may not wait is overheard as it arrives; the loop hears it too, in order, and can answer."""

import threading

from msgspec.structs import replace

from actors.runtime.clock import SystemClock
from actors.runtime.ear import HEARD_MAX
from actors.runtime.wire import Sender
from messages import codec
from messages.control import Reply, SetLevel
from messages.state import Level, Scope
from tests.actors.runtime.hands import ME
from tests.actors.runtime.lines import PATIENCE_MS, hear, say_until_sent

CONTROL = "executor.control"
PATIENCE_S = PATIENCE_MS / 1_000


class Overheard:
    """Keeps what was overheard, and rings."""

    def __init__(self) -> None:
        self.halts: list[SetLevel] = []
        self.came = threading.Event()

    def __call__(self, heard: SetLevel) -> None:
        self.halts.append(heard)
        self.came.set()


def test_a_command_is_overheard_while_the_loop_hears_nothing(house):
    told = Overheard()
    house.role("executor", urgent={SetLevel: told})
    risk_gate = house.role("risk_gate")

    say_until_sent(risk_gate, halt("now"))

    assert told.came.wait(PATIENCE_S)
    assert told.halts == [halt("now")]


def test_the_loop_hears_everything_in_its_order_and_answers(house):
    told = Overheard()
    executor = house.role("executor", urgent={SetLevel: told})
    risk_gate = house.role("risk_gate")
    said = [halt("one"), halt("two"), halt("three")]
    for one in said:
        say_until_sent(risk_gate, one)

    heard = hear(executor, CONTROL, least=len(said))
    executor.back(heard[1].route, Reply(ok=True, code="OK", message="shut"))

    assert [one.message for one in heard] == said
    assert told.halts == said
    assert hear(risk_gate, CONTROL)[0].message.message == "shut"


def test_what_no_reader_takes_is_not_overheard_but_refused(house):
    told = Overheard()
    executor = house.role("executor", urgent={SetLevel: told})
    stranger = house.stranger(CONTROL)
    stranger.send_multipart([b"", b"no message"])

    assert hear(executor, CONTROL) == []
    assert stranger.poll(PATIENCE_MS)
    assert told.halts == []


def test_more_than_may_wait_is_heard_when_there_is_room(house):
    told = Overheard()
    executor = house.role("executor", urgent={SetLevel: told})
    risk_gate = house.role("risk_gate")
    count = HEARD_MAX + 10
    sender = threading.Thread(
        target=lambda: [say_until_sent(risk_gate, halt("again")) for _ in range(count)]
    )
    sender.start()

    heard = hear(executor, CONTROL, least=count)
    sender.join()

    assert len(heard) == count


def test_the_last_answer_leaves_before_the_socket_is_closed(house):
    executor = house.role("executor", urgent={SetLevel: Overheard()})
    stranger = house.stranger(CONTROL)
    sender = Sender(replace(ME, role="risk_gate"), SystemClock())
    stranger.send_multipart([b"", sender.seal(halt("now"), stream="test", trail=None)])
    [heard] = hear(executor, CONTROL)

    executor.back(heard.route, Reply(ok=True, code="OK", message="last"))
    executor.close(linger_ms=100)

    assert stranger.poll(PATIENCE_MS)
    assert codec.decode(stranger.recv_multipart()[-1])[1].message == "last"


def halt(reason: str) -> SetLevel:
    return SetLevel(
        scope=Scope.DESK, name="", source="risk_gate", level=Level.HALTED, reason=reason
    )
