"""Which strategies there are: a kind in the configuration, and the class that is that kind.

A new strategy is a file in this folder, its settings in `Run` and one case in `make`.
"""

from actors.strategy.interface import Strategy
from actors.strategy.strategies import ma_cross, mean_reversion

Run = mean_reversion.MeanReversion | ma_cross.MaCross


def make(run: Run) -> Strategy:
    """Return a fresh strategy that runs as *run* says."""
    match run:
        case mean_reversion.MeanReversion():
            return mean_reversion.Strategy(run)
        case ma_cross.MaCross():
            return ma_cross.Strategy(run)
