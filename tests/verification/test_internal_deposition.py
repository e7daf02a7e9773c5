"""Onset of deposition inside mixed conductors: closed forms, the run itself, and what is said before it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import mgtwin as mt
from mgtwin.analysis import internal_deposition

IONIC, ELECTRONIC, STORAGE, LENGTH = 5.3e-3, 1e-6, 1e6, 0.655e-3
DIFFUSIVITY = IONIC * ELECTRONIC / (IONIC + ELECTRONIC) / STORAGE
#: eta_nuc = 50 mV, E_0 = 0 V: 2 sigma (E_0 + eta_nuc)/L [A/m2].
CRITICAL = 2 * IONIC * 0.05 / LENGTH


def blocked(ionic: float = IONIC, **fields: Any) -> mt.Cell:
    """A mixed conductor between ionic ones that let no electrons pass, 1 m2."""
    metal, buffer = mt.Plating(1e6), mt.IonConductor(1.0)
    middle = mt.Layer("mixed", mt.MixedConductor(ionic, ELECTRONIC, STORAGE, **fields), LENGTH)
    layers = [mt.Layer("left", buffer, 1e-5), middle, mt.Layer("right", buffer, 1e-5)]
    return mt.Cell("blocked", metal, layers, metal, area=1.0)


def series(share: float) -> float:
    """D t/L^2 at which the slope's share of its end at a face, 1 - 8/pi^2 sum e^(-n^2 pi^2 tau)/n^2, is reached."""
    n = np.arange(1, 4001, 2)[:, np.newaxis]
    low, high = 1e-9, 10.0
    for _ in range(80):
        tau = np.sqrt(low * high)
        reached = 1 - 8 / np.pi**2 * np.sum(np.exp(-(n**2) * np.pi**2 * tau) / n**2)
        low, high = (tau, high) if reached < share else (low, tau)
    return high


@pytest.mark.parametrize(("ratio", "over_short"), [(10.0, 1.000), (2.0, 1.002), (1.05, 1.61)])
def test_onset_between_electron_blockers(ratio: float, over_short: float) -> None:
    """The series of a slab, and its short form (pi/4D)(sigma (E_0 + eta)/i)^2 from twice the critical current on."""
    found = internal_deposition(blocked(), -ratio * CRITICAL)
    assert found.critical == pytest.approx(CRITICAL, rel=1e-6) and found.ratio == pytest.approx(ratio, rel=1e-6)
    assert found.time == pytest.approx(series(1 / ratio) * LENGTH**2 / DIFFUSIVITY, rel=1e-4)
    short = np.pi / (4 * DIFFUSIVITY) * (IONIC * 0.05 / (ratio * CRITICAL)) ** 2
    assert found.time / short == pytest.approx(over_short, abs=0.006 if ratio < 2 else 0.0006)
    assert (found.layer, found.side) == ("mixed", "left")  # Mg enters there, to be deposited on the right
    assert internal_deposition(blocked(), ratio * CRITICAL).side == "right"


def test_the_composition_and_the_limit_count() -> None:
    cell = blocked(rest_potential=0.03, minimum_potential=-0.02)
    assert internal_deposition(cell, "-1 A/m^2").critical == pytest.approx(CRITICAL, rel=1e-6)
    assert mt.analysis.critical_current_density(mt.simulate(cell, mt.EIS.at([1.0]))) == pytest.approx(
        CRITICAL, rel=1e-6
    )
    already = internal_deposition(cell.with_({"layers.mixed.material.rest_potential": -0.03}), "1 A/m^2")
    assert (already.time, already.ratio) == (0.0, np.inf)
    below = internal_deposition(cell, -0.99 * CRITICAL)
    assert below.time == np.inf and below.lowest == pytest.approx(0.03 - 0.99 * 0.05, rel=1e-6)


def test_the_trilayer_at_the_current_of_the_paper() -> None:
    """8.84 uA/cm2: 5.5 mV at the conductivity of the pellet, 71 V at that of the infiltrated reading."""
    safe = internal_deposition(blocked(), "-8.84 uA/cm^2")
    assert safe.lowest == pytest.approx(-5.46e-3, rel=2e-3) and safe.ratio < 0.2 and safe.time == np.inf
    not_safe = internal_deposition(blocked(4.1e-7), "-8.84 uA/cm^2")
    assert not_safe.lowest == pytest.approx(-70.6, rel=2e-3) and not_safe.time < 10.0


