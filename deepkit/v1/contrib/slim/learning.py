"""`slim.learning`: one op that trains a model and gives its loss, and the loop that runs it."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from typing import Any

from deepkit import ops
from deepkit.core.collections import GraphKeys
from deepkit.core.graph import default_graph
from deepkit.core.slices import IndexedSlices
from deepkit.errors import ArgumentError
from deepkit.runtime.session import Session
from deepkit.train import global_norm
from deepkit.v1 import errors, summary
from deepkit.v1.framework.creators import (
    global_variables_initializer,
    local_variables_initializer,
    no_op,
    trainable_variables,
)
from deepkit.v1.framework.symbolic import constant_of
from deepkit.v1.platform import logging
from deepkit.v1.train import Coordinator, Saver, get_or_create_global_step, latest_checkpoint, start_queue_runners

__all__ = [
    "add_gradients_summaries", "clip_gradient_norms", "create_train_op", "multiply_gradients", "train", "train_step",
]

_THE_GLOBAL_STEP = object()  # None says that no step is counted


def _scaled(gradient: Any, function: Callable[[Any], Any]) -> Any:
    if isinstance(gradient, IndexedSlices):
        return gradient.with_values(function(gradient.values))
    return function(gradient)


def clip_gradient_norms(gradients_to_variables: Any, max_norm: Any) -> list[tuple[Any, Any]]:
    """Each gradient scaled down to a Euclidean norm of at most max_norm."""
    return [
        (g if g is None else _scaled(g, lambda x: ops.clip_by_norm(x, max_norm)), v) for g, v in gradients_to_variables
    ]


def multiply_gradients(grads_and_vars: Any, gradient_multipliers: dict[Any, Any]) -> list[tuple[Any, Any]]:
    """Each gradient times the number that stands beside its variable (or the variable's name) in gradient_multipliers."""
    if not isinstance(grads_and_vars, list) or not gradient_multipliers or not isinstance(gradient_multipliers, dict):
        raise ArgumentError(
            "multiply_gradients", rule="a list of pairs (gradient, variable), and a dict: variable or name -> number"
        )
    result = []
    for gradient, variable in grads_and_vars:
        by = gradient_multipliers.get(variable, gradient_multipliers.get(variable.node.name))
        if by is not None:
            if gradient is None:
                raise ArgumentError(f"{variable.name} has no gradient that could be multiplied")
            factor = ops.cast(constant_of(by), variable.dtype)
            gradient = _scaled(gradient, functools.partial(ops.multiply, factor))
        result.append((gradient, variable))
    return result


def add_gradients_summaries(grads_and_vars: Any) -> list[Any]:
    """A histogram and the norm of each gradient, for TensorBoard."""
    made = []
    for gradient, variable in grads_and_vars:
        if gradient is not None:
            values = gradient.values if isinstance(gradient, IndexedSlices) else gradient
            made.append(summary.histogram(f"{variable.node.name}/gradient", values))
            made.append(summary.scalar(f"{variable.node.name}/gradient_norm", global_norm([values])))
    return made


def _after(updates: list[Any], loss: Any) -> Any:
    with default_graph().control_dependencies(list(dict.fromkeys(updates))):
        barrier = no_op(name="update_barrier")
    with default_graph().control_dependencies([barrier]):
        return ops.identity(loss)


def create_train_op(
    total_loss: Any, optimizer: Any, global_step: Any = _THE_GLOBAL_STEP, update_ops: Any = None,
    variables_to_train: Any = None, clip_gradient_norm: Any = 0, summarize_gradients: bool = False,
    gate_gradients: Any = 1, aggregation_method: Any = None, colocate_gradients_with_ops: bool = False,
    gradient_multipliers: dict[Any, Any] | None = None, check_numerics: bool = True,
) -> Any:
    """A tensor that, when run, moves the variables one step and gives the loss.

    update_ops (all of the collection UPDATE_OPS: the moving averages of batch_norm) run before the gradients. A loss that
    is not a finite number ends the run with an error, unless check_numerics=False.
    """
    if global_step is _THE_GLOBAL_STEP:
        global_step = get_or_create_global_step()
    updates = default_graph().get_collection(GraphKeys.UPDATE_OPS) if update_ops is None else list(update_ops)
    if updates:
        total_loss = _after(updates, total_loss)
    trained = trainable_variables() if variables_to_train is None else list(variables_to_train)
    pairs = optimizer.compute_gradients(total_loss, trained)
    if gradient_multipliers:
        pairs = multiply_gradients(pairs, gradient_multipliers)
    if isinstance(clip_gradient_norm, (int, float)) and clip_gradient_norm <= 0:
        clip_gradient_norm = None
    if clip_gradient_norm is not None:
        pairs = clip_gradient_norms(pairs, clip_gradient_norm)
    if summarize_gradients:
        add_gradients_summaries(pairs)
    moved = optimizer.apply_gradients(pairs, global_step=global_step)
    with default_graph().name_scope("train_op"):
        if check_numerics:
            total_loss = ops.check_numerics(total_loss, "LossTensor is inf or nan")
        with default_graph().control_dependencies([moved]):
            train_op = ops.identity(total_loss)
    if train_op not in default_graph().get_collection(GraphKeys.TRAIN_OP):
        default_graph().add_to_collection(GraphKeys.TRAIN_OP, train_op)
    return train_op


def train_step(sess: Any, train_op: Any, global_step: Any, train_step_kwargs: dict[str, Any]) -> tuple[Any, bool]:
    """One step: (loss, whether training is to end). The kwargs may hold tensors should_stop and should_log."""
    start = time.time()
    total_loss, count = sess.run([train_op, global_step])
    if "should_log" in train_step_kwargs and sess.run(train_step_kwargs["should_log"]):
        logging.info("global step %d: loss = %.4f (%.3f sec/step)", count, total_loss, time.time() - start)
    stop = bool(sess.run(train_step_kwargs["should_stop"])) if "should_stop" in train_step_kwargs else False
    return total_loss, stop


class _Record:
    """What a training leaves in its folder: checkpoints and summaries, each written when its time has come."""

    def __init__(
        self, logdir: str | None, saver: Any, summary_op: Any, writer: Any, save_secs: float, summary_secs: float
    ):
        self.logdir, self.summary_op, self.writer = logdir, summary_op, writer
        self.saver = None if logdir is None else saver or Saver()
        self.save_secs, self.summary_secs = save_secs, summary_secs
        self.saved = self.summarized = time.monotonic()
        if logdir is not None and summary_op is not None and writer is None:
            self.writer = summary.FileWriter(logdir, default_graph())

    def latest(self) -> str | None:
        """The newest checkpoint in the folder."""
        return None if self.logdir is None else latest_checkpoint(self.logdir)

    def restore(self, sess: Any, path: str) -> None:
        """The variables as they were when the checkpoint was written."""
        assert self.saver is not None
        self.saver.restore(sess, path)

    def keep(self, sess: Any, step: Any, force: bool = False) -> None:
        """Writes what is due."""
        now = time.monotonic()
        if self.saver is not None and (force or now - self.saved >= self.save_secs):
            self.saver.save(sess, f"{self.logdir}/model.ckpt", global_step=step)
            self.saved = now
        wanted = self.writer is not None and self.summary_op is not None
        if wanted and (force or now - self.summarized >= self.summary_secs):
            summary, count = sess.run([self.summary_op, step])
            self.writer.add_summary(summary, count)
            self.summarized = now

    def close(self) -> None:
        if self.writer is not None:
            self.writer.close()


_DEFAULT = object()


def train(
    train_op: Any, logdir: str | None, train_step_fn: Callable[..., Any] = train_step, train_step_kwargs: Any = _DEFAULT,
    log_every_n_steps: int = 1, graph: Any = None, master: str = "", is_chief: bool = True, global_step: Any = None,
    number_of_steps: int | None = None, init_op: Any = _DEFAULT, init_feed_dict: Any = None, local_init_op: Any = _DEFAULT,
    init_fn: Callable[[Any], Any] | None = None, ready_op: Any = None, summary_op: Any = _DEFAULT,
    save_summaries_secs: float = 600, summary_writer: Any = None, startup_delay_steps: int = 0, saver: Any = None,
    save_interval_secs: float = 600, sync_optimizer: Any = None, session_config: Any = None, session_wrapper: Any = None,
    trace_every_n_steps: int | None = None, ignore_live_threads: bool = False,
) -> Any:
    """Runs train_op until number_of_steps have been made (counting those of earlier calls); the last loss.

    Starts from the latest checkpoint in `logdir` if there is one, else from init_op and init_fn(session), and leaves
    checkpoints and summaries there; with logdir=None nothing is written. Queue runners of the graph are started.
    """
    _check_training(train_op, number_of_steps)
    if master or sync_optimizer is not None or trace_every_n_steps is not None:
        raise ArgumentError("slim.learning.train on several machines or with traces", rule="one machine, no traces")
    graph = graph or default_graph()
    with graph.as_default():
        step = get_or_create_global_step() if global_step is None else global_step
        init_op = global_variables_initializer() if init_op is _DEFAULT else init_op
        local_init_op = local_variables_initializer() if local_init_op is _DEFAULT else local_init_op
        if summary_op is _DEFAULT:
            summary_op = summary.merge_all() if logdir is not None else None
        kwargs = train_step_kwargs
        if kwargs is _DEFAULT:
            kwargs = _signs(step, number_of_steps, log_every_n_steps)
        record = _Record(logdir, saver, summary_op, summary_writer, save_interval_secs, save_summaries_secs)
        session = Session(graph=graph, config=session_config)
        with session if session_wrapper is None else session_wrapper(session) as sess:
            _start(sess, record, init_op, init_feed_dict, local_init_op, init_fn)
            return _loop(sess, train_op, step, train_step_fn, kwargs, record)


def _check_training(train_op: Any, number_of_steps: int | None) -> None:
    if train_op is None:
        raise ArgumentError(
            "slim.learning.train without a train_op", hint="slim.learning.create_train_op(loss, optimizer)"
        )
    if number_of_steps is not None and number_of_steps <= 0:
        raise ArgumentError(
            f"number_of_steps = {number_of_steps}", rule="positive, or None: until something else stops it"
        )


def _signs(step: Any, number_of_steps: int | None, log_every_n_steps: int) -> dict[str, Any]:
    """The tensors that tell a training step to be the last one, and to be logged."""
    signs = {}
    if number_of_steps is not None:
        signs["should_stop"] = ops.greater_equal(step.read_value(), number_of_steps)
    if log_every_n_steps > 0:
        signs["should_log"] = ops.equal(ops.floormod(step.read_value(), log_every_n_steps), 0)
    return signs


def _start(
    sess: Any, record: _Record, init_op: Any, init_feeds: Any, local_init_op: Any, init_fn: Callable[[Any], Any] | None
) -> None:
    """Gives the variables the values of the latest checkpoint, or their first ones."""
    latest = record.latest()
    if init_op is not None and latest is None:
        sess.run(init_op, init_feeds)
    if local_init_op is not None:
        sess.run(local_init_op)
    if latest is not None:
        record.restore(sess, latest)
    elif init_fn is not None:
        init_fn(sess)


def _loop(sess: Any, train_op: Any, step: Any, step_fn: Any, kwargs: Any, record: _Record) -> Any:
    """Steps until one of them, or the end of the input, says that it is enough."""
    coord = Coordinator()
    runs = default_graph().get_collection(GraphKeys.QUEUE_RUNNERS)
    threads = start_queue_runners(sess=sess, coord=coord) if runs else []
    total_loss = None
    try:
        while not coord.should_stop():
            total_loss, stop = step_fn(sess, train_op, step, kwargs)
            if stop:
                logging.info("Stopping training.")
                break
            record.keep(sess, step)
    except errors.OutOfRangeError:
        logging.info("The input has ended.")
    finally:
        coord.request_stop()
    coord.join(threads)
    record.keep(sess, step, force=True)
    record.close()
    return total_loss
