"""What `paper` follows, and what the other modes do not."""

import pytest

from config.layers import SHIPPED
from config.load import DEFAULT, Overrides, load
from tests.config.test_load import faults, keys, live, write


def test_paper_follows_the_public_feed_of_its_venue(tmp_path):
    other = write(tmp_path, "extends = 'paper.toml'\n[venue]\nws_url = 'wss://other.example'")

    assert load(SHIPPED / "paper.toml").exchange.mirror.ws_url == "wss://ws-feed-pro.btcturk.com"
    assert load(other).exchange.mirror.ws_url == "wss://other.example"
    assert load(DEFAULT).exchange.mirror is None


@pytest.mark.parametrize(
    ("told", "followed"),
    [
        ("ws://127.0.0.1:9", "ws://127.0.0.1:9"),
        ("http://127.0.0.1:9", "ws://127.0.0.1:9"),
        ("https://feed.example/", "wss://feed.example/"),
    ],
)
def test_paper_follows_the_feed_that_an_option_names(told, followed):
    desk = load(SHIPPED / "paper.toml", overrides=Overrides(public_url=told))

    assert desk.exchange.mirror.ws_url == followed


def test_an_address_that_is_no_feed_is_told_with_its_option():
    (fault,) = faults(SHIPPED / "paper.toml", overrides=Overrides(public_url="here"))

    assert (fault.file, fault.key) == ("--public-url", "exchange.mirror.ws_url")


def test_only_paper_follows_a_public_feed():
    assert keys(DEFAULT, overrides=Overrides(public_url="ws://127.0.0.1:9")) == ["exchange.mirror"]


def test_a_book_is_asked_for_again_before_it_counts_as_silent(tmp_path):
    wrong = write(tmp_path, "extends = 'paper.toml'\n[exchange.mirror]\nsilence_max_ms = 2_000")

    assert keys(wrong) == ["exchange.mirror.silence_max_ms"]


# where live trades


HERE = "http://127.0.0.1:9"


def elsewhere(folder, text):
    path = live(folder)
    path.write_text(path.read_text() + text)
    return path


def test_live_at_another_address_wants_it_in_so_many_words(tmp_path):
    told = f'base_url = "{HERE}"\ngraph_url = "{HERE}"\nws_url = "ws://localhost:9/"\n'

    assert keys(elsewhere(tmp_path, told)) == ["venue.base_url", "venue.graph_url", "venue.ws_url"]
    desk = load(elsewhere(tmp_path, f"{told}other_address = true\n"))
    assert (desk.venue.base_url, desk.venue.ws_url) == (HERE, "ws://localhost:9/")


@pytest.mark.parametrize(
    "told",
    [
        'base_url = "http://10.0.0.1:9"',
        'base_url = "http://127.0.0.1.example"',
        'base_url = "ws://127.0.0.1"',
        'base_url = "127.0.0.1:9"',
        'base_url = "http://[::1"',
        'ws_url = "ws://feed.example"',
        'ws_url = "https://127.0.0.1"',
    ],
)
def test_live_speaks_plainly_to_this_host_alone(tmp_path, told):
    assert keys(elsewhere(tmp_path, f"{told}\nother_address = true\n")) == [
        f"venue.{told.split()[0]}"
    ]


def test_sim_and_paper_may_name_any_address(tmp_path):
    told = write(tmp_path, f"extends = 'sim.toml'\n[venue]\nbase_url = '{HERE}'\n")

    assert load(told).venue.base_url == HERE
