"""impedance_jacobian(cell, protocol, paths) -> Dataset: how a spectrum changes with the numbers of a cell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ..cells import Cell
from ..cells.paths import Key, parts_of
from ..errors import InputError
from ..protocols import EIS
from ..quantities import origin_of
from ..routes import Laplace, Task
from .dispatch import check_given, stamp

if TYPE_CHECKING:
    import xarray as xr

    from ..impedance.linearise import LinearisedStack
    from .start_state import KeptState


#: Relative step of differences along the tangent of a state: spectra of a biased mesh have 8 to 9 digits at the lowest
#: frequencies, which leaves 4 to a slope.
STEP = 3e-4


def impedance_jacobian(
    cell: Cell,
    protocol: EIS,
    paths: Sequence[Key],
    start: xr.Dataset | xr.DataTree | None = None,
    *,
    start_time: float | str | None = None,
) -> xr.Dataset:
    """Derivatives of a cell's impedance spectrum with respect to its parameters.

    The spectrum is the one that ``simulate(cell, protocol, start)`` gives, and the same route is taken: mesh-free for a
    cell at rest, else the adjoint of the linearised mesh. The state about which the cell is linearised moves with the
    parameters, at rest as under a bias, where it settles from rest (or from `start`). A state kept by a run is held:
    its slow unknowns (compositions, double layers) are what they are, however they came about, and so is the current
    density that flows.

    Parameters
    ----------
    cell : Cell
    protocol : EIS
    paths : sequence of str or tuple of str
        Dotted paths of the numbers to differentiate by. The numbers of a tuple or wildcard move together, by the same
        amount: their derivatives add up.
    start : Dataset or DataTree, optional
        An earlier run of the same cell, as for :func:`mgtwin.simulate`.
    start_time : float or str, optional
        Time [s] at which `start` kept the state to use; by default its last one.

    Returns
    -------
    xarray.Dataset
        ``impedance_jacobian`` (frequency, parameter), complex [ohm per SI unit of the parameter]; the coordinate
        ``parameter`` holds the keys as given (a tuple's joined by ``", "``), ``parameter_unit`` their units. The
        attribute ``route`` says how it was computed and what happens to the state.

    Raises
    ------
    UnknownNameError
        If a path names no number of the cell.
    InputError
        If a path names something that is no finite number, or is named twice; if the steady state under a bias has no
        derivative; for anything that `simulate` refuses.
    SimulationError
        Where no steady state under the bias is found.

    Examples
    --------
    >>> import mgtwin as mt
    >>> paths = ["layers.antiperovskite.thickness", "layers.buffer_*.thickness", "temperature"]
    >>> ds = mt.impedance_jacobian(mt.cell("trilayer"), mt.EIS(1e6, 0.1, points=13), paths)
    >>> ds["impedance_jacobian"].sizes
    Frozen({'frequency': 13, 'parameter': 3})
    """
    from .. import dataset
    from ..impedance.derivatives import exact_jacobian, parameters_of

    check_given("impedance_jacobian", cell, protocol, EIS, "an impedance protocol")
    if protocol.temperature is not None:
        cell = cell.with_({"temperature": protocol.temperature})
    keys = parameters_of(cell, paths)
    labels = [", ".join(parts_of(key)) for key in paths]
    repeated = [label for label in labels if labels.count(label) > 1]
    if repeated:
        raise InputError(f"{repeated[0]} is named twice among the paths: name each one once.")
    units_of = [{str(origin_of(cell.get(path)).get("unit") or "") for path in key} for key in keys]
    # numbers of several units that move together have no unit in common
    units = [found.pop() if len(found) == 1 else "" for found in units_of]
    attrs, frequencies = stamp(cell, protocol), protocol.values()
    if not Laplace().refusal(Task(cell, at_rest=start is None and protocol.bias is None)):
        derivative = exact_jacobian(cell, frequencies, paths)
        attrs |= {"route": "exact, at rest, the state of rest moving with the parameters"}
    else:
        derivative, more = _on_mesh(cell, protocol, keys, start, start_time)
        attrs |= {"route": more["route"], "warnings": [*attrs["warnings"], *more["warnings"]]}
    return dataset.jacobian(frequencies, labels, derivative, unit=units, attrs=attrs)


def half_jacobian(cell: Cell, protocol: EIS, paths: Sequence[Key], half: str) -> np.ndarray:
    """Derivatives of one half of the spectrum of a biased cell with a reference, shape (frequency, path).

    Differences along the tangent: the state moves with every number as it does for the whole impedance, so that nothing
    has to become steady again.

    Parameters
    ----------
    cell, protocol, paths
        As for `impedance_jacobian`.
    half : {"negative", "positive"}
    """
    from ..impedance.derivatives import parameters_of

    keys, frequencies = parameters_of(cell, paths), protocol.values()
    about = _linearised(cell, protocol, keys, None, None)
    stack, own = about.stack, about.stack.given(None)

    def at(name: str, step: float) -> np.ndarray:
        moved = about.state + step * about.shift[:, stack.input_names.index(name)]
        whole, negative = stack.with_halves(frequencies, moved, own | {name: own[name] + step})
        return negative if half == "negative" else whole - negative

    slopes = {}
    for name, value in own.items():
        step = STEP * (abs(value) or 1.0)
        below = -step if value != 0 else 0.0  # a number at its lower bound 0 is only stepped upwards
        slopes[name] = (at(name, step) - at(name, below)) / (step - below)
    return np.stack([sum(slopes[path] for path in key) for key in keys], axis=1)


class _Linearised(NamedTuple):
    """A discretised cell, the state about which it is linearised, how that moves with its inputs, and where it is."""

    stack: LinearisedStack
    state: np.ndarray
    shift: np.ndarray
    place: str


def _linearised(
    cell: Cell,
    protocol: EIS,
    keys: Sequence[tuple[str, ...]],
    start: xr.Dataset | xr.DataTree | None,
    start_time: float | str | None,
) -> _Linearised:
    """A cell about a kept, a biased or (where a layer needs the mesh) the rest state."""
    from ..impedance import conserved, shifts, steady
    from . import spectra, start_state
    from .resolving import settled

    frequencies, cell = protocol.values(), settled(cell, (), start)
    # The numbers of a tuple are differentiated one by one and added: each is linearised once, however many share it.
    single = list(dict.fromkeys(path for key in keys for path in key))
    stack = spectra.linearised(cell, float(frequencies.max()), single)
    _check_structure(cell, stack)
    if protocol.bias is not None:
        # Before any work: a bias under which nothing can become steady is refused here, with the reason.
        conserved.conserved_charges(cell, imposed_voltage=protocol.bias.control(cell).imposes_voltage)
    origin = None if start is None else start_state.kept(start, start_time, cell)
    if protocol.bias is None and origin is None:
        state, shift = stack.rest_state(), shifts.rest_shift(stack)
        place = "at rest, the state of rest moving with the parameters"
    elif protocol.bias is None:
        assert origin is not None
        state, known = _on_layout(origin, cell, stack)
        state = stack.complete(state, known)
        shift = shifts.held_shift(stack, state, known)
        place = f"at {origin.time:.6g} s of the run given as start, that state being held"
    else:
        kept = spectra.steady_state(cell, protocol.bias, origin)
        state = stack.complete(*_on_layout(kept, cell, stack))
        initial, moved = stack.rest_state(), shifts.rest_shift(stack)
        if origin is not None:
            # what a run kept is the same whatever the numbers are
            # A kept state is what it is, and does not move with the parameters as that of rest does.
            initial, moved = _on_layout(origin, cell, stack)[0], np.zeros_like(moved)
        voltage, current = spectra.imposed(cell, protocol.bias)
        bias = steady.SteadyState(stack, initial, voltage=voltage, current=current)
        # The run in time ends near the steady state; the derivative is taken at the root itself.
        state = bias.converged(state)
        density = protocol.bias.current_density()
        # an imposed current density makes a current [A] that grows with the area, and with nothing else
        current_slopes = [density if name == "area" else 0.0 for name in stack.input_names] if density else None
        shift = bias.shift(state, moved, current_slopes)
        place = "steady under a bias, that state moving with the parameters"
    return _Linearised(stack, state, shift, place)


def _on_mesh(
    cell: Cell,
    protocol: EIS,
    keys: Sequence[tuple[str, ...]],
    start: xr.Dataset | xr.DataTree | None,
    start_time: float | str | None,
) -> tuple[np.ndarray, dict[str, Any]]:
    """Derivatives by the adjoint of the mesh; ``route`` and ``warnings``."""
    from ..impedance import adjoint
    from . import spectra

    frequencies = protocol.values()
    stack, state, shift, place = _linearised(cell, protocol, keys, start, start_time)
    _, by_path = adjoint.adjoint_jacobian(stack, frequencies, state, shift)
    column = {name: k for k, name in enumerate(stack.input_names)}
    derivative = np.stack([by_path[:, [column[path] for path in key]].sum(axis=1) for key in keys], axis=1)
    return derivative, {
        "route": f"mesh ({state.size} unknowns), adjoint, linearised {place}",
        "warnings": spectra.drift_warnings(stack, state, float(frequencies.min())),
    }


def _check_structure(cell: Cell, stack: LinearisedStack) -> None:
    """Refuse numbers that are 0 without which the equations have fewer unknowns (films of 0 are dealt with)."""
    from ..models import names
    from . import spectra

    zero = [name for name, value in stack.given(None).items() if value == 0]
    if zero:
        # A film of 0 is the limit of thin films, so its unknown may be missing: see _on_layout.
        films = {names.charge_transfer_overpotential(side) for side in ("negative", "positive")}
        # an input never leaves an equation out, a number that is 0 for good does: the two layouts show it
        added = set(stack.layout[0]) - set(spectra.linearised(cell, stack.f_max).layout[0]) - films
        if added:
            raise InputError(
                f"{', '.join(zero)} is 0 and leaves {', '.join(sorted(added))} out of the equations: there is no "
                f"derivative by it on a mesh. Set it to a small positive number first, with Cell.with_."
            )


def _on_layout(kept: KeptState, cell: Cell, stack: LinearisedStack) -> tuple[np.ndarray, np.ndarray]:
    """A kept state on the mesh of a stack, and where it is known.

    A film resistance of 0 makes no unknown of its own unless it is a parameter: the charge transfer then takes the
    whole overpotential.
    """
    from ..models import names
    from . import start_state

    parts = [part for electrode in stack.model.electrodes for part in electrode.parts.items()]
    for part, state in ((part, drop.name) for part, drop in parts):
        behind = names.charge_transfer_overpotential(part)
        if behind in stack.layout[0] and behind not in kept.labels:
            kept = kept._replace(
                labels=np.append(kept.labels, behind),
                positions=np.append(kept.positions, np.nan),
                values=np.append(kept.values, kept.values[kept.labels == state]),
            )
    return start_state.transfer(kept, cell, stack.layout, stack.rest_state())
