"""Which approved intents become orders, and which rule says no."""

import pytest
from msgspec.structs import replace

from actors.executor import accept, limits
from actors.executor.day import Mark
from actors.executor.facts import Seen
from actors.executor.gate import Gate
from actors.executor.states import Fact
from messages.money import Amount
from messages.orders import OrderState, Side
from messages.state import Level, Scope
from tests.actors.executor.driving import LIMITS
from tests.actors.executor.ledgers import DESK, MARK, OPEN_GATE, RULES, answer, books, tell, view
from tests.actors.executor.wishes import batch, intent


def codes(found):
    return [no.broken.code for no in found.refused]


def test_an_accepted_leg_is_an_order_with_its_hold_and_a_raised_version():
    on = books(TRY=10_000)
    one = intent()

    found = answer(batch(one), on)

    assert found.ack.client_order_ids == (one.client_order_id,)
    assert on.orders[one.client_order_id].state is OrderState.SENDING
    assert on.balance("held", "TRY") == Amount("3005.4")
    assert on.instrument("BTC_TRY").version == 1
    assert [send.client_order_id for send in found.sends] == [one.client_order_id]


def test_the_stamp_that_is_signed_is_the_one_in_the_store():
    on = books(TRY=10_000)

    send = answer(batch(intent()), on, stamp_ms=77).sends[0]

    assert (send.stamp_ms, on.orders[send.client_order_id].stamp_ms) == (77, 77)


def test_the_legs_of_a_batch_raise_the_version_once_and_have_stamps_of_their_own():
    on = books(TRY=10_000)

    found = answer(batch(intent(), intent(price="2999000", leg=1)), on, stamp_ms=77)

    assert on.instrument("BTC_TRY").version == 1
    assert [send.stamp_ms for send in found.sends] == [77, 78]


def test_a_repeat_of_an_accepted_intent_gets_the_answer_again_and_no_second_order():
    on = books(TRY=10_000)
    first = answer(batch(intent()), on)

    again = answer(batch(intent()), on)

    assert (again.ack, again.sends, again.writes) == (first.ack, [], [])


def test_a_repeat_that_only_the_store_remembers_is_answered_from_it():
    on = books(TRY=10_000)
    answer(batch(intent()), on)
    row = on.intent(intent().intent_id)
    on._intents.clear()
    wanted = batch(intent()).batch

    assert accept.to_look_up(wanted, on) == [row.intent_id]
    again = answer(batch(intent()), on, stored={row.intent_id: row})

    assert again.ack.client_order_ids == (row.client_order_id,)
    assert again.sends == []


def test_the_newest_version_needs_no_look_into_the_store():
    assert accept.to_look_up(batch(intent()).batch, books(TRY=10_000)) == []


def test_another_body_under_an_accepted_id_is_a_conflict():
    on = books(TRY=10_000)
    answer(batch(intent()), on)

    assert codes(answer(batch(intent("0.002")), on)) == ["INTENT_CONFLICT"]


def test_the_same_order_reasoned_differently_is_a_repeat():
    on = books(TRY=10_000)
    answer(batch(intent()), on)
    other = replace(intent(), sizing=replace(intent().sizing, cash=Amount(1)))

    assert answer(batch(other), on).ack is not None


@pytest.mark.parametrize("changed", [{"intent_id": "0" * 32}, {"client_order_id": "t-other"}])
def test_ids_that_are_not_derived_are_refused(changed):
    assert codes(answer(batch(replace(intent(), **changed)), books(TRY=10_000))) == [
        "INTENT_CONFLICT"
    ]


@pytest.mark.parametrize(
    ("version", "code"), [(4, ["STALE_VERSION"]), (5, []), (6, ["STALE_VERSION"])]
)
def test_only_the_newest_version_is_obeyed(version, code):
    on = books(version=5, TRY=10_000)

    assert codes(answer(batch(intent(version=version), version=version), on)) == code


def test_another_lineage_is_stale():
    one = intent(lineage="ff")

    assert codes(answer(batch(one, lineage="ff"), books(TRY=10_000))) == ["STALE_VERSION"]


@pytest.mark.parametrize(("now_ns", "code"), [(99, []), (100, ["EXPIRED"]), (101, ["EXPIRED"])])
def test_a_batch_is_late_from_its_deadline_on(now_ns, code):
    wanted = batch(intent(), deadline_ns=100)

    assert codes(answer(wanted, books(TRY=10_000), now_ns=now_ns)) == code


def test_while_somebody_waits_to_compare_entries_wait_and_exits_go_on():
    assert codes(answer(batch(intent()), books(TRY=10_000), is_hushed=True)) == ["BUSY"]
    assert codes(answer(batch(intent(side=Side.SELL)), books(BTC=1), is_hushed=True)) == []


@pytest.mark.parametrize(
    "shut",
    [{"gate": replace(OPEN_GATE, latched=True)}, {"kill_file": True}],
)
def test_nothing_is_taken_while_killed(shut):
    assert codes(answer(batch(intent()), books(TRY=10_000), **shut)) == ["KILLED"]


