"""``mgtwin run``: one simulation, an experiment, or a folder of experiments."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InputError
from .cellargs import changed_cell, is_file_name, read_cell
from .console import leave_interrupted
from .files import targets
from .output import Request, keep, partial_name, report, simulated, was_interrupted
from .protocolargs import read_protocol, read_route

if TYPE_CHECKING:
    from ..cells import Cell
    from ..protocols import Protocol

__all__ = ["Request", "run_request"]


def run_request(request: Request) -> None:
    """Do what was asked for.

    Raises
    ------
    InputError
        If options are missing or do not go together.
    """
    if request.experiment is not None and is_file_name(request.experiment):
        from ..explorer.opening import exploration, is_state

        if is_state(request.experiment):
            if request.cell is not None or request.overlays or request.protocol is not None:
                raise InputError(f"{request.experiment} says itself which cell it is and what is done to it.")
            state = exploration(request.experiment)
            _run(request, state.now, state.protocol)
            return
    if request.experiment is not None:
        # Not above: one simulation needs nothing of what compares, judges and draws experiments.
        from ..experiments import campaigns
        from .campaign import run_folder
        from .experiment import run_experiment

        if Path(request.experiment).is_dir() or request.experiment in campaigns():
            run_folder(request)
        elif request.protocol is not None:
            raise InputError("give either an EXPERIMENT, which has a protocol, or --cell with --protocol.")
        else:
            run_experiment(request)
        return
    missing = [name for name, given in (("cell", request.cell), ("protocol", request.protocol)) if given is None]
    if missing:
        raise InputError(
            f"--{' and --'.join(missing)} {'is' if len(missing) == 1 else 'are'} missing. Give an experiment (mgtwin "
            "list shows them), a folder of them, or a cell and a protocol:\n"
            "  mgtwin run --cell trilayer --protocol '{type: eis, f_max: 1 MHz, f_min: 0.1 Hz}'"
        )
    _run(request, read_cell(str(request.cell), request.overlays), read_protocol(str(request.protocol)))


def _run(request: Request, cell: Cell, protocol: Protocol) -> None:
    """One simulation: compute, print, keep."""
    cell = changed_cell(cell, request.changes)
    output, figure = targets(request.output, request.plot)
    result = simulated(cell, protocol, output, read_route(request.route))
    report(cell, protocol, result)
    interrupted = was_interrupted(result)
    keep(result, partial_name(output) if interrupted and output is not None else output, figure)
    if interrupted:
        leave_interrupted("the numbers above are those of the part that was done.")
