"""mgtwin explore in a real browser: moved by mouse and keyboard, read by machines, and wrong addresses."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

pytestmark = pytest.mark.slow

SLIDER = "antiperovskite: thickness"
#: The curve of the model in a chart, as the browser has it.
CURVE = """name => {
  const chart = globalThis.Bokeh?.documents[0]?.get_model_by_name(name);
  const model = chart?.renderers.find((renderer) => renderer.name === "model");
  return model ? [...model.data_source.data.x] : [];
}"""


@pytest.fixture(scope="module")
def address(browser: Any, served: Any) -> Iterator[str]:
    with served([sys.executable, "-m", "mgtwin", "explore", "trilayer", "--no-browser", "--port", "PORT"]) as found:
        yield found


class Opened:
    """A page of its own with what went wrong in it, and what it asked of others."""

    def __init__(self, browser: Any, address: str, width: int = 1280, **look: str) -> None:
        self.context = browser.new_context(viewport={"width": width, "height": 900}, **look)
        self.page = self.context.new_page()
        self.problems: list[str] = []
        self.elsewhere: list[str] = []
        self.page.on("console", lambda said: self.problems.append(said.text) if said.type == "error" else None)
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))
        local = ("http://127.0.0.1", "data:", "blob:")
        self.page.on("request", lambda r: None if r.url.startswith(local) else self.elsewhere.append(r.url))
        self.page.goto(address)
        self.page.wait_for_function(f"name => ({CURVE})(name).length > 0", arg="Nyquist", timeout=60_000)

    def curve(self) -> np.ndarray:
        return np.array(self.page.evaluate(CURVE, "Nyquist"))

    def moved(self, before: np.ndarray) -> np.ndarray:
        """The curve once it is another one and stays as it is: on the way of a slider there are many."""
        check = f"([name, x]) => Math.abs(({CURVE})(name)[0] - x) > 1e-9 * Math.abs(x)"
        self.page.wait_for_function(check, arg=["Nyquist", float(before[0])], timeout=30_000)
        last, now = before, self.curve()
        while not np.array_equal(last, now):
            self.page.wait_for_timeout(500)
            last, now = now, self.curve()
        return now

    def slider(self) -> Any:
        return self.page.get_by_role("slider", name=SLIDER, exact=True)

    def close(self) -> None:
        self.context.close()
        assert not self.problems and not self.elsewhere


def test_mouse_and_keyboard_move_the_curve(browser: Any, address: str) -> None:
    opened = Opened(browser, address)
    first, slider = opened.curve(), opened.slider()
    slider.hover()  # waits until it stands still
    box = slider.bounding_box()
    opened.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    opened.page.mouse.down()
    opened.page.mouse.move(box["x"] + 0.8 * box["width"], box["y"] + box["height"] / 2, steps=8)
    opened.page.mouse.up()
    dragged = opened.moved(first)
    assert dragged[0] > first[0]  # a thicker pellet has more resistance
    slider.focus()
    slider.press("Home")
    thin = opened.moved(dragged)
    assert thin[0] < first[0]
    # the address is the state: another browser sees the same
    there = "text => decodeURIComponent(location.search).includes(`thickness=${text}`)"
    opened.page.wait_for_function(there, arg=slider.get_attribute("aria-valuetext"))
    again = Opened(browser, opened.page.url)
    np.testing.assert_allclose(again.curve(), opened.curve())
    again.close()
    opened.close()


def test_two_browsers_do_not_disturb_each_other(browser: Any, address: str) -> None:
    one, other = Opened(browser, address), Opened(browser, address)
    before = one.curve()
    one.slider().press("PageUp")
    one.moved(before)
    other.slider().press("PageDown")
    assert other.moved(before)[0] < before[0] < one.curve()[0]
    one.close()
    other.close()


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (800, "dark")])
def test_it_fits_the_screen_and_speaks(browser: Any, address: str, width: int, scheme: str) -> None:
    opened = Opened(browser, address, width, color_scheme=scheme)
    page = opened.page
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate("document.documentElement.dataset.theme") == scheme
    slider = opened.slider()
    assert slider.get_attribute("aria-valuetext") == "0.655 mm"
    about = page.locator(f"#{slider.get_attribute('aria-describedby')}")
    assert about.inner_text() == "assumed · 0.62 mm to 0.69 mm"
    tree = page.locator("body").aria_snapshot()
    for role in ("slider", "button", "radio", "checkbox", "combobox"):
        assert f"- {role}:" not in tree and f"- {role}\n" not in tree, f"a {role} has no name"
    # the keyboard reaches the sliders, and pages by the arrows
    page.get_by_role("radio", name="Impedance").focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("() => Bokeh.documents[0].get_model_by_name('Current') !== null", timeout=60_000)
    opened.close()


def test_nonsense_in_the_address_is_said(browser: Any, address: str) -> None:
    opened = Opened(browser, f"{address}?cell=trilayer&layers.antiperovskite.thicknes=1%20mm&page=%3Cscript%3E")
    said = opened.page.get_by_role("alert").inner_text()
    assert said.startswith("address: ") and "unknown page '<script>'" in said and "Did you mean" in said
    assert "Traceback" not in said
    opened.close()


def test_random_moves(browser: Any, address: str) -> None:
    opened, rng = Opened(browser, address), np.random.default_rng(3)
    sliders = opened.page.get_by_role("slider")
    for _ in range(60):
        slider = sliders.nth(int(rng.integers(10)))
        slider.press(str(rng.choice(["ArrowLeft", "ArrowRight", "PageUp", "PageDown", "Home", "End"])))
    opened.page.wait_for_timeout(500)
    assert "Traceback" not in opened.page.inner_text("body")
    opened.close()
