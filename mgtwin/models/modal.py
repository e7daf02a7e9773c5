"""Uniform mixed conductors by their modes (theory.md §7): the equations of `MixedLayer` without a mesh."""

from __future__ import annotations

from typing import Any

import numpy as np
import pybamm
from numpy.typing import NDArray

from ..cells import Layer
from ..kinds.numbers import Number
from . import mesh, names
from .grid import Space, graded
from .layers import Face, GrainBoundaries, material_of
from .modes import ModalTable
from .storage import ConstantPhaseElement, IdealCapacitor, bulk_storage
from .writer import Neighbour, Writer

__all__ = ["ModalLayer"]


class Profile(pybamm.BoundaryOperator):
    """E from the amplitudes of its modes, not at a face but in the finite volumes of a domain, where users see it."""

    def __init__(self, child: pybamm.Symbol, domain: str):
        super().__init__("profile", child, domain)
        self._domains: dict[str, list[str]] = {**child.domains, "primary": [domain]}


class Shown(pybamm.FiniteVolume):
    """PyBaMM's spatial method where profiles are shown: the fastest modes stand in equations as spatial variables."""

    def __init__(self, table: ModalTable):
        super().__init__()
        self._table = table

    def spatial_variable(self, symbol: Any) -> pybamm.Symbol:
        """The fastest ``"even"`` or ``"odd"`` mode, or the coordinate itself."""
        mode = {"even": -2, "odd": -1}.get(symbol.name)
        if mode is None:
            return super().spatial_variable(symbol)
        return pybamm.Vector(self._table.averages(self.mesh[symbol.domain].edges)[:, mode], domain=symbol.domain)


class Modal(pybamm.FiniteVolume):
    """PyBaMM's spatial method for amplitudes of modes: each operator is a matrix of pure numbers."""

    def __init__(self, table: ModalTable):
        super().__init__()
        one, several = np.eye(1, table.rates.size)[0], np.sign(table.rates)
        numbers = {"rates": table.rates, "weights": table.weights, "parity": table.parity, "static": table.static}
        self._numbers, self._table = {**numbers, "constant": one, "several": several}, table

    def spatial_variable(self, symbol: Any) -> pybamm.Symbol:
        """The numbers of this name, one for each mode, or the coordinate, which means nothing here."""
        numbers = self._numbers.get(symbol.name)
        if numbers is None:
            return super().spatial_variable(symbol)
        return pybamm.Vector(numbers[: self._table.states], domain=symbol.domain)

    def boundary_value_or_flux(self, symbol: Any, discretised_child: Any, bcs: Any = None) -> pybamm.Symbol:
        """E at a face, where every mode is 1 (left) and 1 or -1 (right), or else its means over volumes."""
        table = self._table
        rows = {"left": np.ones((1, table.rates.size)), "right": table.parity[np.newaxis]}.get(symbol.side)
        if rows is None:
            rows = table.averages(self.mesh[[symbol.side]].edges)
        return pybamm.Matrix(rows[:, : table.states]) @ discretised_child

    def integral(self, child: Any, discretised_child: Any, *of: Any) -> pybamm.Symbol:
        """The mean of E is the amplitude of the constant: all others are orthogonal to it."""
        return pybamm.Matrix(np.eye(1, self._table.states)) @ discretised_child


