"""The chapters of the course: where they are, what they are called, and how a name finds one."""

from __future__ import annotations

import difflib
import json
import re
from dataclasses import dataclass
from pathlib import Path

from deepkit import resources
from deepkit.errors import ArgumentError, DataError, printable

INDEX = "index"
_NUMBERED = r"(?:chapter|ch|c)?[-_ ]?(\d+)"


@dataclass(frozen=True)
class Chapter:
    """A notebook of the course, or one of the user's own (`root` is the folder that is run as a whole)."""

    path: Path
    root: Path

    @property
    def name(self) -> str:
        return self.path.stem

    @property
    def title(self) -> str:
        """The first heading of the notebook, or its name."""
        for cell in read_notebook(self.path)["cells"]:
            text = cell.get("source", "")
            heading = re.search(r"^#\s+(.+)$", text if isinstance(text, str) else "".join(text), re.MULTILINE)
            if cell.get("cell_type") == "markdown" and heading:
                return heading[1].strip()
        return self.name


def read_notebook(path: Path) -> dict:
    """The JSON of a notebook; DataError if it cannot be read or is not a notebook."""
    try:
        notebook = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(f"cannot read {printable(path)}: {error.strerror}") from error
    except ValueError as error:
        raise DataError(f"{printable(path)} is not a notebook: {error}", rule="a notebook is JSON in UTF-8") from error
    if not isinstance(notebook, dict) or not isinstance(notebook.get("cells"), list):
        raise DataError(f"{printable(path)} is not a notebook", rule="a notebook of format 4 holds a list 'cells'")
    return notebook


def course_folder() -> Path:
    """The folder of the course; DataError if the installation lacks it."""
    try:
        return resources.folder("course")
    except FileNotFoundError as error:
        raise DataError("the course is not part of this installation", hint="reinstall deepkit") from error


def chapters() -> list[Chapter]:
    """All chapters in the order of their names, the index page excepted."""
    root = course_folder()
    return [Chapter(path, root) for path in notebooks(root) if path.stem != INDEX]


def chapter_names() -> list[str]:
    """The names that `find_chapter` takes."""
    return [chapter.name for chapter in chapters()]


def notebooks(root: Path) -> list[Path]:
    """Every notebook below `root`, hidden folders (`.ipynb_checkpoints`) excepted."""
    found = root.rglob("*.ipynb")
    return sorted(p for p in found if not any(part.startswith(".") for part in p.relative_to(root).parts))


def find_chapter(name: str) -> Chapter:
    """The chapter called `name`, or having its number, or beginning with it; or the notebook at the path `name`.

    `ch5`, `c05` and `05` all mean the chapter with number 5. ArgumentError if no chapter fits, or several.
    """
    if name.endswith(".ipynb") or "/" in name or "\\" in name:
        return _notebook_at(Path(name))
    if name == INDEX:
        return Chapter(course_folder() / f"{INDEX}.ipynb", course_folder())
    candidates = _fitting(name.lower())
    for fits in candidates:
        if len(fits) == 1:
            return fits[0]
    several = next((fits for fits in candidates if fits), None)
    if several:
        raise ArgumentError(
            f"{name!r} could be {', '.join(c.name for c in several)}", hint="write more letters of the name"
        )
    raise _no_chapter(name)


def _fitting(wanted: str) -> list[list[Chapter]]:
    """The chapters of that name, of that number, and those whose names begin so."""
    known = chapters()
    number = _number(wanted) if re.fullmatch(_NUMBERED, wanted) else None
    return [
        [c for c in known if c.name.lower() == wanted],
        [c for c in known if number is not None and _number(c.name) == number],
        [c for c in known if c.name.lower().startswith(wanted)],
    ]


def _no_chapter(name: str) -> ArgumentError:
    names = [c.name for c in chapters()]
    near = difflib.get_close_matches(name.lower(), names, n=3, cutoff=0.3)
    numbered = sum(_number(n) is not None for n in names)
    return ArgumentError(
        f"there is no chapter {name!r}",
        rule=f"the nearest names are {', '.join(near)}" if near else f"the course has {numbered} chapters",
        hint=f"deepkit run {near[0]}" if near else "deepkit run --list shows all chapters",
    )


def _notebook_at(path: Path) -> Chapter:
    if not path.is_file():
        raise DataError(f"there is no notebook {printable(path)}", hint="deepkit run --list shows the chapters of the course")
    path = path.resolve()
    root = course_folder_of(path)
    return Chapter(path, root or path.parent)


def course_folder_of(path: Path) -> Path | None:
    """The course's folder if `path` is inside it."""
    try:
        root = resources.folder("course").resolve()
    except FileNotFoundError:
        return None
    return root if path.is_relative_to(root) else None


def _number(name: str) -> int | None:
    match = re.match(_NUMBERED, name.lower())
    return int(match[1]) if match else None
