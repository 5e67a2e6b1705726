"""Which desk the files describe, and what each mode insists on."""

import re
from decimal import Decimal

import pytest

from config.faults import ConfigError
from config.layers import SHIPPED
from config.load import DEFAULT, Overrides, load

RUNNING = ["sim", "fast", "chaos", "paper"]
COMMENTED = re.compile(r"^#([a-z_]+ = )", re.M)
ARMED = {"LIVE_TRADING": "true", "LIVE_TRADING_ACK": "I_UNDERSTAND"}


def write(folder, text, name="desk.toml"):
    path = folder / name
    path.write_text(text)
    return path


def over_sim(folder, text):
    return write(folder, f"extends = 'sim.toml'\n{text}")


def faults(path, **how):
    with pytest.raises(ConfigError) as caught:
        load(path, **how)
    return caught.value.faults


def keys(path, **how):
    return [fault.key for fault in faults(path, **how)]


def live(folder, drop=None):
    """The template with every number written down, but that of the key *drop*."""
    text = COMMENTED.sub(r"\1", (SHIPPED / "live.toml").read_text())
    if drop:
        text, dropped = re.subn(rf"^{drop} = .*\n", "", text, flags=re.M)
        assert dropped
    return write(folder, text)


@pytest.mark.parametrize("name", RUNNING)
def test_shipped_file_is_without_fault(name):
    desk = load(SHIPPED / f"{name}.toml")

    assert desk.desk.mode in ("sim", "paper")
    assert re.fullmatch("[0-9a-f]{16}", desk.hash)


def test_each_shipped_desk_has_a_prefix_of_its_own():
    prefixes = {load(SHIPPED / f"{name}.toml").desk.prefix for name in RUNNING}

    assert len(prefixes) == len(RUNNING)


def test_both_strategies_run_in_file_order():
    assert load().desk.strategies == ("mean_reversion", "ma_cross")


def test_fees_are_said_once_and_told_to_all_who_reckon_with_them(tmp_path):
    path = over_sim(tmp_path, "[fees]\ntaker_bps = '7.5'\nmaker_bps = 3\n")

    desk = load(path)

    told = {one.fees.taker_bps for one in (desk.allocator, desk.risk_gate, desk.executor)}
    assert told == {Decimal("7.5")} == {desk.exchange.fees.taker_bps}
    assert desk.exchange.fees.maker_bps == 3


def test_fees_said_to_one_room_alone_are_a_fault(tmp_path):
    assert keys(over_sim(tmp_path, "[executor.fees]\ntaker_bps = 1\n")) == ["executor.fees"]


def test_first_strategy_that_lists_an_instrument_adopts_what_was_held(tmp_path):
    run = "[[strategy.run]]\nkind = 'ma_cross'\nname = '{}'\ninstruments = {}\n"
    runs = run.format("b", ["BTC_TRY"]) + run.format("a", ["BTC_TRY", "ETH_TRY"])

    desk = load(over_sim(tmp_path, runs))

    assert desk.executor.adopt == {"BTC_TRY": "b", "ETH_TRY": "a"}


def test_nothing_is_adopted_where_the_file_says_no(tmp_path):
    assert load(over_sim(tmp_path, "[desk]\nadopt_holdings = false\n")).executor.adopt == {}


def test_venue_file_lies_below_what_the_file_says(tmp_path):
    desk = load(over_sim(tmp_path, "[venue]\nread_timeout_ms = 1234\n"))

    assert desk.venue.read_timeout_ms == 1234
    assert {one.message for one in desk.venue.definite_rejects} >= {"BALANCE_NOT_ENOUGH"}
    assert all(one.source for one in desk.venue.definite_rejects)


def test_answers_that_prove_nothing_are_no_definite_rejects():
    messages = {one.message for one in load().venue.definite_rejects}

    assert not messages & {"INTERNAL_ERROR", "FAILED_SET_ORDER_UNEXPECTED"}


# The command line


def test_options_lie_over_the_file(tmp_path):
    market = write(tmp_path, "", "bars.csv")

    desk = load(overrides=Overrides(market=str(market), speed="2500.5", seed=7))

    assert desk.exchange.market == str(market)
    assert (desk.exchange.speed, desk.exchange.seed) == (Decimal("2500.5"), 7)


