"""Routes: which is taken, which is refused, and what is said of it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import mgtwin as mt
from mgtwin.models.mesh import points
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


@pytest.mark.parametrize(
    "made", [lambda: mt.Mesh(refinement=float("inf")), lambda: mt.Mesh(refinement=1e6), lambda: mt.Laplace(points=25)]
)
def test_numbers_that_no_route_can_have_are_refused(made: Callable[[], object]) -> None:
    """An odd contour would lose its middle point, and with it two digits."""
    with pytest.raises(mt.InputError, match=r"refinement|points"):
        made()


def test_without_one_the_first_that_can_answer_is_taken() -> None:
    cell = mt.cell("trilayer")
    assert choose(Task(cell), SPECTRA) == SPECTRA[0]
    assert choose(Task(cell, at_rest=False), SPECTRA) == SPECTRA[-1]


def test_a_finer_mesh_is_as_fine_as_it_says() -> None:
    """No number of points is cut off in silence."""
    assert points(12.0, 4.0) == 4 * points(12.0, 1.0)
    with pytest.raises(mt.InputError, match="refinement must lie between 0 and 40"):
        points(12.0, 1e6)


def test_what_few_points_of_the_contour_cost_is_said() -> None:
    cell, protocol = mt.cell("au_mg3asn_au"), mt.Polarization("10 mV", "1 h", per_decade=3)
    few, many = (mt.simulate(cell, protocol, route=mt.Laplace(points=n)) for n in (8, 24))
    assert few.attrs["route"] == "exact in time (Laplace, N = 8, within 8e-05)"
    error = np.max(np.abs(few["current"] - many["current"])) / np.max(np.abs(many["current"]))
    assert 1e-7 < error < 8e-5


def test_layers_beyond_the_tables_of_modes_are_on_a_mesh_and_said_to_be() -> None:
    cell = mt.cell("au_mg3asn_au")
    # 17 decades between the first output and what the layer needs
    slow = cell.with_({"layers.antiperovskite.material.chemical_capacitance": 1e14})
    protocol = mt.Galvanostatic("1 nA", "1 s", points=4)
    assert mt.simulate(cell, protocol, route=mt.Modes()).attrs["route"].startswith("modes (")
    assert mt.simulate(slow, protocol, route=mt.Modes()).attrs["route"].startswith("mesh (")
