"""What people and auditors are told, and that looking never writes."""

import json
import sqlite3

import pytest

from messages.orders import OrderState
from store.explain import explain
from store.failures import StoreFailed
from store.open import STORE_FILE
from store.readers import Reader
from tests.store.history import opened, rich

ORDER_FIELDS = {
    "client_order_id",
    "venue_order_id",
    "instrument",
    "side",
    "quantity",
    "price",
    "filled_quantity",
    "state",
    "strategy",
    "created_ms",
}


@pytest.fixture
def desk(run_dir):
    """A writer, the history it wrote and a reader: two orders over, one alive with a fill."""
    history, opening = rich()
    with opened(run_dir) as writer:
        writer.append([opening, *history.traded(2), history.accept()])
        name = history.names[-1]
        writer.append([history.live(name), history.fill(name, "0.0004", trade_id="t-77")])
        with Reader.open(run_dir) as reader:
            yield writer, history, reader


def test_orders_come_newest_first_with_the_desks_words(desk):
    _, history, reader = desk

    told = reader.orders(2)

    assert len(told) == 2
    assert set(told[0]) >= ORDER_FIELDS
    assert told[0]["client_order_id"] == history.names[-1]
    assert (told[0]["state"], told[0]["quantity"]) == ("LIVE", "0.001")
    assert (told[0]["filled_quantity"], told[0]["cancel_wanted"]) == ("0.0004", False)
    assert told[1]["state"] == "FILLED"
    json.dumps(told)


def test_alive_orders_alone(desk):
    _, history, reader = desk

    assert [one["client_order_id"] for one in reader.orders(alive=True)] == history.names


@pytest.mark.parametrize(("limit", "got"), [(-1, 1), (0, 1), (1, 1), (3, 3), (99, 3)])
def test_limit_is_held(desk, limit, got):
    assert len(desk[2].orders(limit)) == got


def test_fills_of_all_and_of_one_order(desk):
    _, history, reader = desk

    every = reader.fills()
    mine = reader.fills(client_order_id=history.names[-1])

    assert (len(every), every[0]["trade_id"], every[0]["late"]) == (5, "t-77", False)
    assert [one["quantity"] for one in mine] == ["0.0004"]
    assert (mine[0]["fee"], mine[0]["tax"]) == ("1.2", "0.24")


def test_positions_say_what_one_unit_cost(desk):
    [told] = desk[2].positions()

    assert (told["strategy"], told["instrument"]) == ("ma_cross", "BTC_TRY")
    assert (told["position"], told["cost"], told["average_cost"]) == ("0.0024", "7200", "3000000")


def test_balances_stand_by_asset(desk):
    told = {line["asset"]: line for line in desk[2].balances()}

    assert set(told) == {"TRY", "BTC"}
    assert told["BTC"]["free"] == "0.0024"
    assert told["BTC"]["held"] == "0"
    assert told["TRY"]["held"] == "1803.24"
    assert told["TRY"]["external"] == "-1000000000"


def test_order_is_found_by_any_of_its_names(desk):
    _, history, reader = desk
    name = history.names[-1]
    venue = history.orders[name].venue_order_id

    assert reader.find(name) == [name]
    assert reader.find(name[:-1]) == [name]
    assert name in reader.find(f"{venue}")
    assert len(reader.find("bb-")) == 3
    assert reader.find("") == reader.find("zz") == reader.find("9" * 30) == []


def test_order_is_explained_from_quote_to_postings(desk):
    _, history, reader = desk
    name = history.names[-1]

    told = explain(reader, name)

    assert told["order"]["client_order_id"] == name
    decision = told["decision"]
    assert decision["quote"]["bid"] == "3000000"
    assert decision["target"] == {
        "quantity": "0.001",
        "price": None,
        "reason": "MA_CROSS_UP",
        "targets_seq": 7,
    }
    assert decision["sizing"]["caps"][0] == {"code": "CASH", "left": "12345.67"}
    assert decision["checks"][0] == {
        "code": "LEVEL",
        "observed": "1",
        "limit": "2",
        "passed": True,
    }
    assert [one["kind"] for one in told["journal"]] == ["OrderAccepted", "OrderLive", "FillBooked"]
    assert [one["seq"] for one in told["journal"]] == sorted(one["seq"] for one in told["journal"])
    assert told["http"] == [
        {
            "at_ms": history.at_ms - 2,
            "what": "POST",
            "path": "/api/v1/order",
            "status": 200,
            "answered_ms": history.at_ms + 18,
            "meaning": "Ack",
            "answer": '{"success":true}',
        }
    ]
    assert [one["trade_id"] for one in told["fills"]] == ["t-77"]
    assert {one["transfer"] for one in told["postings"]} == {f"hold:{name}", "fill:t-77"}
    json.dumps(told)


