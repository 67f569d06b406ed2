"""The bound of a scratch folder where the answer has no world of its own: somebody outside looks at it, again and again.

In a world of its own the folder is a file system of that size, and a write too much fails. Elsewhere only single files have a
bound that the kernel keeps (see `limits`), so what is there is added up ten times a second, and whoever keeps too much is
ended: files and what is in folders, files that no folder names any more but the process holds open, and those it has mapped.
What cannot be looked through, because it is nested too deeply or closed to its own owner, counts as too much.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

SCRATCH_MB, MOST_FILES = 64, 4096
_DEEPEST = 64
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_BLOCK = 512  # bytes that st_blocks counts in, whatever the file system's blocks are


def holds_too_much(folder: str, process: int) -> bool:
    """Whether `process` (of this process namespace) keeps more in its scratch folder than is allowed."""
    files, size, seen = 0, 0, set[tuple[int, int]]()
    try:
        with _opened(folder) as handle:
            for status in _below(handle, 0):
                files += 1
                if (status.st_dev, status.st_ino) not in seen:  # a file with two names is there once
                    seen.add((status.st_dev, status.st_ino))
                    size += status.st_blocks * _BLOCK
                if files > MOST_FILES or size > SCRATCH_MB << 20:
                    return True
    except (PermissionError, RecursionError):
        return True
    return size + sum(_nameless(process, seen)) > SCRATCH_MB << 20


def _below(handle: int, depth: int) -> Iterator[os.stat_result]:
    """The status of all that is in an open folder; entries may come and go meanwhile."""
    if depth > _DEEPEST:
        raise RecursionError("folders in folders in folders")
    with os.scandir(handle) as entries:
        for entry in entries:
            with contextlib.suppress(FileNotFoundError, NotADirectoryError):
                status = entry.stat(follow_symlinks=False)
                yield status
                if stat.S_ISDIR(status.st_mode):
                    with _opened(entry.name, handle) as below:
                        yield from _below(below, depth + 1)


@contextlib.contextmanager
def _opened(folder: str, inside: int | None = None) -> Iterator[int]:
    handle = os.open(folder, _FOLDER, dir_fd=inside)
    try:
        yield handle
    finally:
        os.close(handle)


def _nameless(process: int, seen: set[tuple[int, int]]) -> Iterator[int]:
    """Sizes of files that were removed and are still there: some thread has them open, or they are mapped."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # it has ended, or there is no /proc
        for handle in Path(f"/proc/{process}/task").glob("*/fd/*"):
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                status = handle.stat()
                if stat.S_ISREG(status.st_mode) and not status.st_nlink and (status.st_dev, status.st_ino) not in seen:
                    seen.add((status.st_dev, status.st_ino))
                    yield status.st_blocks * _BLOCK
        for line in Path(f"/proc/{process}/maps").read_text("utf-8", "replace").splitlines():
            if line.endswith(" (deleted)"):
                first, last = (int(place, 16) for place in line.split()[0].split("-"))
                yield last - first
