"""Where log lines go, and that losing one never hurts."""

import os

import orjson
import pytest

from actors.runtime.logs import LogFile, last_words, open_log
from tests.actors.runtime.hands import HandClock


@pytest.fixture
def path(run_dir):
    return run_dir / "executor.jsonl"


def lines(path) -> list[dict]:
    return [orjson.loads(line) for line in path.read_bytes().splitlines()]


def log_to(path, *, level: str = "info", **more):
    return open_log(
        LogFile(path), level=level, clock=HandClock(), role="executor", pid=7, run_id="r", **more
    )


def test_a_line_is_one_json_object_with_what_was_bound(path):
    log_to(path).info("order_sent", client_order_id="x-1", notional=1)

    assert lines(path) == [
        {
            "role": "executor",
            "pid": 7,
            "run_id": "r",
            "client_order_id": "x-1",
            "notional": 1,
            "event": "order_sent",
            "at_ms": HandClock().wall_ms(),
            "level": "info",
        }
    ]


@pytest.mark.parametrize(("level", "written"), [("debug", 2), ("info", 1), ("warning", 0)])
def test_what_is_below_the_level_is_not_written(path, level, written):
    log = log_to(path, level=level)
    log.debug("message_heard")
    log.info("order_sent")

    assert len(lines(path) if path.exists() else []) == written


def test_an_exception_is_written_with_its_traceback_and_no_values_of_variables(path):
    secret = "the-secret-value"
    try:
        raise ValueError("went wrong")
    except ValueError as error:
        log_to(path).critical("actor_failed", exc_info=error)

    text = path.read_text()
    assert "went wrong" in text
    assert "Traceback" in text
    assert secret not in text


def test_what_json_does_not_know_is_written_as_text(path):
    log_to(path).info("order_sent", path=path, numbers={1: 2})

    assert lines(path)[0]["path"] == str(path)


def test_every_line_is_echoed(path):
    heard: list[bytes] = []

    log_to(path, echo=heard.append).info("desk_ready")

    assert [orjson.loads(line)["event"] for line in heard] == ["desk_ready"]


def test_two_writers_of_one_file_do_not_overwrite_each_other(path):
    one, other = log_to(path), log_to(path)
    for number in range(20):
        (one if number % 2 else other).info("order_sent", number=number)

    assert [line["number"] for line in lines(path)] == list(range(20))


@pytest.mark.parametrize(("size", "moved"), [(99, False), (100, False), (101, True)])
def test_a_full_file_is_moved_aside_and_the_newest_lines_stay(path, size, moved):
    file = LogFile(path, bytes_max=100)
    file.write(b"a" * 50)
    file.write(b"b" * (size - 50))

    older = path.with_name(path.name + ".1")
    assert older.exists() is moved
    assert path.stat().st_size == (size - 50 if moved else size)


def test_the_descriptor_stays_when_the_file_is_moved_aside(path):
    file = LogFile(path, bytes_max=10)
    before = file.fileno()
    file.write(b"12345678")
    file.write(b"12345678")

    assert file.fileno() == before
    os.write(before, b"x")
    assert path.read_bytes().endswith(b"x")


def test_what_was_there_before_counts_towards_the_bound(path):
    path.write_bytes(b"a" * 95)

    LogFile(path, bytes_max=100).write(b"b" * 10)

    assert path.read_bytes() == b"b" * 10


def test_a_directory_that_is_not_there_costs_lines_and_nothing_else(run_dir):
    file = LogFile(run_dir / "missing" / "executor.jsonl")

    file.write(b"a line\n")

    assert file.lost == 1


def test_a_full_disk_costs_lines_and_nothing_else():
    from pathlib import Path

    file = LogFile(Path("/dev/full"))

    assert file.write(b"a line\n") == 0
    assert file.lost == 1


def test_the_last_words_are_the_newest_critical_line_of_this_run(path):
    log = log_to(path)
    log.critical("actor_failed", error="first")
    log.critical("actor_failed", error="second")
    log.info("order_sent")
    open_log(LogFile(path), level="info", clock=HandClock(), run_id="later").critical(
        "actor_failed", error="of another run"
    )
    with path.open("ab") as file:
        file.write(b"torn {")

    assert last_words(path, run_id="r") == "second"
    assert last_words(path, run_id="nobody") == ""
    assert last_words(path.with_name("none"), run_id="r") == ""
