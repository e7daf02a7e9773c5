"""``mgtwin.explore``: a cell in the browser, from a notebook or the command line."""

from __future__ import annotations

import socket
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING
from weakref import WeakSet

from ..cells.cell import Cell
from ..errors import InputError
from ..quantities import parse
from ..twin import Twin
from .followed import Followed, Following, Told, followed
from .measured import measured
from .opening import exploration
from .session import Session
from .state import Exploration

if TYPE_CHECKING:
    import panel as pn

    from .app import Served

__all__ = ["Explorer", "explore"]


class Explorer:
    """A cell that can be looked at in any number of browsers. Made by :func:`mgtwin.explore`.

    In a notebook its page stands below the cell that ends with it; `state` and `cell` are what was turned there last.

    Attributes
    ----------
    state : Exploration
        The newest state of any screen.
    url : str
        Where its page is, once it is served; else ``""``.
    """

    def __init__(
        self, state: Exploration, data: object = None, twin: Followed | None = None, every: float = 2.0
    ) -> None:
        found = measured(data, state.now)
        # what was done to the real cell is done to the model, as long as nobody has said what else
        if not state.start and not state.numbers:
            state = replace(state, start={name: x for item in found for name, x in item.begin(state.base).items()})
        self.state, self.url = state, ""
        self._opened, self._data = state, found
        self._server: Served | None = None
        self._twin = twin
        self._following = None if twin is None else Following(twin, self._hear, self._say, every)
        self._sessions: WeakSet[Session] = WeakSet()

    @property
    def cell(self) -> Cell:
        """The cell as it is turned."""
        return self.state.now

    @property
    def name(self) -> str:
        """Of the cell, or of its twin."""
        return self.state.cell.name if self._twin is None else self._twin.name

    def serve(self, *, port: int = 0, address: str = "127.0.0.1", show: bool = False) -> Explorer:
        """Serve the page beside, to this machine only unless another address is given; return itself.

        Parameters
        ----------
        port : int
            0 for any that is free.
        address : str
        show : bool
            Open a browser.

        Raises
        ------
        InputError
            Panel is not installed, or the port is taken.
        """
        if find_spec("panel") is None:
            raise InputError("explore needs Panel: python -m pip install 'mgtwin[explore]'.")
        from . import app

        # asked here, where it can be said: in the thread of the server nobody would see it
        with socket.socket() as asked:
            try:
                asked.bind((address, port))
            except (OSError, OverflowError) as error:
                raise InputError(f"port {port} at {address} cannot be used: {error}.") from None
            chosen = int(asked.getsockname()[1])
        if self._twin is not None and self._following is not None and not self._following.is_alive():
            self._twin.open()
            self._following.start()
        self.url = f"http://{address}:{chosen}/"

        # of several browsers the one that moved last is asked for the cell
        def told(state: Exploration) -> None:
            self.state = state

        def page() -> pn.Template:
            screen = app.Screen(self._opened, self._data, told, self._twin)
            self._sessions.add(screen.session)
            return screen.page()

        self._server = app.Served(page, chosen, address, show)
        self._server.start()
        return self

    def wait(self) -> None:
        """Wait until Ctrl-C ends the server."""
        try:
            while self._server is not None and self._server.is_alive():
                self._server.join(1.0)
        except KeyboardInterrupt:
            self.stop()

    def _hear(self, told: Told) -> None:
        # browsers that come later begin with the cell as it is then
        self._opened, self._data = self._opened.follows(told.cell, told.start), told.beside(self._data)
        for session in [*self._sessions]:
            session.follow(told)

    def _say(self, **changes: str) -> None:
        for session in [*self._sessions]:
            session.tell(**changes)

    def stop(self) -> None:
        """End the server that runs beside, and let go of a folder that is watched."""
        if self._following is not None:
            self._following.stop()
        for session in self._sessions:  # a process does not end before its threads do
            session.close()
        if self._server is not None:
            self._server.stop()
            self._server, self.url = None, ""

    def __repr__(self) -> str:
        where = f" at {self.url}" if self.url else ""
        return f"<Explorer of {self.name}{where}>"

    def _repr_html_(self) -> str:
        # a frame, not the widgets themselves: it needs no extension of the notebook and nothing from the network
        if not self.url:
            self.serve()
        return (
            f'<iframe src="{self.url}?{self.state.query}" title="mgtwin explore" width="100%" height="860" '
            f'style="border:0"></iframe><p><a href="{self.url}" target="_blank">{self.url}</a></p>'
        ).replace("&", "&amp;")


def explore(
    cell: Cell | Exploration | Twin | str | Path = "trilayer",
    *overlays: str,
    data: object | None = None,
    watch: str | Path | None = None,
    every: float | str = "2 s",
) -> Explorer:
    """Look at a cell, or at the twin of a running one, in the browser while its numbers are turned.

    Parameters
    ----------
    cell : Cell, Exploration, Twin, str or Path
        A cell, its name or file; a state that was saved; a twin, its store or its file. The page of a twin says what
        its cell is now, what it will do and what went wrong, and follows what is measured.
    *overlays : str
        That are switched on at first.
    data : Dataset, path, or list of these, optional
        Measurements to show beside the model, and to fit.
    watch : str or Path, optional
        Folder into which the instrument writes; the file of a twin says how its measurements are read.
    every : float or str, optional
        Between two looks at a twin or its folder [s].

    Returns
    -------
    Explorer
        Shows itself in a notebook; elsewhere ``explore(...).serve(show=True)`` opens a browser. ``explorer.cell`` is
        the cell as it was turned last.

    Raises
    ------
    UnknownNameError, FileError
        As `mgtwin.cell`; of a twin as `mgtwin.Twin.open`.
    InputError
        For data that are no measurement, or a folder without the file of a twin.

    Examples
    --------
    >>> import mgtwin as mt
    >>> explorer = mt.explore("trilayer", "annealed")
    >>> explorer
    <Explorer of trilayer>
    >>> explorer.cell.overlays
    ('annealed',)
    """
    pause = parse(every, "s")
    if not pause > 0:
        raise InputError(f"every: {every} must be greater than 0.")
    twin = followed(cell, watch)
    if twin is None:
        return Explorer(exploration(cell, overlays), data)  # type: ignore[arg-type]  # what is no twin
    if overlays:
        raise InputError(
            "a twin has the overlays of its explanations: give the name or the file of a cell to apply others."
        )
    return Explorer(Exploration(twin.cell, "twin", start=twin.start), data, twin, float(pause))
