"""What a cell was: bands of one explanation over the cycles of its measurements."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from ..dataset import stamp
from .bands import NAMES, checked, coords, of_interfaces
from .life import Life

__all__ = ["history", "lowest_modulus"]

Reals = NDArray[np.float64]


def history(lives: Sequence[Life], name: str, quantiles: Sequence[float]) -> xr.Dataset:
    """What an explanation says of the past, one life after the other; see `mgtwin.Twin.history`."""
    from scipy.stats import norm

    levels = checked(quantiles)
    z, parts = norm.ppf(levels), []
    units, long_name = NAMES["impedance_modulus"]
    about = {"units": units, "long_name": long_name}
    for life in (life.considered for life in lives):
        space = life.coordinates
        slopes, bands = space.slopes(life.states), {}
        for path, ends in space.reached(life.states).items():
            band = np.stack([np.tile(end[:, np.newaxis], z.size) for end in ends])
            for number in (number for number in space.placed if number.startswith(f"{path}.")):
                # along the line on which it changes most: there its quantiles are those of one normal number, also
                # where it is no linear function of it
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
        data["impedance_modulus_quantiles"] = xr.Variable(("cycle", "quantile"), modulus, about)
        data["impedance_modulus_measured"] = xr.Variable(("cycle",), measured, about)
        cycles = np.array([space.usage.cycle(item.moment) for item in life.evidence])
        parts.append(xr.Dataset(data, coords=coords(cycles, levels)))
    last = lives[-1]
    whole = xr.concat(parts, "cycle", data_vars="minimal", coords="minimal", combine_attrs="override")
    only = int(last.forecasts_only)
    return whole.assign_attrs(
        stamp(route="twin", explanation=name, model_error=str(last.model_error), forecasts_only=only)
    )


def lowest_modulus(dataset: xr.Dataset) -> float:
    """|Z| at the lowest frequency of a spectrum; nan of anything else."""
    if "impedance" not in dataset:
        return np.nan
    return float(np.abs(dataset["impedance"].values[np.argmin(dataset["frequency"].values)]))
