"""What version 0.1.0 computed: every case of the regression oracle, through the public interface only.

A case returns numbers by name. `freeze.py` ran all of them once, with the code of 0.1.0, into ``frozen_0_1_0.json``;
`test_frozen.py` runs them again. A tolerance says how far a number may move when code is rearranged and nothing else.
Left out, because they are wrong in 0.1.0 and have to move: exact impedance of cracked interfaces, memory of
constant-phase elements between the steps of a sequence, steps of temperature, skipped cycles of cells with slow states,
bias of some hundred millivolts across a nonlinear mixed conductor, noise and intervals of fits that estimate the noise.
"""

from __future__ import annotations

import csv
import os
import shutil
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pybamm
import xarray as xr

import mgtwin as mt
from mgtwin import dataset

from . import cells

ROOT = Path(__file__).parents[2]
#: A name to a number, to several that are judged by the largest of them, or to a text.
Numbers = Mapping[str, float | list[float] | str]
CASES: dict[str, Case] = {}


@dataclass(frozen=True)
class Case:
    """Numbers of one kind, their tolerance relative to the largest number of a name, and the reason for it."""

    compute: Callable[[], Numbers]
    tolerance: float
    reason: str
    slow: bool = False
    absolute: Callable[[Numbers], Mapping[str, float]] | None = None

    def tolerances(self, numbers: Numbers) -> dict[str, float]:
        """How far each of these numbers may move; texts may not."""
        if self.absolute is not None:
            return dict(self.absolute(numbers))
        return {
            name: self.tolerance * float(np.max(np.abs(value)))
            for name, value in numbers.items()
            if not isinstance(value, str)
        }


def case(name: str, tolerance: float, reason: str, **fields: object) -> Callable[[Callable[[], Numbers]], None]:
    """Declare a case under a name."""

    def declared(compute: Callable[[], Numbers]) -> None:
        CASES[name] = Case(compute, tolerance, reason, **fields)  # type: ignore[arg-type]

    return declared


def parts(z: complex) -> list[float]:
    """Real and imaginary part, judged by the larger one."""
    return [float(np.real(z)), float(np.imag(z))]


def at_times(run: xr.Dataset, name: str, times: list[float]) -> list[float]:
    """Values at some times [s], interpolated where there is no output at them."""
    return [float(value) for value in np.interp(times, run["time"].values, run[name].values)]


# -- algebra -----------------------------------------------------------------------------------------------------------
ALGEBRA = "closed expressions: other groupings of the same sums move them by rounding"


@case("impedance of the trilayer", 1e-12, ALGEBRA)
def _() -> Numbers:
    cell = mt.cell("trilayer")
    found = {f"{f:g} Hz": parts(mt.impedance.exact(cell, [f])[0]) for f in (1e6, 1e3, 1.0, 1e-3)}
    return found | {"0 Hz": parts(mt.impedance.exact_laplace(cell, 0))}


@case("impedance of cells with everything", 1e-12, ALGEBRA)
def _() -> Numbers:
    return {
        f"{name} at {f:g} Hz": parts(mt.impedance.exact(cell, [f])[0])
        for name, cell in cells.WITH_IMPEDANCE.items()
        for f in (1e4, 0.1)
    }


@case("state of rest", 1e-12, "bisection of a monotonic function to rounding")
def _() -> Numbers:
    model = mt.StackModel(cells.SHARING)
    initial = {variable.name: float(value.evaluate()) for variable, value in model.initial_conditions.items()}
    return {
        "shared potential": initial["b local electrode potential [V]"],
        "charge of the gold": initial["negative potential drop [V]"],
    }


@case("mixing rules", 1e-11, "1e-12, and ten times that for rules that are solved by iteration")
def _() -> Numbers:
    """Resistance of a layer between electrodes without one."""
    return {
        name: float(mt.impedance.exact_laplace(cells.mixture(rule), 0).real)
        for name, rule in cells.MIXING_RULES.items()
    }


