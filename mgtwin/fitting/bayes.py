"""Posterior of a fit by Markov-chain Monte Carlo (emcee), as arviz knows it."""

from __future__ import annotations

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from ..errors import InputError, MgtwinError
from .judged import Judged
from .minimise import Progress

__all__ = ["sample"]

#: Walkers per parameter, and the share of the steps that is dropped as burn-in.
WALKERS, BURN_IN = 4, 0.3


def sample(
    fit: Judged, steps: int = 2000, walkers: int | None = None, seed: int = 0, progress: Progress | None = None
) -> xr.DataTree:
    r"""Draw from the posterior of a fit with the affine-invariant ensemble sampler of emcee.

    Likelihood as in the fit, the levels of noise being integrated out (Jeffreys prior, :math:`L \propto
    (\chi^2)^{-n/2}` per group of data); of a model that fails as much flatter as its intervals are wider. Priors are
    those of `Free`, else flat in the coordinate of the fit (the logarithm, where that is fitted) between the bounds; a
    parameter that is open on a side needs one of both.

    Parameters
    ----------
    fit : Fit
    steps : int
        Of every walker; the first 30 % are dropped.
    walkers : int, optional
        At least twice the number of parameters; four times by default.
    seed : int
        Equal seeds give equal results.
    progress : callable, optional
        Called as ``progress(fraction, text)``.

    Returns
    -------
    xarray.DataTree
        In arviz's layout: ``posterior`` (chain, draw) with one variable [SI] per parameter, ``sample_stats`` with
        ``lp``. Attributes: ``acceptance``, ``autocorrelation_steps``, ``warnings``.

    Raises
    ------
    MgtwinError
        emcee or arviz is not installed (``python -m pip install 'mgtwin[bayes]'``).
    InputError
        For too few walkers or steps, or a parameter that is not identifiable and has neither bounds nor a prior.
    """
    try:
        import emcee
        from arviz_base import from_dict
    except ImportError:
        raise MgtwinError("sampling needs emcee and arviz: python -m pip install 'mgtwin[bayes]'.") from None
    count = len(fit.names)
    number = walkers or max(WALKERS * count, 8)
    if number < 2 * count or steps < 10:
        raise InputError(f"{number} walkers and {steps} steps: give at least {2 * count} walkers and 10 steps.")
    _check_proper(fit)
    rng = np.random.default_rng(seed)
    sampler = emcee.EnsembleSampler(number, count, _Posterior(fit))
    sampler._random = np.random.RandomState(seed)
    state = _start(fit, number, rng)
    done = 0
    try:
        for done, _ in enumerate(sampler.sample(state, iterations=steps, skip_initial_state_check=True), 1):
            if progress is not None and done % max(steps // 100, 1) == 0:
                progress(done / steps, f"step {done} of {steps}")
    except KeyboardInterrupt:
        if done < 10:
            raise
    drop = int(BURN_IN * done)
    chain = np.swapaxes(sampler.get_chain()[drop:done], 0, 1)
    values = {
        name: np.asarray(parameter.to_value(chain[..., k]))
        for k, (name, parameter) in enumerate(zip(fit.names, fit.problem.parameters, strict=True))
    }
    tree: xr.DataTree = from_dict({"posterior": values, "sample_stats": {"lp": sampler.get_log_prob()[drop:done].T}})
    times = np.asarray(sampler.get_autocorr_time(tol=0), dtype=float)
    longest = float(np.nanmax(times)) if np.isfinite(times).any() else float("nan")
    warnings = [] if done == steps else [f"interrupted after {done} of {steps} steps"]
    warnings += fit.warnings
    if not longest * 50 < done:
        warnings.append(f"the chains are {done / longest:.0f} autocorrelation times long; 50 are wanted: more steps")
    tree.attrs |= {
        "acceptance": float(np.mean(sampler.acceptance_fraction)),
        "autocorrelation_steps": longest,
        "warnings": warnings,
    }
    return tree


def _check_proper(fit: Judged) -> None:
    for parameter, sound in zip(fit.problem.parameters, fit.identifiable, strict=True):
        bounded = all(np.isfinite(parameter.internal_bounds))
        if not sound and parameter.prior is None and not bounded:
            raise InputError(
                f"{parameter.name} is not identifiable and has neither bounds nor a prior, so its posterior has no "
                f"end: give Free(bounds=...) or Free(prior=...)."
            )


class _Posterior:
    """Logarithm of the posterior density."""

    def __init__(self, fit: Judged) -> None:
        self._fit = fit
        self._low, self._high = fit.problem.bounds

    def __call__(self, x: NDArray[np.float64]) -> float:
        if np.any(x < self._low) or np.any(x > self._high):
            return -np.inf
        residuals = self._fit.problem.residuals(x)
        return -self._fit.deviance(residuals) / 2 if np.isfinite(residuals).all() else -np.inf


def _start(fit: Judged, walkers: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Walkers around the minimum, as far as the covariance says, within the bounds."""
    low, high = fit.problem.bounds
    spread = np.sqrt(np.diag(fit.covariance))
    width = np.where(np.isfinite(high - low), (high - low) / 10, 0.5)
    spread = np.where(np.isfinite(spread) & (spread > 0), np.minimum(spread, width), width)
    drawn = fit.minimum.x + spread * rng.normal(size=(walkers, spread.size))
    inside = np.clip(drawn, np.where(np.isfinite(low), low, -np.inf), np.where(np.isfinite(high), high, np.inf))
    # walkers on a bound would share a coordinate: move them a little inside
    return np.asarray(inside + (fit.minimum.x - inside) * 1e-3 * rng.random((walkers, 1)))