@pytest.mark.parametrize("electronic", [1e-9, 1e-6])
def test_beside_open_electrons_the_overpotential_decides(electronic: float) -> None:
    """Mg | MIEC | Mg: E at the plating face is -eta whatever sigma_eon is: it sets how fast, not whether."""
    metal = mt.Plating("1 uA/cm^2", 0.5)
    layer = mt.Layer("mixed", mt.MixedConductor(IONIC, electronic, STORAGE), LENGTH)
    cell = mt.Cell("open", metal, [layer], metal, area=1.0)
    f = 96485.33212 / (8.314462618 * 298.15)
    critical = 0.01 * 2 * np.sinh(0.05 * f)  # i_0 [e^(a z F eta/RT) - e^(-(1 - a) z F eta/RT)], z = 2
    found = internal_deposition(cell, -2 * critical)
    assert found.critical == pytest.approx(critical, rel=0.02)
    assert found.side == "right"  # where Mg plates
    for ratio in (0.9, 1.1):
        run = mt.simulate(cell, mt.Galvanostatic(-ratio * critical, "1e6 s", points=4))
        assert (float(run["local_potential"][-1, -1]) < -0.05) == (ratio > 1)


def test_without_a_steady_state_the_composition_runs_away() -> None:
    """Ions enter on one side and electrons on the other: E falls as i t/(c L) however small the current is."""
    material = mt.MixedConductor(IONIC, IONIC, STORAGE, rest_potential=0.1)
    layers = [mt.Layer("buffer", mt.IonConductor(1.0), 1e-5), mt.Layer("mixed", material, LENGTH)]
    cell = mt.Cell("open", mt.Plating(1e6), layers, mt.Blocking(None), area=1.0)
    current = 1e-4  # E differs by 1e-5 V over the layer
    found = internal_deposition(cell, -current)
    assert found.critical == 0.0 and found.ratio == np.inf
    assert found.time == pytest.approx(0.15 * STORAGE * LENGTH / current, rel=1e-3)
    assert internal_deposition(cell, current).time == np.inf  # the other way it is emptied


def test_where_electrons_carry_the_current_it_stays_at_the_metal() -> None:
    """Mg | MIEC | Au, ions stand still: E is 0 at the metal and moves by i R_eon at the gold, down in one direction."""
    layer = mt.Layer("mixed", mt.MixedConductor(IONIC, 1e-3, STORAGE), LENGTH)
    cell = mt.Cell("hw", mt.Plating(1e6), [layer], mt.Blocking(None), area=1.0)
    down, up = (internal_deposition(cell, sign * 0.01) for sign in (-1, 1))
    assert down.lowest == pytest.approx(-0.01 * LENGTH / 1e-3, rel=1e-6) and down.side == "right"
    assert up.time == np.inf and up.lowest == pytest.approx(0.0, abs=1e-9)


def test_the_run_reaches_the_limit_then() -> None:
    cell, current = blocked(), -3 * CRITICAL
    found = internal_deposition(cell, current)
    run = mt.simulate(cell, mt.Galvanostatic(current, 2 * found.time, points=400))
    lowest = run["local_potential"].min("x").values
    reached = np.interp(0.05, -lowest, run["time"].values)  # nodes lie a little inside of the face
    assert reached == pytest.approx(found.time, rel=0.02)


def test_warned_before_the_run_where_it_lasts_long_enough() -> None:
    cell = blocked()
    onset = internal_deposition(cell, -3 * CRITICAL).time

    def said(protocol: Any) -> list[str]:
        return [text for text in mt.simulate(cell, protocol).attrs["warnings"] if "critical current" in text]

    (warned,) = said(mt.Galvanostatic(-3 * CRITICAL, 2 * onset, points=3))
    assert "3 times the critical current" in warned and "E in mixed at its left face falls below -50 mV" in warned
    assert not said(mt.Galvanostatic(-3 * CRITICAL, 0.5 * onset, points=3))
    assert not said(mt.Galvanostatic(-0.9 * CRITICAL, 100 * onset, points=3))
    assert len(said(mt.Cycling(3 * CRITICAL, 2 * onset, cycles=1, points=3))) == 2  # once for each direction
    assert not said(mt.Polarization("10 mV", "1 h", per_decade=1))


def test_refused() -> None:
    with pytest.raises(mt.InputError, match="no layer of m conducts electrons"):
        metal = mt.Plating(1.0)
        internal_deposition(mt.Cell("m", metal, [mt.Layer("a", mt.IonConductor(1.0), 1e-3)], metal), "1 mA")
    with pytest.raises(mt.InputError, match="without a current"):
        internal_deposition(blocked(), 0.0)
