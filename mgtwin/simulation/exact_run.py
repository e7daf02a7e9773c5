"""A run in time by the exact impedance of a linear cell: superposed responses, no mesh (theory.md §7)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from ..cells.constriction import contact_fraction, film_when_new
from ..cells.questions import faces
from ..cells.reader import Reader
from ..cells.rest import rest_potentials
from ..impedance.links import Array
from ..impedance.response import UnitCurrent, at_rest
from ..impedance.superposition import POINTS, Control, Exponentials, Rows, superposed
from ..impedance.talbot import accuracy
from ..kinds.carriers import has_electrons
from ..models import names
from ..models.mesh import diffusion_length, graded_edges, points, stretching
from ..routes import Route, Task
from . import checks

#: Points of every profile in results, and how they are graded: for figures, not for finite volumes.
PROFILE_POINTS, PROFILE_STRETCHING = 80, 4.0


class ExactRun:
    """What a linear cell does under a protocol.

    Parameters
    ----------
    task : Task
    route : Route
    dielectric : tuple of str
        Layers that store dielectric charge.
    window : (float, float)
        Angular frequencies [rad/s] for the ladders of constant-phase elements among the states.
    """

    def __init__(self, task: Task, route: Route, dielectric: tuple[str, ...], window: tuple[float, float]) -> None:
        self.cell, self.segments, self._points = task.cell, task.segments, route.points
        self._dielectric, self._window = dielectric, window
        self._many = task.is_record
        self._by_voltage = task.segments[0].control.imposes_voltage
        self._rest, self._area = at_rest(task.cell), float(task.cell.area)
        #: What was done, for the attribute `route`.
        error = f", within {accuracy(route.points):.0e}" if accuracy(route.points) > 1e-9 else ""
        self.described = f"exact in time (Laplace, N = {route.points}{error})"

    # -- profiles --------------------------------------------------------------------------------------------------
    def _graded(self, edges: Callable[[str, float], np.ndarray]) -> dict[str, np.ndarray]:
        """Nodes x/L in every layer with electrons, from its finite volumes for its name and rest potential."""
        rest, found = rest_potentials(self.cell).layers, {}
        for layer, potential in zip(self.cell.layers, rest, strict=True):
            if has_electrons(layer.material):
                between = edges(layer.name, potential)
                found[layer.name] = (between[1:] + between[:-1]) / 2
        return found

    @cached_property
    def nodes(self) -> dict[str, np.ndarray]:
        """Positions x/L of the profiles in the result, by layer."""
        return self._graded(lambda layer, potential: graded_edges(PROFILE_POINTS, PROFILE_STRETCHING))

    def nodes_of(self, profile: str) -> np.ndarray:
        """Positions of a profile of the model by its name; none where there is no such profile."""
        return {names.local_potential(layer): x for layer, x in self.nodes.items()}.get(profile, np.zeros(0))

    # -- what is imposed, and what answers ---------------------------------------------------------------------------
    @cached_property
    def control(self) -> Control:
        """What is imposed: current density along +x [A/m2], or voltage over that at rest [V]."""
        scale, offset = (1.0, self._rest[names.VOLTAGE]) if self._by_voltage else (-1 / self._area, 0.0)
        duration = np.array([segment.duration for segment in self.segments])
        sizes = [len(segment.times) for segment in self.segments]
        return Control(
            start=np.append(0.0, np.cumsum(duration)[:-1]),
            duration=duration,
            value=scale * (np.array([segment.control.start for segment in self.segments]) - offset),
            rate=scale * np.array([segment.control.rate for segment in self.segments]),
            line=np.repeat(np.arange(len(sizes)), sizes),
            time=np.concatenate([segment.times for segment in self.segments]),
        )

    @cached_property
    def _sums(self) -> Exponentials | None:
        return Exponentials(self.control) if self._many else None

    def _rows(self, of: Callable[[UnitCurrent], Mapping[str, Array]]) -> Rows:
        """What a unit of the control does."""

        def at(s: np.ndarray) -> Mapping[str, Array]:
            unit = UnitCurrent(self.cell, s, self._dielectric)
            found = {**of(unit), names.CURRENT_DENSITY: 1.0}
            if not self._by_voltage:
                return found
            current = -1 / unit.impedance  # once: a division takes thrice as long as a product
            return {name: value * current for name, value in found.items()}

        return Rows(at)

    def outputs(self) -> dict[str, np.ndarray]:
        """Outputs of the model at all samples, by name and in its sign."""
        rows, control = self._rows(lambda unit: unit.outputs(self.nodes)), self.control
        if self._sums is None:
            values = superposed(rows, control, self._points)
        else:
            values, error = self._sums.responses(rows)
            self.described = (
                f"exact in time (Laplace, N = {POINTS}, {self._sums.rates.size} exponentials within {error:.0e})"
            )
        found = {name: value + self._rest.get(name, 0.0) for name, value in rows.split(values).items()}
        density = found.pop(names.CURRENT_DENSITY)
        elements = [*faces(self.cell), *(layer.name for layer in self.cell.layers), names.SERIES]
        drops = np.array([found[names.potential_drop(name)] for name in elements])
        found[names.VOLTAGE] = -drops.sum(axis=0)
        if self._by_voltage:  # what is imposed is known to the last digit: the largest drop takes what the sum misses
            missed, found[names.VOLTAGE] = found[names.VOLTAGE], control.values + self._rest[names.VOLTAGE]
            drops[np.argmax(np.abs(drops), axis=0), np.arange(control.time.size)] += missed - found[names.VOLTAGE]
            found |= {names.potential_drop(name): drop for name, drop in zip(elements, drops, strict=True)}
        found[names.CURRENT] = self._area * (density if self._by_voltage else control.values)
        reader, constant = Reader(self.cell), np.ones(control.time.size)
        for face in faces(self.cell):
            path = face if face in ("negative", "positive") else f"interfaces.{face}"
            if face in self.cell.interfaces or path == face:
                found[names.contact_fraction(face)] = constant * contact_fraction(reader, path)
                found[names.film_resistance(face)] = constant * film_when_new(reader, path)
        return found

    def kept(self, most: int) -> dict[str, ArrayLike]:
        """States of the model at the ends of all stretches, for runs that start there; of too many the last."""
        numbers, f_max = Reader(self.cell), 1 / (2 * np.pi * checks.first_output(self.segments))

        def edges(layer: str, potential: float) -> np.ndarray:
            beta = stretching(diffusion_length(numbers, layer, potential, f_max))
            return graded_edges(points(beta), beta)

        nodes = self._graded(edges)
        rows = self._rows(lambda unit: unit.states(nodes, self._window))
        lines = np.arange(len(self.segments))
        size = lines.size * sum(x.size for x in nodes.values())
        lines = lines[-1:] if size > most else lines
        if self._sums is None:
            values = superposed(rows, self.control.at_ends(lines), self._points)
        else:
            values, _ = self._sums.responses(rows, np.searchsorted(self.control.line, lines, side="right") - 1)
        found = rows.split(values)
        del found[names.CURRENT_DENSITY]
        layers = {names.local_potential(name): x for name, x in nodes.items()}
        layers |= {names.ionic_field(name): x for name, x in nodes.items()}
        labels, where, states = [], [], []
        for name, value in found.items():
            source = names.branched(name)
            state = np.atleast_2d(value) + self._rest.get(source, 0.0)
            labels += [name] * len(state)
            where.append(layers.get(source, np.full(len(state), np.nan)))
            states.append(state)
        return {
            "state": np.concatenate(states).T,
            "segment_time": (self.control.start + self.control.duration)[lines],
            "state_variable": labels,
            "state_position": np.concatenate(where),
        }