class ModalGrid:
    """The domains of a layer that is given by modes: their amplitudes, and the profile that they make.

    Parameters
    ----------
    name : str
        Of the layer.
    table : ModalTable
    """

    is_graded = False

    def __init__(self, name: str, table: ModalTable):
        amplitudes = pybamm.MeshGenerator(pybamm.Uniform1DSubMesh), table.states
        self._modes = Space(f"{name} modes", lambda *_: amplitudes, Modal(table))
        # shown where a mesh would have its volumes, graded by the table and not by the numbers of the cell
        beta = mesh.stretching(10 ** (1 - table.decades / 2))
        self._shown = Space(name, lambda _, refinement: graded(beta, refinement), Shown(table))
        self.spaces = (self._modes, self._shown)

    def variable(self, name: str) -> pybamm.Symbol:
        """A state with an amplitude for every mode but the static ones."""
        return pybamm.Variable(name, domain=self._modes.domain)

    def of_modes(self, numbers: str) -> pybamm.Symbol:
        """A number for each of these modes: ``"rates"``, ``"weights"``, ``"parity"``, ``"static"`` of the table,
        ``"constant"`` (1 for the constant, 0 for the others) or ``"several"`` (the reverse)."""
        return pybamm.SpatialVariable(numbers, domain=self._modes.domain, coord_sys="cartesian")

    def shape(self, parity: str) -> pybamm.Symbol:
        """The fastest ``"even"`` or ``"odd"`` mode in the volumes."""
        return pybamm.SpatialVariable(parity, domain=self._shown.domain, coord_sys="cartesian")

    def profile(self, amplitudes: pybamm.Symbol) -> pybamm.Symbol:
        """E in the volumes."""
        return Profile(amplitudes, self._shown.domain[0])

    def mean(self, amplitudes: pybamm.Symbol) -> pybamm.Symbol:
        """Mean of E."""
        return pybamm.Integral(amplitudes, self._modes.x)


