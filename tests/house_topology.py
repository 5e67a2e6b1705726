"""Do the shells and actors/topology.py tell the same story? Read from source, nothing is imported.

Every role handles what the table says it hears, and an intent or a fact has exactly one mouth.
Answers, control, records and the signs of life may have several: the table lists them.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from tests.house import ROLES, Source

RUNTIME_HEARS = frozenset({"Stop"})  # actors/runtime/actor.py takes it for every role
INTENTS_AND_FACTS = ("instrument", "market", "orders", "state", "targets")  # modules of messages
ANYONE = "*"


@dataclass(frozen=True)
class Edge:
    """One row of the table. *kinds* are the messages as written: `orders.Intent`."""

    line: int
    says: str
    hears: tuple[str, ...]
    kinds: tuple[str, ...]
    back: bool


@dataclass(frozen=True)
class Table:
    """The edges of a topology, read from its source."""

    source: Source

    @cached_property
    def edges(self) -> tuple[Edge, ...]:
        return tuple(self._edge(node) for node in self.source.nodes if _is_call(node, "Edge"))

    @cached_property
    def _constants(self) -> dict[str, ast.expr]:
        found: dict[str, ast.expr] = {}
        for node in self.source.tree.body:
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                found[node.targets[0].id] = node.value
            elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                found[node.target.id] = node.value or ast.Tuple(elts=[])
        return found

    def _edge(self, call: ast.Call) -> Edge:
        given = {word.arg: word.value for word in call.keywords if word.arg}
        back = given.get("back")
        return Edge(
            line=call.lineno,
            says=next(self._names(given["says"])),
            hears=tuple(self._names(given["hears"])),
            kinds=tuple(self._names(given["messages"])),
            back=isinstance(back, ast.Constant) and back.value is True,
        )

    def _names(self, node: ast.expr) -> Iterator[str]:
        """Yield the role names or message types that *node* stands for, constants looked up."""
        if isinstance(node, ast.Tuple | ast.List):
            for part in node.elts:
                yield from self._names(part)
        elif isinstance(node, ast.Starred):
            yield from self._names(node.value)
        elif isinstance(node, ast.Constant):
            yield str(node.value)
        elif isinstance(node, ast.Name) and node.id in self._constants:
            yield from self._names(self._constants[node.id])
        else:
            yield ast.unparse(node)


def mouths(table: Table) -> list[str]:
    """Return a fault for each intent or fact that more than one role says, and for none at all."""
    said: dict[str, set[str]] = {}
    for edge in table.edges:
        for kind in edge.kinds:
            if not edge.back and kind.split(".")[0] in INTENTS_AND_FACTS:
                said.setdefault(kind, set()).add(edge.says)
    if not said:
        return [table.source.fault(1, "no edges: the table cannot be read")]
    return [
        table.source.fault(1, f"{kind} is said by {' and '.join(sorted(roles))}")
        for kind, roles in said.items()
        if len(roles) != 1 or not roles <= set(ROLES)
    ]


def unheard(table: Table, role: str, shell: Source) -> list[str]:
    """Return a fault for each message *role* is sent and its *shell* does not handle."""
    handled = set(_handled(shell)) | RUNTIME_HEARS
    return [
        shell.fault(1, f"{role} hears {kind} ({table.source.path}:{edge.line}) and handles it not")
        for edge in table.edges
        if role in edge.hears
        for kind in edge.kinds
        if kind.split(".")[-1] not in handled
    ]


def _handled(shell: Source) -> Iterator[str]:
    """Yield the names of the types that a shell tells apart."""
    for node in shell.nodes:
        if isinstance(node, ast.MatchClass):
            yield ast.unparse(node.cls).split(".")[-1]
        if isinstance(node, ast.Call) and _is_call(node, "isinstance"):
            for name in ast.walk(node.args[1]):
                if isinstance(name, ast.Name | ast.Attribute):
                    yield ast.unparse(name).split(".")[-1]


def _is_call(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name
