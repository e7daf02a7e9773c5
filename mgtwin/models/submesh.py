"""Meshes graded towards both faces of a layer."""

from __future__ import annotations

import pybamm

from .mesh import graded_edges

__all__ = ["GradedSubMesh"]


class GradedSubMesh(pybamm.SubMesh1D):
    """PyBaMM submesh on the unit interval with :func:`graded_edges`; works with any number of points.

    Parameters
    ----------
    lims, npts
        As PyBaMM passes them.
    beta : float
        Stretching; larger is finer at the faces.
    """

    def __init__(self, lims, npts, beta: float = 2.0):  # type: ignore[no-untyped-def]
        spatial_variable, _, tabs = self.read_lims(lims)
        edges = graded_edges(npts[spatial_variable.name], beta)
        super().__init__(edges, spatial_variable.coord_sys, tabs)
