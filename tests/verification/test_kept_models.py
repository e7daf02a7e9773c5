"""Discretised models that cells of one structure share: the same bits whatever ran before, here or in any thread."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import mgtwin as mt
from mgtwin.simulation import built
from mgtwin.simulation.integrator import Integrator

CURRENT = mt.Galvanostatic("1 uA", "1 h", points=10)
VOLTAGE = mt.Polarization("20 mV", "1 h", per_decade=3)
PROTOCOLS = {"current": CURRENT, "voltage": VOLTAGE, "cycles": mt.Cycling("-1 uA", "10 min", cycles=2, points=5)}
ROUTES = {"modes": mt.Modes(), "mesh": mt.Mesh()}


def bits(cell: Any, protocol: Any, **options: Any) -> dict[str, bytes]:
    """All numbers of a result."""
    result = mt.simulate(cell, protocol, **options)
    return {
        name: variable.values.tobytes() for name, variable in result.variables.items() if variable.dtype.kind == "f"
    }


def alone(cell: Any, protocol: Any, monkeypatch: pytest.MonkeyPatch, **options: Any) -> dict[str, bytes]:
    """The same from a model that nothing else has used."""
    monkeypatch.setattr(built, "_KEPT", type(built._KEPT)())
    return bits(cell, protocol, **options)


def number_built(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Counts, as its length, the models that are built from now on."""
    made: list[int] = []
    plain = built.BuiltModel.__init__
    monkeypatch.setattr(built, "_KEPT", type(built._KEPT)())
    monkeypatch.setattr(built.BuiltModel, "__init__", lambda self, *given: (made.append(1), plain(self, *given))[1])
    return made


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_kept_model_gives_the_bits_of_a_new_one(protocol: str, route: str, monkeypatch: pytest.MonkeyPatch) -> None:
    rng, what = np.random.default_rng(len(protocol + route)), PROTOCOLS[protocol]
    options = {} if protocol == "cycles" else {"route": ROUTES[route]}
    cell = mt.cell("trilayer")
    paths = list(cell.numbers)
    changed = [
        cell.with_({path: float(cell.numbers[path]) * rng.uniform(0.98, 1.02) for path in rng.choice(paths, 4, False)})
        for _ in range(3)
    ]
    expected = [alone(one, what, monkeypatch, **options) for one in changed]
    made = number_built(monkeypatch)
    mt.simulate(cell, what, **options)
    assert [bits(one, what, **options) for one in changed] == expected
    assert [bits(one, what, **options) for one in reversed(changed)] == expected[::-1]  # in whatever order
    assert len(made) <= 2  # of seven runs; a number may have crossed a decade


def test_every_number_in_turn_gives_what_it_gives_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also 0 and infinity, where terms leave the equations, and where the model is another one."""
    cell = mt.cell("trilayer", "contact_and_film")
    made = number_built(monkeypatch)
    mt.simulate(cell, CURRENT)
    runs = 0
    for path, value in cell.numbers.items():
        for other in {float(value) * 1.01, 0.0, np.inf}:
            try:
                changed = cell.with_({path: other})
                found = bits(changed, CURRENT)
            except (mt.InputError, mt.SimulationError):  # what the cell or the protocol refuses
                continue
            runs += 1
            with monkeypatch.context() as patch:
                patch.setattr(built, "_KEPT", type(built._KEPT)())
                assert bits(changed, CURRENT) == found, (path, other)
    assert runs > 60
    assert len(made) < 1 + runs + runs / 2  # each run alone builds one; of the others fewer than half


def test_numbers_that_decide_on_equations_make_another_model() -> None:
    cell = mt.cell("trilayer")
    model = Integrator(cell, f_max=1.0, dielectric=False).model
    assert model.fits(cell.with_({"layers.antiperovskite.thickness": 6.6e-4}), 1.0)
    assert not model.fits(cell.with_({"positive.film_resistance": 1e-3}), 1.0)
    assert not model.fits(cell.with_({"negative.electronic_resistance": 1.0}), 1.0)
    # a series resistance of 0 is no term of the equations
    assert not model.fits(cell.with_({"series_resistance": 0.0}), 1.0)


def test_ions_that_do_not_percolate_are_refused_by_a_kept_model_too() -> None:
    phase = [
        mt.Phase("ions", mt.IonConductor("1 mS/cm"), fraction=0.5),
        mt.Phase("rest", mt.IonConductor("1e-3 mS/cm")),
    ]
    plating = mt.Plating("1 mA/cm^2", double_layer=mt.Capacitor("10 uF/cm^2"))
    cell = mt.Cell("mixture", plating, [mt.Layer("m", mt.Composite(phase, mt.Bruggeman()), "1 mm")], plating)
    mt.simulate(cell, CURRENT)
    thin = cell.with_({"layers.m.material.phases.ions.fraction": 0.3})
    assert float(mt.simulate(thin, CURRENT)["voltage"][-1]) > float(mt.simulate(cell, CURRENT)["voltage"][-1])


def test_threads_and_processes_give_the_same_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    cell = mt.cell("trilayer")
    cells = [cell.with_({"layers.antiperovskite.thickness": 3e-4 * (1 + k / 100)}) for k in range(8)]
    expected = [bits(one, VOLTAGE) for one in cells]
    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(lambda one: bits(one, VOLTAGE), cells)) == expected
    code = (
        "import sys, mgtwin as mt; cell = mt.cell('trilayer');"
        "run = mt.simulate(cell.with_({'layers.antiperovskite.thickness': 3e-4 * 1.05}),"
        " mt.Polarization('20 mV', '1 h', per_decade=3));"
        "sys.stdout.buffer.write(run['current'].values.tobytes())"
    )
    root = str(Path(mt.__file__).parents[1])
    for seed in ("1", "2"):  # of Python's hashes: sets have another order
        env = {"PYTHONPATH": root, "PYTHONHASHSEED": seed, "PATH": ""}
        done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, check=True)
        assert done.stdout == expected[5]["current"]


def test_the_switch_keeps_nothing_and_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    cell = mt.cell("trilayer")
    expected = bits(cell, CURRENT)
    made = number_built(monkeypatch)
    monkeypatch.setenv(built.SWITCH, "0")
    assert bits(cell, CURRENT) == bits(cell, CURRENT) == expected
    assert len(made) == 2 and not built._KEPT.models


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory is read from /proc")
def test_memory_is_flat_over_many_runs() -> None:
    cell = mt.cell("trilayer")

    def resident() -> float:
        return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 2**20

    marks = []
    for k in range(300):
        mt.simulate(cell.with_({"layers.antiperovskite.thickness": 3e-4 + 1e-7 * k}), CURRENT)
        if k in (100, 299):
            marks.append(resident())
    assert marks[1] - marks[0] < 10  # MiB in 200 runs


def test_no_more_models_are_kept_than_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(built, "_KEPT", type(built._KEPT)())
    monkeypatch.setattr(built, "MOST", 2)
    cell = mt.cell("trilayer")
    for changed in (cell, cell.with_({"positive.film_resistance": 1e-3}), cell.reversed()):
        mt.simulate(changed, CURRENT)
    assert len(built._KEPT.models) == 2
