"""One fit for each Dataset of a series: temperatures, cycles, times."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import overload

import numpy as np
import xarray as xr

from ..dataset import attributes
from ..errors import InputError
from ..regression import Loss, Weighting
from .minimise import Progress, minimised
from .models import Subject
from .result import Fit
from .verb import FrequencyRange, fit

__all__ = ["FitSeries", "fit_series"]

#: A fit that begins where the one before ended is kept unless the other start is more likely by more than this, in
#: ln L: two arcs that could be exchanged do not change places then.
_BETTER = 1.0


@dataclass(frozen=True, eq=False)
class FitSeries(Sequence[Fit]):
    """Fits of the Datasets of a series, in their order. Made by :func:`mgtwin.fit_series`.

    Attributes
    ----------
    fits : tuple of Fit
    """

    fits: tuple[Fit, ...]

    @overload
    def __getitem__(self, index: int) -> Fit: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[Fit, ...]: ...

    def __getitem__(self, index: int | slice) -> Fit | tuple[Fit, ...]:
        return self.fits[index]

    def __len__(self) -> int:
        return len(self.fits)

    def __iter__(self) -> Iterator[Fit]:
        return iter(self.fits)

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the Datasets."""
        names = [item.problem.measurements[0].label for item in self.fits]
        # each is the first of its own fit
        return tuple(names if len(set(names)) == len(names) else [f"data {k}" for k in range(1, len(names) + 1)])

    def to_dataset(self) -> xr.Dataset:
        """All values as a Dataset.

        Returns
        -------
        xarray.Dataset
            Over (sample, parameter): ``fitted_value`` and ``fitted_std`` [SI units of each, in ``parameter_unit``], the
            latter nan where a parameter is not determined; over sample ``misfit``, in units of |Z| or of the data,
            ``poor`` (1 where the model does not describe the data), the coordinate ``label``, and ``temperature`` [K]
            where it is known. A warning names the Datasets that the model does not describe.
        """
        first = self.fits[0]
        said = [item.failures for item in self.fits if item.fails]
        said += dict.fromkeys(line for item in self.fits for line in item.made_one)
        stds = [[item.known(name).std or np.nan for name in item.names] for item in self.fits]
        temperatures = [item.problem.measurements[0].temperature for item in self.fits]
        found = xr.Dataset(
            {
                "fitted_value": (("sample", "parameter"), [item.x for item in self.fits], attributes("fitted_value")),
                "fitted_std": (("sample", "parameter"), stds),
                "misfit": (("sample",), [item.deviations[0] for item in self.fits]),
                "poor": (("sample",), [int(item.fails) for item in self.fits]),
            },
            coords={
                "sample": ("sample", np.arange(len(self.fits)), attributes("sample")),
                "label": ("sample", list(self.labels)),
                "parameter": ("parameter", list(first.names), attributes("parameter")),
                "parameter_unit": (
                    "parameter", [p.unit for p in first.problem.parameters], attributes("parameter_unit"),
                ),
            },
            attrs={"route": "series of fits", "warnings": said},
        )  # fmt: skip
        if None not in temperatures:
            found = found.assign_coords(temperature=("sample", temperatures, {"units": "K"}))
        return found

    def __str__(self) -> str:
        head = ("", *self.fits[0].names, "")
        rows = [head]
        for label, item in zip(self.labels, self.fits, strict=True):
            known = item.identifiability.identifiable if item.fails else item.identifiable
            shown = [f"{x:.4g}" if sound else "-" for x, sound in zip(item.x, known, strict=True)]
            rows.append((label, *shown, "POOR" if item.fails else ""))
        widths = [max(len(row[k]) for row in rows) for k in range(len(head))]
        return "\n".join("  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip() for row in rows)


def fit_series(
    subject: Subject,
    datasets: Sequence[xr.Dataset],
    free: object = None,
    *,
    weighting: Weighting | None = None,
    loss: Loss | None = None,
    starts: int = 1,
    seed: int = 0,
    frequency_range: FrequencyRange | None = None,
    progress: Progress | None = None,
) -> FitSeries:
    """Fit a cell or a circuit to every Dataset of a series, each by itself.

    Each fit begins where the one before ended, and once more from the start (which of a circuit is found anew); the
    better one is kept. For numbers that all Datasets share use :func:`mgtwin.fit` with all of them.

    Parameters
    ----------
    subject : Cell or Circuit
    datasets : sequence of Dataset
    free, weighting, loss, starts, seed, frequency_range
        As for :func:`mgtwin.fit`.
    progress : callable, optional
        Called as ``progress(fraction, text)`` after each Dataset.

    Returns
    -------
    FitSeries
        A sequence of fits; ``to_dataset()`` has all values, for example for `mgtwin.analysis.arrhenius`.

    Raises
    ------
    InputError, UnknownNameError, SimulationError
        As :func:`mgtwin.fit` does.

    Examples
    --------
    >>> import mgtwin as mt, numpy as np
    >>> from mgtwin.dataset import spectrum
    >>> f = np.geomspace(1e5, 1, 30)
    >>> cells = [mt.Circuit("R0-p(R1,C1)", {"R0": 5, "R1": r, "C1": 1e-6}) for r in (100, 80, 60)]
    >>> series = fit_series(mt.Circuit("R0-p(R1,C1)"), [spectrum(f, cell.impedance(f)) for cell in cells])
    >>> series.to_dataset()["fitted_value"].sel(parameter="R1").values.round(6).tolist()
    [100.0, 80.0, 60.0]
    """
    if not len(datasets):
        raise InputError("there are no Datasets to fit.")
    found: list[Fit] = []
    for number, dataset in enumerate(datasets):
        new = fit(
            subject, dataset, {} if free is None else free, weighting=weighting, loss=loss, starts=starts, seed=seed,
            frequency_range=frequency_range,
        )  # fmt: skip
        if found:
            again = Fit(*minimised(new.problem.starting_at(found[-1].x), loss=loss), loss, starts, seed)
            new = new if new.log_likelihood > again.log_likelihood + _BETTER else again
        found.append(new)
        if progress is not None:
            progress((number + 1) / len(datasets), f"Dataset {number + 1} of {len(datasets)}")
    return FitSeries(tuple(found))
