"""``mgtwin explore``: a cell in the browser; declared here, as the other commands in `app`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from .console import err, guarded
from .searches import app

__all__ = ["app"]


@app.command()
@guarded
def explore(
    cell: Annotated[
        str, typer.Argument(metavar="[CELL|FILE]", help="Name of a cell, its file, or a state that was saved (.yaml).")
    ] = "trilayer",
    overlays: Annotated[
        list[str] | None, typer.Argument(metavar="OVERLAY...", help="Overlays that are switched on at first.")
    ] = None,
    data: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="A measurement to show beside the model, and to fit (repeatable)."),
    ] = None,
    port: Annotated[int, typer.Option(metavar="NUMBER", help="0: any that is free.", min=0, max=65535)] = 0,
    address: Annotated[
        str, typer.Option(metavar="ADDRESS", help="Where to listen; only this machine by default.")
    ] = "127.0.0.1",
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open a browser.")] = True,
) -> None:
    """Look at a cell in the browser while its numbers are turned."""
    from ..explorer.verb import explore as explored

    explorer = explored(cell, *(overlays or ()), data=data)
    explorer.serve(port=port, address=address, show=browser)
    err().print(Text(f"{explorer.state.cell.name} is at {explorer.url}   (Ctrl-C ends)"), soft_wrap=True)
    explorer.wait()
