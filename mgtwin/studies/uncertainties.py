"""What the uncertainties of the parameters leave open in any number that is read from a run."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, runtime_checkable
from typing import Protocol as Interface

import numpy as np

from ..cells import Cell
from ..cells.paths import Key, expand, parts_of
from ..dataset import add_warning
from ..errors import InputError, UnknownNameError
from ..protocols import Protocol
from .axes import Axes, Paired, groups_of
from .measured import FAILURE, Metrics
from .plan import labelled_protocols
from .progress import Progress
from .sampling import SEED, Parameter, parameters, quasi_random
from .signals import signals
from .sweeps import sweep

if TYPE_CHECKING:
    import xarray as xr
    from dask.distributed import Client

__all__ = ["Posterior", "paired", "uncertain_parameters", "uncertainty"]

#: Dimension of the parameter sets, and of the quantiles of what they give.
SAMPLE, QUANTILE = "sample", "quantile"


@runtime_checkable
class Posterior(Interface):
    """Anything that draws parameter sets, such as a fit: ``draws(n, seed)`` gives path to values of shape (n,)."""

    def draws(self, n: int, seed: int) -> Mapping[Key, Any]:
        """Return n parameter sets [SI] by path."""
        ...


@runtime_checkable
class PosteriorOfCells(Posterior, Interface):
    """One that knows which of its numbers are those of a cell, such as a fit with a value at each temperature."""

    def draws_for(self, cell: Cell, n: int, seed: int) -> Mapping[Key, Any]:
        """Return n parameter sets [SI] of this cell by path."""
        ...


#: Parameter sets: something that draws them, or path to their values.
Samples: TypeAlias = Posterior | Mapping[Key, Any]


def uncertainty(
    cell: Cell,
    protocol: Protocol | Sequence[Protocol] | Mapping[str, Protocol],
    metrics: Metrics | None = None,
    n: int = 256,
    seed: int = SEED,
    *,
    posterior: Samples | None = None,
    axes: Axes | None = None,
    together: Sequence[Sequence[str]] = (),
    held: Sequence[str] = (),
    level: float = 0.95,
    store: str | Path | None = None,
    client: Client | None = None,
    progress: Progress | None = None,
) -> xr.Dataset:
    """Propagate the uncertainties of a cell's parameters to numbers read from runs, or to the signals themselves.

    Quasi-random (scrambled Sobol) parameter sets follow the uncertainty that each number of the cell states: normal for
    a standard uncertainty, uniform for a range, in the logarithm if that spans more than a decade. One material,
    electrode or junction in several places (one object, or parts of one name) has one set of numbers, which move
    together; other numbers are independent, however equal they are, unless `together` ties them.

    Parameters
    ----------
    cell : Cell
    protocol, metrics
        As for `mgtwin.sweep`. Without metrics the signals of one protocol: its spectrum, or its voltage and current.
    n : int
        Number of parameter sets, best a power of two.
    seed : int
        The same seed gives the same sets.
    posterior : Posterior, mapping, DataTree or Dataset, optional
        Parameter sets of a fit instead of the stated uncertainties: what its ``sample()`` or ``bootstrap()`` returns,
        path to values, or something with ``draws(n, seed)``. Of more than n sets n are chosen at random.
    axes : mapping, Paired or list, optional
        What is varied besides, as for `mgtwin.sweep`: the same parameter sets at every point, so that points compare.
    together : sequence of keys
        Paths whose uncertainties have a common cause: ``[("layers.a.thickness", "layers.b.thickness")]``, or a path
        with wildcards. A single path sets free what would be tied.
    held : sequence of str
        Patterns of paths that stay as they are.
    level : float
        Probability of the interval.
    store, client, progress
        As for `mgtwin.sweep`.

    Returns
    -------
    xarray.Dataset
        As of `mgtwin.sweep` with the dimension ``sample``, and for each metric its ``<name>_quantiles`` over
        ``quantile``: the lower end of the interval, the median, the upper end. Failed sets are left out of them, and a
        warning says how many there are. Without metrics the run of the cell itself, as of `mgtwin.simulate`, with
        ``impedance_samples`` or ``voltage_samples`` and ``current_samples``, which plots draw as bands of 68 and 90 %.

    Raises
    ------
    InputError
        No number of the cell is uncertain, or as `mgtwin.sweep`.

    Examples
    --------
    >>> import mgtwin as mt
    >>> found = mt.uncertainty(mt.cell("trilayer"), mt.EIS(1e6, 0.1), [mt.analysis.area_specific_resistance], n=64)
    >>> found["area_specific_resistance_quantiles"].sizes["quantile"]
    3
    >>> mt.uncertainty(mt.cell("trilayer"), mt.EIS(1e6, 0.1, points=30), n=64)["impedance_samples"].shape
    (64, 30)
    """
    if not 0 < level < 1:
        raise InputError(f"level is a probability between 0 and 1, for example 0.95, not {level!r}.")
    if n < 1:
        raise InputError(f"n = {n}: at least one parameter set is needed.")
    if posterior is None:
        # What axes vary is not drawn as well, nor the parts of a law that they replace by a number.
        keys = [] if axes is None else [key for _, group in groups_of(axes) for key in group]
        varied = [path.replace("[", "[[]") for key in keys for path in expand(cell, key, setting=True)]
        varied += [f"{path}.*" for path in varied]
        free = uncertain_parameters(cell, protocol, together, held, varied)
        sets = paired(free, quasi_random(len(free), n, seed))
    else:
        sets = Paired(_posterior(cell, posterior, n, seed), SAMPLE)
    if metrics is None:
        match protocol:
            case Protocol() if axes is None and store is None and client is None:
                return with_said(signals(cell, protocol, sets, progress), posterior)
        raise InputError(
            "without metrics the signals of one protocol are kept: no axes, store or client, one protocol."
        )
    found = sweep(
        cell,
        protocol,
        [*([] if axes is None else [axes]), sets],
        metrics,
        store=store,
        client=client,
        progress=progress,
    )
    return _with_quantiles(with_said(found, posterior), level)


def with_said(found: xr.Dataset, posterior: object) -> xr.Dataset:
    """The result with the warnings of the samples: what is wrong with them is wrong with what they give."""
    match posterior:
        case object(attrs={"warnings": said}):
            return add_warning(found, *said)
        case object(fails=_, warnings=said):
            return add_warning(found, *(f"the fit: {text}" for text in said))
    return found


def uncertain_parameters(
    cell: Cell,
    protocol: Protocol | Sequence[Protocol] | Mapping[str, Protocol],
    together: Sequence[Sequence[str]] = (),
    held: Sequence[str] = (),
    varied: Sequence[str] = (),
) -> tuple[Parameter, ...]:
    """The uncertain numbers of a cell that a study may vary: neither `held` nor `varied` besides.

    Raises
    ------
    UnknownNameError
        For a pattern of `held` that no path matches.
    InputError
        There is no such number.
    """
    for pattern in held:
        if not any(fnmatchcase(path, pattern) for path in cell.paths()):
            message = f"held: no path of this cell matches {pattern!r}."
            raise UnknownNameError(pattern, cell.paths(), "path", message)
    protocols = labelled_protocols(protocol).values()
    own = ["temperature"] if all(item.temperature is not None for item in protocols) else []
    found = parameters([cell], together, [*held, *varied, *own])
    if not found:
        raise InputError(
            "no number of this cell states an uncertainty (a std or a range), or all of them are held: give one, e.g. "
            "cell.with_({'temperature': {'value': '25 degC', 'std': '2 K'}})."
        )
    return found


def paired(free: Sequence[Parameter], quantiles: np.ndarray) -> Paired:
    """Parameter sets at quantiles of shape (sets, parameters); what has one value at several paths is one key."""
    values: dict[Key, np.ndarray] = {}
    for parameter, column in zip(free, quantiles.T, strict=True):
        # What moves together need not have one value (two thicknesses of one press): each value is a key of its own.
        alike: dict[Hashable, list[str]] = {}
        for _, path, value in parameter.places:
            alike.setdefault((float(value), value.unit, value.std, value.low, value.high), []).append(path)
        at = parameter.at_quantile(column)
        for paths in alike.values():
            values[paths[0] if len(paths) == 1 else tuple(paths)] = at[paths[0]]
    return Paired(values, SAMPLE)


def _by_name(cell: Cell, posterior: Samples, n: int, seed: int) -> Mapping[Key, Any]:
    """Samples by name from the layouts in which fits keep them: a tree in arviz's, or one table over parameters."""
    import xarray as xr

    match posterior:
        case xr.DataTree(children={"posterior": chains}):
            return _by_name(cell, chains.to_dataset(), n, seed)
        case xr.Dataset() if "fitted_value" in posterior:
            table = posterior["fitted_value"].transpose("sample", "parameter")
            return {str(name): column for name, column in zip(table["parameter"].values, table.values.T, strict=True)}
        case xr.Dataset():
            return {str(name): values.values for name, values in posterior.data_vars.items()}
        case Mapping() if posterior:
            return posterior
        case PosteriorOfCells():
            return posterior.draws_for(cell, n, seed)
        case Posterior():
            return posterior.draws(n, seed)
    raise InputError(
        "posterior is {path: values}, what fit.sample() or fit.bootstrap() returns, or something with "
        f"draws(n, seed), not {type(posterior).__name__}."
    )


