"""Starting a run, or a spectrum, in a state that another run kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ..cells import Cell, Layer, Reader
from ..cells.constriction import film_when_new
from ..cells.effective import chemical_capacitance
from ..cells.questions import faces
from ..errors import InputError
from ..impedance.conserved import capacitor_path
from ..kinds.carriers import Carrier
from ..models import names
from ..models.ladder import branch_value
from ..quantities import parse
from . import unknowns

if TYPE_CHECKING:
    import xarray as xr

Layout = tuple[list[str], np.ndarray]


class KeptState(NamedTuple):
    """A state of another run: its values by variable and position, and the time [s] at which it was kept."""

    labels: np.ndarray
    positions: np.ndarray
    values: np.ndarray
    time: float


def kept(start: xr.Dataset | xr.DataTree, time: float | str | None = None, cell: Cell | None = None) -> KeptState:
    """The state that a run kept at a time (the end of a segment), by default its last one.

    Where the run was made at another temperature than that of `cell`, what is kept through the step is the composition
    of every mixed conductor (theory.md §2.2), point by point, not its potential.

    Raises
    ------
    InputError
        Where `start` keeps no states, or none at that time; the message lists the times there are.
    """
    ds = last_dataset(start)
    if "state" not in ds:
        raise InputError("start: this Dataset keeps no state (only transients do): give the result of a run in time.")
    times = np.asarray(ds["segment_time"].values, dtype=float)
    index = len(times) - 1
    if time is not None:
        wanted = float(parse(time, "s"))
        index = int(np.argmin(np.abs(times - wanted)))
        # as close as the ten digits of the times in the message below, so that one of them can be given back
        if not np.isclose(times[index], wanted, rtol=1e-9, atol=0.0):
            # Ten digits, so that a listed time can be given back as it stands and is found.
            listed = ", ".join(f"{t:.10g}" for t in (times if len(times) <= 8 else [*times[:4], *times[-3:]]))
            more = "" if len(times) <= 8 else f" ({len(times)} in all)"
            raise InputError(
                f"start_time: the run keeps no state at {wanted:.10g} s, only at the ends of its stretches: "
                f"{listed} s{more}."
            )
    found = KeptState(
        np.asarray(ds["state_variable"].values, dtype=str),
        np.asarray(ds["state_position"].values, dtype=float),
        np.asarray(ds["state"].values[index], dtype=float),
        float(times[index]),
    )
    if cell is not None and (area := float(ds.attrs.get("area", cell.area))) != cell.area:
        # what the state was left in is a density: through another area it is another current, in its own unit
        ratio = cell.area / names.current_scale(cell.area) * names.current_scale(area) / area
        current = found.labels == names.CURRENT_VARIABLE
        found = found._replace(values=np.where(current, found.values * ratio, found.values))
    before = ds.attrs.get("temperature")
    if cell is None or before is None or float(before) == float(cell.temperature):
        return found
    return _at_temperature_of(cell, float(before), found)


def differences(start: xr.Dataset | xr.DataTree, cell: Cell) -> list[str]:
    """Say in which numbers but its temperature the cell of a run differs from the one that starts from its state."""
    written = last_dataset(start).attrs.get("cell")
    if not written or written == cell.to_yaml():
        return []
    # the resolution of an electrode is how its state is told, which is looked up in the state itself
    differing = Cell.from_yaml(written).diff(cell)
    changed = [path for path in differing if path != "temperature" and not path.endswith(".resolution")]
    if not changed:
        return []
    listed = ", ".join(changed[:4]) + (f" and {len(changed) - 4} more" if len(changed) > 4 else "")
    return [f"start is a run of a cell with other values of {listed}: its potentials and concentrations are taken over"]


def _at_temperature_of(cell: Cell, before: float, state: KeptState) -> KeptState:
    r"""The state with every local potential such that the composition is what it was: q(E', T') = q(E, T).

    q is the integral of the chemical capacitance from 0 V, which is monotonic in E. Double layers keep their charge,
    and films that grow or wear their thickness: their resistance follows the law of the film resistance.
    """
    values = state.values.copy()
    own, earlier = Reader(cell), Reader(cell.with_({"temperature": before}))
    for layer in cell.layers:
        if Carrier.ELECTRONS not in layer.material.carriers:
            continue
        ends = [names.face_potential(layer.name, side) for side in ("left", "right")]
        for name, place in ((names.local_potential(layer.name), None), (ends[0], 0.0), (ends[1], 1.0)):
            here = _made(state.labels) == name  # amplitudes of modes, too: the charge is proportional to E there
            if here.any():
                x = state.positions[here] if place is None else place
                values[here] = _recomposed(layer, earlier, own, values[here], x)
    for side in ("negative", "positive"):
        new, when_new = film_when_new(own, side), film_when_new(earlier, side)
        if when_new != 0:
            values[state.labels == names.grown_film(side)] *= new / when_new
    for face, capacitor in ((face, capacitor_path(face)) for face in faces(cell)):
        element = cell.get(capacitor) if cell.get(capacitor.rpartition(".")[0]) is not None else None
        if element is None:
            continue
        path = f"{capacitor}.{element.coefficient}"
        ratio = earlier.property(path, earlier.temperature) / own.property(path, own.temperature)
        slices = [names.slice_of(face, k) for k in range(names.slices_among(set(state.labels.tolist()), face))]
        drops = (*map(names.potential_drop, (face, *slices)), names.through_contact_drop(face))
        starts = tuple(names.constant_phase_branch(drop, "")[: -len(" [V]")].rstrip() for drop in drops)
        # what a capacitor keeps is its charge, and so does every branch of a ladder: all are in proportion to q
        values[[label in drops or label.startswith(starts) for label in state.labels]] *= ratio
    return state._replace(values=values)


def _recomposed(
    layer: Layer, before: Reader, after: Reader, potential: np.ndarray, x: np.ndarray | float
) -> np.ndarray:
    """E' [V] of the same composition with the numbers of another reader."""
    path = f"layers.{layer.name}.material"

    def charge(reader: Reader, E: np.ndarray | float) -> np.ndarray:
        T = reader.temperature
        return np.asarray(
            chemical_capacitance(reader, path, layer.material, T, E, integrated=True, position=x)
            - chemical_capacitance(reader, path, layer.material, T, 0.0, integrated=True, position=x)
        )

    wanted = charge(before, potential)
    low, high = np.full_like(potential, -1.0), np.full_like(potential, 1.0)
    for _ in range(30):  # a bracket: the charge grows without bound on both sides
        if np.all(charge(after, low) <= wanted) and np.all(charge(after, high) >= wanted):
            break
        low, high = 2 * low, 2 * high
    # beyond the last digit of even the widest bracket, so that no tolerance has to be chosen
    for _ in range(120):
        middle = (low + high) / 2
        less = charge(after, middle) < wanted
        low, high = np.where(less, middle, low), np.where(less, high, middle)
    return np.asarray((low + high) / 2)