def test_order_that_is_not_there_is_not_explained(desk):
    assert explain(desk[2], "bb-nothing") is None
    assert desk[2].intent("bb-nothing") is None
    assert desk[2].http("bb-nothing") == []


def test_order_without_an_intent_is_explained_as_far_as_it_goes(run_dir):
    history, opening = rich()
    accepted = history.accept()
    ghost = type(accepted)(
        kind="GhostFound",
        subject=accepted.subject,
        at_ms=1,
        cause={},
        rows=tuple(row for row in accepted.rows if type(row).__name__ == "OrderRow"),
    )
    with opened(run_dir) as writer, Reader.open(run_dir) as reader:
        writer.append([opening, ghost])

        told = explain(reader, accepted.subject)

    assert told["decision"] is None
    assert told["order"]["state"] == "SENDING"


def test_decision_is_told_once_however_often_it_was_recorded(desk):
    writer, history, reader = desk
    known = reader.decisions(8)
    body = {"decision_id": "d-3", "outcome": "sent", "strategy": "ma_cross", "reason": "X"}
    refused = {"decision_id": "d-9", "outcome": "refused", "strategy": "ma_cross"}
    history.at_ms += 50
    writer.append([history.records("b1", body), history.records("b2", refused)])
    writer.append([history.records("b3", {"gap": 1}, kind="anomaly")])

    told = reader.decisions(8)

    assert [one["decision_id"] for one in known] == ["d-3", "d-2", "d-1"]
    assert {"side", "quantity", "price", "strategy", "instrument"} <= set(known[0])
    assert [one["decision_id"] for one in told] == ["d-9", "d-3", "d-2", "d-1"]
    assert [one["outcome"] for one in told] == ["refused", "sent", "sent", "sent"]
    assert len(reader.decisions(2)) == 2


def test_newest_costs_the_same_however_long_the_history_is(run_dir):
    history, opening = rich()
    with opened(run_dir) as writer, Reader.open(run_dir) as reader:
        writer.append([opening, *history.traded(60)])
        few = steps(reader)
        for _ in range(5):
            writer.append(list(history.traded(60)))
        many = steps(reader)

    for what, cost in many.items():
        assert cost <= few[what] * 1.2 + 60, what


def steps(reader):
    name = reader.orders(1)[0]["client_order_id"]
    calls = {
        "orders": lambda: reader.orders(8),
        "alive": lambda: reader.orders(8, alive=True),
        "fills": lambda: reader.fills(8),
        "fills of one": lambda: reader.fills(client_order_id=name),
        "positions": reader.positions,
        "balances": reader.balances,
        "decisions": lambda: reader.decisions(8),
        "explain": lambda: explain(reader, name),
        "find": lambda: reader.find(name[:-2]),
        "head": reader.head,
        "journal": lambda: reader.journal_since(100, 8),
        "load": reader.load,
    }
    cost = {}
    for what, call in calls.items():
        ticks = [0]
        reader.connection.set_progress_handler(lambda t=ticks: t.__setitem__(0, t[0] + 1), 1)
        call()
        reader.connection.set_progress_handler(None, 0)
        cost[what] = ticks[0]
    return cost


def test_looking_changes_no_byte(run_dir):
    history, opening = rich()
    with opened(run_dir) as writer:
        writer.append([opening, *history.traded(2)])
    before = (run_dir / STORE_FILE).read_bytes()

    with Reader.open(run_dir) as reader:
        reader.orders()
        reader.decisions()
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            reader.connection.execute("DELETE FROM level")

    assert (run_dir / STORE_FILE).read_bytes() == before


def test_reader_sees_each_commit_of_a_busy_writer_whole(desk):
    writer, history, reader = desk
    for _ in range(20):
        entries = [history.accept(), history.accept()]
        writer.append(entries)
        with reader.snapshot():
            alive = reader.orders(100, alive=True)
            held = next(one for one in reader.balances() if one["asset"] == "TRY")["held"]
        assert {one["client_order_id"] for one in alive} == {
            name for name, order in history.orders.items() if order.state is not OrderState.FILLED
        }
        assert held == f"{history.balances['held', 'TRY']}".rstrip("0").rstrip(".")


def test_failure_in_a_read_is_the_stores(desk):
    _, _, reader = desk
    reader.close()

    with pytest.raises(StoreFailed):
        reader.head()
