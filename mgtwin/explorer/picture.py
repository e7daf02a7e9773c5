"""What a page shows, as arrays: charts with curves, numbers read from them, what to beware of. No screen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Axis", "Chart", "Curve", "Picture", "curve", "parts_of"]


@dataclass(frozen=True)
class Axis:
    """An axis: what is on it, in which SI unit, and whether it is logarithmic."""

    name: str
    unit: str = ""
    log: bool = False


@dataclass(frozen=True, eq=False)
class Curve:
    """A curve in SI units.

    Attributes
    ----------
    name : str
    x, y : ndarray
    role : str
        ``model``, ``data`` (what was measured), ``part`` (one of several), ``low`` and ``high`` (the ends of a bar); of
        a life ``ahead`` (a forecast), ``past`` and ``future`` (bands of both), ``limit``, ``mark`` (what happened).
    upper : ndarray, optional
        Of a band, whose lower end is y.
    """

    name: str
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    role: str = "model"
    upper: NDArray[np.float64] | None = None


def curve(name: str, x: ArrayLike, y: ArrayLike, role: str = "model") -> Curve:
    """Return a curve of what is finite of some points.

    Examples
    --------
    >>> curve("a", [0.0, 1.0, 2.0], [1.0, np.nan, 3.0]).x
    array([0., 2.])
    """
    across, up = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    good = np.isfinite(across) & np.isfinite(up)
    return Curve(name, across[good], up[good], role)


def parts_of(result: xr.Dataset, overpotential: str, along: str) -> tuple[Curve, ...]:
    """Return what each element takes of the voltage, against a coordinate; elements that take nothing are left out."""
    x, parts = result[along].values, result[overpotential].transpose("element", along).values
    named = zip(result["element"].values, parts, strict=True)
    return tuple(curve(str(name), x, part, "part") for name, part in named if np.any(part))


@dataclass(frozen=True)
class Chart:
    """Curves on a pair of axes.

    Attributes
    ----------
    name : str
    x, y : Axis
    curves : tuple of Curve
    square : bool
        Whether both axes have one scale, as in a Nyquist plot.
    labels : tuple of str
        Of bars, one above the other: y counts them from 0.
    base : float
        Where bars begin.
    """

    name: str
    x: Axis
    y: Axis
    curves: tuple[Curve, ...]
    square: bool = False
    labels: tuple[str, ...] = ()
    base: float = 0.0


@dataclass(frozen=True, eq=False)
class Picture:
    """What a page shows.

    Attributes
    ----------
    charts : tuple of Chart
    readings : mapping of str to str
        What is read from the curves.
    warnings : tuple of str
    alerts : tuple of str
        What nobody may miss: alarms that stand.
    again : str
        Command that computes it again, where `mgtwin run` does not.
    result : Dataset, optional
        The simulation that it shows, for exports.
    drawing : callable, optional
        Makes the figure for print; by default that of the result, as `mgtwin plot` draws it.
    """

    charts: tuple[Chart, ...]
    readings: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    result: xr.Dataset | None = None
    alerts: tuple[str, ...] = ()
    again: str = ""
    drawing: Callable[[], Figure] | None = None