def transfer(
    state: KeptState,
    cell: Cell,
    layout: Layout,
    rest_state: np.ndarray,
    ladders: Mapping[str, str] = MappingProxyType({}),
) -> tuple[np.ndarray, np.ndarray]:
    """A kept state on the mesh of a discretised cell, and where that state is known.

    Where the meshes differ profiles are interpolated; scalars pass unchanged. Dielectric charges that the run did not
    resolve are unknown and keep their value at rest. The current is a state of some models and imposed on others.
    Constant-phase elements (`ladders`: state of each -> path of its exponent) keep the charge of all their branches.

    Raises
    ------
    InputError
        Where the state belongs to a cell of another structure.
    """
    own_labels, own_positions = np.asarray(layout[0]), layout[1]
    for layer in cell.layers:
        labels, positions, values = unknowns.with_field(
            layer.name, float(layer.thickness), state[:3], (own_labels, own_positions)
        )
        state = state._replace(labels=labels, positions=positions, values=values)
    there_made, here_made = _made(state.labels), _made(own_labels)
    stored, own, bodies = set(there_made), set(here_made), unknowns.bodies(cell, set(here_made))
    unmatched = sorted(name for name in stored ^ own if not names.is_fast(name) and name != names.CURRENT_VARIABLE)
    if unmatched:
        raise InputError(
            f"start belongs to another cell than {cell.name}: they do not share {', '.join(unmatched)}. Start from a "
            f"run of the same cell."
        )
    result, known = rest_state.copy(), np.zeros(rest_state.size, dtype=bool)
    for name in stored & own:
        there, here = there_made == name, here_made == name
        known[here] = True
        before, now = str(state.labels[there][0]), str(own_labels[here][0])
        if before != now:
            result[here] = unknowns.potential(
                before, state.positions[there], state.values[there], now, own_positions[here]
            )
        # a scalar state has no position
        elif np.isnan(own_positions[here]).all():
            result[here] = state.values[there]
        else:
            x, nodes = own_positions[here], state.positions[there]
            result[here] = unknowns.resampled(x, nodes, state.values[there])
            if names.is_amount(name):  # interpolation must not make salt
                result[here] *= unknowns.mean(nodes, state.values[there]) / unknowns.mean(x, result[here])
            elif name in bodies:  # nor fill particles
                result[here] = unknowns.as_full(bodies[name], x, result[here], nodes, state.values[there])
    for voltage, order in ladders.items():
        prefix, here = names.constant_phase_branch(voltage, "")[: -len(" [V]")].rstrip(), own_labels == voltage
        branches = {
            str(label): unknowns.resampled(own_positions[here], state.positions[there], state.values[there])
            for label in {label for label in state.labels if label.startswith(prefix)}
            for there in [state.labels == label]
        }
        # those that a kept ladder does not have follow from those that it has
        for label in {label for label in own_labels if label.startswith(prefix)} - branches.keys() if branches else ():
            at_rest, n = rest_state[here], float(cell.get(order))
            result[own_labels == label] = branch_value(str(label), branches, result[here], at_rest, n)
    return result, known


def _made(labels: Sequence[str] | np.ndarray) -> np.ndarray:
    """What every component of a state belongs to: amplitudes of modes to what they make."""
    modal = {label: found[0] for label in set(labels) if (found := names.modes_of(label))}
    return np.array([modal.get(label, label) for label in labels])


def runs_in(result: xr.Dataset | xr.DataTree) -> list[xr.Dataset]:
    """The Dataset itself, or those of all steps of a Sequence's DataTree, in order."""
    import xarray as xr

    match result:
        case xr.DataTree():
            return [node.to_dataset() for node in result.leaves]
        case _:
            return [result]


def last_dataset(start: xr.Dataset | xr.DataTree) -> xr.Dataset:
    """The Dataset itself, or the last transient of a Sequence's DataTree."""
    runs = runs_in(start)
    if runs[0] is start:
        return runs[0]
    states = [ds for ds in runs if "state" in ds]
    if not states:
        raise InputError("start: no step of this Sequence keeps a state (only transients do).")
    return states[-1]
