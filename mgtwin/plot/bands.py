"""Bands around predicted curves: what uncertain parameters leave open, and the data that were fitted."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.typing import ColorType

__all__ = ["LEVELS", "along", "around", "inner", "measured_points", "samples_of"]

#: Parts of the samples within a band, and how strong its colour is.
LEVELS = {0.9: 0.16, 0.68: 0.22}


def samples_of(ds: xr.Dataset, name: str) -> np.ndarray | None:
    """The curves of each parameter set, shape (sample, points), of those sets that have one; None without any."""
    if f"{name}_samples" not in ds.variables:
        return None
    samples = np.asarray(ds[f"{name}_samples"].transpose("sample", ...).values)
    found: np.ndarray = samples[np.isfinite(samples).any(axis=1)]
    return found if len(found) > 1 else None


def along(ax: Axes, x: np.ndarray, samples: np.ndarray, color: ColorType) -> None:
    """Shade the middle 68 and 90 % of the values at each point; where a sample has ended there is no band."""
    for level, strength in LEVELS.items():
        low, high = np.quantile(samples, [0.5 - level / 2, 0.5 + level / 2], axis=0)
        ax.fill_between(x, low, high, color=color, alpha=strength, lw=0, zorder=1, label=named(ax, level))


def inner(samples: np.ndarray, level: float) -> np.ndarray:
    """Return for each frequency the part `level` of the impedances that lies nearest to their middle, (part, points).

    Nearest by the covariance in the plane of ln|Z| and phase, in which resistances that span decades spread evenly.
    """
    middle = np.exp(np.mean(np.log(np.abs(samples)), axis=0)) * np.exp(1j * np.angle(samples.mean(axis=0)))
    log = np.log(samples / middle)
    parts = np.stack([log.real, log.imag], axis=-1)
    sizes, axes = np.linalg.eigh(np.einsum("sfi,sfj->fij", parts, parts) / len(parts))
    # of one uncertain number all lie on a line: what rounding leaves beside it is no distance
    widths = np.sqrt(np.maximum(sizes, 1e-12 * sizes[:, 1:] + 1e-300))
    distance = np.sum((np.einsum("sfi,fij->sfj", parts, axes) / widths) ** 2, axis=-1)
    nearest = np.argsort(distance, axis=0, kind="stable")[: max(round(level * len(samples)), 1)]
    return np.asarray(np.take_along_axis(samples, nearest, axis=0))


def around(ax: Axes, samples: np.ndarray, color: ColorType) -> None:
    """Shade in a complex plane, in which the samples are given, where 68 and 90 % of them lie along the spectrum."""
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path
    from scipy.spatial import ConvexHull

    def hull(points: np.ndarray) -> np.ndarray:
        # in units of its own size, and joggled: of one uncertain number it is a line
        scaled = (points - points[0]) / np.maximum(np.ptp(points, axis=0), 1e-300)
        return np.asarray(points[ConvexHull(scaled, qhull_options="QJ").vertices])

    known = samples[:, np.isfinite(samples).all(axis=0)]
    for level, strength in LEVELS.items():
        regions = [hull(np.stack([part.real, -part.imag], axis=1)) for part in inner(known, level).T]
        # from point to point the hull of both; all as one patch, or they would darken where they overlap
        both = [hull(np.concatenate(pair)) for pair in pairwise(regions)] if len(regions) > 1 else regions
        whole = Path.make_compound_path(*(Path(np.concatenate([one, one[:1]]), closed=True) for one in both))
        ax.add_patch(PathPatch(whole, fc=color, alpha=strength, lw=0, zorder=1, label=named(ax, level)))


def named(ax: Axes, level: float) -> str | None:
    """Name of a band in the legend, once in each Axes."""
    text = f"{100 * level:.0f} %"
    return None if text in ax.get_legend_handles_labels()[1] else text


def measured_points(ax: Axes, x: np.ndarray, y: np.ndarray, color: ColorType) -> None:
    """Draw the data that were fitted as circles in the colour of their curve."""
    label = None if "measured" in ax.get_legend_handles_labels()[1] else "measured"
    every = max(1, len(x) // 150)
    ax.plot(x, y, "o", ms=4, mfc="none", mew=0.8, color=color, zorder=2.5, markevery=every, label=label)
