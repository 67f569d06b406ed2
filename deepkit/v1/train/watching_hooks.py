"""Hooks that watch a training for numbers that are none, feed it, and compute something when it is over."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from deepkit.core.graph import default_graph
from deepkit.errors import NumericsError
from deepkit.v1.platform import logging
from deepkit.v1.train.hooks import SessionRunArgs, SessionRunContext, SessionRunHook, SessionRunValues


class NanLossDuringTrainingError(NumericsError, RuntimeError):
    """A loss that was watched is not a number."""


class NanTensorHook(SessionRunHook):
    """Watches a loss: once it is NaN, NanLossDuringTrainingError ends the training, or it is ended without an error."""

    def __init__(self, loss_tensor: Any, fail_on_nan_loss: bool = True):
        self._loss, self._fail = loss_tensor, fail_on_nan_loss

    def before_run(self, run_context: SessionRunContext) -> SessionRunArgs | None:
        return SessionRunArgs(self._loss)

    def after_run(self, run_context: SessionRunContext, run_values: SessionRunValues) -> None:
        if not np.isnan(run_values.results).any():
            return
        if self._fail:
            raise NanLossDuringTrainingError(
                "NaN loss during training.", rule="a number that is none spreads to all variables",
                hint="a smaller learning rate, features scaled to about 1, no log(0); tf.check_numerics finds the place",
            )
        logging.error("Model diverged with loss = NaN.")
        run_context.request_stop()


class FinalOpsHook(SessionRunHook):
    """Computes tensors once, when the loop is over; their values are in `final_ops_values`."""

    def __init__(self, final_ops: Any, final_ops_feed_dict: Any = None):
        self._ops, self._feeds = final_ops, final_ops_feed_dict
        self.final_ops_values: Any = None

    def end(self, session: Any) -> None:
        if self._ops is not None:
            self.final_ops_values = session.run(self._ops, feed_dict=self._feeds)


class FeedFnHook(SessionRunHook):
    """Feeds each run what feed_fn() returns: a dictionary from placeholders (or their names) to values."""

    def __init__(self, feed_fn: Callable[[], dict[Any, Any]]):
        self.feed_fn = feed_fn

    def before_run(self, run_context: SessionRunContext) -> SessionRunArgs | None:
        graph = default_graph()
        feeds = {graph.as_graph_element(k) if isinstance(k, str) else k: v for k, v in self.feed_fn().items()}
        return SessionRunArgs(fetches=None, feed_dict=feeds)
