"""The distribution of relaxation times of a spectrum, and the peaks in it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from mgtwin.analysis._pyimpspec import attrs_from, library, points
from mgtwin.dataset import attributes, check
from mgtwin.errors import InputError
from mgtwin.quantities import format_value, parse

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["relaxation_times"]

FEWEST = 10
#: A spectrum closes at its low-frequency end where -Im Z is below this share of |Z|.
CLOSED = 0.05
#: Peaks with less than this share of the polarisation are not told from the noise of the inversion.
SMALLEST = 0.02
#: Equal arcs this many decades apart are two peaks, at a regularisation of 3e-3.
APART = 0.7
#: A peak nearer than this factor to either end of the time constants may be the flank of an arc outside the data.
EDGE = 3.0
#: Standard deviations of a sum beyond which it is no noise.
SIGNIFICANT = 5.0
#: Median size of second differences of noise over its standard deviation: sqrt(6) 0.6745.
SECOND_DIFFERENCES = 1.652
#: A root mean square misfit that is more than noise and the broadening of sharp peaks.
MISFIT = 0.03


@dataclass(frozen=True)
class _Peak:
    """One peak: where it is [s], what it carries [ohm], and whether it lies inside the data."""

    tau: float
    resistance: float
    inside: bool

    @classmethod
    def all_of(cls, tau: np.ndarray, gamma: np.ndarray, carried: np.ndarray) -> list[_Peak]:
        """Cut a distribution at the minima between its maxima and integrate the pieces."""
        from scipy.signal import find_peaks

        # zeros beyond the ends, or a maximum at an end would be none
        padded = np.concatenate([[0.0], gamma, [0.0]])
        tops = find_peaks(padded, prominence=0.01 * gamma.max(initial=0.0))[0] - 1
        cuts = [0, *(int(a + np.argmin(gamma[a:b])) for a, b in pairwise(tops)), len(tau)]
        found = []
        for start, end, top in zip(cuts, cuts[1:], tops, strict=False):
            part = carried[start:end]
            if part.sum() < SMALLEST * carried.sum():
                continue
            # the mean of ln(tau): the distribution is one over the logarithm
            centre = float(np.exp((part * np.log(tau[start:end])).sum() / part.sum()))
            inside = tau[0] * EDGE < tau[top] < tau[-1] / EDGE
            found.append(cls(centre, float(part.sum()), bool(inside)))
        return found


def relaxation_times(eis: xr.Dataset, *, regularisation: float | str = 3e-3) -> xr.Dataset:
    r"""Compute the distribution of relaxation times of a spectrum.

    .. math:: Z(\omega) = R_\infty + \int_{-\infty}^{\infty} \frac{\gamma(\tau)}{1 + i\omega\tau}\,d\ln\tau,
              \qquad \gamma \ge 0

    by Tikhonov regularisation and non-negative least squares (TR-NNLS of pyimpspec, after Kulikovsky, J. Electrochem.
    Soc. 168 (2021) 044512) on the imaginary part: it does not contain :math:`R_\infty`, which therefore need not be
    visible in the data. :math:`R_\infty` then follows from the real part, each point weighted by :math:`1/|Z|`.
    Between its minima each peak carries

    .. math:: R = \int \gamma\,d\ln\tau, \qquad \ln\tau_p = \frac{1}{R}\int \gamma \ln\tau\,d\ln\tau, \qquad
              C = \tau_p/R, \qquad f = 1/(2\pi\tau_p)

    Sharp peaks are broadened by the regularisation: the resistances of two RC elements one decade apart come out
    within 5 %, further apart within 2 %, their time constants within 4 % (6 % for a peak of 3 % of the polarisation).
    The equations are not weighted, so an arc much smaller than 1 % of the largest one is not seen; peaks with less
    than 2 % of the polarisation are not listed.

    Parameters
    ----------
    eis : xarray.Dataset
        Spectrum with ``frequency`` [Hz] and ``impedance`` [ohm].
    regularisation : float, optional
        Weight of the smoothness, > 0: 1e-3 for exact spectra, 1e-2 where noise exceeds 0.5 %.

    Returns
    -------
    xarray.Dataset
        ``distribution`` :math:`\gamma` [ohm] over ``time_constant`` [s]; over ``peak``, the fastest first:
        ``peak_time_constant`` [s], ``peak_frequency`` [Hz], ``peak_resistance`` [ohm], ``peak_capacitance`` [F] and
        ``peak_inside`` (0 for a peak at either end of the data, whose numbers then depend on the window);
        ``series_resistance`` :math:`R_\infty` [ohm]; over ``frequency``, ``impedance`` and ``model_impedance`` [ohm].
        The attributes ``resolution`` (in words: which arcs would have been merged or left out), ``regularisation``,
        ``misfit`` (root mean square of :math:`|\Delta Z|/|Z|`), and warnings where the spectrum does not close at low
        frequency, a peak lies at an end of the data, inductive points were left out at its upper end or cannot be
        described below it, or the misfit is large.

    Raises
    ------
    InputError
        Fewer than 10 finite points, no relaxation between the two ends of the data (a capacitive tail has none), or a
        regularisation that is not positive.
    MgtwinError
        pyimpspec is not installed (``python -m pip install 'mgtwin[spectra]'``).

    Examples
    --------
    >>> import numpy as np
    >>> from mgtwin.dataset import spectrum
    >>> f = np.geomspace(1e6, 0.1, 100)
    >>> z = 20 + 100 / (1 + 2j * np.pi * f * 1e-4) + 50 / (1 + 2j * np.pi * f * 1e-1)
    >>> peaks = relaxation_times(spectrum(f, z))
    >>> peaks.peak_resistance.values.round()
    array([100.,  50.])
    """
    weight = float(parse(regularisation, ""))
    if not weight > 0:
        raise InputError(f"regularisation is {weight:g}, but must be positive, for example 3e-3.")
    frequency, z = points(eis, "relaxation_times", FEWEST)
    warnings: list[str] = []
    # Inductive points at the high-frequency end are left out: no distribution with gamma >= 0 can have them.
    first = int(np.argmin(z.imag > 0)) if not (z.imag > 0).all() else len(z)
    if first:
        upwards = format_value(frequency[first - 1], "Hz")
        if len(z) - first < FEWEST:
            raise InputError(
                f"the impedance is inductive (Im Z > 0) down to {upwards}; the {len(z) - first} points that are left "
                "are too few for a distribution of relaxation times."
            )
        warnings.append(f"{first} inductive points from {upwards} upwards were left out")
        frequency, z = frequency[first:], z[first:]
    warnings += _inductive_loops(frequency, z)
    if not z.real[-1] - z.real[0] > 1e-6 * np.abs(z).max():
        raise InputError(
            f"the real part does not rise from {format_value(frequency[0], 'Hz')} to "
            f"{format_value(frequency[-1], 'Hz')}: there is no relaxation in between to distribute "
            "(a resistance in series with a capacitance has none)."
        )
    pyimpspec = library("relaxation_times")
    found = pyimpspec.calculate_drt(
        pyimpspec.DataSet(frequency, z), method="tr-nnls", mode="imaginary", lambda_value=weight
    )
    tau, gamma = np.asarray(found.time_constants, dtype=float), np.asarray(found.gammas, dtype=float)
    # cells around the time constants in ln(tau), half ones at the ends
    edges = np.concatenate([tau[:1], np.sqrt(tau[1:] * tau[:-1]), tau[-1:]])
    carried = gamma * np.diff(np.log(edges))
    relaxing = (carried / (1 + 2j * np.pi * frequency[:, None] * tau)).sum(axis=1)
    # R_inf is what the distribution leaves of Re Z, relative errors of all points counting alike
    share = 1 / np.abs(z) ** 2
    series = float((share * (z - relaxing).real).sum() / share.sum())
    peaks = _Peak.all_of(tau, gamma, carried)
    model = series + relaxing
    misfit = float(np.sqrt((np.abs((model - z) / z) ** 2).mean()))
    ds = _assemble(frequency, z, model, tau, gamma, series, peaks)
    warnings += _remarks(frequency, z, model, peaks, misfit)
    unlisted = max(1 - sum(peak.resistance for peak in peaks) / float(carried.sum()), 0.0)
    resolution = (
        f"arcs closer than {APART:g} decades (unequal ones, a decade) may be one peak; peaks below {SMALLEST:.0%} of "
        f"the polarisation are not listed, in which {unlisted:.1%} of it lie"
    )
    attrs = attrs_from(
        eis, "analysis.relaxation_times", warnings, regularisation=weight, misfit=misfit, resolution=resolution
    )
    return check(ds.assign_attrs(attrs))


def _inductive_loops(frequency: np.ndarray, z: np.ndarray) -> list[str]:
    """Say which points no distribution with gamma >= 0 can have, though they are not left out: inductive ones.

    Noise about the real axis makes such points, too: a run of them counts where its sum stands out of the scatter.
    """
    share = z.imag / np.abs(z)
    scatter = float(np.median(np.abs(np.diff(share, 2)))) / SECOND_DIFFERENCES
    edges = np.flatnonzero(np.diff(np.concatenate([[False], share > 0, [False]])))
    inductive = np.zeros(share.shape, dtype=bool)
    for start, end in edges.reshape(-1, 2):
        inductive[start:end] = share[start:end].sum() > SIGNIFICANT * scatter * np.sqrt(end - start)
    if not inductive.any():
        return []
    span = f"{format_value(frequency[inductive][-1], 'Hz')} to {format_value(frequency[inductive][0], 'Hz')}"
    return [
        f"{np.count_nonzero(inductive)} points from {span} are inductive (Im Z > 0), which no distribution with "
        "gamma >= 0 can describe: a relaxing reaction, drift or a corroding electrode, say. The slow peaks, and the "
        f"resistance to direct current ({format_value(float(z.real[-1]), 'ohm')} at the lowest frequency), are not "
        "those of the distribution"
    ]


def _assemble(
    frequency: np.ndarray, z: np.ndarray, model: np.ndarray, tau: np.ndarray, gamma: np.ndarray, series: float,
    peaks: list[_Peak],
) -> xr.Dataset:  # fmt: skip
    import xarray as xr

    times = np.array([peak.tau for peak in peaks], dtype=float)
    resistances = np.array([peak.resistance for peak in peaks], dtype=float)
    variables: dict[str, tuple[str, np.ndarray]] = {
        "impedance": ("frequency", z),
        "model_impedance": ("frequency", model),
        "distribution": ("time_constant", gamma),
        "peak_time_constant": ("peak", times),
        "peak_frequency": ("peak", 1 / (2 * np.pi * times)),
        "peak_resistance": ("peak", resistances),
        "peak_capacitance": ("peak", times / resistances),
        "peak_inside": ("peak", np.array([peak.inside for peak in peaks], dtype=np.int64)),
    }
    coords = {"frequency": frequency, "time_constant": tau, "peak": np.arange(1, len(peaks) + 1)}
    return xr.Dataset(
        {
            **{name: (dim, value, attributes(name)) for name, (dim, value) in variables.items()},
            "series_resistance": ((), series, attributes("series_resistance")),
        },
        coords={name: (name, value, attributes(name)) for name, value in coords.items()},
    )


def _remarks(frequency: np.ndarray, z: np.ndarray, model: np.ndarray, peaks: list[_Peak], misfit: float) -> list[str]:
    """Say what of a distribution is not to be believed."""
    found = []
    open_by = float(-z.imag[-1] / np.abs(z[-1]))
    if open_by > CLOSED:
        found.append(
            f"the spectrum does not close at {format_value(frequency[-1], 'Hz')} (-Im Z is {100 * open_by:.0f} % of "
            "|Z|): slower processes are squeezed into the slowest peaks, whose numbers are lower limits at best"
        )
    found += [
        f"the peak at {format_value(1 / (2 * np.pi * peak.tau), 'Hz')} lies at the end of the data: its resistance "
        f"({format_value(peak.resistance, 'ohm')}) and time constant depend on the window"
        for peak in peaks
        if not peak.inside
    ]
    if misfit > MISFIT:
        worst = format_value(frequency[np.argmax(np.abs((model - z) / z))], "Hz")
        found.append(
            f"the distribution misses the spectrum by {misfit:.1%} of |Z| on average, most at {worst}: there is "
            "something in it that relaxations in series are not, or the regularisation is too strong"
        )
    return found
