"""What the commands say where no desk runs, and what they refuse."""

import pytest

from actors.runtime import endpoints
from actors.runtime.endpoints import Endpoints
from tests.scripts.commands import btcbot, here

READS = ("orders", "fills", "positions", "balances", "decisions")


@pytest.mark.parametrize(
    "command",
    [("status",), ("status", "--json"), ("resume",), ("level", "PAUSED"), ("verify",)],
    ids=" ".join,
)
def test_command_to_a_desk_that_is_not_there_ends_with_75_and_says_so(command, tmp_path):
    done = here(*command, run_dir=tmp_path)

    assert (done.code, done.out) == (75, "")
    assert str(tmp_path) in done.err


@pytest.mark.parametrize("command", [*READS, "explain"])
def test_reading_where_no_desk_ever_ran_ends_with_75_and_says_so(command, tmp_path):
    done = here(command, *(["last"] if command == "explain" else []), run_dir=tmp_path)

    assert (done.code, done.out) == (75, "")
    assert "has a desk run here?" in done.err


def test_kill_writes_its_file_even_where_no_desk_answers(tmp_path):
    run_dir = tmp_path / "not" / "yet"

    done = btcbot("kill", "--reason", "drill", run_dir=run_dir)

    assert done.code == 75
    assert '"drill"' in (run_dir / "KILL").read_text()
    assert "is written and holds" in done.out


def test_kill_that_cannot_write_its_file_says_so(tmp_path):
    tmp_path.joinpath("var").write_text("a file, no directory")

    done = btcbot("kill", run_dir=tmp_path / "var")

    assert done.code == 75
    assert "COULD NOT BE WRITTEN" in done.out


def test_desk_whose_sockets_are_dead_is_not_reachable(tmp_path):
    (tmp_path / "sock").mkdir()
    dead = Endpoints(
        run_id="dead",
        pid=1,
        mode="sim",
        host="here",
        build="",
        config="",
        sockets=endpoints.addresses(tmp_path, ["supervisor.control"]),
    )
    endpoints.write(tmp_path, dead)

    done = btcbot("status", run_dir=tmp_path)

    assert done.code == 75
    assert "supervisor.control" in done.err


@pytest.mark.parametrize("said", ["", "active ", "Halted2", "0"])
def test_level_that_is_none_is_wrong_usage_and_names_the_four(said, tmp_path):
    done = here("level", said, run_dir=tmp_path)

    expected = 75 if said.strip() == "active" else 2
    assert done.code == expected
    if expected == 2:
        assert "ACTIVE, REDUCE_ONLY, PAUSED, HALTED" in done.err


def test_level_for_a_strategy_and_an_instrument_at_once_is_wrong_usage(tmp_path):
    done = here("level", "PAUSED", "--strategy", "x", "--instrument", "Y", run_dir=tmp_path)

    assert done.code == 2


@pytest.mark.parametrize(
    ("wanted", "reason", "code"),
    [
        ("REDUCE_ONLY", "FLATTEN", 2),
        ("reduce_only", "FLATTEN later, if it falls", 2),
        ("REDUCE_ONLY", "flat", 75),
        ("PAUSED", "FLATTEN later", 75),
    ],
)
def test_a_level_is_no_order_to_sell_everything_whatever_its_reason_says(
    wanted, reason, code, tmp_path
):
    done = here("level", wanted, "--reason", reason, run_dir=tmp_path)

    assert done.code == code
    assert ("btcbot flatten" in done.err) is (code == 2)


@pytest.mark.parametrize(
    "arguments", [("nonsense",), ("orders", "--limit", "0"), ("explain",), ("kill", "--wait", "x")]
)
def test_wrong_usage_ends_with_2(arguments, tmp_path):
    assert here(*arguments).code == 2


def test_help_names_every_command():
    done = btcbot("--help")

    assert done.code == 0
    for name in ("status", "kill", "resume", "level", "explain", "verify", "exchange", *READS):
        assert name in done.out


def test_run_directory_may_come_from_the_environment(tmp_path):
    done = btcbot("status", environ={"BTCBOT_RUN_DIR": str(tmp_path / "elsewhere")})

    assert done.code == 75
    assert str(tmp_path / "elsewhere") in done.err
