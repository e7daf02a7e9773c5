"""What can be believed of a solution: profiles, what is identifiable, the fitted cells, Datasets outside the model."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

from ..cells.paths import Key
from ..quantities import Value
from .estimates import Estimate, Profile
from .identifiability import LIMIT
from .minimise import Progress
from .models import Subject
from .outside import Outside, outside_model
from .profiles import profiled
from .solution import Solution

__all__ = ["Judged"]

#: Half the width of a 95 % interval in standard deviations.
_NORMAL_95 = 1.96
#: Relative standard deviation up to which the neighbourhood of the minimum is taken for the whole valley. Beyond it the
#: noise has been seen to close the end of an open one (a diffusion whose end the spectrum does not reach).
WELL = 0.1
#: Correlation above which two parameters are one valley.
TIED = 0.9


@dataclass(frozen=True, eq=False)
class Judged(Solution):
    """A solution with the truth about its uncertainty."""

    _profiles: dict[str, Profile] = field(default_factory=dict, repr=False)

    @cached_property
    def identifiable(self) -> NDArray[np.bool_]:
        """Which parameters the data determine, each within a factor of e at 95 % (of a bounded number: half its range).

        None where the model does not describe the data: what they determine is then no property of the cell. Where the
        covariance finds all of them well determined that is the answer. Where it does not, or a parameter has run into
        a bound, the minimum lies in a valley or a corner, about which the neighbourhood of one point says little: then
        the profiles decide (not with runs in time, where they take too long).
        """
        if self.fails:
            return np.full(len(self.names), False)
        found = self.identifiability.identifiable.copy()
        for k in np.flatnonzero(found & self._doubtful):
            found[k] = self._is_narrow(self.profile(self.names[k]), int(k))
        return found

    @property
    def _doubtful(self) -> NDArray[np.bool_]:
        """About which parameters the covariance is not believed.

        Those not well determined and what moves with them, or all if one is not determined.
        """
        found = self.identifiability
        if not self.problem.smooth:
            return np.full(len(self.names), False)
        uncertain = found.relative_std > WELL
        # resistance and time constant of a diffusion whose end is not seen: the one looks well determined by the other
        tied = (np.abs(np.nan_to_num(self.correlations)) > TIED)[:, uncertain].any(axis=1)
        return uncertain | tied | ~found.identifiable.all()

    def profiled(self, progress: Progress | None = None) -> Self:
        """Work out the profiles of all parameters, after which the table shows their intervals; return the fit itself.

        Each takes some ten fits of all other parameters.

        Parameters
        ----------
        progress : callable, optional
            Called as ``progress(fraction, text)`` after each parameter.
        """
        for k, name in enumerate(self.names):
            if not self.at_bound[k]:
                self.profile(name)
            if progress is not None:
                progress((k + 1) / len(self.names), f"profile of {name}")
        return self

    def _is_narrow(self, profile: Profile, k: int) -> bool:
        """Whether a profile confines a parameter as closely as an identifiable one has to be."""
        if profile.low is None or profile.high is None:
            return False
        parameter = self.problem.parameters[k]
        low, high = parameter.to_internal(profile.low), parameter.to_internal(profile.high)
        size = parameter.size(float(self.x[k])) / parameter.slope(float(self.x[k]))
        return bool((high - low) / size <= 2 * _NORMAL_95 * LIMIT)

    def profile(self, name: str, confidence: float = 0.95, progress: Progress | None = None) -> Profile:
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
        nearby = bool(self.identifiability.identifiable[k]) if self.fails else bool(self.identifiable[k])
        if (not nearby and not self.at_bound[k]) if profile is None else profile:
            self.profile(name)
        return self._estimate(k, nearby, proven=True)

    def known(self, name: str) -> Estimate:
        """What is known of one parameter without further fits: from the covariance, and from profiles known by now.

        It is marked as not proven where profiles would have to decide whether it is identifiable.
        """
        k = self.index(name)
        profile = self._profiles.get(f"{name} 0.95")
        nearby = bool(self.identifiability.identifiable[k])
        sound = nearby and (profile is None or self._is_narrow(profile, k))
        return self._estimate(k, sound, proven=not self._doubtful[k] or not sound or profile is not None)

    def _estimate(self, k: int, sound: bool, proven: bool) -> Estimate:
        """Of a parameter that is sound, but for the model."""
        name, profile = self.names[k], self._profiles.get(f"{self.names[k]} 0.95")
        low: float | None = None
        high: float | None = None
        if profile is not None:
            low, high = profile.low, profile.high
        elif sound:
            low, high = self.interval(name)
        std = float(self.std[k]) if sound else None
        unit = self.problem.parameters[k].unit
        identifiable, at_bound = sound and not self.fails, bool(self.at_bound[k])
        return Estimate(name, unit, float(self.x[k]), std, low, high, identifiable, at_bound, profile, proven)

    @cached_property
    def outside_model(self) -> tuple[Outside, ...]:
        """The Datasets that the model does not describe, with the reason.

        Their verdict is POOR, their misfit far above that of the others where nobody knows the noise, or a number that
        can only grow (``PerDataset(grows=True)``) smaller in them than before.
        """
        return outside_model(self)

    # -- cells --------------------------------------------------------------------------------------------------------
    @cached_property
    def cells(self) -> tuple[Subject, ...]:
        """The cell, or circuit, of every Dataset with its fitted values: kind ``fitted``, their std, the source."""
        found: list[Subject] = []
        known: dict[tuple[int, tuple[tuple[Key, float], ...]], Subject] = {}
        for number, item in enumerate(self.problem.measurements):
            changes = self._changes(number)
            key = (id(item.cell), tuple((path, float(value)) for path, value in changes.items()))
            if key not in known:
                known[key] = item.cell.with_(changes)
            found.append(known[key])
        return tuple(found)

    @property
    def cell(self) -> Subject:
        """The cell, or circuit, of the first Dataset with the fitted values; see `cells` for the others."""
        return self.cells[0]

    def _changes(self, number: int) -> dict[Key, Value]:
        changes: dict[Key, Value] = {}
        for k, parameter in enumerate(self.problem.parameters):
            labels = list(dict.fromkeys(self.problem.measurements[n].label for n in parameter.targets))
            source = ", ".join(labels[:3]) + (f" and {len(labels) - 3} more" if len(labels) > 3 else "")
            sound = bool((self.identifiability.identifiable if self.fails else self.identifiable)[k])
            note = None if sound else "at a bound of the fit" if self.at_bound[k] else "not identifiable by these data"
            if self.fails:
                note = f"{f'{note}; ' if note else ''}the model does not describe the data: {self.failures}"
            for path in parameter.targets.get(number, ()):
                # that of a constant-phase element depends on its exponent, which may be free: the cell fills it in
                unit = None if path.endswith(".q") else self.problem.measurements[number].model.unit(path) or None
                std = float(self.std[k]) if sound else None
                changes[path] = Value(float(self.x[k]), unit=unit, std=std, kind="fitted", source=source, note=note)
        return changes
