r"""Diffusivity of a host from pulses of current and the rests after them, and how long a pulse may be (§3.7)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from mgtwin.errors import InputError
from mgtwin.kinds.numbers import Number
from mgtwin.quantities import format_value, parse

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["GITT", "gitt", "gitt_bias", "pulse_response"]

#: D t/R^2 above which Weppner and Huggins' formula errs by more than 5 %.
LONGEST = 8e-4
#: D t/R^2 beyond which a pulse says nothing of D: the surface is but 1 % from what a steady profile has.
QUASI_STEADY = 6.0


@lru_cache(maxsize=1)
def _roots() -> np.ndarray:
    """Positive roots of tan a = a, by Newton's iteration from (n + 1/2) pi - 1/((n + 1/2) pi)."""
    a = (np.arange(1, 2000) + 0.5) * np.pi
    a = a - 1 / a
    for _ in range(4):
        a = a - (np.sin(a) - a * np.cos(a)) / (a * np.sin(a))
    return np.asarray(a)


def pulse_response(tau: Number) -> Number:
    r"""Return h(tau) of the surface of a sphere under a constant flux N, :math:`c_s - c_0 = (NR/D)\,h`.

    .. math:: h = 3\tau + \frac15 - 2\sum_n\frac{e^{-\alpha_n^2\tau}}{\alpha_n^2}, \quad \tan\alpha_n = \alpha_n,
              \quad \tau = Dt/R^2

    Below 1e-5 its short form, :math:`2\sqrt{\tau/\pi} + \tau`.

    Examples
    --------
    >>> round(float(pulse_response(0.1)), 5)
    0.48676
    """
    tau = np.asarray(tau, dtype=float)
    squares = _roots() ** 2
    series = 3 * tau + 0.2 - 2 * np.sum(np.exp(-squares * tau[..., np.newaxis]) / squares, axis=-1)
    return np.where(tau < 1e-5, 2 * np.sqrt(tau / np.pi) + tau, series)[()]


def gitt_bias(tau: Number) -> Number:
    r"""Return the diffusivity by Weppner and Huggins' formula (R/3 as length) over the true one, :math:`4\tau/\pi h^2`.

    Examples
    --------
    >>> [round(float(gitt_bias(tau)), 2) for tau in (8e-4, 3.4e-3, 0.1)]
    [0.95, 0.9, 0.54]
    """
    return 4 * np.asarray(tau) / (np.pi * pulse_response(tau) ** 2)


@dataclass(frozen=True)
class GITT:
    """What a pulse and the rest after it say of a host.

    Attributes
    ----------
    diffusivity : float
        With the exact response of a sphere [m^2/s].
    weppner_huggins : float
        By the formula for short pulses [m^2/s].
    tau : float
        D t/R^2 of the pulse.
    steady_change, transient_change : float
        Of the voltage from rest to rest, and within the pulse from the first sample used on [V].
    warnings : tuple of str
    """

    diffusivity: float
    weppner_huggins: float
    tau: float
    steady_change: float
    transient_change: float
    warnings: tuple[str, ...] = ()


def gitt(before: float, pulse: xr.Dataset, rest: xr.Dataset, radius: float | str, first: float | str = 0.0) -> GITT:
    r"""Return the chemical diffusivity of a host from one pulse of current and the rest after it.

    .. math:: D_{WH} = \frac{4}{\pi t}\Big(\frac R3\Big)^2\Big(\frac{\Delta E_s}{\Delta E_t}\Big)^2, \qquad
              \frac{\Delta E_s}{\Delta E_t} = \frac{3\tau}{h(\tau) - h(\tau_{first})}

    The second, solved for D, holds for pulses of any length below some R^2/D, where U is straight within one. Both take
    the radius for known: D is in proportion to its square.

    Parameters
    ----------
    before : float
        Voltage at rest before the pulse [V].
    pulse, rest : Dataset
        Transients of the pulse and of the rest after it, which has to reach its end.
    radius : float or str
        Of the particles [m].
    first : float or str
        Time [s] within the pulse from which its voltage counts: after the jumps by resistances and reactions.

    Raises
    ------
    InputError
        The voltage changes the one way within the pulse and the other way from rest to rest, or hardly at all.

    Examples
    --------
    >>> from mgtwin.dataset import transient
    >>> times = np.linspace(1.0, 100.0, 20)
    >>> pulse = transient(times, 1.2 - 0.05 - 0.1 * pulse_response(1e-4 * times), [-1e-3] * 20)
    >>> rest = transient([1.0, 1e5], [1.2, 1.2 - 0.1 * 3e-2], [0.0, 0.0])
    >>> found = gitt(1.2, pulse, rest, "1 um", first="1 s")
    >>> round(found.diffusivity / 1e-16, 3), round(found.tau, 4)
    (1.0, 0.01)
    """
    from scipy.optimize import brentq

    size, start = float(parse(radius, "m")), float(parse(first, "s"))
    time, voltage = pulse["time"].values, pulse["voltage"].values
    used = time >= start
    length, begun = float(time[-1]), float(time[used][0])
    steady, changed = float(rest["voltage"].values[-1] - before), float(voltage[-1] - voltage[used][0])
    if steady * changed <= 0 or abs(steady) >= abs(changed) * 3:
        raise InputError(
            f"gitt: the voltage changes by {format_value(changed, 'V')} within the pulse and by "
            f"{format_value(steady, 'V')} from rest to rest: that is no diffusion in a sphere. Take a pulse on a slope "
            f"of U, a rest that reaches its end, and first after the jump of the voltage."
        )

    def excess(log_tau: float) -> float:
        tau = np.exp(log_tau)
        held = pulse_response(tau) - pulse_response(tau * begun / length)
        return float(3 * tau / held - steady / changed)

    low, high = np.log(1e-12), np.log(QUASI_STEADY)
    warnings = []
    if excess(low) * excess(high) > 0:
        raise InputError("gitt: the pulse is so long, or so short, that no diffusivity gives such changes of voltage.")
    tau = float(np.exp(brentq(excess, low, high, xtol=1e-12)))
    if tau > LONGEST:
        warnings.append(
            f"the pulse is {tau:.2g} R^2/D long: above {LONGEST:g} Weppner and Huggins' formula errs by more than 5 % "
            f"(here the true D is {1 / gitt_bias(tau):.3g} times as large); diffusivity has the exact response"
        )
    short = 4 / (np.pi * length) * (size / 3) ** 2 * (steady / changed) ** 2
    return GITT(tau * size**2 / length, short, tau, steady, changed, tuple(warnings))
