"""Unpacking of tar and zip archives from strangers: nothing is written outside the folder, and links are left out."""

from __future__ import annotations

import os
import shutil
import tarfile
import tempfile
import warnings
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import IO

from deepkit.errors import ArgumentError, DataError
from deepkit.files import reason

FORMATS = ("tar", "zip")
# What the two libraries raise for files that are not what they say (IndexError: a member without a name).
_DAMAGE = (
    tarfile.TarError, zipfile.BadZipFile, EOFError, zlib.error, ValueError, OverflowError, RuntimeError, IndexError,
)
_CHUNK = 1 << 20

Member = tuple[str, int, IO[bytes] | None]  # name, bytes, contents (None for a folder)


def unpack(path: str | Path, folder: str | Path, formats: str | list[str] | tuple[str, ...] = FORMATS) -> bool:
    """Unpack the archive `path` into `folder`; False if it is none of the `formats`.

    Everything is unpacked beside its place first: an archive that turns out to be damaged or hostile, or Ctrl-C,
    leaves `folder` as it was. Files of the same name are replaced.

    Raises:
        ArgumentError: an unknown format.
        DataError: a damaged archive, a name that leads outside `folder`, too little space, a folder that cannot be
            written.
    """
    path, folder = Path(path), Path(folder)
    formats = (formats,) if isinstance(formats, str) else tuple(formats)
    unknown = [name for name in formats if name not in FORMATS]
    if unknown:
        raise ArgumentError(f"archive_format {unknown[0]!r}", rule=f"one of {', '.join(FORMATS)}")
    try:
        for name, recognise, members in (("tar", tarfile.is_tarfile, _tar), ("zip", zipfile.is_zipfile, _zip)):
            if name in formats and recognise(path):
                _unpack_members(members(path), path, folder)
                return True
    except _DAMAGE as error:
        if isinstance(error, DataError):
            raise
        raise DataError(f"{path} is damaged: {error or type(error).__name__}", hint="download it again") from error
    except OSError as error:
        raise DataError(f"cannot unpack {path} into {folder}: {reason(error)}") from error
    return False


def _unpack_members(members: Iterable[Member], path: Path, folder: Path) -> None:
    """Writes the members beside their place, then moves them all there."""
    with tempfile.TemporaryDirectory(prefix=f".{path.name}.", suffix=".part", dir=folder) as temporary:
        for member, size, contents in members:
            _write(Path(temporary), member, size, contents, path)
        _move(Path(temporary), folder)


def _tar(path: Path) -> Iterator[Member]:
    with tarfile.open(path) as archive:
        for member in archive:
            if member.isdir():
                yield member.name, 0, None
            elif member.isfile() and not member.issparse():
                yield member.name, member.size, archive.extractfile(member)
            else:  # a link may lead anywhere, a device is none of ours, a sparse file grows out of nothing
                warnings.warn(f"{path.name}: {member.name} is no ordinary file and is left out", stacklevel=2)


def _zip(path: Path) -> Iterator[Member]:
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            if info.is_dir():
                yield info.filename, 0, None
            else:
                with archive.open(info) as contents:
                    yield info.filename, info.file_size, contents


def _write(root: Path, name: str, size: int, contents: IO[bytes] | None, archive: Path) -> None:
    """Write one member below `root`, at most `size` bytes of it."""
    parts = PurePosixPath(name.replace("\\", "/")).parts
    if not parts and contents is None:  # the folder "." itself
        return
    if not parts or parts[0] == "/" or ".." in parts or ":" in parts[0] or "\0" in name:
        raise DataError(
            f"{archive} holds a file called {name!r}, which leads outside the folder",
            rule="names in an archive are relative and never go up",
            hint="nothing was unpacked; do not trust this archive",
        )
    target = root.joinpath(*parts)
    if contents is None:
        target.mkdir(parents=True, exist_ok=True)
        return
    if size > shutil.disk_usage(root).free:
        raise DataError(f"{archive}: {name} has {size / 1e6:,.1f} MB, more than is free in {root.parent}")
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb") as out:
        left = size
        while left and (chunk := contents.read(min(left, _CHUNK))):
            out.write(chunk)
            left -= len(chunk)
        if left:
            raise DataError(f"{archive} ends inside {name}", hint="download it again")


def _move(root: Path, folder: Path) -> None:
    """Move every file below `root` to the same place below `folder`."""
    for base, _, files in os.walk(root):
        target = folder / Path(base).relative_to(root)
        target.mkdir(parents=True, exist_ok=True)
        for file in files:
            os.replace(Path(base) / file, target / file)
