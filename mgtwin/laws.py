r"""Laws of temperature for material and interface properties, and the field type that takes a number or a law.

Each law is a frozen dataclass that is called with a temperature [K]. Its equation is the static method ``formula``,
written with NumPy ufuncs only, so that any field and T itself can be an array or a PyBaMM symbol (except `Table`).
The Boltzmann constant is in eV/K because activation energies are in eV.
"""

from __future__ import annotations

from dataclasses import field, fields
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from pydantic import AfterValidator, model_validator

from mgtwin._property import TaggedField, law
from mgtwin.errors import InputError
from mgtwin.quantities import Quantity, format_value, parse

__all__ = [
    "BOLTZMANN",
    "Arrhenius",
    "ArrheniusT",
    "Constant",
    "Law",
    "Property",
    "Table",
    "VogelFulcher",
    "evaluate",
]

BOLTZMANN = 8.617333262e-5
"""Boltzmann constant [eV/K] (CODATA 2018)."""


def _ordered(valid: tuple[float, float]) -> tuple[float, float]:
    if not valid[0] < valid[1]:
        low, high = (format_value(limit, "K") for limit in valid)
        raise InputError(f"must be (lowest, highest) temperature, but is ({low}, {high}).")
    return valid


_Any = Annotated[float, Quantity(None)]  # the dimension is known once the law is in a field
_Temperature = Annotated[float, Quantity("K", gt=0)]
_Range = Annotated[tuple[_Temperature, _Temperature], AfterValidator(_ordered)]


class Law:
    """Base of the laws of temperature; use one of its final subclasses.

    Subclasses are frozen pydantic dataclasses with the key ``type`` that names them in files and the optional range of
    validity ``valid = (T_low, T_high)`` [K].
    """

    type: str
    valid: tuple[float, float] | None
    value_fields: ClassVar[tuple[str, ...]] = ()
    """The fields that have the dimension of the property itself."""

    @staticmethod
    def formula(T: Any, **parameters: Any) -> Any:
        """Evaluate the equation at T [K] with the given fields; all may be floats, arrays or PyBaMM symbols."""
        raise NotImplementedError

    def parameters(self) -> dict[str, Any]:
        """Return the fields that `formula` takes."""
        return {item.name: getattr(self, item.name) for item in fields(self) if item.name not in ("type", "valid")}  # type: ignore[arg-type]

    def __call__(self, T: Any) -> Any:
        """Evaluate at T: a number or array [K], a string such as ``"60 degC"``, or a PyBaMM symbol.

        Returns
        -------
        float, ndarray or symbol
            In the SI unit of the property, with the shape of T.

        Raises
        ------
        InputError
            If a temperature is not above 0 K.
        """
        return _finish(self.formula(_temperature(T), **self.parameters()))

    def validity_warning(self, T: Any) -> str | None:
        """Return a sentence if any temperature in T [K] is outside the range of validity, else None."""
        limits = self.limits()
        if limits is None:
            return None
        values = np.atleast_1d(np.asarray(_temperature(T), dtype=float))
        # A rounding error of the conversion from degC is not an extrapolation.
        outside = values[(values < limits[0] - 1e-6) | (values > limits[1] + 1e-6)]
        if outside.size == 0:
            return None
        used = [format_value(value, "K") for value in dict.fromkeys((outside.min(), outside.max()))]
        low, high = (format_value(limit, "K") for limit in limits)
        return f"{type(self).__name__} law used at {' to '.join(used)}, outside its validity {low} to {high}."

    def limits(self) -> tuple[float, float] | None:
        """Return the lowest and highest temperature [K] at which the law holds, None if it does not say."""
        return self.valid


@law
class Constant(Law):
    """A property that does not depend on temperature, with a range in which that is known.

    Parameters
    ----------
    value : quantity
        In the unit of the property.
    valid : (quantity, quantity), optional
        Range of validity [K].
    """

    value_fields = ("value",)

    value: Annotated[float, Quantity(None, allow_inf=True)]
    valid: _Range | None = field(default=None, kw_only=True)
    type: Literal["constant"] = field(default="constant", kw_only=True)

    @staticmethod
    def formula(T: Any, *, value: Any) -> Any:  # type: ignore[override]
        """Return `value` in the shape of T."""
        return value + 0.0 * T


