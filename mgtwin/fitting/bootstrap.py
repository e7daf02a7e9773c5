"""Parametric bootstrap: the fit repeated on data drawn from the fitted model and its noise."""

from __future__ import annotations

import numpy as np
import xarray as xr

from ..dataset import attributes
from ..errors import InputError
from ..regression.weighting import Data
from .minimise import Progress
from .solution import Solution

__all__ = ["bootstrap"]


def bootstrap(fit: Solution, samples: int = 200, seed: int = 0, progress: Progress | None = None) -> xr.Dataset:
    """Draw data from a fit and fit them again.

    Unlike the covariance this needs no linearisation, and unlike the profile it gives the joint distribution.

    Parameters
    ----------
    fit : Fit
    samples : int
    seed : int
        Equal seeds give equal results.
    progress : callable, optional
        Called as ``progress(fraction, text)``.

    Returns
    -------
    xarray.Dataset
        ``fitted_value`` (sample, parameter) [SI units of each, in ``parameter_unit``]. After Ctrl-C those until then,
        with a warning, as for a model that does not describe the data.

    Raises
    ------
    InputError
        If there is nothing to draw.
    """
    if samples < 1:
        raise InputError(f"samples is {samples}: draw at least one, some hundred for intervals.")
    rng = np.random.default_rng(seed)
    found = []
    # drawn from the model, samples know nothing of its error
    warnings = list(fit.warnings)
    try:
        for k in range(samples):
            # from the model, not from resampled points: neighbouring points of a spectrum cannot be exchanged
            drawn = [_drawn(fit, number, rng) for number in range(len(fit.problem.measurements))]
            found.append(fit.refitted(data=drawn).x)
            if progress is not None:
                progress((k + 1) / samples, f"sample {k + 1} of {samples}")
    except KeyboardInterrupt:  # some samples are worth having, too: they are returned with a warning
        warnings.append(f"interrupted after {len(found)} of {samples} samples")
    units = [parameter.unit for parameter in fit.problem.parameters]
    return xr.Dataset(
        {
            "fitted_value": (
                ("sample", "parameter"),
                np.array(found).reshape(-1, len(fit.names)),
                attributes("fitted_value"),
            )
        },
        coords={
            "sample": ("sample", np.arange(len(found)), attributes("sample")),
            "parameter": ("parameter", list(fit.names), attributes("parameter")),
            "parameter_unit": ("parameter", units, attributes("parameter_unit")),
        },
        attrs={"route": "parametric bootstrap", "seed": seed, "warnings": warnings},
    )


def _drawn(fit: Solution, number: int, rng: np.random.Generator) -> Data:
    """Data of one Dataset as the fitted model and its noise might have given them."""
    mean = np.ascontiguousarray(fit.predicted[number])
    std = fit.problem.weightings[number].interleaved(fit.measured(number)) * fit.levels[number]
    noise = std * rng.normal(size=std.size)
    # noise was drawn for real and imaginary part in turn: the view puts them back together
    found: Data = np.add(mean, noise.view(mean.dtype), dtype=mean.dtype)
    return found
