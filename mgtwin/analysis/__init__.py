"""What an experimenter reads from a result or a measurement: conductivities, transport numbers, summaries of cycling.

Every function takes Datasets that follow `mgtwin.dataset.SCHEMA`, in the laboratory's signs, and leaves them as they
are. Where a number depends on how it is read off, the result says how it was.
"""

from ..regression import Modulus, Proportional, Unit, Weighting
from ._metric import metric
from .activation import arrhenius
from .circuits import PaperCircuit
from .cycling import cycle_summary, leakage_fraction, overpotential
from .electronic import ElectronicConductivity, electronic_conductivity
from .equivalent_circuit import Arc, CircuitFit, CircuitParameter, equivalent_circuit
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
from .monotonic_growth import MonotonicGrowth, monotonic_growth
from .percolation import CarrierPercolation, Percolation, percolation
from .relaxation_times import relaxation_times
from .salt import Depletion, LimitingCurrent, depletion, limiting_current, sand_time
from .spectra import Conductivity, conductivity
from .transport import TransportNumber, TransportNumberWindow, transport_number, transport_number_window

__all__ = [
    "Arc",
    "CarrierPercolation",
    "CircuitFit",
    "CircuitParameter",
    "Conductivity",
    "Depletion",
    "ElectronicConductivity",
    "LimitingCurrent",
    "Modulus",
    "MonotonicGrowth",
    "PaperCircuit",
    "Percolation",
    "Proportional",
    "TransportNumber",
    "TransportNumberWindow",
    "Unit",
    "Weighting",
    "apparent_transport_number",
    "area_specific_resistance",
    "arrhenius",
    "conductivity",
    "cycle_summary",
    "cycles_until",
    "depletion",
    "electronic_conductivity",
    "energy_efficiency",
    "equivalent_circuit",
    "kramers_kronig",
    "leakage_fraction",
    "limiting_current",
    "limiting_current_density",
    "metric",
    "monotonic_growth",
    "overpotential",
    "overpotential_at",
    "percolation",
    "relaxation_times",
    "sand_time",
    "sand_time_at",
    "stack_areal_mass",
    "stack_thickness",
    "steady_current_density",
    "time_until",
    "transport_number",
    "transport_number_window",
    "true_transport_number",
]
