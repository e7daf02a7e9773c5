"""What is drawn of a twin."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np

from ..plot import PLOTS, fan_chart
from ..plot.look import style

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from .alarms import AlarmKind

__all__ = ["Plots"]


class Told(Protocol):
    """What figures ask of an alarm."""

    @property
    def cycle(self) -> float:
        """When it was first seen."""

    @property
    def mechanism(self) -> str:
        """What explains it best."""

    @property
    def state(self) -> str:
        """Raised, confirmed or withdrawn."""


class Drawn(Protocol):
    """What figures ask of a twin."""

    @property
    def odds(self) -> xr.DataArray:
        """Probabilities of the explanations."""

    @property
    def alarm_kinds(self) -> Sequence[AlarmKind]:
        """What is looked for."""

    @property
    def alarms(self) -> Sequence[Told]:
        """What went wrong."""

    def history(self) -> xr.Dataset:
        """What the cell was."""

    def alarm_scores(self) -> xr.Dataset:
        """How much each mechanism would explain."""


class Plots:
    """Figures of a twin: ``twin.plot()``, ``twin.plot.odds()``, ``twin.plot.alarms()``.

    Parameters
    ----------
    twin : Twin
    """

    def __init__(self, twin: Drawn) -> None:
        self._twin = twin

    def __call__(
        self, forecast: xr.Dataset | None = None, *, earlier: Sequence[xr.Dataset] = (), limit: float | None = None
    ) -> Figure:
        """Draw what the cell was, and what it will be: a fan chart for each number that is known of it.

        Parameters
        ----------
        forecast : xarray.Dataset, optional
            What ``twin.forecast`` returned.
        earlier : sequence of Dataset
            Forecasts of before, drawn as thin lines.
        limit : float, optional
            Modulus of the impedance [ohm] at which the life of the cell is over.
        """
        import matplotlib.pyplot as plt

        history = self._twin.history()
        # The modulus first: it is what was measured, the others are what the model says of it.
        names = [str(name).removesuffix("_quantiles") for name in history.data_vars if str(name).endswith("_quantiles")]
        # a film that none has, or a contact that is never lost, says nothing
        names = [name for name in names if np.ptp(history[f"{name}_quantiles"].values) > 0]
        names.sort(key=lambda name: name != "impedance_modulus")
        marks = [(one.cycle, f"{one.mechanism}, {one.state}") for one in self._twin.alarms]
        with style():
            figure, axes = plt.subplots(
                len(names), 1, figsize=(8.4, 3.2 * len(names)), layout="constrained", squeeze=False
            )
            for name, ax in zip(names, axes[:, 0], strict=True):
                of_modulus = name == "impedance_modulus"
                fan_chart(
                    history, name, forecast=forecast, earlier=earlier, limit=limit if of_modulus else None,
                    marks=marks if of_modulus else (), ax=ax,
                )  # fmt: skip
            if history.attrs["forecasts_only"]:
                figure.suptitle("Forecasts only: the model is too wrong for hidden numbers", fontsize=9)
            # all panels speak the same language: the first, which has everything, says it
            for repeated in filter(None, (ax.get_legend() for ax in axes[1:, 0])):
                repeated.remove()
        return figure

    def odds(self, *, ax: Axes | None = None) -> Axes:
        """Draw the odds of the explanations over the life."""
        drawn: Axes = PLOTS["odds"](self._twin.odds.to_dataset(name="odds"), ax=ax)
        return drawn

    def alarms(self, *, ax: Axes | None = None) -> tuple[Axes, Axes]:
        """Draw the scores of what can go wrong over the life, with the thresholds above which it is said."""
        scores = self._twin.alarm_scores()
        kinds = {name: kind for kind in self._twin.alarm_kinds for name in kind.mechanisms}
        # What is made of several mechanisms has no threshold of its own.
        known = [kinds.get(str(name)) for name in scores["mechanism"].values]
        scores = scores.assign(
            jump=("mechanism", [np.inf if kind is None else kind.jump for kind in known]),
            slow=("mechanism", [np.inf if kind is None else kind.slow for kind in known]),
        )
        drawn: tuple[Axes, Axes] = PLOTS["alarm_scores"](scores, ax=ax)
        return drawn
