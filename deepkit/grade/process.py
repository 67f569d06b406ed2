"""The grader's end of a student's process: start it, ask it, believe nothing, and leave nothing of it alive."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import select
import signal
import socket
import sys
import sysconfig
import time
from collections.abc import Collection
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from deepkit import errors, resources
from deepkit.errors import GradingError
from deepkit.grade import fence, launcher, wire
from deepkit.grade.asking import NOT_ANSWERED, Asking, WrongAnswer, not_plain
from deepkit.grade.confine import Walls, homes, scratch
from deepkit.grade.fence import SYSTEM
from deepkit.grade.host import START_SECONDS

MOST_REPLY_BYTES = 8 << 20
WALL_FACTOR = 10.0
"""Limits are CPU time; on a machine with much else to do, that much of it may take several times as long."""
_PACKAGE = Path(errors.__file__).resolve().parent


class _Started:
    """Base of what is a context: it starts something, and whatever was put on its stack ends with it, or if it fails."""

    _stack: contextlib.ExitStack

    def _start(self) -> None:
        raise TypeError(f"{type(self).__name__} does not define _start")

    def __enter__(self) -> Self:
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


class Host(_Started):
    """The process that students' processes are forked from (see `deepkit.grade.host`).

    `closed` are files and folders that no answer may read, even where they lie among the libraries; deepkit's own
    exercises always are. `readable` may be read beside the libraries. `preload` are import statements, run once for all.
    `without` leaves walls away (see `confine`), to prove that they hold. Use it as a context.
    """

    def __init__(
        self, closed: Collection[Path] = (), *, readable: Collection[str] = (), preload: Collection[str] = (),
        without: Collection[str] = (),
    ):
        opened = [*_readable(), *readable]
        shut = fence.within([*map(str, closed), *_exercises()], opened)
        self._settings = {"readable": opened, "closed": shut, "without": list(without)}
        self._preload = list(preload)
        self._stack = contextlib.ExitStack()

    def fork(self, settings: dict[str, Any], handles: list[int]) -> None:
        """Ask for a student's process that takes requests from, and replies and reports to, these descriptors."""
        socket.send_fds(self._channel, [json.dumps(settings).encode()], handles)

    def walls(self) -> Walls:
        """The walls that stand around every student's process of this host."""
        with StudentProcess(self) as process:
            return process.walls

    def _start(self) -> None:
        if os.name != "posix":
            raise GradingError(
                "grading needs Linux or macOS",
                rule="answers run under resource limits of the operating system",
                hint="on Windows, run deepkit grade inside WSL",
            )
        self._channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._stack.callback(self._channel.close)  # the host ends with it
        with theirs:
            launcher.fork_host(theirs, self._preload)
        self._channel.send(json.dumps(self._settings).encode())


