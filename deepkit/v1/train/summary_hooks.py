"""Hooks that write summaries while a training runs: of the graph's tensors, and of how fast it goes."""

from __future__ import annotations

from typing import Any

from deepkit.errors import ArgumentError
from deepkit.ops.summary.event_messages import message
from deepkit.ops.summary.values import scalar_value
from deepkit.v1.platform import logging
from deepkit.v1.summary.file_writer import FileWriter, FileWriterCache
from deepkit.v1.train import steps
from deepkit.v1.train.hooks import (
    SecondOrStepTimer,
    SessionRunArgs,
    SessionRunContext,
    SessionRunHook,
    SessionRunValues,
)


class _Periodic(SessionRunHook):
    """Base: at the first step, and then every so many steps or seconds, something is written to a FileWriter."""

    def __init__(self, steps: int | None, secs: float | None, output_dir: Any, summary_writer: Any):
        name = type(self).__name__
        if (steps is None) == (secs is None) or (steps or secs or 0) <= 0:
            raise ArgumentError(
                f"{name} counts either steps ({steps}) or seconds ({secs})", rule="one of the two, above 0"
            )
        self._timer, self._output_dir, self._writer = SecondOrStepTimer(secs, steps), output_dir, summary_writer

    def begin(self) -> None:
        self._step = steps.wanted_by(type(self).__name__, "summaries are numbered by it")
        self._timer.reset()
        if self._writer is None and self._output_dir is not None:
            self._writer = FileWriterCache.get(self._output_dir)

    @property
    def writer(self) -> FileWriter | None:
        """Where it writes; None if it was given neither a writer nor a folder."""
        return self._writer

    def end(self, session: Any) -> None:
        if self._writer is not None:
            self._writer.flush()


class SummarySaverHook(_Periodic):
    """Writes summaries at the first step, then every save_steps steps or save_secs seconds.

    output_dir: the folder of the event file, or summary_writer: a FileWriter. summary_op: one summary or a list;
    default: that of the scaffold, else all summaries of the graph.
    """

    def __init__(
        self, save_steps: int | None = None, save_secs: float | None = None, output_dir: Any = None,
        summary_writer: Any = None, scaffold: Any = None, summary_op: Any = None,
    ):
        super().__init__(save_steps, save_secs, output_dir, summary_writer)
        self._scaffold, self._op = scaffold, summary_op

    def begin(self) -> None:
        super().begin()
        from deepkit.v1.summary import merge_all

        op = self._op if self._op is not None else getattr(self._scaffold, "summary_op", None)
        op = merge_all() if op is None else op
        self._found = list(op) if isinstance(op, (list, tuple)) else [] if op is None else [op]

    def before_run(self, run_context: SessionRunContext) -> SessionRunArgs | None:
        self._asked = self._timer.should_trigger_for_step(int(run_context.session.run(self._step)) + 1)
        return SessionRunArgs(self._found) if self._asked else None

    def after_run(self, run_context: SessionRunContext, run_values: SessionRunValues) -> None:
        if not self._asked or self._writer is None:
            return
        step = int(run_context.session.run(self._step))
        if self._timer.last_triggered_step() is None:
            self._writer.add_session_log(message("SessionLog")(status=message("SessionLog").START), step)
        for summary in run_values.results:
            self._writer.add_summary(summary, step)
        self._timer.update_last_triggered_step(step)


class StepCounterHook(_Periodic):
    """Writes and logs how many steps a second were done, as "global_step/sec"."""

    def __init__(
        self, every_n_steps: int | None = 100, every_n_secs: float | None = None, output_dir: Any = None,
        summary_writer: Any = None,
    ):
        super().__init__(None if every_n_secs is not None else every_n_steps, every_n_secs, output_dir, summary_writer)

    def after_run(self, run_context: SessionRunContext, run_values: SessionRunValues) -> None:
        step = int(run_context.session.run(self._step))
        if not self._timer.should_trigger_for_step(step):
            return
        seconds, steps_since = self._timer.update_last_triggered_step(step)
        if seconds and steps_since is not None:
            tag, rate = f"{self._step.node.name}/sec", steps_since / seconds
            logging.info("%s: %g", tag, rate)
            if self._writer is not None:
                self._writer.add_summary(message("Summary")(value=[scalar_value(tag, rate)]), step)
