"""Parameter sets calculated together are those calculated one by one."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mgtwin.cells import (
    Blocking,
    Cell,
    DefectElectrons,
    GrainBoundary,
    IonConductor,
    Junction,
    Layer,
    MixedConductor,
    Plating,
)
from mgtwin.errors import InputError, UnknownNameError
from mgtwin.impedance.exact import exact, exact_laplace
from mgtwin.laws import Arrhenius

from .stacks import FREQUENCIES, cells, worst


def _trilayer() -> Cell:
    buffer = IonConductor(Arrhenius(0.26, 298.15, 0.35), 10.0)
    metal = Plating(0.05, double_layer=0.1, film_resistance=0.01)
    middle = MixedConductor(0.0554, 4.9e-6, 1e7, 20.0, GrainBoundary(1e-7, 1e-2, 2e-6))
    stack = [Layer("left", buffer, 5e-4), Layer("mid", middle, 6.5e-4), Layer("right", buffer, 5e-4)]
    return Cell("x", metal, stack, metal, {"left-mid": Junction(3e-3, 1e-2), "mid-right": Junction(3e-3, 1e-2)})


def _mixed_pair() -> Cell:
    """Every switch of an interface is reachable by an override."""
    electrons = DefectElectrons(1e-6, 1e-9, 1e-8)
    a = MixedConductor(0.05, electrons, 1e6, None, GrainBoundary(1e-7, 1e-2, 2e-6), 0.1)
    stack = [Layer("a", a, 1e-4, 5e-5), Layer("b", MixedConductor(0.01, electrons, 1e5, rest_potential=0.3), 1e-4)]
    return Cell("x", Plating(0.05, electronic_resistance=1.0), stack, Blocking(0.1), {"a-b": Junction(1e-3, None, 1.0)})


BATCHES = {
    "one number": (_trilayer(), {"layers.mid.thickness": [1e-4, 2e-4, 5e-4]}),
    "law": (
        _trilayer(),
        {"layers.left.material.ionic_conductivity.activation_energy": [0.2, 0.4], "temperature": [300, 350]},
    ),
    "two dimensions": (_trilayer(), {"temperature": [[280.0], [340.0]], "positive.double_layer.c": [0.01, 0.1, 1.0]}),
    "wildcard and tuple": (
        _trilayer(),
        {"layers.*.thickness": [1e-4, 2e-4], ("negative.film_resistance", "positive.film_resistance"): [0.0, 0.1]},
    ),
    "grain boundary": (
        _trilayer(),
        {
            "layers.mid.material.grain_boundary.resistance": [0.0, 1e-6],
            "layers.mid.material.grain_boundary.grain_size": [1e-6, 5e-6],
            "layers.mid.material.relative_permittivity": [1.0, 1e3],
        },
    ),
    "switched contacts": (
        _mixed_pair(),
        {
            "negative.electronic_resistance": np.array([0.0, 1.0, math.inf])[:, None, None, None],
            "positive.electronic_resistance": np.array([0.0, 1.0, math.inf])[:, None, None],
            "interfaces.a-b.electronic_resistance": np.array([0.0, 1.0, math.inf])[:, None],
            "interfaces.a-b.resistance": [0.0, 1e-3, math.inf],
        },
    ),
    "rest potential": (
        _mixed_pair(),
        {"layers.a.material.rest_potential": [0.0, 0.2], "negative.electronic_resistance": [math.inf, 1.0]},
    ),
    "defects": (
        _mixed_pair(),
        {
            "layers.b.material.electronic_conductivity.p": [0.0, 1e-3],
            "layers.a.area": [1e-4, 2e-4],
            "area": [1e-4, 2e-4],
        },
    ),
}


@pytest.mark.parametrize(("cell", "overrides"), BATCHES.values(), ids=BATCHES)
def test_batch_equals_loop(cell, overrides):
    z = exact(cell, FREQUENCIES, overrides)
    arrays = np.broadcast_arrays(*overrides.values())
    assert z.shape == (*arrays[0].shape, FREQUENCIES.size)
    for index in np.ndindex(arrays[0].shape):
        changes = {key: float(array[index]) for key, array in zip(overrides, arrays, strict=True)}
        one = _exact_or_infinite(cell.with_(changes))
        np.testing.assert_allclose(z[index], one, rtol=1e-12, err_msg=str(changes))


def _exact_or_infinite(cell: Cell) -> np.ndarray:
    """Two blocked carriers: refused for a cell, infinite for one parameter set among others."""
    try:
        return exact(cell, FREQUENCIES)
    except InputError:
        return np.full(FREQUENCIES.shape, np.inf, dtype=complex)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(cells(), st.data())
def test_batch_of_any_numbers_equals_loop(cell, data):
    numbers = [path for path in cell.paths() if np.isfinite(cell.get(path)) and cell.get(path) > 0]
    chosen = data.draw(st.lists(st.sampled_from(numbers), min_size=1, max_size=5, unique=True))
    bounded = ("permittivity", "coefficient", "fraction")
    chosen = [path for path in chosen if not path.endswith(bounded)]
    overrides = {path: float(cell.get(path)) * np.array([0.9, 1.0, 1.1]) for path in chosen}
    z = exact(cell, FREQUENCIES, overrides)
    for k in range(3 if chosen else 0):
        one = exact(cell.with_({path: values[k] for path, values in overrides.items()}), FREQUENCIES)
        assert worst(z[k], one) < 1e-12


def test_large_batches_are_cut_without_a_seam():
    cell, values = _trilayer(), np.linspace(1e-4, 9e-4, 3000)
    frequencies = np.logspace(-1, 6, 17)
    z = exact(cell, frequencies, {"layers.mid.thickness": values})
    few = exact(cell, frequencies, {"layers.mid.thickness": values[::500]})
    np.testing.assert_allclose(z[::500], few, rtol=1e-14)


def test_shapes():
    cell = _trilayer()
    assert exact(cell, 1.0).shape == ()
    assert exact(cell, [[1.0, 2.0]]).shape == (1, 2)
    assert exact(cell, [1.0, 2.0], {"temperature": 300.0}).shape == (2,)
    assert exact(cell, [1.0, 2.0], {"positive.transfer_coefficient": [0.3, 0.5, 0.7]}).shape == (3, 2)
    assert exact_laplace(cell, 1 + 1j, {"temperature": [[300.0]]}).shape == (1, 1)
    assert exact(cell, []).shape == (0,)


@pytest.mark.parametrize(
    ("frequencies", "overrides", "message"),
    [
        ([1.0, 0.0], {}, "positive and finite"),
        ([-1.0], {}, "positive and finite"),
        ([math.nan], {}, "positive and finite"),
        ([math.inf], {}, "positive and finite"),
        ([1.0], {"layers.mid.thickness": [1e-4, -1e-4]}, r"layers.mid.thickness must be greater than 0, but -0.0001"),
        ([1.0], {"layers.mid.thickness": [math.nan]}, "layers.mid.thickness must be a finite number"),
        ([1.0], {"layers.mid.thickness": [math.inf]}, "layers.mid.thickness must be a finite number"),
        ([1.0], {"interfaces.left-mid.electronic_resistance": math.nan}, "must be a number or inf"),
        ([1.0], {"layers.left.material.ionic_conductivity": [1.0]}, "not a number"),
        ([1.0], {"area": [1e-4] * 2, "temperature": [300.0] * 3}, r"area: \(2,\), temperature: \(3,\)"),
        ([1.0], {"layers.*.thickness": 1e-4, "layers.mid.thickness": 1e-4}, "layers.mid.thickness is given twice"),
        ([1.0], {"interfaces.mid-right.resistance": -1.0}, "at least 0, but -1"),
    ],
)
def test_bad_input(frequencies, overrides, message):
    with pytest.raises(InputError, match=message):
        exact(_trilayer(), frequencies, overrides)


def test_unknown_override():
    with pytest.raises(UnknownNameError, match=r"Did you mean .layers.mid.thickness"):
        exact(_trilayer(), [1.0], {"layers.mid.thicknes": 1e-4})


def test_the_negative_axis_is_refused():
    with pytest.raises(InputError, match="negative real axis"):
        exact_laplace(_trilayer(), [1.0, -1.0])


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"negative": Blocking(None)}, "negative blocks ions"),
        ({"interfaces.left-mid": Junction(math.inf)}, "interfaces.left-mid blocks ions"),
    ],
)
def test_insulating_interfaces_are_refused(changes, where):
    with pytest.raises(InputError, match=where):
        exact(_trilayer().with_(changes), [1.0])


def test_no_direct_current_is_no_obstacle():
    """Gold on an ion conductor: infinite at s = 0 only."""
    cell = _trilayer().with_({"positive": Blocking(0.1)})
    assert np.isinf(exact_laplace(cell, 0))
    assert np.isfinite(exact(cell, 1e-9))


def test_neither_pybamm_nor_scipy_is_loaded():
    import subprocess
    import sys

    code = "import sys, mgtwin.impedance; print([m for m in ('pybamm', 'casadi', 'scipy') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
