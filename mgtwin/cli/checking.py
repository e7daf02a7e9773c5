"""``mgtwin check``: are the files of cells, overlays, experiments, protocols, materials and interfaces right?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from pydantic import TypeAdapter
from rich.text import Text

from .. import library, yamlfile
from ..errors import FileError, InputError, MgtwinError, did_you_mean
from ..kinds.electrode import ELECTRODES
from ..kinds.junction import JUNCTIONS
from ..kinds.materials import MATERIALS
from ..plain import is_mapping
from ..protocols import PROTOCOLS
from .console import FAILED, err, hint, out, print_error, print_warnings, shown_path

__all__ = ["Outcome", "check_file", "check_files", "kind_of"]

#: What a file describes whose key ``type`` names a kind of one of these families.
_TYPED: dict[str, tuple[Mapping[str, object], ...]] = {
    "protocol": (PROTOCOLS,),
    "material": (MATERIALS,),
    "interface": (ELECTRODES, JUNCTIONS),
}
#: What a file describes that has one of these keys.
_TELLING = {"variants": "overlay", "protocol": "experiment", "layers": "cell", "samples": "material"}


class Outcome(NamedTuple):
    """What became of one file: its kind, what is wrong with it, what is doubtful, and what is worth knowing.

    Attributes
    ----------
    path : Path
    kind : str
    problem : str
        ``""`` if nothing is wrong.
    warnings, notes : tuple of str
        Warnings are errors where a library is checked strictly; notes never are.
    """

    path: Path
    kind: str
    problem: str
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def fails(self, strict: bool) -> bool:
        """Whether the file is wrong, or (strictly) doubtful."""
        return bool(self.problem or (strict and self.warnings))


def check_files(files: Sequence[Path] = (), *, strict: bool = False) -> int:
    """Check files, the YAML files of folders, or everything in the library; print one line each, then all errors.

    Parameters
    ----------
    files : sequence of Path
    strict : bool
        Take warnings for errors.

    Returns
    -------
    int
        Exit code: 0, or 1 if a file is wrong.

    Raises
    ------
    InputError
        If there is nothing to check.
    """
    listed: list[Path] = [] if files else list(_library())
    for path in files:
        if path.is_dir():
            listed += sorted(item for item in path.rglob("*.y*ml") if item.suffix in (".yaml", ".yml"))
        elif path.exists() or path.suffix:
            listed.append(path)
        else:
            # Only what has no ending and is no file may be a name of the library: a misspelt path is reported as that.
            listed += [item for item in _library() if item.stem == str(path)] or [path]
    outcomes = []
    with err().status("checking ...") as status:
        for path in listed:
            status.update(f"checking {shown_path(path)} ...")
            outcomes.append(check_file(path))
    if not outcomes:
        raise InputError(f"nothing to check: there is no YAML file in {', '.join(map(str, files)) or 'the library'}.")
    console = out()
    width = max(len(outcome.kind) for outcome in outcomes)
    for outcome in outcomes:
        mark, style = ("wrong", "bold red") if outcome.fails(strict) else ("ok", "green")
        line = Text.assemble((f"{mark:<5}", style), f"  {outcome.kind:<{width}}  {shown_path(outcome.path)}")
        console.print(line, soft_wrap=True)
    for outcome in outcomes:
        print_warnings([f"{shown_path(outcome.path)}: {text}" for text in outcome.warnings])
        for text in outcome.notes if files else ():  # of the library they are no news
            hint(f"{shown_path(outcome.path)}: {text}")
    wrong = [outcome for outcome in outcomes if outcome.fails(strict)]
    for outcome in (outcome for outcome in wrong if outcome.problem):
        err().print()
        print_error(outcome.problem)
    total = f"{len(outcomes)} file{'' if len(outcomes) == 1 else 's'}"
    if not wrong:
        console.print(Text(f"{total}, no errors.", style="green"))
    elif len(outcomes) > 1:
        err().print(Text(f"\n{len(wrong)} of {total} with errors.", style="red"))
    return FAILED if wrong else 0


def _library() -> Iterator[Path]:
    for kind in library.KINDS:
        yield from (entry.path for entry in library.entries(kind))
    yield from (entry.path for entry in library.campaigns())


def check_file(path: Path) -> Outcome:
    """Read a file as what it is, and ask where its numbers come from.

    Overlays of the library are also applied to every cell that they name. A reference that no bibliography has is an
    error; so is a number of a parameter set beside a bibliography that does not say where it comes from. Elsewhere
    such numbers are only asked for.
    """
    from ..cells.doubts import doubts
    from ..cells.provenance import NEEDED, bibliographies, gaps, references, unknown_sources

    kind = library.KINDS.get(path.parent.name, "")
    try:
        document = yamlfile.load(path)
        kind = kind_of(document)
        part = _read(kind, document, path)
        for place, problem in unknown_sources(document, references(path)):
            raise document.error(problem, place)
        found = gaps(document) if kind in ("cell", "overlay", "material", "interface") else []
        # whoever keeps a bibliography means to say where numbers come from; a first cell of one's own is only reminded
        near = {path.absolute().parent, path.absolute().parent.parent}
        if found and any(bibliography.parent in near for bibliography in bibliographies(path)):
            more = f" ({len(found) - 1} more in this file)" if len(found) > 1 else ""
            raise document.error(f"this number does not say: {found[0].missing}{more}.", found[0].place)
        said = list(doubts(part, path))
    except FileError as error:
        return Outcome(path, kind or "file", str(error))
    except MgtwinError as error:
        return Outcome(path, kind or "file", f"{path}: {error}")
    warnings = [text for level, text in said if level == "warning"]
    if found:
        numbers = f"{len(found)} number{'s' if len(found) > 1 else ''} without full provenance"
        line, _ = document.position(found[0].place)
        warnings.append(f"{numbers}, the first in line {line}: give {', '.join(NEEDED)}, and std or range.")
    return Outcome(path, kind, "", tuple(warnings), tuple(text for level, text in said if level == "note"))


def kind_of(document: yamlfile.Document) -> str:
    """Return what a file describes: a cell, overlay, experiment, study, protocol, material or interface.

    Raises
    ------
    FileError
        If neither its folder nor its keys tell.
    """
    file = Path(document.name).absolute()
    if file.name == library.CAMPAIGN:
        return "campaign"
    if file.name == library.STATES:
        return "states"
    # The folder decides where there is one: a half-written file may not have the telling key yet.
    if file.parent.name in library.KINDS:
        return library.KINDS[file.parent.name]
    data = document.data if is_mapping(document.data) else {}
    # before experiments, for a study has the key protocol, too
    if "objectives" in data or "metrics" in data:
        return "study"
    for key, kind in _TELLING.items():
        if key in data:
            return kind
    # Asked of the families, so that a kind of one's own is known here, too.
    kinds = {name: kind for kind, families in _TYPED.items() for family in families for name in family}
    if data.get("type") in kinds:
        return kinds[str(data["type"])]
    if "type" in data:
        hint = did_you_mean(str(data["type"]), kinds)
        raise document.error(f"type {data['type']!r} is unknown: use one of {', '.join(kinds)}.{hint}", ("type",))
    raise document.error(
        "what this file describes cannot be told: a cell has the key layers, an overlay variants, an experiment "
        f"protocol, and anything else a type (one of {', '.join(kinds)})."
    )


def _read(kind: str, document: yamlfile.Document, path: Path) -> object:
    """The file as what it is; the part itself where it is a cell, material or interface."""
    from ..cells.files import cell, load_cell
    from ..cells.overlays import Overlay, applicable_overlays, load_overlay
    from ..cells.parts import part_adapter, resolve
    from ..cells.published import is_published, read_published
    from ..experiments import campaign, experiment, load_experiment
    from .protocolargs import protocol_of

    folder = next((folder for folder, name in library.KINDS.items() if name == kind), "")
    entries = library.entries(folder) if folder else ()
    data = document.data
    # A file need not repeat its name.
    named = document.with_data({"name": path.stem, **data}) if is_mapping(data) else document
    in_library = path.resolve() in [entry.path.resolve() for entry in entries]
    if kind == "campaign":
        campaign(path.parent)
    elif kind == "states":
        from ..reconciliation import read_states

        read_states(path)
    elif kind == "cell":
        return cell(path.stem) if in_library else load_cell(path)
    elif kind == "experiment":
        experiment(path.stem) if in_library else load_experiment(path)
    elif kind == "overlay":
        if not in_library:
            yamlfile.validate(named, TypeAdapter(Overlay), context={"file": True})
        # Applied to every cell that it names, alone or with what it needs.
        for cell_name in library.names("cells") if in_library else ():
            seen = set()
            for names in applicable_overlays(cell_name):
                variants = tuple(number for number, _ in load_overlay(path.stem).matching(cell_name, names))
                # sets of overlays that choose the same variants change the cell alike: each is tried once
                if path.stem in names and variants not in seen:
                    seen.add(variants)
                    cell(cell_name, *names)
    elif kind == "protocol":
        protocol_of(document)
    elif kind == "study":
        from .studyfile import read_optimisation, read_sweep

        read_optimisation(path) if "objectives" in document.data else read_sweep(path)
    elif is_published(data):
        return read_published(named)
    else:
        data = resolve(folder, named.data, named, ())
        return yamlfile.validate(named.with_data(data), part_adapter(folder), context={"file": True})
    return None
