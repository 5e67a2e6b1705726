"""Files that are whole or not there."""

import os
from pathlib import Path

import pytest

from actors.runtime import atomic
from actors.runtime.atomic import atomic_write


def test_the_content_is_there_and_only_its_owner_may_read_it(run_dir):
    atomic_write(run_dir / "KILL", b"reason\n")

    assert (run_dir / "KILL").read_bytes() == b"reason\n"
    assert (run_dir / "KILL").stat().st_mode & 0o777 == 0o600


def test_an_old_file_is_replaced_and_nothing_is_left_beside_it(run_dir):
    path = run_dir / "endpoints.json"
    path.write_bytes(b"a much longer old content")

    atomic_write(path, b"new")

    assert path.read_bytes() == b"new"
    assert list(run_dir.iterdir()) == [path]


def test_a_failure_before_the_rename_leaves_the_old_file(run_dir, monkeypatch):
    path = run_dir / "endpoints.json"
    path.write_bytes(b"old")

    def full(_fd: int) -> None:
        raise OSError(28, "no space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="no space"):
        atomic_write(path, b"new")

    assert path.read_bytes() == b"old"
    assert list(run_dir.iterdir()) == [path]


def test_file_and_directory_are_made_durable_around_the_rename(run_dir, monkeypatch):
    happened: list[str] = []
    monkeypatch.setattr(os, "fsync", lambda fd: happened.append(_kind(fd)))
    replace = Path.replace

    def renaming(self, target):
        happened.append("rename")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", renaming)
    atomic_write(run_dir / "KILL", b"x")

    assert happened == ["file", "rename", "directory"]


def test_a_directory_that_is_not_there_is_an_error(run_dir):
    with pytest.raises(FileNotFoundError):
        atomic.atomic_write(run_dir / "missing" / "KILL", b"x")


def _kind(fd: int) -> str:
    return "directory" if Path(f"/proc/self/fd/{fd}").resolve().is_dir() else "file"
