"""Which carriers get through the composites of a cell, and how far they are from their percolation threshold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mgtwin.errors import InputError

if TYPE_CHECKING:
    from mgtwin.cells import Cell
    from mgtwin.kinds.materials.mixture import Mixture
    from mgtwin.kinds.mixing import MixingRule

__all__ = ["CarrierPercolation", "Percolation", "percolation"]


@dataclass(frozen=True)
class CarrierPercolation:
    """One carrier in one layer.

    Attributes
    ----------
    layer, carrier : str
        ``carrier`` is ``"ions"`` or ``"electrons"``.
    phases : tuple of str
        The phases that conduct it.
    rule : str
        Type of the mixing rule that decides.
    fraction : float
        Volume fraction of these phases together; where the layer is graded, at the position that is worst.
    threshold : float
        Fraction from which they are connected from face to face, all phases being scaled alike; 0: always, 1: never.
    percolates : bool
        Whether the carrier gets through the layer.
    """

    layer: str
    carrier: str
    phases: tuple[str, ...]
    rule: str
    fraction: float
    threshold: float
    percolates: bool

    @property
    def distance(self) -> float:
        """``fraction - threshold``, negative where the carrier does not get through."""
        return self.fraction - self.threshold

    def __str__(self) -> str:
        if not self.phases:
            return f"{self.layer}: no phase conducts {self.carrier}"
        verb = "percolate" if self.percolates else "do not percolate"
        amount = f"{' + '.join(self.phases)} {self.fraction:.1%} of the volume"
        if self.threshold == 0:
            limit = "at any fraction"
        elif self.threshold == 1:
            limit = "never below 100 %"
        else:
            limit = f"from {self.threshold:.1%}, {abs(self.distance):.1%} {'above' if self.percolates else 'short'}"
        return f"{self.layer}: {self.carrier} {verb} ({amount}; by {self.rule} {limit})"


@dataclass(frozen=True)
class Percolation:
    """What `percolation` found: two entries for every layer with a composite, ions and electrons."""

    entries: tuple[CarrierPercolation, ...]

    def of(self, layer: str, carrier: str) -> CarrierPercolation:
        """Return the entry of a layer and a carrier, ``"ions"`` or ``"electrons"``.

        Raises
        ------
        InputError
            If there is none.
        """
        for entry in self.entries:
            if (entry.layer, entry.carrier) == (layer, carrier):
                return entry
        known = ", ".join(f"({entry.layer!r}, {entry.carrier!r})" for entry in self.entries)
        raise InputError(
            f"there is no entry ({layer!r}, {carrier!r}); there are {known or 'none, for want of mixtures'}."
        )

    def __str__(self) -> str:
        return "\n".join(map(str, self.entries)) or "no layer is a composite"


def percolation(cell: Cell) -> Percolation:
    """Say whether ions and electrons get from face to face in every layer that is a `Composite` or `Porous`.

    A mixing rule makes the effective conductivity 0 below its threshold: 1/3 of the volume by `Bruggeman`, its own by
    `McLachlan`; the network of `PoreExponent` and the matrix of `MaxwellGarnett` are always connected, and other phases
    never are.

    Parameters
    ----------
    cell : Cell

    Returns
    -------
    Percolation
        Prints as one line for each layer and carrier.

    Examples
    --------
    >>> import mgtwin as mt
    >>> grains = mt.Phase("grains", mt.MixedConductor("1 mS/cm", "1e-8 S/cm", "1 F/cm^3"), 0.1)
    >>> mixed = mt.Composite([grains, mt.Phase("gel", mt.IonConductor("0.1 mS/cm"))], mt.Bruggeman())
    >>> gold = mt.Blocking("10 uF/cm^2")
    >>> cell = mt.Cell("cell", gold, [mt.Layer("membrane", mixed, "0.1 mm")], gold)
    >>> print(percolation(cell).of("membrane", "electrons"))
    membrane: electrons do not percolate (grains 10.0% of the volume; by bruggeman from 33.3%, 23.3% short)
    """
    from mgtwin.kinds.materials import Mixture

    entries = []
    for layer in cell.layers:
        material = layer.material
        if isinstance(material, Mixture):
            electrons = [content.name for content in material.electron_conductors]
            ions = [content.name for content in material.ion_conductors]
            entries.append(_entry(layer.name, "ions", material, ions, material.mixing))
            entries.append(_entry(layer.name, "electrons", material, electrons, material.electronic_rule[0]))
    return Percolation(tuple(entries))


def _entry(layer: str, carrier: str, material: Mixture, phases: Sequence[str], rule: MixingRule) -> CarrierPercolation:
    found = []
    for x in material.positions:
        fractions = material.fractions(x)
        inside = sum(fractions[name] for name in phases)
        found.append((inside, _threshold(rule, fractions, phases), _connected(rule, fractions, phases)))
    # a current passes all positions, so that the one closest to breaking decides
    fraction, threshold, _ = min(found, key=lambda item: item[0] - item[1])
    through = all(connected for _, _, connected in found)
    return CarrierPercolation(layer, carrier, tuple(phases), rule.type, fraction, threshold, through)


def _connected(rule: MixingRule, fractions: dict[str, float], phases: Sequence[str]) -> bool:
    """Whether the rule makes a mixture conduct in which these phases do."""
    values = [1.0 if name in phases else 0.0 for name in fractions]
    return bool(rule.effective(list(fractions.values()), values, list(fractions)) > 0)


def _threshold(rule: MixingRule, fractions: dict[str, float], phases: Sequence[str]) -> float:
    """Smallest fraction of the phases together, in their ratios, from which they are connected."""
    inside = sum(fractions[name] for name in phases)
    outside, count = 1 - inside, len(fractions) - len(phases)

    def at(total: float) -> bool:
        # the ratios within either group stay: only the two groups trade volume
        scaled = {
            name: (total * value / inside if inside > 0 else total / len(phases))
            if name in phases
            else ((1 - total) * value / outside if outside > 0 else (1 - total) / max(count, 1))
            for name, value in fractions.items()
        }
        return _connected(rule, scaled, phases)

    # just inside of 0 and 1, where a fraction of exactly nothing would be a different mixture
    if not phases or (count and not at(1 - 1e-9)):
        return 1.0
    low, high = 0.0, 1.0
    # always connected: there is no threshold to search for
    if at(1e-9):
        return 0.0
    # each halving gains a bit: fifty of them are the digits of a double
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (low, middle) if at(middle) else (middle, high)
    return high
