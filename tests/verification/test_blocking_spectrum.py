"""Both conductivities from a spectrum between ion-blocking electrodes, against the cell and a polarisation."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import mgtwin as mt
from mgtwin.analysis import blocking_spectrum, electronic_conductivity

IONIC, ELECTRONIC = 0.05, 0.005
MIXED = mt.MixedConductor(IONIC, ELECTRONIC, 1e5)


def cell(capacitance: float = 0.01, contact: float = 0.0, leads: float = 0.0, **fields: Any) -> mt.Cell:
    """L^2/D is 22 s."""
    gold = mt.Blocking(capacitance, electronic_resistance=contact)
    given = {"negative": gold, "positive": gold, "series_resistance": leads} | fields
    return mt.Cell(**{"name": "blocked", "layers": [mt.Layer("mixed", MIXED, 1e-3)]} | given)


def spectrum(of: mt.Cell, lowest: float = 1e-6) -> Any:
    return mt.simulate(of, mt.EIS(1e5, lowest, points=50))


@pytest.mark.parametrize(("capacitance", "contact", "leads"), [(0.01, 0.0, 0.0), (1.0, 0.05, 0.01), (10.0, 0.2, 0.0)])
def test_numbers_of_the_cell_come_back(capacitance: float, contact: float, leads: float) -> None:
    found = blocking_spectrum(spectrum(cell(capacitance, contact, leads)))
    assert (found.electronic, found.ionic) == pytest.approx((ELECTRONIC, IONIC), rel=1e-6)
    assert found.double_layer == pytest.approx(capacitance * 1e-4, rel=1e-6)
    assert found.diffusion_time == pytest.approx(22.0, rel=1e-6) and not found.lower_bound


def test_the_same_as_the_slope_of_steady_currents() -> None:
    runs = [mt.simulate(cell(), mt.Polarization(v, "10 h", first_time="1 min")) for v in (0.01, 0.02, 0.03)]
    assert blocking_spectrum(spectrum(cell())).electronic == pytest.approx(
        electronic_conductivity(runs).value, rel=1e-6
    )


def test_noise_is_in_the_standard_deviations() -> None:
    plain, draw = spectrum(cell(1.0)), np.random.default_rng(5)
    size = plain["impedance"].size
    off = []
    for _ in range(12):
        noise = 1 + 0.01 * (draw.standard_normal(size) + 1j * draw.standard_normal(size))
        found = blocking_spectrum(
            plain.assign(impedance=plain["impedance"].copy(data=plain["impedance"].values * noise))
        )
        off += [(found.electronic - ELECTRONIC) / found.electronic_std, (found.ionic - IONIC) / found.ionic_std]
    assert 0.6 < np.sqrt(np.mean(np.square(off))) < 1.5


def test_what_the_spectrum_does_not_show_is_said() -> None:
    early = blocking_spectrum(spectrum(cell(), 0.1))
    assert early.lower_bound and "not below D/L^2" in str(early) and "sigma_eon <=" in str(early)
    slow = blocking_spectrum(spectrum(cell(1e3)))
    assert "only the shape of one arc" in str(slow)
    two = cell(layers=[mt.Layer("a", MIXED, 1e-3), mt.Layer("b", mt.MixedConductor(1e-3, 1e-5, 1e5), 1e-3)])
    with pytest.raises(mt.InputError, match="is of a single layer"):
        blocking_spectrum(spectrum(two))
    metal = mt.Plating(10.0)
    with pytest.raises(mt.InputError, match="pass the ion"):
        blocking_spectrum(spectrum(cell(negative=metal, positive=metal)))
    plain = spectrum(cell())
    other = plain.assign(impedance=plain["impedance"].copy(data=10 + 1e3 * (1j * plain["frequency"].values) ** -0.6))
    assert "this is not one mixed conductor between two equal" in str(blocking_spectrum(other))
