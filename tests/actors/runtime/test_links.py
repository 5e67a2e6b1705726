"""Real sockets between roles of the real topology: what gets through, and how they are made."""

import pytest
import zmq

from actors import topology
from actors.runtime import endpoints, sockets
from actors.runtime.effects import Route
from actors.runtime.wire import Trail
from messages import codec, life, orders
from messages.control import Reply, SetLevel
from messages.records import Record, RecordsAck
from messages.state import Level, Scope
from tests.actors.runtime.lines import (
    PATIENCE_MS,
    SETTLE_MS,
    hear,
    say_until_sent,
    silent,
    subscribed,
)
from tests.actors.runtime.players import account_state, batch, executor_status
from tests.actors.runtime.test_wire import quote, trade

# What gets through.


def test_a_command_arrives_with_the_way_back_and_its_chain(house):
    risk_gate, executor = house.role("risk_gate"), house.role("executor")
    command = SetLevel(
        scope=Scope.DESK, name="", source="risk_gate", level=Level.HALTED, reason="r"
    )
    trail = Trail(cor=b"c" * 16, cau=b"a" * 16)

    say_until_sent(risk_gate, command, trail)
    [heard] = hear(executor, "executor.control")

    assert heard.message == command
    assert heard.route == Route("executor.control", b"risk_gate")
    assert heard.trail.cor == trail.cor
    assert heard.trail.cau != trail.cau  # the command itself is the cause of what follows


def test_an_answer_finds_the_way_back(house):
    risk_gate, executor = house.role("risk_gate"), house.role("executor")
    command = SetLevel(scope=Scope.DESK, name="", source="s", level=Level.HALTED, reason="r")
    say_until_sent(risk_gate, command)
    [heard] = hear(executor, "executor.control")

    executor.back(heard.route, Reply(ok=True, code="OK", message="done"))

    assert hear(risk_gate, "executor.control")[0].message.message == "done"


def test_what_goes_back_to_a_role_reaches_it_by_its_name(house):
    allocator, risk_gate = house.role("allocator"), house.role("risk_gate")
    say_until_sent(allocator, batch())
    hear(risk_gate, "risk_gate.intents")
    ack = orders.IntentAck(decision_id="d1", instrument="BTC_TRY", client_order_ids=())

    risk_gate.say(ack)

    assert hear(allocator, "risk_gate.intents")[0].message == ack


def test_a_permit_arrives_over_a_soft_line(house):
    risk_gate, executor = house.role("risk_gate"), house.role("executor")
    permit = life.Permit(nonce="n", issuer="risk_gate", kill_epoch=0)

    say_until_sent(risk_gate, permit)

    [heard] = hear(executor, "executor.permits")
    assert (heard.message, heard.route) == (permit, None)


def test_every_role_may_have_records_kept_and_is_acknowledged_at_its_own_name(house):
    strategy, persistence = house.role("strategy"), house.role("persistence")
    record = Record(seq=1, kind="decision", at_ms=1, instrument="BTC_TRY", body={})

    say_until_sent(strategy, record)
    [heard] = hear(persistence, "persistence.records")
    persistence.back(heard.route, RecordsAck(upto=1))

    assert hear(strategy, "persistence.records")[0].message == RecordsAck(upto=1)


def test_a_feed_reaches_all_who_hear_it(house):
    market_data = house.role("market_data")
    allocator, persistence = house.role("allocator"), house.role("persistence")
    subscribed(market_data, "market_data.feed", count=3 + 4)

    market_data.say(quote())
    market_data.say(trade())

    assert [h.message for h in hear(allocator, "market_data.feed")] == [quote()]
    assert [h.message for h in hear(persistence, "market_data.feed", least=2)] == [quote(), trade()]


def test_of_a_backlog_only_the_newest_of_each_topic_is_heard(house):
    market_data, allocator = house.role("market_data"), house.role("allocator")
    subscribed(market_data, "market_data.feed", count=3)
    for age_ms in range(50):
        market_data.say(quote("BTC_TRY", age_ms=age_ms))
    market_data.say(quote("ETH_TRY"))
    end = next(one for one in allocator.ends if one.name == "market_data.feed")
    assert end.handle.poll(PATIENCE_MS)
    assert silent(market_data, "market_data.feed")  # while all of it arrives

    heard = [one.message for one in end.drain()]

    assert heard == [quote("BTC_TRY", age_ms=49), quote("ETH_TRY")]


def test_a_late_subscriber_gets_the_newest_state_of_each_topic_at_once(house):
    executor = house.role("executor")
    executor.say(executor_status("old"))
    executor.say(executor_status("new"))
    executor.say(account_state())

    late = house.role("allocator")
    hear(executor, "executor.state", within_ms=SETTLE_MS)  # its loop turns: subscribers are greeted
    heard = [one.message for one in hear(late, "executor.state", least=2)]

    assert sorted(heard, key=repr) == sorted([executor_status("new"), account_state()], key=repr)


def test_a_late_subscriber_is_not_told_an_old_quote_is_young(house):
    market_data = house.role("market_data")
    market_data.say(quote(age_ms=5))
    hear(market_data, "market_data.feed", within_ms=SETTLE_MS)

    late = house.role("allocator")
    hear(market_data, "market_data.feed", within_ms=SETTLE_MS)

    assert hear(late, "market_data.feed")[0].message.age_ms >= SETTLE_MS


# How the sockets are made.

ALL = [(role, one.name) for role in (*topology.ROLES, "supervisor")
       for one in (*topology.bound_by(role), *topology.connected_by(role))]  # fmt: skip


@pytest.mark.parametrize("role", [*topology.ROLES, "supervisor"])
def test_every_option_of_every_socket(house, role):
    for end in house.role(role).ends:
        mark = topology.SOCKETS[end.name].mark
        assert end.handle.get(zmq.LINGER) == 0
        assert end.handle.get(zmq.SNDHWM) == mark
        assert end.handle.get(zmq.RCVHWM) == mark
        assert end.handle.get(zmq.HEARTBEAT_IVL) == 1_000
        assert end.handle.get(zmq.HEARTBEAT_TIMEOUT) == 3_000
        assert end.handle.get(zmq.RECONNECT_IVL) == 50
        assert end.handle.get(zmq.RECONNECT_IVL_MAX) == 2_000
        limit = sockets.COMMAND_FRAME_MAX if end.routed else codec.BYTES_MAX
        assert end.handle.get(zmq.MAXMSGSIZE) == limit
        waits = end.binds or end.pattern == "FEED"
        assert end.handle.get(zmq.IMMEDIATE) == (0 if waits else 1)
        if end.handle.type == zmq.DEALER:
            assert end.handle.get(zmq.ROUTING_ID) == role.encode()


@pytest.mark.parametrize("role", [*topology.ROLES, "supervisor"])
def test_sockets_stand_in_poll_order_control_first(house, role):
    ranks = [end.rank for end in house.role(role).ends]

    assert ranks == sorted(ranks)


def test_a_detour_leads_one_connector_elsewhere():
    where = endpoints.Endpoints(
        run_id="r", pid=1, mode="sim", host="h", build="b", config="c",
        sockets={"executor.orders": "ipc://near"},
        detours={"risk_gate>executor.orders": "ipc://relay"},
    )  # fmt: skip

    assert where.seen_by("risk_gate") == {"executor.orders": "ipc://relay"}
    assert where.seen_by("executor") == {"executor.orders": "ipc://near"}
