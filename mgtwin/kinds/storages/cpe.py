"""The constant-phase element, across an interface or in the bulk."""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np
from pydantic import ValidationInfo, field_validator, model_validator

from ...errors import InputError, QuantityError
from ...quantities import Quantity, Value, parse
from ..numbers import Number
from ..storage import storage

__all__ = ["CPE"]


@storage
class CPE:
    r"""Constant-phase element, :math:`Y = q\,(i\omega)^n`, wherever a capacitor can be (theory.md §3.3).

    Exact in every impedance; in time it is a ladder of RC branches whose admittance is right within 1 % over the
    protocol's window. As `relative_permittivity` of a material it makes the bulk dispersive:
    :math:`\sigma_{ion} \to \sigma_{ion} + q\,(i\omega)^n`.

    Parameters
    ----------
    q : float
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

    q: float
    n: Annotated[float, Quantity("", gt=0, le=1)]
    coefficient: ClassVar[str] = "q"
    order: ClassVar[str] = "n"

    @field_validator("q", mode="plain", json_schema_input_type=float | str | dict)
    @classmethod
    def _any_unit(cls, raw: object, info: ValidationInfo) -> Value:
        # Which unit is right depends on n and on where the element is put.
        need_unit = bool(info.context and info.context.get("file"))
        value = parse(raw, None, need_unit=need_unit)
        if not value > 0:
            raise QuantityError(f"must be greater than 0, but is {float(value):g}.")
        return value

    @staticmethod
    def admittance(s: Number, *, q: Number, n: Number) -> Number:
        """Return ``q s^n``; the principal branch, which is the passive one for Re s >= 0."""
        # complex also for a real s: NumPy's power of a negative float is nan, not the principal branch
        return q * np.power(np.asarray(s, dtype=complex), n)

    @model_validator(mode="after")
    def _unit_fits(self) -> CPE:
        value = self.q
        if not isinstance(value, Value) or not value.unit:
            return self
        wanted = [self.unit(place) for place in ("m^2", "m")]
        for unit in wanted:
            try:
                object.__setattr__(self, "q", parse(value, unit))  # the same number, its unit spelt as in the docs
            except QuantityError:
                continue
            return self
        raise InputError(
            f"q in {value.unit} does not fit n = {float(self.n):g}: across an interface it is in {wanted[0]} (or "
            f"S*s^{float(self.n):g}/cm^2), in the bulk in {wanted[1]}."
        )

    def unit(self, place: str) -> str:
        """SI unit of q per ``"m^2"`` of an interface or per ``"m"`` in the bulk."""
        return f"S*s^{float(self.n):g}/{place}"

    def at_place(self, place: str) -> CPE:
        """The element with q in the unit of its place; refuses one per area in the bulk, and the reverse."""
        unit = self.q.unit if isinstance(self.q, Value) else ""
        if unit == self.unit(place):
            return self
        if unit:
            raise InputError(f"q is in {unit}, but here it must be in {self.unit(place)}.")
        return CPE(parse(self.q, self.unit(place)), self.n)
