"""The view model of mgtwin explore, without any screen: what can be turned, what is seen, who computes and when."""

from __future__ import annotations

import ast
import threading
import time
from pathlib import Path

import numpy as np
import pytest
import yaml

import mgtwin as mt
from mgtwin.cli import main
from mgtwin.dataset import transient
from mgtwin.explorer.knobs import knobs
from mgtwin.explorer.measured import measured
from mgtwin.explorer.opening import exploration, is_state
from mgtwin.explorer.page import PAGES
from mgtwin.explorer.saved import data_file, figure_file, state_file
from mgtwin.explorer.session import Seen, Session, drawn
from mgtwin.impedance import exact
from mgtwin.quantities import Value

THICKNESS = "layers.antiperovskite.thickness"
QUICK = tuple(name for name, kind in PAGES.items() if not kind.long)


def state(**given: object) -> mt.Exploration:
    return mt.Exploration("trilayer", **given)


def random_state(rng: np.random.Generator, pages: tuple[str, ...] = QUICK) -> mt.Exploration:
    """What clicking at random leads to."""
    found = state(page=str(rng.choice(pages)))
    for knob in rng.permutation(np.array([*found.knobs, *found.settings], dtype=object))[: rng.integers(0, 5)]:
        found = found.moved(knob.path, knob.at(float(rng.uniform())))
    for what in ("data", "before"):
        found = found.showing(what, bool(rng.integers(2)))
    return found.freed(THICKNESS, bool(rng.integers(2)))


