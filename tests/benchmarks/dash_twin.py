"""The impedance page of mgtwin explore in Dash, same view model, sliders and charts: ``python dash_twin.py PORT``.

What mgtwin explore is compared with; it is no part of mgtwin.
"""

from __future__ import annotations

import logging
import sys

import plotly.graph_objects as go
from dash import ALL, Dash, Input, Output, dcc, html

import mgtwin as mt
from mgtwin.explorer.session import drawn

START = mt.Exploration("trilayer")
KNOBS = (*START.settings, *START.knobs)
NAMES = ("Nyquist", "Bode, modulus", "Bode, phase")


def figures(state: mt.Exploration) -> list[go.Figure]:
    """Its three charts."""
    made = []
    for chart in drawn(state).charts:
        (curve,) = chart.curves
        figure = go.Figure(go.Scatter(x=curve.x, y=curve.y, mode="lines"))
        figure.update_xaxes(type="log" if chart.x.log else "linear", title=chart.x.name)
        figure.update_yaxes(type="log" if chart.y.log else "linear", title=chart.y.name)
        figure.update_layout(title=chart.name, height=340, uirevision="kept")
        if chart.square:
            figure.update_yaxes(scaleanchor="x")
        made.append(figure)
    return made


app = Dash(__name__)
sliders = [
    html.Div(
        [
            html.Label(knob.label),
            dcc.Slider(
                0, 1, 0.001, value=round(knob.position(knob.value), 3), marks=None, updatemode="drag",
                id={"knob": knob.path.replace(".", "/")},
            ),
            html.Small(knob.facts),
        ]
    )
    for knob in KNOBS
]  # fmt: skip
charts = [dcc.Graph(id=name, figure=figure) for name, figure in zip(NAMES, figures(START), strict=True)]
app.layout = html.Div(
    [html.Div(sliders, style={"width": 330}), html.Div(charts, style={"flex": 1})], style={"display": "flex"}
)


@app.callback([Output(name, "figure") for name in NAMES], Input({"knob": ALL}, "value"), prevent_initial_call=True)
def moved(places: list[float]) -> list[go.Figure]:
    """What is to be seen once a slider has moved."""
    state = START
    for knob, place in zip(KNOBS, places, strict=True):
        if place != round(knob.position(knob.value), 3):
            state = state.moved(knob.path, knob.at(place))
    return figures(state)


if __name__ == "__main__":
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # a line for every move otherwise
    app.run(port=int(sys.argv[1]), debug=False)
