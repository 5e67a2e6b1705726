"""The commands beside a running desk, as a person types them."""

import threading

import pytest

from actors.runtime.control import ask
from actors.topology import ROLES
from messages.control import Kill
from store.readers import Reader
from tests.scripts.commands import btcbot, here

pytestmark = pytest.mark.slow

A_PERSON_READS_S = 0.6  # longer than the executor looks away from the file KILL


def test_status_tells_mode_level_actors_permits_unknown_orders_and_feeds(desk):
    report = btcbot("status", "--json", run_dir=desk.run_dir).document

    assert (report["mode"], report["level"], report["unknown_orders"]) == ("sim", "ACTIVE", 0)
    assert [one["role"] for one in report["actors"]] == list(ROLES)
    assert {one["state"] for one in report["actors"]} == {"ready"}
    assert set(report["actors"][0]) >= {"pid", "host", "restarts", "heartbeat_age_ms"}
    assert {one["issuer"] for one in report["permits"]} == {"risk_gate", "supervisor"}
    assert report["feeds"]["verdict"] == "NORMAL"
    assert [one["role"] for one in report["services"]] == ["exchange"]


def test_status_for_a_person_has_a_line_per_actor_and_instrument(desk):
    shown = here("status", run_dir=desk.run_dir).out

    for name in (*ROLES, "exchange", "BTC_TRY", "level ACTIVE", "unknown orders: 0"):
        assert name in shown


def test_health_of_a_desk_that_is_well_passes(desk):
    done = here("health", "--json", run_dir=desk.run_dir)

    rows = {row["name"] for row in done.document["checks"]}
    assert (done.code, done.document["result"]) == (0, "PASS")
    assert rows >= {"gates", "clock offset", "feed BTC_TRY", "store", "auditor", "disk"}


def test_doctor_asks_the_running_venue_for_its_clock(desk):
    done = here("doctor", "--json", run_dir=desk.run_dir)

    rows = {row["name"]: row for row in done.document["checks"]}
    assert done.code == 0
    assert rows["venue clock"]["state"] == "PASS"
    assert "ms from ours" in rows["venue clock"]["found"]
    assert rows["store identity"]["state"] == "PASS"
    assert {name for name in rows if name.startswith("rules ")} == {
        "rules BTC_TRY",
        "rules ETH_TRY",
        "rules SOL_TRY",
    }


def test_books_can_be_read_while_the_desk_writes_them(desk):
    orders = here("orders", "--json", "--all", run_dir=desk.run_dir).document
    fills = here("fills", "--json", "--all", run_dir=desk.run_dir).document
    decisions = here("decisions", "--json", run_dir=desk.run_dir).document
    positions = here("positions", "--json", run_dir=desk.run_dir).document
    balances = here("balances", "--json", run_dir=desk.run_dir).document

    assert {one["client_order_id"] for one in fills} <= {one["client_order_id"] for one in orders}
    assert any(one["outcome"] == "sent" for one in decisions)
    assert {"strategy", "instrument", "position"} <= set(positions[0])
    assert {one["asset"] for one in balances} >= {"TRY", "BTC"}


def test_filled_order_is_explained_from_its_quote_to_its_fills(desk):
    name = here("fills", "--json", run_dir=desk.run_dir).document[0]["client_order_id"]

    told = here("explain", name, "--json", run_dir=desk.run_dir).document
    story = here("explain", name, run_dir=desk.run_dir).out

    assert told["decision"]["quote"]["bid"] < told["decision"]["quote"]["ask"]
    assert {"code", "observed", "limit", "passed"} <= set(told["decision"]["checks"][0])
    assert told["http"][0]["what"] == "POST"
    assert told["fills"][0]["client_order_id"] == name
    for part in ("quote", "target", "sizing", "verdict", "POST /api/v1/order", "fill ", "books"):
        assert part in story


def test_verify_asks_the_venue_and_passes(desk):
    done = btcbot("verify", "--json", run_dir=desk.run_dir)

    assert (done.code, done.document["venue"]) == (0, "live"), done.document
    assert done.document["differences"] == []


