"""What is free in a fit: one value for all data, one per temperature or one per Dataset, and what is known of it."""

from __future__ import annotations

from dataclasses import field
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from ..errors import InputError
from ..kinds.noun import noun, one_of
from ..quantities import Quantity

__all__ = ["Free", "FreeLike", "LogNormal", "Normal", "PerDataset", "PerTemperature"]


#: A number in SI or a text with its unit; which unit is right depends on the path.
_Number = Annotated[float, Quantity(None, allow_inf=True)]


def _pair(raw: Any) -> Any:
    return tuple(raw) if isinstance(raw, list) else raw


@noun
class Normal:
    """Prior knowledge of a parameter as a normal distribution.

    Parameters
    ----------
    mean, std : float or str
        In SI units, or with a unit.

    Examples
    --------
    >>> Normal("0.30 eV", "0.02 eV").std
    Value(0.02, unit='eV')
    """

    mean: _Number
    std: _Number
    type: Literal["normal"] = Field(default="normal", kw_only=True)

    @model_validator(mode="after")
    def _positive(self) -> Normal:
        if not 0 < self.std < float("inf"):
            raise InputError(f"the standard deviation of a prior must be positive and finite, not {self.std:g}.")
        return self


@noun
class LogNormal:
    """Prior knowledge of a positive parameter: its logarithm is normally distributed.

    Parameters
    ----------
    median : float or str
        In SI units, or with a unit.
    factor : float
        > 1; the value lies within a factor `factor` of the median with a probability of 68 %.

    Examples
    --------
    >>> LogNormal("20 uF/cm^2", 2).median
    Value(0.2, unit='F/m^2')
    """

    median: _Number
    factor: _Number
    type: Literal["lognormal"] = Field(default="lognormal", kw_only=True)

    @model_validator(mode="after")
    def _sensible(self) -> LogNormal:
        if not self.median > 0 or not 1 < self.factor < float("inf"):
            raise InputError("the median of a LogNormal prior must be positive and its factor greater than 1.")
        return self


Prior = Annotated[Normal | LogNormal, Field(discriminator="type"), one_of("a prior", "normal", "lognormal")]


@noun
class Free:
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
    bounds: Annotated[tuple[_Number | None, _Number | None], BeforeValidator(_pair)] | None = None
    log: bool | None = None
    prior: Prior | None = None
    type: Literal["free"] = field(default="free", kw_only=True, repr=False)

    @model_validator(mode="after")
    def _ordered(self) -> Free:
        low, high = self.bounds or (None, None)
        if low is not None and high is not None and not low < high:
            raise InputError(f"the lower bound {low:g} must be below the upper one {high:g}: exchange them.")
        return self


@noun
class PerTemperature:
    """A number with a value of its own at every temperature of the data.

    Parameters
    ----------
    free : Free
        How each of them is fitted.
    """

    free: Free = field(default_factory=Free)
    type: Literal["per_temperature"] = field(default="per_temperature", kw_only=True, repr=False)


@noun
class PerDataset:
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
    type: Literal["per_dataset"] = field(default="per_dataset", kw_only=True, repr=False)


FreeLike = Free | PerTemperature | PerDataset
