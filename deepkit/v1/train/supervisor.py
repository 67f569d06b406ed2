"""`tf.train.Supervisor`: TensorFlow 1's older way to let a training initialize, save and end itself."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from deepkit.core.collections import GraphKeys
from deepkit.core.graph import Graph, default_graph
from deepkit.errors import ArgumentError
from deepkit.ops.summary import event_messages
from deepkit.v1 import summary
from deepkit.v1.framework import creators
from deepkit.v1.train.coordinator import Coordinator, LooperThread
from deepkit.v1.train.queue_runner import start_queue_runners
from deepkit.v1.train.saver import Saver
from deepkit.v1.train.session_manager import SessionManager
from deepkit.v1.train.steps import get_global_step

USE_DEFAULT = 0
"""Says of an argument of Supervisor that nothing was said about it; None switches the part off."""


class Supervisor:
    """Starts a session from the latest checkpoint in logdir or from the initial values, and keeps saving it there.

    >>> import deepkit.v1 as tf
    >>> with tf.Graph().as_default():
    ...     v = tf.Variable(2.0)
    ...     sv = tf.train.Supervisor(logdir=None)
    ...     with sv.managed_session() as sess:
    ...         print(sess.run(v))
    2.0

    A thread of its own saves the variables when the session starts and every save_model_secs seconds (global_step numbers
    the checkpoints), another one writes summary_op every save_summaries_secs seconds; 0 switches them off. MonitoredSession
    is the newer way.
    """

    USE_DEFAULT = USE_DEFAULT

    def __init__(
        self, graph: Graph | None = None, ready_op: Any = USE_DEFAULT, ready_for_local_init_op: Any = USE_DEFAULT,
        is_chief: bool = True, init_op: Any = USE_DEFAULT, init_feed_dict: Any = None, local_init_op: Any = USE_DEFAULT,
        logdir: Any = None, summary_op: Any = USE_DEFAULT, saver: Any = USE_DEFAULT, global_step: Any = USE_DEFAULT,
        save_summaries_secs: float = 120, save_model_secs: float = 600, recovery_wait_secs: float = 30,
        stop_grace_secs: float = 120, checkpoint_basename: str = "model.ckpt", session_manager: Any = None,
        summary_writer: Any = USE_DEFAULT, init_fn: Callable[[Any], Any] | None = None, local_init_run_options: Any = None,
    ):
        self.graph = default_graph() if graph is None else graph
        self.is_chief, self._init_feeds, self._init_fn = is_chief, init_feed_dict, init_fn
        self._logdir = None if logdir is None else os.fsdecode(logdir)
        self._grace = stop_grace_secs
        self.save_summaries_secs, self.save_model_secs = save_summaries_secs, save_model_secs
        with self.graph.as_default():
            self.ready_op = _part(ready_op, GraphKeys.READY_OP, creators.report_uninitialized_variables)
            self.init_op = _part(init_op, GraphKeys.INIT_OP, creators.global_variables_initializer)
            self.local_init_op = _part(local_init_op, GraphKeys.LOCAL_INIT_OP, creators.local_variables_initializer)
            self.global_step = get_global_step() if global_step is USE_DEFAULT else global_step
            variables = self.graph.get_collection(GraphKeys.GLOBAL_VARIABLES)
            self.saver = _part(saver, GraphKeys.SAVERS, lambda: Saver() if variables else None)
            if self.saver is not None:
                self.saver.build()
            board = self._logdir is not None and is_chief and event_messages.installed()
            self.summary_op = _part(summary_op, GraphKeys.SUMMARY_OP, summary.merge_all) if board else None
        self.summary_writer = summary_writer
        if summary_writer is USE_DEFAULT:
            self.summary_writer = summary.FileWriter(self._logdir) if board else None
        self.save_path = None if self._logdir is None else os.path.join(self._logdir, checkpoint_basename)
        self.coord = Coordinator()
        self.session_manager = session_manager or SessionManager(
            self.local_init_op, self.ready_op, graph=self.graph, recovery_wait_secs=recovery_wait_secs
        )
        self._threads: list[Any] = []
        self.graph.finalize()

    session_graph = property(lambda self: self.graph)

    # ---- sessions

    @contextlib.contextmanager
    def managed_session(
        self, master: str = "", config: Any = None, start_standard_services: bool = True,
        close_summary_writer: bool = True,
    ) -> Iterator[Any]:
        """A session that is ready, as a `with` block. At its end the threads stop, and the first error of any is raised.

        The end of the data (OutOfRangeError) ends the block and is no error.
        """
        session = None
        try:
            session = self.prepare_or_wait_for_session(master, config, start_standard_services=start_standard_services)
            yield session
        except Exception as error:
            self.request_stop(error)
        finally:
            try:
                self.stop(close_summary_writer=close_summary_writer)
            finally:
                if session is not None:
                    session.close()

    def prepare_or_wait_for_session(
        self, master: str = "", config: Any = None, wait_for_checkpoint: bool = False, max_wait_secs: float = 7200,
        start_standard_services: bool = True,
    ) -> Any:
        """A session whose variables have their values; the threads that save it and fill its queues are started."""
        self.coord.clear_stop()
        if not self.is_chief:
            session = self.session_manager.wait_for_session(master, config, max_wait_secs)
        else:
            session = self.session_manager.prepare_session(
                master, self.init_op, self.saver, self._logdir, config=config, init_feed_dict=self._init_feeds,
                init_fn=self._init_fn,
            )
            if start_standard_services:
                self.start_standard_services(session)
        self.start_queue_runners(session)
        return session

    PrepareSession = prepare_or_wait_for_session

    def start_standard_services(self, sess: Any) -> list[Any]:
        """Starts the threads that save checkpoints and write summaries to logdir."""
        if self._logdir is None:
            return []
        os.makedirs(self._logdir, exist_ok=True)
        if self.summary_writer is not None:
            self.summary_writer.add_graph(self.graph)
            if self.summary_op is not None and self.save_summaries_secs:
                self.loop(self.save_summaries_secs, self._summarize, (sess,))
        if self.saver is not None and self.save_model_secs:
            self._save(sess)
            first = iter([True])
            # A loop calls at once, and the first save is made: later than that it could overtake the program's own.
            self.loop(self.save_model_secs, lambda: None if next(first, False) else self._save(sess))
        return self._threads

    def start_queue_runners(self, sess: Any, queue_runners: Sequence[Any] | None = None) -> list[Any]:
        """Starts the threads that fill the queues: those of the graph, or the given QueueRunners."""
        if queue_runners is None:
            threads = start_queue_runners(sess, self.coord)
        else:
            threads = [t for runner in queue_runners for t in runner.create_threads(sess, self.coord, True, True)]
        self._threads += threads
        return threads

    StartQueueRunners = start_queue_runners

    def loop(
        self, timer_interval_secs: float | None, target: Any, args: Any = None, kwargs: Any = None
    ) -> LooperThread:
        """A thread that calls target(*args, **kwargs) now and then every so many seconds, until the stop."""
        thread = LooperThread(self.coord, timer_interval_secs, target=target, args=args, kwargs=kwargs)
        thread.start()
        self._threads.append(thread)
        return thread

    Loop = loop

    def _save(self, sess: Any) -> None:
        self.saver.save(sess, self.save_path, global_step=self.global_step)

    def _summarize(self, sess: Any) -> None:
        self.summary_writer.add_summary(sess.run(self.summary_op), self._step(sess))

    def _step(self, sess: Any) -> int | None:
        return None if self.global_step is None else int(sess.run(self.global_step))

    def summary_computed(self, sess: Any, summary: Any, global_step: Any = None) -> None:
        """Writes a summary that the training loop has computed itself."""
        if self.summary_writer is None:
            raise ArgumentError(
                "summary_computed() without a place to write to", rule="summaries go to logdir",
                hint="Supervisor(logdir=...), with TensorBoard installed",
            )
        self.summary_writer.add_summary(summary, self._step(sess) if global_step is None else global_step)

    # ---- the end

    def should_stop(self) -> bool:
        """Whether anybody has asked to stop."""
        return self.coord.should_stop()

    def request_stop(self, ex: Any = None) -> None:
        """Asks all threads to stop; ex: the error that is the reason."""
        self.coord.request_stop(ex)

    def wait_for_stop(self) -> None:
        """Waits until somebody asks to stop."""
        self.coord.wait_for_stop()

    def stop(self, threads: Any = None, close_summary_writer: bool = True, ignore_live_threads: bool = False) -> None:
        """Stops the threads and waits for them; raises the error that was the reason, if one was."""
        self.coord.request_stop()
        try:
            self.coord.join(
                self._threads if threads is None else threads, stop_grace_period_secs=self._grace,
                ignore_live_threads=ignore_live_threads,
            )
        finally:
            self._threads = []
            if close_summary_writer and self.summary_writer is not None:
                self.summary_writer.close()

    ShouldStop = should_stop
    RequestStop, Stop, WaitForStop = request_stop, stop, wait_for_stop


def _part(given: Any, collection: str, make: Callable[[], Any]) -> Any:
    """What was given; else the collection's first; else a new one."""
    if given is not USE_DEFAULT:
        return given
    known = default_graph().get_collection(collection)
    if known:
        return known[0]
    made = make()
    if made is not None:
        default_graph().add_to_collection(collection, made)
    return made
