"""The desk's day, what it earned, and how far below the top it is."""

import pytest

from actors.executor import day
from actors.executor.day import Mark
from messages.money import Amount
from store.rows import DayRow

MIDNIGHT_MS = 1_774_213_200_000  # 2026-03-23 00:00 in Istanbul, 21:00 UTC the day before


def row(**changed):
    given = {
        "day": "2026-03-22",
        "baseline": Amount(900),
        "realised": Amount(5),
        "fees": Amount(1),
        "flows": Amount(0),
        "equity": Amount(1_000),
        "peak": Amount(1_100),
    }
    return DayRow(**given | changed)


@pytest.mark.parametrize(
    ("at_ms", "said"),
    [(MIDNIGHT_MS - 1, "2026-03-22"), (MIDNIGHT_MS, "2026-03-23"), (MIDNIGHT_MS + 1, "2026-03-23")],
)
def test_a_day_begins_at_midnight_in_istanbul(at_ms, said):
    assert day.day_of(at_ms) == said


def test_a_new_day_starts_from_the_last_equity_with_nothing_earned():
    found = day.current(row(), "2026-03-24")

    assert (found.day, found.baseline, found.realised, found.fees) == ("2026-03-24", 1_000, 0, 0)
    assert found.peak == 1_100


def test_the_same_day_goes_on():
    assert day.current(row(), "2026-03-22") == row()


def test_a_clock_set_back_reopens_no_day():
    assert day.current(row(), "2026-03-21") == row()


def test_the_first_equity_of_all_is_the_baseline():
    found = day.with_equity(day.current(None, "2026-03-22"), Amount(700))

    assert (found.baseline, found.equity, found.peak) == (700, 700, 700)


@pytest.mark.parametrize(("equity", "peak"), [(1_099, 1_100), (1_100, 1_100), (1_101, 1_101)])
def test_the_peak_only_rises(equity, peak):
    assert day.with_equity(row(), Amount(equity)).peak == peak


@pytest.mark.parametrize(("equity", "profit"), [(904, 4), (905, 5), (906, 5)])
def test_the_days_profit_is_the_smaller_of_realised_and_gained(equity, profit):
    assert day.result(row(), Amount(equity)).day_pnl == profit


def test_a_deposit_is_no_profit():
    assert day.result(row(flows=Amount(50)), Amount(953)).day_pnl == 3


def test_drawdown_is_what_is_missing_to_the_peak():
    found = day.result(row(), Amount(990))

    assert (found.drawdown, found.drawdown_ratio) == (110, Amount("0.1"))


def test_an_unknown_equity_makes_everything_unknown():
    found = day.result(row(), None)

    assert (found.day_pnl, found.drawdown, found.drawdown_ratio) == (None, None, None)


def worth(mark, now_ms=50_000, **owned):
    amounts = {asset: Amount(value) for asset, value in owned.items()}
    return day.equity(amounts, quote="TRY", marks={"BTC": mark}, now_ms=now_ms)


@pytest.mark.parametrize(("heard_ms", "value"), [(20_001, 300), (20_000, 300), (19_999, None)])
def test_equity_needs_a_young_mark(heard_ms, value):
    assert worth(Mark(Amount(100), heard_ms), TRY=100, BTC=2) == value


def test_what_is_not_owned_needs_no_mark():
    assert worth(None, TRY=100) == 100


def test_what_was_never_marked_is_unknown():
    assert worth(None, TRY=100, BTC=1) is None


@pytest.mark.parametrize(("trip", "lost"), [(-1, 3), (0, 0), (1, 0)])
def test_a_streak_goes_on_with_a_loss_and_ends_with_a_win(trip, lost):
    remembered = day.streak_after("2026-03-22|2", "2026-03-22", Amount(trip))

    assert day.streak(remembered, "2026-03-22") == lost


def test_a_streak_ends_with_its_day():
    assert day.streak("2026-03-22|4", "2026-03-23") == 0
    assert day.streak(None, "2026-03-23") == 0
