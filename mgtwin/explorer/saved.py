"""What is looked at as a file: the numbers behind the curves, a figure for print, the state."""

from __future__ import annotations

import warnings
import zipfile
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from ..dataset import save
from ..errors import InputError, MgtwinWarning
from ..exports import endings, export
from ..plot import figure
from .session import Seen

__all__ = ["data_endings", "data_file", "figure_file", "state_file"]

#: Ending of a file that keeps everything; what other programs read is what `mgtwin.export` writes.
_WHOLE = ".nc"


def data_endings() -> tuple[str, ...]:
    """Return the endings of files of data; one that cannot hold what is seen says so when it is chosen."""
    return (_WHOLE, *endings())


def data_file(seen: Seen, ending: str) -> tuple[str, bytes]:
    """Return name and content of a file with the simulation that is seen; several tables come as a .zip.

    Raises
    ------
    InputError
        There is nothing to save, or no file ends so.

    Examples
    --------
    >>> from mgtwin.explorer.session import Session
    >>> from mgtwin.explorer.state import Exploration
    >>> session = Session(Exploration("trilayer"))
    >>> session.start()
    >>> name, content = data_file(session.wait(), ".csv")
    >>> name, content.startswith(b"# ")
    ('trilayer-impedance.csv', True)
    """
    if seen.picture is None or seen.picture.result is None:
        raise InputError("there is nothing to save yet: what is computed has to be drawn first.")
    stem = f"{seen.state.cell.name}-{seen.state.page}"
    with TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore", MgtwinWarning)  # of several tables each has a file here
        target = Path(folder) / f"{stem}{ending}"
        files = (save(seen.picture.result, target),) if ending == _WHOLE else export(seen.picture.result, target)
        if len(files) == 1:
            return files[0].name, files[0].read_bytes()
        packed = BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for file in files:
                archive.write(file, file.name)
    return f"{stem}{ending}.zip", packed.getvalue()


def figure_file(seen: Seen, ending: str) -> tuple[str, bytes]:
    """Return name and content of the figure that `mgtwin plot` would draw of the simulation that is seen.

    Raises
    ------
    InputError
        There is nothing to draw yet.
    """
    if seen.picture is None or seen.picture.result is None:
        raise InputError("there is nothing to draw yet: what is computed has to be there first.")
    # in a thread of the server, which has no screen
    import matplotlib

    matplotlib.use("agg")
    import matplotlib.pyplot as plt

    make = seen.picture.drawing
    whole, drawn = figure(seen.picture.result) if make is None else make(), BytesIO()
    whole.savefig(drawn, format=ending.removeprefix("."))
    plt.close(whole)
    return f"{seen.state.cell.name}-{seen.state.page}{ending}", drawn.getvalue()


def state_file(seen: Seen) -> tuple[str, bytes]:
    """Return name and content of the state that is seen, which `mgtwin run` and `mgtwin explore` read."""
    again = "" if seen.picture is None or not seen.picture.again else f"# {seen.picture.again}\n"
    return f"{seen.state.cell.name}-explore.yaml", (again + seen.state.to_yaml()).encode()
