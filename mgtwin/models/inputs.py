"""Which numbers of a cell a model takes as inputs, and what it makes of them."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from itertools import compress

import casadi
import numpy as np
import pybamm

from ..cells import Cell, expand
from ..cells.paths import parts_of
from ..cells.reader import Reader
from ..cells.rest import starting_potentials
from ..errors import InputError
from ..kinds.numbers import Number, is_symbol
from ..kinds.own import Own
from ..plain import is_number
from . import names

__all__ = ["check_materials", "function_of", "input_paths", "is_phase_fraction", "rest_values"]


def check_materials(cell: Cell, inputs: Mapping[str, str]) -> None:
    """Refuse ions that do not percolate, and an input that would leave a sum of fractions other than 1."""
    for layer in cell.layers:
        path, material = f"layers.{layer.name}.material", layer.material
        material.ionic(Own(Reader(cell), path, cell.temperature), np.array(material.positions))
        fractions = [given for given in inputs if given.startswith(f"{path}.") and is_phase_fraction(given)]
        if fractions and all(phase.fraction is not None for phase in cell.get(f"{path}.phases")):
            raise InputError(
                f"{fractions[0]} cannot become an input, for then the fractions would no longer add up to 1. Leave the "
                f"fraction of one phase out: it is then what remains."
            )


def is_phase_fraction(path: str) -> bool:
    """Whether a number is (of) the fraction of a phase, which make a sum."""
    return ".material.phases." in path and ".fraction" in path


def function_of(function: Callable[..., Number], arguments: Sequence[Number]) -> Number:
    """A function that iterates as one symbol, where some of its arguments are symbols."""
    symbolic = [isinstance(argument, pybamm.Symbol) for argument in arguments]
    symbols = list(compress(arguments, symbolic))
    if not symbols:
        return function(*arguments)

    def evaluated(*given: Number) -> Number:
        # PyBaMM tries the shapes of expressions with NaN: of it an iteration may make 0, by which it would divide
        if any(is_number(value) and np.isnan(value) for value in given):
            return np.nan
        values = iter(given)
        whole = [next(values) if moves else part for part, moves in zip(arguments, symbolic, strict=True)]
        with warnings.catch_warnings():  # CasADi announces that NumPy's functions will return other types one day
            warnings.simplefilter("ignore", FutureWarning)
            if not all(is_symbol(value) and np.shape(value) == (1, 1) for value in whole):
                return function(*whole)
            # written out once for all that call it: a host has one in every slice
            return _compiled(function, len(whole))(*whole)

    return pybamm.Function(evaluated, *symbols)


@lru_cache(maxsize=64)
def _compiled(function: Callable[..., Number], arguments: int) -> casadi.Function:
    symbols = [casadi.MX.sym(f"x{k}") for k in range(arguments)]
    return casadi.Function("iterated", symbols, [function(*symbols)])


def input_paths(cell: Cell, inputs: Sequence[str | tuple[str, ...]]) -> dict[str, str]:
    """Concrete path -> name of the PyBaMM input that drives it."""
    result: dict[str, str] = {}
    for key in inputs:
        name = ", ".join(parts_of(key))
        for path in expand(cell, key):
            if not isinstance(cell.get(path), float):
                raise InputError(f"{path} is {cell.get(path)!r}, not a number: it cannot become an input.")
            if path in result:
                raise InputError(f"{path} is named twice among the inputs ({result[path]!r} and {name!r}).")
            result[path] = name
    return result


def rest_values(cell: Cell) -> dict[str, float]:
    """Potentials at rest by the names that they have as inputs: E0 of every layer, eta of both electrodes (§3.1)."""
    rest = starting_potentials(cell)
    layers = {layer.name: value for layer, value in zip(cell.layers, rest.layers, strict=True)}
    known = {**layers, "negative": rest.negative, "positive": rest.positive}
    return {names.at_rest(name): 0.0 if value is None else float(value) for name, value in known.items()}
