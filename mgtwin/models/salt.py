r"""Salt in a layer: its balance and its faces, and the layer that is nothing but a salt solution (theory.md §2.2).

Per electrode area and in PyBaMM's sign. With :math:`i_p` the current that the solution carries, both of its ions
together, and :math:`i_-` that of its anions,

.. math:: i_- = t_- i_p + zF D_{eff}\,\partial_x c, \qquad zF\,\varepsilon\,\partial_t c = \partial_x i_- .

`SaltTransport` writes this for whatever else conducts beside the solution; `SaltLayer` is the case that nothing does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pybamm

from ..cells import Layer
from ..kinds.numbers import FARADAY, Number
from ..kinds.salt import Salt, Surface, continued_log, salt_voltage
from . import names
from .grid import LayerGrid
from .layers import material_of
from .storage import bulk_storage
from .writer import Neighbour, Writer

SIDES = ("left", "right")
#: Anion current through a face that only the ion passes; told from other currents by its identity.
NO_ANIONS = pybamm.Scalar(0)


@dataclass(frozen=True)
class SaltFace:
    """The salt of a layer as an interface sees it.

    c/c_0 at the face is ``open + sign * resistance * i_-`` where ``sign`` is +1 at the right face of a layer and -1 at
    its left one, and ``i_-`` the current of the anions through the face.
    """

    layer: str
    side: str
    open: Number
    resistance: Number
    solution: Salt
    #: Whether the drop over the layer is written with the logarithm at the face, so that an imposed voltage can use
    #: up the salt there.
    closed: bool = False

    def surface(self, model: Writer, anions: Number = NO_ANIONS) -> Surface:
        """What the salt is at the face for an anion current."""
        if self.closed and anions is NO_ANIONS:
            return model.surface(self.layer, self.side, self.open)
        relative = self.relative(anions)
        return Surface(relative, continued_log(relative))

    def relative(self, anions: Number) -> Number:
        """c/c_0 at the face for an anion current; 0 at every face that only the ion passes."""
        return self.open + (1 if self.side == "right" else -1) * self.resistance * anions


def anions_through(model: Writer, left: SaltFace | None, right: SaltFace | None) -> Number:
    """Anion current through the contact of two solutions: ``Theta ln(c/c_0)`` is the same on both sides.

    Where the thermodynamic factors are equal so are the relative concentrations, and both faces are eliminated in
    closed form; else that of the left face is an algebraic unknown.
    """
    if left is None or right is None:
        return NO_ANIONS
    fixed = left.solution.fixed_factor
    if fixed is not None and fixed == right.solution.fixed_factor:
        return (right.open - left.open) / (left.resistance + right.resistance)
    # The ratio of the factors is then a power of the concentration, and no closed form is left.
    unknown = pybamm.Variable(names.face_concentration(left.layer, left.side))
    model.initial_conditions[unknown] = pybamm.Scalar(1)
    anions = (unknown - left.open) / left.resistance
    # In logarithms the equality is linear; as a power it needs no logarithm of the right face, which may be 0.
    exponent = left.solution.thermodynamic_factor / right.solution.thermodynamic_factor
    model.algebraic[unknown] = right.relative(anions) - np.exp(exponent * continued_log(unknown))
    return anions


class SaltTransport:
    """State c/c_0 of the solution in a layer, with its balance, its faces and the events of its depletion.

    Parameters
    ----------
    model : Writer
    name : str
        Of the layer.
    salt : Salt
        How it conducts, by the numbers of its material.
    grid : LayerGrid
    ratio
        Layer area over electrode area.
    """

    def __init__(self, model: Writer, name: str, salt: Salt, grid: LayerGrid, ratio: Number):
        self.name, self._grid, self._solution = name, grid, salt
        self.anions = 1 - salt.transference_number  # at c_0
        #: V per unit of ln c, without t_-
        self.voltage = salt_voltage(model.ion_charge, 1 / model.inverse_thermal_voltage, salt.thermodynamic_factor)
        charge = model.ion_charge * FARADAY * salt.concentration * ratio
        self._mobility = charge * salt.diffusivity * salt.network
        self._capacity = charge * salt.porosity * salt.content
        self._conductivity = salt.conductivity * ratio * salt.network
        self.relative = grid.variable(names.relative_concentration(name))

    def conductivity(self, relative: Number) -> Number:
        """kappa [S/m] at c/c_0."""
        exponent, factor = self._solution.exponent, self._solution.conductivity_factor
        conductivity = self._conductivity if factor is None else self._conductivity * factor(relative)
        return conductivity if exponent is None else conductivity * np.exp(exponent * continued_log(relative))

    def anions_at(self, relative: Number) -> Number:
        """t_- at c/c_0."""
        factor = self._solution.anion_factor
        return self.anions if factor is None else self.anions * factor(relative)

    def mobility_at(self, relative: Number) -> Number:
        """zF c_0 D_eff [A/m] at c/c_0."""
        factor = self._solution.diffusivity_factor
        return self._mobility if factor is None else self._mobility * factor(relative)

    def diffusion_voltage(self, left: Surface, right: Surface) -> Number:
        """Drop over the layer that its concentrations make [V]: the integral of v t_- d(ln c), exact."""
        factor = self._solution.anion_factor
        if factor is None:
            return self.voltage * self.anions * (left.logarithm - right.logarithm)
        assert factor.logarithmic is not None  # checked when the material was made
        return self.voltage * self.anions * (factor.logarithmic(*left) - factor.logarithmic(*right))

    def _on_edges(self, of: Callable[[Number], Number]) -> Number:
        """A property at inner cell faces; a number where it does not follow the concentration."""
        return self._grid.on_edges(of(self.relative)) if self._solution.varies else of(self.relative)

    def log_slope(self, model: Writer) -> Number:
        """d(ln c)/dx [1/m] at inner cell faces."""
        return self._grid.slope(model, continued_log(self.relative))

    def first_log_slope(self, side: str) -> Number:
        """d(ln c)/dx [1/m] between the two nodes nearest to a face."""
        return self._grid.first_slope(continued_log(self.relative), side)

    def slope(self, side: str, anions: Number, driven: Number, conductance: Number = 0) -> Number:
        """d(c/c_0)/dx [1/m] in the outermost half cell.

        Parameters
        ----------
        side : {"left", "right"}
        anions
            Their current through the face.
        driven, conductance
            The solution's current there is ``driven + conductance d(ln c)/dx``.
        """
        inside = self._grid.first_value(self.relative, side)
        taken = self.anions_at(inside)
        return (anions - taken * driven) / (self.mobility_at(inside) + taken * conductance / inside)

    def face(self, side: str, driven: Number, conductance: Number = 0, closed: bool = False) -> SaltFace:
        """Face at ``"left"`` or ``"right"``; `driven` and `conductance` as for `slope`."""
        sign = 1 if side == "right" else -1
        half = self._grid.half_cell(side)
        inside = self._grid.first_value(self.relative, side)
        moved = self.slope(side, pybamm.Scalar(0), driven, conductance)
        resistance = half / (self.mobility_at(inside) + self.anions_at(inside) * conductance / inside)
        return SaltFace(self.name, side, inside + sign * half * moved, resistance, self._solution, closed)

    def balance(self, model: Writer, current: Number, anions: dict[str, Number], surfaces: dict[str, Surface]) -> None:
        """Write the balance of the salt.

        Parameters
        ----------
        model : Writer
        current
            Current of the solution at cell faces, or everywhere.
        anions : mapping
            Current of the anions through the faces ``"left"`` and ``"right"``.
        surfaces : mapping
            What the salt is at each of them.
        """
        grid, c = self._grid, self.relative
        inside = self._on_edges(self.anions_at) * current + self._on_edges(self.mobility_at) * grid.slope(model, c)
        flux = grid.with_faces(inside, anions["left"], anions["right"])
        model.rhs[c] = grid.divergence(flux) / self._capacity
        model.initial_conditions[c] = pybamm.Scalar(1)
        model.variables[names.concentration(self.name)] = self._solution.concentration * c
        model.variables[names.stored_charge(self.name)] = self._capacity * (1 - grid.mean(c))
        for side in SIDES:
            relative = surfaces[side].relative
            model.variables[names.surface_concentration(self.name, side)] = self._solution.concentration * relative
            model.depletes(names.depletion(self.name, side), surfaces[side])


class SaltLayer:
    """Binary electrolyte: a salt solution and nothing beside it.

    Quasi-statically the solution carries the whole current. Where the dielectric is resolved the field
    :math:`g = -\\partial_x\\varphi_{ion}` is a state in every cell, :math:`\\varepsilon\\,\\partial_t g = i - i_f`: the
    local form of §2.4, right also where the conductivity follows the concentration. The solution may fill the pores of
    a solid that conducts nothing.
    """

    def __init__(self, model: Writer, layer: Layer, resolve_dielectric: bool, isolated: bool = True):
        self.name = layer.name
        path = f"layers.{layer.name}"
        ratio = model.area_ratio(layer)
        self.grid = LayerGrid(layer.name, model.reader.number(f"{path}.thickness"))
        solution = layer.material.salt(material_of(model, layer))
        self.has_pores = not solution.alone
        self.salt = SaltTransport(model, layer.name, solution, self.grid, ratio)
        self._dielectric = None
        if resolve_dielectric:
            self._dielectric = bulk_storage(model, f"{path}.material", ratio)
        self.field = None
        if self._dielectric is not None:
            self.field = self.grid.variable(names.ionic_field(layer.name))
        self._current_density = model.current_density
        closed = self.field is None
        self._faces = {side: self.salt.face(side, *self._conduction(side), closed=closed) for side in SIDES}

    def face(self, side: str) -> None:
        """A solution has no electrons."""
        return None

    def salt_face(self, side: str) -> SaltFace:
        """Face at ``"left"`` or ``"right"``; see :class:`SaltFace`."""
        return self._faces[side]

    def conductivities(self, side: str) -> tuple[Number, None]:
        """Conductivity [S/m] near a face at the concentration there, and that of the electrons (none)."""
        return self.salt.conductivity(self.grid.first_value(self.salt.relative, side)), None

    def _conduction(self, side: str) -> tuple[Number, Number]:
        """Outermost cell: its current without what the slope at the face drives, and what multiplies that slope."""
        if self.field is None:
            return self._current_density, 0
        grid, salt = self.grid, self.salt
        kappa, _ = self.conductivities(side)
        taken = salt.anions_at(grid.first_value(salt.relative, side))
        half = kappa * salt.voltage * taken / 2  # a cell's slope is the mean of those at its two faces
        return kappa * grid.first_value(self.field, side) + half * salt.first_log_slope(side), half

    def complete(self, model: Writer, left: Neighbour, right: Neighbour) -> None:
        """Write the balance of the salt and the drop, with the anion currents of the interfaces at the faces."""
        salt, grid, g = self.salt, self.grid, self.field
        anions = {"left": left.anionic_current, "right": right.anionic_current}
        kappa, voltage = salt.conductivity(salt.relative), salt.voltage * salt.anions_at(salt.relative)
        surfaces = {side: self._faces[side].surface(model, anions[side]) for side in SIDES}
        if g is None or self._dielectric is None:
            salt.balance(model, model.current_density, anions, surfaces)
            # the diffusion potential depends on the concentrations at the faces alone: no mesh error in it
            resistance = pybamm.PrimaryBroadcast(1, grid.domain) / kappa
            self.drop = model.current_density * grid.integral(resistance) + salt.diffusion_voltage(**surfaces)
            return
        ends = {
            side: salt.slope(side, anions[side], *self._conduction(side)) / grid.first_value(salt.relative, side)
            for side in SIDES
        }
        slope = grid.at_nodes(grid.with_faces(salt.log_slope(model), ends["left"], ends["right"]))
        # the faces take the mean of the cells' currents: one that is uniform must not drive salt anywhere
        current = kappa * (g + voltage * slope)
        salt.balance(model, grid.on_edges(current), anions, surfaces)
        model.initial_conditions[g] = pybamm.PrimaryBroadcast(0, grid.domain)
        self._dielectric.charge(model, g, model.current_density - current)
        self.drop = grid.integral(g)
