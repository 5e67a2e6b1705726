"""How instruments are spelled."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.venues.btcturk.symbols import Symbols, SymbolUnreadable, canonical, close_names

KNOWN = {"BTCTRY": "BTC_TRY", "USDTTRY": "USDT_TRY", "ODDTRYBTC": "ODDTRY_BTC"}


@pytest.mark.parametrize(
    ("said", "instrument"),
    [
        ("BTC_TRY", "BTC_TRY"),
        (" btc-try ", "BTC_TRY"),
        ("btc/try", "BTC_TRY"),
        ("btc try", "BTC_TRY"),
        ("BTCTRY", "BTC_TRY"),
        ("oddtrybtc", "ODDTRY_BTC"),
        ("ETHTRY", "ETH_TRY"),
        ("BTCUSDT", "BTC_USDT"),
        ("USDCTRY", "USDC_TRY"),
        ("USDTUSDC", "USDT_USDC"),
        ("ETHBTC", "ETH_BTC"),
    ],
)
def test_every_spelling_of_an_instrument_is_read(said, instrument):
    assert canonical(said, KNOWN) == instrument


@pytest.mark.parametrize("said", ["", "TRY", "BTC", "_TRY", "BTC_", "A_B_C", "BTCEUR", "BTÇ_TRY"])
def test_what_is_no_instrument_is_refused(said):
    with pytest.raises(SymbolUnreadable):
        canonical(said, KNOWN)


parts = st.text(st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"), min_size=1, max_size=8)


@given(st.lists(st.tuples(parts, parts), min_size=1, max_size=30))
def test_the_pair_of_formatters_round_trips_for_every_row_of_the_table(rows):
    by_symbol = {f"{base}{quote}": f"{base}_{quote}" for base, quote in rows}
    symbols = Symbols({name: symbol for symbol, name in by_symbol.items()})

    for symbol, name in by_symbol.items():
        assert symbols.venue(name) == symbol
        assert symbols.ours(symbol) == name


def test_without_a_table_the_joined_form_is_used():
    assert Symbols().venue("BTC_TRY") == "BTCTRY"
    assert Symbols().ours("BTCTRY") == "BTC_TRY"


def test_up_to_three_close_names_are_offered():
    assert (
        close_names("BCT_TRY", ["BTC_TRY", "ETH_TRY", "SOL_TRY", "DOGE_TRY", "X_Y"])[0] == "BTC_TRY"
    )
    assert len(close_names("BTC_TRY", [f"BTC{n}_TRY" for n in range(9)])) == 3
