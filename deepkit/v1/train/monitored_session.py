"""`tf.train.MonitoredTrainingSession` and its kin: sessions that initialize, save and end themselves, and call hooks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from deepkit.core.graph import Graph
from deepkit.errors import ArgumentError, ClosedSessionError, OutOfRangeError
from deepkit.ops.summary import event_messages
from deepkit.v1.train.checkpoint_hook import CheckpointSaverHook
from deepkit.v1.train.coordinator import Coordinator
from deepkit.v1.train.hooks import HookedSession
from deepkit.v1.train.queue_runner import start_queue_runners
from deepkit.v1.train.scaffold import Scaffold
from deepkit.v1.train.session_manager import SessionManager
from deepkit.v1.train.summary_hooks import StepCounterHook, SummarySaverHook

USE_DEFAULT = object()
"""Says of an argument that nothing was said about it."""


class SessionCreator:
    """Base of what makes the session of a MonitoredSession: a subclass defines create_session()."""

    def create_session(self) -> Any:
        """A session that is ready to run."""
        raise ArgumentError(
            f"{type(self).__name__} defines no create_session()", hint="ChiefSessionCreator is one that does"
        )


class ChiefSessionCreator(SessionCreator):
    """Makes a session from the latest checkpoint of checkpoint_dir, or else by the scaffold's init_op."""

    def __init__(
        self, scaffold: Scaffold | None = None, master: str = "", config: Any = None, checkpoint_dir: Any = None,
        checkpoint_filename_with_path: Any = None,
    ):
        self._scaffold = scaffold or Scaffold()
        self._master, self._config = master, config
        self._dir, self._path = checkpoint_dir, checkpoint_filename_with_path

    def create_session(self) -> Any:
        parts = self._scaffold.finalize()
        return _manager(parts).prepare_session(
            self._master, parts.init_op, parts.saver, self._dir, self._path, config=self._config,
            init_feed_dict=parts.init_feed_dict, init_fn=parts.init_fn,
        )


class WorkerSessionCreator(SessionCreator):
    """Makes a session for a worker, which leaves initialization to the chief."""

    def __init__(
        self, scaffold: Scaffold | None = None, master: str = "", config: Any = None, max_wait_secs: float = 1800
    ):
        self._scaffold = scaffold or Scaffold()
        self._master, self._config, self._most = master, config, max_wait_secs

    def create_session(self) -> Any:
        return _manager(self._scaffold.finalize()).wait_for_session(self._master, self._config, self._most)


def _manager(parts: Scaffold) -> SessionManager:
    return SessionManager(
        parts.local_init_op,
        parts.ready_op,
        parts.ready_for_local_init_op,
        local_init_feed_dict=parts.local_init_feed_dict,
    )


class StepContext:
    """What run_step_fn hands to its function: the session itself, a run that calls the hooks, and a way to stop."""

    def __init__(self, session: Any, hooked: HookedSession):
        self.session, self._hooked = session, hooked

    def run_with_hooks(self, *args: Any, **kwargs: Any) -> Any:
        """One run, with the hooks."""
        return self._hooked.run(*args, **kwargs)

    def request_stop(self) -> None:
        """Ends the loop: should_stop() is True from now on."""
        self._hooked.should_stop = True


class MonitoredSession:
    """A session that is ready when it is made and whose runs go through hooks.

    >>> import deepkit.v1 as tf
    >>> with tf.Graph().as_default():
    ...     step = tf.train.get_or_create_global_step()
    ...     train = tf.assign_add(step, 1)
    ...     with tf.train.MonitoredSession(hooks=[tf.train.StopAtStepHook(last_step=3)]) as sess:
    ...         while not sess.should_stop():
    ...             done = sess.run(train)
    >>> int(done)
    3

    In a `with` block the end of the data (OutOfRangeError) ends the block and is no error. The graph is finalized.
    """

    StepContext = StepContext

    def __init__(
        self, session_creator: SessionCreator | None = None, hooks: Sequence[Any] | None = None,
        stop_grace_period_secs: float = 120,
    ):
        self._grace = stop_grace_period_secs
        self._hooks = list(hooks or ())
        for hook in self._hooks:
            hook.begin()
        session = (session_creator or ChiefSessionCreator()).create_session()
        self._coordinator = Coordinator()
        self._hooked: HookedSession | None = None
        try:
            hooked = HookedSession(session, self._hooks)
            self._threads = start_queue_runners(session, self._coordinator)
            hooked.start(self._coordinator)
        except BaseException:
            session.close()
            raise
        self._hooked = hooked

    def _open(self) -> HookedSession:
        if self._hooked is None:
            raise ClosedSessionError(
                "run() of a MonitoredSession that is closed", rule="it is closed at the end of its `with` block, or by close()",
                hint="a new one goes on from the checkpoint, if checkpoint_dir was given",
            )
        return self._hooked

    @property
    def graph(self) -> Graph:
        """The graph that the session runs."""
        return self._open().session.graph

    def run(self, fetches: Any, feed_dict: Any = None, options: Any = None, run_metadata: Any = None) -> Any:
        """The values of `fetches`, computed together with what the hooks ask for."""
        hooked = self._open()
        try:
            return hooked.run(fetches, feed_dict, options, run_metadata)
        except OutOfRangeError:
            # A queue is empty because its threads failed? Then theirs is the error to show.
            self._coordinator.raise_requested_exception()
            raise

    def run_step_fn(self, step_fn: Callable[..., Any]) -> Any:
        """step_fn(step_context), or in a class step_fn(self, step_context): several runs that count as one step."""
        hooked = self._open()
        return step_fn(StepContext(hooked.session, hooked))

    def should_stop(self) -> bool:
        """Whether a hook, or a thread, has asked to end the loop."""
        return self._hooked is None or self._hooked.should_stop or self._coordinator.should_stop()

    def close(self) -> None:
        """Calls the hooks' end(), stops the threads and closes the session."""
        self._close(None)

    def _close(self, error: BaseException | None) -> None:
        if self._hooked is None:
            return
        hooked, self._hooked = self._hooked, None
        try:
            if error is None:
                hooked.end()
        finally:
            self._coordinator.request_stop()
            try:
                self._coordinator.join(self._threads, stop_grace_period_secs=self._grace, ignore_live_threads=True)
            finally:
                hooked.session.close()

    def __enter__(self) -> Any:
        return self

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> bool:
        at_end = isinstance(error, (OutOfRangeError, StopIteration))
        self._close(None if at_end else error)
        return at_end