@pytest.mark.parametrize(
    ("overrides", "option", "key"),
    [
        (Overrides(market="gone.csv"), "--market", "exchange.market"),
        (Overrides(market="."), "--market", "exchange.market"),
        (Overrides(speed="fast"), "--speed", "exchange.speed"),
        (Overrides(speed="0"), "--speed", "exchange.speed"),
        (Overrides(speed="-1"), "--speed", "exchange.speed"),
        (Overrides(speed="NaN"), "--speed", "exchange.speed"),
        (Overrides(seed=-1), "--seed", "exchange.seed"),
    ],
)
def test_fault_of_an_option_names_the_option(overrides, option, key):
    (fault,) = faults(DEFAULT, overrides=overrides)

    assert (fault.file, fault.key) == (option, key)


def test_each_faulty_option_is_told():
    overrides = Overrides(market="gone.csv", speed="fast", seed=-1)

    found = {fault.file for fault in faults(DEFAULT, overrides=overrides)}

    assert found == {"--market", "--speed", "--seed"}


def test_paper_takes_no_market_file(tmp_path):
    market = write(tmp_path, "", "bars.csv")

    found = keys(SHIPPED / "paper.toml", overrides=Overrides(market=str(market)))

    assert found == ["exchange.market"]


# Faults


def test_all_faults_of_all_sections_come_at_once(tmp_path):
    path = over_sim(
        tmp_path,
        "colour = 'red'\n"
        "[desk]\nprefix = 'Too Long A Prefix'\n"
        "[risk_gate]\ncooldwn_ms = 5\nposition_max_try = 0.5\n"
        "[executor.limits]\ncollar_bps = 99_999\n"
        "[exchange]\nspeed = 0\n",
    )

    assert keys(path) == [
        "colour",
        "desk.prefix",
        "risk_gate.cooldwn_ms",
        "risk_gate.position_max_try",
        "executor.limits.collar_bps",
        "exchange.speed",
    ]


def test_fault_is_one_line_with_file_key_found_and_expected(tmp_path):
    (fault,) = faults(over_sim(tmp_path, "[risk_gate]\ncooldwn_ms = 5\n"))

    assert "\n" not in str(fault)
    assert fault.file.endswith("desk.toml")
    assert str(fault).endswith(
        "desk.toml: risk_gate.cooldwn_ms: found an unknown key, "
        "expected no such key; is it cooldown_ms?"
    )


def test_fault_in_an_extended_file_names_that_file(tmp_path):
    write(tmp_path, "extends = 'sim.toml'\n[runtime]\nhang_s = 1\n", "below.toml")

    (fault,) = faults(write(tmp_path, "extends = 'below.toml'\n"))

    assert fault.file.endswith("below.toml")


def test_empty_file_lacks_mode_and_every_number_without_default(tmp_path):
    found = keys(write(tmp_path, ""))

    assert {"mode", "venue.kind"} <= set(found[:2])
    assert {"desk.prefix", "fees.taker_bps", "strategy.run", "executor.limits"} < set(found)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("mode = 'demo'", "mode"),
        ("[desk]\ninstruments = []", "desk.instruments"),
        ("[desk]\ninstruments = ['btc_try']", "desk.instruments[0]"),
        ("[desk]\ninstruments = 'BTC_TRY'", "desk.instruments"),
        ("[exchange]\nrate = 0", "exchange.rate"),
        ("[exchange]\nspeed = 1.5", "exchange.speed"),
        ("[executor]\nadopt = {BTC_TRY = 'x'}", "executor.adopt"),
        ("[executor]\nnot_armed = 'x'", "executor.not_armed"),
        ("[risk_gate.strategy.momentum]\norders_max = 1", "risk_gate.strategy.momentum"),
        ("[risk_gate.instrument.XRP_TRY]\norders_max = 1", "risk_gate.instrument.XRP_TRY"),
        ("[risk_gate]\ncash_target_try = '-1'", "risk_gate.cash_target_try"),
        ("[venue]\nkind = 5", "venue.kind"),
    ],
)
def test_one_fault_is_told_once(tmp_path, text, key):
    assert keys(over_sim(tmp_path, f"{text}\n")) == [key]


def test_instrument_twice_is_a_fault(tmp_path):
    twice = "[desk]\ninstruments = ['BTC_TRY', 'ETH_TRY', 'SOL_TRY', 'BTC_TRY']\n"

    (fault,) = faults(over_sim(tmp_path, twice))

    assert (fault.key, fault.found) == ("desk.instruments", "BTC_TRY 2 times")


def test_strategy_on_an_instrument_the_desk_does_not_trade_is_a_fault(tmp_path):
    (fault,) = faults(over_sim(tmp_path, "[desk]\ninstruments = ['BTC_TRY', 'ETH_TRY']\n"))[:1]

    assert (fault.key, fault.found) == ("strategy.run[0].instruments", "SOL_TRY")


