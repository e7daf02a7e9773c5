"""An electronic path beside layers, from metal to metal or through some of them: a soft short (theory.md §4)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import pairwise
from typing import Annotated

from pydantic import field_validator

from ..errors import InputError, did_you_mean
from ..kinds.carriers import ELECTRONS, Carrier
from ..kinds.fields import Property
from ..kinds.junction import JunctionKind
from ..kinds.laws import Law
from ..kinds.noun import noun
from ..plain import is_text

__all__ = ["Shunt"]


@noun
class Shunt:
    r"""Electronic path beside layers: a soft short or leaky holder from metal to metal, or a filament through some.

    .. math:: i = i_{layers} + G\,V_{layers}, \qquad Z_{layers}' = \frac{1}{1/Z_{layers} + G}

    with the voltage over what it passes by: all between the metals, or the layers named and the interfaces between
    them. Leads (`series_resistance`) and fixture lie outside. A path from metal to metal moves no ion: the resistance
    to direct current of a stack of :math:`R_0` falls by the part :math:`1/(1 + 1/GR_0)`, and so does the charge that a
    half cycle moves. A filament through some layers is of the ion's metal: it is rooted in an electrode that they
    touch (whose reaction it passes by, too), and its other ends exchange ions with what follows. It does not grow.

    Parameters
    ----------
    conductance : float or law
        G per electrode area [S/m^2], >= 0.
    through : str or tuple of str
        Names of the layers that it passes by, neighbours of each other; by default all, from metal to metal.

    Raises
    ------
    InputError
        For a negative number or a wrong unit. In a cell: for layers that it does not have or that are no neighbours,
        and where electrons or anions cross the end of the named layers, for there the current has two paths already.

    Examples
    --------
    >>> import mgtwin as mt
    >>> cell = mt.cell("trilayer").with_({"shunt": mt.Shunt("1 mS/cm^2")})
    >>> round(mt.impedance.dc_resistance(cell) * 1e-3 * float(cell.area) * 1e4, 2)      # Z G, below 1
    0.89
    >>> cell = cell.with_({"shunt.through": ["buffer_left"]})
    """

    conductance: Annotated[float | Law, Property("S/m^2", ge=0)]
    through: tuple[str, ...] = ()

    @field_validator("through", mode="before")
    @classmethod
    def _one_or_more(cls, raw: object) -> object:
        """A single name stands for itself, not for its letters."""
        return (raw,) if is_text(raw) else raw

    def __str__(self) -> str:
        return f"shunt through {', '.join(self.through)}" if self.through else "shunt from metal to metal"

    def check(self, carriers: Mapping[str, frozenset[Carrier]], junctions: Mapping[str, JunctionKind]) -> None:
        """Refuse layers that a filament cannot pass by; `carriers` are those of every layer, from left to right."""
        names = list(carriers)
        for name in self.through:
            if name not in names:
                hint = did_you_mean(name, names)
                raise InputError(f"through: there is no layer {name!r}; the layers are {', '.join(names)}.{hint}")
        passed = [*range(2 * len(names) + 1)][self.elements(names)]
        layers = [names[k // 2] for k in passed if k % 2]
        if self.through and sorted(self.through) != sorted(layers):
            raise InputError(
                f"through: {', '.join(self.through)} are no neighbours, or one is named twice. One filament passes by "
                f"layers that touch: {', '.join(layers)}."
            )
        for left, right in pairwise(names):
            if (left in layers) == (right in layers):
                continue
            junction = junctions.get(f"{left}-{right}")
            match junction and junction.electronic_resistance:
                case Law() as law:
                    blocks_electrons = law.always(math.inf)
                case number:
                    blocks_electrons = number == math.inf
            crossing = carriers[left] & carriers[right]
            if crossing and not (crossing == ELECTRONS and blocks_electrons):
                raise InputError(self.open_end(f"{left}-{right}"))

    def open_end(self, face: str) -> str:
        """What to say where another carrier crosses the end of the layers that it passes by."""
        return (
            f"shunt.through: besides the ion another carrier crosses {face}, where the filament through "
            f"{', '.join(self.through)} ends: there the current has two paths, and how it joins them is not known. Let "
            f"it pass by the layers up to a metal or to where only the ion crosses, or block the other carrier there."
        )

    def elements(self, names: list[str]) -> slice:
        """What it passes by of all interfaces and layers in turn, from left to right; `names` are the layers'.

        An electrode is among it where it is rooted in its metal.
        """
        at = [names.index(name) for name in self.through or names]
        first, last = min(at), max(at)
        return slice(2 * first + (first > 0), 2 * last + 2 + (last == len(names) - 1))

    def joins_metals(self, names: list[str]) -> bool:
        """Whether it passes by all layers."""
        return self.elements(names) == slice(0, 2 * len(names) + 1)
