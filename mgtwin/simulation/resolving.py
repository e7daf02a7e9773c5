"""Whether electrodes with a thickness have one reaction, or one in each of many slices (theory.md §3.7)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from ..cells import Cell, Reader, Resolved
from ..cells.paths import Key, Node
from ..cells.questions import passes, shunted
from ..cells.rest import discharges_itself, starting_potentials
from ..impedance.exact import exact_laplace
from ..impedance.interfaces import reacting
from ..kinds.carriers import Carrier
from ..kinds.electrode import conduction
from ..kinds.kind import Bound
from ..models import names
from ..models.rails import Rails
from ..protocols import Limits, Segment
from ..quantities import format_value
from .start_state import last_dataset

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["coarse_warnings", "largest_current", "settled", "slices_error", "uniform_warnings", "uniformity_warnings"]

#: Spread of the driving force over an electrode [V] up to which one reaction stands for all of it without a word, and
#: beyond which its thickness is resolved.
UNIFORM, UNEVEN = 2e-3, 1e-2
#: Error of the slices of an electrode, relative to the impedance of the cell, up to which nothing is said of it.
COARSE = 1e-2
#: A current [A] for which no electrode is uniform.
LARGE = 1e30


def largest_current(cell: Cell, segments: Iterable[Segment]) -> float:
    """Largest current [A] of stretches: what is imposed, or what a voltage draws at most through the cell at rest."""
    rest, found, before = None, [0.0], Limits()
    for segment in segments:
        control = segment.control
        held, before = control.start in (before.low, before.high) and not control.rate, segment.limits
        if held:  # where a current has ended: it falls from there
            continue
        ends = np.array([control.start, control.start + control.rate * segment.duration])
        if control.imposes_voltage:
            if (
                discharges_itself(cell)
                or segment.against_reference
                or any(layer.material.mesh_only for layer in cell.layers)
            ):
                return np.inf
            if rest is None:
                potentials = starting_potentials(cell)
                rest = 0.0 - float(potentials.negative + potentials.positive)
            first = min(time for time in segment.times if time > 0)
            ends = (ends - rest) / abs(complex(exact_laplace(cell, 1 / first)))
        found += np.abs(ends).tolist()
    return max(found)


def settled(cell: Cell, segments: Sequence[Segment], start: xr.Dataset | xr.DataTree | None = None) -> Cell:
    """The cell with a resolution for each electrode that left it open, where one reaction is not enough for all of it.

    So it is at once where electrons of the layer beside it enter, at its face, and in spectra beside a shunt. A run
    that goes on from another one has its resolution.
    """
    sides = [side for side in cell.reaction_uniformity(0.0) if cell.get(f"{side}.resolution") is None]
    if not sides:
        return cell
    if start is not None and "state" in (before := last_dataset(start)):
        labels = {str(label) for label in before["state_variable"].values}
        sliced = {side: names.slices_among(labels, side) for side in sides}
        chosen: dict[Key, Node] = {f"{side}.resolution": Resolved(n) for side, n in sliced.items() if n}
    else:
        spread = cell.reaction_uniformity(min(largest_current(cell, segments), LARGE))
        # a spectrum of a model knows the thickness of an electrode only where all of the current goes through it
        divided = () if segments else shunted(cell)
        uneven = [
            side for side in sides if spread[side] > UNEVEN or passes(cell, Carrier.ELECTRONS, side) or side in divided
        ]
        chosen = {f"{side}.resolution": Resolved() for side in uneven}
    return cell.with_(chosen) if chosen else cell


def _unevenness(cell: Cell, side: str, omega: float) -> float:
    """|nu|^2 of the double layer at an angular frequency [rad/s]: up to 1 one reaction is right to 2 % (theory.md
    §3.7)."""
    kind, reader = cell.get(side), Reader(cell)
    if kind.double_layer is None:
        return 0.0
    layer = Bound(type(kind.double_layer), f"{side}.double_layer", reader).call("admittance", 1j * omega)
    return float(abs(layer) * sum(Bound(type(kind), side, reader, salt=1.0).call("rails")))


def uniform_warnings(cell: Cell, f_max: float) -> list[str]:
    """Electrodes for which one reaction was asked where a spectrum goes higher than that is right (theory.md §3.7)."""
    asked = {
        side: _unevenness(cell, side, 2 * np.pi * f_max)
        for side in cell.reaction_uniformity(0.0)
        if (chosen := cell.get(side).resolution) is not None and chosen.slices == 1
    }
    return [
        f"{side}: one reaction stands for the whole thickness, as its resolution says: above about "
        f"{format_value(f_max / ratio, 'Hz')} the spectrum is not that of such an electrode (without: exact)"
        for side, ratio in asked.items()
        if ratio > 1
    ]


def slices_error(cell: Cell, side: str, s: ArrayLike, slices: int) -> float:
    """Largest error of the impedance of a cell at rest by the slices of an electrode, relative to it (theory.md §3.7).

    What they make of the admittance of all that reacts is held against the closed form.
    """
    kind, reader, s = cell.get(side), Reader(cell), np.asarray(s, dtype=complex)
    bound = Bound(type(kind), side, reader, salt=1.0)
    layer = cell.layers[0 if side == "negative" else -1]
    reaction = np.broadcast_to(reacting(cell, reader, side, layer, s)[2], s.shape)
    ions, electrons = bound.call("rails")
    right, rails = 1 / reaction + conduction(bound, None, reaction), Rails(ions, electrons, slices)
    found = np.array([rails.impedance(admittance) for admittance in reaction])
    closed = not any(layer.material.mesh_only for layer in cell.layers)
    return float(np.max(np.abs((found - right) / (exact_laplace(cell, s) * float(cell.area) if closed else right))))


def coarse_warnings(cell: Cell, s: ArrayLike) -> list[str]:
    """Electrodes with too few slices for how unevenly they react at rest, s being i omega or 1/t [1/s]."""
    said: list[str] = []
    if discharges_itself(cell):  # and so has no impedance at rest with which the slices could be compared
        return said
    for side in cell.reaction_uniformity(0.0):
        if (chosen := cell.get(side).resolution) is None or chosen.slices == 1:
            continue
        if (missed := slices_error(cell, side, s, chosen.slices)) > COARSE:
            finer = (count for count in (12, 25, 50, 100, 200) if count > chosen.slices)
            enough = next((count for count in finer if slices_error(cell, side, s, count) <= COARSE), None)
            said.append(
                f"{side}: {chosen.slices} slices are too few for how unevenly it reacts: they alone make the impedance "
                f"of the cell up to {100 * missed:.2g} % wrong. "
                + (f"Give it resolution=Resolved({enough})." if enough else "No number of slices is enough: a spectrum "
                   "at rest in closed form is exact, and Uniform() is right only where it reacts evenly.")
            )  # fmt: skip
    return said


def uniformity_warnings(cell: Cell, segments: Sequence[Segment]) -> list[str]:
    """Currents that an electrode with one reaction does not take uniformly, with the spread of the driving force, and
    times at which it is not uniform yet."""
    first = min(time for segment in segments for time in segment.times if time > 0)
    left_open = [side for side in cell.reaction_uniformity(0.0) if cell.get(f"{side}.resolution") is None]
    early = {side: _unevenness(cell, side, 1 / first) for side in left_open}
    not_yet = [
        f"{side}: one reaction stands for the whole thickness: before about {format_value(first * ratio, 's')} the run "
        f"is not that of such an electrode (resolution=Resolved(), or a later first_time)"
        for side, ratio in early.items()
        if ratio > 1
    ]
    last = max(max(segment.times) for segment in segments)
    not_yet += coarse_warnings(cell, [1 / first, 1 / last])
    largest = max((abs(s.control.start) for s in segments if not s.control.imposes_voltage), default=0.0)
    return not_yet + [
        f"{side}: the driving force differs by {format_value(spread, 'V')} over the thickness of the electrode at "
        f"{format_value(largest, 'A')}, and the voltage errs by up to 0.7 times that"
        + ("" if spread <= UNEVEN else ": too much for one reaction over the thickness (resolution=Resolved(), "
           "thinner, or a smaller current)")
        for side, spread in cell.reaction_uniformity(largest).items()
        if spread > UNIFORM and ((chosen := cell.get(side).resolution) is None or chosen.slices == 1)
    ]  # fmt: skip
