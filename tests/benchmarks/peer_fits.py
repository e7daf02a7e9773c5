"""Run in the environment of PyBOP and impedance.py: the same spectrum fitted by mgtwin and by them; prints JSON.

Every time is the best of several repetitions, but for PyBOP's fits, which take minutes. PyBOP's cost is watched: what
counts is when the misfit that mgtwin reached is reached within one per cent.
"""

from __future__ import annotations

import json
import sys
import time

import numpy as np

import mgtwin as mt
from mgtwin import dataset

AP = "layers.antiperovskite.material"
FREE = {
    f"{AP}.ionic_conductivity.reference": 0.03,
    f"{AP}.relative_permittivity": 40.0,
    "interfaces.*.resistance.reference": 1.5e-3,
    "*.exchange_current_density.reference": 0.1,
    "*.double_layer.c": 0.05,
}
FREQUENCIES = np.geomspace(1e6, 0.1, 100)
NOISE = 0.005
#: Seconds after which a fit of PyBOP is given up; its time is then a lower bound.
LONGEST = 150.0


class Reached(Exception):
    """The misfit that mgtwin reached."""


def spectrum() -> tuple[mt.Cell, object]:
    cell = mt.cell("trilayer")
    rng = np.random.default_rng(7)
    z = mt.impedance.exact(cell, FREQUENCIES)
    z = z + NOISE * np.abs(z) * (rng.normal(size=z.size) + 1j * rng.normal(size=z.size))
    return cell, dataset.spectrum(FREQUENCIES, z, {"temperature": float(cell.temperature)})


def best_of(repetitions: int, run) -> float:
    times = []
    for _ in range(repetitions):
        began = time.perf_counter()
        run()
        times.append(time.perf_counter() - began)
    return min(times)


def ours(cell: mt.Cell, data: object) -> tuple[float, float, mt.Fit]:
    start = cell.with_(FREE)
    fit = mt.fit(start, data, list(FREE))
    seconds = best_of(7, lambda: mt.fit(start, data, list(FREE)))
    z = np.asarray(data["impedance"].values)
    return seconds, float(np.mean(np.abs((fit.predicted[0] - z) / z) ** 2)), fit


def pybop_seconds(cell: mt.Cell, data: object, method: str, wanted: float) -> dict[str, float]:
    import pybamm
    import pybop

    from mgtwin.cells.paths import expand

    model = mt.StackModel(cell, dielectric=True, f_max=float(FREQUENCIES.max()))
    model.param.ocv_init = pybamm.Scalar(0.0)  # PyBOP asks for it
    values = model.default_parameter_values
    for key, start in FREE.items():
        first, *tied = expand(cell, key)
        values[first] = pybop.Parameter(
            initial_value=start, bounds=[start / 100, start * 100], transformation=pybop.LogTransformation()
        )
        for other in tied:
            values[other] = pybamm.Parameter(first)
    z = np.asarray(data["impedance"].values)
    simulator = pybop.pybamm.EISSimulator(
        model, f_eval=FREQUENCIES, parameter_values=values, var_pts=dict.fromkeys(model.default_var_pts, 100)
    )
    measured = pybop.Dataset(
        {"Frequency [Hz]": FREQUENCIES, "Current function [A]": np.zeros(z.size), "Impedance": z},
        domain="Frequency [Hz]",
    )
    cost = pybop.MeanSquaredError(measured, target="Impedance")
    cost.weighting = 1 / np.abs(z) ** 2  # its constructor stumbles over an array
    began, evaluations, lowest = time.perf_counter(), 0, np.inf
    plain = type(cost).__call__

    def watched(self, r, dy=None, inputs=None):
        nonlocal evaluations, lowest
        evaluations += 1
        found = plain(self, r, dy, inputs)
        lowest = min(lowest, found if dy is None else found[0])
        if lowest <= 1.01 * wanted or time.perf_counter() - began > LONGEST:
            raise Reached
        return found

    type(cost).__call__ = watched
    try:
        problem = pybop.Problem(simulator, cost)
        if method == "L-BFGS-B":
            options = pybop.SciPyMinimizeOptions(method="L-BFGS-B", maxiter=2000)
            optimiser = pybop.SciPyMinimize(problem, options=options)
        else:
            optimiser = pybop.NelderMead(
                problem, options=pybop.PintsOptions(max_iterations=2000, max_unchanged_iterations=300)
            )
        began = time.perf_counter()
        optimiser.run()
    except Reached:
        pass
    finally:
        type(cost).__call__ = plain
    seconds = time.perf_counter() - began
    return {
        "seconds": seconds,
        "evaluations": evaluations,
        "misfit": float(lowest),
        "reached": bool(lowest <= 1.01 * wanted),
    }


def circuit_seconds(data: object) -> float:
    """impedance.py: R0 and two arcs, five parameters, the same weighting."""
    from impedance.models.circuits import CustomCircuit

    z = np.asarray(data["impedance"].values)
    guess = [40.0, 100.0, 2e-9, 2000.0, 1e-6]

    def run() -> None:
        CustomCircuit("R0-p(R1,C1)-p(R2,C2)", initial_guess=guess).fit(FREQUENCIES, z, weight_by_modulus=True)

    run()
    return best_of(5, run)


def main() -> None:
    cell, data = spectrum()
    seconds, misfit, _ = ours(cell, data)
    found = {"ours": seconds, "misfit": misfit, "circuit": circuit_seconds(data)}
    for method in ("L-BFGS-B", "Nelder-Mead"):
        found[method] = pybop_seconds(cell, data, method, misfit)
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
