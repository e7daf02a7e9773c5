"""Bodies into which something diffuses from an interface, shell by shell (theory.md §3.6)."""

from __future__ import annotations

import numpy as np
import pybamm

from ..kinds.memories import Body
from ..kinds.numbers import Number
from . import names
from .grid import Space
from .writer import Writer

__all__ = ["Particle"]

#: Log odds of a filling at which a host counts as full, or empty: 1 - 1e-14, where a double ends.
FULL = 32.0


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
        factor, bounded = self.body.factor, self.body.bounded
        # of a filling the unknown is the log odds: at 1 - 1e-12 the filling itself would have no digits left
        value = 1 / (1 + np.exp(-surface)) if bounded else surface
        last = pybamm.BoundaryValue(profile, "right", order="constant")
        inside = diffusivity if factor is None else diffusivity * np.sqrt(factor(last) * factor(value))
        slope = size * flux / inside  # d(profile)/dx at the surface of the unit body
        model.initial_conditions[profile] = pybamm.PrimaryBroadcast(start, self.domain)
        # At the centre nothing flows, by symmetry; a plate is half of one that is symmetric.
        model.boundary_conditions[profile] = {"left": (pybamm.Scalar(0), "Neumann"), "right": (slope, "Neumann")}
        # With the number inside, not before the divergence: of two constant matrices PyBaMM makes one, and each of its
        # rows rounds what leaves one shell and enters the next. That creates matter; after days no step would do.
        scale = pybamm.PrimaryBroadcastToEdges(diffusivity / size**2, self.domain)
        moved = scale * pybamm.grad(profile)
        if factor is not None:
            # the geometric mean at faces: over decades the arithmetic one is that of the faster side alone
            moved = np.exp(pybamm.PrimaryBroadcastToEdges(1, self.domain) * np.log(factor(profile))) * moved
            # through the outermost face exactly what is imposed, whatever the mean would be there
            edge = pybamm.SpatialVariableEdge(self.x.name, domain=self.domain, coord_sys=self.body.shape.coordinates)
            outside = edge >= 1
            imposed = pybamm.PrimaryBroadcastToEdges(flux / size, self.domain)
            moved = (1 - outside) * moved + outside * imposed
        model.rhs[profile] = pybamm.div(moved)
        # The last node lies half a shell below the surface: the value there would lag behind that of the surface.
        half = 1 - pybamm.BoundaryValue(self.x, "right", order="constant")
        model.algebraic[surface] = last + half * slope - value
        if bounded:
            model.events.append(pybamm.Event(names.exhausted(surface.name), FULL - abs(surface)))
