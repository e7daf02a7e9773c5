"""The family of circuit elements: what one file declares, and what follows from it."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, get_args, get_type_hints

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError, QuantityError
from ..kinds.numbers import Number
from ..quantities import Quantity, Value, origin_of
from ..registry import Family

__all__ = ["ELEMENTS", "Element", "Field", "circuit_element", "element"]

Complexes = NDArray[np.complex128]

#: Every kind of circuit element by the letters that it has in a circuit.
ELEMENTS: Family[type] = Family("circuit element")

_DECLARED: dict[type, Element] = {}
#: Powers of ohm and second in the units that numbers of circuit elements may have.
_BASE = {"ohm": (1, 0), "S": (-1, 0), "F": (-1, 1), "H": (1, 1), "s": (0, 1), "Hz": (0, -1)}
#: Points on the circle, and its radius relative to the number, from which derivatives are worked out where an element
#: has no closed ones. The error is of the 8th order of the radius (1e-12 for exponents of i w, whose Taylor series is
#: the longest), rounding 1e-14.
_POINTS, _RADIUS = 8, 0.01

_Class = TypeVar("_Class", bound=type)


@dataclass(frozen=True)
class Field:
    """One number of an element.

    Attributes
    ----------
    name : str
    quantity : Quantity
        Unit and bounds. In a unit, ``n`` may stand for the field of that name (``"S*s^n"``).
    """

    name: str
    quantity: Quantity

    @property
    def unit(self) -> str:
        """Its SI unit, ``""`` for a pure number."""
        return self.quantity.unit or ""

    @property
    def is_share(self) -> bool:
        """Whether it is a pure number between 0 and 1, such as an exponent."""
        low, high = self.limits
        return not self.unit and low >= 0 and high <= 1

    @property
    def limits(self) -> tuple[float, float]:
        """Lower and upper limit; whether they may be reached is for `read`."""
        gt, ge, lt, le = self.quantity.bounds
        low = [limit for limit in (gt, ge) if limit is not None]
        high = [limit for limit in (lt, le) if limit is not None]
        return max(low, default=-np.inf), min(high, default=np.inf)

    def powers(self, others: Mapping[str, Number]) -> tuple[Number, Number]:
        """Powers of ohm and of second in its unit; an exponent such as ``n`` is looked up among the `others`."""
        # ohm, S, F, H, s and Hz are all products of powers of two of them: ohm and second
        total: list[Number] = [0, 0]
        for sign, name, power in re.findall(r"([*/]?)([A-Za-z]+)(?:\^\(?([^*()]+)\)?)?", self.unit):
            if name not in _BASE:
                raise KeyError(name)
            # The exponent: a number, the name of a field, or one over it.
            over, _, field = power.rpartition("1/")
            if field in others:
                by = 1 / others[field] if power.startswith("1/") and not over else others[field]
            else:
                by = float(power or 1)
            by = by * (-1 if sign == "/" else 1)
            total = [total[0] + by * _BASE[name][0], total[1] + by * _BASE[name][1]]
        return total[0], total[1]

    def read(self, raw: object, others: Mapping[str, float], *, limited: bool = True) -> Value:
        """Check a number [SI] or a text with its unit; QuantityError if it cannot be that.

        The unit of a constant-phase element depends on its exponent, which is among the `others`, if it is known.
        `limited`: whether the number must keep to the limits, too.
        """
        unit = self.unit
        for name, value in others.items():
            unit = re.sub(rf"\^{name}\b", f"^{float(value):g}", unit)
        gt, ge, lt, le = self.quantity.bounds if limited else (None, None, None, None)
        # Where an exponent is not known any will do, so those of the value itself.
        unknown = re.search(r"\^\(?(1/)?[a-z]\w*", unit)
        given = [float(power) for power in re.findall(r"s\^\(?([0-9.]+)", str(origin_of(raw).get("unit") or raw))]
        # S*s^0.9 may have become A^2*s^3.9/kg/m^2 already
        powers = [*given, *(power - 3 for power in given), 1.0]
        units = [unit] if unknown is None else [unit.replace(unknown[0], f"^{power:g}") for power in powers]
        possible = [Quantity(item, gt=gt, ge=ge, lt=lt, le=le) for item in units]
        # the error of the last one, whose exponent is 1, is the one shown: its unit is the one that people know
        for quantity in possible[:-1]:
            try:
                return quantity.read(raw)
            except QuantityError:
                continue
        return possible[-1].read(raw)


@dataclass(frozen=True)
class Element:
    """What a class declares.

    Attributes
    ----------
    name : str
        As in circuits, ``"CPE"``.
    fields : tuple of Field
        In the order of the declaration, which is that of impedance.py where it has the element.
    impedance : callable
        ``impedance(s, *, field, ...)`` [ohm], s = i w [1/s].
    closed : callable or None
        ``slopes(s, z, *, field, ...)``: derivatives of z by the fields, in their order.
    """

    name: str
    fields: tuple[Field, ...]
    impedance: Callable[..., Number]
    closed: Callable[..., tuple[Number, ...]] | None

    @classmethod
    def of(cls, kind: type, names: Mapping[str, Any]) -> Element:
        """Return what a class declares, whose annotations mean what `names` say; raises as `circuit_element`."""
        name, known = kind.__name__, vars(kind)
        if not re.fullmatch("[A-Za-z]+", name) or name in ("p", "s"):
            raise InputError(f"{name!r} cannot name a circuit element: use letters only, and not p or s.")
        formula: Any = known.get("impedance")
        if not isinstance(formula, staticmethod):
            raise InputError(f"{name} is a circuit element without the formula impedance(s, *, ...), a static method.")
        # the order of the declaration is that of impedance.py, by which circuits are exchanged with it
        fields = tuple(
            Field(field, quantity)
            for field, hint in get_type_hints(kind, localns=names, include_extras=True).items()
            for quantity in get_args(hint)
            if isinstance(quantity, Quantity)
        )
        asked = [p.name for p in inspect.signature(formula.__func__).parameters.values() if p.kind is p.KEYWORD_ONLY]
        has = [field.name for field in fields]
        if sorted(asked) != sorted(has):
            odd = next(iter([*(set(asked) - set(has)), *(set(has) - set(asked))]))
            wrong = f"asks for {odd}, which is no field" if odd in asked else f"does not take the field {odd}"
            listed = ", ".join(has) or "missing"
            raise InputError(f"{name}.impedance {wrong}: fields, with unit and bounds, are {listed}.")
        for field in fields:
            try:
                field.powers(dict.fromkeys(has, 1.0))
            except (KeyError, ValueError) as error:
                raise InputError(
                    f"{name}.{field.name} is in {field.unit!r}, but its unit must be made of ohm, S, F, H, s and Hz, "
                    f"with powers that are numbers or fields: {error} is none of them."
                ) from None
        closed: Any = known.get("slopes")
        return cls(name, fields, formula.__func__, None if closed is None else closed.__func__)

    def slopes(self, s: Complexes, z: Complexes, values: Mapping[str, float]) -> tuple[Number, ...]:
        """Derivatives of the impedance by every field."""
        if self.closed is not None:
            return self.closed(s, z, **values)
        return tuple(self.on_circle(s, values, field.name) for field in self.fields)

    def on_circle(self, s: Complexes, values: Mapping[str, float], name: str) -> Complexes:
        """The derivative of an analytic function from its values on a circle (Cauchy's integral, trapezoidal rule).

        A complex step would not do: Z is complex already. See Lyness and Moler, SIAM J. Numer. Anal. 4 (1967) 202.
        """
        # relative to the number, so that one radius serves picofarads and megohms; at 0 there is no such size
        radius = _RADIUS * abs(values[name]) or _RADIUS
        turn = np.exp(2j * np.pi * np.arange(_POINTS) / _POINTS)[:, np.newaxis]
        around = self.impedance(s, **{**values, name: values[name] + radius * turn})
        return np.asarray((around / turn).mean(axis=0) / radius)


def circuit_element(cls: _Class) -> _Class:
    """Declare a circuit element: a class with fields and the static formula ``impedance``.

    Its name is what it is called in a circuit. Fields are annotated with unit and bounds. The formula takes
    s = iω [1/s] and the fields by keyword, uses operators and NumPy's ufuncs only, and is analytic in the fields (no
    abs, no real part). Units are products of powers of ohm, S, F, H, s and Hz; ``S*s^n`` means the field n. Where the
    derivatives of the formula have a closed form, the static method ``slopes(s, z, *, fields)`` may return them as a
    tuple, for speed.

    Raises
    ------
    InputError
        The class lacks what an element needs, or another class has its name.

    Examples
    --------
    >>> from typing import Annotated
    >>> from mgtwin.quantities import Quantity
    >>> @circuit_element
    ... class Leaky:
    ...     "Capacitor with a resistance in parallel."
    ...     resistance: Annotated[float, Quantity("ohm", gt=0)]
    ...     capacitance: Annotated[float, Quantity("F", gt=0)]
    ...     @staticmethod
    ...     def impedance(s, *, resistance, capacitance):
    ...         return resistance / (1 + s * resistance * capacitance)
    >>> element("Leaky").fields[1].unit
    'F'
    """
    caller = inspect.currentframe()
    outside = caller.f_back if caller is not None else None
    # annotations are texts in many files; they mean what the names mean where the class is written
    known = {} if outside is None else {**outside.f_globals, **outside.f_locals}
    _DECLARED[cls] = Element.of(cls, known)
    ELEMENTS.add(cls.__name__, cls)
    return cls


def element(name: str) -> Element:
    """Return what the element of this name declares; UnknownNameError with close matches where there is none."""
    return _DECLARED[ELEMENTS[name]]
