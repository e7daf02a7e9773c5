"""Equations of the layers, theory.md §2.1-2.5, per electrode area and in PyBaMM's sign (current along +x).

Each layer offers the assembler the same things: ``face(side)`` and ``salt_face(side)``, what its electrons and its salt
look like from an adjoining interface (None where it has none); ``complete(...)``, which writes its equations once the
interfaces beside it know the currents through its faces; ``drop``, the fall of the ionic potential over it; and
``grid``, the finite volumes of its profiles (None where it has none).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import pybamm

from ..cells import Layer
from ..kinds.electrons import Electrons
from ..kinds.materials import GrainBoundary
from ..kinds.numbers import Number
from ..kinds.own import Own
from . import names
from .grid import LayerGrid
from .storage import bulk_storage
from .writer import Neighbour, Writer


@dataclass(frozen=True)
class Face:
    """The electrons of a mixed conductor as an interface sees them.

    The local potential at the face is ``open_potential - sign * resistance * i_eon`` where ``sign`` is +1 at the right
    face of a layer and -1 at its left one. Where the electronic conductivity depends on E there is no such straight
    line; then ``open_potential`` is an algebraic unknown of the model, ``resistance`` is zero and ``current`` is the
    electronic current that flows through the outermost half cell for that potential. Where ``of_many`` states make the
    open potential, a current that is not an unknown of its own would couple each of them to all others.
    """

    open_potential: Number
    resistance: Number
    current: Number = None
    of_many: bool = False


class GrainBoundaries:
    """Brick layer of grain boundaries on the ionic rail (§2.3): ``n R_gb || C_gb/n`` in series, ``n = L/d``.

    The series element is right where no electrons leave the layer; elsewhere the boundaries are folded into the ionic
    conductivity, ``1/sigma_eff = 1/sigma_ion + R_gb/d``. Never both.
    """

    def __init__(self, model: Writer, layer: Layer, ratio: Number):
        self.name = layer.name
        boundary, own = layer.material.grain_boundary, material_of(model, layer).below("grain_boundary")
        self._per_length = None
        self._capacitance = None
        if boundary is None:
            return
        self._per_length = GrainBoundary.per_length(own) / ratio
        self._thickness = model.reader.number(f"layers.{layer.name}.thickness")
        self._number = self._thickness / own.number("grain_size")
        # a capacitor across no resistance has no equation of its own: the time constant would be 0
        if boundary.capacitance is not None and not model.is_fixed_at(own.place("resistance"), 0.0):
            self._capacitance = own.property("capacitance") * ratio

    def folded(self, conductivity: Number) -> Number:
        """Ionic conductivity with the boundaries in it."""
        return conductivity if self._per_length is None else conductivity / (1 + conductivity * self._per_length)

    def drop(self, model: Writer) -> Number:
        """Drop over all boundaries in series [V]; a state where they have a capacitance."""
        if self._per_length is None:
            return pybamm.Scalar(0)
        resistance = self._per_length * self._thickness
        if self._capacitance is None:
            return resistance * model.current_density
        drop = pybamm.Variable(names.grain_boundary_drop(self.name))
        model.rhs[drop] = (model.current_density - drop / resistance) / (self._capacitance / self._number)
        model.initial_conditions[drop] = pybamm.Scalar(0)
        return drop


class OhmicLayer:
    """Ionic conductor: ``V = i_f L/sigma_ion``, with its geometric capacitance."""

    has_pores = False

    grid = None

    def __init__(self, model: Writer, layer: Layer, resolve_dielectric: bool, isolated: bool = True):
        self.name = layer.name
        path = f"layers.{layer.name}"
        ratio = model.area_ratio(layer)
        thickness = model.reader.number(f"{path}.thickness")
        conductivity = layer.material.ionic(material_of(model, layer)) * ratio
        self.resistance = thickness / conductivity
        self._boundaries = GrainBoundaries(model, layer, ratio)
        self._effective = self._boundaries.folded(conductivity)
        self._dielectric = None
        if resolve_dielectric:
            # its state is the drop over the whole layer, not a field: a capacitance per area, not a permittivity
            self._dielectric = bulk_storage(model, f"{path}.material", ratio / thickness)

    def face(self, side: str) -> None:
        """An ionic conductor has no electrons."""
        return None

    def salt_face(self, side: str) -> None:
        """One sigma_ion knows of no salt."""
        return None

    def conductivities(self, side: str) -> tuple[Number, None]:
        """Conductivity [S/m] of the ions, grain boundaries included, and of the electrons (none) near a face."""
        return self._effective, None

    def complete(self, model: Writer, left: Neighbour, right: Neighbour) -> None:
        """Write the equation of the drop; only ions cross the interfaces beside it."""
        if self._dielectric is None:
            bulk = model.current_density * self.resistance
        else:
            bulk = pybamm.Variable(names.dielectric_drop(self.name))
            model.initial_conditions[bulk] = pybamm.Scalar(0)
            self._dielectric.charge(model, bulk, model.current_density - bulk / self.resistance)
        self.drop = bulk + self._boundaries.drop(model)


class MixedLayer:
    r"""Mixed conductor: one parabolic equation for E(x, t), equations (2.1)-(2.3).

    Electrons flow as :math:`i_{eon} = \sigma_{eon}(g - \partial_x E)`, ions as :math:`i_{ion} = \sigma_{ion} g` with
    :math:`g = -\partial_x\varphi_{ion}`. Quasi-statically :math:`i_{ion} + i_{eon} = i`; eliminating g gives (2.1).
    Where the dielectric is resolved g is a state, :math:`\varepsilon\,\partial_t g = i - i_{ion} - i_{eon}`, cell by
    cell: the local form of §2.4, right for any profile of the conductivity (the lumped form is not, nor does it survive
    cutting a uniform layer in two).

    The diffusive part is written as the gradient of :math:`\Sigma(E) = \int\sigma_{eon}\,dE`, which averages
    :math:`\sigma_{eon}` over a cell face as :math:`\int\sigma\,dE/\Delta E`: exact in the steady Hebb-Wagner state on
    any mesh. In a graded composite :math:`\sigma_{eon} = F(x)\,\sigma(E)`, and F is taken at the very cell faces.
    """

    has_pores = False

    def __init__(self, model: Writer, layer: Layer, resolve_dielectric: bool, isolated: bool):
        self.name = layer.name
        path = f"layers.{layer.name}"
        ratio = model.area_ratio(layer)
        material, own = layer.material, material_of(model, layer)
        boundaries = GrainBoundaries(model, layer, ratio)
        self._boundaries = boundaries if isolated else None
        self.rest_potential = model.rest.layers[layer.name]

        self.grid = LayerGrid(layer.name, model.reader.number(f"{path}.thickness"))
        # x/L where properties are needed; in a uniform layer they are the same everywhere
        self._nodes: Number = self.grid.x if material.graded else 0.5
        self._edges: Number = self.grid.x_edge if material.graded else 0.5

        def sigma_ion(position: Number) -> Number:
            inside = material.ionic(own, position) * ratio
            return inside if isolated else boundaries.folded(inside)

        self.sigma_ion = sigma_ion
        self._folded = boundaries.folded
        electrons = material.electronic(own)
        self.electrons: Electrons = replace(electrons, factor=lambda position: electrons.factor(position) * ratio)
        self._capacitance = lambda E: material.capacitance(own, E, self._nodes) * ratio
        self._charge = lambda E: material.charge(own, E, self._nodes) * ratio
        self._dielectric = bulk_storage(model, f"{path}.material", ratio, self._nodes) if resolve_dielectric else None
        self.potential = self.grid.variable(names.local_potential(layer.name))
        self.field = None
        if self._dielectric is not None:
            self.field = self.grid.variable(names.ionic_field(layer.name))
        self._current_density = model.current_density
        self._unknown_faces: dict[str, Number] = {}

    # -- what an interface sees ------------------------------------------------------------------------------------
    def face(self, side: str) -> Face:
        """Face at ``"left"`` or ``"right"``; see :class:`Face`."""
        if not self.electrons.linear:
            return self._nonlinear_face(side)
        half = self.grid.half_cell(side)
        sign = 1 if side == "right" else -1
        potential = self.grid.first_value(self.potential, side)
        conductance, driven = self._conduction(self.electrons.conductivity(potential, self._at(side)), side)
        # i_eon = driven - conductance dE/dx over the half cell, solved for E at the face
        return Face(potential + sign * half * driven / conductance, half / conductance)

    def conductivities(self, side: str) -> tuple[Number, Number]:
        """Conductivity [S/m] of the ions, grain boundaries included, and of the electrons near a face."""
        electrons = self.electrons.conductivity(self.grid.first_value(self.potential, side), self._at(side))
        return self._effective(side), electrons

    def _nonlinear_face(self, side: str) -> Face:
        unknown = self._unknown_faces.get(side)
        if unknown is None:
            unknown = pybamm.Variable(names.face_potential(self.name, side))
            self._unknown_faces[side] = unknown
        sign = 1 if side == "right" else -1
        inside = self.grid.first_value(self.potential, side)
        sigma = self.electrons.conductivity(inside, self._at(side))
        conductance, driven = self._conduction(sigma, side)
        # the slope of Sigma = int sigma dE, so sigma is in it already: what multiplies it below is divided by sigma
        slope = sign * (self.electrons.integral(unknown) - self.electrons.integral(inside)) / self.grid.half_cell(side)
        slope = self.electrons.factor(self._at(side)) * slope
        return Face(unknown, pybamm.Scalar(0), driven - conductance / sigma * slope)

    def _conduction(self, sigma_eon: Number, side: str) -> tuple[Number, Number]:
        """Outermost half cell: conductance [S/m] that multiplies -dE/dx, and the current that E does not drive."""
        if self.field is not None:
            return sigma_eon, sigma_eon * self.grid.first_value(self.field, side)
        ionic = self._rail(side)
        total = ionic + sigma_eon
        return ionic * sigma_eon / total, sigma_eon / total * (self._current_density - self._pushed_at(side))

    def _rail(self, where: str) -> Number:
        """Conductivity of the ionic rail at ``"nodes"``, ``"edges"``, or the face ``"left"`` or ``"right"``."""
        return self.sigma_ion({"nodes": self._nodes, "edges": self._edges, "left": 0.0, "right": 1.0}[where])

    def _effective(self, side: str) -> Number:
        """Ionic conductivity near a face, grain boundaries included whether electrons cross it or not."""
        return self._folded(self._rail(side)) if self._boundaries is not None else self._rail(side)

    # -- a salt solution in the pores (models/pores.py) has its say here ----------------------------------------------
    def _pushed_at(self, side: str) -> Number:
        """Ionic current in the outermost half cell that no field drives."""
        return 0

    def _pushed_on_edges(self, model: Writer) -> Number:
        """The same at inner cell faces."""
        return 0

    def _pushed_at_nodes(self, model: Writer, left: Neighbour, right: Neighbour) -> Number:
        """The same in every cell."""
        return 0

    def _complete_salt(self, model: Writer, left: Neighbour, right: Neighbour, field: Number) -> None:
        """Write the balance of the salt; `field` is -d(phi_ion)/dx at inner cell faces."""

    @staticmethod
    def _at(side: str) -> float:
        """x/L of a face."""
        return 0.0 if side == "left" else 1.0

    def salt_face(self, side: str) -> None:
        """A mixed conductor holds no salt solution."""
        return None

    # -- the equations ---------------------------------------------------------------------------------------------
    def complete(self, model: Writer, left: Neighbour, right: Neighbour) -> None:
        """Write the balance of the neutral component, with the electronic currents of the interfaces at the faces."""
        E, g, grid = self.potential, self.field, self.grid
        law = self.electrons.law(E)
        driving = self.electrons.integral(E)
        factor, ionic = self.electrons.factor(self._edges), self._rail("edges")
        slope = factor * grid.slope(model, driving)
        if g is None:
            # both transference numbers from one mean: they must add to 1, or the Hebb-Wagner state is not exact (and
            # PyBaMM rearranges quotients before it takes means, so that two of them would be taken differently)
            mean = factor * grid.on_edges(law)
            driven = model.current_density - self._pushed_on_edges(model)
            inside = (mean * driven - ionic * slope) / (ionic + mean)
            field = (driven + slope) / (ionic + mean)
        else:
            inside = factor * grid.on_edges(law * g) - slope
            field = grid.on_edges(g)
        self._complete_salt(model, left, right, field)
        flux = grid.with_faces(inside, left.electronic_current, right.electronic_current)
        model.rhs[E] = -grid.divergence(flux) / self._capacitance(E)
        model.initial_conditions[E] = self.rest_potential
        for unknown in self._unknown_faces.values():
            model.initial_conditions[unknown] = self.rest_potential

        ionic = self._rail("nodes")
        not_by_field = grid.at_nodes(flux) + self._pushed_at_nodes(model, left, right)
        if g is None or self._dielectric is None:
            ions = model.current_density - not_by_field
            self.drop = grid.integral(ions / ionic)
        else:
            model.initial_conditions[g] = pybamm.PrimaryBroadcast(0, grid.domain)
            self._dielectric.charge(model, g, model.current_density - ionic * g - not_by_field)
            self.drop = grid.integral(g)
        if self._boundaries is not None:
            self.drop = self.drop + self._boundaries.drop(model)
        model.variables[names.local_potential(self.name)] = E
        stored = self._charge(E) - self._charge(self.rest_potential)
        model.variables[names.stored_charge(self.name)] = grid.mean(stored)


def material_of(model: Writer, layer: Layer) -> Own:
    """The numbers of a layer's material."""
    return Own(model.reader, f"layers.{layer.name}.material", model.temperature)
