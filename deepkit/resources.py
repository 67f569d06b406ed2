"""Where the files that travel with deepkit are: data, course and exercises, in a checkout and in a wheel."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def folder(name: str) -> Path:
    """Path of the embedded folder `name` ("data", "course" or "exercises").

    A wheel carries them inside the package as `_data`, `_course`, `_exercises`; a checkout has them
    beside the package.
    """
    for candidate in (_PACKAGE / f"_{name}", _PACKAGE.parent / name):
        if candidate.is_dir():
            return candidate
    raise FileNotFoundError(f"deepkit's folder {name!r} is missing from the installation; reinstall deepkit")
