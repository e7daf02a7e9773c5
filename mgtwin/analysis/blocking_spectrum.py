"""Ionic and electronic conductivity from a spectrum between ion-blocking electrodes (theory.md §6, form 1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mgtwin.analysis._common import cell_of, geometry, require
from mgtwin.analysis._plateaus import check_electrons_alone
from mgtwin.cells import Cell
from mgtwin.cells.carriers import Carrier
from mgtwin.cells.questions import contact_resistance, faces
from mgtwin.errors import InputError
from mgtwin.quantities import format_value
from mgtwin.regression import Minimum, Modulus, Weighting, least_squares

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["BlockingSpectrum", "blocking_spectrum"]

Reals = NDArray[np.float64]
Complexes = NDArray[np.complex128]

#: Step of central differences in the logarithms of the numbers, and how far these may go from where they start.
STEP, FARTHEST = 1e-5, 20.0
#: Lowest frequency over D/L^2 from which on the plateau of the electrons is not seen any more.
SEEN = 0.3
#: Deviation relative to |Z| from which on the equations are not those of the cell.
MISFIT = 0.03
#: Standard deviation of a logarithm beyond which nothing is known.
UNKNOWN = 0.5


@dataclass(frozen=True)
class BlockingSpectrum:
    r"""What the spectrum of a mixed conductor between ion-blocking electrodes tells.

    Attributes
    ----------
    electronic, ionic : float
        Conductivities [S/m].
    electronic_std, ionic_std : float
        Their standard deviations [S/m]; where the weights are relative, from deviations of which only as many count as
        their signs change.
    lower_bound : bool
        Whether the spectrum ends before the plateau of the electrons, so that `electronic` is an upper and the
        resistance a lower bound.
    resistance : float
        :math:`R_{eon}` [ohm], without contacts and leads where the cell is known.
    diffusion_time : float
        :math:`L^2/\tilde D` [s].
    double_layer : float
        Of either electrode [F].
    misfit : float
        Root mean square of the deviations relative to \|Z\|.
    warnings : tuple of str
    """

    electronic: float
    ionic: float
    electronic_std: float
    ionic_std: float
    lower_bound: bool
    resistance: float
    diffusion_time: float
    double_layer: float
    misfit: float
    warnings: tuple[str, ...]

    def __str__(self) -> str:
        relation = "<=" if self.lower_bound else "="
        electrons = f"{format_value(self.electronic, 'S/m')} ± {self.electronic_std / self.electronic:.1%}"
        ions = f"{format_value(self.ionic, 'S/m')} ± {self.ionic_std / self.ionic:.1%}"
        return "\n".join([f"sigma_eon {relation} {electrons}, sigma_ion = {ions}", *self.warnings])


def blocking_spectrum(
    eis: xr.Dataset,
    *,
    thickness: float | str | None = None,
    area: float | str | None = None,
    weighting: Weighting | None = None,
) -> BlockingSpectrum:
    r"""Read both conductivities from the spectrum of one mixed conductor between two equal ion-blocking electrodes.

    Form 1 with double layers C and contacts :math:`R_e` at both faces, and leads :math:`R_s`:

    .. math::
        Z = R_s + R_\infty + 2\,\frac{zR_e}{z + R_e} + \frac{2(z + R_e)Z_a}{z + R_e + Z_a}
            \left(\frac{z}{z + R_e} - t_{eon}\right)^2, \quad z = \frac{1}{i\omega C}, \quad
        Z_a = (R_{ion} + R_{eon})\,\frac{\tanh(x/2)}{x}, \quad x^2 = \frac{i\omega L^2}{\tilde D}

    by least squares in the logarithms of :math:`R_{ion}, R_{eon}, L^2/\tilde D` and C. :math:`Z(0) = R_{eon} + 2R_e +
    R_s`: contacts and leads are those of the cell, or else part of the resistances. The electrons' plateau shows below
    :math:`\tilde D/L^2` only, and apart from the double layers where :math:`2R_{ion}C` is less than
    :math:`L^2/\tilde D`: warnings say where it does not.

    Parameters
    ----------
    eis : Dataset
    thickness, area : float or str, optional
        [m], [m^2]; by default those of the cell in the attributes.
    weighting : Weighting, optional
        ``mt.Modulus()`` by default.

    Raises
    ------
    InputError
        Ions pass from electrode to electrode of the cell, or no electrons do, or it has several layers; fewer than
        four frequencies.

    Examples
    --------
    >>> import mgtwin as mt
    >>> found = blocking_spectrum(mt.simulate(mt.cell("au_mg3asn_au"), mt.EIS("1 MHz", "1 uHz", points=60)))
    >>> print(found)
    sigma_eon = 4.9e-8 S/cm ± 0.3%, sigma_ion = 0.5558 mS/cm ± 0.4%
    """
    require(eis, ("frequency", "impedance"), "blocking_spectrum")
    contacts, leads = _Blocked.in_series(cell_of(eis))
    shape = geometry(eis, thickness, area)
    omega, z = 2 * np.pi * eis["frequency"].values, eis["impedance"].values
    if np.unique(omega).size < 4:
        raise InputError("blocking_spectrum finds four numbers: give a spectrum with four frequencies or more.")
    layer, chosen = _Blocked(omega, z, contacts, leads), weighting or Modulus()
    fit = layer.fitted(1 / chosen.interleaved(z))
    ion, eon, time, capacitance = (float(item) for item in np.exp(fit.x))
    scale = 1.0 if chosen.known else 2 * fit.cost / max(fit.residuals.size - 4, 1)
    # what the equations leave out deviates in long runs of one sign: only as many points count as signs change
    signs = np.signbit(fit.residuals.reshape(-1, 2))
    changes = np.count_nonzero(signs[1:] != signs[:-1]) + 1
    alike = 1.0 if chosen.known else max(1.0, signs.size / 2 / changes)
    std = np.sqrt(alike * scale * np.diag(np.linalg.pinv(fit.jacobian.T @ fit.jacobian)))
    misfit = float(np.sqrt(np.mean(np.abs(layer.impedance(fit.x) / z - 1) ** 2)))
    lowest = float(omega.min() / (2 * np.pi))
    ends = lowest > SEEN / time
    said = {
        f"the spectrum ends at {format_value(lowest, 'Hz')}, not below D/L^2 = {format_value(1 / time, 'Hz')}: the "
        f"electrons carry no more than this": ends,
        f"the double layers charge through the ions within {format_value(2 * ion * capacitance, 's')}, longer than "
        f"diffusion takes ({format_value(time, 's')}): only the shape of one arc tells the electrons from "
        f"them": 2 * ion * capacitance > time,
        f"deviations of {misfit:.1%}: this is not one mixed conductor between two equal blocking electrodes": misfit
        > MISFIT,
        "the electronic conductivity is not determined": std[1] > UNKNOWN,
    }
    electronic, ionic = shape.length_per_area / eon, shape.length_per_area / ion
    return BlockingSpectrum(
        electronic=electronic,
        ionic=ionic,
        electronic_std=float(electronic * std[1]),
        ionic_std=float(ionic * std[0]),
        lower_bound=ends,
        resistance=eon,
        diffusion_time=time,
        double_layer=capacitance,
        misfit=misfit,
        warnings=tuple(text for text, holds in said.items() if holds),
    )


@dataclass(frozen=True)
class _Blocked:
    """A spectrum, angular frequencies and Z, and the contact of either face and the leads in it [ohm]."""

    omega: Reals
    measured: Complexes
    contacts: float
    leads: float

    @staticmethod
    def in_series(cell: Cell | None) -> tuple[float, float]:
        """Contact of either face and leads [ohm], 0 where the cell is not known."""
        if cell is None:
            return 0.0, 0.0
        check_electrons_alone(cell, "blocking_spectrum")
        if len(cell.layers) != 1:
            raise InputError(f"blocking_spectrum is of a single layer, but {cell.name} has {len(cell.layers)}.")
        both = [float(contact_resistance(cell, face, Carrier.ELECTRONS)) / float(cell.area) for face in faces(cell)]
        if not np.isfinite(both).all():
            raise InputError(f"blocking_spectrum: no electrons get from electrode to electrode of {cell.name}.")
        return float(np.mean(both)), float(cell.series_resistance) / float(cell.area)

    def impedance(self, x: Reals) -> Complexes:
        """Z [ohm] from the logarithms of R_ion, R_eon, L^2/D and C."""
        ion, eon, time, layer = np.exp(x)
        s, contacts = 1j * self.omega, self.contacts
        root = np.sqrt(s * time)
        arm = (ion + eon) * np.tanh(root / 2) / root
        # multiplied by s C where z = 1/(s C) would be large
        across = 1 + s * layer * contacts
        mismatch = (1 / across - ion / (ion + eon)) ** 2
        inside = ion * eon / (ion + eon) + 2 * across * arm / (across + s * layer * arm) * mismatch
        return np.asarray(self.leads + 2 * contacts / across + inside)

    def starts(self) -> list[Reals]:
        """Logarithms from which a fit begins: resistances from the ends, times from the lowest apex, several C."""
        z = self.measured
        low, high = z[np.argmin(self.omega)].real, np.min(z.real)
        eon = max(low - 2 * self.contacts - self.leads, 0.1 * low)
        parallel = min(max(high - self.leads, 1e-3 * eon), 0.9 * eon)
        ion = parallel * eon / (eon - parallel)
        time = 10 / self.omega[np.argmax(-z.imag)]
        return [np.log([ion, eon, time, 10.0**power * time / ion]) for power in (-6, -3, -1)]

    def fitted(self, weights: Reals) -> Minimum:
        """The best of the fits from all starts."""

        def residuals(x: Reals) -> Reals:
            return np.ascontiguousarray(self.impedance(x) - self.measured).view(float) * weights

        def jacobian(x: Reals) -> Reals:
            steps = STEP * np.eye(x.size)
            return np.stack([(residuals(x + step) - residuals(x - step)) / (2 * STEP) for step in steps], axis=1)

        bounds = [(start - FARTHEST, start + FARTHEST) for start in self.starts()]
        fits = [least_squares(residuals, jacobian, low + FARTHEST, (low, high)) for low, high in bounds]
        return min(fits, key=lambda fit: fit.cost)
