"""Bodies into which something diffuses from an interface, shell by shell (theory.md §3.6)."""

from __future__ import annotations

import pybamm

from ..kinds.memories import Body
from ..kinds.numbers import Number
from .grid import Space
from .writer import Writer

__all__ = ["Particle"]


class Particle(Space):
    r"""Finite volumes in a sphere or plate of size 1: :math:`\partial_t x = D r^{-2}\,\nabla^2 x`.

    The flux into the surface is imposed on the outermost face. The surface value is an unknown: the straight line from
    the outermost node with the slope that the flux has, second order in the width of the shell.

    Parameters
    ----------
    name : str
        Of the PyBaMM domain and, with ``inside``, of the profile.
    body : Body
    """

    def __init__(self, name: str, body: Body):
        super().__init__(name, coordinates=body.shape.coordinates)
        self.body = body

    def write(self, model: Writer, surface: Number, start: Number, flux: Number) -> None:
        """Write the equations of the profile and of its surface value."""
        size, diffusivity = self.body.size, self.body.diffusivity
        profile = pybamm.Variable(f"{surface.name} inside", domain=self.domain)
        slope = size * flux / diffusivity  # d(profile)/dx at the surface of the unit body
        model.initial_conditions[profile] = pybamm.PrimaryBroadcast(start, self.domain)
        # At the centre nothing flows, by symmetry; a plate is half of one that is symmetric.
        model.boundary_conditions[profile] = {"left": (pybamm.Scalar(0), "Neumann"), "right": (slope, "Neumann")}
        model.rhs[profile] = diffusivity / size**2 * pybamm.div(pybamm.grad(profile))
        last = pybamm.BoundaryValue(profile, "right", order="constant")
        # The last node lies half a shell below the surface: the value there would lag behind that of the surface.
        half = 1 - pybamm.BoundaryValue(self.x, "right", order="constant")
        model.algebraic[surface] = last + half * slope - surface
