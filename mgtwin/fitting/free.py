"""What is free in a fit: one value for all data, one per temperature or one per Dataset."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, TypeVar, dataclass_transform

from pydantic import model_validator

from ..analysis.monotonic_growth import FEWEST
from ..errors import InputError
from ..kinds.declare import declared, require
from ..quantities import Quantity, format_value, parse
from ..registry import Family
from .priors import *  # noqa: F403 (the kinds of a family are listed nowhere but in its own files)
from .priors import Prior

__all__ = ["FREE", "Drifting", "Free", "FreeLike", "PerDataset", "PerTemperature", "Place", "free_kind"]

#: Temperatures closer than this [K] are the same for a parameter that has a value per temperature.
SAME_TEMPERATURE = 0.05

#: A number in SI or a text with its unit; which unit is right depends on the path.
_Number = Annotated[float, Quantity(None, allow_inf=True)]


@dataclass(frozen=True)
class Place:
    """A Dataset in which a number is free: its label and its temperature [K], None where it is not known."""

    label: str
    temperature: float | None


class FreeLike(ABC):
    """Base of what can be free."""

    @property
    @abstractmethod
    def single(self) -> Free:
        """How each of its values is fitted."""

    @abstractmethod
    def groups(self, places: Mapping[int, Place]) -> dict[str, list[int]]:
        """Which Datasets have a value in common: what is put behind the name, to their numbers."""

    @property
    def monotonic(self) -> bool:
        """Whether values can only grow from Dataset to Dataset."""
        return False

    @property
    def wander(self) -> tuple[float, float]:
        """Variance by which its logarithm wanders while a cell is used, per cycle and per second."""
        return 0.0, 0.0


#: Every way to be free by the name that it has in files.
FREE: Family[type[FreeLike]] = Family("way to be free", "what is free")
_FreeLike = TypeVar("_FreeLike", bound=FreeLike)


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def free_kind(cls: type[_FreeLike]) -> type[_FreeLike]:
    """Make a class a way to be free: a noun that files know by its name in snake case."""

    def check(made: type[FreeLike]) -> None:
        missing = ", ".join(sorted(made.__abstractmethods__))
        require(not missing, made, FREE, f"without {missing}.")

    return declared(cls, FREE, FreeLike, check)


@free_kind
class Free(FreeLike):
    """A number that a fit may change: one value, the same in all data whose cell has it.

    Parameters
    ----------
    start : float or str, optional
        Where to begin [SI, or with a unit]; by default the cell's own value.
    bounds : (low, high), optional
        Limits; None or inf on a side for none. What the cell itself demands (a conductivity above 0, an exponent up to
        1) holds anyway.
    log : bool, optional
        Fit the logarithm. By default positive numbers whose size is unknown (conductivities, resistances,
        capacitances, thicknesses, ...) are fitted in the logarithm, but not energies, temperatures, potentials and
        fractions.
    prior : Normal or LogNormal, optional
        What is known beside the data; it enters as one more measurement.

    Examples
    --------
    >>> Free(bounds=("0.1 eV", "0.8 eV")).bounds
    (Value(0.1, unit='eV'), Value(0.8, unit='eV'))
    """

    start: _Number | None = None
    bounds: tuple[_Number | None, _Number | None] | None = None
    log: bool | None = None
    prior: Prior | None = None

    @model_validator(mode="after")
    def _ordered(self) -> Free:
        low, high = self.bounds or (None, None)
        if low is not None and high is not None and not low < high:
            raise InputError(f"the lower bound {low:g} must be below the upper one {high:g}: exchange them.")
        return self

    @property
    def single(self) -> Free:
        """Itself."""
        return self

    def groups(self, places: Mapping[int, Place]) -> dict[str, list[int]]:
        """All Datasets together."""
        return {"": list(places)}


@free_kind
class PerTemperature(FreeLike):
    """A number with a value of its own at every temperature of the data.

    Parameters
    ----------
    free : Free
        How each of them is fitted.
    """

    free: Free = field(default_factory=Free)

    @property
    def single(self) -> Free:
        """How each is fitted."""
        return self.free

    def groups(self, places: Mapping[int, Place]) -> dict[str, list[int]]:
        """Datasets of one temperature together, in the order of the temperatures."""
        found: dict[float, list[int]] = {}
        for number, place in places.items():
            T = place.temperature
            if T is None:
                raise InputError(
                    f"{place.label} does not say at which temperature it was taken: "
                    f"ds.assign_attrs(temperature=298.15) [K], or PerDataset instead of PerTemperature."
                )
            same = next((known for known in found if abs(known - T) < SAME_TEMPERATURE), T)
            found.setdefault(same, []).append(number)
        return {f" @ {format_value(T, 'K')}": found[T] for T in sorted(found)}


@free_kind
class PerDataset(FreeLike):
    """A number with a value of its own in every Dataset.

    Parameters
    ----------
    free : Free
        How each of them is fitted.
    grows : bool
        Whether the cell ages in the order of the Datasets and this number can only grow (the resistance of a film).
        Where it falls the model does not hold: ``Fit.outside_model`` names these Datasets. At least eight Datasets.
    """

    free: Free = field(default_factory=Free)
    grows: bool = False

    @property
    def single(self) -> Free:
        """How each is fitted."""
        return self.free

    def groups(self, places: Mapping[int, Place]) -> dict[str, list[int]]:
        """Every Dataset alone."""
        if self.grows and len(places) < FEWEST:
            raise InputError(
                f"whether it only grows can be tested with {FEWEST} Datasets at least, not {len(places)}: "
                f"leave out grows=True."
            )
        return {f" [{place.label}]": [number] for number, place in places.items()}

    @property
    def monotonic(self) -> bool:
        """`grows`."""
        return self.grows


@free_kind
class Drifting(FreeLike):
    """A positive number that wanders while a cell is used: its logarithm is a random walk. For `mgtwin.Twin`.

    Parameters
    ----------
    std : float or str
        Standard deviation of its logarithm after one cycle, or after `per`; it grows with the root of their number.
    per : str
        ``"cycle"``, or a time such as ``"1 day"``.
    free : Free
        What is known of it at the start.

    Examples
    --------
    >>> Drifting("5 %", per="cycle").std
    Value(0.05, unit='')
    """

    std: Annotated[float, Quantity("", gt=0)]
    per: str = "cycle"
    free: Free = field(default_factory=lambda: Free(log=True))

    @property
    def single(self) -> Free:
        """What is known of it at the start."""
        return self.free

    @property
    def wander(self) -> tuple[float, float]:
        """Variance of its logarithm per cycle and per second."""
        return (self.std**2, 0.0) if self.per == "cycle" else (0.0, self.std**2 / float(parse(self.per, "s")))

    def groups(self, places: Mapping[int, Place]) -> dict[str, list[int]]:
        """A fit has no order of time in which a number could wander."""
        raise InputError(
            "a number that drifts has a value at every moment: only mt.Twin knows it. In a fit give mt.Free(), or "
            "mt.PerDataset(mt.Free())."
        )
