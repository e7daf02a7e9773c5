"""The page in Panel: what the browser says goes to a `Session`, what that shows goes to the browser. Nothing more."""

from __future__ import annotations

import base64
import logging
import socket
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import panel as pn
import param
from tornado.ioloop import IOLoop

from .. import library
from ..errors import MgtwinError
from ..quantities import Value, format_value
from .board import Board
from .knobs import Knob
from .page import PAGES
from .saved import data_endings, data_file, figure_file, state_file
from .session import Seen, Session
from .state import BEFORE, Exploration

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .followed import Followed
    from .measured import Measured
    from .picture import Picture

__all__ = ["Screen", "Served"]

_ASSETS = Path(__file__).parent / "assets"
_STEPS = 1000
Message = Mapping[str, object]


class Part(pn.custom.JSComponent):
    """A part of the page that is written in HTML: it sends messages, and redraws when a parameter changes."""

    _stylesheets = [_ASSETS / "parts.css"]  # noqa: RUF012


class KnobsPart(Part):
    groups = param.List()
    places = param.Dict(default={})
    _esm = _ASSETS / "knobs.js"


class BarPart(Part):
    heading, pages, overlays, endings = param.String(), param.List(), param.List(), param.List()
    fits = param.Boolean()
    now = param.Dict(default={})
    _esm = _ASSETS / "bar.js"


