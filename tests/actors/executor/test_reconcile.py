"""When books and venue can be compared, what differs, and what is certain."""

import pytest
from msgspec.structs import replace

from actors.executor import reconcile
from actors.executor.facts import Seen
from actors.executor.reconcile import Checked, Difference, Standing, compare
from actors.executor.reconciling import HIDDEN_SEEN_MIN, Reconciler, Stage
from actors.executor.settings import Asking
from actors.executor.states import Fact
from actors.executor.watching import Watching
from actors.venues.port import VenueBalance
from messages.money import Amount
from messages.orders import OrderState, Side
from tests.actors.executor.ledgers import NOW_MS, VENUE_ID, answer, books, filled, tell
from tests.actors.executor.wishes import batch, intent

ACK = Seen(fact=Fact.ACK, venue_order_id=VENUE_ID)


def row(asset, free=0, held=0, withdrawing=0, at_ms=None):
    return VenueBalance(
        asset=asset,
        free=Amount(free),
        held=Amount(held),
        withdrawing=Amount(withdrawing),
        at_ms=at_ms,
    )


def standing(on):
    version = on.instrument("BTC_TRY").version
    return Standing(asked_ms=0, versions={"BTC_TRY": version})


def found(on, *rows, before=None):
    checked = compare(on, rows, before or standing(on), now_ms=5)
    return [(one.asset, one.account, one.venue - one.books) for one in checked.differences]


def with_order(*facts):
    on = books(TRY=10_000)
    name = answer(batch(intent()), on).sends[0].client_order_id
    tell(on, name, *facts)
    return on, name


def test_equal_amounts_are_clean():
    on = books(TRY=10_000, BTC="0.1")

    assert compare(on, [row("TRY", 10_000), row("BTC", "0.1")], standing(on), now_ms=5).is_clean


@pytest.mark.parametrize("off", ["0.00000001", "-0.00000001"])
def test_the_last_digit_is_a_difference(off):
    on = books(TRY=10_000)

    assert ("TRY", "total", Amount(off)) in found(on, row("TRY", 10_000 + Amount(off)))


def test_an_asset_that_the_books_do_not_know_is_a_difference():
    assert ("ETH", "total", 1) in found(books(TRY=1), row("TRY", 1), row("ETH", 1))


def test_an_asset_that_the_venue_does_not_show_is_a_difference():
    assert ("BTC", "total", -1) in found(books(BTC=1))


def test_without_orders_free_and_held_must_agree_too():
    on = books(TRY=10_000)

    assert found(on, row("TRY", 9_000, held=1_000)) == [
        ("TRY", "held", 1_000),
        ("TRY", "free", -1_000),
    ]


def test_with_an_order_alive_only_the_total_counts():
    on, _ = with_order(ACK)

    assert found(on, row("TRY", 9_000, held=1_000)) == []
    assert found(on, row("TRY", 9_000, held=999)) == [("TRY", "total", -1)]


def test_an_order_that_ended_between_the_reads_makes_free_and_held_incomparable():
    on, name = with_order(ACK)
    before = standing(on)
    tell(on, name, Seen(fact=Fact.DONE, ended=OrderState.CANCELLED, venue_order_id=VENUE_ID))

    assert found(on, row("TRY", 9_000, held=1_000), before=before) == []


@pytest.mark.parametrize(
    "facts",
    [
        (),
        (Seen(fact=Fact.LOST),),
        (ACK, Seen(fact=Fact.OPEN, venue_order_id=VENUE_ID, filled=Amount("0.0004"))),
    ],
)
def test_what_an_unknown_or_incomplete_order_touches_cannot_be_compared(facts):
    on, _ = with_order(*facts)

    checked = compare(on, [row("TRY", 1)], standing(on), now_ms=5)

    assert (checked.differences, set(checked.unclear)) == ((), {"BTC", "TRY"})
    assert not checked.is_clean


def test_withdrawals_are_part_of_the_total():
    assert found(books(TRY=10), row("TRY", 4, withdrawing=6)) == [("TRY", "free", -6)]


def test_a_difference_names_every_instrument_of_its_asset():
    one = Difference(asset="TRY", account="total", books=Amount(1), venue=Amount("0.5"))

    told = reconcile.affected([one], ["BTC_TRY", "ETH_USDT", "USDT_TRY"])

    assert set(told) == {"BTC_TRY", "USDT_TRY"}
    assert told["BTC_TRY"] == "BOOKS_DIFFER: TRY total -0.5"


@pytest.mark.parametrize(("stamp", "stale"), [(99, True), (100, False), (None, False)])
def test_balances_from_before_the_newest_fill_are_stale(stamp, stale):
    assert reconcile.is_stale([row("TRY", at_ms=stamp)], 100) is stale


def checked(*differences, at_ms=0, unclear=(), hidden=()):
    return Checked(
        differences=differences,
        hidden=hidden,
        unclear=unclear,
        balances=(),
        asked_ms=at_ms,
        heard_ms=at_ms,
    )


