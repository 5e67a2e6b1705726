"""Which numbers this room takes."""

import pytest

from actors.market_data.settings import Settings
from messages.money import Amount


@pytest.mark.parametrize("share", ["0", "0.5", "1"])
def test_a_share_is_between_nothing_and_all(share):
    assert Settings(stale_share_max_ratio=Amount(share))


@pytest.mark.parametrize("share", ["-0.1", "1.01", "NaN", "Infinity"])
def test_any_other_share_is_refused_by_its_name(share):
    with pytest.raises(ValueError, match=r"^stale_share_max_ratio "):
        Settings(stale_share_max_ratio=Amount(share))


@pytest.mark.parametrize(("sample_ms", "fits"), [(1_000, True), (999, False)])
def test_the_median_keeps_a_bounded_number_of_samples(sample_ms, fits):
    if fits:
        Settings(median_window_s=3_600, median_sample_ms=sample_ms)
    else:
        with pytest.raises(ValueError, match=r"^median_sample_ms "):
            Settings(median_window_s=3_600, median_sample_ms=sample_ms)