DERIVATIVES = {
    "trilayer": (
        mt.cell("trilayer"),
        ["layers.buffer_*.thickness", "temperature", "positive.exchange_current_density", "area"],
    ),
    "constant phase": (cells.CONSTANT_PHASE, ["negative.double_layer.n", "layers.right.material.ionic_conductivity"]),
    "contacts": (cells.CONTACTS, ["negative.contact.fraction", "layers.a.material.rest_potential"]),
}


def _of_impedance_over_parameter(numbers: Numbers) -> Mapping[str, float]:
    """1e-9 of |Z|/p: what `exact_jacobian` promises is 1e-10."""
    limits = {}
    for name in numbers:
        which, path = name.split(": ")
        cell = DERIVATIVES[which][0]
        size = np.abs(mt.impedance.exact(cell, [10.0])[0])
        path = path.replace("*", "left")
        limits[name] = float(1e-9 * size / abs(float(getattr(cell.get(path), "reference", cell.get(path)))))
    return limits


@case(
    "derivatives",
    1e-9,
    "1e-9 of Z/p: differences of terms at a fixed division of the current are good to 1e-10",
    absolute=_of_impedance_over_parameter,
)
def _() -> Numbers:
    found = {}
    for name, (cell, paths) in DERIVATIVES.items():
        concrete = [path if is_number(cell, path) else f"{path}.reference" for path in paths]
        slopes = mt.impedance.exact_jacobian(cell, [10.0], concrete)[0]
        found |= {f"{name}: {path}": parts(slope) for path, slope in zip(paths, slopes, strict=True)}
    return found


def is_number(cell: mt.Cell, path: str) -> bool:
    """Whether a path names a number, not a law of temperature."""
    return "*" in path or isinstance(cell.get(path), float)


# -- equations ---------------------------------------------------------------------------------------------------------
#: How far a seeded state is from rest, by the unit in the name of the variable: the first ending that fits counts.
AMPLITUDES = {
    " contact fraction": (0.3, True),
    " crack length over its maximum": (0.5, True),
    " relative salt concentration": (0.3, True),
    "[Ohm.m2]": (1e-3, False),
    "[V]": (0.03, False),
    "": (0.1, False),
}


class _Equations(mt.StackModel):
    """The equations of a cell alone: 0.1.0 did not count charge and energy for users of PyBaMM."""

    counts = False


def residuals(cell: mt.Cell, seed: int) -> Numbers:
    """Right-hand sides and algebraic residuals of the discretised StackModel in a state around rest.

    States are found by the name of their variable and the position in its layer, so that their order may change: of
    each variable three values (first, middle and last) and the mean square.
    """
    model = _Equations(cell, layers=mt.Mesh())
    values = model.default_parameter_values
    values["Current function [A]"] = 0.3 * float(cell.area)
    simulation = pybamm.Simulation(model, parameter_values=values)
    simulation.build()
    built = simulation.built_model
    state = np.asarray(built.concatenated_initial_conditions.evaluate(0)).ravel()
    slices = {variable.name: places[0] for variable, places in built.y_slices.items()}
    for name, place in slices.items():
        rng = np.random.default_rng([zlib.crc32(name.encode()), seed])
        size, relative = next(found for ending, found in AMPLITUDES.items() if name.endswith(ending))
        noise = size * rng.uniform(-1, 1, place.stop - place.start)
        if name.endswith("contact fraction"):  # at most 1
            noise = -np.abs(noise)
        if name.endswith("[Ohm.m2]"):  # at least 0
            noise = np.abs(noise)
        state[place] = state[place] * (1 + noise) if relative else state[place] + noise
    equations = [built.concatenated_rhs, built.concatenated_algebraic]
    found = np.concatenate([np.asarray(part.evaluate(0, state)).ravel() for part in equations])
    result = {}
    for name, place in slices.items():
        row = found[place]
        middle = (row.size - 1) // 2
        result[f"{name}, {seed}"] = [float(row[0]), float(row[middle]), float(row[-1]), float(np.sqrt(np.mean(row**2)))]
    return result


