"""Makes the site of the documentation: ``python docs/make_site.py`` writes build/site/index.html.

Pages are docs/*.md and the repository's own (README, CONTRIBUTING, CHANGELOG), the API reference from the docstrings,
the notebooks with the figures that they made when they ran, and a gallery of these. No network is needed, for making
or for reading.
"""

from __future__ import annotations

import argparse
import base64
import os
import re
import shutil
import sys
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import nbformat
from make_reference import PACKAGES, SECTIONS
from nbclient import NotebookClient
from sphinx.cmd.build import build_main

import mgtwin as mt

HERE = Path(__file__).parent
ROOT = HERE.parent
REPOSITORY = "https://github.com/mgtwin/mgtwin/blob/main"
#: Pages of the repository itself, and their names on the site.
PAGES = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "SECURITY.md": "security.md",
}
#: The table of contents: caption -> pages, in reading order. A page of docs/ that is missing here stops the build.
CONTENTS = {
    "Start": ["install", "tutorial", "howto", "gallery"],
    "Use": ["files", "fitting", "studies", "twin", "explore", "materials", "readings", "reconcile", "cli"],
    "Notebooks": [],
    "Reference": ["reference", "api/index"],
    "Understand": ["theory", "derivatives", "performance"],
    "Take part": ["extend", "contributing", "release", "security", "changelog"],
}


def main() -> int:
    """Stage the pages, build them; the exit code of Sphinx, for which a warning is an error."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "build/site", help="folder of the site")
    parser.add_argument("--notebooks", type=Path, help="notebooks that have run already (tests/notebooks keeps them)")
    arguments = parser.parse_args()
    stage = arguments.out.with_name(arguments.out.name + "-source")
    shutil.rmtree(stage, ignore_errors=True)
    shutil.rmtree(arguments.out, ignore_errors=True)
    shutil.copytree(HERE / "site", stage)
    shutil.copytree(HERE / "figures", stage / "figures")
    stage_pages(stage)
    notebooks = Notebooks(stage / "notebooks", arguments.notebooks)
    notebooks.stage()
    api(stage / "api")
    (stage / "gallery.md").write_text(notebooks.gallery(), encoding="utf-8")
    with (stage / "index.md").open("a", encoding="utf-8") as index:
        index.write(contents(stage))
    code = build_main(["-q", "-W", "--keep-going", "-b", "html", str(stage), str(arguments.out)])
    broken = broken_links(arguments.out)
    for line in broken:
        print(line, file=sys.stderr)
    return code or int(bool(broken))


def contents(stage: Path) -> str:
    """The tree of all pages."""
    entries = {
        **CONTENTS,
        "Notebooks": sorted(f"notebooks/{path.stem}" for path in (stage / "notebooks").glob("*.ipynb")),
    }
    listed = {name for names in entries.values() for name in names}
    forgotten = {path.stem for path in stage.glob("*.md")} - listed - {"index"}
    if forgotten:
        raise SystemExit(f"docs/make_site.py has no place for {sorted(forgotten)}: name them in CONTENTS")
    trees = [
        "\n".join(
            [
                f"\n```{{toctree}}\n:caption: {caption}\n:hidden:\n",
                *(name for name in names if exists(stage, name)),
                "```\n",
            ]
        )
        for caption, names in entries.items()
    ]
    return "".join(trees)


def exists(stage: Path, name: str) -> bool:
    """Whether a page was staged; the gallery is written last."""
    return any((stage / f"{name}.{suffix}").exists() for suffix in ("md", "ipynb"))


def stage_pages(stage: Path) -> None:
    """Copy every page with its links turned, without the marks that only scripts read."""
    sources = {
        **{ROOT / name: target for name, target in PAGES.items()},
        **{path: path.name for path in HERE.glob("*.md")},
    }
    for source, target in sources.items():
        text = relinked(source.read_text(encoding="utf-8"), source)
        (stage / target).write_text(re.sub(r"<!--.*?-->\n?", "", text), encoding="utf-8")


def relinked(text: str, source: Path) -> str:
    """A page with its links as they are on the site; the repository's other files are linked where it lies."""
    return re.sub(r"(?<=\]\()([^)\s#]+)(?=[)#])", lambda found: relink(found.group(1), source), text)


def relink(target: str, source: Path) -> str:
    """Where a link leads on the site; one to a file that does not exist stops the build."""
    if re.match(r"[a-z]+:", target):
        return target
    path = (source.parent / target).resolve()
    if not path.exists():
        raise SystemExit(f"{source.relative_to(ROOT)} links to {target}, which does not exist")
    inside = path.relative_to(ROOT).as_posix()
    on_site = PAGES.get(inside, inside.removeprefix("docs/"))
    if inside not in PAGES and path.suffix not in (".md", ".ipynb", ".png"):
        return f"{REPOSITORY}/{inside}"
    return "../" + on_site if source.suffix == ".ipynb" else on_site


