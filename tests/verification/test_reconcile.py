"""Printed numbers that cannot hold together: bounds in closed form, all conflicts, planted faults."""

from __future__ import annotations

import math
import re
from itertools import combinations
from pathlib import Path

import pytest

import mgtwin as mt
from mgtwin.analysis.linear import Quotient, Sum
from mgtwin.cli import main
from mgtwin.reconciliation import Answer, Conflict, Reconciled
from mgtwin.reconciliation.program import LinearRow, Program
from mgtwin.reconciliation.search import Inconsistent, explore

EON = "layers.antiperovskite.material.electronic_conductivity.reference"
ION = "layers.antiperovskite.material.ionic_conductivity.reference"
FRESH = "the short circuit is that of the fresh cell"
#: 1.96 standard deviations of 5 and 10 %, the intervals of the printed conductivities.
WIDE, WIDER = 1.959964 * 0.05, 1.959964 * 0.10


def free(contacts: bool) -> dict[str, mt.Shared]:
    found = {
        EON: mt.Shared("heat_treatment", bounds=("1e-10 S/cm", "1e-4 S/cm")),
        ION: mt.Shared("heat_treatment", "filled", bounds=("1e-10 S/cm", "1e-2 S/cm")),
        "layers.antiperovskite.thickness": mt.Shared("heat_treatment", "pressing"),
    }
    if contacts:
        bounds = ("0 ohm*cm^2", "100 Mohm*cm^2")
        found["*.electronic_resistance"] = mt.Shared(
            "heat_treatment", "pressing", fixed={"hot": "0 ohm*cm^2"}, bounds=bounds
        )
    return found


@pytest.fixture(scope="module")
def contacts() -> Reconciled:
    return mt.reconcile(mt.observations("paper"), states="paper", free=free(True), overlays=[], witness=False)


@pytest.fixture(scope="module")
def ideal() -> Reconciled:
    return mt.reconcile(
        mt.observations("paper"), states="paper", free=free(False), deny=[FRESH], overlays=[], witness=False
    )


def answer(found: Reconciled, exponent: str) -> Answer:
    return next(item for item in found.answers if item.alternative["exponent"] == exponent)


def conflict(found: Reconciled, exponent: str, *rows: str) -> Conflict:
    return next(item for item in answer(found, exponent).conflicts if set(item.rows) == set(rows))


def test_a_series_resistance_can_only_lower_a_conductivity(contacts: Reconciled) -> None:
    found = conflict(contacts, "-8", "sigma_eon_annealed", "bulk_sigma_eon_annealed")
    expected = 6.87e-8 * (1 - WIDE) / (2.4e-8 * (1 + WIDER))
    assert expected == pytest.approx(2.1589, abs=1e-4)
    assert found.move["sigma_eon_annealed"] == pytest.approx(expected, rel=1e-6)
    assert found.proved
    assert "sigma_eon_annealed <= 2.8704e-8 S/cm by bulk_sigma_eon_annealed <= 2.8704e-8 S/cm" in found.proof


@pytest.mark.parametrize(
    ("exponent", "state", "sigma", "bulk", "t", "printed"),
    [
        ("-8", "as_milled", 4.9e-8, 1.5e-6, 0.070, "0.04461"),
        ("-9", "annealed", 6.87e-9, 2.4e-8, 0.58, "0.3909"),
    ],
)
def test_contacts_alone_bound_the_transport_number(
    contacts: Reconciled, exponent: str, state: str, sigma: float, bulk: float, t: float, printed: str
) -> None:
    """t_app <= R_eon/(R_c + R_eon) = sigma_app/sigma_bulk."""
    name = f"sigma_eon_{state}" if exponent == "-8" else f"sigma_eon_{state}_9"
    found = conflict(contacts, exponent, name, f"t_ion_{state}", f"bulk_sigma_eon_{state}")
    bound = sigma * (1 + WIDE) / (bulk * (1 - WIDER))
    assert found.move[f"t_ion_{state}"] == pytest.approx(t / bound, rel=1e-6)
    assert f"t_ion_{state} to {printed} (" in found.proof


