"""The venue's minutes become a market file that a desk can play."""

import gzip
import json
from decimal import Decimal

from actors.venues.simulated.listing import LISTINGS
from actors.venues.simulated.recording import load
from tests.actors.venues.recorded import raw
from tests.actors.venues.scripted import Scripted, answer
from tests.actors.venues.served import serving
from tests.scripts.commands import here

D = Decimal
MINUTES = raw("kline_history.json")
NOW = json.dumps({"serverTime": 1_774_252_830_000}).encode()  # the last minute is still forming

ENDS = b"Connection: close\r\n"  # candles are asked on a connection of their own


def test_closed_minutes_become_a_file_that_plays(tmp_path):
    file = tmp_path / "bars.csv.gz"
    scripts = answer(raw("exchangeinfo.json")), answer(NOW, extra=ENDS), answer(MINUTES)
    with Scripted(*scripts) as venue:
        done = here("candles", "BTC_TRY", str(file), "--hours", "1", "--at", venue.url)

    assert (done.code, done.out) == (0, f"{file}: 5 minutes of BTC_TRY\n")
    lines = gzip.decompress(file.read_bytes()).decode().splitlines()
    assert lines[-1].startswith("1774252740000,3036000,3036772,3035860,3036622,")
    assert load(file, LISTINGS["BTC_TRY"], D(1)).length_ms == 300_000 + 59_000


def test_an_instrument_that_is_not_listed_is_told_with_one_that_is(tmp_path):
    with Scripted(answer(raw("exchangeinfo.json"))) as venue:
        done = here("candles", "BTC_TRI", str(tmp_path / "bars.csv"), "--at", venue.url)

    assert done.code == 2
    assert "BTC_TRY" in done.err
    assert not (tmp_path / "bars.csv").exists()


def test_a_young_exchange_has_no_closed_minute_yet(tmp_path):
    file = tmp_path / "bars.csv"
    with serving(tmp_path / "exchange") as exchange:
        done = here("candles", "BTC_TRY", str(file), "--hours", "1", "--at", exchange.url)

    assert done.code == 1
    assert "no minute of BTC_TRY" in done.err


def test_a_venue_that_does_not_answer_is_told(tmp_path):
    done = here("candles", "BTC_TRY", str(tmp_path / "bars.csv"), "--at", "http://127.0.0.1:9")

    assert done.code == 75
    assert "127.0.0.1:9" in done.err
