"""What every cycle comes to, in one row per cycle: the summary that a run keeps whether or not it keeps traces."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..models import names

if TYPE_CHECKING:
    from .cycle_integrator import CycleIntegrator, Passage

#: One number per cycle.
SCALARS = (
    "deposition_voltage", "dissolution_voltage", "deposition_capacity", "dissolution_capacity", "energy_put_in",
    "energy_delivered", "first_charge", "second_charge",
)  # fmt: skip


@dataclass(frozen=True)
class Record:
    """What is kept of one cycle: its row in the table, and its traces if they are wanted.

    Attributes
    ----------
    number : int
    row : ndarray
    start, end : float
        Time [s] since the start of the run.
    cut_by : tuple of str
        What ended half cycles early.
    resolved : bool
        Whether the cycle was integrated.
    traces : tuple of Passage
    impedance : ndarray or None
    """

    number: int
    row: np.ndarray
    start: float
    end: float
    cut_by: tuple[str, ...] = ()
    resolved: bool = True
    traces: tuple[Passage, ...] = ()
    impedance: np.ndarray | None = None


class CycleTable:
    """Which numbers summarise a cycle of a cell, and where they stand in its row.

    Parameters
    ----------
    integrator : CycleIntegrator
        Names the elements and interfaces, and the outputs that there are.
    """

    def __init__(self, integrator: CycleIntegrator):
        model = integrator.model
        self.elements = [element.name for element in model.elements] + [names.SERIES]
        self.interfaces = [interface.name for interface in model.interfaces]
        described = any(interface.ageing.described for interface in model.interfaces)
        read = {"final_contact_fraction": names.contact_fraction, "final_film_resistance": names.film_resistance}
        self._end_outputs = {
            key: [name(interface) for interface in self.interfaces] for key, name in read.items() if described
        }
        self._width = len(SCALARS) + 2 * len(self.elements) + len(self._end_outputs) * len(self.interfaces)

    def row(self, passages: Sequence[Passage]) -> np.ndarray:
        """The summary of one cycle; NaN where a half cycle is missing."""
        row = np.full(self._width, np.nan)
        # sums start at 0; what is read at the end of a half cycle stays NaN where there is none
        row[SCALARS.index("deposition_capacity") : SCALARS.index("second_charge") + 1] = 0.0
        for passage in passages:
            row[SCALARS.index("energy_put_in")] += passage.put_in
            row[SCALARS.index("energy_delivered")] += passage.delivered
            if passage.segment.half_cycle is not None:
                self._half_cycle(row, passage)
        for k, outputs in enumerate(self._end_outputs.values()):
            first = len(SCALARS) + 2 * len(self.elements) + k * len(self.interfaces)
            row[first : first + len(self.interfaces)] = [passages[-1].solution.outputs[name][-1] for name in outputs]
        return row

    def _half_cycle(self, row: np.ndarray, passage: Passage) -> None:
        """Voltage, charge and overpotentials of a half cycle; the current is constant, and its integral exact."""
        outputs, current = passage.solution.outputs, passage.segment.control.start
        charge = current * float(passage.solution.times[-1])
        deposits = current < 0
        kind = "deposition" if deposits else "dissolution"
        assert passage.segment.half_cycle is not None
        row[SCALARS.index(f"{kind}_voltage")] = outputs[names.VOLTAGE][-1]
        row[SCALARS.index(f"{kind}_capacity")] += abs(charge)
        # By the order of the halves, not by their direction, for a cell may be cycled in either one first.
        row[SCALARS.index("second_charge" if passage.segment.half_cycle % 2 else "first_charge")] = charge
        first = len(SCALARS) + (0 if deposits else len(self.elements))
        # The laboratory's sign; 0 minus it, so that no drop becomes -0.
        drops = [0.0 - outputs[names.potential_drop(name)][-1] for name in self.elements]
        row[first : first + len(self.elements)] = drops

    def variables(self, rows: np.ndarray) -> dict[str, Any]:
        """The columns of a table of rows under the names of the schema."""
        columns: Mapping[str, np.ndarray] = dict(zip(SCALARS, rows.T, strict=False))
        scalars, width = len(SCALARS), len(self.elements)
        deposition, dissolution = columns["deposition_voltage"], columns["dissolution_voltage"]
        put_in, delivered = columns["energy_put_in"], columns["energy_delivered"]
        result = {name: columns[name] for name in SCALARS if not name.endswith("_charge")} | {
            "half_sum": (dissolution + deposition) / 2,
            "half_difference": (dissolution - deposition) / 2,
            "energy_efficiency": np.divide(delivered, put_in, out=np.full(len(rows), np.nan), where=put_in > 0),
            "deposition_overpotential": rows[:, scalars : scalars + width],
            "dissolution_overpotential": rows[:, scalars + width : scalars + 2 * width],
            "element": self.elements,
        }
        for k, name in enumerate(self._end_outputs):
            first = scalars + 2 * width + k * len(self.interfaces)
            result[name] = rows[:, first : first + len(self.interfaces)]
        return result | {"interface": self.interfaces}

    def charges(self, rows: np.ndarray) -> np.ndarray:
        """Charge [C] of every half cycle, in the laboratory's sign."""
        first = SCALARS.index("first_charge")
        return rows[:, first : first + 2].ravel()


def limit_warnings(done: list[Record]) -> list[str]:
    """Says what cut which cycles short, in one line per reason whatever their number."""
    reasons = list(dict.fromkeys(reason for record in done for reason in record.cut_by))
    found = []
    for reason in reasons:
        # A thousand cycles that end alike are one stretch in the warning.
        runs: list[list[int]] = []
        for number in (record.number for record in done if reason in record.cut_by):
            if runs and number == runs[-1][1] + 1:
                runs[-1][1] = number
            else:
                runs.append([number, number])
        shown = [f"{a}" if a == b else f"{a}-{b}" for a, b in runs[:5]]
        more = f" and {len(runs) - 5} more stretches of cycles" if len(runs) > 5 else ""
        found.append(f"{reason.removeprefix('event: ')} ended half cycles of cycle {', '.join(shown)}{more}")
    return found


def first_of(texts: list[str]) -> list[str]:
    """The first of many warnings of one kind, and how many there are."""
    return [texts[0] + (f" (and after {len(texts) - 1} more cycles)" if len(texts) > 1 else "")] if texts else []
