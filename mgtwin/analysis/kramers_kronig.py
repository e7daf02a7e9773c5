"""Whether a spectrum can be that of a linear, causal, stationary cell."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from mgtwin.analysis._pyimpspec import attrs_from, library, points
from mgtwin.dataset import attributes, check
from mgtwin.errors import InputError
from mgtwin.quantities import format_value, parse

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["kramers_kronig"]

#: Points from which the test can tell a deviation from noise.
FEWEST = 10
#: Time constants reach this many decades beyond the data on both sides: parts of arcs that end outside are then fitted.
BEYOND = 0.5
#: More elements per decade than this make the equations singular to the precision of the computer.
PER_DECADE = 5
#: Points over which residuals are averaged to separate a systematic deviation from noise.
WINDOW = 5
#: A mean over the window this many times the noise of the mean is no coincidence.
SIGNIFICANT = 4.0
#: A change during the sweep is one if it exceeds this many times the tolerance: a tenth or so of it is left by the fit.
DRIFT = 10.0
#: Elements per decade with which a change is looked for.
FINER = 4
#: What rounding leaves of an exact spectrum, as the length of all residuals.
ROUNDING = 1e-4


def kramers_kronig(eis: xr.Dataset, *, tolerance: float | str = 0.003) -> xr.Dataset:
    r"""Test whether a spectrum obeys the Kramers-Kronig relations.

    The linear test of Boukamp (J. Electrochem. Soc. 142 (1995) 1885): the spectrum is fitted, both parts together and
    each point weighted by :math:`1/|Z|`, by

    .. math:: Z(\omega) = R + i\omega L + \frac{1}{i\omega C} + \sum_{k=1}^{M} \frac{R_k}{1 + i\omega\tau_k}

    with fixed :math:`\tau_k`, evenly spaced in their logarithm from half a decade below to half a decade above the
    data, and :math:`R_k` of either sign; where the admittance is fitted far better so (the resonance of a lead with a
    cell, which relaxations are not), by the same series for it. Every term obeys the relations, so what cannot be
    fitted breaks them: the cell changed during the measurement, the amplitude was too large, or the instrument erred.
    The fits are those of pyimpspec; of M from 3 to 5 per decade the one with the smallest information criterion of
    Akaike is kept, so that noise is not followed.

    Residuals are split into noise and a systematic part, their mean over 5 neighbouring points. The spectrum is called
    inconsistent if the systematic part exceeds `tolerance` somewhere and is at least four times what the noise gives;
    or if a change of the cell that grows evenly over the decades swept, of all of Z or of what relaxes, is found
    beyond ten times the `tolerance` and four times its standard deviation.

    The test sees only what no cell could show: a part of every drift looks like another valid spectrum. The change
    over the whole sweep that *would* have been found with these points and this noise is ``visible_drift`` (of all of
    Z) and ``visible_arc_drift`` (of :math:`Z - Z_\infty`): smaller ones may be there.

    Parameters
    ----------
    eis : xarray.Dataset
        Spectrum with ``frequency`` [Hz] and ``impedance`` [ohm].
    tolerance : float or str, optional
        Largest systematic residual accepted, relative to ``|Z|``; 0.003 or ``"0.3 %"`` by default.

    Returns
    -------
    xarray.Dataset
        Over ``frequency``: ``impedance`` (data), ``model_impedance`` (fit) [ohm] and the complex ``residual``
        :math:`(Z - Z_{fit})/|Z|`. Scalars: ``elements`` (M), ``mu`` (1 minus the sum of the negative
        :math:`|R_k|` over that of the positive ones: near 1 a fit without, below about 0.85 one with oscillating
        resistances, Schoenleber et al., Electrochim. Acta 131 (2014) 20), ``pseudo_chi_squared``
        :math:`\sum |Z - Z_{fit}|^2/|Z|^2`, ``noise`` and ``systematic_residual``, relative to ``|Z|``,
        ``visible_drift`` and ``visible_arc_drift``, relative to the whole and to what relaxes. Attributes: ``verdict``
        in words, ``consistent``, ``tolerance``; an inconsistent spectrum also carries a warning.

    Raises
    ------
    InputError
        Fewer than 10 finite points, less than half a decade, a frequency that occurs twice, or a tolerance that is not
        positive.
    MgtwinError
        pyimpspec is not installed (``python -m pip install 'mgtwin[spectra]'``).

    Examples
    --------
    >>> import numpy as np
    >>> from mgtwin.dataset import spectrum
    >>> f = np.geomspace(1e5, 0.1, 60)
    >>> z = 100 + 50 / (1 + 2j * np.pi * f * 1e-3)
    >>> kramers_kronig(spectrum(f, z)).attrs["consistent"]
    True
    >>> drifting = z * np.linspace(1, 1.1, 60)        # grows by 10 % while it is measured
    >>> kramers_kronig(spectrum(f, drifting)).attrs["consistent"]
    False
    """
    import xarray as xr

    limit = float(parse(tolerance, ""))
    if not limit > 0:
        raise InputError(f"tolerance is {limit:g}, but must be positive, for example '0.3 %'.")
    frequency, z = points(eis, "kramers_kronig", FEWEST)
    best = _fit(frequency, z)
    model = best.impedances
    residual = (z - model) / np.abs(z)
    parts, half = np.stack([residual.real, residual.imag]), WINDOW // 2
    smooth = np.stack([np.convolve(part, np.ones(WINDOW) / WINDOW, mode="valid") for part in parts])
    # a point less the mean of a window that it is part of keeps 1 - 1/WINDOW of its variance
    noise = float(np.sqrt(((parts[:, half:-half] - smooth) ** 2).mean() / (1 - 1 / WINDOW)))
    where = np.unravel_index(np.argmax(np.abs(smooth)), smooth.shape)
    systematic = float(np.abs(smooth[where]))
    drifts = [best.drift(part, frequency, z, noise) for part in (model, model - model[0].real)]
    drifted = next((abs(found) for found, visible in drifts if abs(found) > max(DRIFT * limit, visible)), None)
    scatters = systematic <= limit or systematic <= SIGNIFICANT * noise / np.sqrt(WINDOW)
    consistent = scatters and drifted is None
    at = format_value(float(frequency[int(where[1]) + half]), "Hz")
    measured = f"systematic residuals up to {_percent(systematic)} (at {at})"
    if consistent:
        explained = "" if systematic <= limit else ", which the noise explains"
        verdict = (
            f"consistent with the Kramers-Kronig relations: {measured}{explained}, noise {_percent(noise)}; a change "
            f"during the sweep by less than {_percent(drifts[0][1])} (of what relaxes, {_percent(drifts[1][1])}) would "
            "not have been seen"
        )
    else:
        why = f"{measured}, more than the {_percent(limit)} allowed and than a noise of {_percent(noise)} explains"
        if scatters and drifted is not None:
            why = f"residuals are those of a cell that changed by about {_percent(drifted)} during the sweep"
        verdict = (
            f"not consistent with the Kramers-Kronig relations: {why}; the cell drifted, the amplitude was too large "
            "or the instrument erred"
        )
    values: dict[str, object] = {
        "impedance": z, "model_impedance": model, "residual": residual, "elements": best.number, "mu": best.mu,
        "pseudo_chi_squared": float((np.abs(residual) ** 2).sum()), "noise": noise, "systematic_residual": systematic,
        "visible_drift": drifts[0][1], "visible_arc_drift": drifts[1][1],
    }  # fmt: skip
    over = ("impedance", "model_impedance", "residual")
    ds = xr.Dataset(
        {name: (("frequency",) if name in over else (), value, attributes(name)) for name, value in values.items()},
        coords={"frequency": ("frequency", frequency, attributes("frequency"))},
        attrs=attrs_from(
            eis, "analysis.kramers_kronig", [] if consistent else [verdict],
            verdict=verdict, consistent=bool(consistent), tolerance=limit,
        ),
    )  # fmt: skip
    return check(ds)


@dataclass(frozen=True)
class _Tested:
    """A fit of the test.

    Attributes
    ----------
    impedances : ndarray
        Of the fit [ohm].
    number : int
        Of its relaxations.
    admittance : bool
        Whether the series is that of the admittance.
    score : float
        Criterion of Akaike.
    coefficients : ndarray
        Of the relaxations, of either sign: resistances [ohm], or capacitances [F] of the admittance.
    """

    impedances: np.ndarray
    number: int
    admittance: bool
    score: float
    coefficients: np.ndarray

    @property
    def mu(self) -> float:
        """1 - sum |R_k < 0| / sum R_k >= 0; elements too small to be seen do not count."""
        # elements without a signal scatter about zero and would drive mu towards minus infinity
        largest = np.abs(self.coefficients if self.admittance else self.impedances).max()
        seen = self.coefficients[np.abs(self.coefficients) > 1e-6 * largest]
        negative, positive = -seen[seen < 0].sum(), seen[seen > 0].sum()
        if negative == 0:
            return 1.0
        return float(1 - negative / positive) if positive > 0 else float("-inf")

    def drift(self, part: np.ndarray, frequency: np.ndarray, z: np.ndarray, noise: float) -> tuple[float, float]:
        """How much a part of Z grew during the sweep, evenly over its decades, and how much would be seen."""
        s = 2j * np.pi * frequency
        # more elements than the best fit has: what those leave of the cell itself, below the noise, adds up here
        number = max(self.number, int(FINER * np.log10(frequency[0] / frequency[-1])))
        taus = np.geomspace(10**-BEYOND / np.abs(s).max(), 10**BEYOND / np.abs(s).min(), number)
        terms = np.stack([np.ones_like(s), s / np.abs(s).max(), np.abs(s).min() / s, *(1 / (1 + s * t) for t in taus)])
        if self.admittance:  # dZ = -Z^2 dY
            terms = terms * z**2
        matrix = np.ascontiguousarray(terms / np.abs(z)).view(float).T
        u, sizes, _ = np.linalg.svd(matrix / np.linalg.norm(matrix, axis=0), full_matrices=False)
        basis = u[:, sizes > 1e-10 * sizes[0]]
        swept = np.log(frequency[0] / frequency) / np.log(frequency[0] / frequency[-1])
        change = np.ascontiguousarray(part * swept / np.abs(z)).view(float)
        # the series follows most of any change: only the rest can be seen
        change = change - basis @ (basis.T @ change)
        size = max(float(np.linalg.norm(change)), 1e-300)
        # no less than the rounding of the fit itself
        return float(change @ np.ascontiguousarray(z / np.abs(z)).view(float)) / size**2, max(
            SIGNIFICANT * noise, ROUNDING
        ) / size


def _fit(frequency: np.ndarray, z: np.ndarray) -> _Tested:
    """The best fit by the criterion of Akaike, over the number of elements and both series."""
    decades = np.log10(frequency[0] / frequency[-1])
    if decades < 0.5:
        raise InputError(
            f"the spectrum spans {decades:.2g} decades of frequency; a Kramers-Kronig test needs at least half of one."
        )
    pyimpspec = library("kramers_kronig")
    data = pyimpspec.DataSet(frequency, z)
    most = min(int(PER_DECADE * (decades + 2 * BEYOND)), len(z) - 3)
    found: list[_Tested] = []
    for admittance, number in product((False, True), range(3, max(most, 3) + 1)):
        # "complex-inv" is the library's fit of both parts with the weight 1/|Z|; its "complex" has no weight, and where
        # |Z| spans four decades calls most noisy but valid spectra inconsistent. Its automatic choice of the number of
        # elements takes ten times as long as this loop and left residuals above 100 % on such spectra.
        fit = pyimpspec.perform_kramers_kronig_test(
            data, test="complex-inv", num_RC=number, admittance=admittance, num_F_ext_evaluations=0, log_F_ext=BEYOND,
            num_procs=1,
        )  # fmt: skip
        squares = float((np.abs((z - fit.impedances) / np.abs(z)) ** 2).sum())
        # 1e-7 relative is what the inversion leaves of an exact spectrum: below it more elements only fit rounding.
        # (Bayes' criterion keeps fewer elements and called 4 of 315 noisy valid spectra inconsistent, this 1 of 435.)
        score = 2 * len(z) * np.log(squares / (2 * len(z)) + 1e-14) + 2 * (number + 3)
        # the second series is one more chance to follow noise: it has to leave half of what the first one leaves
        score += 2 * len(z) * np.log(4.0) if admittance else 0.0
        values = [element.get_values() for element in fit.circuit.get_elements(recursive=True)]
        coefficients = np.array([value["C" if admittance else "R"] for value in values if "tau" in value])
        if np.isfinite(score):
            impedances = np.asarray(fit.impedances, dtype=complex)
            found.append(_Tested(impedances, number, admittance, float(score), coefficients))
    if not found:
        raise InputError("no fit of the Kramers-Kronig test converged: the spectrum holds impossible values.")
    return min(found, key=lambda item: item.score)


def _percent(share: float) -> str:
    return f"{100 * share:.2g} %" if share >= 1e-5 else "below 0.001 %"
