"""What is wrong with the measurement, not with the cell."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar

from ...quantities import Quantity, Value
from .base import AlarmKind, Threshold, alarm_kind
from .faults import Along, Fault, Foreseen

__all__ = ["Instrument"]


@alarm_kind
class Instrument(AlarmKind):
    """A measurement that is wrong: its gain, or a temperature other than the record's.

    Parameters
    ----------
    jump : float
        Score of one piece of evidence above which it is held.
    temperature : float or str
        Standard deviation of the temperature of the record [K]; keyword only.

    Examples
    --------
    >>> Instrument(temperature="0.5 K").temperature
    Value(0.5, unit='K')
    """

    jump: Threshold = 5.0
    temperature: Annotated[float, Quantity("K", gt=0)] = Value(1.0, unit="K")
    of_cell: ClassVar[bool] = False
    mechanisms: ClassVar[tuple[str, ...]] = ("gain", "temperature")

    def faults(self, foreseen: Foreseen) -> Mapping[str, Fault]:
        """Too much or too little, too warm or too cold."""
        return {
            "gain": Along(foreseen.numbers, both=True),
            "temperature": Along(foreseen.by("temperature"), "K", both=True, bound=float(self.temperature)),
        }
