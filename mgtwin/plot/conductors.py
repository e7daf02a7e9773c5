"""Conductors of the library against inverse temperature, with data of one's own."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np

from mgtwin import library, yamlfile
from mgtwin.cells.parts import load_part
from mgtwin.cells.paths import walk
from mgtwin.cells.published import Published, is_published, read_published
from mgtwin.errors import InputError
from mgtwin.kinds.laws import Isothermal, Point
from mgtwin.kinds.materials import Material
from mgtwin.kinds.own import alone
from mgtwin.plain import is_text
from mgtwin.plot.laws import arrhenius as measured
from mgtwin.plot.laws import label_axes
from mgtwin.plot.look import axes, legend_beside, panel, style

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

__all__ = ["arrhenius"]

#: A name of the library, a material, or the Dataset of `mgtwin.analysis.arrhenius`.
Conductor: TypeAlias = "str | Material | xr.Dataset"


class Curve(NamedTuple):
    """What is drawn of a conductor: its law, where that is valid, and what was printed."""

    label: str
    law: Callable[[np.ndarray], np.ndarray] | None
    limits: tuple[float, float] | None
    points: list[Point]

    def draw(self, ax: Axes, window: np.ndarray) -> None:
        """Draw it over a window of temperatures [K]."""
        from matplotlib.collections import LineCollection

        label: str | None = self.label
        color = None
        if self.law is not None:
            low, high = self.limits or (window[0], window[-1])
            inside = np.unique(np.clip(window, low, high))
            (line,) = ax.semilogy(1000 / inside, self.law(inside) / 100, lw=1.6, label=label)
            label, color = None, line.get_color()
            for part in (window[window < low], window[window > high]):
                if part.size:
                    # as a collection, which is no reason to show more decades
                    beyond = np.column_stack([1000 / part, self.law(part) / 100])
                    ax.add_collection(LineCollection([beyond], lw=1.0, ls=(0, (4, 2.5)), color=color), autolim=False)
        for point in self.points:
            x = 1000 / point.temperature
            if math.isfinite(point.low) and math.isfinite(point.high):
                spread = [[(point.value - point.low) / 100], [(point.high - point.value) / 100]]
                drawn = ax.errorbar(x, point.value / 100, spread, fmt="o", ms=5, capsize=2, color=color, label=label)
                color, label = drawn.lines[0].get_color(), None
            else:
                marker = "v" if math.isfinite(point.high) else "^"
                (arrow,) = ax.semilogy([x], [point.value / 100], marker, ms=7, mfc="none", color=color, label=label)
                color, label = arrow.get_color(), None


def arrhenius(
    *conductors: Conductor,
    family: str | None = None,
    ax: Axes | None = None,
    label: str | None = None,
    color: str | None = None,
) -> Axes:
    """Draw ionic conductivities against 1000/T, with °C above.

    Of a material of the library its law, solid where it is valid and dashed beyond, and what was printed with what the
    digits leave open; bounds are arrows. Of a Dataset its points and Arrhenius laws in both conventions.

    Parameters
    ----------
    *conductors : str, material or xarray.Dataset
        Names of the library, materials, results of `mgtwin.analysis.arrhenius`.
    family : str, optional
        All published materials of a family besides, for example ``"borohydride"``.
    ax : matplotlib Axes, optional
        Where to draw.
    label, color : str, optional
        Name in the legend and colour of a Dataset.

    Raises
    ------
    InputError
        If there is nothing to draw.

    Examples
    --------
    >>> import mgtwin as mt
    >>> ax = mt.plot.arrhenius("mg_en_bh4", "mg3asn")
    >>> ax.get_ylabel()
    'Conductivity (S/cm)'
    """
    curves: list[Curve] = []
    data = []
    for item in conductors:
        match item:
            case str() | Material():
                curves += curves_of(item)
            case object(attrs=_):
                data.append(item)
            case _:
                raise InputError(
                    f"arrhenius draws materials, names of the library and Datasets of mt.analysis.arrhenius, not "
                    f"{type(item).__name__}."
                )
    if family is not None:
        documents = ((path.stem, yamlfile.load(path)) for path in library.files("materials"))
        published = [_read(name, item) for name, item in documents if is_published(item.data)]
        curves += [curve for part in published if part.family == family for curve in _samples(part)]
    if not curves and not data:
        families = "" if family is None else f" (no published material is of the family {family!r})"
        raise InputError(f"arrhenius has nothing to draw{families}: name materials, or give a Dataset.")
    if ax is None and data and curves:
        with style():
            ax = axes(None, (8.4, 4.4))
    for ds in data:
        ax = measured(ds, ax=ax, label=label, color=color)  # type: ignore[arg-type]
    if not curves:
        return ax  # type: ignore[return-value]
    curves = list({curve.label: curve for curve in curves}.values())
    ends = [T for curve in curves for T in (*(curve.limits or ()), *(point.temperature for point in curve.points))]
    low, high = min(ends, default=298.15), max(ends, default=373.15)
    # even in 1/T, with a margin of which a single temperature has some, too
    margin = max(0.06 * (1 / low - 1 / high), 5e-5)
    window = 1 / np.linspace(1 / high - margin, 1 / low + margin, 200)
    with panel(ax, "", (6.4, 4.4)) as drawn:
        ax = drawn.ax
        for curve in curves:
            curve.draw(ax, window)
        drawn.room_on_log_axis()
        label_axes(ax, np.array([low, high]))
        legend_beside(ax)
    return ax


def _read(name: str, document: yamlfile.Document) -> Published:
    return read_published(document.with_data({"name": name, **document.data}))


def curves_of(item: str | Material) -> Iterator[Curve]:
    """Yield what is drawn of a name or a material."""
    material = item
    if is_text(item):
        document = yamlfile.load(library.find("materials", item))
        if is_published(document.data):
            yield from _samples(_read(item, document))
            return
        material = load_part("materials", item)
    if not material.conducts_ions:  # type: ignore[union-attr]
        raise InputError(f"{material.name or type(material).__name__} conducts no ions: there is no law to draw.")  # type: ignore[union-attr]
    laws = [node for path, node in walk(material) if path.endswith("ionic_conductivity") and callable(node)]
    limits = [ends for law in laws if (ends := law.limits())]
    valid = (max(low for low, _ in limits), min(high for _, high in limits)) if limits else None
    fixed = any(type(law) is Isothermal for law in laws)
    points = []
    if fixed and valid is not None:
        T = (valid[0] + valid[1]) / 2
        value = float(material.ionic(alone(material, T)))  # type: ignore[union-attr]
        points = [Point(T, value, value, value)]

    def law(T: np.ndarray) -> np.ndarray:
        return np.array([float(material.ionic(alone(material, float(at)))) for at in T])  # type: ignore[union-attr]

    yield Curve(material.name, None if fixed else law, valid, points)  # type: ignore[union-attr]


def _samples(part: Published) -> Iterator[Curve]:
    """The samples of a published material."""
    for sample in part.samples:
        law = sample.law("ionic_conductivity")
        points = [item.point for item in sample.of("ionic_conductivity") if item.temperature is not None]
        label = f"{part.name}: {sample.name}" if len(part.samples) > 1 else part.name
        if points:
            fixed = law is None or type(law) is Isothermal
            yield Curve(label, None if fixed else law, None if law is None else law.limits(), points)
