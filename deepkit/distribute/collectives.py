"""What all ranks do together with arrays: sum, average, hand out, gather."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from deepkit.device.arrays import to_cpu
from deepkit.distribute import ranks


class Pending(NamedTuple):
    """A sum that is under way in `memory`; `request` is None where there was nothing to send."""

    request: Any
    memory: np.ndarray
    what: str

    @property
    def is_done(self) -> bool:
        """Whether the sum is there. Asking also moves it on: MPI has no thread of its own."""
        return self.request is None or bool(self.request.Test())

    def wait(self) -> np.ndarray:
        """The sum."""
        if self.request is not None:
            ranks.here().wait(self.request, self.what)
        return self.memory


def begin_sum(memory: np.ndarray, name: str) -> Pending:
    """Begins to add up `memory` of all ranks, in place; it must not be touched until the sum is there."""
    world = ranks.here()
    what = f"sum {name!r} of {memory.size} {memory.dtype}"
    world.agree(what)
    request = None if world.size == 1 else world.comm.Iallreduce(world.mpi.IN_PLACE, memory)
    return Pending(request, memory, what)


def averaged(array: Any, name: str, average: bool = True) -> np.ndarray:
    """The average (or the sum) of an array over all ranks."""
    memory = np.array(to_cpu(array), order="C", ndmin=1)
    total = begin_sum(memory, name).wait()
    return divided(total, average).reshape(np.shape(array))


def divided(total: np.ndarray, average: bool) -> np.ndarray:
    """The sum of all ranks as their average, in the same memory."""
    count = ranks.here().size
    if average and count > 1:
        if total.dtype.kind in "iu":
            return total // count
        np.divide(total, total.dtype.type(count), out=total)
    return total


def handed_out(array: Any, root: int, name: str) -> np.ndarray:
    """The array of rank `root`, on all ranks; those of the others say what shape and type it has."""
    world = ranks.here()
    memory = np.array(to_cpu(array), order="C")
    what = f"broadcast {name!r} of {memory.shape} {memory.dtype} from rank {root}"
    world.agree(what)
    if world.size > 1:
        world.wait(world.comm.Ibcast(memory.reshape(-1).view(np.uint8), root), what)
    return memory


def gathered(array: Any, name: str) -> np.ndarray:
    """The rows of all ranks, one after the other; each may bring another number of rows."""
    world = ranks.here()
    mine = np.ascontiguousarray(to_cpu(array))
    if world.size == 1:
        return mine
    what = f"gather {name!r} of {mine.shape[1:]} {mine.dtype}"
    world.agree(what)
    counts = np.empty(world.size, np.int64)
    world.wait(world.comm.Iallgather(np.array([len(mine)], np.int64), counts), what)
    rows = np.empty((int(counts.sum()), *mine.shape[1:]), mine.dtype)
    width = rows[:1].nbytes if len(rows) else 0
    sizes = (counts * width).tolist()
    parts = [rows.reshape(-1).view(np.uint8), sizes, np.cumsum([0, *sizes[:-1]]).tolist(), world.mpi.BYTE]
    world.wait(world.comm.Iallgatherv(mine.reshape(-1).view(np.uint8), parts), what)
    return rows


def barrier() -> None:
    """Until all ranks are here."""
    world = ranks.here()
    if world.size > 1:
        world.agree("barrier")
        world.wait(world.comm.Ibarrier(), "barrier")
