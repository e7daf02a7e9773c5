"""What a newcomer may do wrong with a twin: each is refused at once, with what to do, and nothing is kept."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import mgtwin as mt
from mgtwin.dataset import spectrum
from mgtwin.errors import FileError

from .test_twin_store import CELL, FREE, MEASURED, told, twin_of

USE = mt.Cycling("-10 uA", "1 h", cycles=1)
NEW, DS, PROBE = mt.Moment(cycle=0), MEASURED[0][1], mt.EIS("1 MHz", "1 Hz")
RATE = "*.ageing.film_growth.charge_rate"
OTHER = replace(CELL, layers=CELL.layers[:2], interfaces={})

MADE: dict[str, tuple[Callable[[], object], str]] = {
    "nothing free": (lambda: mt.Twin(CELL, use=USE), "nothing is free.*mt.Drifting"),
    "nothing that changes": (lambda: mt.Twin(mt.cell("trilayer")), "fit it with mt.fit"),
    "a text for what is free": (lambda: mt.Twin(CELL, "area", use=USE), "write {'area': mt.Free"),  # type: ignore[arg-type]
    "no cell": (lambda: mt.Twin(None, FREE, use=USE), "explanations"),  # type: ignore[arg-type]
    "no explanation": (lambda: mt.Twin({}, FREE, use=USE), "a twin needs a cell"),
    "other layers": (lambda: mt.Twin({"a": CELL, "b": OTHER}, FREE, use=USE), "have the same layers"),
    "a key that none has": (lambda: mt.Twin(CELL, {RATE: mt.Drifting("5 %")}, use=USE), "film_growth"),
    "no use": (lambda: mt.Twin(CELL, FREE), "say what is done between"),
    "a spectrum as use": (lambda: mt.Twin(CELL, FREE, use=PROBE), "use is what is done in one cycle"),  # type: ignore[arg-type]
    "a number as a store": (lambda: twin_of(store=7), "is no folder"),  # type: ignore[arg-type]
    "no moment": (lambda: twin_of().update(DS, noise=0.005), "does not say when it was measured"),
    "a number as a moment": (lambda: twin_of().update(DS, at=4), "at=4 is no moment"),  # type: ignore[arg-type]
    "no finite moment": (lambda: mt.Moment(cycle=np.inf), "finite"),
    "noise in %": (lambda: twin_of().update(DS, at=NEW, noise=5), "below 1: '0.5 %', or 0.005"),
    "no noise": (lambda: twin_of().update(DS, at=NEW, noise=0), "above 0"),
    "noise in ohm": (lambda: twin_of().update(DS, at=NEW, noise="5 ohm"), "the unit 'ohm' is wrong"),
    "an array": (lambda: twin_of().update(DS["impedance"], at=NEW), "numbers alone do not say"),
    "a column that is empty": (
        lambda: twin_of().update(spectrum([1.0, 2.0, 3.0], np.zeros(3)), at=NEW, noise=0.01),
        "without an impedance",
    ),
    "two of one moment": (
        lambda: twin_of().update([DS, MEASURED[1][1]], at=NEW, noise=0.005),
        "each with an at= of its own",
    ),
    "nothing measured": (lambda: twin_of().moment, "nothing has been measured yet"),
    "nothing to fit": (lambda: twin_of().fit("as given"), "nothing has been measured yet"),
}


@pytest.mark.parametrize("name", MADE)
def test_what_is_wrong_is_said_with_its_remedy(name: str) -> None:
    what, said = MADE[name]
    with pytest.raises(mt.InputError, match=said):
        what()


def test_questions_that_have_no_answer_are_refused() -> None:
    twin = told(twin_of(), MEASURED[:2])
    asked: dict[str, Callable[[], object]] = {
        "a forecast is of cycles": lambda: twin.forecast(PROBE),  # type: ignore[arg-type]
        "until=mt.Limit": lambda: twin.forecast(USE, until="2 V"),  # type: ignore[arg-type]
        "parts between 0 and 1": lambda: twin.forecast(USE, quantiles=(5, 95)),
        "such as (0.05": lambda: twin.history((0.0, 1.0)),
        "unknown explanation 'film'. Known: as given": lambda: twin.fit("film"),
        "names nothing that is uncertain": lambda: twin.next_experiment({"a": PROBE}, about=["area"]),
    }
    for said, question in asked.items():
        with pytest.raises(mt.InputError, match=re.escape(said)):
            question()


def test_a_file_in_the_place_of_another_one_is_no_evidence_and_comes_back(tmp_path: Path) -> None:
    """Of a wrong moment, cut off, or gone: said by whoever reads it, and mended when the measurement is given again."""
    twin = told(twin_of(tmp_path / "cell7.twin"), MEASURED[:2])
    calm, sha = twin.history(), twin.evidence[0].sha
    first, second = (tmp_path / "cell7.twin" / "evidence" / f"{item.sha}.nc" for item in twin.evidence)
    for damage in (
        lambda: shutil.copy(second, first),
        lambda: first.write_bytes(first.read_bytes()[:-400]),
        lambda: first.unlink(),
    ):
        damage()
        found = mt.Twin.open(twin.store.path)  # type: ignore[attr-defined]
        with pytest.raises(FileError, match=sha):
            found.history()
        told(found, MEASURED[:1])
        assert found.history().equals(calm)
        assert len(found.journal) == len(twin.journal)


def test_a_foreign_spectrum_before_there_are_alarms_is_said_and_corrected() -> None:
    """Forty times too large, as the second one: no life leads from there to the others, until it is the right one."""
    foreign = MEASURED[1][1].assign(impedance=MEASURED[1][1]["impedance"] * 40.0)
    twin = told(twin_of(), [MEASURED[0], (MEASURED[1][0], foreign)])
    told(twin, MEASURED[2:4])
    assert "it is of another cell or in another unit" in twin.summary()
    told(twin, MEASURED[1:2])
    assert twin.history().equals(told(twin_of(), MEASURED[:4]).history())


def test_another_noise_of_what_is_known_is_not_taken_in_silence() -> None:
    twin = twin_of()
    assert twin.update(DS, at=NEW, noise="0.5 %").decision == "assimilated"
    assert twin.update(DS, at=NEW).decision == twin.update(DS, at=NEW, noise=0.005).decision == "known"
    assert twin.update(DS, at=NEW, noise="2 %").decision == "known, with the noise that it came with, 0.5 %"
