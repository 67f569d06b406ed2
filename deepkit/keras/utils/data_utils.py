"""Data that arrives in batches or from elsewhere: Sequence, its readers with threads, and checked downloads."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from deepkit.errors import ArgumentError, DataError, DownloadError, check_choice
from deepkit.keras.utils.enqueuers import GeneratorEnqueuer, OrderedEnqueuer, SequenceEnqueuer

__all__ = ["GeneratorEnqueuer", "OrderedEnqueuer", "Sequence", "SequenceEnqueuer", "get_file", "validate_file"]

_SCHEMES = ("http", "https", "ftp", "file")


class Sequence(ABC):
    """Base of data sets that give one batch at a time: `sequence[i]` is the batch number i of `len(sequence)`.

    >>> class Squares(Sequence):
    ...     def __len__(self):
    ...         return 3
    ...     def __getitem__(self, index):
    ...         return index, index**2
    >>> list(Squares())
    [(0, 0), (1, 1), (2, 4)]
    """

    @abstractmethod
    def __getitem__(self, index: int) -> Any:
        """One whole batch, such as (x, y)."""

    @abstractmethod
    def __len__(self) -> int:
        """How many batches there are."""

    def on_epoch_end(self) -> None:  # noqa: B027 - by default nothing is to be done
        """Called after each epoch; to shuffle, for example."""

    def __iter__(self) -> Iterator[Any]:
        """One epoch, in order."""
        return (self[i] for i in range(len(self)))


def get_file(
    fname: str | Path | None = None, origin: str | None = None, untar: bool = False, md5_hash: str | None = None,
    file_hash: str | None = None, cache_subdir: str = "datasets", hash_algorithm: str = "auto", extract: bool = False,
    archive_format: str | list[str] | tuple[str, ...] | None = "auto", cache_dir: str | Path | None = None,
) -> str:
    """Download a file unless it is in the cache already, check it, unpack it if asked to, and return its path.

    The file is whole or absent: it takes its name only once it has arrived and has the checksum.

    Args:
        fname: the name in the cache; by default the last part of `origin`.
        origin: the address: http, https, ftp or file.
        untar: the file is `fname`.tar.gz and is unpacked; the path returned is the one without .tar.gz.
        md5_hash: an older way to give `file_hash` by MD5.
        file_hash: the hexadecimal checksum that the file must have. A file in the cache that has another is fetched
            again.
        cache_subdir: folder within the cache.
        hash_algorithm: "sha256", "md5", or "auto", which goes by the length of `file_hash`.
        extract: unpack a tar or zip archive beside the file.
        archive_format: "auto" (tar, then zip), "tar", "zip", a list of them, or None, which unpacks nothing.
        cache_dir: by default deepkit's folder in the user's cache, `~/.cache/deepkit` on Linux.

    Raises:
        ArgumentError: no origin, an address of another kind, or no name to be had.
        DownloadError: the download failed, or the checksum is another.
        DataError: the cache cannot be written, or an archive is damaged or would write outside its folder.
    """
    from deepkit.datasets.locate import cache_folder
    from deepkit.keras.utils.archives import FORMATS, unpack

    if origin is None:
        raise ArgumentError("get_file without origin", rule="origin is the address to download from")
    name = _name_in_cache(fname, origin)
    if md5_hash is not None and file_hash is None:
        file_hash, hash_algorithm = md5_hash, "md5"
    folder = Path(cache_dir or cache_folder()).expanduser() / cache_subdir
    result = path = folder / name
    if untar:
        result = folder / name.removesuffix(".tar.gz")
        path = result.with_name(result.name + ".tar.gz")
    _make_folder(path.parent)
    if not _is_sound(path, file_hash, hash_algorithm):
        _download(origin, path, file_hash, hash_algorithm)
    if untar and not result.exists():
        unpack(path, folder, ("tar",))
    elif extract and not untar and archive_format is not None:
        unpack(path, folder, FORMATS if archive_format == "auto" else archive_format)
    return str(result)


def _is_sound(path: Path, checksum: str | None, algorithm: str) -> bool:
    """Whether the file is there, with the checksum if there is one to compare."""
    return path.is_file() and (checksum is None or validate_file(path, checksum, algorithm))


def _name_in_cache(fname: str | Path | None, origin: str) -> str:
    """What a file is called in the cache: `fname`, or the last part of the address."""
    from urllib.parse import urlsplit

    parts = urlsplit(origin)
    if parts.scheme.lower() not in _SCHEMES:
        raise ArgumentError(f"get_file cannot download from {origin!r}", rule=f"one of {', '.join(_SCHEMES)}")
    name = str(fname or "") or Path(parts.path).name
    if name in ("", ".", ".."):
        raise ArgumentError(f"get_file: {origin!r} does not end in a name", hint="name the file with fname")
    return name


def _make_folder(folder: Path) -> None:
    from deepkit.files import reason

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(f"cannot make the folder {folder}: {reason(error)}", hint="choose cache_dir") from error


def _download(origin: str, path: Path, file_hash: str | None, hash_algorithm: str) -> None:
    """The file of an address at `path`, whole and with its checksum, or not at all."""
    from deepkit.datasets.fetch import download
    from deepkit.files import whole_file

    print(f"Downloading data from {origin}")
    algorithm = _algorithm(file_hash or "", hash_algorithm)
    try:
        with whole_file(path) as out:
            download(origin, out, digest=file_hash, algorithm=algorithm)
    except DownloadError as error:
        raise DownloadError(
            f"{origin} could not be downloaded: {error.what}",
            hint=f"check address and connection, or put the file there yourself: {path}",
        ) from error


def validate_file(fpath: str | Path, file_hash: str, algorithm: str = "auto", chunk_size: int = 65_535) -> bool:
    """Whether the file has the checksum `file_hash`; DataError if it cannot be read."""
    import hashlib

    from deepkit.files import reason

    checksum = hashlib.new(_algorithm(file_hash, algorithm))
    try:
        with open(fpath, "rb") as file:
            while chunk := file.read(chunk_size):
                checksum.update(chunk)
    except OSError as error:
        raise DataError(f"cannot read {fpath}: {reason(error)}") from error
    return checksum.hexdigest() == file_hash.lower()


def _algorithm(file_hash: str, algorithm: str) -> str:
    """The name hashlib knows: 64 hexadecimal digits are SHA-256, other lengths MD5."""
    check_choice("hash_algorithm", algorithm, ("auto", "sha256", "md5"))
    if algorithm == "auto":
        return "sha256" if len(file_hash) == 64 else "md5"
    return algorithm
