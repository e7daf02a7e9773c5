"""Makes docs/reference.md, the public API in tables, from the docstrings: ``python docs/make_reference.py``."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import Any

import mgtwin as mt
from mgtwin.quantities import Value, format_value

HERE = Path(__file__).parent
#: Sections of the page and the names of mgtwin in each.
SECTIONS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (
        "Cells by name and from files",
        "",
        (
            "cell", "load_cell", "material", "list_cells", "list_overlays", "list_experiments", "applicable_overlays",
            "experiment",
        ),
    ),
    (
        "In the browser",
        "[Explore](explore.md) explains it.",
        ("explore", "Explorer", "Exploration"),
    ),
    (
        "Published materials",
        "[Materials](materials.md) explains them.",
        ("materials", "values", "cite", "Isothermal"),
    ),
    (
        "Nouns: what is built",
        "Immutable and validated; quantities are SI numbers or text with a unit.",
        (
            "Cell", "Layer", "Ion", "IonConductor", "MixedConductor", "BinaryElectrolyte", "DefectElectrons",
            "DefectCapacitance", "GrainBoundary", "Blocking", "Plating", "PlatingUnderFilm", "PlatingOnSubstrate",
            "Insertion", "Junction", "Capacitor", "CPE", "Reference", "IonProbe", "InertProbe", "Shunt",
        ),
    ),
    (
        "Contact and ageing of interfaces",
        "`contact=` of any electrode or junction, and `ageing=[...]` of a plating electrode or junction.",
        ("Contact", "Pressed", "FatigueContactLoss", "VoidContactLoss", "CrackGrowth", "FilmGrowth", "FilmErosion",
         "FilmRegrowth"),
    ),
    (
        "Mixtures of phases",
        "A material of several phases, each with a share of the volume, and the rules that make its effective numbers.",
        (
            "Composite", "Phase", "Porous", "Insulator", "Linear", "Profile", "Mass", "Volume", "Bruggeman",
            "McLachlan", "MaxwellGarnett", "PoreExponent", "HashinShtrikmanUpper", "HashinShtrikmanLower",
            "WienerParallel", "WienerSeries",
        ),
    ),
    (
        "Laws of temperature",
        "Any property takes a number or one of these; `law(T)` evaluates it.",
        ("Constant", "Arrhenius", "ArrheniusT", "VogelFulcher", "Table", "Value"),
    ),
    (
        "Open-circuit potentials of hosts",
        "Called with the filling: `potential(y)`; `temperature` and `charge` of the ion are 298.15 K and 2 by default.",
        ("Sites", "TabulatedPotential", "RegularSolution"),
    ),
    (
        "Functions of a composition",
        "Factors of a property, over c/c_0 of a salt or the filling of a host.",
        ("Polynomial", "Tabulated"),
    ),
    (
        "Protocols: what is done",
        "Currents and voltages in the laboratory's sign: a negative current deposits at the working electrode.\n"
        "All take `temperature=`, but for `Voltage` and `Current`, which are biases, and `Every` and `CycleSkipping`,\n"
        "which are parts of `Cycling`.",
        (
            "EIS", "Polarization", "Voltammetry", "LinearSweep", "Galvanostatic", "CCCV", "RateTest", "Cycling",
            "Every", "CycleSkipping", "Rest", "AgainstReference", "Replay", "Sequence", "Voltage", "Current",
        ),
    ),
    (
        "Measurements",
        "Instrument files become the Datasets below; [files](files.md) says which and how.",
        ("read", "Column"),
    ),
    (
        "Metrics",
        "One number read off a Dataset: what experiments observe and studies sweep. Declared once, known by name.",
        ("metric",),
    ),
    ("Verbs", "", ("simulate", "save", "open", "StackModel")),
    (
        "Fitting",
        "[Fitting](fitting.md) explains them.",
        (
            "fit", "fit_series", "Fit", "Circuit", "circuit_element", "Free", "PerTemperature", "PerDataset", "Normal",
            "LogNormal", "Modulus", "Noise", "Unit",
            "Huber", "SoftL1", "Cauchy", "compare", "next_experiment", "Candidate",
        ),
    ),
    (
        "Design studies",
        "[Studies](studies.md) explains them. Metrics are functions Dataset -> number, such as those of `mt.analysis`.",
        (
            "sweep", "Paired", "uncertainty", "sensitivity", "Sobol", "Morris", "optimise", "Minimise", "Maximise",
            "AtMost", "AtLeast", "Robust", "Evolution", "open_study", "cell_at",
        ),
    ),
    ("Errors", "", ("MgtwinError", "InputError", "SimulationError", "MgtwinWarning")),
)  # fmt: skip
PACKAGES = {
    "impedance": "Without a mesh and without PyBaMM; `overrides` maps paths to arrays of values in SI.",
    "analysis": "What an experimenter reads from a Dataset, simulated or measured.",
    "plot": "Every function takes `ax=` and returns Axes; `figure` chooses for you and returns a Figure.",
}
CELL_METHODS = (
    "get", "with_", "paths", "diff", "reversed", "identical", "to_yaml", "from_yaml", "save",
)  # fmt: skip


def reference() -> str:
    """The page as text."""
    listed = {name for _, _, names in SECTIONS for name in names} | set(PACKAGES) | {"__version__"}
    forgotten = sorted(set(mt.__all__) - listed)
    parts = [
        "# Reference\n\nThe public API. Made by `python docs/make_reference.py` from the docstrings, which say more: "
        "`help(mt.simulate)`,\nor `mt.simulate?` in a notebook. `import mgtwin as mt`; "
        "`__version__` is there too.\n"
    ]
    for title, text, names in (*SECTIONS, *([("Further", "", tuple(forgotten))] if forgotten else [])):
        parts.append(f"## {title}\n" + (f"\n{text}\n" if text else ""))
        parts.append(table((name, getattr(mt, name)) for name in names))
        if "Cell" in names:
            parts.append("Methods of `Cell`:\n")
            parts.append(table((name, getattr(mt.Cell, name)) for name in CELL_METHODS))
    for package, text in PACKAGES.items():
        module = getattr(mt, package)
        parts.append(f"## `mt.{package}`\n\n{text}\n")
        parts.append(table((f"{package}.{name}", getattr(module, name)) for name in module.__all__))
    parts.append(DATASETS)
    return "\n".join(parts)


def table(items: Any) -> str:
    """A Markdown table of names, their arguments and the first line of their docstrings."""
    rows = ["| name | arguments | |", "|---|---|---|"]
    for name, item in items:
        rows.append(f"| `{name}` | {arguments(item)} | {first_line(item)} |")
    return "\n".join(rows) + "\n"


def first_line(item: Any) -> str:
    """First sentence of a docstring, for a table."""
    lines = (inspect.getdoc(item) or "").strip().partition("\n\n")[0].split("\n")
    text = " ".join(line.strip() for line in lines).replace("``", "`").replace("|", "\\|")
    text = re.sub(r":math:`([^`]*)`", r"$\1$", text)
    text = re.sub(r":\w+:`", "`", text)
    return text.replace("theory.md §", "[theory](theory.md) §")


def arguments(item: Any) -> str:
    """Names of the arguments with their defaults; results (attributes, no arguments) show their fields."""
    if inspect.isclass(item) and issubclass(item, Exception):
        return ""
    try:
        parameters = list(inspect.signature(item).parameters.values())
    except (TypeError, ValueError):
        return ""
    shown, keyword_only = [], False
    for parameter in parameters:
        if parameter.name in ("self", "cls", "type") or parameter.kind is parameter.VAR_KEYWORD:
            continue
        if parameter.kind is parameter.VAR_POSITIONAL:
            shown.append(f"*{parameter.name}")
            keyword_only = True
            continue
        if parameter.kind is parameter.KEYWORD_ONLY and not keyword_only:
            shown.append("*")
            keyword_only = True
        shown.append(parameter.name + default(parameter.default))
    return f"`{', '.join(shown)}`" if shown and shown != ["*args"] else ""


def default(value: Any) -> str:
    """``=`` and the default as a person would write it; nothing where there is none, or none worth showing."""
    if value is inspect.Parameter.empty:
        return ""
    if isinstance(value, Value):
        return f"={format_value(value, value.unit)}".replace("°C", "degC")
    if value is None or isinstance(value, (bool, int, float, str, tuple)):
        return f"={value!r}"
    return "=…"


DATASETS = """## Datasets

