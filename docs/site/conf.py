"""Settings of the site (Sphinx): everything that a page needs lies beside it, so that it reads without a network."""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from latex2mathml.converter import convert
from sphinx.application import Sphinx

import mgtwin

project = "mgtwin"
author = "The mgtwin founders"
copyright = f"{author}, BSD-3-Clause"
version = release = mgtwin.__version__

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
    "sphinx_design",
]
myst_enable_extensions = ["dollarmath", "colon_fence"]
myst_heading_anchors = 4
nb_execution_mode = "off"  # they come executed: tests/notebooks runs them and holds their assertions
nb_render_markdown_format = "myst"
autodoc_typehints = "none"  # the docstrings say types with their units
autodoc_member_order = "bysource"
napoleon_use_rtype = False
napoleon_preprocess_types = False
html_math_renderer = "mathml"
suppress_warnings = ["myst.header"]

html_theme = "furo"
html_title = "mgtwin"
html_copy_source = False
html_show_sourcelink = False
html_static_path = ["_static"]
html_css_files = ["site.css"]


def mathml(text: str, display: str) -> str:
    """An equation as MathML, which browsers draw by themselves; its number (``\\tag``) stands beside it.

    Errors of the converter stop the build.
    """
    number = re.search(r"\\tag\{([^}]*)\}", text)
    equation = convert(re.sub(r"\\tag\{[^}]*\}", "", text).strip(), display=display)
    # words as subscripts (ion, eon, amb) are upright, and one piece for the browser
    equation = re.sub(
        r"<mrow>((?:<mi>[A-Za-z]</mi>){2,})</mrow></msub>",
        lambda word: f"<mi>{re.sub('<[^>]*>', '', word.group(1))}</mi></msub>",
        equation,
    )
    return equation + (f'<span class="eqno">({number.group(1)})</span>' if number else "")


def visit_math(self: Any, node: nodes.math) -> None:
    """Within a line."""
    self.body.append(f'<span class="math">{mathml(node.astext(), "inline")}</span>')
    raise nodes.SkipNode


def visit_display(self: Any, node: nodes.math_block) -> None:
    """On a line of its own."""
    self.body.append(self.starttag(node, "div", CLASS="math") + mathml(node.astext(), "block") + "</div>\n")
    raise nodes.SkipNode


def linked(app: Sphinx, what: str, name: str, item: Any, options: Any, lines: list[str]) -> None:
    """Docstrings cite sections of the theory: the words become a link to its page."""
    lines[:] = [
        re.sub(r"``?theory\.md``? ?(?=§)|theory\.md (?=§)", "`theory <../theory.html>`__ ", line) for line in lines
    ]


def setup(app: Sphinx) -> dict[str, bool]:
    """Tell Sphinx of the two functions above."""
    app.add_html_math_renderer("mathml", (visit_math, None), (visit_display, None))
    app.connect("autodoc-process-docstring", linked)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
