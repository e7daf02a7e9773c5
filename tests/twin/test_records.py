"""Damaged and odd records of V(t): refused with what, where and what to do, or right, never in silence."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import mgtwin as mt
from mgtwin.dataset import transient
from mgtwin.errors import InputError
from mgtwin.twin.records import record

HOUR = 3600.0
AT = mt.Moment(cycle=6)


@pytest.fixture
def twin() -> mt.Twin:
    rate = "*.ageing.film_growth.charge_rate"
    use = mt.Cycling("-10 uA", "1 h", cycles=1)
    return mt.Twin(mt.cell("trilayer", "film_growth"), {rate: mt.Drifting("5 %")}, use=use)


def halves(currents: list[float], resistance: float = 7500.0) -> xr.Dataset:
    """Half cycles of an hour one behind the other, voltages of a resistor that grows by 1 % in each."""
    which = np.r_[0, np.repeat(np.arange(len(currents)), 6)]
    current = np.take(currents, which)
    return transient(600.0 * np.arange(which.size), resistance * (1 + 0.01 * which) * current, current)


def given(twin: mt.Twin) -> list[tuple[str, float | None, list[float]]]:
    """Name, cycle and numbers of all evidence in order."""
    return [(e.name, e.moment.cycle, record(e.dataset, e.name).data.tolist()) for e in twin.evidence]


def test_half_cycles_in_one_file_have_their_own_moments(twin: mt.Twin) -> None:
    """Alternating signs in one record: four half cycles that ended after 4.5, 5, 5.5 and 6 cycles, each once."""
    run = halves([-1e-5, 1e-5, -1e-5, 1e-5])
    update = twin.update(run, at=AT, noise="1 %", name="a day")
    assert set(update.decisions) == {f"a day ({k} of 4)" for k in (1, 2, 3, 4)}
    found = given(twin)
    assert [cycle for _, cycle, _ in found] == [4.5, 5.0, 5.5, 6.0]
    ends = [data[0] for *_, data in found]
    np.testing.assert_allclose(ends, 0.075 * np.array([-1, 1.01, -1.02, 1.03]), rtol=1e-12)
    # the step between two of them is of two moments, between which a cell may break
    assert [len(data) for *_, data in found] == [1, 1, 1, 1]
    assert twin.update(run, at=AT, noise="1 %", name="a day").decision == "4 known"


def test_moments_by_time_are_those_of_ends(twin: mt.Twin) -> None:
    """A file says when it began; its voltages are those of its ends. One rest is of no charge, but takes time."""
    run = halves([-1e-5, 0.0, 1e-5]).assign_attrs(start_time=8 * HOUR)
    twin.update(run, noise="1 %")
    assert [float(e.moment.time or 0) / HOUR for e in twin.evidence] == [9, 10, 11]
    assert [e.moment.cycle for e in twin.evidence] == [None] * 3


def test_rests_and_other_directions_correct_nothing(twin: mt.Twin) -> None:
    """A half cycle, the rest behind it and one of the other sign, all said to be of cycle 6: all are kept."""
    for current in (-1e-5, 0.0, 1e-5):
        twin.update(halves([current]), at=AT, noise="1 %")
    assert len(twin.evidence) == 3
    # the same half cycle again with other numbers is a correction
    twin.update(halves([-1e-5], resistance=7400.0), at=AT, noise="1 %")
    ends = sorted(float(e.dataset["voltage"][-1]) for e in twin.evidence)
    assert ends == pytest.approx([-0.074, 0.0, 0.075])


WHOLE, HOLES = halves([-1e-5, 1e-5]), halves([-1e-5, 1e-5])
HOLES["voltage"][[2, 5, 12]], HOLES["current"][3] = np.nan, np.nan
SWITCHED = np.array([0, -1, -1, -1, 0, 1, 1, 1]) * 1e-5
ODD = {
    "cut in the middle of a half cycle": (WHOLE.isel(time=slice(10)), [5.75, 6.0], [-0.075, 0.07575]),
    "cut one sample after a reversal": (WHOLE.isel(time=slice(8)), [pytest.approx(5.9167, abs=1e-4)], [-0.075]),
    "cut in the first half cycle": (WHOLE.isel(time=slice(5)), [6.0], [-0.075]),
    "rows without numbers": (HOLES, [pytest.approx(5.5833, abs=1e-4), 6.0], [-0.075, 0.07575]),
    "half cycles of no length at each switch": (
        transient([0.0, 0, 1800, 3600, 3600, 3600, 5400, 7200], 7500 * SWITCHED, SWITCHED), [5.5, 6.0], [-0.075, 0.075],
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", ODD)
def test_what_is_left_of_an_odd_record_is_right(twin: mt.Twin, what: str) -> None:
    run, cycles, ends = ODD[what]
    twin.update(run, at=AT, noise="1 %")
    assert [cycle for _, cycle, _ in given(twin)] == cycles
    np.testing.assert_allclose([data[0] for *_, data in given(twin)], ends, rtol=1e-6)


def test_a_rest_with_noise_of_its_current_is_a_rest(twin: mt.Twin) -> None:
    """Nanoamperes beside a cycle's ten microamperes: no current that could show a fault."""
    random = np.random.default_rng(1)
    rest = transient(np.linspace(0, HOUR, 30), 0.05 * np.exp(-np.arange(30.0)), 1e-9 * random.standard_normal(30))
    twin.update(rest, at=AT, noise="1 %")
    (one,) = [record(e.dataset, e.name) for e in twin.evidence]
    assert len(one.segments) == 1 and one.segments[0].control.start == 0.0


