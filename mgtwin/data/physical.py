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
#: Steps of a series of frequencies differ by less than this share of a step.
_EVEN = 0.05
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
    _check_quadrant(frequency, impedance, file, where)


def _check_quadrant(frequency: np.ndarray, impedance: np.ndarray, file: str, where: str) -> None:
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


def uneven(frequency: np.ndarray) -> int | None:
    """Return the index of the one frequency that is out of place in an otherwise geometric series; None if none is.

    Examples
    --------
    >>> import numpy as np
    >>> f = np.geomspace(1e5, 1, 26)
    >>> f[7] *= 1.2
    >>> uneven(f)
    7
    """
    step = np.diff(np.log(frequency))
    if len(step) < 10:
        return None
    common = np.median(step)
    odd = np.flatnonzero(np.abs(step - common) > _EVEN * np.abs(common))
    if len(odd) != 2 or odd[1] != odd[0] + 1 or np.abs(step[odd].sum() - 2 * common) > _EVEN * np.abs(common):
        return None
    return int(odd[1])


def skipped(frequency: np.ndarray) -> int | None:
    """Return the index before the one step that is twice or three times all others, where a row is lost; None if none.

    Examples
    --------
    >>> import numpy as np
    >>> skipped(np.delete(np.geomspace(1e5, 1, 26), 7))
    6
    """
    step = np.diff(np.log(frequency))
    if len(step) < 10:
        return None
    share = step / np.median(step)
    odd = np.flatnonzero(np.abs(share - 1) > _EVEN)
    return int(odd[0]) if len(odd) == 1 and np.abs(share[odd[0]] - np.array([2, 3])).min() < _EVEN else None


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
