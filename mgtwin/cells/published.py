r"""Published materials: numbers as they were printed, sample beside sample, and the material that a cell takes of one.

A file of ``materials/`` with the key ``samples`` holds what publications print and nothing else: laws of temperature
are derived here, by one rule for all (`Reported.law`).

An activation energy of which nobody says whether :math:`\ln\sigma` or :math:`\ln\sigma T` was plotted enters as that of
:math:`\ln\sigma` with the range :math:`[E - kT, E]`, widened by its digits: the slope of :math:`\ln\sigma` is
:math:`E - kT` if :math:`\ln\sigma T` was plotted. Where a conductivity is printed at two temperatures,

.. math::

   E = k\,\frac{\ln(\sigma_2/\sigma_1)}{1/T_1 - 1/T_2}, \qquad
   E_T = E + k\,\frac{T_1 T_2}{T_2 - T_1}\ln\frac{T_2}{T_1}

the first follows from these, and a printed one becomes a check (`Reported.conflict`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

import numpy as np
from pydantic import TypeAdapter, model_validator

from .. import yamlfile
from ..errors import InputError, UnknownNameError
from ..kinds.laws import Arrhenius, Isothermal, Law
from ..kinds.noun import noun
from ..kinds.numbers import BOLTZMANN
from ..kinds.sample import Counted, Sample
from ..plain import is_mapping
from ..quantities import AmbientTemperature, Quantity, Value, format_value, parse
from .paths import Node

__all__ = ["QUANTITIES", "Printed", "Published", "Reported", "is_published", "read_published"]

#: What can be printed of a material, with its SI unit (eV for energies).
QUANTITIES: Mapping[str, str] = {
    "ionic_conductivity": "S/m",
    "electronic_conductivity": "S/m",
    "activation_energy": "eV",
    "migration_barrier": "eV",
    "transference_number": "",
    "relative_permittivity": "",
    "chemical_capacitance": "F/m^3",
    "salt_diffusivity": "m^2/s",
    "concentration": "mol/m^3",
    "oxidative_limit": "V",
    "stability_window": "V",
    "decomposition_temperature": "K",
}
#: What is printed can be a number, or only a bound or a power of ten.
Means = Literal["exact", "about", "order", "at_least", "at_most", "up_to"]
_BOUNDS = {"at_least": "≥", "at_most": "≤", "up_to": "≤", "order": "~"}
_OF_THE_NUMBER = ("value", "std", "range", "kind", "source", "where", "printed", "note")


@noun
class Printed:
    """One printed number of a sample. In a file its provenance stands beside it, as with any other number.

    Parameters
    ----------
    quantity : str
        One of `QUANTITIES`.
    value : quantity
        In its unit, with kind, source, place, uncertainty and how it is printed.
    temperature : quantity, optional
        At which it holds [K].
    means : {"exact", "about", "order", "at_least", "at_most", "up_to"}
        What is printed: a number, a power of ten (``order``), or a bound.
    counts : {"total", "partial", "bulk", "electronic", "not_stated"}
        Which carriers a conductivity counts.
    convention : {"ln_sigma", "ln_sigma_T", "not_stated"}, optional
        What was plotted for an activation energy.
    valid : (quantity, quantity), optional
        Temperatures [K] over which an activation energy was taken.

    Raises
    ------
    InputError
        For an unknown quantity, a wrong unit, or a conductivity that is not above 0.
    """

    quantity: str
    value: Annotated[float, Quantity(None)]
    temperature: Annotated[float, AmbientTemperature()] | None = None
    means: Means = "exact"
    counts: Counted = "not_stated"
    convention: Literal["ln_sigma", "ln_sigma_T", "not_stated"] | None = None
    valid: tuple[Annotated[float, AmbientTemperature()], Annotated[float, AmbientTemperature()]] | None = None

    @model_validator(mode="before")
    @classmethod
    def _beside(cls, raw: Node) -> Node:
        """Put the number together, whose keys stand in a file beside those of this noun."""
        if not is_mapping(raw):
            return raw
        number = {key: raw[key] for key in _OF_THE_NUMBER if key in raw}
        others = {key: item for key, item in raw.items() if key not in number}
        quantity = str(others.get("quantity"))
        if quantity not in QUANTITIES:
            raise UnknownNameError(quantity, QUANTITIES, "quantity")
        value = parse(number, QUANTITIES[quantity], need_unit=True)
        if QUANTITIES[quantity] == "S/m" and not value > 0:
            raise InputError(f"a conductivity must be greater than 0, but is {format_value(value)}.")
        return {**others, "value": value}

    @property
    def number(self) -> Value:
        """The value, which knows where it comes from."""
        return self.value  # type: ignore[return-value]

    @property
    def interval(self) -> tuple[float, float]:
        """Lowest and highest value that what is printed leaves open."""
        value, std = self.number, self.number.std or 0.0
        low = value.low if value.low is not None else float(value) - std
        high = value.high if value.high is not None else float(value) + std
        return (-math.inf if self.means in ("at_most", "up_to") else low, math.inf if self.means == "at_least" else high)

    @property
    def is_number(self) -> bool:
        """Whether it was measured and can be calculated with: no bound, no power of ten, nothing derived from others."""
        return self.means not in _BOUNDS and self.number.kind != "computed"

    def __str__(self) -> str:
        shown = f"{_BOUNDS.get(self.means, '')}{format_value(self.number)}"
        at = "" if self.temperature is None else f" at {format_value(self.temperature, 'K')}"
        counted = "" if self.counts == "not_stated" else f" ({self.counts})"
        return f"{shown}{at}{counted}"


@noun
class Reported:
    """What one publication prints of one sample.

    Parameters
    ----------
    name : str
        By which `mgtwin.material` takes it, ``value=name``.
    values : sequence of Printed
    formula : str
        Where it differs from that of its material.
    ambient : str
        What must surround the sample.
    """

    name: str
    values: tuple[Printed, ...]
    formula: str = ""
    ambient: str = ""

    def of(self, quantity: str) -> list[Printed]:
        """Return all that is printed of a quantity, the coldest first."""
        found = [item for item in self.values if item.quantity == quantity]
        return sorted(found, key=lambda item: item.temperature or 0.0)

    def bounds(self, quantity: str) -> tuple[float, float] | None:
        """Return the lowest and highest value of all that is printed of a quantity together; None if nothing is."""
        ends = [item.interval for item in self.of(quantity)]
        return (max(low for low, _ in ends), min(high for _, high in ends)) if ends else None

    def law(self, quantity: str) -> Law | None:
        """Return the law of temperature that the printed numbers of a conductivity amount to; None if to none.

        Through two temperatures: `Arrhenius` between them. One, with a printed activation energy: `Arrhenius`, valid
        where that was taken, else within 3 K. One alone: `Isothermal`.
        """
        points = [item for item in self.of(quantity) if item.is_number and item.temperature is not None]
        if not points:
            return None
        first, last = points[0], points[-1]
        T1, T2 = float(first.temperature or 0.0), float(last.temperature or 0.0)
        energies = [item for item in self.of("activation_energy") if item.is_number and quantity == "ionic_conductivity"]
        if T2 > T1:
            low, value, high = slope(first, last)
            energy = Value(
                value,
                unit="eV",
                low=low,
                high=high,
                kind="computed",
                source=first.number.source,
                where="from the conductivities at two temperatures",
                note="k ln(s2/s1)/(1/T1 - 1/T2); range: as far as their digits leave it open",
            )
            return Arrhenius(first.value, first.temperature or T1, energy, valid=(T1, T2))
        if energies:
            (printed, *_), kT = energies, BOLTZMANN * T1
            below = kT if printed.convention == "not_stated" else 0.0
            shift = kT if printed.convention == "ln_sigma_T" else 0.0
            low, high = printed.interval
            energy = printed.number.replace(float(printed.value) - shift, low=low - shift - below, high=high - shift)
            return Arrhenius(first.value, first.temperature or T1, energy.replace(std=None), valid=printed.valid or (T1 - 3.0, T1 + 3.0))
        return Isothermal(first.value, first.temperature or T1)

    @property
    def grade(self) -> str:
        """What its conductivity is worth: A a law with its range, A- one without, B a single point, C no number."""
        match self.law("ionic_conductivity"):
            case None:
                return "C"
            case Isothermal():
                return "B"
        several = len({item.temperature for item in self.of("ionic_conductivity") if item.is_number}) > 1
        return "A" if several or any(item.valid for item in self.of("activation_energy")) else "A-"

    def conflict(self) -> str:
        """Say where its printed activation energy contradicts its printed conductivities; ``""`` if nowhere.

        Bounds and powers of ten count for as much as they leave open.
        """
        points = [item for item in self.of("ionic_conductivity") if item.temperature is not None]
        printed = self.bounds("activation_energy")
        if printed is None or len({item.temperature for item in points}) < 2:
            return ""
        (low, value, high), first, last = slope(points[0], points[-1]), points[0], points[-1]
        T1, T2 = float(first.temperature or 0.0), float(last.temperature or 0.0)
        more = BOLTZMANN * T1 * T2 * math.log(T2 / T1) / (T2 - T1)
        if low <= printed[1] and high + more >= printed[0]:
            return ""
        return (
            f"its conductivities ({first}; {last}) have an activation energy of {value:.3f} eV (ln σ) or "
            f"{value + more:.3f} eV (ln σT), ± {(high - low) / 2:.3f} eV by their digits, but "
            f"{printed[0]:.3g} to {printed[1]:.3g} eV are printed"
        )


def slope(first: Printed, last: Printed) -> tuple[float, float, float]:
    """Return the lowest, nominal and highest activation energy [eV] of ln sigma between two printed conductivities."""
    per_log = BOLTZMANN / (1 / float(first.temperature or 0.0) - 1 / float(last.temperature or 0.0))
    (a, b), (c, d) = first.interval, last.interval
    return (per_log * np.log([c / b, float(last.value) / float(first.value), d / a])).tolist()  # type: ignore[no-any-return]


@noun
class Published:
    """A material of the library: what it is, and its samples side by side.

    Parameters
    ----------
    name, description, formula : str
    ion : str
        Symbol of the element whose ion it conducts.
    samples : sequence of Reported
    family : str
        For example ``borohydride``.
    conflict : str
        What its authors' own numbers leave open, in words: `mgtwin check` then notes the contradiction and does not
        warn of it.

    Raises
    ------
    InputError
        For samples of one name.
    """

    name: str
    formula: str
    ion: str
    samples: tuple[Reported, ...]
    description: str = ""
    family: str = ""
    conflict: str = ""

    @model_validator(mode="after")
    def _distinct(self) -> Published:
        names = [sample.name for sample in self.samples]
        if not names or len({*names}) < len(names):
            raise InputError(f"{self.name} needs samples with names that differ, not {', '.join(names) or 'none'}.")
        return self

    def choose(self, name: str | None) -> Reported:
        """Return the sample of this name; without one the only sample that can be calculated with.

        Raises
        ------
        UnknownNameError
            If there is no such sample.
        InputError
            Without a name, where several samples compete: their numbers are shown.
        """
        named = {sample.name: sample for sample in self.samples}
        if name is not None:
            if name not in named:
                raise UnknownNameError(name, named, f"sample of {self.name}")
            return named[name]
        usable = [sample for sample in self.samples if sample.grade != "C"] or [*self.samples]
        if len(usable) > 1:
            shown = "; ".join(
                f"{sample.name}: {', '.join(map(str, sample.of('ionic_conductivity')))}" for sample in usable
            )
            raise InputError(
                f"{self.name} has {len(usable)} published samples, and none is the right one for every cell ({shown}). "
                f"Choose: mt.material({self.name!r}, value={usable[0].name!r}), in a file {{from: {self.name}, value: "
                f"{usable[0].name}}}."
            )
        return usable[0]

    def fields(self, name: str | None = None) -> dict[str, Node]:
        """Return the fields of the material of one sample, as many as are published."""
        sample = self.choose(name)
        laws = {key: sample.law(key) for key in ("ionic_conductivity", "electronic_conductivity")}
        known: dict[str, Node] = {key: law for key, law in laws.items() if law is not None}
        numbers = {key: [item.value for item in sample.of(key) if item.is_number] for key in _PLAIN}
        known |= {key: found[0] for key, found in numbers.items() if found}
        counted = {item.counts for item in sample.of("ionic_conductivity") if item.is_number}
        fractions = " and ".join(str(item) for item in sample.of("transference_number"))
        return {
            "type": "mixed_conductor" if "electronic_conductivity" in known else "ion_conductor",
            "name": self.name,
            "description": self.description,
            **known,
            "sample": Sample(
                sample.name,
                sample.formula or self.formula,
                self.ion,
                sample.ambient,
                counted.pop() if len(counted) == 1 else "not_stated",
                fractions,
            ),
        }

    def complete(self, name: str | None = None) -> dict[str, Node]:
        """Return `fields` where they make a material.

        Raises
        ------
        InputError
            Where a number that its equations need is not published: nothing is filled in.
        """
        fields = self.fields(name)
        needed = {"ion_conductor": _NEEDED[:1], "mixed_conductor": _NEEDED}[fields["type"]]
        missing = [key for key in needed if key not in fields]
        if missing:
            printed = [item for sample in self.samples for key in missing for item in sample.of(key)]
            only = f"; what is printed is no number to calculate with ({'; '.join(map(str, printed))})" if printed else ""
            raise InputError(
                f"{self.name} cannot be simulated: no {' and no '.join(missing)} could be read{only}. Give your own, "
                f"in a file {{from: {self.name}, {missing[0]}: …}}; mt.values({self.name!r}) shows what is known."
            )
        return fields

    def notes(self) -> Iterator[tuple[str, str]]:
        """Yield (``warning`` or ``note``, sentence) of what a reader should beware of."""
        for sample in self.samples:
            if text := sample.conflict():
                yield "note" if self.conflict else "warning", f"{sample.name}: {text}"
            if sample.grade == "C":
                yield "note", f"{sample.name}: grade C, no conductivity of it can be simulated"
            for item in sample.values:
                if item.quantity == "activation_energy" and item.convention is None:
                    yield "warning", f"{sample.name}: convention (ln_sigma, ln_sigma_T, not_stated) of E is not given"
        sizes = [float(item.value) for item in self.printed("ionic_conductivity") if item.is_number]
        if len(sizes) > 1 and len(self.samples) > 1 and max(sizes) > 10 * min(sizes):
            yield "note", f"its published conductivities differ by x{max(sizes) / min(sizes):.3g}: none is a default"

    def printed(self, quantity: str) -> list[Printed]:
        """Return all that its samples print of a quantity."""
        return [item for sample in self.samples for item in sample.of(quantity)]


_NEEDED = ("ionic_conductivity", "electronic_conductivity", "chemical_capacitance")
#: Numbers without a law that a material takes as they are.
_PLAIN = ("relative_permittivity", "chemical_capacitance")


def is_published(data: object) -> bool:
    """Tell whether a file of ``materials/`` holds printed numbers, and not the fields of a material."""
    return is_mapping(data) and "samples" in data


def read_published(document: yamlfile.Document) -> Published:
    """Read the published material of a file; FileError with the place of what is wrong."""
    found: Published = yamlfile.validate(document, TypeAdapter(Published), context={"file": True})
    return found
