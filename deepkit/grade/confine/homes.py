"""The folders that answers are at home in: made for one answer, removed after it, and swept up where a grader was killed.

The process that grades keeps its answers' folders locked, as a lock ends with its process however that ends. What nobody
holds belonged to a grader that is gone.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

_PREFIX = "deepkit-answer-"
_ESCAPED = re.compile(r"\\([0-7]{3})")  # how the kernel's table of mounts writes a blank
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


@contextlib.contextmanager
def home() -> Iterator[str]:
    """A new folder for an answer, while the context lasts."""
    while True:
        folder = tempfile.mkdtemp(prefix=_PREFIX)
        try:
            handle = os.open(folder, _FOLDER)
        except FileNotFoundError:  # swept up before it was locked
            continue
        fcntl.flock(handle, fcntl.LOCK_EX)
        if os.path.isdir(folder):
            break
        os.close(handle)
    try:
        yield folder
    finally:
        _remove(folder)
        os.close(handle)


def sweep() -> None:
    """Remove the folders of this user's that no process holds."""
    for path in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError):  # somebody else's, or gone by now, or held
            if path.lstat().st_uid == os.getuid():
                handle = os.open(path, _FOLDER)
                try:
                    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    _remove(str(path))
                finally:
                    os.close(handle)


def _remove(folder: str) -> None:
    """Remove a folder. It may be nested more deeply than Python can follow, and what it holds says nothing.

    What is mounted in it lies elsewhere and belongs to others. Root's answer that runs unfenced may mount the whole tree of
    files there; it is taken away first, and as long as anything is mounted, nothing is removed.
    """
    with contextlib.suppress(OSError):  # empty, where the answer wrote in a world of its own
        return os.rmdir(folder)
    for place in _mounted(folder):
        subprocess.run(["umount", "--lazy", "--", place], check=False, stderr=subprocess.DEVNULL)
    if left := _mounted(folder):
        warnings.warn(f"{folder} stays: something is mounted at {left[0]}; unmount it, then remove the folder", stacklevel=2)
        return
    on_one_disk = ["--one-file-system"] if sys.platform == "linux" else []
    for command in (["rm", "-rf", *on_one_disk], ["chmod", "-R", "u+rwx"], ["rm", "-rf", *on_one_disk]):
        if os.path.lexists(folder):  # the first leaves folders that are closed to their own owner
            subprocess.run([*command, "--", folder], check=False, stderr=subprocess.DEVNULL)


def _mounted(folder: str) -> list[str]:
    """Where something is mounted in a folder, the innermost first."""
    inside = os.path.realpath(folder) + os.sep
    with contextlib.suppress(FileNotFoundError), open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as file:
        places = [_ESCAPED.sub(lambda code: chr(int(code[1], 8)), line.split()[4]) for line in file]
        return [place for place in reversed(places) if place.startswith(inside)]
    return []  # no Linux: an answer cannot mount
