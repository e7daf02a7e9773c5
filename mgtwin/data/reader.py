"""``mgtwin.read``: any instrument file to a Dataset."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from mgtwin.data import text
from mgtwin.data.formats import (
    Parsed,
    binary,
    chi,
    corrware,
    delimited,
    eclab,
    gamry,
    ivium,
    relaxis,
    versastudio,
    zview,
)
from mgtwin.data.hints import Column, Hints, hints
from mgtwin.data.measurement import measurements
from mgtwin.errors import FileError

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["read"]

#: Formats in text that say themselves what they are; everything else is a table in plain text.
_TEXT = (eclab, gamry, zview, versastudio, relaxis, corrware, chi)


def read(
    path: str | Path,
    *,
    columns: Mapping[str, str | int | Column] | None = None,
    decimal: str | None = None,
    current: float | str | None = None,
    area: float | str | None = None,
    thickness: float | str | None = None,
    temperature: float | str | None = None,
    check: bool = True,
    complete: bool = False,
) -> xr.Dataset | xr.DataTree:
    """Read an instrument file into the Dataset that a simulation of the same measurement would give.

    The format is recognised by its content. Nothing is guessed: what the file does not say and the numbers do not show
    is refused, with what was seen and the keyword that would settle it. What was decided (a sign turned, a unit
    converted, rows left out) is in the attributes ``reading`` and ``warnings``.

    Parameters
    ----------
    path : str or pathlib.Path
        The file.
    columns : mapping of str to str, int or Column, optional
        Where a quantity stands, by its head or its number counted from 1: ``frequency``, ``real``, ``imaginary``,
        ``modulus``, ``phase``, ``time``, ``voltage``, ``current``, ``cycle``, ``step``, ``temperature``, ``charge``. A
        `Column` also says the unit and whether the sign is the opposite one.
    decimal : str, optional
        ``","`` or ``"."`` where the numbers do not show it.
    current : float or str, optional
        Constant current [A] of a file without one.
    area, thickness, temperature : float or str, optional
        Electrode area [m^2], thickness of the sample [m] and temperature [K]; they go before those of the file.
    check : bool
        Refuse numbers that make no physical sense. False takes them as they are.
    complete : bool
        The last line is whole although it has no line break.

    Returns
    -------
    xarray.Dataset or xarray.DataTree
        A spectrum (``impedance`` [ohm] over ``frequency`` [Hz]) or a signal (``voltage`` [V] and ``current`` [A] over
        ``time`` [s]), positive current oxidising the working electrode. A file with several measurements, such as
        loops of spectra, gives a DataTree with a node for each: ``spectrum_1``, ``spectrum_2``, ...

    Raises
    ------
    FileError
        The file cannot be read with certainty; the message says why and what to do.
    InputError
        A keyword is not acceptable.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> file = pathlib.Path(tempfile.mkdtemp()) / "cell.csv"
    >>> _ = file.write_text("f/kHz;Re Z/Ohm;-Im Z/Ohm\\n100;12,5;1,25\\n10;14,5;6,0\\n1;22,0;9,5\\n")
    >>> ds = read(file, temperature="25 degC")
    >>> complex(ds.impedance[0]), ds.attrs["reading"]
    ((12.5-1.25j), ['decimal comma', 'Im Z = -(-Im Z/Ohm)', 'temperature was given'])
    """
    given = {"current": current, "area": area, "thickness": thickness, "temperature": temperature}
    told = hints(columns, decimal, given, check, complete)
    return measurements(_parsed(Path(path).expanduser(), told), told)


def _parsed(path: Path, told: Hints) -> Parsed:
    """Recognise the format of a file and take it to tables."""
    if path.is_dir():
        raise FileError("is a folder; name a file in it.", str(path))
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise FileError("there is no such file.", str(path)) from None
    if not raw.strip():
        raise FileError("the file is empty.", path.name)
    if ivium.recognises(raw):
        return ivium.parse(path, raw, told)
    if text.looks_binary(raw) or binary.recognises(path, raw):
        return binary.parse(path, raw)
    file = text.decode(path, raw)
    for module in _TEXT:
        if module.recognises(file):
            return module.parse(file, told)
    return delimited.parse(file, told)
