"""Makes the figures of the documentation: ``python docs/make_figures.py`` writes docs/figures/readme.png.

One model, four experiments: the growing overpotential of the trilayer under every explanation of its ageing, and what
three readings of the same data predict for the ion-blocking cell. What the paper printed is black or grey.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.patheffects import withStroke

import mgtwin as mt
from mgtwin.plot.look import COLOURS, INK, MUTED, PALE, style
from mgtwin.plot.observed import observed

HERE = Path(__file__).parent
READINGS = {"as_printed": "#d1495b", "infiltrated": "#1f5fa8", "contact_limited": "#e08e1b"}
TEXTS = {**READINGS, "contact_limited": "#b26a00"}  # amber lines are easy to see, amber letters are not
NAMES = {"as_printed": "as printed", "infiltrated": "infiltrated", "contact_limited": "contact-limited"}
#: t_ion as printed, from the 0.07 of the abstract to as far above 0.077 (experiments/mg3asn2025/ca_transport.yaml).
PRINTED, LOWEST, HIGHEST = 0.077, 0.070, 0.085
#: First sample of the polarization [s], assumed there.
SAMPLED = 0.1
#: Overlays of the trilayer, the place of their names, and their colours. Contact loss goes together with Mg under its
#: film; the others bring electrodes of their own.
LIVES: dict[str, tuple[tuple[str, ...], tuple[float, float], str]] = {
    "no ageing": (("passivated",), (73, -0.31), MUTED),
    "contact loss": (("passivated", "contact_loss"), (57, 0.72), COLOURS[0]),
    "film growth": (("film_growth",), (27, 0.78), COLOURS[1]),
    "both": (("contact_and_film",), (41, 0.55), COLOURS[2]),
    "salt depletion": (("salt_depletion",), (73, 0.2), "#a87200"),
}


def main() -> None:
    """Simulate, draw, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=HERE / "figures", help="folder of the figures")
    folder = parser.parse_args().out
    folder.mkdir(parents=True, exist_ok=True)
    with style():
        figure = readme()
        figure.savefig(folder / "readme.png", dpi=130)
    print(folder / "readme.png")


def readme() -> Any:
    """The headline above two panels: impedance and apparent transport number."""
    cells = {name: mt.cell("au_mg3asn_au", name) for name in READINGS}
    spectra = {name: mt.simulate(cell, mt.EIS("1 MHz", "0.1 Hz", per_decade=40)) for name, cell in cells.items()}
    step = mt.Polarization("0.5 V", "3 h", first_time="1 us", per_decade=40)
    runs = {name: mt.simulate(cell, step) for name, cell in cells.items()}

    figure = plt.figure(figsize=(10.6, 9.6), layout="constrained")
    figure.get_layout_engine().set(w_pad=0.1, h_pad=0.1, wspace=0.02, hspace=0.02)
    axes = figure.subplot_mosaic("aa;bc", height_ratios=(1.55, 1))
    headline(axes["a"])
    nyquist(axes["b"], spectra)
    transport(axes["c"], runs)
    titles = {
        "a": "Mg | MOFsSE | Mg$_3$AsN | MOFsSE | Mg, ±10 µA, 25 °C: why −0.1 and 0.03 V become −2 and 1.9 V",
        "b": "Impedance of Au | Mg$_3$AsN | Au, 100 °C",
        "c": "Transport number of the same cell from a step to 0.5 V",
    }
    for letter, title in titles.items():
        axes[letter].set_title(f"$\\bf{{{letter}}}$   {title}", loc="left", fontsize=10.5, color=INK, pad=8)
    return figure


def headline(ax: Axes) -> None:
    """Voltage at the end of every half cycle under each explanation, with what the paper printed of it."""
    protocol, pair = mt.Cycling("-10 uA", "1 h", cycles=90, points=2), ax
    for name, (overlays, place, color) in LIVES.items():
        run = mt.simulate(mt.cell("trilayer", "necks", *overlays), protocol)
        pair = mt.plot.half_cycles(run, ax=pair, color=color, within="0.16 V")
        note(ax, name, place, color, va="center")
    found = mt.experiment("cycling_trilayer")
    for one in found.observed:
        if one.measure is not None and one.interval is not None and (ends := one.measure.points(run, one.interval)):
            observed(pair, *ends)
    text = (
        "Grey: what the paper prints. Its last cycle was put into every law\n"
        "but salt depletion; how they get there was not, nor was the first\n"
        "dissolution of contact loss, the one line through all boxes."
    )
    pair[0].text(0.03, 0.96, text, transform=pair[0].transAxes, va="top", fontsize=9, color=INK, linespacing=1.4)


def note(ax: Axes, text: str, at: tuple[float, float], color: str = INK, **options: Any) -> None:
    """A direct label in data coordinates, readable on top of lines."""
    drawn = ax.text(*at, text, color=color, fontsize=options.pop("fontsize", 9.2), **options)
    drawn.set_path_effects([withStroke(linewidth=2.6, foreground="white")])


