"""Conductivity from an impedance spectrum, read as an experimenter reads the real-axis intercept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mgtwin.analysis._common import geometry, require, temperature_of
from mgtwin.errors import InputError
from mgtwin.kinds.numbers import VACUUM_PERMITTIVITY
from mgtwin.quantities import format_value, parse

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["Conductivity", "conductivity"]

#: A minimum of -Im Z counts where it lies this share of |Z| below the maxima on both sides (noise makes smaller ones).
PROMINENCE = 0.02
#: The high-frequency end counts as an intercept where the phase is smaller than this [rad].
FLAT = np.deg2rad(3.0)
#: Within this factor below an intercept the real part grows by less than `STEEP`.
FLANK, STEEP = 3.0, 1.5
#: Relative permittivity below which an arc is that of a bulk: grain boundaries and electrodes appear as 1e3 and more.
ORDINARY = 200.0


@dataclass(frozen=True)
class Conductivity:
    """Conductivity from an intercept of a spectrum.

    Attributes
    ----------
    value : float
        ``L / (R A)`` [S/m].
    resistance : float
        Real part at the intercept [ohm].
    frequency : float
        Frequency of the intercept [Hz].
    temperature : float or None
        [K]
    length, area : float
        Thickness [m] and area [m^2] used.
    normalised_by : str
        Which thickness that is.
    rule : str
        Why this frequency.
    alternatives : tuple of (float, float)
        Frequency [Hz] and real part [ohm] of the other intercepts that could be read.
    """

    value: float
    resistance: float
    frequency: float
    temperature: float | None
    length: float
    area: float
    normalised_by: str
    rule: str
    alternatives: tuple[tuple[float, float], ...]

    def __str__(self) -> str:
        text = (
            f"sigma = {format_value(self.value, 'S/m')} from R = {format_value(self.resistance, 'ohm')} at "
            f"{format_value(self.frequency, 'Hz')} ({self.rule}), normalised by {self.normalised_by}"
        )
        others = [f"{format_value(r, 'ohm')} at {format_value(f, 'Hz')}" for f, r in self.alternatives]
        return text + (f"; could also be read: {', '.join(others)}" if others else "")


def conductivity(
    eis: xr.Dataset,
    *,
    at: float | str | None = None,
    thickness: float | str | None = None,
    area: float | str | None = None,
) -> Conductivity:
    r"""Read a conductivity :math:`\sigma = L/(R A)` from the real-axis intercept of a spectrum.

    Without `at` the intercept is the first of these, from high to low frequency:

    1. the crossing of the real axis where an inductive high-frequency part ends;
    2. the highest frequency, if the phase there is below 3 degrees (bulk and geometric capacitance invisible);
    3. the first minimum of -Im Z between two arcs, or between an arc and a blocking tail;
    4. the low-frequency end of an arc that closes there (phase below 3 degrees);
    5. the frequency of the smallest phase.

    The first two are no intercepts where leads resonate with the sample's own capacitance: where the real part still
    rises steeply below them (that of an intercept is flat), or where the arc that follows has the capacitance
    :math:`\varepsilon_0\varepsilon_r A/L` of a bulk with :math:`\varepsilon_r` < 200, so that what lies before it are
    the leads. Everything else that could be read as an intercept is listed in `alternatives`.

    Parameters
    ----------
    eis : xarray.Dataset
        Spectrum with ``frequency`` and ``impedance``.
    at : float or str, optional
        Frequency [Hz] at which the real part is read, instead of the rules; interpolated in log(frequency), and never
        outside the data.
    thickness, area : float or str, optional
        [m], [m^2]; by default those in the attributes (of an instrument file), else the total thickness and the area
        of the cell there.

    Raises
    ------
    InputError
        No finite point, nothing but a resonance of the leads, `at` outside the data, a real part that is not positive,
        or neither a cell nor thickness and area.

    Examples
    --------
    >>> import numpy as np
    >>> from mgtwin.dataset import spectrum
    >>> f = np.geomspace(1e6, 0.1, 100)
    >>> z = 100 + 1 / (2j * np.pi * f * 1e-5)
    >>> round(conductivity(spectrum(f, z), thickness="1 mm", area="1 cm^2").value, 6)
    0.1
    """
    require(eis, ("frequency", "impedance"), "conductivity")
    shape = geometry(eis, thickness, area)
    frequency, z = np.asarray(eis["frequency"].values, dtype=float), np.asarray(eis["impedance"].values)
    if z.ndim != 1:
        raise InputError(f"conductivity takes one spectrum, but impedance has dimensions {eis['impedance'].dims}.")
    good = np.isfinite(z)
    if not good.any():
        raise InputError("the spectrum has no finite point.")
    # The rules go from high to low frequency.
    order = np.argsort(-frequency[good], kind="stable")
    frequency, z = frequency[good][order], z[good][order]
    found = _intercepts(frequency, z, shape.length_per_area)
    if at is None and not found:
        raise InputError(
            "the spectrum has no intercept but the resonance of leads and sample at high frequency: measure to lower "
            "frequencies, or choose one with at=."
        )
    if at is None:
        (where, resistance, rule), others = found[0], found[1:]
    else:
        where = float(parse(at, "Hz"))
        if not frequency[-1] <= where <= frequency[0]:
            low, high, given = (format_value(f, "Hz") for f in (frequency[-1], frequency[0], where))
            raise InputError(f"at = {given} lies outside the data ({low} to {high}): choose a frequency inside.")
        resistance = float(np.interp(np.log(where), np.log(frequency[::-1]), z.real[::-1]))
        rule = "the given frequency"
        others = [other for other in found if not np.isclose(other[0], where)]
    if not resistance > 0:
        raise InputError(
            f"the real part at {format_value(where, 'Hz')} is {resistance:g} ohm, not positive: choose another "
            "frequency with at=."
        )
    return Conductivity(
        value=shape.length_per_area / resistance,
        resistance=resistance,
        frequency=where,
        temperature=temperature_of(eis),
        length=shape.length,
        area=shape.area,
        normalised_by=shape.described,
        rule=rule,
        alternatives=tuple((f, r) for f, r, _ in others),
    )


def _intercepts(frequency: np.ndarray, z: np.ndarray, length_per_area: float) -> list[tuple[float, float, str]]:
    """List what can be read as an intercept, the preferred one first: frequency, real part, rule."""
    from scipy.signal import find_peaks

    found: list[tuple[float, float, str]] = []
    below = 0
    # Where the high-frequency end stops being inductive, beyond rounding: an exact resistance is not. A loop at low
    # frequency (inductive there, too) ends at no intercept.
    inductive = z.imag > 1e-6 * np.abs(z)
    if inductive[0] and not inductive.all():
        below = int(np.argmin(inductive))
        k = below - 1
        share = z.imag[k] / (z.imag[k] - z.imag[below])
        crossing = np.exp(np.log(frequency[k]) + share * np.log(frequency[below] / frequency[k]))
        real = z.real[k] + share * (z.real[below] - z.real[k])
        found.append((float(crossing), float(real), "crossing of the real axis below the inductive part"))
    phase = np.abs(np.angle(z))
    if phase[0] < FLAT and not found:
        found.append((float(frequency[0]), float(z.real[0]), "high-frequency end, phase below 3 degrees"))
    resonance = found[0][0] if found and _is_resonance(frequency, z, found[0], below, length_per_area) else None
    if resonance is not None:
        found = []
    peaks, properties = find_peaks(z.imag, prominence=0)
    for k, depth in zip(peaks, properties["prominences"], strict=True):
        # where Im Z > 0 it is the top of an inductive loop, no gap between two arcs
        if depth > PROMINENCE * abs(z[k]) and z.imag[k] <= 0:
            found.append((float(frequency[k]), float(z.real[k]), "minimum of -Im Z between two arcs"))
    if len(z) > 1 and phase[-1] < FLAT:
        found.append((float(frequency[-1]), float(z.real[-1]), "low-frequency end, phase below 3 degrees"))
    if resonance is not None:
        note = f"; at {format_value(resonance, 'Hz')} leads and sample resonate, which is no intercept"
        return [(where, resistance, rule + note) for where, resistance, rule in found]
    if not found:
        k = int(np.argmin(phase))
        found.append((float(frequency[k]), float(z.real[k]), "smallest phase"))
    return found


def _is_resonance(
    frequency: np.ndarray, z: np.ndarray, found: tuple[float, float, str], below: int, length_per_area: float
) -> bool:
    """Whether leads and sample resonate at a high-frequency intercept; the points from `below` on are beneath it."""
    where, resistance, _ = found
    if where / frequency[-1] < FLANK:
        return False
    later = float(np.interp(-np.log(where / FLANK), -np.log(frequency), z.real))
    if later > STEEP * resistance:  # on the flank of an arc the real part grows with the square of 1/f
        return True
    capacitive = -z.imag[below:]
    arc = slice(below, below + int(np.argmax(np.diff(capacitive) < 0)) + 1)  # down to the top of the first arc
    if capacitive.size < 2 or not (np.diff(capacitive) < 0).any() or not (z.imag[arc] < 0).any():
        return False
    # -1/(omega Im Z) is C on the flank; inductance at its upper end and resistance at its lower end make it larger
    capacitance = np.min(-1 / (2 * np.pi * frequency[arc] * z.imag[arc])[z.imag[arc] < 0])
    return bool(capacitance * length_per_area / VACUUM_PERMITTIVITY < ORDINARY)
