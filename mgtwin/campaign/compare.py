"""From simulated Datasets to rows of the table *observed / simulated / reading / verdict*."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ..errors import InputError, MgtwinError
from ..experiments import Experiment, Observation, Run
from ..quantities import format_value
from .readout import Readout, Simulated, read
from .robustness import robustness
from .uncertainty import Propagated, propagate_conductivity
from .verdicts import Agrees, Calibrated, Contradicts, Failed, NotComparable, Verdict, judge, shown, shown_interval

__all__ = ["Row", "rows_of"]


@dataclass(frozen=True)
class Row:
    """One comparison with the paper.

    Attributes
    ----------
    experiment, observation : str
        Names; together with `cell`, `state` and `reading` they identify the row.
    quantity : str
    cell : str
    state : tuple of str
        Overlays other than the reading.
    reading : str
        Reading of the data, ``""`` where the cell has none.
    observed : str
        What the paper says, with what counts as agreement.
    simulated : str
    verdict : Verdict
    values : tuple of float
        Simulated, SI, one per temperature; NaN where the simulation does not show it.
    temperatures : tuple of float
        [K]
    unit : str
        SI unit of the values.
    interval : (low, high) or None
        What counts as agreement; where uncertainties were propagated, what the parameters leave open.
    where, confidence : str
        Place in the paper, and how sure it is that the paper says this.
    numbers : mapping
        Further numbers: the window of sampling times, the true transport number, and so on.
    """

    experiment: str
    observation: str
    quantity: str
    cell: str
    state: tuple[str, ...]
    reading: str
    observed: str
    simulated: str
    verdict: Verdict
    values: tuple[float, ...] = ()
    temperatures: tuple[float, ...] = ()
    unit: str = ""
    interval: tuple[float, float] | None = None
    where: str = ""
    confidence: str = ""
    numbers: Mapping[str, float] = field(default_factory=dict)


def rows_of(experiment: Experiment, done: Sequence[Simulated], failed: Mapping[Run, str] | None = None) -> list[Row]:
    """Compare everything that was observed in an experiment with what was simulated of it.

    Parameters
    ----------
    experiment : Experiment
    done : sequence of Simulated
    failed : mapping of Run to str, optional
        Runs that failed, with the message. Runs that are in neither (interrupted) give no row.
    """
    failed = failed or {}
    rows: list[Row] = []
    for observation in experiment.observed:
        for runs in _groups(experiment.runs(), observation):
            broken = [run for run in runs if run in failed]
            simulated = [item for item in done if item.run in runs]
            if broken:
                rows.append(_row(observation, runs[0], "no result", Failed(failed[broken[0]])))
            elif len(simulated) == len(runs):
                rows.append(_compared(experiment, observation, simulated, done))
        rows += _refused(experiment, observation)
    return rows


def _groups(runs: Iterable[Run], observation: Observation) -> list[list[Run]]:
    """Runs of an observation by cell and overlays."""
    found: dict[tuple[str, tuple[str, ...]], list[Run]] = {}
    for run in runs:
        if not observation.matches(run.cell, run.overlays):
            continue
        at = observation.temperature
        if at is None or abs(float(run.temperature) - float(at)) < 0.01:
            found.setdefault((run.cell, run.overlays), []).append(run)
    return list(found.values())


def _compared(
    experiment: Experiment, observation: Observation, group: Sequence[Simulated], done: Sequence[Simulated]
) -> Row:
    """The row of one observation in one reading; a readout that fails becomes a row that says so."""
    first, reading = group[0].run, group[0].run.reading

    def find(cell: str, overlays: tuple[str, ...], temperature: float) -> Any:
        for item in done:
            run = item.run
            if (run.cell, frozenset(run.overlays)) == (cell, frozenset(overlays)) and run.temperature == temperature:
                return item.data
        raise InputError(f"there is no result of {cell} ({', '.join(overlays)}) at {format_value(temperature, 'K')}.")

    if observation.measure is None:
        return _row(observation, first, "-", NotComparable(observation.not_comparable))
    try:
        readouts = read(observation.measure, group, find, observation.interval)
    except MgtwinError as error:
        return _row(observation, first, "no number", Failed(f"{type(observation.measure).__name__}: {error}"))
    values = tuple(item.value for item in readouts)
    verdict = judge(observation, reading, values, readouts[0].remark)
    interval, numbers = observation.interval, dict(readouts[0].numbers)
    tried = robustness(observation, group, find, experiment.held) if not observation.not_comparable else None
    if tried is not None:
        numbers["share_of_parameter_sets"] = tried.share
        verdict = replace(verdict, reason=f"{verdict.reason}; {tried}")
    if observation.propagate and np.isfinite(values).all():
        spread = _propagated(observation, group[0], numbers)
        interval = (spread.low, spread.high)
        verdict = _judge_propagated(observation, reading, spread)
    return _row(
        observation,
        first,
        _simulated_text(observation, group, readouts),
        verdict,
        values=values,
        temperatures=tuple(float(item.run.temperature) for item in group),
        interval=interval,
        numbers=numbers,
    )


def _propagated(observation: Observation, item: Simulated, numbers: dict[str, float]) -> Propagated:
    spread = propagate_conductivity(item.run.build(), numbers["frequency"], observation.propagate)
    numbers.update(parameters_low=spread.low, parameters_median=spread.median, parameters_high=spread.high)
    return spread


def _judge_propagated(observation: Observation, reading: str, spread: Propagated) -> Verdict:
    """Whether the printed value lies in the 95 % interval of the parameters, and what makes that interval."""
    wanted, unit = float(observation.value or np.nan), observation.unit
    interval = f"{shown_interval(spread.low, spread.high, unit)} that the parameters' uncertainties give (95 %)"
    if not spread.low <= wanted <= spread.high:
        return Contradicts(f"{shown(wanted, unit)} lies outside {interval}: {spread.forbids(wanted, unit)}")
    widest = "; ".join(f"{name}: {shown_interval(min(a, b), max(a, b), unit)}" for name, a, b in spread.widest[:2])
    inside = f"{shown(wanted, unit)} lies inside {interval}, widest by {widest}"
    put_in = observation.calibrated_in(reading)
    return Calibrated(f"{put_in}; {inside}") if put_in else Agrees(inside)


def _simulated_text(observation: Observation, group: Sequence[Simulated], readouts: Sequence[Readout]) -> str:
    """The value, or the values by temperature, with the remark of the readout."""
    unit = observation.unit or _unit_of(observation)
    if len(readouts) == 1:
        value = shown(readouts[0].value, unit)
        return f"{value} ({readouts[0].remark})" if readouts[0].remark else value
    return "; ".join(
        f"{format_value(item.run.temperature, 'K')}: {shown(one.value, unit)}"
        for item, one in zip(group, readouts, strict=True)
    )


def _unit_of(observation: Observation) -> str:
    """Unit of a simulated number where the paper gives none to take it from."""
    kind = observation.measure.type if observation.measure is not None else ""
    volts = ("half_difference", "half_sum", "deposition_voltage", "dissolution_voltage")
    return "V" if kind in volts else ""


def _refused(experiment: Experiment, observation: Observation) -> list[Row]:
    """Rows for readings that have no parameters for what was observed."""
    state = tuple(name for name in observation.required if name in experiment.states)
    cell = observation.cells[0] if observation.cells else experiment.cells[0]
    have = {run.reading for run in experiment.runs() if observation.matches(run.cell, run.overlays)}
    return [
        _row(
            observation,
            Run(experiment.name, cell, (*state, reading), reading, experiment.temperatures[0], experiment.protocol),
            "refused",
            Contradicts(reason),
        )
        for reading, reason in observation.refused.items()
        if reading not in have
    ]


def _row(observation: Observation, run: Run, simulated: str, verdict: Verdict, **more: Any) -> Row:
    return Row(
        experiment=run.experiment,
        observation=observation.name,
        quantity=observation.quantity,
        cell=run.cell,
        state=run.state,
        reading=run.reading,
        observed=_observed_text(observation),
        simulated=simulated,
        verdict=verdict,
        unit=observation.unit or _unit_of(observation),
        where=observation.where,
        confidence=observation.confidence,
        **more,
    )


def _observed_text(observation: Observation) -> str:
    said = observation.text
    if observation.value is not None:
        said = observation.value.printed or shown(float(observation.value), observation.unit)
    if observation.interval is None:
        return said
    return f"{said} -> {shown_interval(*observation.interval, observation.unit)}"
