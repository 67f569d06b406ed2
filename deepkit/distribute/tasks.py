"""A cluster's variables: each lies on the task that its device names, which hands it out and takes new values by messages.

Every task has a thread that answers the others. A reader asks for the value it needs; who changes a variable asks for a turn
at its task first, so that of two updates none is lost, and one is computed with what the other has left. A demonstration of
between-graph replication (M. Abadi et al., "TensorFlow: Large-Scale Machine Learning on Heterogeneous Distributed Systems",
2016, section 4.4): variables travel, and nothing else does. Ops and queues run in the process whose session runs them.
"""

from __future__ import annotations

import atexit
import itertools
import sys
import threading
import time
import weakref
from collections.abc import Iterator, MutableMapping
from contextlib import ExitStack, contextmanager
from typing import Any, NamedTuple

import numpy as np

from deepkit.core.variable import Variable
from deepkit.distribute import ranks
from deepkit.distribute.messages import packed, unpacked
from deepkit.distribute.turns import Turns
from deepkit.errors import ArgumentError, RankError
from deepkit.runtime import targets

REQUEST = 1  # the tag of all requests; answers have the number of their request
NUMBERS = 30_000  # of requests, then they begin again
BUSY, IDLE, LIVELY = 5e-5, 2e-3, 0.05
"""Seconds between two looks for a message: when one came in the last LIVELY seconds, and else."""


class Task(NamedTuple):
    """A task's place in the cluster."""

    job: str
    number: int

    def __str__(self) -> str:
        return f"/job:{self.job}/task:{self.number}"


def task_of(device: str, otherwise: Task) -> Task:
    """The task in a device's name such as "/job:ps/task:1/cpu:0"; without a job it is the other one."""
    parts = dict(part.split(":", 1) for part in device.split("/") if part.count(":") == 1)
    return Task(parts["job"], int(parts.get("task", 0))) if "job" in parts else otherwise


