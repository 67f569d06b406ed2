"""Batches prepared by threads while the model trains: they arrive in order, and an error arrives with them."""

from __future__ import annotations

import random
import threading
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterator
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from typing import Any

from deepkit.errors import ArgumentError


class SequenceEnqueuer(ABC):
    """Base of the readers: `start()`, then iterate over `get()`, then `stop()`.

    Args:
        sequence: what is read.
        use_multiprocessing: accepted for the sake of Keras programs; threads do the work in any case. NumPy and
            Pillow release the lock of the interpreter while they compute, and a thread sees the same random stream
            and the same Ctrl-C as the program.
    """

    def __init__(self, sequence: Any, use_multiprocessing: bool = False):
        self.sequence, self.use_multiprocessing = sequence, use_multiprocessing
        self.workers = 0
        self._change = threading.Condition()  # guards the four below
        self._queue: deque[Future[Any]] = deque()
        self._pending = 0  # in the queue, or taken and not yet done with
        self._running = self._ended = False
        self._pool: ThreadPoolExecutor | None = None
        self._thread: threading.Thread | None = None

    def is_running(self) -> bool:
        """Whether batches are being prepared."""
        return self._running

    def start(self, workers: int = 1, max_queue_size: int = 10) -> None:
        """Let `workers` threads prepare batches, at most `max_queue_size` ahead of what has been taken."""
        if self._running:
            raise ArgumentError(f"{type(self).__name__} runs already", hint="stop() it first")
        if max_queue_size < 1:
            raise ArgumentError(f"max_queue_size={max_queue_size}", rule="1 or more batches")
        self.workers = max(1, workers)
        self._queue.clear()
        self._pending, self._running, self._ended = 0, True, False
        self._pool = ThreadPoolExecutor(self.workers, thread_name_prefix="deepkit-batches")
        self._thread = threading.Thread(target=self._run, args=(max_queue_size,), daemon=True)
        self._thread.start()

    def stop(self, timeout: float | None = None) -> None:
        """Stop, and wait until the threads have ended, at most `timeout` seconds if that is given."""
        with self._change:
            self._running = False
            self._change.notify_all()
        if self._pool is not None:
            self._pool.shutdown(wait=timeout is None, cancel_futures=True)
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(timeout)

    def get(self) -> Iterator[Any]:
        """The batches in order, until stop(); what a worker raised is raised here, and ends it."""
        while (future := self._take()) is not None:
            try:
                batch = future.result()
            except CancelledError:
                return
            except BaseException:
                self.stop()
                raise
            with self._change:
                self._pending -= 1
                self._change.notify_all()
            if batch is not None:
                yield batch

    def _take(self) -> Future[Any] | None:
        with self._change:
            self._change.wait_for(lambda: self._queue or self._ended or not self._running)
            if not self._running or not self._queue:
                return None
            future = self._queue.popleft()
            self._change.notify_all()
            return future

    def _run(self, most: int) -> None:
        try:
            for future in self._futures():
                if not self._put(future, most):
                    return
        except Exception as error:  # of the Sequence or generator: the consumer gets it
            self._put(_done(error=error), most)
        finally:
            with self._change:
                self._ended = True
                self._change.notify_all()

    def _put(self, future: Future[Any], most: int) -> bool:
        """Queue `future` once there is room; False if nobody wants it any more."""
        with self._change:
            self._change.wait_for(lambda: len(self._queue) < most or not self._running)
            if not self._running:
                future.cancel()
                return False
            self._queue.append(future)
            self._pending += 1
            self._change.notify_all()
            return True

    @abstractmethod
    def _futures(self) -> Iterator[Future[Any]]:
        """What is to be queued, one after the other; it runs in a thread of its own."""


def _done(result: Any = None, error: BaseException | None = None) -> Future[Any]:
    future: Future[Any] = Future()
    if error is None:
        future.set_result(result)
    else:
        future.set_exception(error)
    return future


class OrderedEnqueuer(SequenceEnqueuer):
    """Reads a Sequence, epoch after epoch, with as many threads as `start` says.

    Args:
        sequence: a keras.utils.Sequence. Its `on_epoch_end` is called once every batch of the epoch has been taken.
        use_multiprocessing: see SequenceEnqueuer.
        shuffle: read the batches of each epoch in another order.
    """

    def __init__(self, sequence: Any, use_multiprocessing: bool = False, shuffle: bool = False):
        super().__init__(sequence, use_multiprocessing)
        self.shuffle = shuffle

    def start(self, workers: int = 1, max_queue_size: int = 10) -> None:
        if not len(self.sequence):
            raise ArgumentError(
                "a Sequence without batches", hint="len(sequence) is 0: is there data, or a batch too large?"
            )
        super().start(workers, max_queue_size)

    def _futures(self) -> Iterator[Future[Any]]:
        assert self._pool is not None
        order = list(range(len(self.sequence)))
        while self._running:
            if self.shuffle:
                random.shuffle(order)
            for index in order:
                yield self._pool.submit(self.sequence.__getitem__, index)
            with self._change:
                self._change.wait_for(lambda: not self._pending or not self._running)
            if self._running:
                self.sequence.on_epoch_end()


class GeneratorEnqueuer(SequenceEnqueuer):
    """Reads a generator to its end. One thread does, whatever `workers` says: a generator runs in one at a time.

    Args:
        generator: anything `next` works on.
        use_multiprocessing: see SequenceEnqueuer.
        random_seed: accepted for the sake of Keras programs; it concerned processes only.
    """

    def __init__(self, generator: Any, use_multiprocessing: bool = False, random_seed: int | None = None):
        super().__init__(generator, use_multiprocessing)
        self.random_seed = random_seed

    def _futures(self) -> Iterator[Future[Any]]:
        while self._running:
            try:
                batch = next(self.sequence)
            except StopIteration:
                return
            yield _done(batch)
