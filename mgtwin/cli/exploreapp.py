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
        str,
        typer.Argument(
            metavar="[CELL|FILE]", help="Name of a cell, its file, a state that was saved (.yaml), a twin's store."
        ),
    ] = "trilayer",
    overlays: Annotated[
        list[str] | None, typer.Argument(metavar="OVERLAY...", help="Overlays that are switched on at first.")
    ] = None,
    data: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="A measurement to show beside the model, and to fit (repeatable)."),
    ] = None,
    watch: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Take up what an instrument writes there; FILE is that of a twin."),
    ] = None,
    every: Annotated[str, typer.Option(metavar="TIME", help="Between two looks at a twin.")] = "2 s",
    port: Annotated[int, typer.Option(metavar="NUMBER", help="0: any that is free.", min=0, max=65535)] = 0,
    address: Annotated[
        str, typer.Option(metavar="ADDRESS", help="Where to listen; only this machine by default.")
    ] = "127.0.0.1",
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open a browser.")] = True,
) -> None:
    """Look at a cell in the browser while its numbers are turned, or at the twin of a running one."""
    from ..explorer.verb import explore as explored

    explorer = explored(cell, *(overlays or ()), data=data, watch=watch, every=every)
    explorer.serve(port=port, address=address, show=browser)
    err().print(Text(f"{explorer.name} is at {explorer.url}   (Ctrl-C ends)"), soft_wrap=True)
    explorer.wait()
