"""Each rule of the house, broken once on purpose, is found at its file and line."""

import pytest

from tests import house, house_topology
from tests.house import Source

PURE = "actors/risk_gate/exposure.py"
SHELL = "actors/risk_gate/actor.py"
RUNTIME = "actors/runtime/inbox.py"


def found(path, text):
    """Return every fault of *text* as the file *path*, those of its imports included."""
    source = Source(path, text)
    of_imports = [fault for one in house.imports(source) for fault in house.import_faults(one)]
    return house.faults(source) + of_imports


IMPORTS = [
    ("messages/orders.py", "import store.rows"),
    ("messages/orders.py", "import structlog"),
    ("messages/orders.py", "import msgpack"),
    ("store/rows.py", "from actors.runtime import clock"),
    ("store/rows.py", "import zmq"),
    ("actors/venues/port.py", "from store import rows"),
    (RUNTIME, "from actors.topology import EDGES"),
    (RUNTIME, "import httpx"),
    ("actors/topology.py", "from actors.executor import states"),
    (PURE, "from actors.executor.states import State"),
    (PURE, "from actors import executor"),
    (PURE, "import actors"),
    (PURE, "from config import load"),
    (PURE, "import structlog"),
    (PURE, "import pykka"),
    (SHELL, "from actors.allocator import pricing"),
    ("config/load.py", "from actors.risk_gate.exposure import Limits"),
    ("config/load.py", "from actors.risk_gate.exposure import settings"),
    ("config/load.py", "import store"),
    ("supervisor.py", "from actors.executor import actor"),
    ("supervisor.py", "import store.reader"),
    ("supervisor.py", "from scripts import status"),
    ("supervisor.py", "import zmq"),
    ("scripts/status.py", "import zmq"),
    ("scripts/status.py", "import peewee"),
    ("scripts/status.py", "import requests"),
    ("actors/venues/btcturk/rest.py", "import starlette"),
    (RUNTIME, "import importlib"),
    (RUNTIME, "from importlib import import_module"),
    *(
        (PURE, f"import {module}")
        for module in "time random secrets uuid os io socket threading asyncio logging subprocess"
        " sys pathlib json".split()
    ),
]


@pytest.mark.parametrize(("path", "line"), IMPORTS)
def test_import_outside_its_rooms_is_found(path, line):
    faults = found(path, f'"""Doc."""\n\n{line}\n')

    assert [fault.startswith(f"{path}:3 ") for fault in faults] == [True]


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (PURE, "from messages.orders import ApprovedBatch"),
        (PURE, "from collections.abc import Iterable"),
        (PURE, "from actors.risk_gate.settings import Limits"),
        (SHELL, "import structlog"),
        ("store/rows.py", "import peewee"),
        ("messages/codec.py", "import msgpack"),
        ("config/load.py", "from actors.risk_gate.settings import Settings"),
        ("config/load.py", "from actors.venues import settings"),
        ("config/load.py", "from actors.venues.simulated.settings import Settings"),
        ("supervisor.py", "from scripts.panel import render"),
        ("supervisor.py", "import rich.live"),
        ("actors/runtime/spawn.py", "import importlib"),
        ("actors/venues/simulated/app.py", "from starlette.routing import Route"),
        ("scripts/status.py", "from actors.executor import states"),
        ("scripts/status.py", "from importlib.metadata import version"),
    ],
)
def test_import_in_its_rooms_is_left_alone(path, line):
    assert found(path, f"{line}\n") == []


BODIES = [
    (PURE, "from . import limits", "relative import"),
    (PURE, "def decide():\n    global seen", "global"),
    (PURE, "at = clock.now()", ".now()"),
    (PURE, "day = calendar.today()", ".today()"),
    (PURE, "lines = open('x')", "open()"),
    (PURE, "print('x')", "print()"),
    (PURE, "for side in {1, 2}:\n    pass", "iteration over a set"),
    (PURE, "both = [side for side in set(sides)]", "iteration over a set"),
    (PURE, "both = {side: 1 for side in {s for s in sides}}", "iteration over a set"),
    (PURE, "both = tuple(frozenset(sides))", "iteration over a set"),
    (PURE, "both = [*{1, 2}]", "iteration over a set"),
    (PURE, "limit = 0.5", "float 0.5"),
    ("store/rows.py", "limit: float", "float where"),
    ("store/rows.py", "SCHEMA = 'CREATE TABLE fill (price REAL)'", "REAL column"),
    ("store/rows.py", "price = peewee.DecimalField()", "DecimalField"),
    ("messages/codec.py", "limit = float('1')", "float where"),
    (RUNTIME, "at = time.monotonic()", "clock time.monotonic"),
    (RUNTIME, "from time import time_ns", "clock time_ns"),
    ("scripts/bench.py", "at = datetime.datetime.now(tz=UTC)", "clock datetime.datetime.now"),
    ("supervisor.py", "at = time.time", "clock time.time"),
    ("actors/executor/actor.py", "batch = ApprovedBatch(batch)", "only the risk gate approves"),
    ("actors/allocator/sizing.py", "out = orders.ApprovedBatch(b)", "only the risk gate approves"),
    (SHELL, "total = held + buying", "arithmetic"),
    (SHELL, "total += buying", "arithmetic"),
    (SHELL, "total = held % 2", "arithmetic"),
    (SHELL, "late = age > limit", "comparison of size"),
    (SHELL, "late = 0 <= age", "comparison of size"),
    (SHELL, "self.log.warning(f'refused_{code}')", "log event"),
    (SHELL, "log.info('Order sent')", "log event"),
    (SHELL, "self.log.bind(side=side).error(event)", "log event"),
    (SHELL, "try:\n    1\nexcept Exception:\n    pass", "except Exception"),
    (SHELL, "try:\n    1\nexcept (ValueError, BaseException):\n    pass", "except Exception"),
    ("scripts/status.py", "try:\n    1\nexcept:\n    pass", "except Exception"),
    ("supervisor.py", "assert children", "assert"),
    (RUNTIME, "eval('1')", "eval"),
    (RUNTIME, "exec('x = 1')", "exec"),
    (RUNTIME, "spec = __import__('x')", "__import__"),
    (RUNTIME, "import pickle", "pickle"),
    ("scripts/doctor.py", "key = environ['BTCTURK_API_SECRET']", "keys stay"),
    (SHELL, "connect(api_key=key)", "keys stay"),
    ("actors/runtime/spawn.py", "child.api_secret = secret", "keys stay"),
]