def test_only_the_page_knows_of_a_screen() -> None:
    import mgtwin.explorer as room

    for file in Path(room.__file__).parent.rglob("*.py"):
        if file.name not in ("app.py", "board.py"):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
                names += [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
                used = {name.partition(".")[0] for name in names}
                # in verb.py for type checkers only, and when a page is served
                assert not used & {"bokeh", "param", "tornado"} and ("panel" not in used or file.name == "verb.py")


def test_a_state_is_frozen_and_moves_make_new_ones() -> None:
    first = state()
    second = first.moved(THICKNESS, "0.5 mm")
    with pytest.raises(AttributeError):
        first.page = "cycling"  # type: ignore[misc]
    assert first.set == {} and float(second.now.get(THICKNESS)) == 5e-4
    assert float(first.now.get(THICKNESS)) == 6.55e-4  # the cell as its file has it
    assert second.reset() == first


def test_addresses_and_files_hold_the_whole_state() -> None:
    rng = np.random.default_rng(5)
    for _ in range(60):
        at = random_state(rng)
        assert mt.Exploration.from_query(at.query) == at
        assert mt.Exploration.from_yaml(at.to_yaml()) == at
        assert not at.now.diff(mt.Exploration.from_query(at.query).now)


def test_a_cell_of_no_library_is_written_whole(tmp_path) -> None:
    own = mt.cell("trilayer").with_({"name": "mine", "area": "1 cm^2"})
    at = mt.Exploration(own).moved(THICKNESS, "0.5 mm")
    assert "cell=" not in at.query
    again = exploration(at.save(tmp_path / "state.yaml"))
    assert again.now.identical(at.now)
    assert mt.Exploration.from_query(at.query, mt.Exploration(own)).now.identical(at.now)


@pytest.mark.parametrize("name", [entry.name for entry in mt.list_cells()])
def test_every_track_of_every_cell(name: str) -> None:
    cell = mt.cell(name)
    for knob in knobs(cell):
        value = Value.of(cell.numbers[knob.path])
        assert knob.low < knob.high and knob.low <= value <= knob.high
        # the facts are those of the file
        if value.low is not None:
            assert knob.stated == (value.low, value.high)
        assert knob.kind == (value.kind or "no origin stated")
        for place in (0.0, 0.3, 1.0):
            number = knob.at(place)
            assert abs(knob.position(number) - place) < 1e-3  # four digits
            cell.with_({knob.path: number})  # what is on the track is accepted
        assert knob.position(knob.low - 1) == 0 and knob.position(knob.high + 1) == 1
    with pytest.raises(mt.InputError, match="track"):
        knob.at(1.5)


NONSENSE = [
    ("cell=nope", "unknown cell 'nope'"),
    ("cell=/etc/passwd", "unknown cell"),
    ("cell=../cells/trilayer.yaml", "unknown cell"),
    ("cell=trilayer&page=x", "unknown page 'x'"),
    ("cell=trilayer&layers.antiperovskite.thicknes=1%20mm", "Did you mean 'layers.antiperovskite.thickness'"),
    ("cell=trilayer&layers.antiperovskite.thickness=-1%20mm", "must be greater than 0"),
    ("cell=trilayer&layers.antiperovskite.thickness=5", "has no unit"),
    ("cell=trilayer&layers.antiperovskite.thickness=5%20V", "unit 'V' is wrong"),
    ("cell=trilayer&layers.antiperovskite.thickness=nan%20m", "NaN"),
    ("cell=trilayer&overlays=annealed%20cold_pressed", "both of kind state"),
    ("cell=trilayer&f_min=1e-30%20Hz", "lies outside 10 uHz to 100 Hz"),
    ("cell=trilayer&cycles=1000000", "lies outside 1 to 300"),
    ("cell=trilayer&cell=mofsse", "given twice"),
    ("cell=trilayer&off=everything", "unknown switch"),
    ("cell=trilayer&free=a.b", "unknown number"),
    ("f_min=1%20Hz", "names no cell"),
    ("cell=trilayer&x=" + "y" * 30_000, "too long"),
]


@pytest.mark.parametrize(("query", "said"), NONSENSE)
def test_nonsense_in_an_address(query: str, said: str) -> None:
    with pytest.raises(mt.MgtwinError) as caught:
        mt.Exploration.from_query(query)
    assert said in str(caught.value)


def test_random_nonsense_is_refused_in_our_words() -> None:
    rng, good = np.random.default_rng(7), state(page="cycling").moved("current", "1 uA/cm^2").moved(THICKNESS, "1 mm")
    texts = [good.query, good.to_yaml()]
    for _ in range(300):
        which = int(rng.integers(2))
        text = list(texts[which])
        for _ in range(int(rng.integers(1, 6))):
            text[int(rng.integers(len(text)))] = chr(int(rng.choice([*b"&=%:{}[]- 0e.\n\"'", 0, 0xE9, 0x202E])))
        try:
            read = (mt.Exploration.from_query, mt.Exploration.from_yaml)[which]
            read("".join(text))
        except mt.MgtwinError as error:
            assert str(error)


def test_nonsense_in_a_file_shows_where(tmp_path) -> None:
    with pytest.raises(mt.MgtwinError) as caught:
        mt.Exploration.from_yaml("cell: trilayer\nset: {area: 5 mm}", "state.yaml")
    assert "state.yaml:2:13: set.area" in str(caught.value) and "^" in str(caught.value)


def test_run_reproduces_a_state(tmp_path, capsys) -> None:
    at = state().moved(THICKNESS, "0.5 mm").moved("f_min", "1 Hz").switched("annealed", True)
    file = at.save(tmp_path / "state.yaml")
    assert is_state(file)
    with pytest.raises(SystemExit) as left:
        main(["run", str(file), "-o", str(tmp_path / "run.nc")])
    assert not left.value.code, capsys.readouterr()
    run = mt.open(tmp_path / "run.nc")
    seen = drawn(mt.Exploration.from_query(at.query)).result
    np.testing.assert_array_equal(run["impedance"].values, seen["impedance"].values)
    with pytest.raises(SystemExit) as left:
        main(["run", str(file), "--protocol", "{type: rest, duration: 1 h}"])
    assert left.value.code == 2 and "says itself" in capsys.readouterr().err


def test_nyquist_is_the_impedance() -> None:
    at = state().moved(THICKNESS, "0.5 mm")
    nyquist = drawn(at).charts[0].curves[0]
    z = exact(at.now, at.protocol.values())
    np.testing.assert_allclose(nyquist.x - 1j * nyquist.y, z, rtol=1e-12)


def test_the_tornado_is_two_cells_for_each_number() -> None:
    at = state(page="sensitivity").moved("temperature", "60 degC").moved("frequency", "100 kHz")
    (chart,) = drawn(at).charts
    assert chart.base == pytest.approx(abs(exact(at.now, [1e5])[0]), rel=1e-12)
    label = next(k for k, text in enumerate(chart.labels) if text == "antiperovskite: thickness")
    for bars, end in zip(chart.curves, ("0.62 mm", "0.69 mm"), strict=True):
        alone = exact(at.now.with_({THICKNESS: end}), [1e5])[0]
        assert bars.x[label] == pytest.approx(abs(alone), rel=1e-9)
    spans = np.abs(np.array([c.x for c in chart.curves]) - chart.base).max(axis=0)
    assert (np.diff(spans) >= 0).all()  # the longest on top


def test_the_profile_ends_at_the_cell_voltage() -> None:
    at = state(page="profile")
    picture = drawn(at)
    stack = picture.charts[0].curves[0]
    thickness = sum(float(layer.thickness) for layer in at.now.layers)
    assert stack.x[0] == 0 and stack.x[-1] == pytest.approx(thickness)
    # equal electrodes: without current there is no voltage, so that what is taken is all of it
    assert stack.y[-1] == pytest.approx(float(picture.result["voltage"][-1]), rel=1e-6)


def noisy(cell: mt.Cell) -> object:
    data = mt.simulate(cell, mt.EIS(1e6, 0.1))
    rng = np.random.default_rng(1)
    noise = 1 + 2e-3 * (rng.normal(size=data.sizes["frequency"]) + 1j * rng.normal(size=data.sizes["frequency"]))
    return data.assign(impedance=data["impedance"] * noise).assign_attrs(label="pellet 7")


def test_data_are_compared_where_they_were_taken() -> None:
    cell = mt.cell("trilayer")
    data = measured(noisy(cell), cell)
    there = drawn(state(), data).readings["misfit of pellet 7"]
    assert float(there.split()[0]) == pytest.approx(2e-3 * np.sqrt(2), rel=0.2)
    away = drawn(state().moved("temperature", "60 degC"), data)
    assert float(away.readings["misfit of pellet 7"].split()[0]) > 0.3
    assert any("was taken at 25 °C, the cell is at 60 °C" in text for text in away.warnings)
    assert "misfit of pellet 7" not in drawn(state(off=["data"]), data).readings
    with pytest.raises(mt.InputError, match="neither"):
        measured(mt.simulate(cell, mt.EIS(1e6, 1.0)).drop_vars("impedance"), cell)


def test_a_run_in_time_is_done_again() -> None:
    cell = mt.cell("trilayer").with_({THICKNESS: "0.6 mm"})
    run = mt.simulate(cell, mt.Galvanostatic("-10 uA", "1 h"))
    noise = 1e-4 * np.random.default_rng(2).normal(size=run.sizes["time"])
    data = measured(run[["voltage", "current"]].assign(voltage=run["voltage"] + noise).assign_attrs(label="hour"), cell)
    size, unit = drawn(mt.Exploration(cell, "measured"), data).readings["misfit of hour"].split()
    assert unit == "uV" and float(size) == pytest.approx(1e6 * np.std(noise), rel=0.05)
    with pytest.raises(mt.InputError, match="needs a run in time"):
        drawn(state(page="measured"))


@pytest.mark.parametrize(
    ("page", "protocol", "quantity", "noise", "unit"),
    [
        ("polarization", mt.Polarization(["50 mV"], "20 min"), "current", 1e-8, "nA"),
        ("galvanostatic", mt.Galvanostatic("-5 uA", "20 min"), "voltage", 5e-5, "uV"),
    ],
)
def test_a_run_lies_over_the_page_of_its_kind(
    page: str, protocol: mt.Polarization | mt.Galvanostatic, quantity: str, noise: float, unit: str, tmp_path: Path
) -> None:
    cell = mt.cell("trilayer")
    run = mt.simulate(cell, protocol)
    random = noise * np.random.default_rng(3).normal(size=run.sizes["time"])
    data = run[["voltage", "current"]].assign({quantity: run[quantity] + random}).assign_attrs(label="pellet 9")
    # what was done to the real cell is done to the model, until something is turned
    kept = mt.save(data, tmp_path / "pellet.nc").rename(tmp_path / "pellet.dat")  # a result, whatever it is called
    at = mt.explore(cell, data=[kept]).state.turned_to(page)
    assert float(at.values["duration"]) == pytest.approx(1200)
    picture = drawn(at, measured(data, cell))
    size, read = picture.readings["misfit of pellet 9"].split()
    assert read == unit and float(size) == pytest.approx({"nA": 1e9, "uV": 1e6}[unit] * np.std(random), rel=0.2)
    (seen,) = [one for one in picture.charts[0].curves if one.role == "data"]
    assert seen.x[0] > 0 and seen.x[-1] == pytest.approx(1200)
    name = next(iter(PAGES[page].settings))
    other = drawn(at.moved(name, 2 * at.values[name]), measured(data, cell))
    assert other.readings["misfit of pellet 9"] == f"under another {name}, not compared"
    # nor where it would hide that the cell is at another temperature
    assert any(
        "was taken at 25 °C" in text
        for text in drawn(at.moved("temperature", "60 degC"), measured(data, cell)).warnings
    )
    assert "misfit of pellet 9" not in drawn(at.showing("data", False), measured(data, cell)).readings
    others = {"polarization": "galvanostatic", "galvanostatic": "polarization"}
    assert "misfit of pellet 9" not in drawn(at.turned_to(others[page]), measured(data, cell)).readings


def test_damaged_and_huge_data(tmp_path: Path) -> None:
    cell, rng = mt.cell("trilayer"), np.random.default_rng(4)
    run = mt.simulate(cell, mt.Galvanostatic("-5 uA", "20 min"))
    whole = mt.save(run[["voltage", "current"]], tmp_path / "run.nc").read_bytes()
    (tmp_path / "run.nc").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "noise.csv").write_bytes(rng.bytes(5000))
    (tmp_path / "empty.csv").write_bytes(b"")
    for name, said in (("run.nc", "is incomplete"), ("noise.csv", "of no format"), ("empty.csv", "is empty")):
        with pytest.raises(mt.MgtwinError, match=said):
            mt.explore(cell, data=[tmp_path / name])
    # more points than a screen has: some are drawn, and it is said how many
    time_ = np.linspace(0, 1200, 20_001)
    voltage = np.interp(time_, run["time"], run["voltage"])
    long = transient(time_, voltage, np.full(time_.size, -5e-6), attrs={"label": "long", "control": "current"})
    at = mt.explore(cell, data=long).state.turned_to("galvanostatic")
    picture = drawn(at, measured(long, cell))
    (seen,) = [one for one in picture.charts[0].curves if one.role == "data"]
    assert seen.x.size < 4100 and seen.x[-1] == 1200 and seen.x[0] < 0.1
    assert any(f"{seen.x.size} of 20000 points are drawn" in text for text in picture.warnings)
    assert "misfit of long" in picture.readings
    with pytest.raises(mt.InputError, match="port 99999"):
        mt.explore(cell).serve(port=99999)


