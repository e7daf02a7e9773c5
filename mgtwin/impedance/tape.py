r"""Formulas as lists of operations: carried out once by the formulas themselves, then repeated with other numbers.

The algebra of a spectrum of 50 points costs less than finding out which it is. So numbers that remember what is done
with them (`Traced`) go through it once; the list of operations gives the same bits, and, read backwards, the
derivatives by all numbers for about the price of two values: with :math:`\bar v = \partial Z/\partial v` for every
intermediate result v,

.. math:: \bar a \mathrel{+}= \bar v\,\frac{\partial v}{\partial a} \quad\text{for each argument a of v}

(reverse accumulation; Griewank and Walther, Evaluating Derivatives, SIAM 2008, chapter 3). All of it is analytic, so
that complex numbers need nothing else, and elementwise, so that nothing is summed over frequencies.

A comparison may decide which operations follow. Its answer is part of the list: where another number answers otherwise,
the list does not hold and says so. What cannot be repeated (a number made a float, an iteration) refuses to be traced.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from ..kinds.numbers import is_number
from .links import Array

__all__ = ["Tape", "Traced", "Untraceable", "in_pairs"]

_Function = Callable[..., Array]

#: Slopes by the arguments from the result and the arguments; None where it is 1.
_SLOPES: Mapping[object, tuple[_Function | None, ...]] = {
    np.add: (None, None),
    np.subtract: (None, lambda r, a, b: -1.0),
    np.multiply: (lambda r, a, b: b, lambda r, a, b: a),
    np.true_divide: (lambda r, a, b: 1 / b, lambda r, a, b: -r / b),
    np.power: (lambda r, a, b: b * r / a, lambda r, a, b: r * np.log(a)),
    np.negative: (lambda r, a: -1.0,),
    np.square: (lambda r, a: 2 * a,),
    np.sqrt: (lambda r, a: 0.5 / r,),
    np.exp: (lambda r, a: r,),
    np.expm1: (lambda r, a: r + 1,),
    np.log: (lambda r, a: 1 / a,),
    np.log1p: (lambda r, a: 1 / (1 + a),),
    np.sin: (lambda r, a: np.cos(a),),
    np.cos: (lambda r, a: -np.sin(a),),
    np.sinh: (lambda r, a: np.cosh(a),),
    np.cosh: (lambda r, a: np.sinh(a),),
    np.tanh: (lambda r, a: 1 - r * r,),
    np.where: (None, lambda r, yes, a, b: np.where(yes, 1.0, 0.0), lambda r, yes, a, b: np.where(yes, 0.0, 1.0)),
}


#: Function and position of an argument -> the number that changes nothing there.
_NEUTRAL: Mapping[object, float] = {
    **{(np.add, 0): 0.0, (np.add, 1): 0.0, (np.subtract, 1): 0.0},
    **{(np.multiply, 0): 1.0, (np.multiply, 1): 1.0, (np.true_divide, 1): 1.0},
}


class Untraceable(Exception):
    """Something is done with a number that a list of operations cannot repeat."""


class _Step(NamedTuple):
    """One operation: what is carried out, where its arguments lie, and where its result goes."""

    function: _Function
    arguments: tuple[int, ...]
    #: -1 of a comparison, which has an answer instead.
    target: int
    answer: Array
    #: Place and slope of every argument that depends on the numbers.
    slopes: tuple[tuple[int, _Function | None], ...]


class Tape:
    """The operations by which a formula makes a result of some numbers.

    Parameters
    ----------
    formula : callable
        Called with as many numbers, which are traced.
    numbers : sequence of float
        With which it is carried out.

    Raises
    ------
    Untraceable
        Where it does something that cannot be repeated.

    Examples
    --------
    >>> tape = Tape(lambda a, b: a * np.exp(b), [1.0, 2.0])
    >>> places = tape.repeated([3.0, 0.0])
    >>> float(tape.result(places)), [float(slope) for slope in tape.slopes(places)]
    (3.0, [1.0, 3.0])
    """

    def __init__(self, formula: _Function, numbers: Sequence[Array]) -> None:
        self._values: list[Array] = list(numbers)
        self._depends = [True] * len(numbers)
        self._steps: list[_Step] = []
        self._count = len(numbers)
        try:
            self._place = self._placed(formula(*(Traced(self, place) for place in range(self._count))))
        except (TypeError, AttributeError) as error:
            raise Untraceable from error
        #: Constants where they lie, and nothing where results go.
        self._blank = [None if depends else v for v, depends in zip(self._values, self._depends, strict=True)]
        self._values.clear()

    # -- recording -----------------------------------------------------------------------------------------------------
    def value(self, place: int) -> Array:
        """What lies at a place while the formula is carried out."""
        return self._values[place]

    def _placed(self, argument: Array) -> int:
        """Where an argument lies."""
        match argument:
            case Traced(tape=tape, place=place) if tape is self:
                return place
        return self._put(argument, False)

    def _put(self, value: Array, depends: bool) -> int:
        self._values.append(value)
        self._depends.append(depends)
        return len(self._values) - 1

    def done(self, function: _Function, arguments: Sequence[Array]) -> Array:
        """Carry out an operation and note it, unless it changes nothing; comparisons give their answer.

        Raises
        ------
        Untraceable
            Of an operation without a slope.
        """
        for number, argument in enumerate(arguments if len(arguments) == 2 else ()):
            if is_number(argument) and argument == _NEUTRAL.get((function, number)):
                return arguments[1 - number]
            if is_number(argument) and argument == 0 and function is np.multiply:
                return 0.0
        places = tuple(map(self._placed, arguments))
        result = function(*(self._values[place] for place in places))
        if np.asarray(result).dtype == bool:
            same = np.all(result) if np.all(result) == np.any(result) else np.asarray(result)
            self._steps.append(_Step(function, places, -1, same, ()))
            return result
        if function not in _SLOPES:
            raise Untraceable(function)
        return self.noted(function, places, result, _SLOPES[function])

    def noted(
        self, function: _Function, places: tuple[int, ...], result: Array, slopes: Sequence[_Function | None]
    ) -> Traced:
        """A result of an operation, which is noted; without slopes nothing is differentiated through it."""
        moving = tuple((place, slope) for place, slope in zip(places, slopes, strict=False) if self._depends[place])
        target = self._put(result, bool(slopes))
        self._steps.append(_Step(function, places, target, None, moving))
        return Traced(self, target)

    # -- repeating -----------------------------------------------------------------------------------------------------
    def repeated(self, numbers: Sequence[Array]) -> list[Array] | None:
        """All intermediate results with other numbers; None where a comparison answers otherwise."""
        found = self._blank.copy()
        found[: self._count] = numbers
        at = found.__getitem__
        for function, arguments, target, answer, _ in self._steps:
            result = function(*map(at, arguments))
            if target >= 0:
                found[target] = result
            # what was the same of all numbers is asked of any shape of them, such as other frequencies
            elif not ((result == answer).all() if answer.ndim == 0 else np.array_equal(result, answer)):
                return None
        return found

    def result(self, found: Sequence[Array]) -> Array:
        """The result among intermediate ones."""
        return found[self._place]

    def slopes(self, found: Sequence[Array]) -> list[Array]:
        """Its derivatives by all numbers."""
        slopes: list[Array] = [None] * len(found)
        slopes[self._place] = 1.0
        for _, arguments, target, _, moving in reversed(self._steps):
            here = slopes[target] if target >= 0 else None
            if here is None:
                continue
            given = [found[place] for place in arguments]
            for place, slope in moving:
                term = here if slope is None else here * slope(found[target], *given)
                slopes[place] = term if slopes[place] is None else slopes[place] + term
        return [0.0 if slope is None else slope for slope in slopes[: self._count]]


class Traced(np.lib.mixins.NDArrayOperatorsMixin):
    """A number, or an array, that notes on a tape what is done with it."""

    def __init__(self, tape: Tape, place: int) -> None:
        self.tape, self.place = tape, place

    def __array_ufunc__(self, ufunc: _Function, method: str, *given: Array, **options: Array) -> Array:
        if method != "__call__" or options:
            raise Untraceable(method)
        return self.tape.done(ufunc, given)

    def __array_function__(self, function: _Function, types: Array, given: Sequence[Array], options: Array) -> Array:
        if options or function not in (np.ndim, np.shape, np.size, np.where):
            raise Untraceable(function)
        if function is not np.where:
            return function(self.tape.value(self.place))
        chosen, yes, _ = given
        if np.all(chosen) and np.shape(yes) == np.broadcast_shapes(*map(np.shape, given)):
            return yes
        return self.tape.done(np.where, given)

    def __array__(self, *given: Array, **options: Array) -> Array:
        raise Untraceable("an array")

    def __bool__(self) -> bool:
        raise Untraceable("whether it is true")

    def __float__(self) -> float:
        raise Untraceable("a float")


def in_pairs(*slopes: _Function) -> Callable[[_Function], _Function]:
    """Make a function of one argument with two results a single operation, with the slopes of both.

    Parameters
    ----------
    *slopes : callable
        Of each result, from both and the argument.
    """

    def decorator(function: _Function) -> _Function:
        def one(number: int) -> _Function:
            return lambda pair, argument: pair[number]

        def by_argument(slope: _Function) -> _Function:
            return lambda result, pair, argument: slope(*pair, argument)

        # of the pair itself they are pieces, through which nothing is differentiated
        parts = [(one(number), (None, by_argument(slope))) for number, slope in enumerate(slopes)]

        def called(argument: Array) -> tuple[Array, ...]:
            match argument:
                case Traced(tape=tape, place=place):
                    results = function(tape.value(place))
                    pair = tape.noted(function, (place,), results, ()).place
                    return tuple(
                        tape.noted(part, (pair, place), result, rule)
                        for (part, rule), result in zip(parts, results, strict=True)
                    )
            return function(argument)

        return called

    return decorator
