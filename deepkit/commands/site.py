"""`deepkit site`: the course, the reference and the guides as a web site that can be read and searched without a network."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from deepkit import resources
from deepkit.commands._launch import require
from deepkit.errors import ArgumentError, DeepkitError
from deepkit.files import reason

DESCRIPTION = "Write the course, the reference of all names and the guides as a web site."
EXAMPLES = {
    "deepkit site": "writes the site to ./deepkit-site; open its index.html",
    "deepkit site --out public/course": "... to another folder",
}
NOTES = """
The chapters come with the results that are stored in them: nothing is run. Formulas, fonts, search and pictures are
files of the site, so that it works from a memory stick as well as from a server. A folder is only written over if it
holds a site that this command made.
"""
_MARK = ".buildinfo"  # Sphinx leaves it in every site it makes


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `site`."""
    parser.add_argument(
        "--out", type=Path, default=Path("deepkit-site"), metavar="DIR", help="the site's folder (default: deepkit-site)"
    )


def run(args: argparse.Namespace) -> int:
    """Make the site and return the exit code."""
    for library in ("sphinx", "myst_nb", "furo", "latex2mathml"):
        require(library, "writing the web site", "site")
    out: Path = args.out
    if out.exists() and not (out / _MARK).is_file() and not (out.is_dir() and not any(out.iterdir())):
        raise ArgumentError(f"{out} holds something else than a site", hint="choose a new folder with --out")
    _check_writable(out)
    start = time.perf_counter()
    print("writing the pages ...", flush=True)
    with tempfile.TemporaryDirectory(prefix="deepkit-site-", ignore_cleanup_errors=True) as temporary:
        pages, made = Path(temporary) / "pages", Path(temporary) / "site"
        count = stage(pages)
        print(f"building {count} pages ...", flush=True)
        build(pages, made)
        _put(made, out)
    print(f"the site was made in {time.perf_counter() - start:.0f} s: {out / 'index.html'}")
    return 0


def stage(folder: Path) -> int:
    """Gathers in `folder` what the site is made from, and counts its pages: guides, notebooks, pictures, reference."""
    from deepkit.commands._reference import pages

    course = resources.folder("course")
    shutil.copytree(course / "site", folder)
    shutil.copytree(course / "figures", folder / "course" / "figures")
    for room, path in _notebooks(course):
        _write(folder / room / path.name, _prepared(path))
    for page in pages():
        _write(folder / "reference" / f"{page.file}.rst", page.text)
    return sum(path.suffix in (".md", ".rst", ".ipynb") for path in folder.rglob("*"))


def build(pages: Path, out: Path) -> None:
    """Runs Sphinx; DeepkitError with what it says where it finds something wrong."""
    from sphinx.cmd.build import build_main

    said = pages.parent / "warnings.txt"
    code = build_main(["-q", "-b", "html", "-w", str(said), "-d", str(pages.parent / "trees"), str(pages), str(out)])
    found = said.read_text(encoding="utf-8").replace(str(pages), "").strip() if said.exists() else ""
    if code or found:
        print(found, file=sys.stderr)
        raise DeepkitError("the site has faults, listed above", hint="mend the pages they name, then run it again")


def anchor(heading: str) -> str:
    """What links within a notebook call a heading: JupyterLab only writes hyphens for blanks."""
    return heading.replace(" ", "-")


def _notebooks(course: Path) -> Iterator[tuple[str, Path]]:
    for room, folder in (("course", course), ("exercises", resources.folder("exercises"))):
        for path in sorted(folder.glob("*.ipynb")):
            yield room, path


def _prepared(path: Path) -> str:
    """A stored notebook with words beside every picture; what is to be guessed first is folded away."""
    from deepkit.commands._notebook import described, nbformat

    notebook = described(nbformat().read(path, as_version=4))
    for cell in notebook.cells:
        if cell.metadata.get("jupyter", {}).get("outputs_hidden"):
            cell.metadata.setdefault("tags", []).append("hide-output")
    return nbformat().writes(notebook)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _check_writable(out: Path) -> None:
    """ArgumentError if no folder can be made there: better now than after a minute of work."""
    place = next(folder for folder in out.absolute().parents if folder.exists())
    try:
        tempfile.TemporaryDirectory(dir=place).cleanup()
    except OSError as error:
        raise _not_written(out, error) from error


def _not_written(out: Path, error: OSError) -> ArgumentError:
    return ArgumentError(f"cannot write {out}: {reason(error)}", hint="choose another folder with --out")


def _put(made: Path, out: Path) -> None:
    """The finished site in its place; an earlier one goes only when the new one lies beside it."""
    beside = out.with_name(f".{out.name}.new")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(beside, ignore_errors=True)
        shutil.copytree(made, beside)
        if out.exists():
            shutil.rmtree(out)
        beside.rename(out)
    except OSError as error:
        raise _not_written(out, error) from error
