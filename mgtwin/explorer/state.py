"""What is being looked at, as one frozen noun: a file, an address of a page and the state of a screen are the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import parse_qsl, quote, urlencode

from pydantic import BeforeValidator, PlainSerializer, TypeAdapter, ValidationError, ValidationInfo, field_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from .. import yamlfile
from ..cells.cell import Cell, changed
from ..cells.paths import Node
from ..cells.plain import to_plain
from ..errors import InputError, MgtwinError, UnknownNameError
from ..kinds.noun import Same, noun
from ..plain import listed
from ..protocols import Protocol
from ..quantities import Value, format_value, parse, to_file
from . import pages
from .knobs import Knob, knobs
from .known import built, cell_of, known_as, switches
from .measured import Measured
from .page import PAGES, Page, Sight

if TYPE_CHECKING:
    from .followed import Followed

__all__ = ["BEFORE", "DATA", "Exploration"]

#: What can be switched off.
DATA, BEFORE = "data", "before"
_PAGE, _CELL, _OVERLAYS, _FREE, _OFF = "page", "cell", "overlays", "free", "off"
#: Longest address that is read [characters]: no server sends more, and no state needs more.
_LONGEST = 20_000
# importing the package has declared the pages
assert pages


@contextmanager
def _placed(key: str) -> Iterator[None]:
    """Give what is wrong with a number its place below the field that is being read."""
    try:
        yield
    except MgtwinError as error:
        problem = PydanticCustomError("value_error", "{error}", {"error": InputError(str(error))})
        detail = InitErrorDetails(type=problem, loc=(key,), input=None)
        raise ValidationError.from_exception_data("Exploration", [detail]) from None


_Names = Annotated[tuple[str, ...], BeforeValidator(listed)]


@noun
class Exploration:
    """A cell as it is being looked at: what was turned, which page is open, what is shown. Moves return new states.

    Parameters
    ----------
    cell : Cell, str or mapping
        Without overlays if those are to be switched: the cell itself, its name in the library, or the whole of it.
    page : str
        Which page is open.
    overlays : tuple of str
        Overlays that are switched on.
    set : mapping
        Dotted path to the number that was turned.
    start : mapping
        Where numbers of what is done begin, if not at their default: what was done to a cell that was measured.
    numbers : mapping
        Numbers of what is done to the cell (``f_min``, ``voltage``, ``current`` ...), where not at their default.
    off : tuple of str
        What is switched off: ``data``, ``before`` (the curve before the last move).
    free : tuple of str
        Paths of the numbers that a fit from here may change.

    Raises
    ------
    InputError
        For whatever does not exist or does not go together, before anything is computed.

    Examples
    --------
    >>> state = Exploration("trilayer").moved("layers.antiperovskite.thickness", "0.5 mm")
    >>> state.query
    'page=impedance&cell=trilayer&layers.antiperovskite.thickness=0.5%20mm'
    >>> Exploration.from_query(state.query) == state
    True
    >>> import mgtwin as mt
    >>> mt.simulate(state.now, state.protocol).sizes["frequency"]
    81
    """

    cell: Annotated[Cell, BeforeValidator(cell_of), PlainSerializer(to_plain, when_used="json")]
    page: str = "impedance"
    overlays: _Names = ()
    set: Mapping[str, Node] = field(default_factory=dict)
    start: Mapping[str, Node] = field(default_factory=dict)
    numbers: Mapping[str, Node] = field(default_factory=dict)
    off: _Names = ()
    free: _Names = ()

    @field_validator("page")
    @classmethod
    def _known(cls, name: str) -> str:
        # the family says which there are
        return name if PAGES[name] else ""

    @field_validator("overlays")
    @classmethod
    def _applied(cls, names: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        if "cell" in info.data:
            built(Same(info.data["cell"]), names)
        return names

    @field_validator("set")
    @classmethod
    def _accepted(cls, given: Mapping[str, object], info: ValidationInfo) -> Mapping[str, Value]:
        # one by one, so that what is wrong is shown where it stands
        if "cell" not in info.data or "overlays" not in info.data:
            return {}
        made, known = built(Same(info.data["cell"]), info.data["overlays"]), dict[str, Value]()
        for path, raw in given.items():
            with _placed(path):
                if path not in made.numbers:
                    raise UnknownNameError(path, made.paths(), "number of the cell")
                known[path] = parse(
                    raw, Value.of(made.numbers[path]).unit, need_unit=bool(info.context), allow_inf=True
                )
        # one by one, so that what is refused is shown where it stands
        for path in known:
            with _placed(path):
                changed(made, {path: known[path]})
        return known

    @field_validator("start", "numbers")
    @classmethod
    def _done(cls, given: Mapping[str, object], info: ValidationInfo) -> Mapping[str, Value]:
        known = {name: setting for kind in PAGES.values() for name, setting in kind.settings.items()}
        found = {}
        for name, raw in given.items():
            with _placed(name):
                if name not in known:
                    raise UnknownNameError(name, tuple(known), "number of a page")
                found[name] = parse(raw, parse(known[name].default, None).unit, need_unit=bool(info.context))
                # beyond the track an address could keep a machine busy for hours; `start` is in no address
                known[name].check(found[name], info.data.get("start", found).get(name))
        return found

    @field_validator("off")
    @classmethod
    def _hideable(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            if name not in (DATA, BEFORE):
                raise UnknownNameError(name, (DATA, BEFORE), "switch")
        return names

    @field_validator("free")
    @classmethod
    def _fittable(cls, paths: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        cell = info.data.get("cell")
        for path in paths:
            if cell is not None and path not in cell.numbers:
                raise UnknownNameError(path, cell.paths(), "number of the cell")
        return paths

    # -- what it is --------------------------------------------------------------------------------------------------
    @property
    def base(self) -> Cell:
        """The cell with its overlays, before anything was turned."""
        return built(Same(self.cell), self.overlays)

    @cached_property
    def now(self) -> Cell:
        """The cell as it is turned."""
        return self.base.with_(dict(self.set.items())) if self.set else self.base

    @property
    def kind(self) -> type[Page]:
        """The page that is open."""
        return PAGES[self.page]

    @cached_property
    def settings(self) -> tuple[Knob, ...]:
        """What of the open page can be turned, as it was at first."""
        return tuple(
            setting.knob(name, self.base, self.start.get(name))  # type: ignore[arg-type]  # the validator parsed it
            for name, setting in self.kind.settings.items()
            if name in self.start or not setting.optional
        )

    @property
    def knobs(self) -> tuple[Knob, ...]:
        """What of the cell can be turned, as it was at first."""
        return knobs(self.base)

    @cached_property
    def values(self) -> Mapping[str, Value]:
        """Numbers of the open page."""
        return {knob.path: parse(self.numbers.get(knob.path, knob.value), knob.unit) for knob in self.settings}

    def sight(
        self,
        data: tuple[Measured, ...] = (),
        progress: Callable[[float, str], None] = lambda fraction, text: None,
        twin: Followed | None = None,
    ) -> Sight:
        """What the open page is drawn from, beside some data or a twin.

        Raises
        ------
        InputError
            The page needs one of these, and it is not there.
        """
        shown = () if DATA in self.off else data
        if lacking := self.kind.lacks(shown, twin):
            raise InputError(f"the page {self.page!r} needs {lacking}.")
        return Sight(self.now, self.values, shown, self.knobs, progress, twin)

    @property
    def protocol(self) -> Protocol:
        """What the open page does to the cell, for `mgtwin.simulate`."""
        return self.kind.protocol(self.sight())

    @property
    def switches(self) -> tuple[str, ...]:
        """Overlays that this cell can have."""
        return switches(Same(self.cell))

    # -- moves -------------------------------------------------------------------------------------------------------
    def moved(self, path: str, value: float | str) -> Exploration:
        """Return the state with another number, of the cell or of what is done to it."""
        # paths of cells and names of settings have nothing in common
        if path in self.kind.settings:
            return replace(self, numbers={**self.numbers, path: value})
        return replace(self, set={**self.set, path: value})

    def turned_to(self, page: str) -> Exploration:
        """Return the state with another page open."""
        return replace(self, page=page)

    def switched(self, overlay: str, on: bool) -> Exploration:
        """Return the state with an overlay on or off; what was turned stays, where the cell still has it."""
        names = tuple(name for name in self.overlays if name != overlay) + ((overlay,) if on else ())
        return self._within(built(Same(self.cell), names), {"overlays": names})

    def follows(self, cell: Cell, start: Mapping[str, Value]) -> Exploration:
        """Return the state of the cell as it has become, and of what is done to it now; what was turned stays."""
        return self._within(built(Same(cell), self.overlays), {"cell": cell, "start": {**self.start, **start}})

    def _within(self, cell: Cell, changes: Mapping[str, object]) -> Exploration:
        """With changes that lead to a cell: what was turned and freed stays where that still has it."""
        known = cell.numbers
        turned = {path: value for path, value in self.set.items() if path in known}
        freed = tuple(path for path in self.free if path in known)
        return replace(self, set=turned, free=freed, **changes)  # type: ignore[arg-type]

    def showing(self, what: str, on: bool) -> Exploration:
        """Return the state with the data, or the curve before the last move, shown or not."""
        return replace(self, off=tuple(name for name in self.off if name != what) + (() if on else (what,)))

    def freed(self, path: str, on: bool) -> Exploration:
        """Return the state in which a fit may change a number, or not."""
        return replace(self, free=tuple(name for name in self.free if name != path) + ((path,) if on else ()))

    def reset(self) -> Exploration:
        """Return the state with every number as the cell and the page have it."""
        return replace(self, set={}, numbers={})

    # -- kept --------------------------------------------------------------------------------------------------------
    @property
    def known_as(self) -> str:
        """Name of the cell in the library; ``""`` where there is none, or another one of that name."""
        return known_as(Same(self.cell))

    @property
    def query(self) -> str:
        """The state as the end of an address; of a cell that is in no library what was turned in it."""
        named = ((_OVERLAYS, self.overlays), (_OFF, self.off), (_FREE, self.free))
        pairs = [(_PAGE, self.page), *([(_CELL, self.known_as)] if self.known_as else [])]
        pairs += [(key, " ".join(names)) for key, names in named if names]
        # where a number begins is part of what is seen, and another server may begin elsewhere
        for path, value in {**self.set, **self.start, **self.numbers}.items():
            short = format_value(float(value), Value.of(value).unit)
            # four digits where these are all of them (they are for whatever a slider gave), else every digit
            exact = float(parse(short, Value.of(value).unit)) == float(value)
            pairs.append((path, short if exact else str(to_file(Value(float(value), unit=Value.of(value).unit)))))
        return urlencode(pairs, quote_via=quote)

    @classmethod
    def from_query(cls, text: str, at: Exploration | None = None) -> Exploration:
        """Read the end of an address.

        Parameters
        ----------
        text : str
        at : Exploration, optional
            Whose cell is meant where the address names none.

        Raises
        ------
        InputError
            For whatever in it is not known, or no value.

        Examples
        --------
        >>> Exploration.from_query("cell=trilayer&layers.antiperovskite.thicknes=1%20mm")
        Traceback (most recent call last):
        mgtwin.errors.InputError: address: set.layers.antiperovskite.thicknes: unknown number of the cell ...
        """
        # before it is taken apart, for anybody can send an address
        if len(text) > _LONGEST:
            raise InputError(f"address: {len(text)} characters are too long, a state has {_LONGEST} at most.")
        given: dict[str, str] = {}
        for key, value in parse_qsl(text.removeprefix("?"), keep_blank_values=True):
            # of two values the last one would win without a word
            if given.setdefault(key, value) != value:
                raise InputError(f"address: {key} is given twice.")
        named = {key: given.pop(key) for key in (_PAGE, _CELL, _OVERLAYS, _OFF, _FREE) if key in given}
        if _CELL not in named and at is None:
            raise InputError("address: it names no cell, for example ?cell=trilayer.")
        try:
            cell = (
                cell_of(named.pop(_CELL), None)
                if at is None or named.get(_CELL, at.known_as) != at.known_as
                else at.cell
            )
            of_pages = {name for kind in PAGES.values() for name in kind.settings}
            numbers = {key: given.pop(key) for key in of_pages & given.keys()}
            start = {} if at is None else at.start
            # what stands where it begins was not turned
            numbers = {
                key: value for key, value in numbers.items() if key not in start or parse(value, None) != start[key]
            }
            names = {key: tuple(value.split()) for key, value in named.items() if key not in (_PAGE, _CELL)}
            return cls(cell, named.get(_PAGE, "impedance"), set=given, start=start, numbers=numbers, **names)  # type: ignore[arg-type]
        except InputError as error:
            raise InputError(f"address: {str(error).removeprefix('Exploration: ')}") from None

    def to_yaml(self) -> str:
        """Return the state as YAML that `mgtwin run`, `mgtwin explore` and `from_yaml` read."""
        # a name where it stands for the same cell, else the whole of it: the file means the same on another machine
        data = {"cell": self.known_as or to_plain(self.cell), "page": self.page}
        data |= {key: list(names) for key, names in vars(self).items() if key in (_OVERLAYS, _OFF, _FREE) and names}
        data |= {
            key: {
                path: to_file(Value(float(value), unit=Value.of(value).unit)) for path, value in vars(self)[key].items()
            }
            for key in ("set", "start", "numbers")
            if vars(self)[key]
        }
        return (
            "# mgtwin run THIS_FILE reproduces the numbers, mgtwin explore THIS_FILE opens the page\n"
            + yamlfile.dumps(data)
        )

    @classmethod
    def from_yaml(cls, text: str, name: str = "<text>") -> Exploration:
        """Read what `to_yaml` wrote.

        Raises
        ------
        FileError
            With line, column and a caret for what is wrong in it.
        """
        return yamlfile.validate(yamlfile.loads(text, name), TypeAdapter(cls), context={"file": True})

    def save(self, path: str | Path) -> Path:
        """Write `to_yaml` to a file; return its path."""
        target = Path(path)
        target.write_text(self.to_yaml(), encoding="utf-8")
        return target
