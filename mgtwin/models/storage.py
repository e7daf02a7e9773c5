"""What stores charge: ideal capacitors, and constant-phase elements exactly or as a ladder of RC branches (§3.3)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pybamm

from ..cells.constriction import Spots
from ..kinds.kind import has_formula
from ..kinds.numbers import VACUUM_PERMITTIVITY, Number
from ..kinds.own import Own
from ..kinds.storage import Storage
from . import names
from .writer import Writer

#: Distance of the ladder's poles in ln(lambda). The trapezoidal rule errs by about 2 exp(-pi**2/SPACING): 5e-4.
SPACING = 1.2
#: How far the poles reach beyond the window, in ln(omega); there the rest of the integral is one branch at each end.
MARGIN = 4.6


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
        low, high = model.cpe_window
        first, last = int(np.floor((np.log(low) - MARGIN) / SPACING)), int(np.ceil((np.log(high) + MARGIN) / SPACING))
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


def wider_window(window: tuple[float, float], labels: Iterable[str]) -> tuple[float, float]:
    """A window [rad/s] that has the poles of all ladders of a kept state, too: what they remember has to be kept."""
    poles = [names.constant_phase_pole(label) for label in labels if names.is_constant_phase_branch(label)]
    numbers = [number for _, number, _ in poles if number is not None]
    if not numbers:
        return window
    # a little inside, so that rounding does not add a pole at either end
    low = np.exp((min(numbers) + 1e-6) * SPACING + MARGIN)
    high = np.exp((max(numbers) - 1e-6) * SPACING - MARGIN)
    return min(window[0], float(low)), max(window[1], float(high))


def branch_value(branch: str, kept: Mapping[str, float], voltage: float, at_rest: float, order: float) -> float:
    r"""Voltage [V] of a branch that a kept ladder does not have, from those that it has.

    Faster poles than the kept ones have relaxed to the element's voltage. Slower ones were one branch there, with the
    pole :math:`\lambda_b`: none of them had time to relax, so each took charge in proportion to its conductance, and
    its voltage is that of the one times :math:`\lambda/\lambda_b`. The charge is that of the one branch within the
    accuracy of the ladder.
    """
    prefix, number, begins = names.constant_phase_pole(branch)
    below = {names.constant_phase_pole(label)[2]: value for label, value in kept.items() if label.startswith(prefix)}
    first = next(where for where in below if where is not None)
    if number is not None and number >= first:
        return voltage
    slowest = _slow_pole(first, order)
    pole = np.exp(number * SPACING) if number is not None else _slow_pole(begins or 0, order)
    return float(at_rest + (below[first] - at_rest) * pole / slowest)


def _slow_pole(first: int, order: float) -> float:
    """Pole of the branch that stands for everything slower than the pole `first`."""
    return float(np.exp((first - 0.5) * SPACING) * order / (1 + order))


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
    coefficient = scaled(model.reader.number(f"{path}.{element.coefficient}"))
    order = f"{path}.{element.order}"
    if not element.order or model.is_fixed_at(order, 1.0):
        return IdealCapacitor(coefficient)
    return ConstantPhaseElement(coefficient, model.reader.number(order), order)