def _declare_equations() -> None:
    reason = (
        "the same equations at the same states differ by rounding only; the scale of an algebraic equation is part of "
        "the model that PyBaMM's solvers see"
    )
    for name, cell in cells.WITH_EQUATIONS.items():

        def compute(cell: mt.Cell = cell) -> Numbers:
            found: dict[str, float | list[float] | str] = {}
            for seed in range(5):
                found |= residuals(cell, seed)
            # of the many branches of constant-phase ladders those at both ends are enough
            branches = sorted({name for name in found if "branch" in name})
            for name in branches[5:-5]:
                del found[name]
            return found

        case(f"equations: {name}", 1e-13, reason)(compute)


_declare_equations()


# -- linearised mesh ---------------------------------------------------------------------------------------------------
@case(
    "impedance under bias on the mesh",
    1e-9,
    "Newton's iteration to the steady state ends at 1e-12 or so of the unknowns, the rest is linear algebra",
)
def _() -> Numbers:
    biased = {
        "ions": (cells.of_ions(cells.MG, cells.MG), mt.Voltage(0.05)),
        "salts": (cells.SALTS, mt.Voltage(0.05)),
        "mixed conductor": (
            mt.Cell("mixed", cells.MG, [mt.Layer("m", cells.DEFECTS, 2e-4)], cells.GOLD),
            mt.Voltage(0.1),
        ),
    }
    found = {}
    for name, (cell, bias) in biased.items():
        spectrum = mt.simulate(cell, mt.EIS.at([1e5, 1e2, 1.0, 1e-2], bias=bias))
        for f, z in zip(spectrum["frequency"].values, spectrum["impedance"].values, strict=True):
            found[f"{name} at {f:g} Hz"] = parts(z)
    return found


@case("impedance of wet pores at rest on the mesh", 1e-9, "linear algebra on a graded mesh")
def _() -> Numbers:
    spectrum = mt.simulate(cells.PORES, mt.EIS.at([1e4, 1.0, 1e-2]))
    return {
        f"{f:g} Hz": parts(z) for f, z in zip(spectrum["frequency"].values, spectrum["impedance"].values, strict=True)
    }


# -- trajectories ------------------------------------------------------------------------------------------------------
TRAJECTORY = (
    "an adaptive integrator with rtol 1e-6 moves by 2.3e-6 where one sum is reassociated; what it computes is good to "
    "about 1e-4"
)


@case("transients", 2e-5, TRAJECTORY)
def _() -> Numbers:
    mixed = mt.Cell("mixed", cells.MG, [mt.Layer("m", cells.DEFECTS, 2e-4)], cells.GOLD)
    runs = {
        "current of a mixed conductor": (mixed, mt.Polarization("50 mV", "1 h"), "current", [1.0, 60.0, 3600.0]),
        "voltage of wet pores": (cells.PORES, mt.Galvanostatic(-2.0, "1 h"), "voltage", [1.0, 60.0, 3600.0]),
        "current of constant-phase elements": (
            cells.CONSTANT_PHASE,
            mt.Polarization("50 mV", "1 h"),
            "current",
            [1.0, 60.0, 3600.0],
        ),
        "voltage of solutions": (cells.SALTS, mt.Galvanostatic("0.1 mA", "1 h"), "voltage", [1.0, 60.0, 3600.0]),
        "voltage of a graded composite": (cells.GRADED, mt.Galvanostatic(-0.1, "60 s"), "voltage", [0.1, 1.0, 60.0]),
    }
    return {
        name: at_times(mt.simulate(cell, protocol), quantity, times)
        for name, (cell, protocol, quantity, times) in runs.items()
    }


@case("90 cycles of the trilayer", 2e-5, TRAJECTORY)
def _() -> Numbers:
    run = mt.simulate(mt.cell("trilayer"), mt.Cycling("-10 uA", "1 h", cycles=90, traces=(0, 4, 89)))
    ends = {}
    for n in (0, 4, 89):
        of_cycle = run["voltage"].values[run["cycle_number"].values == n]
        ends[f"voltage at the end of cycle {n + 1}"] = float(of_cycle[-1])
    return ends | {"half difference": [float(run["half_difference"].values[n]) for n in (0, 4, 89)]}


