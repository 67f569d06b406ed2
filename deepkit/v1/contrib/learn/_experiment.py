"""An estimator with the data that trains it and the data that evaluates it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from deepkit.v1.estimator import Estimator as CoreEstimator


class Experiment:
    """An estimator, of this module or of tf.estimator, and what it is trained and evaluated with.

    eval_metrics: name -> MetricSpec, for estimators of this module. eval_steps: None for all the data.
    """

    def __init__(
        self, estimator: Any, train_input_fn: Callable[..., Any], eval_input_fn: Callable[..., Any], eval_metrics: Any = None,
        train_steps: int | None = None, eval_steps: int | None = 100, train_monitors: Any = None, eval_hooks: Any = None,
        local_eval_frequency: int | None = None, eval_delay_secs: float = 0, min_eval_frequency: int | None = None,
        **_: Any,
    ):
        self.estimator, self.train_steps, self.eval_steps, self.eval_metrics = estimator, train_steps, eval_steps, eval_metrics
        self._train_input, self._eval_input = train_input_fn, eval_input_fn
        self._monitors, self._hooks = list(train_monitors or []), list(eval_hooks or [])

    def extend_train_hooks(self, additional_hooks: Any) -> None:
        """Hooks that watch the training, too."""
        self._monitors.extend(additional_hooks)

    def train(self, delay_secs: float | None = None) -> Any:
        """Trains until train_steps have been made."""
        if isinstance(self.estimator, CoreEstimator):
            return self.estimator.train(self._train_input, self._monitors, max_steps=self.train_steps)
        return self.estimator.fit(input_fn=self._train_input, max_steps=self.train_steps, monitors=self._monitors)

    def evaluate(self, delay_secs: float | None = None, name: str | None = None) -> dict[str, Any]:
        """The metrics on the data for it."""
        if isinstance(self.estimator, CoreEstimator):
            return self.estimator.evaluate(self._eval_input, self.eval_steps, self._hooks, name=name)
        return self.estimator.evaluate(
            input_fn=self._eval_input, steps=self.eval_steps, metrics=self.eval_metrics, name=name, hooks=self._hooks
        )

    def train_and_evaluate(self) -> tuple[dict[str, Any], list[Any]]:
        """Trains, then evaluates: (metrics, [])."""
        self.train()
        return self.evaluate(), []

    local_run = train_and_evaluate
