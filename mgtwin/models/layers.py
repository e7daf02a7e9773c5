"""Equations of the layers, theory.md §2.1-2.5, per electrode area and in PyBaMM's sign (current along +x).

Each layer offers the assembler the same things: ``face(side)`` and ``salt_face(side)``, what its electrons and its salt
look like from an adjoining interface (None where it has none); ``complete(...)``, which writes its equations once the
interfaces beside it know the currents through its faces; ``drop``, the fall of the ionic potential over it; and
``grid``, the finite volumes of its profiles (None where it has none).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import pybamm

from ..cells.materials import DefectElectrons
from ..cells.rest import chemical_capacitance, electronic_conductivity, integral_of_saturating_exp
from . import names
from .grid import LayerGrid
from .storage import bulk_storage

if TYPE_CHECKING:
    from ..cells import Layer
    from .interfaces import ElectrodeInterface, JunctionInterface
    from .stack import StackModel

    Neighbour: TypeAlias = ElectrodeInterface | JunctionInterface


@dataclass(frozen=True)
class Face:
    """The electrons of a mixed conductor as an interface sees them.

    The local potential at the face is ``open_potential - sign * resistance * i_eon`` where ``sign`` is +1 at the right
    face of a layer and -1 at its left one. Where the electronic conductivity depends on E there is no such straight
    line; then ``open_potential`` is an algebraic unknown of the model, ``resistance`` is zero and ``current`` is the
    electronic current that flows through the outermost half cell for that potential.
    """

    open_potential: Any
    resistance: Any
    current: Any = None


class GrainBoundaries:
    """Brick layer of grain boundaries on the ionic rail (§2.3): ``n R_gb || C_gb/n`` in series, ``n = L/d``.

    The series element is right where no electrons leave the layer; elsewhere the boundaries are folded into the ionic
    conductivity, ``1/sigma_eff = 1/sigma_ion + R_gb/d``. Never both.
    """

    def __init__(self, model: StackModel, layer: Layer, ratio: Any):
        self.name = layer.name
        where = f"layers.{layer.name}.material.grain_boundary"
        boundary = model.cell.get(where)
        self._per_length = None
        self._capacitance = None
        if boundary is None:
            return
        grain = model.reader.number(f"{where}.grain_size")
        self._per_length = model.reader.property(f"{where}.resistance", model.temperature) / grain / ratio
        self._number = model.reader.number(f"layers.{layer.name}.thickness") / grain
        self._thickness = model.reader.number(f"layers.{layer.name}.thickness")
        if boundary.capacitance is not None and not model.is_fixed_at(f"{where}.resistance", 0.0):
            self._capacitance = model.reader.number(f"{where}.capacitance") * ratio

    def folded(self, conductivity: Any) -> Any:
        """Ionic conductivity with the boundaries in it."""
        return conductivity if self._per_length is None else conductivity / (1 + conductivity * self._per_length)

    def drop(self, model: StackModel) -> Any:
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

    grid = None

    def __init__(self, model: StackModel, layer: Layer, resolve_dielectric: bool, isolated: bool = True):
        self.name = layer.name
        path = f"layers.{layer.name}"
        ratio = model.area_ratio(layer)
        thickness = model.reader.number(f"{path}.thickness")
        conductivity = model.reader.property(f"{path}.material.ionic_conductivity", model.temperature) * ratio
        self.resistance = thickness / conductivity
        self._boundaries = GrainBoundaries(model, layer, ratio)
        self._effective = self._boundaries.folded(conductivity)
        self._dielectric = None
        if resolve_dielectric:
            self._dielectric = bulk_storage(model, f"{path}.material.relative_permittivity", ratio / thickness)

    def face(self, side: str) -> None:
        """An ionic conductor has no electrons."""
        return None

    def salt_face(self, side: str) -> None:
        """One sigma_ion knows of no salt."""
        return None

    def conductivities(self, side: str) -> tuple[Any, None]:
        """Conductivity [S/m] of the ions, grain boundaries included, and of the electrons (none) near a face."""
        return self._effective, None

    def complete(self, model: StackModel, left: Neighbour, right: Neighbour) -> None:
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
    any mesh.
    """

    def __init__(self, model: StackModel, layer: Layer, resolve_dielectric: bool, isolated: bool):
        self.name = layer.name
        path = f"layers.{layer.name}"
        ratio = model.area_ratio(layer)
        material = layer.material
        self.sigma_ion = model.reader.property(f"{path}.material.ionic_conductivity", model.temperature) * ratio
        boundaries = GrainBoundaries(model, layer, ratio)
        self._boundaries = boundaries if isolated else None
        self._effective = boundaries.folded(self.sigma_ion)
        if not isolated:
            self.sigma_ion = self._effective
        self.electrons = electronic_law(model, f"{path}.material", material, ratio)
        self._dielectric = None
        if resolve_dielectric:
            self._dielectric = bulk_storage(model, f"{path}.material.relative_permittivity", ratio)
        self.rest_potential = model.rest.layers[layer.name]

        self.grid = LayerGrid(layer.name, model.reader.number(f"{path}.thickness"))
        self.potential = self.grid.variable(names.local_potential(layer.name))
        self.field = None
        if self._dielectric is not None:
            self.field = self.grid.variable(names.ionic_field(layer.name))
        self._current_density = model.current_density
        self._unknown_faces: dict[str, Any] = {}

    # -- what an interface sees ------------------------------------------------------------------------------------
    def face(self, side: str) -> Face:
        """Face at ``"left"`` or ``"right"``; see :class:`Face`."""
        if not self.electrons.linear:
            return self._nonlinear_face(side)
        half = self.grid.half_cell(side)
        sign = 1 if side == "right" else -1
        potential = self.grid.first_value(self.potential, side)
        conductance, driven = self._conduction(self.electrons.conductivity(potential), side)
        # i_eon = driven - conductance dE/dx over the half cell, solved for E at the face
        return Face(potential + sign * half * driven / conductance, half / conductance)

    def conductivities(self, side: str) -> tuple[Any, Any]:
        """Conductivity [S/m] of the ions, grain boundaries included, and of the electrons near a face."""
        return self._effective, self.electrons.conductivity(self.grid.first_value(self.potential, side))

    def _nonlinear_face(self, side: str) -> Face:
        unknown = self._unknown_faces.get(side)
        if unknown is None:
            unknown = pybamm.Variable(names.face_potential(self.name, side))
            self._unknown_faces[side] = unknown
        sign = 1 if side == "right" else -1
        inside = self.grid.first_value(self.potential, side)
        sigma = self.electrons.conductivity(inside)
        conductance, driven = self._conduction(sigma, side)
        slope = sign * (self.electrons.integral(unknown) - self.electrons.integral(inside)) / self.grid.half_cell(side)
        return Face(unknown, pybamm.Scalar(0), driven - conductance / sigma * slope)

    def _conduction(self, sigma_eon: Any, side: str) -> tuple[Any, Any]:
        """Outermost half cell: conductance [S/m] that multiplies -dE/dx, and the current that E does not drive."""
        if self.field is not None:
            return sigma_eon, sigma_eon * self.grid.first_value(self.field, side)
        total = self.sigma_ion + sigma_eon
        return self.sigma_ion * sigma_eon / total, sigma_eon / total * self._current_density

    def salt_face(self, side: str) -> None:
        """A mixed conductor holds no salt solution."""
        return None

    # -- the equations ---------------------------------------------------------------------------------------------
    def complete(self, model: StackModel, left: Neighbour, right: Neighbour) -> None:
        """Write the balance of the neutral component, with the electronic currents of the interfaces at the faces."""
        E, g, grid = self.potential, self.field, self.grid
        sigma_eon = self.electrons.conductivity(E)
        driving = self.electrons.integral(E)
        slope = grid.slope(model, driving)
        if g is None:
            # both transference numbers from one mean: they must add to 1, or the Hebb-Wagner state is not exact (and
            # PyBaMM rearranges quotients before it takes means, so that two of them would be taken differently)
            mean = grid.on_edges(sigma_eon)
            inside = (mean * model.current_density - self.sigma_ion * slope) / (self.sigma_ion + mean)
        else:
            inside = grid.on_edges(sigma_eon * g) - slope
        flux = grid.with_faces(inside, left.electronic_current, right.electronic_current)
        model.rhs[E] = -grid.divergence(flux) / self.electrons.capacitance(E)
        model.initial_conditions[E] = self.rest_potential
        for unknown in self._unknown_faces.values():
            model.initial_conditions[unknown] = self.rest_potential

        electrons_at_nodes = grid.at_nodes(flux)
        if g is None or self._dielectric is None:
            ions = model.current_density - electrons_at_nodes
            self.drop = grid.integral(ions / self.sigma_ion)
        else:
            model.initial_conditions[g] = pybamm.PrimaryBroadcast(0, grid.domain)
            self._dielectric.charge(model, g, model.current_density - self.sigma_ion * g - electrons_at_nodes)
            self.drop = grid.integral(g)
        if self._boundaries is not None:
            self.drop = self.drop + self._boundaries.drop(model)
        model.variables[names.local_potential(self.name)] = E
        stored = self.electrons.stored_charge(E) - self.electrons.stored_charge(self.rest_potential)
        model.variables[names.stored_charge(self.name)] = grid.mean(stored)


