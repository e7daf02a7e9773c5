"""Fits as files: one netCDF tree with the data, the cells, what was free and where the minimum is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import TypeAdapter

from ..cells import Cell
from ..dataset import attributes, open, save
from ..errors import FileError
from .free import LogNormal, Normal
from .measurements import Measurement
from .minimise import Minimum
from .parameters import Parameter
from .weighting import Cauchy, Huber, Modulus, Noise, SoftL1, Unit

if TYPE_CHECKING:
    from .result import Fit

__all__ = ["load", "saved"]

_FORMAT = "mgtwin fit 1"
_CLASSES: dict[str, Any] = {
    "modulus": Modulus, "noise": Noise, "unit": Unit, "huber": Huber, "soft_l1": SoftL1, "cauchy": Cauchy,
    "normal": Normal, "lognormal": LogNormal,
}  # fmt: skip


def saved(fit: Fit, path: str | Path) -> Path:
    """Write a fit; see `Fit.save`."""
    import xarray as xr

    problem, minimum = fit.problem, fit.minimum
    nodes: dict[str, Any] = {
        f"data_{number}": item.dataset.assign_attrs(
            fitted_cell=item.cell.to_yaml(),
            fitted_label=item.label,
            fitted_protocol=item.protocol.to_yaml() if item.protocol is not None else "",
        )
        for number, item in enumerate(problem.measurements)
    }
    tree = xr.DataTree.from_dict(nodes)
    names = ("parameter",)
    tree["fit"] = xr.DataTree(
        xr.Dataset(
            {"fitted_value": (names, fit.x, attributes("fitted_value"))},
            coords={
                "parameter": (names, list(fit.names), attributes("parameter")),
                "parameter_unit": (names, [p.unit for p in problem.parameters], attributes("parameter_unit")),
            },
        )
    )
    tree.attrs = {
        "format": _FORMAT,
        "fit": json.dumps(
            {
                "parameters": [_parameter_data(parameter) for parameter in problem.parameters],
                "weightings": [_noun_data(weighting) for weighting in problem.weightings],
                "loss": None if fit.loss is None else _noun_data(fit.loss),
                "scales": problem.scales.tolist(),
                "minimum": minimum.x.tolist(),
                "evaluations": minimum.evaluations,
                "converged": minimum.converged,
                "interrupted": minimum.interrupted,
                "costs": None if minimum.costs is None else [None if np.isnan(c) else c for c in minimum.costs],
                "starts": fit.starts,
                "seed": fit.seed,
            }
        ),
    }
    return save(tree, path)


def _noun_data(noun: Any) -> dict[str, Any]:
    return dict(TypeAdapter(type(noun)).dump_python(noun, mode="json"))


def _noun(data: dict[str, Any] | None) -> Any:
    if data is None:
        return None
    return TypeAdapter(_CLASSES[data["type"]]).validate_python(data)


def _parameter_data(parameter: Parameter) -> dict[str, Any]:
    prior: dict[str, Any] | None = None
    if isinstance(parameter.prior, Normal):
        prior = {"type": "normal", "mean": float(parameter.prior.mean), "std": float(parameter.prior.std)}
    elif isinstance(parameter.prior, LogNormal):
        prior = {"type": "lognormal", "median": float(parameter.prior.median), "factor": float(parameter.prior.factor)}
    return {
        "name": parameter.name, "key": parameter.key, "unit": parameter.unit, "log": parameter.log,
        "start": parameter.start, "bounds": [repr(limit) for limit in parameter.bounds], "prior": prior,
        "targets": {str(number): list(paths) for number, paths in parameter.targets.items()},
    }  # fmt: skip


def _parameter(data: dict[str, Any]) -> Parameter:
    low, high = (float(item) for item in data["bounds"])
    key = data["key"] if isinstance(data["key"], str) else tuple(data["key"])
    targets = {int(number): tuple(paths) for number, paths in data["targets"].items()}
    prior = _noun(data["prior"])
    return Parameter(data["name"], key, data["unit"], data["log"], data["start"], (low, high), prior, targets)


def load(path: str | Path) -> Fit:
    """Read a fit; see `Fit.open`."""
    from .measurements import measurement
    from .problem import Problem, blocks_of
    from .result import Fit

    tree = open(path)
    if tree.attrs.get("format") != _FORMAT:
        raise FileError("is no fit: Fit.save writes them; mt.open reads Datasets.", str(path))
    data = json.loads(tree.attrs["fit"])
    measurements: list[Measurement] = []
    cells: dict[str, Cell] = {}
    for number in range(len(data["weightings"])):
        ds = tree[f"data_{number}"].to_dataset()
        text, label, protocol = (ds.attrs.pop(f"fitted_{name}") for name in ("cell", "label", "protocol"))
        cell = cells.setdefault(text, Cell.from_yaml(text))
        item = measurement(cell, ds.assign_attrs(label=label, **({"protocol": protocol} if protocol else {})), number)
        measurements.append(item)
    parameters = [_parameter(item) for item in data["parameters"]]
    weightings = [_noun(item) for item in data["weightings"]]
    blocks = blocks_of(measurements, parameters, weightings)
    problem = Problem(measurements, parameters, blocks, weightings, np.array(data["scales"]))
    x = np.array(data["minimum"])
    residuals = problem.residuals(x)
    costs = data["costs"]
    minimum = Minimum(
        x, float(residuals @ residuals) / 2, residuals, problem.jacobian(x), data["evaluations"], data["converged"],
        data["interrupted"], None if costs is None else np.array([np.nan if c is None else c for c in costs]),
    )  # fmt: skip
    return Fit(problem, minimum, _noun(data["loss"]), data["starts"], data["seed"])
