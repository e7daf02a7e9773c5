"""Sequence: several protocols one after the other on the same cell."""

from __future__ import annotations

from pydantic import field_validator, model_validator

from ..errors import InputError
from ..plain import is_listed
from .base import AnyProtocol, Protocol, Runner, Temperature, protocol


@protocol
class Sequence(Protocol):
    """Protocols one after the other; the state is carried on and the result is a DataTree with a node per step.

    Parameters
    ----------
    steps : list of protocols

    Examples
    --------
    >>> from mgtwin.protocols import EIS, Polarization, Rest
    >>> len(Sequence([EIS(1e6, 0.1), Polarization(0.5, "1 h"), Rest("1 h"), EIS(1e6, 0.1)]).steps)
    4
    """

    steps: tuple[AnyProtocol, ...]
    temperature: Temperature | None = None

    @field_validator("steps", mode="before")
    @classmethod
    def _listed(cls, raw: object) -> object:
        # pydantic would ask for a tuple, which no file can hold.
        if not is_listed(raw):
            raise InputError("a Sequence takes a list of protocols.")
        return raw

    @model_validator(mode="after")
    def _not_empty(self) -> Sequence:
        if not self.steps:
            raise InputError("a Sequence needs at least one protocol.")
        return self

    def one_by_one(self) -> tuple[Protocol, ...]:
        """Its steps."""
        return self.steps

    def run_by(self, runner: Runner) -> object:
        """Ask for a sequence."""
        return runner.sequence(self)
