"""A profile in other unknowns: finite volumes, or amplitudes of the modes of a table."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray

from ..models import names
from ..models.modes import ModalTable, modal_table

__all__ = ["edges_of", "field", "mean", "potential", "resampled"]

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


def field(
    layer: str, thickness: float, kept: tuple[Labels, Reals, Reals], own: tuple[Labels, Reals]
) -> tuple[NDArray[np.intp], Reals] | None:
    """The field of a layer whose dielectric is resolved, in other unknowns; None where they are the same or unknown.

    What all have in common is its integral over x, of which the field is the slope.

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
    (where, values) or None
        Numbers of the unknowns of the field, and their values.
    """
    labels, nodes, values = kept
    there, here = _field_unknowns(layer, labels), _field_unknowns(layer, own[0])
    if not there.size or not here.size or labels[there[0]] == own[0][here[0]]:
        return None
    before, now = names.modes_of(str(labels[there[0]])), names.modes_of(str(own[0][here[0]]))
    integral: Callable[[Reals], Reals]
    if before is None:
        edges = edges_of(nodes[there])
        upto = thickness * np.concatenate([[0.0], np.cumsum(values[there] * np.diff(edges))])
        integral = partial(resampled, nodes=edges, values=upto)
    else:
        integral = partial(_summed, modal_table(*before[1:]), values[there])
    if now is None:
        edges = edges_of(own[1][here])
        return here, np.diff(integral(edges)) / (thickness * np.diff(edges))
    found = modal_table(*now[1:]).fitted(integral)
    found[0] = 0.0  # any constant has the same slope
    return here, found


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


def mean(nodes: Reals, values: Reals) -> float:
    """Mean over a layer of a profile given in the middles of its finite volumes."""
    return float(values @ np.diff(edges_of(nodes)))


def edges_of(nodes: Reals) -> Reals:
    """Faces of the finite volumes of which these are the middles."""
    signs = (-1.0) ** np.arange(nodes.size)
    return np.concatenate([[0.0], signs * np.cumsum(signs * 2 * nodes)])


def resampled(x: Reals, nodes: Reals, values: Reals) -> Reals:
    """Monotone cubic interpolation of a profile; the same nodes give back the same values."""
    if np.array_equal(x, nodes):
        return values
    from scipy.interpolate import PchipInterpolator

    # Monotone, so that a steep front of salt does not swing below zero; a spline would.
    return np.asarray(PchipInterpolator(nodes, values, extrapolate=True)(x))
