"""Which results share a panel of a figure: readings that coincide, signals of one size, every one of them somewhere."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from inspect import signature
from typing import TYPE_CHECKING

import numpy as np

from ..cells.overlays import load_overlay
from ..experiments import Run
from ..plot import PLOTS
from ..plot.family import needs_of, plots_of
from ..plot.look import COLOURS, MUTED
from ..plot.transients import voltage_is_controlled
from ..quantities import format_value
from .judge import Simulated

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.typing import ColorType

__all__ = ["Curve", "Panel", "in_words", "names_of", "only", "panels", "place_of", "told_apart"]

#: Signals that differ by less than this part of themselves lie on each other in print.
COINCIDE = 0.01
#: Signals further apart than this have panels of their own, each with its scale.
COMPARABLE = 4.0
#: Above this -Im Z over Re Z a spectrum is that of a cell that blocks, whose end says nothing.
BLOCKING = 1.3
#: Height over width up to which complex planes are drawn.
SHAPE = 0.7


@dataclass(frozen=True)
class Curve:
    """A result in a panel: what it shows, of which run, for which readings, under which name and in which colour."""

    data: xr.Dataset
    item: Simulated
    readings: tuple[str, ...]
    label: str
    color: ColorType
    step: int

    @property
    def size(self) -> float:
        """Largest resistance, voltage or current that it shows [SI]."""
        if "impedance" in self.data.variables:
            return float(self.data["impedance"].real.max())
        names = [name for name in ("deposition_voltage", "dissolution_voltage") if name in self.data.variables]
        names = names or ["current" if voltage_is_controlled(self.data) else "voltage"]
        return max(float(np.abs(self.data[name]).max()) for name in names)

    @property
    def height(self) -> float:
        """Largest -Im Z that it shows [ohm]; 0 for what is no spectrum."""
        return float(-self.data["impedance"].imag.min()) if "impedance" in self.data.variables else 0.0


@dataclass(frozen=True)
class Panel:
    """Curves that are drawn together by one plot, given by its name and arguments."""

    plot: str
    arguments: Mapping[str, object]
    curves: tuple[Curve, ...]

    @property
    def readings(self) -> tuple[str, ...]:
        """The readings whose curves it shows, also those that coincide with others."""
        return tuple(dict.fromkeys(name for curve in self.curves for name in curve.readings))

    @property
    def words(self) -> str:
        """The readings in words; nothing where the curves themselves are called so."""
        alike = {curve.readings for curve in self.curves}
        return ", ".join(in_words(name) for name in self.readings) if len(alike) == 1 else ""

    @property
    def title(self) -> str:
        """The readings in words, and that they are alike where they are several."""
        same = f": alike within {100 * COINCIDE:.0f} %".replace(" ", "\u00a0").replace("\u00a0", " ", 1)
        return self.words + (same if self.words and len(self.readings) > 1 else "")

    @property
    def reach(self) -> tuple[float, float]:
        """Re Z and -Im Z up to which spectra are shown [ohm]: all of what conducts, the beginning of what blocks."""
        real = max(curve.size for curve in self.curves)
        height = max(curve.height for curve in self.curves)
        if height > BLOCKING * real:
            return real, SHAPE * real
        return max(real, height / SHAPE), max(height, 0.4 * real)

    @property
    def shape(self) -> float:
        """Height over width."""
        if self.takes("reach"):
            return (1.1 * self.reach[1] / self.reach[0] + 0.05) / 1.15  # with the room around it that the plot leaves
        return 0.56 if self.wide else 0.72

    @property
    def wide(self) -> bool:
        """Whether the plot needs the width of the page: it divides its Axes and has an inset."""
        return self.takes("within")

    def above(self, curve: Curve) -> int:
        """How many of the curves that are drawn later lie on a curve."""
        later = self.curves[next(k for k, one in enumerate(self.curves) if one is curve) + 1 :]
        return sum(same_signals([(curve.data, other.data)]) for other in later)

    def takes(self, argument: str) -> bool:
        """Whether the plot has an argument of this name."""
        return argument in signature(PLOTS[self.plot]).parameters


def in_words(text: str) -> str:
    """Write a name or a description as in a paper: blanks, µ, and the digits of formulas below the line.

    Examples
    --------
    >>> in_words("contact_loss"), in_words("Mg3AsN, 2 uA/cm2"), in_words("40-100 °C -> -2 V")
    ('contact loss', 'Mg₃AsN, 2 µA/cm²', '40–100 °C → −2 V')
    """
    text = text if " " in text else text.replace("_", " ")
    text = re.sub(r"(?<=[A-Z][a-z])(\d)(?=[A-Z])", lambda digit: chr(0x2080 + int(digit[0])), text)
    text = re.sub(r"\bcm2\b", "cm²", re.sub(r"\bu(?=[AVFm]\b)", "µ", text))
    text = text.replace("->", "→").replace(">=", "≥").replace("<=", "≤")
    return re.sub(r"(?<![\w.])-(?=\w)", "−", re.sub(r"(?<=\d)-(?=\d)", "–", text))


def panels(done: Sequence[Simulated], asked: Mapping[str, Mapping[str, object]]) -> list[Panel]:
    """Arrange results: a panel for each reading or for those that coincide, divided where sizes are not comparable.

    Parameters
    ----------
    done : sequence of Simulated
        Of one experiment.
    asked : mapping
        Plots by name with their arguments; without any the first that suits each result.
    """
    columns: dict[tuple[str, ...], list[Simulated]] = {}
    for reading in sorted({item.run.reading for item in done}, key=lambda name: (not name, name)):
        group = [item for item in done if item.run.reading == reading]
        alike = next((names for names, others in columns.items() if coincide(group, others)), ())
        columns[(*alike, reading)] = max(columns.pop(alike, []), group, key=len)
    names = names_of([item.run for item in done])
    # readings with one run each may share a panel, and then name the curves
    single = len(columns) > 1 and all(len(group) == 1 for group in columns.values())
    together: dict[tuple[str, tuple[str, ...]], list[Curve]] = {}
    order = sorted({item.run.reading for item in done})
    for readings, group in sorted(columns.items()):
        for item in group:
            shown = [(k, ds, name) for k, ds in enumerate(item.steps) for name in suitable(ds, asked)]
            for k, ds, name in shown:
                label, color = names[item.run]
                if single:
                    label, color = ", ".join(map(in_words, readings)), COLOURS[order.index(readings[0]) % len(COLOURS)]
                elif not label and len(numbers := [one for one, _, other in shown if other == name]) > 1:
                    label, color = item.steps_in_words(numbers)[numbers.index(k)], COLOURS[k % len(COLOURS)]
                key = (name, () if single else readings)
                together.setdefault(key, []).append(Curve(ds, item, readings, label, color, k))
    found = []
    for (name, _), curves in together.items():
        takes = signature(PLOTS[name]).parameters
        apart = (single and not asked) or "reach" in takes
        left = sorted(curves, key=lambda curve: -curve.size) if apart else []
        parts = [] if left else [curves]
        # what cannot give each run its colour shows one run only
        left, parts = ([], [[curve] for curve in curves]) if "color" not in takes else (left, parts)
        while left:
            near = [curve for curve in left if curve.size * COMPARABLE > left[0].size]  # the first: they are sorted
            left = left[len(near) :]
            parts.append([curve for curve in curves if any(curve is one for one in near)])
        parts.sort(key=lambda part: min(k for k, curve in enumerate(curves) if curve is part[0]))
        found += [Panel(name, asked.get(name, {}), tuple(part)) for part in parts]
    return found


def suitable(ds: xr.Dataset, asked: Collection[str]) -> list[str]:
    """Names of the plots of a Dataset: those that are asked for, else the first that suits it."""
    if asked:
        return [name for name in asked if all(need in ds.variables for need in needs_of(name))]
    # rest has nothing to show
    silent = "current" in ds.variables and not np.abs(ds["current"].values).any()
    inside = [name for name in ("x", "salt_x") if name in ds.dims]
    return [] if silent else [draw.__name__ for draw in plots_of(ds.drop_dims(inside))[:1]]


def coincide(some: Sequence[Simulated], others: Sequence[Simulated]) -> bool:
    """Whether two readings show the same, run by run, as far as both have them."""
    pairs = [(a, b) for a in some for b in others if place_of(a.run) == place_of(b.run)]
    return same_signals([two for a, b in pairs for two in zip(a.steps, b.steps, strict=True)])


def place_of(run: Run) -> tuple[object, ...]:
    """What a run is of, whatever the reading."""
    return (run.cell, run.state, run.ageing, float(run.temperature))


def same_signals(pairs: Sequence[tuple[xr.Dataset, xr.Dataset]]) -> bool:
    """Whether the signals of all pairs of results, and there are some, lie on each other in print."""
    signals = [
        (one[name].values, other[name].values)
        for one, other in pairs
        for name in ("impedance", "voltage", "current", "deposition_voltage", "dissolution_voltage")
        if name in one.variables and name in other.variables
    ]
    # relative at every point, for axes may be logarithmic; beside the typical size where a signal passes through zero
    return bool(signals) and all(
        a.shape == b.shape and bool((np.abs(a - b) <= COINCIDE * np.maximum(np.abs(a), np.nanmedian(np.abs(a)))).all())
        for a, b in signals
    )


def told_apart(runs: Sequence[Run]) -> dict[tuple[object, ...], str]:
    """What tells cells, states and ageings of some runs apart, in words by (cell, state, ageing)."""
    named = {name for run in runs for name in run.overlays if any(name not in other.overlays for other in runs)}
    found: dict[tuple[object, ...], str] = {}
    # electrodes that go with an ageing are not said where the ageing tells
    for left_out in ("electrode", ""):
        for run in runs:
            own = [name for name in run.state if name in named and load_overlay(name).kind != left_out]
            ageing = (run.ageing or "no ageing") if any(other.ageing for other in runs) else ""
            several = len({other.cell for other in runs}) > 1
            stack = (run.build().description.partition(":")[0] or run.cell) if several else ""
            found[run.cell, run.state, run.ageing] = ", ".join(map(in_words, filter(None, [stack, *own, ageing])))
        if len(set(found.values())) == len(found):
            break
    return found


def names_of(runs: Sequence[Run]) -> dict[Run, tuple[str, str]]:
    """What tells each run from others, whatever its reading, and its colour: grey where others age and it does not."""
    words, several = told_apart(runs), len({float(run.temperature) for run in runs}) > 1
    names = {}
    for run in runs:
        temperature = format_value(run.temperature, "K") if several else ""
        names[run] = ", ".join(filter(None, [words[run.cell, run.state, run.ageing], temperature]))
    spare = iter(COLOURS)
    told = dict.fromkeys(names.values())
    colours = {text: MUTED if text.endswith("no ageing") else next(spare, MUTED) for text in told}
    return {run: (text, colours[text]) for run, text in names.items()}


def only(some: set[tuple[str, str]], of: set[tuple[str, str]]) -> str:
    """Say which (state, reading) of all are meant: nothing for all, else states or readings alone where these tell."""
    for k in (0, 1):
        own = {pair[k] for pair in some}
        if some == {pair for pair in of if pair[k] in own}:
            return f" ({', '.join(sorted(map(in_words, own)))})" if len(own) < len({pair[k] for pair in of}) else ""
    return f" ({'; '.join(', '.join(filter(None, map(in_words, pair))) for pair in sorted(some))})"
