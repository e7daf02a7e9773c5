"""Papers made up from known parameters, with planted faults: the smallest explanation comes first, and nothing else.

Four states of a pellet (two heat treatments, cold- and hot-pressed) in five thicknesses: apparent conductivity and
transport number of each, 40 rows of 8 parameters. Cold pressing leaves contacts and a resistance between the grains.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from mgtwin.analysis.linear import Quotient, Sum
from mgtwin.reconciliation.program import Always, LinearRow, Program
from mgtwin.reconciliation.search import Consistent, explore, ranked

THICKNESSES = (0.4e-3, 0.6e-3, 1e-3, 1.5e-3, 2e-3)
#: Half-widths of the intervals: 1.96 standard deviations of 5 %, and as 0.070 to 0.085 around 0.077.
SIGMA, T = 0.098, 0.09


def paper(seed: int, wrong: int) -> tuple[Program, list[str]]:
    """Rows of a paper, of which some are off by a factor of 3 to 10; their names."""
    rng = np.random.default_rng([seed, wrong])
    bulk = 10 ** rng.uniform(5, 7, 2)
    between, contact = bulk * 10 ** rng.uniform(-0.5, 1, 2), bulk * 10 ** rng.uniform(-5.5, -4.5, 2)
    ions = bulk * 10 ** rng.uniform(-1, 1, 2)
    values, forms = {}, {}
    # rho_i beside rho_e grows with rho_e, but by less: the same ions in both states
    always = [
        Always(sum_, "the same ions in both states")
        for heat in range(2)
        for gap in [Sum.of(f"plateau {heat}cold") - Sum.of(f"plateau {heat}hot")]
        for sum_ in (-1.0 * gap, gap - Sum.of(f"between {heat}"))
    ]
    for heat in range(2):
        for pressed in (False, True):
            state = f"{heat}{'hot' if pressed else 'cold'}"
            layer = bulk[heat] + (0 if pressed else between[heat])
            inside = Sum.of(f"bulk {heat}")
            if not pressed:
                inside += Sum.of(f"between {heat}")
            plateau = Sum.of(f"plateau {state}")
            always.append(Always(plateau - inside, "ions beside electrons"))
            for length in THICKNESSES:
                series = 0.0 if pressed else 2 * contact[heat] / length
                touching = Sum() if pressed else 2 / length * Sum.of(f"contact {heat}")
                steady = inside + touching
                name = f"{state} {length * 1e3:g} mm"
                values[f"sigma {name}"] = 1 / (layer + series)
                forms[f"sigma {name}"] = Quotient(Sum(1.0), steady)
                charged = series + 1 / (1 / layer + 1 / ions[heat])
                values[f"t {name}"] = 1 - charged / (layer + series)
                forms[f"t {name}"] = Quotient(steady - (plateau + touching), steady)
    planted = [str(name) for name in rng.choice(list(values), wrong, replace=False)]
    rows = []
    for name, true in values.items():
        # a transport number by its odds: it stays between 0 and 1
        odds = true if name.startswith("sigma") else true / (1 - true)
        half = SIGMA if name.startswith("sigma") else T
        seen = odds * (1 + rng.uniform(-half, half) * 0.99)
        if name in planted:
            seen *= rng.uniform(3, 10) ** rng.choice([-1, 1])
        low, high = seen / (1 + half), seen / (1 - half)
        if not name.startswith("sigma"):
            low, high = low / (1 + low), high / (1 + high)
        rows.append(LinearRow(name, (forms[name],), low, high))
    return Program(sorted(rows, key=lambda row: row.name), always), sorted(planted)


def corrections(program: Program) -> Sequence[tuple[str, ...]]:
    """The smallest sets of rows that have to go, the likeliest first."""
    names = [row.name for row in program.rows]
    found: list[tuple[str, ...]] = []
    for item in explore(program.contradiction, names):
        if isinstance(item, Consistent):
            if found and len(item.without) > len(found[0]):
                break
            found.append(item.without)
    return [one.rows for one in ranked(program, dict.fromkeys(names, 0.02), found)]


def test_nothing_is_found_where_nothing_is_wrong() -> None:
    for seed in range(60):
        program, _ = paper(seed, 0)
        assert corrections(program) == [()], seed


@pytest.mark.slow
@pytest.mark.parametrize("wrong", [1, 2, 3])
def test_planted_faults_come_first(wrong: int) -> None:
    papers, first = range(6), 0
    for seed in papers:
        program, planted = paper(seed, wrong)
        found = corrections(program)
        first += list(found[0]) == planted
        # a miss is an explanation as small or smaller, and the rest then does hold together
        assert len(found[0]) <= wrong
        for rows in found:
            assert not program.contradiction([row.name for row in program.rows if row.name not in rows])
    assert first >= 0.9 * len(papers)