def test_instrument_the_exchange_does_not_list_is_a_fault(tmp_path):
    found = keys(over_sim(tmp_path, "[exchange]\ninstruments = ['BTC_TRY', 'ETH_TRY']\n"))

    assert found == ["desk.instruments"]


def test_desk_whose_strategies_are_all_off_is_a_fault(tmp_path):
    run = "[[strategy.run]]\nkind = 'ma_cross'\nname = 'a'\ninstruments = ['BTC_TRY']\n"

    assert keys(over_sim(tmp_path, f"{run}enabled = false\n")) == ["strategy.run"]


@pytest.mark.parametrize("kind", ["'nowhere'", "'../sim'", "5", "''"])
def test_unknown_venue_is_a_fault_that_names_those_there_are(tmp_path, kind):
    (fault,) = faults(over_sim(tmp_path, f"[venue]\nkind = {kind}\n"))

    assert (fault.key, fault.expected) == ("venue.kind", "one of btcturk")


def test_venue_file_beside_the_file_comes_before_the_shipped_one(tmp_path):
    (tmp_path / "venues").mkdir()
    write(tmp_path, "read_timeout_ms = 77\n", "venues/btcturk.toml")

    desk = load(over_sim(tmp_path, ""))

    assert (desk.venue.read_timeout_ms, desk.venue.definite_rejects) == (77, ())


# live


def test_template_for_live_does_not_start_and_names_each_missing_limit():
    commented = COMMENTED.findall((SHIPPED / "live.toml").read_text())

    found = keys(SHIPPED / "live.toml")

    assert sorted(f"{key.split('.')[-1]} = " for key in found) == sorted(commented)


def test_template_with_every_number_written_down_is_without_fault(tmp_path):
    desk = load(live(tmp_path))

    assert (desk.desk.mode, desk.exchange, desk.executor.dry_run) == ("live", None, True)


@pytest.mark.parametrize(
    "limit",
    [
        "daily_loss_max_try",
        "drawdown_max_ratio",
        "collar_median_bps",
        "loss_valuations",
        "spread_max_bps",
        "audit_lag_max_ms",
        "day_notional_max_try",
        "pass_max_try",
        "taker_bps",
        "on_absent",
        "adopt_holdings",
    ],
)
def test_limit_that_live_does_not_write_down_is_a_fault(tmp_path, limit):
    found = keys(live(tmp_path, drop=limit))

    assert {key.split(".")[-1] for key in found} == {limit}


def test_cap_that_is_off_may_be_absent_in_live(tmp_path):
    desk = load(live(tmp_path))

    assert (desk.risk_gate.min_profit, desk.risk_gate.capital) == (None, None)
    assert desk.risk_gate.strategy == {}


def test_live_has_no_simulated_exchange(tmp_path):
    path = live(tmp_path)
    path.write_text(path.read_text() + "\n[exchange]\nseed = 5\n")

    assert keys(path) == ["exchange"]
    assert keys(live(tmp_path), overrides=Overrides(seed=5)) == ["exchange"]


@pytest.mark.parametrize(
    ("environ", "shut"), [({}, "LIVE_TRADING"), (ARMED, None), ({**ARMED, "X": "1"}, None)]
)
def test_live_is_armed_by_the_environment_alone(tmp_path, environ, shut):
    assert load(live(tmp_path), environ=environ).executor.not_armed == shut


def test_sim_needs_no_arming():
    assert load(environ={}).executor.not_armed is None


# The hash


def test_hash_is_that_of_the_numbers_and_not_of_how_they_are_written(tmp_path):
    same = over_sim(tmp_path, "[risk_gate]\nposition_max_try = '10000.00'\n")

    assert load(same).hash == load().hash


@pytest.mark.parametrize(
    "change",
    [
        "[risk_gate]\nposition_max_try = 5001\n",
        "[executor.limits]\ncollar_bps = 499\n",
        "[exchange]\nseed = 2\n",
        "[desk]\nadopt_holdings = false\n",
        "[venue]\nread_timeout_ms = 1\n",
    ],
)
def test_hash_changes_with_any_number(tmp_path, change):
    assert load(over_sim(tmp_path, change)).hash != load().hash


def test_hash_does_not_know_whether_the_desk_is_armed(tmp_path):
    path = live(tmp_path)

    assert load(path, environ=ARMED).hash == load(path).hash
