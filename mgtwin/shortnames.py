"""Short names beside the dotted paths after which studies call what they vary."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["short_names", "with_short_names", "without_short_names"]

#: Parts of a path that tell nothing apart.
_SKIPPED = {"layers", "interfaces", "material", "reference"}
#: Attribute of a coordinate that has a short name: the path after which the other one is called.
_PATH = "short_for"


def short_names(names: Iterable[str], taken: Iterable[str] = ()) -> dict[str, str]:
    """Return a short name, good as a name in Python, for each path or paths joined by commas; each is used once.

    Paths that are such names themselves are left out. Of several paths the parts that they end in tell what they are.

    Examples
    --------
    >>> short_names(["layers.buffer_*.thickness", "temperature"])
    {'layers.buffer_*.thickness': 'buffer_thickness'}
    >>> short_names(["negative.double_layer.c, positive.double_layer.c"])
    {'negative.double_layer.c, positive.double_layer.c': 'double_layer_c'}
    """
    names = list(names)
    used, found = {*taken, *names}, dict[str, str]()
    for name in names:
        if name.isidentifier():
            continue
        paths = [[part for part in path.split(".") if part not in _SKIPPED] for path in name.split(", ")]
        alike = [parts[0] for parts in zip(*(path[::-1] for path in paths), strict=False) if len(set(parts)) == 1]
        told = ["_".join(alike[::-1] or paths[0]), "_".join(paths[0]), name]
        short = (re.sub(r"\W+", "_", one.replace("_*", "")).strip("_") for one in told)
        one = next((one for one in short if one.isidentifier() and one not in used), None)
        if one is not None:
            used.add(one)
            found[name] = one
    return found


def without_short_names(ds: xr.Dataset) -> xr.Dataset:
    """Return a study whose coordinates are called by paths alone: a table needs each once."""
    return ds.drop_vars([name for name, one in ds.coords.items() if _PATH in one.attrs])


def with_short_names(ds: xr.Dataset) -> xr.Dataset:
    """Return a study with a second coordinate, under a short name, along every dimension that is called by a path.

    Points are chosen by either: ``study.sel(buffer_thickness=3e-4)``.
    """
    # of a file those are there already, but without what selects by them
    ds = without_short_names(ds)
    varied = [
        str(name) for name, one in ds.coords.items() if "paths" in one.attrs and one.dims not in ((), ("sample",))
    ]
    for name, short in short_names(varied, set(map(str, ds.variables)) - set(varied)).items():
        ds = ds.assign_coords({short: (ds[name].dims, ds[name].values, {**ds[name].attrs, _PATH: name})})
        # an index of its own, or one could not select by it
        ds = ds if name not in ds.dims else ds.set_xindex(short)
    return ds