@pytest.mark.parametrize(
    ("scope", "name"),
    [((), ""), (("--strategy", "ma_cross"), "ma_cross"), (("--instrument", "ETH_TRY"), "ETH_TRY")],
)
def test_level_is_set_with_its_reason_and_taken_back(scope, name, desk):
    set_ = here("level", "PAUSED", *scope, "--reason", "a drill", run_dir=desk.run_dir)
    [entry] = [e for e in desk.executor()["levels"] if e["name"] == name]
    back = here("level", "ACTIVE", *scope, run_dir=desk.run_dir)

    assert (set_.code, back.code) == (0, 0)
    assert (entry["source"], entry["level"], entry["reason"]) == ("operator", "PAUSED", "a drill")
    assert not desk.executor()["levels"]


def test_health_names_a_level_that_somebody_set(desk):
    here("level", "REDUCE_ONLY", "--reason", "a drill", run_dir=desk.run_dir)
    done = here("health", "--json", run_dir=desk.run_dir)
    here("level", "ACTIVE", run_dir=desk.run_dir)

    assert done.code == 1
    assert any(
        "REDUCE_ONLY by operator: a drill" in row["found"] for row in done.document["checks"]
    )


def test_killed_actor_is_back_and_counted_and_the_books_agree(desk):
    restarts = desk.actors()["risk_gate"]["restarts"]

    desk.kill("risk_gate")

    assert desk.actors()["risk_gate"]["restarts"] == restarts + 1
    assert here("verify", run_dir=desk.run_dir).code == 0


def test_backup_is_a_store_that_can_be_read(desk):
    made = here("backup", "--json", run_dir=desk.run_dir).document

    with Reader.at(desk.run_dir / "backups" / made["path"].rsplit("/", 1)[1]) as copy:
        assert copy.fills(1)


def test_kill_is_clear_latches_and_is_lifted_by_the_code_of_a_report(desk):
    killed = btcbot("kill", "--reason", "a drill", "--json", run_dir=desk.run_dir)
    again = here("kill", "--reason", "twice", run_dir=desk.run_dir)
    written = (desk.run_dir / "KILL").exists()
    latched = desk.executor()
    report = here("resume", run_dir=desk.run_dir)
    wrong = here("resume", "--code", "not-the-code", run_dir=desk.run_dir)
    code = report.out.split("--code ")[1].split()[0]
    threading.Event().wait(A_PERSON_READS_S)
    lifted = here("resume", "--code", code, run_dir=desk.run_dir)

    assert (killed.code, again.code, written) == (0, 0, True), killed.document
    assert killed.document["clear"] is True
    assert killed.document["unknown"] == killed.document["left"] == []
    assert all(killed.document["acknowledged"].values())
    assert "CLEAR" in again.out
    assert (latched["latched"], latched["level"], latched["alive_count"]) == (True, "HALTED", 0)
    assert (report.code, wrong.code, lifted.code) == (0, 1, 0)
    assert "WRONG_CODE" in wrong.err
    assert not (desk.run_dir / "KILL").exists()
    desk.wait_until(lambda: desk.status()["level"] == "ACTIVE", "level ACTIVE")
    desk.wait_until(lambda: _sends_again(desk), "permits after a resume")


def test_resume_where_nothing_is_killed_changes_nothing(desk):
    done = here("resume", "--yes", run_dir=desk.run_dir)

    assert done.code == 0
    assert "not killed" in done.out


def test_resume_lifts_a_kill_that_never_reached_the_executor(desk):
    for guard in ("risk_gate.control", "supervisor.control"):
        assert ask(desk.run_dir, guard, Kill(reason="the executor was away"), 2.0).ok
    desk.wait_until(lambda: not _sends_again(desk), "no permits after a kill")

    looked = here("resume", run_dir=desk.run_dir)
    still = _sends_again(desk)
    lifted = here("resume", "--yes", run_dir=desk.run_dir)

    assert (looked.code, still, lifted.code) == (0, False, 0)
    assert "resume --yes" in looked.out
    desk.wait_until(lambda: _sends_again(desk), "permits after a resume")


def _sends_again(desk):
    return all((one["age_ms"] or 10_000) <= 2_000 for one in desk.status()["permits"])
