"""Which strategies are there? A new one stands in a file beside this one and in two lines here."""

from collections.abc import Callable
from typing import Any

from actors.strategy.interface import Run, Strategy
from actors.strategy.strategies.ma_cross import MaCross, MaCrossRun
from actors.strategy.strategies.mean_reversion import MeanReversion, MeanReversionRun

AnyRun = MeanReversionRun | MaCrossRun  # what `kind` in the configuration may choose

STRATEGIES: dict[type[Run], Callable[[Any], Strategy]] = {
    MeanReversionRun: MeanReversion,
    MaCrossRun: MaCross,
}


def strategy(run: Run) -> Strategy:
    """Return the strategy that *run* configures. Raises KeyError for one that is not listed."""
    return STRATEGIES[type(run)](run)