class Screen:
    """What one browser has open.

    Parameters
    ----------
    state : Exploration
        What is shown at first, unless the address says otherwise.
    data : tuple of Measured
    told : callable
        Called with every new state.
    twin : Followed, optional
        Of a running cell.
    """

    def __init__(
        self,
        state: Exploration,
        data: tuple[Measured, ...],
        told: Callable[[Exploration], None],
        twin: Followed | None = None,
    ) -> None:
        self.location, self.document = pn.state.location, pn.state.curdoc
        self.opened, self.told, self.waits, self.error = state, told, False, ""
        query = (self.location.search if self.location else "").removeprefix("?")
        # what is wrong in an address is said on the page, which then shows what was opened
        if query:
            try:
                state = Exploration.from_query(query, state)
            except MgtwinError as error:
                self.error = str(error)
        self.session = Session(state, data, self._told, twin)
        about = {entry.name: entry.description for entry in library.entries("overlays")}
        pages = sorted(PAGES.items(), key=lambda item: item[1].place)
        self.bar = BarPart(
            heading=f"mgtwin explore: {state.cell.name if twin is None else twin.name}",
            pages=[(name, kind.title) for name, kind in pages if not kind.lacks(data, twin)],
            overlays=[(name, about.get(name, "")) for name in state.switches],
            endings=[*data_endings()], fits=bool(data or twin), now=self._bar(self.session.seen),
            sizing_mode="stretch_width",
        )  # fmt: skip
        self.grouped = (state.page, state.overlays, state.cell)
        self.knobs = KnobsPart(groups=self._groups(state), places=self._places(state), sizing_mode="stretch_width")
        self.board = Board()
        self.shown: tuple[Picture | None, Picture | None] = (None, None)
        for part in (self.bar, self.knobs):
            part.on_msg(self._heard)
        # a browser that has gone must not keep a machine cycling
        pn.state.on_session_destroyed(lambda context: self.session.close())

    def page(self) -> pn.Template:
        """The page, which begins to compute."""
        page = pn.Template((_ASSETS / "page.html").read_text(encoding="utf-8"), location=True)
        page.add_variable("page_css", (_ASSETS / "page.css").read_text(encoding="utf-8"))
        for name, part in (("bar", self.bar), ("knobs", self.knobs), ("charts", self.board.area)):
            page.add_panel(name, part)
        pn.state.onload(self.session.start)
        return page

    # -- from the browser --------------------------------------------------------------------------------------------
    def _heard(self, event: pn.models.esm.DataEvent) -> None:
        said: dict[str, object] = dict(event.data)
        answers: dict[str, Callable[[], None]] = {
            "move": lambda: self._turn(str(said["path"]), float(str(said["position"])), said["gesture"]),
            "page": lambda: self.session.move(lambda state: state.turned_to(str(said["page"]))),
            "overlay": lambda: self.session.move(lambda state: state.switched(str(said["name"]), bool(said["on"]))),
            "show": lambda: self.session.move(lambda state: state.showing(str(said["name"]), bool(said["on"]))),
            "free": lambda: self.session.move(lambda state: state.freed(str(said["path"]), bool(said["on"])), "free"),
            "reset": lambda: self.session.move(lambda state: state.reset()),
            "fit": self.session.fit,
            "data": lambda: self._save(lambda seen: data_file(seen, str(said["ending"]))),
            "figure": lambda: self._save(lambda seen: figure_file(seen, str(said["ending"]))),
            "state": lambda: self._save(state_file),
            "theme": lambda: self._paint(bool(said["dark"])),
            "done": lambda: None,
        }  # fmt: skip
        if said["do"] != "theme":
            self.error = ""  # what was wrong in the address was said, and is not what is looked at from now on
        answers[str(said["do"])]()
        # not while a slider moves: every address is a step back in the history of the browser
        if said["do"] not in ("move", "theme") and self.location is not None:
            self.location.search = f"?{self.session.state.query}"  # an address for every place at which one stops

    def _turn(self, path: str, position: float, gesture: object) -> None:
        state = self.session.state
        # where a slider may go is the server's to say, whatever the browser sends
        knob = next((knob for knob in (*state.settings, *state.knobs) if knob.path == path), None)
        if knob is not None:  # of an overlay that has just been switched off a last move may come
            self.session.move(lambda state: state.moved(path, knob.at(position)), gesture)

    def _save(self, make: Callable[[Seen], tuple[str, bytes]]) -> None:
        def sent(name: str, content: bytes) -> None:
            message = {"name": name, "content": base64.b64encode(content).decode()}
            self.document.add_next_tick_callback(lambda: self.bar._send_msg(message))

        self.session.aside(lambda: sent(*make(self.session.seen)))

    def _paint(self, dark: bool) -> None:
        with pn.io.hold(self.document):
            self.board.paint(dark)

    # -- to the browser ----------------------------------------------------------------------------------------------
    def _told(self, seen: Seen) -> None:
        """From any thread: what is newest is shown when the browser's turn comes."""
        # one visit for any number of pictures that come before it
        if not self.waits:
            self.waits = True
            self.document.add_next_tick_callback(self._refresh)

    def _refresh(self) -> None:
        # first: what comes from now on needs a visit of its own
        self.waits = False
        # a browser that was closed is known at once, its session ends a while later
        if self.document.session_context and not self.document.session_context.session.connection_count:
            return
        seen = self.session.seen
        self.told(seen.state)
        # all of it in one message
        with pn.io.hold(self.document):
            before = None if BEFORE in seen.state.off else seen.before
            # what is said on the way to a picture must not send all curves again
            if seen.picture is not None and self.shown != (seen.picture, before):
                self.board.show(seen.picture, before)
                self.shown = (seen.picture, before)
            state = self.session.state
            # sliders are made anew only where there are others: the one being dragged would be lost
            grouped = (state.page, state.overlays, state.cell)
            if grouped[:2] != self.grouped[:2] or grouped[2] is not self.grouped[2]:
                self.grouped, self.knobs.groups = grouped, self._groups(state)
            self.knobs.places = self._places(self.session.state)
            self.bar.now = self._bar(seen)

    def _bar(self, seen: Seen) -> dict[str, object]:
        picture, state = seen.picture, self.session.state
        return {
            "page": state.page, "overlays": [*state.overlays], "off": [*state.off], "query": state.query,
            "error": "\n".join(filter(None, [self.error, seen.error])), "busy": seen.busy, "fraction": seen.fraction,
            "note": seen.note, "readings": [] if picture is None else [*picture.readings.items()],
            "warnings": [] if picture is None else [*picture.warnings],
            "alerts": [] if picture is None else [*picture.alerts],
        }  # fmt: skip

    def _places(self, state: Exploration) -> dict[str, object]:
        found: dict[str, object] = {}
        for knob in (*state.settings, *state.knobs):
            moved = {**state.set, **state.numbers}.get(knob.path)
            value = knob.value if moved is None else Value(float(moved), unit=knob.unit)  # type: ignore[arg-type]
            place = round(_STEPS * knob.position(float(value)))
            found[knob.path] = [place, format_value(value, knob.unit), moved is not None, knob.path in state.free]
        return found

    def _groups(self, state: Exploration) -> list[dict[str, object]]:
        """Numbers of what is done, then those of the cell, part by part."""
        parts: dict[str, list[Knob]] = {}
        for knob in state.knobs:
            first, _, rest = knob.path.partition(".")
            part = rest.partition(".")[0] if first in ("layers", "interfaces") else first if rest else "cell"
            parts.setdefault(part, []).append(knob)
        settings = self._facts(state.settings, False)
        done = [{"name": "done", "title": state.kind.title, "open": True, "knobs": settings}] if settings else []
        return [
            *done,
            *({
                "name": part, "title": part.replace("_", " "), "open": number < 3 or part == "cell",
                "knobs": self._facts(found, self.bar.fits),
            } for number, (part, found) in enumerate(parts.items())),
        ]  # fmt: skip

    def _facts(self, found: Sequence[Knob], fits: bool) -> list[dict[str, object]]:
        return [
            {
                "path": knob.path, "label": knob.label, "origin": knob.origin, "fits": fits, "facts": knob.facts,
                "shade": None if knob.shaded is None else [*knob.shaded],
            }
            for knob in found
        ]  # fmt: skip


class Served(threading.Thread):
    """A server of a page for every browser that asks, beside whatever else the process does; it ends with the process.

    Parameters
    ----------
    screen : callable
        Makes the page of a browser.
    port : int
    address : str
    show : bool
        Open a browser.
    """

    def __init__(self, screen: Callable[[], pn.Template], port: int, address: str, show: bool) -> None:
        super().__init__(name="mgtwin-explore", daemon=True)
        self.loop = IOLoop(make_current=False)
        # who may open the socket: pages of others that are open in the same browser must not
        names = {address, "127.0.0.1", "localhost", *([socket.gethostname()] if address == "0.0.0.0" else [])}
        self.options = {
            "port": port, "address": address, "show": show, "loop": self.loop, "start": True, "verbose": False,
            "title": "mgtwin explore", "location": True, "websocket_origin": [f"{name}:{port}" for name in names],
        }  # fmt: skip
        self.screen = screen

    def run(self) -> None:
        """Serve until `stop`."""
        # what it says of browsers that are closed while something is sent to them is nobody's concern
        logging.getLogger("bokeh.server.views.ws").setLevel(logging.ERROR)
        pn.io.server.get_server({"/": self.screen}, **self.options)

    def stop(self) -> None:
        """End it."""
        self.loop.add_callback(self.loop.stop)
