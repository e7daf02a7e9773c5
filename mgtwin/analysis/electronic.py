"""Electronic conductivity from the steady currents of polarisations at several voltages."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mgtwin.analysis._common import (
    Line,
    cell_of,
    fit_line,
    geometry,
    steady_points,
    temperature_of,
)
from mgtwin.analysis._plateaus import ON_PLATEAU, check_electrons_alone
from mgtwin.cells import Cell
from mgtwin.cells.carriers import Carrier
from mgtwin.cells.questions import contact_resistance, faces, passes
from mgtwin.errors import InputError
from mgtwin.quantities import format_value

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["ElectronicConductivity", "electronic_conductivity"]

#: Slopes between neighbouring voltages that differ smoothly by more than this factor are those of no line.
CURVED = 2.0
#: From this factor on the line is said to bend.
BENT = 1.2


@dataclass(frozen=True)
class ElectronicConductivity:
    """Electronic conductivity from the slope of steady current against voltage.

    Attributes
    ----------
    value, std : float
        [S/m], contacts and leads included; the standard deviation is that of the slope, NaN with fewer than three
        voltages.
    slope, offset : float
        Of the line ``I_s = slope V + offset`` [S], [A].
    r2 : float
        Coefficient of determination of the line; NaN with one voltage.
    voltages, currents : tuple of float
        The points of the line [V], [A].
    temperature : float or None
        [K]
    length, area : float
        What turned the conductance into a conductivity [m], [m^2].
    warnings : tuple of str
    """

    value: float
    std: float
    slope: float
    offset: float
    r2: float
    voltages: tuple[float, ...]
    currents: tuple[float, ...]
    temperature: float | None
    length: float
    area: float
    warnings: tuple[str, ...]

    def __str__(self) -> str:
        spread = "" if np.isnan(self.std) else f" ± {self.std / self.value:.1%}"
        text = f"sigma_eon = {format_value(self.value, 'S/m')}{spread} from {len(self.voltages)} voltage(s)"
        return "; ".join([text, *self.warnings])


def electronic_conductivity(
    ca: xr.Dataset | Iterable[xr.Dataset],
    *,
    thickness: float | str | None = None,
    area: float | str | None = None,
) -> ElectronicConductivity:
    r"""Read the electronic conductivity from polarisations between ion-blocking electrodes.

    .. math:: \sigma_{eon} = \frac{L}{A}\,\frac{dI_s}{dV}

    by unweighted least squares through the points (median voltage, last current) of every step. With a single voltage
    the line is drawn through the origin. The slope contains contact and series resistances; where the cell is known
    and they matter, a warning says what is left without them.

    Parameters
    ----------
    ca : Dataset or several
        Transients at constant voltage, each with one or several steps.
    thickness, area : float or str, optional
        [m], [m^2]; by default the total thickness and the area of the cell in the attributes.

    Raises
    ------
    InputError
        Ions pass from electrode to electrode of the cell, or no electrons do; the currents lie on a curve (the
        conductivity depends on the potential), or fall with the voltage; no Dataset, all at the same voltage, different
        temperatures, or neither a cell nor thickness and area.

    Examples
    --------
    >>> from mgtwin.dataset import transient
    >>> ca = [transient([1, 10, 100], [v] * 3, [v * 1e-6] * 3) for v in (0.5, 1.0, 1.5)]
    >>> round(electronic_conductivity(ca, thickness="1 mm", area="1 cm^2").value, 12)
    1e-05
    """
    import xarray as xr

    match ca:
        case xr.Dataset() | xr.DataTree():
            runs = [ca]
        case _:
            runs = list(ca)
    if not runs:
        raise InputError("electronic_conductivity needs at least one Dataset.")
    voltages, currents, warnings = steady_points(runs, "electronic_conductivity")
    for run in runs:
        _check_electrons_pass(cell_of(run))
    known = [temperature for run in runs if (temperature := temperature_of(run)) is not None]
    if known and max(known) - min(known) > 0.1:
        low, high = format_value(min(known), "K"), format_value(max(known), "K")
        raise InputError(f"the Datasets are at temperatures from {low} to {high}: analyse each temperature by itself.")
    shape = geometry(runs[0], thickness, area)
    for run in runs[1:]:
        if not np.isclose(geometry(run, thickness, area).length_per_area, shape.length_per_area):
            raise InputError("the Datasets are of cells with different thickness or area: analyse them separately.")
    line, remarks = _line(voltages, currents)
    remarks += _in_series(cell_of(runs[0]), line, shape.length_per_area)
    factor = shape.length_per_area
    return ElectronicConductivity(
        value=line.slope * factor,
        std=line.slope_std * factor,
        slope=line.slope,
        offset=line.offset,
        r2=line.r2,
        voltages=tuple(voltages.tolist()),
        currents=tuple(currents.tolist()),
        temperature=known[0] if known else None,
        length=shape.length,
        area=shape.area,
        warnings=(*warnings, *remarks),
    )


def _check_electrons_pass(cell: Cell | None) -> None:
    """Refuse a cell through which ions pass, too, or no electrons."""
    check_electrons_alone(cell, "electronic_conductivity")
    if cell is not None and not passes(cell, Carrier.ELECTRONS):
        raise InputError(
            f"electronic_conductivity: no electrons get from electrode to electrode of {cell.name} (a layer has "
            f"none, or a contact blocks them), so what flows at the end of a step only charges it."
        )


def _in_series(cell: Cell | None, line: Line, length_per_area: float) -> list[str]:
    """Say what the contacts and leads of the cell do to the slope."""
    if cell is None:
        return []
    contacts = sum(float(contact_resistance(cell, face, Carrier.ELECTRONS)) for face in faces(cell))
    in_series = (contacts + float(cell.series_resistance)) / float(cell.area)
    if in_series * line.slope <= ON_PLATEAU:
        return []
    said = f"contacts and leads of {format_value(in_series, 'ohm')} are in the slope"
    if in_series * line.slope >= 1:
        return [f"{said}, which is more than the whole resistance: the numbers of the cell are not those of the data"]
    alone = format_value(length_per_area / (1 / line.slope - in_series), "S/m")
    return [f"{said}: without them sigma_eon = {alone}"]


def _line(voltages: np.ndarray, currents: np.ndarray) -> tuple[Line, list[str]]:
    """Return the line through the points and what to beware of."""
    nan = float("nan")
    if len(voltages) == 1:
        if voltages[0] == 0:
            raise InputError("the only voltage is 0 V: give a polarisation at another voltage.")
        return Line(float(currents[0] / voltages[0]), nan, 0.0, nan, nan), ["one voltage: line through the origin"]
    if np.ptp(voltages) <= 1e-9 * np.abs(voltages).max():
        raise InputError(f"all steps are at {format_value(float(voltages[0]), 'V')}: give at least two voltages.")
    remarks = ["two voltages leave no standard deviation"] if len(voltages) == 2 else []
    line = fit_line(voltages, currents)
    if not line.slope > 0:
        raise InputError(
            "electronic_conductivity: the steady current does not grow with the voltage, so its slope is no "
            "conductivity: check the signs, and whether the currents are those of steady states."
        )
    order = np.argsort(voltages)
    apart = np.diff(voltages[order])
    distinct = apart > 1e-9 * np.ptp(voltages)
    slopes = np.diff(currents[order])[distinct] / apart[distinct]
    # Slopes of an exponential change one way, those of a hyperbolic sine turn once; what goes up and down is noise.
    changes = np.diff(slopes)
    turns = np.count_nonzero(changes[:-1] * changes[1:] < 0)
    if len(slopes) < 2 or turns > (0 if len(changes) < 3 else 1):
        return line, remarks
    bent = float(slopes.max() / slopes.min()) if slopes.min() > 0 else float("inf")
    if bent > CURVED:
        raise InputError(
            f"electronic_conductivity: the steady currents do not lie on a line, the steepest slope between neighbours "
            f"is {bent:.3g} times the flattest: the conductivity depends on the potential. Give neighbouring voltages "
            f"only; each slope is then the conductivity at one potential (Hebb-Wagner, theory.md §6, form 5)."
        )
    if bent > BENT:
        remarks.append(f"the currents bend: the steepest slope between neighbours is {bent:.3g} times the flattest")
    return line, remarks