@pytest.mark.parametrize(("path", "body", "what"), BODIES)
def test_broken_habit_is_found(path, body, what):
    faults = house.faults(Source(path, f'"""Doc."""\n\n{body}\n'))

    assert len(faults) == 1, faults
    assert what in faults[0]
    assert faults[0].startswith(f"{path}:")
    assert int(faults[0].split(":")[1].split(" ")[0]) in range(3, 7)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (PURE, "late = age > limit and held + buying"),
        (PURE, "held = sorted({1, 2})"),
        (PURE, "known = side in {1, 2}"),
        (PURE, "batch = ApprovedBatch(batch)"),
        ("messages/codec.py", "batch = ApprovedBatch(batch)"),
        (SHELL, "kinds = int | None"),
        (SHELL, "same = version == newest and batch is not None"),
        (SHELL, "self.log.warning('intent_refused', refusal=code)"),
        (SHELL, "ratio = 0.5"),
        (RUNTIME, "try:\n    1\nexcept Exception:\n    pass"),
        ("store/writer.py", "try:\n    1\nexcept BaseException:\n    undo()\n    raise"),
        ("actors/runtime/clock.py", "at = time.monotonic_ns()"),
        ("actors/executor/actor.py", "connect(api_key=key)"),
        ("config/secrets.py", "KEY = 'BTCTURK_API_KEY'"),
        ("actors/venues/btcturk/sign.py", "def sign(api_secret): pass"),
        ("tests/builders.py", "assert time.time() and ApprovedBatch(0.5)"),
    ],
)
def test_good_habit_is_left_alone(path, body):
    assert house.faults(Source(path, f"{body}\n")) == []


@pytest.mark.parametrize("lines", [house.FILE_LINES_MAX, house.FILE_LINES_MAX + 1])
def test_file_may_have_400_lines(lines):
    faults = house.faults(Source(PURE, "x = 1\n" * lines))

    assert faults == [f"{PURE}:1 401 lines, at most 400"] * (lines > house.FILE_LINES_MAX)


@pytest.mark.parametrize("lines", [house.FUNCTION_LINES_MAX, house.FUNCTION_LINES_MAX + 1])
def test_function_may_have_60_lines(lines):
    text = "\n\nasync def decide():\n" + "    x = 1\n" * (lines - 1)

    faults = house.faults(Source(PURE, text))

    assert faults == [f"{PURE}:3 decide: 61 lines, 60 max"] * (lines > house.FUNCTION_LINES_MAX)


@pytest.mark.parametrize(
    ("path", "text", "what"),
    [
        ("actors/pricing/actor.py", "", "lies in no room"),
        ("tools.py", "", "lies in no room"),
        ("actors/__init__.py", "x = 1\n", "not empty"),
        ("actors/allocator/utils.py", "", "a name that says nothing"),
        ("tests/common/quotes.py", "", "a name that says nothing"),
        ("store/manager.py", "", "a name that says nothing"),
    ],
)
def test_file_in_a_wrong_place_is_found(path, text, what):
    faults = house.faults(Source(path, text))

    assert any(what in fault and fault.startswith(f"{path}:1 ") for fault in faults)


TABLE = """
SUPERVISOR = "supervisor"
ALL = ("risk_gate", "executor")
_COMMANDS = (control.Kill, control.SetLevel)
EDGES = (
    Edge(socket="a", says="allocator", hears=("risk_gate",), messages=(orders.IntentBatch,)),
    Edge(socket="b", says="risk_gate", hears=("allocator",), messages=(orders.Ack,), back=True),
    Edge(socket="c", says=SUPERVISOR, hears=ALL, messages=(*_COMMANDS, life.Stop)),
)
"""
GATE = """
class RiskGate(Actor):
    def react(self, message):
        match message:
            case IntentBatch():
                return []
            case control.Kill() | control.SetLevel():
                return []
"""


def table(text=TABLE):
    return house_topology.Table(Source("actors/topology.py", text))


def test_shell_that_handles_all_it_hears_is_left_alone():
    assert house_topology.unheard(table(), "risk_gate", Source(SHELL, GATE)) == []


@pytest.mark.parametrize("dropped", ["IntentBatch()", "control.Kill() | "])
def test_shell_that_does_not_handle_what_it_hears_is_found(dropped):
    shell = Source(SHELL, GATE.replace(dropped, "Other()" if dropped == "IntentBatch()" else ""))

    faults = house_topology.unheard(table(), "risk_gate", shell)

    assert len(faults) == 1
    assert dropped.split("(")[0] in faults[0]


def test_intent_said_by_two_roles_is_found():
    two = TABLE.replace("EDGES = (", 'EDGES = (\n    Edge(socket="d", says="strategy", '
                        'hears=("risk_gate",), messages=(orders.IntentBatch,)),')  # fmt: skip

    assert house_topology.mouths(table()) == []
    assert "allocator and strategy" in house_topology.mouths(table(two))[0]


def test_table_that_cannot_be_read_is_found():
    assert "no edges" in house_topology.mouths(table("EDGES = ()"))[0]