class Tasks:
    """The tasks of the cluster that the ranks of this job are, from the view of one of them; `rank` is its own.

    Raises:
        RankError: the ranks are not the cluster's tasks, each once; or MPI does not serve several threads.
    """

    def __init__(self, wanted: list[Task], me: Task):
        world = ranks.start()
        self.me, self._mpi = me, world.mpi
        if self._mpi.Query_thread() < self._mpi.THREAD_MULTIPLE:
            raise RankError("tasks of a cluster answer in a thread of their own", rule="an MPI library with MPI_THREAD_MULTIPLE")
        self._inbox, self._outbox = world.comm.Dup(), world.comm.Dup()
        found = self._gathered(world.size)
        if sorted(found) != sorted(wanted):
            raise RankError(
                f"the cluster has {', '.join(map(str, wanted))}; this job's ranks are {', '.join(map(str, found))}",
                rule="one rank for each task", hint='distribute.launch("train.py", cluster={"ps": 1, "worker": 2})',
            )
        self.rank_of = {task: rank for rank, task in enumerate(found)}
        self.rank = world.rank
        self.others = set(range(world.size)) - {self.rank}
        self._kept: dict[str, np.ndarray] = {}
        self._turns = Turns()
        self._numbers = itertools.count()
        self._gone: dict[int, float] = {}  # ranks whose programs have ended, and when
        self._idle: set[int] = set()  # and those that only answer
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._answer_all, name=f"deepkit {me}", daemon=True)
        self._thread.start()
        atexit.register(self._leave)

    def _gathered(self, size: int) -> list[Task]:
        """Every rank's task."""
        mine = packed({"task": self.me})
        sizes = np.empty(size, np.int64)
        self._inbox.Allgather(np.array(mine.size), sizes)
        heard = np.empty(sizes.sum(), np.uint8)
        self._inbox.Allgatherv(mine, (heard, sizes))
        return [Task(*unpacked(part)[0]["task"]) for part in np.split(heard, np.cumsum(sizes)[:-1])]

    # ---- asking

    def tell(self, rank: int, words: dict[str, Any], array: np.ndarray | None = None) -> None:
        """Says something that needs no answer; what one task tells another is heard in that order."""
        if rank == self.rank:
            self._done(rank, words, array)
        else:
            self._inbox.Send(packed(words, array), rank, REQUEST)

    def ask(self, rank: int, words: dict[str, Any]) -> np.ndarray | None:
        """The array that a task answers, if any. RankError: its program has ended."""
        if rank == self.rank:
            return self._done(rank, words)
        number = 1 + REQUEST + next(self._numbers) % NUMBERS
        self.tell(rank, {**words, "answer": number})
        while (answer := self._arrived(self._outbox, rank, number)) is None:
            if left := self.who_left({rank}):
                raise RankError(
                    f"{self.me} wants {words['name']} of {left[0]}, whose program has ended",
                    rule="a task that keeps variables ends last", hint="server.join() waits for the others",
                )
            time.sleep(BUSY)
        return unpacked(answer[1])[1]

    @contextmanager
    def turn(self, rank: int) -> Iterator[None]:
        """A turn at a task: while it lasts nobody else changes its variables."""
        if rank == self.rank:
            begun = threading.Event()
            self._turns.ask(begun.set)
            begun.wait()
        else:
            self.ask(rank, {"do": "hold", "name": "a turn"})
        try:
            yield
        finally:
            self.tell(rank, {"do": "let go"})

    def _arrived(self, comm: Any, source: int, tag: int) -> tuple[int, np.ndarray] | None:
        """(its rank, the bytes) of a message that is there, else None."""
        status = self._mpi.Status()
        message = comm.Improbe(source, tag, status)
        if message is None:
            return None
        content = np.empty(status.Get_count(self._mpi.BYTE), np.uint8)
        message.Recv(content)
        return status.Get_source(), content

    # ---- answering

    def _answer_all(self) -> None:
        """The thread: one request after the other until this task leaves. An error in it ends the job, as one anywhere else."""
        lively = 0.0
        try:
            while not self._ends.is_set():
                arrived = self._arrived(self._inbox, self._mpi.ANY_SOURCE, REQUEST)
                now = time.monotonic()
                if arrived is None:
                    time.sleep(BUSY if now < lively else IDLE)
                    continue
                lively = now + LIVELY
                self._answer(arrived[0], *unpacked(arrived[1]))
        except Exception:
            sys.excepthook(*sys.exc_info())  # ranks.start has seen to it that it ends all

    def _answer(self, rank: int, words: dict[str, Any], array: np.ndarray | None) -> None:
        if words["do"] == "hold":
            self._turns.ask(lambda: self._outbox.Send(packed({}), rank, words["answer"]))
            return
        found = self._done(rank, words, array)
        if "answer" in words:
            self._outbox.Send(packed({}, found), rank, words["answer"])

    def _done(self, rank: int, words: dict[str, Any], array: np.ndarray | None = None) -> np.ndarray | None:
        """Does what a rank asks for; the array that it wants, if there is one."""
        match words["do"]:
            case "get":
                return self._kept.get(words["name"])
            case "put":
                self._kept[words["name"]] = array  # type: ignore[assignment]
            case "forget":
                self._kept.pop(words["name"], None)
            case "let go":
                self._turns.done()
            case "idle":
                self._idle.add(rank)
            case "gone":
                self._gone[rank] = time.monotonic()
        return None

    # ---- the end

    def who_left(self, asked: set[int]) -> list[Task]:
        """Which of these ranks' programs have ended, a while ago: what they had to say has been heard."""
        before = time.monotonic() - ranks.GRACE
        return [task for task, rank in self.rank_of.items() if rank in asked and self._gone.get(rank, before) < before]

    def join(self) -> None:
        """Answers the others until all of them have ended, or only answer as this one does."""
        for rank in self.others:
            self.tell(rank, {"do": "idle"})
        while not self.others <= self._gone.keys() | self._idle:
            time.sleep(IDLE)

    def _leave(self) -> None:
        """At the end of this program: the others learn that it does not answer any more."""
        if not self._mpi.Is_finalized():
            for rank in self.others - self._gone.keys():
                self._inbox.Isend(packed({"do": "gone"}), rank, REQUEST)
        self._ends.set()
        self._thread.join()