What `simulate` returns and what `save` keeps; `mgtwin.dataset.spectrum` and `mgtwin.dataset.transient` make one from a
measurement.

| variable | dimensions | |
|---|---|---|
| `impedance` | `frequency` | complex, Ω; Re Z > 0 for a passive cell, Im Z < 0 for a capacitive one |
| `voltage`, `current` | `time` | V, A; coordinates `cycle` and `step` number each sample |
| `overpotential` | `element`, `time` | V; what each part of the cell contributes; they sum to `voltage` |
| `electronic_current` | `interface`, `time` | A; what electrons carry through each interface |
| `local_potential` | `time`, `x` | V; $E(x, t)$ of mixed conductors, `x` from the left, coordinate `layer` |
| `half_cycle_capacity` | `half_cycle` | C |
| `cycle_number` | `time` | number of the cycle of each sample, where `cycle` is a dimension |
| `deposition_voltage`, `dissolution_voltage`, `half_sum`, `half_difference` | `cycle` | V; of a `Cycling` run |
| `deposition_capacity`, `dissolution_capacity` | `cycle` | C, exact |
| `energy_put_in`, `energy_delivered`, `energy_efficiency` | `cycle` | J, J, 1 |
| `deposition_overpotential`, `dissolution_overpotential` | `cycle`, `element` | V; at the ends of half cycles |
| `final_contact_fraction`, `final_film_resistance` | `cycle`, `interface` | 1, Ω m²; at the end of the cycle |
| `cycle_end_time`, `limited`, `resolved` | `cycle` | s; 1 if a half cycle was cut short; 0 if skipped |
| `impedance` of a `Cycling` run | `cycle`, `frequency` | Ω; NaN after cycles without a spectrum |
| `state`, `segment_time`, `state_variable`, `state_position` | | from where another run can start |

`attrs`: `cell` and `protocol` (YAML; they make the result again), `temperature` [K], `area` [m²], `warnings`,
`sources`, `route`, `created`, `mgtwin_version`. Every variable has `units` and `long_name`.
"""


if __name__ == "__main__":
    (HERE / "reference.md").write_text(reference(), encoding="utf-8")
    print(HERE / "reference.md")
