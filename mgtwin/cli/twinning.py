"""``mgtwin twin``: what a twin says, from its folder."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path

from rich.text import Text

from ..errors import InputError
from ..protocols import Cycling
from ..quantities import parse
from ..twin import Limit, Twin
from ..twin.evidence import content_hash
from ..twin.rack import Row, summary
from ..twin.settings import TwinFile
from ..twin.store import FolderStore
from .console import FAILED, out, print_error, shown_path
from .files import figure_name, result_name
from .output import keep, print_rows
from .protocolargs import read_protocol

__all__ = ["described", "forecast_twin", "replay_twin", "show_twin", "write_report"]


def show_twin(path: Path, *, alarms: bool, journal: bool, as_json: bool, plot: Path | None) -> None:
    """Print what a twin says its cell is, and draw it.

    Raises
    ------
    InputError
        There is no twin at this path.
    """
    figure = None if plot is None else figure_name(plot, "--plot")
    twin = Twin.open(path)
    if as_json:
        print(told(twin, summary(twin, path.stem)), end="")
    else:
        out().print(Text(str(twin)), soft_wrap=True)
    for alarm in twin.alarms if alarms and not as_json else ():
        out().print(Text(f"{alarm.text} ({alarm.state})", style="red"), soft_wrap=True)
    for record in twin.journal if journal and not as_json else ():
        # One line each, as it lies on the disk: nothing is left out of what a script might look for.
        out().print(Text(f"{record.kind:9} ").append(json.dumps(dict(record.body), ensure_ascii=False)), soft_wrap=True)
    if figure is not None:
        draw(twin, figure)
        print_rows([("figure", shown_path(figure))])


def told(twin: Twin, row: Row) -> str:
    """All that a twin says, as JSON."""
    odds = twin.odds.isel(evidence=-1) if twin.evidence else ()
    parts = ("cycle", "mechanism", "others", "size", "std", "unit", "odds", "state", "text")
    found = {
        "cell": row.cell,
        "cycle": row.cycle,
        "measurements": len(twin.evidence),
        "odds": {str(one["explanation"].item()): float(one) for one in odds},
        "impedance_modulus": row.resistance,
        "contact_fraction": row.contact_fraction,
        "film_resistance": row.film_resistance,
        # JSON has no infinity: null is a limit that the forecast does not reach.
        "cycles_to_limit": [n if math.isfinite(n) else None for n in row.until],
        "alarms": [{name: vars(alarm)[name] for name in parts} for alarm in twin.alarms],
    }
    return json.dumps(found, indent=1, ensure_ascii=False) + "\n"


def described(until: Sequence[float]) -> str:
    """Cycles to a limit in words, from the 5, 50 and 95 % quantiles of a forecast; what lies beyond it is open.

    Examples
    --------
    >>> described((40.0, 55.0, math.inf)), described(())
    ('55 (40 to ...)', '')
    """
    if not until:
        return ""
    low, middle, high = (f"{n:.0f}" if math.isfinite(n) else "..." for n in until)
    return f"{middle} ({low} to {high})"


def draw(twin: Twin, target: Path) -> None:
    """Draw what the cell was into a file."""
    import matplotlib

    matplotlib.use("agg")  # a terminal has no screen to ask for
    import matplotlib.pyplot as plt

    twin.plot().savefig(target)
    plt.close("all")


def write_report(twin: Twin, settings: TwinFile, folder: Path) -> None:
    """Write figures and numbers of a twin into a folder, over those of before."""
    import matplotlib

    matplotlib.use("agg")
    import matplotlib.pyplot as plt

    protocol = settings.forecast or settings.use
    foreseen = None if protocol is None else twin.forecast(protocol, until=settings.until)
    # before the new one is kept, or it would be drawn over itself
    earlier = twin.store.forecasts()
    if foreseen is not None:
        twin.store.remember(foreseen)
    limit = None if settings.until is None else settings.until.resistance
    twin.plot(foreseen, earlier=earlier, limit=limit).savefig(folder / "twin.png")
    for name, drawn in (("odds", twin.plot.odds), ("alarms", twin.plot.alarms)):
        drawn()
        plt.savefig(folder / f"{name}.png")
    plt.close("all")
    row = summary(twin, settings.store.stem, protocol, settings.until)
    (folder / "twin.json").write_text(told(twin, row), encoding="utf-8")


def forecast_twin(path: Path, protocol: str, until: str | None, output: Path | None, plot: Path | None) -> None:
    """Forecast through a protocol, and print, save and draw what comes.

    Raises
    ------
    InputError
        There is no twin at this path, the protocol is none in time, or the limit is neither a voltage nor a resistance.
    """
    target = None if output is None else result_name(output)
    figure = None if plot is None else figure_name(plot, "--plot")
    limit = None if until is None else limit_of(until)
    twin = Twin.open(path)
    planned = cycling(protocol)
    found = twin.forecast(planned, until=limit)
    ends = found.isel(cycle=-1).sel(quantile=[0.05, 0.5, 0.95], method="nearest")
    rows = []
    for name, values in ends.data_vars.items():
        if values.dims == ("quantile",) and "cycle" in found[name].dims:
            low, middle, high = (f"{x:.4g}" for x in values.values)
            label = str(name).removesuffix("_quantiles").replace("_", " ")
            rows.append((label, f"{middle} {values.attrs['units']}, 90 % from {low} to {high}"))
    if limit is not None:
        rows.append((f"cycles until {limit}", described(ends["time_to_limit"].values.tolist())))
    out().print(Text(f"after {float(found['cycle'][-1]):g} cycles:"))
    print_rows(rows)
    keep(found, target, figure, lambda _, file: twin.plot(found).savefig(file))


def cycling(text: str) -> Cycling:
    """Return the cycling that is typed, as a file or as YAML.

    Raises
    ------
    InputError
        It is another protocol.
    """
    match read_protocol(text):
        case Cycling() as found:
            return found
        case other:
            raise InputError(f"a twin is forecast through cycles: {{type: cycling, ...}}, not {type(other).__name__}.")


def limit_of(text: str) -> Limit:
    """Return the limit that is typed: a voltage or a resistance.

    Examples
    --------
    >>> limit_of("2 V").voltage, limit_of("100 kohm").resistance
    (Value(2.0, unit='V'), Value(100000.0, unit='ohm'))
    """
    try:
        return Limit(voltage=parse(text, "V"))
    except InputError:
        return Limit(resistance=parse(text, "ohm"))


class Forgetful(FolderStore):
    """A store that knows no state, so that all of it is computed anew; it writes nothing."""

    def cached(self, key: str) -> None:
        """Nothing."""

    def cache(self, key: str, arrays: object) -> None:
        """Nothing."""


def replay_twin(path: Path) -> int:
    """Compute a twin anew from its evidence, and compare; return the exit code.

    Raises
    ------
    InputError
        There is no twin at this path.
    """
    kept, anew = Twin.open(path), Twin.open(Forgetful(path))
    digests = [[content_hash(twin.history()), content_hash(twin.odds.to_dataset(name="odds"))] for twin in (kept, anew)]
    out().print(Text(f"{len(anew.evidence)} measurements: {' '.join(digests[1])}"), soft_wrap=True)
    if digests[0] != digests[1]:
        print_error(f"what {path} says is not what comes of its evidence: delete {path / 'state'}, it is made anew.")
        return FAILED
    out().print(Text("the same to the last bit.", style="green"))
    return 0
