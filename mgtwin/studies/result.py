"""From numbers to the Dataset of a study, and from a point of it back to its Cell."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from ..cells import Cell
from ..cells.paths import Key
from ..dataset import attributes, stamp
from ..errors import InputError
from ..shortnames import with_short_names
from .measured import FAILURE
from .plan import CELL, PROTOCOL, Plan
from .points import Outcome

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["Memory", "cell_at"]

#: Warnings of single runs that a result carries at most.
WARNINGS = 50
#: Reason of points that an interrupted study left out.
LEFT_OUT = "not computed: the study was interrupted"
#: Of a coordinate: dimensions, values, attributes.
Coordinate = tuple[tuple[str, ...], np.ndarray, dict[str, object]]


class Memory:
    """The numbers of a study, in memory; `mgtwin.studies.store.Store` has the same attributes and methods.

    Attributes
    ----------
    plan : Plan
    finished : set of int
        Numbers of the chunks that are done.
    resumed : str
        What to tell after an interrupt: of what is on disk the rest can be computed later.
    """

    resumed = ""

    def __init__(self, plan: Plan) -> None:
        self.plan, self.finished = plan, set[int]()
        self._values = {metric.name: np.full(plan.grid.shape, np.nan) for metric in plan.metrics}
        # until it is written: after an interruption a point that was left out is told from one that failed
        self._failure = np.full(plan.grid.shape, LEFT_OUT, dtype=object)
        self._warnings: dict[str, None] = {}

    def write(self, number: int, outcome: Outcome) -> None:
        """Keep the numbers of a chunk."""
        region, block = self.plan.grid.region(number), self.plan.grid.block(number)
        for name, numbers in outcome.values.items():
            self._values[name][region] = numbers.reshape(block)
        self._failure[region] = reasons(outcome, block)
        self._warnings |= dict.fromkeys(outcome.warnings)
        self.finished.add(number)

    def dataset(self, warnings: Iterable[str] = ()) -> xr.Dataset:
        """The result, with what the runs warned of and further warnings."""
        import xarray as xr

        plan = self.plan
        data = {metric.name: (plan.grid.dims, self._values[metric.name], metric.attrs) for metric in plan.metrics}
        data[FAILURE] = (plan.grid.dims, self._failure, attributes(FAILURE))
        attrs = attrs_of(plan, [*self._warnings, *warnings])
        return with_short_names(xr.Dataset(data, coords=coordinates(plan), attrs=attrs))


def reasons(outcome: Outcome, block: tuple[int, ...]) -> np.ndarray:
    """Why points of a chunk have no number, ``""`` where they have one."""
    texts = np.full(int(np.prod(block)), "", dtype=object)
    for k, reason in outcome.failures.items():
        texts[k] = reason
    return texts.reshape(block)


def coordinates(plan: Plan) -> dict[str, Coordinate]:
    """Coordinates of the result by name."""
    found: dict[str, Coordinate] = {}
    for dim, labels in plan.labels.items():
        found[dim] = ((dim,), np.array(labels, dtype=object), {"units": "1", "long_name": dim})
    for axis in plan.axes:
        found[axis.name] = ((axis.dim,), axis.values, axis.attrs)
    for dim in plan.grid.dims:
        if dim not in found:
            n = plan.grid.shape[plan.grid.dims.index(dim)]
            found[dim] = ((dim,), np.arange(n), {"units": "1", "long_name": dim.replace("_", " ")})
    return found


def attrs_of(plan: Plan, warnings: Iterable[str] = ()) -> dict[str, Any]:
    """Attributes of the result: what was studied, and what to beware of."""
    from ..simulation.checks import validity_warnings

    cells, protocols = list(plan.cells.values()), list(plan.protocols.values())
    known = [text for cell in cells for text in validity_warnings(cell)]
    return stamp(
        cell=cells[0].to_yaml() if len(cells) == 1 else None,
        protocol=protocols[0].to_yaml() if len(protocols) == 1 else None,
        route=f"study of {plan.grid.size} points",
        warnings=[*known, *first_of(warnings)],
        sources=[source for cell in cells for source in cell.sources],
        study=plan.identity_text(),
    )


def first_of(warnings: Iterable[str]) -> Iterator[str]:
    """The first of many warnings, each once, and how many there are besides."""
    distinct = list(dict.fromkeys(warnings))
    yield from distinct[:WARNINGS]
    if len(distinct) > WARNINGS:
        yield f"and {len(distinct) - WARNINGS} more warnings of single points"


def cell_at(study: xr.Dataset) -> Cell:
    """Return the cell of one point of a study.

    Parameters
    ----------
    study : xarray.Dataset
        Reduced to one point, for example ``study.isel(design=0)`` or ``study.sel({"temperature": 333.15})``.

    Raises
    ------
    InputError
        It is not the result of a study, or still has several points.

    Examples
    --------
    >>> import mgtwin as mt
    >>> study = mt.sweep(mt.cell("trilayer"), mt.EIS(1e5, 1.0), {"layers.buffer_*.thickness": ["0.2 mm", "0.4 mm"]},
    ...                  metrics=[mt.analysis.area_specific_resistance])
    >>> float(cell_at(study.isel({"layers.buffer_*.thickness": 1})).get("layers.buffer_left.thickness"))
    0.0004
    """
    text = study.attrs.get("study")
    if not text:
        raise InputError("this Dataset is not the result of a study: it does not say which cell was varied.")
    known = json.loads(text)
    left = {str(dim): size for dim, size in study.sizes.items() if dim != PROTOCOL}
    if any(size > 1 for size in left.values()):
        raise InputError(f"choose one point first, e.g. study.isel({{{next(iter(left))!r}: 0}}): it has {left}.")
    labels = list(known["cells"])
    label = str(np.asarray(study[CELL].values).item()) if CELL in study.coords else labels[0]
    # The store keeps paths, not objects: the cell is built again from its text, as it was checked then.
    changes: dict[Key, float] = {
        tuple(axis["paths"]): float(np.asarray(study[name].values).item()) for name, axis in known["axes"].items()
    }
    return Cell.from_yaml(known["cells"][label]).with_(changes)
