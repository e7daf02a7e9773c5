"""Plots of what cycling does to a cell: the numbers drawn are those of the Dataset."""

from __future__ import annotations

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pytest

import mgtwin as mt
from mgtwin.errors import InputError


@pytest.fixture(scope="module")
def run() -> Any:
    """Six cycles of a small ageing cell with two spectra."""
    laws = [mt.FatigueContactLoss("2e-3 m^2/C", 0.02), mt.FilmGrowth("1e-5 ohm*m^4/C")]
    working = mt.Plating(5.0, double_layer=0.1, contact=mt.Contact(1.0, 1e-5), ageing=laws)
    layers = [mt.Layer("layer", mt.IonConductor(0.05), 1e-4)]
    cell = mt.Cell("small", mt.Plating(5.0, double_layer=0.1), layers, working, area="1 cm^2")
    probe = mt.EIS("10 kHz", "1 Hz", points=9)
    return mt.simulate(cell, mt.Cycling("-10 uA", "1 h", cycles=6, traces=(), probe=probe, every=3))


@pytest.fixture(autouse=True)
def _closed() -> Any:
    yield
    plt.close("all")


def test_contact_draws_what_is_lost_only(run: Any) -> None:
    ax = mt.plot.contact(run)
    (line,) = ax.get_lines()
    assert line.get_label() == "positive"
    np.testing.assert_array_equal(line.get_xdata(), np.arange(1, 7))
    np.testing.assert_array_equal(line.get_ydata(), run["final_contact_fraction"].sel(interface="positive"))


def test_waterfall_draws_the_spectra_that_were_taken(run: Any) -> None:
    ax = mt.plot.waterfall(run)
    lines = ax.get_lines()
    assert [line.get_label() for line in lines] == ["cycle 3", "cycle 6"]
    np.testing.assert_allclose(lines[1].get_ydata(), np.abs(run["impedance"].isel(cycle=5)))
    assert ax.get_ylabel() == "|Z| (Ω)"


def test_cycle_breakdown_stacks_up_to_the_half_difference(run: Any) -> None:
    ax = mt.plot.cycle_breakdown(run)
    unit = 1e-3 if "mV" in ax.get_ylabel() else 1.0
    tops = [np.max(area.get_paths()[0].vertices[:, 1]) for area in ax.collections]
    assert max(tops) * unit == pytest.approx(float(run["half_difference"].max()), rel=1e-6)
    assert "positive" in [text.get_text() for text in ax.get_legend().get_texts()]


def test_axes_are_used_where_given(run: Any) -> None:
    _, ax = plt.subplots()
    for draw in (mt.plot.contact, mt.plot.waterfall, mt.plot.cycle_breakdown):
        assert draw(run, ax=ax) is ax


@pytest.mark.parametrize("draw", [mt.plot.contact, mt.plot.waterfall, mt.plot.cycle_breakdown])
def test_a_dataset_without_life_is_refused(draw: Any) -> None:
    spectrum = mt.simulate(mt.cell("trilayer"), mt.EIS("1 MHz", "1 Hz", points=5))
    with pytest.raises(InputError, match=draw.__name__):
        draw(spectrum)


def test_spectra_that_were_not_taken_are_missed(run: Any) -> None:
    with pytest.raises(InputError, match="no spectrum was taken"):
        mt.plot.waterfall(run.isel(cycle=[0, 1]))
