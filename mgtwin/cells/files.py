"""Cells from files: by name with overlays, from a user's own file, and the template of a new one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from .. import library, yamlfile
from ..errors import FileError, InputError
from ..kinds.materials import material as declare_material
from .cell import Cell, cell_adapter
from .overlays import applicable_overlays, apply_overlays
from .parts import load_part, resolve, with_materials
from .paths import Node

__all__ = [
    "applicable_overlays",
    "cell",
    "find",
    "list_cells",
    "list_experiments",
    "list_overlays",
    "load_cell",
    "material",
    "new_cell_template",
]

find = library.find
list_cells = library.list_cells
list_experiments = library.list_experiments
list_overlays = library.list_overlays


def cell(name: str | Path, *overlays: str) -> Cell:
    """Return a cell by name, with overlays applied.

    Parameters
    ----------
    name : str or Path
        A name that `list_cells` gives, or the path of a file (``.yaml``).
    *overlays : str
        Names of overlays, in any order: states are applied first, then alternatives, then readings.

    Returns
    -------
    Cell

    Raises
    ------
    UnknownNameError
        If there is no such cell or overlay; the message lists close matches.
    OverlayError
        If an overlay does not apply to this cell or together with the others.
    FileError
        If a file is wrong, with ``path:line:column`` and a caret.

    Examples
    --------
    >>> import mgtwin as mt
    >>> [layer.name for layer in mt.cell("trilayer", "annealed").layers]
    ['buffer_left', 'antiperovskite', 'buffer_right']
    """
    if isinstance(name, Path) or str(name).endswith((".yaml", ".yml")):
        return apply_overlays(load_cell(name), *overlays)
    path = find("cells", name)
    found = load_cell(path)
    if found.name != path.stem:
        raise FileError(
            f"the cell's name {found.name!r} differs from the file name {path.stem!r}: make them equal.", str(path)
        )
    return apply_overlays(found, *overlays)


def material(name: Node, value: str | None = None) -> Node:
    """Return the material of this name from ``materials/``, to put into a cell with `Cell.with_`.

    As the decorator of a class it declares a new kind of material: see `mgtwin.kinds.materials.material`.

    Parameters
    ----------
    name : str
    value : str, optional
        Which of several published samples of a material: see `mgtwin.values`.

    Raises
    ------
    UnknownNameError
        With close matches.
    FileError
        If its file is wrong.
    InputError
        For a published material of which several samples compete, or which lacks a number that its equations need.

    Examples
    --------
    >>> import mgtwin as mt
    >>> graded = mt.material("polymer_composite_graded")
    >>> graded.fractions(0.0)["mg3asn"] > graded.fractions(1.0)["mg3asn"]
    True
    >>> law = mt.material("mg_en_bh4").ionic_conductivity  # through the two conductivities that are printed
    >>> round(float(law.activation_energy), 3)
    1.589
    """
    return declare_material(name) if isinstance(name, type) else load_part("materials", name, value)


def load_cell(path: str | Path) -> Cell:
    """Read a cell from a YAML file.

    Numbers need a unit. Where a material or an interface stands, the file may name one of the library
    (``material: mofsse``) or change one (``{from: mofsse, ionic_conductivity: 1 mS/cm}``). The file's
    name stands in for a missing `name`.

    Raises
    ------
    FileError
        With ``path:line:column``, the line and a caret, for everything that is wrong in the file.

    Examples
    --------
    >>> load_cell(find("cells", "trilayer")).name
    'trilayer'
    """
    source = Path(path)
    document = yamlfile.load(source, shared=True)
    if not isinstance(document.data, Mapping):
        raise document.error("a cell file holds keys such as name, negative, layers and positive.")
    data = {"name": source.stem, **document.data}
    # Named materials and interfaces are put in their places.
    for side in ("negative", "positive"):
        if side in data:
            data[side] = resolve("interfaces", data[side], document, (side,))
    match data.get("interfaces"):
        case Mapping() as given:
            data["interfaces"] = {
                key: resolve("interfaces", raw, document, ("interfaces", key)) for key, raw in given.items()
            }
    if "layers" in data:
        data["layers"] = with_materials(data["layers"], document, ("layers",))
    found: Cell = yamlfile.validate(document.with_data(data), cell_adapter(), context={"file": True})
    return found


_TEMPLATE = """\
# A cell for mgtwin. Check it with:   mgtwin check {name}.yaml
# Look at it with:                    mgtwin show {name}.yaml
#
# Every number has a unit ("0.5 mm", "2.6 mS/cm", "100 degC"); a decimal point, never a comma. To say where it comes
# from, write it as a mapping:
#   thickness:
#     value: 0.65 mm
#     std: 0.02 mm            # or "3 %"
#     range: [0.62 mm, 0.69 mm]
#     kind: measured          # measured, fitted, assimilated, literature, computed, assumed or setting
#     source: my_notebook     # key in references.bib
#     where: page 12
#     printed: "0.62-0.69"
#     note: micrometer gauge
name: {name}
description: What this cell is, in one line.