def test_a_fit_begins_here_and_moves_the_state() -> None:
    data = measured(noisy(mt.cell("trilayer").with_({THICKNESS: "0.6 mm"})), mt.cell("trilayer"))
    session = Session(state(free=[THICKNESS]), data)
    session.fit()
    for _ in range(200):
        if session.seen.note:
            break
        time.sleep(0.05)
    assert float(session.state.now.get(THICKNESS)) == pytest.approx(6e-4, rel=3e-3)
    assert "identifiable" in session.seen.note
    bare = Session(state())
    bare.fit()
    assert "needs data" in bare.seen.error


def test_the_newest_move_wins() -> None:
    seen: list[Seen] = []
    session = Session(state(), show=seen.append)
    session.start()
    session.wait()
    for k in range(300):  # faster than they can be drawn
        session.move(lambda at, k=k: at.moved(THICKNESS, Value(4e-4 + 1e-6 * k, unit="m")), "one drag")
    last = session.wait()
    assert float(last.state.now.get(THICKNESS)) == pytest.approx(6.99e-4)
    assert len(seen) < 300
    # of one gesture the curve before it stays
    np.testing.assert_array_equal(last.before.charts[0].curves[0].x, seen[0].picture.charts[0].curves[0].x)
    session.move(lambda at: at.moved(THICKNESS, Value(-1.0, unit="m")))
    assert "must be greater than 0" in session.seen.error and session.state is last.state
    session.move(lambda at: at.moved(THICKNESS, "0.7 mm"))
    assert session.wait().error == ""


