"""A dispersive bulk remembers earlier runs through ``start=``: in another window, in other modes, on the mesh.

Its branches once began at rest wherever the next run had others: 98 % of the current after a change of route.
"""

from __future__ import annotations

import numpy as np
import pytest

import mgtwin as mt
from mgtwin.models import names
from mgtwin.models.modes import modal_table
from mgtwin.simulation.unknowns import with_field

SLOW = mt.MixedConductor(
    "1e-9 S/cm", "1e-10 S/cm", "1e-3 F/cm^3", minimum_potential="-1 V",
    relative_permittivity=mt.CPE("1e-10 S*s^0.8/cm", 0.8),
)  # fmt: skip
MAGNESIUM = mt.Plating("1 mA/cm^2", electronic_resistance="inf", double_layer="1 uF/cm^2")
CELL = mt.Cell("slow", MAGNESIUM, [mt.Layer("a", SLOW, "0.1 mm")], MAGNESIUM, series_resistance="10 ohm*cm^2")


@pytest.mark.slow
def test_a_longer_run_in_other_modes_has_the_branches_of_a_short_one() -> None:
    """The slow ones were a single branch there: late currents were missing by a third and more."""
    before, after = mt.Polarization(0.5, 1.0, "10 ms", 2), mt.Polarization(0.0, 1e3, "10 ms", 2)
    own = mt.Modes(density=1.5)
    # a sequence has one window for all of its steps
    whole = list(mt.simulate(CELL, mt.Sequence([before, after]), route=own).leaves)[-1].to_dataset()
    short = mt.simulate(CELL, before, route=mt.Modes(density=2.0))
    run = mt.simulate(CELL, after, start=short, route=own)
    np.testing.assert_allclose(run["current"], whole["current"], rtol=1e-3)


def test_the_field_and_each_of_its_branches_pass_between_mesh_and_modes() -> None:
    """There and back again, by what all unknowns have in common: the integral of the field."""
    edges = np.linspace(0.0, 1.0, 201)
    nodes = (edges[1:] + edges[:-1]) / 2
    field, followers = names.ionic_field("a"), ("", "-3", "below -4")
    table = modal_table(2.5, 12)
    modal = [names.modal_field("a", 2.5, 12)] * table.states + [
        names.static_field("a", parity) for parity in ("even", "odd")
    ]

    def branches(name: str) -> list[str]:
        return [names.constant_phase_branch(name, label) if label else name for label in followers]

    profiles = [2 + np.cos(np.pi * nodes), 1 + nodes**2, 0 * nodes + 5.0]
    kept = (
        np.array([label for label in branches(field) for _ in nodes] + ["a potential drop [V]"]),
        np.array([*np.tile(nodes, 3), np.nan]),
        np.array([*np.concatenate(profiles), 7.0]),
    )
    middle = with_field("a", 1e-3, kept, (np.array(modal), np.full(len(modal), np.nan)))
    assert set(middle[0]) == {b for name in modal for b in branches(name)} | {"a potential drop [V]"}
    labels, positions, values = with_field("a", 1e-3, middle, (np.array([field] * nodes.size), nodes))
    for label, profile in zip(branches(field), profiles, strict=True):
        np.testing.assert_array_equal(positions[labels == label], nodes)
        np.testing.assert_allclose(values[labels == label], profile, rtol=0.02)
        mean = np.mean(values[labels == label])
        assert abs(mean / np.mean(profile) - 1) < 1e-3  # the drop over the layer
    assert values[labels == "a potential drop [V]"] == [7.0]
