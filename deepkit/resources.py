"""What travels with deepkit and how more of it comes: the folders data, course and exercises, and the extras."""

from __future__ import annotations

import shlex
from pathlib import Path

DISTRIBUTION = "deepkit-learn"
"""What the package index calls deepkit: the name `deepkit` is another project's there."""

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


def checkout() -> Path | None:
    """The folder of the checkout that this deepkit runs from, or None where it was installed from a wheel."""
    beside = _PACKAGE.parent
    return beside if (beside / "pyproject.toml").is_file() else None


def install(extra: str) -> str:
    """The command that installs an extra: beside this checkout, or from the package index."""
    here = checkout()
    if here is not None:
        return f'cd {shlex.quote(str(here))} && python3 -m pip install -e ".[{extra}]"'
    return f'python3 -m pip install "{DISTRIBUTION}[{extra}]"'
