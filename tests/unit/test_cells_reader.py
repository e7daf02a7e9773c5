"""The reader: every number goes through the lookup under its own path, laws are evaluated field by field."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mgtwin.cells import Blocking, Cell, GrainBoundary, IonConductor, Layer, Reader
from mgtwin.errors import InputError, UnknownNameError
from mgtwin.laws import Arrhenius, Table, VogelFulcher

SIGMA = "layers.a.material.ionic_conductivity"


def cell_with(conductivity: Any) -> Cell:
    gold = Blocking("10 uF/cm^2")
    return Cell("c", gold, [Layer("a", IonConductor(conductivity), "0.5 mm")], gold, temperature="60 degC")


def test_numbers_without_a_lookup_are_those_of_the_cell() -> None:
    reader = Reader(cell_with("1 mS/cm"))
    assert reader.number("layers.a.thickness") == 5e-4
    assert reader.number("layers.a.area") is None
    assert reader.property("layers.a.material.grain_boundary", 300) is None
    assert reader.property(SIGMA, 300.0) == 0.1
    assert reader.temperature == 333.15
    assert reader.number("ion.charge") == 2


@pytest.mark.parametrize(
    "law",
    [Arrhenius("2.6 mS/cm", "100 degC", "0.4 eV"), VogelFulcher("1 S/cm", "0.1 eV", "150 K")],
    ids=["arrhenius", "vft"],
)
def test_a_property_is_evaluated_through_the_lookup_of_each_field(law: Any) -> None:
    seen: dict[str, float] = {}

    def lookup(path: str, value: float) -> float:
        seen[path] = value
        return value

    reader = Reader(cell_with(law), lookup)
    assert reader.property(SIGMA, 310.0) == pytest.approx(law(310.0), rel=1e-14)
    assert seen == {f"{SIGMA}.{name}": value for name, value in law.parameters().items()}


def test_a_lookup_may_return_arrays() -> None:
    energies = np.array([0.2, 0.3, 0.4])
    law = Arrhenius("2.6 mS/cm", "100 degC", "0.4 eV")
    reader = Reader(cell_with(law), lambda path, value: energies if path.endswith("activation_energy") else value)
    expected = [Arrhenius("2.6 mS/cm", "100 degC", float(energy))(310.0) for energy in energies]
    np.testing.assert_allclose(reader.property(SIGMA, 310.0), expected, rtol=1e-14)


def test_rows_of_a_table_are_not_looked_up() -> None:
    law = Table(["25 degC", "100 degC"], ["1 mS/cm", "3 mS/cm"])
    assert Reader(cell_with(law), lambda path, value: np.nan).property(SIGMA, 335.65) == pytest.approx(0.2)


def test_what_cannot_be_read_says_so() -> None:
    reader = Reader(cell_with(Arrhenius("2.6 mS/cm", "100 degC", "0.4 eV")))
    with pytest.raises(InputError, match=r"ionic_conductivity is not a number but .*property\(path, T\)"):
        reader.number(SIGMA)
    with pytest.raises(InputError, match="is not a number"):
        reader.property("layers.a.material", 300.0)
    with pytest.raises(UnknownNameError, match=r"layers\.a\.thickness"):
        reader.number("layers.a.thicknes")


def test_grain_boundaries_are_read_like_anything_else() -> None:
    cell = cell_with(1).with_({"layers.a.material.grain_boundary": GrainBoundary("1 ohm*cm^2", None, "2 um")})
    reader = Reader(cell, lambda path, value: 2 * value)
    assert reader.property("layers.a.material.grain_boundary.resistance", 300.0) == 2e-4
    assert reader.number("layers.a.material.grain_boundary.capacitance") is None
