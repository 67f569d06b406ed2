"""Many submissions, unattended: a supervisor that reads no submission itself, and a worker to kill for each of them.

A worker takes one notebook, has its answers run, decodes what they return and checks it; before and after each task it
says so on a pipe. The supervisor writes every mark down at once (see `journal`). A worker that takes too long over a
task, or dies of it, costs that task's points: it is killed, and another one takes the tasks that are left.
"""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import multiprocessing.connection
import resource
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from deepkit.errors import GradingError, printable
from deepkit.grade.confine import limits, namespaces
from deepkit.grade.exercise import Exercise, Task, released_from
from deepkit.grade.files import is_utf8
from deepkit.grade.grading import Grader, Marks, TaskMarks
from deepkit.grade.host import START_SECONDS
from deepkit.grade.journal import Journal, digest_of
from deepkit.grade.process import WALL_FACTOR

CHECK_SECONDS = 60.0
"""What starting, reading a notebook, and checking one answer's values may take beside the answer's own time."""
_WORKER_MB = 8192


@dataclass
class _Job:
    """One submission on its way: what is left of it, and the worker that has it now."""

    path: Path
    digest: str
    left: list[Task]
    process: Any = None
    pipe: Any = None
    task: Task | None = None
    deadline: float = 0.0


def grade_all(exercise: Exercise, submissions: Sequence[Path], journal: Journal, *, jobs: int) -> Iterator[Marks]:
    """Grade submissions, `jobs` at a time, and yield the marks of each in their order; those in the journal are kept."""
    supervisor = _Supervisor(exercise, submissions, journal, jobs)
    try:
        yield from supervisor.run()
    finally:
        supervisor.stop()


def by_exercise(submissions: Sequence[Path]) -> tuple[dict[str, list[Path]], list[Marks]]:
    """Submissions by the exercise that each was released from, and those that belong to none, with the reason.

    Each is read in a process of its own: what a stranger wrote may be too much for it.
    """
    forks = multiprocessing.get_context("fork")
    groups: dict[str, list[Path]] = {}
    refused = []
    for path in submissions:
        pipe, theirs = forks.Pipe(duplex=False)
        process = forks.Process(target=_name, args=(path, theirs), daemon=True)
        process.start()
        theirs.close()
        said = {"error": "reading it ended the process that did"}
        with contextlib.suppress(EOFError):
            said = json.loads(pipe.recv_bytes()) if pipe.poll(CHECK_SECONDS) else {"error": "reading it takes too long"}
        process.kill()
        process.join()
        pipe.close()
        if "name" in said:
            groups.setdefault(said["name"], []).append(path)
        else:
            refused.append(Marks(str(path), (), error=said["error"]))
    return groups, refused


