"""Where downloaded data lives: in $DEEPKIT_DATA, else in the user's cache; and is it what it should be?"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np

from deepkit.datasets.contents import AGAIN, read_contents, read_raw, sha256
from deepkit.datasets.entry import Entry, RemoteFile
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
    """The names a file goes by: with .gz or without, and `train-images.idx3-ubyte` for `train-images-idx3-ubyte`."""
    if not file.shape and not file.contents_sha256:  # an archive is known as a whole only
        return [file.name]
    plain = file.name.removesuffix(".gz")
    dotted = plain.replace("-idx", ".idx")
    names = [plain + ".gz", dotted + ".gz", plain, dotted]
    return list(dict.fromkeys([file.name, *names]))


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
    """The files of `entry` that `folder` holds, by role: of the first form that is complete, else of the fullest."""
    best: dict[str, Path] = {}
    for form in entry.forms:
        paths = {file.role: find_file(folder, file) for file in form}
        found = {role: path for role, path in paths.items() if path}
        if len(found) == len(form):
            return found
        if len(found) > len(best):
            best = found
    return best


def form_of(found: dict[str, Path], entry: Entry) -> tuple[RemoteFile, ...]:
    """The form of the data that the files `found` belong to; the one to download where there are none."""
    return max(entry.forms, key=lambda form: sum(file.role in found for file in form))


def home_of(entry: Entry) -> Path:
    """The folder that holds most of `entry`'s files; where none has any, the one it would be downloaded to."""
    first, *others = (folder / entry.name for folder in data_folders())
    home, most = first, _share(present(first, entry), entry)
    for folder in others:
        try:
            share = _share(present(folder, entry), entry)
        except DataError:  # a home that is not ours, as in some containers, matters only if nothing else was named
            continue
        if share > most:
            home, most = folder, share
    return home


def _share(found: dict[str, Path], entry: Entry) -> float:
    """How much of a form is there: 0 nothing, 1 all of it."""
    return len(found) / len(form_of(found, entry))


def locate(entry: Entry) -> dict[str, Path] | None:
    """The paths of a complete set by role, or None where there is nothing. DataError for half a set."""
    home = home_of(entry)
    found = present(home, entry)
    missing = [file.name for file in form_of(found, entry) if file.role not in found]
    if not found:
        return None
    if missing:
        raise DataError(
            f"{entry.title} in {home} is incomplete: {', '.join(missing)} missing",
            hint=f"deepkit data fetch {entry.name}",
        )
    return found


def require(entry: Entry, instead: str = "") -> dict[str, Path]:
    """The paths of a complete set by role; DataError that says what to do where it is absent or incomplete.

    `instead` is what else there is to load, as a clause of the hint.
    """
    found = locate(entry)
    if found is None:
        raise absent(entry, instead)
    return found


def absent(entry: Entry, instead: str = "") -> DataError:
    """The error that says where `entry` was looked for and how to get it."""
    names = " and ".join(file.name for file in entry.files)
    copy = f"copy {names if len(entry.files) < 3 else f'its {len(entry.files)} files'} there"
    ways = [f"`deepkit data fetch {entry.name}`, or {copy}" if entry.can_be_fetched else copy, instead]
    return DataError(
        f"{entry.title} is not on this machine",
        where="looked in " + ", ".join(str(folder / entry.name) for folder in data_folders()),
        hint="; ".join(way for way in ways if way),
    )


def contents_of(paths: dict[str, Path], entry: Entry, role: str) -> bytes:
    """The verified contents of one file, uncompressed; an archive as it lies on the disk."""
    file = next(file for form in entry.forms for file in form if file.role == role)
    return verified(paths[role], file)


def check(path: Path, file: RemoteFile) -> None:
    """Read `path`; DataError unless it holds exactly what `file` should."""
    if file.shape:
        check_numbers(read_idx(path), path, file)
    else:
        verified(path, file)


def verified(path: Path, file: RemoteFile) -> bytes:
    """The contents of `path`, which is no IDX file; DataError unless they have the SHA-256 of `file`."""
    if file.contents_sha256:
        found, wanted = read_contents(path, file.contents_size), file.contents_sha256
    else:
        found, wanted = read_raw(path, file.size), file.sha256
    if sha256(found) != wanted:
        raise DataError(
            f"{path} is damaged, or another file of the same name",
            rule=f"SHA-256 {wanted[:12]}...; found {len(found):,} bytes of SHA-256 {sha256(found)[:12]}...", hint=AGAIN,
        )
    return found


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
    return sha256(header(numbers) + numbers.tobytes())
