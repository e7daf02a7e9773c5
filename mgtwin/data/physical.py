"""Whether numbers make physical sense as what they were read as."""

from __future__ import annotations

import numpy as np

from mgtwin.data.passive import misfit, other_reading
from mgtwin.errors import FileError

__all__ = ["check_signal", "check_spectrum", "skipped", "uneven"]

#: Frequencies that an instrument can have measured [Hz].
LOWEST, HIGHEST = 1e-7, 1e9
#: |Z| that an instrument can have measured [ohm].
SMALLEST, LARGEST = 1e-9, 1e16
#: A spectrum further than this from every passive chain is none.
NO_SPECTRUM = 0.5
#: A spectrum with Im Z > 0 at most points is taken if a passive cell with coils is no further from it than this, and if
#: with the sign of Im Z turned the best cell misses it so many times more (than this at least).
INDUCTIVE, TURNED, LEAST = 0.05, 3.0, 0.01
#: Voltages and currents of cells: largest ones [V, A], and ratios [ohm].
MOST_VOLTS, MOST_AMPERES, RATIOS = 100.0, 1e3, (1e-3, 1e15)
#: Steps of an even series differ by less than this share of a step.
_EVEN = 0.05
#: Fewer steps do not tell what is usual.
_STEPS = 10
_LAST_RESORT = "If the numbers are right nevertheless, give check=False."


def check_spectrum(frequency: np.ndarray, impedance: np.ndarray, file: str, where: str = "") -> None:
    """Refuse a spectrum that is none, with what was seen and the hint that helps.

    Raises
    ------
    FileError
        Frequencies outside 1e-7 ... 1e9 Hz, |Z| no instrument measures, Re Z <= 0 or Im Z > 0 at most points, or
        columns that suit a passive cell only in another order.
    """
    low, high = frequency.min(), frequency.max()
    if low < LOWEST or high > HIGHEST:
        raise _refused(
            f"frequencies reach from {low:g} to {high:g} Hz, beyond {LOWEST:g} ... {HIGHEST:g} Hz. Is it another "
            f"column "
            "or unit? Give columns={'frequency': mt.Column('...', unit='kHz')}.",
            file, where,
        )  # fmt: skip
    size = np.abs(impedance)
    if size.min() < SMALLEST or size.max() > LARGEST:
        raise _refused(
            f"|Z| reaches from {size.min():g} to {size.max():g} ohm, which no instrument measures. Is the unit "
            f"wrong? Give "
            "columns={'real': mt.Column('...', unit='...'), 'imaginary': ...}.",
            file, where,
        )  # fmt: skip
    # Before the signs are judged: exchanged columns break those rules as well, and would get the wrong advice.
    found = other_reading(frequency, impedance.real, impedance.imag)
    if found:
        reading, read, best = found
        raise _refused(
            f"no passive cell has this spectrum (best one {read:.0%} off), but it is one ({best:.1%} off) if "
            f"{reading}. "
            "Say which column is which: columns={'frequency': ..., 'real': ..., 'imaginary': "
            "mt.Column('...', negate=True)}.",
            file, where,
        )  # fmt: skip
    negative, inductive = (impedance.real <= 0).mean(), (impedance.imag > 0).mean()
    if negative > 0.5:
        raise _refused(
            f"Re Z is not positive at {negative:.0%} of the points. Is the column another one, or of the opposite "
            f"sign? "
            "Give columns={'real': mt.Column('...', negate=True)}.",
            file, where,
        )  # fmt: skip
    off = misfit(frequency, impedance) if len(frequency) >= 6 else np.nan
    if inductive > 0.5 and not (off < INDUCTIVE and misfit(frequency, impedance.conj()) > TURNED * max(off, LEAST)):
        raise _refused(
            f"Im Z is positive at {inductive:.0%} of the points: the column may hold -Im Z. If so, give "
            "columns={'imaginary': mt.Column('...', negate=True)}.",
            file, where,
        )  # fmt: skip
    if off > NO_SPECTRUM:
        raise _refused(
            f"no passive cell has a spectrum like this: the best one is {off:.0%} off. Are the columns the right ones? "
            "Give columns={'frequency': ..., 'real': ..., 'imaginary': ...}.",
            file, where,
        )  # fmt: skip


