"""The cell in a notebook."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import pytest

from mgtwin.cells import Blocking, Cell, IonConductor, Junction, Layer, MixedConductor, Plating
from mgtwin.cells.describe import parameters
from mgtwin.cells.html import thickness_class
from mgtwin.laws import Arrhenius, Table


@pytest.fixture
def cell() -> Cell:
    sigma = Arrhenius({"value": "2.6 mS/cm", "std": "5 %", "kind": "measured", "source": "paper"}, "100 degC", "0.4 eV")
    return Cell(
        "a <cell>",
        Plating("5 uA/cm^2", name="Mg & friends"),
        [
            Layer("thin", IonConductor(Table(["25 degC", "100 degC"], [1, 2])), "5 um"),
            Layer("thick", MixedConductor(sigma, 1e-6, 1e6, description='says "hello"'), "0.65 mm"),
        ],
        Blocking(0.1),
        {"thin-thick": Junction("30 ohm*cm^2")},
        description="<script>alert(1)</script>",
        temperature="60 degC",
    )


def test_widths_are_classes_of_thickness() -> None:
    assert [thickness_class(t) for t in (1e-9, 1e-6, 9.9e-6, 1e-5, 1e-4, 6.5e-4, 1e-3, 1e-2, 1.0)] == [
        0, 1, 1, 2, 3, 3, 4, 5, 5
    ]  # fmt: skip


def test_html_is_well_formed_escaped_and_complete(cell: Cell) -> None:
    html = cell._repr_html_()
    root = ElementTree.fromstring(html.replace("&nbsp;", " ").replace("&micro;", "u"))
    assert "<script>" not in html
    text = " ".join(root.itertext())
    assert "a <cell>" in text and "Mg & friends" in text
    for row in parameters(cell):
        assert row.text in text
    assert "measured (paper)" in text and "Arrhenius" in text
    assert "2.6 ± 0.13 mS/cm" in text
    boxes = [item for item in root.iter("div") if "width:" in item.get("style", "")]
    assert len(boxes) == 5  # two electrodes, two layers, one junction
    assert "width:48px" in (boxes[1].get("style") or "") and "width:100px" in (boxes[3].get("style") or "")


def test_parameters_list_every_number_with_its_provenance(cell: Cell) -> None:
    rows = {row.path: row for row in parameters(cell)}
    assert set(cell.paths()) <= set(rows)
    assert rows["layers.thick.material.ionic_conductivity.reference"].provenance == "measured (paper)"
    assert rows["layers.thin.material.ionic_conductivity.values[1]"].value == 2
    assert rows["temperature"].text == "60 °C"
