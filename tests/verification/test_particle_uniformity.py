"""How far the surface of a host's particles runs ahead of their mean, in closed form."""

from __future__ import annotations

import pytest

import mgtwin as mt
from mgtwin.kinds.numbers import FARADAY

RADIUS, DIFFUSIVITY, SITES, ACTIVE, THICKNESS, CONTACT = 1e-6, 1e-15, 1.43e4, 0.4, 3e-5, 0.5


def cell(**more: object) -> mt.Cell:
    host = mt.Insertion(
        mt.Sites([(1.0, "1.2 V", 20.0)]), 1.0, DIFFUSIVITY, RADIUS, SITES, ACTIVE, THICKNESS, 1e3, 1e3, filling=0.1,
        particle_contact=CONTACT, **more,
    )  # fmt: skip
    return mt.Cell("host", mt.Plating(1e3), [mt.Layer("ions", mt.IonConductor(1.0), 1e-5)], host, area=2e-4)


def test_closed_form() -> None:
    """``Phi = i R_p/(5D aL zF c_max)`` with a = 3 eps/R_p: of the current density alone, not of the contact."""
    for density in (0.5, -2.0):
        expected = abs(density) * RADIUS / (5 * DIFFUSIVITY * 3 * ACTIVE / RADIUS * THICKNESS * 2 * FARADAY * SITES)
        found = mt.analysis.particle_uniformity(cell(), density * 2e-4)
        assert found["positive"] == pytest.approx(expected, rel=1e-12)
    assert mt.analysis.particle_uniformity(cell().reversed(), "1 A/m^2").keys() == {"negative"}
    assert mt.analysis.particle_uniformity(mt.cell("trilayer"), "1 uA") == {}


def test_a_factor_of_the_diffusivity_counts_at_the_filling() -> None:
    slower = cell(diffusivity_factor=mt.Tabulated([0.0, 1.0], [1.0, 1e-2]))
    even = mt.analysis.particle_uniformity(cell(), 1e-4)["positive"]
    assert mt.analysis.particle_uniformity(slower, 1e-4, 0.5)["positive"] == pytest.approx(10 * even, rel=1e-6)
    assert mt.analysis.particle_uniformity(slower, 1e-4)["positive"] < 2 * even
