"""What a reading comes to: which rows count together, which choice is its best, what is said at the end."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mgtwin.campaign import Agrees, Calibrated, Contradicts, Failed, NotComparable, Row, run_campaign
from mgtwin.campaign.ledger import Ledger, ledgers
from mgtwin.errors import InputError
from mgtwin.experiments import campaign


def row(name: str, verdict: type, reading: str = "a", state: tuple[str, ...] = (), **given: Any) -> Row:
    alternatives = tuple({*state, *given.get("reference", ())} & {"other"})
    words = (f"quantity {name}", "cell", state, reading, "observed", "1 V")
    return Row(given.pop("experiment", "x"), name, *words, verdict("because"), alternatives=alternatives, **given)


def names(rows: tuple[Row, ...]) -> list[str]:
    return [one.observation for one in rows]


def test_two_values_of_one_printed_number_never_count_together() -> None:
    """State s may have the value `other`: then rows of s without it, or compared with s, stand for the first value."""
    rows = [
        row("cold", Agrees, state=("c",)),
        row("first", Contradicts, state=("s",)),
        row("second", Calibrated, state=("s", "other")),
        row("ratio", Contradicts, state=("h",), reference=("s",)),
        row("ratio_other", Calibrated, state=("h",), reference=("s", "other")),
        row("nothing", NotComparable, state=("c",)),
    ]
    (found,) = ledgers(rows)
    assert found.alternatives == ("other",) and found.title == "a, other"
    assert names(found.rows) == ["cold", "second", "ratio_other", "nothing"]
    assert names(found.compared) == ["cold", "second", "ratio_other"] and not found.contradicted
    words = found.words()
    assert (words["compared"], words["contradicted"]) == (3, 0)
    assert (words["compared_in_all"], words["contradicted_in_all"]) == (5, 2), "the whole table, both values in it"


def test_one_ageing_is_chosen_and_experiments_that_try_none_count_in_any() -> None:
    laws = (("", Contradicts), ("lost", Agrees), ("film", Contradicts))
    aged = [row(name, verdict, ageing=law) for law, verdict in laws for name in ("early", "late")]
    (found,) = ledgers([row("spectrum", Agrees, experiment="y"), *aged])
    assert found.ageing == "lost" and names(found.rows) == ["spectrum", "early", "late"]
    assert found.counts()["agrees"] == 3


def test_the_fewest_contradictions_come_first_then_the_most_predictions() -> None:
    rows = [
        *(row(name, verdict, "a") for name, verdict in (("p", Agrees), ("q", Contradicts))),
        *(row(name, verdict, "b") for name, verdict in (("p", Calibrated), ("q", Calibrated))),
        *(row(name, verdict, "c") for name, verdict in (("p", Agrees), ("q", Calibrated))),
    ]
    found = ledgers(rows, {"c": "claims much"}, {"a": {"q": "1 < 2"}})
    assert [item.reading for item in found] == ["c", "b", "a"]
    assert found[2].proofs == ("`q`: 1 < 2",) and not found[0].proofs
    words = found[0].words(found[1:])
    assert (words["readings"], words["claim"], words["others"], words["agreements"]) == (
        3,
        "claims much",
        "0 to 1",
        "p",
    )
    text = found[2].to_markdown()
    assert "- predicts (1): `p`" in text and "- does not explain (1): `q` (because)" in text and "proved (1)" in text


@pytest.mark.parametrize(("words", "said"), [("{contradicted} of {compared}", True), ("{contradicts}", False)])
def test_a_conclusion_is_counted_and_one_that_cannot_be_is_refused_at_once(
    tmp_path: Path, words: str, said: bool
) -> None:
    source = campaign("paper").folder / "eis_mofsse.yaml"
    (tmp_path / "eis_mofsse.yaml").write_text(source.read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "campaign.yaml").write_text(f'name: mine\nconclusion: "{words}"\n', encoding="utf-8")
    if not said:
        with pytest.raises(InputError, match=r"asks for \{contradicts\}"):
            run_campaign(tmp_path, tmp_path / "out")
        return
    results = run_campaign(tmp_path, tmp_path / "out", figures=False)
    assert results.conclusion == "0 of 1" and results.conclusion in (tmp_path / "out" / "table.md").read_text("utf-8")
    (ledger,) = json.loads((tmp_path / "out" / "table.json").read_text("utf-8"))["ledgers"]
    assert (ledger["reading"], ledger["calibrated"], ledger["predicts"]) == ("as_printed", ["mofsse_resistance"], [])
    part = run_campaign(tmp_path, tmp_path / "out", figures=False, experiments=["eis_mofsse"])
    assert part.conclusion == "", "a part of the experiments is no ground for a conclusion"


def test_a_reference_that_does_not_exist_costs_one_row(tmp_path: Path) -> None:
    text = (campaign("paper").folder / "eis_treated.yaml").read_text(encoding="utf-8")
    head, first, *_ = text.split("  - name: ")
    assert "to_overlays: [cold_pressed]" in first
    one = f"{head}  - name: {first.replace('[cold_pressed]}', '[cold_presed]}')}"
    (tmp_path / "eis_treated.yaml").write_text(one, encoding="utf-8")
    results = run_campaign(tmp_path, tmp_path / "out", figures=False, processes=1)
    assert {type(found.verdict) for found in results.rows} == {Failed}
    assert "cold_presed" in results.rows[0].verdict.reason and len(results.ledgers[0].contradicted) == 1


def test_what_the_paper_concludes_asks_for_known_words_only() -> None:
    said = campaign("paper").conclusion.format_map(Ledger("r", (), "", ()).words())
    assert "{" not in said and said.count("of its parameters") == 1
