"""What PyBaMM finds by entry point: ``pybamm.Model("MgStack")``, ``pybamm.ParameterValues("MgTrilayer")``."""

from __future__ import annotations

from typing import Any

from ..cells import Cell
from .stack import StackModel

DEFAULT_CELL = "trilayer"


class MgStack(StackModel):
    """:class:`StackModel` of the paper's trilayer, or of any cell given by name or as a Cell.

    Examples
    --------
    >>> import pybamm
    >>> pybamm.Model("MgStack").cell.name
    'trilayer'
    """

    def __init__(self, cell: Cell | str = DEFAULT_CELL, **options: Any):
        from ..cells.files import cell as shipped_cell

        super().__init__(shipped_cell(cell) if isinstance(cell, str) else cell, **options)


def trilayer_parameter_values() -> dict[str, object]:
    """Parameter values of the shipped trilayer under their dotted paths, as PyBaMM wants them."""
    return dict(MgStack().default_parameter_values)
