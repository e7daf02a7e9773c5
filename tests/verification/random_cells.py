"""Random valid cells over the whole vocabulary: every kind that a family knows, drawn from the types of its fields.

Nothing here lists kinds. A field says itself what it holds (a `Quantity` in a unit and within bounds, one `OneOf` a
family, another noun), so that a kind is drawn from the day on that it is declared. What a type does not say, how large
a number of a unit usually is, stands in `SIZES`; a new unit has to be added there.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np

from mgtwin.cells import Cell, Fixture, Ion, Layer, Reference, Shunt
from mgtwin.errors import InputError
from mgtwin.kinds.fields import NumberOr
from mgtwin.kinds.laws import Law
from mgtwin.quantities import Quantity
from mgtwin.unions import OneOf

#: Smallest and largest number of each unit, SI; logarithmically uniform between them.
SIZES: dict[str, tuple[float, float]] = {
    "m": (2e-6, 1e-3),
    "m^2": (5e-5, 2e-4),
    "S/m": (1e-4, 1.0),
    "F/m^3": (1e4, 1e8),
    "F/m^2": (1e-3, 10.0),
    "ohm*m^2": (1e-5, 1e-1),
    "A/m^2": (1e-3, 1e2),
    "S/m^2": (1e-4, 10.0),
    "V": (0.1, 2.5),
    "eV": (0.05, 0.8),
    "K": (285.0, 355.0),
    "Pa": (1e5, 1e8),
    "Pa*m^0.5": (1e4, 1e6),
    "m^2/s": (1e-14, 1e-9),
    "mol/m^3": (1.0, 3e3),
    "m^2/(V*s)": (1e-10, 1e-6),
    "m^3/mol": (1e-5, 1e-4),
    "m^3": (1e-8, 1e-6),
    "kg": (1e-5, 1e-3),
    "kg/m^3": (7e2, 5e3),
    "1/s": (1e-6, 1e-2),
    "C/m^2": (10.0, 1e4),
    "m^2/C": (1e-6, 1.0),
    "ohm*m^4/C": (1e-8, 1e-5),
    "ohm^2*m^4/s": (1e-12, 1e-9),
    "H": (1e-8, 1e-6),
    "F": (1e-12, 1e-9),
    "": (0.4, 3.0),
}
#: Values of laws, whose unit is that of the field that they stand in: they are scaled to it.
OF_A_LAW = (0.4, 3.0)
#: The same for fields of which the unit does not say enough, by name and unit.
BY_NAME: dict[tuple[str, str | None], tuple[float, float]] = {
    ("electronic_conductivity", "S/m"): (1e-8, 1e-2),
    ("n", "S/m"): (1e-9, 1e-3),
    ("p", "S/m"): (1e-9, 1e-3),
    ("constant", "S/m"): (1e-9, 1e-3),
    ("relative_permittivity", ""): (1.0, 100.0),
    ("exponent", ""): (1.0, 3.0),
    ("vanishing_temperature", "K"): (120.0, 260.0),
    ("radius", "m"): (1e-7, 1e-5),
    ("interaction", ""): (-3.0, 10.0),
    ("spacing", "m"): (1e-6, 1e-4),
    ("depth", "m"): (1e-7, 1e-5),
    ("grain_size", "m"): (1e-7, 1e-5),
    ("transference_number", ""): (-0.2, 0.9),
    ("rest_potential", "V"): (-0.2, 0.3),
    ("minimum_potential", "V"): (-0.2, -0.01),
}
#: Attempts at a noun whose fields have to go together before it counts as one that cannot be drawn.
TRIES = 400


@cache
def hints_of(kind: Any) -> dict[str, Any]:
    """Types of the fields of a class, which take long to evaluate."""
    return typing.get_type_hints(kind, include_extras=True)


class Draw:
    """One random cell: `numpy.random.Generator` in, nouns out.

    Parameters
    ----------
    seed : sequence of int
        Two draws of one seed are the same as long as the vocabulary is.
    """

    def __init__(self, *seed: int) -> None:
        self.random = np.random.default_rng(seed)
        self._temperature = 298.15
        #: Names of the phases of the mixture that is being drawn, for rules that name one.
        self._phases: tuple[str, ...] = ()

    # -- numbers -------------------------------------------------------------------------------------------------------
    def chance(self, probability: float) -> bool:
        """Whether something happens."""
        return bool(self.random.random() < probability)

    def number(self, quantity: Quantity, name: str = "") -> float:
        """A number in the unit and within the bounds of a field."""
        gt, ge, lt, le = quantity.bounds
        lowest, highest = (gt if ge is None else ge), (lt if le is None else le)
        if (name, quantity.unit) in BY_NAME:
            low, high = BY_NAME[name, quantity.unit]
        elif lowest is not None and highest is not None:
            # of a whole: not so near to the ends that nothing is left of it
            width = highest - lowest
            low, high = lowest + 0.02 * width, highest - 0.02 * width
        elif quantity.unit is None:
            low, high = OF_A_LAW
        else:
            assert quantity.unit in SIZES, f"{name}: add the usual sizes of numbers in {quantity.unit!r} to SIZES"
            low, high = SIZES[quantity.unit]
        if ge is not None and ge == 0 and self.chance(0.15):
            return 0.0
        if quantity.allow_inf and self.chance(0.15):
            return np.inf
        if low <= 0 or quantity.unit == "":
            return float(self.random.uniform(low, high))
        return float(np.exp(self.random.uniform(np.log(low), np.log(high))))

    def number_or_noun(self, field: NumberOr, name: str) -> Any:
        """A number, or one of the nouns that may stand in its place."""
        kinds = own_kinds(field.kinds)
        laws = [kind for kind in kinds if issubclass(kind, Law)]
        others = [kind for kind in kinds if kind not in laws]
        # as likely one of the few laws of E as one of the many of T
        group = self.among([[], *(group for group in (laws, others) if group)])
        if not group:
            return self.number(field.quantity, name)
        kind = self.among(group)
        return self.law(kind, field.quantity, name) if kind in laws else self.noun(kind)

    def law(self, kind: type[Law], quantity: Quantity, name: str) -> Law:
        """A law of temperature whose value at the cell's own temperature is of the usual size."""
        drawn = self.noun(kind)
        wanted, found = self.number(quantity, name), float(drawn(self._temperature))
        if not (np.isfinite(wanted) and found > 0):
            return drawn
        scaled = {
            item: tuple(row * wanted / found for row in given) if isinstance(given, tuple) else given * wanted / found
            for item, given in ((item, getattr(drawn, item)) for item in kind.value_fields)
        }
        return dataclasses.replace(drawn, **scaled)  # type: ignore[type-var]

    def among(self, items: list[Any]) -> Any:
        """One of several, all as likely."""
        return items[int(self.random.integers(len(items)))]

    # -- nouns ---------------------------------------------------------------------------------------------------------
    def noun(self, kind: Any) -> Any:
        """A noun whose fields go together: they are drawn anew until the noun itself takes them."""
        hints = hints_of(kind)
        problem: Exception | None = None
        for _ in range(TRIES):
            try:
                return kind(**self._fields(kind, hints))
            except InputError as error:
                problem = error
        raise AssertionError(f"no valid {kind.__name__} in {TRIES} tries, the last one: {problem}")

    def _fields(self, kind: Any, hints: dict[str, Any]) -> dict[str, Any]:
        own = getattr(self, f"_draw_{kind.__name__.lower()}", None)
        given: dict[str, Any] = own(hints) if own else {}
        for item in dataclasses.fields(kind):
            if item.name in given or item.name in ("type", "name", "description", "sample", "valid"):
                continue
            if item.name == getattr(kind, "phase_field", None):
                given[item.name] = self.among(list(self._phases))
            else:
                given[item.name] = self.value(hints[item.name], item.name)
        return given

    def value(self, annotation: Any, name: str = "") -> Any:
        """What a field of this type can hold."""
        origin, parts = typing.get_origin(annotation), typing.get_args(annotation)
        if origin is typing.Annotated:
            for note in parts[1:]:
                if isinstance(note, NumberOr):
                    return self.number_or_noun(note, name)
                if isinstance(note, OneOf):
                    return self.noun(self.among(own_kinds(note)))
                if isinstance(note, Quantity):
                    return self.number(note, name)
            return self.value(parts[0], name)
        if origin in (typing.Union, types.UnionType):
            if type(None) in parts and self.chance(0.5):
                return None
            return self.value(next(part for part in parts if part is not type(None)), name)
        if origin is tuple:
            if parts[-1] is Ellipsis:
                number = int(self.random.integers(2, 5)) if name != "ageing" else int(self.random.integers(0, 3))
                found = [self.value(parts[0], name) for _ in range(number)]
                return sorted(found) if name in ("temperatures",) else found
            return tuple(self.value(part, name) for part in parts)
        if dataclasses.is_dataclass(annotation):
            return self.noun(annotation)
        if annotation is bool:
            return self.chance(0.5)
        if annotation is int:  # slices of an electrode
            return int(self.random.integers(4, 41))
        if annotation is float:
            return self.number(Quantity(""), name)
        raise AssertionError(f"{name}: how is a {annotation} drawn?")

    # -- nouns whose fields depend on each other more than chance can meet -----------------------------------------
    def _draw_profile(self, hints: dict[str, Any]) -> dict[str, Any]:
        inner = sorted(self.random.uniform(0.1, 0.9, int(self.random.integers(0, 3))))
        return {
            "positions": (0.0, *inner, 1.0),
            "values": tuple(self.random.uniform(0.1, 0.9, len(inner) + 2)),
        }

    def _draw_table(self, hints: dict[str, Any]) -> dict[str, Any]:
        return {"temperatures": (280.0, 310.0, 360.0), "values": tuple(self.random.uniform(0.5, 2.0, 3))}

    def _draw_tabulatedpotential(self, hints: dict[str, Any]) -> dict[str, Any]:
        inner = sorted(self.random.uniform(0.1, 0.9, 2))
        steps = self.random.uniform(0.02, 0.3, 4)
        return {"fillings": (0.0, *inner, 1.0), "potentials": tuple(0.6 - np.cumsum(steps) / 3)}

    def _draw_sites(self, hints: dict[str, Any]) -> dict[str, Any]:
        (rows, *_) = typing.get_args(hints["sites"])
        site = next(part for part in typing.get_args(rows) if part is not Ellipsis)
        drawn = [self.noun(site) for _ in range(int(self.random.integers(1, 4)))]
        # fractions of all sites: what the last one has is what is left
        shares = [*self.random.dirichlet(np.full(len(drawn), 5.0))[:-1], None]
        return {"sites": [dataclasses.replace(item, share=share) for item, share in zip(drawn, shares, strict=True)]}

    def _draw_polynomial(self, hints: dict[str, Any]) -> dict[str, Any]:
        return {name: float(self.random.uniform(-0.3, 0.3)) for name in ("root", "linear", "quadratic")}

    def _draw_cpe(self, hints: dict[str, Any]) -> dict[str, Any]:
        # its unit depends on n and on its place: from a dielectric of the bulk to a double layer
        return {"q": float(np.exp(self.random.uniform(np.log(1e-10), np.log(10.0))))}

    def _draw_composite(self, hints: dict[str, Any]) -> dict[str, Any]:
        (phase, _) = typing.get_args(hints["phases"])
        inside = hints_of(phase)
        self._phases = tuple("abc"[: int(self.random.integers(2, 4))])
        recipe = self.chance(0.3)
        phases = [
            phase(
                name,
                self.value(inside["material"]),
                **(
                    {"amount": self._there(inside["amount"])}
                    if recipe
                    else {}
                    if name == self._phases[-1]
                    else {"fraction": self._there(inside["fraction"])}
                ),
            )
            for name in self._phases
        ]
        return {"phases": phases}

    def _draw_porous(self, hints: dict[str, Any]) -> dict[str, Any]:
        liquid = self.value(hints["liquid"])
        self._phases = ("solid", "gas") if liquid is None else ("solid", "liquid", "gas")
        return {"liquid": liquid} | ({"saturation": 0.0} if liquid is None else {})

    def _draw_shunt(self, hints: dict[str, Any]) -> dict[str, Any]:
        # the last that is drawn of a cell, whose layers are called so: those that it has not are refused there
        return {"through": self.among([(), (), ("l0",), ("l1",), ("l0", "l1")])}

    def _there(self, annotation: Any) -> Any:
        """The value of an optional field, given."""
        found = None
        while found is None:
            found = self.value(annotation)
        return found

    # -- the cell ------------------------------------------------------------------------------------------------------
    def cell(self) -> Cell:
        """A cell of one to four layers."""
        hints = hints_of(Cell)
        layer_hints = hints_of(Layer)
        (_, junction) = typing.get_args(typing.get_args(hints["interfaces"])[0])
        self._temperature = float(self.random.uniform(285.0, 355.0))
        area = self.number(Quantity("m^2"))
        layers = [
            Layer(
                f"l{k}",
                self.value(layer_hints["material"]),
                self.number(Quantity("m")),
                area * float(self.random.uniform(0.5, 2.0)) if self.chance(0.2) else None,
            )
            for k in range(int(self.random.integers(1, 5)))
        ]
        between = [f"l{k}-l{k + 1}" for k in range(len(layers) - 1)]
        made = Cell(
            "random",
            self.value(hints["negative"]),
            layers,
            self.value(hints["positive"]),
            interfaces={key: self.value(junction) for key in between if self.chance(0.5)},
            area=area,
            temperature=self._temperature,
            series_resistance=self.number(Quantity("ohm*m^2")) if self.chance(0.3) else 0.0,
            ion=Ion() if self.chance(0.7) else Ion("Li", 1, "12.97 cm^3/mol"),
            fixture=self.noun(Fixture) if self.chance(0.2) else Fixture(),
        )
        beside = {"reference": self.reference(layers)} if self.chance(0.2) else {}
        beside |= {"shunt": self.noun(Shunt)} if self.chance(0.1) else {}
        try:
            return made.with_(beside)
        except InputError:  # not every probe can be read everywhere, nor every stack be bridged
            return made

    def reference(self, layers: list[Layer]) -> Reference:
        """A third electrode at one of the faces of a stack."""
        k = int(self.random.integers(len(layers)))
        names = ["negative", *(layer.name for layer in layers), "positive"]
        at = self.among(["-".join(names[k : k + 2]), "-".join(names[k + 1 : k + 3])])
        at = next((end for end in ("negative", "positive") if end in at), at)
        return Reference(at, self.value(hints_of(Reference)["kind"]), names[k + 1])


def own_kinds(family: OneOf[Any]) -> list[Any]:
    """The kinds of the project; other tests of the same process declare some of their own."""
    return [kind for kind in family.kinds().values() if kind.__module__.startswith("mgtwin.")]


def nouns_in(item: Any) -> Iterator[Any]:
    """Every noun in a cell, itself included."""
    if dataclasses.is_dataclass(item):
        yield item
        for field in dataclasses.fields(item):
            yield from nouns_in(getattr(item, field.name))
    elif isinstance(item, typing.Mapping):
        for value in item.values():
            yield from nouns_in(value)
    elif isinstance(item, tuple | list):
        for value in item:
            yield from nouns_in(value)