class ModalLayer:
    r"""Mixed conductor whose properties depend on neither x nor E: :math:`E = \sum_k a_k\psi_k(x/L)`.

    The weak form of (2.2) with the modes of `ModalTable` as test functions, for :math:`k` one by one:

    .. math:: c L\,\dot a_k = w_k\,(g_l - p_k g_r) - (\sigma_{amb}/L)\,\lambda_k a_k, \qquad g = i_{eon} - t_{eon}\,i

    with the currents at both faces and :math:`p_k = \psi_k(1)`. Where the dielectric is resolved the field is
    :math:`g = \sum_k b_k\psi_k'/L`:

    .. math:: \varepsilon\,\dot b_k = (p_k - 1)\,r_k L\,i - \sigma\,b_k + \sigma_{eon} a_k, \qquad
              c L\,\dot a_k = w_k\,(j_l - p_k j_r) + (\sigma_{eon}/L)\,\lambda_k (b_k - a_k)

    with the electronic currents j and :math:`r_k = w_k/\lambda_k`. The fastest pair of modes follows at once, which is
    the resistance of a face; their fields remain states.
    """

    has_pores = False

    def __init__(self, model: Writer, layer: Layer, resolve_dielectric: bool, isolated: bool, table: ModalTable):
        self.name = layer.name
        path = f"layers.{layer.name}"
        ratio, material, own = model.area_ratio(layer), layer.material, material_of(model, layer)
        boundaries = GrainBoundaries(model, layer, ratio)
        self._boundaries = boundaries if isolated else None
        self._thickness = model.reader.number(f"{path}.thickness")
        inside = material.ionic(own) * ratio
        self._effective = boundaries.folded(inside)
        self._ionic = inside if isolated else self._effective
        self._electronic = material.electronic(own).factor(0.5) * ratio
        self._total = self._ionic + self._electronic
        self.rest_potential = model.rest.layers[layer.name]
        self._capacitance = material.capacitance(own, self.rest_potential) * ratio
        self._charge = lambda E: material.charge(own, E) * ratio
        self._dielectric = bulk_storage(model, f"{path}.material", ratio) if resolve_dielectric else None

        self._table, self.grid = table, ModalGrid(layer.name, table)
        self.potential = self.grid.variable(names.modal_potential(layer.name, table.density, table.decades))
        #: Names of what the static pair adds to E, even and odd.
        self.static: list[str] = []
        self._pushed: Number
        self._fields: list[Number] = []
        # L r_k / sigma of the static pair, whose members are equal
        self._static = self._thickness * float(table.static[-1])
        if self._dielectric is None:
            self._static = self._static * self._total / (self._ionic * self._electronic)
            self._pushed = self._electronic / self._total * model.current_density
        else:
            self._static, self._pushed = self._static / self._electronic, 0
            self._field = self.grid.variable(names.modal_field(layer.name, table.density, table.decades))
            kinds = (names.static_field(layer.name, parity) for parity in ("even", "odd"))
            self._fields = [pybamm.Variable(kind) for kind in kinds]

    def face(self, side: str) -> Face:
        """Face at ``"left"`` or ``"right"``; see :class:`Face`."""
        sign = 1 if side == "right" else -1
        at_face = pybamm.BoundaryValue(self.potential, side) + sign * 2 * self._static * self._pushed
        if self._fields:
            even, odd = self._fields
            at_face = at_face + even - sign * odd
        return Face(at_face, 2 * self._static, of_many=True)

    def shapes(self, edges: NDArray[np.float64]) -> NDArray[np.float64]:
        """Of what the profile in volumes between edges is the sum: means of all modes, the static pair last."""
        return self._table.averages(edges)

    def conductivities(self, side: str) -> tuple[Number, Number]:
        """Conductivity [S/m] of the ions, grain boundaries included, and of the electrons."""
        return self._effective, self._electronic

    def salt_face(self, side: str) -> None:
        """A mixed conductor holds no salt solution."""
        return None

    def complete(self, model: Writer, left: Neighbour, right: Neighbour) -> None:
        """Write the balance of the neutral component, with the electronic currents of the interfaces at the faces."""
        grid, a, i, L = self.grid, self.potential, model.current_density, self._thickness
        rates, weights, parity = (grid.of_modes(one) for one in ("rates", "weights", "parity"))
        flows = [beside.electronic_current - self._pushed for beside in (left, right)]
        # of the static pair, even and odd
        static = [self._static * (flows[0] - flows[1]), self._static * (flows[0] + flows[1])]
        driven = weights * (flows[0] - parity * flows[1])
        if self._dielectric is None:
            relaxed = self._ionic * self._electronic / self._total / L * rates * a
            ends = [
                face.open_potential - sign * face.resistance * beside.electronic_current
                for face, sign, beside in ((self.face("left"), -1, left), (self.face("right"), 1, right))
            ]
            self.drop = L * i / self._total + self._electronic / self._total * (ends[1] - ends[0])
        else:
            relaxed = self._electronic / L * rates * (a - self._field)
            self.drop = self._write_fields(model, self._dielectric, static)
        if self._boundaries is not None:
            self.drop = self.drop + self._boundaries.drop(model)
        model.rhs[a] = (driven - relaxed) / (self._capacitance * L)
        model.initial_conditions[a] = self.rest_potential * grid.of_modes("constant")
        profile = grid.profile(a) + static[0] * grid.shape("even") + static[1] * grid.shape("odd")
        model.variables[names.local_potential(self.name)] = profile
        for parity, part in zip(("even", "odd"), static, strict=True):
            label = names.static_potential(self.name, parity)
            match part:
                case pybamm.Variable():  # which PyBaMM knows by its own name alone
                    label = part.name
            model.variables[label] = part
            self.static.append(label)
        stored = self._charge(grid.mean(a)) - self._charge(self.rest_potential)
        model.variables[names.stored_charge(self.name)] = stored

    def _write_fields(
        self, model: Writer, dielectric: IdealCapacitor | ConstantPhaseElement, static: list[Number]
    ) -> Number:
        """Write the equations of the fields b_k, and add those of the static pair to it; their drop."""
        grid, b = self.grid, self._field
        jump = model.current_density * self._thickness
        static[:] = [field + pushed for field, pushed in zip(self._fields, static, strict=True)]
        # the constant has no gradient: its field stays 0
        by_current = (grid.of_modes("parity") - 1) * grid.of_modes("static")
        rows: list[tuple[Number, Number, Number]] = [
            (b, by_current, grid.of_modes("several") * self.potential),
            (self._fields[0], 0.0, static[0]),
        ]
        rows.append((self._fields[1], -2 * float(self._table.static[-1]), static[1]))
        for field, driven, potential in rows:
            model.initial_conditions[field] = pybamm.Scalar(0)
            dielectric.charge(model, field, driven * jump - self._total * field + self._electronic * potential)
        model.initial_conditions[b] = 0 * grid.of_modes("several")
        return pybamm.BoundaryValue(b, "right") - pybamm.BoundaryValue(b, "left") - 2 * self._fields[1]