ONE = Difference(asset="TRY", account="total", books=Amount(1), venue=Amount(2))


@pytest.mark.parametrize(("later_ms", "certain"), [(1_999, ()), (2_000, (ONE,))])
def test_a_difference_counts_when_it_shows_twice_far_enough_apart(later_ms, certain):
    course = Reconciler(Asking(twice_apart_ms=2_000))
    course.judge(checked(ONE))

    assert course.judge(checked(ONE, at_ms=later_ms)) == certain


def test_a_difference_that_goes_away_counts_for_nothing():
    course = Reconciler(Asking(twice_apart_ms=2_000))
    course.judge(checked(ONE))
    course.judge(checked(at_ms=1_000))

    assert course.judge(checked(ONE, at_ms=5_000)) == ()


def worse(by):
    """Return a difference that is *by* more than ONE."""
    return replace(ONE, venue=Amount(2 + by))


@pytest.mark.parametrize(("later_ms", "counts"), [(11_999, False), (12_000, True)])
def test_another_amount_is_another_difference_until_none_can_be_hidden_any_more(later_ms, counts):
    course = Reconciler(Asking(twice_apart_ms=2_000), hidden_ms=10_000)
    course.judge(checked(ONE))

    assert course.judge(checked(worse(1), at_ms=later_ms)) == ((worse(1),) if counts else ())


def test_a_difference_that_grows_with_every_look_counts_though_fills_would_explain_each():
    course = Reconciler(Asking(twice_apart_ms=2_000), hidden_ms=10_000)

    found = [
        bool(course.judge(checked(worse(look), at_ms=look * 3_000, hidden=(worse(look),))))
        for look in range(6)
    ]

    assert found == [False, False, False, False, True, True]


@pytest.mark.parametrize("by", [0, 1])
@pytest.mark.parametrize(("looks", "counts"), [(2, False), (4, False), (5, True)])
def test_a_few_looks_long_apart_may_each_have_met_the_hidden_fills_of_another_order(
    looks, counts, by
):
    course = Reconciler(Asking(twice_apart_ms=2_000), hidden_ms=10_000)

    found = [
        course.judge(checked(worse(look * by), at_ms=look * 60_000, hidden=(worse(look * by),)))
        for look in range(looks)
    ]

    assert bool(found[-1]) is counts


def test_differences_that_come_and_go_with_what_the_venue_does_not_show_yet_never_count():
    course = Reconciler(Asking(twice_apart_ms=2_000), hidden_ms=10_000)

    for look in range(100):
        seen = [worse(look)] if look % 3 else []
        assert course.judge(checked(*seen, at_ms=look * 3_000, hidden=tuple(seen))) == ()


def test_while_an_asset_cannot_be_compared_no_time_passes_for_its_difference():
    course = Reconciler(Asking(twice_apart_ms=2_000), hidden_ms=10_000)
    course.judge(checked(ONE))
    course.judge(checked(unclear=("TRY",), at_ms=60_000))

    early = course.judge(checked(worse(1), at_ms=71_999))
    course.judge(checked(unclear=("TRY",), at_ms=72_500))

    assert (early, course.judge(checked(worse(2), at_ms=73_000))) == ((), (worse(2),))


class Course:
    """A comparison under way, step by step."""

    def __init__(self):
        self.on = books(TRY=10)
        self.watching = Watching(["BTC_TRY"])
        self.course = Reconciler(Asking(twice_apart_ms=2_000))
        self.course.begin(self.on, ["BTC_TRY"], now_ms=0)

    def read(self, *rows, fills=0, newest_fill_ms=0, now_ms=1):
        request = self.course.request()
        self.course.asked()
        assert self.course.request() is None
        return self.course.heard(
            request.number, rows, fills=fills, newest_fill_ms=newest_fill_ms, now_ms=now_ms
        )

    def advance(self, now_ms, *, all_listed=True):
        self.course.advance(self.on, self.watching, all_listed=all_listed, now_ms=now_ms)

    def sweep(self, now_ms=2, **known):
        self.watching.swept("BTC_TRY", now_ms)
        self.advance(now_ms, **known)


def test_two_equal_reads_around_a_sweep_can_be_compared():
    one = Course()

    assert one.read(row("TRY", 10)) is None
    one.advance(1)
    assert one.course.stage is Stage.SWEEP
    one.sweep()
    assert one.read(row("TRY", 10)) is not None


@pytest.mark.parametrize(
    "second",
    [
        {"rows": [row("TRY", 11)]},
        {"rows": [row("TRY", 10)], "fills": 1},
        {"rows": [row("TRY", 10, at_ms=5)], "newest_fill_ms": 6},
    ],
)
def test_what_moved_in_between_begins_anew(second):
    one = Course()
    one.read(row("TRY", 10))
    one.sweep()
    rows = second.pop("rows")

    assert one.read(*rows, **second, now_ms=5) is None
    one.sweep(4)
    assert one.course.stage is Stage.SWEEP
    one.sweep(6)
    [again] = [replace(one, at_ms=9) for one in rows]
    before, balances = one.read(again, **second, now_ms=7)
    assert (before.asked_ms, balances) == (2, (again,))


