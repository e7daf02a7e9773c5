"""What claims, ageing and pellets of two thicknesses add to printed numbers: closed forms, and every subset of rows."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

import mgtwin as mt
from mgtwin.reconciliation import Reconciled
from mgtwin.reconciliation.program import Program
from mgtwin.reconciliation.rows import rows_of
from mgtwin.reconciliation.search import Consistent, Inconsistent, explore
from mgtwin.reconciliation.sharing import Free
from mgtwin.reconciliation.statesfile import read_states
from mgtwin.reconciliation.unknowns import Unknowns

EON = "layers.antiperovskite.material.electronic_conductivity.reference"
THICKNESS = "layers.antiperovskite.thickness"
#: 1.96 standard deviations of 5 and 10 %, the intervals of the printed conductivities.
WIDE, WIDER = 1.959964 * 0.05, 1.959964 * 0.10


def of_the_paper(exponent: str, overlays: Sequence[str], free: dict[str, mt.Shared] | None = None) -> Program:
    """The rows of the paper as the linear program has them."""
    file = read_states("paper")
    rows = rows_of(mt.observations("paper"), {"exponent": exponent}, overlays)
    unknowns = Unknowns(Free(free or file.parameters, file.states))
    unknowns.check(run for row in rows for run in (*row.runs, *row.references))
    for row in rows:
        unknowns.claim(row.runs, row.name, row.plateau)
    linear = [form for row in rows if (form := row.linear(unknowns)) is not None]
    return Program(sorted(linear, key=lambda row: row.name), unknowns.always)


def proved(exponent: str, free: dict[str, mt.Shared] | None = None, relations: Sequence[str] = ()) -> Reconciled:
    """What can be proved of the paper with one of its exponents."""
    return mt.reconcile(
        mt.observations("paper"), states="paper", free=free, alternatives={"exponent": [exponent]},
        relations=relations, witness=False,
    )  # fmt: skip


def without(path: str) -> dict[str, mt.Shared]:
    """What is free in the paper's file, but for what is below a path."""
    return {key: one for key, one in read_states("paper").parameters.items() if path not in key}


@pytest.mark.parametrize(("exponent", "overlays"), [("-8", ("necks",)), ("-9", ("necks",)), ("-8", ())])
def test_every_subset_of_the_paper_is_decided_as_one_by_one(exponent: str, overlays: tuple[str, ...]) -> None:
    """All 2^n sets of rows: what contains a conflict cannot hold together, all others lie within a set that can.

    A set that cannot hold together cannot with more rows, one that can, can with fewer. So a linear program for every
    conflict, for it without each of its rows, for every largest set, and for it with each further row decides them all.
    """
    program = of_the_paper(exponent, overlays, None if overlays else without("grain_boundary"))
    names = [row.name for row in program.rows]
    assert len(names) >= 14
    found = list(explore(program.contradiction, names))
    conflicts = [frozenset(one.rows) for one in found if isinstance(one, Inconsistent)]
    largest = [frozenset(one.rows) for one in found if isinstance(one, Consistent)]
    for some in conflicts:
        assert program.contradiction(some)
        assert not any(program.contradiction(some - {name}) for name in some)
    for some in largest:
        assert not program.contradiction(some)
        assert all(program.contradiction({*some, name}) for name in names if name not in some)
    bit = {name: 1 << k for k, name in enumerate(names)}
    broken = [sum(bit[name] for name in some) for some in conflicts]
    whole = [sum(bit[name] for name in some) for some in largest]
    for subset in range(1 << len(names)):
        assert any(some & subset == some for some in broken) != any(some & subset == subset for some in whole)


@pytest.mark.slow
def test_all_subsets_of_rows_in_conflict_agree_with_the_search() -> None:
    """One linear program for each of the 512 sets of the nine rows that any conflict of the paper has."""
    program = of_the_paper("-8", ("necks",))
    found = explore(program.contradiction, [row.name for row in program.rows])
    conflicts = {frozenset(one.rows) for one in found if isinstance(one, Inconsistent)}
    names = sorted(frozenset[str]().union(*conflicts))
    assert len(names) == 9
    subsets = [frozenset(some) for size in range(1, 10) for some in combinations(names, size)]
    broken = {some for some in subsets if program.contradiction(some)}
    assert conflicts == {some for some in broken if not any(other < some for other in broken)}


