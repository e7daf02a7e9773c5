"""Ion conductors whose composition varies through the layer (theory.md §2.4, §2.6)."""

from __future__ import annotations

import pybamm

from ..cells import Layer
from ..kinds.numbers import Number
from . import names
from .grid import LayerGrid
from .layers import material_of
from .storage import bulk_storage
from .writer import Neighbour, Writer


class GradedLayer:
    r"""Ion conductor whose conductivity varies through the layer: :math:`V = i_f\int dx/\sigma_{ion}(x)`.

    Where the dielectric is resolved :math:`g = -\partial_x\varphi_{ion}` is a state of every mesh cell,
    :math:`\varepsilon(x)\,\partial_t g = i - \sigma_{ion}(x)\,g`: the local form of §2.4.
    """

    has_pores = False

    def __init__(self, model: Writer, layer: Layer, resolve_dielectric: bool, isolated: bool = True):
        self.name = layer.name
        path = f"layers.{layer.name}"
        self.grid = LayerGrid(layer.name, model.reader.number(f"{path}.thickness"))
        ratio = model.area_ratio(layer)

        own = material_of(model, layer)

        def sigma_ion(position: Number) -> Number:
            return layer.material.ionic(own, position) * ratio

        self._at, self.sigma_ion = sigma_ion, sigma_ion(self.grid.x)
        self._dielectric = bulk_storage(model, f"{path}.material", ratio, self.grid.x) if resolve_dielectric else None

    def face(self, side: str) -> None:
        """An ionic conductor has no electrons."""
        return None

    def salt_face(self, side: str) -> None:
        """It has no salt of its own."""
        return None

    def conductivities(self, side: str) -> tuple[Number, None]:
        """Conductivity [S/m] near a face, and that of the electrons (none)."""
        return self._at(0.0 if side == "left" else 1.0), None

    def complete(self, model: Writer, left: Neighbour, right: Neighbour) -> None:
        """Write the equation of the field; no electrons leave at its faces."""
        if self._dielectric is None:
            field = model.current_density / self.sigma_ion
        else:
            field = self.grid.variable(names.ionic_field(self.name))
            model.initial_conditions[field] = pybamm.PrimaryBroadcast(0, self.grid.domain)
            self._dielectric.charge(model, field, model.current_density - self.sigma_ion * field)
        self.drop = self.grid.integral(field)
