"""What persistence remembers of the market: its tape, and the mids that are read back from it."""

from actors.runtime.effects import Tick
from messages.market import Trade
from messages.money import amount
from messages.orders import Side
from messages.records import AuditStatus, WarmUp, WarmUpQuery
from store.tape import frames
from tests.actors.persistence.desks import WALL_MS, Desk, of
from tests.builders import BTC, feed_status, quote, rules


def test_market_is_on_the_tape(store):
    desk = Desk(store[2])
    trade = Trade(
        instrument=BTC,
        trade_id="1",
        side=Side.BUY,
        price=amount("1"),
        quantity=amount("2"),
        at_ms=WALL_MS,
    )

    desk.hear(quote(at_ms=WALL_MS), feed_status(), rules(), trade)
    desk.hear(Tick("say"))

    [path] = (store[2] / "tape").glob("*/*.msgpack")
    assert path.parent.name == "2026-03-23"
    assert len(list(frames(path))) == 4


def test_warm_up_is_answered_from_what_was_heard_even_before_a_crash(store):
    _, _, run_dir = store
    before = Desk(run_dir)
    for second in range(5):
        before.hear(quote(at_ms=WALL_MS + second * 1_000))
    before.hear(Tick("save_mids"))
    for second in range(5, 8):
        before.hear(quote(at_ms=WALL_MS + second * 1_000))

    desk = Desk(run_dir)
    query = WarmUpQuery(instruments=(BTC,), since_ms=WALL_MS, step_ms=1_000)
    [answer] = desk.hear(query, peer="strategy")

    assert isinstance(answer.message, WarmUp)
    assert answer.route.peer == b"strategy"
    assert [one.at_ms - WALL_MS for one in answer.message.mids[BTC]] == [
        second * 1_000 for second in range(8)
    ]


def test_it_is_ready_before_it_has_read_the_tape(store):
    _, _, run_dir = store
    before = Desk(run_dir)
    before.hear(quote(at_ms=WALL_MS))
    [path] = (run_dir / "tape").glob("*/*.msgpack")
    with path.open("ab") as torn:
        torn.write(b"torn")

    desk = Desk(run_dir, begin=False)

    assert desk.waiting_for() == ""
    assert of(AuditStatus, desk.said)
    assert path.read_bytes().endswith(b"torn")
    desk.hear(Tick("say"))
    assert not path.read_bytes().endswith(b"torn")
