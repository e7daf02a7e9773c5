r"""Linear programs of observations: can they hold together, the proof where not, and what the others say of each.

Unknowns :math:`x \ge 0`, rows :math:`aD(x) \le N(x) \le bD(x)` of `Quotient` readouts, and what holds in any case. A
set of rows cannot hold together where multipliers :math:`y \ge 0` of its inequalities :math:`Ax + c \le 0` give
:math:`y^TA \ge 0` and :math:`y^Tc > 0` (Farkas): nobody has to believe the solver. What the others leave of a quotient
is a linear program, too, with :math:`D(x) = 1` (Charnes and Cooper, doi 10.1002/nav.3800090303).
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from ..analysis.linear import Quotient, Sum
from ..analysis.metrics import shown
from ..errors import InputError

__all__ = ["Always", "LinearRow", "Program", "Range"]

Reals = NDArray[np.float64]
#: Largest violation, relative to the numbers of a row, of what still counts as held.
SLACK = 1e-8
#: Share of the largest multiplier below which one is rounding.
ROUNDING = 1e-9
_OPTIONS = {"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10}


@dataclass(frozen=True)
class Always:
    """A sum of unknowns that is never positive, and why; `row` names the row that claims it, if one does."""

    negative: Sum
    why: str
    row: str = ""


@dataclass(frozen=True)
class LinearRow:
    """Quotients (one per temperature) of which each lies between two numbers.

    Attributes
    ----------
    name : str
    quotients : tuple of Quotient
    low, high : float
    unit : str
        SI unit of the numbers.
    """

    name: str
    quotients: tuple[Quotient, ...]
    low: float
    high: float
    unit: str = ""

    def said(self, sign: str) -> str:
        """Return one of its inequalities, ``>=`` or ``<=``, with the number."""
        return f"{self.name} {sign} {shown(self.low if sign == '>=' else self.high, self.unit, 5)}"

    def inequalities(self) -> Iterator[tuple[Sum, str]]:
        """What it says: sums that are not positive, and in words."""
        for quotient in self.quotients:
            if self.low > 0:
                yield self.low * quotient.denominator - quotient.factor[1] * quotient.numerator, ">="
            if self.high < math.inf:
                yield quotient.factor[0] * quotient.numerator - self.high * quotient.denominator, "<="

    def narrowed(self, share: float) -> LinearRow:
        """Return the row with a share of its interval taken off, half at each end; one-sided intervals stay."""
        if not 0 < self.low <= self.high < math.inf:
            return self
        cut = (self.high / self.low) ** (share / 2)
        return replace(self, low=self.low * cut, high=self.high / cut)


@dataclass(frozen=True)
class Range:
    """What other rows leave of one, and which inequalities make either end.

    Attributes
    ----------
    low, high : float
    low_from, high_from : tuple of str
        Rows with their direction, and what holds in any case.
    """

    low: float
    high: float
    low_from: tuple[str, ...] = ()
    high_from: tuple[str, ...] = ()


@dataclass(frozen=True)
class Program:
    """Rows that may be wrong, and what holds in any case.

    Parameters
    ----------
    rows : sequence of LinearRow
    always : sequence of Always

    Examples
    --------
    >>> rho = Quotient(Sum(1.0), Sum.of("rho"))
    >>> program = Program((LinearRow("one", (rho,), 1.0, 2.0), LinearRow("other", (rho,), 3.0, 4.0)), ())
    >>> sorted(program.contradiction(["one", "other"]))
    ['one <=', 'other >=']
    >>> round(program.range("one", ["other"]).low, 9)
    3.0
    """

    rows: Sequence[LinearRow]
    always: Sequence[Always]
    _built: dict[str, object] = field(default_factory=dict, repr=False, compare=False)

    def _matrix(self) -> tuple[Reals, Reals, list[str], NDArray[np.str_], Reals]:
        """A and c scaled, what each inequality is, the row that it belongs to (``""``: none), scales of unknowns."""
        if "matrix" not in self._built:
            said = [(item.row, item.negative, item.why) for item in self.always]
            said += [(row.name, sum_, f"{row.name} {sign}") for row in self.rows for sum_, sign in row.inequalities()]
            unknowns = sorted({name for _, sum_, _ in said for name in sum_.terms} | self._asked())
            place = {name: k for k, name in enumerate(unknowns)}
            matrix = np.zeros((len(said), len(unknowns) + 1))
            for line, (_, sum_, _) in zip(matrix, said, strict=True):
                line[-1] = sum_.constant
                for name, value in sum_.terms.items():
                    line[place[name]] = value
            # resistivities of one paper span ten decades: the solver's tolerances are absolute
            columns = np.ones(len(unknowns) + 1)
            for _ in range(8):
                matrix /= _size(matrix, 1)[:, None]
                scale = _size(matrix, 0)
                scale[-1] = 1.0
                matrix, columns = matrix / scale, columns / scale
            matrix /= np.abs(matrix).max(axis=1, initial=1e-300)[:, None]
            owners = np.array([owner for owner, _, _ in said], dtype=str)
            self._built["matrix"] = (matrix[:, :-1], matrix[:, -1], [why for *_, why in said], owners, columns[:-1])
            self._built["place"] = place
        return self._built["matrix"]  # type: ignore[return-value]

    def _asked(self) -> set[str]:
        quotients = [quotient for row in self.rows for quotient in row.quotients]
        return {name for one in quotients for sum_ in (one.numerator, one.denominator) for name in sum_.terms}

    def contradiction(self, names: Collection[str]) -> Mapping[str, float]:
        """Return the multipliers that prove that rows cannot hold together; empty where they can.

        Raises
        ------
        InputError
            What holds in any case cannot hold together.
        """
        from scipy.optimize import linprog

        matrix, constant, why, owners, _ = self._matrix()
        chosen = np.isin(owners, ["", *names])
        soft = (owners[chosen] != "").astype(float)
        if not soft.any():
            return {}
        lines, numbers = matrix[chosen], constant[chosen]
        # a common slack of all rows: the least is zero where they hold, and its multipliers are the proof where not
        found = linprog(
            np.append(np.zeros(lines.shape[1]), 1.0), np.column_stack([lines, -soft]), -numbers,
            bounds=(0, None), method="highs", options=_OPTIONS,
        )  # fmt: skip
        if found.status == 2:
            raise InputError(
                "what holds in any case, whatever was observed, cannot hold together: check the bounds of what is free."
            )
        if found.fun <= SLACK:
            return {}
        factors = -found.ineqlin.marginals
        factors[factors < ROUNDING * factors.max()] = 0.0
        # the proof is checked, not believed
        left, error = factors @ lines, 1e-7 * (factors @ np.abs(lines))
        if not (left >= -error - 1e-12).all() or not factors @ numbers > 0:
            raise ArithmeticError("the solver's proof of a contradiction does not hold.")
        labels = [text for text, one in zip(why, chosen, strict=True) if one]
        return {text: float(value) for text, value in zip(labels, factors, strict=True) if value > 0}

    def point(self, names: Collection[str]) -> Mapping[str, float]:
        """Return the unknowns at a point where rows hold, far from the ends of their intervals.

        Raises
        ------
        InputError
            There is none.
        """
        from scipy.optimize import linprog

        matrix, constant, _, owners, columns = self._matrix()
        chosen = np.isin(owners, ["", *names])
        soft = (owners[chosen] != "").astype(float)
        found = linprog(
            np.append(np.zeros(matrix.shape[1]), -1.0), np.column_stack([matrix[chosen], soft]), -constant[chosen],
            bounds=[(0, None)] * matrix.shape[1] + [(0, 0.1)], method="highs", options=_OPTIONS,
        )  # fmt: skip
        if found.status != 0:
            raise InputError(f"{', '.join(sorted(names))} cannot hold together.")
        place: Mapping[str, int] = self._built["place"]  # type: ignore[assignment]
        return {name: float(found.x[k] * columns[k]) for name, k in place.items()}

    def range(self, name: str, names: Iterable[str], *, claims: bool = False) -> Range:
        """Return what other rows leave of the quotients of a row; NaN where nothing satisfies them.

        With `claims` what else the row claims (a plateau) stays; only its interval goes.
        """
        row = next(item for item in self.rows if item.name == name)
        matrix = self._matrix()
        chosen = np.isin(matrix[3], ["", *(other for other in names if other != name)])
        chosen[: len(self.always)] |= claims & (matrix[3][: len(self.always)] == name)
        ends = [self._extremes(quotient, chosen) for quotient in row.quotients]
        # every quotient has to lie in the interval: the tightest range is what decides
        low, high = max(ends, key=lambda item: item.low), min(ends, key=lambda item: item.high)
        return Range(low.low, high.high, low.low_from, high.high_from)

    def _extremes(self, quotient: Quotient, chosen: NDArray[np.bool_]) -> Range:
        from scipy.optimize import linprog

        matrix, constant, why, _, columns = self._matrix()
        place: Mapping[str, int] = self._built["place"]  # type: ignore[assignment]
        labels = [text for text, one in zip(why, chosen, strict=True) if one]
        above, below = np.zeros((2, len(columns) + 1))
        for line, sum_ in ((above, quotient.numerator), (below, quotient.denominator)):
            line[-1] = sum_.constant
            for unknown, value in sum_.terms.items():
                line[place[unknown]] = value * columns[place[unknown]]
        over, under = np.abs(above).max() or 1.0, np.abs(below).max() or 1.0
        ends: list[tuple[float, tuple[str, ...]]] = []
        for sign, factor in ((1, quotient.factor[0]), (-1, quotient.factor[1])):
            found = linprog(
                sign * above / over, np.column_stack([matrix, constant])[chosen], np.zeros(chosen.sum()),
                below[None] / under, [1.0], bounds=(0, None), method="highs", options=_OPTIONS,
            )  # fmt: skip
            if found.status == 3:
                ends.append((sign * -math.inf, ()))
                continue
            if found.status != 0:
                ends.append((math.nan, ()))
                continue
            used = -found.ineqlin.marginals
            which = np.flatnonzero(used > ROUNDING * max(used.max(initial=0.0), 1e-300))
            value = sign * found.fun * over / under if abs(found.fun) > 1e-12 else 0.0
            ends.append((float(value * factor), tuple(labels[k] for k in which)))
        (low, low_from), (high, high_from) = ends
        return Range(low, high, low_from, high_from)

    def narrowed(self, share: float) -> Program:
        """Return the program with intervals that are narrower by a share."""
        return Program([row.narrowed(share) for row in self.rows], self.always)


def _size(matrix: Reals, axis: int) -> Reals:
    """Geometric mean of the smallest and largest number that is not zero."""
    size = np.abs(matrix)
    largest = size.max(axis=axis, initial=0.0)
    smallest = np.where(size > 0, size, np.inf).min(axis=axis, initial=np.inf)
    return np.where(largest > 0, np.sqrt(largest * np.where(np.isfinite(smallest), smallest, 1.0)), 1.0)
