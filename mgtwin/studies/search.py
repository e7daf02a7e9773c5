"""How an optimisation searches: evolution over the whole range, a local search at the end, and whether that settled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol as Interface

import numpy as np

from ..errors import InputError
from ..kinds.noun import noun
from ..registry import Family
from .sampling import SEED, quasi_random

__all__ = ["SEARCHES", "Convergence", "Evolution", "Problem", "Search", "best_of"]

#: In place of what is not a number or infinite: searches sort designs by finite numbers.
HUGE = 1e30
#: Change of the volume that a front dominates, over the last quarter of the generations, below which it has settled.
SETTLED = 5e-3
#: Of each range: where a local search starts and ends, and within which two of its ends are one design.
RADIUS, PRECISION, SAME = 0.1, 1e-6, 1e-2
#: Relative distance that the local search keeps from its constraints, so that rounding does not break them.
MARGIN = 1e-7


class Problem(Interface):
    """What is searched: a unit cube, the number of objectives and constraints, and what designs are worth."""

    dimensions: int
    goals: tuple[int, int]

    def worth(self, unit: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Objectives (to be minimised) and constraints (at most 0) of designs, each of shape (designs, number)."""
        ...


class Search(Interface):
    """A way to search; it also says how many designs it tries at most."""

    @property
    def designs(self) -> int: ...

    def run(self, problem: Problem) -> Convergence:
        """Ask the problem what designs are worth until the best are found."""
        ...


@dataclass(frozen=True)
class Convergence:
    """Whether a search has settled, and how that is known."""

    settled: bool
    said: str


#: Ways to search, by name.
SEARCHES: Family[type[Search]] = Family("search", "a search")


