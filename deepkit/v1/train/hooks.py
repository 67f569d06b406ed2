"""Session run hooks: objects that look at, or take part in, every step of a loop that somebody else runs."""

from __future__ import annotations

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


class LoggingTensorHook(SessionRunHook):
    """Logs tensors (by name, or label: name) at level INFO, at the first and then at every n-th step."""

    def __init__(
        self, tensors: Any, every_n_iter: int | None = None, every_n_secs: Any = None, at_end: bool = False,
        formatter: Any = None,
    ):
        if not isinstance(every_n_iter, int) or every_n_iter < 1 or every_n_secs is not None:
            raise ArgumentError("LoggingTensorHook counts steps", hint="every_n_iter=100, without every_n_secs")
        self.tensors = tensors if isinstance(tensors, dict) else {getattr(t, "name", t): t for t in tensors}
        self.every_n_iter, self.formatter = every_n_iter, formatter
        self._count = 0

    def begin(self) -> None:
        self._count = 0
        self._found = {label: default_graph().as_graph_element(t) for label, t in self.tensors.items()}

    def before_run(self, run_context: SessionRunContext) -> SessionRunArgs | None:
        return SessionRunArgs(self._found) if self._count % self.every_n_iter == 0 else None

    def after_run(self, run_context: SessionRunContext, run_values: SessionRunValues) -> None:
        if self._count % self.every_n_iter == 0:
            results = run_values.results
            with np.printoptions(suppress=True):
                text = ", ".join(f"{label} = {value}" for label, value in results.items())
            logging.info("%s", self.formatter(results) if self.formatter else text)
        self._count += 1


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
