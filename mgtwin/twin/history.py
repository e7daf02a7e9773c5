"""What a cell was: bands of one explanation over the cycles of its measurements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from ..dataset import stamp
from .bands import NAMES, checked, coords, of_interfaces
from .life import Life

__all__ = ["history", "lowest_modulus"]

Reals = NDArray[np.float64]


def history(lives: Mapping[str, Life], odds: Mapping[str, float], quantiles: Sequence[float]) -> xr.Dataset:
    """What the most probable explanation says of the past; see `mgtwin.Twin.history`."""
    from scipy.stats import norm

    levels = checked(quantiles)
    best = max(odds, key=lambda name: odds[name])
    life = lives[best].considered
    space = life.coordinates
    cycles = [space.usage.cycle(item.moment) for item in life.evidence]
    z = norm.ppf(levels)
    slopes, bands = space.slopes(life.states), {}
    for path, ends in space.reached(life.states).items():
        band = np.stack([np.tile(end[:, np.newaxis], z.size) for end in ends])
        for number in (name for name in space.placed if name.startswith(f"{path}.")):
            # along the line on which it changes most: there its quantiles are those of one normal number, also where
            # it is no linear function of it
            c, which = slopes[:, space.paths.index(number)], int(not number.endswith("contact.fraction"))
            line = np.einsum("knm,km->kn", life.covariances, c)
            line /= np.sqrt(np.maximum(np.einsum("kn,kn->k", c, line), np.finfo(float).tiny))[:, np.newaxis]
            band[which] = np.array([space.reached(life.states + at * line)[path][which] for at in z]).T
        bands[path] = band
    data = of_interfaces(bands, levels, life.forecasts_only)
    middle, deviation = life.modulus()
    # its logarithm is what is normal: a modulus is above 0 however little is known of it
    modulus = middle[:, np.newaxis] * np.exp((deviation / middle)[:, np.newaxis] * z)
    measured = [lowest_modulus(item.dataset) for item in life.evidence]
    units, long_name = NAMES["impedance_modulus"]
    about = {"units": units, "long_name": long_name}
    data["impedance_modulus_quantiles"] = xr.Variable(("cycle", "quantile"), modulus, about)
    data["impedance_modulus_measured"] = xr.Variable(("cycle",), measured, about)
    attrs = stamp(
        route="twin", explanation=best, model_error=str(life.model_error), forecasts_only=int(life.forecasts_only)
    )
    return xr.Dataset(data, coords=coords(np.array(cycles), levels), attrs=attrs)


def lowest_modulus(dataset: xr.Dataset) -> float:
    """|Z| at the lowest frequency of a spectrum; nan of anything else."""
    if "impedance" not in dataset:
        return np.nan
    return float(np.abs(dataset["impedance"].values[np.argmin(dataset["frequency"].values)]))
