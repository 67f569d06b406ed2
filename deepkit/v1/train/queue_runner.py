"""`tf.train.QueueRunner`: threads that keep a queue filled, and how they end."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

from deepkit.core.collections import GraphKeys
from deepkit.core.graph import default_graph, default_session
from deepkit.core.node import Node
from deepkit.errors import ArgumentError, CancelledError, GraphError, OutOfRangeError
from deepkit.ops.input.buffers import fills_queues
from deepkit.v1.input.queues import QueueBase
from deepkit.v1.platform import logging
from deepkit.v1.train.coordinator import Coordinator

__all__ = ["QueueRunner", "add_queue_runner", "start_queue_runners"]


class QueueRunner:
    """For each of `enqueue_ops` a thread that runs it again and again.

    A thread ends when the coordinator says so, when its enqueue meets the end of the data (OutOfRangeError, or one of
    queue_closed_exception_types), or when the queue or the session is closed. After the last thread of a session the
    queue is closed, so that whoever takes from it comes to an end, too. An error goes to the coordinator, whose join
    raises it; without one it is logged and kept in `exceptions_raised`.
    """

    def __init__(
        self, queue: Any = None, enqueue_ops: Sequence[Any] | None = None, close_op: Any = None, cancel_op: Any = None,
        queue_closed_exception_types: Any = None, queue_runner_def: Any = None, import_scope: Any = None,
    ):
        if not isinstance(queue, QueueBase) or not enqueue_ops:
            raise ArgumentError(
                f"QueueRunner of {queue!r} and {enqueue_ops!r}", rule="a queue, and a list of operations that fill it",
                hint="QueueRunner(queue, [enqueue_op] * 5): five threads",
            )
        if not isinstance(enqueue_ops, (list, tuple)):
            raise ArgumentError("QueueRunner: one enqueue operation", rule="a list of them", hint="[enqueue_op] * 5")
        self._queue, self._enqueue_ops = queue, list(enqueue_ops)
        self._close_op: Node = close_op if close_op is not None else queue.close()
        self._cancel_op: Node = cancel_op if cancel_op is not None else queue.close(cancel_pending_enqueues=True)
        self._ended = tuple(queue_closed_exception_types or (OutOfRangeError,))
        self._lock = threading.Lock()
        self._running: dict[Any, int] = {}  # session -> threads
        self._errors: list[BaseException] = []

    @property
    def queue(self) -> QueueBase:
        return self._queue

    @property
    def enqueue_ops(self) -> list[Any]:
        return self._enqueue_ops

    @property
    def close_op(self) -> Node:
        return self._close_op

    @property
    def cancel_op(self) -> Node:
        return self._cancel_op

    @property
    def queue_closed_exception_types(self) -> tuple[type[BaseException], ...]:
        return self._ended

    @property
    def name(self) -> str:
        return self._queue.queue_ref.node.name

    @property
    def exceptions_raised(self) -> list[BaseException]:
        """The errors of threads that had no coordinator."""
        return self._errors

    def create_threads(
        self, sess: Any, coord: Coordinator | None = None, daemon: bool = False, start: bool = False
    ) -> list[threading.Thread]:
        """The threads for a session; none if they are at work there already.

        With a coordinator there is one more, which gives waiting enqueues up when the stop is requested. The end of the
        program never waits for these threads, whatever `daemon` says.
        """
        with self._lock:
            if self._running.get(sess):
                return []
            self._running[sess] = len(self._enqueue_ops)
        threads = [fills_queues(self._thread("enqueue", self._work, sess, op, coord)) for op in self._enqueue_ops]
        if coord is not None:
            threads.append(self._thread("close", self._close_on_stop, sess, coord))
            for thread in threads:
                coord.register_thread(thread)
        if start:
            for thread in threads:
                thread.start()
        return threads

    def _thread(self, what: str, target: Any, *args: Any) -> threading.Thread:
        return threading.Thread(target=target, args=args, name=f"QueueRunner {self.name} {what}", daemon=True)

    def _work(self, sess: Any, enqueue_op: Any, coord: Coordinator | None) -> None:
        try:
            enqueue = sess.make_callable(enqueue_op)
            while coord is None or not coord.should_stop():
                enqueue()
        except (*self._ended, CancelledError):  # the end of the data; or the queue or the session was closed
            self._leave(sess)
        except BaseException as error:
            if coord is None:
                logging.error("Exception in QueueRunner: %s", error)
                self._errors.append(error)
            else:
                coord.request_stop(error)
            self._leave(sess)
        else:
            self._leave(sess, close=False)  # stopped: the other thread closes the queue

    def _leave(self, sess: Any, close: bool = True) -> None:
        """One thread less; the last one closes the queue."""
        with self._lock:
            self._running[sess] -= 1
            last = self._running[sess] == 0
            if last:
                del self._running[sess]
        if last and close and not sess.closed:
            _run(sess, self._close_op)

    def _close_on_stop(self, sess: Any, coord: Coordinator) -> None:
        coord.wait_for_stop()
        _run(sess, self._cancel_op)


def _run(sess: Any, op: Node) -> None:
    """Closes a queue, unless the session was closed, with all its queues, a moment before."""
    try:
        sess.run(op)
    except CancelledError:
        logging.debug("the session was closed before its queue")


def add_queue_runner(qr: QueueRunner, collection: str = GraphKeys.QUEUE_RUNNERS) -> None:
    """Puts a QueueRunner among those of the default graph that start_queue_runners starts."""
    default_graph().add_to_collection(collection, qr)


def start_queue_runners(
    sess: Any = None, coord: Coordinator | None = None, daemon: bool = True, start: bool = True,
    collection: str = GraphKeys.QUEUE_RUNNERS,
) -> list[threading.Thread]:
    """Starts the threads of all QueueRunners of the graph; coord.join(threads) waits for them at the end.

    >>> import deepkit.v1 as tf
    >>> with tf.Graph().as_default(), tf.Session() as sess:
    ...     number = tf.train.range_input_producer(3, shuffle=False).dequeue()
    ...     coord = tf.train.Coordinator()
    ...     threads = tf.train.start_queue_runners(sess, coord)
    ...     print([int(sess.run(number)) for _ in range(4)])
    ...     coord.request_stop()
    ...     coord.join(threads)
    [0, 1, 2, 0]
    """
    session = sess if sess is not None else default_session()
    if session is None:
        raise GraphError(
            "start_queue_runners() needs a session", rule="the threads fill the queues of one session",
            hint="with tf.Session() as sess: ..., or start_queue_runners(sess=sess)",
        )
    runners = session.graph.get_collection(collection)
    return [t for runner in runners for t in runner.create_threads(session, coord, daemon, start)]
