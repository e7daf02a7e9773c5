"""What was measured of a running cell, and at which moment of its life."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import numpy as np
from pydantic import Field, model_validator

from ..errors import InputError
from ..kinds.noun import noun
from ..protocols import Cycling
from ..quantities import Quantity

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["Evidence", "Moment", "Usage", "content_hash", "moment_of"]

_Time = Annotated[float, Quantity("s", ge=0)]


@noun
class Moment:
    """When something was measured: after how many cycles, at which time, or both.

    Parameters
    ----------
    cycle : float, optional
        Cycles done since the cell was new; half cycles count as 0.5.
    time : float or str, optional
        Since the cell was new [s].

    Raises
    ------
    InputError
        If neither is given, or one is negative.

    Examples
    --------
    >>> Moment(cycle=48), Moment(time="2 h").time
    (Moment(cycle=48.0, time=None), Value(7200.0, unit='s'))
    """

    cycle: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    time: _Time | None = None

    @model_validator(mode="after")
    def _given(self) -> Moment:
        if self.cycle is None and self.time is None:
            raise InputError("say when: Moment(cycle=48), or Moment(time='2 h') since the cell was new.")
        return self

    def __str__(self) -> str:
        said = [] if self.cycle is None else [f"cycle {self.cycle:g}"]
        return ", ".join(said if self.time is None else [*said, f"{self.time / 3600:.4g} h"])


@dataclass(frozen=True, eq=False)
class Evidence:
    """One measurement of the cell of a twin.

    Attributes
    ----------
    sha : str
        SHA-256 of what was measured: the same file twice is the same evidence.
    name : str
        For people: the file.
    moment : Moment
    kind : str
        Name of its kind in ``mgtwin.twin.observing.EVIDENCE_KINDS``, such as ``"spectrum"``.
    dataset : xarray.Dataset
        As it was read.
    noise : float or None
        Standard deviation of the instrument, relative to the modulus for spectra; None where it cannot be told.
    verdict : str
        What the Kramers-Kronig test said; empty where there is none.
    """

    sha: str
    name: str
    moment: Moment
    kind: str
    dataset: xr.Dataset
    noise: float | None = None
    verdict: str = ""


@dataclass(frozen=True)
class Usage:
    """What is done to a cell between measurements: cycles that move charge, or time alone.

    Attributes
    ----------
    cycling : Cycling or None
        What one of its cycles is; None for a cell that only rests.
    """

    cycling: Cycling | None = None

    @property
    def period(self) -> float:
        """Duration of one cycle [s]; infinite without cycles."""
        if self.cycling is None:
            return np.inf
        return 2 * (float(self.cycling.half_cycle) + float(self.cycling.rest or 0.0))

    def cycle(self, moment: Moment) -> float:
        """Cycles done at a moment."""
        if moment.cycle is not None:
            return moment.cycle
        return float(moment.time or 0.0) / self.period

    def time(self, moment: Moment) -> float:
        """Time at a moment [s].

        Raises
        ------
        InputError
            For a cycle of a cell of which nobody said what a cycle is.
        """
        if moment.time is not None:
            return float(moment.time)
        if self.cycling is None and moment.cycle:
            raise InputError(
                f"{moment}: what is done in a cycle is not known: give the twin use=mt.Cycling('-10 uA', '1 h', "
                f"cycles=1), or the time of the measurement."
            )
        return 0.0 if self.cycling is None else float(moment.cycle or 0.0) * self.period

    def in_order(self, evidence: Iterable[Evidence]) -> tuple[Evidence, ...]:
        """Evidence by moment, then kind, then content: the order does not depend on that of arrival."""
        return tuple(sorted(evidence, key=lambda e: (self.cycle(e.moment), self.time(e.moment), e.kind, e.sha)))


def content_hash(dataset: xr.Dataset) -> str:
    """SHA-256 of what a Dataset holds: its arrays with their names, dimensions and kinds of numbers.

    Attributes do not count but for the conditions of the measurement, for the same file is read again with another date
    or version.

    Examples
    --------
    >>> from mgtwin.dataset import spectrum
    >>> content_hash(spectrum([1.0], [1.0])) == content_hash(spectrum([1.0], [1.0], attrs={"created": "today"}))
    True
    """
    digest = hashlib.sha256()
    for name in sorted(map(str, dataset.variables)):
        variable = dataset.variables[name]
        values = np.ascontiguousarray(variable.values)
        if values.dtype.kind in "OUS":
            values = np.frombuffer(json.dumps(values.tolist(), default=str).encode(), dtype=np.uint8)
        digest.update(f"{name}{variable.dims}{values.dtype.str}{values.shape}".encode())
        digest.update(values.tobytes())
    conditions = {key: dataset.attrs[key] for key in ("temperature", "area", "start_time") if key in dataset.attrs}
    digest.update(json.dumps(conditions, sort_keys=True, default=float).encode())
    return digest.hexdigest()


def moment_of(dataset: xr.Dataset, at: Moment | None, name: str) -> Moment:
    """When a Dataset was measured: as said, else as the Dataset says it.

    Raises
    ------
    InputError
        Nobody says it.
    """
    match at:
        case Moment():
            return at
        case None:
            pass
        case _:
            raise InputError(f"at={at!r} is no moment: write at=mt.Moment(cycle=48), or at=mt.Moment(time='12 h').")
    start = dataset.attrs.get("start_time")
    cycle = dataset.coords["cycle"].values if "cycle" in dataset.coords else np.array([])
    # cycles are numbered from 0: what was taken at the end of cycle n was taken when n + 1 were done
    done = float(cycle.item()) + 1 if cycle.size == 1 else None
    if start is None and done is None:
        raise InputError(
            f"{name} does not say when it was measured (no start_time, no cycle): twin.update(ds, "
            f"at=mt.Moment(cycle=48)), or at=mt.Moment(time='12 h') since the cell was new."
        )
    return Moment(cycle=done, time=None if start is None else float(start))