class _Supervisor:
    def __init__(self, exercise: Exercise, submissions: Sequence[Path], journal: Journal, jobs: int):
        self.exercise, self.journal, self.most = exercise, journal, jobs
        self.submissions = list(submissions)
        self.closed = [path.absolute() for path in submissions]
        self.running: list[_Job] = []
        self._forks = multiprocessing.get_context("fork")  # the exercise is loaded; nothing is read again

    def run(self) -> Iterator[Marks]:
        """The marks of each submission, in order, as soon as they and those before them are there."""
        waiting = [self._job(path) for path in self.submissions]
        order = [(job.path, job.digest) for job in waiting]
        waiting = [job for job in reversed(waiting) if job.left]
        for path, digest in order:
            while (marks := self.journal.result(path, digest, self.exercise)) is None:
                while waiting and len(self.running) < self.most:
                    self._start(waiting.pop())
                self._wait()
            yield marks

    def stop(self) -> None:
        """End all workers; their answers' processes end with them."""
        for job in self.running:
            self._end(job)
        self.running.clear()

    def _job(self, path: Path) -> _Job:
        digest = digest_of(path)
        done = self.journal.marks(path, digest)
        job = _Job(path, digest, [task for task in self.exercise.tasks if task.name not in done])
        if not is_utf8(path):
            self.journal.add(path, digest, f"{printable(path)}: the file's name is not text (UTF-8); rename it")
            job.left = []
        return job

    def _start(self, job: _Job) -> None:
        job.pipe, theirs = self._forks.Pipe(duplex=False)
        names = [task.name for task in job.left]
        arguments = (self.exercise, job.path, job.digest, names, self.journal.seed, self.closed, theirs)
        job.process = self._forks.Process(target=_work, args=arguments, daemon=True)
        job.process.start()
        theirs.close()
        job.task, job.deadline = None, time.monotonic() + START_SECONDS + CHECK_SECONDS
        self.running.append(job)

    def _wait(self) -> None:
        """Take what the workers say next, and end those whose time is up."""
        soonest = min(job.deadline for job in self.running)
        pipes = [job.pipe for job in self.running]
        ready = multiprocessing.connection.wait(pipes, max(0.0, soonest - time.monotonic()))
        for job in list(self.running):
            if job.pipe in ready:
                try:
                    self._hear(job, job.pipe.recv_bytes())
                except EOFError:
                    self._lost(job, "its checks ended the process that ran them")
            elif time.monotonic() > job.deadline:
                self._lost(job, "what it returned takes too long to check")

    def _hear(self, job: _Job, message: bytes) -> None:
        said = json.loads(message)
        if "mark" in said:
            marks = TaskMarks(**said["mark"])
            self.journal.add(job.path, job.digest, marks)
            job.left = [task for task in job.left if task.name != marks.name]
        elif "texts" in said:
            self.journal.add_texts(job.path, job.digest, said["texts"])
        elif "task" in said:
            job.task = next(task for task in job.left if task.name == said["task"])
            job.deadline = time.monotonic() + START_SECONDS + WALL_FACTOR * job.task.seconds + CHECK_SECONDS
        else:
            self.journal.add(job.path, job.digest, said["error"])
            job.left = []
        if not job.left:
            self._end(job)
            self.running.remove(job)

    def _lost(self, job: _Job, why: str) -> None:
        """A worker is gone or has to go: the task it was at is lost, and the rest goes to another."""
        self._end(job)
        self.running.remove(job)
        if job.task is None or job.task not in job.left:
            self.journal.add(job.path, job.digest, f"{printable(job.path)}: the process that graded it did not finish")
            return
        self.journal.add(job.path, job.digest, TaskMarks(job.task.name, 0.0, job.task.points, why))
        job.left.remove(job.task)
        if job.left:
            self._start(job)

    @staticmethod
    def _end(job: _Job) -> None:
        job.process.kill()
        job.process.join()
        job.process.close()
        job.pipe.close()


def _work(
    exercise: Exercise, path: Path, digest: str, names: list[str], seed: int, closed: list[Path], pipe: Any
) -> None:
    """A worker's life: it says what it is at, and what came out. It ends with its supervisor."""
    if sys.platform == "linux":
        namespaces.die_with_parent()
    limits.yield_memory()
    _limit_memory()
    try:
        with Grader(exercise, seed=seed, closed=closed) as grader:
            for step in grader.submission(path, names):
                if isinstance(step, dict):  # the notebook has just been read
                    _check_unchanged(path, digest)
                kinds = {str: "task", dict: "texts"}
                _say(pipe, {"mark": asdict(step)} if isinstance(step, TaskMarks) else {kinds[type(step)]: step})
    except GradingError as error:
        _say(pipe, {"error": str(error)})


def _check_unchanged(path: Path, digest: str) -> None:
    """GradingError for a notebook that is not the one whose marks the journal expects."""
    if digest_of(path) != digest:
        raise GradingError(f"{printable(path)} changed while it was graded", hint="grade again once nobody writes it any more")


def _name(path: Path, pipe: Any) -> None:
    """Says which exercise a notebook belongs to."""
    _limit_memory()
    try:
        _say(pipe, {"name": released_from(path)})
    except GradingError as error:
        _say(pipe, {"error": str(error)})


def _say(pipe: Any, message: dict[str, Any]) -> None:
    pipe.send_bytes(json.dumps(message).encode())  # no pickles: the supervisor believes a worker nothing but marks


def _limit_memory() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    most = _WORKER_MB << 20
    with_hard = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(resource.RLIMIT_AS, (with_hard, hard))
