"""Speed of circuit fits: the same circuit, spectrum, start and weighting, side by side in one run."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest
from scipy.optimize import least_squares

import mgtwin as mt
from mgtwin import dataset

from .ratios import ratio, report

pytestmark = pytest.mark.benchmark

F = np.geomspace(1e6, 1, 50)
TEXT = "p(R1,CPE1)-p(R2,CPE2)-CPE3"
#: About those of a published fit to a LAGP pellet, and where a user might begin.
TRUTH = (44710.0, 1.727e-10, 0.8501, 47120.0, 1.244e-8, 0.8189, 4.405e-7, 0.8824)
START = (3e4, 1e-10, 0.9, 6e4, 1e-8, 0.85, 1e-6, 0.85)


def spectrum() -> np.ndarray:
    circuit = mt.Circuit(TEXT)
    z = circuit.with_(dict(zip(circuit.paths(), TRUTH, strict=True))).impedance(F)
    rng = np.random.default_rng(5)
    return z + 0.003 * np.abs(z) * (rng.normal(size=z.size) + 1j * rng.normal(size=z.size))


Z = spectrum()
DATA = dataset.spectrum(F, Z, {"temperature": 298.15})


def ours() -> mt.Fit:
    circuit = mt.Circuit(TEXT)
    free = {path: mt.Free(start=start) for path, start in zip(circuit.paths(), START, strict=True)}
    return mt.fit(circuit, DATA, free)


def by_hand() -> np.ndarray:
    """What one writes with scipy: logarithms where numbers are positive, differences for derivatives."""
    s, size = 2j * np.pi * F, np.abs(Z)
    log = np.array([True, True, False, True, True, False, True, False])

    def residuals(x):
        r1, q1, n1, r2, q2, n2, q3, n3 = np.where(log, np.exp(np.where(log, x, 0)), x)
        z = r1 / (1 + r1 * q1 * s**n1) + r2 / (1 + r2 * q2 * s**n2) + 1 / (q3 * s**n3)
        rest = (z - Z) / size
        return np.concatenate([rest.real, rest.imag])

    start = np.where(log, np.log(START), START)
    low, high = np.where(log, -np.inf, 0), np.where(log, np.inf, 1)
    found = least_squares(residuals, start, bounds=(low, high), x_scale="jac")
    return np.where(log, np.exp(np.where(log, found.x, 0)), found.x)


def squares(values: np.ndarray) -> float:
    circuit = mt.Circuit(TEXT)
    z = circuit.with_(dict(zip(circuit.paths(), values.tolist(), strict=True))).impedance(F)
    return float(np.sum(np.abs((z - Z) / Z) ** 2))


def test_a_circuit_fit_takes_at_most_twice_that_of_scipy_by_hand() -> None:
    np.testing.assert_allclose(
        list(ours().values.values()), by_hand(), rtol=1e-3
    )  # scipy's tolerance of 1e-8 in the cost
    found = ratio(ours, by_hand)
    report("mt.fit of a circuit with eight numbers / scipy on the circuit by hand", found, "<= 2")
    assert found <= 2 * 4 / 3  # a third left for noise


@pytest.mark.skipif(
    importlib.util.find_spec("impedance") is None,
    reason="impedance.py is not installed here: python -m pip install impedance",
)
def test_a_circuit_fit_is_faster_than_impedance_py() -> None:
    from impedance.models.circuits import CustomCircuit

    def theirs() -> np.ndarray:
        # the same names in the language of both; it fits the numbers themselves, within bounds of its own
        circuit = CustomCircuit(TEXT, initial_guess=list(START))
        return np.array(circuit.fit(F, Z, weight_by_modulus=True).parameters_)

    # from this start impedance.py stops short of the minimum: what is compared reaches no less than it does
    assert squares(ours().x) <= squares(theirs()) * (1 + 1e-9)
    found = ratio(theirs, ours, rounds=5)
    report("impedance.py's fit of a circuit with eight numbers / mt.fit", found, ">= 1")
    assert found >= 1


@pytest.mark.skipif(
    importlib.util.find_spec("lmfit") is None, reason="lmfit is not installed here: python -m pip install lmfit"
)
def test_a_fit_of_five_numbers_of_a_cell_takes_at_most_twice_that_of_lmfit_on_a_circuit() -> None:
    import lmfit

    # one cell of five numbers, and the circuit of as many that gives the same spectrum
    electrode = mt.Plating("20 uA/cm^2", double_layer=mt.CPE("1e-5 S*s^0.8/cm^2", 0.8))
    cell = mt.Cell("cell", electrode, [mt.Layer("a", mt.IonConductor("0.1 mS/cm"), "0.5 mm")], electrode)
    cell = cell.with_({"series_resistance": "20 ohm*cm^2"})
    boundary = mt.Fixture("5 uH", 0.0)
    cell = cell.with_({"fixture": boundary})
    s = 2j * np.pi * F
    rng = np.random.default_rng(5)
    exact = mt.impedance.exact(cell, F)
    z = exact + 0.003 * np.abs(exact) * (rng.normal(size=F.size) + 1j * rng.normal(size=F.size))
    data, size = dataset.spectrum(F, z, {"temperature": 298.15}), np.abs(z)
    keys = (
        "layers.a.material.ionic_conductivity", "*.exchange_current_density", "*.double_layer.q", "*.double_layer.n",
        "fixture.inductance",
    )  # fmt: skip
    begin = {
        key: mt.Free(start=f * float(cell.get(key.replace("*", "negative"))))
        for key, f in zip(keys, (1.3, 1.3, 0.7, 0.95, 1.5), strict=True)
    }

    def ours() -> mt.Fit:
        return mt.fit(cell, data, begin)

    def residual(p) -> np.ndarray:
        v = p.valuesdict()
        rest = (v["r0"] + s * v["l"] + v["r1"] / (1 + v["r1"] * v["q"] * s ** v["n"]) - z) / size
        return np.concatenate([rest.real, rest.imag])

    area = float(cell.area)
    charge = mt.impedance.exact(cell, np.array([1e-6]))[0].real
    bulk = mt.impedance.exact(cell, np.array([1e9]))[0].real
    true = {"r0": bulk, "l": 5e-6, "r1": charge - bulk, "q": 0.5e-5 * 1e4 * area, "n": 0.8}

    def by_lmfit() -> object:
        parameters = lmfit.Parameters()
        for name, f in zip(true, (1.3, 1.5, 1.3, 0.7, 0.95), strict=True):
            parameters.add(name, value=f * true[name], min=0.0, max=1.0 if name == "n" else np.inf)
        return lmfit.minimize(residual, parameters)

    their = by_lmfit()
    assert ours().deviations[0] == pytest.approx(np.sqrt(np.mean(their.residual**2)), rel=1e-3)
    found = ratio(ours, by_lmfit)
    report("mt.fit of five numbers of a cell / lmfit on a vectorised circuit of as many", found, "<= 2")
    assert found <= 2 * 1.5  # a third left for noise
