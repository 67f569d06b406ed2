"""`tf.contrib.learn.monitors`: what looks at a training from time to time."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from deepkit.errors import ArgumentError
from deepkit.v1.platform import logging

__all__ = ["ValidationMonitor"]


class ValidationMonitor:
    """Evaluates every so many steps of Estimator.fit, and with early_stopping_rounds ends it when nothing got better.

    early_stopping_rounds: so many steps after the best value of early_stopping_metric the training ends.
    best_step, best_value: of what has been seen; the other arguments are those of Estimator.evaluate.
    """

    def __init__(
        self, x: Any = None, y: Any = None, input_fn: Any = None, batch_size: int | None = None, eval_steps: int | None = None,
        every_n_steps: int = 100, metrics: Any = None, hooks: Any = None, early_stopping_rounds: int | None = None,
        early_stopping_metric: str = "loss", early_stopping_metric_minimize: bool = True, name: str | None = None,
    ):
        if every_n_steps < 1:
            raise ArgumentError(f"ValidationMonitor: every_n_steps={every_n_steps}", rule="at least 1")
        self._data = {
            "x": x, "y": y, "input_fn": input_fn, "batch_size": batch_size, "steps": eval_steps, "metrics": metrics,
            "hooks": hooks, "name": name,
        }
        self.every_n_steps, self.early_stopping_rounds = every_n_steps, early_stopping_rounds
        self.early_stopping_metric, self._least = early_stopping_metric, early_stopping_metric_minimize
        self.best_step: int | None = None
        self.best_value: float | None = None
        self.ends_training = False

    def look(self, estimator: Any, step: int) -> None:
        """Evaluates after so many steps."""
        results = estimator.evaluate(**self._data)
        logging.info("Validation (step %d): %s", step, results)
        if self.early_stopping_metric not in results:
            raise ArgumentError(
                f"ValidationMonitor: no metric {self.early_stopping_metric!r}", hint="one of " + ", ".join(results)
            )
        value = float(results[self.early_stopping_metric])
        better = self.best_value is None or (value < self.best_value if self._least else value > self.best_value)
        if better:
            self.best_step, self.best_value = step, value
        elif self.early_stopping_rounds is not None and step - (self.best_step or 0) >= self.early_stopping_rounds:
            logging.info("Stopping. Best step: %s with %s = %s.", self.best_step, self.early_stopping_metric, self.best_value)
            self.ends_training = True


def apart(watching: Iterable[Any]) -> tuple[list[ValidationMonitor], list[Any]]:
    """The monitors among what watches a training, and the hooks of its sessions."""
    found: tuple[list[Any], list[Any]] = [], []
    for watcher in watching:
        found[not isinstance(watcher, ValidationMonitor)].append(watcher)
    return found