def test_a_short_circuit_of_the_fresh_cell_contradicts_its_spectrum(contacts: Reconciled) -> None:
    """|Z| <= R, and R falls with T: R(25) >= 0.8 (1 - 0.085) L/(A sigma_app) with the thinnest pellet."""
    rows = ("short_circuit", "mg_mg_like_au_au", "t_ion_as_milled", "sigma_eon_as_milled")
    found = conflict(contacts, "-8", *rows)
    bound = 0.8 * (1 - 0.085) * 0.62e-3 / (1.3273e-4 * 4.9e-6 * (1 + WIDE))
    assert bound == pytest.approx(6.355e5, rel=1e-4)
    assert found.move["short_circuit"] == pytest.approx(bound / 10, rel=1e-6)
    assert "short_circuit >= 635.53 kohm" in found.proof


def test_multipliers_prove_every_conflict(contacts: Reconciled) -> None:
    for item in contacts.answers:
        for one in item.conflicts:
            needed = {label.rpartition(" ")[0] for label in one.multipliers}
            assert set(one.rows) <= needed
            assert all(value > 0 for value in one.multipliers.values())


def test_conflicts_of_ideal_contacts_are_all_and_only_these(ideal: Reconciled) -> None:
    for exponent, name in (("-8", "sigma_eon_annealed"), ("-9", "sigma_eon_annealed_9")):
        assert {frozenset(one.rows) for one in answer(ideal, exponent).conflicts} == {
            frozenset(("sigma_eon_as_milled", "sigma_eon_hot_pressed")),
            frozenset(("sigma_eon_as_milled", "bulk_sigma_eon_as_milled")),
            frozenset((name, "sigma_eon_annealed_hot_pressed")),
            frozenset((name, "bulk_sigma_eon_annealed")),
        }
        assert [set(one.rows) for one in answer(ideal, exponent).corrections] == [{"sigma_eon_as_milled", name}]


def test_denying_the_claim_of_a_row_takes_the_row_out(contacts: Reconciled, ideal: Reconciled) -> None:
    assert any(row.name == "short_circuit" for row in contacts.rows)
    assert not any(row.name == "short_circuit" for row in ideal.rows)


def test_order_of_experiments_changes_nothing(ideal: Reconciled) -> None:
    turned = mt.reconcile(
        mt.observations("paper")[::-1],
        states="paper",
        free=free(False),
        deny=[FRESH],
        overlays=[],
        witness=False,
        seed=7,
    )
    for item in ideal.answers:
        other = answer(turned, item.alternative["exponent"])
        assert {one.rows for one in other.conflicts} == {one.rows for one in item.conflicts}
        assert other.corrections == item.corrections
        assert other.predictions == item.predictions


def test_rows_without_redundancy_are_not_testable(ideal: Reconciled) -> None:
    found = {item.row: item for item in answer(ideal, "-9").left_out}
    assert found["au_mg_like_au_au"].verdict == "open"
    assert found["au_mg_like_au_au"].said("").startswith("not testable")
    assert all(math.isfinite(item.low) for item in found.values())


@pytest.fixture(scope="module")
def necks() -> Reconciled:
    """As the paper's file of states has it: hot pressing removes a resistance between the grains, too."""
    return mt.reconcile(mt.observations("paper"), states="paper", witness=False)


def test_necks_leave_the_exponent_and_the_short_circuit(necks: Reconciled) -> None:
    short = {
        frozenset(("short_circuit", "mg_mg_like_au_au", "t_ion_as_milled", bound))
        for bound in ("sigma_eon_as_milled", "sigma_eon_hot_pressed", "bulk_sigma_eon_as_milled")
    }
    exponent = {
        frozenset(("sigma_eon_annealed", bound))
        for bound in ("sigma_eon_annealed_hot_pressed", "bulk_sigma_eon_annealed")
    }
    assert {frozenset(one.rows) for one in answer(necks, "-8").conflicts} == short | exponent
    assert {frozenset(one.rows) for one in answer(necks, "-9").conflicts} == short
    assert necks.best.alternative == {"exponent": "-9"}
    assert (answer(necks, "-8").wrong, answer(necks, "-9").wrong) == (2, 1)
    # the likeliest first, and never which of them
    assert necks.corrections[0].rows == ("short_circuit",)
    assert {one.rows[0] for one in necks.corrections} == {"short_circuit", "mg_mg_like_au_au", "t_ion_as_milled"}


