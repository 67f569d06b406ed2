"""Hooks that save a training while it runs, and end it after so many steps."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from typing import Any

from deepkit.core.collections import GraphKeys
from deepkit.core.graph import default_graph
from deepkit.errors import ArgumentError
from deepkit.v1.train import steps
from deepkit.v1.train.hooks import SessionRunArgs, SessionRunContext, SessionRunHook, SessionRunValues
from deepkit.v1.train.saver import Saver


class CheckpointSaverListener:
    """Base of objects that want to know when a CheckpointSaverHook saves; every method does nothing."""

    def begin(self) -> None:
        """Called once, while nodes can still be added to the graph."""

    def before_save(self, session: Any, global_step_value: int) -> None:
        """Called before each save."""

    def after_save(self, session: Any, global_step_value: int) -> None:
        """Called after each save."""

    def end(self, session: Any, global_step_value: int) -> None:
        """Called once, after the last save."""


class CheckpointSaverHook(SessionRunHook):
    """Saves to checkpoint_dir before the first step, then every save_steps steps or save_secs seconds, and at the end.

    The checkpoints are called checkpoint_basename-step. saver: default is a Saver of all variables. save_graph_def: write the
    graph beside each of them.
    """

    def __init__(
        self, checkpoint_dir: Any, save_secs: float | None = None, save_steps: int | None = None,
        saver: Saver | None = None, checkpoint_basename: str = "model.ckpt", scaffold: Any = None,
        listeners: Sequence[Any] | None = None, save_graph_def: bool = True,
    ):
        if (save_secs is None) == (save_steps is None):
            raise ArgumentError("CheckpointSaverHook takes either save_secs or save_steps", hint="save_steps=1000")
        if (save_steps or save_secs or 0) <= 0:
            raise ArgumentError(f"save_steps={save_steps}, save_secs={save_secs}", rule="a number above 0")
        self._path = os.path.join(os.fsdecode(checkpoint_dir), checkpoint_basename)
        self._secs, self._steps = save_secs, save_steps
        self._saver, self._scaffold = saver, None if saver is not None else scaffold
        self._listeners, self._with_graph = list(listeners or ()), save_graph_def
        self._saved_step, self._saved_at = -1, 0.0

    def begin(self) -> None:
        self._step = steps.wanted_by("CheckpointSaverHook", "checkpoints are numbered by it")
        if self._scaffold is None:
            known = default_graph().get_collection(GraphKeys.SAVERS)
            self._chosen = self._saver or (known[0] if known else Saver())
            self._chosen.build()
        for listener in self._listeners:
            listener.begin()

    def after_create_session(self, session: Any, coord: Any) -> None:
        if self._scaffold is not None:  # its saver is made when all of the graph is there
            self._chosen = self._scaffold.saver
        self._save(session, int(session.run(self._step)))

    def before_run(self, run_context: SessionRunContext) -> SessionRunArgs | None:
        return SessionRunArgs(self._step)

    def after_run(self, run_context: SessionRunContext, run_values: SessionRunValues) -> None:
        # What was fetched may be the step before or after this run's training: only the session knows where it stands.
        if self._is_time(int(run_values.results) + 1):
            step = int(run_context.session.run(self._step))
            if self._is_time(step):
                self._save(run_context.session, step)

    def end(self, session: Any) -> None:
        step = int(session.run(self._step))
        if step != self._saved_step:
            self._save(session, step)
        for listener in self._listeners:
            listener.end(session, step)

    def _is_time(self, step: int) -> bool:
        if self._steps is not None:
            return step >= self._saved_step + self._steps
        return step != self._saved_step and time.monotonic() >= self._saved_at + (self._secs or 0)

    def _save(self, session: Any, step: int) -> None:
        for listener in self._listeners:
            listener.before_save(session, step)
        self._chosen.save(session, self._path, global_step=step, write_meta_graph=self._with_graph)
        self._saved_step, self._saved_at = step, time.monotonic()
        for listener in self._listeners:
            listener.after_save(session, step)


class StopAtStepHook(SessionRunHook):
    """Ends a loop after num_steps more steps, or when the global step is last_step."""

    def __init__(self, num_steps: int | None = None, last_step: int | None = None):
        if (num_steps is None) == (last_step is None):
            raise ArgumentError("StopAtStepHook takes either num_steps or last_step", hint="last_step=10000")
        self._more, self._last = num_steps, last_step

    def begin(self) -> None:
        self._step = steps.wanted_by("StopAtStepHook", "it says how far the training is")

    def after_create_session(self, session: Any, coord: Any) -> None:
        if self._more is not None:
            self._last = int(session.run(self._step)) + self._more

    def before_run(self, run_context: SessionRunContext) -> SessionRunArgs | None:
        return SessionRunArgs(self._step)

    def after_run(self, run_context: SessionRunContext, run_values: SessionRunValues) -> None:
        last = self._last or 0
        if int(run_values.results) + 1 >= last and int(run_context.session.run(self._step)) >= last:
            run_context.request_stop()
