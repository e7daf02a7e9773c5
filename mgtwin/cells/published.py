r"""Published materials: numbers as they were printed, sample beside sample, and the material that a cell takes of one.

A file of ``materials/`` with the key ``samples`` holds what publications print and nothing else: laws of temperature
are derived here, by one rule for all (`Reported.law`).

An activation energy of which nobody says whether :math:`\ln\sigma` or :math:`\ln\sigma T` was plotted enters as that of
:math:`\ln\sigma` with the range :math:`[E - kT, E]`, widened by its digits: the slope of :math:`\ln\sigma` is
:math:`E - kT` if :math:`\ln\sigma T` was plotted. Where a conductivity is printed at two temperatures it follows from
these (`mgtwin.kinds.laws.isothermal.Point`), and a printed one becomes a check (`Reported.conflict`).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator

from pydantic import TypeAdapter, model_validator

from .. import yamlfile
from ..errors import InputError, UnknownNameError
from ..kinds.kind import KindClass
from ..kinds.laws import NEAR, Law
from ..kinds.materials import MATERIALS
from ..kinds.noun import field_names, noun
from ..kinds.numbers import BOLTZMANN
from ..kinds.sample import Sample
from ..plain import is_mapping
from .paths import Node
from .printed import Printed

__all__ = ["Published", "Reported", "is_published", "read_published"]


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

    def bounds(self, quantity: str, T: float | None = None) -> tuple[float, float] | None:
        """Return the lowest and highest value of all that is printed of a quantity (at T [K]); None if nothing is."""
        ends = [item.interval for item in self.of(quantity) if T is None or item.temperature in (T, None)]
        return (max(low for low, _ in ends), min(high for _, high in ends)) if ends else None

    def law(self, quantity: str) -> Law | None:
        """Return the law of temperature that the printed numbers of a conductivity amount to; None if to none.

        Through two temperatures: `Arrhenius` between them. One, with a printed activation energy: `Arrhenius`, valid
        where that was taken, else within 3 K. One alone: `Isothermal`.
        """
        points = [item.point for item in self.of(quantity) if item.is_number and item.temperature is not None]
        if not points:
            return None
        first, last = points[0], points[-1]
        if last.temperature > first.temperature:
            return first.through(last)
        energies = [
            item for item in self.of("activation_energy") if item.is_number and quantity == "ionic_conductivity"
        ]
        if not energies:
            return first.alone()
        (printed, *_), kT = energies, BOLTZMANN * first.temperature
        shift = kT if printed.convention == "ln_sigma_T" else 0.0
        below = 0.0 if printed.convention == "ln_sigma" else kT
        low, high = printed.interval
        energy = printed.number.replace(float(printed.value) - shift, low=low - below, high=high - shift, std=None)
        return first.with_energy(energy, printed.valid)

    @property
    def grade(self) -> str:
        """What its conductivity is worth: A a law with its range, A- one without, B a single point, C no number."""
        temperatures = {item.temperature for item in self.of("ionic_conductivity") if item.is_number}
        energies = [item for item in self.of("activation_energy") if item.is_number]
        if not temperatures - {None}:
            return "C"
        if len(temperatures) > 1 or any(item.valid for item in energies):
            return "A"
        return "A-" if energies else "B"

    def conflict(self) -> str:
        """Say where its printed activation energy contradicts its printed conductivities; ``""`` if nowhere.

        Bounds and powers of ten count for as much as they leave open.
        """
        points = [item for item in self.of("ionic_conductivity") if item.temperature is not None]
        printed = self.bounds("activation_energy")
        if printed is None or len({item.temperature for item in points}) < 2:
            return ""
        first, last = points[0], points[-1]
        low, value, high = first.point.slope(last.point)
        more = first.point.hopping(last.point)
        if low <= printed[1] and high + more >= printed[0]:
            return ""
        return (
            f"its conductivities ({first}; {last}) have an activation energy of {value:.3f} eV (ln σ) or "
            f"{value + more:.3f} eV (ln σT), ± {(high - low) / 2:.3f} eV by their digits, but "
            f"{printed[0]:.3g} to {printed[1]:.3g} eV are printed"
        )


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
        usable = [sample for sample in self.samples if sample.grade != "C"] or [*self.samples[:1]]
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
            "type": _kind_for(known).type,
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
        missing = [key for key in _needed(_kind_for(fields)) if key not in fields]
        if missing:
            printed = [item for sample in self.samples for key in missing for item in sample.of(key)]
            only = (
                f"; what is printed is no number to calculate with ({'; '.join(map(str, printed))})" if printed else ""
            )
            raise InputError(
                f"{self.name} cannot be simulated: no {' and no '.join(missing)} could be read{only}. Give your own, "
                f"in a file {{from: {self.name}, {missing[0]}: …}}; mt.values({self.name!r}) shows what is known."
            )
        return fields

    def notes(self) -> Iterator[tuple[str, str]]:
        """Yield (``warning`` or ``note``, sentence) of what a reader should beware of.

        Raises
        ------
        InputError
            Where a number is not what is printed.
        """
        for sample in self.samples:
            for item in sample.values:
                item.check_printed(f"{self.name}, {sample.name}")
                if not item.number.printed:
                    yield "warning", f"{sample.name}: how {item.quantity} ({item}) is printed is not said"
            if text := sample.conflict():
                yield "note" if self.conflict else "warning", f"{sample.name}: {text}"
            if sample.grade == "C":
                yield "note", f"{sample.name}: grade C, no conductivity of it can be simulated"
            for item in sample.values:
                if item.quantity == "activation_energy" and item.convention is None:
                    yield "warning", f"{sample.name}: convention (ln_sigma, ln_sigma_T, not_stated) of E is not given"
        if (apart := self.apart(self)) > 10:
            yield "note", f"its published conductivities differ by x{apart:.3g} at one temperature: none is a default"

    def apart(self, other: Published) -> float:
        """Return the largest ratio of its ionic conductivities to those of another one within 3 K, either way; >= 1."""
        mine, theirs = (
            [item.point for item in part.printed("ionic_conductivity") if item.is_number and item.temperature]
            for part in (self, other)
        )
        near = (a.value / b.value for a in mine for b in theirs if abs(a.temperature - b.temperature) <= NEAR)
        return max((max(ratio, 1 / ratio) for ratio in near), default=1.0)

    def printed(self, quantity: str) -> list[Printed]:
        """Return all that its samples print of a quantity."""
        return [item for sample in self.samples for item in sample.of(quantity)]


#: Numbers without a law that a material takes as they are.
_PLAIN = ("relative_permittivity", "chemical_capacitance")


def _needed(kind: KindClass) -> list[str]:
    """Fields of a kind of material that have no default."""
    fields = dataclasses.fields(kind)
    return [item.name for item in fields if item.default is item.default_factory is dataclasses.MISSING]


def _kind_for(known: Iterable[str]) -> KindClass:
    """The kind of material with the fewest needs that has a place for everything that is known."""
    wanted = set(known) - {"type"}
    able = (kind for kind in MATERIALS.values() if kind.conducts_ions and wanted <= {*field_names(kind)})
    return min(able, key=lambda kind: len(_needed(kind)))


def is_published(data: object) -> bool:
    """Tell whether a file of ``materials/`` holds printed numbers, and not the fields of a material."""
    return is_mapping(data) and "samples" in data


def read_published(document: yamlfile.Document) -> Published:
    """Read the published material of a file; FileError with the place of what is wrong."""
    found: Published = yamlfile.validate(document, TypeAdapter(Published), context={"file": True})
    return found
