"""Passivating films on Mg that charge wears away (theory.md §3.5): closed forms, equivalent time, energy, what they do.

The numbers of the polymer cell and of the trilayer are typed here, not read from the overlays that ship them.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import pytest
from scipy.integrate import solve_ivp

import mgtwin as mt
from mgtwin.kinds.kind import Bound

from .test_kept_models import alone, bits, number_built

HOUR, DENSITY = 3600.0, 0.09


def foil(*laws: Any, **fields: Any) -> Any:
    return mt.Plating(**({"exchange_current_density": 5.0} | fields), ageing=laws)


def symmetric(working: Any, counter: Any = None, **fields: Any) -> mt.Cell:
    """Mg | ions | Mg of 1 m2; the one with the film is the working (positive) electrode."""
    layers = [mt.Layer("ions", mt.IonConductor(0.05), 1e-4)]
    return mt.Cell("films", counter or mt.Plating(5.0), layers, working, area=1.0, **fields)


def film(run: Any, interface: str = "positive") -> np.ndarray:
    return run["film_resistance"].sel(interface=interface).values


# -- closed forms ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("density", [DENSITY, -DENSITY])
@pytest.mark.parametrize("fraction", [1.0, 0.25])
def test_erosion_by_charge(density: float, fraction: float) -> None:
    """``R - R_min = (R_0 - R_min) exp(-q/aQ_b)``; of the charge of deposition only the part beta counts."""
    began, least, charge, beta = 0.03, 0.01, 500.0, 0.3
    laws = (mt.FilmErosion(charge, least, beta),)
    cell = symmetric(foil(*laws, film_resistance=began, contact=mt.Contact(fraction, 1e-9)))
    run = mt.simulate(cell, mt.Galvanostatic(density, 5 * HOUR, points=20))
    q = (1.0 if density > 0 else beta) * DENSITY * run["time"].values / fraction
    np.testing.assert_allclose(film(run), least + (began - least) * np.exp(-q / charge), rtol=1e-5)


def test_a_film_thinner_than_what_stays_is_left_alone() -> None:
    cell = symmetric(foil(mt.FilmErosion(10.0, 0.05), film_resistance=0.03))
    assert np.all(film(mt.simulate(cell, mt.Galvanostatic(DENSITY, HOUR))) == 0.03)


def test_regrowth_is_an_exponential() -> None:
    """Six days at 1e-7/s bring back 5 % of what is missing."""
    cell = symmetric(foil(mt.FilmRegrowth(1e-7, 32.0), film_resistance=23.5, double_layer=0.1))
    run = mt.simulate(cell, mt.Rest("6 d"))
    np.testing.assert_allclose(film(run), 32 - 8.5 * np.exp(-1e-7 * run["time"].values), rtol=1e-6)
    assert (film(run)[-1] - 23.5) / 8.5 == pytest.approx(0.05, abs=0.002)


@pytest.mark.parametrize("sign", [1, -1])
def test_a_steady_current_holds_the_film_where_growth_is_erosion(sign: int) -> None:
    """``r_p/2(R + R_1) = j(R - R_min)/Q_b``, from a thicker and a thinner film, whichever way the current goes."""
    rate, onset, least, charge = 1e-6, 1e-3, 5e-3, 50.0
    steady = np.roots([1.0, onset - least, -onset * least - rate * charge / (2 * DENSITY)]).max()
    for began in (0.2 * steady, 3 * steady):
        laws = (mt.FilmGrowth(0.0, rate, onset), mt.FilmErosion(charge, least, 1.0))
        run = mt.simulate(symmetric(foil(*laws, film_resistance=began)), mt.Galvanostatic(sign * DENSITY, "10 h"))
        assert film(run)[-1] == pytest.approx(steady, rel=1e-6)


def test_equivalent_time_over_a_ramp() -> None:
    r"""Growth and healing over a ramp of T are those of ``\int r_p(T) dt`` and ``\int k(T) dt`` to 1e-8 (§9)."""
    rate = mt.Arrhenius(1e-8, "25 degC", "0.6 eV")
    laws = {
        mt.FilmGrowth(0.0, rate, 1e-4): lambda passed: np.sqrt((1e-3 + 1e-4) ** 2 + passed) - 1e-4,
        mt.FilmRegrowth(rate, 0.5): lambda passed: 0.5 + (1e-3 - 0.5) * np.exp(-passed),
    }

    def temperature(t: float) -> float:
        return 298.15 + 75.0 * t / HOUR

    passed = solve_ivp(lambda t, _: [rate(temperature(t))], (0, HOUR), [0.0], rtol=1e-12, atol=1e-30).y[0, -1]
    for law, closed in laws.items():

        def growth(t: float, x: np.ndarray, law: Any = law) -> Any:
            numbers = {name: value for name, value in vars(law).items() if isinstance(value, float)}
            known = {name: rate(temperature(t)) for name, value in vars(law).items() if callable(value)}
            given = {**numbers, **known, "j": 0.0, "fraction": 1.0}
            return Bound(type(law), "", None, **given).call("change", x)  # type: ignore[arg-type]

        grown = solve_ivp(growth, (0, HOUR), [1e-3], rtol=1e-11, atol=1e-16).y[0, -1]
        assert grown == pytest.approx(closed(passed), rel=1e-8) and grown > 1.0001e-3


def test_no_film_is_todays_electrode() -> None:
    """Laws that have nothing to wear or to heal change nothing; nor does a film that charge hardly wears."""
    plain, cycling = foil(double_layer=0.1, film_resistance=0.01), mt.Cycling(DENSITY, "10 min", cycles=3, points=5)
    expected = mt.simulate(symmetric(plain), cycling)["voltage"].values
    for laws in ([mt.FilmErosion(1.0, 0.01, 1.0)], [mt.FilmRegrowth(1.0, 0.01)], [mt.FilmErosion(1e12)]):
        found = mt.simulate(symmetric(foil(*laws, double_layer=0.1, film_resistance=0.01)), cycling)
        np.testing.assert_allclose(found["voltage"].values, expected, rtol=1e-6)


def test_rates_are_laws_of_temperature() -> None:
    """E_a = 0 changes no bit; with an activation energy the rate at 60 degC is that of the law."""
    protocol = mt.Galvanostatic(DENSITY, HOUR, points=5)

    def end(charge: Any, rate: Any) -> float:
        laws = (mt.FilmErosion(charge, 1e-3), mt.FilmRegrowth(rate, 0.08))
        cell = symmetric(foil(*laws, film_resistance=0.05), temperature="60 degC")
        return float(film(mt.simulate(cell, protocol))[-1])

    flat = [mt.Arrhenius(value, "25 degC", "0 eV") for value in (900.0, 1e-4)]
    steep = [mt.Arrhenius(value, "25 degC", energy) for value, energy in ((900.0, "-0.3 eV"), (1e-4, "0.6 eV"))]
    assert end(*flat) == end(900.0, 1e-4)
    assert end(*steep) == pytest.approx(end(*(float(law("60 degC")) for law in steep)), rel=1e-9)
    assert abs(end(*steep) / end(*flat) - 1) > 0.01


def test_energy_over_a_hundred_cycles() -> None:
    """``int iV dt`` is what layer, films and charge transfer dissipate, while the films wear and heal, to 1e-4."""
    laws = (mt.FilmErosion(2000.0, 0.01, 0.5), mt.FilmRegrowth(1e-4, 0.08))
    cell = symmetric(*[foil(*laws, film_resistance=0.08)] * 2)
    run = mt.simulate(cell, mt.Cycling(DENSITY, "1 h", cycles=100, points=40))
    i, time = run["current"].values, run["time"].values
    kinetic = 2 * 8.314462618 * 298.15 / (2 * 96485.33212) * np.arcsinh(i / 10.0)
    loss = i**2 * (1e-4 / 0.05 + film(run) + film(run, "negative")) + 2 * i * kinetic
    power = i * run["voltage"].values
    assert film(run).min() < 0.065 and np.ptp(film(run)[-200:]) > 1e-3  # there is something to see
    assert np.trapezoid(power, time) == pytest.approx(np.trapezoid(loss, time), rel=1e-4)


def test_kept_models_answer_with_the_numbers_of_the_cell(monkeypatch: pytest.MonkeyPatch) -> None:
    """A model kept from another cell (hit) gives the bits of a new one (miss), for every number of the laws."""
    laws = (mt.FilmGrowth(1e-7, 1e-9), mt.FilmErosion(500.0, 1e-3, 0.3), mt.FilmRegrowth(1e-5, 0.05))
    cell = symmetric(foil(*laws, film_resistance=0.03, double_layer=0.1))
    paths = [path for path in cell.numbers if ".ageing." in path]
    assert len(paths) >= 7
    changed = [cell.with_({path: 0.9 * float(cell.numbers[path])}) for path in paths]
    protocol = mt.Cycling(DENSITY, "1 h", cycles=1, points=4)
    expected = [alone(one, protocol, monkeypatch) for one in changed]
    made = number_built(monkeypatch)
    mt.simulate(cell, protocol)
    assert [bits(one, protocol) for one in changed] == expected and len(made) == 1
    assert len({str(one) for one in expected}) == len(expected)


# -- what they explain ----------------------------------------------------------------------------------------------
def test_one_film_carries_the_first_half_cycle_of_the_trilayer() -> None:
    """The stripping side breaks at once, the depositing one keeps its film: -(iR + jR_f), then +iR and -iR."""
    laws, current = (mt.FilmErosion("1e-4 C/cm^2"),), "-8.84 uA/cm^2"
    mg = mt.Plating("1 mA/cm^2", film_resistance="7.9 kohm*cm^2", ageing=laws)
    layer = mt.Layer("stack", mt.IonConductor(1e-3 / (0.0255 / 0.0884)), "1 mm")
    run = mt.simulate(mt.Cell("trilayer", mg, [layer], mg, area=1.0), mt.Cycling(current, "1 h", cycles=2))
    halves = np.ravel([run["deposition_voltage"].values, run["dissolution_voltage"].values], order="F")
    np.testing.assert_allclose(halves, [-0.0965, 0.0266, -0.0266, 0.0266], atol=1.5e-3)
    # what is left is charge transfer: 2 (RT/F) asinh(j/2i_0)
    transfer = 2 * 8.314462618 * 298.15 / 96485.33212 * np.arcsinh(8.84e-6 / 2e-3)
    assert halves[1] == pytest.approx(0.0255 + transfer, abs=1e-6)
    assert halves[0] == pytest.approx(-(0.0255 + 0.0884 * 0.79 + transfer), rel=1e-3)


def polymer(*laws: Any, resistance: str = "3.2e5 ohm*cm^2") -> mt.Cell:
    """The membrane poor in salt, i_lim = 2.40 uA/cm2, between two films."""
    salt = mt.BinaryElectrolyte("7 mol/m^3", "0.27 mS/cm", "1e-8 cm^2/s", 0.1)
    mg = mt.Plating("1e-4 A/cm^2", double_layer="2 uF/cm^2", film_resistance=resistance, ageing=laws)
    layers = [mt.Layer("polymer", salt, "125 um")]
    return mt.Cell("polymer", mg, layers, mg, area="1 cm^2", temperature="60 degC")


LAWS = (mt.FilmErosion("0.03 C/cm^2", "2.35e5 ohm*cm^2", 1.0), mt.FilmRegrowth("1e-7 1/s", "3.2e5 ohm*cm^2"))


@lru_cache(maxsize=4)
def peaks(rate: str = "0.1 mV/s", *laws: Any, **fields: Any) -> list[tuple[float, float, float]]:
    """Potentials of the cathodic and anodic peak and the cathodic current [uA/cm2], for each of two cycles."""
    run = mt.simulate(polymer(*laws, **fields), mt.Voltammetry("-2 V", "2 V", rate, 2, points=200))
    found = []
    for voltage, current in zip(*(np.array_split(run[name].values, 2) for name in ("voltage", "current")), strict=True):
        found.append((voltage[current.argmin()], voltage[current.argmax()], 1e6 * current.min()))
    return found


def test_the_voltammogram_of_the_polymer_cell_peaks_where_a_film_runs_into_depletion() -> None:
    """First cycle -1.60 and +1.40 V (paper: -1.6, +1.4): the asymmetry is the film that the sweeps wear away."""
    first, second = peaks("0.1 mV/s", *LAWS)
    assert first[0] == pytest.approx(-1.60, abs=0.025) and first[1] == pytest.approx(1.40, abs=0.025)
    assert first[2] == pytest.approx(-2.53, abs=0.03)
    assert second[0] == pytest.approx(-second[1], abs=0.01) and second[1] == pytest.approx(1.38, abs=0.025)


@pytest.mark.slow
def test_a_film_that_does_not_wear_has_no_asymmetry() -> None:
    """A constant film of 2.5e5 ohm cm2: +-1.44 V at any slow rate, and further out in a fast sweep."""
    for rate, volt, current in (("0.03 mV/s", 1.44, -2.40), ("0.1 mV/s", 1.44, -2.51), ("0.3 mV/s", 1.65, -2.94)):
        cathodic, anodic, peak = peaks(rate, resistance="2.5e5 ohm*cm^2")[0]
        assert -cathodic == pytest.approx(volt, abs=0.025) and anodic == pytest.approx(volt, abs=0.025)
        assert peak == pytest.approx(current, abs=0.02)


@pytest.mark.slow
def test_the_polymer_cell_is_stable_for_two_hundred_cycles() -> None:
    """The same set: -1.28/+1.22 V, then +-1.01 V from cycle 15 to cycle 200; above i_lim the cell runs dry."""
    run = mt.simulate(polymer(*LAWS), mt.Cycling("-2 uA/cm^2", "1 h", cycles=200, points=5, traces=()))
    deposition, dissolution = run["deposition_voltage"].values, run["dissolution_voltage"].values
    np.testing.assert_allclose(deposition[[0, 1]], [-1.28, -1.17], atol=0.01)
    np.testing.assert_allclose(dissolution[[0, 1, 14, 199]], [1.22, 1.14, 1.008, 1.008], atol=0.005)
    assert abs(dissolution[199] - dissolution[49]) < 5e-5
    dry = mt.simulate(polymer(*LAWS), mt.Galvanostatic("-2.6 uA/cm^2", "20 h"))
    assert any("salt" in text for text in dry.attrs["warnings"]) and dry["time"].values[-1] < 20 * HOUR


def test_the_spectrum_of_the_polymer_cell_shows_both_films() -> None:
    """2R_f = 0.47 to 0.64 Mohm cm2 with its top at 0.25 Hz: an arc of kilohms would refute the ohmic film."""
    f = np.geomspace(1e3, 1e-3, 61)
    for resistance, arc in (("3.2e5 ohm*cm^2", 0.64e6), ("2.35e5 ohm*cm^2", 0.47e6)):
        z = mt.simulate(polymer(*LAWS, resistance=resistance), mt.EIS.at(f))["impedance"].values
        top = int(np.argmax(-z.imag * (f > 0.05)))
        assert 2 * -z.imag[top] == pytest.approx(arc, rel=0.03)
        assert f[top] == pytest.approx(1 / (2 * np.pi * arc / 2 * 2e-6), rel=0.15)


# -- what is refused ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: mt.FilmErosion(0.0), "charge"),
        (lambda: mt.FilmErosion(1.0, -1.0), "minimum_resistance"),
        (lambda: mt.FilmErosion(1.0, 0.0, 1.5), "plating_fraction"),
        (lambda: mt.FilmRegrowth(-1.0, 1.0), "rate"),
        (lambda: mt.FilmErosion("1 A/m^2"), "C/m"),
        (lambda: mt.Junction(0.1, ageing=[mt.FilmErosion(1.0)]), "only a plating electrode"),
        (lambda: mt.Blocking(0.1, ageing=[mt.FilmErosion(1.0)]), "no faradaic current"),
    ],
)
def test_bad_input(make: Any, message: str) -> None:
    with pytest.raises(mt.MgtwinError, match=message):
        make()
