"""`tf.train.Coordinator`: how several threads stop together, and how the error of one reaches the program."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterable, Iterator
from typing import Any

from deepkit.errors import ArgumentError, OutOfRangeError, ThreadError
from deepkit.v1.platform import logging

_LOOK_AGAIN = 0.05  # seconds between two looks at a thread that join() waits for


class Coordinator:
    """Any thread calls request_stop(); all others see should_stop() and end; join() waits for them.

    An error that a thread hands to request_stop (or meets inside stop_on_exception) is raised again by join.
    clean_stop_exception_types are errors that mean nothing but the end of the data.

    >>> import threading
    >>> coord = Coordinator()
    >>> def work():
    ...     with coord.stop_on_exception():
    ...         raise ValueError("a bad record")
    >>> threads = [threading.Thread(target=work)]
    >>> threads[0].start()
    >>> coord.join(threads)
    Traceback (most recent call last):
    ValueError: a bad record
    """

    def __init__(self, clean_stop_exception_types: Any = None):
        self._clean = (OutOfRangeError,) if clean_stop_exception_types is None else tuple(clean_stop_exception_types)
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._error: BaseException | None = None
        self._registered: set[threading.Thread] = set()
        self._joined = False

    @property
    def joined(self) -> bool:
        """True once join() has ended."""
        return self._joined

    def should_stop(self) -> bool:
        """True once a stop was requested: the condition of a thread's loop."""
        return self._stop.is_set()

    def request_stop(self, ex: Any = None) -> None:
        """Asks all threads to stop. `ex`, an error or what sys.exc_info() gave, is raised by join; only the first counts.

        After join nobody would look at an error any more, so it is raised at once.
        """
        error = ex[1] if isinstance(ex, tuple) else ex
        if error is not None and not isinstance(error, BaseException):
            raise ArgumentError(
                f"request_stop({ex!r})", rule="an exception, the triple of sys.exc_info(), or nothing",
                hint="except Exception as error: coord.request_stop(error)",
            )
        with self._lock:
            if error is not None and self._joined:
                raise error
            if not self._stop.is_set():
                if error is not None and not isinstance(error, self._clean):
                    self._error = error
                    logging.info("Error reported to Coordinator: %s, %s", type(error), error)
                self._stop.set()

    def clear_stop(self) -> None:
        """Makes the coordinator as new: no stop requested, no error."""
        with self._lock:
            self._joined, self._error = False, None
            self._stop.clear()

    @contextlib.contextmanager
    def stop_on_exception(self) -> Iterator[None]:
        """Hands an error of the block to request_stop instead of raising it: the body of a thread's function."""
        try:
            yield
        except BaseException as error:
            self.request_stop(error)

    def wait_for_stop(self, timeout: float | None = None) -> bool:
        """Waits until a stop is requested, at most `timeout` seconds; True if it was."""
        return self._stop.wait(timeout)

    def register_thread(self, thread: threading.Thread) -> None:
        """A thread that join() waits for beside those it is given."""
        with self._lock:
            self._registered.add(thread)

    def raise_requested_exception(self) -> None:
        """Raises the error that was handed to request_stop, if there is one."""
        with self._lock:
            if self._error is not None:
                raise self._error

    def join(
        self, threads: Iterable[threading.Thread] | None = None, stop_grace_period_secs: float = 120,
        ignore_live_threads: bool = False,
    ) -> None:
        """Waits until all threads have ended; from a stop request on at most stop_grace_period_secs seconds more.

        Raises the error that was handed to request_stop; else RuntimeError if threads are still running after the time
        of grace, unless ignore_live_threads.
        """
        waiting = self._registered | set(_checked(threads))
        while not self._stop.is_set() and _wait(waiting, _LOOK_AGAIN):
            pass
        deadline = time.monotonic() + stop_grace_period_secs
        while (left := deadline - time.monotonic()) > 0 and _wait(waiting, min(left, _LOOK_AGAIN)):
            pass
        stragglers = sorted(thread.name for thread in waiting if thread.is_alive())
        with self._lock:
            self._joined = True
            self._registered = set()
            if self._error is not None:
                raise self._error
        if stragglers and ignore_live_threads:
            logging.info("Coordinator stopped with threads still running: %s", " ".join(stragglers))
        elif stragglers:
            raise ThreadError(
                f"threads still running {stop_grace_period_secs} s after the stop: {', '.join(stragglers)}",
                rule="a thread looks at coord.should_stop() again and again, and ends when it is True",
                hint="while not coord.should_stop(): ...; or join(threads, ignore_live_threads=True)",
            )


class LooperThread(threading.Thread):
    """A thread that calls run_loop, or `target`, again and again until the coordinator says stop.

    timer_interval_secs: between the beginnings of two calls; None: without a pause. An error stops all threads. A
    subclass may override start_loop, run_loop and stop_loop.
    """

    def __init__(
        self, coord: Coordinator, timer_interval_secs: float | None, target: Any = None, args: Any = None,
        kwargs: Any = None,
    ):
        if not isinstance(coord, Coordinator):
            raise ArgumentError(f"LooperThread: coord is {coord!r}", rule="a tf.train.Coordinator")
        super().__init__(daemon=True)
        self._coord, self._interval = coord, timer_interval_secs
        self._task, self._task_args, self._task_kwargs = target, tuple(args or ()), dict(kwargs or {})
        coord.register_thread(self)

    @staticmethod
    def loop(
        coord: Coordinator, timer_interval_secs: float | None, target: Any, args: Any = None, kwargs: Any = None
    ) -> LooperThread:
        """Starts a thread that calls target(*args) until the stop."""
        looper = LooperThread(coord, timer_interval_secs, target, args, kwargs)
        looper.start()
        return looper

    def run(self) -> None:
        with self._coord.stop_on_exception():
            self.start_loop()
            due = time.monotonic()
            while not self._coord.wait_for_stop(max(0.0, due - time.monotonic())):
                self.run_loop()
                due = time.monotonic() if self._interval is None else due + self._interval
            self.stop_loop()

    def start_loop(self) -> None:
        """Called once before the first call."""

    def run_loop(self) -> None:
        """What is done again and again."""
        if self._task is not None:
            self._task(*self._task_args, **self._task_kwargs)

    def stop_loop(self) -> None:
        """Called once after the last call."""


def _wait(threads: set[threading.Thread], seconds: float) -> bool:
    """Waits for one of the living threads, at most so long; False if none is alive."""
    alive = [thread for thread in threads if thread.is_alive()]
    if alive:
        alive[0].join(seconds)
    return bool(alive)


def _checked(threads: Any) -> list[threading.Thread]:
    listed = [threads] if isinstance(threads, threading.Thread) else list(threads or [])
    wrong = [thread for thread in listed if not isinstance(thread, threading.Thread)]
    if wrong:
        raise ArgumentError(
            f"join: {wrong[0]!r} among the threads is not a thread",
            rule="Thread.start() returns None, so the result of Thread(...).start() is no thread",
            hint="threads = [Thread(...) for i in range(5)], then for t in threads: t.start()",
        )
    return listed
