r"""A salt solution in the pores of a mixture (theory.md §2.6): one ionic rail, of which a part is the solution.

With :math:`\kappa_p` the conductivity of the pores, :math:`\sigma_s` that of all other paths of the ion and
:math:`g = -\partial_x\varphi_{ion}`

.. math:: i_{ion} = \sigma_s g + i_p, \qquad i_p = \kappa_p\,(g + v\,t_-\,\partial_x\ln c),
          \qquad v = \frac{(1 + z)RT\Theta}{zF}

and the anions are those of :math:`i_p`. `PoreLayer` has no electrons, `MixedPoreLayer` has.
"""

from __future__ import annotations

import pybamm

from ..cells import Layer
from ..kinds.numbers import Number
from . import names
from .grid import LayerGrid
from .layers import MixedLayer, material_of
from .salt import SIDES, SaltFace, SaltTransport
from .storage import bulk_storage
from .writer import Neighbour, Writer


class Pores:
    """The ionic rail of a layer with a solution in its pores."""

    def __init__(self, model: Writer, layer: Layer, grid: LayerGrid, field: Number):
        ratio, salt = model.area_ratio(layer), layer.material.salt(material_of(model, layer))
        self.salt = SaltTransport(model, layer.name, salt, grid, ratio)
        self._solid, self._grid, self._field = salt.beside * ratio, grid, field
        self._voltage = self.salt.voltage * self.salt.anions

    def solution(self, where: str) -> Number:
        """kappa_p [S/m] at ``"nodes"``, ``"edges"`` or a face."""
        salt, grid = self.salt, self._grid
        if where in SIDES:
            return salt.conductivity(grid.first_value(salt.relative, where))
        kappa = salt.conductivity(salt.relative)
        return kappa if where == "nodes" else grid.on_edges(kappa)

    def rail(self, where: str) -> Number:
        """kappa_p + sigma_s."""
        return self._solid + self.solution(where)

    def pushed_at(self, side: str) -> Number:
        """Current in the outermost half cell that the concentration drives, by the slope next to it."""
        return self.solution(side) * self._voltage * self.salt.first_log_slope(side)

    def pushed_on_edges(self, model: Writer) -> Number:
        """The same at inner cell faces."""
        return self.solution("edges") * self._voltage * self.salt.log_slope(model)

    def pushed_at_nodes(self, model: Writer, left: Neighbour, right: Neighbour, ions: dict[str, Number]) -> Number:
        """The same in every cell; `ions` is the ionic current through the faces."""
        ends = {}
        for side, beside in (("left", left), ("right", right)):
            moved = self.salt.slope(side, beside.anionic_current, *self._conduction(side, ions[side]))
            ends[side] = moved / self._grid.first_value(self.salt.relative, side)
        slopes = self._grid.with_faces(self.salt.log_slope(model), ends["left"], ends["right"])
        return self.solution("nodes") * self._voltage * self._grid.at_nodes(slopes)

    def _conduction(self, side: str, ions: Number) -> tuple[Number, Number]:
        """i_p at a face: what the slope of ln c there does not drive, and the factor of that slope."""
        kappa = self.solution(side)
        if self._field is not None:
            half = kappa * self._voltage / 2  # a cell's slope is the mean of those at its two faces
            first = self._grid.first_value(self._field, side)
            return kappa * first + half * self.salt.first_log_slope(side), half
        # Without a field of its own the current divides between solution and solid as their conductances do.
        share = kappa / self.rail(side)
        return share * ions, kappa * self._voltage * (1 - share)

    def face(self, side: str, ions: Number) -> SaltFace:
        """Face as an interface sees it, with the ionic current through it."""
        return self.salt.face(side, *self._conduction(side, ions))

    def balance(
        self, model: Writer, left: Neighbour, right: Neighbour, field: Number, faces: dict[str, SaltFace]
    ) -> None:
        """Write the balance of the salt; `field` is g at inner cell faces."""
        # Only the solution's part of the ionic current carries salt; the solid's does not.
        current = self.solution("edges") * field + self.pushed_on_edges(model)
        anions = {"left": left.anionic_current, "right": right.anionic_current}
        surfaces = {side: faces[side].surface(model, anions[side]) for side in SIDES}
        self.salt.balance(model, current, anions, surfaces)


