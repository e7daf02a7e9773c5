"""The declaration of the result schema, and in which way a Dataset departs from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mgtwin.errors import InputError, did_you_mean
from mgtwin.plain import is_text

if TYPE_CHECKING:
    import xarray as xr
    from typing_extensions import TypeIs


@dataclass(frozen=True)
class Variable:
    """Declaration of one variable: dimensions, SI unit, long name and the kind of its values.

    `kind` is the numpy kind of the dtype: ``"f"`` float, ``"c"`` complex, ``"i"`` int, ``"U"`` text.
    """

    dims: tuple[str, ...]
    units: str
    long_name: str
    kind: str = "f"


SCHEMA: Mapping[str, Variable] = {
    # spectra
    "frequency": Variable(("frequency",), "Hz", "frequency"),
    "impedance": Variable(("frequency",), "ohm", "impedance", "c"),
    "impedance_negative": Variable(("frequency",), "ohm", "impedance between negative electrode and reference", "c"),
    "impedance_positive": Variable(("frequency",), "ohm", "impedance between reference and positive electrode", "c"),
    # derivatives of spectra
    "parameter": Variable(("parameter",), "1", "path of a number of the cell", "U"),
    "parameter_unit": Variable(("parameter",), "1", "SI unit of the parameter", "U"),
    "impedance_jacobian": Variable(
        ("frequency", "parameter"), "ohm per unit of the parameter", "derivative of the impedance", "c"
    ),
    # fits
    "fitted_value": Variable(("parameter",), "1", "fitted value, in the unit of its parameter"),
    "sample": Variable(("sample",), "1", "sample", "i"),
    # what the uncertainty of parameters leaves open of signals, beside the data that were fitted
    "impedance_samples": Variable(("sample", "frequency"), "ohm", "impedance of each parameter set", "c"),
    "voltage_samples": Variable(("sample", "time"), "V", "cell voltage of each parameter set"),
    "current_samples": Variable(("sample", "time"), "A", "current of each parameter set"),
    "measured_impedance": Variable(("frequency",), "ohm", "impedance as measured", "c"),
    "measured_voltage": Variable(("time",), "V", "cell voltage as measured"),
    "measured_current": Variable(("time",), "A", "current as measured"),
    # tests of spectra and what they are taken apart into
    "model_impedance": Variable(("frequency",), "ohm", "impedance of the fit", "c"),
    "residual": Variable(("frequency",), "1", "residual relative to |Z|", "c"),
    "elements": Variable((), "1", "number of RC elements", "i"),
    "mu": Variable((), "1", "1 - negative / positive resistances of the RC elements"),
    "pseudo_chi_squared": Variable((), "1", "sum of squared residuals relative to |Z|"),
    "noise": Variable((), "1", "noise relative to |Z|"),
    "systematic_residual": Variable((), "1", "largest systematic residual relative to |Z|"),
    "visible_drift": Variable((), "1", "change of the cell during the sweep that would be seen"),
    "visible_arc_drift": Variable((), "1", "change of what relaxes during the sweep that would be seen"),
    "time_constant": Variable(("time_constant",), "s", "relaxation time"),
    "distribution": Variable(("time_constant",), "ohm", "distribution of relaxation times"),
    "series_resistance": Variable((), "ohm", "resistance in series with all relaxations"),
    "peak": Variable(("peak",), "1", "peak of the distribution, the fastest first", "i"),
    "peak_time_constant": Variable(("peak",), "s", "relaxation time of a peak"),
    "peak_frequency": Variable(("peak",), "Hz", "characteristic frequency of a peak"),
    "peak_resistance": Variable(("peak",), "ohm", "resistance of a peak"),
    "peak_capacitance": Variable(("peak",), "F", "capacitance of a peak"),
    "peak_inside": Variable(("peak",), "1", "1 if the peak lies inside the data, 0 if at their end", "i"),
    # transients
    "time": Variable(("time",), "s", "time"),
    "voltage": Variable(("time",), "V", "cell voltage"),
    "current": Variable(("time",), "A", "current"),
    "shunt_current": Variable(("time",), "A", "current that passes layers by"),
    "voltage_negative": Variable(("time",), "V", "voltage of the reference against the negative electrode"),
    "voltage_positive": Variable(("time",), "V", "voltage of the positive electrode against the reference"),
    "cycle": Variable(("time",), "1", "cycle", "i"),
    "cycle_number": Variable(("time",), "1", "cycle of the sample", "i"),
    "step": Variable(("time",), "1", "step", "i"),
    "element": Variable(("element",), "1", "element of the cell", "U"),
    "overpotential": Variable(("element", "time"), "V", "contribution to the cell voltage"),
    "interface": Variable(("interface",), "1", "interface", "U"),
    "electronic_current": Variable(("interface", "time"), "A", "electronic current"),
    "contact_fraction": Variable(("interface", "time"), "1", "contact fraction"),
    "film_resistance": Variable(("interface", "time"), "ohm*m^2", "film resistance of the area in contact"),
    "x": Variable(("x",), "m", "distance from the negative electrode"),
    "layer": Variable(("x",), "1", "layer", "U"),
    "local_potential": Variable(("time", "x"), "V", "local electrode potential vs. Mg/Mg2+"),
    # a layer may have both profiles, on nodes of its own each: the salt's have a coordinate of their own
    "salt_x": Variable(("salt_x",), "m", "distance from the negative electrode"),
    "salt_layer": Variable(("salt_x",), "1", "layer", "U"),
    "concentration": Variable(("time", "salt_x"), "mol/m^3", "concentration of the salt in its solution"),
    "half_cycle": Variable(("half_cycle",), "1", "half cycle", "i"),
    "half_cycle_capacity": Variable(("half_cycle",), "C", "charge passed in a half cycle"),
    # state of the model at the end of each kept segment, from which another protocol can start
    "state": Variable(("segment", "state_index"), "1", "state of the model, each component in its own SI unit"),
    "segment_time": Variable(("segment",), "s", "time at the end of the segment"),
    "state_variable": Variable(("state_index",), "1", "variable of the model", "U"),
    "state_position": Variable(("state_index",), "1", "position of the component in its variable"),
    # per-cycle summaries (their coordinate `cycle` is its own dimension, see `problems`; samples of a run that has one
    # are labelled by `cycle_number`)
    "deposition_voltage": Variable(("cycle",), "V", "voltage at the end of deposition"),
    "dissolution_voltage": Variable(("cycle",), "V", "voltage at the end of dissolution"),
    "half_sum": Variable(("cycle",), "V", "half-sum of dissolution and deposition voltage"),
    "half_difference": Variable(("cycle",), "V", "half-difference of dissolution and deposition voltage"),
    "deposition_capacity": Variable(("cycle",), "C", "charge deposited"),
    "dissolution_capacity": Variable(("cycle",), "C", "charge dissolved"),
    "energy_put_in": Variable(("cycle",), "J", "energy put into the cell"),
    "energy_delivered": Variable(("cycle",), "J", "energy delivered by the cell"),
    "energy_efficiency": Variable(("cycle",), "1", "energy delivered by the cell / energy put in"),
    "deposition_overpotential": Variable(
        ("cycle", "element"), "V", "contribution to the cell voltage at the end of deposition"
    ),
    "dissolution_overpotential": Variable(
        ("cycle", "element"), "V", "contribution to the cell voltage at the end of dissolution"
    ),
    "final_contact_fraction": Variable(("cycle", "interface"), "1", "contact fraction at the end of the cycle"),
    "final_film_resistance": Variable(("cycle", "interface"), "ohm*m^2", "film resistance at the end of the cycle"),
    "cycle_end_time": Variable(("cycle",), "s", "time at the end of the cycle"),
    "limited": Variable(("cycle",), "1", "1 if a voltage limit or depleted salt ended a half cycle", "i"),
    "resolved": Variable(("cycle",), "1", "1 if the cycle was integrated, 0 if it was skipped", "i"),
    # design studies (dimensions are those of the study)
    "failure": Variable((), "1", "why the point has no number", "U"),
    # activation energies
    "temperature": Variable(("temperature",), "K", "temperature"),
    "conductivity": Variable(("temperature",), "S/m", "conductivity"),
    "convention": Variable(("convention",), "1", "convention of the Arrhenius law", "U"),
    "activation_energy": Variable(("convention",), "eV", "activation energy"),
    "activation_energy_std": Variable(("convention",), "eV", "standard deviation of the activation energy"),
    "log_prefactor": Variable(("convention",), "1", "natural logarithm of the prefactor in SI units"),
    "log_prefactor_std": Variable(("convention",), "1", "standard deviation of the logarithm of the prefactor"),
    "r2": Variable(("convention",), "1", "coefficient of determination"),
}

_TEXT_ATTRS = ("cell", "protocol", "route", "created", "mgtwin_version", "pybamm_version")
_LIST_ATTRS = ("warnings", "sources")


def attributes(name: str) -> dict[str, str]:
    """Return ``{"units": ..., "long_name": ...}`` of a declared variable.

    Raises
    ------
    InputError
        The name is not declared in `SCHEMA`.

    Examples
    --------
    >>> attributes("voltage")
    {'units': 'V', 'long_name': 'cell voltage'}
    """
    if name not in SCHEMA:
        raise InputError(f"{name!r} is not a variable of the result schema.{did_you_mean(name, SCHEMA)}")
    return {"units": SCHEMA[name].units, "long_name": SCHEMA[name].long_name}


def problems(ds: xr.Dataset) -> list[str]:
    """List in which way a Dataset departs from the schema; an empty list means that it follows it.

    Declared variables must have their dimensions (further ones, of a sweep, are allowed), units and kind of values;
    every other variable needs ``units`` and ``long_name``. Frequencies are positive, times never decrease, the
    contributions of the elements sum to the voltage to 1e-4 of its largest value.
    """
    found: list[str] = []
    wrong: list[str] = []
    # without their labels, whose alignment would take longer than all that is asked of them
    variables = {str(name): variable for name, variable in ds.variables.items()}
    for name, variable in variables.items():
        attrs, dims = variable.attrs, variable.dims  # xarray makes both anew whenever they are asked for
        missing = [key for key in ("units", "long_name") if not is_text(attrs.get(key))]
        if missing:
            found.append(
                f"{name}: attribute {' and '.join(missing)} is missing; every variable has units and long_name."
            )
        # what a sweep varies, and the numbers that it reads from runs, may have a name of the schema
        if name not in SCHEMA or dims == (name,) or {"metric", "paths"} & attrs.keys():
            continue
        declared = SCHEMA[name]
        # A sweep adds dimensions, and may list what otherwise is a coordinate of its own.
        if declared.dims != (name,) and not set(declared.dims) <= set(dims):
            found.append(f"{name}: dimensions are {dims}, the schema asks for {declared.dims}.")
        if attrs.get("units", declared.units) != declared.units:
            found.append(f"{name}: unit is {attrs['units']!r}, the schema asks for {declared.units!r}.")
        # Whole numbers are floats to whoever computes; text that xarray joins becomes objects.
        kinds = {"f": "fiu", "c": "cfiu", "i": "iu", "U": "UO"}[declared.kind]
        if variable.dtype.kind not in kinds:
            found.append(f"{name}: values are {variable.dtype}, the schema asks for kind {declared.kind!r}.")
    if "frequency" in variables:
        frequency = np.asarray(variables["frequency"].values, dtype=float)
        # Asked as "not good": NaN compares false, and would pass a test for what is bad.
        bad = ~(np.isfinite(frequency) & (frequency > 0))
        if bad.any():
            wrong.append(f"frequency: {frequency[bad][0]:g} Hz is not allowed; frequencies are positive and finite.")
    if "time" in variables and variables["time"].ndim == 1:
        time = np.asarray(variables["time"].values, dtype=float)
        back = np.flatnonzero(np.diff(time) < 0)  # equal times are two values at a step, before and after it
        if not np.isfinite(time).all():
            wrong.append("time: contains NaN or inf; every sample needs a finite time [s].")
        elif back.size:
            before, after = time[back[0]], time[back[0] + 1]
            wrong.append(f"time: goes back from {before:g} s to {after:g} s at sample {back[0] + 1}; sort the samples.")
    # What cannot be summed for another reason has been said above.
    if {"overpotential", "voltage"} <= variables.keys() and not wrong and "element" in variables["overpotential"].dims:
        parts, voltage = variables["overpotential"], variables["voltage"]
        whole = parts.values.sum(axis=parts.dims.index("element"))
        rest = tuple(dim for dim in parts.dims if dim != "element")
        # dimensions of a sweep may stand in another order, which is for xarray to know
        gap = whole - voltage.values if rest == voltage.dims else (type(parts)(rest, whole) - voltage).values
        # of what is known, none of which may be
        sizes = (np.abs(part) for part in (gap, voltage.values))
        largest, scale = (float(np.fmax.reduce(size, axis=None, initial=0.0)) for size in sizes)
        if largest > 1e-4 * scale + 1e-12:  # errors of integration are smaller, a missing element is larger
            wrong.append(f"overpotential: the elements sum to the voltage only within {largest:.3g} V.")
    found += wrong
    found += [f"attribute {name!r}: must be text." for name in _TEXT_ATTRS if not is_text(ds.attrs.get(name, ""))]
    for name in _LIST_ATTRS:
        value = ds.attrs.get(name, [])
        if type(value) is not list or not all(map(is_text, value)):
            found.append(f"attribute {name!r}: must be a list of text, got {value!r}.")
    return found


def check(ds: xr.Dataset) -> xr.Dataset:
    """Return `ds` unchanged if it follows the schema.

    Raises
    ------
    InputError
        It does not; the message lists every problem that `problems` finds.
    """
    found = problems(ds)
    if found:
        raise InputError("\n  ".join(["the Dataset does not follow mgtwin's schema:", *found]))
    return ds


def is_tree(data: object) -> TypeIs[xr.DataTree]:
    """Whether it is a DataTree, as a protocol of several steps gives it; a Dataset has no steps."""
    import xarray as xr

    return isinstance(data, xr.DataTree)


def node_of(tree: xr.DataTree) -> str:
    """How one Dataset of a tree, or that of a single node, is had: for errors."""
    if tree.is_leaf:
        return "give the Dataset of this node, node.to_dataset()"
    names = [node.relative_to(tree) for node in tree.leaves]
    some = ", ".join([*names[:3], "..."] if len(names) > 3 else names)
    return f"choose a node ({some}) and give its Dataset, tree[{names[0]!r}].to_dataset()"
