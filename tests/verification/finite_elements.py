"""The spreading of a current from a circular spot into a cylinder by finite elements, independent of the code."""

from __future__ import annotations

import numpy as np
from skfem import Basis, BilinearForm, ElementTriP2, MeshTri, condense, solve
from skfem.helpers import dot, grad


def spreading_length(radius_ratio: float, height: float = 3.0, refinements: int = 7) -> float:
    """Length of cylinder [radii] whose resistance the spot adds: an isothermal spot, a flat far end, insulated sides.

    Axisymmetric: the weak form of ``div(sigma grad u) = 0`` has the weight r. Triangles are halved again and again
    around the rim of the spot, where the flux density has a root singularity; the resistance comes from the energy.
    """
    r = np.unique(np.concatenate([np.linspace(0, radius_ratio, 9), np.linspace(radius_ratio, 1, 9)]))
    z = np.concatenate([np.linspace(0, 1, 9), np.linspace(1, height, 7)[1:]])
    mesh = MeshTri.init_tensor(r, z)
    for k in range(refinements):
        middle = mesh.p[:, mesh.t].mean(axis=1)
        near = np.hypot(middle[0] - radius_ratio, middle[1]) < 0.6 * 0.6**k
        mesh = mesh.refined(np.flatnonzero(near))
    basis = Basis(mesh, ElementTriP2(), intorder=6)

    @BilinearForm
    def conduction(u, v, w):  # type: ignore[no-untyped-def]
        return w.x[0] * dot(grad(u), grad(v))

    stiffness = conduction.assemble(basis)
    spot = basis.get_dofs(lambda x: np.isclose(x[1], 0) & (x[0] <= radius_ratio + 1e-12))
    far = basis.get_dofs(lambda x: np.isclose(x[1], height))
    u = basis.zeros()
    u[spot.all()] = 1.0
    u = solve(*condense(stiffness, x=u, D=np.union1d(spot.all(), far.all())))
    conductance = 2 * np.pi * float(u @ stiffness @ u)  # twice the energy at unit voltage
    return np.pi / conductance - height
