"""mgtwin explore in a real browser: moved by mouse and keyboard, read by machines, and wrong addresses."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import mgtwin as mt
from mgtwin.explorer.page import PAGES
from tests.unit.test_explore_twin import FILE, written

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


#: Roles that somebody who cannot see has to be told the name of.
NAMED = ("slider", "button", "radio", "checkbox", "combobox", "DisclosureTriangle", "image", "main", "complementary")


@pytest.fixture(scope="module")
def everything(browser: Any, served: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """A twin whose folder is watched, with data in time beside it: every page there is."""
    bench = tmp_path_factory.mktemp("bench")
    (bench / "DATA").mkdir()
    (bench / "twin.yaml").write_text(FILE)
    written(bench / "DATA", 0, 4)
    run = mt.simulate(mt.cell("trilayer", "film_growth"), mt.Galvanostatic("-10 uA", "10 min", points=12))
    mt.save(run[["voltage", "current"]], bench / "run.nc")
    command = [sys.executable, "-m", "mgtwin", "explore", str(bench / "twin.yaml"), "--watch", str(bench / "DATA")]
    data = ["--data", str(bench / "run.nc"), "--every", "0.2 s", "--no-browser", "--port", "PORT"]
    with served([*command, *data]) as found:
        yield found, bench


def test_every_page_fits_the_screen_and_speaks(browser: Any, everything: tuple[str, Path]) -> None:
    opened = Opened(browser, f"{everything[0]}?page=impedance", color_scheme="dark")
    page, tree = opened.page, opened.context.new_cdp_session(opened.page)
    radios = page.get_by_role("radio")
    assert {radio.get_attribute("value") for radio in radios.all()} == set(PAGES)
    # from page to page by the keyboard, from the first to the last
    radios.first.focus()
    for number, name in enumerate(sorted(PAGES, key=lambda key: PAGES[key].place)):
        if number:
            page.keyboard.press("ArrowRight")
        else:
            page.keyboard.press("Space")
        page.wait_for_function(f"() => location.search.includes('page={name}')")
        assert page.evaluate("document.activeElement.shadowRoot?.activeElement?.value") is not None
        until_drawn(page)
        for width, scheme in ((1280, "light"), (800, "dark")):
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme=scheme)
            page.wait_for_function(f"() => document.documentElement.dataset.theme === '{scheme}'")
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (name, width)
        nodes = [node for node in tree.send("Accessibility.getFullAXTree")["nodes"] if not node.get("ignored")]
        said = {(node["role"]["value"], node.get("name", {}).get("value", "")) for node in nodes if "role" in node}
        assert not [role for role, text in said if role in NAMED and not text.strip()], name
        sliders = [node for node in nodes if node["role"]["value"] == "slider"]
        assert sliders
        for node in sliders:
            # its part and name, the number with its unit, and what kind of number it is
            told = {one["name"]: one["value"].get("value") for one in node["properties"]}
            assert ": " in node["name"]["value"] and told["valuetext"], name
            assert node["description"]["value"], name
        assert ("radio", PAGES[name].title) in said and any(
            text.startswith("chart: ") for role, text in said if role == "image"
        )
        assert ("RootWebArea", "mgtwin explore: cell7") in said
    opened.close()


def until_drawn(page: Any) -> None:
    """What is seen is that of the open page, and nothing is being computed."""
    page.wait_for_function(
        """() => [...document.querySelectorAll('*')].some((node) =>
          node.shadowRoot?.querySelector('progress')?.hidden && node.shadowRoot.querySelector('dl > div'))""",
        timeout=60_000,
    )


def test_a_twin_follows_its_folder(browser: Any, everything: tuple[str, Path]) -> None:
    address, bench = everything
    from playwright.sync_api import expect

    context = browser.new_context()
    page, problems = context.new_page(), []
    page.on("console", lambda said: problems.append(said.text) if said.type == "error" else None)
    page.goto(address)
    page.get_by_text("2 measurements").wait_for(timeout=60_000)
    cycles = page.get_by_role("slider", name="Twin: cycles")
    before = cycles.get_attribute("aria-valuetext")
    cycles.press("PageUp")
    expect(cycles).not_to_have_attribute("aria-valuetext", str(before), timeout=30_000)
    turned = cycles.get_attribute("aria-valuetext")
    written(bench / "DATA", 8)
    page.get_by_text("3 measurements").wait_for(timeout=60_000)
    # what was turned stays, and the curves are those of the new measurement
    assert cycles.get_attribute("aria-valuetext") == turned
    modulus = """() => Bokeh.documents[0].get_model_by_name("|Z| at the lowest frequency")
      .renderers.find((one) => one.name === "measured").data_source.data.x.length"""
    assert page.evaluate(modulus) == 3
    context.close()
    assert not problems


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