@dataclass(frozen=True)
class Notebooks:
    """The notebooks with what they showed when they ran."""

    folder: Path
    executed: Path | None

    def stage(self) -> None:
        """Copy those that have run, run the others; what needs files that are not here is shown as it is written."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for source in sorted((ROOT / "notebooks").glob("*.ipynb")):
            ready = self.executed / source.name if self.executed else source
            notebook = nbformat.read(ready if ready.exists() else source, as_version=4)
            needs = notebook.metadata.get("mgtwin", {}).get("needs")
            if not self.ran(notebook) and (not needs or needs in os.environ):
                os.environ.pop("MPLBACKEND", None)  # a kernel's own backend is the one that shows figures
                print(f"running {source.name}", flush=True)
                NotebookClient(notebook, timeout=600, kernel_name="python3").execute()
            kept = figures_of(nbformat.read(source, as_version=4))
            if len(figures_of(notebook)) < len(kept):
                raise SystemExit(
                    f"{source.name} showed {len(figures_of(notebook))} figures when it ran, not {len(kept)}"
                )
            for cell in notebook.cells:
                if cell.cell_type == "markdown":
                    cell.source = relinked(cell.source, source)
            nbformat.write(notebook, self.folder / source.name)

    @staticmethod
    def ran(notebook: nbformat.NotebookNode) -> bool:
        """Whether a notebook holds what its cells showed."""
        return any(cell.get("outputs") for cell in notebook.cells)

    def gallery(self) -> str:
        """A card for every figure, which leads to the notebook that made it."""
        pictures = self.folder.parent / "gallery"
        pictures.mkdir(exist_ok=True)
        cards = []
        for path in sorted(self.folder.glob("*.ipynb")):
            notebook = nbformat.read(path, as_version=4)
            title = next(line[2:] for line in notebook.cells[0].source.splitlines() if line.startswith("# "))
            for number, data in enumerate(figures_of(notebook)):
                picture = pictures / f"{path.stem}_{number}.png"
                picture.write_bytes(base64.b64decode(data))
                cards.append(
                    f":::{{grid-item-card}}\n:link: notebooks/{path.stem}\n:link-type: doc\n"
                    f":img-top: gallery/{picture.name}\n:img-alt: figure {number + 1} of {title}\n{title}\n:::"
                )
        return (
            "# Gallery\n\nEvery figure of the notebooks; each leads to the lines that made it.\n\n"
            "::::{grid} 1 1 2 2\n:gutter: 3\n\n" + "\n".join(cards) + "\n::::\n"
        )


def figures_of(notebook: nbformat.NotebookNode) -> list[str]:
    """Every figure that a notebook shows, as text of PNG."""
    outputs = [item for cell in notebook.cells for item in cell.get("outputs", [])]
    return [item.data["image/png"] for item in outputs if "image/png" in item.get("data", {})]


def api(folder: Path) -> None:
    """One page for each group of the public face, with the docstrings whole."""
    folder.mkdir()
    index = [
        "# API",
        "",
        "Everything public, from its docstrings; [Reference](../reference.md) is the same in tables.",
        "",
    ]
    shown: set[int] = set()  # what stands in two groups is described in the first
    groups = [(title, [("mgtwin", name) for name in names]) for title, _, names in SECTIONS]
    groups += [
        (f"mt.{package}", [(f"mgtwin.{package}", name) for name in getattr(mt, package).__all__])
        for package in PACKAGES
    ]
    tree = []
    for title, members in groups:
        slug = re.sub(r"\W+", "-", title.lower()).strip("-")
        lines = [f"# {title}", "", "```{eval-rst}"]
        for module, name in members:
            item = getattr(sys.modules[module], name)
            if id(item) in shown:
                continue
            shown.add(id(item))
            kind = (
                "autoexception"
                if isinstance(item, type) and issubclass(item, BaseException)
                else "autoclass"
                if isinstance(item, type)
                else "autofunction"
                if callable(item)
                else "autodata"
            )
            lines += [f".. {kind}:: {module}.{name}", *(["   :members:"] if name in ("Cell", "Fit") else []), ""]
        (folder / f"{slug}.md").write_text("\n".join([*lines, "```", ""]), encoding="utf-8")
        index.append(f"- [{title}]({slug}.md): " + ", ".join(f"`{name}`" for _, name in members))
        tree.append(slug)
    index += ["", "```{toctree}", ":hidden:", "", *tree, "```", ""]
    (folder / "index.md").write_text("\n".join(index), encoding="utf-8")


class Links(HTMLParser):
    """What a page points at inside the site, and the places in it that can be pointed at."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.targets: list[str] = []
        self.places: set[str] = set()
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Links, pictures, scripts and styles; ids."""
        for name, value in attrs:
            if name == "id" and value:
                self.places.add(value)
            if name in ("href", "src") and value and not re.match(r"[a-z]+:", value):
                self.targets.append(value)


def broken_links(site: Path) -> list[str]:
    """Links of the finished site that lead nowhere: to a missing page, picture or place in a page."""
    pages = {path: Links(path) for path in site.rglob("*.html")}
    broken = []
    for page, links in pages.items():
        for target in links.targets:
            name, _, place = target.partition("#")
            path = (page.parent / unquote(name.partition("?")[0])).resolve() if name else page
            found = path.exists() and (not place or path not in pages or unquote(place) in pages[path].places)
            if not found:
                broken.append(f"{page.relative_to(site)}: {target} leads nowhere")
    return broken


if __name__ == "__main__":
    sys.exit(main())
