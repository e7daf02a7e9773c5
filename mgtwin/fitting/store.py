"""Fits as files: one netCDF tree with the data, the cells, what was free and where the minimum is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import xarray as xr
from pydantic import TypeAdapter

from ..cells.paths import Key
from ..dataset import attributes, open, save
from ..errors import FileError
from ..regression import LOSSES, WEIGHTINGS
from .blocks import blocks_of
from .judged import Judged
from .measurements import Measurement, measurement
from .minimise import Minimum
from .models import Subject, read_subject
from .parameters import Parameter
from .priors import PRIORS
from .problem import Problem
from .solution import Solution

__all__ = ["is_fit", "load", "saved"]

_FORMAT = "mgtwin fit 1"
#: What JSON holds of an object.
_Json: TypeAlias = dict[str, Any]


def saved(fit: Judged, path: str | Path) -> Path:
    """Write a fit; see `Fit.save`."""
    problem, minimum = fit.problem, fit.minimum
    nodes: _Json = {
        f"data_{number}": item.dataset.assign_attrs(
            fitted_cell=item.model.text,
            fitted_kind=type(item.cell).__name__,
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
        # for other readers of the file; `load` works it out again
        "outside_model": json.dumps({item.label: item.reason for item in fit.outside_model}),
        "warnings": fit.warnings,
        "fit": json.dumps(
            {
                "parameters": [_parameter_data(parameter) for parameter in problem.parameters],
                "weightings": [_noun_data(weighting) for weighting in problem.weightings],
                "loss": _noun_data(fit.loss),
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


def _noun_data(noun: object) -> _Json | None:
    return None if noun is None else dict(TypeAdapter(type(noun)).dump_python(noun, mode="json"))


def _noun(family: Mapping[str, type], data: _Json | None) -> Any:
    return None if data is None else TypeAdapter(family[data["type"]]).validate_python(data)


def _parameter_data(parameter: Parameter) -> _Json:
    return {
        "name": parameter.name, "key": parameter.key, "unit": parameter.unit, "log": parameter.log,
        "start": parameter.start, "bounds": [repr(limit) for limit in parameter.bounds],
        "prior": _noun_data(parameter.prior), "grows": parameter.grows,
        "targets": {str(number): list(paths) for number, paths in parameter.targets.items()},
    }  # fmt: skip


def _parameter(data: _Json) -> Parameter:
    low, high = (float(item) for item in data["bounds"])
    match data["key"]:
        case [*paths]:  # JSON has no tuples
            key: Key = tuple(paths)
        case path:
            key = path
    targets = {int(number): tuple(paths) for number, paths in data["targets"].items()}
    prior = _noun(PRIORS, data["prior"])
    grows = data.get("grows", False)
    return Parameter(data["name"], key, data["unit"], data["log"], data["start"], (low, high), prior, targets, grows)


def is_fit(data: xr.Dataset | xr.DataTree) -> bool:
    """Tell whether what a file holds is a fit, which `Fit.open` reads."""
    return bool(data.attrs.get("format") == _FORMAT)


def load(path: str | Path) -> Solution:
    """Read a fit; see `Fit.open`."""
    tree = open(path)
    if not is_fit(tree):
        raise FileError("is no fit: Fit.save writes them; mt.open reads Datasets.", str(path))
    data = json.loads(tree.attrs["fit"])
    measurements: list[Measurement] = []
    subjects: dict[str, Subject] = {}
    for number in range(len(data["weightings"])):
        ds = tree[f"data_{number}"].to_dataset()
        text, label, protocol = (ds.attrs.pop(f"fitted_{name}") for name in ("cell", "label", "protocol"))
        kind = ds.attrs.pop("fitted_kind", "Cell")  # files of 0.1.0 knew cells only
        if text not in subjects:
            subjects[text] = read_subject(kind, text)
        stated = {"label": label, **({"protocol": protocol} if protocol else {})}
        measurements.append(measurement(subjects[text], ds.assign_attrs(stated), number))
    parameters = [_parameter(item) for item in data["parameters"]]
    weightings = [_noun(WEIGHTINGS, item) for item in data["weightings"]]
    blocks = blocks_of(measurements, parameters, weightings)
    problem = Problem(measurements, parameters, blocks, weightings, np.array(data["scales"]))
    x = np.array(data["minimum"])
    residuals = problem.residuals(x)
    costs = data["costs"]
    minimum = Minimum(
        x, float(residuals @ residuals) / 2, residuals, problem.jacobian(x), data["evaluations"], data["converged"],
        data["interrupted"], None if costs is None else np.array([np.nan if c is None else c for c in costs]),
    )  # fmt: skip
    return Solution(problem, minimum, _noun(LOSSES, data["loss"]), data["starts"], data["seed"])
