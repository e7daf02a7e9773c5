"""Studies of runs in time: many points in one integration, each with the number that its own simulation gives."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import mgtwin as mt
from mgtwin.batch import runs
from mgtwin.studies import points

THICKNESS = "layers.antiperovskite.thickness"
#: A law, in place of which a study puts plain numbers.
LAW = "layers.buffer_*.material.ionic_conductivity"
HOUR = mt.Galvanostatic("10 uA", "1 h", points=10)


def last_voltage(run: Any) -> float:
    return float(run["voltage"][-1])


def last_current(run: Any) -> float:
    return float(run["current"][-1])


def duration(run: Any) -> float:
    return float(run["time"][-1])


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Cells that a study simulated one by one."""
    seen: list[Any] = []

    def simulate(cell: Any, protocol: Any) -> Any:
        seen.append(cell)
        return mt.simulate(cell, protocol)

    monkeypatch.setattr(points, "simulate", simulate)
    return seen


@pytest.mark.parametrize(
    ("name", "protocol", "axes", "metric", "tolerance"),
    [
        ("trilayer", HOUR, {THICKNESS: np.linspace(5e-4, 8e-4, 6)}, last_voltage, 1e-7),
        ("trilayer", HOUR, {"temperature": np.linspace(290, 330, 7)}, last_voltage, 1e-7),
        ("trilayer", HOUR, {LAW: np.linspace(0.01, 0.05, 6)}, last_voltage, 1e-7),
        (
            "mg_mg3asn_mg",
            mt.Polarization("20 mV", "10 min", first_time="1 s", per_decade=5),
            {"positive.transfer_coefficient": np.linspace(0.3, 0.7, 6)},
            last_current,
            1e-4,
        ),
    ],
    ids=["thickness", "temperature", "law", "voltage"],
)  # fmt: skip
def test_points_have_the_numbers_of_their_own_runs(
    alone: list[Any], name: str, protocol: Any, axes: Any, metric: Any, tolerance: float
) -> None:
    cell = mt.cell(name)
    study = mt.sweep(cell, protocol, axes, {"found": metric})
    assert not alone
    assert (study["failure"] == "").all()
    ((path, values),) = axes.items()
    for k in (0, len(values) - 1):
        own = metric(mt.simulate(cell.with_({path: float(values[k])}), protocol))
        assert float(study["found"][k]) == pytest.approx(own, rel=tolerance)


def test_a_point_hardly_feels_its_neighbours_and_repeats_bit_for_bit(alone: list[Any]) -> None:
    cell = mt.cell("trilayer")
    wide, narrow = np.linspace(5e-4, 8e-4, 13), np.linspace(5e-4, 8e-4, 7)
    many = mt.sweep(cell, HOUR, {THICKNESS: wide}, [last_voltage])["last_voltage"].values
    few = mt.sweep(cell, HOUR, {THICKNESS: narrow}, [last_voltage])["last_voltage"].values
    assert many[::2] == pytest.approx(few, rel=1e-9)
    assert np.array_equal(few, mt.sweep(cell, HOUR, {THICKNESS: narrow}, [last_voltage])["last_voltage"].values)
    assert not alone


def test_limits_end_each_point_for_itself() -> None:
    cell, path = mt.cell("trilayer"), "positive.exchange_current_density.reference"
    protocol = mt.Galvanostatic("10 uA", "1 h", limits=("-1 V", "0.0674 V"), first_time="1 ms", points=20)
    values = np.linspace(0.7, 1.3, 6) * float(cell.get(path))
    study = mt.sweep(cell, protocol, {path: values}, [duration])["duration"]
    assert float(study[0]) < 1.0
    assert float(study[-1]) == 3600.0
    own = duration(mt.simulate(cell.with_({path: float(values[0])}), protocol))
    assert float(study[0]) == pytest.approx(own, rel=1e-5)


def test_what_decides_on_equations_is_simulated_alone(alone: list[Any]) -> None:
    cell = mt.cell("trilayer")
    values = [0.0, *np.linspace(0.1, 0.2, 6)]  # ohm m2
    study = mt.sweep(cell, HOUR, {"positive.film_resistance": values}, [last_voltage])
    assert [float(one.positive.film_resistance) for one in alone] == [0.0]
    assert np.all(np.diff(study["last_voltage"].values) > 0)


