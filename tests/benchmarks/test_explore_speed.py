"""Speed of mgtwin explore: what a move takes on the server, and until it is painted, beside the same page in Dash."""

from __future__ import annotations

import sys
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import pytest

import mgtwin as mt
from mgtwin.explorer.session import drawn

from .ratios import report

pytestmark = pytest.mark.benchmark

THICKNESS = "layers.antiperovskite.thickness"
ROUNDS = 25
#: Curves of the three charts as numbers that change with every move: data of Bokeh, paths of plotly that are drawn.
BOKEH = """() => ["Nyquist", "Bode, modulus", "Bode, phase"].map((name) => {
  const chart = globalThis.Bokeh?.documents[0]?.get_model_by_name(name);
  const data = chart?.renderers.find((renderer) => renderer.name === "model")?.data_source.data;
  return data ? `${data.x[5]} ${data.y[5]}` : "";
})"""
PLOTLY = """() => ["Nyquist", "Bode, modulus", "Bode, phase"].map((name) =>
  document.getElementById(name)?.querySelector(".js-line")?.getAttribute("d") ?? "")"""
#: From the key until all three charts have other curves, and so many frames later, by when they are painted.
PAINTED = """([seen, frames]) => new Promise((done) => {
  const look = eval(seen), before = look();
  let began = null, rest = null;
  addEventListener("keydown", () => { began ??= performance.now(); }, { capture: true, once: true });
  const frame = () => {
    if (rest === null && began !== null && look().every((text, k) => text !== before[k])) rest = frames;
    if (rest !== null && rest-- <= 0) done(performance.now() - began);
    else requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
})"""


@pytest.mark.parametrize(
    ("page", "limit"), [("impedance", 20), ("sensitivity", 20), ("polarization", 60), ("galvanostatic", 60)]
)
def test_a_move_on_the_server(page: str, limit: float) -> None:
    state, took = mt.Exploration("trilayer", page), []
    for k in range(ROUNDS):
        began = perf_counter()
        state = state.moved(THICKNESS, 5e-4 + 4e-6 * k)
        drawn(state)
        took.append(1e3 * (perf_counter() - began))
    report(f"a move of {page} [ms]", float(np.median(took)), f"<= {limit}")
    print(f"slowest after the first [ms]: {max(took[1:]):.3g}")
    assert np.median(took) <= limit


def test_a_move_until_it_is_painted(browser: Any, served: Any) -> None:
    pytest.importorskip("dash")
    ours = [sys.executable, "-m", "mgtwin", "explore", "trilayer", "--no-browser", "--port", "PORT"]
    dash = [sys.executable, str(Path(__file__).with_name("dash_twin.py")), "PORT"]
    with served(ours) as here, served(dash) as there:
        # one more frame for Bokeh, which paints in the frame after its data have changed
        sides = [(here, BOKEH, 2, "antiperovskite: thickness"), (there, PLOTLY, 1, None)]
        pages = []
        for address, seen, _, _ in sides:
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            page.goto(address)
            page.wait_for_function(f"() => ({seen})().every((text) => text)", timeout=60_000)
            pages.append(page)
        start = mt.Exploration("trilayer")
        place = [knob.path for knob in (*start.settings, *start.knobs)].index(THICKNESS)
        took: list[list[float]] = [[], []]
        for k in range(ROUNDS):
            for number, (page, (_, seen, frames, name)) in enumerate(zip(pages, sides, strict=True)):
                page.bring_to_front()
                slider = page.get_by_role("slider")
                slider = slider.nth(place) if name is None else page.get_by_role("slider", name=name, exact=True)
                slider.focus()
                page.wait_for_timeout(150)  # what the last move has left to do is not this one's
                page.evaluate(f"arg => {{ globalThis.painted = ({PAINTED})(arg); }}", [seen, frames])
                page.keyboard.press("ArrowRight" if k % 2 else "ArrowLeft")
                took[number].append(page.evaluate("() => globalThis.painted"))
    median = [float(np.median(times[3:])) for times in took]
    report(f"move to paint over Dash ({median[0]:.0f} / {median[1]:.0f} ms)", median[0] / median[1], "<= 0.7")
    assert median[0] <= 0.7 * median[1]
