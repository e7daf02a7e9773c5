"""Bruce-Vincent-Evans and Balsara-Newman: identities of ideal salts, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import mgtwin as mt
from mgtwin.kinds.numbers import FARADAY, GAS_CONSTANT

CASE = Path(__file__).parents[1] / "cases" / "25_bruce_vincent"
TIME = 400.0


def between(ions: float, electrode: Any = None, **fields: Any) -> mt.Cell:
    """1 m2 of 0.1 M between Mg electrodes."""
    solution = mt.BinaryElectrolyte(100.0, fields.pop("conductivity", 0.1), 1e-10, ions, **fields)
    mg = electrode or mt.Plating(1e9)
    return mt.Cell("salt", mg, [mt.Layer("salt", solution, 2e-4)], mg, area=1.0)


def ratio(cell: mt.Cell, first: float = 0.0, last: float = 0.0, volts: float = 1e-4) -> Any:
    run = mt.simulate(cell, mt.Polarization(volts, 20 * TIME, first_time=1e-3))
    return mt.analysis.current_ratio(run, first, last, sampled_at=1e-2 if cell.positive.double_layer else 1e-3)


def test_ratio_of_currents_is_that_of_newman() -> None:
    """Without interfaces and for a small voltage 1/(1 + Ne); I_0 at 1 ms is 0.5 % late."""
    cell = between(0.3)
    volts = 1.5 * GAS_CONSTANT * 298.15 / FARADAY
    number = 0.1 * volts * 0.49 / (2 * FARADAY * 1e-10 * 100.0)
    assert mt.analysis.newman_number(cell, "salt") == pytest.approx(number, rel=1e-12)
    run = mt.simulate(cell, mt.Polarization(1e-4, 20 * TIME, first_time=1e-3))
    ohmic = 1e-4 * 0.1 / 2e-4  # I_Omega of Balsara and Newman
    assert mt.analysis.current_ratio(run, 0, 0, initial_current=ohmic).value == pytest.approx(
        1 / (1 + number), rel=1e-4
    )


def test_ideal_dilute_salt_gives_the_transference_number() -> None:
    """kappa and D of Nernst and Einstein, Ne = D_-/2D_+: then 1/(1 + Ne) is t_+ exactly."""
    plus, minus, c0 = 1e-10, 2e-10, 100.0
    f2 = FARADAY**2 / (GAS_CONSTANT * 298.15)
    kappa = f2 * (4 * plus * c0 + minus * 2 * c0)
    ions = 2 * plus / (2 * plus + minus)
    salt = 3 * plus * minus / (2 * plus + minus)
    solution = mt.BinaryElectrolyte(c0, kappa, salt, ions)
    cell = mt.Cell("s", mt.Plating(1e9), [mt.Layer("salt", solution, 2e-4)], mt.Plating(1e9), area=1.0)
    assert mt.analysis.newman_number(cell, "salt") == pytest.approx(minus / (2 * plus), rel=1e-9)
    assert 1 / (1 + mt.analysis.newman_number(cell, "salt")) == pytest.approx(ions, rel=1e-9)


def test_interfaces_are_taken_off() -> None:
    """A film of as much resistance as the solution changes the ratio of the currents, not the corrected one."""
    film = mt.Plating(1e6, film_resistance=1e-3)
    bare, covered = between(0.3), between(0.3, film)
    ohmic = [1e-4 / 2e-3, 1e-4 / 4e-3]
    found = [
        mt.analysis.current_ratio(
            mt.simulate(cell, mt.Polarization(1e-4, 40 * TIME, first_time=1e-3)), R, R, initial_current=current
        ).value
        for cell, R, current in ((bare, 0.0, ohmic[0]), (covered, 2e-3, ohmic[1]))
    ]
    assert found[1] == pytest.approx(found[0], rel=1e-4)


def test_measured_case() -> None:
    run = mt.read(CASE / "ca.csv")
    found = mt.analysis.current_ratio(run, "200 ohm", "200 ohm", sampled_at="0.1 s")
    assert found.value == pytest.approx(0.4, abs=1e-3) and not found.warnings
    without = mt.analysis.current_ratio(run, sampled_at="0.1 s")
    assert without.value == pytest.approx(0.45454545, abs=1e-3) and "no interfacial resistances" in without.warnings[0]


def test_warnings_and_refusals() -> None:
    cell = between(0.3)
    large = mt.simulate(cell, mt.Polarization(0.1, 20 * TIME, first_time=1e-3))
    assert any("more than RT/F" in text for text in mt.analysis.current_ratio(large, 0, 0).warnings)
    drifting = between(-1.0)  # Ne = 8: the current falls to a ninth
    short = mt.simulate(drifting, mt.Polarization(1e-4, 0.02 * TIME, first_time=1e-3))
    assert any("not steady" in text for text in mt.analysis.current_ratio(short, 0, 0).warnings)
    with pytest.raises(mt.InputError, match="take the whole voltage"):
        mt.analysis.current_ratio(large, 1.0, 1.0)
    gold = mt.simulate(mt.cell("au_mg3asn_au"), mt.Polarization(0.1, "1 s"))
    with pytest.raises(mt.InputError, match="transport_number for electrodes that block ions"):
        mt.analysis.current_ratio(gold)
    foil = mt.Plating(10.0)
    ions = mt.Cell("ions", foil, [mt.Layer("ions", mt.IonConductor(0.1), 1e-4)], foil, area=1.0)
    with pytest.raises(mt.InputError, match="only the ion moves"):
        mt.analysis.current_ratio(mt.simulate(ions, mt.Polarization(1e-3, "1 s")))
    with pytest.raises(mt.InputError, match="no salt moves"):
        mt.analysis.newman_number(ions, "ions")
    assert np.isfinite(mt.analysis.current_ratio(large, 0, 0).newman)
