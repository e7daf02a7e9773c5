"""The whole path of a fit (problem, minimum, covariance) on certified problems of nonlinear regression."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from mgtwin.fitting.blocks import Block
from mgtwin.fitting.minimise import minimised
from mgtwin.fitting.parameters import Parameter
from mgtwin.fitting.problem import Problem
from mgtwin.fitting.result import Fit
from mgtwin.fitting.weighting import Unit

from .nist_strd import PROBLEMS


def thurber(b, x):
    return (b[0] + b[1] * x + b[2] * x**2 + b[3] * x**3) / (1 + b[4] * x + b[5] * x**2 + b[6] * x**3)


MODELS = {
    "Misra1a": lambda b, x: b[0] * (1 - np.exp(-b[1] * x)),
    "Chwirut2": lambda b, x: np.exp(-b[0] * x) / (b[1] + b[2] * x),
    "DanWood": lambda b, x: b[0] * x ** b[1],
    "Misra1b": lambda b, x: b[0] * (1 - (1 + b[1] * x / 2) ** -2),
    "MGH09": lambda b, x: b[0] * (x**2 + x * b[1]) / (x**2 + x * b[2] + b[3]),
    "Thurber": thurber,
    "BoxBOD": lambda b, x: b[0] * (1 - np.exp(-b[1] * x)),
    "Rat42": lambda b, x: b[0] / (1 + np.exp(b[1] - b[2] * x)),
    "Rat43": lambda b, x: b[0] / (1 + np.exp(b[1] - b[2] * x)) ** (1 / b[3]),
    "Eckerle4": lambda b, x: b[0] / b[1] * np.exp(-(((x - b[2]) / b[1]) ** 2) / 2),
    "MGH17": lambda b, x: b[0] + b[1] * np.exp(-x * b[3]) + b[2] * np.exp(-x * b[4]),
    "MGH10": lambda b, x: b[0] * np.exp(b[1] / (x + b[2])),
}


class Regression(Block):
    """Residuals of a formula; derivatives by complex steps, exact to rounding."""

    numbers = (0,)
    smooth = True

    def __init__(self, model, x, y):
        self._model, self._x, self._y = model, np.array(x, dtype=float), np.array(y, dtype=float)

    @property
    def sizes(self):
        return [self._y.size]

    @property
    def log_std(self):
        return np.zeros(1)

    def residuals(self, values):
        with np.errstate(all="ignore"):
            return self._model(values, self._x) - self._y

    def jacobian(self, values):
        step = 1e-30j
        with np.errstate(all="ignore"):
            return np.stack(
                [self._model(values + step * row, self._x).imag / 1e-30 for row in np.eye(len(values))], axis=1
            )


def fitted(name: str, start: int) -> Fit:
    given = PROBLEMS[name]
    parameters = [
        Parameter(f"b{k + 1}", f"b{k + 1}", "", False, value, (-np.inf, np.inf), None, {0: ()})
        for k, value in enumerate(given["starts"][start])
    ]
    measurement = SimpleNamespace(is_spectrum=True, protocol=None, label=name)
    block = Regression(MODELS[name], given["x"], given["y"])
    return Fit(*minimised(Problem([measurement], parameters, [block], [Unit()])))


# the first starts of the "higher difficulty" problems are meant to defeat a single start
EASY = ("Misra1a", "Chwirut2", "DanWood", "Misra1b", "Thurber")


@pytest.mark.parametrize(("name", "start"), [*[(n, 0) for n in EASY], *[(n, 1) for n in MODELS]])
def test_certified_values_and_standard_deviations(name: str, start: int) -> None:
    fit, given = fitted(name, start), PROBLEMS[name]
    assert fit.converged
    np.testing.assert_allclose(fit.x, given["values"], rtol=1e-6)  # six digits
    np.testing.assert_allclose(fit.std, given["stds"], rtol=1e-4)  # four digits
    residuals = Regression(MODELS[name], given["x"], given["y"]).residuals(fit.x)
    np.testing.assert_allclose(residuals @ residuals, given["rss"], rtol=1e-6)
