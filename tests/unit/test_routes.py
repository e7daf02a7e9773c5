"""Routes: which is taken, which is refused, and what is said of it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import mgtwin as mt
from mgtwin.routes import SPECTRA, Task, choose

SPECTRUM = mt.EIS(1e5, 1.0, points=6)


def test_a_forced_mesh_gives_the_exact_spectrum() -> None:
    cell = mt.cell("trilayer")
    exact, mesh = mt.simulate(cell, SPECTRUM), mt.simulate(cell, SPECTRUM, route=mt.Mesh())
    assert exact.attrs["route"] == "exact, at rest"
    assert mesh.attrs["route"].startswith("mesh (") and mesh.attrs["route"].endswith("linearised at rest")
    assert np.allclose(mesh["impedance"], exact["impedance"], rtol=1e-3)


def test_refinement_multiplies_the_finite_volumes() -> None:
    cell, protocol = mt.cell("trilayer"), mt.Galvanostatic("1 uA", "1 min", points=4)
    coarse, fine = (mt.simulate(cell, protocol, route=mt.Mesh(refinement=r)) for r in (1, 2))
    assert abs(fine.sizes["x"] - 2 * coarse.sizes["x"]) <= 1  # half a volume is rounded up
    assert np.allclose(fine["voltage"], coarse["voltage"], rtol=1e-4)


def test_a_route_that_cannot_answer_is_refused_with_its_reason() -> None:
    cell = mt.cell("trilayer")
    with pytest.raises(mt.InputError, match="laplace cannot be taken: the cell is not at rest"):
        mt.simulate(cell, mt.EIS(1e5, 1.0, points=3, bias=mt.Voltage(0.01)), route=mt.Laplace())


def test_what_is_no_route_is_refused() -> None:
    with pytest.raises(mt.InputError, match=r"a route .* give the object itself"):
        mt.simulate(mt.cell("trilayer"), SPECTRUM, route="mesh")  # type: ignore[arg-type]
    for given in (mt.Mesh, {"type": "mesh"}):
        with pytest.raises(mt.InputError, match=r"a route is needed.*mt.Mesh\(\)"):
            mt.simulate(mt.cell("trilayer"), SPECTRUM, route=given)  # type: ignore[arg-type]
    with pytest.raises(mt.InputError, match=r"'10 mV' .* give the object itself"):
        mt.impedance.step_response(mt.cell("trilayer"), [1.0], "10 mV")  # type: ignore[arg-type]


@pytest.mark.parametrize("made", [lambda: mt.Mesh(refinement=float("inf")), lambda: mt.Laplace(points=25)])
def test_numbers_that_no_route_can_have_are_refused(made: Callable[[], object]) -> None:
    """An odd contour would lose its middle point, and with it two digits."""
    with pytest.raises(mt.InputError, match=r"refinement|points"):
        made()


def test_without_one_the_first_that_can_answer_is_taken() -> None:
    cell = mt.cell("trilayer")
    assert choose(Task(cell), SPECTRA) == SPECTRA[0]
    assert choose(Task(cell, at_rest=False), SPECTRA) == SPECTRA[-1]
