"""Operations that are repeated, not worked out anew: the same bits as the formulas, and derivatives of all of them."""

from __future__ import annotations

import numpy as np
import pytest

import mgtwin as mt
from mgtwin.impedance import compiled as module
from mgtwin.impedance import exact, exact_jacobian
from mgtwin.impedance.chain import half_and_whole
from mgtwin.impedance.compiled import CompiledSpectra
from mgtwin.impedance.tape import Tape, Untraceable

F = np.geomspace(1e6, 1e-3, 25)
CELLS = ("trilayer", "au_mg3asn_au", "au_mg3asn_mg", "mg_polymer_mg", "ss_polymer_ss")


def numbers_of(cell: mt.Cell) -> dict[str, float]:
    return {path: float(value) for path, value in cell.numbers.items() if value and np.isfinite(value)}


@pytest.mark.parametrize("name", CELLS)
def test_a_tape_has_the_bits_of_the_formulas_and_their_derivatives(name: str) -> None:
    """By every number of a cell, also with other numbers than those with which it was recorded."""
    cell = mt.cell(name)
    values = numbers_of(cell)
    spectra = CompiledSpectra(cell, F, list(values))
    spectra.slopes(values, list(values))
    assert [tape for tape in spectra._tapes.values() if tape], "every formula of this cell can be repeated"
    rng = np.random.default_rng(len(name))
    moved = {path: value * rng.uniform(0.97, 1.0) for path, value in values.items()}
    changed = cell.with_(moved)
    z = exact(changed, F)
    assert spectra._repeated(moved, False) is not None
    assert np.array_equal(spectra.impedance(moved), z)
    for path, found, expected in zip(
        values, spectra.slopes(moved, list(values)), exact_jacobian(changed, F, list(values)).T, strict=True
    ):
        # differences over steps are good to 1e-8 of the slope, and to 1e-10 of Z over the number
        assert np.all(np.abs(found - expected) <= 3e-8 * np.abs(expected) + 1e-9 * np.abs(z / moved[path])), path


def test_derivatives_of_a_layer_are_those_of_its_closed_form() -> None:
    """``tanh(x/2)/x`` and ``x/sinh(x)``, from thin layers, where both are constant, to thick ones."""
    u = np.geomspace(1e-3, 1e3, 13) * np.exp(0.5j * np.pi)
    x, tape = (
        np.sqrt(u),
        Tape(lambda p: sum(c * part for c, part in zip((1.0, 2j), half_and_whole(p * u), strict=True)), [1.0]),
    )
    places = tape.repeated([1.0])
    assert places is not None
    # d/dp = u d/du = (x/2) d/dx
    half = (0.5 * x / np.cosh(x / 2) ** 2 - np.tanh(x / 2)) / (2 * x)
    whole = x / (2 * np.sinh(x)) * (1 - x / np.tanh(x))
    np.testing.assert_allclose(tape.slopes(places)[0], half + 2j * whole, rtol=1e-10, atol=1e-15)


def test_a_number_that_decides_otherwise_is_not_repeated() -> None:
    tape = Tape(lambda a, b: a * b if a > 1 else a / b, [2.0, 3.0])
    places = tape.repeated([4.0, 5.0])
    assert places is not None and tape.result(places) == 20.0
    assert tape.repeated([0.5, 5.0]) is None


@pytest.mark.parametrize(
    "formula",
    [
        lambda a: float(a) * a,
        lambda a: a if a else 1.0,
        lambda a: np.asarray(a) * 2,
        lambda a: np.imag(a * 1j),
        lambda a: abs(a),
        lambda a: np.add(a, 1, dtype=float),
    ],
)
def test_what_cannot_be_repeated_is_refused(formula) -> None:
    with pytest.raises(Untraceable):
        Tape(formula, [2.0])


def test_what_the_tape_does_not_hold_for_is_worked_out_by_the_formulas() -> None:
    """A number of 0, one out of its range, and a resistance that becomes infinite."""
    cell = mt.cell("trilayer")
    thickness, series = "layers.antiperovskite.thickness", "series_resistance"
    values = {thickness: 3e-4, series: 1e-3}
    spectra = CompiledSpectra(cell, F, [thickness, series])
    spectra.slopes(values, [thickness])
    without = spectra.slopes({thickness: 3e-4, series: 0.0}, [series])
    assert spectra._repeated({thickness: 3e-4, series: 0.0}, True) is None
    np.testing.assert_allclose(without, 1 / float(cell.area), rtol=1e-8)
    with pytest.raises(mt.InputError, match="thickness must be greater than 0"):
        spectra.impedance({thickness: -3e-4, series: 1e-3})


def test_tapes_are_bounded_and_of_one_cell_alone() -> None:
    cell, path = mt.cell("mg_polymer_mg"), "area"
    for k in range(module.MOST + 3):
        spectra = CompiledSpectra(cell, F[: 4 + k], [path])
        spectra.slopes({path: float(cell.area)}, [path])
        assert len(spectra._tapes) <= module.MOST
    other = (
        cell.with_({"layers.membrane.thickness": 1e-3})
        if "layers.membrane.thickness" in cell.numbers
        else cell.reversed()
    )
    assert np.array_equal(
        CompiledSpectra(other, F[:4], [path]).impedance({path: float(other.area)}), exact(other, F[:4])
    )
