"""`tf.contrib.learn.learn_runner`: runs an experiment."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from deepkit.errors import ArgumentError

__all__ = ["run"]

_SCHEDULES = ("train_and_evaluate", "train", "evaluate", "local_run")


def run(
    experiment_fn: Callable[..., Any], output_dir: str | None = None, schedule: str | None = None, run_config: Any = None,
    hparams: Any = None,
) -> Any:
    """Makes an experiment, by experiment_fn(output_dir) or experiment_fn(run_config, hparams), and runs its schedule.

    schedule: "train_and_evaluate" (for None), "train", "evaluate" or "local_run".

    Raises:
        ArgumentError: another schedule, or both or neither of output_dir and run_config.
    """
    if (output_dir is None) == (run_config is None):
        raise ArgumentError("learn_runner.run", rule="either output_dir or run_config is given")
    if schedule not in (None, *_SCHEDULES):
        raise ArgumentError(f"learn_runner.run: schedule={schedule!r}", hint="one of " + ", ".join(_SCHEDULES))
    made = experiment_fn(output_dir) if run_config is None else experiment_fn(run_config=run_config, hparams=hparams)
    return getattr(made, schedule or _SCHEDULES[0])()
