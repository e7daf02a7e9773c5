"""Fits along a series: tables with intervals, activation energies, what stands apart."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr

from ..analysis import arrhenius
from ..errors import InputError
from ..fitting import Fit, FitSeries
from ..fitting.extrapolated import extrapolation_of
from ..plot.overlays import Curve
from ..quantities import Value, parse
from .coordinate import SeriesCoordinate

__all__ = ["Outlier", "SeriesFit"]

#: Robust standard deviations from the line between its neighbours, beyond which a value stands apart.
_APART = 5.0
#: Relative differences of this size are rounding.
_EXACT = 1e-6
#: Median of the distance of normal numbers from their mean, in standard deviations.
_MEDIAN = 0.6745


@dataclass(frozen=True)
class Outlier:
    """A number that does not go with its neighbours.

    Attributes
    ----------
    label, parameter : str
        Name of the measurement; path of the number.
    factor : float
        Value over what its neighbours say.
    """

    label: str
    parameter: str
    factor: float

    def __str__(self) -> str:
        return f"{self.label}: {self.parameter} is {self.factor:.3g} × what its neighbours say"


@dataclass(frozen=True, eq=False)
class SeriesFit(FitSeries):
    """Fits along a series, in the order of its coordinate. Made by ``series.fit``.

    Attributes
    ----------
    fits : tuple of Fit
    values : tuple of float
        Coordinate of each [SI].
    names : tuple of str
        Of the measurements.
    by : SeriesCoordinate
    """

    fits: tuple[Fit, ...]
    values: tuple[float, ...]
    names: tuple[str, ...]
    by: SeriesCoordinate

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the measurements."""
        return self.names

    def to_dataset(self) -> xr.Dataset:
        """All values as a Dataset, as :meth:`mgtwin.fitting.FitSeries.to_dataset`, with the coordinate and intervals.

        Returns
        -------
        xarray.Dataset
            ``fitted_low`` and ``fitted_high``: the 95 % interval, nan on a side where it is open. Warnings name what
            stands apart.
        """
        found = super().to_dataset()
        known = [[item.known(name) for name in item.names] for item in self.fits]
        ends = {
            "low": [[one.low for one in row] for row in known],
            "high": [[one.high for one in row] for row in known],
        }
        for side, numbers in ends.items():  # None, of an open end, becomes nan
            found[f"fitted_{side}"] = (("sample", "parameter"), np.array(numbers, dtype=float))
        about = {"units": self.by.unit or "1", "long_name": self.by.quantity.replace("_", " ")}
        found = found.assign_coords({self.by.quantity: ("sample", [*self.values], about)})
        return found.assign_attrs(warnings=[*found.attrs["warnings"], *map(str, self.outliers)])

    def curves(self) -> tuple[Curve, ...]:
        """Data, fit and its bands of each measurement with its place, as plots take them: ``mt.plot.nyquist(fits)``."""
        return tuple(
            Curve(self.by.shown(value), ds, value)
            for item, value in zip(self.fits, self.values, strict=True)
            for ds in item.curves().values()
        )

    def arrhenius(
        self, parameter: str, *, thickness: float | str | None = None, area: float | str | None = None
    ) -> xr.Dataset:
        r"""Activation energy of a fitted number, each value weighted by its standard deviation.

        Parameters
        ----------
        parameter : str
            A conductivity, or a resistance, of which :math:`\sigma = L/(A R)` is taken.
        thickness, area : float or str, optional
            [m], [m^2] for a resistance; by default what the measurements state.

        Returns
        -------
        xarray.Dataset
            As :func:`mgtwin.analysis.arrhenius`, in both conventions. Values that the data do not determine are left
            out, and a warning names them.

        Raises
        ------
        InputError
            The series does not go along temperatures, the number is neither of the two, or the shape is not known.
        """
        if self.by.quantity != "temperature":
            raise InputError(f"this series goes along the {self.by.quantity}: an activation energy needs temperatures.")
        pairs, said = [], []
        for label, kelvin, item in zip(self.names, self.values, self.fits, strict=True):
            estimate = item.estimate(parameter)
            if estimate.std is None:
                said.append(f"{label}: its data do not determine {parameter}; it is left out")
                continue
            relative, value = estimate.std / abs(estimate.value), estimate.value
            seen = extrapolation_of(item, item.index(parameter))
            if seen is not None:  # a number of a law holds at another temperature than that of these data
                (_, value), *_ = seen.values
            said += [f"{label}: the model does not describe its data: {item.failures}"] if item.fails else []
            sigma = self._conductivity(item, value, estimate.unit, thickness, area)
            pairs.append((kelvin, Value(sigma, unit="S/m", std=relative * sigma)))
        if len(pairs) < 2:
            raise InputError(f"an activation energy needs two values at least, but {'; '.join(said)}.")
        found = arrhenius(pairs)
        return found.assign_attrs(warnings=[*said, *found.attrs["warnings"]])

    @staticmethod
    def _conductivity(
        item: Fit, value: float, unit: str, thickness: float | str | None, area: float | str | None
    ) -> float:
        """The conductivity [S/m] that a fitted value is or means."""
        if unit == "S/m":
            return value
        if unit != "ohm":
            raise InputError(
                f"an activation energy is that of a conductivity or a resistance, not of a number in {unit!r}."
            )
        said = item.problem.measurements[0].dataset.attrs
        length = said.get("thickness", np.nan) if thickness is None else parse(thickness, "m")
        size = said.get("area", np.nan) if area is None else parse(area, "m^2")
        if not np.isfinite([length, size]).all():
            raise InputError("a resistance is no conductivity yet: give thickness= and area= of the sample.")
        return float(length) / (float(size) * value)

    @property
    def outliers(self) -> tuple[Outlier, ...]:
        """Numbers that do not go with those beside them, the furthest first; one at most of each parameter.

        Each positive value is compared with the straight line through its neighbours (of ln(value) over the coordinate,
        over 1/T along temperatures). Apart is what lies more than five standard deviations from it: of its own, and of
        the distances of all others once it is taken out, robustly. Needs five measurements.
        """
        x = np.array(self.values)
        x = 1 / x if self.by.quantity == "temperature" else x
        found = []
        for k, parameter in enumerate(self.fits[0].names if len(self) > 4 and len(set(x)) == len(x) else ()):
            y = np.array([item.x[k] for item in self.fits])
            if not (y > 0).all():
                continue
            std = np.array([(item.known(parameter).std or 0.0) / item.x[k] for item in self.fits])
            distance = _from_neighbours(x, np.log(y))
            # without a wrong value its neighbours go together again
            others = [
                np.median(np.abs(_from_neighbours(np.delete(x, n), np.delete(np.log(y), n)))) for n in range(len(x))
            ]
            limit = _APART * np.maximum(np.maximum(std, np.array(others) / _MEDIAN), _EXACT)
            worst = int(np.argmax(np.abs(distance) / limit))
            if abs(distance[worst]) > limit[worst]:
                found.append(Outlier(self.names[worst], parameter, float(np.exp(distance[worst]))))
        return tuple(sorted(found, key=lambda one: -abs(np.log(one.factor))))


def _from_neighbours(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Distance of each value from the line through the two next ones (of an end: through the two beside it)."""
    a = np.array([1, *range(len(x) - 2), len(x) - 3])
    b = np.array([2, *range(2, len(x)), len(x) - 2])
    return np.asarray(y - (y[a] + (y[b] - y[a]) / (x[b] - x[a]) * (x - x[a])))
