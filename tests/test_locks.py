"""The locks pin every release by hash and tie nobody to the place they were made in."""

import re
import tomllib

import pytest

from tests.house import ROOT

LOCKS = ("requirements.lock", "requirements-dev.lock")
PINNED = re.compile(r"([a-z0-9][a-z0-9-]*)==([0-9][a-z0-9.]*)")
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")
NAME = re.compile(r"[A-Za-z0-9-]+")


def entries(lock):
    """Return of *lock* each requirement's version and count of hashes, by name."""
    text = (ROOT / lock).read_text().replace("\\\n", " ")
    lines = [line.strip() for line in text.splitlines()]
    found = {}
    for line in lines:
        if line and not line.startswith("#"):
            pinned, *hashes = line.split()
            name, version = PINNED.fullmatch(pinned).groups()
            assert all(HASH.fullmatch(one) for one in hashes), line
            found[name] = (version, len(hashes))
    return found


def wanted(*extras):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    asked = list(project["project"]["dependencies"]) + project["build-system"]["requires"]
    for extra in extras:
        asked += project["project"]["optional-dependencies"][extra]
    return {NAME.match(one).group().lower() for one in asked}


@pytest.mark.parametrize("lock", LOCKS)
def test_each_requirement_is_pinned_by_version_and_hash(lock):
    counts = [hashes for _, hashes in entries(lock).values()]

    assert len(counts) > len(wanted())
    assert min(counts) > 0


@pytest.mark.parametrize("lock", LOCKS)
def test_lock_names_no_host_and_no_path(lock):
    text = (ROOT / lock).read_text()

    assert not re.search(r"://|--index|--extra|--find-links|--trusted|^\s*/|pypi", text, re.M)


@pytest.mark.parametrize(("lock", "extras"), [(LOCKS[0], ()), (LOCKS[1], ("dev",))])
def test_lock_holds_all_the_project_asks_for(lock, extras):
    assert wanted(*extras) <= set(entries(lock))


def test_both_locks_run_the_same_releases():
    run, dev = (entries(lock) for lock in LOCKS)

    assert {name: dev[name] for name in run} == run
