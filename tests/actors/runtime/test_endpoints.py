"""Where the desk of a run directory is reached."""

import os
from pathlib import Path

import pytest

from actors import topology
from actors.runtime import endpoints
from actors.runtime.endpoints import Endpoints, EndpointsUnusable


def some(**other) -> Endpoints:
    given = {
        "run_id": "r", "pid": 1, "mode": "sim", "host": "h", "build": "b", "config": "c",
        "sockets": {"executor.control": "ipc://x"},
    }  # fmt: skip
    return Endpoints(**(given | other))


def place(address: str) -> str:
    return str(Path(address.removeprefix("ipc://")).parent)


def deep(run_dir, length: int):
    """Return a directory below *run_dir* whose longest socket path has *length* bytes."""
    longest = max(len(name) for name in topology.SOCKETS)
    missing = length - len(os.fsencode(run_dir)) - len("/sock/") - longest - 1
    made = run_dir / ("d" * missing)
    made.mkdir()
    return made


@pytest.fixture
def temp(run_dir, monkeypatch):
    """A temporary directory of this test's own."""
    made = run_dir / "tmp"
    made.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(made))
    return made


def test_what_was_written_is_read(run_dir):
    endpoints.write(run_dir, some(venue={"base_url": "http://x"}))

    assert endpoints.read(run_dir) == some(venue={"base_url": "http://x"})


def test_without_a_file_no_desk_was_started_here(run_dir):
    with pytest.raises(EndpointsUnusable, match="no desk was started"):
        endpoints.read(run_dir)


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"run_id": 1}', b"\xff\xfe", b"0" * 200_000]
)
def test_a_file_that_cannot_be_read_says_so(run_dir, content):
    (run_dir / "endpoints.json").write_bytes(content)

    with pytest.raises(EndpointsUnusable, match="cannot be read"):
        endpoints.read(run_dir)


def test_sockets_lie_in_the_run_directory_and_only_its_owner_gets_in(run_dir):
    found = endpoints.addresses(run_dir, topology.SOCKETS)

    assert {place(address) for address in found.values()} == {str(run_dir / "sock")}
    assert (run_dir / "sock").stat().st_mode & 0o777 == 0o700
    assert found["executor.control"] == f"ipc://{run_dir}/sock/executor.control"


def test_a_directory_that_others_may_enter_is_closed(run_dir):
    (run_dir / "sock").mkdir(mode=0o755)

    endpoints.addresses(run_dir, topology.SOCKETS)

    assert (run_dir / "sock").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(("length", "moved"), [(106, False), (107, False), (108, True)])
def test_a_path_that_is_too_long_is_moved_to_a_short_one(run_dir, temp, length, moved):
    found = endpoints.addresses(deep(run_dir, length), topology.SOCKETS)

    somewhere = place(found["executor.control"])
    assert somewhere.startswith(str(temp)) is moved
    assert all(len(address) - len("ipc://") <= 107 for address in found.values())


def test_the_short_place_is_the_same_each_time_and_another_for_another_directory(run_dir, temp):
    one, other = deep(run_dir, 150), run_dir / ("e" * 100)

    first = endpoints.addresses(one, topology.SOCKETS)

    assert endpoints.addresses(one, topology.SOCKETS) == first
    assert endpoints.addresses(other, topology.SOCKETS) != first
    assert {entry.stat().st_mode & 0o777 for entry in temp.iterdir()} == {0o700}


def test_a_link_in_the_short_place_is_not_followed(run_dir, temp):
    long = deep(run_dir, 150)
    endpoints.addresses(long, topology.SOCKETS)
    [short] = temp.iterdir()
    short.rmdir()
    (run_dir / "trap").mkdir()
    short.symlink_to(run_dir / "trap")

    with pytest.raises(EndpointsUnusable, match="not a directory of our own"):
        endpoints.addresses(long, topology.SOCKETS)


def test_a_short_place_of_somebody_else_is_not_used(run_dir, temp, monkeypatch):
    long = deep(run_dir, 150)
    endpoints.addresses(long, topology.SOCKETS)
    [short] = temp.iterdir()
    mine = os.getuid()
    monkeypatch.setattr(os, "getuid", lambda: mine)
    real = type(short).lstat
    monkeypatch.setattr(type(short), "lstat", lambda self: _owned_by(real(self), mine + 1))

    with pytest.raises(EndpointsUnusable, match="not a directory of our own"):
        endpoints.addresses(long, topology.SOCKETS)


def test_no_short_place_at_all_says_what_to_do(run_dir, monkeypatch):
    far = run_dir / ("f" * 120)
    far.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(far))

    with pytest.raises(EndpointsUnusable, match="set TMPDIR or --run-dir"):
        endpoints.addresses(deep(run_dir, 150), topology.SOCKETS)


def _owned_by(found: os.stat_result, uid: int) -> os.stat_result:
    values = list(found)
    values[4] = uid
    return os.stat_result(values)


def test_without_the_variable_no_link_takes_a_detour():
    assert endpoints.detours({}, mode="live") == {}


def test_a_detour_is_seen_by_its_role_alone(run_dir):
    (run_dir / "detours.json").write_text('{"strategy>allocator.targets": "ipc://elsewhere"}')
    found = endpoints.detours({endpoints.DETOURS: str(run_dir / "detours.json")}, mode="sim")

    where = endpoints.Endpoints(
        run_id="r",
        pid=1,
        mode="sim",
        host="h",
        build="b",
        config="c",
        sockets={"allocator.targets": "ipc://here"},
        detours=found,
    )

    assert where.seen_by("strategy") == {"allocator.targets": "ipc://elsewhere"}
    assert where.seen_by("risk_gate") == {"allocator.targets": "ipc://here"}


@pytest.mark.parametrize(("content", "mode"), [("{}", "live"), ("[1]", "sim"), (None, "sim")])
def test_detours_that_cannot_be_or_may_not_be_are_refused_by_name(run_dir, content, mode):
    path = run_dir / "detours.json"
    if content is not None:
        path.write_text(content)

    with pytest.raises(EndpointsUnusable, match=endpoints.DETOURS):
        endpoints.detours({endpoints.DETOURS: str(path)}, mode=mode)
