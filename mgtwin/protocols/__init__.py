"""What is done to a cell: impedance, polarization, voltammetry, galvanostatic cycling, rests, replays, sequences."""

from .base import Protocol, TransientProtocol
from .bias import Current, Voltage
from .cycling import CycleSkipping, Cycling, Every
from .files import PROTOCOLS, from_data, from_yaml
from .replay import Replay, ReplayedSignal, Signal
from .segments import CurrentRamp, Limits, Segment, VoltageRamp, amperes
from .sequence import Sequence
from .spectra import EIS
from .transients import Galvanostatic, Polarization, Rest, Voltammetry

__all__ = [
    "EIS",
    "PROTOCOLS",
    "Current",
    "CurrentRamp",
    "CycleSkipping",
    "Cycling",
    "Every",
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
    "VoltageRamp",
    "Voltammetry",
    "amperes",
    "from_data",
    "from_yaml",
]