@case("90 cycles of an ageing cell", 2e-5, TRAJECTORY)
def _() -> Numbers:
    """Contact and film after cycles 1, 5 and 90, and the voltage that they cost."""
    run = mt.simulate(cells.AGEING, mt.Cycling(-1.0, "100 s", cycles=90, traces=()))
    found = {}
    for n in (0, 4, 89):
        after = run.isel(cycle=n)
        found[f"half difference of cycle {n + 1}"] = float(after["half_difference"])
        for quantity in ("final_contact_fraction", "final_film_resistance"):
            found[f"{quantity} of cycle {n + 1}"] = [
                float(after[quantity].sel(interface=name)) for name in ("negative", "a-b", "positive")
            ]
    return found


@case("transport numbers", 2e-5, TRAJECTORY)
def _() -> Numbers:
    # the mesh, as in 0.1.0: it errs by 1.5e-4 of the initial current, which the closed form does not
    run = mt.simulate(mt.cell("au_mg3asn_au"), mt.Polarization("0.5 V", "10 h"), route=mt.Mesh())
    number = mt.analysis.transport_number(run)
    return {"apparent": number.apparent, "true": number.true, "initial current": number.initial_current}


# -- fits, studies and readings ----------------------------------------------------------------------------------------
FITS = (
    "1e-4 of a standard deviation for the values, 1e-3 relative for standard deviations and chi square, where another "
    "end of the same iteration shows; the noise is given, because 0.1.0 estimates it from the misfit, which is wrong"
)


def _of_the_std(numbers: Numbers) -> Mapping[str, float]:
    limits = {}
    for name, number in numbers.items():
        which, _, _ = name.rpartition(", ")
        is_value = name.endswith(", value")
        limits[name] = 1e-4 * float(numbers[f"{which}, std"]) if is_value else 1e-3 * float(number)  # type: ignore[arg-type]
    return limits


def fitted(name: str, fit: mt.Fit) -> dict[str, float | list[float] | str]:
    """Values, standard deviations and chi square of a fit."""
    found: dict[str, float | list[float] | str] = {f"{name}, chi square": float(fit.chi_squared)}
    for key, std in zip(fit.names, fit.std, strict=True):
        found |= {f"{name}: {key}, value": fit.values[key], f"{name}: {key}, std": float(std)}
    return found


def noisy(values: np.ndarray, noise: float, seed: int = 0) -> np.ndarray:
    """A spectrum with noise relative to |Z|."""
    rng = np.random.default_rng(seed)
    return values + noise * np.abs(values) * (rng.normal(size=values.size) + 1j * rng.normal(size=values.size))


@case("fits", 1e-4, FITS, absolute=_of_the_std)
def _() -> Numbers:
    frequencies = np.geomspace(1e5, 0.1, 40)
    electrode = mt.Plating("20 uA/cm^2", double_layer="10 uF/cm^2")
    small = mt.Cell("small", electrode, [mt.Layer("a", mt.IonConductor("0.1 mS/cm"), "0.5 mm")], electrode)

    def spectrum(cell: mt.Cell, seed: int) -> xr.Dataset:
        z = noisy(mt.impedance.exact(cell, frequencies), 0.01, seed)
        return dataset.spectrum(frequencies, z, {"temperature": float(cell.temperature)})

    conductivity, capacitance = "layers.a.material.ionic_conductivity", "*.double_layer.c"
    exchange = "*.exchange_current_density"
    start = small.with_({conductivity: 0.02, capacitance: 0.3, exchange: 1.0})
    alone = mt.fit(start, spectrum(small, 0), [conductivity, capacitance, exchange], weighting=mt.Modulus(0.01))
    dispersive = small.with_({"negative.double_layer": mt.CPE(0.1, 0.85), "positive.double_layer": mt.CPE(0.1, 0.85)})
    with_exponent = mt.fit(
        dispersive.with_({"*.double_layer.n": 0.95, "*.double_layer.q": 0.05}),
        spectrum(dispersive, 1),
        [conductivity, "*.double_layer.q", "*.double_layer.n", exchange],
        weighting=mt.Modulus(0.01),
    )
    run = mt.simulate(small, mt.Polarization("10 mV", "10 s", per_decade=5))
    rng = np.random.default_rng(2)
    measured = run.assign(current=run["current"] * (1 + 0.01 * rng.normal(size=run.sizes["time"])))
    in_time = mt.fit(
        small.with_({exchange: 0.4, capacitance: 0.2}),
        measured,
        [exchange, capacitance],
        weighting=mt.Noise(float(0.01 * np.abs(run["current"]).max())),
    )
    return fitted("spectrum", alone) | fitted("exponent", with_exponent) | fitted("transient", in_time)


