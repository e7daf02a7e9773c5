"""Impedance runs: the mesh-free route for a cell at rest, the linearised mesh for any other state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ..cells import Cell
from ..cells.questions import passes
from ..errors import InputError, SimulationError
from ..kinds.carriers import Carrier
from ..models import names
from ..protocols import EIS, Segment
from ..protocols.bias import Held
from ..routes import SPECTRA, Laplace, Route, Task, choose
from . import checks, start_state
from .filling import filled, filling_warnings
from .resolving import coarse_warnings, settled
from .transient import Attributes, made_by, potential_warnings

if TYPE_CHECKING:
    import xarray as xr

    from ..impedance.linearise import LinearisedStack

#: A biased cell is steady when no unknown, a potential [V] or a relative concentration, changes by more than this while
#: the time since the bias grows tenfold.
STEADY = 1e-8
LONGEST = 1e14
#: Change of a potential [V] or of a relative concentration within the longest period from which a spectrum is said not
#: to be of a stationary state.
DRIFT = 1e-3
#: Deviation of a discretised spectrum from the closed form, relative to it, that no mesh explains.
FAR_OFF = 1.0
#: Deviation of a spectrum under a bias from dV/dI between two steady states, relative to it, at the best of the
#: frequencies [Hz] at which it may have reached its limit: lower ones have rounding where the cell keeps a charge.
NO_LIMIT, SLOW = 0.1, 10.0 ** -np.arange(19)


@dataclass(frozen=True)
class Spectrum:
    """The spectrum of a cell at rest, under a bias, or in a state that `start` kept; see :func:`mgtwin.simulate`."""

    cell: Cell
    protocol: EIS
    start: xr.Dataset | xr.DataTree | None
    start_time: float | str | None
    attrs: Attributes

    def by(self, forced: Route | None) -> object:
        """Measured by the route that is asked for, or by the first that can answer."""
        if self.protocol.bias is not None and self.start is None:
            voltage, _ = imposed(self.cell, self.protocol.bias)
            full = None if voltage is None else filled(self.cell, voltage)
            if full is not None:  # no current is left: it is at rest
                attrs = {**self.attrs, "warnings": [*self.attrs["warnings"], *filling_warnings(full)]}
                return replace(self, cell=full, protocol=EIS.at(self.protocol.values()), attrs=attrs).by(forced)
        task = Task(self.cell, at_rest=self.start is None and self.protocol.bias is None)
        return choose(task, SPECTRA, forced).taken_by(self)

    def exactly(self, route: Route) -> xr.Dataset:
        """In closed form."""
        from .. import dataset
        from ..impedance.exact import exact
        from ..impedance.halves import exact_halves

        frequencies = self.protocol.values()
        attrs = {**self.attrs, "route": "exact, at rest"}
        if self.cell.reference is None:
            return dataset.spectrum(frequencies, exact(self.cell, frequencies), attrs)
        negative, positive = exact_halves(self.cell, frequencies)
        halves = {"impedance_negative": negative, "impedance_positive": positive}
        return dataset.spectrum(frequencies, negative + positive, attrs, **halves)

    def modelled(self, route: Route) -> xr.Dataset:
        """Of a discretised model, linearised at the state; at rest held against the closed form where there is one."""
        from ..impedance.exact import exact

        protocol, start, frequencies = self.protocol, self.start, self.protocol.values()
        cell = settled(self.cell, (), start)
        warnings = [*self.attrs["warnings"], *coarse_warnings(cell, 2j * np.pi * frequencies)]
        # before the model is made: a start that does not fit is refused at once
        origin = None if start is None else start_state.kept(start, self.start_time, cell)
        kept = origin if protocol.bias is None else steady_state(cell, protocol.bias, origin)
        # the mesh of a spectrum is finer at the faces than the integrator's: the state is carried over to it
        stack = linearised(cell, float(frequencies.max()), layers=route)
        if kept is None:
            why = Laplace().refusal(Task(cell))
            made = made_by(stack.model, stack.layout[0], f"linearised at rest{why and f', for {why}'}")
            found = _spectrum(stack, frequencies, None, {**self.attrs, **made, "warnings": warnings})
            # a mesh can be too coarse, and electrons that exp(FE/RT) takes to 1e27 S/m leave a solver no digit
            apart = 0.0 if why else np.max(np.abs(found["impedance"].values / exact(cell, frequencies) - 1))
            if not apart < FAR_OFF:
                raise SimulationError(
                    f"{cell.name}: the route {route.type} is off by a factor of {1 + apart:.2g} from the impedance in "
                    f"closed form: its equations cannot be solved at these numbers, or too coarsely. Leave route out."
                )
            return found
        state = completed(stack, cell, kept)
        place = f"at {kept.time:.6g} s of the run given as start"
        warnings += [] if start is None else start_state.differences(start, cell)
        if protocol.bias is not None:
            place = f"steady under {protocol.bias}"
            state = converged_steady_state(stack, cell, protocol.bias, origin, state)
        warnings += potential_warnings(cell, stack.interior(state))
        warnings += filling_warnings(cell, stack.layout[0], state[np.newaxis])
        warnings += drift_warnings(stack, state, float(frequencies.min()))
        made = made_by(stack.model, stack.layout[0], f"linearised {place}")
        return _spectrum(stack, frequencies, state, {**self.attrs, **made, "warnings": warnings})


def linearised(
    cell: Cell, f_max: float, inputs: Sequence[str | tuple[str, ...]] = (), layers: Route | None = None
) -> LinearisedStack:
    """A discretised cell for its small signals, by what is kept of another one of its structure."""
    from ..impedance import functions
    from ..impedance.linearise import LinearisedStack
    from .built import kept

    def make() -> functions.StackFunctions:
        return functions.StackFunctions(cell, f_max=f_max, inputs=inputs, layers=layers, shared=True)

    made = kept(cell, f_max, (LinearisedStack, tuple(inputs), layers, functions.REFINEMENT), make)
    return LinearisedStack(cell, f_max=f_max, functions=made)


def _spectrum(
    stack: LinearisedStack, frequencies: np.ndarray, state: np.ndarray | None, attrs: Attributes
) -> xr.Dataset:
    """The spectrum of a state, with its halves where the cell has a reference."""
    from .. import dataset

    impedance, negative = stack.with_halves(frequencies, state)
    halves = {"impedance_negative": negative, "impedance_positive": impedance - negative}
    return dataset.spectrum(frequencies, impedance, attrs, **(halves if stack.has_reference else {}))


def completed(stack: LinearisedStack, cell: Cell, kept: start_state.KeptState) -> np.ndarray:
    """A kept state on the mesh of a spectrum, what is not known of it having relaxed."""
    state, known = start_state.transfer(kept, cell, stack.layout, stack.rest_state())
    return stack.complete(state, known)


def converged_steady_state(
    stack: LinearisedStack,
    cell: Cell,
    bias: Held,
    origin: start_state.KeptState | None,
    state: np.ndarray,
) -> np.ndarray:
    """The steady state on the spectrum's own mesh, from one found on the integrator's.

    The integrator's mesh is coarser and its profiles are interpolated, which would show in Z, by tens of per cent where
    the electronic conductivity depends on E: without convergence there is no spectrum.

    Raises
    ------
    InputError, SimulationError
        As `SteadyState`.
    """
    from ..impedance.functions import REFINEMENT
    from ..impedance.steady import SteadyState

    initial = stack.rest_state()
    if origin is not None:
        initial, _ = start_state.transfer(origin, cell, stack.layout, initial)
    voltage, current = imposed(cell, bias)
    # No algebra says what a layer with salt beside electrons conserves: such a cell is integrated on this very mesh,
    # where nothing is interpolated. Whatever else the algebra refuses has no steady state: integrating would hide that.
    if any(len(layer.material.carriers) > 1 for layer in cell.layers):
        same: dict[str, Any] = {"f_max": stack.f_max, "refinement": REFINEMENT, "layers": stack.model.route}
        return completed(stack, cell, steady_state(cell, bias, origin, **same))
    bias_state = SteadyState(stack, initial, voltage=voltage, current=current)
    found = bias_state.converged(state)
    resistance = bias_state.resistance(found)
    if resistance is not None:
        apart = np.abs(stack.impedance(SLOW, found) / resistance - 1)
        if not np.nanmin(apart) < NO_LIMIT:
            raise SimulationError(
                f"{cell.name}: under {bias} the impedance at low frequency is nowhere near dV/dI = {resistance:.4g} "
                f"ohm between two steady states: its equations cannot be solved so far out. Choose a smaller bias."
            )
    return found


def imposed(cell: Cell, bias: Held) -> tuple[float | None, float | None]:
    """The voltage [V] or the current [A] that a bias imposes, and None for the other."""
    control = bias.control(cell)
    return (control.start, None) if control.imposes_voltage else (None, control.start)


def steady_state(
    cell: Cell, bias: Held, kept: start_state.KeptState | None, *, f_max: float = 1.0, **layers: Any
) -> start_state.KeptState:
    """The state that a cell settles to under a bias, found by integrating until nothing changes any more.

    `layers` are options of the `Integrator` on how to discretise them.

    Raises
    ------
    InputError
        For a current that no single carrier can take from end to end, or that fills or empties a host, which has no
        steady state.
    SimulationError
        Where the cell is not steady after :data:`LONGEST` seconds.
    """
    control, duration = bias.control(cell), 1e3
    checks.check_current_can_flow(cell, (Segment(control, duration, (duration,)),))
    hosts = list(cell.reaction_uniformity(0.0))
    if hosts and control.start and not control.imposes_voltage and not passes(cell, Carrier.ELECTRONS):
        raise InputError(
            f"{cell.name} has no steady state under {bias}: a current fills or empties the host of the "
            f"{' and '.join(hosts)} electrode for good. Hold a voltage (bias=mt.Voltage(...)), or take the spectrum of "
            f"a state on the way: start=mt.simulate(cell, mt.Galvanostatic(...))."
        )
    from .integrator import Integrator

    integrator = Integrator(cell, f_max=f_max, dielectric=False, ages=False, **layers)
    state = integrator.rest_state
    if kept is not None:
        state, _ = start_state.transfer(kept, cell, integrator.layout, state)
    elapsed = 0.0
    # Tenfold times: diffusion decays like a power of time before it does exponentially, so equal steps would hardly
    # ever find nothing changing.
    while duration <= LONGEST:
        solution = integrator.run(Segment(control, duration, (duration,)), state)
        reached = solution.state
        elapsed += float(solution.times[-1])
        if solution.ended_by != "time":
            reason = solution.ended_by.removeprefix("event: ")
            raise SimulationError(
                f"{cell.name} has no steady state under {bias}: {reason} after {elapsed:.4g} s. Choose a bias "
                f"below the limiting current (mt.analysis.limiting_current).",
                time=elapsed,
            )
        labels, positions = integrator.layout
        # algebraic unknowns follow the others, and the current among them has a scale of its own
        if np.max(np.abs(reached - state)[: integrator.built.len_rhs], initial=0.0) <= STEADY:
            return start_state.KeptState(np.asarray(labels), positions, reached, elapsed)
        state, duration = reached, 10 * duration
    raise SimulationError(f"{cell.name} is not steady under {bias} after {elapsed:.3g} s.", time=elapsed)


def drift_warnings(stack: LinearisedStack, state: np.ndarray, f_min: float) -> list[str]:
    """Says so where the state moves on while the lowest frequency is measured."""
    labels = stack.layout[0]
    change = np.abs(stack.drift(state, 1 / f_min))
    # what is fast follows within a period, be the state stationary or not
    slow = np.array([not names.is_fast(label) for label in labels])
    change = np.where(slow, change, 0.0)
    worst = int(np.argmax(change))
    if change[worst] <= DRIFT:
        return []
    return [
        f"the state is not stationary: {labels[worst]} changes by about {change[worst]:.2g} within the longest "
        f"period ({1 / f_min:.3g} s), so the lowest frequencies could not be measured like this"
    ]
