"""What the pages of docs/ promise about messages holds in the code."""

import re
from pathlib import Path

import msgspec
import pytest

from actors.topology import EDGES, SOCKETS
from messages.codec import SCHEMAS
from messages.envelope import Envelope

DOCS = Path(__file__).parents[2] / "docs"
MESSAGES = (DOCS / "messages.md").read_text()


def section(title):
    """Return the text under the heading *title* up to the next heading."""
    found = re.search(
        rf"^#+ {re.escape(title)}\n(.*?)(?=^#|\Z)", MESSAGES, re.DOTALL | re.MULTILINE
    )
    return found.group(1) if found else None


def fields_of(text):
    return [line.split("`")[1] for line in text.splitlines() if line.startswith("| `")]


def structs_within(kind, seen):
    """Add *kind* and every Struct that its fields can hold to *seen*."""
    if kind in seen:
        return seen
    seen.add(kind)
    for field in msgspec.structs.fields(kind):
        for inner in structs_in(field.type):
            structs_within(inner, seen)
    return seen


def structs_in(hint):
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return [hint]
    return [found for arg in getattr(hint, "__args__", ()) for found in structs_in(arg)]


ALL = sorted(
    {one for kind in SCHEMAS for one in structs_within(kind, set())}, key=lambda k: k.__name__
)


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.__name__)
def test_page_of_messages_names_each_field_in_order(kind):
    text = section(kind.__name__)

    assert text is not None, f"docs/messages.md has no section {kind.__name__}"
    assert fields_of(text) == list(kind.__struct_fields__)


def test_page_of_messages_names_each_field_of_the_envelope():
    assert fields_of(section("On the wire")) == list(Envelope.__struct_fields__)


def test_page_of_messages_lists_each_socket_with_its_numbers():
    wanted = [f"| `{s.name}` | {s.pattern} | {s.rank} | {s.mark} |" for s in SOCKETS.values()]

    assert [line for line in section("Sockets").splitlines() if line.startswith("| `")] == wanted


@pytest.mark.parametrize(
    "edge", EDGES, ids=lambda e: f"{e.socket}-{e.says}-{e.messages[0].__name__}"
)
def test_page_of_messages_lists_each_edge(edge):
    socket = f"`{edge.socket}`{' back' if edge.back else ''}"
    said = " ".join(f"`{kind.__name__}`" for kind in edge.messages)
    row = f"| {socket} | {edge.says} | {', '.join(edge.hears)} | {said} |"

    assert row in section("Edges").splitlines()


def test_page_of_messages_lists_no_edge_that_is_not_there():
    rows = [line for line in section("Edges").splitlines() if line.startswith("| `")]

    assert len(rows) == len(EDGES)
