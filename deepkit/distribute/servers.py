"""A parameter server on MPI messages: rank 0 keeps the weights, the others compute gradients, with or without waiting.

A demonstration of what the literature describes (J. Dean et al., "Large Scale Distributed Deep Networks", 2012), on one
machine; for training, all-reduce needs no server and loses nothing. `count_together` shows what a lock is for.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from deepkit.distribute import ranks
from deepkit.errors import ArgumentError

GRADIENT, WEIGHTS = 11, 12  # tags of messages


@dataclass
class Served:
    """What came of it: the weights at the end, how many updates old each gradient was, and which worker it came from."""

    weights: np.ndarray
    staleness: list[int] = field(default_factory=list)
    workers: list[int] = field(default_factory=list)


def parameter_server(
    start: np.ndarray, gradient: Callable[[np.ndarray, int, int], np.ndarray], gradients: int, rate: float, together: bool = True
) -> Served:
    """Minimizes with a server and size() - 1 workers; every rank calls it.

    Args:
        start: the first weights, a vector of float64.
        gradient: gradient(weights, worker, workers), the gradient of worker's part of the data, of the weights' shape.
        gradients: how many the server takes, from all workers together; a multiple of their number where they wait.
        rate: an update is weights -= rate * gradient, or rate times the average of a round.
        together: synchronous, the server waits for all workers and adds in their order: always the same digits. Otherwise it
            adds whatever comes first, computed with weights that may be several updates old.

    Returns:
        Served; staleness and workers are known to rank 0 alone.
    """
    world, count = ranks.here(), ranks.here().size - 1
    if count < 1 or gradients % count:
        raise ArgumentError(
            f"parameter_server: {gradients} gradients for {max(count, 0)} workers", rule="a server and at least one worker, "
            "and as many gradients from each",
        )
    world.agree(f"parameter_server with {gradients} gradients, together={together}")
    weights = np.array(start, np.float64)
    if world.rank:
        return Served(_work(world, weights, gradient, gradients // count))
    served = Served(weights)
    (_serve_together if together else _serve_apart)(world, served, gradients, rate)
    return served


def _work(world: ranks.Alone, weights: np.ndarray, gradient: Callable[..., np.ndarray], rounds: int) -> np.ndarray:
    """What a worker does: a gradient of the weights it has, new weights for it, and so on."""
    for _ in range(rounds):
        found = np.ascontiguousarray(gradient(weights, world.rank - 1, world.size - 1), np.float64)
        world.comm.Send(found, 0, GRADIENT)
        world.wait(world.comm.Irecv(weights, 0, WEIGHTS), "weights of the server")
    return weights


def _receive(world: ranks.Alone, like: np.ndarray, source: int | None = None) -> tuple[np.ndarray, int]:
    """A gradient, and the rank that it came from: the given one, or whoever is first."""
    found, status = np.empty_like(like), world.mpi.Status()
    request = world.comm.Irecv(found, world.mpi.ANY_SOURCE if source is None else source, GRADIENT)
    world.wait(_Watched(request, status), "a gradient")
    return found, status.Get_source()


@dataclass
class _Watched:
    """A request whose status is wanted when it is done."""

    request: object
    status: object

    def Test(self) -> bool:
        return bool(self.request.Test(self.status))  # type: ignore[attr-defined]


def _serve_together(world: ranks.Alone, served: Served, gradients: int, rate: float) -> None:
    workers = range(1, world.size)
    for _ in range(gradients // len(workers)):
        found = [_receive(world, served.weights, worker)[0] for worker in workers]
        served.weights -= rate * np.mean(found, axis=0)
        for worker in workers:
            world.comm.Send(served.weights, worker, WEIGHTS)
            served.staleness.append(0)
            served.workers.append(worker - 1)


def _serve_apart(world: ranks.Alone, served: Served, gradients: int, rate: float) -> None:
    read = dict.fromkeys(range(1, world.size), 0)  # the weights a worker has: those after so many updates
    for update in range(gradients):
        found, worker = _receive(world, served.weights)
        served.staleness.append(update - read[worker])
        served.workers.append(worker - 1)
        served.weights -= rate * found
        read[worker] = update + 1
        world.comm.Send(served.weights, worker, WEIGHTS)


def count_together(each: int, locked: bool, hold: float = 0.0) -> int:
    """What a counter in rank 0's memory shows after every rank added 1 to it `each` times, by one-sided messages.

    locked: as one operation, done where the counter is; else every rank reads it, adds, and writes it back, and what the others
    wrote in between is lost; `hold` is how many seconds it keeps what it has read. Every rank gets the number.
    """
    world = ranks.here()
    if world.size == 1:
        return each
    world.agree(f"count {each}, locked={locked}")
    mpi = world.mpi
    window = mpi.Win.Allocate(8 if world.rank == 0 else 0, comm=world.comm)
    if world.rank == 0:
        np.frombuffer(window.tomemory(), np.int64)[:] = 0
    world.comm.Barrier()
    one, seen = np.ones(1, np.int64), np.zeros(1, np.int64)
    for _ in range(each):
        window.Lock(0, mpi.LOCK_SHARED)
        if locked:
            window.Fetch_and_op(one, seen, 0)
        else:
            window.Get(seen, 0)
            window.Flush(0)
            time.sleep(hold)
            window.Put(seen + 1, 0)
        window.Unlock(0)
    world.comm.Barrier()
    window.Lock(0, mpi.LOCK_SHARED)
    window.Get(seen, 0)
    window.Unlock(0)
    world.comm.Barrier()
    window.Free()
    return int(seen[0])
