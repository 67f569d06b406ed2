"""`slim.evaluation`: metrics of a model restored from a checkpoint, once or for every new checkpoint."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

from deepkit.core.graph import default_graph
from deepkit.errors import ArgumentError
from deepkit.runtime.session import Session
from deepkit.v1 import summary, train
from deepkit.v1.framework.creators import global_variables_initializer, local_variables_initializer
from deepkit.v1.platform import logging
from deepkit.v1.train import get_global_step
from deepkit.v1.train.hooks import HookedSession

__all__ = ["checkpoints_iterator", "evaluate_once", "evaluation_loop", "wait_for_new_checkpoint"]

_DEFAULT = object()


def wait_for_new_checkpoint(
    checkpoint_dir: str, last_checkpoint: str | None = None, seconds_to_sleep: float = 1, timeout: float | None = None
) -> str | None:
    """The path of a checkpoint other than last_checkpoint, as soon as there is one; None after `timeout` seconds."""
    end = None if timeout is None else time.monotonic() + timeout
    while True:
        found = train.latest_checkpoint(checkpoint_dir)
        if found is not None and found != last_checkpoint:
            return found
        if end is not None and time.monotonic() + seconds_to_sleep > end:
            return None
        time.sleep(seconds_to_sleep)


def checkpoints_iterator(
    checkpoint_dir: str, min_interval_secs: float = 0, timeout: float | None = None,
    timeout_fn: Callable[[], bool] | None = None,
) -> Iterator[str]:
    """Every new checkpoint of a folder; the end comes when none appears for `timeout` seconds (unless timeout_fn() is False)."""
    last = None
    while True:
        found = wait_for_new_checkpoint(checkpoint_dir, last, min(1.0, timeout or 1.0), timeout)
        if found is None:
            if timeout_fn is None or timeout_fn():
                return
            continue
        start, last = time.monotonic(), found
        yield found
        time.sleep(max(0.0, start + min_interval_secs - time.monotonic()))


def evaluate_once(
    master: str, checkpoint_path: str | None, logdir: str | None, num_evals: int = 1, initial_op: Any = None,
    initial_op_feed_dict: Any = None, eval_op: Any = None, eval_op_feed_dict: Any = None, final_op: Any = None,
    final_op_feed_dict: Any = None, summary_op: Any = _DEFAULT, summary_op_feed_dict: Any = None,
    variables_to_restore: Any = None, session_config: Any = None, hooks: Any = None,
) -> Any:
    """Restores a checkpoint, runs eval_op num_evals times and then final_op, whose value it returns.

    Local variables, in which metrics gather, start from zero. Summaries go to logdir, if there is one.
    """
    if master:
        raise ArgumentError(
            f"evaluate_once: master={master!r}", rule="evaluation runs in this process", hint="master=''"
        )
    graph = default_graph()
    if summary_op is _DEFAULT:
        summary_op = summary.merge_all() if logdir is not None else None
    start = _starter(checkpoint_path, variables_to_restore)
    with Session(graph=graph, config=session_config) as sess:

        def run(op: Any, feeds: Any) -> Any:
            return None if op is None else sess.run(op, feeds)

        hooked = HookedSession(sess, list(hooks or []))
        hooked.start()
        start(sess)
        run(initial_op, initial_op_feed_dict)
        for i in range(num_evals):
            logging.info("Evaluation [%d/%d]", i + 1, num_evals)
            run(eval_op, eval_op_feed_dict)
        if summary_op is not None and logdir is not None:
            _write_summary(sess, logdir, summary_op, summary_op_feed_dict)
        result = run(final_op, final_op_feed_dict)
        hooked.end()
        return result


def _starter(checkpoint_path: str | None, variables: Any) -> Callable[[Any], None]:
    """What gives a session's variables their values: those of a checkpoint, first ones for all that is not in it."""
    saver = None
    if checkpoint_path is not None:
        saver = train.Saver(variables) if variables else train.Saver()
    init, local = global_variables_initializer(), local_variables_initializer()

    def start(sess: Any) -> None:
        if saver is None or variables:
            sess.run(init)
        if saver is not None:
            saver.restore(sess, checkpoint_path)
        sess.run(local)

    return start


def _write_summary(sess: Any, folder: str, op: Any, feeds: Any) -> None:
    step = get_global_step(sess.graph)
    writer = summary.FileWriter(folder, sess.graph)
    writer.add_summary(sess.run(op, feeds), None if step is None else int(sess.run(step)))
    writer.close()


def evaluation_loop(
    master: str, checkpoint_dir: str, logdir: str | None, num_evals: int = 1, initial_op: Any = None,
    initial_op_feed_dict: Any = None, init_fn: Any = None, eval_op: Any = None, eval_op_feed_dict: Any = None,
    final_op: Any = None, final_op_feed_dict: Any = None, summary_op: Any = _DEFAULT, summary_op_feed_dict: Any = None,
    variables_to_restore: Any = None, eval_interval_secs: float = 60, max_number_of_evaluations: int | None = None,
    session_config: Any = None, timeout: float | None = None, timeout_fn: Any = None, hooks: Any = None,
) -> Any:
    """`evaluate_once` for every new checkpoint of a folder, at most max_number_of_evaluations times; the last value."""
    value = None
    paths = checkpoints_iterator(checkpoint_dir, eval_interval_secs, timeout, timeout_fn)
    for done, path in enumerate(paths, 1):
        value = evaluate_once(
            master, path, logdir, num_evals, initial_op, initial_op_feed_dict, eval_op, eval_op_feed_dict, final_op,
            final_op_feed_dict, summary_op, summary_op_feed_dict, variables_to_restore, session_config, hooks,
        )
        if max_number_of_evaluations is not None and done >= max_number_of_evaluations:
            break
    return value