@dataclass(frozen=True)
class Electrons:
    """sigma_eon(E), its integral over E, and the chemical capacitance, as functions of E."""

    linear: bool
    conductivity: Callable[[Any], Any]
    integral: Callable[[Any], Any]
    capacitance: Callable[[Any], Any]
    stored_charge: Callable[[Any], Any]


def electronic_law(model: StackModel, path: str, material: Any, ratio: Any) -> Electrons:
    """Electronic conductivity and chemical capacitance of a mixed conductor, scaled by the layer's area `ratio`."""
    T, law, storage = model.temperature, material.electronic_conductivity, material.chemical_capacitance

    def capacitance(E: Any) -> Any:
        return chemical_capacitance(model.reader, path, storage, T, E) * ratio

    def stored(E: Any) -> Any:
        return chemical_capacitance(model.reader, path, storage, T, E, integrated=True) * ratio

    def conductivity(E: Any) -> Any:
        return electronic_conductivity(model.reader, path, law, T, E) * ratio

    if not isinstance(law, DefectElectrons):
        return Electrons(True, conductivity, lambda E: conductivity(E) * E, capacitance, stored)
    where = f"{path}.electronic_conductivity"
    n, p, constant = (model.reader.property(f"{where}.{part}", T) * ratio for part in ("n", "p", "constant"))
    f, primitive = model.inverse_thermal_voltage, integral_of_saturating_exp

    def integral(E: Any) -> Any:
        return (p * primitive(f * E) - n * primitive(-f * E)) / f + constant * E

    return Electrons(False, conductivity, integral, capacitance, stored)
