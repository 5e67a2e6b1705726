"""Which numbers the allocator takes and which it refuses."""

from decimal import Decimal

import pytest

from messages.fees import Fees
from tests.actors.allocator.builders import settings


@pytest.mark.parametrize(
    "name", ["cash_target_try", "position_max_try", "pass_max_try", "order_max_try", "cap_try"]
)
def test_an_amount_below_zero_is_refused_by_name(name):
    with pytest.raises(ValueError, match=name):
        settings(**{name: -1})


def test_zero_is_a_cap_of_zero():
    assert settings(order_max_try=0).order_max_try == 0


@pytest.mark.parametrize(("mode", "missing"), [("fraction", "fraction_ratio"), ("cap", "cap_try")])
def test_a_mode_without_its_number_is_refused(mode, missing):
    with pytest.raises(ValueError, match=missing):
        settings(mode=mode)


def test_the_larger_of_buffer_and_taker_rate_is_set_aside():
    dear = Fees(taker_bps=Decimal(50), vat_ratio=Decimal("0.2"))

    assert settings().fee_buffer == Decimal("0.0020")  # 20 bps against 15 bps and their tax
    assert settings(fees=dear).fee_buffer == Decimal("0.0060")
