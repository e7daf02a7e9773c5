"""The house in numbers: ``python -m tests.architecture.report`` from the project's root."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from . import measures
from .house import modules
from .kinds import families, lists_of_kinds
from .limits import LIMITS

#: Measures of which more is better.
AT_LEAST = ("comment lines over lines of code [%]",)


def numbers() -> dict[str, float]:
    """Every measure by its name."""
    circles, (once, helpers) = measures.circles(), measures.used_once()
    return {
        "modules in circles of imports": sum(map(len, circles)),
        "modules that list kinds": len(lists_of_kinds()),
        "lines of the largest module": max(measures.lines().values()),
        "lines of the largest function": max(measures.functions().values()),
        "isinstance": sum(measures.isinstances().values()),
        "hasattr and getattr": sum(measures.probes().values()),
        "Any": sum(measures.uses_of_any().values()),
        "private helpers used once [%]": round(100 * len(once) / helpers, 1),
        "comment lines over lines of code [%]": round(100 * measures.comment_share(), 2),
        "broad catches": len(measures.broad_catches()),
        "private names from other modules": len(measures.private_names()),
        "private modules from other rooms": len(measures.private_modules()),
        "lines": sum(measures.lines().values()),
    }


def by_room(counts: Mapping[str, int]) -> dict[str, int]:
    """Sums over the modules of every room."""
    found: dict[str, int] = {}
    for name, count in counts.items():
        room = modules()[name].room
        found[room] = found.get(room, 0) + count
    return found


def listed(title: str, items: Iterable[str]) -> None:
    print(f"\n{title}")
    for item in items:
        print(f"  {item}")


def largest(counts: Mapping[str, int], above: int) -> list[str]:
    found = sorted(counts.items(), key=lambda item: -item[1])
    return [f"{count:5d}  {name}" for name, count in found[:5] if count] + [
        f"{count:5d}  {name}" for name, count in found[5:] if count > above
    ]


def main() -> None:
    """Print every measure beside its goal, then what lies behind it."""
    print(f"{'measure':40s}{'now':>10s}{'goal':>10s}")
    for name, number in numbers().items():
        goal = LIMITS[name][1]
        reached = number >= goal if name in AT_LEAST else number <= goal
        print(f"{name:40s}{number:10g}{goal:10g}{'' if reached else '   *'}")
    rooms = measures.lines_of_rooms()
    counts = [by_room(count()) for count in (measures.isinstances, measures.probes, measures.uses_of_any)]
    print(f"\n{'room':16s}{'lines':>8s}{'isinstance':>12s}{'get/hasattr':>12s}{'Any':>8s}")
    for room, lines in rooms.items():
        print(
            f"{room:16s}{lines:8d}"
            + "".join(f"{count.get(room, 0):{width}d}" for count, width in zip(counts, (12, 12, 8), strict=True))
        )
    listed("circles of imports", (" <-> ".join(circle) for circle in measures.circles()))
    listed(
        f"modules that list kinds of one of {len(families())} families",
        (f"{name}: {'; '.join(of)}" for name, of in lists_of_kinds().items()),
    )
    listed("largest modules", largest(measures.lines(), 400))
    listed("largest functions", largest(measures.functions(), 50))
    listed("broad catches", measures.broad_catches())
    listed("private names from other modules", measures.private_names())
    listed("private modules from other rooms", measures.private_modules())


if __name__ == "__main__":
    main()
