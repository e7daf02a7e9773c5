"""Electrons, holes and what depends on neither from steady currents of a Hebb-Wagner cell (theory.md §6, form 5)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mgtwin.analysis._common import known_cell, steady_points
from mgtwin.cells import Cell
from mgtwin.cells.carriers import Carrier
from mgtwin.cells.questions import contact_resistance, equilibrium
from mgtwin.errors import InputError
from mgtwin.kinds.carriers import ELECTRONS
from mgtwin.kinds.numbers import FARADAY, GAS_CONSTANT, SATURATION, integral_of_saturating_exp, saturating_exp
from mgtwin.quantities import format_value
from mgtwin.regression import Modulus, Weighting

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["HebbWagner", "hebb_wagner"]

Reals = NDArray[np.float64]

NAMES = ("sigma_n", "sigma_p", "sigma_0")
#: A conductivity is determined where it is more than this many standard deviations; the bound on one that is not is
#: that below which it lies with a probability of 95 %.
DETERMINED, ONE_SIDED = 2.0, 1.645
#: Relative change of all conductivities at which they count as found, and the most iterations.
CONVERGED, MOST = 1e-12, 100


@dataclass(frozen=True)
class HebbWagner:
    r"""Electronic conductivity :math:`\sigma_n e^{-FE/RT} + \sigma_p e^{FE/RT} + \sigma_0` of a mixed conductor.

    Attributes
    ----------
    values, std : tuple of float
        :math:`\sigma_n, \sigma_p, \sigma_0` at E = 0 [S/m], and their standard deviations; NaN where there are not
        more points than unknowns and the noise is not given.
    covariance : ndarray, shape (3, 3)
    upper : tuple of float
        Below which each lies with a probability of 95 % [S/m].
    determined : tuple of bool
        Whether the data determine it: it is more than two standard deviations.
    noise : float
        Standard deviation of the currents, relative to what the weighting says (to themselves by default).
    voltages, currents, predicted : tuple of float
        The points [V], [A], and what the fit gives there; voltages are those of the blocking against the reversible
        electrode.
    temperature : float
        [K]
    warnings : tuple of str
    """

    values: tuple[float, float, float]
    std: tuple[float, float, float]
    covariance: Reals
    upper: tuple[float, float, float]
    determined: tuple[bool, bool, bool]
    noise: float
    voltages: tuple[float, ...]
    currents: tuple[float, ...]
    predicted: tuple[float, ...]
    temperature: float
    warnings: tuple[str, ...]

    def __str__(self) -> str:
        lines = []
        for name, value, std, upper, known in zip(
            NAMES, self.values, self.std, self.upper, self.determined, strict=True
        ):
            if known:
                lines.append(f"{name} = {format_value(value, 'S/m')} ± {std / value:.1%}")
            elif np.isnan(std):
                lines.append(f"{name} = {format_value(value, 'S/m')}, of unknown uncertainty")
            else:
                lines.append(f"{name} not determined, <= {format_value(upper, 'S/m')}")
        return "\n".join([*lines, *self.warnings])


def hebb_wagner(
    ca: xr.Dataset | Iterable[xr.Dataset], cell: Cell | None = None, *, weighting: Weighting | None = None
) -> HebbWagner:
    r"""Find the conductivities by electrons, by holes, and a constant one, from steady currents at several voltages.

    Between a reversible electrode (E = 0 there) and one that blocks the ions these stand still in the steady state, and

    .. math:: iL = S(E_L) - S(E_0), \quad S = \frac{RT}{F}\left(\sigma_p e^{FE/RT} - \sigma_n e^{-FE/RT}\right)
              + \sigma_0 E, \quad E_0 = R_{e,0}\,i, \quad E_L = V - (R_{e,L} + R_s)\,i .

    Without contact and series resistances i is linear in the three: weighted least squares that keep them from becoming
    negative (Lawson and Hanson, 1974). With them the linear problem is that of one step of Gauss and Newton. What the
    data determine is a matter of the covariance, not of the span of the voltage.

    Parameters
    ----------
    ca : Dataset or several
        Transients at constant voltage, each with one or several steps, until the current is steady.
    cell : Cell, optional
        Its thickness, area, contacts and leads; by default that of the Dataset.
    weighting : Weighting, optional
        ``mt.Modulus()`` by default: the noise is a constant part of the current, which follows from the misfit;
        ``mt.Modulus("2 %")`` where it is known.

    Raises
    ------
    InputError
        Unless one electrode blocks the ions and the other is of the ion's metal, electrons cross both, and a single
        mixed conductor lies between; fewer than three voltages, or different temperatures.

    Examples
    --------
    >>> import mgtwin as mt
    >>> from mgtwin.dataset import transient
    >>> layer = mt.Layer("mixed", mt.MixedConductor("1e-5 S/cm", "1e-8 S/cm", "0.1 F/cm^3"), "1 mm")
    >>> cell = mt.Cell("hw", mt.Plating("1 mA/cm^2"), [layer], mt.Blocking(None))
    >>> steps = [transient([1, 10, 100], [v] * 3, [v * 1e-7] * 3) for v in (0.05, 0.1, 0.2, 0.3)]
    >>> hebb_wagner(steps, cell).determined                       # a line: neither electrons nor holes
    (False, False, True)
    """
    import xarray as xr

    match ca:
        case xr.Dataset() | xr.DataTree():
            runs = [ca]
        case _:
            runs = list(ca)
    voltages, currents, warnings = steady_points(runs, "hebb_wagner")
    cells = [known_cell(run, "hebb_wagner") if cell is None else cell for run in runs]
    known = {float(run.attrs.get("temperature", one.temperature)) for run, one in zip(runs, cells, strict=True)}
    if max(known) - min(known) > 0.1:
        raise InputError("hebb_wagner: the Datasets are at different temperatures: analyse each temperature by itself.")
    if np.unique(voltages).size < 3:
        raise InputError(f"hebb_wagner finds three conductivities: give at least three voltages, not {voltages.size}.")
    return _Model(cells[0].with_({"temperature": known.pop()}), voltages).judged(
        currents, weighting or Modulus(), warnings
    )


class _Model:
    """The steady current of a cell as a function of the three conductivities."""

    def __init__(self, cell: Cell, voltages: Reals) -> None:
        sides = {side: equilibrium(cell, side) for side in ("negative", "positive")}
        blocked = [side for side, potential in sides.items() if potential is None]
        layer = cell.layers[0]
        mixed = len(cell.layers) == 1 and layer.material.carriers == ELECTRONS
        if len(blocked) != 1 or sides["positive" if blocked == ["negative"] else "negative"] != 0:
            raise InputError(
                f"hebb_wagner needs one electrode that blocks the ions and one of the ion's metal: {cell.name} has "
                f"{cell.negative.type} and {cell.positive.type}. Between two blocking ones electronic_conductivity "
                f"reads the slope; between two reversible ones the steady current is not that of the electrons."
            )
        if cell.shunt is not None:
            raise InputError(f"hebb_wagner: {cell.name} has a shunt: subtract its current, and give it shunt=None.")
        if not mixed:
            raise InputError(
                f"hebb_wagner needs a single layer that conducts ions and electrons: {cell} has other ones."
            )
        contacts = {side: float(contact_resistance(cell, side, Carrier.ELECTRONS)) for side in sides}
        if not np.isfinite(list(contacts.values())).all():
            raise InputError(
                f"hebb_wagner: electrons cannot cross both electrodes of {cell.name}, so none flow for long."
            )
        self.sign = 1.0 if blocked == ["positive"] else -1.0
        self.voltages, self.temperature = self.sign * voltages, float(cell.temperature)
        self._f, self._area = FARADAY / (GAS_CONSTANT * self.temperature), float(cell.area)
        # per electrode area: a layer of another area carries another current density
        self.length = float(layer.thickness) * self._area / float(layer.area or cell.area)
        self._left = contacts["negative" if blocked == ["positive"] else "positive"]
        self._right = contacts[blocked[0]] + float(cell.series_resistance)

    def fitted(self, measured: Reals, weight: Reals) -> tuple[Reals, Reals, Reals]:
        """The conductivities [S/m], the derivatives of the currents [A] by them, and the currents there."""
        from scipy.optimize import nnls

        values, predicted = np.zeros(3), measured  # the first step takes the drops of the measured currents
        for step in range(MOST):
            slopes, base = self._linearised(values, predicted)
            rows = slopes * weight[:, np.newaxis]
            size = np.linalg.norm(rows, axis=0)
            # conductivities differ by six decades in what they do: nnls stops where gradients are small
            found = nnls(rows / size, (measured - base) * weight)[0] / size
            predicted = self._currents(found, base + slopes @ found)
            if np.all(np.abs(found - values) <= CONVERGED * (np.abs(values) + found.max())) and step:
                return found, self._linearised(found, predicted)[0], predicted
            values = found
        raise InputError(
            "hebb_wagner: contacts and leads take nearly the whole voltage, so that the currents say little of the "
            "layer: check the resistances of the cell, or correct the voltages for them."
        )

    def _terms(self, E: Reals) -> tuple[Reals, Reals]:
        """S and dS/dE of each of the three at 1 S/m, one column each."""
        x = self._f * E
        integrals = np.column_stack([-integral_of_saturating_exp(-x), integral_of_saturating_exp(x), x]) / self._f
        return integrals, np.column_stack([saturating_exp(-x), saturating_exp(x), np.ones_like(x)])

    def _faces(self, currents: Reals) -> tuple[Reals, Reals]:
        """E at the reversible and at the blocking face."""
        density = currents / self._area
        return self._left * density, self.voltages - self._right * density

    def _linearised(self, values: Reals, currents: Reals) -> tuple[Reals, Reals]:
        """Currents [A] about conductivities: derivatives by them, and what they would be at none."""
        (low, low_slopes), (high, high_slopes) = (self._terms(E) for E in self._faces(currents))
        stiffness = self.length + high_slopes @ values * self._right + low_slopes @ values * self._left
        slopes = (high - low) * (self._area / stiffness)[:, np.newaxis]
        # i is known at the values: i + slopes (new - values)
        return slopes, (currents - slopes @ values) if values.any() else np.zeros_like(currents)

    def _currents(self, values: Reals, start: Reals) -> Reals:
        """Currents [A] of conductivities: Newton's iteration on a function that only grows with i."""
        found = start
        for _ in range(MOST if self._left + self._right else 1):
            (low, low_slopes), (high, high_slopes) = (self._terms(E) for E in self._faces(found))
            missing = (high - low) @ values - found / self._area * self.length
            stiffness = self.length + high_slopes @ values * self._right + low_slopes @ values * self._left
            change = missing / stiffness * self._area
            found = found + change
            if np.all(np.abs(change) <= 1e-14 * np.abs(found)):
                break
        return found

    def judged(self, currents: Reals, weighting: Weighting, warnings: list[str]) -> HebbWagner:
        """The result with what the covariance says of it."""
        # a constant part of each current, however small: currents span decades, and small ones tell of electrons
        std, measured = weighting.deviations(currents)[0], self.sign * currents
        values, slopes, predicted = self.fitted(measured, 1 / std)
        residuals, freedom = (predicted - measured) / std, currents.size - 3
        noise = 1.0
        if not weighting.known:
            noise = float(np.sqrt(residuals @ residuals / freedom)) if freedom else np.nan
        rows = slopes / std[:, np.newaxis]
        size = np.linalg.norm(rows, axis=0)
        inner = np.linalg.pinv((rows / size).T @ (rows / size))
        covariance = noise**2 * inner / np.multiply.outer(size, size)
        spread = np.sqrt(np.diag(covariance))
        said = list(warnings)
        largest = float(np.max(np.abs(self.voltages))) * self._f
        if largest > SATURATION:
            said.append(f"|FE/RT| goes to {largest:.3g}: beyond {SATURATION:g} the exponentials are continued linearly")
        if weighting.known and freedom and residuals @ residuals > freedom + 4 * np.sqrt(2 * freedom):
            said.append(
                "the currents deviate by more than their noise: the conductivity does not depend on E like this"
            )
        first, second, third = (tuple(map(float, item)) for item in (values, spread, values + ONE_SIDED * spread))
        return HebbWagner(
            values=first,  # type: ignore[arg-type]
            std=second,  # type: ignore[arg-type]
            covariance=covariance,
            upper=third,  # type: ignore[arg-type]
            determined=tuple(bool(item) for item in values > DETERMINED * spread),  # type: ignore[arg-type]
            noise=noise,
            voltages=tuple(self.voltages.tolist()),
            currents=tuple(measured.tolist()),
            predicted=tuple(predicted.tolist()),
            temperature=self.temperature,
            warnings=tuple(said),
        )
