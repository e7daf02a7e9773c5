"""``mgtwin.read``: any instrument file to a Dataset."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from mgtwin.data.fileformat import FILE_FORMATS
from mgtwin.data.formats.delimited import Delimited
from mgtwin.data.hints import Column, hints
from mgtwin.data.measurement import measurements
from mgtwin.data.source import File
from mgtwin.errors import FileError

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["read"]

_HDF5 = b"\x89HDF"


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
        ``modulus``, ``phase``, ``time``, ``voltage``, ``current``, ``direction`` (words for charge and discharge),
        ``cycle``, ``step``, ``temperature``, ``direct_voltage``, ``direct_current``, and what impedance analysers
        write. A `Column` also says the unit and whether the sign is the opposite one.
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
        loops of spectra, gives a DataTree with a node for each: ``spectrum_1``, ``spectrum_2``, ... The conditions of
        each, ``temperature`` [K], ``bias`` [V] and ``bias_current`` [A], are in its attributes.

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
    file = File(Path(path).expanduser())
    # the one declared last first: a user's own format goes before those that come with mgtwin
    kinds = [kind for kind in reversed([*FILE_FORMATS.values()]) if kind is not Delimited and kind.recognises(file)]
    if kinds:
        parsed = kinds[0].parse(file, told)
        others = ", ".join(kind.name for kind in kinds[1:])
        note = [f"read as {kinds[0].name}; it might also be {others}"] if others else []
        return measurements(replace(parsed, about=parsed.about.noted(*note)), told)
    if file.is_text:  # any other text is taken for a table
        return measurements(Delimited.parse(file, told), told)
    if file.head.startswith(_HDF5):
        raise FileError("this is no instrument file; results that mgtwin saved are opened with mt.open.", file.name)
    raise file.error(
        f"this binary file is of no format that is known ({', '.join(FILE_FORMATS)}), or it is damaged. Export it as "
        "text from the instrument's software."
    )
