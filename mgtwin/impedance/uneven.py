r"""What the uneven reaction of electrodes adds to a spectrum of a model that has one reaction for each of them.

In a small signal about a state in which the reaction was even, all of an electrode has one admittance Y(omega). It
follows from the response :math:`\delta\eta` of its drop to the current, :math:`1/Y = \delta\eta/\delta i`, and with it,
exactly, what conduction over the thickness takes (theory.md §3.7).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..cells import Cell, Reader
from ..kinds.electrode import conduction
from ..kinds.kind import Bound, has_formula
from ..kinds.resolutions import Uniform
from ..models.stack import StackModel
from .links import Array
from .parameters import reader_of
from .terms import Shifted

__all__ = ["Uneven"]

#: Relative step of differences: of third order in it, and of functions without a scale of their own.
STEP = 1e-5


class Uneven:
    """The electrodes of a model that are uneven in its spectra only.

    Parameters
    ----------
    cell : Cell
    model : StackModel
        Of its structure.
    rows : Mapping
        Row of a response by the name of its unknown.
    """

    def __init__(self, cell: Cell, model: StackModel, rows: Mapping[str, int]) -> None:
        self._model = model
        self._kept, _ = reader_of(cell, {})
        found = [(electrode, cell.get(electrode.name)) for electrode in model.electrodes]
        left_open = [one for one, kind in found if has_formula(type(kind), "rails") and kind.resolution is None]
        self._rows = {one.name: rows[one.state.name] for one in left_open if one.blocks_electrons}
        #: Those that electrons of the layer beside them enter, for which this is not known.
        self.entered = [one.name for one in left_open if not one.blocks_electrons]

    @property
    def electrodes(self) -> tuple[str, ...]:
        """Which they are."""
        return tuple(self._rows)

    def impedance(self, response: Array, scale: float, inputs: Mapping[str, float]) -> Array:
        """All that it adds [ohm]; parameters as for `impedances`."""
        return sum(self.impedances(response, scale, inputs).values())

    def impedances(self, response: Array, scale: float, inputs: Mapping[str, float]) -> dict[str, Array]:
        """Electrode -> what it adds [ohm], from the response of the unknowns to the current in units of `scale` [A]."""
        given = {path: inputs[name] for path, name in self._model.input_paths.items()}
        reader: Reader = Shifted(self._kept, given) if given else self._kept
        area, found = float(reader.number("area")), {}
        for side, row in self._rows.items():
            bound = Bound(type(reader.get(side)), side, reader, salt=1.0)
            admittance = scale / (np.asarray(response)[row] * area)
            found[side] = (conduction(bound, None, admittance) - conduction(bound, Uniform())) / area
        return found

    def slopes_by_response(self, response: Array, scale: float, inputs: Mapping[str, float]) -> dict[int, Array]:
        """Row -> derivative by what the response is there."""
        found = {}
        for row in self._rows.values():
            step = np.zeros_like(response)
            step[row] = STEP * response[row]
            up, down = (self.impedance(response + sign * step, scale, inputs) for sign in (1, -1))
            found[row] = (up - down) / (2 * step[row])
        return found

    def slope_by_input(self, response: Array, scale: float, inputs: Mapping[str, float], name: str) -> Array:
        """Derivative by an input while the response stays."""
        if not self._rows:
            return 0.0
        step = STEP * (abs(inputs[name]) or 1.0)
        up, down = (self.impedance(response, scale, {**inputs, name: inputs[name] + h}) for h in (step, -step))
        return (up - down) / (2 * step)
