"""`tf.gfile`: files and folders of this machine under the names of TensorFlow's file system."""

from __future__ import annotations

import glob as _glob
import os
import shutil
from collections.abc import Iterator
from typing import IO, Any

from deepkit.errors import DataError, ExistingDataError
from deepkit.files import refused

__all__ = [
    "Copy", "DeleteRecursively", "Exists", "FastGFile", "GFile", "Glob", "IsDirectory", "ListDirectory", "MakeDirs",
    "MkDir", "Open", "Remove", "Rename", "Stat", "Walk",
]


class GFile:
    """A file that is opened when it is first used; `with`, iteration and the methods of a Python file work.

    Raises:
        DataError: the file is not there, or cannot be read or written.
    """

    def __init__(self, name: str, mode: str = "r"):
        self.name, self.mode = os.fsdecode(name), mode
        self._file: IO[Any] | None = None

    def _open(self) -> IO[Any]:
        if self._file is None:
            binary = "b" in self.mode
            try:
                self._file = open(self.name, self.mode, encoding=None if binary else "utf-8")  # noqa: SIM115
            except OSError as error:
                raise _failed("open", self.name, error) from error
        return self._file

    def read(self, n: int = -1) -> Any:
        """The next n characters (bytes in mode "rb"), or all that is left."""
        return self._open().read(n)

    def write(self, file_content: Any) -> None:
        """Append to what was written."""
        self._open().write(file_content)

    def readline(self) -> Any:
        """The next line."""
        return self._open().readline()

    def readlines(self) -> list[Any]:
        """All lines that are left."""
        return self._open().readlines()

    def seek(self, offset: int, whence: int = 0) -> None:
        """Go to a position."""
        self._open().seek(offset, whence)

    def tell(self) -> int:
        """The position."""
        return self._open().tell()

    def size(self) -> int:
        """Bytes in the file."""
        return Stat(self.name).st_size

    def flush(self) -> None:
        """Hand what was written to the operating system."""
        self._open().flush()

    def close(self) -> None:
        """Close the file; in a writing mode it exists from now on, even if empty."""
        if self._file is None and self.mode[0] in "wa":
            self._open()
        if self._file is not None:
            self._file.close()
            self._file = None

    def __iter__(self) -> Iterator[Any]:
        return iter(self._open())

    def __enter__(self) -> GFile:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


FastGFile = Open = GFile


def Exists(filename: str) -> bool:
    """True if there is a file or folder of this name."""
    return os.path.exists(filename)


def IsDirectory(dirname: str) -> bool:
    """True if there is a folder of this name."""
    return os.path.isdir(dirname)


def ListDirectory(dirname: str) -> list[str]:
    """The names in a folder, sorted."""
    try:
        return sorted(os.listdir(os.fsdecode(dirname)))
    except OSError as error:
        raise _failed("list", dirname, error) from error


def Glob(filename: str) -> list[str]:
    """The files whose names fit the pattern, sorted."""
    return sorted(_glob.glob(os.fsdecode(filename)))


def Walk(top: str, in_order: bool = True) -> Iterator[tuple[str, list[str], list[str]]]:
    """(folder, folders in it, files in it) of `top` and everything below."""
    return os.walk(top, topdown=in_order)


def Stat(filename: str) -> os.stat_result:
    """Size and times of a file."""
    try:
        return os.stat(filename)
    except OSError as error:
        raise _failed("look at", filename, error) from error


def MakeDirs(dirname: str) -> None:
    """Make a folder and those above it; one that exists is fine."""
    try:
        os.makedirs(dirname, exist_ok=True)
    except OSError as error:
        raise _failed("make", dirname, error) from error


def MkDir(dirname: str) -> None:
    """Make one folder."""
    try:
        os.mkdir(dirname)
    except OSError as error:
        raise _failed("make", dirname, error) from error


def Remove(filename: str) -> None:
    """Delete a file."""
    try:
        os.remove(filename)
    except OSError as error:
        raise _failed("delete", filename, error) from error


def DeleteRecursively(dirname: str) -> None:
    """Delete a folder and all that is in it."""
    try:
        shutil.rmtree(dirname)
    except OSError as error:
        raise _failed("delete", dirname, error) from error


def Copy(oldpath: str, newpath: str, overwrite: bool = False) -> None:
    """Copy a file."""
    _free(newpath, overwrite)
    try:
        shutil.copyfile(oldpath, newpath)
    except OSError as error:
        raise _failed("copy", oldpath, error) from error


def Rename(oldname: str, newname: str, overwrite: bool = False) -> None:
    """Give a file or folder another name."""
    _free(newname, overwrite)
    try:
        os.replace(oldname, newname)
    except OSError as error:
        raise _failed("rename", oldname, error) from error


def _free(path: str, overwrite: bool) -> None:
    if not overwrite and os.path.exists(path):
        raise ExistingDataError(f"{path} exists", hint="overwrite=True")


def _failed(verb: str, path: str, error: OSError) -> DataError:
    return refused(verb, path, error)
