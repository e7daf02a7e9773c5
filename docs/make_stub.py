"""Makes mgtwin/__init__.pyi, the public names and where each is defined: ``python docs/make_stub.py``.

Kinds come from the registry, so that a new kind is public as soon as its file is there; only what is no kind is listed
here. The package reads its own names from the stub, and type checkers do, too.
"""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path

import mgtwin
from mgtwin.registry import FAMILIES

STUB = Path(mgtwin.__file__).with_name("__init__.pyi")
PACKAGES = ("analysis", "impedance", "plot")
#: Families whose kinds are used by another name than their class: in circuit strings, as functions, by `mgtwin.read`.
NOT_BY_CLASS = ("circuit element", "metric", "file format", "plot", "export format", "kind of evidence", "page")
#: Module -> public names of it that are no kinds.
OTHERS = {
    "analysis.metrics": "metric",
    "bench": "Series SeriesFit series series_coordinate",
    "cells": "Cell Contact Fixture GrainBoundary Ion Layer Phase Pressed Reference Shunt",
    "cells.bibliography": "cite",
    "cells.catalogue": "materials",
    "cells.competing": "values",
    "cells.files": "applicable_overlays cell list_cells list_experiments list_overlays load_cell material",
    "circuits": "Circuit circuit_element",
    "data": "Column read",
    "dataset": "open save",
    "errors": "InputError MgtwinError MgtwinWarning SimulationError",
    "experiments": "experiment",
    "explorer.state": "Exploration",
    "explorer.verb": "Explorer explore",
    "exports": "export export_format report tables_of",
    "reconciliation": "PerState Relation Shared observations reconcile",
    "fitting": "Candidate Fit compare fit fit_series next_experiment",
    "kinds.ageing_law": "Changes ageing_law",
    "kinds.electrode": "electrode",
    "kinds.junction": "junction",
    "kinds.probe": "probe",
    "kinds.memories": "Balance Diffusion Fractional Plate Rate Sphere Store",
    "kinds.storage": "storage",
    "laws": "Law Property law",
    "models.stack": "StackModel",
    "protocols": "CycleSkipping Every Replay protocol",
    "quantities": "Quantity Value",
    "routes": "route",
    "simulation": "simulate",
    "simulation.jacobian": "impedance_jacobian",
    "studies": "Paired Robust cell_at open_study optimise sensitivity sweep uncertainty",
    "twin": "Limit ModelError Moment Twin",
}
HEAD = '''"""Public names of mgtwin and where they are defined. Made by docs/make_stub.py; do not edit."""

'''


def kinds() -> dict[str, str]:
    """Name -> module of every kind of the package that is public by the name of its class."""
    for module in pkgutil.walk_packages(mgtwin.__path__, "mgtwin."):
        if module.name != "mgtwin.__main__":
            importlib.import_module(module.name)
    found = {}
    for name, family in FAMILIES.items():
        for kind in family.values() if name not in NOT_BY_CLASS else ():
            if kind.__module__.startswith("mgtwin.") and kind.__name__ not in ("ReplayedSignal",):
                found[kind.__name__] = kind.__module__.removeprefix("mgtwin.")
    return found


def stub() -> str:
    """The text of the stub."""
    homes = kinds() | {name: module for module, names in OTHERS.items() for name in names.split()}
    lines = [f"from . import {name} as {name}" for name in PACKAGES]
    lines += sorted(f"from .{module} import {name} as {name}" for name, module in homes.items())
    return HEAD + "\n".join(lines) + "\n\n__version__: str\n"


if __name__ == "__main__":
    STUB.write_text(stub(), encoding="utf-8")
