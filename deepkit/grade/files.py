"""Files that strangers handed in: read without being led elsewhere and within bounds, and named without surprises."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from deepkit.errors import GradingError, printable

_COMPANIONS = ("._", ".~", ".#")
"""How names begin that macOS, JupyterLab and editors give to what they keep beside a file."""


def read_bounded(path: Path, most: int, *, one_name: bool = False) -> bytes:
    """Read a regular file of at most `most` bytes; anything else is a GradingError that names it.

    A symbolic link is not followed: it may lead to our solutions, or to a neighbour's answers. So may a hard link, of which
    nobody can tell whose file it was: with `one_name` a file that has a second name is refused.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(handle, "rb") as file:
            status = os.fstat(handle)
            if not stat.S_ISREG(status.st_mode):
                raise _odd(path)
            if one_name and status.st_nlink > 1:
                raise GradingError(
                    f"{printable(path)} is one of {status.st_nlink} names of a file (a hard link)",
                    rule="a submission is a file of its own; the other name may be a neighbour's, or that of our solutions",
                    hint="find out whose it is (find FOLDER -samefile NOTEBOOK), and put a copy there",
                )
            content = file.read(most + 1)
    except OSError as error:
        plain = error.errno == errno.ENAMETOOLONG or (path.is_file() and not path.is_symlink())
        raise (_unreadable(path, error) if plain else _odd(path)) from error
    if len(content) > most:
        raise GradingError(
            f"{printable(path)} is larger than {most >> 20} MB",
            rule="a submission is text; large outputs do not belong in it",
            hint="clear the outputs (Kernel > Restart Kernel and Clear Outputs) and save",
        )
    return content


def notebooks_in(folder: Path, passed_over: list[Path] | None = None) -> Iterator[Path]:
    """Every notebook in a folder and the folders in it, in the order of their names; links to folders are not followed.

    Links to notebooks are named, too, so that they can be refused one by one, and so are folders that cannot be read.
    However deeply folders are nested, this goes through them. What programs keep beside somebody's files goes to
    `passed_over` instead: folders whose names begin with a dot, and notebooks whose names begin with ._, .~ or .#
    """
    waiting = [folder]
    while waiting:
        place = waiting.pop()
        try:
            notebooks, folders, others = _shown(place)
        except OSError:
            yield place
            continue
        yield from notebooks
        waiting += reversed(folders)
        if passed_over is not None:
            passed_over += others


def _shown(folder: Path) -> tuple[list[Path], list[Path], list[Path]]:
    """By name, the notebooks and the folders in a folder, and what is passed over; a link is no folder."""
    notebooks: list[Path] = []
    folders: list[Path] = []
    others: list[Path] = []
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        path = Path(entry.path)
        if entry.is_dir(follow_symlinks=False):
            (others if entry.name[0] == "." else folders).append(path)
        elif entry.name.lower().endswith(".ipynb"):
            (others if entry.name[:2] in _COMPANIONS else notebooks).append(path)
    return notebooks, folders, others


def is_utf8(path: Path) -> bool:
    """Whether a file's name is text; on disk it is bytes."""
    try:
        str(path).encode()
    except UnicodeEncodeError:
        return False
    return True


def _odd(path: Path) -> GradingError:
    if path.is_symlink():
        return GradingError(
            f"{printable(path)} is a symbolic link",
            rule="a submission is a file of its own; links are not followed", hint="put the notebook itself there",
        )
    problem = "is no regular file" if path.exists() else "does not exist"
    if path.is_dir():
        problem = "is a folder that cannot be read"
    return GradingError(f"{printable(path)} {problem}", hint="give the path of a notebook, such as anna.ipynb")


def _unreadable(path: Path, error: OSError) -> GradingError:
    return GradingError(f"cannot read {printable(path)}: {error.strerror}")
