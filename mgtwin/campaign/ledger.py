"""What a reading comes to: one choice of ageing and of unclear values, with what it predicts and what was put in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, combinations

from .judge import Row
from .verdicts import VERDICTS, Agrees, Calibrated, Contradicts, Failed, Verdict

__all__ = ["Ledger", "ledgers"]


@dataclass(frozen=True)
class Ledger:
    """A reading with one of the ages and values that its data leave open, and its rows.

    Attributes
    ----------
    reading : str
    alternatives : tuple of str
        Overlays that stand for the values of what is printed unclearly; rows of the other values are not among `rows`.
    ageing : str
        Overlay that says how cells age where that was tried, ``""`` for none.
    rows : tuple of Row
        Those that count: of each experiment with this ageing, and of each unclear value the one chosen.
    in_all : tuple of Row
        The same with all values of what is printed unclearly.
    claim : str
        What the reading claims.
    bounds : mapping of observation to str
        What no parameters of the reading can do, and why.
    """

    reading: str
    alternatives: tuple[str, ...]
    ageing: str
    rows: tuple[Row, ...]
    in_all: tuple[Row, ...] = ()
    claim: str = ""
    bounds: Mapping[str, str] = field(default_factory=dict)

    def of(self, *kinds: type[Verdict]) -> tuple[Row, ...]:
        """The rows with one of these verdicts."""
        return tuple(row for row in self.rows if type(row.verdict) in kinds)

    @property
    def contradicted(self) -> tuple[Row, ...]:
        """What it does not explain, failures included."""
        return self.of(Contradicts, Failed)

    @property
    def compared(self) -> tuple[Row, ...]:
        """Everything that was compared."""
        return self.of(Agrees, Calibrated, Contradicts, Failed)

    @property
    def title(self) -> str:
        """The reading with its choices."""
        return ", ".join(filter(None, (self.reading or "(no reading)", *self.alternatives, self.ageing)))

    @property
    def proofs(self) -> tuple[str, ...]:
        """Of what it does not explain, what no parameters of it can change, each with the reason."""
        names = dict.fromkeys(row.observation for row in self.contradicted)
        return tuple(f"`{name}`: {self.bounds[name]}" for name in names if name in self.bounds)

    def counts(self) -> dict[str, int]:
        """How many rows have which verdict."""
        return {kind.label: len(self.of(kind)) for kind in VERDICTS}

    def plain(self) -> dict[str, object]:
        """Everything as plain data, the rows by the names of their observations."""
        kinds = {"predicts": (Agrees,), "calibrated": (Calibrated,), "contradicted": (Contradicts, Failed)}
        rows = {words: [row.observation for row in self.of(*found)] for words, found in kinds.items()}
        choice = {"reading": self.reading, "alternatives": list(self.alternatives), "ageing": self.ageing}
        return {**choice, "claim": self.claim, **rows, "proved": list(self.proofs)}

    def to_markdown(self) -> str:
        """Everything in words: predictions, calibrations, contradictions, proved bounds."""
        lines = [f"### {self.title}\n", *([f"{self.claim}\n"] if self.claim else [])]
        for words, rows in (
            ("predicts", [f"`{row.observation}`" for row in self.of(Agrees)]),
            ("calibrated", [f"`{row.observation}` ({_first(row)})" for row in self.of(Calibrated)]),
            ("does not explain", [f"`{row.observation}` ({row.verdict.reason})" for row in self.contradicted]),
            ("proved", self.proofs),
        ):
            if rows:
                lines.append(f"- {words} ({len(rows)}): {'; '.join(rows)}")
        return "\n".join(lines) + "\n"

    def words(self, others: Sequence[Ledger] = ()) -> dict[str, object]:
        """What the conclusion of a folder of experiments may ask for; `others` are those of the other readings."""
        whole, numbers = replace(self, rows=self.in_all), sorted({len(other.contradicted) for other in others})
        return {
            "readings": len(others) + 1,
            "reading": self.title,
            "claim": self.claim,
            "compared": len(self.compared),
            "contradicted": len(self.contradicted),
            "contradictions": _listed(self.contradicted),
            "compared_in_all": len(whole.compared),
            "contradicted_in_all": len(whole.contradicted),
            "others": " to ".join(map(str, dict.fromkeys(numbers[:1] + numbers[-1:]))),
            "agreeing": len(self.of(Agrees)),
            "agreements": _listed(self.of(Agrees)),
            "calibrated": len(self.of(Calibrated)),
            "proved": " ".join(self.proofs),
        }


def _first(row: Row) -> str:
    """The reason of a verdict without what was tried on other parameters."""
    return row.verdict.reason.partition("; ")[0]


def _listed(rows: Sequence[Row]) -> str:
    return ", ".join(dict.fromkeys(row.observation for row in rows)) or "nothing"


def ledgers(
    rows: Sequence[Row], claims: Mapping[str, str] | None = None, bounds: Mapping[str, Mapping[str, str]] | None = None
) -> tuple[Ledger, ...]:
    """Return for each reading its best choice: the fewest contradictions, then the most independent agreements.

    Parameters
    ----------
    rows : sequence of Row
    claims, bounds : mapping, optional
        By reading, see `Ledger`.

    Returns
    -------
    tuple of Ledger
        The best first.
    """
    found = []
    for reading in dict.fromkeys(row.reading for row in rows):
        own = [row for row in rows if row.reading == reading]
        known = sorted({name for row in own for name in row.alternatives})
        subsets = chain.from_iterable(combinations(known, size) for size in range(len(known) + 1))
        choices = [
            Ledger(
                reading, chosen, ageing, tuple(row for row in aged if _consistent(row, chosen, own)), aged,
                (claims or {}).get(reading, ""), (bounds or {}).get(reading, {}),
            )
            for chosen in subsets
            for ageing in dict.fromkeys(row.ageing for row in own)
            for aged in [_aged(own, ageing)]
        ]  # fmt: skip
        found.append(min(choices, key=_order))
    return tuple(sorted(found, key=_order))


def _order(item: Ledger) -> tuple[int, int]:
    return len(item.contradicted), -len(item.of(Agrees))


def _aged(rows: Sequence[Row], ageing: str) -> tuple[Row, ...]:
    """The rows with this ageing, of experiments that do not try it those without any."""
    tried = {row.experiment for row in rows if row.ageing == ageing}
    return tuple(row for row in rows if row.ageing == (ageing if row.experiment in tried else ""))


def _consistent(row: Row, chosen: Sequence[str], rows: Sequence[Row]) -> bool:
    """Whether a row assumes no other value of what is printed unclearly than those chosen."""
    if not set(row.alternatives) <= set(chosen):
        return False
    known = {frozenset(other.state) for other in rows}
    # a state that could have the alternative and has it not stands for the other value
    places = [set(state) for state in (row.state, row.reference) if state]
    return not any(name not in place and {*place, name} in known for name in chosen for place in places)
