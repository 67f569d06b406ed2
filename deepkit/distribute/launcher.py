"""Ranks from a notebook or a program: started by mpiexec, their output as it comes, none of them left over."""

from __future__ import annotations

import functools
import importlib.util
import inspect
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from deepkit.distribute import results
from deepkit.distribute.ranks import LAUNCHED
from deepkit.distribute.watch import LAUNCHER, children
from deepkit.errors import ArgumentError, MissingExtraError, RankError

SETTINGS = {
    "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",  # in a container everybody is root
    "PRTE_MCA_rmaps_default_mapping_policy": ":oversubscribe", "PRTE_MCA_hwloc_default_binding_policy": "none",
    "OMPI_MCA_pml": "ob1", "OMPI_MCA_btl": "self,sm", "OMPI_MCA_osc": "^ucx",  # through memory, not through a network
}
"""Open MPI's settings for ranks of this machine. Who has set one of them in the environment has decided."""
SECONDS, LOOK = 5.0, 0.5  # mpiexec has so long to end its ranks, or to end without them; between two looks
_TAG = re.compile(r"\[\d+,(\d+)\]<std(?:out|err)>: ?")
_CAUSE = re.compile(r"deepkit: (rank \d+ of \d+ ended by \w+)|(process rank \d+) with PID|^(signal \d+ \([\w ]+\))")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def launch(
    program: str | os.PathLike[str] | Callable[..., Any], ranks: int = 2, arguments: Sequence[Any] = (),
    timeout: float | None = None, tagged: bool = True, cluster: Mapping[str, int] | None = None,
) -> list[Any]:
    """Runs a program on several ranks of this machine, and waits for it. What they print appears at once, after "rank:".

    Args:
        program: the path of a script; or a function, whose text is run by a new Python on each rank. It imports what it
            needs and uses nothing from outside but its arguments.
        ranks: how many.
        arguments: of the script (texts) or of the function (numbers, texts, arrays, and lists and dictionaries of them).
        timeout: seconds after which all ranks are ended.
        tagged: each line begins with the rank it comes from.
        cluster: {"ps": 1, "worker": 2} starts a rank for each task, in this order, instead of `ranks` equal ones. A script is
            told which it is by --job_name=ps --task_index=0, as `tf.train.Server` programs are; a function by its first two
            arguments.

    Returns:
        What the function returned on each rank; for a script a list of None. If this is interrupted (Ctrl-C, the stop button)
        or killed, all ranks end.

    Raises:
        MissingExtraError: there is no mpiexec or no mpi4py: the extra `dist` brings both.
        RankError: a rank failed; what it said stands above.

    >>> from deepkit import distribute
    >>> def which():
    ...     from deepkit import distribute
    ...     return distribute.rank()
    >>> distribute.launch(which, ranks=2)  # doctest: +SKIP
    [0, 1]
    """
    tasks = [(job, i) for job, count in (cluster or {}).items() for i in range(count)]
    ranks = ranks if cluster is None else len(tasks)
    if ranks < 1:
        raise ArgumentError(f"launch on {ranks} ranks", rule="at least one")
    with tempfile.TemporaryDirectory(prefix="deepkit-ranks-") as folder:
        place = Path(folder)
        if callable(program):
            _write_program(program, arguments, place, bool(tasks))
            _attend(_command([str(place / "program.py")], ranks, tasks), ranks, timeout, tagged)
            return [results.read(place / f"{rank}.npz") for rank in range(ranks)]
        if not Path(program).is_file():
            raise ArgumentError(f"there is no program {os.fspath(program)!r} to launch", hint="the path of a Python script")
        _attend(_command([os.fspath(program), *map(str, arguments)], ranks, tasks), ranks, timeout, tagged)
        return [None] * ranks


def _command(program: list[str], ranks: int, tasks: Sequence[tuple[str, int]]) -> list[str]:
    """mpiexec's words: so many equal ranks, or one rank for each task, which is told what it is."""
    start = [_mpiexec(), *(["--output", "tag"] if _is_open_mpi() else [])]
    if not tasks:
        return [*start, "-n", str(ranks), sys.executable, *program]
    parts = [["-n", "1", sys.executable, *program, f"--job_name={job}", f"--task_index={i}"] for job, i in tasks]
    return [*start, *parts[0], *(word for part in parts[1:] for word in (":", *part))]


def is_possible() -> bool:
    """Whether `launch` finds an mpiexec and mpi4py."""
    return _found() is not None and importlib.util.find_spec("mpi4py") is not None


def _found() -> str | None:
    beside = Path(sys.executable).parent / "mpiexec"  # a virtual environment's, also where it is not on the PATH
    return str(beside) if beside.is_file() else shutil.which("mpiexec")