def test_what_was_approved_before_a_kill_is_refused_after_the_resume():
    desk = replace(DESK, kill_epoch=1)

    assert codes(answer(batch(intent()), books(TRY=10_000), desk=desk)) == ["KILLED"]


@pytest.mark.parametrize("changed", [{"ready": False}, {"stopping": True}])
def test_nothing_is_taken_before_reconciliation_or_while_stopping(changed):
    gate = replace(OPEN_GATE, **changed)

    assert codes(answer(batch(intent()), books(TRY=10_000), gate=gate)) == ["BUSY"]


@pytest.mark.parametrize(("until_ms", "code"), [(1_001, []), (1_000, ["NO_PERMIT"])])
def test_nothing_is_taken_without_a_permit(until_ms, code):
    gate = replace(OPEN_GATE, permit_until_ms=until_ms)

    assert codes(answer(batch(intent()), books(TRY=10_000), gate=gate)) == code


def test_a_full_lane_is_busy_before_anything_is_written():
    on = books(TRY=10_000)

    found = answer(batch(intent(), intent(price="2999000", leg=1)), on, room=1)

    assert codes(found) == ["BUSY"]
    assert (len(found.sends), len(on.orders)) == (1, 1)


@pytest.mark.parametrize(
    ("level", "side", "code"),
    [
        (Level.ACTIVE, Side.BUY, []),
        (Level.REDUCE_ONLY, Side.BUY, ["LEVEL"]),
        (Level.REDUCE_ONLY, Side.SELL, []),
        (Level.PAUSED, Side.SELL, ["LEVEL"]),
        (Level.HALTED, Side.SELL, ["LEVEL"]),
    ],
)
@pytest.mark.parametrize(
    "scope", [(Scope.DESK, ""), (Scope.STRATEGY, "one"), (Scope.INSTRUMENT, "BTC_TRY")]
)
def test_every_scope_that_touches_a_leg_can_stop_it(scope, level, side, code):
    gate = replace(OPEN_GATE, levels={scope: level})

    assert codes(answer(batch(intent(side=side)), books(TRY=10_000, BTC="0.1"), gate=gate)) == code


def test_another_strategys_level_stops_nobody_else():
    gate = replace(OPEN_GATE, levels={(Scope.STRATEGY, "two"): Level.HALTED})

    assert codes(answer(batch(intent()), books(TRY=10_000), gate=gate)) == []


@pytest.mark.parametrize(
    ("free", "code"), [("3005.39", ["FUNDS"]), ("3005.4", []), ("3005.41", [])]
)
def test_a_buy_needs_its_whole_hold_free(free, code):
    assert codes(answer(batch(intent()), books(TRY=free))) == code


@pytest.mark.parametrize(("free", "code"), [("0.0009", ["FUNDS"]), ("0.001", []), ("0.0011", [])])
def test_a_sell_needs_what_it_sells(free, code):
    assert codes(answer(batch(intent(side=Side.SELL)), books(BTC=free))) == code


def test_the_second_leg_meets_what_the_first_left():
    on = books(TRY="6010.79")

    found = answer(batch(intent(), intent(leg=1)), on)

    assert (len(found.sends), codes(found)) == (1, ["FUNDS"])


def test_a_refused_leg_writes_nothing_and_disturbs_no_other():
    on = books(TRY=10_000)

    found = answer(batch(intent("5"), intent(leg=1)), on)

    assert (codes(found), len(found.writes), len(on.orders)) == (["LIMIT"], 1, 1)
    assert on.instrument("BTC_TRY").version == 1


@pytest.mark.parametrize(("side", "code"), [(Side.BUY, ["UNKNOWN_OPEN"]), (Side.SELL, [])])
def test_an_unknown_order_stops_entries_and_no_exit(side, code):
    on = books(TRY=10_000, BTC="0.1")
    first = answer(batch(intent()), on).sends[0].client_order_id
    tell(on, first, Seen(fact=Fact.LOST, code="ReadTimeout"))

    assert codes(answer(batch(intent(version=1, side=side), version=1), on)) == code


def test_taking_an_order_back_needs_no_version_and_no_permit():
    on = books(TRY=10_000)
    name = answer(batch(intent()), on).sends[0].client_order_id

    found = answer(batch(cancels=[name], deadline_ns=0), on, gate=Gate(), now_ns=10)

    assert found.ack.cancels == (name,)
    assert (on.orders[name].cancel_wanted, on.orders[name].cancel_reason) == (True, "STALE")


def test_taking_back_what_is_over_or_unknown_is_nothing():
    found = answer(batch(cancels=["t-nobody"]), books(TRY=10_000))

    assert (found.ack.cancels, found.writes) == ((), [])


def limit(on=None, wish=None, *, seen=None, **changed):
    """Return what the limit said, None when the order passed."""
    desk = replace(DESK, limits=replace(LIMITS, **changed))
    on = on or books(TRY=1_000_000)
    found = answer(batch(wish or intent()), on, desk=desk, view=seen or view())
    assert codes(found) in ([], ["LIMIT"])
    return found.refused[0].broken.observed if found.refused else None


