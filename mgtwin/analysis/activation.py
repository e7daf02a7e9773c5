"""Activation energy of a conductivity, in both conventions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, TypeAlias, Union

import numpy as np

from mgtwin.analysis._common import fit_line, temperature_of
from mgtwin.analysis.electronic import ElectronicConductivity
from mgtwin.analysis.spectra import Conductivity, conductivity
from mgtwin.dataset import attributes, check, is_tree, stamp
from mgtwin.errors import InputError
from mgtwin.laws import BOLTZMANN
from mgtwin.quantities import AmbientTemperature, Value, format_value, parse

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["arrhenius"]

#: What gives one point of an Arrhenius line.
Point: TypeAlias = Union["xr.Dataset", Conductivity, ElectronicConductivity, tuple[float | str, float | str]]


def arrhenius(
    data: Iterable[Point] | xr.DataTree,
    *,
    at: float | str | None = None,
    thickness: float | str | None = None,
    area: float | str | None = None,
) -> xr.Dataset:
    r"""Fit the Arrhenius law of a conductivity in both conventions.

    .. math:: \sigma = \sigma_0 e^{-E_a/kT} \qquad\text{and}\qquad \sigma T = B_0 e^{-E_a/kT}

    by least squares of :math:`\ln\sigma` and :math:`\ln(\sigma T)` against :math:`1/kT`, weighted by the standard
    deviations of the conductivities where all of them are pairs whose `Value` has one, else unweighted. The two
    activation energies differ by about kT (30 meV), so the convention belongs to the number.

    Parameters
    ----------
    data : iterable
        Spectra (read by `conductivity`; also the tree of a file that holds several), results of `conductivity` or
        `electronic_conductivity`, or pairs (temperature, conductivity) in K and S/m or as text,
        ``("40 degC", "0.094 mS/cm")``.
    at : float or str, optional
        Frequency [Hz] at which spectra are read.
    thickness, area : float or str, optional
        [m], [m^2] of spectra; by default what they state, or that of their cell.

    Returns
    -------
    xarray.Dataset
        ``conductivity`` [S/m] over ``temperature`` [K]; ``activation_energy`` [eV] with its standard deviation,
        ``log_prefactor`` (natural logarithm, of S/m or S K/m) and ``r2`` over ``convention`` (``"sigma"``,
        ``"sigma_T"``). Standard deviations are NaN with two temperatures, and a warning says so.

    Raises
    ------
    InputError
        Fewer than two temperatures, a conductivity that is not positive, an unknown temperature, or a bare number
        below 150 as a temperature, which is one in degC (write ``"25 degC"``, or ``"25 K"``).

    Examples
    --------
    >>> law = arrhenius([("40 degC", "0.094 mS/cm"), ("100 degC", "0.76 mS/cm")])
    >>> law.activation_energy.round(3).values.tolist()
    [0.351, 0.38]
    """
    import xarray as xr

    items = [node.to_dataset() for node in data.leaves] if is_tree(data) else data
    points = sorted(_point(item, at, thickness, area) for item in items)
    temperature, sigma = np.array([p[0] for p in points]), np.array([p[1] for p in points])
    relative = np.array([(Value.of(p[1]).std or np.nan) / p[1] for p in points])
    std = relative if np.isfinite(relative).all() else None
    if len(points) < 2 or np.ptp(temperature) < 1e-6 * temperature.max():
        raise InputError("an activation energy needs conductivities at two temperatures at least.")
    warnings = ["two temperatures leave no standard deviation"] if len(points) == 2 and std is None else []
    per_kt = 1 / (BOLTZMANN * temperature)
    # both conventions are in use, and differ by about kT in the energy: a law must be compared in its own
    lines = [fit_line(per_kt, np.log(sigma), std), fit_line(per_kt, np.log(sigma * temperature), std)]
    values = {
        "activation_energy": [-line.slope for line in lines],
        "activation_energy_std": [line.slope_std for line in lines],
        "log_prefactor": [line.offset for line in lines],
        "log_prefactor_std": [line.offset_std for line in lines],
        "r2": [line.r2 for line in lines],
    }
    ds = xr.Dataset(
        {
            "conductivity": ("temperature", sigma, attributes("conductivity")),
            **{name: ("convention", np.array(value), attributes(name)) for name, value in values.items()},
        },
        coords={
            "temperature": ("temperature", temperature, attributes("temperature")),
            "convention": ("convention", np.array(["sigma", "sigma_T"]), attributes("convention")),
        },
        attrs=stamp(route="analysis.arrhenius", warnings=warnings),
    )
    return check(ds)


def _point(
    item: Point, at: float | str | None, thickness: float | str | None, area: float | str | None
) -> tuple[float, float]:
    """Return temperature [K] and conductivity [S/m] of a Dataset, a result or a pair."""
    import xarray as xr

    temperature: float | str | None
    sigma: float | str
    match item:
        case xr.Dataset():
            temperature, sigma = temperature_of(item), conductivity(item, at=at, thickness=thickness, area=area).value
        case Conductivity() | ElectronicConductivity():
            temperature, sigma = item.temperature, item.value
        case (temperature, sigma):
            pass
        case _:
            raise InputError(
                "arrhenius takes spectra, results of conductivity, or pairs (temperature, conductivity), "
                f"not {type(item).__name__}."
            )
    if temperature is None:
        raise InputError(
            "a Dataset says no temperature: give it to mt.read(temperature='60 degC'), or give a pair (temperature, "
            "conductivity)."
        )
    kelvin, siemens = float(AmbientTemperature().read(temperature)), parse(sigma, "S/m")
    if siemens <= 0:
        at_value = f"{format_value(siemens, 'S/m')} at {kelvin:g} K"
        raise InputError(f"{at_value}: conductivities must be positive to have a logarithm.")
    return kelvin, siemens