def test_equal_thickness_bounds_a_ratio_of_impedances() -> None:
    """|Z| of the hot-pressed pellet is at most L/(A sigma), that of the cold one at least (1 - t) L/(A sigma_app)."""
    free = read_states("paper").parameters
    # the paper's reading takes the hot-pressed pellet for thicker: here both may be anything from 0.2 to 0.5 g
    free[THICKNESS] = mt.Shared(
        "heat_treatment", "pressing", "filled", bounds=("0.62 mm", "1.64 mm"), fixed={"filled": "own"}
    )
    claims = [f"{THICKNESS}[annealed] == {THICKNESS}[annealed_hot_pressed]"]
    left = next(item for item in proved("-9", free, claims).left_out if item.row == "hot_pressing_annealed_9")
    bound = 6.87e-9 * (1 + WIDE) / (1 - 0.65) / (2.4e-8 * (1 - WIDER))
    assert left.high == pytest.approx(bound, rel=1e-6)
    # a claim that they differ by a known factor moves the bound by it
    claims = [f"{THICKNESS}[annealed_hot_pressed] <= 1.24 * {THICKNESS}[annealed]"]
    left = next(item for item in proved("-9", free, claims).left_out if item.row == "hot_pressing_annealed_9")
    assert left.high == pytest.approx(1.24 * bound, rel=1e-6)


def test_a_claim_on_conductivities_is_part_of_proofs() -> None:
    """Where pressing may change the material, too, only the claim that it improves it makes the exponent a conflict."""
    free = read_states("paper").parameters
    free[EON] = mt.Shared(
        "heat_treatment", "pressing", "filled", bounds=("1e-10 S/cm", "1e-4 S/cm"), fixed={"filled": "own"}
    )
    pair = {"sigma_eon_annealed", "sigma_eon_annealed_hot_pressed"}
    claim = f"{EON}[annealed] <= {EON}[annealed_hot_pressed]"
    for relations in ((), (claim,)):
        same = [one for one in proved("-8", free, relations).conflicts if set(one.rows) == pair]
        assert len(same) == len(relations)
        for one in same:
            assert one.move["sigma_eon_annealed"] == pytest.approx(
                6.87e-8 * (1 - WIDE) / (2.4e-8 * (1 + WIDER)), rel=1e-6
            )
            assert f"since {claim}" in one.proof


def test_pellets_of_two_thicknesses_tell_contacts_from_necks() -> None:
    """Contacts pass at most what the plateau leaves of the resistance, 1 - t: from 1 to 2/(1 + t) times as much."""
    best, annealed = [item for item in proved("-9").next_measurement if "twice as thick" in item.measurement]
    assert "cold_pressed" in best.measurement
    assert best.predicted["lowest"] == pytest.approx(1.0, rel=1e-6)
    assert best.predicted["highest"] == pytest.approx(2 / (1 + 0.070), rel=1e-6)
    assert annealed.predicted["highest"] == pytest.approx(2 / (1 + 0.58), rel=1e-6)
    assert best.separation == pytest.approx(math.log(2 / 1.07) / (math.sqrt(2) * math.log((1 + WIDE) / (1 - WIDE)) / 2))


