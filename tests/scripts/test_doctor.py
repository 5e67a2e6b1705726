"""What doctor finds before a desk runs."""

import pytest

from actors.runtime.clock import SystemClock
from store.identity import Identity
from store.writer import Writer
from tests.scripts.commands import btcbot, here


def found(done):
    """The rows by name; of several with one name the last."""
    return {row["name"]: row for row in done.document["checks"]}


@pytest.fixture
def run_dir(tmp_path):
    made = tmp_path / "var"
    made.mkdir(mode=0o700)
    return made


def test_machine_that_can_run_the_default_desk_passes(tmp_path):
    done = btcbot("doctor", "--json", run_dir=tmp_path / "not-yet")

    assert done.code == 0
    assert done.document["result"] == "PASS"
    assert not (tmp_path / "not-yet").exists()


def test_table_for_a_person_ends_with_the_verdict(run_dir):
    done = here("doctor", run_dir=run_dir)

    assert done.code == 0
    assert done.out.rstrip().endswith("PASS")


def test_every_fault_of_a_configuration_is_a_row(run_dir, tmp_path):
    wrong = tmp_path / "wrong.toml"
    wrong.write_text('extends = "sim.toml"\n[desk]\nprefix = "WRONG"\n[runtime]\nhang_s = 1\n')

    done = here("doctor", "--json", "--config", wrong, run_dir=run_dir)

    told = [row["found"] for row in done.document["checks"] if row["name"] == "configuration"]
    assert done.code == 2
    assert len(told) == 2
    assert "desk.prefix" in told[0] + told[1]
    assert "runtime.hang_s" in told[0] + told[1]


def test_file_kill_is_worth_a_look(run_dir):
    (run_dir / "KILL").touch()

    done = here("doctor", "--json", run_dir=run_dir)

    assert done.code == 1
    assert found(done)["kill"]["todo"] == "btcbot resume"


def test_run_directory_that_is_a_file_fails(tmp_path):
    (tmp_path / "var").write_text("")

    done = here("doctor", "--json", run_dir=tmp_path / "var")

    assert done.code == 2
    assert found(done)["run directory"]["state"] == "FAIL"


def test_key_that_others_may_read_fails_and_names_the_cure(run_dir):
    (run_dir / "keys").mkdir(mode=0o700)
    key = run_dir / "keys" / "executor.key_secret"
    key.touch(mode=0o644)
    key.chmod(0o644)

    done = here("doctor", "--json", run_dir=run_dir)

    assert done.code == 2
    assert found(done)["permissions"]["todo"] == f"chmod 0600 {key}"


def test_store_of_another_mode_fails(run_dir):
    with Writer.open(run_dir, Identity(mode="live", base_url="x", key_hash=""), SystemClock()):
        pass

    done = here("doctor", "--json", run_dir=run_dir)

    assert done.code == 2
    assert "made in mode live" in found(done)["store identity"]["found"]


def test_health_of_a_desk_that_does_not_run_fails(run_dir):
    done = here("health", "--json", run_dir=run_dir)

    assert done.code == 2
    assert found(done)["desk"]["todo"] == "python supervisor.py"
