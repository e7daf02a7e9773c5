r"""Nuclei of metal that grow out of a salt under a constant voltage, by Scharifker and Hills (theory.md §3.8).

Hemispheres whose diffusion zones come to overlap draw (Electrochim. Acta 28 (1983) 879)

.. math:: j = zFc\sqrt{D/\pi t}\,\left[1 - e^{-x}\right],

x rising with t where all nuclei are there at once, with :math:`t^2` where they are born one after the other: a current
that rises to a maximum and falls to Cottrell's. Over the maximum both curves are free of parameters.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from mgtwin.analysis._common import geometry, steps
from mgtwin.errors import InputError
from mgtwin.kinds.numbers import FARADAY, Number
from mgtwin.quantities import format_value, parse

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["Nucleation", "instantaneous_nucleation", "nucleation", "progressive_nucleation"]

#: Largest root mean square deviation of (I/I_m)^2 that still is one of the two curves.
NEITHER = 0.1
#: Samples over this many times of the maximum count: later, convection and growth of the layer have their say.
LATEST = 5.0


@lru_cache(maxsize=2)
def _peak(power: int) -> float:
    """x at the maximum of ``(1 - exp(-x))/sqrt(t)`` with x ~ t^power: 2 p x = exp(x) - 1."""
    from scipy.optimize import brentq

    return float(brentq(lambda x: np.expm1(x) - 2 * power * x, 0.5, 5.0, xtol=1e-15))


def _curve(time: Number, power: int) -> Number:
    peak = _peak(power)
    return (np.expm1(-peak * time**power) / np.expm1(-peak)) ** 2 / time


def instantaneous_nucleation(time: Number) -> Number:
    r"""Return :math:`(I/I_m)^2 = 1.9542(1 - e^{-1.2564\,t/t_m})^2\,t_m/t` at times over that of the maximum.

    Examples
    --------
    >>> float(instantaneous_nucleation(1.0)), round(float(instantaneous_nucleation(4.0)), 4)
    (1.0, 0.4822)
    """
    return _curve(time, 1)


def progressive_nucleation(time: Number) -> Number:
    r"""Return :math:`(I/I_m)^2 = 1.2254(1 - e^{-2.3367\,(t/t_m)^2})^2\,t_m/t` at times over that of the maximum.

    Examples
    --------
    >>> float(progressive_nucleation(1.0)), round(float(progressive_nucleation(0.5)), 4)
    (1.0, 0.4797)
    """
    return _curve(time, 2)


@dataclass(frozen=True)
class Nucleation:
    """What a current that rises to a maximum says of its nuclei.

    Attributes
    ----------
    peak_time, peak_current : float
        Time [s] and size of the current [A] at the maximum.
    instantaneous, progressive : float
        Root mean square deviation of (I/I_m)^2 from either curve.
    diffusivity : float
        Of the salt [m^2/s], by the curve that is nearer: (I_m/A)^2 t_m over 0.163 or 0.260 times (zFc/(1 - t+))^2.
    warnings : tuple of str
    """

    peak_time: float
    peak_current: float
    instantaneous: float
    progressive: float
    diffusivity: float
    warnings: tuple[str, ...] = ()

    @property
    def nearer(self) -> str:
        """The curve that is nearer."""
        return "instantaneous" if self.instantaneous <= self.progressive else "progressive"


def nucleation(
    ca: xr.Dataset,
    concentration: float | str,
    *,
    transference_number: float = 0.0,
    charge: int = 2,
    area: float | str | None = None,
) -> Nucleation:
    r"""Return whether metal nucleates at once or progressively, from the current under a constant voltage.

    Parameters
    ----------
    ca : xarray.Dataset
        Its last step with a current counts, from where the double layer is charged: its smallest current before the
        maximum.
    concentration : float or str
        c of the metal's ion in the salt [mol/m^3].
    transference_number : float
        :math:`t_+`: without a supporting electrolyte migration carries its part, and the flux at the limit is
        :math:`1/(1 - t_+)` times that of diffusion.
    charge : int
        z.
    area : float or str, optional
        [m^2], where the Dataset does not say it.

    Raises
    ------
    InputError
        The current has no maximum within the data, or fewer than eight samples lie about it.

    Examples
    --------
    >>> from mgtwin.dataset import transient
    >>> t = np.geomspace(0.1, 20, 60)
    >>> current = -1e-3 * np.sqrt(progressive_nucleation(t / 4))
    >>> found = nucleation(transient(t, -0.3 + 0 * t, current, step=[0] * 60), "0.1 mol/L", area="1 cm^2")
    >>> found.nearer, f"{found.peak_time:.1f} s", f"{found.diffusivity * 1e4:.2g} cm^2/s"
    ('progressive', '4.0 s', '4.1e-08 cm^2/s')
    """
    step = steps(ca)[-1]
    size, time = np.abs(step.current), step.time
    after = np.flatnonzero(time > 0)
    size, time = size[after], time[after]
    # what the double layer takes falls first; the maximum counts from where that is over
    falls = np.flatnonzero(np.diff(size) > 0)
    begin = int(falls[0]) if falls.size else size.size - 1
    top = begin + int(np.argmax(size[begin:]))
    if top in (begin, size.size - 1):
        raise InputError(
            "nucleation: the current has no maximum within this step: it only falls (a surface that is covered "
            "already, or the double layer alone) or only rises (go on for longer)."
        )
    used = np.flatnonzero((np.arange(size.size) >= begin) & (time <= LATEST * time[top]))
    if used.size < 8:
        raise InputError(f"nucleation: {used.size} samples lie about the maximum; eight or more are needed.")
    # a parabola in ln t through the highest samples: the maximum lies between them
    near = slice(max(top - 1, begin), top + 2)
    a, b, c = np.polyfit(np.log(time[near] / time[top]), size[near], 2)
    shift = float(np.clip(-b / (2 * a), -1, 1)) if a < 0 else 0.0
    when, highest = float(time[top] * np.exp(shift)), float(c - b * b / (4 * a) if a < 0 else size[top])
    found = (size[used] / highest) ** 2
    apart = {power: float(np.sqrt(np.mean((found - _curve(time[used] / when, power)) ** 2))) for power in (1, 2)}
    power = min(apart, key=lambda k: apart[k])
    density = highest / geometry(ca, 1.0, area).area
    flux = charge * FARADAY * float(parse(concentration, "mol/m^3")) / (1 - transference_number)
    diffusivity = np.pi * density**2 * when / (flux * np.expm1(-_peak(power))) ** 2
    warnings = []
    if apart[power] > NEITHER:
        warnings.append(
            f"neither curve describes the current (it deviates by {apart[power]:.2g} of the square of the maximum): no "
            f"hemispheres that diffusion feeds, or a film, an ohmic drop or the reaction has its part"
        )
    if max(apart.values()) < 2 * min(apart.values()):
        warnings.append("the two curves describe it about as well: record from earlier than the maximum on")
    if time[begin] > 0.5 * when:
        warnings.append(
            f"the double layer is charged until {format_value(float(time[begin]), 's')}, more than half of the way to "
            f"the maximum: what rises before it, which tells the two apart, is not seen"
        )
    return Nucleation(when, highest, apart[1], apart[2], float(diffusivity), tuple(warnings))
