"""Impedance in the complex plane and against frequency."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from mgtwin.errors import InputError
from mgtwin.plot.bands import along, around, measured_points, samples_of
from mgtwin.plot.family import plot
from mgtwin.plot.labels import label_points
from mgtwin.plot.look import COLOURS, INK, MUTED, Panel, describe, legend_beside, panel, stacked, style
from mgtwin.plot.units import lab_shared, short, size_of, with_unit

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.text import Annotation

__all__ = ["bode", "nyquist"]

#: A spectrum higher than this times its width blocks.
_TAIL = 2.0
#: Share of Re Z over which one must spread to have an arc.
_ARC = 0.05
#: So many names have room in a panel.
_NAMES = 4
#: What the text is called that says how far spectra go beyond the view.
BEYOND = "beyond"
#: What the line Im Z = 0 is called.
ZERO = "zero"


@plot(
    "frequency", "impedance", when=lambda ds: ds["impedance"].ndim == 1,
    together=lambda spectra: {"reach": view_of(spectra)},
)  # fmt: skip
def nyquist(
    ds: xr.Dataset,
    *,
    ax: Axes | None = None,
    label: str | None = None,
    color: str | None = None,
    reach: tuple[float, float] | None = None,
) -> Axes:
    """Draw -Im Z against Re Z with equal scales, decades of frequency marked and labelled.

    Of a fit, and of `mgtwin.uncertainty` without metrics, the regions are shaded that hold 68 and 90 % of the parameter
    sets at each frequency; data that were fitted are circles.

    Parameters
    ----------
    ds : xarray.Dataset
        Spectrum with ``frequency`` [Hz] and ``impedance`` [ohm], or a fit.
    ax : matplotlib Axes, optional
        Where to draw; several spectra may share Axes. They must then have a similar size, for the unit is chosen by
        the first.
    label, color : str, optional
        Legend entry and colour.
    reach : (float, float), optional
        View from the origin to this Re Z and -Im Z [ohm]; by default it holds the whole spectrum, or, of one that
        blocks on new Axes, what lies before its tail. Only the end and the top of each spectrum are then labelled; one
        that leaves the view says how far it goes.

    Raises
    ------
    InputError
        The Dataset has no spectrum.
    """
    with panel(ax, describe(ds.attrs), (5.6, 4.4)) as drawn:
        ax = drawn.ax
        frequency, z = sorted_spectrum(ds)
        if reach is None and drawn.fresh:
            reach = view_before_tails([ds])
        if reach is not None:  # which has the unit
            in_plane(ax, np.array(reach))
        z = in_plane(ax, z)
        data, samples = ds.get("measured_impedance"), samples_of(ds, "impedance")
        mark = ".-" if data is None else "-"
        text = label or (None if data is None else "fit")
        (line,) = ax.plot(z.real, -z.imag, mark, ms=3.5, lw=1.4, label=text, color=color)
        if data is not None:
            points = in_plane(ax, data.values)
            measured_points(ax, points.real, -points.imag, line.get_color())
        if samples is not None:
            around(ax, in_plane(ax, samples[:, np.argsort(-ds["frequency"].values)]), line.get_color())
        ratio = equal_scales(ax) if reach is None else show(ax, reach)
        if drawn.fresh:
            fit_height(ax, ratio)
        logs = np.log10(frequency)
        # Within rounding: a spectrum that ends at 1 Hz has a mark there.
        exponents = np.arange(np.ceil(logs[-1] - 1e-9), np.floor(logs[0] + 1e-9) + 1)
        # Instruments seldom measure at 10.000 Hz: marks lie on the line between the neighbours.
        x, y = (np.interp(exponents, logs[::-1], part[::-1]) for part in (z.real, -z.imag))
        ax.plot(x, y, "o", ms=5, color=line.get_color(), mec="white", mew=0.7, zorder=3)
        # From low to high frequency: the large features are at low frequency, the crowd at high.
        points, texts = np.stack([x, y], axis=1), [short(10.0**exponent, "Hz") for exponent in exponents]
        label_points(ax, *((points, texts) if reach is None else landmarks(ax, points, texts)))
        # once, or it would be thicker with every spectrum
        if ax.get_ylim()[0] < 0 and all(line.get_gid() != ZERO for line in ax.lines):
            ax.axhline(0, color=INK, lw=0.8, zorder=1, gid=ZERO)
        if label and reach is None:
            ax.legend(loc="upper left")
    return ax


def blocks(z: np.ndarray) -> bool:
    """Whether a spectrum ends in a tail that is much higher than all else is wide."""
    return bool((-z.imag).max() > _TAIL * np.abs(z.real).max())


def view_before_tails(spectra: Sequence[xr.Dataset]) -> tuple[float, float] | None:
    """`view_of` spectra of which one, drawn whole, would show its arc as a dot; None where all can be drawn whole."""
    planes = [sorted_spectrum(ds)[1] for ds in spectra]
    hidden = any(np.ptp(z.real) > _ARC * z.real.max() and blocks(z) for z in planes)
    return view_of(spectra) if hidden else None


def view_of(spectra: Sequence[xr.Dataset]) -> tuple[float, float]:
    """Re Z and -Im Z up to which spectra are shown [ohm]: all of what conducts, the beginning of what blocks."""
    planes = [sorted_spectrum(ds)[1] for ds in spectra]
    # of bands as much as they shade
    bands = [samples for ds in spectra if (samples := samples_of(ds, "impedance")) is not None]
    planes += [np.quantile(one.real, 0.95, axis=0) + 1j * np.quantile(one.imag, 0.05, axis=0) for one in bands]
    real = max(float(np.abs(z.real).max(initial=0.0)) for z in planes) or 1.0
    height = max(float((-z.imag).max(initial=0.0)) for z in planes)
    return real, min(max(height, 0.4 * real), 0.8 * real)


def show(ax: Axes, reach: tuple[float, float]) -> float:
    """Show a complex plane from the origin to a point [ohm], with equal scales, and say how far spectra go beyond.

    Returns the height of the Axes over their width.
    """
    size = size_of(ax.get_xlabel())
    right, top = 1.1 * np.array(reach) / size
    edge = 0.05 * right
    if (height := ax.dataLim.y1) > top:
        said = next((text for text in ax.texts if text.get_gid() == BEYOND), None)
        said = said or ax.text(0.02, 0.98, "", transform=ax.transAxes, va="top", gid=BEYOND)
        said.set_text(f"↑ to {short(height * size, 'ohm')}")
    ax.set_xlim(-edge, right)
    ax.set_ylim(-edge, top)
    ratio = float((top + edge) / (right + edge))
    ax.set_box_aspect(ratio)
    ax.set_anchor("NW")
    return ratio


def landmarks(ax: Axes, points: np.ndarray, texts: Sequence[str]) -> tuple[np.ndarray, list[str]]:
    """Return the points of a spectrum that say most, the last in view and the highest, and those of earlier spectra.

    Points are in the order of rising frequency. Earlier labels are taken off, for the spectrum may cover them.
    """
    view = np.array([ax.get_xlim(), ax.get_ylim()])
    inside = np.flatnonzero((points < view[:, 1]).all(axis=1))
    highest = inside[points[inside, 1] == points[inside, 1].max(initial=-np.inf)][:1]
    found = [(points[k], texts[k]) for k in dict.fromkeys([*inside[:1], *highest])]
    for label in [cast("Annotation", text) for text in ax.texts if text.get_gid() != BEYOND]:
        at = np.array(label.xy, dtype=float)
        # spectra that lie on each other need one label
        if all(label.get_text() != text or np.abs(at - here).max() > 0.02 * view[0, 1] for here, text in found):
            found.append((at, label.get_text()))
        label.remove()
    return np.array([here for here, _ in found]).reshape(-1, 2), [text for _, text in found]


def sorted_spectrum(ds: xr.Dataset) -> tuple[np.ndarray, np.ndarray]:
    """Finite points of a spectrum from high to low frequency.

    Raises
    ------
    InputError
        There is none.
    """
    frequency, z = np.asarray(ds["frequency"].values, dtype=float), np.asarray(ds["impedance"].values)
    good = np.isfinite(z)
    if not good.any():
        raise InputError(f"the spectrum has no finite point among {z.size}: there is nothing to draw.")
    if not z[good].any():
        raise InputError("the impedance is 0 at every frequency: there is nothing to draw.")
    # Files come in either order; the line must run along the spectrum, and the marks need it sorted.
    order = np.argsort(-frequency[good], kind="stable")
    return frequency[good][order], z[good][order]


def in_plane(ax: Axes, z: np.ndarray) -> np.ndarray:
    """Impedances in the unit of a complex plane, whose axes are labelled."""
    size, unit = lab_shared(ax.get_xlabel(), np.abs(z), "ohm")
    ax.set_xlabel(f"Re Z ({unit})")
    ax.set_ylabel(f"−Im Z ({unit})")
    ax.xaxis.set_gid("resistance")
    return z / size


def equal_scales(ax: Axes) -> float:
    """Give both axes the same scale, with the origin in view unless the data lie far from it.

    Returns the height of the Axes over their width.
    """
    box = ax.dataLim
    # a single point has no size of its own, but a distance from the origin
    least = 1e-300 if box.x1 > box.x0 or box.y1 > box.y0 else max(abs(box.x1), abs(box.y1), 1e-300)
    width, height = max(box.x1 - box.x0, least), max(box.y1 - box.y0, least)
    # A small arc far from the origin would be a dot; otherwise the intercept with zero in view is the resistance.
    far = box.x0 > 2 * max(width, height)
    left = box.x0 - 0.1 * max(width, height) if far else min(0.0, box.x0 - 0.03 * max(width, height))
    bottom = min(0.0, box.y0 - 0.08 * height)
    span_x, span_y = 1.06 * (box.x1 - left), 1.15 * (box.y1 - bottom)
    ratio = float(np.clip(span_y / span_x, 0.45, 0.8))
    span_x, span_y = max(span_x, span_y / ratio), max(span_y, span_x * ratio)
    # The limits below fill the box exactly, or matplotlib would move them to make the scales equal.
    ax.set_aspect("equal", adjustable="datalim")
    ax.set_box_aspect(ratio)
    ax.set_xlim(left, left + span_x)
    ax.set_ylim(bottom, bottom + span_y)
    return ratio


def fit_height(ax: Axes, ratio: float, below: float = 0.0) -> None:
    """Make the figure of an Axes with a fixed shape as high as it must be, plus `below` [inch] for what is under it."""
    figure: Any = ax.figure
    # What titles and labels take beside the Axes [inch], so that equal scales leave no empty strip.
    figure.set_figheight((figure.get_figwidth() - 0.8) * ratio + 0.95 + below)


def draw_residuals(ax: Axes, frequency: np.ndarray, residual: np.ndarray, least: float = 0.0) -> None:
    """Real and imaginary residuals [%], on an axis centred on zero that reaches to `least` at least."""
    ax.axhline(0, color=MUTED, lw=0.8, zorder=1)
    ax.semilogx(frequency, residual.real, "o-", ms=3, lw=0.8, color=COLOURS[0], label="Re")
    ax.semilogx(frequency, -residual.imag, "s-", ms=3, lw=0.8, color=COLOURS[3], label="−Im")
    ax.set_xlabel(with_unit("frequency", "Hz"))
    centre_on_zero(ax, least)


def centre_on_zero(ax: Axes, least: float = 0.0) -> None:
    """Centre residuals on zero, so that a bias is seen at a glance."""
    reach = max(1.15 * abs(ax.dataLim.y0), 1.15 * abs(ax.dataLim.y1), least)
    if 0 < reach < np.inf:
        ax.set_ylim(-reach, reach)


@plot(
    "frequency", "impedance",
    when=lambda ds: ds["impedance"].ndim == 1 and not {"residual", "distribution"} & set(ds.variables),
)  # fmt: skip
def bode(
    ds: xr.Dataset,
    *,
    ax: Axes | tuple[Axes, Axes] | None = None,
    label: str | None = None,
    color: str | None = None,
) -> tuple[Axes, Axes]:
    """Draw magnitude and phase of the impedance against frequency; of a fit and of uncertain cells as `nyquist` does.

    Parameters
    ----------
    ds : xarray.Dataset
        Spectrum with ``frequency`` [Hz] and ``impedance`` [ohm], or a fit.
    ax : Axes or the pair that an earlier call returned, optional
        A single Axes is divided in two.
    label, color : str, optional
        Legend entry and colour.

    Returns
    -------
    tuple of Axes
        Magnitude and phase.
    """
    with style():
        match ax:
            case (upper, lower):  # a second spectrum on the pair of the first
                pass
            case _:
                upper, lower = stacked(ax, (1.2, 1.0), (5.6, 4.8))
        frequency, z = sorted_spectrum(ds)
        data, samples = ds.get("measured_impedance"), samples_of(ds, "impedance")
        mark = ".-" if data is None else "-"
        text = label or (None if data is None else "fit")
        (line,) = upper.loglog(frequency, np.abs(z), mark, ms=3.5, lw=1.4, label=text, color=color)
        lower.semilogx(frequency, -np.degrees(np.angle(z)), mark, ms=3.5, lw=1.4, color=line.get_color())
        for axes, of in ((upper, np.abs), (lower, lambda values: -np.degrees(np.angle(values)))):
            if samples is not None:
                order = np.argsort(ds["frequency"].values)
                along(axes, ds["frequency"].values[order], of(samples)[:, order], line.get_color())
            if data is not None:
                measured_points(axes, ds["frequency"].values, of(data.values), line.get_color())
        upper.set_ylabel("|Z| (Ω)")
        lower.set_ylabel("−Phase (°)")
        lower.set_xlabel(with_unit("frequency", "Hz"))
        low, high = lower.dataLim.y0, lower.dataLim.y1
        lower.set_ylim(min(-5.0, low - 5), max(95.0, high + 5))
        lower.set_yticks(np.arange(np.ceil(lower.get_ylim()[0] / 30) * 30, lower.get_ylim()[1], 30))
        Panel(upper, (0, 0)).room_on_log_axis()
        if named := upper.get_legend_handles_labels()[1]:
            # of many names none fits between the curves
            legend_beside(upper) if len(named) > _NAMES else upper.legend(loc="best")
        if ax is None:
            upper.set_title(describe(ds.attrs))
    return upper, lower
