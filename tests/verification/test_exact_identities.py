"""Identities of theory.md §6 (12) and passivity of the mesh-free impedance, for random stacks of 1-7 layers."""

from __future__ import annotations

import numpy as np
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from mgtwin.cells import IonConductor, Layer
from mgtwin.impedance.exact import exact, exact_laplace

from .stacks import FREQUENCIES, cells, decades, junctions_of, renamed, worst

random_stacks = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))


@random_stacks
@given(cells(), st.integers(0, 6), st.floats(0.01, 0.99))
def test_splitting_a_layer_changes_nothing(cell, which, share):
    k = which % len(cell.layers)
    layer = cell.layers[k]
    parts = [Layer("part", layer.material, layer.thickness * x, layer.area) for x in (share, 1 - share)]
    stack, junctions = list(cell.layers), junctions_of(cell)
    stack[k : k + 1] = parts
    junctions[k:k] = [None]
    split = cell.with_(renamed(stack, junctions))
    assert worst(exact(split, FREQUENCIES), exact(cell, FREQUENCIES)) < 1e-10


@random_stacks
@given(cells())
def test_reversed_stack(cell):
    assert worst(exact(cell.reversed(), FREQUENCIES), exact(cell, FREQUENCIES)) < 1e-10


@random_stacks
@given(cells(), st.floats(0.01, 100))
def test_area_scaling(cell, factor):
    areas = {f"layers.{layer.name}.area": layer.area * factor for layer in cell.layers if layer.area is not None}
    scaled = cell.with_({"area": cell.area * factor} | areas)
    assert worst(exact(scaled, FREQUENCIES) * factor, exact(cell, FREQUENCIES)) < 1e-10


@random_stacks
@given(cells(), st.integers(0, 6), decades(-6, 0))
def test_series_elements_add(cell, which, resistance):
    """Leads add R_s; an ion conductor beside another one adds L/sigma whatever surrounds it."""
    before = exact(cell, FREQUENCIES)
    with_leads = cell.with_({"series_resistance": cell.series_resistance + resistance})
    assert worst(exact(with_leads, FREQUENCIES), before + resistance / cell.area) < 1e-10

    k = which % len(cell.layers)
    assume(isinstance(cell.layers[k].material, IonConductor))
    stack, junctions = list(cell.layers), junctions_of(cell)
    touched = cell.negative if k == 0 else junctions[k - 1]
    assume(touched is None or touched.contact is None)  # else the current spreads into the new layer
    stack.insert(k, Layer("more", IonConductor(1.0), resistance))
    junctions.insert(k, None)
    longer = cell.with_(renamed(stack, junctions))
    assert worst(exact(longer, FREQUENCIES), before + resistance / cell.area) < 1e-10


@random_stacks
@given(cells(4), cells(3), decades(-8, 2))
def test_an_ion_conductor_separates_two_stacks(first, second, sigma):
    """What lies on both sides of a layer without electrons is in series: Z(A+s+B) + Z(s) = Z(A+s) + Z(s+B)."""
    separator = Layer("s", IonConductor(sigma), 1e-4)
    second = second.with_({"area": first.area})
    wall, a, b = first.negative, junctions_of(first), junctions_of(second)

    def spectrum(stack, junctions, negative, positive):
        changes = renamed(stack, junctions) | {"negative": negative, "positive": positive, "series_resistance": 0.0}
        return exact(first.with_(changes), FREQUENCIES)

    whole = spectrum([*first.layers, separator, *second.layers], [*a, None, None, *b], first.negative, second.positive)
    left = spectrum([*first.layers, separator], [*a, None], first.negative, wall)
    right = spectrum([separator, *second.layers], [None, *b], wall, second.positive)
    alone = spectrum([separator], [], wall, wall)
    scale = np.maximum(np.abs(left + right), np.abs(alone))
    assert np.max(np.abs(whole + alone - left - right) / scale) < 1e-10


@random_stacks
@given(cells(), st.integers(0, 2**32 - 1))
def test_passive_and_real(cell, seed):
    """Re Z >= 0 for Re s > 0 (with analyticity there: causal), and Z(conj s) = conj Z(s)."""
    random = np.random.default_rng(seed)
    s = 10 ** random.uniform(-9, 10, 200) * np.exp(1j * np.pi * random.uniform(-0.5, 0.5, 200))
    z = exact_laplace(cell, s)
    assert np.all(np.isfinite(z))
    assert np.all(z.real >= -1e-12 * np.abs(z))
    assert worst(exact_laplace(cell, s.conj()), z.conj()) < 1e-14
    assert np.all(exact(cell, FREQUENCIES).real >= 0)
