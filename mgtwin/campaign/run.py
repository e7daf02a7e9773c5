"""Run a folder of experiments in every reading of its data, into one folder of results with one honest table."""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Sequence
from pathlib import Path
from string import Formatter

from ..errors import InputError
from ..experiments import Campaign, campaign
from ..library import CAMPAIGN
from .jobs import do_at_once
from .ledger import Ledger
from .table import Results
from .work import Progress, Work, whole_cost

__all__ = ["Progress", "run_campaign"]


def run_campaign(
    name: str | Path | Campaign,
    output: str | Path,
    progress: Progress | None = None,
    *,
    experiments: Sequence[str] | None = None,
    figures: bool = True,
    processes: int | None = None,
) -> Results:
    """Simulate the experiments of a folder and compare them with what was observed.

    Datasets go to ``output/data``, figures to ``output/figures``, the table to ``output/table.md``, ``.csv`` and
    ``.json``. A simulation that fails becomes a row with its error; Ctrl-C ends the campaign and keeps what is done.

    Parameters
    ----------
    name : str, Path or Campaign
        Name of a folder of experiments (``paper``, ``ageing``), or the path of any.
    output : str or Path
        Folder; made if it does not exist. Files of the same names are replaced.
    progress : callable, optional
        Called as ``progress(fraction, text)``.
    experiments : sequence of str, optional
        Names of experiments; by default all.
    figures : bool
        Whether to draw figures.
    processes : int, optional
        How many experiments run at a time, each in a process of its own; by default as many as there are cores, where
        the system can fork. The results are the same.

    Returns
    -------
    Results

    Raises
    ------
    InputError, UnknownNameError, FileError
        For an output that is a file, or an experiment that does not exist or cannot be read.

    Examples
    --------
    >>> from mgtwin.campaign import run_campaign
    >>> results = run_campaign("paper", "paper-results")  # doctest: +SKIP
    >>> print(results.row("t_ion_as_milled", "as_printed").verdict)  # doctest: +SKIP
    """
    chosen = campaign(name)
    known = Ledger("", (), "", ()).words()
    for _, word, _, _ in Formatter().parse(chosen.conclusion):
        if word is not None and word not in known:
            raise InputError(f"{CAMPAIGN}: the conclusion asks for {{{word}}}, and can for {', '.join(known)}.")
    folder = Path(output).expanduser()
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder} is a file: give a folder for the results.")
    # Around everything: runs are built from names, which are looked up only then.
    with chosen.own_library():
        found = chosen.experiments(None if experiments is None else tuple(experiments))
        (folder / "data").mkdir(parents=True, exist_ok=True)
        started = time.monotonic()
        work = Work(folder, progress, sum(whole_cost(item, figures) for item in found))
        # Experiments that compare with others come after those; spectra, which are quick, first.
        ordered = sorted(found, key=lambda item: (item.compares_with_another, item.protocol.in_time))
        count = processes or os.cpu_count() or 1
        # a process that does not begin as a copy of this one would run the script again that called us
        at_once = min(count, len(ordered)) if "fork" in multiprocessing.get_all_start_methods() else 1
        try:
            if at_once > 1:
                do_at_once(work, ordered, figures, at_once)
            else:
                for item in ordered:
                    work.do(item, figures)
        except KeyboardInterrupt:
            # Not raised further: what is done is worth a table, which says that it is not all.
            work.interrupted = True
        # a part of the experiments, or of their runs, is no ground for a conclusion
        conclusion = chosen.conclusion if experiments is None else ""
        return work.finish(chosen.title or chosen.name, conclusion, time.monotonic() - started)
