"""What an experimenter reads from a result or a measurement: conductivities, transport numbers, summaries of cycling.

Every function takes Datasets that follow `mgtwin.dataset.SCHEMA`, in the laboratory's signs, and leaves them as they
are. Where a number depends on how it is read off, the result says how it was.
"""

from .. import regression
from ..regression import *  # noqa: F403 (the kinds of a family are listed nowhere but in its own files)
from .activation import arrhenius
from .blocking_spectrum import BlockingSpectrum, blocking_spectrum
from .circuits import PaperCircuit
from .corrections import corrected
from .cycling import (
    coulombic_efficiency,
    cycle_summary,
    deposition_voltage,
    dissolution_voltage,
    drift,
    growth_share,
    growth_within_cycle,
    half_difference,
    half_difference_ratio,
    half_sum,
    leakage_fraction,
    overpotential,
)
from .deposit_growth import Deposit, DepositGrowth, deposit_growth
from .deposition import InternalDeposition, critical_current_density, internal_deposition
from .direct_current import (
    anodic_peak,
    cathodic_peak,
    direct_resistance,
    plateau_current,
    slope_conductivity,
    voltage_growth,
)
from .electronic import ElectronicConductivity, electronic_conductivity
from .equivalent_circuit import Arc, CircuitFit, CircuitParameter, equivalent_circuit
from .gitt import GITT, gitt, gitt_bias, pulse_response
from .halves import negative_half, positive_half
from .hebb_wagner import HebbWagner, hebb_wagner
from .insertion import (
    delivered_capacity,
    delivered_energy,
    energy_density,
    particle_uniformity,
    reaction_uniformity,
    specific_energy,
    stoichiometry,
    utilisation,
)
from .kramers_kronig import kramers_kronig
from .merit import (
    apparent_transport_number,
    area_specific_resistance,
    cycles_until,
    energy_efficiency,
    limiting_current_density,
    overpotential_at,
    sand_time_at,
    stack_areal_mass,
    stack_thickness,
    steady_current_density,
    time_until,
    true_transport_number,
)
from .metrics import Reading, metric
from .monotonic_growth import MonotonicGrowth, monotonic_growth
from .nucleation import Nucleation, instantaneous_nucleation, nucleation, progressive_nucleation
from .percolation import CarrierPercolation, Percolation, percolation
from .rates import rate_capability, rate_summary
from .relaxation_times import relaxation_times
from .salt import Depletion, LimitingCurrent, depletion, limiting_current, sand_time
from .self_discharge import SelfDischarge, self_discharge
from .spectra import Conductivity, conductivity
from .spectral import (
    activation_energy,
    arcs,
    closure,
    intercept_conductivity,
    intercept_resistance,
    layer_conductivity,
    magnitude_ratio,
    spectrum_change,
)
from .transference import CurrentRatio, current_ratio, newman_number
from .transport import TransportNumber, TransportNumberWindow, transport_number, transport_number_window
from .z_hit import z_hit

__all__ = [
    "GITT",
    "Arc",
    "BlockingSpectrum",
    "CarrierPercolation",
    "CircuitFit",
    "CircuitParameter",
    "Conductivity",
    "CurrentRatio",
    "Depletion",
    "Deposit",
    "DepositGrowth",
    "ElectronicConductivity",
    "HebbWagner",
    "InternalDeposition",
    "LimitingCurrent",
    "MonotonicGrowth",
    "Nucleation",
    "PaperCircuit",
    "Percolation",
    "Reading",
    "SelfDischarge",
    "TransportNumber",
    "TransportNumberWindow",
    "activation_energy",
    "anodic_peak",
    "apparent_transport_number",
    "arcs",
    "area_specific_resistance",
    "arrhenius",
    "blocking_spectrum",
    "cathodic_peak",
    "closure",
    "conductivity",
    "corrected",
    "coulombic_efficiency",
    "critical_current_density",
    "current_ratio",
    "cycle_summary",
    "cycles_until",
    "delivered_capacity",
    "delivered_energy",
    "depletion",
    "deposit_growth",
    "deposition_voltage",
    "direct_resistance",
    "dissolution_voltage",
    "drift",
    "electronic_conductivity",
    "energy_density",
    "energy_efficiency",
    "equivalent_circuit",
    "gitt",
    "gitt_bias",
    "growth_share",
    "growth_within_cycle",
    "half_difference",
    "half_difference_ratio",
    "half_sum",
    "hebb_wagner",
    "instantaneous_nucleation",
    "intercept_conductivity",
    "intercept_resistance",
    "internal_deposition",
    "kramers_kronig",
    "layer_conductivity",
    "leakage_fraction",
    "limiting_current",
    "limiting_current_density",
    "magnitude_ratio",
    "metric",
    "monotonic_growth",
    "negative_half",
    "newman_number",
    "nucleation",
    "overpotential",
    "overpotential_at",
    "particle_uniformity",
    "percolation",
    "plateau_current",
    "positive_half",
    "progressive_nucleation",
    "pulse_response",
    "rate_capability",
    "rate_summary",
    "reaction_uniformity",
    "relaxation_times",
    "sand_time",
    "sand_time_at",
    "self_discharge",
    "slope_conductivity",
    "specific_energy",
    "spectrum_change",
    "stack_areal_mass",
    "stack_thickness",
    "steady_current_density",
    "stoichiometry",
    "time_until",
    "transport_number",
    "transport_number_window",
    "true_transport_number",
    "utilisation",
    "voltage_growth",
    "z_hit",
]
__all__ += regression.__all__


def __dir__() -> list[str]:
    return __all__
