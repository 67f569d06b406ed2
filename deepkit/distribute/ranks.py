"""The ranks of a program that mpiexec started: which one this is, and how it waits for the others without hanging.

MPI ends the job when a rank is killed. It does not when a rank raises an error, or simply reaches its end, while the others
wait for it: those would wait for ever. So an error that nobody catches ends all ranks, and a rank that leaves says so to
the others, who find the message as soon as they wait for something that cannot come any more.
"""

from __future__ import annotations

import atexit
import os
import sys
import time
from typing import Any

import numpy as np

from deepkit.device import threads
from deepkit.device.machine import usable_cores
from deepkit.distribute import watch
from deepkit.errors import ArgumentError, MissingExtraError, RankError
from deepkit.loading import optional

LAUNCHED = ("OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "PMIX_RANK")
"""What mpiexec (Open MPI, MPICH, a batch system) tells a rank by its environment; nobody sets them elsewhere."""
LEFT = 7  # tag of the message "I am leaving"
SPIN, LOOK, GRACE, PATIENCE = 0.002, 0.1, 1.0, 60.0
"""Seconds: asking without a pause; between two looks for who has left; until such a message counts; until a note is printed."""
SAID = 240  # bytes of a description that ranks compare


class Alone:
    """The only rank: nobody to wait for."""

    rank, size, local_rank, local_size = 0, 1, 0, 1
    mpi: Any = None
    comm: Any = None

    def agree(self, what: str) -> None:
        """Nobody can do anything else."""

    def wait(self, request: Any, what: str) -> None:
        """Nothing is under way."""


class Ranks(Alone):
    """All ranks of the job, from the view of this one."""

    def __init__(self, mpi: Any):
        self.mpi, self.comm = mpi, mpi.COMM_WORLD
        self._words = self.comm.Dup()  # for what ranks tell each other beside the numbers
        self.rank, self.size = self.comm.rank, self.comm.size
        here = self.comm.Split_type(mpi.COMM_TYPE_SHARED)
        self.local_rank, self.local_size = here.rank, here.size
        self._agreed: set[str] = set()
        self._share_cores(here)
        here.Free()

    def _share_cores(self, here: Any) -> None:
        """Gives each rank of this machine its part of the cores, unless the user has chosen or mpiexec has bound them."""
        cores = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set(range(usable_cores()))
        together = len(set().union(*here.allgather(cores)))
        if not os.environ.get(threads.VARIABLE, "").strip():
            os.environ[threads.VARIABLE] = str(max(1, min(usable_cores(), together // self.local_size)))
            threads.limit()

    def agree(self, what: str) -> None:
        """Before something is done together for the first time: all ranks must be about to do just that.

        Raises:
            RankError: another rank does something else; the error names both.
        """
        if what in self._agreed:
            return
        said = np.frombuffer(what.encode()[:SAID].ljust(SAID), np.uint8)
        heard = np.empty((self.size, SAID), np.uint8)
        self.wait(self._words.Iallgather(said, heard), what)
        other = next((i for i in range(self.size) if not np.array_equal(heard[i], said)), None)
        if other is not None:
            raise RankError(
                f"rank {self.rank} does: {what}; rank {other} does: {heard[other].tobytes().decode(errors='replace').strip()}",
                rule="all ranks do the same steps together, in the same order, with tensors of the same shapes",
                hint="build the same graph on every rank; only printing and saving may depend on rank()",
            )
        self._agreed.add(what)

    def wait(self, request: Any, what: str) -> None:
        """Until the request is done. The processor is given to others while that takes long.

        Raises:
            RankError: a rank has left its program, so it will never be done.
        """
        begin = time.monotonic()
        look, left, noted = begin + LOOK, None, False
        while not request.Test():
            now = time.monotonic()
            if now - begin < SPIN:
                continue
            time.sleep(5e-5)
            if now < look:
                continue
            look = now + LOOK
            left = left or (now if self._words.Iprobe(self.mpi.ANY_SOURCE, LEFT) else None)
            if left is not None and now - left > GRACE:
                self._tell_who_left(what)
            if now - begin > PATIENCE and not noted:
                noted = True
                print(f"deepkit: rank {self.rank} waits for the others since {PATIENCE:g} s: {what}", file=sys.stderr, flush=True)

    def _tell_who_left(self, what: str) -> None:
        status = self.mpi.Status()
        self._words.Recv(np.empty(0, np.uint8), self.mpi.ANY_SOURCE, LEFT, status)
        raise RankError(
            f"rank {status.Get_source()} has ended its program while rank {self.rank} waits for it in: {what}",
            rule="all ranks take the same number of steps",
            hint="equal parts for all: deepkit.distribute.shard; or a number of steps that does not depend on the data",
        )

    def leave(self) -> None:
        """At the end of this rank's program: who still waits for it learns that in vain."""
        if not self.mpi.Is_finalized():
            for other in range(self.size):
                if other != self.rank:
                    self._words.Isend(np.empty(0, np.uint8), other, LEFT)

    def end_all(self, code: int = 1) -> None:
        """Ends every rank of the job at once."""
        sys.stdout.flush()
        sys.stderr.flush()
        self.comm.Abort(code)


_here: Alone | None = None


def start() -> Alone:
    """The ranks of this job; the first call connects them. Without mpiexec it is one rank, and MPI is not even loaded."""
    global _here
    if _here is None:
        _here = Ranks(_mpi()) if is_launched() else Alone()
        if isinstance(_here, Ranks):
            _guard(_here)
    return _here


def is_launched() -> bool:
    """Whether mpiexec has started this program."""
    return any(os.environ.get(name) for name in LAUNCHED)


def here() -> Alone:
    """The ranks, once `init` was called; ArgumentError before."""
    if _here is None:
        raise ArgumentError(
            "deepkit.distribute is used before init()", rule="init() connects the ranks",
            hint="from deepkit import distribute; distribute.init()",
        )
    return _here


def is_started() -> bool:
    """Whether `init` was called."""
    return _here is not None


RING = {"OMPI_MCA_coll_libnbc_iallreduce_algorithm": "1"}
"""Open MPI adds up in a ring: each rank sends 2 (N - 1) / N times the numbers, the least there is. Its own choice sends
log2(N) times as many. (P. Patarasuk, X. Yuan, "Bandwidth optimal all-reduce algorithms", 2009)"""


def _mpi() -> Any:
    """mpi4py's MPI; MissingExtraError where it, or the MPI library behind it, is not installed."""
    for name, value in RING.items():
        os.environ.setdefault(name, value)
    try:
        return optional("mpi4py.MPI", "training on several ranks")
    except RuntimeError as error:  # mpi4py is there, but finds no MPI library
        raise MissingExtraError("an MPI library", "dist", "training on several ranks") from error


def _guard(ranks: Ranks) -> None:
    """Sees to it that no rank is left alone: not by an error here, nor by the end of this rank or of who started it."""
    before = sys.excepthook

    def explain(kind: type[BaseException], error: BaseException, trace: Any) -> None:
        before(kind, error, trace)
        print(f"deepkit: rank {ranks.rank} of {ranks.size} ended by {kind.__name__}; so do all", file=sys.stderr)
        ranks.end_all(130 if issubclass(kind, KeyboardInterrupt) else 1)

    sys.excepthook = explain
    atexit.register(ranks.leave)
    watch.end_with_starters()