class SharedVariables(MutableMapping[Variable, Any]):
    """The variables of a cluster's sessions by their names, each on the task that its device names, else on this one.

    They last as long as their task: a session that is closed leaves them where they are.
    """

    def __init__(self, tasks: Tasks):
        self.tasks = tasks
        self._seen: weakref.WeakSet[Variable] = weakref.WeakSet()

    def _rank(self, variable: Variable) -> int:
        task = task_of(variable.node.device, self.tasks.me)
        if task not in self.tasks.rank_of:
            raise ArgumentError(
                f"variable {variable.node.name!r} is on {task}, which is not in the cluster", where=variable.node.where(),
                rule=f"tasks: {', '.join(map(str, self.tasks.rank_of))}",
            )
        return self.tasks.rank_of[task]

    def __getitem__(self, variable: Variable) -> np.ndarray:
        found = self.tasks.ask(self._rank(variable), {"do": "get", "name": variable.node.name})
        if found is None:
            raise KeyError(variable)
        return found

    def __setitem__(self, variable: Variable, value: Any) -> None:
        self._seen.add(variable)
        self.tasks.tell(self._rank(variable), {"do": "put", "name": variable.node.name}, np.asarray(value, order="C"))

    def __delitem__(self, variable: Variable) -> None:
        self._seen.discard(variable)
        self.tasks.tell(self._rank(variable), {"do": "forget", "name": variable.node.name})

    def __iter__(self) -> Iterator[Variable]:
        """Those that were given a value here."""
        return iter(list(self._seen))

    def __len__(self) -> int:
        return len(self._seen)

    def clear(self) -> None:
        """Nothing: they belong to their tasks, and other sessions may need them."""

    @contextmanager
    def holding(self, *variables: Variable) -> Iterator[None]:
        """While it lasts no other task changes anything where these variables lie. Tasks are held in one order: nobody waits
        for one while he holds a later one."""
        with ExitStack() as turns:
            for rank in sorted({self._rank(v) for v in variables}):
                turns.enter_context(self.tasks.turn(rank))
            yield

    def pause(self) -> None:
        """A moment for those who wait that another task changes something. RankError: one has ended, so it may never come."""
        time.sleep(IDLE)
        if left := self.tasks.who_left(self.tasks.others):
            raise RankError(
                f"{self.tasks.me} waits for the other replicas, but {', '.join(map(str, left))} has ended its program",
                rule="all replicas take the same number of steps", hint="tf.train.StopAtStepHook stops all at one global step",
            )


_connected: SharedVariables | None = None


def connect(wanted: list[tuple[str, int]], job: str, index: int, target: str) -> Tasks:
    """Makes this program one of the cluster's tasks, and its sessions of that target share their variables.

    Raises:
        ArgumentError: it is no rank of a job, or is another task already.
    """
    global _connected
    me = Task(job, index)
    if not ranks.is_launched():
        raise ArgumentError(
            f"a cluster of {len(wanted)} tasks, and this process is alone", rule="each task is a rank of one job",
            hint='deepkit.distribute.launch("train.py", cluster={"ps": 1, "worker": 2}), or mpiexec -n 1 python train.py '
            "--job_name=ps : -n 2 python train.py --job_name=worker; tf.train.Server.create_local_server() for one process",
        )
    if _connected is None:
        _connected = SharedVariables(Tasks([Task(*at) for at in wanted], me))
    elif _connected.tasks.me != me:
        raise ArgumentError(f"this program is {_connected.tasks.me}, and cannot be {me} too", rule="one task a process")
    targets.share(target, _connected)
    return _connected.tasks
