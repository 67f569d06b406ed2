"""Session run hooks: objects that look at, or take part in, every step of a loop that somebody else runs."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from deepkit.core.graph import default_graph
from deepkit.errors import ArgumentError
from deepkit.v1.platform import logging


class SessionRunArgs(NamedTuple):
    """What a hook wants of the next run: fetches, and feeds for placeholders."""

    fetches: Any
    feed_dict: Any = None
    options: Any = None


_NOTHING = SessionRunArgs(None)


class SessionRunValues(NamedTuple):
    """What a hook gets after a run: the values of its fetches."""

    results: Any
    options: Any = None
    run_metadata: Any = None


class SessionRunContext:
    """The step that is running: its session, the loop's own fetches, and a way to end the loop."""

    def __init__(self, original_args: SessionRunArgs, session: Any):
        self.original_args, self.session, self.stop_requested = original_args, session, False

    def request_stop(self) -> None:
        """Ends the loop after this step."""
        self.stop_requested = True


class SessionRunHook:
    """Base of hooks; every method does nothing."""

    def begin(self) -> None:
        """Called once, while nodes can still be added to the default graph."""

    def after_create_session(self, session: Any, coord: Any) -> None:
        """Called when the variables have their values."""

    def before_run(self, run_context: SessionRunContext) -> SessionRunArgs | None:
        """Called before each step; may ask for fetches and feeds."""

    def after_run(self, run_context: SessionRunContext, run_values: SessionRunValues) -> None:
        """Called after each step with what was asked for."""

    def end(self, session: Any) -> None:
        """Called once after the last step, not after an error."""


class SecondOrStepTimer:
    """When a hook acts: at the first step, and then every so many seconds or steps; one of the two is given."""

    def __init__(self, every_secs: float | None = None, every_steps: int | None = None):
        if (every_secs is None) == (every_steps is None) or (every_secs or every_steps or 0) <= 0:
            raise ArgumentError(
                f"SecondOrStepTimer: every_secs={every_secs}, every_steps={every_steps}", rule="one of the two, above 0"
            )
        self.every_secs, self.every_steps = every_secs, every_steps
        self.reset()

    def reset(self) -> None:
        """Forgets at which step the hook acted."""
        self._last: tuple[int, float] | None = None  # step and time

    def should_trigger_for_step(self, step: int) -> bool:
        """Whether the hook acts at this step; never twice at one."""
        if self._last is None:
            return True
        if self.every_steps is None:
            return step != self._last[0] and time.monotonic() >= self._last[1] + (self.every_secs or 0)
        return step >= self._last[0] + self.every_steps

    def update_last_triggered_step(self, step: int) -> tuple[float | None, int | None]:
        """The hook acts now: seconds and steps since it last did, None at the first time."""
        now, last = time.monotonic(), self._last
        self._last = step, now
        return (None, None) if last is None else (now - last[1], step - last[0])

    def last_triggered_step(self) -> int | None:
        """The step at which the hook last acted."""
        return None if self._last is None else self._last[0]


class LoggingTensorHook(SessionRunHook):
    """Logs tensors (by name, or label: name) at level INFO: at the first step, then every so many steps or seconds.

    at_end: after the last step, too; without every_n_iter and every_n_secs only then.
    """

    def __init__(
        self, tensors: Any, every_n_iter: int | None = None, every_n_secs: float | None = None, at_end: bool = False,
        formatter: Any = None,
    ):
        only_at_end = at_end and every_n_iter is None and every_n_secs is None
        self._timer = None if only_at_end else SecondOrStepTimer(every_n_secs, every_n_iter)
        self.tensors = tensors if isinstance(tensors, dict) else {getattr(t, "name", t): t for t in tensors}
        self.at_end, self.formatter, self._count = at_end, formatter, 0

    def begin(self) -> None:
        self._count = 0
        if self._timer is not None:
            self._timer.reset()
        self._found = {label: default_graph().as_graph_element(t) for label, t in self.tensors.items()}

    def before_run(self, run_context: SessionRunContext) -> SessionRunArgs | None:
        self._due = self._timer is not None and self._timer.should_trigger_for_step(self._count)
        return SessionRunArgs(self._found) if self._due else None

    def after_run(self, run_context: SessionRunContext, run_values: SessionRunValues) -> None:
        if self._due:
            self._log(run_values.results)
        self._count += 1

    def end(self, session: Any) -> None:
        if self.at_end:
            self._log(session.run(self._found))

    def _log(self, results: dict[Any, Any]) -> None:
        seconds = None if self._timer is None else self._timer.update_last_triggered_step(self._count)[0]
        with np.printoptions(suppress=True):
            text = ", ".join(f"{label} = {value}" for label, value in results.items())
        took = "" if seconds is None or self.formatter else f" ({seconds:.3f} sec)"
        logging.info("%s", self.formatter(results) if self.formatter else text + took)


class HookedSession:
    """A session whose runs go through hooks, as the training and evaluation loops use it."""

    def __init__(self, session: Any, hooks: Sequence[Any]):
        for hook in hooks:
            if not hasattr(hook, "before_run"):
                raise ArgumentError(f"{hook!r} is no hook", rule="hooks are SessionRunHook objects", hint="hooks=[...]")
        self.session, self.hooks, self.should_stop = session, list(hooks), False

    def start(self, coord: Any = None) -> None:
        """Tells the hooks that the session is ready; coord: the Coordinator of the loop's threads."""
        for hook in self.hooks:
            hook.after_create_session(self.session, coord)

    def run(self, fetches: Any, feed_dict: Any = None, options: Any = None, run_metadata: Any = None) -> Any:
        """The values of `fetches`, computed in one run with what the hooks ask for."""
        if not self.hooks:
            return self.session.run(fetches, feed_dict, options=options, run_metadata=run_metadata)
        context = SessionRunContext(SessionRunArgs(fetches, feed_dict, options), self.session)
        asked = [hook.before_run(context) or _NOTHING for hook in self.hooks]
        feeds = dict(feed_dict or {})
        for args in asked:
            feeds.update(args.feed_dict or {})
        wanted = [[] if args.fetches is None else args.fetches for args in asked]
        value, *results = self.session.run([fetches, *wanted], feeds, options=options, run_metadata=run_metadata)
        for hook, args, result in zip(self.hooks, asked, results, strict=True):
            hook.after_run(context, SessionRunValues(None if args is _NOTHING else result))
        self.should_stop = self.should_stop or context.stop_requested
        return value

    def end(self) -> None:
        """Tells the hooks that the last step is done."""
        for hook in self.hooks:
            hook.end(self.session)
