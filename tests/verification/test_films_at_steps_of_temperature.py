"""A step of temperature keeps the thickness of a film; its resistance follows the law of the film's conduction."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import mgtwin as mt

ROOM = 298.15
BEGAN, ONSET = 1e-3, 1e-4
#: Resistivity that falls with temperature (0.4 eV), and the growth of the thickness squared (0.6 eV).
RESISTIVITY = mt.Arrhenius(BEGAN, ROOM, -0.4)
#: The parabolic rate of R = rho d is rho^2 times that of d: its energy is 0.6 - 2 x 0.4 eV.
RATE = mt.Arrhenius(1e-8, ROOM, 0.6 - 0.8)


def cell(**more: Any) -> mt.Cell:
    given = {"film_resistance": RESISTIVITY, "ageing": [mt.FilmGrowth(0.0, RATE, mt.Arrhenius(ONSET, ROOM, -0.4))]}
    foil = mt.Plating(5.0, double_layer=0.1, **{**given, **more})
    return mt.Cell("film", foil, [mt.Layer("ions", mt.IonConductor(0.1), 1e-4)], mt.Plating(5.0), area=1.0)


def film(run: Any, k: int = -1) -> float:
    return float(run["film_resistance"].sel(interface="negative")[k])


def factor(T: str) -> float:
    """rho(T)/rho(25 degC)."""
    return float(RESISTIVITY(T)) / BEGAN


def test_equivalent_time_of_the_thickness() -> None:
    """``d + d_1 = sqrt((d_0 + d_1)^2 + int k(T) dt)`` over steps of temperature, with R = rho(T) d."""
    run: Any = None
    passed = 0.0
    for T, duration in (("25 degC", 1e3), ("100 degC", 500.0), ("60 degC", 2e3), ("0 degC", 1e4)):
        thickness = np.sqrt((BEGAN + ONSET) ** 2 + passed) - ONSET
        run = mt.simulate(cell().with_({"temperature": T}), mt.Rest(duration), start=run)
        assert film(run, 0) == pytest.approx(thickness * factor(T), rel=1e-6)  # at the step itself
        passed += float(RATE(T)) / factor(T) ** 2 * duration
        thickness = np.sqrt((BEGAN + ONSET) ** 2 + passed) - ONSET
        assert film(run) == pytest.approx(thickness * factor(T), rel=1e-6)


@pytest.mark.parametrize(
    "law",
    [
        mt.FilmErosion("1e4 C/m^2", 0.0, 1.0),
        mt.FilmRegrowth(0.0, mt.Arrhenius(2e-3, ROOM, -0.4)),
        mt.FilmGrowth("1e-9 ohm*m^4/C"),
    ],
)
def test_there_and_back_nothing_is_lost(law: Any) -> None:
    """Rests of a film that only charge moves: within a Sequence, at its steps, and in a spectrum that starts there."""
    aged = cell(ageing=[law])
    steps = [mt.Galvanostatic(1.0, 100.0, points=2), mt.Rest(1.0, temperature="60 degC"), mt.Rest(1.0)]
    tree = mt.simulate(aged, mt.Sequence(steps))
    before = film(tree["00_galvanostatic"])
    assert film(tree["01_rest"], 0) == pytest.approx(before * factor("60 degC"), rel=1e-7)
    assert film(tree["02_rest"], 0) == pytest.approx(before, rel=1e-7)
    # the same film as a number of a cell of that temperature has the same spectrum
    warm = mt.simulate(aged.with_({"temperature": "60 degC"}), mt.EIS.at([1e-1, 1e2]), start=tree["02_rest"])
    bare = cell(ageing=[], film_resistance=before * factor("60 degC")).with_({"temperature": "60 degC"})
    expected = mt.simulate(bare, mt.EIS.at([1e-1, 1e2]))
    np.testing.assert_allclose(warm["impedance"].values, expected["impedance"].values, rtol=1e-5)


def test_a_flat_law_keeps_the_resistance() -> None:
    flat = cell(film_resistance=mt.Arrhenius(BEGAN, ROOM, 0.0), ageing=[mt.FilmGrowth(0.0)])
    tree = mt.simulate(flat, mt.Sequence([mt.Rest(1.0), mt.Rest(1.0, temperature="60 degC")]))
    assert film(tree["01_rest"], 0) == film(tree["00_rest"]) == BEGAN


def test_a_film_that_opens_in_spots_keeps_them() -> None:
    """What is bare stays bare at the step; the film between follows its law."""
    mg = mt.PlatingUnderFilm(5.0, mt.Arrhenius(0.05, ROOM, -0.4), 50.0, 1e-5, 0.05, 0.02)
    spotted = mt.Cell("spots", mg, [mt.Layer("ions", mt.IonConductor(100.0), 1e-7)], mt.Plating(1e7), area=1.0)
    steps = [mt.Galvanostatic(-0.1, 60.0, points=2), mt.Rest(10.0), mt.Rest(1.0, temperature="60 degC")]
    tree = mt.simulate(spotted, mt.Sequence(steps))
    bare = [run["state"].values[-1, run["state_variable"].values == "negative log_bare"].item() for run in
            (tree[name].to_dataset() for name in ("00_galvanostatic", "01_rest", "02_rest"))]  # fmt: skip
    assert bare[0] > np.log(0.02) + 0.1
    assert bare == pytest.approx([bare[0]] * 3, rel=1e-9)
