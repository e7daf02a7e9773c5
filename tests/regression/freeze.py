"""Write ``frozen_0_1_0.json``: run once, with the code of 0.1.0, and never again.

``python -m tests.regression.freeze`` from the project's root. What is frozen is what the code of 0.1.0 (commit 958574c)
gave, right or wrong: run with any later code it would freeze that code's own faults. A number that has to move because
0.1.0 was wrong is taken out by hand, with a test of the right value beside it.
"""

from __future__ import annotations

import json
from pathlib import Path

from .cases import CASES

PATH = Path(__file__).with_name("frozen_0_1_0.json")


def main() -> None:
    """Compute every case."""
    frozen = {"made from": "mgtwin 0.1.0, commit 958574c", "cases": {}}
    for name, case in CASES.items():
        numbers = case.compute()
        tolerances = case.tolerances(numbers)
        frozen["cases"][name] = {  # type: ignore[index]
            "reason": case.reason,
            "numbers": {
                key: value if isinstance(value, str) else {"value": value, "tolerance": float(f"{tolerances[key]:.2g}")}
                for key, value in numbers.items()
            },
        }
        print(f"{name}: {len(numbers)}")
    text = json.dumps(frozen, indent=1, ensure_ascii=False, sort_keys=False)
    # numbers that belong together on one line
    PATH.write_text(_packed(text) + "\n", encoding="utf-8")


def _packed(text: str) -> str:
    """Lists of numbers and pairs of value and tolerance on one line each."""
    import re

    text = re.sub(r"\[\s+([^\[\]{}]*?)\s+\]", lambda m: "[" + re.sub(r"\s+", " ", m.group(1)) + "]", text)
    return re.sub(r'\{\s+("value": [^{}]*?)\s+\}', lambda m: "{" + re.sub(r"\s+", " ", m.group(1)) + "}", text)


if __name__ == "__main__":
    main()
