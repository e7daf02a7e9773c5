"""Which uncertain parameter matters: indices of global sensitivity, through SALib."""

from __future__ import annotations

import warnings as python_warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar
from typing import Protocol as Interface

import numpy as np

from ..cells import Cell
from ..cells.paths import Key, expand, parts_of
from ..dataset import stamp
from ..errors import InputError, UnknownNameError
from ..kinds.noun import noun
from ..protocols import Protocol
from ..registry import Family
from .measured import Metric, Metrics, metrics_of
from .progress import Progress
from .sampling import SEED, Parameter
from .sweeps import sweep
from .uncertainties import paired, uncertain_parameters

if TYPE_CHECKING:
    import xarray as xr
    from dask.distributed import Client

__all__ = ["Morris", "Sobol", "sensitivity"]

#: Share of failed runs above which indices would say more about the failures than about the parameters.
FAILED = 0.1


class Method(Interface):
    """A method of global sensitivity: which runs it wants, and what their numbers say of each parameter."""

    #: Long names of its indices, the one that ranks parameters first; those of effects have the unit of the metric.
    words: ClassVar[Mapping[str, str]]
    relative: ClassVar[bool]

    def points(self, parameters: int) -> np.ndarray:
        """Quantiles of shape (runs, parameters)."""
        ...

    def indices(self, values: np.ndarray, parameters: int) -> dict[str, np.ndarray]:
        """Indices of the numbers at `points`, by name."""
        ...

    def advice(self, found: Mapping[str, np.ndarray], labels: Sequence[str]) -> str:
        """Which parameter to measure first, in words."""
        ...


#: Methods of sensitivity, by name.
METHODS: Family[type[Method]] = Family("sensitivity method")


@noun
class Sobol:
    """Shares of the variance: Saltelli's sampling, first-order and total indices with bootstrap confidence intervals.

    The first-order index of a parameter is the share of the variance that would go, on average, if its value were
    known; the total index includes its part in interactions.

    Parameters
    ----------
    n : int
        Base samples, a power of two; a study takes ``n (parameters + 2)`` runs.
    seed : int
    confidence : float
        Probability of the intervals.
    resamples : int
        Of the bootstrap.

    Examples
    --------
    >>> Sobol(n=512).runs(3)
    2560
    """

    n: int = 512
    seed: int = SEED
    confidence: float = 0.95
    resamples: int = 200

    relative: ClassVar[bool] = True
    words: ClassVar[Mapping[str, str]] = {
        "first_order": "first-order Sobol index",
        "first_order_half_width": "half-width of the interval of the first-order index",
        "total_order": "total Sobol index",
        "total_order_half_width": "half-width of the interval of the total index",
    }

    def __post_init__(self) -> None:
        if self.n < 2 or self.n & (self.n - 1):
            raise InputError(f"n = {self.n} must be a power of two, for example 512.")
        _check_confidence(self.confidence)

    def runs(self, parameters: int) -> int:
        """Number of runs for a number of parameters."""
        return self.n * (parameters + 2)

    def points(self, parameters: int) -> np.ndarray:
        """Quantiles of shape (runs, parameters)."""
        problem = _problem(parameters)  # says what to install before SALib is imported
        from SALib.sample import sobol

        u = sobol.sample(problem, self.n, calc_second_order=False, scramble=True, seed=self.seed)
        return np.clip(u, 1e-9, 1 - 1e-9)  # the ends of a normal distribution lie at infinity

    def indices(self, values: np.ndarray, parameters: int) -> dict[str, np.ndarray]:
        """Indices of the numbers at `points`; base samples with a NaN are left out as a whole."""
        from SALib.analyze import sobol

        # Saltelli: the runs of one base sample belong together, and an index needs all of them.
        blocks = values.reshape(self.n, parameters + 2)
        kept = blocks[np.isfinite(blocks).all(axis=1)].reshape(-1)
        if kept.size < 8 * (parameters + 2) or np.ptp(kept) == 0:
            return {name: np.full(parameters, np.nan) for name in self.words}
        found = sobol.analyze(
            _problem(parameters), kept, calc_second_order=False, num_resamples=self.resamples,
            conf_level=self.confidence, seed=self.seed,
        )  # fmt: skip
        return {
            name: np.asarray(found[key])
            for name, key in zip(self.words, ("S1", "S1_conf", "ST", "ST_conf"), strict=True)
        }

    def advice(self, found: Mapping[str, np.ndarray], labels: Sequence[str]) -> str:
        """Which parameter to measure first, in words."""
        # The first-order index, not the total one: it is what a measurement of this number alone would take away.
        k = int(np.nanargmax(found["first_order"]))
        share, half = (100 * found[name][k] for name in ("first_order", "first_order_half_width"))
        return f"to know {labels[k]} would remove {share:.0f} ± {half:.0f} % of its variance"