@pytest.mark.parametrize(
    ("price", "stopped"), [("3030000", False), ("3030001", True), ("2969999", True)]
)
def test_the_collar_is_inclusive_and_two_sided(price, stopped):
    assert (limit(wish=intent(price=price), collar_bps=100) is not None) is stopped


def test_without_a_mid_the_collar_refuses():
    assert limit(seen=view(marks={}, holdings={"BTC": None})) == "collar: no mid"


@pytest.mark.parametrize(("age_ms", "stopped"), [(99, False), (100, False), (101, True)])
def test_an_old_mid_is_no_reference(age_ms, stopped):
    seen = view(marks={"BTC_TRY": Mark(Amount(3_000_000), 1_000 - age_ms)})

    assert (limit(seen=seen, quote_age_max_ms=100) is not None) is stopped


@pytest.mark.parametrize(("most", "stopped"), [(2_999, True), (3_000, False), (3_001, False)])
def test_the_size_of_an_order_is_limited(most, stopped):
    assert (limit(order_notional_max_try=Amount(most)) is not None) is stopped


@pytest.mark.parametrize(("most", "stopped"), [(5_999, True), (6_000, False)])
def test_holdings_at_mark_count_as_exposure(most, stopped):
    on = books(TRY=10_000, BTC="0.001")

    assert (limit(on, gross_max_try=Amount(most)) is not None) is stopped


def test_alive_buys_count_as_exposure_in_full_and_sells_relieve_nothing():
    on = books(TRY=20_000, BTC="0.002")
    answer(batch(intent(), intent(side=Side.SELL, leg=1)), on)

    assert limits.gross(on, view()) == 6_000 + 3_000


def test_a_sell_is_no_entry():
    on = books(TRY=10_000, BTC="0.1")

    assert limit(on, intent(side=Side.SELL), gross_max_try=Amount(0)) is None


def test_a_holding_without_a_mark_refuses_entries():
    on = books(TRY=10_000, ETH="1")

    assert (
        limit(on, seen=view(holdings={"BTC": MARK, "ETH": None})) == "gross: no mark for a holding"
    )


@pytest.mark.parametrize(("already", "stopped"), [(1, False), (2, True), (3, True)])
def test_the_pace_of_a_second_and_a_minute_is_limited(already, stopped):
    second = view(pace=limits.Pace(last_s=already, last_min=already))
    minute = view(pace=limits.Pace(last_s=0, last_min=already))

    assert (limit(seen=second, orders_per_s_max=2) is not None) is stopped
    assert (limit(seen=minute, orders_per_min_max=2) is not None) is stopped


def test_the_legs_of_one_batch_count_for_the_pace():
    desk = replace(DESK, limits=replace(LIMITS, orders_per_s_max=1))

    found = answer(batch(intent(), intent(leg=1)), books(TRY=10_000), desk=desk)

    assert (len(found.sends), codes(found)) == (1, ["LIMIT"])


@pytest.mark.parametrize(("most", "stopped"), [(5_999, True), (6_000, False)])
def test_the_value_of_a_day_is_limited(most, stopped):
    on = books(TRY=20_000)
    answer(batch(intent()), on)
    desk = replace(DESK, limits=replace(LIMITS, day_notional_max_try=Amount(most)))

    found = answer(batch(intent(version=1), version=1), on, desk=desk)

    assert bool(found.refused) is stopped


def test_yesterdays_value_does_not_count_today():
    on = books(TRY=20_000)
    answer(batch(intent()), on)

    assert limits.day_value(on, "2026-03-24") == 0


@pytest.mark.parametrize(
    ("rules", "wish", "seen"),
    [
        ({}, intent(), "RULES_UNKNOWN"),
        ({"BTC_TRY": replace(RULES, not_tradable="NOT_TRADING")}, intent(), "NOT_TRADING"),
        ({"BTC_TRY": RULES}, intent(price="3000000.5"), "PRICE_OFF_GRID"),
        ({"BTC_TRY": RULES}, intent("0.00003"), "MIN_NOTIONAL"),
    ],
)
def test_an_order_off_the_grid_is_refused_and_not_repaired(rules, wish, seen):
    assert limit(wish=wish, seen=view(rules=rules)).split()[0] == seen


def test_a_cap_of_zero_blocks():
    for cap in ("order_notional_max_try", "gross_max_try", "day_notional_max_try"):
        assert limit(**{cap: Amount(0)}) is not None
    assert limit(orders_per_s_max=0) is not None
    assert limit(orders_per_min_max=0) is not None


def test_what_is_sent_is_what_was_approved():
    one = intent("0.00123456", "2987654")

    send = answer(batch(one), books(TRY=10_000)).sends[0]

    assert (send.quantity, send.price, send.side) == (one.quantity, one.price, one.side)


def test_the_reason_of_an_order_is_kept_with_it():
    on = books(TRY=10_000)
    answer(batch(intent()), on)

    why = on.intent(intent().intent_id).why

    assert why["sizing"]["reason"] == "BECAUSE"
    assert list(why["verdict"]) == []
