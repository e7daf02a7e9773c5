"""Operations of a spectrum that are noted once, for all frequencies and many cells: what the formulas give."""

from __future__ import annotations

import numpy as np
import pytest

import mgtwin as mt
from mgtwin.impedance.compiled import CompiledSpectra

CELLS = ("trilayer", "au_mg3asn_au", "au_mg3asn_mg", "mg_polymer_mg", "ss_polymer_ss")
#: Each cell with frequencies of its own, another number of them than those with which it was noted.
F = np.geomspace(1e6, 1e-3, 25) * np.array([[1.0], [0.7], [1.2]])


@pytest.mark.parametrize("name", [*CELLS, "shorted"])
def test_many_cells_at_once_are_those_of_the_formulas(name: str) -> None:
    shorted, rng = mt.cell("trilayer").with_({"shunt": mt.Shunt("0.1 S/m^2")}), np.random.default_rng(len(name))
    cell = shorted if name == "shorted" else mt.cell(name)
    values = {path: float(value) for path, value in cell.numbers.items() if value and np.isfinite(value)}
    formulas = CompiledSpectra(cell, F, list(values))
    noted = formulas.noted(values)
    moved = {path: value * rng.uniform(0.97, 1.0, (3, 1)) for path, value in values.items()}
    assert noted._again(moved, None) is not None, "every formula of this cell can be repeated"
    z, slopes = formulas.linearised(moved, [*values])
    np.testing.assert_allclose(noted.impedance(moved), z, rtol=1e-12)
    for path, found, expected in zip(values, noted.linearised(moved, [*values])[1], slopes, strict=True):
        # differences over steps are good to 1e-8 of the slope, and to 1e-10 of Z over the number
        assert np.all(np.abs(found - expected) <= 3e-8 * np.abs(expected) + 1e-9 * np.abs(z / moved[path])), path
    # one cell with the bits of many
    one = {path: value[1:2] for path, value in moved.items()}
    assert np.array_equal(noted.at(F[1:2]).impedance(one), noted.impedance(moved)[1:2])


def test_a_cell_beside_a_shunt_is_that_of_the_formulas() -> None:
    """Whether its operations are the same at all frequencies or not."""
    cell = mt.cell("trilayer").with_({"shunt": mt.Shunt(conductance="1 mS/cm^2")})
    paths = ["shunt.conductance", "layers.antiperovskite.thickness"]
    values = {path: float(cell.get(path)) for path in paths}
    formulas = CompiledSpectra(cell, F, paths)
    moved = {path: value * np.array([[0.9], [1.0], [1.1]]) for path, value in values.items()}
    for f in (F, F[:, :11], F[:, 10:20]):  # also as many as it was noted with
        found, expected = (one.at(f).linearised(moved, paths) for one in (formulas.noted(values), formulas))
        np.testing.assert_allclose(found[0], expected[0], rtol=1e-12)
        np.testing.assert_allclose(found[1], expected[1], rtol=1e-6)


def test_where_they_do_not_hold_the_formulas_do() -> None:
    """A contact that is whole and a film of nothing go other ways; what came before changes nothing."""
    cell = mt.cell("trilayer", "contact_loss").with_(
        {"interfaces.*.contact.fraction": 0.9, "positive.film_resistance": "1 ohm*cm^2"}
    )
    paths = [next(path for path in cell.numbers if path.endswith("contact.fraction")), "positive.film_resistance"]
    formulas = CompiledSpectra(cell, F, paths)
    noted = formulas.noted({path: float(cell.get(path)) for path in paths})
    usual = {path: np.array([[0.8], [0.7], [0.6]]) * float(cell.get(path)) for path in paths}
    before = noted.impedance(usual)
    assert noted._again(usual, None) is not None
    for fraction, film in ((1.0, 1e-4), (0.5, 0.0), (1.0, 0.0)):
        other = {paths[0]: np.full((3, 1), fraction), paths[1]: np.full((3, 1), film)}
        np.testing.assert_allclose(noted.impedance(other), formulas.impedance(other), rtol=1e-12)
        z, slopes = noted.linearised(other, paths)
        np.testing.assert_allclose(z, formulas.impedance(other), rtol=1e-12)
        expected = formulas.jacobian(other, paths)
        assert np.all(np.abs(slopes - expected) <= 1e-6 * np.abs(expected))
    assert np.array_equal(noted.impedance(usual), before)


def test_what_cannot_be_noted_is_left_as_it_is() -> None:
    spectra = CompiledSpectra(mt.cell("trilayer"), F, ["negative.film_resistance"])
    assert spectra.noted({"negative.film_resistance": 0.0}) is spectra
