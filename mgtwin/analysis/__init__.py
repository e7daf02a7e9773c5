"""What an experimenter reads from a result or a measurement: conductivities, transport numbers, summaries of cycling.

Every function takes Datasets that follow `mgtwin.dataset.SCHEMA`, in the laboratory's signs, and leaves them as they
are. Where a number depends on how it is read off, the result says how it was.
"""

from .activation import arrhenius
from .circuits import Modulus, PaperCircuit, Proportional, Unit, Weighting
from .cycling import cycle_summary, leakage_fraction, overpotential
from .electronic import ElectronicConductivity, electronic_conductivity
from .equivalent_circuit import Arc, CircuitFit, CircuitParameter, equivalent_circuit
from .kramers_kronig import kramers_kronig
from .relaxation_times import relaxation_times
from .salt import Depletion, LimitingCurrent, depletion, limiting_current, sand_time
from .spectra import Conductivity, conductivity
from .transport import TransportNumber, TransportNumberWindow, transport_number, transport_number_window

__all__ = [
    "Arc",
    "CircuitFit",
    "CircuitParameter",
    "Conductivity",
    "Depletion",
    "ElectronicConductivity",
    "LimitingCurrent",
    "Modulus",
    "PaperCircuit",
    "Proportional",
    "TransportNumber",
    "TransportNumberWindow",
    "Unit",
    "Weighting",
    "arrhenius",
    "conductivity",
    "cycle_summary",
    "depletion",
    "electronic_conductivity",
    "equivalent_circuit",
    "kramers_kronig",
    "leakage_fraction",
    "limiting_current",
    "overpotential",
    "relaxation_times",
    "sand_time",
    "transport_number",
    "transport_number_window",
]
