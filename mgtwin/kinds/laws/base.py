r"""The family of laws of temperature: what a law declares, and the decorator that takes it up."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Annotated, ClassVar, TypeVar, dataclass_transform

import numpy as np
from pydantic import AfterValidator

from ...errors import InputError
from ...quantities import AmbientTemperature, Quantity, format_value, parse
from ...registry import Family
from ..declare import declared, require
from ..kind import Added, Formula, asked_by
from ..numbers import Number, is_symbol, plain
from ..own import Own

__all__ = ["LAWS", "AnyUnit", "Dependence", "Law", "Temperature", "evaluate", "law"]

LAWS: Family[type[Law]] = Family("law of temperature", "a law of temperature")
"""The laws by the name that they have in files."""

_Class = TypeVar("_Class")

#: A value of the property itself: its dimension is known once the law stands in a field.
AnyUnit = Annotated[float, Quantity(None)]
Temperature = Annotated[float, AmbientTemperature()]


def _ordered(valid: tuple[float, float]) -> tuple[float, float]:
    if not valid[0] < valid[1]:
        low, high = (format_value(limit, "K") for limit in valid)
        raise InputError(f"must be (lowest, highest) temperature, but is ({low}, {high}).")
    return valid


_Range = Annotated[tuple[Temperature, Temperature], AfterValidator(_ordered)]


class Dependence:
    """Base of what can stand in place of a number: laws of temperature, of the local electrode potential, functions."""

    type: str

    def standing(self, own: Own) -> Number:
        """Return what it is worth where it stands, with the numbers there.

        Raises
        ------
        InputError
            It depends on more than the temperature and the cell's numbers.
        """
        raise InputError(f"{own.path} is not a number but {self!r}: it depends on the potential.")

    @property
    def label(self) -> str:
        """What it is, for tables of numbers."""
        return type(self).__name__


class Law(Dependence):
    """Base of the laws of temperature: frozen, called with a temperature [K].

    Every law has the keyword ``valid = (T_low, T_high)`` [K], its range of validity, and ``type``, its name in files.
    """

    valid: tuple[float, float] | None
    value_fields: ClassVar[tuple[str, ...]] = ()
    """The fields that have the dimension of the property itself."""

    formula: ClassVar[Callable[..., Number]]
    """The equation, ``formula(T, *, <field>, ...)``: all may be floats, arrays or PyBaMM symbols."""

    def parameters(self) -> dict[str, Number]:
        """Return the fields that `formula` takes."""
        return {name: vars(self)[name] for name in asked_by(type(self), "formula")}

    def __call__(self, T: Number | str) -> Number:
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
        return plain(self.formula(_temperature(T), **self.parameters()))

    def standing(self, own: Own) -> Number:
        """Return the property at the temperature of the cell."""
        # rows of a table have no path of their own
        given = {
            name: own.number(name) if isinstance(value, float) else value for name, value in self.parameters().items()
        }
        return self.formula(own.temperature, **given)

    def validity_warning(self, T: Number | str) -> str | None:
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

    def always(self, value: float) -> bool:
        """Tell whether it is 0, or infinite, at every temperature: all values that have its unit are."""
        # any other number is multiplied by what depends on T
        return value in (0.0, np.inf) and all(np.all(np.equal(vars(self)[name], value)) for name in self.value_fields)

    @property
    def label(self) -> str:
        """Its name and its range of validity."""
        limits = [format_value(limit, "K") for limit in self.limits() or ()]
        return ", ".join([type(self).__name__, *([" to ".join(limits)] if limits else [])])

    def limits(self) -> tuple[float, float] | None:
        """Return the lowest and highest temperature [K] at which the law holds, None if it does not say."""
        return self.valid


@dataclass_transform(frozen_default=True, field_specifiers=(dataclasses.field,))
def law(cls: type[_Class]) -> type[_Class]:
    """Declare a law of temperature: a class with fields and the static method ``formula(T, *, <field>, ...)``.

    The formula is written with operators and NumPy's ufuncs, so that T and every field can be a float, an array or a
    symbol. ``value_fields`` names the fields that have the unit of the property; the others give theirs themselves.
    ``valid`` and ``type`` are added. The law is then known to files, ``mgtwin schema`` and every field of a cell that
    takes laws.

    Raises
    ------
    InputError
        When the class is made: there is no formula, it asks for what is no field, ``value_fields`` names none of them,
        or another law has that name.

    Examples
    --------
    >>> import mgtwin as mt
    >>> from mgtwin.kinds.laws import LAWS, AnyUnit
    >>> @mt.law
    ... class PowerOfTemperature:
    ...     value_fields = ("reference",)
    ...     reference: AnyUnit
    ...     exponent: float
    ...
    ...     @staticmethod
    ...     def formula(T, *, reference, exponent):
    ...         return reference * (T / 300) ** exponent
    >>> mt.IonConductor(PowerOfTemperature("1 mS/cm", 2.0)).ionic_conductivity(600.0)
    0.4
    >>> LAWS.discard("power_of_temperature")
    """
    added = {"valid": Added(_Range | None, None)}

    def check(made: type[Law]) -> None:
        fields = [name for name in vars(made)["__annotations__"] if name not in ("type", "valid")]
        named = made.value_fields and set(made.value_fields) <= set(fields)
        require(
            named, made, LAWS, f"whose value_fields must name those of {', '.join(fields)} with the property's unit."
        )

    return declared(cls, LAWS, Law, check, [Formula("formula", ("T",), required=True)], added)


def _temperature(T: Number | str) -> Number:
    """Read a temperature argument; numbers become floats or float arrays, symbols pass."""
    if isinstance(T, str):
        T = parse(T, "K")
    if is_symbol(T):
        return T
    T = plain(np.asarray(T, dtype=float))
    if not np.all(np.asarray(T) > 0):  # also NaN
        raise InputError(f"a temperature must be above 0 K, but is {np.min(T):g} K.")
    return T


def evaluate(prop: float | Law, T: Number | str) -> Number:
    """Evaluate a number or a law at T [K]; a number is returned in the shape of T.

    Examples
    --------
    >>> from mgtwin.kinds.laws import Constant
    >>> evaluate(2.0, 300.0), evaluate(Constant("2 S/m"), "60 degC")
    (2.0, 2.0)
    """
    return prop(T) if isinstance(prop, Law) else plain(float(prop) + 0.0 * _temperature(T))