def test_long_work_is_left_for_a_newer_move() -> None:
    told: list[str] = []
    session = Session(state(page="cycling").moved("cycles", 300.0), show=lambda seen: told.append(seen.busy))
    session.start()
    time.sleep(0.05)
    began = time.monotonic()
    session.move(lambda at: at.turned_to("impedance"))
    assert session.wait().state.page == "impedance"
    assert time.monotonic() - began < 30
    assert session.seen.picture.charts[0].name == "Nyquist" and session.seen.busy == ""
    session.close()


def test_two_screens_do_not_disturb_each_other() -> None:
    sessions = [Session(state()) for _ in range(2)]

    def play(number: int) -> None:
        rng = np.random.default_rng(number)
        for _ in range(30):
            value = Value(float(rng.uniform(3e-4, 9e-4)), unit="m")
            sessions[number].move(lambda at, value=value: at.moved(THICKNESS, value))
            seen = sessions[number].wait()
            z = exact(seen.state.now, seen.state.protocol.values())
            np.testing.assert_allclose(seen.picture.charts[0].curves[0].x, z.real, rtol=1e-12)
            assert float(seen.state.now.get(THICKNESS)) == value

    threads = [threading.Thread(target=play, args=(k,)) for k in range(2)]
    failures: list[object] = []
    before, threading.excepthook = threading.excepthook, failures.append
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        threading.excepthook = before
    assert not failures


