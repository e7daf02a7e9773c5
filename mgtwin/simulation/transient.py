"""Time-domain runs: protocol -> segments -> one Dataset in the laboratory's sign."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from ..cells import Cell
from ..cells.questions import at_face, faces
from ..errors import SimulationError
from ..kinds.materials import Material
from ..kinds.numbers import FARADAY
from ..kinds.own import Own
from ..protocols import Segment
from ..routes import ON_MESH, Route, Task
from . import checks, start_state
from .filling import filling_warnings

if TYPE_CHECKING:
    import xarray as xr

    from ..models.stack import StackModel
    from .integrator import Integrator, SegmentSolution, Stretches

# The C library gives the memory of arrays back to the system, and has it again page by page: a quarter of the time of a
# transient in closed form. Once it has seen a larger array go it keeps what is smaller.
np.empty(2**21)

#: Called with the fraction done and a word on what is being done.
Progress = Callable[[float, str], None]
#: Numbers of kept states above which a run keeps its last state only.
MOST_KEPT = 2_000_000
#: A segment and the times [s] from its beginning at which something is known of it.
Stretch: TypeAlias = tuple[Segment, np.ndarray]
#: Outputs of the model by name, over time.
Outputs: TypeAlias = Mapping[str, np.ndarray]
#: From the name of a profile to its positions x/L, none where there is no such profile.
Nodes: TypeAlias = Callable[[str], np.ndarray]
#: Some of what :func:`mgtwin.dataset.transient` takes, by name.
Arguments: TypeAlias = Mapping[str, Any]
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
        if self.start is None:
            return warnings + checks.assembly_warnings(cell)
        return warnings + start_state.differences(self.start, cell)

    def exactly(self, route: Route) -> xr.Dataset:
        """By superposed responses in closed form."""
        from .exact_run import ExactRun

        task, attrs = self.task, self.attrs
        run = ExactRun(task, route, self.dielectric, self.window or window_of(task.segments))
        done = [(segment, np.asarray(segment.times)) for segment in task.segments]
        outputs, kept = run.outputs(), run.kept(MOST_KEPT)
        if self.progress is not None:
            self.progress(1.0, f"cycle {task.segments[-1].cycle + 1}")
        attrs = {**attrs, "route": run.described, "warnings": self.warnings()}
        return assemble(task.cell, done, outputs, run.nodes_of, kept, attrs)

    def modelled(self, route: Route) -> xr.Dataset:
        """Integrated segment by segment."""
        # not before the checks: PyBaMM takes longer to import than a protocol takes to be refused
        from ..models.ladder import wider_window
        from .integrator import Integrator, out_of_salt
        from .record import RecordIntegrator

        cell, segments, attrs = self.task.cell, self.task.segments, self.attrs
        kept = None if self.start is None else start_state.kept(self.start, self.start_time, cell)
        made = (
            partial(RecordIntegrator, cell, segments)
            if self.task.is_record
            else partial(Integrator, cell, asked=checks.asked_voltage(cell, segments))
        )
        integrator = made(
            f_max=1 / (2 * np.pi * checks.first_output(segments)),
            dielectric=self.dielectric,
            cpe_window=wider_window(self.window or window_of(segments), () if kept is None else kept.labels),
            layers=route,
        )
        state = integrator.rest_state
        if kept is not None:
            state, _ = start_state.transfer(kept, cell, integrator.layout, state, integrator.model.ladders)
        solutions: list[Stretches] = []
        warnings, number = self.warnings(), 0
        try:
            for solution in integrator.runs(segments, state):
                solutions.append(solution)
                number += len(solution.times)
                segment = segments[number - 1]
                if self.progress is not None:
                    self.progress(number / len(segments), f"cycle {segment.cycle + 1}")
                if solution.ended_by != "time":
                    warnings.append(f"step {segment.step}: {solution.ended_by} after {solution.times[-1][-1]:.4g} s")
                if out_of_salt(segment, solution) and number < len(segments):
                    warnings.append(
                        f"the run ends with the salt, after {number} of {len(segments)} steps: it would go on only "
                        f"at a voltage limit, and the protocol sets none"
                    )
                    break
        except SimulationError as error:
            done = partial(self._dataset, solutions, integrator)
            raise self._failed(error, solutions, warnings, done) from error
        except KeyboardInterrupt:
            if not solutions:
                raise
            warnings.append(f"interrupted after {number} of {len(segments)} steps: the rest was not simulated")
            attrs = {**attrs, "interrupted": True}
        return self._dataset(solutions, integrator, {**attrs, "warnings": warnings})

    def _dataset(self, solutions: list[Stretches], integrator: Integrator, attrs: Attributes) -> xr.Dataset:
        labels, where = integrator.kept_layout
        times = [part for solution in solutions for part in solution.times]
        state = np.concatenate([solution.states for solution in solutions])
        last = slice(-1 if state.size > MOST_KEPT else 0, None)
        kept = {
            "state": state[last],
            "segment_time": np.cumsum([part[-1] for part in times])[last],
            "state_variable": labels,
            "state_position": where,
        }
        warnings = [*attrs["warnings"], *filling_warnings(self.task.cell, labels, state)]
        attrs = {**attrs, **made_by(integrator.model, labels), "warnings": warnings}
        done = list(zip(self.task.segments, times, strict=False))
        return assemble(self.task.cell, done, joined(solutions), integrator.nodes, kept, attrs)

    def _failed(
        self,
        error: SimulationError,
        solutions: list[Stretches],
        warnings: list[str],
        dataset: Callable[[Attributes], xr.Dataset],
    ) -> SimulationError:
        """The same failure with its time since the start of the run and all that was finished before it."""
        times = [part for solution in solutions for part in solution.times]
        failed = self.task.segments[len(times)]
        elapsed = sum(float(part[-1]) for part in times) + (error.time or 0.0)
        message = (
            f"{self.task.cell.name}: the integration failed in step {failed.step} (cycle {failed.cycle}, "
            f"{failed.control}), {elapsed:.6g} s after the start: {error}"
        )
        attrs = {**self.attrs, "warnings": [*warnings, message]}
        return SimulationError(message, time=elapsed, partial=dataset(attrs) if solutions else None)


def window_of(segments: Sequence[Segment]) -> tuple[float, float]:
    """Angular frequencies [rad/s] in which constant-phase elements have to be right in stretches of time (§3.3)."""
    return 0.1 / sum(segment.duration for segment in segments), 10 / checks.first_output(tuple(segments))


def assemble(
    cell: Cell,
    done: Sequence[Stretch],
    outputs: Outputs,
    nodes: Nodes,
    kept: Arguments,
    attrs: Attributes,
) -> xr.Dataset:
    """All finished stretches as one Dataset.

    Parameters
    ----------
    cell, done, outputs, nodes
        As for `laboratory` and `clock`.
    kept : mapping
        ``state``, ``segment_time``, ``state_variable`` and ``state_position`` of :func:`mgtwin.dataset.transient`.
    attrs : mapping
    """
    from .. import dataset

    # where a cell is assembled of parts that have to equilibrate, modes swing about the jump at a face of 0 s
    begun = {name: values[..., min(1, values.shape[-1] - 1) :] for name, values in outputs.items()}
    warnings = [*attrs["warnings"], *potential_warnings(cell, begun if done[0][1][0] == 0.0 else outputs)]
    return dataset.transient(
        **clock(done, np.append(0.0, np.cumsum([times[-1] for _, times in done]))[:-1]),
        **laboratory(cell, outputs, nodes),
        half_cycle_capacity=half_cycle_capacities(done),
        **kept,
        attrs={**attrs, "warnings": list(dict.fromkeys(warnings))},
    )


def joined(solutions: Sequence[SegmentSolution | Stretches]) -> dict[str, np.ndarray]:
    """Outputs of all solutions one after the other."""
    return {name: np.concatenate([s.outputs[name] for s in solutions], axis=-1) for name in solutions[0].outputs}


def clock(done: Sequence[Stretch], start_times: np.ndarray) -> dict[str, Any]:
    """Time, cycle and step of every sample of stretches that began at these times [s]."""
    sizes = [len(times) for _, times in done]
    return {
        "time": np.concatenate([times + start for (_, times), start in zip(done, start_times, strict=True)]),
        "cycle": np.repeat([segment.cycle for segment, _ in done], sizes),
        "step": np.repeat([segment.step for segment, _ in done], sizes),
    }


def laboratory(cell: Cell, outputs: Outputs, nodes: Nodes) -> dict[str, Any]:
    """Traces as :func:`mgtwin.dataset.transient` takes them, profiles at `nodes`.

    Here PyBaMM's currents and drops change to the laboratory's sign.
    """
    from ..models import names

    interfaces = faces(cell)
    layers = [layer.name for layer in cell.layers]
    elements = [*chain.from_iterable(zip(interfaces, layers, strict=False)), interfaces[-1], names.SERIES]
    area = float(cell.area)
    found: dict[str, Any] = {
        "voltage": outputs[names.VOLTAGE],
        "current": 0.0 - outputs[names.CURRENT],  # not -x: that would print as -0
        "overpotential": {name: 0.0 - outputs[names.potential_drop(name)] for name in elements},
        "electronic_current": {
            face: 0.0 - area * outputs[names.electronic_current_density(face)] for face in interfaces
        },
    }
    if names.SHUNT_CURRENT in outputs:
        found["shunt_current"] = 0.0 - outputs[names.SHUNT_CURRENT]
    if names.NEGATIVE_VOLTAGE in outputs:
        found["voltage_negative"] = outputs[names.NEGATIVE_VOLTAGE]
        found["voltage_positive"] = found["voltage"] - found["voltage_negative"]
    kinds = [kind for face in interfaces if (kind := at_face(cell, face)) is not None]
    if any(kind.ageing or kind.contact is not None for kind in kinds):
        found["contact_fraction"] = {face: outputs[names.contact_fraction(face)] for face in interfaces}
        found["film_resistance"] = {face: outputs[names.film_resistance(face)] for face in interfaces}
    profiles = (
        ("local_potential", names.local_potential, "x", "layer"),
        ("concentration", names.concentration, "salt_x", "salt_layer"),
    )
    for key, profile, x, layer in profiles:
        values = [np.atleast_2d(outputs[profile(name)]) for name in layers if profile(name) in outputs]
        if values:
            found[key] = (np.concatenate(values) if len(values) > 1 else values[0]).T
            found[x], found[layer] = positions(cell, nodes, profile)
    return found


def made_by(model: StackModel, unknowns: list[str], how: str = "in time") -> dict[str, str]:
    """Attributes that say by what a result was made: what the layers of its model *are* made of, and which PyBaMM."""
    import pybamm

    on_mesh = [layer.name for layer in model.resolved_layers if layer not in model.modal_layers]
    route = (model.route if model.modal_layers else ON_MESH).described(len(unknowns), on_mesh)
    return {"route": f"{route}, {how}", "pybamm_version": pybamm.__version__}


def half_cycle_capacities(done: Sequence[Stretch]) -> list[float] | None:
    """Charge [C] passed in each half cycle, with the laboratory's sign, or None where there are none.

    Half cycles are at imposed current, whose integral is exact.
    """
    charges: dict[int, float] = {}
    for segment, times in done:
        if segment.half_cycle is not None:
            time, control = float(times[-1]), segment.control
            charges[segment.half_cycle] = (
                charges.get(segment.half_cycle, 0.0) + control.start * time + control.rate * time**2 / 2
            )
    return [charges[k] for k in sorted(charges)] or None


def positions(cell: Cell, nodes: Nodes, profile: Callable[[str], str]) -> tuple[np.ndarray, np.ndarray]:
    """Distance [m] from the negative electrode, and layer, of every node of the outputs that `profile` names."""
    left, x = 0.0, []
    for layer in cell.layers:
        x.append(left + nodes(profile(layer.name)) * float(layer.thickness))
        left += float(layer.thickness)
    return np.concatenate(x), np.repeat([layer.name for layer in cell.layers], [inside.size for inside in x])


def potential_warnings(cell: Cell, outputs: Mapping[str, np.ndarray]) -> list[str]:
    """Local potentials that leave the model's range: Mg supersaturated, exponentials saturated, off stoichiometry."""
    from ..cells import Reader, has_electrons
    from ..cells.rest import starting_potentials
    from ..models import names

    found = []
    ion = cell.ion.name
    for number, layer in enumerate(cell.layers):
        if not has_electrons(layer.material):
            continue
        E = outputs[names.local_potential(layer.name)]
        lowest = float(np.min(E))
        largest = max(abs(lowest), abs(float(np.max(E))))  # without a copy of what can be a gigabyte
        own = Own(Reader(cell), f"layers.{layer.name}.material", float(cell.temperature))
        for part in layer.material.stores(own):
            inside, material = part.own.path.removeprefix(f"{own.path}."), part.material
            label = layer.name if material is layer.material else f"{layer.name} ({inside})"
            if lowest < float(material.minimum_potential):
                found.append(
                    f"{label}: {ion} supersaturated, E falls to {lowest:.3g} V against {ion} metal (allowed: "
                    f"{float(material.minimum_potential):.3g} V): risk of internal deposition; the run goes on "
                    f"without that metal (mt.analysis.deposit_growth assumes how it grows)"
                )
            if largest > material.largest_exponent / own.inverse_thermal_voltage:
                found.append(
                    f"{label}: |FE/RT| exceeds {material.largest_exponent:g} (|E| up to {largest:.3g} V): the defect "
                    f"concentrations are continued linearly there"
                )
            if material.homogeneity_range is not None:
                stored = outputs[names.stored_charge(layer.name)]
                if material is not layer.material:  # per volume of the phase, at every node and time
                    before = starting_potentials(cell).layers[number]
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
