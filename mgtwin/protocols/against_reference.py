"""What a potentiostat with three terminals does: it imposes the voltage of the working electrode on a reference."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pydantic import model_validator

from ..errors import InputError
from .base import AnyProtocol, Runner, Temperature, TransientProtocol, protocol
from .segments import Segment

if TYPE_CHECKING:
    from ..cells import Cell

__all__ = ["AgainstReference"]


@protocol
class AgainstReference(TransientProtocol):
    r"""A protocol whose voltages are those of the working electrode against the cell's reference.

    Imposed voltages and voltage limits are :math:`V_{pos} = \varphi_{right} - \varphi_{ref}`; the cell voltage is what
    follows, as with the three terminals of a potentiostat. The reference draws no current. The working electrode is the
    positive one: turn a cell round (``cell.reversed()``) to control the other.

    Parameters
    ----------
    protocol : Polarization, Voltammetry, LinearSweep, Galvanostatic, CCCV, RateTest or any other in time
        Its voltages are against the reference; its currents stay what they are.
    temperature : float or str, optional
        [K]

    Raises
    ------
    InputError
        The protocol is a spectrum, a record, a sequence or a `Cycling`, or has a temperature of its own. When it is
        simulated: the cell has no reference, or nothing between that and the working electrode is a resistance.

    Examples
    --------
    >>> import mgtwin as mt
    >>> wire = mt.Reference(at="buffer_left|antiperovskite", kind=mt.IonProbe(), layer="buffer_left")
    >>> cell = mt.cell("trilayer").with_({"reference": wire})
    >>> run = mt.simulate(cell, AgainstReference(mt.Polarization("20 mV", "10 s", per_decade=2)))
    >>> round(float(run["voltage_positive"][-1]), 9), bool(run["voltage"][-1] > 0.02)
    (0.02, True)
    """

    protocol: AnyProtocol
    temperature: Temperature | None = None

    @model_validator(mode="after")
    def _imposes(self) -> AgainstReference:
        inner = self.protocol
        if type(inner).run_by is not TransientProtocol.run_by or inner.recorded:
            raise InputError(
                f"protocol: {inner.type} cannot be run against a reference: give one in time, such as Polarization, "
                f"Voltammetry, LinearSweep, Galvanostatic or CCCV, and put several into a Sequence of AgainstReference."
            )
        if inner.temperature is not None:
            raise InputError(
                f"protocol: its temperature ({inner.temperature:g} K) is that of the whole: "
                f"AgainstReference(..., temperature=...)."
            )
        return self

    def run_by(self, runner: Runner) -> object:
        """Ask for a run in time."""
        return runner.transient(self)

    def segments(self, cell: Cell) -> tuple[Segment, ...]:
        """Those of the protocol, with voltages against the reference."""
        return tuple(replace(segment, against_reference=True) for segment in self.protocol.distinct_segments(cell))
