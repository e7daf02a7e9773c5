"""The mesh-free impedance against a dense solution in 80 digits, for random stacks and anywhere in the half plane."""

from __future__ import annotations

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mgtwin.impedance.exact import exact_laplace

from .oracles import reference_impedance
from .stacks import binary_electrolytes, cells, decades, ion_conductors, mixed_conductors

uniform = ion_conductors.filter(lambda material: material.grain_boundary is None)
without_boundaries = st.one_of(uniform, mixed_conductors, binary_electrolytes)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(cells(6, without_boundaries), decades(-9, 9), st.floats(-0.5, 0.5))
def test_random_stacks(cell, magnitude, angle):
    s = 2 * np.pi * magnitude * np.exp(1j * np.pi * angle)
    expected = reference_impedance(cell, s)
    assert abs(exact_laplace(cell, s) - expected) < 1e-12 * abs(expected)


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(cells(4, without_boundaries), decades(-6, 6), st.floats(0.5, 0.95))
def test_beyond_the_imaginary_axis(cell, magnitude, angle):
    """Where the contours of inverse Laplace transforms go."""
    s = magnitude * np.exp(1j * np.pi * angle)
    expected = reference_impedance(cell, s)
    assert abs(exact_laplace(cell, s) - expected) < 1e-8 * abs(expected)


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(cells(4, without_boundaries))
def test_direct_current(cell):
    """Z(0) is finite wherever some carrier passes, and infinite elsewhere."""
    direct, slow = exact_laplace(cell, 0), reference_impedance(cell, 1e-40, digits=200)
    if np.isinf(direct):
        assert abs(slow) > 1e25
    else:
        assert abs(direct - slow) < 1e-12 * abs(slow)
