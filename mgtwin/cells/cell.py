"""The cell: a stack of layers between two electrodes, its numbers named by dotted paths."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import field
from functools import cached_property, lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Annotated

from pydantic import (
    AfterValidator,
    PlainSerializer,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

from ..errors import InputError, did_you_mean
from ..kinds.electrode import AnyElectrode, spread
from ..kinds.junction import AnyJunction, Interfaces, JunctionKind
from ..kinds.kind import Bound, has_formula
from ..kinds.laws import Law
from ..kinds.materials import LayerMaterial
from ..kinds.noun import explained, noun
from ..kinds.own import alone
from ..quantities import AmbientTemperature, Quantity, Value, format_value, parse_current
from .fixture import Fixture
from .ion import Ion, conducted
from .paths import Key, Node, assign, expand, find, walk
from .reference import Reference
from .shunt import Shunt

__all__ = ["Cell", "Ion", "Layer"]

_LAYER_NAME = re.compile("[a-z][a-z0-9_]*")
_RESERVED = ("negative", "positive", "series")
#: A stack has a handful; of a million the cell alone would keep a machine busy.
MOST_LAYERS = 1000


@noun
class Layer:
    """One layer of the stack.

    Parameters
    ----------
    name : str
        Lower case letters, digits and underscores, starting with a letter; not ``negative``, ``positive``, ``series``.
    material : IonConductor, MixedConductor, BinaryElectrolyte, Composite, Porous, or any other declared material
    thickness : float
        [m], > 0.
    area : float, optional
        Cross-section [m^2], > 0; None: that of the electrodes.

    Examples
    --------
    >>> from mgtwin.cells import IonConductor
    >>> Layer("buffer", IonConductor("2.6 mS/cm"), "0.5 mm").thickness
    Value(0.0005, unit='m')
    """

    name: str
    material: LayerMaterial
    thickness: Annotated[float, Quantity("m", gt=0)]
    area: Annotated[float, Quantity("m^2", gt=0)] | None = None

    @field_validator("name")
    @classmethod
    def _speakable(cls, name: str) -> str:
        if not _LAYER_NAME.fullmatch(name):
            hint = re.sub("[^a-z0-9_]+", "_", name.lower()).strip("_")
            example = f" (perhaps {hint!r})" if _LAYER_NAME.fullmatch(hint) else ""
            raise InputError(
                f"{name!r} cannot name a layer: use lower case letters, digits and _, starting with a letter{example}."
            )
        if name in _RESERVED:
            raise InputError(f"a layer cannot be called {name!r}: results use {', '.join(_RESERVED)} for other things.")
        return name


@noun
class Cell:
    """Stack of layers between two electrodes, from the negative (left, counter) to the positive (right, working) one.

    Immutable; `with_` returns a changed, newly validated cell. Interface and series resistances are area-specific.

    Parameters
    ----------
    name : str
    negative, positive : Blocking or Plating
        The electrodes at the left and right end.
    layers : sequence of Layer
        At least one and at most 1000, from left to right; their names must differ.
    interfaces : mapping of str to Junction
        Keyed ``"left-right"`` by the names of neighbouring layers; where there is none both carriers pass perfectly.
    area : float
        Of the electrodes [m^2], > 0; 1 cm^2 by default.
    temperature : float
        [K], > 0; 25 degC by default.
    series_resistance : float
        Of leads and contacts [ohm*m^2], >= 0.
    ion : Ion
    description : str
    overlays : tuple of str
        Names of the overlays that were applied, a record that `mgtwin.cell` keeps.
    fixture : Fixture
        Inductance of the leads and capacitance across the terminals; none by default. Keyword only.
    reference : Reference, optional
        Third electrode, which divides voltage and impedance in two halves. Keyword only.
    shunt : Shunt, optional
        Electronic path beside the layers, from metal to metal or through some of them. Keyword only.

    Raises
    ------
    InputError
        For any value out of bounds, equal layer names, or an interface between layers that are not neighbours.

    Examples
    --------
    >>> from mgtwin.cells import Blocking, IonConductor
    >>> gold = Blocking("10 uF/cm^2")
    >>> cell = Cell("au_mofsse_au", gold, [Layer("mofsse", IonConductor("2.6 mS/cm"), "0.5 mm")], gold)
    >>> cell.with_({"layers.mofsse.thickness": "0.3 mm"}).get("layers.mofsse.thickness")
    Value(0.0003, unit='m')
    """

    name: str
    negative: AnyElectrode
    layers: tuple[Layer, ...]
    positive: AnyElectrode
    interfaces: Annotated[dict[str, AnyJunction], PlainSerializer(dict, when_used="json")] = field(default_factory=dict)
    area: Annotated[float, Quantity("m^2", gt=0)] = Value(1e-4, unit="m^2")
    temperature: Annotated[float, AmbientTemperature()] = Value(298.15, unit="K")
    series_resistance: Annotated[float, Quantity("ohm*m^2", ge=0)] = Value(0.0, unit="ohm*m^2")
    ion: Annotated[Ion, AfterValidator(conducted)] = field(default_factory=Ion)
    description: str = ""
    overlays: tuple[str, ...] = ()
    fixture: Fixture = field(default_factory=Fixture, kw_only=True)
    reference: Reference | None = field(default=None, kw_only=True)
    shunt: Shunt | None = field(default=None, kw_only=True)

    @field_validator("layers", mode="before")
    @classmethod
    def _few(cls, raw: Node) -> Node:
        """Count them before any of them is looked at."""
        match raw:
            case list() | tuple() if len(raw) > MOST_LAYERS:
                raise InputError(
                    f"a cell has {MOST_LAYERS} layers at most, not {len(raw)}: join those of one material, or describe "
                    f"what varies through a layer as a graded Composite."
                )
        return raw

    @field_validator("layers")
    @classmethod
    def _distinct(cls, layers: tuple[Layer, ...]) -> tuple[Layer, ...]:
        if not layers:
            raise InputError("a cell needs at least one layer.")
        seen: dict[str, int] = {}
        for k, layer in enumerate(layers):
            if layer.name in seen:
                text = f"two layers are called {layer.name!r} (numbers {seen[layer.name] + 1} and {k + 1}): rename one."
                raise _located(text, (k, "name"), layer.name)
            seen[layer.name] = k
        return layers

    @field_validator("interfaces", mode="before")
    @classmethod
    def _without_none(cls, raw: Node) -> Node:
        """Leave out interfaces set to None; None instead of the whole mapping means there are none."""
        if raw is None:
            return {}
        return {key: item for key, item in raw.items() if item is not None} if isinstance(raw, Mapping) else raw

    @field_validator("interfaces")
    @classmethod
    def _between_neighbours(cls, interfaces: dict[str, JunctionKind], info: ValidationInfo) -> Interfaces:
        names = [layer.name for layer in info.data.get("layers", ())]
        known = [f"{left}-{right}" for left, right in pairwise(names)]
        can_be = (
            f"The interfaces of this stack are {', '.join(known)}." if known else "A single layer has no interfaces."
        )
        for key in interfaces if names else ():
            if key in known:
                continue
            left, dash, right = key.partition("-")
            ends = (left, right)
            end = next((end for end in ends if end in ("negative", "positive") or end not in names), None)
            if not dash:
                text = f"is not an interface: write 'left-right' with the names of two neighbouring layers. {can_be}"
                raise _located(f"{key!r} {text}", (key,), key)
            if f"{right}-{left}" in known:
                text = f"is in the wrong order: layers run from the negative to the positive, write '{right}-{left}'."
                raise _located(f"{key!r} {text}", (key,), key)
            text = f"the layers {left!r} and {right!r} are not neighbours. {can_be}"
            if end in ("negative", "positive"):
                text = f"the contact of an electrode and its layer is the field {end!r} of the cell itself."
            elif end is not None:
                text = f"there is no layer {end!r}.{did_you_mean(end, names)} {can_be}"
            raise _located(f"{key!r}: {text}", (key,), key)
        return Interfaces(interfaces)

    @field_validator("reference", "shunt")
    @classmethod
    def _has_its_place(cls, part: Reference | Shunt | None, info: ValidationInfo) -> Reference | Shunt | None:
        layers, interfaces = info.data.get("layers"), info.data.get("interfaces")
        if part is not None and layers is not None and interfaces is not None:
            part.check({layer.name: layer.material.carriers for layer in layers}, interfaces)
        return part

    def get(self, path: str) -> Node:
        """Return the value at a dotted path, for example ``layers.antiperovskite.material.ionic_conductivity``.

        An interface that could exist but does not, and every optional field that is not given, is None.

        Raises
        ------
        UnknownNameError
            If there is no such path; the message lists close matches.
        """
        # where all parts have been looked up once (`_below`) they are at hand
        known = vars(self).get("_below", {}).get(path)
        return find(self, path) if known is None else known

    def with_(self, changes: Mapping[Key, Node]) -> Cell:
        """Return a new validated cell with other values at some paths.

        Parameters
        ----------
        changes : mapping
            A key is a path, a path with wildcards, or a tuple of paths, which all get the value. A value is a number in
            SI, a text with a unit, or an object for a whole part (``"positive": Blocking(...)``,
            ``"interfaces.a-b": Junction(...)``; None removes an optional part). Later entries win.

        Raises
        ------
        UnknownNameError
            For a path that does not exist; the message lists close matches.
        InputError
            For a value that the cell refuses.

        Examples
        --------
        >>> import mgtwin as mt
        >>> thin = mt.cell("trilayer").with_({"layers.buffer_*.thickness": "0.3 mm", "temperature": "60 degC"})
        """
        return changed(self, changes)

    def paths(self) -> tuple[str, ...]:
        """Return the paths of all numbers of this cell, in the order of its fields."""
        return tuple(self.numbers)

    @cached_property
    def _below(self) -> dict[str, Node]:
        """Every part of this cell by its path: one walk, where finding each from the root would be many."""
        return dict(walk(self))

    @cached_property
    def numbers(self) -> Mapping[str, float]:
        """Every number of this cell by its path, in the order of its fields."""
        return {path: value for path, value in self._below.items() if isinstance(value, float)}

    @cached_property
    def laws(self) -> tuple[tuple[str, Law], ...]:
        """Every law of temperature in this cell with its path."""
        owners = dict.fromkeys(path.rpartition(".")[0] for path in self.numbers)
        found = ((owner, self._below.get(owner)) for owner in owners)
        return tuple((owner, law) for owner, law in found if isinstance(law, Law))

    @cached_property
    def sources(self) -> tuple[str, ...]:
        """Keys of the references that the numbers of this cell come from, each once."""
        found = (getattr(value, "source", None) for value in self.numbers.values())
        return tuple(dict.fromkeys(source for source in found if source))

    def reaction_uniformity(self, current: float | str) -> dict[str, float]:
        """Return by how much the driving force differs over each electrode with a thickness [V], by its side.

        See `mgtwin.analysis.reaction_uniformity`.
        """
        given, read = parse_current(current), alone(self).reader
        density = float(given) / (1.0 if given.unit == "A/m^2" else self.area)
        kinds = {side: type(vars(self)[side]) for side in ("negative", "positive")}
        bound = {side: Bound(kind, side, read, salt=1.0) for side, kind in kinds.items() if has_formula(kind, "rails")}
        return {side: float(spread(electrode, density)) for side, electrode in bound.items()}

    def reversed(self) -> Cell:
        """Return the mirror image: electrodes swapped, layers and interfaces in opposite order."""
        # a name of a layer holds no dash (`Layer` sees to that), so that a key has one way to be cut
        turned = {f"{right}-{left}": item for key, item in self.interfaces.items() for left, right in [key.split("-")]}
        return self.with_(
            {
                "negative": self.positive,
                "positive": self.negative,
                "layers": self.layers[::-1],
                "interfaces": dict(reversed(turned.items())),
                "reference": self.reference and self.reference.mirrored(),
            }
        )

    def diff(self, other: Cell) -> dict[str, tuple[Node, Node]]:
        """Return path -> (value here, value in `other`) where two cells differ in content, not in provenance."""
        from .plain import differences

        return differences(self, other)

    def identical(self, other: object) -> bool:
        """Tell whether `other` has the same content including provenance and texts (``==`` compares numbers only)."""
        from .plain import to_plain

        return isinstance(other, Cell) and to_plain(self) == to_plain(other)

    @cached_property
    def _yaml(self) -> str:
        """The text of `to_yaml`: every result carries it, and a cell does not change."""
        from .plain import to_yaml

        return to_yaml(self)

    def to_yaml(self) -> str:
        """Return the whole cell as YAML from which `from_yaml` rebuilds it exactly, provenance included."""
        return self._yaml

    def save(self, path: str | Path) -> Path:
        """Write `to_yaml` to a file in a folder that exists, which `mgtwin.load_cell` reads; return its path."""
        target = Path(path).expanduser()
        if not target.parent.is_dir():
            raise InputError(f"cannot save {target}: the folder {target.parent} does not exist; create it first.")
        target.write_text(self.to_yaml(), encoding="utf-8")
        return target

    @classmethod
    def from_yaml(cls, text: str, name: str = "<text>") -> Cell:
        """Read a self-contained cell, as `to_yaml` writes it; `load_cell` also looks up materials by name.

        Raises
        ------
        FileError
            With ``name:line:column``, the line and a caret.
        """
        from ..yamlfile import loads, validate

        cell: Cell = validate(loads(text, name), cell_adapter(), context={"file": True})
        return cell

    def __str__(self) -> str:
        from .describe import as_text

        return as_text(self)

    def __repr__(self) -> str:
        stack = " | ".join(layer.name for layer in self.layers)
        extra = "".join(f", {name}" for name in self.overlays)
        return f"<Cell {self.name}{extra}: {stack}, {format_value(self.area)}, {format_value(self.temperature)}>"

    def _repr_html_(self) -> str:
        from .html import as_html

        return as_html(self)


@lru_cache(maxsize=1)
def cell_adapter() -> TypeAdapter[Cell]:
    """Return the pydantic adapter of `Cell`."""
    return TypeAdapter(Cell)


def changed(cell: Cell, changes: Mapping[Key, Node], context: dict[str, Node] | None = None) -> Cell:
    """Return `cell` with other values at some paths; see `Cell.with_`. `context` goes to the validators."""
    draft = drafted(cell, changes)
    try:
        return cell_adapter().validate_python(draft, context=context)
    except ValidationError as error:
        raise explained(error, f"cell {cell.name!r}", draft) from None


def drafted(cell: Cell, changes: Mapping[Key, Node]) -> Node:
    """Return the changed cell as mappings and lists that are not validated yet; UnknownNameError for a bad path."""
    if not isinstance(changes, Mapping):
        raise InputError(f"with_ needs a mapping {{path: value}}, not {changes!r}.")
    draft: Node = cell
    for key, value in changes.items():
        for path in expand(draft, key, setting=True):
            draft = assign(draft, path.split("."), value)
    return draft


def _located(message: str, location: tuple[str | int, ...], given: Node) -> ValidationError:
    """Return an error that pydantic places at `location` below the field being validated."""
    # The text goes through the context, for pydantic formats braces in the template.
    problem = PydanticCustomError("value_error", "{error}", {"error": InputError(message)})
    return ValidationError.from_exception_data("Cell", [InitErrorDetails(type=problem, loc=location, input=given)])