@law
class Arrhenius(Law):
    """Arrhenius law in the property itself: ``y = y_ref exp(-E/k (1/T - 1/T_ref))``.

    Parameters
    ----------
    reference : quantity
        Value at `reference_temperature`, in the unit of the property.
    reference_temperature : quantity
        [K].
    activation_energy : quantity
        [eV]; ``kJ/mol`` is accepted.
    valid : (quantity, quantity), optional
        Range of validity [K].

    Notes
    -----
    An activation energy from a plot of ln(sigma T) belongs in `ArrheniusT`: it is about kT (0.03 eV) larger.

    Examples
    --------
    >>> sigma = Arrhenius("0.554 mS/cm", "25 degC", "0.351 eV")
    >>> float(f"{sigma('60 degC'):.3g}")
    0.233
    """

    value_fields = ("reference",)

    reference: _Any
    reference_temperature: _Temperature
    activation_energy: Annotated[float, Quantity("eV")]
    valid: _Range | None = field(default=None, kw_only=True)
    type: Literal["arrhenius"] = field(default="arrhenius", kw_only=True)

    @staticmethod
    def formula(T: Any, *, reference: Any, reference_temperature: Any, activation_energy: Any) -> Any:  # type: ignore[override]
        """Return ``reference*exp(-E/k*(1/T - 1/T_ref))``."""
        return reference * np.exp(-activation_energy / BOLTZMANN * (1 / T - 1 / reference_temperature))


@law
class ArrheniusT(Law):
    """Arrhenius law in property times temperature: ``y = y_ref (T_ref/T) exp(-E/k (1/T - 1/T_ref))``.

    The form of hopping conduction (Nernst-Einstein), used when ln(sigma T) was plotted against 1/T.

    Parameters
    ----------
    reference : quantity
        Value (not times T) at `reference_temperature`, in the unit of the property.
    reference_temperature : quantity
        [K].
    activation_energy : quantity
        [eV]; ``kJ/mol`` is accepted.
    valid : (quantity, quantity), optional
        Range of validity [K].
    """

    value_fields = ("reference",)

    reference: _Any
    reference_temperature: _Temperature
    activation_energy: Annotated[float, Quantity("eV")]
    valid: _Range | None = field(default=None, kw_only=True)
    type: Literal["arrhenius_t"] = field(default="arrhenius_t", kw_only=True)

    @staticmethod
    def formula(T: Any, *, reference: Any, reference_temperature: Any, activation_energy: Any) -> Any:  # type: ignore[override]
        """Return ``reference*T_ref/T*exp(-E/k*(1/T - 1/T_ref))``."""
        exponential = np.exp(-activation_energy / BOLTZMANN * (1 / T - 1 / reference_temperature))
        return reference * (reference_temperature / T) * exponential


@law
class VogelFulcher(Law):
    """Vogel-Fulcher-Tammann law: ``y = A exp(-B/(k (T - T_0)))``, for polymers and liquids.

    Parameters
    ----------
    prefactor : quantity
        A, in the unit of the property.
    activation_energy : quantity
        The pseudo activation energy B [eV].
    vanishing_temperature : quantity
        T_0 [K], below the glass transition; the law holds only above it.
    valid : (quantity, quantity), optional
        Range of validity [K].

    Raises
    ------
    InputError
        When evaluated with numbers at or below `vanishing_temperature`.
    """

    value_fields = ("prefactor",)

    prefactor: _Any
    activation_energy: Annotated[float, Quantity("eV", ge=0)]
    vanishing_temperature: Annotated[float, Quantity("K", ge=0)]
    valid: _Range | None = field(default=None, kw_only=True)
    type: Literal["vogel_fulcher"] = field(default="vogel_fulcher", kw_only=True)

    @staticmethod
    def formula(T: Any, *, prefactor: Any, activation_energy: Any, vanishing_temperature: Any) -> Any:  # type: ignore[override]
        """Return ``prefactor*exp(-B/(k*(T - T_0)))``."""
        if _is_numeric(T) and _is_numeric(vanishing_temperature) and np.any(np.less_equal(T, vanishing_temperature)):
            lowest, limit = format_value(np.min(T), "K"), format_value(np.max(vanishing_temperature), "K")
            raise InputError(
                f"a Vogel-Fulcher law holds only above its vanishing temperature {limit}, not at {lowest}."
            )
        return prefactor * np.exp(-activation_energy / (BOLTZMANN * (T - vanishing_temperature)))

    @model_validator(mode="after")
    def _above_vanishing(self) -> VogelFulcher:
        if self.valid is not None and self.valid[0] <= self.vanishing_temperature:
            low, limit = format_value(self.valid[0], "K"), format_value(self.vanishing_temperature, "K")
            raise InputError(f"valid starts at {low}, but the law holds only above its vanishing temperature {limit}.")
        return self


