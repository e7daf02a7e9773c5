"""The constant-phase element, across an interface or in the bulk."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, ClassVar

import numpy as np
from pydantic import model_validator

from ...errors import InputError, QuantityError
from ...plain import is_listed
from ...quantities import Quantity, Value, parse
from ..fields import Property
from ..laws import Law
from ..numbers import Number
from ..storage import storage

__all__ = ["CPE"]


class _AnyUnit(Property):
    """`q` with whatever unit it has: which one is right depends on n and on where the element is put."""

    def __init__(self) -> None:
        super().__init__("")
        self.quantity = Quantity(None, gt=0)


def _in_unit(q: float | Law, unit: str) -> float | Law:
    """The same with its unit spelt as in the docs; QuantityError where it has another dimension."""
    match q:
        case Law():
            rows = {name: vars(q)[name] for name in q.value_fields}
            read = {
                name: tuple(parse(row, unit) for row in given) if is_listed(given) else parse(given, unit)
                for name, given in rows.items()
            }
            return replace(q, **read)  # type: ignore[type-var, no-any-return]
    return parse(q, unit)


def _unit_of(q: Number) -> str:
    """The unit that q, or the first value of its law, came with; ``""`` for a bare number."""
    match q:
        case Law():
            first = vars(q)[q.value_fields[0]]
            return _unit_of(first[0] if is_listed(first) else first)
        case Value():
            return q.unit or ""
    return ""


@storage
class CPE:
    r"""Constant-phase element, :math:`Y = q\,(i\omega)^n`, wherever a capacitor can be (theory.md §3.3).

    Exact in every impedance; in time it is a ladder of RC branches whose admittance is right within 1 % over the
    protocol's window. As `relative_permittivity` of a material it makes the bulk dispersive:
    :math:`\sigma_{ion} \to \sigma_{ion} + q\,(i\omega)^n`.

    Parameters
    ----------
    q : float or law
        Across an interface [S s^n/m^2], in the bulk [S s^n/m]; > 0. With n = 1 that is C, or
        :math:`\varepsilon_0\varepsilon_r`.
    n : float
        Exponent, 0 < n <= 1.

    Raises
    ------
    InputError
        For n outside (0, 1], or a q whose unit belongs to another n.

    Examples
    --------
    >>> CPE("1e-5 S*s^0.8/cm^2", 0.8).q
    Value(0.1, unit='S*s^0.8/m^2')
    """

    q: Annotated[float | Law, _AnyUnit()]
    n: Annotated[float, Quantity("", gt=0, le=1)]
    coefficient: ClassVar[str] = "q"
    order: ClassVar[str] = "n"

    @staticmethod
    def admittance(s: Number, *, q: Number, n: Number) -> Number:
        """Return ``q s^n``; the principal branch, which is the passive one for Re s >= 0."""
        # complex also for a real s: NumPy's power of a negative float is nan, not the principal branch
        s = np.asarray(s, dtype=complex)
        if np.size(n) == 1 or s.real.any() or not (s.imag > 0).all():
            return q * np.power(s, n)
        # many n on the imaginary axis: from modulus and angle, twice as fast as by complex logarithms
        angle = np.pi / 2 * n
        return q * (s.imag**n * (np.cos(angle) + 1j * np.sin(angle)))

    @model_validator(mode="after")
    def _unit_fits(self) -> CPE:
        given = _unit_of(self.q)
        if not given:
            return self
        wanted = [self.unit(place) for place in ("m^2", "m")]
        for unit in wanted:
            try:
                object.__setattr__(self, "q", _in_unit(self.q, unit))
            except QuantityError:
                continue
            return self
        raise InputError(
            f"q in {given} does not fit n = {float(self.n):g}: across an interface it is in {wanted[0]} (or "
            f"S*s^{float(self.n):g}/cm^2), in the bulk in {wanted[1]}."
        )

    def unit(self, place: str) -> str:
        """SI unit of q per ``"m^2"`` of an interface or per ``"m"`` in the bulk."""
        return f"S*s^{float(self.n):g}/{place}"

    def at_place(self, place: str) -> CPE:
        """The element with q in the unit of its place; refuses one per area in the bulk, and the reverse."""
        unit = _unit_of(self.q)
        if unit == self.unit(place):
            return self
        if unit:
            raise InputError(f"q is in {unit}, but here it must be in {self.unit(place)}.")
        return CPE(_in_unit(self.q, self.unit(place)), self.n)
