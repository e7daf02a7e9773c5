"""Speed of fits against PyBOP and impedance.py on the same spectrum, and of joint fits against small ones.

README.md beside this file says how to make the environment that the first comparison needs.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest

import mgtwin as mt
from mgtwin import dataset

from .ratios import report

pytestmark = pytest.mark.benchmark

PYTHON = os.environ.get("MGTWIN_PYBOP_PYTHON", "")
HERE = Path(__file__).parent
AP, BUFFERS = "layers.antiperovskite.material", "layers.buffer_*.material"


@pytest.mark.skipif(
    not Path(PYTHON).is_file(), reason="PyBOP needs an environment of its own: see tests/benchmarks/README.md"
)
def test_a_five_parameter_fit_against_pybop_and_a_circuit() -> None:
    environment = {**os.environ, "PYTHONPATH": str(HERE.parents[1]), "PYBAMM_DISABLE_TELEMETRY": "true"}
    done = subprocess.run(
        [PYTHON, str(HERE / "peer_fits.py")], env=environment, capture_output=True, text=True, check=True, timeout=900
    )
    found = json.loads(done.stdout.splitlines()[-1])
    rivals = [found[name] for name in ("L-BFGS-B", "Nelder-Mead")]
    assert any(rival["reached"] for rival in rivals), rivals
    fastest = min(rival["seconds"] for rival in rivals if rival["reached"])
    report("fastest of PyBOP's L-BFGS-B and Nelder-Mead / mt.fit, same misfit", fastest / found["ours"], ">= 50")
    report("impedance.py's circuit fit / mt.fit", found["circuit"] / found["ours"], ">= 1")
    assert fastest >= 50 * found["ours"]
    assert found["circuit"] >= found["ours"]


def spectra(temperatures):
    cell, frequencies = mt.cell("trilayer"), np.geomspace(1e6, 0.1, 100)
    rng, found = np.random.default_rng(3), []
    for T in temperatures:
        z = mt.impedance.exact(cell.with_({"temperature": T}), frequencies)
        z = z + 0.005 * np.abs(z) * (rng.normal(size=z.size) + 1j * rng.normal(size=z.size))
        found.append(dataset.spectrum(frequencies, z, {"temperature": T}))
    return cell, found


def seconds_per_residual(start, data, free, starts, fits):
    """Per evaluation and number of the data, the best of several fits."""
    best = np.inf
    for _ in range(fits):
        began = time.perf_counter()
        fit = mt.fit(start, data, free, starts=starts)
        best = min(best, (time.perf_counter() - began) / (fit.minimum.evaluations * fit.problem.count))
    return best


def test_a_large_joint_fit_costs_no_more_per_residual_than_a_small_one() -> None:
    electrode = ["*.exchange_current_density.reference", "*.double_layer.c"]
    cell, one = spectra([298.15])
    small = [f"{AP}.ionic_conductivity.reference", f"{AP}.relative_permittivity", "interfaces.*.resistance.reference"]
    start = cell.with_({electrode[0]: 0.1, electrode[1]: 0.05, small[0]: 0.04})
    few = seconds_per_residual(start, one, [*small, *electrode], 1, 3)

    _, seven = spectra(np.linspace(298.15, 373.15, 7))
    large = [
        *(
            f"{where}.ionic_conductivity.{name}"
            for where in (AP, BUFFERS)
            for name in ("reference", "activation_energy")
        ),
        *(f"interfaces.*.resistance.{name}" for name in ("reference", "activation_energy")),
        f"{AP}.relative_permittivity",
        f"{AP}.electronic_conductivity.reference",
        f"{AP}.chemical_capacitance",
        *electrode,
        "*.exchange_current_density.activation_energy",
    ]
    assert len(large) == 12
    many = seconds_per_residual(start, seven, large, 20, 1)  # a tenth of what is allowed
    report("time per residual, 7 temperatures and 12 parameters / 1 and 5", many / few, "<= 2")
    assert many <= 2 * few
