"""Bands of what a twin says: quantiles over cycles, as variables of a Dataset."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from ..errors import InputError

__all__ = ["NAMES", "bands_of", "by_interface", "checked", "coords", "of_interfaces", "weighted_quantiles"]

Reals = NDArray[np.float64]

#: Units and names of what forecasts and histories hold.
NAMES = {
    "impedance_modulus": ("ohm", "modulus of the impedance at the lowest frequency"),
    "contact_fraction": ("1", "contact fraction"),
    "film_resistance": ("ohm*m^2", "film resistance"),
    "deposition_voltage": ("V", "voltage at the end of deposition"),
    "dissolution_voltage": ("V", "voltage at the end of dissolution"),
    "time_to_limit": ("1", "cycles until the limit is reached"),
}


def checked(quantiles: Sequence[float]) -> Reals:
    """Quantiles of bands.

    Raises
    ------
    InputError
        There are none, or one is not between 0 and 1.
    """
    found = np.array(quantiles, dtype=float)
    if found.ndim != 1 or not found.size or not np.all((found > 0) & (found < 1)):
        raise InputError(f"quantiles={quantiles!r}: give parts between 0 and 1, such as (0.05, 0.5, 0.95).")
    return found


def coords(cycles: Reals, quantiles: Reals) -> dict[str, xr.Variable]:
    return {
        "cycle": xr.Variable(("cycle",), np.asarray(cycles, dtype=float), {"units": "1", "long_name": "cycle"}),
        "quantile": xr.Variable(("quantile",), np.array(quantiles), {"units": "1", "long_name": "quantile"}),
    }


def bands_of(values: Reals, weights: Reals, quantiles: Reals, name: str) -> xr.Variable:
    units, long_name = NAMES[name]
    return xr.Variable(
        ("cycle", "quantile"), weighted_quantiles(values, weights, quantiles), {"units": units, "long_name": long_name}
    )


def weighted_quantiles(values: Reals, weights: Reals, quantiles: Reals) -> Reals:
    """Weighted quantiles of the rows of (members, cycles): (cycles, quantiles)."""
    order = np.argsort(values, axis=0)
    heaped = np.cumsum(weights[order], axis=0)
    heaped = heaped / heaped[-1]
    found = np.empty((values.shape[1], len(quantiles)))
    for k in range(values.shape[1]):
        places = np.minimum(np.searchsorted(heaped[:, k], quantiles), len(values) - 1)
        found[k] = values[order[places, k], k]
    return found


def by_interface(
    reached: list[Mapping[str, Reals]], weights: Reals, quantiles: Reals, withheld: bool
) -> dict[str, xr.Variable]:
    """Bands of what ages, of the interfaces that age in every explanation."""
    paths = [path for path in reached[0] if all(path in item for item in reached)]
    members = {path: np.concatenate([item[path] for item in reached], axis=1) for path in paths}
    bands = {p: np.stack([weighted_quantiles(one, weights, quantiles) for one in both]) for p, both in members.items()}
    return of_interfaces(bands, quantiles, withheld)


def of_interfaces(bands: Mapping[str, Reals], quantiles: Reals, withheld: bool) -> dict[str, xr.Variable]:
    """Contact fractions and films over cycle, interface and quantile, from (2, cycles, quantiles) of each interface.

    Where the model is too wrong for bands that hold, only the middle is left, and it may be far off.
    """
    if not bands:
        return {}
    both = np.stack(list(bands.values()), axis=2)
    data = {"interface": xr.Variable(("interface",), list(bands), {"units": "1", "long_name": "interface"})}
    for values, name in zip(both, ("contact_fraction", "film_resistance"), strict=True):
        units, long_name = NAMES[name]
        about = {"units": units, "long_name": long_name}
        if withheld:
            values = np.where(np.isclose(quantiles, 0.5), values, np.nan)
            about["comment"] = "forecasts only: the model's error is too large for bands of hidden numbers"
        data[f"{name}_quantiles"] = xr.Variable(("cycle", "interface", "quantile"), values, about)
    return data
