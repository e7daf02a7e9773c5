"""The comparison of explanations: what it measures, how it decides, what it writes, how it fails."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

from mgtwin.campaign import ageing, explanations, run_ageing
from mgtwin.campaign.ageing_table import AgeingResults
from mgtwin.campaign.explanations import MEASUREMENTS, Explained, discriminating, separation, shape
from mgtwin.errors import InputError, SimulationError
from mgtwin.experiments import experiment

FREQUENCY = np.geomspace(1e6, 1e-2, 17)
SHARE, AT_1KHZ, AT_100MHZ, PRESSED, LONG = MEASUREMENTS


def explained(name: str, growth: Any, fast: float, slow: float, pressed: float = 1.0, long: float = 1.0) -> Explained:
    """An explanation made of numbers: half-differences, resistances above and below 10 Hz, ratios."""

    def run(values: np.ndarray, z: np.ndarray) -> xr.Dataset:
        end = {"deposition_voltage": -values - 0.02, "dissolution_voltage": values - 0.02, "half_difference": values}
        variables: dict[str, Any] = {
            key: ("cycle", item) for key, item in (end | {"half_sum": 0 * values - 0.02}).items()
        }
        variables["impedance"] = (("cycle", "frequency"), np.tile(z, (values.size, 1)))
        return xr.Dataset(variables, {"frequency": FREQUENCY})

    growth = np.asarray(growth, dtype=float)
    new, old = np.full(17, 3e3 + 0j), np.where(FREQUENCY > 10, fast, slow) + 0j
    pressures = xr.Dataset({"half_difference": ("cycle", pressed * growth)})
    time = np.array([0.0, 3600.0, 18000.0])
    deposition = xr.Dataset({"voltage": ("time", -np.array([1.0, 1.0, long]))}, {"time": time})
    return Explained(name, f"{name} in words", run(growth[:1], new), run(growth[1:], old), pressures, deposition)


LINEAR = np.linspace(0.066, 1.95, 90)
BENT = 0.066 + 1.884 * np.linspace(0, 1, 90) ** 3
FILM = explained("film", LINEAR, 3e3, 2e5)
CONTACT = explained("contact", BENT, 2e5, 2e5, pressed=0.3)
SALT = explained("salt", np.full(90, 0.1), 3e3, 4e3, long=1.8)


def test_the_shipped_explanations_are_found() -> None:
    assert set(explanations()) == {"contact_loss", "film_growth", "contact_and_film", "salt_depletion"}


def test_measurements_read_what_they_say() -> None:
    assert SHARE.read(FILM) == pytest.approx(44 / 89) and SHARE.read(CONTACT) < 0.2 and math.isnan(SHARE.read(SALT))
    assert AT_1KHZ.read(CONTACT) == pytest.approx(2e5) and AT_1KHZ.read(FILM) == pytest.approx(3e3)
    assert AT_100MHZ.read(FILM) == pytest.approx(2e5)
    assert PRESSED.read(CONTACT) == pytest.approx(0.3) and LONG.read(SALT) == pytest.approx(1.8)
    assert [shape(item) for item in (FILM, CONTACT, SALT)] == ["straight", "slow at first", "flat"]


def test_separation_counts_resolutions() -> None:
    assert separation(AT_1KHZ, FILM, CONTACT) == pytest.approx(math.log(2e5 / 3e3) / 0.1)
    assert separation(AT_100MHZ, FILM, CONTACT) == 0
    assert separation(SHARE, FILM, SALT) == math.inf and separation(SHARE, SALT, SALT) == 0


def test_the_measurement_that_separates_the_closest_pair_wins() -> None:
    best, apart = discriminating([FILM, CONTACT])
    assert best is AT_1KHZ and apart == pytest.approx(separation(AT_1KHZ, FILM, CONTACT))
    same = dataclasses.replace(FILM, name="twin")
    assert discriminating([FILM, same])[1] == 0


def test_results_say_what_is_refuted_and_what_decides(tmp_path: Path) -> None:
    results = AgeingResults((FILM, CONTACT, SALT), experiment("cycling_trilayer"), tmp_path)
    verdict = results.verdict()
    assert verdict.startswith("salt does not reach the observed growth")
    assert "leaves film, contact" in verdict and "resistance at 1 kHz" in verdict and "200 kohm" in verdict
    results.write()
    text = (tmp_path / "ageing.md").read_text(encoding="utf-8")
    assert "| film | straight |" in text and "✗" in text


def test_a_failing_explanation_does_not_cost_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = {"contact_loss": CONTACT, "film_growth": FILM}

    def made_up(name: str, folder: Path, report: Any) -> Explained:
        if name not in made:
            raise SimulationError("no luck", time=1.0)
        return made[name]

    monkeypatch.setattr(ageing, "_explained", made_up)
    results = run_ageing(tmp_path / "out", figures=False)
    assert [item.name for item in results.explained] == ["contact", "film"]
    assert set(results.failures) == {"contact_and_film", "salt_depletion"}
    assert "no luck" in (tmp_path / "out" / "ageing.md").read_text(encoding="utf-8")


def test_interruption_keeps_what_is_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done = iter([CONTACT])

    def interrupted(name: str, folder: Path, report: Any) -> Explained:
        found = next(done, None)
        if found is None:
            raise KeyboardInterrupt
        return found

    monkeypatch.setattr(ageing, "_explained", interrupted)
    results = run_ageing(tmp_path, figures=False)
    assert results.interrupted and len(results.explained) == 1 and results.best is None


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(InputError, match="is a file"):
        run_ageing(tmp_path / "taken")


@pytest.mark.slow
def test_the_whole_campaign(tmp_path: Path) -> None:
    """Everything, with its figures: three explanations stand, 1 kHz decides."""
    said: list[float] = []
    results = run_ageing(tmp_path, lambda fraction, text: said.append(fraction))
    assert not results.failures and said[-1] == 1.0 and said == sorted(said)
    assert results.verdict().startswith("salt_depletion does not reach")
    assert "resistance at 1 kHz" in results.verdict()
    assert len(list((tmp_path / "figures").glob("*.png"))) == 5
    assert len(list((tmp_path / "data").glob("*.nc"))) == 16
