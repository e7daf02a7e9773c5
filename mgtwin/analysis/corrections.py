"""Leads and stray capacitance taken out of a measured spectrum, by calibration spectra or by their numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mgtwin.analysis._common import require
from mgtwin.cells import Fixture
from mgtwin.dataset import add_warning
from mgtwin.errors import InputError
from mgtwin.quantities import format_value

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["corrected"]

#: Share of Z from which a correction is worth a word: the result is then the difference of two large numbers.
_LARGE = 0.5


def corrected(
    eis: xr.Dataset, *, short: xr.Dataset | None = None, open: xr.Dataset | None = None, fixture: Fixture | None = None
) -> xr.Dataset:
    r"""Return a spectrum without what leads and cables add to it.

    .. math:: Z = \frac{Z_m - Z_s}{1 - (Z_m - Z_s)\,Y_o}, \qquad Y_o = \frac{1}{Z_o - Z_s}

    with the spectra :math:`Z_s` of the shorted and :math:`Z_o` of the open cell holder (open/short compensation, as in
    Keysight's Impedance Measurement Handbook). Without `short` :math:`Z_s = 0`, without `open` :math:`Y_o = 0`. A
    `Fixture` is taken out as it is put in (theory.md §4): :math:`Z = 1/(1/Z_m - i\omega C) - i\omega L`.

    Parameters
    ----------
    eis : xarray.Dataset
        Spectrum as measured.
    short, open : xarray.Dataset, optional
        Spectra of the holder, shorted and open, over the frequencies of `eis` at least; in between they are
        interpolated over ln f.
    fixture : Fixture, optional
        Instead of the two.

    Returns
    -------
    xarray.Dataset
        As `eis`; its attribute ``reading`` says what was taken out. Frequencies at which the correction is more than
        half of what was measured are named in a warning.

    Raises
    ------
    InputError
        Nothing to correct with, both calibrations and a fixture, or a calibration that does not reach all frequencies.

    Examples
    --------
    >>> import mgtwin as mt
    >>> holder = mt.Fixture(inductance="1 uH", capacitance="100 pF")
    >>> bare = mt.cell("trilayer")
    >>> measured = mt.simulate(bare.with_({"fixture": holder}), mt.EIS(1e6, 1.0))
    >>> truth = mt.simulate(bare, mt.EIS(1e6, 1.0))
    >>> bool(abs(corrected(measured, fixture=holder).impedance / truth.impedance - 1).max() < 1e-12)
    True
    """
    require(eis, ("frequency", "impedance"), "corrected")
    if fixture is None and short is None and open is None:
        raise InputError("corrected needs what to take out: short= and open= spectra of the holder, or fixture=.")
    if fixture is not None and (short is not None or open is not None):
        raise InputError("give either short= and open=, or fixture=: the spectra have the fixture in them.")
    frequency, measured = eis["frequency"].values, eis["impedance"].values
    if fixture is not None:
        said = ["the fixture is taken out"]
        s = 2j * np.pi * frequency
        with np.errstate(divide="ignore", invalid="ignore"):  # gaps stay gaps, of which is told below
            z = 1 / (1 / measured - s * fixture.capacitance) - s * fixture.inductance
    else:
        said = [
            f"the {name} holder is taken out" for name, one in (("shorted", short), ("open", open)) if one is not None
        ]
        series = 0.0 if short is None else _at(short, frequency, "short")
        parallel = 0.0 if open is None else 1 / (_at(open, frequency, "open") - series)
        with np.errstate(divide="ignore", invalid="ignore"):
            z = (measured - series) / (1 - (measured - series) * parallel)
    found = eis.assign(impedance=eis["impedance"].copy(data=z))
    found = found.assign_attrs(reading=[*eis.attrs.get("reading", []), *said])
    good = np.isfinite(z)
    if not good.all():
        found = add_warning(found, f"{(~good).sum()} of {good.size} points have no finite impedance to correct")
    large = np.full(good.shape, False)
    large[good] = np.abs(z[good] - measured[good]) > _LARGE * np.abs(measured[good])
    if large.any():
        ends = " to ".join(format_value(float(end), "Hz") for end in (frequency[large].min(), frequency[large].max()))
        found = add_warning(found, f"at {ends} the correction is more than half of what was measured")
    return found


def _at(holder: xr.Dataset, frequency: np.ndarray, name: str) -> np.ndarray:
    """The impedance of the holder at other frequencies."""
    require(holder, ("frequency", "impedance"), f"corrected({name}=)")
    order = np.argsort(holder["frequency"].values)
    known, z = np.log(holder["frequency"].values[order]), holder["impedance"].values[order]
    wanted = np.log(frequency)
    # a last digit of another file is no other frequency
    if wanted.min() < known[0] - 1e-6 or wanted.max() > known[-1] + 1e-6:
        ends = " to ".join(format_value(float(np.exp(end)), "Hz") for end in (known[0], known[-1]))
        raise InputError(f"{name}= goes from {ends}, which is not all of the spectrum: nothing is extrapolated.")
    return np.asarray(np.interp(wanted, known, z))
