"""The exact route: the impedance in closed form, on the imaginary axis and in time."""

from __future__ import annotations

from pydantic import Field

from ..cells.questions import nonlinearity
from ..protocols import Limits
from .base import Route, Task, Way, route

__all__ = ["Laplace"]


@route
class Laplace(Route):
    """The impedance Z(s) in closed form: spectra on the imaginary axis, runs in time by inversion (theory.md §7).

    In time for linear cells that begin at rest, at any amplitude: steps, ramps and whatever is a line between kinks.

    Parameters
    ----------
    points : int
        Points of Talbot's contour for a response in time, an even number. The error falls tenfold with every 2.5 of
        them down to rounding; where it is above 1e-9 ``attrs["route"]`` says so. Spectra need none.

    Examples
    --------
    >>> import mgtwin as mt
    >>> mt.simulate(mt.cell("au_mg3asn_au"), mt.Polarization("10 mV", "3 h")).attrs["route"]
    'exact in time (Laplace, N = 24)'
    """

    points: int = Field(default=24, ge=8, le=64, multiple_of=2)

    def refusal(self, task: Task) -> str:
        """Layers without a closed form, a state other than rest; in time cells that are not linear, and limits."""
        without = [f"{layer.name} {layer.material.mesh_only}" for layer in task.cell.layers if layer.material.mesh_only]
        if without:
            return " and ".join(without)
        if not task.at_rest:
            return "the cell is not at rest"
        return self._in_time(task) if task.segments else ""

    @staticmethod
    def _in_time(task: Task) -> str:
        if task.cycling:
            return "it counts no cycles"
        if why := nonlinearity(task.cell):
            return f"{why}, and only a linear cell answers by its impedance"
        if any(segment.limits != Limits() for segment in task.segments):
            return "voltage limits can end a step, and it looks for no events"
        if any(segment.against_reference for segment in task.segments):
            return "a voltage is imposed against the reference"
        if len({segment.control.imposes_voltage for segment in task.segments}) > 1:
            return "the control changes between voltage and current"
        return ""

    def taken_by(self, way: Way) -> object:
        """Ask for the closed form."""
        return way.exactly(self)
