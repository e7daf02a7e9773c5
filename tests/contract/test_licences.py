"""What the extras bring is under the licences that docs/install.md says: nobody gets the GPL unasked."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import PackageNotFoundError, distribution, metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
#: Under the LGPL, and named for it in docs/install.md: whoever only uses a library under it owes nothing.
LESSER = {"casadi", "moocore"}


def required(name: str) -> list[str]:
    """What a distribution requires; of mgtwin what its project file says, which may be newer than what is installed."""
    if name != "mgtwin":
        return distribution(name).requires or []
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    parts = {extra: [item.partition(";") for item in items] for extra, items in extras.items()}
    return project["dependencies"] + [
        f"{what} ; extra == '{extra}'" + (f" and ({where})" if where else "")
        for extra, items in parts.items()
        for what, _, where in items
    ]


def brought(extra: str) -> set[str]:
    """Names of every distribution that mgtwin with an extra brings along, those of others' extras included."""
    names: set[str] = set()
    waiting = [("mgtwin", frozenset({extra}))]
    seen = set()
    while waiting:
        name, extras = waiting.pop()
        if (name, extras) in seen:
            continue
        seen.add((name, extras))
        names.add(name)
        try:
            requirements = required(name)
        except PackageNotFoundError:  # for another platform
            continue
        for text in requirements:
            needed = Requirement(text)
            if needed.marker is None or any(needed.marker.evaluate({"extra": one}) for one in extras | {""}):
                waiting.append((needed.name.lower(), frozenset(needed.extras)))
    return names


def licence(name: str) -> str:
    """What a distribution says of its licence."""
    try:
        said = metadata(name)
    except PackageNotFoundError:
        return ""
    classifiers = [item for item in said.get_all("Classifier", []) if item.startswith("License ::")]
    return "; ".join([said.get("License-Expression") or (said.get("License") or "").partition("\n")[0], *classifiers])


def copyleft(names: set[str]) -> dict[str, str]:
    """Those under the GPL or its relatives, but not those that may be taken under another licence as well."""
    said = {name: licence(name) for name in names}
    return {
        name: text
        for name, text in said.items()
        if re.search(r"GPL|General Public", text) and not re.search(r"Apache|BSD|MIT\b", text)
    }


def test_all_is_permissive() -> None:
    assert set(copyleft(brought("all"))) == LESSER


@pytest.mark.parametrize("extra", ["neware", "bayes", "excel", "studies"])
def test_every_part_of_all_is_permissive(extra: str) -> None:
    assert set(copyleft(brought(extra))) <= LESSER


def test_gpl_is_where_it_is_said() -> None:
    """The search finds what is known to be there, so that the tests above can fail."""
    assert set(copyleft(brought("gpl"))) >= {"pyimpspec", "galvani"}


def test_the_page_of_installation_names_what_is_not_permissive() -> None:
    page = (ROOT / "docs/install.md").read_text(encoding="utf-8")
    for name in {*LESSER, "pyimpspec", "galvani", "odfpy"}:
        assert re.search(rf"{name}\b.*GPL", page), f"docs/install.md does not say under which licence {name} is"