def test_cycles_and_small_studies_are_simulated_one_by_one(alone: list[Any]) -> None:
    cell = mt.cell("trilayer")
    mt.sweep(cell, HOUR, {THICKNESS: np.linspace(6e-4, 7e-4, runs.FEWEST - 1)}, [last_voltage])
    assert len(alone) == runs.FEWEST - 1
    assert not runs.suits(cell, mt.Cycling("10 uA", "1 h", cycles=2))
    assert not runs.suits(cell, mt.EIS(1e6, 0.1))
    assert not runs.suits(cell, mt.Sequence([HOUR, HOUR]))
    assert not runs.suits(mt.cell("trilayer", "salt_depletion"), HOUR)


def test_a_cell_that_cannot_be_run_says_why_and_harms_no_other() -> None:
    cell, path = mt.cell("trilayer"), "positive.double_layer.c"
    cells = [cell.with_({path: c}) for c in (0.01, 0.02, 0.03, 0.04)]
    values = {path: np.array([0.01, 0.02, 0.03, -0.04])}  # which explodes
    found = runs.side_by_side(cell, cells, values, HOUR)
    assert sorted(found.datasets) == [0, 1, 2]
    assert "the integration failed in step 0" in found.failures[3]
    own = mt.simulate(cells[1], HOUR)
    assert found.datasets[1]["voltage"].values == pytest.approx(own["voltage"].values, rel=1e-6)
    assert "side by side" in found.datasets[1].attrs["route"]
    assert found.datasets[1].attrs["cell"] == own.attrs["cell"]


def test_points_have_the_modes_that_their_own_runs_have_or_a_few_more() -> None:
    """Made for decades of time that are rounded up, from the same rule: never for a mesh instead."""
    cell, path = mt.cell("trilayer"), "temperature"
    protocol = mt.Polarization("0.1 V", "1 s", per_decade=2)
    temperatures = np.array([295.0, 298.0, 301.0])
    cells = [cell.with_({path: T}) for T in temperatures]
    found = runs.side_by_side(cell, cells, {path: temperatures}, protocol)
    own = mt.simulate(cells[1], protocol)
    assert own["state"].size <= found.datasets[1]["state"].size <= own["state"].size + 60
    assert found.datasets[1].attrs["route"].startswith("modes (")


def test_a_temperature_that_is_varied_beside_one_of_the_protocol_is_refused() -> None:
    cell, protocol = mt.cell("trilayer"), mt.Galvanostatic("10 uA", "1 s", temperature="60 degC")
    values = np.array([300.0, 310.0])
    cells = [cell.with_({"temperature": T}) for T in values]
    with pytest.raises(mt.InputError, match="temperature is varied, but the protocol galvanostatic sets its own"):
        runs.side_by_side(cell, cells, {"temperature": values}, protocol)


def test_layers_on_a_mesh_are_simulated_one_by_one() -> None:
    """Which is faster, and not what the types of their equations say."""
    cell = mt.cell("trilayer").with_(
        {"layers.antiperovskite.material.electronic_conductivity": mt.DefectElectrons(1e-5, 1e-9)}
    )
    assert runs.suits(mt.cell("trilayer"), HOUR) and not runs.suits(cell, HOUR)


def test_why_a_batch_was_not_one_is_said_and_faults_of_the_program_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    cell, axes = mt.cell("trilayer"), {THICKNESS: np.linspace(6e-4, 7e-4, runs.FEWEST)}

    def failing(error: Exception) -> None:
        def side_by_side(*given: object) -> None:
            raise error

        monkeypatch.setattr(points, "side_by_side", side_by_side)

    failing(mt.InputError("a reason"))
    study = mt.sweep(cell, HOUR, axes, [last_voltage])
    assert np.isfinite(study["last_voltage"]).all()
    assert any("one by one, not side by side: a reason" in text for text in study.attrs["warnings"])
    failing(TypeError("a fault"))
    with pytest.raises(TypeError, match="a fault"):
        mt.sweep(cell, HOUR, axes, [last_voltage])
