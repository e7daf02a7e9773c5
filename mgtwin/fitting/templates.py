"""A fit's file to begin with: what data of such a cell would determine is free in it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

import numpy as np

from ..cells import Cell
from ..dataset import spectrum
from ..errors import InputError, SimulationError, UnknownNameError
from ..impedance import exact
from ..quantities import format_value, origin_of
from ..regression import Modulus
from .blocks import blocks_of
from .free import Free
from .identifiability import identifiability
from .measurements import measurement
from .models import model_of
from .parameters import free_parameters
from .problem import Problem

__all__ = ["template"]

#: The data that a template names: spectra at these temperatures [K], and their noise.
TEMPERATURES, NOISE = (298.15, 333.15), 0.005
#: A number is proposed if these data determine it this well, relative to itself: twice as well as has to be.
WELL = 0.25
#: Numbers that nobody fits.
KNOWN = ("reference_temperature", "molar_volume", "area")

_HEAD = """\
# A fit: edit this file, then run   mgtwin fit {file} -o fit.nc --plot fit.png
cell: {cell}            # a name (mgtwin list) or a file ending in .yaml
# overlays: [infiltrated]
# set: {{layers.{layer}.thickness: 0.65 mm}}     # what is known better than in the cell

data:                    # results of mgtwin (.nc) or instrument files, relative to this file
  - file: eis_25C.mpt
    temperature: 25 degC
  - file: eis_60C.mpt
    temperature: 60 degC
#  - {{file: ca.DTA, control: voltage, weighting: {{type: noise, std_of_data: 1 nA}}}}

# weighting: {{type: modulus}}     # or {{type: noise, std_of_data: 0.5 ohm}}, {{type: unit}}
# loss: {{type: huber}}            # forgives outliers
starts: 8
seed: 0

# What is free: any path, or wildcards for numbers that move together. Everything behind a path is optional:
#   {{start: 1 mS/cm, bounds: [0.1 mS/cm, 10 mS/cm], log: true, prior: {{type: normal, mean: 1 mS/cm, std: 0.1 mS/cm}}}}
# or one value per temperature (or per_dataset):
#   {{type: per_temperature, free: {{bounds: [1 nF/cm^2, 1 mF/cm^2]}}}}
free:
"""


def template(cell: Cell, file: str = "fit.yaml") -> str:
    """A fit's file to edit, with all numbers of a cell.

    Free are those assumed or fitted before that two spectra at rest of this very cell would determine; numbers of equal
    places with equal values (both electrodes of a symmetric cell) go together.
    """
    text = _HEAD.format(cell=cell.name, file=file, layer=cell.layers[0].name)
    open_keys = []
    for key in _keys(cell):
        value = cell.get(model_of(cell).expand(key)[0])
        if origin_of(value).get("kind") in ("fitted", "computed") and float(value) not in (0.0, float("inf")):
            open_keys.append(key)
    free = _determined(cell, open_keys)
    lines = []
    for key in _keys(cell):
        value = cell.get(model_of(cell).expand(key)[0])
        try:
            shown = format_value(value)
        except InputError:
            shown = f"{float(value):g}"
        name = f'"{key}"' if key.startswith("*") else key  # a star begins an alias in YAML
        kind = origin_of(value).get("kind", "default")
        why = "; two spectra at rest do not tell" if key in open_keys and key not in free else ""
        lines.append(f"{'  ' if key in free else '#  '}{name}: {{}}   # {shown}, {kind}{why}")
    if not free:
        lines[0] = f"  {lines[0][1:].strip()}"
    return text + "\n".join(lines) + "\n"


def _keys(cell: Cell) -> list[str]:
    """Paths, or wildcards for numbers of equal places with equal values, in the order of the cell."""
    found: list[str] = []
    grouped: set[str] = set()
    paths = [path for path in cell.paths() if path != "temperature" and not path.endswith(KNOWN)]
    for path in paths:
        if path in grouped:
            continue
        found.append(path)
        # the first wildcard whose members are all equal now: numbers that differ are not meant to move together
        for key in _wildcards(path):
            with suppress(UnknownNameError):
                members = model_of(cell).expand(key)
                if path in members and len(members) > 1 and len({cell.get(member) for member in members}) == 1:
                    found[-1] = key
                    break
        grouped |= set(model_of(cell).expand(found[-1]))
    return found


def _wildcards(path: str) -> list[str]:
    """Both electrodes; layers whose names begin alike; all interfaces."""
    first, _, rest = path.partition(".")
    if first in ("negative", "positive"):
        return [f"*.{rest}"]
    if first in ("layers", "interfaces") and rest:
        name, _, tail = rest.partition(".")
        begin = name.partition("_")[0]
        return [f"layers.{begin}_*.{tail}"] if first == "layers" else [f"interfaces.*.{tail}"]
    return []


def _determined(cell: Cell, keys: Sequence[str]) -> list[str]:
    """Of some keys the largest part that the data determine together: the worst is left out until the rest is well."""
    f, left = np.geomspace(1e6, 0.1, 70), list(keys)
    try:
        spectra = [spectrum(f, exact(cell.with_({"temperature": T}), f), {"temperature": T}) for T in TEMPERATURES]
    except (InputError, SimulationError):  # a cell that has no spectrum at rest
        return left
    measurements = [measurement(cell, ds, number) for number, ds in enumerate(spectra)]
    weightings = [Modulus(NOISE)] * len(measurements)
    while left:
        parameters = free_parameters(measurements, dict.fromkeys(left, Free()))
        problem = Problem(measurements, parameters, blocks_of(measurements, parameters, weightings), weightings)
        values = problem.values(problem.start)
        # at the cell's own values: the question is what such data would tell of this very cell
        jacobian = problem.jacobian(problem.start)
        found = identifiability(jacobian, parameters, values, np.zeros(len(left), dtype=bool)).relative_std
        if found.max() <= WELL:
            break
        # of numbers that trade off the last one goes: conductivities stand before their activation energies
        worst = np.flatnonzero(~np.isfinite(found) | (found >= 0.5 * found[np.isfinite(found)].max(initial=0.0)))
        del left[int(worst[-1])]
    return left