@noun
class Morris:
    """Elementary effects: far fewer runs, ranks parameters and shows which act nonlinearly or together.

    Effects are per width of a parameter's distribution, whose levels run from its 0.5 % to its 99.5 % quantile.

    Parameters
    ----------
    trajectories : int
        A study takes ``trajectories (parameters + 1)`` runs.
    levels : int
        Even number of levels of each parameter.
    seed : int
    confidence : float
        Probability of the intervals.

    Examples
    --------
    >>> Morris(trajectories=10).runs(3)
    40
    """

    trajectories: int = 20
    levels: int = 4
    seed: int = SEED
    confidence: float = 0.95

    relative: ClassVar[bool] = False
    words: ClassVar[Mapping[str, str]] = {
        "mean_effect": "mean elementary effect",
        "mean_size": "mean size of the elementary effects",
        "mean_size_half_width": "half-width of the interval of the mean size",
        "spread": "standard deviation of the elementary effects",
    }

    def __post_init__(self) -> None:
        if self.trajectories < 2:
            raise InputError(f"{self.trajectories} trajectories are too few, give at least 2.")
        if self.levels < 2 or self.levels % 2:
            raise InputError(f"levels = {self.levels} must be an even number, for example 4.")
        _check_confidence(self.confidence)

    def runs(self, parameters: int) -> int:
        """Number of runs for a number of parameters."""
        return self.trajectories * (parameters + 1)

    def points(self, parameters: int) -> np.ndarray:
        """Quantiles of shape (runs, parameters)."""
        # Levels at 0 and 1 would be the ends of the distributions, which a normal one does not have.
        return 0.005 + 0.99 * self._unit(parameters)

    def _unit(self, parameters: int) -> np.ndarray:
        problem = _problem(parameters)  # says what to install before SALib is imported
        from SALib.sample import morris

        return np.asarray(morris.sample(problem, self.trajectories, self.levels, seed=self.seed))

    def indices(self, values: np.ndarray, parameters: int) -> dict[str, np.ndarray]:
        """Mean and spread of the effects at `points`; trajectories with a NaN are left out as a whole."""
        from SALib.analyze import morris

        # An effect is the difference of two runs of a trajectory: one that failed spoils its neighbours.
        good = np.isfinite(values.reshape(self.trajectories, parameters + 1)).all(axis=1)
        if good.sum() < 2:
            return {name: np.full(parameters, np.nan) for name in self.words}
        # Whole trajectories only: SALib takes the rows in blocks of this length.
        chosen = np.repeat(good, parameters + 1)
        found = morris.analyze(
            _problem(parameters), self._unit(parameters)[chosen], values[chosen], conf_level=self.confidence,
            num_levels=self.levels, seed=self.seed,
        )  # fmt: skip
        keys = zip(self.words, ("mu", "mu_star", "mu_star_conf", "sigma"), strict=True)
        return {name: np.ma.filled(found[key], np.nan) for name, key in keys}

    def advice(self, found: Mapping[str, np.ndarray], labels: Sequence[str]) -> str:
        """Which parameter to measure first, in words."""
        return f"{labels[int(np.nanargmax(found['mean_size']))]} has the largest effect"


METHODS.add("sobol", Sobol)
METHODS.add("morris", Morris)


def _check_confidence(confidence: float) -> None:
    if not 0 < confidence < 1:
        raise InputError(f"confidence is a probability between 0 and 1, for example 0.95, not {confidence!r}.")


def _problem(parameters: int) -> dict[str, object]:
    """The unit cube in SALib's terms."""
    try:
        import SALib  # noqa: F401
    except ImportError:
        raise InputError("sensitivity needs SALib: pip install 'mgtwin[studies]'.") from None
    return {"num_vars": parameters, "names": [f"p{k}" for k in range(parameters)], "bounds": [[0.0, 1.0]] * parameters}


