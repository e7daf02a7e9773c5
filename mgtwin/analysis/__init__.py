"""What an experimenter reads from a result or a measurement: conductivities, transport numbers, summaries of cycling.

Every function takes Datasets that follow `mgtwin.dataset.SCHEMA`, in the laboratory's signs, and leaves them as they
are. Where a number depends on how it is read off, the result says how it was.
"""

from .activation import arrhenius
from .cycling import cycle_summary, leakage_fraction, overpotential
from .electronic import ElectronicConductivity, electronic_conductivity
from .spectra import Conductivity, conductivity
from .transport import TransportNumber, TransportNumberWindow, transport_number, transport_number_window

__all__ = [
    "Conductivity",
    "ElectronicConductivity",
    "TransportNumber",
    "TransportNumberWindow",
    "arrhenius",
    "conductivity",
    "cycle_summary",
    "electronic_conductivity",
    "leakage_fraction",
    "overpotential",
    "transport_number",
    "transport_number_window",
]
