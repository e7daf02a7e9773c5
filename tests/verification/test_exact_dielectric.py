"""The dielectric acts where the ionic potential has a gradient; one capacitor per layer is not the same.

The lumped form ``i = i_f + C_g dV/dt`` of a mixed conductor is passive too, and survives cutting the layer in halves
where E is antisymmetric about its middle. Elsewhere the cut changes it.
"""

from __future__ import annotations

import math

import numpy as np
import pytest

from mgtwin.cells import Blocking, Cell, Layer, MixedConductor, Plating
from mgtwin.impedance.exact import exact

from .oracles import reference_impedance
from .stacks import renamed

FREQUENCIES = np.logspace(5, 10, 11)
GOLD, METAL = Blocking(1e-6), Plating(1e5)


def _film(negative, positive, storage=100.0) -> Cell:
    """A film of 1 um: small c_chem, so that diffusion is about as fast as dielectric relaxation."""
    return Cell("film", negative, [Layer("m", MixedConductor(0.0554, 0.055, storage, 100.0), 1e-6)], positive)


def _cut(cell, share):
    layer = cell.layers[0]
    parts = [Layer("part", layer.material, layer.thickness * x) for x in (share, 1 - share)]
    return cell.with_(renamed(parts, [None]))


def _lumped(cell, frequencies=FREQUENCIES):
    return np.array([reference_impedance(cell, 2j * np.pi * f, lumped=True, digits=40) for f in frequencies])


def _change(before, after):
    return np.max(np.abs(after / before - 1))


@pytest.mark.parametrize("share", [0.5, 0.3])
def test_the_local_form_survives_any_cut(share):
    for negative, positive in ((GOLD, METAL), (GOLD, GOLD)):
        cell = _film(negative, positive)
        assert _change(exact(cell, FREQUENCIES), exact(_cut(cell, share), FREQUENCIES)) < 1e-12


def test_the_lumped_form_survives_only_a_symmetric_one():
    half_blocking, symmetric = _film(GOLD, METAL), _film(GOLD, GOLD)
    assert _change(_lumped(symmetric), _lumped(_cut(symmetric, 0.5))) < 1e-12
    assert _change(_lumped(symmetric), _lumped(_cut(symmetric, 0.3))) > 1e-4
    assert _change(_lumped(half_blocking), _lumped(_cut(half_blocking, 0.5))) > 0.1


def test_both_forms_agree_where_ions_dominate_or_relaxations_are_far_apart():
    """E.g. the paper's half-blocking cell: no reason to worry about published fits."""
    cell = Cell("x", Blocking(0.1), [Layer("m", MixedConductor(0.0554, 4.9e-6, 1e7, 20.0), 6.5e-4)], Plating(1.0))
    frequencies = np.logspace(-1, 6, 8)
    assert _change(exact(cell, frequencies), _lumped(cell, frequencies)) < 1e-7


def test_the_lumped_form_is_passive():
    random = np.random.default_rng(7)
    for _ in range(50):
        s = 10 ** random.uniform(3, 11) * np.exp(1j * math.pi * random.uniform(-0.5, 0.5))
        z = reference_impedance(_film(GOLD, METAL), s, lumped=True, digits=40)
        assert z.real > -1e-12 * abs(z)
