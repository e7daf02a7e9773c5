"""fit([(cell, dataset), ...], free) -> Fit: the verb."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..cells import Cell
from ..cells.paths import Key
from ..errors import InputError
from .free import FreeLike
from .measurements import Measurement, measurement
from .minimise import Progress, minimised
from .problem import kind_of, problem_of
from .result import Fit
from .weighting import Loss, Weighting

__all__ = ["fit", "measurements_of", "refitted"]


def fit(
    data: Any,
    *more: Any,
    weighting: Weighting | Sequence[Weighting] | None = None,
    loss: Loss | None = None,
    starts: int = 1,
    seed: int = 0,
    progress: Progress | None = None,
) -> Fit:
    r"""Find the parameters of a cell, or of several, that explain some data.

    ``fit([(cell, dataset), ...], free)``, or ``fit(cell, dataset or [datasets], free)``.

    The weighted sum of squared deviations of all Datasets together is minimised by a trust-region method with exact
    derivatives of the spectra. What was done to the cell is taken from a Dataset's attribute ``protocol``, or else
    replayed from its current (or voltage); its temperature from the attribute ``temperature``, or else the cell's.

    Parameters
    ----------
    data : sequence of (Cell, Dataset), or a Cell and one or more Datasets
        Spectra (``impedance`` over ``frequency``) and runs in time (``voltage`` and ``current`` over ``time``).
    free : mapping, or sequence of keys
        Dotted path, wildcard, or tuple of paths (they move together) to ``Free``, ``PerTemperature(Free())`` or
        ``PerDataset(Free())``. A key applies to every cell that has such a path. A sequence of keys: all ``Free()``.
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
    pairs, free = _told_apart(data, more)
    if starts < 1:
        raise InputError(f"starts is {starts}: give at least 1.")
    problem = problem_of(measurements_of(pairs), free, weighting)
    problem, minimum = minimised(problem, starts, seed, loss, progress)
    return Fit(problem, minimum, loss, starts, seed)


def measurements_of(pairs: Iterable[tuple[Any, Any]]) -> list[Measurement]:
    """What every (cell, dataset) is; Datasets of one name get numbers."""
    found = [measurement(cell, dataset, number) for number, (cell, dataset) in enumerate(pairs)]
    labels = [item.label for item in found]
    if len(set(labels)) < len(labels):
        found = [
            replace(item, label=f"{item.label} ({labels[:k].count(item.label) + 1})")
            if labels.count(item.label) > 1
            else item
            for k, item in enumerate(found)
        ]
    return found


def refitted(fit: Fit, *, data: Sequence[Any] | None = None, keep: Sequence[Any] | None = None) -> Fit:
    """The same fit, from where it ended, to other data at the same points, or to some of its points only.

    Parameters
    ----------
    fit : Fit
    data : sequence of ndarray, optional
        Impedances, voltages or currents for every Dataset.
    keep : sequence of ndarray of bool, optional
        Which points of every Dataset to use.
    """
    measurements = []
    for number, item in enumerate(fit.problem.measurements):
        changes: dict[str, Any] = {}
        if data is not None:
            changes[kind_of(item)] = data[number]
        if keep is not None:
            for name in ("frequency", "impedance", "time", "voltage", "current", "steps"):
                if getattr(item, name) is not None:
                    changes[name] = getattr(item, name)[keep[number]]
        measurements.append(replace(item, **changes))
    problem = fit.problem.with_measurements(measurements)
    problem, minimum = minimised(problem.starting_at(fit.x), loss=fit.loss)
    if minimum.interrupted:
        raise KeyboardInterrupt
    return Fit(problem, minimum, fit.loss)


def _told_apart(
    data: Any, more: tuple[Any, ...]
) -> tuple[list[tuple[Any, Any]], Mapping[Key, FreeLike] | Sequence[Key]]:
    """Pairs of cell and Dataset, and what is free, from either way of calling."""
    if isinstance(data, Cell):
        if len(more) != 2:
            raise InputError(
                "fit(cell, datasets, free) needs three arguments: the cell, its Datasets and what is free."
            )
        datasets = [more[0]] if hasattr(more[0], "data_vars") else list(more[0])
        if not datasets:
            raise InputError("there are no Datasets to fit.")
        return [(data, dataset) for dataset in datasets], more[1]
    if len(more) != 1:
        raise InputError("fit([(cell, dataset), ...], free) needs two arguments: the pairs and what is free.")
    pairs = list(data)
    if not pairs:
        raise InputError("there are no data to fit.")
    for pair in pairs:
        if not isinstance(pair, (tuple, list)) or len(pair) != 2:
            raise InputError(f"fit takes pairs (cell, dataset), not {type(pair).__name__}.")
    return [(cell, dataset) for cell, dataset in pairs], more[0]
