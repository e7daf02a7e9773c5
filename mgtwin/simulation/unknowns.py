"""A profile in other unknowns: finite volumes, or amplitudes of the modes of a table."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial

import numpy as np
from numpy.typing import NDArray

from ..cells import Cell
from ..cells.questions import at_face, faces
from ..kinds.memories import Diffusion
from ..models import names
from ..models.modes import ModalTable, modal_table

__all__ = ["as_full", "bodies", "edges_of", "mean", "potential", "resampled", "with_field"]

Reals = NDArray[np.float64]
Labels = NDArray[np.str_]


def potential(before: str, nodes: Reals, values: Reals, now: str, x: Reals) -> Reals:
    """A local potential with the mean that it has, in the unknowns of another label, whose positions are `x`.

    Parameters
    ----------
    before, nodes, values
        Label, positions and values of the unknowns that are known.
    now, x
        Label and positions of those that are wanted.
    """
    kept, own = names.modes_of(before), names.modes_of(now)
    if kept is None:
        assert own is not None
        return modal_table(*own[1:]).amplitudes(lambda at: resampled(at, nodes, values), mean(nodes, values))
    table = modal_table(*kept[1:])
    if own is None:
        return np.asarray(table.averages(edges_of(x))[:, : values.size] @ values)
    return modal_table(*own[1:]).amplitudes(partial(_summed, table, values), float(values[0]))


def with_field(
    layer: str, thickness: float, kept: tuple[Labels, Reals, Reals], own: tuple[Labels, Reals]
) -> tuple[Labels, Reals, Reals]:
    """A state with the field of a layer whose dielectric is resolved in the unknowns of another one.

    What all have in common is its integral over x, of which the field is the slope. The branches of a dispersive
    dielectric follow the field, each in unknowns of the same kind.

    Parameters
    ----------
    layer : str
    thickness : float
        [m]
    kept : (labels, positions, values)
        Of the whole state that is known.
    own : (labels, positions)
        Of the whole state that is wanted.

    Returns
    -------
    labels, positions, values
        As they were where the unknowns are the same, or not known.
    """
    here = _field_unknowns(layer, own[0])
    followed = np.array([names.branched(str(label)) for label in kept[0]])
    branches = np.array([names.branch_of(str(label)) for label in kept[0]])
    there = _field_unknowns(layer, followed)
    if not there.size or not here.size or followed[there[0]] == own[0][here[0]]:
        return kept
    others = np.delete(np.arange(followed.size), there)
    parts = [tuple(part[others] for part in kept)]
    for branch in dict.fromkeys(branches[there]):
        some = there[branches[there] == branch]
        before, now = names.modes_of(str(followed[some[0]])), names.modes_of(str(own[0][here[0]]))
        integral: Callable[[Reals], Reals]
        if before is None:
            edges = edges_of(kept[1][some])
            upto = thickness * np.concatenate([[0.0], np.cumsum(kept[2][some] * np.diff(edges))])
            integral = partial(resampled, nodes=edges, values=upto)
        else:
            integral = partial(_summed, modal_table(*before[1:]), kept[2][some])
        if now is None:
            edges = edges_of(own[1][here])
            found = np.diff(integral(edges)) / (thickness * np.diff(edges))
        else:
            found = modal_table(*now[1:]).fitted(integral)
            found[0] = 0.0  # any constant has the same slope
        made = [names.constant_phase_branch(str(name), branch) if branch else str(name) for name in own[0][here]]
        parts.append((np.array(made), own[1][here], found))
    labels, positions, values = (np.concatenate(part) for part in zip(*parts, strict=True))
    return labels, positions, values


def _summed(table: ModalTable, amplitudes: Reals, at: Reals) -> Reals:
    """What modes add up to."""
    return np.asarray(table.values(at)[:, : amplitudes.size] @ amplitudes)


def _field_unknowns(layer: str, labels: Labels) -> NDArray[np.intp]:
    """Numbers of the unknowns of a layer's field: those of its volumes, or of its modes and of the static pair."""
    modal = {
        label for label in labels if (of := names.modes_of(str(label))) and names.modal_field(layer, *of[1:]) == label
    }
    wanted = [names.ionic_field(layer), *modal, *(names.static_field(layer, parity) for parity in ("even", "odd"))]
    return np.concatenate([np.flatnonzero(labels == label) for label in wanted])


def bodies(cell: Cell, labels: Collection[str]) -> dict[str, Diffusion]:
    """What diffuses inside of particles at the interfaces of a cell, by the name of its profile in a state."""
    found: dict[str, Diffusion] = {}
    for face in faces(cell):
        kind = at_face(cell, face)
        places = [face, *(names.slice_of(face, k) for k in range(names.slices_among(labels, face)))]
        for name, memory in ({} if kind is None else kind.memories).items():
            match memory:
                case Diffusion():
                    found |= {f"{names.own_state(place, name)} inside": memory for place in places}
    return found


def as_full(body: Diffusion, x: Reals, found: Reals, nodes: Reals, values: Reals) -> Reals:
    """A profile in a body with the mean of another one, the same on other nodes, that lies between 0 and 1 as that."""
    dimension = body.shape.dimension
    room = found * (1 - found) if body.bounded else np.ones(x.size)
    return found + (mean(nodes, values, dimension) - mean(x, found, dimension)) / mean(x, room, dimension) * room


def mean(nodes: Reals, values: Reals, dimension: int = 1) -> float:
    """Mean over a layer, or a sphere (3), of a profile given in the middles of its finite volumes."""
    return float(values @ np.diff(edges_of(nodes) ** dimension))


def edges_of(nodes: Reals) -> Reals:
    """Faces of the finite volumes of which these are the middles."""
    signs = (-1.0) ** np.arange(nodes.size)
    return np.concatenate([[0.0], signs * np.cumsum(signs * 2 * nodes)])


def resampled(x: Reals, nodes: Reals, values: Reals) -> Reals:
    """Monotone cubic interpolation of a profile; the same nodes give back the same values."""
    if np.array_equal(x, nodes, equal_nan=True):  # or neither has positions
        return values
    from scipy.interpolate import PchipInterpolator

    # Monotone, so that a steep front of salt does not swing below zero; a spline would.
    return np.asarray(PchipInterpolator(nodes, values, extrapolate=True)(x))
