"""The result of a fit, as a user holds it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np
import xarray as xr

from ..cells import Cell
from ..cells.paths import Key
from ..circuits.circuit import parts_of
from ..errors import InputError
from .bayes import sample
from .bootstrap import bootstrap
from .curves import curves, draws
from .figures import Drawn, Panel, drawn
from .judged import Judged
from .minimise import Progress
from .report import as_text
from .store import load, saved

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Fit", "figure_of_fit"]


@dataclass(frozen=True, eq=False)
class Fit(Judged):
    """Fitted parameters with the truth about their uncertainty. Made by :func:`mgtwin.fit`; print it.

    Attributes
    ----------
    problem : Problem
        Data, parameters, weights.
    minimum : Minimum
        Where the misfit is smallest.
    loss : Loss or None
    starts, seed : int
    """

    def __str__(self) -> str:
        return as_text(self)

    def __repr__(self) -> str:
        state = ", interrupted" if self.interrupted else ("" if self.converged else ", not converged")
        return f"<Fit of {len(self.names)} parameters to {len(self.problem.measurements)} Datasets{state}>"

    def plot(self, *, ax: Panel | None = None) -> Drawn:
        """Data, fit and its 68 and 90 % bands of every Dataset; returns the matplotlib Axes (or an array of them)."""
        return drawn(self, ax)

    def curves(self, n: int = 1000, seed: int = 0) -> dict[str, xr.Dataset]:
        """What it gives for every Dataset, and what the noise leaves open of that: :func:`mgtwin.fitting.curves`.

        Plots take them from the fit itself: ``mt.plot.nyquist(fit)``.
        """
        return curves(self, n, seed)

    def draws(self, n: int, seed: int = 0) -> dict[str, np.ndarray]:
        """Parameter sets from the covariance, name to values [SI]: ``mt.uncertainty(fit.cell, ..., posterior=fit)``."""
        return draws(self, n, seed)

    def draws_for(self, cell: Cell, n: int, seed: int = 0) -> dict[Key, np.ndarray]:
        """The same for one of its cells (or one made from it) by the paths that they have there.

        Raises
        ------
        InputError
            Numbers have a value for each temperature or Dataset, and the cell has none of these; or as `draws`.
        """
        found, problem = draws(self, n, seed), self.problem
        several = [p.name for p in problem.parameters if p.name != ", ".join(parts_of(p.key))]
        if not several:
            return dict(found.items())
        # of equal numbers those at the temperature of the cell
        kelvin = [item.temperature or 0.0 for item in problem.measurements]
        for number in np.argsort(np.abs(np.array(kelvin) - float(cell.temperature)), kind="stable"):
            own = {p.name: p.targets[number] for p in problem.parameters if number in p.targets}
            known = {*cell.paths()}
            if all(path in known and np.isclose(float(cell.get(path)), self.values[name], rtol=1e-9, atol=0.0)
                   for name, paths in own.items() for path in paths):  # fmt: skip
                return {paths if len(paths) > 1 else paths[0]: found[name] for name, paths in own.items()}
        raise InputError(
            f"{', '.join(several)}: which of these are the numbers of {cell.name}? Take fit.cell or one of fit.cells, "
            "changed as you like but for what was fitted, or give posterior={path: values}."
        )

    def save(self, path: str | Path) -> Path:
        """Write the fit with its data to one file, which `Fit.open` reads; return its path."""
        return saved(self, path)

    @classmethod
    def open(cls, path: str | Path) -> Fit:
        """Read a fit written by `save`.

        Raises
        ------
        FileError
            If there is no such file, or it is no fit.
        """
        found = load(path)
        return cls(found.problem, found.minimum, found.loss, found.starts, found.seed)

    def bootstrap(self, samples: int = 200, seed: int = 0, progress: Progress | None = None) -> xr.Dataset:
        """Fit again to data drawn from the fitted model and its noise; see :func:`mgtwin.fitting.bootstrap`."""
        return bootstrap(self, samples, seed, progress)

    def sample(
        self, steps: int = 2000, walkers: int | None = None, seed: int = 0, progress: Progress | None = None
    ) -> xr.DataTree:
        """Posterior by Markov-chain Monte Carlo; see :func:`mgtwin.fitting.sample`."""
        return sample(self, steps, walkers, seed, progress)


def figure_of_fit(thing: object) -> Figure:
    """Draw a fit on a figure of its own.

    Raises
    ------
    InputError
        It is none: nothing is known that would draw it.
    """
    match thing:
        case Fit():
            axes: Panel = np.ravel(np.array(thing.plot()))[0]
            return cast("Figure", axes.figure)
    raise InputError(f"a {type(thing).__name__} cannot be drawn: results, measurements, studies and fits can.")