def nyquist(ax: Axes, spectra: dict[str, xr.Dataset]) -> None:
    """Two arcs that only the frequency tells apart; as printed the whole spectrum is a speck, enlarged in an inset."""
    widths = {"contact_limited": 5.5, "infiltrated": 1.7, "as_printed": 1.7}
    for name, width in widths.items():
        z = spectra[name]["impedance"].values / 1e6
        ax.plot(z.real, -z.imag, color=READINGS[name], lw=width, alpha=0.5 if width > 2 else 1)
    for name, height in (("infiltrated", 0.115), ("contact_limited", 0.06)):
        frequency, z = spectra[name]["frequency"].values, spectra[name]["impedance"].values / 1e6
        top = int(np.argmax(-z.imag))
        ax.plot(z[top].real, -z[top].imag, "o", ms=6, color=READINGS[name], mec="white", mew=0.9, zorder=4)
        text = f"{NAMES[name]}, peak at {hertz(frequency[top])}"
        note(ax, text, (0.466, 0.466 + height), TEXTS[name], ha="center", va="center")
    ax.set_xlim(-0.03, 1.03)
    ax.set_ylim(-0.03, 0.664)
    ax.set_aspect("equal", adjustable="box")
    ax.set_xticks(np.arange(0, 1.01, 0.2))
    ax.set_xlabel("Re Z (MΩ)")
    ax.set_ylabel("−Im Z (MΩ)")
    note(ax, "paper: one arc,\nclosed at 0.1 Hz", (0.875, 0.10), ha="right", va="center", linespacing=1.3)
    ax.annotate("", (0.922, 0.006), (0.84, 0.06), arrowprops={"arrowstyle": "-|>", "color": INK, "lw": 1.0})
    enlarged(ax, spectra["as_printed"])


def enlarged(ax: Axes, spectrum: xr.Dataset) -> None:
    """The spectrum of the reading as_printed, in kΩ."""
    color = READINGS["as_printed"]
    inset = ax.inset_axes((0.25, 0.14, 0.27, 0.40))
    frequency, z = spectrum["frequency"].values, spectrum["impedance"].values / 1e3
    inset.plot(z.real, -z.imag, color=color, lw=1.7)
    for wanted in (1.0, 0.1):
        k = int(np.argmin(np.abs(np.log(frequency / wanted))))
        inset.plot(z[k].real, -z[k].imag, "o", ms=4, color=color, mec="white", mew=0.6)
        inset.annotate(
            f"{wanted:g} Hz", (z[k].real, -z[k].imag), xytext=(-5, 1), textcoords="offset points", fontsize=7.6,
            color=MUTED, ha="right", va="bottom",
        )  # fmt: skip
    inset.set_xlim(-1.5, 15)
    inset.set_ylim(-1.5, 15)
    inset.set_aspect("equal")
    inset.set_xticks([0, 10])
    inset.set_yticks([0, 10])
    inset.tick_params(labelsize=7.6, length=2, pad=2)
    inset.set_xlabel("kΩ", fontsize=8, labelpad=-1)
    inset.set_title("as printed, enlarged", loc="center", fontsize=9.2, color=color, pad=3)


def hertz(frequency: float) -> str:
    """Frequency to two digits."""
    return f"{frequency / 1e3:.1f} kHz" if frequency >= 1e3 else f"{frequency:.0f} Hz"


def transport(ax: Axes, runs: dict[str, xr.Dataset]) -> None:
    """(I_0 - I_s)/I_0 as a function of when I_0 is sampled."""
    ax.axvspan(SAMPLED, 2e4, color=PALE, lw=0, zorder=0)
    ax.axhspan(LOWEST, HIGHEST, color="#cfd3d9", lw=0, zorder=0.5)
    ax.axhline(PRINTED, color=INK, lw=0.9, zorder=1)
    for name, width in (("as_printed", 1.9), ("contact_limited", 5.5), ("infiltrated", 1.7)):
        time, current = runs[name]["time"].values, runs[name]["current"].values
        seen = (time > 0) & (time < 0.97 * time[-1])
        apparent = 1 - current[-1] / current[seen]
        ax.loglog(time[seen], apparent, color=READINGS[name], lw=width, alpha=0.5 if width > 2 else 1)
    ax.set_xlim(1e-6, 2e4)
    ax.set_ylim(0.01, 1.6)
    ax.set_yticks([0.01, 0.1, 1], ["0.01", "0.1", "1"])
    ax.set_xlabel("Time at which $I_0$ is sampled (s)")
    ax.set_ylabel("Apparent $t_{ion}=(I_0-I_s)/I_0$")
    note(ax, "paper: 0.077 (both flat readings are calibrated to it)", (2.3e-6, 0.058), ha="left", va="top")
    window = {name: mt.analysis.transport_number_window(run, LOWEST, HIGHEST) for name, run in runs.items()}
    minutes = (window["as_printed"].start + window["as_printed"].end) / 120
    text = f"as printed: 0.077 only for a sample\nat {minutes:.0f} minutes"
    note(ax, text, (3e-4, 0.62), TEXTS["as_printed"], va="top")
    for name, height in (("infiltrated", 0.029), ("contact_limited", 0.018)):
        text = f"{NAMES[name]}: {window[name].decades:.1f} decades of time inside the grey band"
        note(ax, text, (2.3e-6, height), TEXTS[name])


if __name__ == "__main__":
    main()
