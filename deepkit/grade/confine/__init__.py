"""Walls of the kernel's around a process that runs what somebody else wrote, for root and for any other user.

From bottom to top: `kernel` (the C library's door), `landlock` (which files), `calls` and `seccomp` (which system calls),
`namespaces` (a world of its own), `limits` (how much), and here `confine`, which raises them all. Only files and calls
are needed to hold an answer; a world of its own is a second wall around it, and bounds and clears what it writes; without
one, `scratch` watches it. `homes` makes that folder, and clears up where a grader was killed.

The packages that wrap Landlock and seccomp for Python are unreleased, or not kept up, or need a C library that few
systems have; the two interfaces are a few calls each.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass

from deepkit.grade.confine import landlock, limits, namespaces, scratch, seccomp

WALLS = ("files", "calls", "world", "limits")


@dataclass(frozen=True)
class Walls:
    """Which walls stand: the version of Landlock (0: none), the filter on system calls, the namespaces."""

    files: int
    calls: bool
    world: bool

    @property
    def hold(self) -> bool:
        """Whether an answer can neither read nor change what is not its own."""
        return self.files > 0 and self.calls

    def as_dict(self) -> dict[str, int | bool]:
        """As JSON knows it."""
        return asdict(self)


def confine(
    reach: tuple[Collection[str], Collection[str]], home: str, *, memory_mb: int, own_world: bool,
    without: Collection[str] = (),
) -> Walls:
    """Confine this process, of one thread, for good: it may read and list what `reach` says, and write in `home`.

    `reach` comes from `landlock.around`, which looks through folders: find it once for many processes. `without` leaves walls
    out, by their names in WALLS: so tests prove that it is the wall that holds.

    Raises:
        OSError: a wall that this kernel has cannot be raised.
    """
    if own_world:
        namespaces.mount_scratch(home, scratch.SCRATCH_MB, scratch.MOST_FILES)
    if "limits" not in without:
        limits.set_limits(memory_mb, own_users=own_world)
    files = landlock.version() if "files" not in without else 0
    calls = "calls" not in without and seccomp.available()
    if files or calls:
        namespaces.drop_privileges()
    if files:
        landlock.restrict(*reach, [home, "/dev/null"])
    if calls:
        seccomp.restrict()
    return Walls(files, calls, own_world)
