"""The exact route: the impedance in closed form, on the imaginary axis and in time."""

from __future__ import annotations

from pydantic import Field

from .base import Route, Task, Way, route

__all__ = ["Laplace"]


@route
class Laplace(Route):
    """The impedance Z(s) in closed form (theory.md §2, §4): no mesh.

    Parameters
    ----------
    points : int
        Points of Talbot's contour for a response in time; spectra need none.
    """

    points: int = Field(default=20, ge=8, le=64)

    def refusal(self, task: Task) -> str:
        """Layers without a closed form, a state other than rest, runs in time."""
        without = [f"{layer.name} {layer.material.mesh_only}" for layer in task.cell.layers if layer.material.mesh_only]
        if without:
            return " and ".join(without)
        if task.segments:
            return "it does not answer runs in time yet"
        return "" if task.at_rest else "the cell is not at rest"

    def taken_by(self, way: Way) -> object:
        """Ask for the closed form."""
        return way.exactly(self)
