"""A layer's own unit interval: positions, fluxes and faces of its finite volumes (theory.md §7)."""

from __future__ import annotations

from collections.abc import Callable

import pybamm

from . import mesh
from .submesh import GradedSubMesh

__all__ = ["LayerGrid", "Space", "graded"]


def graded(beta: float, refinement: float) -> tuple[pybamm.MeshGenerator, int]:
    """Mesh of finite volumes with a stretching, and its number of points."""
    return pybamm.MeshGenerator(GradedSubMesh, {"beta": beta}), mesh.points(beta, refinement)


class Space:
    """A PyBaMM domain on the unit interval.

    Parameters
    ----------
    name : str
        Of the domain.
    mesh : callable
        Its mesh and number of points for a stretching and a refinement.
    method : pybamm.SpatialMethod, optional
        Finite volumes by default.
    coordinates : str
        PyBaMM's name of the coordinate system.
    """

    def __init__(
        self,
        name: str,
        mesh: Callable[[float, float], tuple[pybamm.MeshGenerator, int]] = graded,
        method: pybamm.SpatialMethod | None = None,
        coordinates: str = "cartesian",
    ):
        self.domain, self.mesh, self.method = [name], mesh, method or pybamm.FiniteVolume()
        self.x = pybamm.SpatialVariable(f"x_{name}", domain=self.domain, coord_sys=coordinates)


class LayerGrid(Space):
    """Finite volumes on the unit interval of one layer; every profile of the layer lives on it.

    Parameters
    ----------
    name : str
        Of the layer, and of the PyBaMM domain.
    thickness
        [m]; turns gradients over the unit interval into those over the layer.
    """

    #: Whether the mesh depends on how deep profiles reach.
    is_graded = True

    def __init__(self, name: str, thickness: pybamm.Symbol):
        super().__init__(name)
        self.spaces = (self,)
        self.thickness = thickness
        self.x_edge = pybamm.SpatialVariableEdge(f"x_{name}", domain=self.domain, coord_sys="cartesian")

    def variable(self, name: str) -> pybamm.Symbol:
        """A state with a value in every cell."""
        return pybamm.Variable(name, domain=self.domain)

    def half_cell(self, side: str) -> pybamm.Symbol:
        """Distance [m] from the ``"left"`` or ``"right"`` face to the nearest node."""
        first = pybamm.BoundaryValue(self.x, side, order="constant")
        return self.thickness * (first if side == "left" else 1 - first)

    @staticmethod
    def first_value(variable: pybamm.Symbol, side: str) -> pybamm.Symbol:
        """Value at the node nearest to a face."""
        return pybamm.BoundaryValue(variable, side, order="constant")

    def first_slope(self, profile: pybamm.Symbol, side: str) -> pybamm.Symbol:
        """Gradient [1/m] between the two nodes nearest to a face."""
        return pybamm.BoundaryGradient(profile, side, order="linear") / self.thickness

    def slope(self, model: pybamm.BaseModel, profile: pybamm.Symbol) -> pybamm.Symbol:
        """Gradient [1/m] at inner cell faces; `with_faces` has to replace what it gives at the ends."""
        # PyBaMM wants a condition for every gradient
        zero = (pybamm.Scalar(0), "Neumann")
        model.boundary_conditions[profile] = {"left": zero, "right": zero}
        return pybamm.grad(profile) / self.thickness

    def on_edges(self, symbol: pybamm.Symbol) -> pybamm.Symbol:
        """Arithmetic mean at cell faces (PyBaMM would take the harmonic one in front of a gradient)."""
        return pybamm.PrimaryBroadcastToEdges(1, self.domain) * symbol

    def at_nodes(self, flux: pybamm.Symbol) -> pybamm.Symbol:
        """Mean of a flux over both faces of every cell."""
        return pybamm.inner(pybamm.PrimaryBroadcastToEdges(1, self.domain), flux)

    def with_faces(self, inside: pybamm.Symbol, left: pybamm.Symbol, right: pybamm.Symbol) -> pybamm.Symbol:
        """Flux that equals `inside` at inner cell faces and the given ones at the two ends, exactly."""
        broadcast = pybamm.PrimaryBroadcastToEdges
        # the outer edges of the mesh are 0 and 1 without rounding (`graded_edges`)
        at_left = self.x_edge <= 0
        at_right = self.x_edge >= 1
        return (
            (1 - at_left - at_right) * inside
            + at_left * broadcast(left, self.domain)
            + at_right * broadcast(right, self.domain)
        )

    def divergence(self, flux: pybamm.Symbol) -> pybamm.Symbol:
        """d(flux)/dx in every cell."""
        return pybamm.div(flux) / self.thickness

    def integral(self, profile: pybamm.Symbol) -> pybamm.Symbol:
        """Integral over the layer."""
        return self.thickness * self.mean(profile)

    def mean(self, profile: pybamm.Symbol) -> pybamm.Symbol:
        """Mean over the layer."""
        return pybamm.Integral(profile, self.x)
