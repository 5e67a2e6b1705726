"""The house keeps its own rules: rooms, libraries, sizes, purity, exactness, shells, keys.

The rules are in tests/house.py and tests/house_topology.py; tests/test_house_rules.py breaks each
of them once.
"""

from importlib.util import find_spec

import pytest

from supervisor import PRELOADED
from tests import house, house_topology

SOURCES = house.sources()
BY_PATH = {source.path: source for source in SOURCES}
TOPOLOGY = "actors/topology.py"
SHELLS = {
    role: BY_PATH[path] for role in house.ROLES if (path := f"actors/{role}/actor.py") in BY_PATH
}


def report(faults):
    return "\n" + "\n".join(faults)


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.path)
def test_module_keeps_the_house(source):
    faults = house.faults(source)

    assert not faults, report(faults)


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.path)
def test_module_imports_only_from_its_rooms(source):
    faults = [fault for one in house.imports(source) for fault in house.import_faults(one)]

    assert not faults, report(faults)


@pytest.mark.parametrize("role", SHELLS)
def test_shell_handles_what_the_topology_says_it_hears(role):
    table = house_topology.Table(BY_PATH[TOPOLOGY])

    faults = house_topology.unheard(table, role, SHELLS[role])

    assert not faults, report(faults)


def test_each_intent_and_each_fact_has_one_mouth():
    faults = house_topology.mouths(house_topology.Table(BY_PATH[TOPOLOGY]))

    assert not faults, report(faults)


def test_house_is_not_empty():
    rooms = {source.room for source in SOURCES}

    assert {"messages", "actors.runtime", "actors.topology", "tests"} <= rooms


@pytest.mark.parametrize("module", PRELOADED)
def test_forkserver_is_told_what_is_there_for_it_passes_over_what_is_not(module):
    assert find_spec(module) is not None
