"""Download a data set of the catalog: every file verified before it takes its name, nothing half-written."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from deepkit.datasets.catalog import Entry, RemoteFile, lookup
from deepkit.datasets.locate import check, data_folders, find_file, home_of
from deepkit.errors import ArgumentError, DataError, DownloadError
from deepkit.files import reason, whole_file

Progress = Callable[[str, int, int], None]  # name of the file, bytes so far, bytes in all
_CHUNK = 1 << 16


def fetch(name: str, *, base: str | None = None, progress: Progress | None = None, timeout: float = 30.0) -> Path:
    """Make sure that every file of `name` is on this machine and sound; return the folder.

    Sound files are left alone; missing and damaged ones are downloaded to `$DEEPKIT_DATA` or the user's cache.

    Args:
        name: of a data set, such as "mnist".
        base: fetch from this address (http, https, file) or local folder instead of the known mirrors.
        progress: called while a file arrives; what it raises, KeyboardInterrupt included, ends the download cleanly.
        timeout: seconds without an answer after which a mirror is given up.

    Raises:
        ArgumentError: unknown name, or an address of another kind.
        DownloadError: no mirror gave a good file, or too little space; it lists what each mirror said.
        DataError: the folder cannot be written.
    """
    entry = lookup(name)
    mirrors = [_as_base(base)] if base else list(entry.mirrors)
    home = home_of(entry)
    wanted = needed(home, entry)
    if not wanted:
        return home
    home = data_folders()[0] / entry.name  # never add to a folder that was only searched
    wanted = needed(home, entry)
    _prepare(home, sum(file.size for file in wanted))
    for file in wanted:
        source = _fetch_file(home / file.name, file, entry, mirrors, progress, timeout)
        mirrors.remove(source)
        mirrors.insert(0, source)  # what worked is asked first from now on
    return home


def needed(folder: Path, entry: Entry) -> list[RemoteFile]:
    """The files of `entry` that are missing in `folder` or damaged."""

    def sound(file: RemoteFile) -> bool:
        path = find_file(folder, file)
        if path is None:
            return False
        try:
            check(path, file)
        except DataError:
            return False
        return True

    return [file for file in entry.files if not sound(file)]


def _as_base(base: str) -> str:
    if Path(base).is_dir():
        base = Path(base).resolve().as_uri()
    if not base.lower().startswith(("http://", "https://", "file://")):
        raise ArgumentError(
            f"cannot download from {base!r}", rule="an http, https or file address, or a folder", hint="https://..."
        )
    return base.rstrip("/") + "/"


def _prepare(home: Path, size: int) -> None:
    try:
        home.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(home).free
    except OSError as error:
        raise DataError(
            f"cannot make the folder {home}: {reason(error)}",
            hint="set DEEPKIT_DATA to a folder that is yours to write",
        ) from error
    if free < size:
        raise DownloadError(
            f"{size / 1e6:.1f} MB are to be downloaded, but only {free / 1e6:.1f} MB are free",
            where=str(home),
            hint="make space, or set DEEPKIT_DATA to a folder on another disk",
        )


def _fetch_file(
    target: Path, file: RemoteFile, entry: Entry, mirrors: list[str], progress: Progress | None, timeout: float
) -> str:
    """Download one file to `target` from the first mirror that has it right; return that mirror."""
    failures = []
    for base in mirrors:
        try:
            with whole_file(target) as out:
                _download(base + file.name, file, out, progress, timeout)
            return base
        except DownloadError as error:
            failures.append(f"{base}: {error.what}")
    raise DownloadError(
        f"{file.name} of {entry.title} could not be downloaded",
        where="; ".join(failures),
        rule="a file is kept only if it has the catalog's size and SHA-256",
        hint=f"check the connection and try again, or name another place: "
        f"deepkit data fetch {entry.name} --from ADDRESS",
    )


def _download(url: str, file: RemoteFile, out: BinaryIO, progress: Progress | None, timeout: float) -> None:
    """Copy `url` to `out`, at most the expected size; DownloadError unless it is exactly `file`."""
    import http.client
    import urllib.error
    import urllib.request

    request = urllib.request.Request(url, headers={"User-Agent": "deepkit", "Accept-Encoding": "identity"})
    try:
        response = urllib.request.urlopen(request, timeout=timeout)
    except urllib.error.HTTPError as error:
        error.close()
        raise DownloadError(f"the server answered {error.code} {error.reason}") from error
    except urllib.error.URLError as error:
        why = reason(error.reason) if isinstance(error.reason, OSError) else str(error.reason)
        raise DownloadError(f"no connection ({why})") from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise DownloadError(f"no connection ({error or type(error).__name__})") from error

    digest, done = hashlib.sha256(), 0
    with response:
        announced = response.headers.get("Content-Length", "")
        total = int(announced) if announced.isdecimal() else file.size
        if total != file.size:
            raise DownloadError(f"the server offers {total:,} bytes instead of {file.size:,}")
        while True:
            try:
                chunk = response.read(min(_CHUNK, file.size + 1 - done))
            except (OSError, http.client.HTTPException) as error:
                raise DownloadError(f"cut off after {done:,} of {total:,} bytes ({error})") from error
            if not chunk:
                break
            out.write(chunk)
            digest.update(chunk)
            done += len(chunk)
            if done > file.size:
                raise DownloadError(f"the server sends more than {file.size:,} bytes")
            if progress:
                progress(file.name, done, total)
    if done < file.size:
        raise DownloadError(f"cut off after {done:,} of {total:,} bytes")
    if digest.hexdigest() != file.sha256:
        raise DownloadError(f"wrong contents: SHA-256 {digest.hexdigest()[:12]}... instead of {file.sha256[:12]}...")