def test_a_fill_booked_before_the_first_read_was_heard_is_in_both():
    one = Course()
    one.read(row("TRY", 10), fills=3)
    one.sweep()

    assert one.read(row("TRY", 10), fills=3) is not None


def test_the_second_read_waits_until_every_open_order_is_known():
    one = Course()
    one.read(row("TRY", 10))
    one.sweep(all_listed=False)

    assert one.course.request() is None
    one.sweep(all_listed=True)
    assert one.course.request() is not None


def test_a_wish_for_a_comparison_outlives_the_one_under_way():
    one = Course()
    one.course.want(1)
    one.read(row("TRY", 10))
    one.sweep()
    one.read(row("TRY", 10))

    assert one.course.is_due(1)


def test_a_move_from_free_to_held_is_no_move():
    one = Course()
    one.read(row("TRY", 10))
    one.sweep()

    assert one.read(row("TRY", 4, held=6)) is not None


def test_a_read_that_failed_is_asked_again():
    one = Course()
    request = one.course.request()
    one.course.asked()

    one.course.failed(request.number)

    assert one.course.request() == request


def test_an_answer_to_an_older_read_is_nothing():
    one = Course()

    assert one.course.heard(99, [row("TRY", 1)], fills=0, newest_fill_ms=0, now_ms=1) is None
    assert one.course.stage is Stage.FIRST


def test_a_fill_that_is_booked_keeps_the_books_equal():
    on, name = with_order(ACK)
    tell(on, name, filled(client_order_id=name))

    assert found(on, row("TRY", "8798.56"), row("BTC", "0.0004")) == []


def hidden(on, *rows, **given):
    given = {"fees_gross": Amount("0.0018"), "lately_ms": 0} | given
    checked = compare(on, rows, standing(on), now_ms=5, **given)
    return [(one.asset, one.account) for one in checked.hidden]


def test_what_a_fill_of_an_open_buy_would_move_may_be_hidden():
    on, _ = with_order(ACK)  # 0.001 BTC at 3,000,000

    assert hidden(on, row("TRY", "6994.6"), row("BTC", "0.001")) == [
        ("BTC", "total"),
        ("TRY", "total"),
    ]


@pytest.mark.parametrize(
    "rows",
    [
        (row("TRY", 10_000), row("BTC", "0.00100001")),  # more than it may still buy
        (row("TRY", "6994.59"),),  # more than it may cost
        (row("TRY", 10_001),),  # a buy brings no money
        (row("TRY", 10_000), row("ETH", 1)),  # none of its assets
    ],
)
def test_what_no_order_explains_is_not_hidden(rows):
    on, _ = with_order(ACK)

    assert hidden(on, *rows) == []


def test_what_a_fill_of_an_open_sell_would_move_may_be_hidden():
    on = books(BTC="0.001")
    name = answer(batch(intent(side=Side.SELL)), on).sends[0].client_order_id
    tell(on, name, ACK)

    assert hidden(on, row("TRY", 3_100), row("BTC", 0)) == [("BTC", "total"), ("TRY", "total")]
    assert hidden(on, row("BTC", "0.002")) == []


@pytest.mark.parametrize(("lately_ms", "found_"), [(NOW_MS, [("BTC", "total")]), (NOW_MS + 1, [])])
def test_an_order_that_ended_lately_may_have_fills_nobody_sees(lately_ms, found_):
    on, name = with_order(ACK)
    tell(on, name, Seen(fact=Fact.DONE, ended=OrderState.CANCELLED, venue_order_id=VENUE_ID))

    rows = row("TRY", 10_000), row("BTC", "0.0004")

    assert hidden(on, *rows, lately_ms=lately_ms) == [*found_, *[("BTC", "free")] * len(found_)]


@pytest.mark.parametrize(("later_ms", "certain"), [(9_999, ()), (10_000, (ONE,))])
def test_what_hidden_fills_explain_counts_once_none_can_be_hidden_any_more(later_ms, certain):
    course = Reconciler(Asking(twice_apart_ms=2_000), hidden_ms=10_000)
    for _ in range(HIDDEN_SEEN_MIN - 1):
        course.judge(checked(ONE, hidden=(ONE,)))

    assert course.judge(checked(ONE, at_ms=later_ms, hidden=(ONE,))) == certain


def test_the_same_amount_on_other_books_is_the_same_difference():
    course = Reconciler(Asking(twice_apart_ms=2_000))
    course.judge(checked(ONE))
    later = Difference(asset="TRY", account="total", books=Amount(5), venue=Amount(6))

    assert course.judge(checked(later, at_ms=2_000)) == (later,)
