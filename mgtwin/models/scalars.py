"""Derivatives of CasADi's vector expressions by their form in scalars."""

from __future__ import annotations

import casadi
import numpy as np

__all__ = ["jacobian_in_scalars"]


def jacobian_in_scalars(expression: casadi.MX, y: casadi.MX) -> casadi.MX | None:
    """Jacobian of an expression by y, the same as CasADi's to rounding; None where it has no scalar form.

    With numbers as inputs CasADi's derivative of the vector expression has tens of thousands of nodes and takes forty
    times as long to evaluate.
    """
    if not expression.numel():
        return None
    symbols = casadi.symvar(casadi.veccat(expression, y))
    try:
        scalars = casadi.Function("expression", symbols, [expression, y]).expand()
    except RuntimeError:  # of a function such as an interpolation
        return None
    given = [casadi.SX.sym(symbol.name(), symbol.sparsity()) for symbol in symbols]
    values, states = scalars.call(given)
    # Few rows have many entries (the voltage, what is imposed), few columns as well (the current): with all rows at
    # once there would be as many sweeps as columns, in these two parts there are a handful.
    entries = np.diff(casadi.jacobian_sparsity(values, states).T.colind())
    dense = entries > 10 + 4 * np.median(entries)
    rows = [np.flatnonzero(part).tolist() for part in (~dense, dense)]
    parts = [casadi.jacobian(values[part], states) for part in rows if part]
    order = np.argsort(np.concatenate(rows)).astype(int).tolist()
    return casadi.Function("jacobian", given, [casadi.vertcat(*parts)[order, :]]).call(symbols)[0]