def _posterior(cell: Cell, posterior: Samples, n: int, seed: int) -> dict[Key, np.ndarray]:
    """Values of n parameter sets by path; where there are more, n of them are chosen at random."""
    sets: dict[Key, np.ndarray] = {}
    for name, values in _by_name(cell, posterior, n, seed).items():
        # Fits join the paths of a key by commas; here they are a tuple again, which `Cell.with_` takes.
        steps = [path for part in parts_of(name) for path in part.split(", ")]
        sets[steps[0] if len(steps) == 1 else tuple(steps)] = np.asarray(values, dtype=float).reshape(-1)
    sizes = {values.size for values in sets.values()}
    if len(sizes) > 1 or min(sizes) < n:
        listed = ", ".join(f"{key}: {values.size}" for key, values in sets.items())
        raise InputError(f"posterior: every path needs at least n = {n} values, and equally many, but has {listed}.")
    size = sizes.pop()
    # Without replacement: every set of a chain counts once.
    chosen = np.arange(n) if size == n else np.random.default_rng(seed).choice(size, n, replace=False)
    return {key: values[chosen] for key, values in sets.items()}


def _with_quantiles(found: xr.Dataset, level: float) -> xr.Dataset:
    """The result with an interval for each metric."""
    at = np.array([(1 - level) / 2, 0.5, (1 + level) / 2])
    loaded = found.load()
    names = [str(name) for name in loaded.data_vars if name != FAILURE]
    failed = sum(int(loaded[name].isnull().sum()) for name in names)
    coordinate = {"units": "1", "long_name": "quantile"}
    ds = loaded.assign_coords({QUANTILE: (QUANTILE, at, coordinate)})

    def known(line: np.ndarray, method: Literal["linear", "inverted_cdf"]) -> np.ndarray:
        there = line[~np.isnan(line)]
        return np.quantile(there, at, method=method) if there.size else np.full(at.size, np.nan)

    for name in names:
        attrs = {**loaded[name].attrs, "long_name": f"{loaded[name].attrs['long_name']}, quantiles"}
        # sets that never reach a limit give inf, between which nothing can be interpolated
        method: Literal["linear", "inverted_cdf"] = "linear" if np.isfinite(loaded[name]).all() else "inverted_cdf"
        axis = loaded[name].dims.index(SAMPLE)
        values = loaded[name].values
        if np.isnan(values).any():
            numbers = np.moveaxis(np.apply_along_axis(known, axis, values, method), axis, 0)
        else:
            numbers = np.asarray(np.quantile(values, at, axis=axis, method=method))
        dims = [QUANTILE, *(dim for dim in loaded[name].dims if dim != SAMPLE)]
        ds[f"{name}_quantiles"] = (dims, numbers, attrs)
    if failed:
        total = sum(loaded[name].size for name in names)
        ds = add_warning(ds, f"{failed} of {total} numbers are missing and left out of the quantiles; see 'failure'")
    return ds
