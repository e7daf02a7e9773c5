"""What several explanations of one cell have to have in common, and what each of them leaves free."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase

from ..cells import Cell
from ..cells.paths import Key, parts_of
from ..errors import InputError, UnknownNameError
from ..fitting.free import FreeLike, PerDataset
from ..fitting.models import model_of
from ..fitting.result import Fit
from ..fitting.verb import fit
from ..regression import Modulus
from .beside_shunt import unknown_beside
from .considered import considered_numbers
from .coordinates import Coordinates
from .evidence import Evidence, Usage

__all__ = ["coordinates_of", "fitted"]


def coordinates_of(
    explanations: Mapping[str, Cell],
    free: Mapping[Key, FreeLike],
    usage: Usage,
    considered: Sequence[str] | None = None,
) -> dict[str, Coordinates]:
    """Return the coordinates of every explanation; a key may belong to some of them only.

    Raises
    ------
    InputError
        There is no explanation, they differ in their layers, nothing of a cell ages or wanders, nothing is free, nobody
        said what a cycle is, or what should be considered has no standard deviation.
    UnknownNameError
        A key belongs to none.
    """
    if not explanations:
        raise InputError("a twin needs a cell: mt.Twin(mt.cell('trilayer', 'film_growth'), free).")
    layers = {name: tuple(layer.name for layer in cell.layers) for name, cell in explanations.items()}
    if len(set(layers.values())) > 1:
        said = "; ".join(f"{name}: {', '.join(one)}" for name, one in layers.items())
        raise InputError(f"explanations of one cell have the same layers, but these have {said}.")
    found: dict[str, Coordinates] = {}
    unused = dict.fromkeys(free)
    for name, cell in explanations.items():
        own = {}
        for key, what in free.items():
            # What one explanation does not have another one may: only a key that none has is a mistake.
            try:
                known = bool(model_of(cell).expand(key))
            except UnknownNameError:
                known = False
            if known:
                own[key] = what
                unused.pop(key, None)
        found[name] = Coordinates(cell, own, usage, considered)
        if not found[name].ageing.states and not found[name].wander.any():
            raise InputError(
                f"{name}: nothing of this cell ages and no number drifts, so it stays what it is: fit it with mt.fit, "
                f"or give a number mt.Drifting('2 %')."
            )
        if not free:
            rate = next(path for path in cell.paths() if ".ageing." in path)
            raise InputError(
                f"{name}: nothing is free, so that nothing can be learnt. Name what is not known of the cell, at least "
                f"how fast it ages: {{'{rate}': mt.Drifting('5 %')}}."
            )
        unknown = unknown_beside(cell) if found[name].ageing.by_charge else ""
        if unknown:
            raise InputError(f"{name}: how its shunt slows ageing is not known to a twin: {unknown}. Leave either out.")
        if usage.cycling is None and found[name].ageing.by_charge:
            raise InputError(
                f"{name}: {', '.join(found[name].ageing.by_charge)} goes with the charge that passes: say what is "
                f"done between measurements, use=mt.Cycling('-10 uA', '1 h', cycles=1)."
            )
    check_considered([*explanations.values()], considered)
    for key in unused:
        next(iter(found.values())).original.with_({key: 0.0})  # raises with close matches
    return found


def check_considered(cells: Sequence[Cell], considered: Sequence[str] | None) -> None:
    """Refuse what should be considered of some cells, and has no standard deviation there.

    Raises
    ------
    InputError
    """
    stated = [path for cell in cells for key in considered_numbers(cell, (), None) for path in parts_of(key)]
    for key in considered or ():
        if not any(fnmatchcase(path, key) for path in stated):
            raise InputError(
                f"considered: {key} names no number that is printed with a standard deviation. There are "
                f"{', '.join(dict.fromkeys(stated))}; give one with cell.with_({{path: {{'value': ..., 'std': ...}}}})."
            )


def fitted(spaces: Mapping[str, Coordinates], name: str, evidence: Sequence[Evidence]) -> Fit:
    """`mgtwin.fit` of all evidence with one explanation; see `mgtwin.Twin.fit`."""
    if name not in spaces:
        raise UnknownNameError(name, spaces, "explanation")
    space = spaces[name]
    free: dict[Key, FreeLike] = {path: PerDataset() for path in space.placed}
    # rates of ageing act on no single spectrum, and what wanders has a value in each
    for parameter in space.parameters:
        what = space.free[parameter.key]
        if not any(".ageing." in path or path in space.placed for path in parameter.targets[0]):
            free[parameter.key] = PerDataset(what.single) if any(what.wander) else what.single
    pairs = [(space.cell, item.dataset) for item in evidence]
    return fit(pairs, free, weighting=[Modulus(item.noise) for item in evidence])
