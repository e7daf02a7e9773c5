r"""Impedances from what impedance analysers write instead: admittances, capacitances and losses, permittivities.

With :math:`\omega = 2\pi f`: :math:`Y = G + iB = \omega C_p (D + i)`, :math:`Z = R_s + 1/(i\omega C_s) =
(D - i)/(\omega C_s)`, :math:`Y = i\omega\varepsilon_0(\varepsilon' - i\varepsilon'')A/L = (\sigma' + i\sigma'')A/L`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mgtwin.data.columns import Columns
from mgtwin.data.report import About
from mgtwin.errors import FileError

__all__ = ["as_impedance", "holds_immittance"]

Array = np.ndarray
_EPSILON_0 = 8.8541878128e-12  # F/m

#: Pairs of quantities, and the impedance [ohm] that they make with the angular frequency [rad/s].
_PAIRS: dict[tuple[str, str], Callable[[Array, Array, Array], Array]] = {
    ("admittance", "admittance_phase"): lambda w, y, phase: np.exp(-1j * phase) / y,
    ("conductance", "susceptance"): lambda w, g, b: 1 / (g + 1j * b),
    ("parallel_capacitance", "conductance"): lambda w, c, g: 1 / (g + 1j * w * c),
    ("parallel_capacitance", "parallel_resistance"): lambda w, c, r: 1 / (1 / r + 1j * w * c),
    ("parallel_capacitance", "loss"): lambda w, c, d: 1 / (w * c * (d + 1j)),
    ("parallel_capacitance", "quality"): lambda w, c, q: 1 / (w * c * (1 / q + 1j)),
    ("series_capacitance", "real"): lambda w, c, r: r + 1 / (1j * w * c),
    ("series_capacitance", "loss"): lambda w, c, d: (d - 1j) / (w * c),
    ("series_capacitance", "quality"): lambda w, c, q: (1 / q - 1j) / (w * c),
    ("series_inductance", "real"): lambda w, inductance, r: r + 1j * w * inductance,
    ("series_inductance", "quality"): lambda w, inductance, q: w * inductance * (1 / q + 1j),
}
#: The same for quantities of the material: the impedance [ohm m], which the geometry A/L turns into ohm.
_OF_MATERIAL: dict[tuple[str, str], Callable[[Array, Array, Array], Array]] = {
    ("permittivity", "dielectric_loss"): lambda w, e1, e2: 1 / (1j * w * _EPSILON_0 * (e1 - 1j * e2)),
    ("permittivity", "loss"): lambda w, e1, d: 1 / (1j * w * _EPSILON_0 * e1 * (1 - 1j * d)),
    ("conductivity", "conductivity_imaginary"): lambda w, s1, s2: 1 / (s1 + 1j * s2),
    ("conductivity", "permittivity"): lambda w, s1, e1: 1 / (s1 + 1j * w * _EPSILON_0 * e1),
}


def holds_immittance(columns: Columns) -> bool:
    """Tell whether a pair of columns makes an impedance."""
    return any(columns.has(*pair) for pair in (*_PAIRS, *_OF_MATERIAL))


def as_impedance(columns: Columns, frequency: np.ndarray, about: About) -> tuple[np.ndarray, str]:
    """Return the impedance [ohm] that the first complete pair makes, and a note.

    Raises
    ------
    FileError
        The pair is of the material, and the file does not give the sample's area and thickness, nor the user.
    """
    pair = next(pair for pair in (*_PAIRS, *_OF_MATERIAL) if columns.has(*pair))
    first, second = (columns.values(name) for name in pair)
    heads = " and ".join(repr(columns.found[name].label) for name in pair)
    note = f"Re Z and Im Z computed from {heads}"
    with np.errstate(divide="ignore", invalid="ignore"):
        if pair in _PAIRS:
            return _PAIRS[pair](2 * np.pi * frequency, first, second), note
        area = columns.hints.area or about.area
        thickness = columns.hints.thickness or about.thickness
        if area is None or thickness is None:
            raise FileError(
                f"{heads} are of the material, not of the sample: give its geometry, for example area='1 cm^2', "
                "thickness='1 mm'.",
                columns.table.file,
            )
        return _OF_MATERIAL[pair](2 * np.pi * frequency, first, second) * thickness / area, f"{note} and the geometry"
