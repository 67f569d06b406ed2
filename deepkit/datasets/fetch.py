"""Download a data set of the catalog: every file verified before it takes its name, nothing half-written."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from deepkit.datasets.catalog import lookup
from deepkit.datasets.entry import Entry, RemoteFile
from deepkit.datasets.locate import check, data_folders, find_file, home_of
from deepkit.errors import ArgumentError, DataError, DownloadError
from deepkit.files import reason, whole_file

Progress = Callable[[str, int, int], None]  # name of the file, bytes so far, bytes in all
_CHUNK = 1 << 16
_NAMES = {"sha256": "SHA-256", "md5": "MD5"}


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
    if any(not needed(home, form) for form in entry.forms):
        return home
    if not base and not entry.can_be_fetched:
        raise DownloadError(
            f"no address is known for {entry.title}",
            hint=f"copy {' and '.join(file.name for file in entry.files)} into {home}, or name a place: "
            f"deepkit data fetch {entry.name} --from ADDRESS",
        )
    home = data_folders()[0] / entry.name  # never add to a folder that was only searched
    wanted = needed(home, entry.files)
    _prepare(home, sum(file.size for file in wanted))
    for file in wanted:
        others = () if base else file.addresses
        source = _fetch_file(home / file.name, file, entry, mirrors, others, progress, timeout)
        if source in mirrors:  # what worked is asked first from now on
            mirrors.remove(source)
            mirrors.insert(0, source)
    return home


def needed(folder: Path, files: Iterable[RemoteFile]) -> list[RemoteFile]:
    """Those of `files` that are missing in `folder` or damaged."""

    def sound(file: RemoteFile) -> bool:
        path = find_file(folder, file)
        if path is None:
            return False
        try:
            check(path, file)
        except DataError:
            return False
        return True

    return [file for file in files if not sound(file)]


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
            f"{size / 1e6:.1f} MB are to be downloaded, but only {free / 1e6:.1f} MB are free", where=str(home),
            hint="make space, or set DEEPKIT_DATA to a folder on another disk",
        )


def _fetch_file(
    target: Path, file: RemoteFile, entry: Entry, mirrors: list[str], addresses: tuple[str, ...],
    progress: Progress | None, timeout: float,
) -> str:
    """Download one file to `target` from the first place that has it right; return that mirror or address."""
    failures = []
    for source in [*mirrors, *addresses]:
        url = source + file.name if source in mirrors else source
        try:
            with whole_file(target) as out:
                _download(url, file, out, progress, timeout)
            return source
        except DownloadError as error:
            failures.append(f"{source}: {error.what}")
    raise DownloadError(
        f"{file.name} of {entry.title} could not be downloaded",
        where="; ".join(failures),
        rule="a file is kept only if it has the catalog's size and SHA-256",
        hint=f"check the connection and try again, or name another place: "
        f"deepkit data fetch {entry.name} --from ADDRESS",
    )


def _download(url: str, file: RemoteFile, out: BinaryIO, progress: Progress | None, timeout: float) -> None:
    def report(done: int, total: int | None) -> None:
        if progress:
            progress(file.name, done, total or file.size)

    download(url, out, size=file.size, digest=file.sha256, progress=report, timeout=timeout)


def download(
    url: str, out: BinaryIO, *, size: int | None = None, digest: str | None = None, algorithm: str = "sha256",
    progress: Callable[[int, int | None], None] | None = None, timeout: float = 30.0,
) -> None:
    """Copy what is at `url` (http, https or file) to `out`.

    Args:
        url: the complete address.
        out: an open binary file; `deepkit.files.whole_file` makes one that vanishes when the download fails.
        size: bytes that are expected; never more are read.
        digest: hexadecimal checksum that is expected, by `algorithm`, a name that hashlib knows.
        progress: called with the bytes so far and, where known, in all.
        timeout: seconds without an answer.

    Raises:
        DownloadError: no connection, a refusal, a download cut off, or other contents than expected.
    """
    checksum, done = hashlib.new(algorithm), 0
    with _opened(url, timeout) as response:
        announced = response.headers.get("Content-Length", "")
        total = int(announced) if announced.isdecimal() else size
        if size is not None and total != size:
            raise DownloadError(f"the server offers {total:,} bytes instead of {size:,}")
        for chunk in _chunks(response, size, total):
            out.write(chunk)
            checksum.update(chunk)
            done += len(chunk)
            if progress:
                progress(done, total)
    found = checksum.hexdigest()
    if digest is not None and found != digest.lower():
        raise DownloadError(
            f"wrong contents: {_NAMES.get(algorithm, algorithm)} {found[:12]}... instead of {digest[:12]}..."
        )


def _opened(url: str, timeout: float) -> Any:
    """The answer to a request for `url`."""
    import http.client
    import urllib.error
    import urllib.request

    try:
        request = urllib.request.Request(url, headers={"User-Agent": "deepkit", "Accept-Encoding": "identity"})
        return urllib.request.urlopen(request, timeout=timeout)
    except urllib.error.HTTPError as error:
        error.close()
        raise DownloadError(f"the server answered {error.code} {error.reason}") from error
    except urllib.error.URLError as error:
        why = reason(error.reason) if isinstance(error.reason, OSError) else str(error.reason)
        raise DownloadError(f"no connection ({why})") from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise DownloadError(f"no connection ({error or type(error).__name__})") from error


def _chunks(response: Any, size: int | None, total: int | None) -> Iterator[bytes]:
    """What arrives, piece by piece: never more than `size` bytes, and all of the `total` that was announced."""
    import http.client

    done = 0
    while True:
        try:
            chunk = response.read(_CHUNK if size is None else min(_CHUNK, size + 1 - done))
        except (OSError, http.client.HTTPException) as error:
            raise DownloadError(f"cut off after {done:,} bytes{_of(total)} ({error})") from error
        done += len(chunk)
        if size is not None and done > size:
            raise DownloadError(f"the server sends more than {size:,} bytes")
        if not chunk:
            break
        yield chunk
    if total is not None and done < total:
        raise DownloadError(f"cut off after {done:,} bytes{_of(total)}")


def _of(total: int | None) -> str:
    return "" if total is None else f" of {total:,}"