def test_files_of_what_is_seen(tmp_path) -> None:
    session = Session(state())
    with pytest.raises(mt.InputError, match="nothing to save"):
        data_file(session.seen, ".csv")
    session.start()
    seen = session.wait()
    for ending in (".csv", ".nc", ".z"):
        name, content = data_file(seen, ending)
        (tmp_path / name).write_bytes(content)
        again = mt.open(tmp_path / name) if ending == ".nc" else mt.read(tmp_path / name)
        np.testing.assert_allclose(again["impedance"], seen.picture.result["impedance"], rtol=1e-6)
    assert figure_file(seen, ".png")[1].startswith(b"\x89PNG")
    assert yaml.safe_load(state_file(seen)[1]) == {"cell": "trilayer", "page": "impedance"}
    with pytest.raises(mt.InputError, match="no export"):
        data_file(seen, ".exe")


def test_overlays_are_switches() -> None:
    at = state()
    assert "annealed" in at.switches
    on = at.switched("annealed", True)
    assert on.now.identical(mt.cell("trilayer", "annealed")) and on.switched("annealed", False) == at
    assert mt.explore(mt.cell("trilayer", "annealed")).state == on  # a cell that has them can lose them again
    with pytest.raises(mt.InputError, match="already"):
        exploration(mt.cell("trilayer", "annealed"), ["cold_pressed"])
    with pytest.raises(mt.MgtwinError, match="both of kind state"):
        on.switched("cold_pressed", True)


def test_the_command_refuses_before_it_serves(capsys) -> None:
    for arguments, said in ((["nope"], "unknown cell"), (["trilayer", "--data", "nope.csv"], "no such file")):
        with pytest.raises(SystemExit) as left:
            main(["explore", *arguments, "--no-browser"])
        assert left.value.code == 2 and said in capsys.readouterr().err


@pytest.mark.slow
def test_a_thousand_random_moves() -> None:
    """No exception, and no memory that grows with the moves."""
    rng, session = np.random.default_rng(11), Session(state())
    problems: list[str] = []

    def resident() -> float:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * 4096 / 1e6

    sizes = []
    for number in range(1000):
        kind = rng.choice(["turn", "page", "overlay", "reset"], p=[0.88, 0.06, 0.03, 0.03])
        at = session.state
        knob = rng.choice(np.array([*at.knobs, *at.settings], dtype=object))
        # runs in time keep up to 16 models for each thread, which takes its time to fill: they come at the end
        pages = ("impedance", "sensitivity") if number < 960 else QUICK
        page, overlay = str(rng.choice(pages)), str(rng.choice(at.switches))
        change = {
            "turn": lambda s, knob=knob: s.moved(knob.path, knob.at(float(rng.uniform()))),
            "page": lambda s, page=page: s.turned_to(page),
            "overlay": lambda s, overlay=overlay: s.switched(overlay, bool(rng.integers(2))),
            "reset": lambda s: s.reset(),
        }[str(kind)]
        session.move(change, "a" if rng.integers(2) else None)
        if number % 4 == 0:
            seen = session.wait()
            problems += [seen.error] if "Traceback" in seen.error else []
            assert seen.picture is not None
        if number in (400, 950):
            session.wait()
            sizes.append(resident())
    assert not problems
    assert sizes[1] - sizes[0] < 5, sizes  # [MB]; a picture that is kept for every move would be 50
