"""Short, open and fixture are taken out of a spectrum as they are put in."""

from __future__ import annotations

import numpy as np
import pytest

import mgtwin as mt
from mgtwin.analysis import corrected
from mgtwin.dataset import spectrum

F = np.geomspace(1e7, 1.0, 57)
S = 2j * np.pi * F
TRUTH = 50 + 1000 / (1 + S * 1e-6)
SHORT = 0.3 + S * 4e-7
#: Stray admittance that stands behind the leads, beside the sample.
STRAY = 1e-9 + S * 5e-11


def test_short_and_open_give_the_sample_back():
    measured = SHORT + TRUTH / (1 + TRUTH * STRAY)
    opened = SHORT + 1 / STRAY
    found = corrected(spectrum(F, measured), short=spectrum(F, SHORT), open=spectrum(F, opened))
    np.testing.assert_allclose(found.impedance.values, TRUTH, rtol=1e-10)
    assert found.attrs["reading"] == ["the shorted holder is taken out", "the open holder is taken out"]
    # leads alone; and calibrations in the other order
    only = corrected(spectrum(F, TRUTH + SHORT), short=spectrum(F[::-1], SHORT[::-1]))
    np.testing.assert_allclose(only.impedance.values, TRUTH, rtol=1e-12)


def test_a_fixture_is_taken_out_as_the_simulation_puts_it_in():
    cell, protocol, holder = mt.cell("trilayer"), mt.EIS("10 MHz", "1 Hz"), mt.Fixture("1 uH", "150 pF")
    measured = mt.simulate(cell.with_({"fixture": holder}), protocol)
    np.testing.assert_allclose(
        corrected(measured, fixture=holder).impedance.values, mt.simulate(cell, protocol).impedance.values, rtol=1e-10
    )


def test_what_cannot_be_corrected_is_refused_and_what_is_large_is_said():
    eis = spectrum(F, TRUTH)
    with pytest.raises(mt.InputError, match="needs what to take out"):
        corrected(eis)
    with pytest.raises(mt.InputError, match="give either"):
        corrected(eis, short=eis, fixture=mt.Fixture("1 uH"))
    with pytest.raises(mt.InputError, match="nothing is extrapolated"):
        corrected(eis, short=spectrum(F[5:], SHORT[5:]))
    large = corrected(spectrum(F, TRUTH + SHORT), short=spectrum(F, SHORT + 100))
    assert any("more than half" in text for text in large.attrs["warnings"]) and eis.attrs.get("reading") is None


def test_gaps_stay_gaps_and_are_told():
    eis = spectrum(F, np.where(F > 10, TRUTH, np.nan))
    found = corrected(eis, fixture=mt.Fixture("1 nH"))
    assert (np.isfinite(found.impedance.values) == (F > 10)).all()
    assert f"{(F <= 10).sum()} of {F.size} points have no finite impedance" in found.attrs["warnings"][0]
    with pytest.raises(mt.InputError, match="holds no points"):
        corrected(eis.isel(frequency=[]), fixture=mt.Fixture("1 nH"))
