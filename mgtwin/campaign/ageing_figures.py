"""Figures of the comparison of explanations."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..plot.look import COLOURS, INK, MUTED, style

if TYPE_CHECKING:
    from .ageing_table import AgeingResults

__all__ = ["draw"]


def draw(results: AgeingResults) -> tuple[Path, ...]:
    """Draw the growth and the spectra under all explanations, and the life of each, into ``figures``."""
    folder = results.folder / "figures"
    folder.mkdir(exist_ok=True)
    return _compared(results, folder / "ageing.png"), *_lives(results, folder)


def _compared(results: AgeingResults, path: Path) -> Path:
    """Half-difference against the cycle with what was observed; |Z| after the first and the last cycle."""
    from matplotlib.figure import Figure

    with style():
        figure = Figure(figsize=(11.0, 4.2), layout="constrained")
        left, right = figure.subplots(1, 2)
        observed: dict[str, Any] = {item.name: item.value for item in results.observed.observed}
        last = 1 + results.explained[0].life.sizes["cycle"]
        late = [observed["late_dissolution"], observed["late_deposition"]]
        middle, low, high = (
            (up - down) / 2
            for up, down in (
                map(float, late), (late[0].low, late[1].high), (late[0].high, late[1].low)
            )
        )  # fmt: skip
        spread = [[middle - low], [high - middle]]
        left.errorbar([last], [middle], yerr=spread, fmt="o", color=INK, ms=5, capsize=3, label="observed", zorder=5)
        left.plot([1], [float(observed["first_half_difference"])], "o", color=INK, ms=5, zorder=5)
        for k, item in enumerate(results.explained):
            growth = item.cycles("half_difference")
            name = item.name.replace("_", " ")
            left.plot(np.arange(1, growth.size + 1), growth, color=COLOURS[k], label=name)
            for run, dash in ((item.first, "--"), (item.life, "-")):
                z = run["impedance"].isel(cycle=-1)
                text = name if dash == "-" else None
                right.loglog(z["frequency"], np.abs(z.values), color=COLOURS[k], ls=dash, lw=1.4, label=text)
        left.set_xlabel("Cycle")
        left.set_ylabel("half-difference (V)")
        left.legend(loc="upper left")
        right.set_xlabel("Frequency (Hz)")
        right.set_ylabel("|Z| (Ω)")
        right.text(
            0.98, 0.6, "dashed: after the first cycle\nfull: after the last", transform=right.transAxes, ha="right",
            va="top", fontsize=8, color=MUTED,
        )  # fmt: skip
        figure.savefig(path, dpi=120)
    return path


def _lives(results: AgeingResults, folder: Path) -> tuple[Path, ...]:
    """Where the overpotential sits, cycle by cycle, and the contact that is left."""
    from matplotlib.figure import Figure

    from ..plot import contact, cycle_breakdown

    paths = []
    with style():
        for item in results.explained:
            loses_contact = float(item.life["final_contact_fraction"].min()) < 1 if _has_contact(item.life) else False
            figure = Figure(figsize=(12.0 if loses_contact else 7.4, 3.9), layout="constrained")
            panels = figure.subplots(1, 2 if loses_contact else 1, squeeze=False)[0]
            cycle_breakdown(item.life, ax=panels[0])
            if loses_contact:
                contact(item.life, ax=panels[1])
            figure.suptitle(f"{item.name}: {item.description}", fontsize=10)
            path = folder / f"{item.name}.png"
            figure.savefig(path, dpi=120)
            paths.append(path)
    return tuple(paths)


def _has_contact(run: object) -> bool:
    return "final_contact_fraction" in getattr(run, "variables", ())