@law
class Table(Law):
    """A table of measured values, interpolated linearly in T; its validity is the range of the table.

    Outside the table the end values are used and `validity_warning` says so. (Linear in T, not in 1/T: it is monotonic
    between the points and needs no positive values. Where the property grows exponentially, tabulate finely or use a
    law.)

    Parameters
    ----------
    temperatures : sequence of quantities
        [K], at least two, increasing.
    values : sequence of quantities
        As many, in the unit of the property.
    valid : (quantity, quantity), optional
        A narrower range of validity [K].
    """

    value_fields = ("values",)

    temperatures: tuple[_Temperature, ...]
    values: tuple[_Any, ...]
    valid: _Range | None = field(default=None, kw_only=True)
    type: Literal["table"] = field(default="table", kw_only=True)

    @staticmethod
    def formula(T: Any, *, temperatures: Any, values: Any) -> Any:  # type: ignore[override]
        """Interpolate linearly; for numbers and arrays only (PyBaMM needs an Interpolant, made in ``models``)."""
        if not _is_numeric(T):
            raise TypeError("a Table cannot be evaluated on a symbol: use an interpolant there.")
        return np.interp(T, np.asarray(temperatures, dtype=float), np.asarray(values, dtype=float))

    def limits(self) -> tuple[float, float]:
        """Return the ends of the table, or of `valid` where that is narrower."""
        low, high = self.temperatures[0], self.temperatures[-1]
        return (low, high) if self.valid is None else (max(low, self.valid[0]), min(high, self.valid[1]))

    @model_validator(mode="after")
    def _rows(self) -> Table:
        count, other = len(self.temperatures), len(self.values)
        if count != other or count < 2:
            raise InputError(f"a table needs two or more temperatures and as many values, not {count} and {other}.")
        for before, after in zip(self.temperatures, self.temperatures[1:], strict=False):
            if not before < after:
                shown = f"{format_value(before, 'K')} is followed by {format_value(after, 'K')}"
                raise InputError(f"the temperatures of a table must increase, but {shown}.")
        return self


def _is_numeric(x: Any) -> bool:
    return isinstance(x, (int, float, np.ndarray, np.generic, list, tuple))


def _temperature(T: Any) -> Any:
    """Read a temperature argument; numbers become floats or float arrays, symbols pass."""
    if isinstance(T, str):
        T = parse(T, "K")
    if isinstance(T, (int, float, np.generic)):
        T = float(T)
    elif isinstance(T, (list, tuple, np.ndarray)):
        T = np.asarray(T, dtype=float)
    else:
        return T
    if not np.all(np.asarray(T) > 0):  # also NaN
        raise InputError(f"a temperature must be above 0 K, but is {np.min(T):g} K.")
    return T


def _finish(result: Any) -> Any:
    """Return a plain float for a scalar; arrays and symbols as they are."""
    return float(result) if isinstance(result, (float, np.generic)) else result


def evaluate(prop: float | Law, T: Any) -> Any:
    """Evaluate a number or a law at T [K]; a number is returned in the shape of T.

    Examples
    --------
    >>> evaluate(2.0, 300.0), evaluate(Constant("2 S/m"), "60 degC")
    (2.0, 2.0)
    """
    if isinstance(prop, Law):
        return prop(T)
    return _finish(Constant.formula(_temperature(T), value=float(prop)))


LAWS: dict[str, Any] = {
    "constant": Constant,
    "arrhenius": Arrhenius,
    "arrhenius_t": ArrheniusT,
    "vogel_fulcher": VogelFulcher,
    "table": Table,
}
"""The laws by the name that they have in files."""


class Property(TaggedField):
    """The type of a pydantic field that holds a number (`Value`) or a law of temperature, in a given unit.

    Use it as the annotation (``ionic_conductivity: Property("S/m")``), or, where a type checker should know, as
    ``Annotated[Value | Law, Property("S/m")]``. It accepts whatever `mgtwin.quantities.parse` reads, a `Law`, and
    ``{"type": "arrhenius", "reference": "0.5 mS/cm", ...}``. The value, reference, prefactor or values of a law must
    have the unit's dimension and keep the bounds, too.

    Parameters
    ----------
    unit : str
        SI unit of the property, ``""`` if dimensionless.
    gt, ge, lt, le : float, optional
        Bounds; without a lower one the property must be greater than 0.
    allow_inf : bool
        Accept infinity.
    also : tuple of classes
        Other frozen pydantic dataclasses with a ``type`` key that the field takes, such as a law of the potential.
    """

    __slots__ = ()

    def __init__(
        self,
        unit: str,
        *,
        gt: float | None = None,
        ge: float | None = None,
        lt: float | None = None,
        le: float | None = None,
        allow_inf: bool = False,
        also: tuple[Any, ...] = (),
    ) -> None:
        lower = 0.0 if gt is None and ge is None else gt
        others: dict[str, Any] = {str(cls.__dataclass_fields__["type"].default): cls for cls in also}
        super().__init__(Quantity(unit, gt=lower, ge=ge, lt=lt, le=le, allow_inf=allow_inf), {**LAWS, **others})