CYCLED = """
name: cycled
protocol: {{type: cycling, current: "-0.01 mA", half_cycle: "1 h", cycles: 90, points: 8}}
cells: trilayer
states: cold_pressed
electrodes: passivated
ageing: [contact_loss, film_growth]
temperatures: "25 degC"
observed:
  - {{name: first, quantity: "dissolution voltage, first cycle", where: here, accepted: ["{0:.4g} V", "{1:.4g} V"],
     text: "printed", because: "three percent", measure: {{type: dissolution_voltage, cycle: 0}}}}
  - {{name: last, quantity: "dissolution voltage, last cycle", where: here, accepted: ["{2:.4g} V", "{3:.4g} V"],
     text: "printed", because: "three percent", measure: {{type: dissolution_voltage, cycle: -1}}}}
  - {{name: half_way, quantity: "share of the growth", where: here, accepted: [{4:.4g}, {5:.4g}],
     text: "printed", because: "three percent", measure: growth_share}}
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("true", "false", "told_by"),
    [("contact_loss", "film_growth", "first"), ("film_growth", "contact_loss", "half_way")],
)
def test_made_up_ageing_is_told_from_another(tmp_path: Path, true: str, false: str, told_by: str) -> None:
    """Both laws end at the same voltage; the first cycle and the way there tell them apart."""
    electrodes = ("passivated",) if true == "contact_loss" else ()
    run = mt.simulate(
        mt.cell("trilayer", "cold_pressed", *electrodes, true), mt.Cycling("-10 uA", "1 h", cycles=90, points=8)
    )
    volts = run["dissolution_voltage"].values
    numbers = (volts[0], volts[-1], float(mt.analysis.growth_share([run])))
    (tmp_path / "cycled.yaml").write_text(CYCLED.format(*(end for one in numbers for end in (0.97 * one, 1.03 * one))))
    free = {"layers.antiperovskite.material.chemical_capacitance": mt.Shared(bounds=("1e-4 F/cm^3", "1 F/cm^3"))}
    found = mt.reconcile(mt.observations(tmp_path), states={}, free=free, ageing=[true, false], budget="300 s")
    first, other = found.best.ageing
    assert (first.ageing, first.outside) == (true, ())
    assert told_by in other.outside
    assert found.best.outside == ()
    assert {row.name: row.value for row in found.rows} == pytest.approx(
        dict(zip(("first", "last", "half_way"), numbers, strict=True))
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"relations": ["a < b"]}, "is no relation: write 'path[state] <= 1.2 path[state]'"),
        ({"relations": [f"{THICKNESS}[anealed] == {THICKNESS}[annealed]"]}, "Did you mean 'annealed'"),
        ({"relations": [f"area[annealed] <= {THICKNESS}[annealed]"]}, "nothing is free there"),
        ({"relations": [f"{THICKNESS}[au_mg3asn_au] <= {THICKNESS}[annealed]"]}, "name more in the brackets"),
        ({"ageing": ["contact_los"]}, "Did you mean 'contact_loss'"),
        ({"relations": [f"{EON}[annealed] <= 0.5 {EON}[annealed]"]}, "both sides are the same number"),
        ({"relations": [f"{THICKNESS}[annealed] <= 0.01 {THICKNESS}[hot_pressed]"]}, "within their bounds"),
        ({"alternatives": {"exponent": ["-7"]}}, "unknown exponent of these observations '-7'"),
        ({"alternatives": {"exponnt": ["-8"]}}, "Did you mean 'exponent'"),
        ({"deny": ["the short circuit is new"]}, "unknown claim of these observations"),
        ({"free": {EON: mt.Shared("heat_treatment", bounds=("-1 S/m", "1 S/m"))}}, "are negative"),
        ({"free": {EON: mt.Shared("heat_treatment", bounds=("1 V", "2 V"))}}, f"bounds of {EON}: '1 V': the unit 'V'"),
    ],
)
def test_claims_that_cannot_be_meant_are_refused(arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(mt.InputError, match=re.escape(said)):
        mt.reconcile(mt.observations("paper"), states="paper", witness=False, **arguments)


def test_what_is_given_twice_does_not_predict_itself() -> None:
    with pytest.raises(mt.InputError, match="two experiments are called 'ca_staircase'"):
        mt.reconcile([*mt.observations("paper"), mt.experiment("ca_staircase")], states="paper", witness=False)
    with pytest.raises(mt.InputError, match=r"StatesFile: states\.cold_pressed"):
        mt.reconcile("paper", states={"cold_pressed": "milled"})  # type: ignore[dict-item]
