"""How a number that the paper read off its figures is read off a simulated Dataset: nouns, without the reading itself.

`mgtwin.campaign.readout` holds one function for each of them. They are declared here, below the analysis, so that a
file in ``experiments/`` can be checked without loading anything that computes.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from ..kinds.noun import noun, one_of
from ..quantities import Quantity, Value

__all__ = [
    "ActivationEnergy",
    "AnodicPeak",
    "Arcs",
    "CathodicPeak",
    "Closure",
    "DepositionVoltage",
    "DirectResistance",
    "DissolutionVoltage",
    "Drift",
    "HalfDifference",
    "HalfSum",
    "InterceptConductivity",
    "InterceptResistance",
    "LayerConductivity",
    "MagnitudeRatio",
    "Measure",
    "SlopeConductivity",
    "SpectrumChange",
    "TransportNumberAt",
]

Frequency = Annotated[Value, Quantity("Hz", gt=0)]
Seconds = Annotated[Value, Quantity("s", gt=0)]


@noun
class SlopeConductivity:
    """Electronic conductivity [S/m] from the slope of steady current against voltage.

    Parameters
    ----------
    without_contacts : bool
        Take the electronic contact resistances that the cell has off the slope: the conductivity of the bulk, which is
        what a measurement with perfect contacts would give.
    """

    without_contacts: bool = False
    type: Literal["slope_conductivity"] = Field(default="slope_conductivity", kw_only=True)


@noun
class TransportNumberAt:
    """Apparent transport number from a polarisation whose first current was sampled at `sampled_at` [s].

    The reading also says for which other sampling times the value stays within the observed interval.
    """

    sampled_at: Seconds = Field(default=Value(0.1, unit="s"))
    type: Literal["transport_number"] = Field(default="transport_number", kw_only=True)


@noun
class InterceptConductivity:
    """Conductivity of the whole stack [S/m] from an intercept of the spectrum (at a frequency [Hz] if one is given)."""

    at: Frequency | None = None
    type: Literal["conductivity"] = Field(default="conductivity", kw_only=True)


@noun
class InterceptResistance:
    """Real part [ohm] at an intercept of the spectrum (at a frequency [Hz] if one is given)."""

    at: Frequency | None = None
    type: Literal["resistance"] = Field(default="resistance", kw_only=True)


@noun
class LayerConductivity:
    """Ionic conductivity of one layer [S/m]: what is left of the intercept after the rest of the stack is taken off.

    The paper's equivalent circuit, a series of resistances (Fig. 3e), with the other layers, the junctions and the
    leads as the cell has them.
    """

    layer: str
    at: Frequency | None = None
    type: Literal["layer_conductivity"] = Field(default="layer_conductivity", kw_only=True)


@noun
class ActivationEnergy:
    """Activation energy [eV] of the intercept's conductivity over all temperatures, in the form sigma = A exp(-Ea/kT).

    Parameters
    ----------
    layer : str, optional
        Of one layer, as for `LayerConductivity`; by default of the whole stack.
    """

    layer: str | None = None
    at: Frequency | None = None
    type: Literal["activation_energy"] = Field(default="activation_energy", kw_only=True)


@noun
class Arcs:
    """Number of resolved arcs of a spectrum: maxima of -Im Z that stand out, within the measured frequencies."""

    type: Literal["arcs"] = Field(default="arcs", kw_only=True)


@noun
class Closure:
    """-Im Z/Re Z at a frequency [Hz]: 0 where an arc has come back to the real axis."""

    at: Frequency = Field(default=Value(0.1, unit="Hz"))
    type: Literal["closure"] = Field(default="closure", kw_only=True)


@noun
class MagnitudeRatio:
    """\\|Z\\| at a frequency [Hz] over that of another cell or state in the same experiment, reading and temperature.

    Parameters
    ----------
    at : float or str
    to_cell : str, optional
        Name of the other cell; by default the same one.
    to_overlays : tuple of str, optional
        State (and alternative) of the other run; by default the same ones.
    """

    at: Frequency = Field(default=Value(0.1, unit="Hz"))
    to_cell: str | None = None
    to_overlays: tuple[str, ...] | None = None
    type: Literal["magnitude_ratio"] = Field(default="magnitude_ratio", kw_only=True)


@noun
class SpectrumChange:
    """Largest relative change of Z between the first and the last spectrum of a sequence."""

    type: Literal["spectrum_change"] = Field(default="spectrum_change", kw_only=True)


@noun
class DepositionVoltage:
    """Voltage [V] at the end of deposition in a cycle (0 is the first, -1 the last)."""

    cycle: int = 0
    type: Literal["deposition_voltage"] = Field(default="deposition_voltage", kw_only=True)


@noun
class DissolutionVoltage:
    """Voltage [V] at the end of dissolution in a cycle (0 is the first, -1 the last)."""

    cycle: int = 0
    type: Literal["dissolution_voltage"] = Field(default="dissolution_voltage", kw_only=True)


@noun
class HalfDifference:
    """Half-difference of dissolution and deposition voltage [V] in a cycle: the symmetric polarisation."""

    cycle: int = 0
    type: Literal["half_difference"] = Field(default="half_difference", kw_only=True)


@noun
class HalfSum:
    """Half-sum of dissolution and deposition voltage [V] in a cycle: 0 for equal electrodes with equal histories."""

    cycle: int = 0
    type: Literal["half_sum"] = Field(default="half_sum", kw_only=True)


@noun
class Drift:
    """Relative change of the half-difference from cycle `first` to the last one."""

    first: int = 1
    type: Literal["drift"] = Field(default="drift", kw_only=True)


@noun
class CathodicPeak:
    """Potential [V] of the most negative current of a voltammogram, if that is a peak and not the vertex."""

    type: Literal["cathodic_peak"] = Field(default="cathodic_peak", kw_only=True)


@noun
class AnodicPeak:
    """Potential [V] of the most positive current of a voltammogram, if that is a peak and not the vertex."""

    type: Literal["anodic_peak"] = Field(default="anodic_peak", kw_only=True)


@noun
class DirectResistance:
    """Voltage over current [ohm] at the end of a run; the reading also says what part of the current is electrons."""

    type: Literal["direct_resistance"] = Field(default="direct_resistance", kw_only=True)


_ALL = {
    "activation_energy": ActivationEnergy,
    "anodic_peak": AnodicPeak,
    "arcs": Arcs,
    "cathodic_peak": CathodicPeak,
    "closure": Closure,
    "conductivity": InterceptConductivity,
    "deposition_voltage": DepositionVoltage,
    "direct_resistance": DirectResistance,
    "dissolution_voltage": DissolutionVoltage,
    "drift": Drift,
    "half_difference": HalfDifference,
    "half_sum": HalfSum,
    "layer_conductivity": LayerConductivity,
    "magnitude_ratio": MagnitudeRatio,
    "resistance": InterceptResistance,
    "slope_conductivity": SlopeConductivity,
    "spectrum_change": SpectrumChange,
    "transport_number": TransportNumberAt,
}


def _written_short(raw: object) -> object:
    """``measure: arcs`` is short for ``measure: {type: arcs}``."""
    return {"type": raw} if isinstance(raw, str) else raw


Measure = Annotated[
    ActivationEnergy
    | AnodicPeak
    | Arcs
    | CathodicPeak
    | Closure
    | InterceptConductivity
    | DepositionVoltage
    | DirectResistance
    | DissolutionVoltage
    | Drift
    | HalfDifference
    | HalfSum
    | LayerConductivity
    | MagnitudeRatio
    | InterceptResistance
    | SlopeConductivity
    | SpectrumChange
    | TransportNumberAt,
    Field(discriminator="type"),
    one_of("a measure", *_ALL),
    BeforeValidator(_written_short),
]
