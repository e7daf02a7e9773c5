"""Small-signal impedance of a discretised stack, linearised at any state (theory.md §5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import csc_matrix, csr_matrix, diags
from scipy.sparse.linalg import splu

from ..cells import Cell
from ..cells.questions import shunted
from ..cells.rest import rest_potentials
from ..errors import InputError, SimulationError
from ..models import names
from ..routes import Route
from .banded import BandedOrder, BandedSystem, Factors
from .fixture import FIXTURE, measured
from .functions import StackFunctions
from .halves import divided
from .uneven import Uneven

#: Largest |correction| of a unit-scaled unknown at which Newton's iteration for the fast unknowns has converged.
NEWTON_TOLERANCE = 1e-12


@dataclass(frozen=True)
class SmallSignal:
    r"""The small-signal problem of one state, the current :math:`I = s y_c` taken out of the unknowns.

    Attributes
    ----------
    system : BandedSystem
        :math:`(i\omega)^n M - J` of all unknowns but the current.
    forcing : ndarray
        :math:`\partial F/\partial y_c`, without the current's own row.
    voltage, direct : ndarray, float
        :math:`\partial V/\partial y` of all unknowns but the current, and of the current.
    part, part_direct : ndarray, float
        The same of the voltage between the negative electrode and the reference; 0 without one.
    scale : float
        s [A].
    passing : ndarray
        Derivative of the current at the terminals by the unknowns, s apart: of what a shunt takes; 0 without one.
    """

    system: BandedSystem
    forcing: np.ndarray
    voltage: np.ndarray
    direct: float
    part: np.ndarray
    part_direct: float
    scale: float
    passing: np.ndarray

    def impedance(self, response: np.ndarray) -> Any:
        """Z [ohm] from the response of the unknowns to y_c."""
        return -(self.voltage @ response + self.direct) / self.current(response)

    def current(self, response: np.ndarray) -> complex:
        """Current at the terminals [A]."""
        return self.scale + complex(self.passing @ response) if self.passing.any() else self.scale

    def negative(self, response: np.ndarray) -> Any:
        """The part of Z [ohm] between the negative electrode and the reference."""
        return -(self.part @ response + self.part_direct) / self.current(response)


class LinearisedStack:
    r"""Mass matrix, Jacobian and outputs of a discretised cell, compiled once and evaluated at any state.

    With :math:`M\dot y = F(y, I)` and :math:`V = V(y, I)` the impedance at a state y* is

    .. math:: Z(\omega) = -\left(\frac{\partial V}{\partial y}\,x + \frac{\partial V}{\partial I}\right), \qquad
              (i\omega M - J)\,x = \frac{\partial F}{\partial I}

    (§5; the minus sign turns PyBaMM's current into the laboratory's). With the current taken out the matrix is banded:
    each frequency costs one banded solve.

    Parameters
    ----------
    cell : Cell
    f_max : float
        Highest frequency [Hz]; grades the mesh to the diffusion length there.
    inputs : sequence of str or tuple of str
        Dotted paths that may change from call to call without a rebuild. Where a call gives no value for one of them,
        it has that of the cell.
    layers : Route, optional
        How layers are discretised, by default ``Mesh()``.
    functions : StackFunctions, optional
        Those of another cell with the same structure, f_max, inputs and layers: nothing is built then.

    Examples
    --------
    >>> import mgtwin as mt, numpy as np
    >>> stack = LinearisedStack(mt.cell("trilayer"), f_max=1e6)
    >>> stack.impedance(np.geomspace(1e6, 0.1, 100)).shape
    (100,)
    """

    def __init__(
        self,
        cell: Cell,
        *,
        f_max: float,
        inputs: Sequence[str | tuple[str, ...]] = (),
        layers: Route | None = None,
        functions: StackFunctions | None = None,
    ):
        made = functions or StackFunctions(cell, f_max=f_max, inputs=inputs, layers=layers)
        self.cell, self.f_max, self._made = cell, f_max, made
        self.model, self.built, self.layout, self.input_names = made.model, made.built, made.layout, made.input_names
        self.has_reference = cell.reference is not None
        self._own = {name: float(cell.get(path)) for path, name in self.model.input_paths.items()}
        self.current_index = self.layout[0].index(names.CURRENT_VARIABLE)
        # the current is coupled to every cell of every layer: as one of the unknowns it
        # would make the band as wide as the matrix
        self.others = np.delete(np.arange(self.built.len_rhs_and_alg), self.current_index)
        #: Unknowns of ageing laws, which are frozen here.
        self.ageing = np.flatnonzero([label in self.model.ageing_states for label in self.layout[0]])
        numbers = [*self.model.numbers_of(cell).values()]
        self.residual, self.outputs = made.of("residual", numbers), made.of("outputs", numbers)
        self.stored, self.matrices = made.of("stored", numbers), made.of("matrices", numbers)
        self.initial_slopes = made.of("initial_slopes", numbers)
        self._interior, self._initial = made.of("interior", numbers), made.of("initial", numbers)
        self.mass = csc_matrix(self.built.mass_matrix.entries).diagonal()[self.others]
        #: What electrodes with a thickness add to what the model says.
        self.uneven = Uneven(cell, self.model, {self.layout[0][k]: row for row, k in enumerate(self.others)})
        shunt = names.SHUNT_CURRENT in self.model.variables
        unknown = [side for side in self.uneven.electrodes if shunt and side in shunted(cell)] + self.uneven.entered
        if unknown:
            raise InputError(
                f"{cell.name}: what the thickness of the {' and '.join(unknown)} electrode adds to a spectrum is not "
                f"known beside a shunt or where electrons of a layer enter it: only one reaction and slices have "
                f"equations in a model. Say how it is resolved (its field resolution: mt.Uniform() or mt.Resolved()), "
                f"or take a spectrum at rest in closed form."
            )

    # -- states ----------------------------------------------------------------------------------------------------
    def rest_state(self, inputs: Mapping[str, float] | None = None) -> np.ndarray:
        """State vector of the cell at rest, as assembled where it has none."""
        return np.asarray(self._initial(*self.values(inputs))).ravel()

    def complete(self, state: np.ndarray, known: np.ndarray, inputs: Mapping[str, float] | None = None) -> np.ndarray:
        """State in which what is not `known` has relaxed (dielectric charges, algebraic unknowns), the rest being held.

        Parameters
        ----------
        state : ndarray, shape (n,)
            Values, right where `known`.
        known : ndarray of bool, shape (n,)
        inputs : mapping, optional
            Values of paths given as inputs, by default those of the cell.

        Raises
        ------
        SimulationError
            Where Newton's iteration does not converge.
        """
        free = self.fast_unknowns(known)
        result = state.copy()
        for _ in range(50):
            if free.size == 0:
                return result
            values = self.values(inputs)
            residual = np.asarray(self.residual(result, *values)).ravel()[free]
            jacobian = self.jacobian(result, values)[free][:, free]
            try:
                correction = splu(csc_matrix(jacobian)).solve(residual)
            except RuntimeError:  # a singular factor: what hangs on it cannot follow, as in a host that is full
                break
            result[free] -= correction
            if np.max(np.abs(correction)) <= NEWTON_TOLERANCE * (1 + np.max(np.abs(result[free]))):
                return result
        raise SimulationError(f"{self.cell.name}: the fast unknowns of the state to linearise did not converge.")

    def fast_unknowns(self, known: np.ndarray) -> np.ndarray:
        """Numbers of the unknowns that follow the others at once: algebraic ones, and states that are not `known`."""
        algebraic = np.zeros(known.size, dtype=bool)
        algebraic[self.built.len_rhs :] = True
        free = np.flatnonzero(algebraic | ~known)
        return free[free != self.current_index]

    def interior(self, state: np.ndarray) -> dict[str, np.ndarray]:
        """Local potentials [V] and stored charges [C/m3] of the layers that conduct electrons, by their names."""
        layers = [layer.name for layer in self.model.mixed_layers]
        found = [name(layer) for layer in layers for name in (names.local_potential, names.stored_charge)]
        whole = np.ravel(self._interior(state, *self.values(None)))
        return dict(zip(found, np.split(whole, np.cumsum(self._made.sizes)[:-1]), strict=True)) if found else {}

    def drift(self, state: np.ndarray, duration: float, inputs: Mapping[str, float] | None = None) -> np.ndarray:
        """Change of every unknown within a time [s] at constant current: one implicit Euler step from a state.

        Implicit, because the least ripple that interpolation leaves on a fine mesh has an enormous rate of change but
        no consequence.
        """
        values = self.values(inputs)
        others = self.others
        rate = np.asarray(self.residual(state, *values)).ravel()[others]
        matrix = diags(self.mass / duration) - self.jacobian(state, values)[others][:, others]
        change = np.zeros(state.size)
        change[others] = splu(csc_matrix(matrix)).solve(rate)
        return change

    # -- impedance -------------------------------------------------------------------------------------------------
    def impedance(
        self, frequencies: ArrayLike, state: np.ndarray | None = None, inputs: Mapping[str, float] | None = None
    ) -> np.ndarray:
        """Complex impedance [ohm] of the cell, shape of `frequencies`.

        Parameters
        ----------
        frequencies : array_like
            [Hz]
        state : ndarray, optional
            State vector in this object's ``layout``; rest by default.
        inputs : mapping, optional
            Values of paths given as inputs, by default those of the cell.
        """
        return self.with_halves(frequencies, state, inputs)[0]

    def with_halves(
        self, frequencies: ArrayLike, state: np.ndarray | None = None, inputs: Mapping[str, float] | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """The impedance, and its part between the negative electrode and the reference (0 without one) [ohm].

        Parameters as for `impedance`.
        """
        problem, given = self.small_signal(state, inputs), self.given(inputs)
        frequencies = np.asarray(frequencies, dtype=float)
        alone, part = np.empty(frequencies.shape, dtype=complex), np.empty(frequencies.shape, dtype=complex)
        for index, frequency in np.ndenumerate(frequencies):
            response = self.factorised(problem, frequency).solve(problem.forcing)
            # what is uneven in the negative electrode lies in the negative half
            added = self.uneven.impedances(response, problem.scale, given)
            alone[index] = problem.impedance(response) + sum(added.values())
            part[index] = problem.negative(response) + added.get("negative", 0.0)
        s, leads = 2j * np.pi * frequencies, self.fixture_numbers(inputs)
        found = np.asarray(measured(alone, s, *leads))
        return found, np.asarray(divided(alone, part, s, *leads)) if self.has_reference else part

    def small_signal(self, state: np.ndarray | None = None, inputs: Mapping[str, float] | None = None) -> SmallSignal:
        """The linear problem of a state; parameters as for `impedance`."""
        if state is None:
            rest_potentials(self.cell)  # refuses a cell that has no rest
        y = self.rest_state(inputs) if state is None else state
        jacobian, outputs = self.matrices(y, *self.values(inputs))
        matrix = csr_matrix(jacobian.sparse())[self.others]
        voltage, current, part = np.asarray(outputs)
        inner = matrix[:, self.others]
        if self._made.order is None:
            self._made.order = BandedOrder(inner)
        return SmallSignal(
            BandedSystem(inner, self.mass, self.exponents(inputs)[self.others], self._made.order),
            matrix[:, [self.current_index]].toarray().ravel(),
            voltage[self.others],
            float(voltage[self.current_index]),
            part[self.others],
            float(part[self.current_index]),
            float(current[self.current_index]),
            current[self.others],
        )

    def factorised(self, problem: SmallSignal, frequency: float) -> Factors:
        """LU factors of its matrix at a frequency [Hz].

        Raises
        ------
        SimulationError
            Where the matrix is singular.
        """
        try:
            return problem.system.factorise(2 * np.pi * frequency)
        except ZeroDivisionError:
            raise SimulationError(f"{self.cell.name}: the linear system is singular at {frequency:g} Hz.") from None

    def exponents(self, inputs: Mapping[str, float] | None) -> np.ndarray:
        """Power of i omega in every row: 1, or n of the constant-phase element that the row belongs to."""
        labels = np.asarray(self.layout[0])
        result = np.ones(labels.size)
        for variable, path in self.model.exponents.items():
            name = self.model.input_paths.get(path)
            value = float(self.cell.get(path)) if name is None else self.given(inputs)[name]
            result[labels == variable] = value
        return result

    def fixture_numbers(self, inputs: Mapping[str, float] | None) -> tuple[float, float]:
        """Inductance [H] and capacitance [F] of the fixture."""
        given, driven = self.given(inputs), self.model.input_paths
        inductance, capacitance = (
            given[driven[path]] if path in driven else float(self.cell.get(path)) for path in FIXTURE
        )
        return inductance, capacitance

    def given(self, inputs: Mapping[str, float] | None) -> dict[str, float]:
        """Value of every input: what is given, else that of the cell."""
        return self._own | {name: float(value) for name, value in (inputs or {}).items()}

    def values(self, inputs: Mapping[str, float] | None) -> list[float]:
        """The same in the order of ``input_names``, as the compiled functions take them."""
        given = self.given(inputs)
        return [given[name] for name in self.input_names]

    def jacobian(self, y: np.ndarray, values: list[float]) -> csr_matrix:
        """dF/dy of a state."""
        return csr_matrix(self.matrices(y, *values)[0].sparse())
