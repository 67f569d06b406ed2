"""Files that are whole or absent: a reader sees the old file or the new one, never half of it."""

from __future__ import annotations

import contextlib
import glob
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from deepkit.errors import DataError, DeepkitError


def reason(error: OSError) -> str:
    """The operating system's own words for `error`."""
    return error.strerror or str(error) or type(error).__name__


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """Open a temporary file beside `path`; when the block ends well it takes the name `path`.

    When the block ends badly, Ctrl-C included, the temporary file is gone and `path` is as it was. A file that
    cannot be written raises DataError.
    """
    # "x" honours the umask, unlike tempfile's 0600: what one user fetches for a class, the class can read.
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{os.urandom(4).hex()}.part")
    try:
        file = open(temporary, "xb")  # noqa: SIM115 - closed below, before it is renamed or removed
    except OSError as error:
        raise _cannot_write(path, error) from error
    try:
        with file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
        _sync_folder(path.parent)
    except BaseException as error:
        temporary.unlink(missing_ok=True)
        if isinstance(error, OSError) and not isinstance(error, DeepkitError):
            raise _cannot_write(path, error) from error
        raise


def write_whole(path: Path, text: str) -> None:
    """Write `text` as UTF-8 to `path`, whole or not at all."""
    with whole_file(path) as file:
        file.write(text.encode())


def _sync_folder(folder: Path) -> None:
    """Puts the folder itself on the disk, so that the new name outlasts a power failure, too."""
    if os.name == "posix":  # elsewhere a folder cannot be opened
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def remove_leftovers(folder: Path, prefix: str) -> None:
    """Delete the temporary files of `whole_file` whose program was killed: those for names that begin with `prefix`.

    Only those that have not been written to for ten minutes: the folder may be shared with another machine.
    """
    for path in folder.glob(f".{glob.escape(prefix)}*.*-????????.part"):
        with contextlib.suppress(FileNotFoundError):  # another program may tidy up at the same time
            if time.time() - path.stat().st_mtime > 600:
                path.unlink()


def _cannot_write(path: Path, error: OSError) -> DataError:
    return DataError(
        f"cannot write {path}: {reason(error)}",
        hint="check that the folder exists, is yours to write, and has space left",
    )
