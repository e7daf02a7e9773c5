"""One figure per experiment: readings of the data beside each other, with what the paper observed drawn in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..experiments import Experiment, Observation, measures
from ..quantities import format_value
from .readout import Simulated

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw"]

OBSERVED = "#1b1b1b"
#: Impedances further apart than this do not share a Nyquist plot.
COMPARABLE = 3.0


def draw(experiment: Experiment, done: Sequence[Simulated], path: Path) -> Path:
    """Draw an experiment into a PNG file.

    One column per reading. Spectra: Nyquist plots of comparable size and the magnitude of all; polarisations: currents
    in time; staircases: steady current against voltage; cycling and voltammograms: the signal with the observed values.

    Returns
    -------
    pathlib.Path
    """
    import matplotlib

    from ..plot._style import style

    readings = sorted({item.run.reading for item in done}, key=lambda name: (name != "as_printed", name))
    columns = [[item for item in done if item.run.reading == name] for name in readings]
    rows = _rows(experiment)
    with style(), matplotlib.rc_context({"figure.max_open_warning": 0}):
        from matplotlib.figure import Figure

        # a Figure of its own, not pyplot's: nothing opens on a screen and nothing stays in memory
        figure = Figure(figsize=(1.0 + 4.9 * len(columns), 0.6 + 3.5 * len(rows)), layout="constrained")
        panels = figure.subplots(len(rows), len(columns), squeeze=False)
        for row, panel in zip(panels, rows, strict=True):
            for ax, name, group in zip(row, readings, columns, strict=True):
                panel(ax, experiment, group)
                ax.set_title(name.replace("_", " ") if len(readings) > 1 else experiment.description)
        if len(readings) > 1:
            figure.suptitle(experiment.description, fontsize=11)
        figure.savefig(path, dpi=120)
    return path


Panel = Callable[["Axes", Experiment, Sequence[Simulated]], None]


def _rows(experiment: Experiment) -> list[Panel]:
    kind = experiment.protocol.type
    if kind == "eis":
        return [_nyquist, _magnitude]
    if kind == "sequence":
        return [_sequence]
    if kind == "polarization":
        return [_currents, _steady_currents] if len(getattr(experiment.protocol, "voltage", ())) > 1 else [_currents]
    if kind == "voltammetry":
        return [_voltammogram]
    return [_voltages]


def _label(item: Simulated, group: Sequence[Simulated]) -> str:
    """What tells a run from the others of its panel."""
    run = item.run
    parts = []
    if len({other.run.cell for other in group}) > 1:
        parts.append(run.cell)
    if len({other.run.state for other in group}) > 1:
        parts.append(", ".join(run.state).replace("_", " "))
    if len({float(other.run.temperature) for other in group}) > 1:
        parts.append(format_value(run.temperature, "K"))
    return " ".join(parts)


def _nyquist(ax: Axes, experiment: Experiment, group: Sequence[Simulated]) -> None:
    """Spectra within a factor of the one that was measured at the highest temperature in the first state."""
    from ..plot import nyquist

    size = [float(np.abs(item.data["impedance"].values).max()) for item in group]
    hottest = max(float(item.run.temperature) for item in group)
    reference = next(s for s, item in zip(size, group, strict=True) if float(item.run.temperature) == hottest)
    near = [item for s, item in zip(size, group, strict=True) if 1 / COMPARABLE < s / reference < COMPARABLE]
    for item in near:
        nyquist(item.data, ax=ax, label=_label(item, group) or None)
    if len(near) < len(group):
        ax.text(0.98, 0.97, f"{len(group) - len(near)} of other size: see below", transform=ax.transAxes,
                ha="right", va="top", fontsize=8, color="#6b7280")  # fmt: skip


def _magnitude(ax: Axes, experiment: Experiment, group: Sequence[Simulated]) -> None:
    for item in group:
        frequency, z = item.data["frequency"].values, np.abs(item.data["impedance"].values)
        ax.loglog(frequency, z, lw=1.5, label=_label(item, group) or None)
    ax.set_xlabel("Frequency (Hz)")
    ax.set_ylabel("|Z| (Ω)")
    low, high = ax.dataLim.y0, ax.dataLim.y1
    if high < 10 * low:
        ax.set_ylim(low / 2.5, high * 2.5)
    if ax.get_legend_handles_labels()[1]:
        ax.legend(fontsize=8)


def _sequence(ax: Axes, experiment: Experiment, group: Sequence[Simulated]) -> None:
    from ..plot import nyquist

    spectra = [node for item in group for node in item.data.leaves if "impedance" in node.variables]
    for node in spectra:
        nyquist(node.to_dataset(), ax=ax, label=node.path.strip("/"))


def _currents(ax: Axes, experiment: Experiment, group: Sequence[Simulated]) -> None:
    """Current of the first voltage over time, on logarithmic axes, with the plateau that the paper's t_ion asks for."""
    for item in group:
        ds = item.data
        first = (ds["step"].values == ds["step"].values[0]) & (ds["time"].values > 0)
        (line,) = ax.loglog(
            ds["time"].values[first], ds["current"].values[first] * 1e6, lw=1.6, label=_label(item, group) or None
        )
        for observation in experiment.observed:
            if isinstance(observation.measure, measures.TransportNumberAt) and observation.matches(
                item.run.cell, item.run.overlays
            ):
                steady = float(ds["current"].values[first][-1]) * 1e6
                low, high = observation.interval or (np.nan, np.nan)
                ax.axhspan(steady / (1 - low), steady / (1 - high), color=line.get_color(), alpha=0.2, lw=0)
    ax.set_xlabel("Time at the first voltage (s)")
    ax.set_ylabel("Current (µA)")
    ax.legend(fontsize=8)
    if any(isinstance(o.measure, measures.TransportNumberAt) for o in experiment.observed):
        ax.text(0.02, 0.02, "bands: I₀ that would give the observed t_ion", transform=ax.transAxes, fontsize=8,
                color="#6b7280")  # fmt: skip


