"""Either half of a result with a reference electrode, as a Dataset that everything else takes (theory.md §4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mgtwin.errors import InputError

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["negative_half", "positive_half"]


def negative_half(run: xr.Dataset) -> xr.Dataset:
    """Return what is measured between the negative electrode and the reference: see `positive_half`.

    Its voltage is that of the reference against the negative electrode, so that a resistance is positive; instruments
    print the negative electrode against the reference, with the other sign.
    """
    return _half(run, "negative")


def positive_half(run: xr.Dataset) -> xr.Dataset:
    """Return what is measured between the reference and the positive electrode.

    Parameters
    ----------
    run : Dataset
        A spectrum or a run in time of a cell with a `mgtwin.Reference`.

    Returns
    -------
    Dataset
        With the impedance or voltage of the half in the place of the cell's. It no longer names the cell, whose
        thickness is not that of the half; its attribute ``electrode`` lets `mgtwin.fit` take it for what it is.

    Raises
    ------
    InputError
        The run has no halves.

    Examples
    --------
    >>> import mgtwin as mt
    >>> probe = mt.Reference(at="buffer_left|antiperovskite", kind=mt.IonProbe(), layer="buffer_left")
    >>> eis = mt.simulate(mt.cell("trilayer").with_({"reference": probe}), mt.EIS(1e6, 0.1, points=31))
    >>> found = mt.analysis.arcs(positive_half(eis))
    """
    return _half(run, "positive")


def _half(run: xr.Dataset, side: str) -> xr.Dataset:
    names = [name for name in ("impedance", "voltage") if f"{name}_{side}" in run]
    if not names:
        raise InputError(
            "the Dataset has no halves: simulate a cell with a reference, cell.with_({'reference': "
            "mt.Reference(at=..., kind=mt.IonProbe())})."
        )
    given = {name: run[name].copy(data=run[f"{name}_{side}"].values) for name in names}
    # contributions sum to the voltage of the cell, not to that of a half
    others = [str(name) for name in run.variables if str(name).endswith(("_negative", "_positive"))]
    half = run.drop_vars(others).drop_dims([dim for dim in ("element", "segment") if dim in run.dims])
    half = half.assign(given)
    half.attrs = {name: value for name, value in run.attrs.items() if name != "cell"} | {"electrode": side}
    return half