def sensitivity(
    cell: Cell,
    protocol: Protocol,
    metrics: Metrics,
    method: Method | None = None,
    parameters: Sequence[Key] | None = None,
    *,
    together: Sequence[Sequence[str]] = (),
    held: Sequence[str] = (),
    store: str | Path | None = None,
    client: Client | None = None,
    progress: Progress | None = None,
) -> xr.Dataset:
    """Find out which uncertain parameters the numbers read from a run depend on.

    Parameters
    ----------
    cell : Cell
        Its numbers state their uncertainties, as for `mgtwin.uncertainty`.
    protocol : Protocol
    metrics
        As for `mgtwin.sweep`. For a decision, give the number on which it hangs, e.g. a margin to a limit.
    method : Sobol or Morris
        `Sobol` by default.
    parameters : sequence of paths, optional
        Only these (wildcards are allowed); by default every number that states an uncertainty.
    together, held
        As for `mgtwin.uncertainty`.
    store, client, progress
        As for `mgtwin.sweep`.

    Returns
    -------
    xarray.Dataset
        Over ``metric`` and ``parameter``. Of `Sobol`: ``first_order`` and ``total_order`` with the half-widths of their
        confidence intervals. Of `Morris`: ``mean_effect``, ``mean_size`` with its half-width and ``spread``, in the
        unit of the metric. ``attrs["measure_first"]`` says for each metric which parameter to measure first.

    Raises
    ------
    UnknownNameError
        For a parameter that the cell does not have.
    InputError
        A parameter states no uncertainty, or more than a tenth of the runs fail.

    Examples
    --------
    >>> import mgtwin as mt
    >>> found = mt.sensitivity(mt.cell("trilayer"), mt.EIS(1e6, 0.1), [mt.analysis.area_specific_resistance],
    ...                        mt.Morris(trajectories=4), parameters=["layers.*.thickness"])
    >>> dict(found.sizes)
    {'metric': 1, 'parameter': 3}
    """
    method = Sobol() if method is None else method
    if type(method) not in METHODS.values():
        raise InputError(
            f"method is {' or '.join(f'mt.{kind.__name__}()' for kind in METHODS.values())}, not {method!r}."
        )
    free = uncertain_parameters(cell, protocol, together, held)
    if parameters is not None:
        uncertain = {path for item in free for path in item.paths}
        wanted = {key: set(expand(cell, key)) for key in parts_of(parameters)}
        for key, paths in wanted.items():
            if not uncertain & paths:
                message = f"{key!r} states no uncertainty (a std or a range), or is held."
                raise UnknownNameError(str(key), [item.name for item in free], "uncertain parameter", message)
        free = tuple(item for item in free if any(paths & set(item.paths) for paths in wanted.values()))
    if not free:
        raise InputError("no parameters are given: leave parameters out, or give at least one.")
    measured = metrics_of(metrics)
    with python_warnings.catch_warnings():
        python_warnings.filterwarnings("ignore", module=r"SALib\..*")
        u = method.points(len(free))
        runs = sweep(cell, protocol, paired(free, u), metrics, store=store, client=client, progress=progress)
        values = [np.asarray(runs[metric.name].values, dtype=float) for metric in measured]
        for column, metric in zip(values, measured, strict=True):
            bad = ~np.isfinite(column)
            if bad.mean() > FAILED:
                texts = [text for text in map(str, runs["failure"].values[bad]) if text]
                why = f"the first says: {texts[0]}" if texts else "they are infinite"
                raise InputError(
                    f"{bad.sum()} of {bad.size} runs give no finite {metric.name}; {why}. Hold or narrow the "
                    "parameters that do this."
                )
        found = [method.indices(column, len(free)) for column in values]
    return _result(runs, method, free, measured, values, found)


def _result(
    runs: xr.Dataset,
    method: Method,
    free: Sequence[Parameter],
    measured: Sequence[Metric],
    values: Sequence[np.ndarray],
    found: Sequence[Mapping[str, np.ndarray]],
) -> xr.Dataset:
    import xarray as xr

    labels, unit = [item.name for item in free], "1" if method.relative else "unit of the metric"
    data = {
        name: (("metric", "parameter"), np.stack([item[name] for item in found]), {"units": unit, "long_name": words})
        for name, words in method.words.items()
    }
    texts = {
        "metric": ("metric", [metric.name for metric in measured], "metric"),
        "parameter": ("parameter", labels, "uncertain parameter"),
        "metric_unit": ("metric", [metric.units for metric in measured], "SI unit of the metric"),
        "metric_name": ("metric", [metric.long_name for metric in measured], "metric in words"),
    }
    coords = {
        name: (dim, np.array(said, dtype=object), {"units": "1", "long_name": words})
        for name, (dim, said, words) in texts.items()
    }
    failed = sum(int((~np.isfinite(column)).sum()) for column in values)
    warnings = list(runs.attrs.get("warnings", []))
    if failed:
        warnings.append(f"{failed} runs gave no finite number; their blocks were left out of the indices")
    kept = {key: runs.attrs[key] for key in ("cell", "protocol", "sources", "study") if key in runs.attrs}
    said = [
        f"{metric.name}: {method.advice(item, labels) if np.isfinite([*item.values()]).any() else 'it does not vary'}"
        for metric, item in zip(measured, found, strict=True)
    ]
    route = f"sensitivity, {method}, {len(values[0])} runs"
    attrs = stamp(**kept, route=route, warnings=warnings, measure_first=said)
    return xr.Dataset(data, coords=coords, attrs=attrs)
