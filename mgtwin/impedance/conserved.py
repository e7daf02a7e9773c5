"""What a cell keeps while it settles under a bias: combinations of stored charges that no current can change.

A mixed conductor k gains the electronic current from its left interface and loses that to its right one, a salt
solution likewise that of its anions; the capacitor of an interface m that blocks ions gains the current i of the cell
less the electronic one:

    dQ_k/dt = i_e,k - i_e,k+1,    dP_m/dt = i - i_e,m

(theory.md §2.1-2.2, §3.1-3.2; both in +x). Where these carriers are blocked i_e is 0. Every combination of Q and P from
which all other i_e cancel, and i too where the voltage is imposed, keeps its value: the steady state depends on where
the cell started, for example on the composition of a mixed conductor between electron blockers.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ..cells.carriers import ELECTRONS, shared
from ..cells.cell import Cell
from ..cells.questions import shunted
from ..cells.reader import Reader
from ..errors import InputError
from ..kinds.kind import Bound, has_formula

__all__ = ["ConservedCharge", "capacitor_path", "conserved_charges"]

ELECTRODES = ("negative", "positive")


@dataclass(frozen=True)
class ConservedCharge:
    """Weights of the charges stored in layers and in the capacitors of interfaces (``negative``, ``a-b``, ...)."""

    layers: dict[str, float]
    interfaces: dict[str, float]

    def check(self, cell: Cell) -> None:
        """Refuse charges of constant-phase elements, unless all belong to such elements of one and the same n."""
        elements = {name: cell.get(capacitor_path(name)) for name in self.interfaces}
        dispersive = {
            name: float(vars(element)[element.order])
            for name, element in elements.items()
            if element is not None and element.order
        }
        alike = not self.layers and len(dispersive) == len(elements) and len(set(dispersive.values())) == 1
        if dispersive and not alike:
            raise InputError(
                f"{cell.name}: the constant-phase elements of {', '.join(dispersive)} block the ions in series with "
                f"other charges, so that the state under a bias never becomes steady. Use Capacitors there, or no bias."
            )


def conserved_charges(cell: Cell, *, imposed_voltage: bool) -> list[ConservedCharge]:
    """Independent combinations of charges that keep their value under an imposed voltage or without current.

    Parameters
    ----------
    cell : Cell
    imposed_voltage : bool
        Else the current is imposed: a steady one can be other than 0 only where it charges nothing for good.

    Raises
    ------
    InputError
        Where a constant-phase element takes part: how it shares a voltage with others changes as long as one waits.

    Examples
    --------
    >>> import mgtwin as mt
    >>> [charge.layers for charge in conserved_charges(mt.cell("trilayer"), imposed_voltage=True)]
    [{'antiperovskite': 1.0}]
    """
    names = [layer.name for layer in cell.layers]
    both = [layer.name for layer in cell.layers if len(layer.material.carriers) > 1]
    if both:
        raise InputError(
            f"{cell.name}: {', '.join(both)} holds salt and electrons, whose steady states are found by integration "
            f"only."
        )
    mixed = [k for k, layer in enumerate(cell.layers) if layer.material.carriers]
    interfaces = ["negative", *(f"{left}-{right}" for left, right in pairwise(names)), "positive"]
    blocking = [m for m, name in enumerate(interfaces) if _blocks_ions(cell, name)]
    # unknown weights: one for every charge that could be trapped; conditions: what may not change their sum
    column = {("layer", k): index for index, k in enumerate(mixed)}
    column |= {("interface", m): len(mixed) + index for index, m in enumerate(blocking)}
    if not column:  # nothing stores a charge that could be trapped
        return []
    conditions = []
    for m, name in enumerate(interfaces):
        # Whether electrons, or anions, pass the interface, layers m-1 and m being beside it.
        beside = [cell.layers[k].material for k in (m - 1, m) if 0 <= k < len(cell.layers)]
        common = beside[0].carriers if len(beside) == 1 else shared(*beside)
        path = name if len(beside) == 1 else f"interfaces.{name}"
        passed = common == ELECTRONS if len(beside) == 1 else bool(common)
        if common == ELECTRONS and (len(beside) == 1 or name in cell.interfaces):
            passed = not math.isinf(Reader(cell).property(f"{path}.electronic_resistance", cell.temperature))
        if passed:
            condition = np.zeros(len(column))
            # what an electronic current through m charges: the layer behind it, at the cost of the one before; and by
            # as much less the capacitor of m, which it passes by
            for key, sign in ((("layer", m), 1.0), (("layer", m - 1), -1.0), (("interface", m), -1.0)):
                if key in column:
                    condition[column[key]] = sign
            conditions.append(condition)
    # a current that is free charges all blocking capacitors alike: that of the cell then, and that beside a shunt
    bridged = np.array([0.0] * len(mixed) + [float(interfaces[m] in shunted(cell)) for m in blocking])
    whole = np.array([0.0] * len(mixed) + [1.0] * len(blocking))
    conditions += [bridged, whole - bridged] if imposed_voltage else [bridged]
    found = []
    for basis in _null_space(np.array(conditions).reshape(-1, len(column))):
        weight = {key: float(basis[index]) for key, index in column.items() if basis[index] != 0}
        charge = ConservedCharge(
            {names[k]: weight["layer", k] for k in mixed if ("layer", k) in weight},
            {interfaces[m]: weight["interface", m] for m in blocking if ("interface", m) in weight},
        )
        charge.check(cell)
        found.append(charge)
    return found


def capacitor_path(interface: str) -> str:
    """Path of the capacitor of an electrode or junction."""
    return f"{interface}.double_layer" if interface in ELECTRODES else f"interfaces.{interface}.capacitance"


def _blocks_ions(cell: Cell, interface: str) -> bool:
    if interface in ELECTRODES:
        electrode = cell.negative if interface == "negative" else cell.positive
        return not electrode.reacts
    junction = cell.interfaces.get(interface)
    # a formula current(u) lets ions through, however few: no charge is trapped behind it for good
    if junction is None or not has_formula(type(junction), "ohmic"):
        return False
    return math.isinf(Bound(type(junction), f"interfaces.{interface}", Reader(cell)).call("ohmic"))


def _null_space(conditions: np.ndarray) -> np.ndarray:
    """Rows that span what all conditions (rows) leave free, by elimination: their numbers are -1, 0, 1 or sums."""
    # Not a singular value decomposition: its orthogonal vectors would mix charges that have nothing
    # to do with each other, and one constant-phase element among them would make `ConservedCharge.check`
    # refuse cells that do have a steady state.
    rest = conditions.copy()
    pivots: list[int] = []
    for column in range(rest.shape[1]):
        row = len(pivots)
        if row == len(rest):
            break
        # partial pivoting: entries are 0 and +-1, and sums of few of them, so that 1e-9 tells 0 from the rest
        best = row + int(np.argmax(np.abs(rest[row:, column])))
        if abs(rest[best, column]) < 1e-9:
            continue
        rest[[row, best]] = rest[[best, row]]
        rest[row] /= rest[row, column]
        others = np.arange(len(rest)) != row
        rest[others] -= np.outer(rest[others, column], rest[row])
        pivots.append(column)
    free = [column for column in range(rest.shape[1]) if column not in pivots]
    basis = np.zeros((len(free), rest.shape[1]))
    for vector, column in zip(basis, free, strict=True):
        vector[column] = 1.0
        vector[pivots] = -rest[: len(pivots), column]
    return basis
