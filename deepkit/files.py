"""Files that are whole or absent: a reader sees the old file or the new one, never half of it."""

from __future__ import annotations

import contextlib
import errno
import glob
import os
import platform
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from deepkit.errors import (
    BarredDataError,
    DataError,
    DeepkitError,
    ExistingDataError,
    MissingDataError,
    NoRoomError,
    UnreadyDataError,
    printable,
)


def reason(error: OSError) -> str:
    """The operating system's own words for `error`."""
    return error.strerror or str(error) or type(error).__name__


_BY_CAUSE: tuple[tuple[type[OSError], type[DataError]], ...] = (
    (FileNotFoundError, MissingDataError), (PermissionError, BarredDataError), (FileExistsError, ExistingDataError),
    (IsADirectoryError, UnreadyDataError), (NotADirectoryError, UnreadyDataError),
)
_BY_NUMBER = {
    errno.ENOTEMPTY: UnreadyDataError, errno.ENOSPC: NoRoomError, errno.EDQUOT: NoRoomError, errno.EMFILE: NoRoomError,
}


def refused(verb: str, path: Any, error: OSError, hint: str | None = None) -> DataError:
    """The error for what the operating system would not do, of the kind that its reason is (TensorFlow: error.cc).

    >>> refused("read", "notes.txt", FileNotFoundError(2, "No such file or directory")).error_code
    5
    """
    by_cause = next((kind for cause, kind in _BY_CAUSE if isinstance(error, cause)), DataError)
    return _BY_NUMBER.get(error.errno or 0, by_cause)(f"cannot {verb} {printable(path)}: {reason(error)}", hint=hint)


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """Open a temporary file beside `path`; when the block ends well it takes the name `path`.

    When the block ends badly, Ctrl-C included, the temporary file is gone and `path` is as it was. What a program left
    that was killed while it wrote `path` goes when `path` is written the next time. A file that cannot be written
    raises DataError.
    """
    remove_leftovers(path.parent, path.name)
    # "x" honours the umask, unlike tempfile's 0600: what one user fetches for a class, the class can read.
    temporary = path.with_name(f".{path.name}.{_machine()}-{os.getpid()}-{os.urandom(4).hex()}.part")
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

    The name says which process of which machine writes the file. That of another machine (the folder may be shared), or
    of an older deepkit, is left alone until it has not been written to for ten minutes.
    """
    for path in folder.glob(f".{glob.escape(prefix)}*.*-????????.part"):
        with contextlib.suppress(
            FileNotFoundError, PermissionError
        ):  # another program's, or one that tidies up as well
            if _abandoned(path):
                path.unlink()


def _abandoned(path: Path) -> bool:
    writer = re.search(r"\.([^.]*)-(\d+)-[0-9a-f]{8}\.part$", path.name)
    if writer and writer[1] == _machine() and os.name == "posix":  # elsewhere os.kill would end the process
        return not is_running(int(writer[2]))
    return time.time() - path.stat().st_mtime > 600


def is_running(process: int) -> bool:
    try:
        os.kill(process, 0)  # signal 0 only asks
    except ProcessLookupError:
        return False
    except PermissionError:
        return True  # somebody else's
    return True


def _machine() -> str:
    """This machine's name as part of a file's name."""
    return re.sub(r"[^A-Za-z0-9]", "_", platform.node())[:40]


def _cannot_write(path: Path, error: OSError) -> DataError:
    return refused("write", path, error, "check that the folder exists, is yours to write, and has space left")
