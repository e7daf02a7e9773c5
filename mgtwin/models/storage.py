"""What stores charge: ideal capacitors, and constant-phase elements exactly or as a ladder of RC branches (§3.3)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pybamm

from ..cells.constriction import Spots
from ..kinds.kind import has_formula
from ..kinds.numbers import VACUUM_PERMITTIVITY, Number
from ..kinds.own import Own
from ..kinds.storage import Storage
from . import names
from .ladder import SPACING, pole_numbers
from .writer import Writer


@dataclass(frozen=True)
class IdealCapacitor:
    """``current = C dv/dt``."""

    capacitance: Number

    def charge(self, model: Writer, voltage: Number, current: Number) -> None:
        """Write the equation of a state `voltage` that `current` charges."""
        model.rhs[voltage] = current / self.capacitance


@dataclass(frozen=True)
class ConstantPhaseElement:
    r"""``current = q d^n v/dt^n``.

    In a model made for the frequency domain the state's row gets :math:`(i\omega)^n` instead of :math:`i\omega`
    (:attr:`Writer.exponents`), which is exact. In time it is the ladder that discretises

    .. math:: q s^n = q\frac{\sin n\pi}{\pi}\int_{-\infty}^{\infty} \frac{s}{s + \lambda}\,\lambda^n\,d\ln\lambda

    at poles :math:`\lambda_k = e^{kh}`: branches of a resistance and a capacitance in series, with a capacitor for the
    faster and one branch for the slower part of the integral. Poles lie on one grid for all windows, so that a state
    passes from one protocol to another.
    """

    q: Number
    n: Number
    path: str

    def charge(self, model: Writer, voltage: Number, current: Number) -> None:
        """Write the equation of a state `voltage` that `current` charges, and those of the ladder's branches."""
        if model.cpe_window is None:
            model.rhs[voltage] = current / self.q
            model.exponents[voltage.name] = self.path
            return
        first, last = pole_numbers(model.cpe_window)
        model.ladders[voltage.name] = self.path
        front = self.q * np.sin(np.pi * self.n) / np.pi
        slowest, fastest = (first - 0.5) * SPACING, (last + 0.5) * SPACING  # ln of where the sum of poles begins, ends
        passing: Number = 0
        for k in range(first, last + 1):
            passing = passing + self._branch(
                model, voltage, f"{k}", np.exp(k * SPACING), front * np.exp(self.n * k * SPACING) * SPACING
            )
        # below the window s >> lambda: a branch with the integral's value and first moment, int lambda^n and
        # int lambda^(n+1) d(ln lambda)
        pole, conductance = np.exp(slowest) * self.n / (1 + self.n), front * np.exp(self.n * slowest) / self.n
        passing = passing + self._branch(model, voltage, f"below {first}", pole, conductance)
        # above it s << lambda: int lambda^(n-1) d(ln lambda) is a capacitance
        rest = front * np.exp((self.n - 1) * fastest) / (1 - self.n)
        model.rhs[voltage] = (current - passing) / rest

    @staticmethod
    def _branch(model: Writer, voltage: Number, label: str, pole: Number, conductance: Number) -> Number:
        """Current through a resistance and a capacitance in series, whose capacitor's voltage is a state."""
        inner = pybamm.Variable(names.constant_phase_branch(voltage.name, label), domain=voltage.domain)
        model.rhs[inner] = pole * (voltage - inner)
        model.initial_conditions[inner] = model.initial_conditions[voltage]
        return conductance * (voltage - inner)


def interface_storage(model: Writer, path: str, spots: Spots) -> IdealCapacitor | ConstantPhaseElement | None:
    """The double layer or junction capacitance at a path of the cell, per electrode area; None where there is none.

    It covers the fraction in contact, and the gap the rest (§3.4). What a capacitor loses when the fraction changes is
    dropped: its current is ``C(a) d eta/dt``.
    """
    element = model.reader.get(path)
    return None if element is None else _element(model, path, element, spots.storage)


def bulk_storage(
    model: Writer, path: str, scale: Number, position: Number = 0.5
) -> IdealCapacitor | ConstantPhaseElement | None:
    """The dielectric of the material at a path of the cell, per length, times `scale`; None where there is none."""
    found = model.cell.get(path).permittivity(Own(model.reader, path, model.temperature), position)
    if found is None:
        return None
    if has_formula(type(found), "admittance"):
        return _element(model, f"{path}.relative_permittivity", found, lambda coefficient: coefficient * scale)
    return IdealCapacitor(VACUUM_PERMITTIVITY * found * scale)


def _element(
    model: Writer, path: str, element: Storage, scaled: Callable[[Number], Number]
) -> IdealCapacitor | ConstantPhaseElement:
    """A storage at its place: an ideal capacitor unless its order can be other than 1."""
    coefficient = scaled(model.reader.property(f"{path}.{element.coefficient}", model.temperature))
    order = f"{path}.{element.order}"
    if not element.order or model.is_fixed_at(order, 1.0):
        return IdealCapacitor(coefficient)
    return ConstantPhaseElement(coefficient, model.reader.number(order), order)
