"""A discretised spectrum at rest that is far from the closed form is an error, not an answer."""

from __future__ import annotations

import numpy as np
import pytest

import mgtwin as mt

CELL, PROTOCOL = mt.cell("au_mg3asn_au"), mt.EIS.at(np.geomspace(1e4, 1e-4, 6))


def test_a_mesh_that_holds_is_an_answer() -> None:
    found = mt.simulate(CELL, PROTOCOL, route=mt.Mesh())["impedance"].values
    np.testing.assert_allclose(found, mt.simulate(CELL, PROTOCOL)["impedance"].values, rtol=1e-3)  # the mesh's error


def test_a_mesh_that_does_not_is_an_error() -> None:
    """One volume for the whole layer."""
    with pytest.raises(mt.SimulationError, match="the route mesh is off by a factor of 2"):
        mt.simulate(CELL, PROTOCOL, route=mt.Mesh(refinement=0.01))