area: 1.327 cm^2              # of the electrodes; resistances of interfaces are per area (ohm*cm^2)
temperature: 25 degC
series_resistance: 0 ohm*cm^2 # leads and contacts
# fixture: {{inductance: 0.6 uH, capacitance: 100 pF}}   # of leads and cables, in spectra only
# shunt: {{conductance: 1 uS/cm^2}}                       # a soft short from metal to metal; through: [separator] for
#                                                       # a filament through some layers
# reference: {{at: positive, kind: {{type: ion_probe}}}}     # third electrode: both halves in every result

# From the negative (left, counter) to the positive (right, working) electrode.
negative:
  # plating: the metal of the working ion. Other type: blocking (inert metal; needs only double_layer).
  # The name of a file in interfaces/ can stand here instead, for example:   negative: mg_mofsse
  type: plating
  name: Mg
  exchange_current_density: 5 uA/cm^2
  transfer_coefficient: 0.5
  double_layer: 10 uF/cm^2
  film_resistance: 0 ohm*cm^2
  electronic_resistance: 0 ohm*cm^2   # inf: no electrons enter the layer, 0: ideal contact
  # contact: {{type: contact, fraction: 0.8, spacing: 50 um, pressure: 1 MPa}}    # part of the area, and constriction
  # ageing:                           # any number of laws, see mgtwin list "ageing law"
  #   - {{type: fatigue_contact_loss, rate: 1e-4 m^2/C, minimum: 0.01}}
  #   - {{type: film_growth, charge_rate: 1e-3 ohm*m^4/C}}

layers:
  - name: separator           # lower case; appears in paths such as layers.separator.thickness
    thickness: 0.5 mm
    # The name of a file in materials/ can stand here instead, alone or with changes:
    #   material: mofsse
    #   material: {{from: mofsse, ionic_conductivity: 1 mS/cm}}
    material:
      type: ion_conductor
      ionic_conductivity:     # a number with its unit, or a law of temperature
        type: arrhenius       # also: constant, isothermal, arrhenius_t (in sigma*T), vogel_fulcher, table
        reference: 0.5 mS/cm
        reference_temperature: 25 degC
        activation_energy: 0.35 eV
        valid: [25 degC, 100 degC]
      # relative_permittivity: 10

  - name: conductor
    thickness: 0.65 mm
    material:
      type: mixed_conductor
      ionic_conductivity: 0.1 mS/cm
      electronic_conductivity: 5e-8 S/cm
      chemical_capacitance: 10 F/cm^3

# Without an entry both carriers pass between two layers. An entry blocks electrons unless it gives an
# electronic_resistance.
interfaces:
  separator-conductor:
    resistance: 30 ohm*cm^2
    # capacitance: 1 uF/cm^2

positive:
  type: blocking
  name: Au
  double_layer: 10 uF/cm^2            # or a constant-phase element:
  # double_layer: {{type: cpe, q: 10 uF*s^-0.1/cm^2, n: 0.9}}
# a cathode instead (ti2s4, mo6s8; mgtwin list interfaces):
# positive: {{from: ti2s4, thickness: 40 um}}
"""


def new_cell_template(name: str) -> str:
    """Return the text of a commented, valid cell file to edit.

    Parameters
    ----------
    name : str
        Of the cell and of the file that it will be written to: letters, digits, ``_`` and ``-``.

    Raises
    ------
    InputError
        If the name could not be a file name.
    """
    if not name or not all(sign.isalnum() or sign in "_-" for sign in name):
        raise InputError(f"{name!r} cannot name a cell: use letters, digits, '_' and '-'.")
    return _TEMPLATE.format(name=name)
