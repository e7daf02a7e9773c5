"""An experiment: what was done, to which cells, in which states and at which temperatures, and what was observed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BeforeValidator, Field, TypeAdapter, ValidationInfo, field_validator, model_validator

from .. import library, yamlfile
from ..errors import FileError, InputError, UnknownNameError
from ..kinds.noun import noun
from ..plain import listed
from ..plot import PLOTS
from ..protocols import AnyProtocol, Protocol
from ..quantities import Quantity, Value, format_value
from .observation import Names, Observation

if TYPE_CHECKING:
    from ..cells import Cell

__all__ = ["Experiment", "Run", "experiment", "load_experiment"]


@dataclass(frozen=True)
class Run:
    """One simulation of an experiment: a cell with overlays at a temperature.

    Attributes
    ----------
    experiment, cell : str
    overlays : tuple of str
        State, alternatives and reading.
    reading : str
        The overlay among them that is compared with its alternatives (a reading of the data, an explanation of ageing),
        ``""`` if there is none.
    temperature : Value
        [K]
    protocol : Protocol
    scaled : tuple of (str, float)
        Factors on the parameters that patterns of paths match.
    ageing : str
        The overlay among them that says how the cell ages, where that is tried beside the readings; else ``""``.
    """

    experiment: str
    cell: str
    overlays: tuple[str, ...]
    reading: str
    temperature: Value
    protocol: Protocol
    scaled: tuple[tuple[str, float], ...] = ()
    ageing: str = ""

    @property
    def state(self) -> tuple[str, ...]:
        """The overlays other than the reading and the ageing."""
        return tuple(name for name in self.overlays if name not in (self.reading, self.ageing))

    @property
    def key(self) -> str:
        """Name of its file, unique among all experiments: experiment, cell, overlays and temperature."""
        # In degC, as experiments give temperatures, and to five digits: 10 mK tell runs apart.
        celsius = f"{float(self.temperature) - 273.15:.5g}C"
        return "__".join([self.experiment, self.cell, *self.overlays, celsius])

    def __str__(self) -> str:
        return f"{self.experiment}: {self.cell} ({', '.join(self.overlays)}) at {format_value(self.temperature, 'K')}"

    def build(self) -> Cell:
        """Return the cell with its overlays, at the temperature of the run."""
        from ..cells.files import cell

        built = cell(self.cell, *self.overlays).with_({"temperature": self.temperature})
        for pattern, factor in self.scaled:
            paths = [path for path in built.paths() if fnmatchcase(path, pattern)]
            # All at once: one at a time, a cell between two of them may be impossible.
            built = built.with_({path: factor * float(built.get(path)) for path in paths}) if paths else built
        return built


@noun
class Experiment:
    """An experiment as it was done, and what was observed.

    Parameters
    ----------
    name : str
        Equal to the name of its file.
    protocol : Protocol
    cells : str or tuple of str
        Names of cells (as for `mgtwin.cell`).
    temperatures : float, str or a list of them
        [K]
    states : str or tuple of str
        Overlays of the kind state, empty for cells without any.
    electrodes : str or tuple of str
        Overlays of the kind electrode, each in a run of its own; empty for the electrodes of the cell's file.
    ageing : str or tuple of str
        Overlays of the kind ageing that are tried in every reading, beside none. One that does not go together with an
        electrode overlay brings electrodes of its own, and is run with these.
    observed : tuple of Observation
    compare : {"reading", "ageing"}
        Kind of the overlays that are compared with each other: each that applies is simulated.
    scaled : mapping of str to float
        Factors on all parameters that a pattern of paths (``*.contact.pressure``) matches; cells without are left as
        they are.
    held : tuple of str
        Patterns of paths (``*.electronic_resistance``) that define the readings and are therefore not varied where a
        verdict is tried on other parameters.
    figure : mapping of str to mapping
        Plots (`mgtwin.plot`) that its figure shows, with their arguments; by default the first that suits the results.
    where : str
        Place in the source.
    assumed : str
        What the source does not say and was assumed for the protocol.
    source : str
        Key in a bibliography.
    description, note : str

    Examples
    --------
    >>> import mgtwin as mt
    >>> ca = mt.experiment("ca_transport")
    >>> ca.protocol.voltage, ca.cells
    ((Value(0.5, unit='V'),), ('au_mg3asn_au',))
    >>> run = ca.runs(reading="infiltrated")[0]
    >>> ds = mt.simulate(run.build(), run.protocol)  # doctest: +SKIP
    """

    name: str
    protocol: AnyProtocol
    cells: Annotated[Names, Field(min_length=1)]
    temperatures: Annotated[
        tuple[Annotated[Value, Quantity("K", gt=0)], ...], BeforeValidator(listed), Field(min_length=1)
    ]
    states: Names = ()
    electrodes: Names = ()
    ageing: Names = ()
    observed: tuple[Observation, ...] = ()
    held: Names = ()
    where: str = ""
    assumed: str = ""
    description: str = ""
    note: str = ""
    source: str = ""
    compare: Literal["reading", "ageing"] = "reading"
    scaled: Mapping[str, float] = Field(default_factory=dict)
    figure: Mapping[str, Mapping[str, int | float | str]] = Field(default_factory=dict)

    @field_validator("figure")
    @classmethod
    def _known_plots(
        cls, figure: Mapping[str, Mapping[str, int | float | str]]
    ) -> Mapping[str, Mapping[str, int | float | str]]:
        for name, arguments in figure.items():
            known = signature(PLOTS[name]).parameters
            for argument in arguments:
                if argument not in known:
                    raise UnknownNameError(argument, known, f"argument of {name}")
        return figure

    @field_validator("cells")
    @classmethod
    def _known_cells(cls, cells: tuple[str, ...]) -> tuple[str, ...]:
        for name in cells:
            library.find("cells", name)
        return cells

    @field_validator("states", "electrodes", "ageing")
    @classmethod
    def _known_overlays(cls, names: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        kind = str(info.field_name).removesuffix("s")
        known = [name for name in library.names("overlays") if overlay_kind(name) == kind]
        for name in names:
            if name not in known:
                raise UnknownNameError(name, known, kind)
        return names

    @field_validator("observed")
    @classmethod
    def _distinct(cls, observed: tuple[Observation, ...]) -> tuple[Observation, ...]:
        names = [item.name for item in observed]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise InputError(f"two observations are called {twice!r}: rename one.")
        return observed

    @model_validator(mode="after")
    def _one_way_to_age(self) -> Experiment:
        if self.ageing and self.compare == "ageing":
            raise InputError("compare: ageing runs every ageing there is: leave out either that or 'ageing'.")
        return self

    @property
    def compares_with_another(self) -> bool:
        """Whether something is observed in proportion to the result of another experiment."""
        return any(one.measure is not None and "to_experiment" in one.measure.arguments for one in self.observed)

    def runs(self, *, reading: str | None = None) -> tuple[Run, ...]:
        """Return every simulation that the experiment asks for, in every reading that applies.

        Parameters
        ----------
        reading : str, optional
            Only this reading.

        Raises
        ------
        UnknownNameError
            If no cell of the experiment has that reading; the message lists those there are.
        """
        found = [
            Run(self.name, cell, overlays, name, temperature, self.protocol, tuple(self.scaled.items()), ageing)
            for cell in self.cells
            for state in self.states or ("",)
            for electrode in self.electrodes or ("",)
            for ageing in ("", *self.ageing)
            for overlays, name in combinations(cell, state, self.compare, electrode, ageing)
            for temperature in self.temperatures
        ]
        if reading is None:
            return tuple(found)
        chosen = tuple(run for run in found if run.reading == reading)
        if not chosen:
            raise UnknownNameError(reading, dict.fromkeys(run.reading for run in found if run.reading), "reading")
        return chosen

    def groups(self, observation: Observation, runs: Iterable[Run] | None = None) -> list[list[Run]]:
        """Return the runs that an observation was made in: for each cell with its overlays, those over temperature."""
        found: dict[tuple[str, tuple[str, ...]], list[Run]] = {}
        for run in self.runs() if runs is None else runs:
            at = observation.temperature  # to 10 mK: the same temperature may be written in K and in degC
            if observation.matches(run.cell, run.overlays) and (at is None or abs(float(run.temperature) - at) < 0.01):
                found.setdefault((run.cell, run.overlays), []).append(run)
        return list(found.values())


# kept: every experiment that is read asks for the kind of every overlay
@lru_cache(maxsize=64)
def overlay_kind(overlay: str) -> str:
    """Return the kind of an overlay by its name: state, electrode, reading, ageing or alternative."""
    from ..cells.overlays import load_overlay

    return load_overlay(overlay).kind


def combinations(
    cell: str, state: str = "", compare: str = "reading", electrode: str = "", ageing: str = ""
) -> tuple[tuple[tuple[str, ...], str], ...]:
    """Return (overlays, the one that is compared) of a cell in a state, also with the alternatives of that state.

    Parameters
    ----------
    cell, state, electrode : str
        Names; ``""`` for no state, and for the electrodes that the cell has anyway.
    compare : str
        Kind of the overlays that are compared. A cell without any of that kind gives its state and electrode alone.
    ageing : str
        Name, ``""`` for none, of an overlay that is applied beside those compared; without the electrode where the two
        do not go together.
    """
    from ..cells.overlays import applicable_overlays

    found = []
    for names in applicable_overlays(cell):
        kinds = {name: overlay_kind(name) for name in names}
        compared = [name for name, kind in kinds.items() if kind == compare]
        # readings and explanations of ageing are compared with their own kind: of the other, only what was asked for
        asked_for = {name for name, kind in kinds.items() if kind not in ("alternative", compare)}
        if compared and asked_for == {state, electrode, ageing} - {""}:
            found.append((names, compared[0]))
    if ageing and electrode and not found:
        return combinations(cell, state, compare, ageing=ageing)
    plain = tuple(filter(None, (state, electrode, ageing)))
    return tuple(sorted(found, key=lambda item: (len(item[0]), item[1]))) or ((plain, ""),)


def experiment(name: str | Path) -> Experiment:
    """Return an experiment by name, or from a file of one's own.

    Parameters
    ----------
    name : str or Path
        A name that `list_experiments` gives, or the path of a file (``.yaml``).

    Raises
    ------
    UnknownNameError
        If there is none of this name; the message lists close matches.
    FileError
        If the file is wrong, with ``path:line:column`` and a caret.

    Examples
    --------
    >>> import mgtwin as mt
    >>> mt.experiment("eis_au_au").protocol.points
    100
    """
    if Path(name).suffix in (".yaml", ".yml"):
        return load_experiment(name)
    path = library.find("experiments", str(name))
    found = load_experiment(path)
    # Looked up by file name, reported by its own: two names would send readers to the wrong file.
    if found.name != path.stem:
        raise FileError(f"the name {found.name!r} differs from the file's, {path.stem!r}: make them equal.", str(path))
    return found


def load_experiment(path: str | Path) -> Experiment:
    """Read an experiment from a YAML file; a missing `name` is the file's.

    Raises
    ------
    FileError
        With ``path:line:column``, the line and a caret, for everything that is wrong in the file.
    """
    source = Path(path)
    if not source.is_file():
        raise FileError("there is no such file (experiment files end in .yaml).", str(path))
    document = yamlfile.load(source)
    match document.data:
        case dict() as data:
            document = document.with_data({"name": source.stem, **data})
    return yamlfile.validate(document, TypeAdapter(Experiment), context={"file": True})
