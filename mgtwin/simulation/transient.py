"""Time-domain runs: protocol -> segments -> one Dataset in the laboratory's sign."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from ..cells import Cell
from ..errors import SimulationError
from ..kinds.materials import Material
from ..kinds.numbers import FARADAY
from ..kinds.own import Own
from ..protocols import Segment
from ..routes import Route, Task
from . import checks, start_state

if TYPE_CHECKING:
    import xarray as xr

    from ..models.stack import StackModel
    from .integrator import Integrator, SegmentSolution

#: Called with the fraction done and a word on what is being done.
Progress = Callable[[float, str], None]
#: Attributes of a result, of which ``warnings`` is a list.
Attributes: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True)
class Transient:
    """A run in time, checked and not yet computed; see :func:`mgtwin.simulate`.

    Attributes
    ----------
    task : Task
    dielectric : tuple of str
        Layers that have to store dielectric charge (`checks.check_feasible`).
    start, start_time
        As :func:`mgtwin.simulate` takes them.
    attrs : mapping
        Attributes of the result.
    progress : callable, optional
    window : (float, float), optional
        Of constant-phase elements in a whole sequence (`window_of`).
    """

    task: Task
    dielectric: tuple[str, ...]
    start: xr.Dataset | xr.DataTree | None
    start_time: float | str | None
    attrs: Attributes
    progress: Progress | None = None
    window: tuple[float, float] | None = None

    def warnings(self) -> list[str]:
        """What is known before anything is computed."""
        cell, segments = self.task.cell, self.task.segments
        warnings: list[str] = [*self.attrs["warnings"], *checks.depletion_warnings(cell, segments)]
        warnings += checks.fixture_warnings(cell, segments)
        return warnings + ([] if self.start is None else start_state.differences(self.start, cell))

    def exactly(self, route: Route) -> xr.Dataset:
        """In closed form."""
        raise NotImplementedError

    def modelled(self, route: Route) -> xr.Dataset:
        """Integrated segment by segment."""
        # not before the checks: PyBaMM takes longer to import than a protocol takes to be refused
        from ..models.ladder import wider_window
        from .integrator import Integrator, out_of_salt

        cell, segments, attrs = self.task.cell, self.task.segments, self.attrs
        kept = None if self.start is None else start_state.kept(self.start, self.start_time, cell)
        integrator = Integrator(
            cell,
            f_max=1 / (2 * np.pi * checks.first_output(segments)),
            dielectric=self.dielectric,
            cpe_window=wider_window(self.window or window_of(segments), () if kept is None else kept.labels),
            refinement=route.refinement,
        )
        state = integrator.rest_state
        if kept is not None:
            state, _ = start_state.transfer(kept, cell, integrator.layout, state, integrator.model.ladders)
        solutions: list[SegmentSolution] = []
        warnings = self.warnings()
        try:
            for number, segment in enumerate(segments):
                solution = integrator.run(segment, state)
                solutions.append(solution)
                state = solution.state
                if self.progress is not None:
                    self.progress((number + 1) / len(segments), f"cycle {segment.cycle + 1}")
                if solution.ended_by != "time":
                    warnings.append(f"step {segment.step}: {solution.ended_by} after {solution.times[-1]:.4g} s")
                if out_of_salt(segment, solution) and number + 1 < len(segments):
                    warnings.append(
                        f"the run ends with the salt, after {number + 1} of {len(segments)} steps: it would go on only "
                        f"at a voltage limit, and the protocol sets none"
                    )
                    break
        except SimulationError as error:
            failed = {**attrs, "warnings": warnings}
            raise _with_partial(error, cell, segments, solutions, integrator, failed, route) from error
        except KeyboardInterrupt:
            if not solutions:
                raise
            warnings.append(f"interrupted after {len(solutions)} of {len(segments)} steps: the rest was not simulated")
            attrs = {**attrs, "interrupted": True}
        return assemble(cell, segments, solutions, integrator, {**attrs, "warnings": warnings}, route)


def window_of(segments: Sequence[Segment]) -> tuple[float, float]:
    """Angular frequencies [rad/s] in which constant-phase elements have to be right in stretches of time (§3.3)."""
    return 0.1 / sum(segment.duration for segment in segments), 10 / checks.first_output(tuple(segments))


def _with_partial(
    error: SimulationError,
    cell: Cell,
    segments: tuple[Segment, ...],
    solutions: list[SegmentSolution],
    integrator: Integrator,
    attrs: Attributes,
    route: Route,
) -> SimulationError:
    """The same failure with its time since the start of the run and all that was finished before it."""
    failed = segments[len(solutions)]
    elapsed = sum(float(solution.times[-1]) for solution in solutions) + (error.time or 0.0)
    message = (
        f"{cell.name}: the integration failed in step {failed.step} (cycle {failed.cycle}, {failed.control}), "
        f"{elapsed:.6g} s after the start: {error}"
    )
    warnings = [*attrs["warnings"], message]
    attrs = {**attrs, "warnings": warnings}
    partial = assemble(cell, segments, solutions, integrator, attrs, route) if solutions else None
    return SimulationError(message, time=elapsed, partial=partial)


def assemble(
    cell: Cell,
    segments: tuple[Segment, ...],
    solutions: list[SegmentSolution],
    integrator: Integrator,
    attrs: Attributes,
    route: Route,
) -> xr.Dataset:
    """All finished segments as one Dataset."""
    from .. import dataset

    done = list(zip(segments, solutions, strict=False))
    ends = np.cumsum([solution.times[-1] for solution in solutions])
    traces = laboratory(cell, done, np.append(0.0, ends)[:-1], integrator)
    labels, where = integrator.kept_layout
    outputs = {name: np.concatenate([s.outputs[name] for s in solutions], axis=-1) for name in integrator.output_names}
    warnings = list(attrs["warnings"]) + potential_warnings(cell, outputs)
    return dataset.transient(
        **traces,
        half_cycle_capacity=half_cycle_capacities(done),
        state=np.array([integrator.kept_state(solution) for solution in solutions]),
        segment_time=ends,
        state_variable=labels,
        state_position=where,
        attrs={**attrs, **made_by(route, labels), "warnings": list(dict.fromkeys(warnings))},
    )


def laboratory(
    cell: Cell, done: list[tuple[Segment, SegmentSolution]], start_times: np.ndarray, integrator: Integrator
) -> dict[str, Any]:
    """Traces of segments that began at these times [s], as :func:`mgtwin.dataset.transient` takes them.

    Here PyBaMM's currents and drops change to the laboratory's sign.
    """
    from ..models import names

    solutions = [solution for _, solution in done]
    outputs = {name: np.concatenate([s.outputs[name] for s in solutions], axis=-1) for name in integrator.output_names}
    model = integrator.model
    elements = [element.name for element in model.elements] + [names.SERIES]
    area = float(cell.area)
    potentials = [outputs[names.local_potential(layer.name)] for layer in model.mixed_layers]
    x, layer_of_x = positions(cell, integrator, names.local_potential)
    salts = [outputs[names.concentration(layer.name)] for layer in model.salt_layers]
    salt_x, salt_layer = positions(cell, integrator, names.relative_concentration)
    return {
        "time": np.concatenate(
            [solution.times + start for solution, start in zip(solutions, start_times, strict=True)]
        ),
        "voltage": outputs[names.VOLTAGE],
        "current": 0.0 - outputs[names.CURRENT],  # not -x: that would print as -0
        "cycle": np.concatenate([np.full(solution.times.size, segment.cycle) for segment, solution in done]),
        "step": np.concatenate([np.full(solution.times.size, segment.step) for segment, solution in done]),
        "overpotential": {name: 0.0 - outputs[names.potential_drop(name)] for name in elements},
        "electronic_current": {
            interface.name: 0.0 - area * outputs[names.electronic_current_density(interface.name)]
            for interface in model.interfaces
        },
        **ageing(model, outputs),
        "local_potential": np.concatenate([np.atleast_2d(p) for p in potentials]).T if potentials else None,
        "x": x if potentials else None,
        "layer": layer_of_x if potentials else None,
        "concentration": np.concatenate([np.atleast_2d(c) for c in salts]).T if salts else None,
        "salt_x": salt_x if salts else None,
        "salt_layer": salt_layer if salts else None,
    }


def ageing(model: StackModel, outputs: Mapping[str, np.ndarray]) -> dict[str, dict[str, np.ndarray]]:
    """Contact fraction and film resistance of every interface, where the cell describes a contact or ages."""
    from ..models import names

    if not any(interface.ageing.described for interface in model.interfaces):
        return {}
    read = {"contact_fraction": names.contact_fraction, "film_resistance": names.film_resistance}
    return {
        key: {interface.name: outputs[name(interface.name)] for interface in model.interfaces}
        for key, name in read.items()
    }


def made_by(route: Route, unknowns: list[str], how: str = "in time") -> dict[str, str]:
    """Attributes that say which route was taken and with which PyBaMM."""
    import pybamm

    return {"route": f"{route.described(len(unknowns))}, {how}", "pybamm_version": pybamm.__version__}


def half_cycle_capacities(done: list[tuple[Segment, SegmentSolution]]) -> list[float] | None:
    """Charge [C] passed in each half cycle, with the laboratory's sign, or None where there are none.

    Half cycles are at imposed current, whose integral is exact.
    """
    charges: dict[int, float] = {}
    for segment, solution in done:
        if segment.half_cycle is not None:
            time, control = float(solution.times[-1]), segment.control
            charges[segment.half_cycle] = (
                charges.get(segment.half_cycle, 0.0) + control.start * time + control.rate * time**2 / 2
            )
    return [charges[k] for k in sorted(charges)] or None


def positions(cell: Cell, integrator: Integrator, state: Callable[[str], str]) -> tuple[np.ndarray, list[str]]:
    """Distance [m] from the negative electrode, and layer, of every node that carries a state, named by `state`."""
    left, x, layer_names = 0.0, [], []
    for layer in cell.layers:
        nodes = integrator.nodes(state(layer.name))
        x.append(left + nodes * float(layer.thickness))
        layer_names += [layer.name] * nodes.size
        left += float(layer.thickness)
    return np.concatenate(x), layer_names


def potential_warnings(cell: Cell, outputs: Mapping[str, np.ndarray]) -> list[str]:
    """Local potentials that leave the model's range: Mg supersaturated, exponentials saturated, off stoichiometry."""
    from ..cells import Reader, has_electrons
    from ..cells.rest import rest_potentials
    from ..models import names

    found = []
    ion, rest = cell.ion.name, rest_potentials(cell).layers
    for layer, before in zip(cell.layers, rest, strict=True):
        if not has_electrons(layer.material):
            continue
        E = outputs[names.local_potential(layer.name)]
        lowest, largest = float(np.min(E)), float(np.max(np.abs(E)))
        own = Own(Reader(cell), f"layers.{layer.name}.material", float(cell.temperature))
        for part in layer.material.stores(own):
            inside, material = part.own.path.removeprefix(f"{own.path}."), part.material
            label = layer.name if material is layer.material else f"{layer.name} ({inside})"
            if lowest < float(material.minimum_potential):
                found.append(
                    f"{label}: {ion} supersaturated, E falls to {lowest:.3g} V against {ion} metal (allowed: "
                    f"{float(material.minimum_potential):.3g} V): risk of internal deposition, which the model lacks"
                )
            if largest > material.largest_exponent / own.inverse_thermal_voltage:
                found.append(
                    f"{label}: |FE/RT| exceeds {material.largest_exponent:g} (|E| up to {largest:.3g} V): the defect "
                    f"concentrations are continued linearly there"
                )
            if material.homogeneity_range is not None:
                stored = outputs[names.stored_charge(layer.name)]
                if material is not layer.material:  # per volume of the phase, at every node and time
                    stored = np.asarray(material.charge(part.own, E) - material.charge(part.own, before))
                found += _stoichiometry_warning(cell, label, material, stored)
    return found


def _stoichiometry_warning(cell: Cell, label: str, material: Material, stored: np.ndarray) -> list[str]:
    assert material.homogeneity_range is not None and material.molar_volume is not None  # one needs the other
    low, high = material.homogeneity_range
    change = -float(material.molar_volume) * stored / (float(cell.ion.charge) * FARADAY)
    worst = float(change.flat[np.argmax(np.abs(change))])
    if low <= worst <= high:
        return []
    return [
        f"{label}: the stoichiometry changes by {worst:.3g} {cell.ion.name} per formula unit, beyond its "
        f"homogeneity range [{float(low):g}, {float(high):g}]"
    ]
