"""The route of modes: what uniform layers store, in a few dozen states instead of a mesh."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field, field_validator

from ..errors import InputError
from .base import Route, Task, Way, route

__all__ = ["ACCURACY", "Modes"]

#: Functions per decade of time -> largest error of a response that is the layer's alone (measured, theory.md §7).
ACCURACY = {1.5: 6e-3, 2.0: 6e-4, 2.5: 6e-5, 3.0: 1e-5}


@route
class Modes(Route):
    """Uniform linear mixed conductors by modes that are the same for all of them; what else there is on a mesh.

    Parameters
    ----------
    density : float
        Functions per decade of time: 1.5, 2, 2.5 or 3. Half a function more makes the error a tenth (theory.md §7).

    Examples
    --------
    >>> import mgtwin as mt
    >>> run = mt.simulate(mt.cell("trilayer"), mt.Galvanostatic("10 uA", "1 h", points=4), route=Modes(density=3))
    >>> run.attrs["route"].partition(" (")[0]
    'modes'
    """

    density: float = Field(default=2.5)

    @field_validator("density")
    @classmethod
    def _tabulated(cls, density: float) -> float:
        if density not in ACCURACY:
            raise InputError(
                f"density {density:g} has no table: choose one of {', '.join(f'{d:g}' for d in ACCURACY)}."
            )
        return density

    def refusal(self, task: Task) -> str:
        """Cells without a layer that has modes."""
        found = any(layer.material.has_modes for layer in task.cell.layers)
        return "" if found else "no layer is a mixed conductor whose properties depend on neither x nor E"

    def described(self, unknowns: int, on_mesh: Sequence[str] = ()) -> str:
        """With the largest error of a uniform layer, and the layers that have no modes, or not enough of them."""
        accuracy = f"{ACCURACY[self.density]:.0e}".replace("e-0", "e-")
        others = f"; {', '.join(on_mesh)} on a mesh" if on_mesh else ""
        return f"modes ({unknowns} unknowns, {accuracy}{others})"

    def taken_by(self, way: Way) -> object:
        """Ask for a discretised model."""
        return way.modelled(self)
