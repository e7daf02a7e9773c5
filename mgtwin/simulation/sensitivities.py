r"""Voltage and current over time with their derivatives by numbers of the cell.

The stack is discretised once with those numbers as inputs. Under current control IDAKLU integrates the states y
together with their sensitivities :math:`S = \partial y/\partial p` (theory.md §2, differentiated); from one segment to
the next both are handed over, :math:`y_0(p) = y + S\,(p - p^*)`, and at rest :math:`y_0` follows the composition and
the metal at the electrodes. Outputs follow by the chain rule, :math:`dV/dp = V_y S + V_p`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import casadi
import numpy as np
import pybamm
from numpy.typing import NDArray

from ..cells import Cell
from ..cells.paths import Key, expand, parts_of
from ..cells.reader import Reader
from ..cells.rest import rest_potentials
from ..errors import SimulationError
from ..impedance.derivatives import slope
from ..impedance.parameters import reader_of
from ..impedance.terms import Shifted
from ..models import controlled, names
from ..models.controlled import ControlledStack
from ..models.ladder import pole_numbers
from ..protocols import Limits, Segment
from . import checks
from .built import STATE, BuiltModel, kept
from .integrator import ATOL, RTOL, SOLVER_OPTIONS, Integrator
from .transient import window_of

__all__ = ["RepeatedRun", "SensitiveRun"]

#: Where the corrector of the sensitivities fails it must give up soon: more tries take minutes and fail, too.
SENSITIVE_OPTIONS = {
    "max_num_steps": 5000,
    "max_error_test_failures": 20,
    "max_convergence_failures": 5,
    "silence_sundials_errors": True,
}
#: Relative step of differences: the integration's error costs 1e-7/STEP of a trace, truncation about STEP.
STEP = 3e-4
#: Inputs that carry the sensitivities of the state from which a segment starts and the numbers at which they hold.
_SLOPE, _AT = "handed sensitivity {}", "handed value {}"


class _Models:
    """The equations with sensitivities and without: PyBaMM keeps what it compiles on a model, so there is one for each.

    Attributes
    ----------
    rest : casadi.Function
        Initial conditions, of the numbers of a cell and those that runs change, and their derivatives by the latter.
    outputs : casadi.Function
        Voltage and PyBaMM's current, of the state and these numbers, with their derivatives by state and numbers.
    """

    def __init__(self, plain: ControlledStack, sensitive: ControlledStack, keys: Sequence[str]) -> None:
        self.model = plain
        self.plain = BuiltModel(plain, pybamm.IDAKLUSolver(rtol=RTOL, atol=ATOL, options=SOLVER_OPTIONS))
        solver = pybamm.IDAKLUSolver(rtol=10 * RTOL, atol=10 * ATOL, options=SENSITIVE_OPTIONS)
        self.sensitive = BuiltModel(sensitive, solver)
        self.sensitive.start_from(self._handed(keys))
        given = casadi.MX.sym("given", len(self.plain.names) + len(keys))
        inputs = dict(zip((*self.plain.names, *keys), casadi.vertsplit(given), strict=True))
        zero, y = casadi.MX(0), casadi.MX.sym("y", len(self.plain.layout[0]))
        state = self.plain.at_rest.to_casadi(t=zero, y=zero, inputs=inputs)
        traces = [self.plain.built.get_processed_variable(name) for name in (names.VOLTAGE, names.CURRENT)]
        found = casadi.vertcat(*[casadi.densify(trace.to_casadi(t=zero, y=y, inputs=inputs)) for trace in traces])

        def by_keys(expression: casadi.MX) -> casadi.MX:
            return casadi.densify(casadi.jacobian(expression, given)[:, len(self.plain.names) :])

        self.rest = casadi.Function("rest", [given], [casadi.densify(state), by_keys(state)])
        by_state = casadi.densify(casadi.jacobian(found, y))
        self.outputs = casadi.Function("outputs", [y, given], [found, by_state, by_keys(found)])

    def _handed(self, keys: Sequence[str]) -> pybamm.Symbol:
        """Initial conditions of any segment: what the segment before handed over, as a function of the numbers."""
        size = len(self.plain.layout[0])
        state = pybamm.InputParameter(STATE, expected_size=size)
        for k, name in enumerate(keys):
            change = pybamm.InputParameter(name) - pybamm.InputParameter(_AT.format(k))
            state = state + pybamm.InputParameter(_SLOPE.format(k), expected_size=size) * change
        return state


class RepeatedRun:
    """A protocol on a cell, run again and again with other numbers of the cell.

    Parameters
    ----------
    cell : Cell
    segments : sequence of Segment
        Their voltage limits are not heeded: a segment lasts as long as it says.
    keys : sequence of str or tuple of str
        Dotted paths of the numbers that runs may change; those of a tuple or wildcard have one value in common.

    Raises
    ------
    UnknownNameError
        For a path that does not exist.
    InputError
        For a protocol that the cell cannot do.
    """

    def __init__(self, cell: Cell, segments: Sequence[Segment], keys: Sequence[Key]) -> None:
        dielectric = checks.check_feasible(cell, tuple(segments))
        self.cell, self.keys = cell, tuple(keys)
        self.segments = tuple(replace(segment, limits=Limits()) for segment in segments)
        self.names = tuple(", ".join(parts_of(key)) for key in keys)
        self.places = {name: expand(cell, key) for name, key in zip(self.names, keys, strict=True)}
        #: Options of its `StackModel`, as of a plain run.
        self.options: dict[str, Any] = {
            "f_max": 1 / (2 * np.pi * checks.first_output(self.segments)),
            "dielectric": dielectric,
            "cpe_window": window_of(self.segments),
        }


class SensitiveRun(RepeatedRun):
    """A run with its forward sensitivities; see `RepeatedRun`.

    Examples
    --------
    >>> import mgtwin as mt
    >>> cell, path = mt.cell("trilayer"), "positive.double_layer.c"
    >>> run = SensitiveRun(cell, mt.Galvanostatic("10 uA", "1 s", points=4).segments(cell), [path])
    >>> voltage, current, slopes = run.derivatives({path: 0.02})
    >>> slopes.shape
    (2, 4, 1)
    """

    def __init__(self, cell: Cell, segments: Sequence[Segment], keys: Sequence[Key]) -> None:
        super().__init__(cell, segments, keys)

        def model() -> ControlledStack:
            return ControlledStack(cell, list(keys), **self.options, shared=True)

        stores, window = frozenset(self.options["dielectric"]), pole_numbers(self.options["cpe_window"])
        decides = (SensitiveRun, self.names, stores, window)
        self._models = kept(cell, self.options["f_max"], decides, lambda: _Models(model(), model(), self.names))
        self.model, self.layout = self._models.model, self._models.plain.layout
        self.size = len(self.layout[0])
        self._numbers = self.model.numbers_of(cell)

    # -- runs ---------------------------------------------------------------------------------------------------------
    def run(self, values: Mapping[str, float]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Voltage [V] and current [A, laboratory's sign] at the output times of all segments in turn.

        Raises
        ------
        SimulationError
            Where the integrator fails.
        """
        voltage, current, _ = self._run(values, self._models.plain)
        return voltage, current

    def derivatives(
        self, values: Mapping[str, float]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """The same with derivatives of voltage and current by every key, shape (2, times, keys) [per SI unit].

        By the forward sensitivities of IDAKLU under current control, good to 1e-4 or so; where their integration fails,
        and under voltage control, where from a state that is not at rest it may not come to an end, by `differences`.
        """
        if any(segment.control.imposes_voltage for segment in self.segments):
            return self.differences(values)
        try:
            return self._run(values, self._models.sensitive)
        except SimulationError:
            return self.differences(values)

    def differences(
        self, values: Mapping[str, float]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """The same by one-sided differences of whole runs, good to 1e-3 or so."""
        found = np.array(self.run(values))
        columns = []
        for name in self.names:
            # A number that is 0 has no size of its own to take a part of.
            step = STEP * (abs(values[name]) or 1.0)
            columns.append((np.array(self.run({**values, name: values[name] + step})) - found) / step)
        slopes = np.stack(columns, axis=-1) if columns else np.zeros((*found.shape, 0))
        return found[0], found[1], slopes

    def _run(
        self, values: Mapping[str, float], built: BuiltModel
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        p = [float(values[name]) for name in self.names]
        wanted = built is self._models.sensitive
        state, slopes = self._at_rest(p)
        numbers = np.array([*self._numbers.values(), *p])
        outputs, derivatives = [], []
        for segment in self.segments:
            y, S = self._solve_segment(segment, p, state, slopes, built)
            state, slopes = y[:, -1], S[:, -1] if wanted else slopes
            everywhere = np.tile(numbers[:, np.newaxis], y.shape[1])
            found, by_state, by_number = (
                np.array(item) for item in self._models.outputs.map(y.shape[1])(y, everywhere)
            )
            outputs.append(found)
            if wanted:
                count = y.shape[1]
                # CasADi's map puts the Jacobians of all times side by side, one block of columns per time
                chain = by_state.reshape(2, count, self.size)
                direct = by_number.reshape(2, count, len(p)) if p else np.zeros((2, count, 0))
                derivatives.append(np.einsum("otn,ntp->otp", chain, S) + direct)
        voltage, current = np.concatenate(outputs, axis=1)
        slopes_of = np.concatenate(derivatives, axis=1) if wanted else np.zeros((2, voltage.size, 0))
        # the laboratory's current is PyBaMM's with the other sign, and so are its derivatives
        slopes_of[1] *= -1
        return voltage, 0.0 - current, slopes_of

    def _solve_segment(
        self,
        segment: Segment,
        p: Sequence[float],
        state: NDArray[np.float64],
        slopes: NDArray[np.float64],
        built: BuiltModel,
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """States (n, times) and sensitivities (n, times, paths) at the output times of a segment, which are its own."""
        times = np.asarray(segment.times)
        given: dict[str, Any] = {
            # without limits: an end by an event moves with the numbers, which these derivatives do not know of
            **Integrator.inputs(self, segment),  # type: ignore[arg-type]
            **self._numbers,
            **dict(zip(self.names, p, strict=True)),
        }
        wanted = built is self._models.sensitive
        for k, value in enumerate(p if wanted else ()):
            given |= {_SLOPE.format(k): slopes[:, k : k + 1], _AT.format(k): value}
        by = list(self.names) if wanted else []
        try:
            solution = built.solve(np.array([0.0, segment.duration]), times, given, state, calculate_sensitivities=by)
        except pybamm.SolverError as error:
            raise SimulationError(str(error), time=0.0) from error
        # PyBaMM gives CasADi's matrix or NumPy's, by what it was asked for.
        y = casadi.DM(solution.y).full()
        # The solver adds steps of its own between the wanted times.
        keep = np.searchsorted(solution.t, times).clip(0, len(solution.t) - 1)
        if not wanted:
            return y[:, keep], np.zeros((self.size, keep.size, 0))
        by_path = [np.asarray(solution.sensitivities[name]).reshape(len(solution.t), self.size) for name in self.names]
        return y[:, keep], np.stack([item[keep].T for item in by_path], axis=-1)

    def _at_rest(self, p: Sequence[float]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """State of rest and how it moves with the numbers, shapes (n,) and (n, paths)."""
        found, moves = self._models.rest([*self._numbers.values(), *p])
        state, slopes = np.array(found).ravel(), np.array(moves).reshape(self.size, len(p))
        labels = np.asarray(self.layout[0])
        reader, _ = reader_of(self.cell, {})
        now = Shifted(
            reader, {path: value for name, value in zip(self.names, p, strict=True) for path in self.places[name]}
        )
        # the model holds rest potentials as plain numbers (they come of an iteration): what moves them is added here
        self._fill(state, self._potentials(now), labels)
        for k, name in enumerate(self.names):

            def moving(values: NDArray[np.float64], paths: tuple[str, ...] = self.places[name]) -> NDArray[np.float64]:
                return self._potentials(Shifted(now, dict.fromkeys(paths, values)))

            moved = slope(moving, np.array([p[k]]))
            if np.any(moved):
                self._fill(slopes[:, k], np.ravel(moved), labels)
        return state, slopes

    def _potentials(self, reader: Reader) -> NDArray[np.float64]:
        """Rest potentials of all layers and of both electrodes [V], along the last axis."""
        rest = rest_potentials(self.cell, reader)
        found = [0.0 if value is None else value for value in (*rest.layers, rest.negative, rest.positive)]
        return np.stack(np.broadcast_arrays(*[np.asarray(value, dtype=float) for value in found]), axis=-1)

    def _fill(self, state: NDArray[np.float64], potentials: NDArray[np.float64], labels: NDArray[np.str_]) -> None:
        """Set the entries of a state that are potentials at rest."""
        *layers, negative, positive = potentials
        for side, value in (("negative", negative), ("positive", positive)):
            state[labels == names.potential_drop(side)] = value
        for layer, value in zip(self.cell.layers, layers, strict=True):
            state[controlled.moves_with_rest(labels, layer.name)] = value
