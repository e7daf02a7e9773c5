"""What is done to a cell: impedance, polarization, voltammetry, galvanostatic cycling, rests, replays, sequences."""

from .against_reference import AgainstReference
from .base import (
    PROTOCOLS,
    AnyProtocol,
    CurrentValue,
    Duration,
    Protocol,
    TransientProtocol,
    Volts,
    Written,
    from_data,
    from_yaml,
    protocol,
)
from .bias import BIASES, Current, Voltage
from .cccv import CCCV
from .cycling import CycleSkipping, Cycling, Every
from .eis import EIS
from .galvanostatic import Galvanostatic
from .linear_sweep import LinearSweep
from .polarization import Polarization
from .rate_test import RateTest
from .replay import Replay, ReplayedSignal, Signal
from .rest import Rest
from .segments import CurrentRamp, Limits, Segment, VoltageRamp, amperes, mixed_times
from .sequence import Sequence
from .voltammetry import Voltammetry

__all__ = [
    "BIASES",
    "CCCV",
    "EIS",
    "PROTOCOLS",
    "AgainstReference",
    "AnyProtocol",
    "Current",
    "CurrentRamp",
    "CurrentValue",
    "CycleSkipping",
    "Cycling",
    "Duration",
    "Every",
    "Galvanostatic",
    "Limits",
    "LinearSweep",
    "Polarization",
    "Protocol",
    "RateTest",
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
    "Volts",
    "Written",
    "amperes",
    "from_data",
    "from_yaml",
    "mixed_times",
    "protocol",
]
