"""Runs side by side say what each of them says alone."""

from __future__ import annotations

import numpy as np
import pytest

import mgtwin as mt
from mgtwin.batch.runs import side_by_side

FULL = mt.cell("mg_polymer_ti2s4")
TRILAYER = mt.cell("trilayer")


@pytest.mark.parametrize(
    ("cell", "path", "protocol", "said"),
    [
        (
            FULL,
            "positive.thickness",
            mt.Galvanostatic("-0.5 mA", "10 min", limits=("0.6 V", "2 V"), points=3),
            "the driving force differs",
        ),
        (TRILAYER, "layers.antiperovskite.thickness", mt.Galvanostatic("-1 mA/cm^2", "1 h", points=3), "deposit"),
    ],
    ids=["thick electrode", "internal deposition"],
)
def test_side_by_side_warns_as_alone(cell: mt.Cell, path: str, protocol: mt.Galvanostatic, said: str) -> None:
    values = float(cell.get(path)) * np.array([1.0, 0.9, 0.8])
    cells = [cell.with_({path: value}) for value in values]
    found = side_by_side(cell, cells, {path: values}, protocol).datasets
    assert len(found) == 3
    for k, run in found.items():
        alone = mt.simulate(cells[k], protocol).attrs["warnings"]
        assert any(said in text for text in alone)
        assert {text for text in alone if "event" not in text} <= set(run.attrs["warnings"])
