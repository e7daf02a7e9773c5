"""What layers, interfaces and storages know of the model that they write their equations into, and of each other.

The parts of a stack depend on these protocols only, never on `StackModel`, which puts them together.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, MutableMapping
from typing import Protocol, TypeVar

import pybamm

from ..cells import Cell, Layer
from ..cells.reader import Reader
from ..kinds.memories import Body
from ..kinds.numbers import Number
from ..kinds.salt import Surface

__all__ = ["Neighbour", "Writer"]

_Answer = TypeVar("_Answer", bound=Hashable)


class Writer(Protocol):
    """The model as its parts see it: dictionaries that take equations, and the numbers that stand in these.

    Attributes
    ----------
    rhs, algebraic, initial_conditions, boundary_conditions, variables, events
        Those of a PyBaMM model.
    exponents : dict
        State -> path of the exponent of the constant-phase element that charges it (exact in the frequency domain).
    ladders : dict
        The same for those that are ladders of branches in time.
    ageing_states : set
        Names of the states of ageing laws, which are frozen wherever the cell is linearised.
    cpe_window : (float, float) or None
        Angular frequencies [rad/s] for ladders of constant-phase elements; None in the frequency domain.
    ages : bool
        Whether ageing laws act.
    has_unknown_currents : bool
        Whether currents may be unknowns of their own where that keeps the equations sparse. Else they are eliminated,
        which asks less of an integrator where the cell's current jumps.
    """

    cell: Cell
    input_paths: dict[str, str]
    reader: Reader
    rest: Number
    temperature: Number
    inverse_thermal_voltage: Number
    ion_charge: Number
    area: Number
    current_density: Number
    rhs: MutableMapping[pybamm.Symbol, Number]
    algebraic: MutableMapping[pybamm.Symbol, Number]
    initial_conditions: MutableMapping[pybamm.Symbol, Number]
    boundary_conditions: MutableMapping[pybamm.Symbol, object]
    variables: MutableMapping[str, Number]
    events: list[pybamm.Event]
    exponents: dict[str, str]
    ladders: dict[str, str]
    ageing_states: set[str]
    cpe_window: tuple[float, float] | None
    ages: bool
    has_unknown_currents: bool

    def unknown(self, name: str, start: Number) -> Number:
        """A scalar unknown with its initial condition."""

    def evolves(self, unknown: Number, rate: Number) -> None:
        """Give an unknown the equation ``dx/dt = rate``."""

    def ages_by(self, unknown: Number, rate: Number) -> None:
        """Give an unknown the equation ``dx/dt = rate`` in time, and hold it wherever the cell is linearised."""

    def empties(self, store: Number, least: Number, drawn: Number) -> None:
        """End a run under an imposed current `drawn` [A/m2, > 0 where it empties] where a store is used up."""

    def balances(self, unknown: Number, residual: Number) -> None:
        """Give an unknown the equation ``residual = 0``."""

    def fractional(self, unknown: Number, order: Number, order_path: str, rate: Number) -> None:
        """Give an unknown the equation ``d^n x/dt^n = rate``."""

    def diffuses(self, surface: Number, start: Number, body: Body, flux: Number) -> None:
        """Make `surface` the surface value of a body into which `flux` diffuses."""

    def surface(self, layer: str, side: str, relative: Number) -> Surface:
        """The salt at a face that only the ion passes, from its c/c_0 there."""

    def depletes(self, event: str, surface: Surface) -> None:
        """End a run where the salt at a face is used up and the current is imposed all the same."""

    def is_fixed_at(self, path: str, value: float) -> bool:
        """Whether a number has this value for good, i.e. is not an input: it may then change the equations."""

    def decide(self, question: Callable[[Cell, float], _Answer]) -> _Answer:
        """The answer of the cell, at the highest frequency [Hz], to a question that decides on equations."""

    def diffusion_length(self, layer: str, cell: Cell, f_max: float) -> float:
        """Depth that diffusion into a layer of a cell reaches within 1/(2 pi f_max), relative to its thickness."""

    def electronic_resistance(self, path: str) -> Number | None:
        """Electronic contact resistance [ohm m2], or None where electrons are blocked."""

    def area_ratio(self, layer: Layer) -> Number:
        """Layer area over electrode area."""


class Neighbour(Protocol):
    """An interface as the layers beside it see it: what crosses it, in PyBaMM's sign (+x), per electrode area."""

    name: str
    electronic_current: Number
    anionic_current: Number
    faradaic_current: Number
