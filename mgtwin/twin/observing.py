"""Kinds of evidence: which Datasets they are, and what a state of the cell would have given in their place."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, ClassVar, Protocol, TypeVar, dataclass_transform

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..kinds.declare import declared, require
from ..registry import Family
from .alarms.faults import Foreseen
from .evidence import Evidence, Moment, Usage, moment_of
from .model_error import ErrorBasis

if TYPE_CHECKING:
    import xarray as xr

    from ..cells import Cell
    from ..impedance.compiled import CompiledSpectra

__all__ = ["EVIDENCE_KINDS", "EvidenceKind", "Observation", "States", "evidence_kind", "kind_of"]

Reals = NDArray[np.float64]


class States(Protocol):
    """What a kind of evidence may ask of the coordinates in which the state of one explanation is held."""

    @property
    def cell(self) -> Cell:
        """The cell of the explanation without its ageing laws: what ages is a number of it, named among `paths`."""

    @property
    def paths(self) -> tuple[str, ...]:
        """Dotted paths of the numbers of `cell` that the state sets."""

    def spectra(self, varied: tuple[str, ...]) -> CompiledSpectra:
        """Spectra of `cell` in which these numbers vary, to be taken `at` frequencies."""

    def values(self, states: Reals) -> Reals:
        """These numbers [SI] at states of shape (k, n): shape (k, paths)."""

    def slopes(self, states: Reals) -> Reals:
        """Their derivatives by the coordinates, shape (k, paths, n)."""


class Observation(ABC):
    """Evidence of one kind, as a smoother sees it: real numbers, their standard deviations, and predictions.

    Attributes
    ----------
    data : tuple of ndarray
        Numbers of each piece of evidence.
    deviations : tuple of ndarray
        Their standard deviations.
    """

    data: tuple[Reals, ...]
    deviations: tuple[Reals, ...]

    @property
    def frequencies(self) -> tuple[Reals, ...]:
        """Of each piece [Hz]; empty where it has none."""
        return tuple(np.zeros(0) for _ in self.data)

    @abstractmethod
    def foreseen(self, states: Reals) -> Sequence[Foreseen]:
        """What faults would do to the pieces at states (k, n), for alarms."""

    def ahead(self, states: Reals) -> Sequence[tuple[tuple[Reals, Reals], Foreseen]]:
        """What `linearised` and `foreseen` give for the pieces."""
        return list(zip(self.linearised(states), self.foreseen(states), strict=True))

    def error_directions(self, basis: ErrorBasis) -> list[Reals]:
        """What the numbers of the model's error add to the data of each piece, (numbers, basis.size)."""
        return [np.zeros((data.size, basis.size)) for data in self.data]

    @abstractmethod
    def predicted(self, states: Reals) -> list[Reals]:
        """What states of shape (k, n), one for each piece of evidence, give in place of the data."""

    @abstractmethod
    def linearised(self, states: Reals) -> list[tuple[Reals, Reals]]:
        """The same with the derivatives, (numbers,) and (numbers, n), for each piece."""


class EvidenceKind(ABC):
    """Base of the kinds of evidence."""

    type: ClassVar[str]

    @staticmethod
    @abstractmethod
    def recognises(dataset: xr.Dataset) -> bool:
        """Whether a Dataset is of this kind."""

    @staticmethod
    def check(dataset: xr.Dataset, name: str, cells: Iterable[Cell]) -> None:
        """Refuse, before it is kept, what the state of a cell cannot be held against; `cells` are the explanations.

        Raises
        ------
        InputError
            It is empty, or the kind says why.
        """
        if 0 in dataset.sizes.values():
            raise InputError(f"{name} is empty: it has no point.")

    @staticmethod
    def parts(
        dataset: xr.Dataset, name: str, at: Moment | None, usage: Usage, cell: Cell
    ) -> Sequence[tuple[xr.Dataset, str, Moment]]:
        """What of it has a moment of its own, with its name; all of it by default."""
        return [(dataset, name, moment_of(dataset, at, name))]

    @staticmethod
    def doubt(dataset: xr.Dataset) -> tuple[float, str]:
        """By which part predictions of it may be wrong beside the noise, and why; 0 where they are not."""
        return 0.0, ""

    @staticmethod
    def tested(dataset: xr.Dataset, name: str) -> tuple[float | None, str]:
        """Noise of the instrument, relative, None where it cannot be told, and what is wrong with the record."""
        return None, ""

    @staticmethod
    @abstractmethod
    def observation(evidence: Sequence[Evidence], states: States) -> Observation:
        """How pieces of evidence of this kind are predicted from states of one explanation."""


#: Every kind of evidence by the name that journals have.
EVIDENCE_KINDS: Family[type[EvidenceKind]] = Family("kind of evidence", "evidence")
_Kind = TypeVar("_Kind", bound=EvidenceKind)


@dataclass_transform(frozen_default=True)
def evidence_kind(cls: type[_Kind]) -> type[_Kind]:
    """Declare a kind of evidence: a class with the static methods `recognises` and `observation`."""

    def check(made: type[EvidenceKind]) -> None:
        missing = ", ".join(sorted(made.__abstractmethods__))
        require(not missing, made, EVIDENCE_KINDS, f"without {missing}.")

    return declared(cls, EVIDENCE_KINDS, EvidenceKind, check)


def kind_of(dataset: xr.Dataset, name: str) -> type[EvidenceKind]:
    """The kind of evidence that a Dataset is.

    Raises
    ------
    InputError
        It is none that a twin knows, or more than one.
    """
    found = [kind for kind in EVIDENCE_KINDS.values() if kind.recognises(dataset)]
    if len(found) != 1:
        kinds = ", ".join(kind.type for kind in found) or "none"
        raise InputError(f"{name} is {kinds} of {', '.join(EVIDENCE_KINDS)}: a twin takes Datasets of one of them.")
    return found[0]
