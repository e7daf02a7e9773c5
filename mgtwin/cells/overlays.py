"""Overlays: named changes of a cell (states of a material, its electrodes, readings of the data, ageing, alternatives).

An overlay file holds variants; each says to which cells it applies, with or without which other overlays, and what it
sets. All variants that apply are applied in the order of the file; an overlay of which none applies is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from fnmatch import fnmatchcase
from functools import lru_cache
from itertools import chain, combinations, product
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, TypeAdapter, ValidationError

from .. import library, yamlfile
from ..errors import InputError, MgtwinError, OverlayError
from ..kinds.noun import Same, noun, problems
from ..plain import is_text
from .cell import Cell, cell_adapter, drafted
from .parts import is_part, resolve
from .paths import Node, expand

__all__ = ["Overlay", "Variant", "applicable_overlays", "apply_overlays", "load_overlay"]

#: Kinds in the order in which they are applied, whatever the order of the arguments.
_ORDER = ("state", "alternative", "electrode", "reading", "ageing")
#: Kinds of which a cell takes at most one.
_SINGLE = ("state", "electrode", "reading", "ageing")


#: Names; a single one needs no list.
_Names = Annotated[
    tuple[str, ...],
    BeforeValidator(lambda raw: (raw,) if is_text(raw) else raw, json_schema_input_type=str | tuple[str, ...]),
]


@noun
class Variant:
    """What an overlay does to some cells.

    Parameters
    ----------
    cells : tuple of str
        Names of cells; wildcards are allowed.
    set : mapping
        Dotted path, with wildcards if wanted, to value, as in `Cell.with_`.
    required, excluded : tuple of str
        Overlays that must (``with`` in files), or must not (``without``), be applied together with this one.
    """

    cells: _Names
    set: dict[str, Node]
    required: _Names = Field((), alias="with")
    excluded: _Names = Field((), alias="without")

    def matches(self, cell: str, overlays: Iterable[str]) -> bool:
        """Tell whether this variant applies to a cell together with these overlays."""
        together = frozenset(overlays)
        fits = any(fnmatchcase(cell, pattern) for pattern in self.cells)
        return fits and together.issuperset(self.required) and together.isdisjoint(self.excluded)

    def __str__(self) -> str:
        needs = f" with {' and '.join(self.required)}" if self.required else ""
        bars = f" without {' and '.join(self.excluded)}" if self.excluded else ""
        return f"{', '.join(self.cells)}{needs}{bars}"

    def _applied(self, cell: Cell, number: int, document: yamlfile.Document) -> Cell:
        """Return the cell as it sets it; a problem is shown at the line of the key that caused it."""
        place = ("variants", number, "set")
        values = {}
        for key, raw in self.set.items():
            kind = is_part(key)
            values[key] = resolve(kind, raw, document, (*place, key)) if kind else raw
        draft: Node = cell
        for key, value in values.items():
            try:
                # one key after the other, for a key may name what an earlier one has put there; validated once, at the
                # end, for two changes may be wrong alone and right together
                draft = drafted(draft, {key: value})
            except MgtwinError as error:
                raise document.error(f"{key} in {cell.name}: {error}", (*place, key)) from None
        try:
            return cell_adapter().validate_python(draft, context={"file": True})
        except ValidationError as error:
            location, message = problems(error, draft)[0]
            path = ".".join(location)
            where: tuple[str | int, ...] = place
            for key in values:
                with suppress(InputError):  # a key that is no path of the draft is not to blame
                    if any(f"{path}.".startswith(f"{changed}.") for changed in expand(draft, key, setting=True)):
                        where = (*place, key)  # later entries win, so that it is the last one that is to blame
            raise document.error(f"{path} in {cell.name}: {message}", where) from None


@noun
class Overlay:
    """A named change of cells.

    Parameters
    ----------
    name : str
    kind : {"state", "electrode", "reading", "ageing", "alternative"}
        A cell takes at most one state, one description of its electrodes, one reading, and one explanation of its
        ageing.
    variants : tuple of Variant
    description : str
    bounds : mapping of observation to str
        Of a reading, what no parameters of it can explain, each with its proof in words.
    """

    name: str
    kind: Literal["state", "electrode", "reading", "ageing", "alternative"]
    variants: Annotated[tuple[Variant, ...], Field(min_length=1)]
    description: str = ""
    bounds: Mapping[str, str] = Field(default_factory=dict)

    def matching(self, cell: str, overlays: Iterable[str]) -> tuple[tuple[int, Variant], ...]:
        """Return (position in the file, variant) of the variants that apply."""
        together = tuple(overlays)
        return tuple((k, item) for k, item in enumerate(self.variants) if item.matches(cell, together))


def load_overlay(name: str) -> Overlay:
    """Return the overlay of this name.

    Raises
    ------
    UnknownNameError
        With close matches.
    FileError
        If its file is wrong.
    """
    return _read(name)[0]


def _read(name: str) -> tuple[Overlay, yamlfile.Document]:
    path = library.find("overlays", name)
    return _read_file(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=64)
def _read_file(path: Path, changed_at: int) -> tuple[Overlay, yamlfile.Document]:
    """Overlay and document of a file; `changed_at` makes an edited file be read again."""
    document = yamlfile.load(path)
    if isinstance(document.data, dict):
        document = document.with_data({"name": path.stem, **document.data})
    overlay: Overlay = yamlfile.validate(document, TypeAdapter(Overlay), context={"file": True})
    if overlay.name != path.stem:
        raise document.error(f"the name {overlay.name!r} differs from the file name {path.stem!r}.", ("name",))
    return overlay, document


def apply_overlays(cell: Cell, *names: str) -> Cell:
    """Return the cell with overlays applied: state, alternatives, electrode, reading and ageing, in this order.

    Parameters
    ----------
    cell : Cell
        Without overlays.
    *names : str
        In any order.

    Raises
    ------
    OverlayError
        If one does not apply to this cell or this combination, is named twice, or if two meet of a kind of which a
        cell takes one.
    UnknownNameError
        If there is no such overlay.
    FileError
        If what an overlay sets does not fit the cell.
    """
    if not names:
        return cell
    if cell.overlays:
        raise OverlayError(
            f"{cell.name} already has the overlays {', '.join(cell.overlays)}: name all of them at once, so that their "
            "order and their combination can be checked."
        )
    documents = {}
    for name in names:
        overlay, document = _read(name)
        documents[name] = (overlay, document)
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise OverlayError(f"the overlay {twice[0]!r} is named twice.")
    overlays = [documents[name][0] for name in names]
    for kind in _SINGLE:
        same = [overlay.name for overlay in overlays if overlay.kind == kind]
        if len(same) > 1:
            raise OverlayError(f"{' and '.join(map(repr, same))} are both of kind {kind}: a cell takes one of these.")
    for overlay in overlays:
        if not overlay.matching(cell.name, names):
            others = [name for name in names if name != overlay.name]
            together = f" together with {', '.join(others)}" if others else ""
            applies = "; ".join(str(variant) for variant in overlay.variants)
            refused = f"the overlay {overlay.name!r} does not apply to {cell.name!r}{together}."
            raise OverlayError(f"{refused} It applies to: {applies}.")
    ordered = sorted(documents, key=lambda name: _ORDER.index(documents[name][0].kind))
    for name in ordered:
        overlay, document = documents[name]
        for k, variant in overlay.matching(cell.name, names):
            cell = variant._applied(cell, k, document)
    return cell.with_({"overlays": tuple(ordered)})


def applicable_overlays(cell_name: str) -> list[tuple[str, ...]]:
    """Return every combination of overlays that applies to a cell, single ones first, without building anything.

    A combination holds at most one state, electrode, reading and ageing, and any alternatives; each of its members must
    have a variant that applies to the cell together with the others.
    """
    return [*_applicable(cell_name, tuple(Same(load_overlay(name)) for name in library.names("overlays")))]


@lru_cache(maxsize=64)
def _applicable(cell_name: str, known: tuple[Same, ...]) -> tuple[tuple[str, ...], ...]:
    """These combinations, of overlays as they are on disk: thousands are tried, and every experiment asks again."""
    overlays: list[Overlay] = [item.noun for item in known]
    by_kind = {kind: [item for item in overlays if item.kind == kind] for kind in _ORDER}
    alternatives = by_kind["alternative"]
    subsets = chain.from_iterable(combinations(alternatives, size) for size in range(len(alternatives) + 1))
    single = ([(), *((item,) for item in by_kind[kind])] for kind in _SINGLE)
    found = []
    for chosen, *others in product(subsets, *single):
        members = sorted((*chosen, *chain(*others)), key=lambda item: _ORDER.index(item.kind))
        together = [item.name for item in members]
        if members and all(item.matching(cell_name, together) for item in members):
            found.append(tuple(together))
    return tuple(sorted(found, key=len))