class PoreLayer:
    """Ions in a solid and in the salt solution of its pores; no electrons."""

    has_pores = True

    def __init__(self, model: Writer, layer: Layer, resolve_dielectric: bool, isolated: bool = True):
        self.name = layer.name
        path = f"layers.{layer.name}"
        self.grid = LayerGrid(layer.name, model.reader.number(f"{path}.thickness"))
        self._dielectric = None
        if resolve_dielectric:
            self._dielectric = bulk_storage(model, f"{path}.material", model.area_ratio(layer))
        self._field = None if self._dielectric is None else self.grid.variable(names.ionic_field(layer.name))
        self.pores = Pores(model, layer, self.grid, self._field)
        self._faces = {side: self.pores.face(side, model.current_density) for side in SIDES}

    def face(self, side: str) -> None:
        """There are no electrons."""
        return None

    def salt_face(self, side: str) -> SaltFace:
        """Face at ``"left"`` or ``"right"``."""
        return self._faces[side]

    def conductivities(self, side: str) -> tuple[Number, None]:
        """Conductivity [S/m] of the ions near a face, and that of the electrons (none)."""
        return self.pores.rail(side), None

    def complete(self, model: Writer, left: Neighbour, right: Neighbour) -> None:
        """Write the balance of the salt and the drop."""
        pores, g, i = self.pores, self._field, model.current_density
        pushed = pores.pushed_at_nodes(model, left, right, dict.fromkeys(SIDES, i))
        rail = pores.rail("nodes") * pybamm.PrimaryBroadcast(1, self.grid.domain)
        if g is None or self._dielectric is None:
            field = (i - pores.pushed_on_edges(model)) / pores.rail("edges")
            pores.balance(model, left, right, field, self._faces)
            self.drop = self.grid.integral((i - pushed) / rail)
            return
        pores.balance(model, left, right, self.grid.on_edges(g), self._faces)
        model.initial_conditions[g] = pybamm.PrimaryBroadcast(0, self.grid.domain)
        self._dielectric.charge(model, g, i - rail * g - pushed)
        self.drop = self.grid.integral(g)


class MixedPoreLayer(MixedLayer):
    """A mixed conductor with a salt solution in its pores: states E and c, one ionic rail."""

    has_pores = True

    def __init__(self, model: Writer, layer: Layer, resolve_dielectric: bool, isolated: bool):
        super().__init__(model, layer, resolve_dielectric, isolated)
        self.pores = Pores(model, layer, self.grid, self.field)
        self._pore_faces = {side: self.pores.face(side, self._ions_near(side)) for side in SIDES}

    def _ions_near(self, side: str) -> Number:
        """Ionic current in the outermost cell, from the slope of E next to it: the electrons' is not known yet."""
        if self.field is not None:
            return 0  # the field itself is known
        E = self.grid.first_value(self.potential, side)
        electrons = self.electrons.conductivity(E, self._at(side))
        rail, slope = self.pores.rail(side), self.grid.first_slope(self.potential, side)
        driven = self._current_density - self.pores.pushed_at(side)
        return self._current_density - electrons * (driven - rail * slope) / (rail + electrons)

    def salt_face(self, side: str) -> SaltFace:  # type: ignore[override]
        """Face at ``"left"`` or ``"right"``."""
        return self._pore_faces[side]

    def _rail(self, where: str) -> Number:
        return self.pores.rail(where)

    def _pushed_at(self, side: str) -> Number:
        return self.pores.pushed_at(side)

    def _pushed_on_edges(self, model: Writer) -> Number:
        return self.pores.pushed_on_edges(model)

    def _pushed_at_nodes(self, model: Writer, left: Neighbour, right: Neighbour) -> Number:
        i = model.current_density
        ions = {"left": i - left.electronic_current, "right": i - right.electronic_current}
        return self.pores.pushed_at_nodes(model, left, right, ions)

    def _complete_salt(self, model: Writer, left: Neighbour, right: Neighbour, field: Number) -> None:
        self.pores.balance(model, left, right, field, self._pore_faces)