@case("a sweep", 1e-12, ALGEBRA)
def _() -> Numbers:
    study = mt.sweep(
        mt.cell("trilayer"),
        mt.EIS(1e6, 0.1, points=13),
        {"layers.antiperovskite.thickness": ["0.3 mm", "0.6 mm"], "temperature": ["25 degC", "60 degC"]},
        [mt.analysis.area_specific_resistance],
    )
    return {"area-specific resistance": [float(value) for value in study["area_specific_resistance"].values.ravel()]}


@case("relaxation times", 1e-6, "a regularised least squares of pyimpspec, whose version may differ in the last digits")
def _() -> Numbers:
    s = 2j * np.pi * np.geomspace(1e6, 0.1, 100)
    z = 20 + 100 / (1 + s * 1e-4) + 50 / (1 + s * 1e-1)
    found = mt.analysis.relaxation_times(dataset.spectrum(s.imag / (2 * np.pi), z, {}))
    return {name: [float(value) for value in found[name].values] for name in ("peak_resistance", "peak_time_constant")}


@case("noise by Kramers-Kronig", 0.05, "another number of elements may win; the noise put in is 0.3 %")
def _() -> Numbers:
    frequencies = np.geomspace(1e6, 0.1, 60)
    z = noisy(mt.impedance.exact(mt.cell("trilayer"), frequencies), 0.003, 1)
    return {"noise": float(mt.analysis.kramers_kronig(dataset.spectrum(frequencies, z, {}))["noise"])}


# -- the paper ---------------------------------------------------------------------------------------------------------
#: Observations that were written down after 0.1.0.
LATER = {
    "cv_second_deposition", "cv_second_dissolution", "polymer_break_in", "second_half_sum", "growth_gradual",
    "no_growth_in_first_cycle",
}  # fmt: skip
#: The reading that 0.1.0 could not express.
LATER_READING = "necks"


@case("verdicts of the paper", 0.0, "texts: a verdict is right or another one", slow=True)
def _() -> Numbers:
    with tempfile.TemporaryDirectory() as folder:
        # as they were, with plain electrodes: today they are judged with what grows on Mg
        experiments = Path(folder, "mg3asn2025")
        shutil.copytree(ROOT / "experiments" / "mg3asn2025", experiments)
        for file in experiments.glob("*.yaml"):
            lines = file.read_text(encoding="utf-8").splitlines()
            plain = [line for line in lines if not line.startswith("electrodes: ")]
            file.write_text("\n".join([*plain, ""]), encoding="utf-8")
        subprocess.run(
            [sys.executable, "-m", "mgtwin", "run", str(experiments), "--output", folder],
            check=True,
            capture_output=True,
            env=os.environ | {"MPLBACKEND": "agg"},
        )
        rows = list(csv.DictReader((Path(folder) / "table.csv").open(encoding="utf-8")))
    keys = ("experiment", "observation", "cell", "state", "reading")
    # 0.1.0 judged no law of ageing
    then = [
        row for row in rows if row["observation"] not in LATER and not row["ageing"] and row["reading"] != LATER_READING
    ]
    return {" | ".join(row[key] for key in keys): row["verdict"] for row in then}
