"""One figure per experiment: readings of the data beside each other, with what the paper observed drawn in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..dataset import sample_cycles
from ..experiments import Experiment, Observation, measures
from ..plot.look import COLOURS, INK, MUTED, style
from ..quantities import format_value
from .readout import Simulated

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

__all__ = ["draw"]

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

    readings = sorted({item.run.reading for item in done}, key=lambda name: (name != "as_printed", name))
    columns = [[item for item in done if item.run.reading == name] for name in readings]
    rows = _rows(experiment)
    with style(), matplotlib.rc_context({"figure.max_open_warning": 0}):
        from matplotlib.figure import Figure

        # a Figure of its own, not pyplot's: nothing opens on a screen and nothing stays in memory
        figure = Figure(figsize=(1.0 + 4.9 * len(columns), 0.6 + 3.5 * len(rows)), layout="constrained")
        panels = figure.subplots(len(rows), len(columns), squeeze=False)
        for number, (row, panel) in enumerate(zip(panels, rows, strict=True)):
            for ax, name, group in zip(row, readings, columns, strict=True):
                panel(ax, experiment, group)
                ax.set_title(name.replace("_", " ") if number == 0 and len(readings) > 1 else "")
        figure.suptitle(experiment.description, fontsize=11 if len(readings) > 1 else 9)
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
        several = len(getattr(experiment.protocol, "voltage", ())) > 1
        return [_currents, _steady_currents if several else _transport_numbers]
    if kind == "voltammetry":
        return [_voltammogram]
    first = any(isinstance(item.measure, measures.DepositionVoltage) for item in experiment.observed)
    return [_voltages, _first_cycles] if first else [_voltages]


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
    """Spectra of a size comparable with the one at the highest temperature in the first state; colours as below."""
    from ..plot import nyquist

    hottest = max(float(item.run.temperature) for item in group)
    reference = _size(next(item for item in group if float(item.run.temperature) == hottest))
    near = 0
    for k, item in enumerate(group):
        if 1 / COMPARABLE < _size(item) / reference < COMPARABLE:
            near += 1
            nyquist(_without_spike(item.data, reference), ax=ax, color=COLOURS[k % len(COLOURS)])
    if near < len(group):
        _note(ax, f"{len(group) - near} of other size: see below", (0.98, 0.97), "right")


def _size(item: Simulated) -> float:
    """Largest real part of a spectrum [ohm]; that of a blocking cell is its bulk."""
    return float(item.data["impedance"].values.real.max())


def _without_spike(ds: xr.Dataset, size: float) -> xr.Dataset:
    """Leave out the part of a blocking spike that would squeeze everything else together."""
    return ds.isel(frequency=np.flatnonzero(-ds["impedance"].values.imag < 2 * size))


def _note(ax: Axes, text: str, where: tuple[float, float] = (0.02, 0.03), side: str = "left") -> None:
    """A small remark in a corner of the Axes."""
    ax.text(*where, text, transform=ax.transAxes, ha=side, va="top" if where[1] > 0.5 else "bottom",
            fontsize=8, color=MUTED)  # fmt: skip


def _magnitude(ax: Axes, experiment: Experiment, group: Sequence[Simulated]) -> None:
    for k, item in enumerate(group):
        frequency, z = item.data["frequency"].values, np.abs(item.data["impedance"].values)
        ax.loglog(frequency, z, lw=1.5, color=COLOURS[k % len(COLOURS)], label=_label(item, group) or None)
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
    for k, node in enumerate(spectra):
        nyquist(node.to_dataset(), ax=ax, color=COLOURS[k])
    _note(ax, f"{len(spectra)} spectra of the sequence", (0.02, 0.97))


def _first_step(item: Simulated) -> tuple[np.ndarray, np.ndarray]:
    """Time [s] and current [A] at the first voltage."""
    ds = item.data
    first = (ds["step"].values == ds["step"].values[0]) & (ds["time"].values > 0)
    return ds["time"].values[first], ds["current"].values[first]


def _currents(ax: Axes, experiment: Experiment, group: Sequence[Simulated]) -> None:
    for item in group:
        time, current = _first_step(item)
        ax.loglog(time, current * 1e6, lw=1.6, label=_label(item, group) or None)
    ax.set_xlabel("Time at the first voltage (s)")
    ax.set_ylabel("Current (µA)")
    ax.legend(fontsize=8)


def _transport_numbers(ax: Axes, experiment: Experiment, group: Sequence[Simulated]) -> None:
    """Apparent transport number against the time at which the first current is sampled, with the observed bands."""
    for k, item in enumerate(group):
        time, current = _first_step(item)
        colour = COLOURS[k % len(COLOURS)]
        ax.semilogx(time, (current - current[-1]) / current, lw=1.6, color=colour)
        for observation in experiment.observed:
            transport = isinstance(observation.measure, measures.TransportNumberAt)
            if transport and observation.interval and observation.matches(item.run.cell, item.run.overlays):
                ax.axhspan(*observation.interval, color=colour, alpha=0.25, lw=0)
    ax.set_ylim(0, 1.02)
    ax.set_xlabel("Time of the first sample (s)")
    ax.set_ylabel("Apparent transport number")
    _note(ax, "bands: observed")


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
    ax.set_xticks(voltage, [f"{v:g}" for v in voltage])
    ax.set_xticks([], minor=True)
    ax.set_xlabel("Voltage (V)")
    ax.set_ylabel("Steady current (µA)")
    _note(ax, "lines: printed conductivities", (0.02, 0.97))


def _voltammogram(ax: Axes, experiment: Experiment, group: Sequence[Simulated]) -> None:
    from ..plot import voltammogram

    for item in group:
        voltammogram(item.data, ax=ax, label=_label(item, group) or None)
    for observation in _observed_volts(experiment, group, measures.CathodicPeak, measures.AnodicPeak):
        ax.axvline(float(observation.value or 0), color=INK, ls=":", lw=1.3)
    _note(ax, "dotted: potentials in the paper", (0.02, 0.97))


def _voltages(ax: Axes, experiment: Experiment, group: Sequence[Simulated]) -> None:
    """The whole run, with what the paper gives for the first and the last cycle."""
    from ..plot import cycles

    for item in group:
        cycles(item.data, ax=ax)
    marks = _observed_volts(experiment, group, measures.DepositionVoltage, measures.DissolutionVoltage)
    size = 1.0 if "(V)" in ax.get_ylabel() else 1e-3
    left, right = ax.get_xlim()
    for observation in marks:
        late = getattr(observation.measure, "cycle", 0) != 0
        x = left + (right - left) * (0.985 if late else 0.015)
        ax.plot(x, float(observation.value or 0) / size, "D", color=INK, ms=6, mfc="none", mew=1.4)
    if marks:
        _note(ax, "diamonds: the paper's first and last cycle", (0.02, 0.97))


def _first_cycles(ax: Axes, experiment: Experiment, group: Sequence[Simulated]) -> None:
    """The first two cycles, with the voltages that the paper gives for the first."""
    for item in group:
        ds = item.data
        numbers = sample_cycles(ds)
        early = slice(None) if numbers is None else numbers < 2
        ax.plot(ds["time"].values[early] / 3600, ds["voltage"].values[early] * 1e3, color=COLOURS[0], lw=1.4)
    for observation in _observed_volts(experiment, group, measures.DepositionVoltage, measures.DissolutionVoltage):
        if getattr(observation.measure, "cycle", 0) == 0:
            ax.axhline(1e3 * float(observation.value or 0), color=INK, ls=":", lw=1.3)
    ax.margins(y=0.15)
    ax.set_xlabel("Time (h)")
    ax.set_ylabel("Cell voltage (mV)")
    _note(ax, "dotted: the paper's first cycle", (0.98, 0.97), "right")


def _observed_volts(experiment: Experiment, group: Sequence[Simulated], *kinds: Any) -> list[Observation]:
    run = group[0].run
    return [
        item
        for item in experiment.observed
        if isinstance(item.measure, kinds) and item.value is not None and item.matches(run.cell, run.overlays)
    ]
