"""The grader's end of a student's process: start it, ask it, believe nothing, and leave nothing of it alive."""

from __future__ import annotations

import contextlib
import inspect
import json
import os
import secrets
import select
import signal
import sys
import tempfile
import textwrap
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

from deepkit import errors, resources
from deepkit.errors import GradingError
from deepkit.grade import wire

MOST_REPLY_BYTES = 8 << 20
_START_SECONDS = 60.0
_PACKAGE = Path(errors.__file__).resolve().parent


class WrongAnswer(Exception):
    """An answer earns no points; the message tells the student why."""


class StudentProcess:
    """One answer's own process, in its own folder and session, without input, output or inherited environment.

    Use it as a context: leaving it kills the whole process group and removes the folder. All requests together
    may take `seconds`; whatever the process does wrong is raised as WrongAnswer.
    """

    def __init__(self, denied: list[Path], *, seconds: float = 10.0, memory_mb: int = 2048):
        self.seconds, self.memory_mb = seconds, memory_mb
        self._denied = [str(path) for path in denied]
        self._stack = contextlib.ExitStack()
        self._unread = b""

    def __enter__(self) -> StudentProcess:
        try:
            self._start()
        except BaseException as error:
            self._stack.close()
            if isinstance(error, OSError):  # no memory, no process, no space: nobody's answer is to blame
                raise GradingError(f"a student's process cannot be started: {error}") from error
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None):
        self._stack.close()

    def run(self, source: str, filename: str = "<answer>") -> None:
        """Execute the text of a cell; errors on lines of "<answer>" are reported with their line."""
        self._source = source
        self._ask("your code", do="run", source=source, filename=filename)

    def call(self, function: str, *args: Any, **kwargs: Any) -> Any:
        """Call one of the answer's functions and return its result as plain data."""
        request = {"name": function, "args": wire.encode(args), "kwargs": wire.encode(kwargs)}
        return self._ask(f"{function}(...)", do="call", **request)

    def value(self, name: str) -> Any:
        """Return one of the answer's variables as plain data."""
        return self._ask(name, do="value", name=name)

    def probe(self, function: Callable, *args: Any) -> Any:
        """Run a function of ours over there, as `function(names, *args)` with the answer's names; return plain data.

        Only its text travels, so it must import what it needs; and it runs among the student's objects, so it
        reports values and leaves the verdict to the grader.
        """
        source = textwrap.dedent(inspect.getsource(function))
        return self._ask("your code", do="probe", source=source, name=function.__name__, args=wire.encode(args))

    def _start(self) -> None:
        if os.name != "posix":
            raise GradingError(
                "grading needs Linux or macOS",
                rule="answers run under resource limits of the operating system",
                hint="on Windows, run deepkit grade inside WSL",
            )
        import subprocess

        import numpy

        home = self._stack.enter_context(
            tempfile.TemporaryDirectory(prefix="deepkit-answer-", ignore_cleanup_errors=True)
        )
        for_child, self._requests = os.pipe()
        self._replies, from_child = os.pipe()
        for end in (self._requests, self._replies):
            self._stack.callback(os.close, end)
            os.set_blocking(end, False)
        roots = [str(_PACKAGE.parent), str(Path(numpy.__file__).resolve().parent.parent)]
        # Without numba and cupy deepkit computes by its NumPy kernels: no compiling, and the same numbers everywhere.
        bootstrap = (
            "import sys; sys.modules['numba'] = sys.modules['cupy'] = None; "
            f"sys.path += {roots!r}; from deepkit.grade.child import main; main({for_child}, {from_child})"
        )
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-B", "-W", "ignore", "-c", bootstrap],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd=home,
                env=_environment(home),
                pass_fds=(for_child, from_child),
                start_new_session=True,
            )
        finally:
            os.close(for_child)
            os.close(from_child)
        self._stack.callback(self._kill)
        self._deadline = time.monotonic() + _START_SECONDS
        readable = [sys.prefix, sys.base_prefix, sys.exec_prefix, str(_PACKAGE), *roots[1:], *_data_folder()]
        hidden = [roots[0]] if roots[0] != roots[1] else []
        limits = {"seconds": self.seconds, "memory_mb": self.memory_mb}
        places = {"readable": readable, "hidden": hidden, "denied": self._denied, "home": home}
        try:
            self._ask("the grader's own set-up", do="setup", **limits, **places)
        except WrongAnswer as error:
            raise GradingError(f"a student's process cannot be started: {error}") from error
        self._deadline = time.monotonic() + self.seconds

    def _ask(self, subject: str, **request: Any) -> Any:
        token = secrets.token_hex(16)
        self._send(json.dumps({"token": token, **request}).encode("ascii") + b"\n", subject)
        line = self._receive(subject)
        try:
            reply = json.loads(line)
            if not isinstance(reply, dict) or reply.get("token") != token:
                raise ValueError("not the reply to this request")
            if "error" not in reply:
                return wire.decode(reply["value"])
            problem = {key: reply["error"][key] for key in ("type", "message", "line")}
        except wire.NotPlainError as error:
            raise WrongAnswer(
                f"{subject} gave a {error}; expected numbers, text, arrays, lists, tuples or dicts"
            ) from error
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise WrongAnswer(f"{subject}: something else was written to the grader's channel") from error
        raise WrongAnswer(self._explain(subject, **problem))

    def _send(self, data: bytes, subject: str) -> None:
        while data:
            self._wait([], [self._requests], subject)
            try:
                data = data[os.write(self._requests, data) :]
            except BlockingIOError:
                continue
            except BrokenPipeError:
                raise WrongAnswer(self._death(subject)) from None

    def _receive(self, subject: str) -> bytes:
        while b"\n" not in self._unread:
            if len(self._unread) > MOST_REPLY_BYTES:
                raise WrongAnswer(f"{subject} gave more than {MOST_REPLY_BYTES >> 20} MB of data")
            self._wait([self._replies], [], subject)
            received = os.read(self._replies, 1 << 20)
            if not received:
                raise WrongAnswer(self._death(subject))
            self._unread += received
        line, _, self._unread = self._unread.partition(b"\n")
        return line

    def _wait(self, reads: list[int], writes: list[int], subject: str) -> None:
        left = self._deadline - time.monotonic()
        if left <= 0 or not any(select.select(reads, writes, [], left)):
            raise WrongAnswer(f"{subject} took longer than {self.seconds:g} s: is there a loop that never ends?")

    def _death(self, subject: str) -> str:
        import subprocess

        try:
            code = self._process.wait(timeout=1.0)
        except subprocess.TimeoutExpired:
            return f"{subject} closed the grader's channel"
        if code == -signal.SIGXCPU:
            return f"{subject} took longer than {self.seconds:g} s: is there a loop that never ends?"
        how = f"was killed by signal {-code}" if code < 0 else f"ended itself with exit status {code}"
        return f"{subject} did not finish: its process {how}"

    def _explain(self, subject: str, type: str, message: str, line: int | None) -> str:
        lines = self._source.splitlines() if hasattr(self, "_source") else []
        place = ""
        if isinstance(line, int) and 0 < line <= len(lines):
            place = f" (line {line}: {lines[line - 1].strip()[:80]})"
        if type == "NotImplementedError":
            return (
                "not answered yet" if "NotImplementedError" in place else f"{subject} raised NotImplementedError{place}"
            )
        if type == "SyntaxError" and any(text.lstrip().startswith(("%", "!", "?")) for text in lines):
            return f"the answer uses notebook magics, but the grader runs plain Python{place}"
        return f"{subject} raised {str(type)[:60]}: {str(message)[:300]}{place}"

    def _kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):  # nobody of the group is left
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


def _environment(home: str) -> dict[str, str]:
    """A fresh environment: no secrets of the grader's, one thread per library, every cache in `home`."""
    threads = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
    kept = {name: os.environ[name] for name in ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH") if name in os.environ}
    places = dict.fromkeys(("HOME", "TMPDIR", "XDG_CACHE_HOME", "MPLCONFIGDIR"), home)
    return {**kept, **places, **dict.fromkeys(threads, "1"), "PATH": os.defpath, "LC_ALL": "C.UTF-8"}


def _data_folder() -> list[str]:
    try:
        return [str(resources.folder("data"))]
    except FileNotFoundError:  # an installation without data: exercises that need none still work
        return []
