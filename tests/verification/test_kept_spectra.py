"""Functions of discretised cells that spectra share: the same bits whatever ran before, and no number left behind."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import mgtwin as mt
from mgtwin.impedance import functions
from mgtwin.impedance.linearise import LinearisedStack
from mgtwin.simulation import built
from mgtwin.simulation.spectra import linearised

BIASED = mt.EIS(1e5, 1.0, points=4, bias=mt.Voltage("5 mV"))
# neither decides on the mesh, which is that of the cell itself
PATHS = ["negative.film_resistance", "*.exchange_current_density.reference"]


def bits(cell: mt.Cell) -> list[bytes]:
    """A spectrum under a bias, and its derivatives."""
    spectrum = mt.simulate(cell, BIASED)["impedance"]
    return [spectrum.values.tobytes(), mt.impedance_jacobian(cell, BIASED, PATHS).impedance_jacobian.values.tobytes()]


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """As long as functions have been compiled, nothing being kept at first."""
    counted: list[int] = []
    plain = functions.StackFunctions.__init__
    monkeypatch.setattr(built, "_KEPT", type(built._KEPT)())
    monkeypatch.setattr(
        functions.StackFunctions,
        "__init__",
        lambda self, *given, **how: (counted.append(1), plain(self, *given, **how))[1],
    )
    return counted


def test_kept_functions_give_the_bits_of_new_ones(made: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    cell = mt.cell("mg_mg3asn_mg")
    cell = cell.with_({PATHS[0]: 0.01})
    changed = cell.with_({PATHS[0]: 0.0101})
    with monkeypatch.context() as patch:
        patch.setattr(built, "_KEPT", type(built._KEPT)())
        expected = bits(changed)
    bits(cell)
    before = len(made)
    assert bits(changed) == expected
    assert bits(changed) == expected  # also after itself
    assert len(made) == before


@pytest.mark.slow
def test_no_number_is_left_in_kept_functions(made: list[int]) -> None:
    """Every third (all have been tried), also where it is 0 or infinite, against functions of its own."""
    cell, f = mt.cell("trilayer", "contact_and_film"), np.array([1e4, 1.0])
    linearised(cell, 1e4)
    runs = 0
    for path, value in list(cell.numbers.items())[::3]:
        for other in (float(value) * 1.01, 0.0, np.inf)[: 1 + 2 * path.endswith("resistance")]:
            try:
                changed = cell.with_({path: other})
                own = functions.StackFunctions(changed, f_max=1e4, shared=True)
                alone: Any = LinearisedStack(changed, f_max=1e4, functions=own)
                expected = alone.impedance(f).tobytes()
            except (mt.InputError, mt.SimulationError):  # what the cell refuses
                continue
            runs += 1
            assert linearised(changed, 1e4).impedance(f).tobytes() == expected, (path, other)
    assert runs > 12
    assert len(made) < 1.5 * runs  # of those alone each makes its own


def test_what_no_equation_reads_is_that_of_the_cell_itself() -> None:
    """The fixture is no part of the model, and the highest frequency is rounded in it."""
    cell = mt.cell("trilayer")
    first = linearised(cell, 1e4)
    other = linearised(cell.with_({"fixture": mt.Fixture("1 uH", "1 pF")}), 0.999e4)
    again = linearised(cell.with_({"fixture": mt.Fixture("2 uH", "1 pF")}), 0.999e4)
    assert again.model is other.model
    assert first.fixture_numbers(None) == (0.0, 0.0)
    assert again.fixture_numbers(None) == (2e-6, 1e-12)
    assert again.f_max == 0.999e4
