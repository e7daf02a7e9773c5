r"""Steady currents between reversible electrodes: what Bruce, Vincent and Evans, Balsara and Newman read off them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mgtwin.analysis._common import known_cell
from mgtwin.cells import Cell
from mgtwin.cells.carriers import Carrier
from mgtwin.cells.questions import passes, salt_transport
from mgtwin.cells.salts import salt_voltage
from mgtwin.errors import InputError
from mgtwin.kinds.numbers import FARADAY, GAS_CONSTANT
from mgtwin.quantities import format_value, parse

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["CurrentRatio", "current_ratio", "newman_number"]

#: A current that changes by less than this part over the last tenth of the time counts as steady.
STEADY = 0.01


@dataclass(frozen=True)
class CurrentRatio:
    """Currents of a small voltage step between reversible electrodes, and what follows from them.

    Attributes
    ----------
    value : float
        :math:`t_{BVE}`, the steady-state current fraction corrected for the interfaces: 1/(1 + Ne). It is a
        transference number in an ideal dilute solution only.
    initial, steady : float
        :math:`I_0`, :math:`I_s` [A], with their sign.
    newman : float
        Ne = 1/value - 1.
    warnings : tuple of str
    """

    value: float
    initial: float
    steady: float
    newman: float
    warnings: tuple[str, ...] = ()

    def __str__(self) -> str:
        text = f"I_s/I_0 corrected for the interfaces = {self.value:.4g} (Ne = {self.newman:.3g})"
        return "\n".join([f"{text}; t_+ in an ideal dilute salt only", *self.warnings])


def current_ratio(
    ca: xr.Dataset,
    initial_resistance: float | str | None = None,
    steady_resistance: float | str | None = None,
    *,
    initial_current: float | str | None = None,
    sampled_at: float | str | None = None,
) -> CurrentRatio:
    r"""Return the steady current over the initial one, corrected for the interfaces (Bruce, Vincent and Evans).

    .. math:: t_{BVE} = \frac{I_s\,(\Delta V - I_0 R_0)}{I_0\,(\Delta V - I_s R_s)}

    with the *interfacial* resistances :math:`R_0` before and :math:`R_s` after the polarization (Evans, Vincent and
    Bruce, Polymer 28 (1987) 2324). For a small :math:`\Delta V` it is 1/(1 + Ne) (Balsara and Newman, J. Electrochem.
    Soc. 162 (2015) A2720): `newman_number`. Between electrodes that block the ions use `transport_number`.

    Parameters
    ----------
    ca : xarray.Dataset
        One step of constant voltage between electrodes of the ion's metal, until the current is steady.
    initial_resistance, steady_resistance : float or str, optional
        :math:`R_0`, :math:`R_s` [ohm], from spectra before and after. Without them they are taken as 0, with a warning.
    initial_current : float or str, optional
        :math:`I_0` [A], where it was found otherwise (as :math:`\Delta V` over the whole resistance of the spectrum).
    sampled_at : float or str, optional
        When :math:`I_0` is read [s]: after the double layers are charged, before the salt moves. The first sample by
        default.

    Raises
    ------
    InputError
        The cell blocks ions or has none but the ion moving, the voltage is not constant, or the resistances leave
        nothing of it.

    Examples
    --------
    >>> import numpy as np
    >>> from mgtwin.dataset import transient
    >>> t = np.linspace(0, 3600, 100)
    >>> ca = transient(t, np.full(100, 0.01), 4.545e-6 + 5.455e-6 * np.exp(-t / 100))
    >>> round(current_ratio(ca, "200 ohm", "200 ohm").value, 3)
    0.4
    """
    _check_cell(ca)
    time, voltage, current = (ca[name].values for name in ("time", "voltage", "current"))
    step = float(voltage[-1])
    if step == 0 or np.ptp(voltage[1:]) > 1e-3 * abs(step):
        raise InputError("current_ratio needs one step of constant voltage, but the voltage varies or is 0.")
    if sampled_at is not None and initial_current is None:
        # not between samples: before the first one nothing is known
        initial = float(np.interp(float(parse(sampled_at, "s")), time, current))
    else:
        initial = float(current[0]) if initial_current is None else float(parse(initial_current, "A"))
    steady = float(current[-1])
    first, last = (
        0.0 if given is None else float(parse(given, "ohm")) for given in (initial_resistance, steady_resistance)
    )
    left = (step - initial * first, step - steady * last)
    if initial == 0 or left[0] * step <= 0 or left[1] * step <= 0:
        raise InputError(
            f"the interfacial resistances {format_value(first, 'ohm')} and {format_value(last, 'ohm')} take the whole "
            f"voltage {format_value(step, 'V')} at these currents: nothing is left for the electrolyte. Check R_0, R_s "
            f"and their unit."
        )
    value = steady * left[0] / (initial * left[1])
    T = float(ca.attrs.get("temperature", 298.15))
    said = []
    if initial_resistance is None or steady_resistance is None:
        said.append("no interfacial resistances were given: they are taken as 0, and the ratio is off by what they are")
    if abs(step) > GAS_CONSTANT * T / FARADAY:
        said.append(
            f"{format_value(abs(step), 'V')} is more than RT/F: the ratio is 1/(1 + Ne) for small voltages only"
        )
    change = abs(float(np.interp(0.9 * time[-1], time, current)) - steady) / abs(steady)
    if change > STEADY:
        said.append(f"not steady: the current still changes by {100 * change:.2g} % over the last tenth")
    if initial_current is None and sampled_at is None:
        said.append("I_0 is the first sample: say when the double layers are charged (sampled_at), or I_0 itself")
    return CurrentRatio(float(value), initial, steady, float(1 / value - 1), tuple(said))


def _check_cell(ca: xr.Dataset) -> None:
    """Refuse a cell between whose electrodes the ratio means something else."""
    if not ca.attrs.get("cell"):
        return
    cell = known_cell(ca, "current_ratio")
    if not passes(cell, Carrier.IONS):
        raise InputError(
            "current_ratio is for electrodes that exchange the ion (Mg on both sides): this cell blocks it. Use "
            "transport_number for electrodes that block ions."
        )
    if any(salt_transport(cell, layer.name) is None for layer in cell.layers):
        raise InputError(
            "current_ratio needs a salt solution in every layer: where only the ion moves in a layer, or electrons do, "
            "the ratio of currents is no property of a salt."
        )


def newman_number(cell: Cell, layer: str) -> float:
    r"""Return the number of Newman of a salt, by which its diffusion adds to the resistance of its ions.

    .. math:: Ne = \kappa\,\frac{(1 + z)RT\,\Theta\,(1 - t_+)^2}{(zF)^2 D_{eff}c_0}

    For a small voltage between reversible electrodes without interfacial resistance :math:`I_s/I_0 = 1/(1 + Ne)`.

    Parameters
    ----------
    cell : Cell
    layer : str
        Its name.

    Raises
    ------
    InputError
        No salt moves in it.

    Examples
    --------
    >>> import mgtwin as mt
    >>> solution = mt.BinaryElectrolyte("0.1 mol/L", "1 mS/cm", "1e-6 cm^2/s", 0.5)
    >>> cell = mt.Cell("c", mt.Plating("1 mA/cm^2"), [mt.Layer("s", solution, "1 mm")], mt.Plating("1 mA/cm^2"))
    >>> round(newman_number(cell, "s"), 4)
    0.4993
    """
    salt = salt_transport(cell, layer)
    if salt is None:
        raise InputError(f"no salt moves in the layer {layer!r}: newman_number is a property of a salt solution.")
    charge = float(cell.ion.charge)
    volts = salt_voltage(charge, GAS_CONSTANT * float(cell.temperature) / FARADAY, float(salt.thermodynamic_factor))
    anions = 1 - float(salt.transference_number)
    carried = charge * FARADAY * float(salt.diffusivity) * float(salt.concentration)
    return float(salt.conductivity) * volts * anions**2 / carried
