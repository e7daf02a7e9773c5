r"""Whether three columns can be frequency, Re Z and Im Z of a passive linear cell.

A passive cell without inductive loops is a chain of resistors, RC elements, a capacitance and an inductance, none of
them negative:

.. math:: Z(\omega) = R + i\omega L + \frac{1}{i\omega C} + \sum_k \frac{R_k}{1 + i\omega\tau_k}

Where most points are inductive, coils with a resistor in parallel, :math:`i\omega\tau_k R_k/(1 + i\omega\tau_k)`, are
links of it, too.

The best non-negative chain misses a measured spectrum by its noise, and one whose columns are mistaken for each other
by tens of per cent, because Re Z and Im Z determine each other (Kramers and Kronig).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

__all__ = ["misfit", "other_reading"]

#: Time constants per decade, and decades that they reach beyond the data.
_PER_DECADE, _BEYOND = 8, 1.0
#: A point is an outlier if it is this far off, and this many times further than the others are on average.
_FAR, _TIMES, _FEWEST_TO_JUDGE = 0.1, 10.0, 10
#: Another reading of the columns is the right one if it misses this many times less.
_CLEARLY = 3.0
#: Iterations of the least squares for each unknown.
_STEPS = 50
#: A spectrum that is missed by less is as good as its noise, whatever another reading misses.
_GOOD = 0.02


def misfit(frequency: np.ndarray, impedance: np.ndarray) -> float:
    """Return the root mean square distance of a spectrum from the best passive chain, relative to \\|Z\\|.

    NaN if the best chain was not found, inf if Z is zero somewhere.

    Examples
    --------
    >>> import numpy as np
    >>> f = np.logspace(0, 6, 31)
    >>> z = 10 + 100 / (1 + 2j * np.pi * f * 1e-4)
    >>> misfit(f, z) < 0.01 < 0.3 < misfit(f, z.conj())
    True
    """
    size = np.abs(impedance)
    if not (size > 0).all():
        return np.inf
    loops = bool((impedance.imag > 0).mean() > 0.5)  # most points are inductive
    best = _best_chain(frequency, impedance, loops=loops)
    if best is None:
        return np.nan
    return float(np.sqrt(np.mean(np.abs((_terms(frequency, frequency, loops) @ best - impedance) / size) ** 2)))


def _terms(frequency: np.ndarray, window: np.ndarray, loops: bool = False) -> np.ndarray:
    """Impedances of the parts of a chain, shape (frequency, part), for time constants that suit the `window`."""
    omega = 2 * np.pi * frequency
    low, high = np.log10(1 / (2 * np.pi * window.max())) - _BEYOND, np.log10(1 / (2 * np.pi * window.min())) + _BEYOND
    tau = np.logspace(low, high, int((high - low) * _PER_DECADE) + 1)
    arcs = 1 / (1 + 1j * np.outer(omega, tau))
    return np.column_stack([np.ones_like(omega), 1j * omega, 1 / (1j * omega), arcs, *([1 - arcs] if loops else [])])


def _best_chain(
    frequency: np.ndarray, impedance: np.ndarray, keep: np.ndarray | None = None, loops: bool = False
) -> np.ndarray | None:
    """Return the non-negative values of the parts that suit the points best, relative to |Z|; None if not found."""
    from scipy.optimize import nnls

    rows = np.ones(len(frequency), dtype=bool) if keep is None else keep
    z = impedance[rows]
    weighted = _terms(frequency[rows], frequency, loops) / np.abs(z)[:, None]
    matrix = np.vstack([weighted.real, weighted.imag])
    target = np.concatenate([(z / np.abs(z)).real, (z / np.abs(z)).imag])
    # columns of unit length: those of R, L and 1/C differ by decades, and NNLS has one tolerance for all
    scale = np.linalg.norm(matrix, axis=0)
    try:
        values, _ = nnls(matrix / scale, target, maxiter=_STEPS * len(scale))
    except RuntimeError:  # no convergence
        return None
    return values / scale


def outlier(frequency: np.ndarray, impedance: np.ndarray) -> tuple[int, float] | None:
    """Return the one point that lies far off the chain through all others, and how far (relative); None if none.

    Examples
    --------
    >>> import numpy as np
    >>> f = np.logspace(0, 6, 31)
    >>> z = 10 + 100 / (1 + 2j * np.pi * f * 1e-4)
    >>> z[7] += 200
    >>> outlier(f, z)[0]
    7
    """
    if len(frequency) < _FEWEST_TO_JUDGE or not (np.abs(impedance) > 0).all():
        return None
    best = _best_chain(frequency, impedance)
    if best is None:
        return None
    terms = _terms(frequency, frequency)
    k = int(np.argmax(np.abs(terms @ best / impedance - 1)))
    others = np.arange(len(frequency)) != k
    # once more without it: the chain through all points gives way to an outlier, and hides a part of it
    best = _best_chain(frequency, impedance, others)
    if best is None:
        return None
    fit = terms @ best
    off = np.abs((impedance - fit) / fit)
    # the first and the last point have no neighbour beyond that would hold the chain
    far = off[k] > max(_FAR, _TIMES * float(np.sqrt(np.mean(off[others] ** 2))))
    return (k, float(off[k])) if far and 0 < k < len(frequency) - 1 else None


def other_reading(frequency: np.ndarray, real: np.ndarray, imaginary: np.ndarray) -> tuple[str, float, float] | None:
    """Return another reading of the columns that suits a passive cell clearly better, with both misfits; None if none.

    Parameters
    ----------
    frequency, real, imaginary : numpy.ndarray, shape (n,)
        As the file names them [Hz, ohm, ohm].
    """
    if len(frequency) < 6 or len(np.unique(frequency)) < 6:
        return None
    read = misfit(frequency, real + 1j * imaginary)
    if not read > _GOOD:
        return None
    found = [(misfit(f, z), text) for text, f, z in _readings(frequency, real, imaginary)]
    # NaN, where no chain was found, does not equal itself
    best, text = min((item for item in found if item[0] == item[0]), default=(np.inf, ""))
    return (text, read, best) if best < read / _CLEARLY else None


def _readings(f: np.ndarray, re: np.ndarray, im: np.ndarray) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Every way in which three columns may have been mistaken for each other: their order, a sign, or |Z| and phase."""
    yield "the imaginary part has the opposite sign", f, re - 1j * im
    yield "the column of Im Z holds Re Z, and that of Re Z holds -Im Z", f, im - 1j * re
    yield "the column of Im Z holds Re Z, and that of Re Z holds Im Z", f, im + 1j * re
    yield "the column of Im Z holds -Re Z, and that of Re Z holds -Im Z", f, -im - 1j * re
    if (re > 0).all() and (abs(im) <= 180).all():
        yield "the columns hold |Z| and the phase in degrees", f, re * np.exp(1j * np.deg2rad(im))
        yield "the columns hold |Z| and minus the phase in degrees", f, re * np.exp(-1j * np.deg2rad(im))
    size = np.hypot(re, im)
    if _one_way(size) and (size > 0).all():
        yield "the columns of |Z| and of the frequency are exchanged", size, f * np.exp(1j * np.arctan2(im, re))
    for name, other, values in (("Re Z", re, im), ("-Im Z", -im, re), ("Im Z", im, re)):
        if (other > 0).all() and _one_way(other):
            for sign in (1, -1):
                yield f"the column of {name} holds the frequency", other, f + 1j * sign * values
                yield f"the column of {name} holds the frequency", other, values + 1j * sign * f


def _one_way(values: np.ndarray) -> bool:
    step = np.diff(values)
    return bool((step > 0).all() or (step < 0).all())
