"""How a data set outside the package is described: its files, how to recognise them, and where to get them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class RemoteFile:
    """One file of a data set: what it holds, its usual name, and how to recognise it."""

    role: str  # what the loader knows it by: "x_train", "archive", "table" ...
    name: str
    shape: tuple[int, ...]  # of the numbers of an IDX file; () for every other format
    size: int  # bytes, as downloaded
    sha256: str  # of the file as downloaded
    contents_sha256: str = ""  # of what is within a gzip-compressed file, or of the plain file; "" for archives
    contents_size: int = 0  # bytes of that; 0 for IDX files and archives
    addresses: tuple[str, ...] = ()  # complete addresses, tried after the mirrors of the set


@dataclass(frozen=True)
class Entry:
    """One data set. `mirrors` are base addresses that end in "/" and are tried in order."""

    name: str  # of its folder and on the command line
    title: str
    about: str
    classes: tuple[str, ...]
    mirrors: tuple[str, ...]
    files: tuple[RemoteFile, ...]  # what is downloaded
    others: tuple[tuple[RemoteFile, ...], ...] = ()  # other forms of the same data; one of them is enough

    @property
    def size(self) -> int:
        """Bytes to download."""
        return sum(file.size for file in self.files)

    @property
    def forms(self) -> tuple[tuple[RemoteFile, ...], ...]:
        """Every form of the data that is recognised, the downloaded one first."""
        return (self.files, *self.others)

    @property
    def can_be_fetched(self) -> bool:
        """Whether an address is known for every file."""
        return bool(self.mirrors) or all(file.addresses for file in self.files)
