"""Files that strangers handed in: read without being led elsewhere and within bounds, and named without surprises."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from deepkit.errors import GradingError, printable


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


def notebooks_in(folder: Path) -> Iterator[Path]:
    """Every notebook in a folder and the folders in it, in the order of their names; links to folders are not followed.

    Links to notebooks are named, too, so that they can be refused one by one, and so are folders that cannot be read.
    However deeply folders are nested, this goes through them.
    """
    waiting = [folder]
    while waiting:
        place = waiting.pop()
        try:
            notebooks, folders = _shown(place)
        except OSError:
            yield place
            continue
        yield from notebooks
        waiting += reversed(folders)


def _shown(folder: Path) -> tuple[list[Path], list[Path]]:
    """The notebooks and the folders in a folder, by name, without hidden ones; a link is no folder."""
    entries = sorted((entry for entry in os.scandir(folder) if entry.name[0] != "."), key=lambda entry: entry.name)
    folders = [entry for entry in entries if entry.is_dir(follow_symlinks=False)]
    notebooks = [Path(e.path) for e in entries if e.name.lower().endswith(".ipynb") and e not in folders]
    return notebooks, [Path(entry.path) for entry in folders]


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
