"""Where downloaded data lives: in $DEEPKIT_DATA, else in the user's cache; and is it what it should be?"""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path

import numpy as np

from deepkit.datasets.catalog import Entry, RemoteFile
from deepkit.datasets.idx import header, read_idx
from deepkit.errors import DataError
from deepkit.files import reason


def data_folders() -> list[Path]:
    """Folders that are searched, best first; a download goes to the first."""
    chosen = os.environ.get("DEEPKIT_DATA")
    return ([Path(chosen).expanduser()] if chosen else []) + [cache_folder()]


def cache_folder() -> Path:
    """deepkit's folder in the user's cache, by the custom of the operating system."""
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        chosen = os.environ.get("XDG_CACHE_HOME", "")  # the XDG rules ignore a relative path
        base = chosen if os.path.isabs(chosen) else Path.home() / ".cache"
    return Path(base) / "deepkit"


def spellings(file: RemoteFile) -> list[str]:
    """The names a file goes by: `train-images-idx3-ubyte` or `train-images.idx3-ubyte`, with .gz or without."""
    dashed = file.name.removesuffix(".gz")
    dotted = dashed.replace("-idx", ".idx")
    return [dashed + ".gz", dotted + ".gz", dashed, dotted]


def find_file(folder: Path, file: RemoteFile) -> Path | None:
    """The path of `file` in `folder` under any of its spellings, or None. DataError if the folder is barred."""
    try:
        names = os.listdir(folder)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise DataError(
            f"cannot look into {folder}: {reason(error)}", hint="set DEEPKIT_DATA to a folder that is yours to read"
        ) from error
    return next((folder / name for name in spellings(file) if name in names), None)


def present(folder: Path, entry: Entry) -> dict[str, Path]:
    """The files of `entry` that `folder` holds, by role."""
    found = {file.role: find_file(folder, file) for file in entry.files}
    return {role: path for role, path in found.items() if path}


def home_of(entry: Entry) -> Path:
    """The folder that holds most of `entry`'s files; where none has any, the one it would be downloaded to."""
    first, *others = (folder / entry.name for folder in data_folders())
    home, most = first, len(present(first, entry))
    for folder in others:
        try:
            count = len(present(folder, entry))
        except DataError:  # a home that is not ours, as in some containers, matters only if nothing else was named
            continue
        if count > most:
            home, most = folder, count
    return home


def locate(entry: Entry) -> dict[str, Path] | None:
    """The paths of a complete set by role, or None where there is nothing. DataError for half a set."""
    home = home_of(entry)
    found = present(home, entry)
    missing = [file.name for file in entry.files if file.role not in found]
    if not found:
        return None
    if missing:
        raise DataError(
            f"{entry.title} in {home} is incomplete: {', '.join(missing)} missing",
            hint=f"deepkit data fetch {entry.name}",
        )
    return found


def check(path: Path, file: RemoteFile) -> None:
    """Read `path`; DataError unless it holds exactly the numbers of `file`."""
    check_numbers(read_idx(path), path, file)


def check_numbers(numbers: np.ndarray, path: Path, file: RemoteFile) -> None:
    """DataError unless `numbers`, read from `path`, are exactly those of `file`."""
    if numbers.shape != file.shape or numbers.dtype != np.uint8 or digest(numbers) != file.contents_sha256:
        raise DataError(
            f"{path} is a sound IDX file, but not the one that belongs here",
            rule=f"uint8 {file.shape}, SHA-256 {file.contents_sha256[:12]}...; found {numbers.dtype} {numbers.shape}",
            hint="is it another data set? Move it away, then `deepkit data fetch`",
        )


def digest(numbers: np.ndarray) -> str:
    """SHA-256, hexadecimal, of the IDX file that holds the uint8 array `numbers`."""
    return hashlib.sha256(header(numbers) + numbers.tobytes()).hexdigest()
