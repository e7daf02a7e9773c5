r"""Where the numbers of a circuit start when nobody says: found from the spectrum, for any circuit.

Every number of an element is a product of powers of an impedance and a time (its unit says which). Points of a Sobol
sequence give each element a time within the window of the data (half a decade beyond it on both sides), a size relative
to the others of its branch, and its exponents. Branches in series scale freely, :math:`Z = \sum_k \lambda_k z_k`, so
their sizes :math:`\lambda_k \ge 0` follow by linear least squares for every point of the sequence: only what is
nonlinear is searched. The best points are then followed by the engine of the fits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..regression import Minimum, Modulus, Weighting, least_squares
from .block import CircuitBlock
from .circuit import Circuit
from .family import Field
from .network import Node

__all__ = ["Search", "started"]

Reals = NDArray[np.float64]
Complexes = NDArray[np.complex128]

#: Points of the sequence: a power of two for each element, within limits.
PER_ELEMENT, FEWEST, MOST = 256, 256, 2048
#: How far times are sought beyond the window of the data, and sizes of elements within a branch, as factors.
BEYOND, SPREAD = 10.0, 30.0
#: Exponents are sought above this one.
LEAST_EXPONENT = 0.5
#: Points that are followed for a while, and of those the ones that are followed to the end.
FOLLOWED, FINISHED = 16, 3
#: The search stays within these factors of sizes and times that the data show: beyond them nothing changes any more.
BEYOND_Z, BEYOND_TIME = 1e6, 1e4


def started(
    circuit: Circuit,
    frequency: Reals,
    impedance: Complexes,
    weighting: Weighting | None = None,
    bounds: Mapping[str, tuple[float, float]] | None = None,
) -> Circuit:
    """Return the circuit with values for its unknown numbers that suit a spectrum, to begin a fit with.

    Parameters
    ----------
    circuit : Circuit
        What it knows stays as it is.
    frequency, impedance : ndarray
        [Hz], [ohm].
    weighting : Weighting, optional
        `Modulus` by default.
    bounds : mapping, optional
        Path to limits [SI] of unknown numbers.

    Examples
    --------
    >>> import numpy as np
    >>> f = np.geomspace(1e6, 0.1, 60)
    >>> truth = Circuit("R0-p(R1,C1)", {"R0": 10, "R1": 90, "C1": 1e-6})
    >>> found = started(Circuit("R0-p(R1,C1)"), f, truth.impedance(f))
    >>> {path: float(f"{value:.4g}") for path, value in found.values.items()}
    {'R0': 10.0, 'R1': 90.0, 'C1': 1e-06}
    """
    if not circuit.unknown:
        return circuit
    search = Search(circuit, frequency, impedance, 1 / (weighting or Modulus()).interleaved(impedance), bounds or {})
    best = search.best()
    found = circuit.with_(dict(zip(search.paths, search.values(best.x).tolist(), strict=True)))
    # a decade beyond the data: the top of an arc may lie outside
    wide = np.asarray(2j * np.pi * np.geomspace(frequency.min() / 10, frequency.max() * 10, 200), dtype=complex)
    free, numbers = set(circuit.unknown) - set(bounds or {}), [float(value) for value in found.values.values()]
    # Branches in series that are alike are exchanged, so that the fastest is written first, as people do.
    alike: dict[str, list[tuple[float, list[str]]]] = {}
    for part in found.network.branches:
        paths = [path for leaf in part.leaves() for path in leaf.paths]
        if free.issuperset(paths):
            with np.errstate(all="ignore"):
                # the frequency at which it deviates most from a resistance, whatever its elements are
                top = int(np.argmax(-part.evaluate(wide, numbers).z.imag))
            alike.setdefault(part.shape, []).append((-float(wide[top].imag), paths))
    changes: dict[str | tuple[str, ...], float] = {}
    for branches in alike.values():
        # sorted is stable: branches that are equally fast keep the order in which they are written
        for (_, old), (_, new) in zip(sorted(branches, key=lambda branch: branch[0]), branches, strict=True):
            changes |= {b: float(found.values[a]) for a, b in zip(old, new, strict=True)}
    return found.with_(changes)


class Search:
    """Least squares of a circuit and one spectrum from many starts, in coordinates of its own.

    Numbers between 0 and 1 are their own coordinates, all others are sought in the logarithm.

    Parameters
    ----------
    circuit : Circuit
        Its unknown numbers are sought.
    frequency, impedance, weight : ndarray
        [Hz], [ohm], 1/[ohm] of real and imaginary part of each point in turn.
    bounds : mapping
        Path to limits [SI], narrower than those of the element.
    """

    def __init__(
        self,
        circuit: Circuit,
        frequency: Reals,
        impedance: Complexes,
        weight: Reals,
        bounds: Mapping[str, tuple[float, float]],
    ) -> None:
        self.paths = circuit.unknown
        self._circuit, self._z, self._weight = circuit, impedance, weight
        self._s: Complexes = np.asarray(2j * np.pi * frequency, dtype=complex)
        self._log = np.array([not circuit.field(path).is_share for path in self.paths])
        omega, size = 2 * np.pi * frequency, np.abs(impedance)
        # beyond these times an element looks like a resistance or a capacitance at every point of the data
        self._window = np.log([1 / (BEYOND * omega.max()), BEYOND / omega.min()])
        # the geometric mean: of a spectrum over decades the arithmetic one is the size of the slowest points
        self._size = float(np.exp(np.log(size).mean()))
        limits = [self._limits(path, bounds, omega, size) for path in self.paths]
        self.bounds = (np.array([low for low, _ in limits]), np.array([high for _, high in limits]))
        sources = [self.paths.index(path) if path in self.paths else -1 for path in circuit.paths()]
        self.block = CircuitBlock(0, circuit, sources, len(self.paths), frequency, impedance, weight)

    def _limits(
        self, path: str, bounds: Mapping[str, tuple[float, float]], omega: Reals, size: Reals
    ) -> tuple[float, float]:
        """Limits of a coordinate: those given, those of the element, and where it has no influence any more."""
        what = self._circuit.field(path)
        low, high = np.array([what.limits, bounds.get(path, (-np.inf, np.inf))]).T
        narrow = float(low.max()), float(high.min())
        if what.is_share:
            # with an exponent of 0 an element is one more resistance, which nothing tells from the others
            return max(narrow[0], 1e-3), narrow[1]
        ends = [
            what_size
            # a product of powers is smallest and largest at corners of the box of sizes, times and exponents
            for z in (size.min() / BEYOND_Z, size.max() * BEYOND_Z)
            for t in (1 / (omega.max() * BEYOND_TIME), BEYOND_TIME / omega.min())
            for n in (LEAST_EXPONENT, 1.0)
            for what_size in [_natural(what, z, t, dict.fromkeys(("n", "m"), n))]
        ]
        inside = [float(np.clip(end, *narrow)) for end in (min(ends), max(ends))]
        # a limit of 0 has no logarithm
        return float(np.log(max(inside[0], 1e-300))), float(np.log(inside[1]))

    # -- coordinates --------------------------------------------------------------------------------------------------
    def values(self, x: Reals) -> Reals:
        """Values [SI] at coordinates."""
        return np.where(self._log, np.exp(np.where(self._log, x, 0.0)), x)

    def coordinates(self, values: Reals) -> Reals:
        """Coordinates of values, within the bounds."""
        with np.errstate(divide="ignore"):
            # the inner choice keeps exponents, which may be 0, out of the logarithm that np.where computes anyway
            found = np.where(self._log, np.log(np.where(self._log, values, 1.0)), values)
        return np.clip(found, *self.bounds)

    def residuals(self, x: Reals) -> Reals:
        """Weighted deviations."""
        return self.block.residuals(self.values(x))

    def jacobian(self, x: Reals) -> Reals:
        """Their derivatives by the coordinates."""
        values = self.values(x)
        return self.block.jacobian(values) * np.where(self._log, values, 1.0)

    def followed(self, x: Reals, evaluations: int, tolerance: float, free: NDArray[np.bool_] | None = None) -> Minimum:
        """Minimum that is reached from a start, all but the `free` coordinates held.

        Raises
        ------
        FloatingPointError
            If it runs to where derivatives are not finite.
        """
        free = np.full(x.size, True) if free is None else free

        def whole(part: Reals) -> Reals:
            full = x.copy()
            full[free] = part
            return full

        low, high = self.bounds
        found = least_squares(
            lambda part: self.residuals(whole(part)),
            lambda part: self.jacobian(whole(part))[:, free],
            x[free],
            (low[free], high[free]),
            max_evaluations=evaluations,
            tolerance=tolerance,
        )
        return Minimum(whole(found.x), found.cost, found.residuals, found.jacobian, found.evaluations, found.converged)

    def best(self) -> Minimum:
        """The best minimum from the most promising of many starts."""
        found = []
        for values in self.promising():
            try:
                # a short and rough search tells good starts from bad ones; only those worth it are followed to the end
                found.append(self.followed(self.coordinates(values), 40, 1e-5))
            except (FloatingPointError, ValueError):  # it starts, or runs, where the circuit has no finite impedance
                continue
        if not found:
            raise InputError(f"no start was found for {self._circuit}: give values to some of {', '.join(self.paths)}.")
        found.sort(key=lambda item: item.cost)
        return min((self.followed(item.x, 150, 1e-8) for item in found[:FINISHED]), key=lambda item: item.cost)

    # -- where to begin -----------------------------------------------------------------------------------------------
    def promising(self) -> Reals:
        """Values [SI] of the unknown numbers at the best points of the sequence, shape (points, numbers)."""
        numbers = self._drawn()
        branches = self._branches()
        with np.errstate(all="ignore"):
            shapes = np.stack(
                [np.broadcast_to(b.node.evaluate(self._s, numbers).z, self._shape(numbers)) for b in branches]
            )
        # overflow of a start far from the data is no error: _scaled leaves such points out
        scales, costs = self._scaled(shapes, [branch.scales for branch in branches])
        for branch, scale in zip(branches, scales.T, strict=True):
            if branch.scales:
                # never 0: in the logarithm a branch of no size could not come back
                self._multiply(numbers, branch, np.maximum(scale, scale.max() * 1e-6)[:, np.newaxis])
        order = np.argsort(costs)[:FOLLOWED]
        places = {path: k for k, path in enumerate(self._circuit.paths())}
        return np.stack(
            [np.broadcast_to(numbers[places[path]], (len(costs), 1))[order, 0] for path in self.paths], axis=1
        )

    def _shape(self, numbers: list[Reals]) -> tuple[int, int]:
        return max(item.shape[0] for item in numbers), self._s.size

    def _drawn(self) -> list[Reals]:
        """Every number of the circuit at all points of the sequence, shape (points, 1); of known ones the value."""
        from scipy.stats import qmc

        leaves = self._circuit.leaves
        count = int(np.clip(PER_ELEMENT * 2 ** int(np.ceil(np.log2(len(leaves)))), FEWEST, MOST))
        dimensions = sum(2 + sum(not field.unit for field in leaf.fields) for leaf in leaves)
        # not scrambled: a fit must give the same result twice; the first point, all zeros, is left out
        drawn = iter(qmc.Sobol(dimensions, scramble=False).random(2 * count)[1 : count + 1].T[..., np.newaxis])
        numbers: list[Reals] = []
        for leaf in leaves:
            size = self._size * SPREAD ** (2 * next(drawn) - 1)
            time = np.exp(self._window[0] + next(drawn) * np.ptp(self._window))
            own: dict[str, Reals] = {}
            for field in (item for item in leaf.fields if not item.unit):
                low, high = field.limits
                u = next(drawn)
                own[field.name] = (
                    max(low, LEAST_EXPONENT) + u * (high - max(low, LEAST_EXPONENT))
                    if field.is_share
                    else 10 ** (2 * u - 1)
                )
            for path, field in zip(leaf.paths, leaf.fields, strict=True):
                known = self._circuit.values.get(path)
                value = _natural(field, size, time, own) if known is None else np.full((1, 1), float(known))
                numbers.append(np.asarray(value, dtype=float))
        return numbers

    def _branches(self) -> list[_Branch]:
        return [_Branch(node, self._is_free(node)) for node in self._circuit.network.branches]

    def _is_free(self, node: Node) -> bool:
        """Whether its impedance can be scaled: no number that sets it is known."""
        return not any(
            path in self._circuit.values and field.powers({"n": 1.0, "m": 1.0})[0] != 0
            for leaf in node.leaves()
            for path, field in zip(leaf.paths, leaf.fields, strict=True)
        )

    def _scaled(self, shapes: Complexes, free: list[bool]) -> tuple[Reals, Reals]:
        """Best sizes (points, branches) of the branches at every point, and the squares that are left."""
        from scipy.optimize import nnls

        free_ones = np.array(free)
        weighted = np.ascontiguousarray(np.swapaxes(shapes, 0, 1)).view(float) * self._weight
        left = np.ascontiguousarray(self._z).view(float) * self._weight - weighted[:, ~free_ones].sum(axis=1)
        lengths = np.sqrt((weighted[:, free_ones] ** 2).sum(axis=2))
        # columns of unit length: branches may differ by decades, and a solver has one tolerance for all
        lengths[lengths == 0] = 1.0
        columns = np.swapaxes(weighted[:, free_ones] / lengths[..., np.newaxis], 1, 2)
        sound = np.isfinite(columns).all(axis=(1, 2)) & np.isfinite(left).all(axis=1)
        # zeros in their place spoil nothing; that such a start is worth nothing its cost says below
        columns[~sound], left[~sound] = 0.0, 0.0
        # the triangular factor has a row for each branch only: what is left of the search is cheap
        q, r = np.linalg.qr(columns)
        projected = (np.swapaxes(q, 1, 2) @ left[..., np.newaxis])[..., 0]
        costs = (left**2).sum(axis=1) - (projected**2).sum(axis=1)
        costs[~sound] = np.inf
        scales = np.ones(weighted.shape[:2])
        # costs are now those of sizes that may be negative, which no other sizes undercut: only the best are worked out
        best: list[float] = []
        for point in np.argsort(costs):
            if not sound[point] or (len(best) >= FOLLOWED and sorted(best)[FOLLOWED - 1] <= costs[point]):
                costs[point] = np.inf
                continue
            found, rest = nnls(r[point], projected[point])
            scales[point, free_ones] = found / lengths[point]
            costs[point] += rest**2
            best.append(float(costs[point]))
        return scales, costs

    def _multiply(self, numbers: list[Reals], branch: _Branch, scale: Reals) -> None:
        """Give the impedance of a branch another size: every number changes by the power of ohm in its unit."""
        for leaf in branch.node.leaves():
            # taken before the loop changes any: a power may depend on the exponent of the same element
            own = {field.name: numbers[leaf.first + k] for k, field in enumerate(leaf.fields)}
            for k, field in enumerate(leaf.fields):
                power = field.powers(own)[0]
                numbers[leaf.first + k] = numbers[leaf.first + k] * scale**power


@dataclass(frozen=True)
class _Branch:
    """One of the parts in series, and whether its size is free."""

    node: Node
    scales: bool


def _natural(field: Field, size: float | Reals, time: float | Reals, own: Mapping[str, float | Reals]) -> Reals:
    """Value of a number whose element has some impedance and some time constant."""
    if not field.unit:
        return np.asarray(own[field.name])
    ohms, seconds = field.powers(own)
    return np.asarray(size**ohms * time**seconds)
