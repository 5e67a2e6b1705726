"""What doctor finds before a desk runs."""

import pytest

from actors.persistence.actor import AUDIT_FILE
from actors.runtime.clock import SystemClock
from actors.venues.settings import ExchangeAccount
from messages import codec, ids
from messages.records import Breach
from store.audit import Checkpoint
from store.identity import Identity
from store.writer import Writer
from tests.scripts.commands import btcbot, here

SIMULATED = ids.content_hash(ExchangeAccount().public_key.encode())


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
    assert "made with mode 'live', the desk has 'sim'" in found(done)["store identity"]["found"]


def noted(run_dir, **changed):
    """Note where an auditor of the store of *run_dir* was."""
    identity = Identity(mode="sim", base_url="http://127.0.0.1", key_hash=SIMULATED)
    with Writer.open(run_dir, identity, SystemClock()) as writer:
        empty = {"balances": (), "versions": {}, "positions": (), "levels": (), "alive": ()}
        given = {"lineage": writer.lineage, "seq": 0, "hash": "", "epoch": 1}
        checkpoint = Checkpoint(**given, **empty | changed)
    (run_dir / AUDIT_FILE).write_bytes(codec.pack(checkpoint))


def test_store_of_this_desk_passes_with_its_audit(run_dir):
    noted(run_dir)

    rows = found(here("doctor", "--json", run_dir=run_dir))

    assert rows["store identity"]["found"] == "sim at http://127.0.0.1"
    assert rows["auditor"]["state"] == "PASS"


def test_store_that_nobody_audited_is_worth_a_look(run_dir):
    noted(run_dir)
    (run_dir / AUDIT_FILE).unlink()

    assert found(here("doctor", "--json", run_dir=run_dir))["auditor"]["state"] == "WARN"


def test_breach_that_the_auditor_found_fails(run_dir):
    breach = Breach(invariant="zero sum", where="transfer x", expected="0", found="1")
    noted(run_dir, breach=breach)

    row = found(here("doctor", "--json", run_dir=run_dir))["auditor"]

    assert (row["state"], row["found"]) == ("FAIL", "zero sum: 1, expected 0")


def test_health_of_a_desk_that_does_not_run_fails(run_dir):
    done = here("health", "--json", run_dir=run_dir)

    assert done.code == 2
    assert found(done)["desk"]["todo"] == "python supervisor.py"