@noun
class Evolution:
    """How an optimisation searches: NSGA-II for several objectives, differential evolution for one.

    With one objective, local searches (COBYQA: quadratic models in a trust region) from the best design and from the
    best one far from it follow; where they end tells whether the evolution had found the optimum.

    Parameters
    ----------
    population : int
        Designs per generation.
    generations : int
    seed : int
    polish : int
        Designs that the local searches may try at most; 0 for none.

    Examples
    --------
    >>> Evolution(population=20, generations=30).designs
    800
    """

    population: int = 40
    generations: int = 40
    seed: int = SEED
    polish: int = 200

    def __post_init__(self) -> None:
        if self.population < 8 or self.generations < 1 or self.polish < 0:
            raise InputError("give a population of at least 8, at least one generation, and polish of at least 0.")

    @property
    def designs(self) -> int:
        """Designs that are tried at most."""
        return self.population * self.generations + self.polish

    def run(self, problem: Problem) -> Convergence:
        """Ask the problem what designs are worth until the best are found."""
        tried = self._evolve(problem)
        if problem.goals[0] > 1:
            return self._judged(*tried[1:])
        if not self.polish:
            return Convergence(False, "no local search has looked closer (polish=0)")
        return self._polished(problem, *tried)

    def _judged(self, wanted: np.ndarray, limits: np.ndarray) -> Convergence:
        """Whether the last quarter of the designs still moved the best ones: the volume that they dominate tells."""
        from pymoo.indicators.hv import HV

        last, three_quarters = best_of(wanted, limits), max(3 * len(wanted) // 4, 1)
        earlier = best_of(wanted[:three_quarters], limits[:three_quarters])
        if not len(earlier):
            return Convergence(False, "no design met the constraints in the first three quarters of the generations")
        low, high = wanted[last].min(axis=0), wanted[np.r_[last, earlier]].max(axis=0)
        # The hypervolume only grows with the archive, in dominance and in spread: one number for both.
        volume = HV(ref_point=np.full(wanted.shape[1], 1.1))
        scaled = (wanted - low) / np.where(high > low, high - low, 1.0)
        change = 1 - volume(scaled[earlier]) / volume(scaled[last])
        said = f"the last quarter of the generations enlarged what the best designs dominate by {change:.2%}"
        return Convergence(bool(change < SETTLED), said)

    def _polished(self, problem: Problem, unit: np.ndarray, wanted: np.ndarray, limits: np.ndarray) -> Convergence:
        """Search on locally from two designs that the evolution found, and compare where that ends."""
        # feasible designs first, the best of them first; then those that break the constraints least
        order = np.lexsort((wanted[:, 0], np.maximum(limits, 0).sum(axis=1)))
        far = np.abs(unit[order] - unit[order[0]]).max(axis=1) > 2 * RADIUS
        starts = [unit[order[0]], *unit[order[far]][:1]]
        # COBYQA ends by absolute radii and models; an objective of 1e-6 or 1e6 in SI would deceive it.
        scale = max(abs(float(wanted[order[0], 0])), 1e-300)
        ends = [self._local(problem, start, scale, len(starts)) for start in starts]
        (first, value, reached), *others = ends
        moved = float(np.abs(first - starts[0]).max())
        said = f"a local search moved the best design by {moved:.1%} of a range"
        if not reached:
            return Convergence(False, f"{said} and did not come to an end: allow it more designs (polish=)")
        # Two starts that agree are evidence for one basin; one start alone would call any local optimum converged.
        for other, at, ended in others:
            if np.abs(other - first).max() < SAME:
                said += "; another one from a distant design ended at the same"
            elif at < value - SAME * abs(value):
                better = f"{said}; one from a distant design ended at a better one: give more generations"
                return Convergence(False, better)
            elif ended:
                said += "; one from a distant design ended at another, worse optimum"
        return Convergence(True, said)

    def _local(self, problem: Problem, start: np.ndarray, scale: float, starts: int) -> tuple[np.ndarray, float, bool]:
        """Design at which a local search ends, its objective, and whether it came to an end within its budget."""
        from scipy.optimize import Bounds, NonlinearConstraint, minimize

        known: dict[bytes, tuple[float, np.ndarray]] = {}

        def at(point: np.ndarray) -> tuple[float, np.ndarray]:
            # COBYQA asks for the objective and the constraints of a point one after the other
            key = np.clip(point, 0, 1).tobytes()
            if key not in known:
                wanted, limits = problem.worth(np.clip(point, 0, 1)[np.newaxis])
                known[key] = float(wanted[0, 0]) / scale, limits[0]
            return known[key]

        most = max(self.polish // starts, 2)
        found = minimize(
            lambda point: at(point)[0], start, method="COBYQA", bounds=Bounds(0, 1),
            constraints=[NonlinearConstraint(lambda point: at(point)[1], -np.inf, -MARGIN)],
            options={"initial_tr_radius": RADIUS, "final_tr_radius": PRECISION, "maxfev": most},
        )  # fmt: skip
        return np.clip(found.x, 0, 1), float(found.fun) * scale, bool(found.success)

    def _evolve(self, problem: Problem) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        try:
            from pymoo.algorithms.moo.nsga2 import NSGA2
            from pymoo.algorithms.soo.nonconvex.de import DE
            from pymoo.core.evaluator import Evaluator
            from pymoo.core.problem import Problem as Shape
            from pymoo.problems.static import StaticProblem
        except ImportError:
            raise InputError("optimise needs pymoo: pip install 'mgtwin[studies]'.") from None

        objectives, constraints = problem.goals
        shape = Shape(n_var=problem.dimensions, n_obj=objectives, n_ieq_constr=constraints, xl=0.0, xu=1.0)
        # Even from the first generation on: random points of a small population leave holes.
        start = quasi_random(problem.dimensions, self.population, self.seed)
        algorithm = (DE if objectives == 1 else NSGA2)(pop_size=self.population, sampling=start)
        algorithm.setup(shape, termination=("n_gen", self.generations), seed=self.seed, verbose=False)
        tried = []
        while algorithm.has_next():
            designs = algorithm.ask()
            unit = designs.get("X").astype(float)
            wanted, limits = problem.worth(unit)
            tried.append((unit, wanted, limits))
            Evaluator().eval(StaticProblem(shape, F=wanted, G=limits), designs)
            algorithm.tell(infills=designs)
        unit, wanted, limits = (np.concatenate(parts) for parts in zip(*tried, strict=True))
        return unit, wanted, limits


SEARCHES.add("evolution", Evolution)


def best_of(wanted: np.ndarray, limits: np.ndarray) -> np.ndarray:
    """Indices of the designs within all limits that no other beats, sorted by the first objective, each value once."""
    from pymoo.util.nds.non_dominated_sorting import NonDominatedSorting

    within = np.flatnonzero((limits <= 0).all(axis=1))
    if within.size and wanted.shape[1] == 1:
        return within[[int(np.argmin(wanted[within, 0]))]]
    chosen = within[NonDominatedSorting().do(wanted[within], only_non_dominated_front=True)] if within.size else within
    _, first = np.unique(wanted[chosen], axis=0, return_index=True)
    return chosen[first]
