"""What a fit leaves open: of its curves, and of the numbers of its cell."""

from __future__ import annotations

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from ..dataset import spectrum, transient
from ..errors import InputError
from .solution import Solution

__all__ = ["curves", "draws"]

Reals = NDArray[np.float64]
#: Singular values below this part of the largest are rounding: along their directions no curve moves.
ROUNDING = 1e-10


def curves(fit: Solution, n: int = 1000, seed: int = 0) -> dict[str, xr.Dataset]:
    r"""What a fit gives at the points of its data, and how far the noise leaves that open.

    To first order curves deviate by :math:`J\,\delta` with :math:`\delta \sim N(0, (J^T J)^{-1})`. With
    :math:`J = U S V^T` that is :math:`U z`, :math:`z \sim N(0, 1)`: finite also where parameters are not identifiable,
    for along what the data do not determine the curves do not move. Noise of a new measurement is not in it; where the
    model fails the deviations are widened as the covariance is.

    Parameters
    ----------
    fit : Fit
    n : int
        Number of samples.
    seed : int
        Equal seeds give equal samples.

    Returns
    -------
    dict of str to xarray.Dataset
        By the label of the data: ``impedance`` [ohm] (or ``voltage`` [V], ``current`` [A]) of the fit,
        ``measured_impedance`` and ``impedance_samples`` (sample, frequency); of runs in time accordingly.

    Raises
    ------
    InputError
        If there is nothing to draw.
    """
    if n < 1:
        raise InputError(f"n = {n}: at least one sample is needed.")
    jacobian = fit.minimum.jacobian[:, ~fit.at_bound]
    norms = np.linalg.norm(jacobian, axis=0)
    jacobian = jacobian / np.where(norms > 0, norms, 1.0)
    # an outlier that the loss forgives confines nothing, but the curve moves there, too
    counted = jacobian if fit.loss is None else jacobian * np.sqrt(fit.loss.weights(fit.minimum.residuals))[:, None]
    _, singular, rows = np.linalg.svd(counted, full_matrices=False)
    told = singular > ROUNDING * singular.max(initial=0.0)
    moved = np.random.default_rng(seed).normal(scale=fit.widening, size=(n, int(told.sum())))
    deviations = jacobian @ ((rows[told].T / singular[told]) @ moved.T)
    found: dict[str, xr.Dataset] = {}
    for k, part in enumerate(fit.problem.by_dataset(deviations)):
        item, fitted = fit.problem.measurements[k], fit.predicted[k]
        noise = fit.problem.weightings[k].interleaved(fit.measured(k)) * fit.levels[k]
        samples = fitted + np.ascontiguousarray((part * noise[:, np.newaxis]).T).view(fitted.dtype)
        told_by = {str(name): value for name, value in item.dataset.attrs.items() if name != "cell"}
        poor = [str(verdict) for verdict in fit.verdicts[k : k + 1] if verdict.poor]
        said = [*item.dataset.attrs.get("warnings", []), *poor, *fit.made_one]
        attrs = {**told_by, "route": "fit", "warnings": said}
        about = {
            "sample": np.arange(n),
            f"measured_{item.quantity}": fit.measured(k),
            f"{item.quantity}_samples": samples,
        }
        if item.frequency is not None:
            one = spectrum(item.frequency, fitted, attrs, **about)
        else:
            signals = {"voltage": item.voltage, "current": item.current, item.quantity: fitted}
            one = transient(item.time, **signals, step=item.steps, attrs=attrs, **about)  # type: ignore[arg-type]
        label = item.label if item.label not in found else f"{item.label} ({k + 1})"
        found[label] = one
    return found


def draws(fit: Solution, n: int, seed: int = 0) -> dict[str, Reals]:
    """Parameter sets from the covariance of a fit, name to values [SI] of shape (n,), none beyond a bound.

    Raises
    ------
    InputError
        The data do not determine a parameter: it has no covariance to draw from.
    """
    unknown = [name for name, size in zip(fit.names, np.diag(fit.covariance), strict=True) if not np.isfinite(size)]
    if unknown:
        raise InputError(
            f"the data do not determine {', '.join(unknown)}: there is no covariance to draw from. Fix it, give it a "
            "prior, or take fit.sample()."
        )
    sizes, directions = np.linalg.eigh(fit.covariance)
    moved = np.random.default_rng(seed).normal(size=(n, len(fit.names))) * np.sqrt(np.maximum(sizes, 0.0))
    sets = np.clip(fit.minimum.x + moved @ directions.T, *fit.problem.bounds)
    values = np.array([fit.problem.values(one) for one in sets])
    return dict(zip(fit.names, values.T, strict=True))
