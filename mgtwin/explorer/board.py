"""Charts as figures of Bokeh: made once for a page, then only their numbers are sent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import panel as pn
from bokeh.models import ColumnDataSource, FactorRange, HoverTool, Legend, LegendItem, Span
from bokeh.plotting import figure

from ..plot.look import COLOURS
from ..plot.units import lab, with_unit
from .picture import Axis, Chart, Curve, Picture

__all__ = ["Board"]

#: Colours of light and of dark pages: ink, muted, lines of the grid, the curve, measured points, parts.
_LIGHT = {"ink": "#22262b", "muted": "#59616c", "grid": "#e3e6ea", "model": COLOURS[0], "data": "#22262b"}
_DARK = {"ink": "#e8eaed", "muted": "#a4adb8", "grid": "#343a41", "model": "#6cb6ef", "data": "#e8eaed"}
_PARTS = {
    False: COLOURS,
    True: (
        *("#6cb6ef", "#ff9a4d", "#3cd0a0", "#ffc94d", "#f0a6cf"),
        *("#a8dcff", "#d8b95c", "#a9b2bd", "#b592e6", "#d6d65c"),
    ),
}
#: Charts stand side by side where there is room for two.
_GRID = {"display": "grid", "grid-template-columns": "repeat(auto-fit, minmax(min(100%, 400px), 1fr))", "gap": "10px"}
_BEFORE = "before the last move"
#: Parts that are drawn solid before as many are dashed; height of a chart [px], of a line of its legend, lines in that.
_HALF, _HEIGHT, _LINE, _LINES = 4, 340, 18, 2
#: Part of its size by which a number has to change to fill its axis: below lies the arithmetic.
_LEAST = 1e-6


@dataclass
class _Drawn:
    """A chart on the page: its figure, and the glyphs by what they show."""

    chart: Chart
    figure: figure
    legend: Legend
    hover: HoverTool
    glyphs: dict[tuple[str, int], tuple[ColumnDataSource, LegendItem]] = field(default_factory=dict)
    base: Span | None = None

    @classmethod
    def of(cls, chart: Chart) -> _Drawn:
        """An empty figure for a chart."""
        made = figure(
            height=130 + 34 * max(len(chart.labels), 1) if chart.labels else 340,
            sizing_mode="stretch_width", min_width=300, match_aspect=chart.square, toolbar_location="above",
            x_axis_type="log" if chart.x.log else "auto", y_axis_type="log" if chart.y.log else "auto",
            tools="pan,box_zoom,wheel_zoom,reset,save", title=chart.name, background_fill_alpha=0, border_fill_alpha=0,
            name=chart.name, html_attributes={"role": "img", "aria-label": f"chart: {chart.name}"},
            **({"y_range": FactorRange(*chart.labels)} if chart.labels else {}),
        )  # fmt: skip
        hover, legend = HoverTool(), Legend(
            items=[], ncols=2, click_policy="hide", background_fill_alpha=0,
            glyph_height=14, label_height=14, margin=2, padding=2,
        )  # fmt: skip
        made.add_tools(hover)
        made.add_layout(legend, "below")
        made.toolbar.logo = None
        found = cls(chart, made, legend, hover)
        if chart.labels:
            found.base = Span(dimension="height", line_dash="dashed")
            made.add_layout(found.base)
        return found

    def glyph(self, curve: Curve, role: str, number: int) -> tuple[ColumnDataSource, LegendItem]:
        """What shows curves of a role, the number of which it is."""
        if (role, number) not in self.glyphs:
            source = ColumnDataSource({"x": [], "y": []})
            match role:
                case "data":
                    renderer = self.figure.scatter("x", "y", source=source, size=6, fill_alpha=0, line_width=1.2)
                case "past" | "future":
                    # lighter than what lies on it; of one colour, so that the inner band is the darker one
                    renderer = self.figure.varea(x="x", y1="y", y2="upper", source=source, fill_alpha=0.22)
                # bars begin where the cell stands, and go where the number at the end of its range takes it
                case "low" | "high":
                    renderer = self.figure.hbar(
                        y="y", left="base", right="x", height=0.6, source=source, line_alpha=0, fill_alpha=0.85
                    )
                case _:
                    # of a stack with equal halves the curves of one lie below those of the other
                    behind = role == "part" and number % (2 * _HALF) >= _HALF
                    dash = {"before": "dashed", "limit": "dotdash", "mark": "dotted"}.get(role, "solid")
                    dash = "dashed" if behind else dash
                    width = {"before": 1.5, "model": 2.5, "ahead": 2.5}.get(role, 1.8)
                    renderer = self.figure.line("x", "y", source=source, line_width=width, line_dash=dash)
            renderer.name = curve.name
            item = LegendItem(label=curve.name, renderers=[renderer])
            self.glyphs[role, number] = (source, item)
        return self.glyphs[role, number]

    def show(self, chart: Chart, before: Chart | None) -> None:
        """Send the numbers of a chart, and of the one that was there before the last move."""
        shown = [*self._numbered(chart, before)]
        across, up = ([c for _, _, c in shown], [c for role, _, c in shown if role not in ("low", "high")])
        x_size = self._axis(chart.x, "xaxis", [c.x for c in across])
        y_size = self._axis(chart.y, "yaxis", [c.y for c in up])
        # glyphs are kept, for a new one costs as much as twenty moves; those without a curve are emptied
        seen = set()
        for role, number, curve in shown:
            source, item = self.glyph(curve, role, number)
            seen.add((role, number))
            data: dict[str, object] = {"x": curve.x / x_size, "y": curve.y / y_size}
            if curve.upper is not None:
                data["upper"] = curve.upper / y_size
            if chart.labels:
                names = [_name(text) for text in chart.labels]
                data = {"x": curve.x / x_size, "y": names, "base": np.full(len(names), chart.base / x_size)}
            source.data = data
            item.label = {"value": curve.name}  # type: ignore[assignment]  # a text would be the name of a column
        for key, (source, _) in self.glyphs.items():
            if key not in seen and len(source.data["x"]):
                source.data = {name: [] for name in source.data}
        # a legend of one curve says nothing that the title does not
        items = [
            item
            for (role, n), (_, item) in self.glyphs.items()
            if (role, n) in seen and (role, n > 0) != ("before", True)
        ]
        if [*self.legend.items] != items:
            self.legend.items = items
        self.legend.visible = len(items) > 1
        # what a long legend takes is not taken from the curves
        if not chart.labels:
            height = _HEIGHT + _LINE * max(-(-len(items) // 2) - _LINES, 0)
            if self.figure.height != height:
                self.figure.height = height
            self._spread(np.concatenate([np.ravel(c.y) for _, _, c in shown] or [np.zeros(1)]) / y_size)
        if chart.labels:
            names = [_name(text) for text in chart.labels]
            if [*self.figure.y_range.factors] != names:
                self.figure.y_range.factors = names
            assert self.base is not None
            self.base.location = chart.base / x_size

    def _spread(self, values: np.ndarray) -> None:
        """Keep what does not change from filling its axis with the last digits of the arithmetic."""
        size, change = (np.abs(values).max(), np.ptp(values)) if values.size else (0.0, 1.0)
        still = not self.chart.y.log and change < _LEAST * size
        wanted = ("absolute", 0.05 * size) if still else ("percent", 0.1)
        y = self.figure.y_range
        if (y.range_padding_units, y.range_padding) != wanted:
            y.update(range_padding_units=wanted[0], range_padding=wanted[1])

    def _numbered(self, chart: Chart, before: Chart | None) -> Iterator[tuple[str, int, Curve]]:
        """Curves with their role and their number among those of that role, the one before below the others."""
        if before is not None:
            for number, curve in enumerate(c for c in before.curves if c.role in ("model", "ahead")):
                yield "before", number, Curve(_BEFORE, curve.x, curve.y, "before")
        count: dict[str, int] = {}
        for curve in chart.curves:
            count[curve.role] = count.get(curve.role, -1) + 1
            yield curve.role, count[curve.role], curve

    def _axis(self, axis: Axis, side: str, values: list[np.ndarray]) -> float:
        """Label an axis, and return the size of its unit."""
        # decades say their own size: a unit that changes while a slider moves would make a logarithmic axis jump
        size, unit = lab(np.concatenate([np.ravel(v) for v in values]) if values and not axis.log else [1.0], axis.unit)
        label = (
            with_unit(axis.name, unit) if axis.name[:1].islower() else f"{axis.name} ({unit})" if unit else axis.name
        )
        for drawn in self.figure.xaxis if side == "xaxis" else self.figure.yaxis:
            if drawn.axis_label != label:
                drawn.axis_label = label
        return size

    def paint(self, dark: bool) -> None:
        """Take the colours of a light or dark page."""
        colours = _DARK if dark else _LIGHT
        made = self.figure
        made.title.text_color, made.outline_line_color = colours["ink"], None
        made.title.text_font_size, made.title.text_font = "13px", "system-ui, sans-serif"
        for axis in made.axis:
            axis.axis_label_text_color = axis.major_label_text_color = colours["ink"]
            axis.axis_line_color = axis.major_tick_line_color = colours["muted"]
            axis.minor_tick_line_color = None
            axis.axis_label_text_font_style, axis.axis_label_text_font_size = "normal", "12px"
            axis.axis_label_text_font = axis.major_label_text_font = "system-ui, sans-serif"
        made.grid.grid_line_color = colours["grid"]
        self.legend.label_text_color, self.legend.label_text_font_size = colours["ink"], "11px"
        self.legend.border_line_color, self.legend.inactive_fill_alpha, self.legend.spacing = None, 0.0, 3
        self.hover.tooltips = [("", "$name"), (self.chart.x.name or "x", "@x"), (self.chart.y.name or "y", "@y")]
        if self.base is not None:
            self.base.line_color = colours["ink"]
        for (role, number), (_, item) in self.glyphs.items():
            parts = _PARTS[dark]
            of_role = {
                "before": colours["muted"], "model": colours["model"], "low": parts[0], "high": parts[1],
                "past": colours["model"], "ahead": parts[1], "future": parts[1], "limit": colours["ink"],
                "mark": parts[4],
            }  # fmt: skip
            colour = colours["data"] if role == "data" else of_role.get(role, parts[number % len(parts)])
            for renderer in item.renderers:
                glyph = renderer.glyph
                names = ("fill_color",) if role in ("low", "high", "past", "future") else ("line_color",)
                glyph.update(**dict.fromkeys(names, colour))


class Board:
    """The charts of a page.

    Attributes
    ----------
    area : panel.Column
    """

    def __init__(self) -> None:
        self.area = pn.Column(
            sizing_mode="stretch_width", styles=_GRID, stylesheets=[".scroll-button { display: none }"]
        )
        self.dark = False
        self._charts: list[_Drawn] = []
        self._key: tuple[object, ...] = ()

    def show(self, picture: Picture, before: Picture | None) -> None:
        """Show a picture, and the one before it."""
        key = tuple((chart.name, chart.x, chart.y, bool(chart.labels)) for chart in picture.charts)
        new = key != self._key
        if new:
            self._key, self._charts = key, [_Drawn.of(chart) for chart in picture.charts]
        # new glyphs need their colours, the others have them
        count = sum(len(drawn.glyphs) for drawn in self._charts)
        earlier = before.charts if before is not None and len(before.charts) == len(picture.charts) else ()
        for k, (drawn, chart) in enumerate(zip(self._charts, picture.charts, strict=True)):
            drawn.show(chart, earlier[k] if earlier else None)
        if new or sum(len(drawn.glyphs) for drawn in self._charts) != count:
            self.paint(self.dark)
        if new:
            self.area.objects = [
                pn.pane.Bokeh(drawn.figure, sizing_mode="stretch_width", min_width=300, margin=0)
                for drawn in self._charts
            ]

    def paint(self, dark: bool) -> None:
        """Take the colours of a light or dark page."""
        self.dark = dark
        for drawn in self._charts:
            drawn.paint(dark)


def _name(text: str) -> str:
    """A label in two lines: what it belongs to, and what it is."""
    return text.replace(": ", ":\n", 1)