class StudentProcess(_Started, Asking):
    """One answer's own process: confined, in a folder of its own, without input, output or inherited environment.

    Use it as a context: leaving it ends the process and all it started, and removes the folder. From `begin` on all
    requests together may take `seconds` of CPU time; whatever the process does wrong is raised as WrongAnswer.
    """

    def __init__(self, host: Host, *, seconds: float = 10.0, memory_mb: int = 2048):
        self.seconds, self.memory_mb = seconds, memory_mb
        self._host = host
        self._stack = contextlib.ExitStack()
        self._unread = b""
        self._source = ""
        self._ended: dict[str, Any] | None = None

    @property
    def took(self) -> dict[str, float]:
        """Seconds of CPU time since `begin`, and megabytes beyond those of the libraries at the most, of a process that ended."""
        ended = self._ended or {}
        return {name: ended[name] for name in ("seconds", "memory_mb") if name in ended}

    def begin(self) -> None:
        """Start the clock: what has run so far was ours."""
        self._deadline = time.monotonic() + WALL_FACTOR * self.seconds
        with contextlib.suppress(BrokenPipeError):  # it is dead already; the next request will say of what
            os.write(self._leash, json.dumps({"cpu": self.seconds}).encode() + b"\n")

    def run(self, source: str, filename: str = "<answer>") -> None:
        """Execute the text of a cell; errors on lines of "<answer>" are reported with their line."""
        self._source = source
        self._ask("your code", do="run", source=source, filename=filename)

    def run_quietly(self, sources: Collection[str]) -> None:
        """Run what an answer leans on in other cells; what fails is missed only where its name is used."""
        if sources:
            self._ask("a helper in another cell", do="helpers", sources=list(sources))

    def _start(self) -> None:
        home = self._stack.enter_context(homes.home())
        with contextlib.ExitStack() as theirs:
            requests, self._requests = self._pipe(theirs, give="read")
            replies, self._replies = self._pipe(theirs, give="write")
            leash, self._leash = self._pipe(theirs, give="read")
            report, self._report = self._pipe(theirs, give="write")
            settings = {"home": home, "seconds": self.seconds, "memory_mb": self.memory_mb}
            self._host.fork(settings, [requests, replies, leash, report])
        self._stack.callback(self._end)
        self._deadline = time.monotonic() + START_SECONDS
        try:
            self.walls = Walls(**self._ask("the grader's own set-up", do="walls"))
        except WrongAnswer as error:
            raise GradingError(f"a student's process cannot be started: {error}") from error

    def _pipe(self, theirs: contextlib.ExitStack, give: str) -> tuple[int, int]:
        """A pipe as (the end that the process gets, ours)."""
        read, write = os.pipe()
        given, kept = (read, write) if give == "read" else (write, read)
        theirs.callback(os.close, given)
        self._stack.callback(os.close, kept)
        os.set_blocking(kept, False)
        return given, kept

    def _end(self) -> dict[str, Any]:
        """Let go of the leash and wait, not long, for what the guard says of the end."""
        if self._ended is None:
            silent = os.open(os.devnull, os.O_WRONLY)
            os.dup2(silent, self._leash)
            os.close(silent)
            told = b""
            if select.select([self._report], [], [], 5.0)[0]:
                told = os.read(self._report, 1 << 10)
            self._ended = json.loads(told) if told else {"code": -signal.SIGKILL}
        return self._ended

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
            raise not_plain(subject, error) from error
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
            raise WrongAnswer(self._too_long(subject))

    def _death(self, subject: str) -> str:
        if self._ended is None and not select.select([self._report], [], [], 1.0)[0]:
            return f"{subject} closed the grader's channel"
        ended = self._end()
        code = ended["code"]
        if ended.get("cpu") or code == -signal.SIGXCPU:
            return self._too_long(subject)
        if ended.get("scratch"):
            return f"{subject} kept more than {scratch.SCRATCH_MB} MB or {scratch.MOST_FILES:,} files in its folder"
        how = f"was killed by signal {-code}" if code < 0 else f"ended itself with exit status {code}"
        return f"{subject} did not finish: its process {how}"

    def _too_long(self, subject: str) -> str:
        return f"{subject} took longer than {self.seconds:g} s: is there a loop that never ends?"

    def _explain(self, subject: str, type: str, message: str, line: int | None) -> str:
        lines = self._source.splitlines()
        place = ""
        if isinstance(line, int) and 0 < line <= len(lines):
            place = f" (line {line}: {lines[line - 1].strip()[:80]})"
        if type == "NotImplementedError":
            return (
                NOT_ANSWERED if "NotImplementedError" in place else f"{subject} raised NotImplementedError{place}"
            )
        if type == "SyntaxError" and any(text.lstrip().startswith(("%", "!", "?")) for text in lines):
            return f"the answer uses notebook magics, but the grader runs plain Python{place}"
        return f"{subject} raised {str(type)[:60]}: {str(message)[:300]}{place}"


def _readable() -> list[str]:
    """What answers may read: Python with its libraries, deepkit with its data, and what those read of the system."""
    import numpy

    paths = sysconfig.get_paths()
    python = {paths[key] for key in ("stdlib", "platstdlib", "purelib", "platlib")}
    libraries = Path(numpy.__file__).resolve().parent.parent
    return [*sorted(python), str(libraries), str(_PACKAGE), *_data_folder(), *SYSTEM]


def _exercises() -> list[str]:
    """Every copy of deepkit's exercises that can be found: beside the package, inside it, and where it is installed."""
    import numpy

    paths = sysconfig.get_paths()
    roots = {_PACKAGE.parent, Path(numpy.__file__).resolve().parent.parent, *map(Path, sys.path), Path(paths["data"])}
    roots |= {Path(paths[key]) for key in ("purelib", "platlib")}
    names = ("exercises", "deepkit/_exercises", "deepkit/exercises")
    return sorted(str(root / name) for root in roots for name in names if (root / name).is_dir())


def _data_folder() -> list[str]:
    try:
        return [str(resources.folder("data"))]
    except FileNotFoundError:  # an installation without data: exercises that need none still work
        return []
