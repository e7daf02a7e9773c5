"""Why does the overpotential of the trilayer grow? Every explanation simulated, and what would tell them apart."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import library
from ..cells import Cell
from ..cells.files import cell as cell_named
from ..cells.overlays import load_overlay
from ..errors import InputError, MgtwinError
from ..experiments import experiment
from ..protocols import EIS, Cycling, Galvanostatic
from ..quantities import Value
from .ageing_table import AgeingResults
from .explanations import Explained

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["CELL", "explanations", "run_ageing"]

CELL, EXPERIMENT = "trilayer", "cycling_trilayer"
#: Parts of the work for one explanation.
STEPS = ("first cycle", "life", "life under four times the pressure", "long deposition")
SPECTRUM = EIS(Value(1e6, unit="Hz"), Value(1e-2, unit="Hz"), per_decade=8)
#: Where a growing cell is stopped, far above what was observed.
LIMITS = (Value(-20.0, unit="V"), Value(20.0, unit="V"))

Progress = Callable[[float, str], None]


def explanations() -> tuple[str, ...]:
    """Return the overlays that explain the ageing of the trilayer."""
    found = (load_overlay(name) for name in library.names("overlays"))
    return tuple(item.name for item in found if item.kind == "ageing" and item.matching(CELL, (item.name,)))


def run_ageing(output: str | Path, progress: Progress | None = None, *, figures: bool = True) -> AgeingResults:
    """Simulate the cycling of the trilayer under every explanation of its growing overpotential.

    Each is cycled as in the paper, with a spectrum after the first and the last cycle, cycled again under four times
    the pressure, and polarised for five hours at the end: what an experimenter could do to tell the explanations apart.
    Datasets go to ``output/data``, figures to ``output/figures``, the tables to ``output/ageing.md``. An explanation
    that fails is reported and does not cost the others; Ctrl-C keeps those that are done.

    Parameters
    ----------
    output : str or Path
        Folder; made if it does not exist.
    progress : callable, optional
        Called as ``progress(fraction, text)``.
    figures : bool
        Whether to draw figures.

    Returns
    -------
    AgeingResults

    Raises
    ------
    InputError
        For an output that is a file.

    Examples
    --------
    >>> from mgtwin.campaign import run_ageing
    >>> results = run_ageing("ageing-results")  # doctest: +SKIP
    >>> print(results.best.name)  # doctest: +SKIP
    """
    folder = Path(output).expanduser()
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder} is a file: give a folder for the results.")
    (folder / "data").mkdir(parents=True, exist_ok=True)
    started, names = time.monotonic(), explanations()
    done: list[Explained] = []
    failures: dict[str, str] = {}
    interrupted = False
    try:
        for number, name in enumerate(names):
            report = _Report(progress, number, len(names), name)
            try:
                done.append(_explained(name, folder / "data", report))
            except MgtwinError as error:
                failures[name] = f"{type(error).__name__}: {error}"
    except KeyboardInterrupt:
        interrupted = True
    results = AgeingResults(
        tuple(done), experiment(EXPERIMENT), folder, failures, interrupted, time.monotonic() - started
    )
    results.write()
    if figures and done:
        from .ageing_figures import draw

        draw(results)
    if progress is not None:
        progress(1.0, "interrupted" if interrupted else "done")
    return results


class _Report:
    """Says how far one explanation is, as a part of them all."""

    def __init__(self, progress: Progress | None, number: int, count: int, name: str) -> None:
        self._progress, self._number, self._count, self._name = progress, number, count, name

    def step(self, k: int) -> Progress:
        """Progress of part k of the work."""

        def said(fraction: float, text: str = "") -> None:
            if self._progress is not None:
                whole = (self._number + (k + fraction) / len(STEPS)) / self._count
                self._progress(whole, ", ".join(filter(None, [f"{self._name}: {STEPS[k]}", text])))

        said(0.0)
        return said


def _explained(name: str, folder: Path, report: _Report) -> Explained:
    item = cell_named(CELL, name)
    protocol: Any = experiment(EXPERIMENT).protocol
    current, half_cycle, cycles = protocol.current, protocol.half_cycle, protocol.cycles
    common: dict[str, Any] = {"limits": LIMITS, "points": 20, "traces": (0,), "probe": SPECTRUM}
    first = _simulated(item, Cycling(current, half_cycle, cycles=1, every=1, **common), report.step(0))
    rest = {**common, "traces": (cycles - 1,)}
    life = _simulated(
        item,
        Cycling(current, half_cycle, cycles=cycles - 1, first_cycle=1, every=cycles // 2, **rest),
        report.step(1),
        first,
    )
    pressed = item
    if pressures := [path for path in item.paths() if path.endswith("contact.pressure")]:
        pressed = item.with_({path: 4 * float(item.get(path)) for path in pressures})
    under_pressure = _simulated(
        pressed, Cycling(current, half_cycle, cycles=cycles, limits=LIMITS, points=2, traces=()), report.step(2)
    )
    deposition = Galvanostatic(current, Value(18000.0, unit="s"), limits=LIMITS)
    long = _simulated(item, deposition, report.step(3), life)
    found = Explained(name, load_overlay(name).description, first, life, under_pressure, long)
    _save(found, folder)
    return found


def _simulated(item: Cell, protocol: Any, progress: Progress, start: Any = None) -> xr.Dataset:
    """A whole run; Ctrl-C, which `simulate` answers with what is done, ends the campaign."""
    from ..simulation import simulate

    result: xr.Dataset = simulate(item, protocol, start, progress=progress)
    if result.attrs.get("interrupted"):
        raise KeyboardInterrupt
    return result


def _save(found: Explained, folder: Path) -> None:
    from ..dataset import save

    for part in ("first", "life", "pressed", "long"):
        save(getattr(found, part), folder / f"{found.name}__{part}.nc")