def test_predictions_are_computed(necks: Reconciled) -> None:
    found = {item.row: item for item in necks.left_out}
    assert {row for row, item in found.items() if item.verdict == "predicted"} == {
        "annealing_raises",
        "hot_pressing_lowers",
    }
    assert found["short_circuit"].verdict == "contradicted"
    assert found["short_circuit"].low == pytest.approx(6.355e5, rel=1e-4)
    assert necks.best.predictions == 2


def test_all_subsets_of_some_rows_agree_with_the_search() -> None:
    """The conflicts found are the minimal ones among all 32 subsets tried one by one."""
    a, b, c, one = *(Sum.of(name) for name in "abc"), Sum(1.0)
    rows = [
        LinearRow("a", (Quotient(one, a),), 1.0, 2.0),
        LinearRow("ab", (Quotient(one, a + b),), 3.0, 4.0),
        LinearRow("b/c", (Quotient(b, c),), 0.5, 1.0),
        LinearRow("c", (Quotient(c, one),), 2.0, 3.0),
        LinearRow("ac", (Quotient(one, a + c),), 0.1, 0.35),
    ]
    program, names = Program(rows, ()), [row.name for row in rows]
    found = {frozenset(item.rows) for item in explore(program.contradiction, names) if isinstance(item, Inconsistent)}
    subsets = [frozenset(some) for size in range(1, 6) for some in combinations(names, size)]
    broken = {some for some in subsets if program.contradiction(some)}
    assert found == {some for some in broken if not any(other < some for other in broken)}
    assert found


def test_slow_polarisation_bounds_a_ratio_of_impedances() -> None:
    """With equal thickness, before any polarisation: (sigma_e + sigma_i) of the annealed over the hot-pressed one."""
    cold, hot, ions, one = *(Sum.of(name) for name in ("cold", "hot", "ions")), Sum(1.0)
    rows = [
        LinearRow("sigma_eon_annealed_9", (Quotient(cold, one),), 6.87e-9 * (1 - WIDE), 6.87e-9 * (1 + WIDE)),
        LinearRow("t_ion_annealed", (Quotient(ions, cold + ions),), 0.58, 0.65),
        LinearRow("sigma_eon_hot", (Quotient(hot, one),), 2.4e-8 * (1 - WIDER), 2.4e-8 * (1 + WIDER)),
        LinearRow("ratio", (Quotient(cold + ions, hot + ions),), 0.8, math.inf),
    ]
    program, names = Program(rows, ()), [row.name for row in rows]
    (found,) = [item for item in explore(program.contradiction, names) if isinstance(item, Inconsistent)]
    assert set(found.rows) == set(names)
    sigma, t, pressed = 6.87e-9 * (1 + WIDE), 0.65, 2.4e-8 * (1 - WIDER)
    bound = (sigma / (1 - t)) / (pressed + sigma * t / (1 - t))
    assert bound == pytest.approx(0.6471, abs=1e-4)
    assert program.range("ratio", names).high == pytest.approx(bound, rel=1e-6)


def test_units_do_not_matter() -> None:
    """All conductivities in S/cm and lengths in cm: the same conflict, the same factors."""
    for scale in (1.0, 1e-2, 1e6):
        rho = Sum.of("rho")
        rows = [
            LinearRow("apparent", (Quotient(Sum(1.0), rho + Sum.of("series")),), 6.0 * scale, 7.0 * scale),
            LinearRow("bulk", (Quotient(Sum(1.0), rho),), 2.0 * scale, 3.0 * scale),
        ]
        program = Program(rows, ())
        assert program.contradiction(["apparent", "bulk"])
        assert program.range("apparent", ["bulk"]).high == pytest.approx(3.0 * scale, rel=1e-9)