BAD = {
    "no current, and a voltage alone says nothing": halves([-1e-5]).drop_vars("current"),
    "1000 times the current of a cycle of this twin (1e-05 A)": halves([-1e-2]),
    "1/1000 of the current": halves([-1e-8]),
    "have opposite signs, but trilayer": halves([-1e-5], resistance=-7500.0),
    "of its 7 samples 0 have": halves([-1e-5]) * np.nan,
    "needs two samples": halves([-1e-5]).isel(time=slice(1)),
    "time goes back from 1800 to 600 s, at sample 5": halves([-1e-5]).assign_coords(
        time=("time", [0.0, 600, 1200, 1800, 600, 1200, 1800])
    ),
    "moves the charge of 9 cycles, but is said to have ended after 6": halves([-1e-5, 1e-5] * 9),
    "at two times": halves([-1e-5]).assign_coords(time=("time", np.zeros(7))),
}


@pytest.mark.parametrize("message", BAD)
def test_what_cannot_be_is_refused(twin: mt.Twin, message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        twin.update(BAD[message], at=AT, noise="1 %", name="odd.txt")
    assert not twin.store.evidence()


def test_a_file_of_voltages_without_a_current(twin: mt.Twin, tmp_path: Path) -> None:
    """The reader asks for the current, and with it the file is a half cycle like any other."""
    file = tmp_path / "v.csv"
    file.write_text("time/s,Ewe/V\n" + "".join(f"{600 * k},{-0.06 - 0.003 * k}\n" for k in range(7)))
    with pytest.raises(InputError, match="current"):
        mt.read(file)
    twin.update(mt.read(file, current="-10 uA"), at=AT, noise="1 %")
    assert [data for *_, data in given(twin)] == [[pytest.approx(-0.078)]]


@pytest.mark.parametrize(("gap", "numbers"), [(0.0, 3), (1e-3, 2), (1.0, 3), (1700.0, 3), (2000.0, 2)])
def test_a_step_counts_where_a_model_can_be_asked(gap: float, numbers: int) -> None:
    """Read at the jump itself or within the first half, but not a millisecond after it: of an hour 3.6 ms is soon."""
    time, current = [0.0, 1800, 3600, 3600 + gap, 7000, 7200], 1e-5 * np.array([-1.0, -1, -1, 1, 1, 1])
    run = transient(time, 7500 * current, current)
    assert record(run, "run").data.size == numbers
