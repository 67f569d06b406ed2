"""How Sphinx makes the web site of the stored notebooks, the guides beside this file and the reference: without a network."""

from __future__ import annotations

from typing import Any

from docutils import nodes

from deepkit.cli import version as deepkit_version
from deepkit.commands._formulas import mathml

project = "deepkit"
author = copyright = "the deepkit authors"
version = release = deepkit_version()
language = "en"
smartquotes = False

extensions = ["myst_nb"]
exclude_patterns = ["**/.ipynb_checkpoints"]
myst_enable_extensions = ["amsmath", "deflist", "dollarmath"]
myst_heading_anchors = 3
myst_heading_slug_func = "deepkit.commands.site.anchor"
nb_execution_mode = "off"
nb_merge_streams = True
nb_ipywidgets_js: dict[str, Any] = {}
nb_mime_priority_overrides = [("html", "text/html", 0), ("html", "image/svg+xml", 1), ("html", "text/markdown", 2)]
suppress_warnings = ["myst.header", "config.cache"]

html_theme = "furo"
html_title = "deepkit"
html_static_path = ["static"]
html_css_files = ["deepkit.css"]
html_js_files = ["search.js"]
html_copy_source = html_show_sourcelink = False
html_math_renderer = "mathml"
add_module_names = False
toc_object_entries = False
python_maximum_signature_line_length = 90


def _inline(writer: Any, node: nodes.math) -> None:
    writer.body.append(mathml(node.astext()))
    raise nodes.SkipNode


def _block(writer: Any, node: nodes.math_block) -> None:
    writer.body.append(f'<div class="formula">{mathml(node.astext(), block=True)}</div>')
    raise nodes.SkipNode


def setup(app: Any) -> None:
    """Formulas are MathML: browsers draw it and screen readers say it, without a script or a font from elsewhere."""
    app.add_html_math_renderer("mathml", (_inline, None), (_block, None))
