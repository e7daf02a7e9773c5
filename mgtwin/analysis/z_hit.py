"""Whether the magnitude of a spectrum follows from its phase, which tells drift at low frequencies."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mgtwin.analysis._pyimpspec import attrs_from, library, points
from mgtwin.dataset import attributes, check
from mgtwin.errors import InputError
from mgtwin.quantities import format_value, parse

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["z_hit"]

#: Points from which a phase can be smoothed and integrated.
FEWEST = 10


def z_hit(
    eis: xr.Dataset,
    *,
    trusted: tuple[float | str, float | str] = ("1 Hz", "1 kHz"),
    tolerance: float | str = "5 %",
) -> xr.Dataset:
    r"""Reconstruct the magnitude of a spectrum from its phase (Z-HIT), and find where they disagree.

    .. math:: \ln|Z(\omega_0)| \approx \mathrm{const} + \frac{2}{\pi}\int_{\omega_s}^{\omega_0}\varphi\,d\ln\omega
       - \frac{\pi}{6}\,\frac{d\varphi}{d\ln\omega}\Big|_{\omega_0}

    (Ehm, Kaus, Schiller and Strunz, in New Trends in Electrochemical Impedance Spectroscopy (2001)). A phase is read
    from one point alone; the magnitude is compared over the whole sweep. A cell that drifts while low frequencies are
    measured changes its magnitude and hardly its phase: the two then part there. Unlike `kramers_kronig` it needs no
    model and sees slow drift, but it is an approximation: it errs by 1 to 2 %
    itself where arcs are sharp, and by 3.5 % with noise of 1 %.
    The integration is that of pyimpspec; the constant is adjusted where the data are trusted.

    Parameters
    ----------
    eis : xarray.Dataset
        Spectrum with ``frequency`` [Hz] and ``impedance`` [ohm].
    trusted : (float or str, float or str), optional
        Frequencies [Hz] between which neither drift nor leads matter.
    tolerance : float or str, optional
        Deviation of the magnitude below the trusted frequencies that is accepted.

    Returns
    -------
    xarray.Dataset
        Over ``frequency``: ``impedance`` (data), ``model_impedance`` (reconstructed magnitude, measured phase) [ohm]
        and ``residual`` :math:`(Z - Z_{model})/|Z|`. Attributes: ``verdict`` in words, ``consistent``, ``tolerance``;
        a spectrum that drifts also carries a warning.

    Raises
    ------
    InputError
        Fewer than 10 finite points, fewer than 3 of them between the trusted frequencies, or none below.
    MgtwinError
        pyimpspec is not installed (``python -m pip install 'mgtwin[spectra]'``).

    Examples
    --------
    >>> import numpy as np
    >>> from mgtwin.dataset import spectrum
    >>> f = np.geomspace(1e5, 0.01, 60)
    >>> z = 100 + 50 / (1 + 2j * np.pi * f * 1e-3)
    >>> z_hit(spectrum(f, z)).attrs["consistent"]
    True
    >>> drifting = z * (1 + 0.2 * np.clip(np.log10(1 / f), 0, None) / 2)  # grows by 20 % below 1 Hz
    >>> z_hit(spectrum(f, drifting)).attrs["consistent"]
    False
    """
    import xarray as xr

    limit = float(parse(tolerance, ""))
    if not limit > 0:
        raise InputError(f"tolerance is {limit:g}, but must be positive, for example '5 %'.")
    low, high = sorted(float(parse(end, "Hz")) for end in trusted)
    frequency, z = points(eis, "z_hit", FEWEST)
    inside, below = (frequency >= low) & (frequency <= high), frequency < low
    ends = f"{format_value(float(frequency[-1]), 'Hz')} to {format_value(float(frequency[0]), 'Hz')}"
    if inside.sum() < 3 or not below.any():
        what = "has no point below them" if inside.sum() >= 3 else f"has {inside.sum()} points there, of 3 at least"
        raise InputError(
            f"z_hit trusts {format_value(low, 'Hz')} to {format_value(high, 'Hz')}, but the spectrum ({ends}) {what}: "
            "give other frequencies, trusted=('10 Hz', '1 kHz')."
        )
    pyimpspec = library("z_hit")
    # unsmoothed, noise of 1 % gave deviations of 8 % on spectra that are none; so 3.5 %
    found = pyimpspec.perform_zhit(
        pyimpspec.DataSet(frequency, z), smoothing="modsinc", num_points=5, weights=inside.astype(float), num_procs=1
    )
    model = np.abs(np.asarray(found.impedances)) * np.exp(1j * np.angle(z))
    residual = (z - model) / np.abs(z)
    size = np.abs(z) / np.abs(model) - 1
    worst = int(np.argmax(np.abs(size) * below))
    consistent = bool(abs(size[worst]) <= limit)
    at, part = format_value(float(frequency[worst]), "Hz"), f"{100 * abs(size[worst]):.2g} %"
    more = "larger" if size[worst] > 0 else "smaller"
    verdict = f"consistent with its phase (Z-HIT): below {format_value(low, 'Hz')} the magnitude follows to {part}"
    if not consistent:
        found_at = f"at {at} the magnitude is {part} {more} than the phase says; the cell drifted"
        verdict = f"not consistent with its phase (Z-HIT): {found_at}"
    values = {"impedance": z, "model_impedance": model, "residual": residual}
    ds = xr.Dataset(
        {name: (("frequency",), value, attributes(name)) for name, value in values.items()},
        coords={"frequency": ("frequency", frequency, attributes("frequency"))},
        attrs=attrs_from(
            eis, "analysis.z_hit", [] if consistent else [verdict],
            verdict=verdict, consistent=consistent, tolerance=limit,
        ),
    )  # fmt: skip
    return check(ds)
