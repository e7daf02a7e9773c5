"""Numbers of version 0.1.0, each within its tolerance: what a change of the inside must not change."""

from __future__ import annotations

import json

import numpy as np
import pytest

from .cases import CASES
from .freeze import PATH

FROZEN = json.loads(PATH.read_text(encoding="utf-8"))["cases"]


def test_every_case_is_frozen() -> None:
    assert list(FROZEN) == list(CASES)


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.slow] if case.slow else []) for name, case in CASES.items()]
)
@pytest.mark.filterwarnings("ignore::mgtwin.errors.MgtwinWarning")
def test_nothing_moved(name: str) -> None:
    if name in ("relaxation times", "noise by Kramers-Kronig"):
        pytest.importorskip("pyimpspec")
    found, moved = CASES[name].compute(), []
    frozen = FROZEN[name]["numbers"]
    assert set(found) == set(frozen)
    for key, wanted in frozen.items():
        if isinstance(wanted, str):
            if found[key] != wanted:
                moved.append(f"{key}: {found[key]}, was {wanted}")
            continue
        difference = float(np.max(np.abs(np.subtract(found[key], wanted["value"]))))
        if not difference <= wanted["tolerance"]:
            moved.append(
                f"{key}: {found[key]}, was {wanted['value']}: moved by {difference:.2g}, not {wanted['tolerance']}"
            )
    assert not moved, f"{len(moved)} of {len(frozen)} moved. " + "\n".join([FROZEN[name]["reason"], *moved[:20]])
