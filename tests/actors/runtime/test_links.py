"""Real sockets between roles of the real topology: what gets through, what is refused, and how."""

from collections.abc import Callable

import pytest
import zmq
from msgspec.structs import replace

from actors import topology
from actors.runtime import endpoints, sockets
from actors.runtime import links as links_module
from actors.runtime.clock import SystemClock
from actors.runtime.effects import Route
from actors.runtime.failures import BuildDiffers, InvariantBroken
from actors.runtime.links import Links
from actors.runtime.settings import RuntimeSettings
from actors.runtime.wire import Heard, Sender, Trail
from messages import codec, life, orders
from messages.control import Kill, Refusal, Reply, SetLevel, StatusQuery
from messages.records import Record, RecordsAck
from messages.state import Level, Scope
from messages.targets import Targets
from tests.actors.runtime.hands import ME, captured
from tests.actors.runtime.players import account_state, batch, executor_status
from tests.actors.runtime.test_wire import quote, trade

PATIENCE_MS = 5_000
SETTLE_MS = 200  # how long silence is listened to before it counts as silence


class House:
    """Roles with open links on one directory."""

    def __init__(self, run_dir) -> None:
        self.addresses = endpoints.addresses(run_dir, topology.SOCKETS)
        self.logged: dict[str, list[str]] = {}
        self._open: list[Links] = []
        self._raw = zmq.Context()
        self._strangers: list[zmq.Socket] = []

    def role(self, name: str, **other: str) -> Links:
        log, self.logged[name] = captured()
        clock = SystemClock()
        me = replace(ME, role=name, **other)
        made = Links(
            plumbing=topology,
            addresses=self.addresses,
            sender=Sender(me, clock),
            clock=clock,
            log=log,
            settings=RuntimeSettings(),
        )
        made.open()
        self._open.append(made)
        return made

    def stranger(self, socket: str, kind: int = zmq.DEALER, name: bytes = b"stranger"):
        """Return a bare socket connected to *socket*."""
        made = self._raw.socket(kind)
        self._strangers.append(made)
        made.linger = 0
        if kind == zmq.DEALER:
            made.routing_id = name
        made.connect(self.addresses[socket])
        return made

    def close(self) -> None:
        for one in self._open:
            one.close()
        self._raw.destroy(linger=0)


@pytest.fixture
def house(run_dir):
    made = House(run_dir)
    yield made
    made.close()


def hear(links: Links, socket: str, *, least: int = 1, within_ms: int = PATIENCE_MS) -> list[Heard]:
    """Return what arrives on *socket*, at least *least* messages of it."""
    end = next(one for one in links.ends if one.name == socket)
    heard: list[Heard] = []
    while len(heard) < least and end.handle.poll(within_ms):
        heard += end.drain()
    return heard


def silent(links: Links, socket: str) -> bool:
    return hear(links, socket, within_ms=SETTLE_MS) == []


def say_until_sent(links: Links, message: object, trail: Trail | None = None) -> None:
    """Say *message* as soon as the line stands: nothing is queued for a peer that is not there."""
    end = links._by_name[topology.way_out(links.identity.role, type(message)).socket]
    end.handle.poll(PATIENCE_MS, zmq.POLLOUT)
    assert links.say(message, trail)


def subscribed(publisher: Links, socket: str, *, count: int) -> None:
    """Serve *count* subscriptions of *socket* at its publisher."""
    end = next(one for one in publisher.ends if one.name == socket)
    served = 0
    while served < count and end.handle.poll(PATIENCE_MS):
        served += len(end._read(100))
    assert served >= count


def refusal(socket) -> Refusal:
    assert socket.poll(PATIENCE_MS)
    return codec.decode(socket.recv_multipart()[-1])[1]


def sealed(message: object, **other: str) -> bytes:
    return Sender(replace(ME, role="btcbot", **other), SystemClock()).seal(
        message, stream="s", trail=None
    )


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


# What does not.


def test_nothing_is_kept_for_a_peer_that_is_not_there(house):
    allocator = house.role("allocator")

    assert not allocator.say(batch())

    risk_gate = house.role("risk_gate")
    assert allocator.counts.dropped == 1
    assert silent(risk_gate, "risk_gate.intents")


def test_an_answer_to_a_peer_that_left_is_dropped_and_counted(house):
    executor = house.role("executor")

    assert not executor.back(Route("executor.control", b"nobody"), RecordsAck(upto=1))
    assert executor.counts.dropped == 1


def test_a_full_soft_line_drops_what_is_new_and_never_waits(house):
    strategy, allocator = house.role("strategy"), house.role("allocator")
    targets = Targets(strategy="s", seq=1, targets={}, contained=None, decided_ms=1)
    say_until_sent(strategy, targets)

    sent = [strategy.say(targets) for _ in range(2_000)]

    assert not all(sent)
    assert strategy.counts.dropped == sent.count(False)
    assert hear(allocator, "allocator.targets")


def test_a_second_connection_of_a_role_takes_its_name_over(house):
    executor = house.role("executor")
    first = house.stranger("executor.control", name=b"risk_gate")
    first.send_multipart([b"", sealed(StatusQuery())])
    hear(executor, "executor.control")
    second = house.stranger("executor.control", name=b"risk_gate")
    second.send_multipart([b"", sealed(StatusQuery())])
    [heard] = hear(executor, "executor.control")

    executor.back(heard.route, Reply(ok=True, code="OK", message=""))

    assert second.poll(PATIENCE_MS)
    assert not first.poll(0)


