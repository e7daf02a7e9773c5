"""A reference electrode: a probe without current at a face of the stack (theory.md §4)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from itertools import pairwise
from typing import Literal, NamedTuple

from pydantic import field_validator

from ..errors import InputError, did_you_mean
from ..kinds.carriers import Carrier
from ..kinds.noun import noun
from ..kinds.probe import AnyProbe

__all__ = ["Place", "Reference"]

#: Of the series resistance what lies between the reference and either metal: leads are alike, so that a stack and its
#: mirror image swap their halves.
SERIES_SHARE = 0.5


class Place(NamedTuple):
    """Where a reference is read: number of the face from the left, of the layer beside it, and the side of that."""

    face: int
    layer: int
    side: Literal["left", "right"]


@noun
class Reference:
    r"""Third electrode: divides the cell voltage in :math:`V_{neg} = \varphi_{ref} - \varphi_{left}` and
    :math:`V_{pos} = \varphi_{right} - \varphi_{ref}`.

    It draws no current and disturbs nothing. Results in time have ``voltage_negative`` and ``voltage_positive``,
    spectra ``impedance_negative`` and ``impedance_positive``, which sum to the cell's; leads (`series_resistance`,
    the fixture's inductance) count half to either side. For a place inside a layer cut the layer in two there: where
    no junction stands both carriers pass perfectly, and nothing else changes.

    Parameters
    ----------
    at : str
        The face at which it lies: ``"left-right"`` with the names of two neighbouring layers (``"left|right"`` is the
        same), or ``"negative"`` or ``"positive"`` for the layer right at that electrode.
    kind : IonProbe, InertProbe or any other declared probe
        What it exchanges with the layer.
    layer : str
        In which of the two layers it lies. Needed where a junction stands between them, for the potential jumps there.

    Raises
    ------
    InputError
        In a cell: for a face that it does not have, a junction without a side, or a probe whose carrier does not move
        in that layer.

    Examples
    --------
    >>> import mgtwin as mt
    >>> probe = mt.Reference(at="buffer_left|antiperovskite", kind=mt.IonProbe(), layer="buffer_left")
    >>> run = mt.simulate(mt.cell("trilayer").with_({"reference": probe}), mt.EIS(1e6, 0.1, points=3))
    >>> bool(abs(run["impedance_negative"] + run["impedance_positive"] - run["impedance"]).max() < 1e-6)
    True
    """

    at: str
    kind: AnyProbe
    layer: str = ""

    @field_validator("at")
    @classmethod
    def _one_spelling(cls, at: str) -> str:
        return "-".join(part.strip() for part in at.replace("|", "-").split("-"))

    def __str__(self) -> str:
        return f"reference ({self.kind.type}) at {self.at}{self.layer and f', in {self.layer}'}"

    def check(self, carriers: Mapping[str, Collection[Carrier]], junctions: Collection[str]) -> None:
        """Refuse a place where nothing can be read; `carriers` are those of every layer, from left to right."""
        names = list(carriers)
        faces = ["negative", *(f"{left}-{right}" for left, right in pairwise(names)), "positive"]
        if self.at not in faces:
            hint = did_you_mean(self.at, faces)
            raise InputError(f"at: {self.at!r} is no face of this stack, whose faces are {', '.join(faces)}.{hint}")
        beside = [name for name in names if name in self.at.split("-")] or [names[-(self.at == "positive")]]
        if self.layer and self.layer not in beside:
            raise InputError(f"layer: {self.layer!r} does not lie at {self.at}: say {' or '.join(map(repr, beside))}.")
        if not self.layer and self.at in junctions:
            raise InputError(
                f"a junction stands at {self.at}, over which the potential jumps: say on which side of it the "
                f"reference lies, layer={' or layer='.join(map(repr, beside))}."
            )
        able = [name for name in beside if self.kind.carrier in {*carriers[name], Carrier.IONS}]
        if not able or (self.layer and self.layer not in able):
            where = [name for name in names if self.kind.carrier in carriers[name]]
            here = self.layer or " nor in ".join(beside)
            moves = (
                f"do not move in {here} but only in {', '.join(where)}" if where else "move in no layer of this cell"
            )
            raise InputError(
                f"the {self.kind.type} exchanges {self.kind.carrier.value}, which {moves}: its potential is not "
                f"defined there. Put it elsewhere, or use a probe of the ion's metal, which can be read everywhere."
            )

    def place(self, carriers: Mapping[str, Collection[Carrier]]) -> Place:
        """Where it is read; `carriers` as for `check`."""
        names = list(carriers)
        if self.at in ("negative", "positive"):
            return Place(0, 0, "left") if self.at == "negative" else Place(len(names), len(names) - 1, "right")
        left, _, right = self.at.partition("-")
        # where no junction stands both sides read the same, if both can be read at all
        readable = [name for name in (left, right) if self.kind.carrier in {*carriers[name], Carrier.IONS}]
        layer = names.index(self.layer or readable[0])
        face = names.index(right)
        return Place(face, layer, "right" if layer < face else "left")

    def mirrored(self) -> dict[str, object]:
        """The fields of the same probe in the mirror image of the cell."""
        ends = {"negative": "positive", "positive": "negative"}
        return {**vars(self), "at": ends.get(self.at) or "-".join(self.at.split("-")[::-1])}
