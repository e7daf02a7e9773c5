"""Printed numbers that cannot hold together: bounds in closed form, all conflicts, planted faults."""

from __future__ import annotations

import math
from itertools import combinations

import pytest

import mgtwin as mt
from mgtwin.reconciliation import Answer, Conflict, Reconciled

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


def test_pairs_of_rows_agree_with_trying_all(ideal: Reconciled) -> None:
    """Every pair of rows alone: infeasible exactly where it is listed."""
    from mgtwin.analysis.linear import Quotient, Sum
    from mgtwin.reconciliation.program import LinearRow, Program

    a, b, c = (Sum.of(name) for name in "abc")
    one = Sum(1.0)
    rows = [
        LinearRow("a", (Quotient(one, a),), 1.0, 2.0),
        LinearRow("ab", (Quotient(one, a + b),), 3.0, 4.0),
        LinearRow("b/c", (Quotient(b, c),), 0.5, 1.0),
        LinearRow("c", (Quotient(c, one),), 2.0, 3.0),
        LinearRow("ac", (Quotient(one, a + c),), 0.1, 0.35),
    ]
    program = Program(rows, ())
    from mgtwin.reconciliation.search import Inconsistent, explore

    names = [row.name for row in rows]
    found = {frozenset(item.rows) for item in explore(program.contradiction, names) if isinstance(item, Inconsistent)}
    broken = {
        frozenset(subset)
        for size in range(1, 6)
        for subset in combinations(names, size)
        if program.contradiction(subset)
    }
    minimal = {subset for subset in broken if not any(other < subset for other in broken)}
    assert found == minimal
    assert found
