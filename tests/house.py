"""Which habits of the house does a source file break? Text in, faults out; nothing is imported.

A fault is one line that starts with `file:line`. Only the standard library is used, so that the
house can be checked before anything is installed. It does not see what is built at run time; the
one dynamic import has one place, and that is checked.
"""

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ROLES = ("market_data", "strategy", "allocator", "risk_gate", "executor", "persistence")
ROLE_ROOMS = tuple(f"actors.{role}" for role in ROLES)
ROOMS = ("messages", "store", "actors.venues", "actors.runtime", "actors.topology", "config")
ROOMS += ("scripts", "supervisor", "tests", *ROLE_ROOMS)
ANY = ("",)  # the prefix of every module
OF_A_ROLE = ("messages", "store", "actors.venues", "actors.runtime", "actors.topology")

MAY_IMPORT: dict[str, tuple[str, ...]] = {
    "messages": (),
    "store": ("messages",),
    "actors.venues": ("messages",),
    "actors.runtime": ("messages",),
    "actors.topology": ("messages",),
    "config": ("messages",),  # and each room's settings.py
    "supervisor": ("messages", "config", "actors.runtime", "actors.topology", "scripts.panel"),
    "scripts": ANY,
    "tests": ANY,
} | dict.fromkeys(ROLE_ROOMS, OF_A_ROLE)
LIBRARIES: dict[str, tuple[str, ...]] = {
    "pykka": ("actors.runtime",),
    "zmq": ("actors.runtime",),
    "httpx": ("actors.venues",),
    "httpcore": ("actors.venues.btcturk.http", "actors.venues.btcturk.deadline"),
    "websockets": ("actors.venues",),
    "starlette": ("actors.venues.simulated",),
    "uvicorn": ("actors.venues.simulated",),
    "peewee": ("store",),
    "playhouse": ("store",),
    "msgpack": ("messages.codec",),
    "orjson": ("actors.runtime", "scripts"),
    "typer": ("scripts",),
    "rich": ("scripts", "supervisor"),
    "msgspec": ANY,
    "structlog": tuple(room for room in ROOMS if room not in ("messages", "tests")),
}
PURE_STDLIB = frozenset(
    "base64 bisect collections datetime decimal enum functools hashlib heapq itertools math "
    "operator re typing zoneinfo".split()
)
SETTINGS = re.compile(r"actors\.(venues\.)?[a-z_]+\.settings(\.|$)")  # what config may read
FORBIDDEN_NAMES = frozenset(
    "base common helper helpers manager service services shared util utils".split()
)
FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 60
KEY_NAMES = frozenset(("BTCTURK_API_KEY", "BTCTURK_API_SECRET", "api_key", "api_secret"))
KEY_ROOMS = ("actors.executor", "config", "actors.venues.btcturk.sign")
CLOCK_READS = frozenset(
    f"{kind}{unit}" for kind in ("time", "monotonic", "perf_counter") for unit in ("", "_ns")
) | {"clock_gettime", "clock_gettime_ns", "process_time", "thread_time"}
LOG_LEVELS = frozenset("debug info warning error critical exception".split())
LOGGER = re.compile(r"(^|[._])log(ger)?($|\.)")
LOG_EVENT = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
ARITHMETIC = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow)
ORDERINGS = (ast.Lt, ast.Gt, ast.LtE, ast.GtE)


@dataclass(frozen=True)
class Source:
    """One file: its *path* from the root with forward slashes, and its text."""

    path: str
    text: str
    tree: ast.Module = field(init=False, repr=False, compare=False)
    nodes: tuple[ast.AST, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "tree", ast.parse(self.text, self.path))
        object.__setattr__(self, "nodes", tuple(ast.walk(self.tree)))

    @property
    def module(self) -> str:
        return self.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")

    @property
    def room(self) -> str | None:
        """The longest known room that the module lies in."""
        found = [room for room in ROOMS if within(self.module, (room,))]
        return max(found, key=len, default=None)

    @property
    def pure(self) -> bool:
        """A room where nothing reads a clock, waits or writes: messages, and a role's rules."""
        if self.room == "messages":
            return self.module != "messages.codec"
        return self.room in ROLE_ROOMS and self.module != f"{self.room}.actor"

    def fault(self, node: ast.AST | int, what: str) -> str:
        line = node if isinstance(node, int) else getattr(node, "lineno", 1)
        return f"{self.path}:{line} {what}"


@dataclass(frozen=True)
class Import:
    """One imported name: the module or member as written, and where."""

    source: Source
    name: str
    line: int