def test_a_role_that_has_no_way_to_say_something_is_a_bug(house):
    with pytest.raises(InvariantBroken, match="strategy has no way to say ApprovedBatch"):
        house.role("strategy").say(
            codec.convert({"batch": codec.body(batch())}, orders.ApprovedBatch)
        )


BAD: list[tuple[str, Callable[[], list[bytes]], str]] = [
    ("no message", lambda: [b"", b"\xc1\x00"], "NOT_MESSAGEPACK"),
    ("empty", lambda: [b"", b""], "NOT_MESSAGEPACK"),
    ("not an envelope", lambda: [b"", codec.pack({"a": 1})], "NOT_VALID"),
    ("too long", lambda: [b"", b"x" * (codec.BYTES_MAX + 1)], "TOO_LONG"),
    ("twice too long", lambda: [b"", b"x" * (2 * codec.BYTES_MAX)], "TOO_LONG"),
    ("not heard", lambda: [b"", sealed(RecordsAck(upto=1))], "NOT_HEARD_HERE"),
    ("one frame", lambda: [sealed(StatusQuery())], "FRAMES"),
    ("too many frames", lambda: [b"", b"", sealed(StatusQuery())], "FRAMES"),
    ("a thousand frames", lambda: [b""] * 1_000, "FRAMES"),
]


@pytest.mark.parametrize(("frames", "code"), [one[1:] for one in BAD], ids=[one[0] for one in BAD])
def test_what_cannot_be_taken_on_a_command_socket_is_counted_logged_and_answered(
    house, frames, code
):
    executor = house.role("executor")
    stranger = house.stranger("executor.control")

    stranger.send_multipart(frames())
    assert silent(executor, "executor.control")

    assert refusal(stranger).code == code
    assert executor.counts.refused == 1
    assert house.logged["executor"] == ["message_refused"]


def test_after_any_refusal_the_next_command_is_heard(house):
    executor = house.role("executor")
    stranger = house.stranger("executor.control")
    for _, frames, _ in BAD:
        stranger.send_multipart(frames())
    stranger.send_multipart([b"", sealed(Kill(reason="r"))])

    heard = hear(executor, "executor.control")

    assert [one.message for one in heard] == [Kill(reason="r")]
    assert executor.counts.refused == len(BAD)


def test_what_is_far_too_long_is_cut_off_and_others_are_heard(house):
    executor = house.role("executor")
    flood, other = (house.stranger("executor.control", name=name) for name in (b"f", b"o"))

    flood.send_multipart([b"", b"x" * (sockets.COMMAND_FRAME_MAX + 1)])
    other.send_multipart([b"", sealed(StatusQuery())])

    assert [one.message for one in hear(executor, "executor.control")] == [StatusQuery()]


def test_what_cannot_be_taken_on_a_soft_line_is_counted(house):
    executor = house.role("executor")
    stranger = house.stranger("executor.permits", zmq.PUSH)

    for frames in ([b"", b"\xc1"], [b"", b"", b""], [b"", sealed(StatusQuery())]):
        stranger.send_multipart(frames)
    while executor.counts.refused < 3:
        assert silent(executor, "executor.permits")

    assert executor.counts.refused == 3


def test_what_cannot_be_taken_from_a_feed_is_counted(house):
    publisher = zmq.Context()
    feed = publisher.socket(zmq.PUB)
    feed.linger = 0
    feed.bind(house.addresses["executor.state"])
    hearer = house.role("allocator")
    end = next(one for one in hearer.ends if one.name == "executor.state")
    while not end.handle.poll(10):
        feed.send_multipart([b"ExecutorStatus", b"\xc1"])

    assert end.drain() == []
    assert hearer.counts.refused >= 1
    publisher.destroy(linger=0)


def test_refusals_are_logged_up_to_a_bound_and_counted_beyond(house):
    executor = house.role("executor")
    stranger = house.stranger("executor.control")
    many = links_module.REFUSALS_LOGGED_MAX + 20
    for _ in range(many):
        stranger.send_multipart([b"", b"\xc1"])
    while executor.counts.refused < many:
        hear(executor, "executor.control", within_ms=SETTLE_MS)

    assert len(house.logged["executor"]) == links_module.REFUSALS_LOGGED_MAX


def test_a_turn_takes_no_more_than_the_quota_of_a_socket(house):
    executor = house.role("executor")
    stranger = house.stranger("executor.orders")
    for _ in range(40):
        stranger.send_multipart([b"", b"\xc1"])
    end = next(one for one in executor.ends if one.name == "executor.orders")
    assert end.handle.poll(PATIENCE_MS)
    hear(executor, "executor.control", within_ms=SETTLE_MS)

    end.drain()

    assert executor.counts.refused == RuntimeSettings().drain_other


def test_an_actor_of_another_build_is_refused_at_hello_and_ends(house):
    supervisor = house.role("supervisor")
    actor = house.role("strategy", build="b2")

    say_until_sent(actor, life.Hello(role="strategy", pid=1, parent_pid=1))
    assert silent(supervisor, "supervisor.life")

    with pytest.raises(BuildDiffers):
        hear(actor, "supervisor.life")


def test_an_approval_from_another_configuration_is_refused_and_its_sender_lives(house):
    executor = house.role("executor")
    risk_gate = house.role("risk_gate", config="c2")
    approved = codec.convert({"batch": codec.body(batch())}, orders.ApprovedBatch)

    say_until_sent(risk_gate, approved)
    assert silent(executor, "executor.orders")

    assert silent(risk_gate, "executor.orders")
    assert house.logged["risk_gate"] == ["command_refused"]


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
