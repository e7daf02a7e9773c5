"""What a fit says about one parameter."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Estimate", "Profile"]


@dataclass(frozen=True, eq=False)
class Profile:
    """How far a parameter can go if all others are fitted again.

    Attributes
    ----------
    name, unit : str
    values : tuple of float
        [SI], ascending; the best one is among them.
    rises : tuple of float
        By how much -2 ln(likelihood) exceeds its smallest value.
    low, high : float or None
        Ends of the interval at `confidence`; None where the profile does not rise enough: open on that side.
    confidence : float
    """

    name: str
    unit: str
    values: tuple[float, ...]
    rises: tuple[float, ...]
    low: float | None
    high: float | None
    confidence: float = 0.95

    @property
    def bounded(self) -> bool:
        """Whether the data limit the parameter on both sides."""
        return self.low is not None and self.high is not None


@dataclass(frozen=True, eq=False)
class Estimate:
    """A parameter as fitted.

    Attributes
    ----------
    name, unit : str
    value : float
        [SI] where the misfit is smallest; of a parameter that is not identifiable no more than a point of many.
    std : float or None
        Standard deviation from the covariance, of a model that fails with its error in it; None where the data do not
        determine the parameter, or at a bound.
    low, high : float or None
        Ends of the 95 % interval: of the profile where there is one, else from the covariance; None: open.
    identifiable : bool
        Never of a model that fails.
    at_bound : bool
    profile : Profile or None
    proven : bool
        Whether `identifiable` is settled; False where profiles would have to decide, and were not asked for.
    """

    name: str
    unit: str
    value: float
    std: float | None
    low: float | None
    high: float | None
    identifiable: bool
    at_bound: bool
    profile: Profile | None = None
    proven: bool = True