def own_paper(folder: Path, first: str, second: str) -> Path:
    """A folder as a user has it: a pellet whose conductivity was read twice, and a file of states."""
    (folder / "twice.yaml").write_text(
        f"""
        name: twice
        protocol: {{type: polarization, voltage: ["0.5 V", "1 V"], duration: "3 h", first_time: "0.1 s", per_decade: 5}}
        cells: au_mg3asn_au
        states: cold_pressed
        temperatures: "100 degC"
        observed:
          - name: first
            quantity: "electronic conductivity"
            where: "here"
            value: {{value: "{first}", std: "5 %"}}
            measure: slope_conductivity
          - name: second
            quantity: "electronic conductivity"
            where: "there"
            value: {{value: "{second}", std: "5 %"}}
            datum: printed_twice
            measure: slope_conductivity
        """
    )
    (folder / "states.yaml").write_text(
        """
        states: {cold_pressed: {heat: none}}
        free:
          layers.antiperovskite.material.electronic_conductivity.reference:
            shared: heat
            bounds: ["1e-10 S/cm", "1e-4 S/cm"]
        """
    )
    return folder / "states.yaml"


def test_folder_of_ones_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    states = own_paper(tmp_path, "5e-8 S/cm", "8e-8 S/cm")
    with pytest.raises(SystemExit) as ended:
        main(["reconcile", str(states), "--budget", "30s", "-o", str(tmp_path / "r.yaml")])
    assert ended.value.code == 0
    text = capsys.readouterr().out
    assert "cannot hold together (proved): first, second" in text
    assert "fewest wrong: {first} or {second}" in text
    assert "is not decided" in text
    assert (tmp_path / "r.yaml").read_text().startswith("answers:")


def test_one_datum_in_two_rows_is_one_prediction(tmp_path: Path) -> None:
    states = own_paper(tmp_path, "5e-8 S/cm", "5.05e-8 S/cm")
    found = mt.reconcile(mt.observations(tmp_path), states=states, witness=False)
    assert not found.conflicts
    assert found.best.wrong == 0
    verdicts = {item.row: item.verdict for item in found.left_out}
    assert verdicts == {"first": "open", "second": "open"}  # each interval goes beyond the other's at one end
    text = (tmp_path / "twice.yaml").read_text()
    (tmp_path / "twice.yaml").write_text(
        text.replace('where: "here"', 'where: "here"\n            datum: printed_twice')
    )
    merged = mt.reconcile(mt.observations(tmp_path), states=states, witness=False)
    assert {item.verdict for item in merged.left_out} == {"own parameter"}
    assert merged.best.predictions == found.best.predictions == 0


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("twice.yaml", "# nothing yet\n", "twice.yaml:1:1: nothing stands here: write keys with their values"),
        ("twice.yaml", "- 1\n- 2\n", "twice.yaml:1:1: write keys with their values here, 'key: value' (got [1, 2])"),
        ("states.yaml", "", "states.yaml:1:1: states: nothing stands here"),
    ],
)
def test_files_without_keys_are_refused_in_words(tmp_path: Path, file: str, text: str, said: str) -> None:
    states = own_paper(tmp_path, "5e-8 S/cm", "8e-8 S/cm")
    (tmp_path / file).write_text(text, encoding="utf-8")
    with pytest.raises(mt.InputError, match=re.escape(said)):
        mt.reconcile(mt.observations(tmp_path), states=states, witness=False)


def test_only_what_was_reconciled_has_conflicts_to_draw(ideal: Reconciled) -> None:
    for other in (ideal.answers, mt.cell("trilayer"), "r.yaml"):
        with pytest.raises(mt.InputError, match=f"what mt.reconcile returns, not a {type(other).__name__}"):
            mt.plot.conflicts(other)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"free": {}}, "nothing is free"),
        ({"free": {EON: mt.Shared("heat")}}, "no state has such a factor. Did you mean 'heat_treatment'?"),
        ({"free": {EON: mt.Shared("pressing", fixed={"hott": 1.0})}}, "no factor has that value. Did you mean 'hot'?"),
        ({"free": {"layers.antiperovskit.thickness": mt.Shared()}}, "Did you mean 'layers.antiperovskite.thickness'"),
        ({"states": {"cold_presed": {"a": "b"}}, "free": {EON: mt.Shared()}}, "Did you mean 'cold_pressed'"),
        ({"free": {EON: mt.Shared(bounds=("2 S/m", "1 S/m"))}}, "upside down"),
    ],
)
def test_what_cannot_be_meant_is_refused(arguments: dict[str, object], said: str) -> None:
    with pytest.raises(mt.InputError, match=re.escape(said)):
        mt.reconcile(mt.observations("paper"), **{"states": "paper", "witness": False, **arguments})
