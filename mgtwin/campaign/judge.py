"""From simulated Datasets to rows of the table *observed / simulated / reading / verdict*."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from .. import library
from ..analysis.metrics import OBSERVED, REFERENCE, Measure, Reading, shown
from ..errors import InputError, MgtwinError
from ..experiments import Experiment, Observation, Run
from ..experiments.files import overlay_kind
from ..plot.units import short
from ..quantities import format_value
from .spread import propagate, robustness
from .verdicts import Contradicts, Failed, NotComparable, Verdict, judge, shown_interval

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["FAULTS", "Row", "Simulated", "read", "reference_of", "rows_of", "told"]


@dataclass(frozen=True)
class Simulated:
    """A finished run and its result."""

    run: Run
    data: xr.Dataset | xr.DataTree

    @property
    def steps(self) -> list[xr.Dataset]:
        """The Datasets of a sequence, or the one of any other protocol."""
        import xarray as xr

        match self.data:
            case xr.DataTree() as tree:
                return [node.to_dataset() for node in tree.leaves if node.has_data]
            case data:
                return [data]

    def label(self, group: Sequence[Simulated]) -> str:
        """What tells it from the others of a group: the cell, the state, the temperature, as far as these differ."""
        told = (
            lambda run: run.cell,
            lambda run: ", ".join(filter(None, (*run.state, run.ageing))).replace("_", " "),
            lambda run: format_value(run.temperature, "K"),
        )
        return " ".join(text(self.run) for text in told if len({text(other.run) for other in group}) > 1)

    def steps_in_words(self, numbers: Sequence[int]) -> list[str]:
        """What tells some steps of a sequence apart: the time that had passed, or their numbers where none had."""
        passed = [sum(float(ds["time"][-1]) for ds in self.steps[:k] if "time" in ds.variables) for k in numbers]
        if len(set(passed)) < len(passed):
            return [f"step {k + 1}" for k in numbers]
        return [f"after {short(seconds, 's')}" if seconds else "at first" for seconds in passed]

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the result warns of."""
        return tuple(text for ds in self.steps for text in ds.attrs.get("warnings", []))

    @property
    def interrupted(self) -> bool:
        """Whether Ctrl-C ended the simulation, which kept its part of the run."""
        return any(text.startswith("interrupted") for text in self.warnings)


