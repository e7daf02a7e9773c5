"""Rate tests of full cells: against the closed form of a cell that is never away from equilibrium, and bad input."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import pytest

import mgtwin as mt
from mgtwin.dataset import transient
from mgtwin.kinds.numbers import FARADAY, GAS_CONSTANT
from mgtwin.protocols import from_yaml

SITES = ((0.5, 1.25, 4.0), (0.5, 0.95, 5.0))
#: Series resistance [ohm m2] of which the whole polarization of the cell consists.
RESISTANCE = 5e-3
LOW, HIGH = 0.7, 1.6
RATES = (0.1, 5.0)
TEST = mt.RateTest(["C/10", 5], (LOW, HIGH))


def cell() -> mt.Cell:
    """Fast everything but one resistance: at every moment V = U(y) - iR."""
    host = mt.Insertion(mt.Sites(SITES), 1e3, 1e-11, 1e-6, 1.43e4, 0.5, 2e-5, 1e6, 1e6, filling=0.05, double_layer=0.1)
    layer = mt.Layer("ions", mt.IonConductor(1e4), 1e-4)
    return mt.Cell("ohmic", mt.Plating(1e4), [layer], host, area=1e-4, series_resistance=RESISTANCE)


@lru_cache(maxsize=1)
def run() -> Any:
    return mt.simulate(cell(), TEST)


def filling(potential: np.ndarray | float) -> np.ndarray:
    """y(U), explicit for sites."""
    f = 2 * FARADAY / (GAS_CONSTANT * 298.15)
    return np.sum([share / (1 + np.exp(f * (np.asarray(potential) - U) / width)) for share, U, width in SITES], axis=0)


def test_capacity_and_energy_of_an_ohmic_cell() -> None:
    """Q = Q_0 [y(V_low + iR) - y(V_high - i_c R)], and the energy is the integral of U - iR over it."""
    host = cell().positive
    full = float(host.capacity)  # C/m2
    found = mt.analysis.rate_summary(run())
    assert found["rate"].values == pytest.approx(RATES, rel=1e-12)
    charging = full / 3600 * min(RATES)
    for k, rate in enumerate(RATES):
        current = full / 3600 * rate
        first, last = (float(filling(U)) for U in (HIGH - charging * RESISTANCE, LOW + current * RESISTANCE))
        capacity = full * (last - first)
        assert float(found["capacity"][k]) == pytest.approx(capacity * 1e-4, rel=5e-4)  # its particles lag
        y = np.linspace(first, last, 4001)
        mean = float(np.trapezoid(host.potential(y, 298.15), y) / (last - first))
        given, taken = mean - current * RESISTANCE, mean + charging * RESISTANCE
        # a millivolt of kinetics and of particles that lag, and straight lines between 200 samples of a curved U
        assert float(found["energy"][k]) == pytest.approx(given * capacity * 1e-4, rel=2e-3)
        assert float(found["energy_efficiency"][k]) == pytest.approx(given / taken, rel=2e-3)
    # each charge ends where the one before the discharge ended: what has gone in has come out
    assert found["coulombic_efficiency"].values == pytest.approx(np.ones(2), abs=1e-6)
    capability = float(found["capacity"][1] / found["capacity"][0])
    assert mt.analysis.rate_capability(run()) == pytest.approx(capability, rel=1e-12)
    assert mt.analysis.rate_capability(run(), "5C") == mt.analysis.rate_capability(run())
    with pytest.raises(mt.InputError, match=r"no discharge at 3C; there are 0\.1, 5"):
        mt.analysis.rate_capability(run(), "3C")


def test_metrics_of_one_discharge_say_which() -> None:
    with pytest.raises(mt.InputError, match="discharged in cycles 1 to 2"):
        mt.analysis.utilisation(run())
    with pytest.raises(mt.InputError, match="not discharged in cycle 0"):
        mt.analysis.energy_density(run(), cycle=0)
    found = mt.analysis.rate_summary(run())
    for k in range(2):
        assert float(mt.analysis.delivered_capacity(run(), cycle=k + 1)) == pytest.approx(float(found["capacity"][k]))
        assert float(mt.analysis.delivered_energy(run(), k + 1)) == pytest.approx(float(found["energy"][k]), rel=1e-3)


def test_a_study_over_rate_tests() -> None:
    """A point of a study is what it is alone; thicker electrodes ask more current of the same resistance."""
    brief = mt.RateTest(["1C", "5C"], (LOW, HIGH), points=4)
    found = mt.sweep(cell(), brief, {"positive.thickness": [1e-5, 4e-5]}, [mt.analysis.rate_capability])
    thin, thick = found["rate_capability"].values
    alone = mt.analysis.rate_capability(mt.simulate(cell().with_({"positive.thickness": 4e-5}), brief))
    assert thick == pytest.approx(alone, rel=1e-4) and thick < thin < 1


def test_a_measured_rate_test_and_what_it_lacks() -> None:
    time, current = [0, 3600, 3600, 5400, 5400, 6300], [-1e-3, -1e-3, 2e-3, 2e-3, -2e-3, -2e-3]
    data = transient(time, [1.2, 0.6, 1.0, 1.6, 1.1, 0.8], current, cycle=[1, 1, 1, 1, 2, 2])
    found = mt.analysis.rate_summary(data)
    assert "rate" not in found.coords and found["discharge_current"].values.tolist() == [1e-3, 2e-3]
    assert found["capacity"].values.tolist() == [3.6, 1.8] and np.isnan(found["coulombic_efficiency"][1])
    assert any("cycle 2: the discharge ended above" in text for text in found.attrs["warnings"])
    assert mt.analysis.rate_summary(data, "2 mA")["rate"].values.tolist() == [0.5, 1.0]
    with pytest.raises(mt.InputError, match="does not say what 1C is"):
        mt.analysis.rate_capability(data, rate=1)
    with pytest.raises(mt.InputError, match="same current"):
        mt.analysis.rate_capability(data.isel(time=slice(0, 4)))
    with pytest.raises(mt.InputError, match="never discharged"):
        mt.analysis.rate_summary(data.assign(current=-data["current"] * (data["current"] < 0)))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"rates": []}, "at least one rate"),
        ({"rates": [0]}, "greater than 0"),
        ({"rates": ["C/0"]}, "no C-rate"),
        ({"rates": ["1D"]}, "dimensionless"),
        ({"limits": (1.6, 0.7)}, "not below"),
        ({"charge": "-1C"}, "greater than 0"),
        ({"nominal_current": "-1 mA"}, "not above 0"),
    ],
)
def test_bad_rate_tests(given: dict[str, Any], message: str) -> None:
    with pytest.raises(mt.InputError, match=message):
        mt.RateTest(**{"rates": ["1C"], "limits": (LOW, HIGH), **given})


def test_files_hold_it() -> None:
    assert from_yaml(TEST.to_yaml()) == TEST
    assert [float(rate) for rate in mt.RateTest(np.array([0.1, 2.0]), (LOW, HIGH)).rates] == [0.1, 2.0]


def test_a_rate_that_is_too_high_gives_nothing_and_is_counted() -> None:
    """The cut-off is met at once: capacity 0, and no word on the other discharge, which came to its end."""
    found = mt.analysis.rate_summary(mt.simulate(cell(), mt.RateTest([1.0, 1000.0], (LOW, HIGH), points=4)))
    assert found["rate"].values == pytest.approx([1.0, 1000.0]) and found["capacity"].values[1] == 0.0
    assert not any("above the cut-off" in text for text in found.attrs["warnings"])


BEYOND = mt.Galvanostatic("-1 mA", "1 h", limits=(1.55, 1.7))


@pytest.mark.parametrize(
    "protocol",
    [
        BEYOND,
        mt.Cycling("-1 mA", "1 h", cycles=2, limits=(1.55, 1.7)),
        mt.RateTest(1, (0.5, 1.2)),
        mt.Sequence([mt.Rest("1 min"), BEYOND]),
        mt.Sequence([mt.EIS(1e3, 1.0, points=3), mt.Sequence([mt.Rest("1 min")]), BEYOND]),
    ],
)
def test_cut_offs_that_the_rest_voltage_violates(protocol: Any) -> None:
    """At rest the cell stands at 1.36 V; steps that leave it there do not hide the limits of a later one."""
    with pytest.raises(mt.InputError, match=r"at rest the cell stands at 1\.364"):
        mt.simulate(cell(), protocol)


def test_a_symmetric_cell_has_cut_offs_and_no_rate() -> None:
    symmetric = mt.cell("trilayer")
    with pytest.raises(mt.InputError, match="stands at 0 V, outside"):
        mt.simulate(symmetric, mt.Galvanostatic("-10 uA", "1 h", limits=(0.1, 1.0)))
    with pytest.raises(mt.InputError, match="1C fills the host"):
        mt.simulate(symmetric, mt.RateTest(1, (-1.0, 1.0)))
    # said what 1C is, it runs: deposited first
    run = mt.simulate(symmetric, mt.RateTest(1, (-1.0, 1.0), nominal_current="10 uA", points=4))
    assert float(mt.analysis.rate_summary(run)["rate"][0]) == pytest.approx(1.0, rel=1e-12)
