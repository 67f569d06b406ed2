"""`tf.train.ClusterSpec`, `Server` and `replica_device_setter`: programs written for several machines, as ranks of one job.

A variable lies on the task that its device names; everything else is computed where it is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from deepkit.errors import ArgumentError
from deepkit.loading import shown

_VARIABLES = ("Variable", "VariableV2", "AutoReloadVariable", "VarHandleOp")


class ClusterSpec:
    """Which jobs there are and the addresses of their tasks: {"ps": ["host:2222"], "worker": ["host:2223", ...]}.

    >>> spec = ClusterSpec({"ps": ["a:1"], "worker": ["a:2", "b:2"]})
    >>> spec.jobs, spec.num_tasks("worker"), spec.task_address("worker", 1)
    (['ps', 'worker'], 2, 'b:2')
    """

    def __init__(self, cluster: Any):
        jobs = cluster.as_dict() if isinstance(cluster, ClusterSpec) else cluster
        if not isinstance(jobs, dict):
            raise ArgumentError(
                f"ClusterSpec({cluster!r})", rule="job -> list of addresses", hint='{"worker": ["localhost:2222"]}'
            )
        self._jobs: dict[str, dict[int, str]] = {
            job: dict(tasks) if isinstance(tasks, dict) else dict(enumerate(tasks)) for job, tasks in jobs.items()
        }

    @property
    def jobs(self) -> list[str]:
        """The names of the jobs."""
        return sorted(self._jobs)

    def _tasks(self, job: str) -> dict[int, str]:
        if job not in self._jobs:
            raise ArgumentError(f"no such job in the cluster: {job!r}", rule="jobs: " + ", ".join(self.jobs))
        return self._jobs[job]

    def num_tasks(self, job_name: str) -> int:
        """How many tasks a job has."""
        return len(self._tasks(job_name))

    def task_indices(self, job_name: str) -> list[int]:
        """The numbers of a job's tasks."""
        return sorted(self._tasks(job_name))

    def task_address(self, job_name: str, task_index: int) -> str:
        """The address of one task."""
        tasks = self._tasks(job_name)
        if task_index not in tasks:
            raise ArgumentError(f"job {job_name!r} has no task {task_index}", rule=f"tasks: {sorted(tasks)}")
        return tasks[task_index]

    def job_tasks(self, job_name: str) -> list[str]:
        """The addresses of a job's tasks."""
        tasks = self._tasks(job_name)
        return [tasks.get(i, "") for i in range(max(tasks, default=-1) + 1)]

    def as_dict(self) -> dict[str, Any]:
        """The jobs as a dictionary of lists, or of dictionaries where tasks are left out."""
        whole = {job: sorted(tasks) == list(range(len(tasks))) for job, tasks in self._jobs.items()}
        return {job: self.job_tasks(job) if whole[job] else dict(tasks) for job, tasks in self._jobs.items()}

    def __bool__(self) -> bool:
        return bool(self._jobs)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ClusterSpec) and self._jobs == other._jobs

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"ClusterSpec({self.as_dict()!r})"


class Server:
    """One task of a cluster; sessions connect to it by `target`, and find each variable on the task its device names.

    The tasks are ranks of one job, one for each: `deepkit.distribute.launch("train.py", cluster={"ps": 1, "worker": 2})`, or
    mpiexec with a part for each task. Addresses only name them. Variables are shared; ops and queues run in the process whose
    session runs them. A cluster of one task needs no mpiexec, and its target is "".

    Raises:
        ArgumentError: the cluster has no such task; or it has several and this program is not a rank of a job.
        RankError: the ranks of the job are not the tasks of the cluster.
    """

    def __init__(
        self, server_or_cluster_def: Any, job_name: str | None = None, task_index: int | None = None,
        protocol: str | None = None, config: Any = None, start: bool = True,
    ):
        self.server_def = ClusterSpec(server_or_cluster_def)
        self.target, self._tasks = "", None
        tasks = [(job, i) for job in self.server_def.jobs for i in self.server_def.task_indices(job)]
        if len(tasks) > 1:
            job, index = self._which(job_name, task_index)
            self.target = f"{protocol or 'grpc'}://{self.server_def.task_address(job, index)}"
            self._tasks = shown("tf.train.Server").connect(tasks, job, index, self.target)

    def _which(self, job: str | None, index: int | None) -> tuple[str, int]:
        """The task that is meant: what is not said is clear where there is only one."""
        if job is None and len(self.server_def.jobs) == 1:
            job, = self.server_def.jobs
        if job is not None and index is None and self.server_def.num_tasks(job) == 1:
            index, = self.server_def.task_indices(job)
        if job is None or index is None:
            raise ArgumentError(
                f"Server(job_name={job!r}, task_index={index!r})", rule="which task of the cluster this program is",
                hint=f'Server(cluster, "{self.server_def.jobs[0]}", 0)',
            )
        self.server_def.task_address(job, int(index))
        return job, int(index)

    @staticmethod
    def create_local_server(config: Any = None, start: bool = True) -> Server:
        """A server of a cluster that is this process alone."""
        return Server({"local": ["localhost:0"]})

    def start(self) -> None:
        """Nothing: a server answers from the moment it is made."""

    def join(self) -> None:
        """Answers the other tasks until all of them have ended or have joined, too. Alone: nothing."""
        if self._tasks is not None:
            self._tasks.join()


def replica_device_setter(
    ps_tasks: int = 0, ps_device: str = "/job:ps", worker_device: str = "/job:worker", merge_devices: bool = True,
    cluster: Any = None, ps_ops: Sequence[str] | None = None, ps_strategy: Callable[[Any], int] | None = None,
) -> Callable[[Any], str] | None:
    """A function for tf.device: variables go to the tasks of ps_device in turn, everything else to worker_device.

    None if there are no such tasks, as in TensorFlow.
    """
    if cluster is not None:
        job = dict(p.split(":", 1) for p in ps_device.strip("/").split("/") if ":" in p).get("job")
        spec = ClusterSpec(cluster)
        ps_tasks = spec.num_tasks(job) if job in spec.jobs else 0
    if ps_tasks == 0:
        return None
    wanted = tuple(ps_ops or _VARIABLES)
    placed = [0]

    def choose(op: Any) -> str:
        if op.type not in wanted:
            return worker_device
        if "task:" in ps_device:
            return ps_device
        if ps_strategy is not None:
            return f"{ps_device}/task:{ps_strategy(op)}"
        placed[0] += 1
        return f"{ps_device}/task:{(placed[0] - 1) % ps_tasks}"

    return choose