def within(module: str, rooms: tuple[str, ...]) -> bool:
    """Return whether *module* is one of *rooms* or lies inside one."""
    return any(room == "" or module == room or module.startswith(f"{room}.") for room in rooms)


def sources(root: Path = ROOT) -> list[Source]:
    """Return every source file of the house, its tests included, by path."""
    paths = [path for path in root.glob("*.py") if path.name != "setup.py"]
    for top in ("actors", "config", "messages", "scripts", "store", "tests"):
        paths += (root / top).rglob("*.py")
    names = sorted((path.relative_to(root).as_posix(), path) for path in paths)
    return [Source(name, path.read_text(encoding="utf-8")) for name, path in names]


def imports(source: Source) -> Iterator[Import]:
    """Yield what *source* imports; `from x import y` counts as both x and x.y would."""
    for node in source.nodes:
        if isinstance(node, ast.Import):
            yield from (Import(source, alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            for alias in node.names:
                yield Import(source, f"{node.module}.{alias.name}", node.lineno)


def import_faults(one: Import) -> list[str]:
    """Return why *one* may not stand where it stands."""
    source, top = one.source, one.name.split(".")[0]
    room = source.room
    if room is None or room == "tests" or top == "__future__":
        return []
    if top in sys.stdlib_module_names:
        if source.pure and top not in PURE_STDLIB:
            return [source.fault(one.line, f"a pure file imports {top}")]
        return _dynamic_import(one)
    if any(within(known, (top,)) for known in ROOMS) or top == "actors":
        return _own_import(one, room)
    if top not in LIBRARIES:
        return [source.fault(one.line, f"library {top} has no room")]
    if not within(source.module, LIBRARIES[top]) or (top == "structlog" and source.pure):
        return [source.fault(one.line, f"{top} has its room elsewhere: {' '.join(LIBRARIES[top])}")]
    return []


def _own_import(one: Import, room: str) -> list[str]:
    if within(one.name, (room, *MAY_IMPORT[room])):
        return []
    if room == "config" and SETTINGS.match(one.name):
        return []
    return [one.source.fault(one.line, f"{room} imports {one.name}")]


def _dynamic_import(one: Import) -> list[str]:
    dynamic = one.name in ("importlib", "importlib.import_module", "runpy", "imp")
    if dynamic and one.source.module != "actors.runtime.spawn":
        return [one.source.fault(one.line, f"dynamic import by {one.name}")]
    return []


def faults(source: Source) -> list[str]:
    """Return every fault of *source* but those of its imports."""
    found = list(_shape(source))
    if source.room != "tests":
        found += [*_clocks(source), *_dangers(source), *_log_events(source), *_keys(source)]
        found += _approvals(source)
    if source.pure:
        found += _impure(source)
    if source.pure or source.room in ("messages", "store"):
        found += _floats(source)
    if source.room in ROLE_ROOMS and source.module.endswith(".actor"):
        found += _decisions(source)
    return found


def _shape(source: Source) -> Iterator[str]:
    if source.room is None and source.module != "actors":
        yield source.fault(1, f"module {source.module} lies in no room")
    if FORBIDDEN_NAMES & set(source.module.split(".")):
        yield source.fault(1, f"a name that says nothing: {source.module}")
    if source.path.endswith("__init__.py") and source.text:
        yield source.fault(1, "__init__.py is not empty")
    lines = source.text.count("\n")
    if lines > FILE_LINES_MAX:
        yield source.fault(1, f"{lines} lines, at most {FILE_LINES_MAX}")
    for node in source.nodes:
        if isinstance(node, ast.ImportFrom) and node.level:
            yield source.fault(node, "relative import")
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > FUNCTION_LINES_MAX:
                yield source.fault(node, f"{node.name}: {length} lines, {FUNCTION_LINES_MAX} max")


def _impure(source: Source) -> Iterator[str]:
    for node in source.nodes:
        if isinstance(node, ast.Global):
            yield source.fault(node, "global in a pure file")
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Attribute) and node.func.attr in ("now", "today"):
                yield source.fault(node, f".{node.func.attr}() in a pure file")
            if isinstance(node.func, ast.Name) and node.func.id in ("open", "print", "input"):
                yield source.fault(node, f"{node.func.id}() in a pure file")
        if any(_is_set(walked) for walked in _walked(node)):
            yield source.fault(node, "iteration over a set: its order is chance")


def _walked(node: ast.AST) -> list[ast.expr]:
    """Return what *node* runs through in order."""
    if isinstance(node, ast.For):
        return [node.iter]
    if isinstance(node, ast.ListComp | ast.GeneratorExp | ast.DictComp | ast.SetComp):
        return [part.iter for part in node.generators]
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return node.args if node.func.id in ("list", "tuple", "iter", "enumerate", "next") else []
    return [node.value] if isinstance(node, ast.Starred) else []


def _is_set(node: ast.expr) -> bool:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return node.func.id in ("set", "frozenset")
    return isinstance(node, ast.Set | ast.SetComp)


def _floats(source: Source) -> Iterator[str]:
    for node in source.nodes:
        value = getattr(node, "value", None) if isinstance(node, ast.Constant) else None
        if isinstance(value, float | complex):
            yield source.fault(node, f"float {value}")
        if isinstance(value, str) and re.search(r"\bREAL\b", value):
            yield source.fault(node, "REAL column")
        name = getattr(node, "id", None) or getattr(node, "attr", None)
        if name in ("float", "DecimalField", "FloatField", "DoubleField"):
            yield source.fault(node, f"{name} where amounts are exact")


def _clocks(source: Source) -> Iterator[str]:
    if source.module == "actors.runtime.clock":
        return
    for node in source.nodes:
        if isinstance(node, ast.ImportFrom) and node.module == "time":
            read = CLOCK_READS & {alias.name for alias in node.names}
            if read:
                yield source.fault(node, f"clock {' '.join(sorted(read))} outside the clock")
        if isinstance(node, ast.Attribute):
            owner = ast.unparse(node.value)
            if owner == "time" and node.attr in CLOCK_READS:
                yield source.fault(node, f"clock time.{node.attr} outside the clock")
            if owner.split(".")[-1] in ("datetime", "date") and node.attr in (
                "now",
                "today",
                "utcnow",
            ):
                yield source.fault(node, f"clock {owner}.{node.attr} outside the clock")


def _dangers(source: Source) -> Iterator[str]:
    contained = source.room == "actors.runtime"
    for node in source.nodes:
        if isinstance(node, ast.ExceptHandler) and not contained and _swallows(node):
            yield source.fault(node, "except Exception outside actors/runtime")
        if isinstance(node, ast.Assert):
            yield source.fault(node, "assert: -O drops it")
        if isinstance(node, ast.Name) and node.id in ("eval", "exec", "__import__"):
            yield source.fault(node, f"{node.id} builds code at run time")
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [getattr(node, "module", None), *(alias.name for alias in node.names)]
            if {"pickle", "marshal", "shelve"} & set(names):
                yield source.fault(node, "pickle runs what it reads")


def _swallows(handler: ast.ExceptHandler) -> bool:
    """Return whether everything is caught here; to put something right and raise on is not that."""
    if handler.type is None:
        return True
    named = {getattr(node, "id", None) for node in ast.walk(handler.type)}
    raises_on = isinstance(handler.body[-1], ast.Raise) and handler.body[-1].exc is None
    return "Exception" in named or ("BaseException" in named and not raises_on)


def _log_events(source: Source) -> Iterator[str]:
    for node in source.nodes:
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        if node.func.attr not in LOG_LEVELS or not LOGGER.search(ast.unparse(node.func.value)):
            continue
        event = node.args[0] if node.args else None
        literal = event.value if isinstance(event, ast.Constant) else None
        if not (isinstance(literal, str) and LOG_EVENT.fullmatch(literal)):
            yield source.fault(node, "a log event is a literal in snake_case")


def _keys(source: Source) -> Iterator[str]:
    if within(source.module, KEY_ROOMS):
        return
    for node in source.nodes:
        values = {getattr(node, name, None) for name in ("id", "attr", "arg")}
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            values |= {node.value}
        for name in sorted(KEY_NAMES & {value for value in values if isinstance(value, str)}):
            yield source.fault(node, f"{name}: keys stay with the executor")


def _approvals(source: Source) -> Iterator[str]:
    if within(source.module, ("actors.risk_gate", "messages.codec")):
        return
    for node in source.nodes:
        called = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
        if called.split(".")[-1] == "ApprovedBatch":
            yield source.fault(node, "only the risk gate approves")


def _decisions(source: Source) -> Iterator[str]:
    for node in source.nodes:
        operator = getattr(node, "op", None)
        if isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(operator, ARITHMETIC):
            yield source.fault(node, "arithmetic in a shell")
        if isinstance(node, ast.Compare) and any(isinstance(op, ORDERINGS) for op in node.ops):
            yield source.fault(node, "comparison of size in a shell")
