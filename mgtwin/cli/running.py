"""``mgtwin run``: one simulation, an experiment, or a folder of experiments."""

from __future__ import annotations

from pathlib import Path

from ..errors import InputError
from .cellargs import changed_cell, read_cell
from .console import leave_interrupted
from .files import targets
from .output import Request, keep, partial_name, report, simulated, was_interrupted

__all__ = ["Request", "run_request"]


def run_request(request: Request) -> None:
    """Do what was asked for.

    Raises
    ------
    InputError
        If options are missing or do not go together.
    """
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
    from .protocolargs import read_protocol, read_route

    missing = [name for name, given in (("cell", request.cell), ("protocol", request.protocol)) if given is None]
    if missing:
        raise InputError(
            f"--{' and --'.join(missing)} {'is' if len(missing) == 1 else 'are'} missing. Give an experiment (mgtwin "
            "list shows them), a folder of them, or a cell and a protocol:\n"
            "  mgtwin run --cell trilayer --protocol '{type: eis, f_max: 1 MHz, f_min: 0.1 Hz}'"
        )
    cell = changed_cell(read_cell(str(request.cell), request.overlays), request.changes)
    protocol = read_protocol(str(request.protocol))
    output, figure = targets(request.output, request.plot)
    result = simulated(cell, protocol, output, read_route(request.route))
    report(cell, protocol, result)
    interrupted = was_interrupted(result)
    keep(result, partial_name(output) if interrupted and output is not None else output, figure)
    if interrupted:
        leave_interrupted("the numbers above are those of the part that was done.")