def uneven(series: np.ndarray) -> int | None:
    """Return the index of the one value that is out of place in an otherwise even series; None if none is.

    Parameters
    ----------
    series : numpy.ndarray, shape (n,)
        Times, or logarithms of frequencies.

    Examples
    --------
    >>> import numpy as np
    >>> t = np.arange(26.0)
    >>> t[7] += 0.2
    >>> uneven(t)
    7
    """
    share = _steps(series)
    odd = np.flatnonzero(np.abs(share - 1) > _EVEN)
    # a wrong value makes the step before it longer and that behind it shorter by as much, or the other way round
    # A value out of place makes one step too long and the next too short by as much: their sum stays two steps.
    if len(odd) != 2 or odd[1] != odd[0] + 1 or np.abs(share[odd].sum() - 2) > _EVEN:
        return None
    return int(odd[1])


def skipped(series: np.ndarray) -> int | None:
    """Return the index before the one step that is twice or three times all others, where a row is lost; None if none.

    Examples
    --------
    >>> import numpy as np
    >>> skipped(np.delete(np.arange(26.0), 7))
    6
    """
    share = _steps(series)
    odd = np.flatnonzero(np.abs(share - 1) > _EVEN)
    return int(odd[0]) if len(odd) == 1 and np.abs(share[odd[0]] - np.array([2, 3])).min() < _EVEN else None


def _steps(series: np.ndarray) -> np.ndarray:
    """Steps of a series relative to the usual one; none where there are too few to tell what is usual."""
    step = np.diff(series)
    common = np.median(step) if len(step) >= _STEPS else 0.0
    return step / common if common else np.empty(0)


def check_signal(time: np.ndarray, voltage: np.ndarray, current: np.ndarray, file: str) -> None:
    """Refuse voltages and currents that no cell has.

    Raises
    ------
    FileError
        Above 100 V or 1 kA, a time that stands still, or a ratio of voltage to current outside 1e-3 ... 1e15 ohm.
    """
    hint = (
        "Say the columns and units: columns={'voltage': mt.Column('...', unit='V'), 'current': "
        "mt.Column('...', unit='mA')}."
    )
    if time[-1] <= time[0]:
        raise _refused("the time stands still: it is another column. Give columns={'time': ...}.", file, "")
    volts, amperes = _largest(voltage), _largest(current)
    if volts > MOST_VOLTS or amperes > MOST_AMPERES:
        raise _refused(
            f"the voltage reaches {volts:g} V and the current {amperes:g} A, which no cell has. {hint}", file, ""
        )
    # at rest the ratio would say nothing of the units
    # The median over what flows: rests and reversals would give ratios of noise.
    used = np.abs(current) > 0.1 * amperes
    if volts > 0 and amperes > 0 and used.any():
        ratio = float(np.nanmedian(np.abs(voltage[used]))) / float(np.nanmedian(np.abs(current[used])))
        if not (RATIOS[0] <= ratio <= RATIOS[1]):
            raise _refused(
                f"the voltage (up to {volts:g} V) and the current (up to {amperes:g} A) do not belong together: "
                f"their ratio "
                f"of {ratio:.2g} ohm is that of no cell. {hint}",
                file, "",
            )  # fmt: skip


def _largest(values: np.ndarray) -> float:
    finite = np.abs(values[np.isfinite(values)])
    return float(finite.max()) if finite.size else 0.0


def _refused(message: str, file: str, where: str) -> FileError:
    return FileError(f"{where}{': ' if where else ''}{message} {_LAST_RESORT}", file)
