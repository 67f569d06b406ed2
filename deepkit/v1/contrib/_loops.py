"""Training and evaluation to their ends, in monitored sessions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from deepkit.core.collections import GraphKeys
from deepkit.core.graph import default_graph
from deepkit.errors import ArgumentError
from deepkit.v1 import summary
from deepkit.v1.framework.scopes import get_local_variable
from deepkit.v1.platform import logging
from deepkit.v1.train import MonitoredTrainingSession, SessionRunArgs, SessionRunHook, get_global_step

_EVAL_STEP = "eval_step"


def train(
    train_op: Any, logdir: str | None, master: str = "", is_chief: bool = True, scaffold: Any = None,
    hooks: Sequence[Any] | None = None, chief_only_hooks: Sequence[Any] | None = None,
    save_checkpoint_secs: float | None = 600, save_summaries_steps: int | None = 100, config: Any = None,
    max_wait_secs: float = 7200,
) -> Any:
    """Runs train_op in a MonitoredTrainingSession until a hook, or the end of the input, ends it; its last value.

    Raises:
        ArgumentError: nothing but the end of the input could end it: neither logdir nor hooks.
    """
    if logdir is None and not hooks and not chief_only_hooks:
        raise ArgumentError(
            "training.train without logdir and hooks", rule="something has to end it, or keep what was learned",
            hint="hooks=[tf.train.StopAtStepHook(last_step=1000)]",
        )
    loss = None
    with MonitoredTrainingSession(
        master, is_chief, logdir, scaffold, hooks, chief_only_hooks, save_checkpoint_secs, save_summaries_steps,
        config=config, max_wait_secs=max_wait_secs,
    ) as session:
        while not session.should_stop():
            loss = session.run(train_op)
    return loss


def get_or_create_eval_step() -> Any:
    """The local variable that counts the batches of an evaluation, int64."""
    made = [v for v in default_graph().get_collection(GraphKeys.LOCAL_VARIABLES) if v.node.name == _EVAL_STEP]
    return made[0] if made else get_local_variable(_EVAL_STEP, [], "int64")


class StopAfterNEvalsHook(SessionRunHook):
    """Ends an evaluation after num_evals batches."""

    def __init__(self, num_evals: int | None, log_progress: bool = True):
        self._wanted, self._shown, self._done = num_evals, log_progress, 0

    def after_create_session(self, session: Any, coord: Any) -> None:
        self._done = 0

    def before_run(self, run_context: Any) -> Any:
        return SessionRunArgs({})

    def after_run(self, run_context: Any, run_values: Any) -> None:
        self._done += 1
        if self._shown:
            logging.info("Evaluation [%d/%s]", self._done, self._wanted or "inf")
        if self._wanted is not None and self._done >= self._wanted:
            run_context.request_stop()


class SummaryAtEndHook(SessionRunHook):
    """Writes summary_op (all summaries) to log_dir when an evaluation ends."""

    def __init__(
        self, log_dir: str | None = None, summary_writer: Any = None, summary_op: Any = None,
        feed_dict: Mapping[Any, Any] | None = None,
    ):
        self._folder, self._writer, self._op, self._feeds = log_dir, summary_writer, summary_op, feed_dict

    def begin(self) -> None:
        if self._op is None:
            self._op = summary.merge_all()

    def end(self, session: Any) -> None:
        step = get_global_step(session.graph)
        count = None if step is None else int(session.run(step))
        writer = self._writer or summary.FileWriter(self._folder, session.graph)
        if self._op is not None:
            writer.add_summary(session.run(self._op, self._feeds), count)
        if self._writer is None:
            writer.close()
        else:
            writer.flush()
