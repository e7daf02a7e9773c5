"""Steps of temperature and of the control: limits and numbers of the specification that stand in no other file."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import mgtwin as mt
from mgtwin.kinds.numbers import FARADAY, GAS_CONSTANT

COLD, WARM = 298.15, 373.15
MOBILITY = 1e-9


def f(T: float) -> float:
    return FARADAY / (GAS_CONSTANT * T)


def blocked(n: float, p: float, c_0: float, rest: float, **fields: Any) -> mt.Cell:
    """Electrons blocked; Q_n = n (0.5 eV) and Q_p = p (0.7 eV) [C/m3], c_0 [F/m3]."""
    electrons = mt.DefectElectrons(
        mt.Arrhenius(n * MOBILITY, COLD, 0.5), mt.Arrhenius(p * MOBILITY, COLD, 0.7), constant=1e-12
    )
    material = mt.MixedConductor(
        0.05, electrons, mt.DefectCapacitance(c_0, MOBILITY, MOBILITY), rest_potential=rest, **fields
    )
    inert = mt.Blocking(0.1, electronic_resistance="inf")
    return mt.Cell("step", inert, [mt.Layer("mixed", material, 1e-4)], inert, area=1.0)


def charge(E: Any, T: float, n: float, p: float, c_0: float) -> Any:
    """``q = c_0 E + Q_p(e^{fE} - 1) - Q_n(e^{-fE} - 1)`` [C/m3]."""
    Q_n, Q_p = (Q * np.exp(-e / 8.617333262e-5 * (1 / T - 1 / COLD)) for Q, e in ((n, 0.5), (p, 0.7)))
    return c_0 * E + Q_p * np.expm1(f(T) * E) - Q_n * np.expm1(-f(T) * E)


def after_the_step(cell: mt.Cell) -> Any:
    run = mt.simulate(cell, mt.Sequence([mt.Rest("1 s"), mt.Rest("1 s", temperature=WARM)]))
    return run["01_rest"]["local_potential"].values


def test_hole_dominated_limit() -> None:
    """``fE' = fE + ln(Q_p/Q_p')``: 0.45 V of holes alone, whose e^{fE'} still is 1e5 times 1."""
    found = float(after_the_step(blocked(1e-12, 30.0, 1e-9, 0.45))[0, 0])
    grown = np.exp(-0.7 / 8.617333262e-5 * (1 / WARM - 1 / COLD))
    assert f(WARM) * found == pytest.approx(f(COLD) * 0.45 - np.log(grown), rel=1e-5)


def test_what_keeping_the_potential_would_create() -> None:
    """0.05 V at 25 degC stores 937 C/m3; at 100 degC it would be 3.8e4 C/m3 more, 41 times as much."""
    numbers = (300.0, 30.0, 1e4)
    stored, kept = charge(0.05, COLD, *numbers), charge(0.05, WARM, *numbers)
    assert stored == pytest.approx(937, rel=1e-3) and kept - stored == pytest.approx(3.8e4, rel=0.01)
    assert (kept - stored) / stored == pytest.approx(41, rel=0.01)
    found = after_the_step(blocked(*numbers, 0.05))
    assert charge(found, WARM, *numbers) == pytest.approx(np.full_like(found, stored), rel=1e-9)


def test_a_profile_keeps_its_charge_point_by_point_and_ends_flat() -> None:
    """Electrons blocked: at the step q(x) is kept, and in the end the mean of q in a flat E'."""
    numbers = (300.0, 30.0, 1e4)
    foil = mt.Plating(1e3, electronic_resistance="inf")
    cell = blocked(*numbers, 0.05).with_({"negative": foil, "positive": foil})
    steps = [mt.Galvanostatic(20.0, "1 h", points=4), mt.Rest("60 h", temperature=WARM, points=8)]
    tree = mt.simulate(cell, mt.Sequence(steps), route=mt.Mesh())
    before, after = (tree[name]["local_potential"].values for name in ("00_galvanostatic", "01_rest"))
    x, coarse = tree["01_rest"]["x"].values, tree["00_galvanostatic"]["x"].values
    assert np.ptp(before[-1]) > 0.01  # there is a profile
    nodes = np.interp(x, coarse, charge(before[-1], COLD, *numbers))
    assert charge(after[0], WARM, *numbers) == pytest.approx(nodes, abs=2e-3 * np.abs(nodes).max())
    assert np.ptp(after[-1]) < 1e-6
    edges = np.concatenate([[0.0], (x[1:] + x[:-1]) / 2, [1e-4]])
    mean = float(nodes @ np.diff(edges) / 1e-4)
    assert charge(after[-1], WARM, *numbers).mean() == pytest.approx(mean, rel=2e-3)


def memory() -> mt.Cell:
    """1 ohm m2 in series with two elements of q = 0.2, n = 0.8."""
    gold = mt.Blocking(mt.CPE(0.2, 0.8))
    return mt.Cell("memory", gold, [mt.Layer("ion", mt.IonConductor(0.1), 0.1)], gold, area=1.0)


def run(*durations: tuple[Any, str]) -> Any:
    late = mt.Polarization(0.0, "1e5 s", first_time=1e-3)
    steps = [mt.Rest(t) if V is None else mt.Polarization(V, t, first_time=1e-3) for V, t in durations]
    return mt.simulate(memory(), mt.Sequence([*steps, late]))


WHOLE = ((0.5, "1000 s"), (0.0, "1 s"), (None, "1000 s"))


def test_numbers_of_the_memory_of_an_element() -> None:
    """0.5 V 1000 s, 0 V 1 s, rest, 0 V: within 0.3 % of a dense ladder."""
    tree = run(*WHOLE)
    current = tree["03_polarization"]["current"].values
    assert tree["02_rest"]["voltage"].values[-1] == pytest.approx(0.303194, rel=3e-3)
    assert current[0] == pytest.approx(-0.29057, rel=3e-3)
    assert current[-1] == pytest.approx(-1.380e-8, rel=3e-3)


def test_splitting_a_sequence_changes_nothing() -> None:
    """Each step cut in two: what is left at the end is the same to 1e-6."""
    whole = run(*WHOLE)
    split = run((0.5, "400 s"), (0.5, "600 s"), (0.0, "0.3 s"), (0.0, "0.7 s"), (None, "100 s"), (None, "900 s"))
    last, other = (
        tree[name]["current"].values for tree, name in ((whole, "03_polarization"), (split, "06_polarization"))
    )
    assert split["05_rest"]["voltage"].values[-1] == pytest.approx(whole["02_rest"]["voltage"].values[-1], rel=1e-6)
    np.testing.assert_allclose(other[[0, -1]], last[[0, -1]], rtol=1e-6)


@pytest.mark.parametrize("probe", [mt.InertProbe(), mt.IonProbe()])
def test_halves_inside_a_polarised_layer_obey_kramers_and_kronig(probe: Any) -> None:
    """Probe (c) of the specification: a half may have any sign, and is causal all the same."""
    material = mt.MixedConductor(0.05, 5e-6, 1e4)
    cell = mt.Cell(
        "half", mt.Plating(1.0, double_layer=0.1), [mt.Layer("a", material, 3e-4), mt.Layer("b", material, 7e-4)],
        mt.Blocking(0.05), area=1e-4, reference=mt.Reference(at="a-b", kind=probe),
    )  # fmt: skip
    eis = mt.simulate(cell, mt.EIS(1e5, 1e-4, per_decade=8))
    for half in (mt.analysis.negative_half(eis), mt.analysis.positive_half(eis)):
        found = mt.analysis.kramers_kronig(half)
        assert float(np.abs(found["residual"]).max()) < 2e-3
