"""Spectra of discretised cells are held against what does not depend on them; what is far off is said or refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import mgtwin as mt
from mgtwin.impedance.linearise import LinearisedStack
from mgtwin.impedance.steady import SteadyState

from .test_insertion_resolved import full_cell

MIXED = mt.MixedConductor("1 mS/cm", mt.DefectElectrons("1e-8 S/cm", "1e-12 S/cm"), "1 F/cm^3")


def hebb_wagner(positive: Any) -> mt.Cell:
    negative = mt.Plating("1 mA/cm^2", electronic_resistance="inf")
    return mt.Cell("pellet", negative, [mt.Layer("pellet", MIXED, "0.1 mm")], positive)


@pytest.mark.parametrize("frequency", [1e6, 1e7])
def test_slices_that_are_too_few_are_said_with_their_error(frequency: float) -> None:
    cell = full_cell(mt.Resolved(4))
    found = mt.simulate(cell, mt.EIS.at([frequency]), route=mt.Mesh())
    off = abs(complex(found["impedance"].values[0] / mt.impedance.exact(cell, [frequency])[0]) - 1)
    assert off > 0.01
    (said,) = found.attrs["warnings"]
    assert said.startswith("positive: 4 slices are too few") and f"up to {100 * off:.2g} % wrong" in said
    enough = said.rpartition("Resolved(")[2].split(")")[0]
    finer = mt.simulate(full_cell(mt.Resolved(int(enough))), mt.EIS.at([frequency]), route=mt.Mesh())
    assert not finer.attrs["warnings"]


def test_a_law_of_the_electrons_is_not_continued_to_the_potential_of_a_host() -> None:
    host = mt.Insertion(
        mt.Sites([(1.0, "2 V", 4.0)]), "1e-5 A/cm^2", "1e-9 cm^2/s", "1 um", "14.3 mol/L", 0.5, "50 um",
        "0.1 mS/cm", "1 S/cm", filling=0.5, electronic_resistance="1 ohm*cm^2", resolution=mt.Uniform(),
    )  # fmt: skip
    cell = hebb_wagner(host)
    for asked in (
        lambda: mt.impedance.exact(cell, [1.0]),
        lambda: LinearisedStack(cell, f_max=1.0),
        lambda: mt.simulate(cell, mt.Rest("1 h")),
    ):
        with pytest.raises(mt.InputError, match=r"electrode of 2 V.*exp\(78\).*Block the electrons"):
            asked()
    assert np.isfinite(mt.impedance.exact(cell.with_({"positive.electronic_resistance": "inf"}), [1.0])).all()


@pytest.mark.parametrize("bias", [mt.Voltage(0.3), mt.Current("-1 uA")])
def test_a_spectrum_under_a_bias_tends_to_the_slope_of_the_steady_states(
    bias: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    cell = hebb_wagner(mt.Plating("1 mA/cm^2") if isinstance(bias, mt.Current) else mt.Blocking("1 uF/cm^2"))
    cell = cell.with_({"negative.electronic_resistance": 0.0})
    protocol, held = mt.EIS.at([1e3, 1e-9], bias=bias), []
    own = SteadyState.resistance

    def kept(self: SteadyState, state: np.ndarray) -> float | None:
        held.append(own(self, state))
        return held[-1]

    monkeypatch.setattr(SteadyState, "resistance", kept)
    found = mt.simulate(cell, protocol)
    assert held[0] == pytest.approx(found["impedance"].values[-1].real, rel=3e-3)  # the slope half a step away
    monkeypatch.setattr(SteadyState, "resistance", lambda self, state: 1.5 * held[0])
    with pytest.raises(mt.SimulationError, match="nowhere near dV/dI"):
        mt.simulate(cell, protocol)


def test_one_frequency_is_a_number() -> None:
    """Where a fixture is asked how fast it is beside a layer that has no closed form."""
    stack = LinearisedStack(mt.cell("trilayer"), f_max=1e3)
    assert complex(stack.impedance(10.0)) == stack.impedance([10.0])[0]
