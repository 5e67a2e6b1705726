"""Which strategies the configuration may name."""

import pytest

from actors.strategy.settings import Settings
from actors.strategy.strategies.ma_cross import MaCross, MaCrossRun
from actors.strategy.strategies.mean_reversion import MeanReversion, MeanReversionRun
from actors.strategy.strategies.registry import STRATEGIES, strategy
from config.convert import Reader
from config.layers import Layers
from tests.actors.strategy.sights import BTC


def run(name, **given):
    return MeanReversionRun(name=name, instruments=(BTC,), **given)


def read(*runs):
    """Return what the configuration makes of these tables: settings, or its faults as text."""
    layers = Layers("some.toml")
    layers.lay({"strategy": {"run": list(runs)}}, said_by="some.toml")
    reader = Reader(layers)
    found = reader.struct(layers.table["strategy"], Settings, "strategy")
    return found if not reader.faults else [str(fault) for fault in reader.faults]


def test_runs_that_are_switched_off_do_not_run():
    own = Settings(run=(run("one"), run("two", enabled=False), run("three")))

    assert [it.name for it in own.enabled] == ["one", "three"]


def test_a_name_stands_for_one_run():
    with pytest.raises(ValueError, match=r"^run .*twice two$"):
        Settings(run=(run("one"), run("two"), run("two")))


def test_each_kind_has_its_strategy():
    assert isinstance(strategy(run("one")), MeanReversion)
    assert isinstance(strategy(MaCrossRun(name="two", instruments=(BTC,))), MaCross)
    assert len(STRATEGIES) == 2


def test_the_kind_in_the_file_chooses_the_numbers():
    found = read(
        {"kind": "ma_cross", "name": "two", "instruments": [BTC], "sample_s": 1},
        {"kind": "mean_reversion", "name": "one", "instruments": [BTC], "anchor_price": "3000000"},
    )

    assert [type(it) for it in found.run] == [MaCrossRun, MeanReversionRun]
    assert found.run[0].sample_s == 1


def test_every_fault_of_every_run_is_told_at_once():
    faults = read(
        {"kind": "ma_crss", "name": "two", "instruments": [BTC]},
        {"kind": "ma_cross", "name": "Two!", "instruments": [], "fst": 3, "order_try": 0.5},
    )

    told = "\n".join(faults)
    for key in (
        "run[0].kind",
        "run[1].name",
        "run[1].instruments",
        "run[1].fst",
        "run[1].order_try",
    ):
        assert key in told
