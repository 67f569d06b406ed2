"""Executing a notebook cell by cell in a fresh kernel of this very Python, and turning it into HTML."""

from __future__ import annotations

import copy
import html
import re
import sys
from pathlib import Path
from typing import Any, Protocol

from deepkit.commands._channel import patient_client
from deepkit.commands._chapters import read_notebook
from deepkit.commands._launch import child_environment
from deepkit.errors import DataError, DeepkitError

_EXCERPT_LINES = 15
_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
RAISES = "raises-exception"


class CellFailed(DeepkitError):
    """A cell that raised, did not raise although it should, took too long, or killed the kernel."""


class Reporter(Protocol):
    """Hears when a code cell starts and when it is done: its number from 1, how many there are, its source."""

    def start(self, number: int, total: int, source: str) -> None: ...

    def done(self, number: int, total: int, source: str) -> None: ...


class Quiet:
    """Tells nobody."""

    def start(self, number: int, total: int, source: str) -> None: ...

    def done(self, number: int, total: int, source: str) -> None: ...


def nbformat() -> Any:
    """The package `nbformat`, imported without the seconds that jsonschema spends on rules for international addresses.

    Where it finds the package of these rules, importing it works out a grammar; the schema of notebooks asks for none.
    """
    rules = "rfc3987_syntax"
    absent = rules not in sys.modules
    if absent:
        sys.modules[rules] = None  # type: ignore[assignment]
    try:
        import nbformat
    finally:
        if absent:
            del sys.modules[rules]
    return nbformat


def load(path: Path) -> Any:
    """The notebook at `path` as an nbformat object; DataError if it is not a notebook of format 4."""
    read_notebook(path)  # our own words for what is unreadable
    try:
        notebook = nbformat().read(path, as_version=4)
    except (ValueError, KeyError, AttributeError, TypeError) as error:  # nbformat's ways to say that it is invalid
        raise DataError(f"{path} is not a valid notebook: {str(error).splitlines()[0]}") from error
    for cell in notebook.cells:
        if cell.cell_type == "code":  # results of an earlier run must not pass for results of this one
            cell.outputs, cell.execution_count = [], None
    return notebook


def execute(notebook: Any, folder: Path, timeout: float, reporter: Reporter) -> None:
    """Run all cells in `folder` and keep their outputs in `notebook`; CellFailed at the first cell that fails.

    What counts is the kernel's reply to each cell, not its outputs: an error that a cell hides from its outputs
    fails, and so does a cell tagged `raises-exception` that raises nothing.
    """
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    def check(cell: Any, cell_index: int, execute_reply: Any) -> None:
        if RAISES in cell.metadata.get("tags", []) and execute_reply["content"]["status"] == "ok":
            raise CellFailed(
                _what("raised nothing"), where=_excerpt(cell.source), rule=f"a cell tagged {RAISES} must raise"
            )

    def _what(happened: str) -> str:
        return f"cell {number} of {len(numbered)} {happened}"

    client = NotebookClient(
        notebook, km=_kernel_manager(), timeout=timeout, on_cell_executed=check, record_timing=False,
        skip_cells_with_tag="",  # every cell runs
        extra_arguments=["--IPKernelApp.log_level=ERROR"],  # the kernel's warnings are for servers
    )
    numbered = [(i, cell) for i, cell in enumerate(notebook.cells) if cell.cell_type == "code" and cell.source.strip()]
    client.reset_execution_trackers()
    client.owns_km = True  # ends the kernel whichever way the block below is left
    with client.setup_kernel(cwd=str(folder), env=child_environment()):
        for number, (index, cell) in enumerate(numbered, start=1):
            reporter.start(number, len(numbered), cell.source)
            try:
                client.execute_cell(cell, index, execution_count=number)
            except CellExecutionError as error:
                message = f"{error.ename}: {_ANSI.sub('', error.evalue)}".replace("\n", "\n         ")
                raise CellFailed(_what(f"failed\n  {message}"), where=_excerpt(cell.source)) from error
            except KeyboardInterrupt:
                client.shutdown_kernel = "immediate"
                raise
            except CellTimeoutError as error:
                client.shutdown_kernel = "immediate"  # it is busy and would not hear a polite request
                raise CellFailed(
                    _what(f"took longer than {timeout:g} s"), where=_excerpt(cell.source), hint="a larger --timeout"
                ) from error
            except DeadKernelError as error:
                raise CellFailed(
                    _what("ended the kernel"), where=_excerpt(cell.source),
                    rule="os._exit(), a crash in compiled code, or no memory left end the whole process",
                ) from error
            reporter.done(number, len(numbered), cell.source)


_OFFLINE = """\
{%- extends "lab/index.html.j2" -%}
{%- block html_head_js_requirejs -%}{%- endblock -%}
{%- block html_head_js_mathjax -%}{%- endblock -%}
{%- block html_head_js_mermaidjs -%}{%- endblock -%}
{%- block jupyter_widgets -%}{%- endblock -%}
"""
"""nbconvert's page without the four scripts that it would load from a network."""


def to_html(notebook: Any, title: str, folder: Path) -> str:
    """The notebook with its outputs as one HTML page that needs no network: pictures and formulas are inside the page."""
    from nbconvert import HTMLExporter

    exporter = HTMLExporter(embed_images=True, raw_template=_OFFLINE)
    resources = {"metadata": {"name": title, "path": str(folder)}}
    return exporter.from_notebook_node(_with_formulas(described(notebook)), resources=resources)[0]


def described(notebook: Any) -> Any:
    """A copy of the notebook in which every picture among the results carries words for who cannot see it.

    They are the cell's metadata `{"deepkit": {"alt": ...}}` or, without these, the text stored beside the picture.
    """
    notebook = copy.deepcopy(notebook)
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if "image/png" in data and "text/html" not in data:
                words = cell.metadata.get("deepkit", {}).get("alt") or data.get("text/plain", "")
                data["text/html"] = _picture(data["image/png"], words, output.metadata.get("image/png", {}))
    return notebook


def _picture(content: str, words: str, size: dict[str, Any]) -> str:
    width = f' width="{size["width"]}"' if "width" in size else ""
    source = "data:image/png;base64," + content.replace("\n", "")
    return f'<img style="max-width:100%;height:auto"{width} alt="{html.escape(words, quote=True)}" src="{source}">'


def _with_formulas(notebook: Any) -> Any:
    """The same notebook; formulas in its texts and results as MathML."""
    from deepkit.commands._formulas import with_mathml

    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = with_mathml(cell.source)
        for output in cell.get("outputs", []):
            if "text/markdown" in output.get("data", {}):
                output.data["text/markdown"] = with_mathml("".join(output.data["text/markdown"]))
    return notebook


def _kernel_manager() -> Any:
    """A manager whose kernel is this Python, whichever kernels are installed and whatever the notebook names."""
    from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
    from jupyter_client.manager import AsyncKernelManager

    class ThisPython(KernelSpecManager):
        def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
            argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
            return KernelSpec(argv=argv, display_name="Python 3", language="python")

    return AsyncKernelManager(kernel_name="python3", kernel_spec_manager=ThisPython(), client_factory=patient_client())


def _excerpt(source: str) -> str:
    lines = source.rstrip().splitlines()
    if len(lines) > _EXCERPT_LINES:
        lines = [*lines[:_EXCERPT_LINES], f"... and {len(lines) - _EXCERPT_LINES} lines more"]
    return "the cell\n" + "\n".join(f"    | {line}" for line in lines)
