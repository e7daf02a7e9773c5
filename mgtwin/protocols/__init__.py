"""What is done to a cell: impedance, polarization, voltammetry, galvanostatic cycling, rests, replays, sequences."""

from .base import Protocol, TransientProtocol
from .files import PROTOCOLS, from_data, from_yaml
from .replay import Replay, ReplayedSignal, Signal
from .segments import Current, Limits, Segment, Voltage
from .sequence import Sequence
from .spectra import EIS
from .transients import Cycling, Galvanostatic, Polarization, Rest, Voltammetry

__all__ = [
    "EIS",
    "PROTOCOLS",
    "Current",
    "Cycling",
    "Galvanostatic",
    "Limits",
    "Polarization",
    "Protocol",
    "Replay",
    "ReplayedSignal",
    "Rest",
    "Segment",
    "Sequence",
    "Signal",
    "TransientProtocol",
    "Voltage",
    "Voltammetry",
    "from_data",
    "from_yaml",
]
