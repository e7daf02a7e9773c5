"""The result of a fit."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..cells import Cell
from ..cells.paths import Key
from ..errors import UnknownNameError
from ..quantities import Value
from .estimates import Estimate, Profile
from .identifiability import LIMIT, Identifiability, identifiability
from .minimise import Minimum
from .problem import Problem, kind_of

if TYPE_CHECKING:
    import xarray as xr

    from .outside import Outside
    from .weighting import Loss

__all__ = ["Fit"]

#: Relative distance from a bound (of the width, or of the value) at which a value is said to lie on it.
_AT_BOUND = 1e-4
#: Standard deviations, the other numbers being known, that count as the size of a number which may be 0.
_TOLD = 100.0
#: Half the width of a 95 % interval in standard deviations.
_NORMAL_95 = 1.96


@dataclass(frozen=True, eq=False)
class Fit:
    """Fitted parameters with the truth about their uncertainty. Made by :func:`mgtwin.fit`.

    Attributes
    ----------
    problem : Problem
        Data, parameters, weights.
    minimum : Minimum
        Where the misfit is smallest.
    loss : Loss or None
    starts, seed : int
    """

    problem: Problem
    minimum: Minimum
    loss: Loss | None = None
    starts: int = 1
    seed: int = 0
    _profiles: dict[str, Profile] = field(default_factory=dict, repr=False)

    # -- values -------------------------------------------------------------------------------------------------------
    @property
    def names(self) -> tuple[str, ...]:
        """Names of the parameters, in the order given."""
        return tuple(parameter.name for parameter in self.problem.parameters)

    @cached_property
    def x(self) -> NDArray[np.float64]:
        """Fitted values [SI], in the order of `names`."""
        return self.problem.values(self.minimum.x)

    @property
    def values(self) -> dict[str, float]:
        """Name to fitted value [SI]."""
        return {name: float(value) for name, value in zip(self.names, self.x, strict=True)}

    @property
    def interrupted(self) -> bool:
        """Whether Ctrl-C ended the search: the values are the best until then."""
        return self.minimum.interrupted

    @property
    def converged(self) -> bool:
        """Whether the best start reached a minimum."""
        return self.minimum.converged

    # -- uncertainty --------------------------------------------------------------------------------------------------
    @cached_property
    def at_bound(self) -> NDArray[np.bool_]:
        """Which parameters lie on one of their bounds."""
        low, high = self.problem.bounds
        # without a width the size of a number is what the data can tell of it: 1 would be no size for picofarads
        slopes = np.linalg.norm(self.minimum.jacobian, axis=0)
        told = np.divide(_TOLD, slopes, out=np.ones_like(slopes), where=slopes > 0)
        width = np.where(np.isfinite(high - low), high - low, np.maximum(np.abs(self.minimum.x), told))
        return (self.minimum.x - low <= _AT_BOUND * width) | (high - self.minimum.x <= _AT_BOUND * width)

    @cached_property
    def identifiability(self) -> Identifiability:
        """What the data determine, with the covariance."""
        jacobian = self.minimum.jacobian
        if self.loss is not None:
            jacobian = jacobian * np.sqrt(_weights(self.minimum.residuals, self.loss))[:, np.newaxis]
        return identifiability(jacobian, self.problem.parameters, self.x, self.at_bound)

    @cached_property
    def identifiable(self) -> NDArray[np.bool_]:
        """Which parameters the data determine, each within a factor of e at 95 %.

        Where the covariance finds all of them determined that is the answer. Where it does not, or a parameter has run
        into a bound, the minimum lies in a valley or a corner, about which the neighbourhood of one point says little:
        the others then have to prove themselves by their profiles (not with runs in time, where that takes too long).
        """
        found = self.identifiability.identifiable.copy()
        if not found.all() and all(block.smooth for block in self.problem.blocks):
            for k in np.flatnonzero(found):
                found[k] = self._is_narrow(self.profile(self.names[k]), int(k))
        return found

    def _is_narrow(self, profile: Profile, k: int) -> bool:
        """Whether a profile confines a parameter as closely as an identifiable one has to be."""
        if profile.low is None or profile.high is None:
            return False
        parameter = self.problem.parameters[k]
        low, high = parameter.to_internal(profile.low), parameter.to_internal(profile.high)
        size = parameter.size(float(self.x[k])) / parameter.slope(float(self.x[k]))
        return bool((high - low) / size <= 2 * _NORMAL_95 * LIMIT)

    @property
    def covariance(self) -> NDArray[np.float64]:
        """Of the coordinates (logarithms where a parameter is fitted in the logarithm)."""
        return self.identifiability.covariance

    @cached_property
    def std(self) -> NDArray[np.float64]:
        """Standard deviations [SI] from the covariance; inf where the data say nothing, 0 at a bound."""
        slopes = np.array([p.slope(v) for p, v in zip(self.problem.parameters, self.x, strict=True)])
        return np.sqrt(np.diag(self.covariance)) * slopes

    @property
    def correlations(self) -> NDArray[np.float64]:
        """Correlation of the parameters; nan where a parameter has no finite variance."""
        sizes = np.sqrt(np.diag(self.covariance))
        with np.errstate(invalid="ignore", divide="ignore"):
            found = self.covariance / np.outer(sizes, sizes)
        found[~np.isfinite(found)] = np.nan
        return found

    def interval(self, name: str, confidence: float = 0.95) -> tuple[float, float]:
        """Interval [SI] of a parameter from the covariance (of its logarithm, where that was fitted).

        See `profile` for one that needs no linearisation.
        """
        from scipy.stats import norm

        k = self.index(name)
        reach = float(norm.ppf(0.5 + confidence / 2) * np.sqrt(self.covariance[k, k]))
        parameter, x = self.problem.parameters[k], self.minimum.x[k]
        with np.errstate(over="ignore"):
            return float(parameter.to_value(x - reach)), float(parameter.to_value(x + reach))

    def index(self, name: str) -> int:
        """Position of a parameter.

        Raises
        ------
        UnknownNameError
            With close matches.
        """
        if name not in self.names:
            raise UnknownNameError(name, self.names, "parameter of this fit")
        return self.names.index(name)

    def profile(self, name: str, confidence: float = 0.95, progress: Any = None) -> Profile:
        """Profile likelihood of a parameter: it is stepped away from its best value and all others fitted again.

        Parameters
        ----------
        name : str
        confidence : float
        progress : callable, optional

        Returns
        -------
        Profile
            Its interval is open on a side where the likelihood never falls enough.

        Raises
        ------
        UnknownNameError
            With close matches.
        """
        from .profiles import profiled

        key = f"{name} {confidence}"
        self.index(name)
        if key not in self._profiles:
            self._profiles[key] = profiled(self, name, confidence, progress)
        return self._profiles[key]

    def estimate(self, name: str, *, profile: bool | None = None) -> Estimate:
        """All about one parameter.

        Parameters
        ----------
        name : str
        profile : bool, optional
            Whether to work out the profile; by default that is done for parameters that are not identifiable.
        """
        k = self.index(name)
        sound = bool(self.identifiable[k])
        known = self._profiles.get(f"{name} 0.95")
        wanted = not sound and not self.at_bound[k] if profile is None else profile
        if known is None and wanted:
            known = self.profile(name)
        low, high = (known.low, known.high) if known is not None else self.interval(name)
        std = float(self.std[k]) if sound else None
        if not sound and known is None:
            low = high = None
        return Estimate(
            name,
            self.problem.parameters[k].unit,
            float(self.x[k]),
            std,
            low,
            high,
            sound,
            bool(self.at_bound[k]),
            known,
        )

    # -- misfit -------------------------------------------------------------------------------------------------------
    @property
    def noise(self) -> tuple[float, ...]:
        """Level of noise per Dataset: relative to |Z| with `Modulus`, to the root mean square of the data with `Unit`.

        1 where the noise was given and all is well.
        """
        return tuple(float(self.problem.scales[group]) for group in self.problem.group_of)

    @cached_property
    def misfits(self) -> tuple[float, ...]:
        """Root mean square of the residuals of every Dataset in units of the noise: about 1 where the model holds."""
        parts = self.problem.by_dataset(self.minimum.residuals)
        return tuple(float(np.sqrt(np.mean(part**2))) for part in parts)

    @cached_property
    def outside_model(self) -> tuple[Outside, ...]:
        """The Datasets that the model does not describe, with the reason.

        Their misfit is far above the noise or that of the others, or a number that can only grow
        (``PerDataset(grows=True)``) is smaller in them than before.
        """
        from .outside import outside_model

        return outside_model(self)

    @property
    def chi_squared(self) -> float:
        """Sum of the squared residuals of the data in units of the noise."""
        data = self.minimum.residuals[: self.problem.count]
        return float(data @ data)

    @property
    def freedom(self) -> int:
        """Degrees of freedom."""
        return self.problem.count - len(self.names)

    def measured(self, number: int) -> NDArray[Any]:
        """What a Dataset gives for comparison: its impedance, or of a run in time what was not imposed."""
        item = self.problem.measurements[number]
        return np.asarray(getattr(item, kind_of(item)))

    @cached_property
    def predicted(self) -> tuple[NDArray[Any], ...]:
        """Impedance [ohm], voltage [V] or current [A] of the fitted cells at the points of every Dataset."""
        return tuple(self.problem.predicted(self.x))

    # -- cells --------------------------------------------------------------------------------------------------------
    @cached_property
    def cells(self) -> tuple[Cell, ...]:
        """The cell of every Dataset with the fitted values (kind ``fitted``, their std, the data as source)."""
        found: list[Cell] = []
        known: dict[Any, Cell] = {}
        for number, item in enumerate(self.problem.measurements):
            changes = self._changes(number)
            key = (id(item.cell), tuple((path, float(value)) for path, value in changes.items()))
            if key not in known:
                known[key] = item.cell.with_(changes)
            found.append(known[key])
        return tuple(found)

    @property
    def cell(self) -> Cell:
        """The cell of the first Dataset with the fitted values; see `cells` for the others."""
        return self.cells[0]

    def _changes(self, number: int) -> dict[Key, Value]:
        changes: dict[Key, Value] = {}
        for k, parameter in enumerate(self.problem.parameters):
            labels = list(dict.fromkeys(self.problem.measurements[n].label for n in parameter.targets))
            source = ", ".join(labels[:3]) + (f" and {len(labels) - 3} more" if len(labels) > 3 else "")
            sound = bool(self.identifiable[k])
            note = (
                None if sound else ("at a bound of the fit" if self.at_bound[k] else "not identifiable by these data")
            )
            for path in parameter.targets.get(number, ()):
                unit = getattr(self.problem.measurements[number].cell.get(path), "unit", None)
                if path.endswith(".q"):
                    unit = None  # of a constant-phase element: its unit depends on the exponent, which may be free
                std = float(self.std[k]) if sound else None
                changes[path] = Value(float(self.x[k]), unit=unit, std=std, kind="fitted", source=source, note=note)
        return changes

    # -- for people ---------------------------------------------------------------------------------------------------
    def __str__(self) -> str:
        from .report import as_text

        return as_text(self)

    def __repr__(self) -> str:
        state = ", interrupted" if self.interrupted else ("" if self.converged else ", not converged")
        return f"<Fit of {len(self.names)} parameters to {len(self.problem.measurements)} Datasets{state}>"

    def plot(self, *, ax: Any = None) -> Any:
        """Data and fit of every Dataset; returns the matplotlib Axes (or an array of them)."""
        from .figures import drawn

        return drawn(self, ax)

    def save(self, path: str | Path) -> Path:
        """Write the fit with its data to one file, which `Fit.open` reads; return its path."""
        from .store import saved

        return saved(self, path)

    @classmethod
    def open(cls, path: str | Path) -> Fit:
        """Read a fit written by `save`.

        Raises
        ------
        FileError
            If there is no such file, or it is no fit.
        """
        from .store import load

        return load(path)

    def bootstrap(self, samples: int = 200, seed: int = 0, progress: Any = None) -> xr.Dataset:
        """Fit again to data drawn from the fitted model and its noise; see :func:`mgtwin.fitting.bootstrap`."""
        from .bootstrap import bootstrap

        return bootstrap(self, samples, seed, progress)

    def sample(self, steps: int = 2000, walkers: int | None = None, seed: int = 0, progress: Any = None) -> Any:
        """Posterior by Markov-chain Monte Carlo; see :func:`mgtwin.fitting.sample`."""
        from .bayes import sample

        return sample(self, steps, walkers, seed, progress)


def _weights(residuals: NDArray[np.float64], loss: Loss) -> NDArray[np.float64]:
    """Derivative of a loss by the squared residual: how much every residual still counts."""
    z = (residuals / loss.threshold) ** 2
    if loss.type == "huber":
        return np.where(z <= 1, 1.0, 1 / np.sqrt(np.maximum(z, 1e-300)))
    if loss.type == "soft_l1":
        return 1 / np.sqrt(1 + z)
    return 1 / (1 + z)
