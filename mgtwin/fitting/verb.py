"""fit([(cell, dataset), ...], free) -> Fit: the verb."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import xarray as xr

from ..cells.paths import Key
from ..errors import InputError, UnknownNameError
from ..quantities import format_value, parse
from ..regression import Loss, Weighting
from .free import Free, FreeLike
from .measurements import Measurement, measurement
from .minimise import Progress, minimised
from .models import Subject, kind_of
from .parameters import Wanted, wanted
from .problem import problem_of, weightings_of
from .result import Fit

__all__ = ["FrequencyRange", "fit"]

#: Lowest and highest frequency [Hz], or texts with a unit.
FrequencyRange = tuple[float | str, float | str]
_Pair = tuple[Subject, xr.Dataset]


def fit(
    data: Any,
    *more: Any,
    weighting: Weighting | Sequence[Weighting] | None = None,
    loss: Loss | None = None,
    starts: int = 1,
    seed: int = 0,
    frequency_range: FrequencyRange | None = None,
    progress: Progress | None = None,
) -> Fit:
    r"""Find the parameters of a cell or circuit, or of several, that explain some data.

    ``fit([(cell, dataset), ...], free)``, or ``fit(cell, dataset or [datasets], free)``. A :class:`mgtwin.Circuit` may
    stand wherever a cell does.

    The weighted sum of squared deviations of all Datasets together is minimised by a trust-region method with exact
    derivatives of the spectra. What was done to the cell is taken from a Dataset's attribute ``protocol``, or else
    replayed from its current (or voltage); its temperature from the attribute ``temperature``, or else the cell's.

    Parameters
    ----------
    data : sequence of (Cell or Circuit, Dataset), or one of these and one or more Datasets
        Spectra (``impedance`` over ``frequency``) and runs in time (``voltage`` and ``current`` over ``time``).
    free : mapping, or sequence of keys
        Dotted path, wildcard, or tuple of paths (they move together) to ``Free``, ``PerTemperature(Free())`` or
        ``PerDataset(Free())``. A key applies to every cell that has such a path. A sequence of keys: all ``Free()``.
        Numbers of a circuit that have no value are free without being named, and start where the data suggest; a fit of
        circuits alone needs no `free`.
    weighting : Weighting or sequence of Weighting, optional
        ``Modulus()`` (default for spectra), ``Noise(std)`` or ``Unit()`` (default for runs in time); a sequence has
        one for each Dataset. Datasets of one kind with equal weightings share a level of noise, which follows from the
        misfit unless it is given.
    loss : Huber, SoftL1 or Cauchy, optional
        Forgives outliers.
    starts : int
        Further starts are spread quasi-randomly over the bounds, or a factor of ten either way.
    seed : int
        Of these; equal seeds give equal results.
    frequency_range : (low, high), optional
        [Hz] or texts with a unit: points of spectra outside are left out.
    progress : callable, optional
        Called as ``progress(fraction, text)`` after each start.

    Returns
    -------
    Fit
        Print it; ``fit.cell`` has the fitted values. After Ctrl-C the best until then, with ``fit.interrupted``.

    Raises
    ------
    UnknownNameError
        For a path that no cell has; with close matches.
    InputError
        For data, starts, bounds or weightings that cannot work, before anything is computed.
    SimulationError
        If no start gives a finite misfit.

    Examples
    --------
    >>> import mgtwin as mt
    >>> cell = mt.cell("trilayer")
    >>> data = mt.simulate(cell.with_({"positive.double_layer.c": "5 uF/cm^2"}), mt.EIS(1e6, 0.1, points=50))
    >>> found = fit(cell, data, {"positive.double_layer.c": mt.Free(start="1 uF/cm^2")})
    >>> round(found.values["positive.double_layer.c"], 6)
    0.05
    """
    pairs, given = _told_apart(data, more)
    if starts < 1:
        raise InputError(f"starts is {starts}: give at least 1.")
    if frequency_range is not None:
        pairs = [(subject, _cut(dataset, frequency_range)) for subject, dataset in pairs]
    measurements = [measurement(subject, dataset, number) for number, (subject, dataset) in enumerate(pairs)]
    labels = [item.label for item in measurements]
    for k, label in enumerate(labels):
        if labels.count(label) > 1:  # Datasets of one name get numbers
            measurements[k] = replace(measurements[k], label=f"{label} ({labels[:k].count(label) + 1})")
    weightings = weightings_of(measurements, weighting)
    measurements, free = _completed(measurements, wanted(given), weightings)
    problem, minimum = minimised(problem_of(measurements, free, weightings), starts, seed, loss, progress)
    return Fit(problem, minimum, loss, starts, seed)


def _cut(dataset: xr.Dataset, limits: FrequencyRange) -> xr.Dataset:
    """A spectrum without the points outside a range; a run in time as it is."""
    low, high = (float(parse(limit, "Hz")) for limit in limits)
    if not low < high:
        raise InputError(f"frequency_range is {limits}: give (lowest, highest).")
    if "frequency" not in getattr(dataset, "dims", ()):
        return dataset
    f = dataset["frequency"].values
    inside = (f >= low * (1 - 1e-9)) & (f <= high * (1 + 1e-9))  # a limit read off the data is not to cut its point
    if not inside.any():
        raise InputError(
            f"no point of the spectrum lies between {format_value(low, 'Hz')} and {format_value(high, 'Hz')}; it has "
            f"{format_value(float(np.min(f)), 'Hz')} to {format_value(float(np.max(f)), 'Hz')}."
        )
    return dataset.isel(frequency=inside)


def _completed(
    measurements: Sequence[Measurement], free: Wanted, weightings: Sequence[Weighting]
) -> tuple[list[Measurement], Wanted]:
    """Circuits with a value for every number, and what is free with the numbers that nobody knows."""
    result, everything = list(measurements), dict(free)
    for number, item in enumerate(measurements):
        unknown = item.model.unknown
        if not unknown or item.frequency is None or item.impedance is None:
            continue
        named: dict[str, Free] = {}
        for key, what in free.items():
            try:
                named |= dict.fromkeys(item.model.expand(key), what.single)
            except UnknownNameError:  # it is a key of another cell, or of none, which is found out with the parameters
                continue
        everything |= {path: Free() for path in unknown if path not in named}
        started = item.model.started(item.frequency, item.impedance, weightings[number], named)
        result[number] = replace(item, cell=started)
    return result, everything


def _told_apart(data: Any, more: tuple[Any, ...]) -> tuple[list[_Pair], Mapping[Key, FreeLike] | Sequence[Key]]:
    """Pairs of cell and Dataset, and what is free, from either way of calling."""
    alone = kind_of(data)
    if alone is not None:
        if not 2 - alone.finds_starts <= len(more) <= 2:
            raise InputError(
                "fit(cell, datasets, free) needs three arguments: the cell, its Datasets and what is free."
            )
        match more[0]:
            case xr.Dataset() | xr.DataTree():  # both are iterable, over the names of what they hold
                datasets: list[Any] = [more[0]]
            case several:
                datasets = list(several)
        if not datasets:
            raise InputError("there are no Datasets to fit.")
        return [(data, dataset) for dataset in datasets], more[1] if len(more) > 1 else {}
    pairs = list(data)
    if not pairs:
        raise InputError("there are no data to fit.")
    for pair in pairs:
        match pair:
            case [_, _]:
                continue
        raise InputError(f"fit takes pairs (cell, dataset), not {type(pair).__name__}.")
    # one circuit suffices: what else has to be named for the cells beside it is found out with the parameters
    kinds = [kind_of(subject) for subject, _ in pairs]
    if not 1 - any(kind is not None and kind.finds_starts for kind in kinds) <= len(more) <= 1:
        raise InputError("fit([(cell, dataset), ...], free) needs two arguments: the pairs and what is free.")
    return [(subject, dataset) for subject, dataset in pairs], more[0] if more else {}
