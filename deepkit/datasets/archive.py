"""Members of a tar archive, read in memory: nothing is unpacked to the disk, so no name in it can lead anywhere."""

from __future__ import annotations

import io
import tarfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path, PurePosixPath

from deepkit.datasets.contents import AGAIN
from deepkit.errors import DataError

MOST = 1 << 30  # bytes of one member; the largest that is read has 154 MB
# What tarfile raises for damage: its own errors, those of the compression, and those of numbers that make no sense.
_DAMAGE = (tarfile.TarError, EOFError, OSError, zlib.error, ValueError, OverflowError)


def walk(path: Path, data: bytes, wanted: Callable[[PurePosixPath], bool]) -> Iterator[tuple[PurePosixPath, bytes]]:
    """Name and contents of the regular files in the archive `data` whose name is `wanted`, in the archive's order.

    `path` is where the archive came from, for messages.

    Raises:
        DataError: the archive is damaged, or one file in it is absurdly large.
    """
    try:
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:*") as archive:
            for member in archive:
                name = PurePosixPath(member.name)
                if not member.isfile() or not wanted(name):
                    continue
                if not 0 <= member.size <= MOST or member.issparse():  # a sparse file grows out of nothing
                    raise DataError(f"{path} claims that {member.name} has {member.size:,} bytes", hint=AGAIN)
                stream = archive.extractfile(member)
                contents = b"" if stream is None else stream.read()
                if len(contents) < member.size:
                    raise DataError(f"{path} ends inside {member.name}", hint=AGAIN)
                yield name, contents
    except DataError:
        raise
    except _DAMAGE as error:
        raise DataError(f"{path} is damaged: {error or type(error).__name__}", hint=AGAIN) from error


def read_members(path: Path, data: bytes, names: Iterable[str]) -> dict[str, bytes]:
    """The contents of the files called `names`, in whichever folder of the archive; DataError if one is missing."""
    names = list(names)
    found = {name.name: contents for name, contents in walk(path, data, lambda name: name.name in names)}
    missing = [name for name in names if name not in found]
    if missing:
        raise DataError(f"{path} lacks {', '.join(missing)}", rule="the archive's usual files", hint=AGAIN)
    return found
