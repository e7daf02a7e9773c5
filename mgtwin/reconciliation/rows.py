"""Rows: what was observed, in which runs, and as the linear program sees it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

from .. import library
from ..cells.overlays import load_overlay
from ..errors import InputError, UnknownNameError
from ..experiments import Experiment, Observation, Run, campaign, load_experiment
from ..experiments.files import overlay_kind
from ..quantities import parse
from .program import LinearRow
from .unknowns import Unknowns

__all__ = ["ObservedRow", "ageings_of", "choices_of", "observations", "rows_of"]


@dataclass(frozen=True)
class ObservedRow:
    """One observation in one state of one cell, or at several temperatures of it.

    Attributes
    ----------
    name : str
    observation : Observation
    runs : tuple of Run
        One per temperature.
    references : tuple of Run
        What each is compared with; empty where the metric compares with nothing.
    ageings : tuple of str
        Overlays of ageing that its experiment tries; the runs are without any.
    """

    name: str
    observation: Observation
    runs: tuple[Run, ...]
    references: tuple[Run, ...] = ()
    ageings: tuple[str, ...] = ()

    @property
    def interval(self) -> tuple[float, float]:
        """What counts as agreement [SI]."""
        found = self.observation.interval
        assert found is not None
        return found

    @property
    def data(self) -> frozenset[str]:
        """The printed numbers that it is made of."""
        return frozenset(self.observation.datum or (self.name,))

    @property
    def plateau(self) -> float | None:
        """Time [s] from which on it claims a plateau, None where it claims none."""
        measure = self.observation.measure
        if self.observation.window is None or measure is None:
            return None
        return float(parse(measure.arguments.get("sampled_at", 0.0), "s"))

    def aged(self, ageing: str) -> ObservedRow | None:
        """Return it on cells that age, None where that does not apply; ``""`` is no ageing.

        Electrodes that do not go together with an ageing are left to it, as in a campaign.
        """
        if not ageing:
            return self

        def older(run: Run) -> Run:
            bare = tuple(name for name in run.overlays if overlay_kind(name) != "electrode")
            for named in ((*run.overlays, ageing), (*bare, ageing)):
                if all(load_overlay(name).matching(run.cell, named) for name in named):
                    return replace(run, overlays=named, ageing=ageing)
            return run

        measure, runs = self.observation.measure, tuple(map(older, self.runs))
        fits = all(run.ageing and self.observation.matches(run.cell, run.overlays) for run in runs)
        apart = measure is not None and "to_overlays" in measure.arguments
        references = self.references if apart else tuple(map(older, self.references))
        return replace(self, runs=runs, references=references) if fits and ageing in self.ageings else None

    def linear(self, unknowns: Unknowns) -> LinearRow | None:
        """Return it as a row of a linear program, None where its number has no such form in these runs."""
        measure = self.observation.measure
        form = None if measure is None else measure.declaration.linear
        if measure is None or form is None or not any(unknowns.run(run).asked[0] for run in self.runs):
            return None
        given = {key: item for key, item in measure.arguments.items() if not key.startswith("to_")}
        plateau = self.observation.window is not None
        found = []
        for k, run in enumerate(self.runs):
            other = unknowns.run(self.references[k]) if self.references else None
            try:
                found.append(form(unknowns.run(run), other, plateau, **given))
            except InputError:  # what only the mesh knows, or what no current passes: a row without a linear form
                return None
        return LinearRow(self.name, tuple(found), *self.interval, self.observation.unit)


def observations(*sources: str | Path | Experiment | Sequence[Experiment]) -> tuple[Experiment, ...]:
    """Return experiments with what was observed in them: the input of `reconcile`.

    Parameters
    ----------
    *sources : str, Path, Experiment or sequence of Experiment
        Names or paths of folders of experiments, paths of single files (``mypaper.yaml``), experiments; by default
        every folder of experiments in the library that has states.

    Raises
    ------
    FileError, UnknownNameError, InputError
        A file is wrong, or there is none; or two experiments have one name.

    Examples
    --------
    >>> import mgtwin as mt
    >>> [experiment.name for experiment in mt.observations("paper")][:2]
    ['ca_staircase', 'ca_transport']
    """
    if not sources:
        sources = tuple(
            entry.path.parent for entry in library.campaigns() if (entry.path.parent / library.STATES).is_file()
        )
    found: list[Experiment] = []
    for source in sources:
        match source:
            case Experiment():
                found.append(source)
            case tuple() | list():
                found += observations(*source) if source else ()
            case str() | Path() if Path(source).suffix in (".yaml", ".yml"):
                found.append(load_experiment(source))
            case str() | Path():
                found += campaign(source).experiments()
            case _:
                raise InputError(f"observations are in experiments, their files and folders, not in {source!r}.")
    names = [experiment.name for experiment in found]
    if twice := next((name for name in names if names.count(name) > 1), None):
        # what is counted twice would predict itself
        raise InputError(f"two experiments are called {twice!r}: leave one out, or rename it.")
    return tuple(found)


def choices_of(experiments: Sequence[Experiment], chosen: Mapping[str, Sequence[str]]) -> tuple[dict[str, str], ...]:
    """Return every combination of readings of damaged texts: those chosen, and all that observations name beside.

    Raises
    ------
    UnknownNameError
        No observation has what was chosen: nothing would be left of it.
    """
    every: dict[str, list[str]] = {}
    for observation in (one for experiment in experiments for one in experiment.observed):
        for key, value in observation.alternative.items():
            if value not in every.setdefault(key, []):
                every[key].append(value)
    for key, values in chosen.items():
        for name, known, kind in ((key, every, "alternative"), *((one, every.get(key, ()), key) for one in values)):
            if name not in known:
                raise UnknownNameError(name, known, f"{kind} of these observations")
    every |= {key: list(values) for key, values in chosen.items()}
    return tuple(dict(zip(every, values, strict=True)) for values in product(*every.values()))


def ageings_of(experiments: Sequence[Experiment], asked: Sequence[str] = ()) -> tuple[str, ...]:
    """Return overlays of ageing to try, ``""`` for none: those asked for, else none and all that experiments try.

    Raises
    ------
    UnknownNameError
        No experiment tries what was asked for.
    """
    known = dict.fromkeys(("", *(name for experiment in experiments for name in experiment.ageing)))
    for name in asked:
        if name not in known:
            raise UnknownNameError(name, [one for one in known if one], "ageing of these experiments")
    return tuple(dict.fromkeys(asked or known))


def rows_of(
    experiments: Sequence[Experiment],
    chosen: Mapping[str, str],
    overlays: Sequence[str] = (),
    denied: Sequence[str] = (),
) -> tuple[ObservedRow, ...]:
    """Return what was observed as rows, of every damaged text the chosen reading.

    Parameters
    ----------
    experiments : sequence of Experiment
    chosen : mapping
        Alternative to the choice; alternatives that are not named keep all their rows.
    overlays : sequence of str
        Added to every run to which they apply.
    denied : sequence of str
        Claims that are taken to be wrong: what rests on them is left out.

    Raises
    ------
    UnknownNameError
        Nothing rests on a claim that is denied.
    """
    claims = [claim for experiment in experiments for one in experiment.observed for claim in one.claims]
    for claim in denied:
        if claim not in claims:
            raise UnknownNameError(claim, claims, "claim of these observations")
    found: list[ObservedRow] = []
    for experiment in experiments:
        for observation in experiment.observed:
            picked = all(chosen.get(key, value) == value for key, value in observation.alternative.items())
            compared = observation.measure is not None and not observation.not_comparable
            if not picked or not compared or observation.interval is None or set(observation.claims) & set(denied):
                continue
            groups = list(_groups(experiment, observation, overlays))
            for runs in groups:
                where = ", ".join((runs[0].cell, *runs[0].overlays))
                name = observation.name if len(groups) == 1 else f"{observation.name} [{where}]"
                if any(row.name == name for row in found):
                    name = f"{experiment.name}: {name}"
                found.append(
                    ObservedRow(
                        name, observation, runs,
                        tuple(_references(observation, runs, overlays, experiment.states)), experiment.ageing,
                    )
                )  # fmt: skip
    return tuple(found)


def _groups(experiment: Experiment, observation: Observation, overlays: Sequence[str]) -> Iterator[tuple[Run, ...]]:
    """The runs of an observation, those over temperature together."""
    at = observation.temperature
    temperatures = [item for item in experiment.temperatures if at is None or abs(float(item) - at) < 0.01]
    extra = tuple(name for name in observation.required if name not in (*experiment.states, *experiment.electrodes))
    for cell, state, electrode in product(experiment.cells, experiment.states or ("",), experiment.electrodes or ("",)):
        named = tuple(filter(None, (state, electrode)))
        if observation.matches(cell, (*named, *extra)):
            # another reading of a damaged text is the same sample
            whole = _with(cell, named if observation.alternative else (*named, *extra), overlays)
            yield tuple(
                Run(experiment.name, cell, whole, "", T, experiment.protocol, tuple(experiment.scaled.items()))
                for T in temperatures
            )


def _references(
    observation: Observation, runs: Sequence[Run], overlays: Sequence[str], states: Sequence[str]
) -> Iterator[Run]:
    """What each run is compared with."""
    measure = observation.measure
    assert measure is not None
    given = measure.arguments
    if not measure.takes("reference"):
        return
    for run in runs:
        cell = given.get("to_cell", run.cell)
        named = tuple(given["to_overlays"]) if "to_overlays" in given else run.overlays
        if observation.alternative:
            named = tuple(overlay for overlay in named if overlay in states)
        name = given.get("to_experiment", run.experiment)
        yield Run(name, cell, _with(cell, named, overlays), "", run.temperature, run.protocol, run.scaled)


def _with(cell: str, named: tuple[str, ...], overlays: Sequence[str]) -> tuple[str, ...]:
    """Overlays with those of the reading that apply."""
    whole = list(named)
    for name in overlays:
        if name not in whole and load_overlay(name).matching(cell, (*whole, name)):
            whole.append(name)
    return tuple(whole)
