"""The page of a twin in mgtwin explore, without any screen: what it shows, how it follows, what it refuses."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import yaml

import mgtwin as mt
from mgtwin.cli.twinning import cycling, limit_of
from mgtwin.dataset import spectrum
from mgtwin.explorer.followed import Followed, Following, followed
from mgtwin.explorer.opening import is_state
from mgtwin.explorer.picture import Chart, Curve
from mgtwin.explorer.saved import figure_file, state_file
from mgtwin.explorer.session import Seen, Session, drawn
from mgtwin.quantities import Value, parse
from tests.twin.lives import Life

RATE = "*.ageing.film_growth.charge_rate"
USE = mt.Cycling("-10 uA", "2 h", cycles=1)
FREQUENCIES = np.logspace(6, -1, 15)
FILE = """\
cell: trilayer
explanations: {film_growth: [film_growth]}
store: cell7.twin
free: {"*.ageing.film_growth.charge_rate": {type: drifting, std: 5 %, per: cycle}}
use: {type: cycling, current: -10 uA, half_cycle: 2 h, cycles: 1}
reading: {pattern: "loop_*.csv", moments: {type: by_cycle, in_name: "loop_{}."}, noise: 0.5 %}
until: {voltage: 0.3 V}
"""


#: What is measured of a cell whose films grow, as the twin's law has it.
LIFE = Life(
    mt.cell("trilayer", "film_growth"), spectra=5, seed=2, half_cycle=7200.0, drift=0.0, frequencies=FREQUENCIES
)


def measured_at(cycle: int) -> np.ndarray:
    return LIFE.impedance[LIFE.moments.index(cycle)]


def film_at(cycle: int) -> float:
    return float(LIFE.state("negative.R")[LIFE.moments.index(cycle)])


def taken(twin: mt.Twin, *cycles: int) -> None:
    for cycle in cycles:
        ds = spectrum(FREQUENCIES, measured_at(cycle))
        twin.update(ds, at=mt.Moment(cycle=cycle), noise="0.5 %", name=f"loop {cycle}")


def written(folder: Path, *cycles: int) -> None:
    for cycle in cycles:
        rows = "".join(
            f"{f:.9g},{z.real:.9g},{z.imag:.9g}\n" for f, z in zip(FREQUENCIES, measured_at(cycle), strict=True)
        )
        (folder / f"loop_{cycle}.csv").write_text("frequency (Hz),Re Z (ohm),Im Z (ohm)\n" + rows)


def twin_of_films(*cycles: int) -> mt.Twin:
    twin = mt.Twin(mt.cell("trilayer", "film_growth"), {RATE: mt.Drifting("5 %")}, use=USE)
    taken(twin, *cycles)
    return twin


def opened(twin: Followed) -> mt.Exploration:
    return mt.Exploration(twin.cell, "twin", start=twin.start)


def until(happened: Callable[[], object], seconds: float = 30.0) -> None:
    ends = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < ends
        time.sleep(0.02)


def role(chart: Chart, name: str) -> list[Curve]:
    return [one for one in chart.curves if one.role == name]


@pytest.fixture(scope="module")
def known() -> Followed:
    """The twin of a cell that was measured three times."""
    found = followed(twin_of_films(0, 4, 8))
    assert found is not None
    return found


def test_the_page_is_what_the_twin_says(known: Followed) -> None:
    state = opened(known).follows(known.told().cell, known.told().start)
    picture = drawn(state, twin=known)
    twin = known.twin
    history, ahead = twin.history(), twin.forecast(mt.Cycling("-10 uA", "2 h", cycles=10))
    modulus = picture.charts[0]
    past, future = role(modulus, "past"), role(modulus, "future")
    for curves, ds in ((past, history), (future, ahead)):
        rows = ds["impedance_modulus_quantiles"].transpose("quantile", "cycle").values
        for k, band in enumerate(curves):
            np.testing.assert_allclose([band.y, band.upper], [rows[k], rows[-1 - k]], rtol=1e-9)
    np.testing.assert_allclose(role(modulus, "model")[0].y, history["impedance_modulus_quantiles"][:, 2])
    (data,) = role(modulus, "data")
    np.testing.assert_allclose(data.y, [abs(measured_at(n)[-1]) for n in (0, 4, 8)])
    # where nobody has said when its life is over: at twice the modulus of the first spectrum
    (limit,) = role(modulus, "limit")
    assert limit.y[0] == pytest.approx(2 * abs(measured_at(0)[-1]))
    names = [chart.name for chart in picture.charts]
    assert "Film resistance, negative" in names and "Scores of what can go wrong" in names
    assert not any(name.startswith(("Contact", "Odds")) for name in names)  # nothing of either changes
    # the truth lies in the band that is read
    low, high = picture.readings["film resistance, negative"].partition("(")[2].rstrip(")").split(" to ")
    assert parse(low, "ohm*m^2") < film_at(8) < parse(high, "ohm*m^2")
    assert picture.readings["age"] == "cycle 8, 3 measurements"


def test_what_will_be_is_turned(known: Followed) -> None:
    state = opened(known).follows(known.told().cell, known.told().start)
    more = drawn(state.moved("cycles", 40.0).moved("until_resistance", "1 Mohm"), twin=known)
    assert role(more.charts[0], "ahead")[0].x[-1] == 48
    assert more.readings["until 1 Mohm"] == "0 % within 40 cycles"
    assert drawn(state.moved("until_resistance", "100 ohm"), twin=known).readings["until 100 ohm"] == "reached already"
    gentle = drawn(state.moved("current", "-1 uA/cm^2"), twin=known)
    assert role(gentle.charts[0], "ahead")[0].y[-1] < role(drawn(state, twin=known).charts[0], "ahead")[0].y[-1]
    # what a file keeps is a command that computes it again
    seen = Seen(state, more)
    again = state_file(seen)[1].decode().splitlines()[0]
    _, protocol, _, limit, _ = again.split("'")
    assert cycling(protocol) == mt.Cycling(Value(float(state.values["current"]), unit="A/m^2"), "2 h", cycles=40)
    assert limit_of(limit).resistance == 1e6
    assert figure_file(seen, ".png")[1].startswith(b"\x89PNG")


def test_addresses_and_files_hold_it(known: Followed) -> None:
    state = opened(known).follows(known.told().cell, known.told().start).moved("cycles", 40.0)
    assert mt.Exploration.from_query(state.query, state) == state
    assert mt.Exploration.from_yaml(state.to_yaml()) == state
    assert "until_resistance" in state.query  # another server would begin elsewhere
    with pytest.raises(mt.InputError, match="needs a twin"):
        drawn(state)
    with pytest.raises(mt.InputError, match="needs a twin"):
        _ = state.protocol  # nor does mgtwin run do something else


def test_other_pages_show_the_cell_as_it_is(known: Followed) -> None:
    told = known.told()
    state = opened(known).follows(told.cell, told.start).turned_to("impedance")
    picture = drawn(state, told.data, twin=known)
    assert float(picture.readings["misfit of loop 8"].split()[0]) < 0.01
    knob = next(knob for knob in state.knobs if knob.path == "negative.film_resistance")
    assert knob.kind == "assimilated" and knob.stated is not None and knob.stated[0] < film_at(8) < knob.stated[1]


def test_it_follows() -> None:
    twin = twin_of_films()
    found = followed(twin)
    session = Session(opened(found), twin=found)
    thread = Following(found, session.follow, session.tell, every=0.02)
    thread.start()
    session.start()
    until(lambda: "nothing has been measured yet" in session.seen.error)
    session.move(lambda state: state.moved("half_cycle", "3 h"))
    taken(twin, 0, 4)
    until(lambda: session.seen.picture and session.seen.picture.readings["age"] == "cycle 4, 2 measurements")
    assert not session.seen.error
    # what was turned stays, and the cell is the one that was measured
    assert session.state.set == {} and session.state.numbers["half_cycle"] == 3 * 3600
    assert float(session.state.cell.numbers["negative.film_resistance"]) == pytest.approx(film_at(4), rel=0.1)
    thread.stop()
    thread.join(10)
    assert not thread.is_alive()


def test_nothing_waits_for_a_twin(known: Followed) -> None:
    told = known.told()
    session = Session(opened(known).follows(told.cell, told.start), twin=known)
    with vars(known)["_lock"]:  # as long as it is being asked
        session.start()
        began = time.monotonic()
        session.move(lambda state: state.turned_to("impedance"))
        assert session.wait(20).picture.charts[0].name == "Nyquist"
        assert time.monotonic() - began < 10
    time.sleep(0.3)  # what was left undone is not shown over it
    assert session.seen.picture.charts[0].name == "Nyquist"


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Path]:
    (tmp_path / "DATA").mkdir()
    (tmp_path / "twin.yaml").write_text(FILE)
    yield tmp_path


def test_a_folder_is_watched(bench: Path) -> None:
    written(bench / "DATA", 0, 4)
    found = followed(bench / "twin.yaml", bench / "DATA")
    assert found.name == "cell7" and float(found.start["until_voltage"]) == 0.3
    found.open()
    heard: list[str] = []
    thread = Following(found, lambda told: heard.append(str(told.moment)), lambda **said: None, every=0.02)
    thread.start()
    until(lambda: heard and heard[-1] == "cycle 4")
    (bench / "DATA" / "loop_6.csv").write_text("rubbish\n1,2\n")
    written(bench / "DATA", 8)
    until(lambda: heard[-1] == "cycle 8" and found.refused)
    state = opened(found).follows(found.told().cell, found.told().start)
    said = drawn(state, twin=found)
    assert any(text.startswith("loop_6.csv was refused: ") for text in said.warnings)
    assert "until 0.3 V" in said.readings
    # the store is written by one only, and whoever else asks is told so
    with pytest.raises(mt.InputError, match="is being written"):
        followed(bench / "twin.yaml", bench / "DATA").open()
    # a store that others write to is followed just as well
    reader = followed(bench / "cell7.twin")
    assert reader.news() and not reader.news() and reader.told().measurements == 3
    thread.stop()
    thread.join(10)
    followed(bench / "twin.yaml", bench / "DATA").open()  # let go of


def test_a_store_that_is_damaged_is_said(bench: Path) -> None:
    written(bench / "DATA", 0, 4)
    for _ in mt_watch(bench):
        pass
    found = followed(bench / "cell7.twin")
    said: list[str] = []
    thread = Following(found, lambda told: said.append("told"), lambda **what: said.append(what.get("error", "")), 0.02)
    thread.start()
    until(lambda: "told" in said)
    # a disk that is gone for a while
    (bench / "cell7.twin").rename(bench / "gone")
    until(lambda: any("journal.bin" in text for text in said))
    (bench / "gone").rename(bench / "cell7.twin")
    until(lambda: said[-1] == "")
    thread.stop()
    journal = bench / "cell7.twin" / "journal.bin"
    whole = journal.read_bytes()
    journal.write_bytes(whole[:40] + b"?" + whole[41:])
    with pytest.raises(mt.MgtwinError, match="is damaged at byte"):
        mt.explore(bench / "cell7.twin")


def mt_watch(bench: Path) -> Iterator[object]:
    """The files of the folder, taken once."""
    from mgtwin.twin.rack import twin_of
    from mgtwin.twin.settings import load_twin
    from mgtwin.twin.watch import watch

    told = load_twin(bench / "twin.yaml")
    return watch(twin_of(told), bench / "DATA", told.reading, every=0.01, polls=4)


def test_what_is_refused(bench: Path) -> None:
    assert not is_state(bench / "twin.yaml")
    (bench / "own.yaml").write_text(mt.cell("trilayer").to_yaml())
    assert followed(bench / "own.yaml") is None and followed("trilayer") is None
    wrong = [
        (lambda: mt.explore(bench / "nope.twin"), "there is no twin"),
        (lambda: mt.explore(bench), "is not the store of a twin"),
        (lambda: mt.explore("trilayer", watch=bench / "DATA"), "a folder is watched for a twin"),
        (lambda: mt.explore(bench / "twin.yaml", "annealed"), "has the overlays of its explanations"),
        (lambda: mt.explore(bench / "twin.yaml", watch=bench / "nope").serve(), "there is no folder"),
        (lambda: mt.explore(bench / "twin.yaml", every="0 s"), "must be greater than 0"),
        (lambda: mt.explore("trilayer", every="soon"), "soon"),
    ]
    for act, text in wrong:
        with pytest.raises(mt.MgtwinError, match=text):
            act()
    (bench / "twin.yaml").write_text(FILE.replace("half_cycle: 2 h", "half_cycle: 2 V"))
    with pytest.raises(mt.MgtwinError, match=r"twin.yaml:5:.*\n.*"):
        mt.explore(bench / "twin.yaml")


def test_alarms_cannot_be_missed(known: Followed) -> None:
    from dataclasses import replace

    told = known.told()
    alarm = mt_alarm()
    state = opened(known).follows(told.cell, told.start)
    loud = Followed(known.twin, "loud")
    loud.told = lambda: replace(told, alarms=(alarm, replace(alarm, state="withdrawn")))  # type: ignore[method-assign]
    picture = drawn(state, twin=loud)
    assert picture.alerts == ("a short [raised]",) and "a short [withdrawn]" in picture.warnings
    assert [one.name for one in role(picture.charts[0], "mark")] == ["short, raised", "short, withdrawn"]


def mt_alarm() -> object:
    from mgtwin.twin.alarms.watching import Alarm

    return Alarm(4.0, "short", (), 1.0, 0.1, "ohm", 0.9, "sha", "a short", "raised")


def test_two_threads_ask_for_it_once(known: Followed) -> None:
    calls: list[int] = []
    counted = Followed(known.twin, "counted")
    ask = vars(Followed)["_asked"]
    counted._asked = lambda: calls.append(1) or ask(counted)  # type: ignore[method-assign]
    threads = [threading.Thread(target=counted.told) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert calls == [1]


def test_a_number_that_was_done_is_on_its_track() -> None:
    state = mt.Exploration("trilayer", "cycling", start={"current": "-2 mA/cm^2", "cycles": 500})
    current, _, cycles = state.settings
    assert current.low <= -20 <= current.high and (cycles.low, cycles.high) == (1, 1000)
    assert state.moved("current", current.at(1.0)).values["current"] == pytest.approx(40)
    for wrong in ({"half_cycle": "-1 h"}, {"cycles": -1}):
        with pytest.raises(mt.InputError, match="greater than 0"):
            mt.Exploration("trilayer", "cycling", start=wrong)
    assert yaml.safe_load(state.to_yaml())["start"]["cycles"] == 500
    assert mt.Exploration.from_yaml(state.to_yaml()) == state
