"""Metal inside a mixed conductor: its onset is the cell's, its balance closes, and what follows is an assumption."""

from __future__ import annotations

import numpy as np
import pytest

import mgtwin as mt
from mgtwin.analysis import Deposit, deposit_growth, internal_deposition

from .test_internal_deposition import CRITICAL, DIFFUSIVITY, IONIC, LENGTH, STORAGE, blocked

LONG = 20 * LENGTH**2 / DIFFUSIVITY


@pytest.mark.parametrize("ratio", [10.0, -1.5])
def test_onset_balance_and_end(ratio: float) -> None:
    """t_on of the series within the width of a volume; Mg to 1e-10; c L (iL/2 sigma) of it in the end."""
    growth = deposit_growth(blocked(), ratio * CRITICAL, LONG)
    assert growth.onset == pytest.approx(internal_deposition(blocked(), ratio * CRITICAL).time, rel=5e-3)
    assert growth.imbalance < 1e-10
    assert growth.deposited[growth.time < growth.onset].max() == 0
    ends = STORAGE * LENGTH * abs(ratio) * CRITICAL * LENGTH / IONIC / 2
    assert growth.deposited[-1] == pytest.approx(ends, rel=1e-3)


def test_without_a_rate_it_is_the_cell_without_metal() -> None:
    growth = deposit_growth(blocked(), -2 * CRITICAL, LONG, Deposit(rate=1e-30))
    assert growth.lowest[-1] == pytest.approx(internal_deposition(blocked(), -2 * CRITICAL).lowest, rel=1e-4)
    assert growth.deposited[-1] < 1e-20
    np.testing.assert_allclose(growth.conductance, growth.conductance[0], rtol=1e-12)


def test_below_the_critical_current_nothing_grows() -> None:
    growth = deposit_growth(blocked(), -0.99 * CRITICAL, LONG)
    assert (
        np.isinf(growth.onset) and growth.deposited[-1] == 0 and growth.lowest[-1] == pytest.approx(-0.0495, rel=1e-4)
    )
    assert str(growth).startswith("no metal nucleates in mixed")


def test_it_says_what_is_assumed_and_where_it_is_not_known() -> None:
    growth = deposit_growth(blocked(), -2 * CRITICAL, LONG / 20)
    assert "assumed: rate s_0 = 1e6 A/m^3" in str(growth) and len(growth.assumed) == 3
    open_ = blocked().with_({"layers": blocked().layers[1:], "negative.electronic_resistance": 0.0})
    with pytest.raises(mt.InputError, match="mixed is graded or passes electrons at negative"):
        deposit_growth(open_, "-1 A/m^2", "1 h")
    for wrong in (Deposit, lambda **bad: deposit_growth(blocked(), 1.0, -1.0)):
        with pytest.raises(mt.InputError, match="must be"):
            wrong(threshold=2.0)
