"""Files the grader reads are bounded: a submission cannot fill the memory."""

from __future__ import annotations

from pathlib import Path

from deepkit.errors import GradingError


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