def _steady_currents(ax: Axes, experiment: Experiment, group: Sequence[Simulated]) -> None:
    """Last current of every step against its voltage, and the slope that the paper printed."""
    for item in group:
        ds = item.data
        ends = np.append(np.flatnonzero(np.diff(ds["step"].values)), ds.sizes["time"] - 1)
        voltage, current = ds["voltage"].values[ends], ds["current"].values[ends]
        (line,) = ax.loglog(voltage, current * 1e6, "o", ms=5, mew=0, label=_label(item, group) or None)
        for observation in experiment.observed:
            bulk = getattr(observation.measure, "without_contacts", True)
            if not bulk and observation.value is not None and observation.matches(item.run.cell, item.run.overlays):
                cell = item.run.build()
                slope = float(observation.value) * float(cell.area) / sum(float(x.thickness) for x in cell.layers)
                ax.loglog(voltage, voltage * slope * 1e6, "-", lw=1.0, color=line.get_color())
    ax.set_xlabel("Voltage (V)")
    ax.set_ylabel("Steady current (µA)")
    ax.legend(fontsize=8)
    ax.text(0.02, 0.02, "lines: printed conductivities", transform=ax.transAxes, fontsize=8, color="#6b7280")


def _voltammogram(ax: Axes, experiment: Experiment, group: Sequence[Simulated]) -> None:
    from ..plot import voltammogram

    for item in group:
        voltammogram(item.data, ax=ax, label=_label(item, group) or None)
    for observation in _observed_volts(experiment, group, measures.CathodicPeak, measures.AnodicPeak):
        ax.axvline(float(observation.value or 0), color=OBSERVED, ls=":", lw=1.3)
    ax.text(0.02, 0.97, "dotted: potentials in the paper", transform=ax.transAxes, va="top", fontsize=8, color="#6b7280")


def _voltages(ax: Axes, experiment: Experiment, group: Sequence[Simulated]) -> None:
    from ..plot import cycles

    for item in group:
        cycles(item.data, ax=ax)
    hours = float(group[0].data["time"].values[-1]) / 3600
    marks = _observed_volts(experiment, group, measures.DepositionVoltage, measures.DissolutionVoltage)
    if not marks:
        return
    size = 1.0 if "(V)" in ax.get_ylabel() else 1e-3
    days = "(d)" in ax.get_xlabel()
    for observation in marks:
        late = getattr(observation.measure, "cycle", 0) != 0
        x = (hours / 24 if days else hours) * (0.985 if late else 0.015)
        ax.plot(x, float(observation.value or 0) / size, "D", color=OBSERVED, ms=6, mfc="none", mew=1.4)
    ax.text(0.02, 0.97, "diamonds: the paper's first and last cycle", transform=ax.transAxes, va="top", fontsize=8,
            color="#6b7280")  # fmt: skip


def _observed_volts(experiment: Experiment, group: Sequence[Simulated], *kinds: Any) -> list[Observation]:
    run = group[0].run
    return [
        item
        for item in experiment.observed
        if isinstance(item.measure, kinds) and item.value is not None and item.matches(run.cell, run.overlays)
    ]
