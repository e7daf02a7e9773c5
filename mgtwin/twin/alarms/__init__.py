"""Alarms: what can go wrong with a cell or its instrument, told from what evidence was foreseen to be."""

from .acceleration import Acceleration
from .base import ALARM_KINDS, AlarmKind, alarm_kind
from .drift import Drift
from .instrument import Instrument
from .soft_short import SoftShort

__all__ = ["ALARM_KINDS", "Acceleration", "AlarmKind", "Drift", "Instrument", "SoftShort", "alarm_kind"]