def _mpiexec() -> str:
    found = _found()
    if found is None or not is_possible():
        raise MissingExtraError("mpi4py with an mpiexec", "dist", "launch")
    return found


@functools.cache
def _is_open_mpi() -> bool:
    said = subprocess.run([_mpiexec(), "--version"], capture_output=True, text=True, env=_environment(1), check=False)
    return "Open MPI" in said.stdout or "prte" in said.stdout.lower()


def _environment(ranks: int) -> dict[str, str]:
    """This program's environment for the ranks: the same deepkit, this machine's cores shared out, no rank of an outer job."""
    kept = {name: value for name, value in os.environ.items() if name not in LAUNCHED}
    home = str(Path(__file__).resolve().parents[2])
    paths = [os.path.abspath(p) for p in kept.get("PYTHONPATH", "").split(os.pathsep) if p]
    kept["PYTHONPATH"] = os.pathsep.join(dict.fromkeys([*paths, home]))
    return {**SETTINGS, **kept, LAUNCHER: str(os.getpid()), "PYTHONUNBUFFERED": "1"}


def _write_program(function: Callable[..., Any], arguments: Sequence[Any], place: Path, is_task: bool) -> None:
    """The function's text as a program that keeps what it returns; a task's first arguments are its job and number."""
    try:
        text = textwrap.dedent(inspect.getsource(function))
    except (OSError, TypeError) as error:
        raise ArgumentError(
            f"launch cannot find the text of {function!r}", rule="the ranks run a function's text", hint="def train(): ..."
        ) from error
    if not text.lstrip().startswith("def "):
        raise ArgumentError(f"launch cannot run {text.splitlines()[0]!r}", rule="a function", hint="def train(): ...")
    results.write(place / "arguments.npz", list(arguments))
    before = f"from deepkit.distribute import results\nARGUMENTS = results.begin({str(place)!r}, {is_task})\n"
    (place / "program.py").write_text(f"{before}{text}\nresults.end({str(place)!r}, {function.__name__}(*ARGUMENTS))\n")


def _attend(command: list[str], ranks: int, timeout: float | None, tagged: bool) -> None:
    """Runs the command to its end, printing what it prints; whatever happens here, nothing of it goes on."""
    sys.stdout.flush()
    process = subprocess.Popen(
        command, env=_environment(ranks), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        errors="replace", start_new_session=True,
    )
    late, over = threading.Event(), threading.Event()

    def give_up() -> None:
        late.set()
        _stop(process)

    timer = threading.Timer(timeout or 0, give_up)
    if timeout is not None:
        timer.start()
    threading.Thread(target=_end_with_ranks, args=(process, over), daemon=True).start()
    causes: list[str] = []
    try:
        for line in _lines(process, tagged):
            causes += [cause for match in _CAUSE.finditer(line) for cause in match.groups() if cause]
            print(line, flush=True)
        code = process.wait()
    finally:
        timer.cancel()
        over.set()
        _end(process)
    if late.is_set():
        raise RankError(f"{ranks} ranks were ended after {timeout:g} s", rule="launch(..., timeout=)")
    if code:
        raise _failed(ranks, causes, code)


def _failed(ranks: int, causes: list[str], code: int) -> RankError:
    """What is known of the rank that failed first; of one that was killed, by which signal."""
    known = [cause for cause in causes[:2] if cause is causes[0] or cause.startswith("signal")]
    return RankError(
        f"a job of {ranks} ranks failed: {', '.join(known) or f'exit code {code}'}", rule="all ranks end when one fails",
        hint="what the first one said stands above",
    )


def _lines(process: subprocess.Popen[str], tagged: bool) -> Iterator[str]:
    """The lines that the ranks print, each with its rank's number if wanted."""
    assert process.stdout is not None
    for raw in process.stdout:
        line = _COLOUR.sub("", raw)
        *_, rank, text = ["", *_TAG.split(line)] if _TAG.search(line) else ["", line]
        if text.strip() or line == raw:  # else there was nothing but a change of colours
            yield f"{rank}: {text.rstrip()}" if tagged and rank else text.rstrip()


def _end_with_ranks(process: subprocess.Popen[str], over: threading.Event) -> None:
    """Ends an mpiexec that goes on without ranks: after one of them has failed it sometimes waits for itself."""
    had_ranks, without = False, 0.0
    while not over.wait(LOOK):
        ranks = children(process.pid)
        had_ranks |= bool(ranks)
        without = without + LOOK if had_ranks and ranks == [] else 0.0
        if without > SECONDS:
            _stop(process)


def _stop(process: subprocess.Popen[str]) -> None:
    """Ends mpiexec, which ends its ranks; if it does not, it is killed, and they find out by themselves."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _end(process: subprocess.Popen[str]) -> None:
    """Ends mpiexec, and closes what it has printed to."""
    _stop(process)
    if process.stdout is not None:
        process.stdout.close()