@dataclass(frozen=True)
class Row:
    """One comparison with an observation.

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
        What the source says, with what counts as agreement.
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
        Place in the source, and how sure it is that the source says this.
    resolution : float or None
        Share of the value that two laboratories may differ by, of what would tell readings apart.
    numbers : mapping
        Further numbers: the window of sampling times, the true transport number, and so on.
    ageing : str
        Overlay that says how the cell ages, where that was tried; else ``""``.
    reference : tuple of str
        Overlays of the run that it is compared with, where an observation names them.
    alternatives : tuple of str
        Those among its overlays, and those of the reference, that stand for one value of what is printed unclearly.
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
    resolution: float | None = None
    numbers: Mapping[str, float] = field(default_factory=dict)
    ageing: str = ""
    reference: tuple[str, ...] = ()
    alternatives: tuple[str, ...] = ()

    @property
    def bare(self) -> str:
        """The simulated value without its remark."""
        return self.simulated.partition(" (")[0]

    def brief(self) -> str:
        """Verdict and bare value, for a cell of a table."""
        return f"{self.verdict.mark}: {self.bare}"

    def details(self) -> tuple[str, ...]:
        """Everything in words: quantity, run, observed, simulated, verdict, reason and place."""
        which = ", ".join(filter(None, [self.cell, *self.state, self.reading, self.ageing]))
        return (
            *(self.quantity, which, self.observed, self.simulated),
            *(self.verdict.mark, self.verdict.reason, self.where),
        )

    def apart(self, other: Row) -> float:
        """Return the distance of the first values as a fraction; infinite where only one of them predicts anything."""
        a, b = self.values[0], other.values[0]
        if math.isnan(a) or math.isnan(b):
            return 0.0 if math.isnan(a) and math.isnan(b) else math.inf
        # in the logarithm, so that it does not matter which of the two is the reference
        return abs(math.log(a / b)) if a * b > 0 else 0.0 if a == b else math.inf


#: What may go wrong in a kind from outside, or in a model: it costs one row and not the campaign.
FAULTS = (MgtwinError, ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError)


def told(error: Exception) -> str:
    """What went wrong, with the type of the error; ``unexpected`` where it is a fault of a program."""
    match error:
        case MgtwinError():
            return f"{type(error).__name__}: {error}"
    return f"unexpected {type(error).__name__}: {error}"


def rows_of(experiment: Experiment, done: Sequence[Simulated], failed: Mapping[Run, str] | None = None) -> list[Row]:
    """Compare everything that was observed in an experiment with what was simulated of it.

    Parameters
    ----------
    experiment : Experiment
    done : sequence of Simulated
        Also of other experiments, which observations may refer to.
    failed : mapping of Run to str, optional
        Runs that failed, with the message. Runs that are in neither (interrupted) give no row.
    """
    failed = failed or {}
    rows: list[Row] = []
    everything = experiment.runs()
    for observation in experiment.observed:
        for runs in experiment.groups(observation, everything):
            broken = [run for run in runs if run in failed]
            simulated = [item for item in done if item.run in runs]
            if broken:
                rows.append(_row(observation, runs[0], "no result", Failed(failed[broken[0]])))
            elif len(simulated) != len(runs):
                continue  # interrupted
            elif observation.measure is None:
                rows.append(_row(observation, simulated[0].run, "-", NotComparable(observation.not_comparable)))
            else:
                try:
                    rows.append(_read_and_judged(experiment, observation, observation.measure, simulated, done))
                except FAULTS as error:  # a metric that fails becomes a row that says so
                    failure = Failed(f"{observation.measure.name}: {told(error)}")
                    rows.append(_row(observation, simulated[0].run, "no number", failure))
        # Readings that have no parameters for what was observed.
        state = tuple(name for name in observation.required if name in experiment.states)
        cell = observation.cells[0] if observation.cells else experiment.cells[0]
        have = {run.reading for run in everything if observation.matches(run.cell, run.overlays)}
        for reading, reason in observation.refused.items():
            if reading not in have:
                overlays, temperature = (*state, reading), experiment.temperatures[0]
                run = Run(experiment.name, cell, overlays, reading, temperature, experiment.protocol)
                rows.append(_row(observation, run, "refused", Contradicts(reason)))
    return rows


def read(
    observation: Observation, measure: Measure, group: Sequence[Simulated], done: Sequence[Simulated]
) -> list[Reading]:
    """Read the number of an observation off the results of one cell in one state and reading.

    Parameters
    ----------
    observation : Observation
    measure : Measure
        Its metric.
    group : sequence of Simulated
        The runs over temperature.
    done : sequence of Simulated
        Where the runs are that the metric refers to.

    Returns
    -------
    list of Reading
        One per run, or a single one where the metric needs all temperatures.

    Raises
    ------
    InputError
        If the results have nothing of the kind.
    """
    if measure.declaration.series and len(group) > 1:
        found = [measure([_step(item, observation.step) for item in group])]
    else:
        found = []
        for item in group:
            context: dict[str, object] = {OBSERVED: observation.interval}
            if measure.takes(REFERENCE):
                other = reference_of(measure, item, done)
                context[REFERENCE] = _step(other, measure.arguments.get("to_step", observation.step))
            data = _steps(item, observation.step) if measure.declaration.series else _step(item, observation.step)
            found.append(measure(data, **context))
    return [Reading.of(one) for one in found]


def _steps(item: Simulated, step: int | tuple[int, ...] | None) -> list[xr.Dataset]:
    """The steps of a sequence that an observation names, all of them by default."""
    if step is None:
        return item.steps
    wanted = np.atleast_1d(step)
    beyond = [number for number in wanted if not -len(item.steps) <= number < len(item.steps)]
    if beyond:
        raise InputError(f"there is no step {beyond[0]}: {item.run} has {len(item.steps)}, counted from 0.")
    return [item.steps[number] for number in wanted]


def _step(item: Simulated, step: int | tuple[int, ...] | None) -> xr.Dataset:
    found = _steps(item, step)
    if len(found) > 1:
        raise InputError(f"{item.run} has {len(found)} steps: say with step: which one is read, counted from 0.")
    return found[0]


def reference_of(measure: Measure, item: Simulated, done: Sequence[Simulated]) -> Simulated:
    """The result that a ratio refers to: same reading and temperature, another cell, state or experiment.

    Raises
    ------
    InputError
        It is not there.
    """
    run, overlays = item.run, item.run.overlays
    if (given := measure.arguments.get("to_overlays")) is not None:
        overlays = (*given, *((run.reading,) if run.reading else ()))
    wanted = (
        measure.arguments.get("to_experiment", run.experiment),
        measure.arguments.get("to_cell", run.cell),
        # a set: experiments may name the same overlays in another order
        frozenset(overlays),
    )
    for other in done:
        same = (other.run.experiment, other.run.cell, frozenset(other.run.overlays)) == wanted
        if same and other.run.temperature == run.temperature:
            return other
    at, of = format_value(run.temperature, "K"), "" if wanted[0] == run.experiment else f"{wanted[0]}: "
    raise InputError(f"there is no result of {of}{wanted[1]} ({', '.join(overlays)}) at {at}.")


def _read_and_judged(
    experiment: Experiment,
    observation: Observation,
    measure: Measure,
    group: Sequence[Simulated],
    done: Sequence[Simulated],
) -> Row:
    run, readings = group[0].run, read(observation, measure, group, done)
    verdict = judge(observation, run.reading, readings, readings[0].remark, run.ageing)
    interval, numbers = observation.interval, dict(readings[0].numbers)
    if observation.propagate and np.isfinite(readings).all():
        spread = propagate(measure, run.build(), numbers, observation.propagate)
        numbers.update(parameters_low=spread.low, parameters_median=spread.median, parameters_high=spread.high)
        interval = (spread.low, spread.high)
        printed = float(observation.value or np.nan)
        verdict = spread.judge(printed, observation.unit, observation.calibrated_in(run.reading, run.ageing))
    elif not observation.not_comparable:
        others = [reference_of(measure, item, done) for item in group] if measure.takes(REFERENCE) else []
        data = [_steps(item, observation.step)[0] for item in (*group, *others)]
        tried = robustness(observation, measure, data, len(group), experiment.held)
        # A share says how far the verdict is that of the cell and not of numbers nobody knows well.
        if tried is not None:
            numbers["share_of_parameter_sets"] = tried.share
            verdict = replace(verdict, reason=f"{verdict.reason}; {tried}")
    temperatures = tuple(float(item.run.temperature) for item in group)
    if len(readings) == 1:
        # A remark stands only with a single number: of several, each would need its own.
        text = shown(readings[0], observation.unit) + (f" ({readings[0].remark})" if readings[0].remark else "")
    else:
        pairs = zip(temperatures, readings, strict=True)
        text = "; ".join(f"{format_value(T, 'K')}: {shown(one, observation.unit)}" for T, one in pairs)
    return _row(
        observation, run, text, verdict,
        values=tuple(map(float, readings)), temperatures=temperatures, interval=interval, numbers=numbers,
    )  # fmt: skip


def _row(
    observation: Observation,
    run: Run,
    simulated: str,
    verdict: Verdict,
    *,
    values: tuple[float, ...] = (),
    temperatures: tuple[float, ...] = (),
    interval: tuple[float, float] | None = None,
    numbers: Mapping[str, float] | None = None,
) -> Row:
    said = observation.text
    if observation.value is not None:
        said = observation.value.printed or shown(float(observation.value), observation.unit)
    if observation.interval is not None:
        said = f"{said} -> {shown_interval(*observation.interval, observation.unit)}"
    resolution = None if observation.resolution is None else float(observation.resolution)
    reference = () if observation.measure is None else tuple(observation.measure.arguments.get("to_overlays", ()))
    # an overlay that there is none of is told of where the reference is looked for
    known = [name for name in dict.fromkeys((*run.state, *reference)) if name in library.names("overlays")]
    alternatives = [name for name in known if overlay_kind(name) == "alternative"]
    return Row(
        run.experiment, observation.name, observation.quantity, run.cell, run.state, run.reading, said, simulated,
        verdict, values, temperatures, observation.unit, interval, observation.where, observation.confidence,
        resolution, numbers or {}, run.ageing, reference, tuple(alternatives),
    )  # fmt: skip
