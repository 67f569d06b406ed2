"""Files the grader writes are whole or absent; files it reads are bounded."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from deepkit.errors import GradingError


def write_whole(path: Path, text: str) -> None:
    """Write `text` (UTF-8) to `path` so that a reader sees the old file or the new one, never half of it."""
    try:
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    except OSError as error:
        raise GradingError(
            f"cannot write {path}: {error.strerror}", hint="name a folder that exists and is writable"
        ) from error
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException as error:
        Path(temporary).unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise GradingError(f"cannot write {path}: {error.strerror}", hint="is the disk full?") from error
        raise


def read_bounded(path: Path, most: int) -> bytes:
    """Read a regular file of at most `most` bytes; anything else is a GradingError that names it."""
    try:
        if not path.is_file():
            problem = (
                "is a folder" if path.is_dir() else "does not exist" if not path.exists() else "is no regular file"
            )
            raise GradingError(f"{path} {problem}", hint="give the path of a notebook, such as anna.ipynb")
        with path.open("rb") as file:
            content = file.read(most + 1)
    except OSError as error:
        raise GradingError(f"cannot read {path}: {error.strerror}") from error
    if len(content) > most:
        raise GradingError(
            f"{path} is larger than {most >> 20} MB",
            rule="a submission is text; large outputs do not belong in it",
            hint="clear the outputs (Kernel > Restart Kernel and Clear Outputs) and save",
        )
    return content