class SingularMonitoredSession(MonitoredSession):
    """A MonitoredSession that also hands out its session; it takes scaffold, master, config and checkpoint_dir itself."""

    def __init__(
        self, hooks: Sequence[Any] | None = None, scaffold: Scaffold | None = None, master: str = "", config: Any = None,
        checkpoint_dir: Any = None, stop_grace_period_secs: float = 120, checkpoint_filename_with_path: Any = None,
    ):
        creator = ChiefSessionCreator(scaffold, master, config, checkpoint_dir, checkpoint_filename_with_path)
        super().__init__(creator, hooks, stop_grace_period_secs)

    def raw_session(self) -> Any:
        """The session itself: its runs call no hooks."""
        return self._open().session


def MonitoredTrainingSession(
    master: str = "", is_chief: bool = True, checkpoint_dir: Any = None, scaffold: Scaffold | None = None,
    hooks: Sequence[Any] | None = None, chief_only_hooks: Sequence[Any] | None = None, save_checkpoint_secs: Any = USE_DEFAULT,
    save_summaries_steps: Any = USE_DEFAULT, save_summaries_secs: Any = USE_DEFAULT, config: Any = None,
    stop_grace_period_secs: float = 120, log_step_count_steps: int | None = 100, max_wait_secs: float = 7200,
    save_checkpoint_steps: Any = USE_DEFAULT, summary_dir: Any = None,
) -> MonitoredSession:
    """A MonitoredSession for training: with checkpoint_dir it goes on from the latest checkpoint, and saves there.

    It saves every 600 seconds (save_checkpoint_secs or save_checkpoint_steps), writes the summaries every 100 steps
    (save_summaries_steps or save_summaries_secs; TensorBoard has to be installed) and logs the speed every
    log_step_count_steps steps. None switches one of these off.
    """
    scaffold = scaffold or Scaffold()
    if not is_chief:
        return MonitoredSession(
            WorkerSessionCreator(scaffold, master, config, max_wait_secs), hooks, stop_grace_period_secs
        )
    own: list[Any] = list(chief_only_hooks or ())
    folder = summary_dir or checkpoint_dir
    if folder and event_messages.installed():
        steps, secs = _chosen(save_summaries_steps, save_summaries_secs, 100, None)
        own += _board_hooks(scaffold, folder, log_step_count_steps, steps, secs)
    steps, secs = _chosen(save_checkpoint_steps, save_checkpoint_secs, None, 600)
    if checkpoint_dir and (steps or secs):
        own.append(CheckpointSaverHook(checkpoint_dir, secs or None, steps or None, scaffold=scaffold))
    creator = ChiefSessionCreator(scaffold, master, config, checkpoint_dir)
    return MonitoredSession(creator, [*own, *(hooks or ())], stop_grace_period_secs)


def _board_hooks(scaffold: Scaffold, folder: Any, log_every: int | None, steps: Any, secs: Any) -> list[Any]:
    """What writes the speed, and the summaries, where TensorBoard looks for them."""
    hooks: list[Any] = []
    if log_every:
        hooks.append(StepCounterHook(log_every, output_dir=folder))
    if steps or secs:
        hooks.append(SummarySaverHook(steps or None, secs or None, output_dir=folder, scaffold=scaffold))
    return hooks


def _chosen(steps: Any, secs: Any, default_steps: Any, default_secs: Any) -> tuple[Any, Any]:
    """(steps, seconds): the defaults where nothing was said about either."""
    if steps is USE_DEFAULT and secs is USE_DEFAULT:
        return default_steps, default_secs
    return None if steps is USE_DEFAULT else steps, None if secs is USE_DEFAULT else secs
