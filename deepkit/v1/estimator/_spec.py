"""What goes in and out of an estimator's functions: modes, specs and settings."""

from __future__ import annotations

from typing import Any, ClassVar, NamedTuple

from deepkit.core.node import Node
from deepkit.core.symbol import Symbol
from deepkit.errors import ArgumentError


class ModeKeys:
    """What a model function is asked to build."""

    TRAIN = "train"
    EVAL = "eval"
    PREDICT = "infer"


class EstimatorSpec(
    NamedTuple(
        "EstimatorSpec",
        [
            ("mode", str), ("predictions", Any), ("loss", Any), ("train_op", Any), ("eval_metric_ops", dict),
            ("export_outputs", Any), ("training_chief_hooks", tuple), ("training_hooks", tuple), ("scaffold", Any),
            ("evaluation_hooks", tuple), ("prediction_hooks", tuple),
        ],
    )
):
    """What a model function returns.

    TRAIN needs loss (a scalar) and train_op, EVAL needs loss, PREDICT needs predictions: a tensor or a dict of tensors
    whose first axis is the batch. eval_metric_ops: name -> (value, update_op), as the functions of tf.metrics give.
    """

    __slots__ = ()

    def __new__(
        cls, mode: str, predictions: Any = None, loss: Any = None, train_op: Any = None, eval_metric_ops: Any = None,
        export_outputs: Any = None, training_chief_hooks: Any = None, training_hooks: Any = None, scaffold: Any = None,
        evaluation_hooks: Any = None, prediction_hooks: Any = None,
    ) -> EstimatorSpec:
        if mode not in (ModeKeys.TRAIN, ModeKeys.EVAL, ModeKeys.PREDICT):
            raise ArgumentError(f"EstimatorSpec: mode is {mode!r}", hint="the `mode` that model_fn was called with")
        needs = {
            ModeKeys.TRAIN: [("loss", loss), ("train_op", train_op)], ModeKeys.EVAL: [("loss", loss)],
            ModeKeys.PREDICT: [("predictions", predictions)],
        }
        missing = next((name for name, value in needs[mode] if value is None), None)
        if missing is not None:
            raise ArgumentError(
                f"EstimatorSpec: {missing} is missing", rule=f"in mode {mode!r} an EstimatorSpec needs {missing}",
                hint="build the loss and the train_op if mode is not PREDICT; return predictions alone if it is",
            )
        if train_op is not None and not isinstance(train_op, (Node, Symbol)):
            raise ArgumentError(
                f"EstimatorSpec: train_op is {train_op!r}", rule="an operation",
                hint="optimizer.minimize(loss, global_step=tf.train.get_global_step())",
            )
        chief, training, evaluation, prediction = (
            tuple(hooks or ()) for hooks in (training_chief_hooks, training_hooks, evaluation_hooks, prediction_hooks)
        )
        return super().__new__(
            cls, mode, predictions, _scalar(loss), train_op, _metrics(eval_metric_ops or {}), export_outputs,
            chief, training, scaffold, evaluation, prediction,
        )


def _scalar(loss: Any) -> Any:
    if loss is None:
        return None
    if not isinstance(loss, Symbol) or loss.shape.rank not in (None, 0):
        shape = getattr(loss, "shape", type(loss).__name__)
        raise ArgumentError(
            f"EstimatorSpec: the loss has shape {shape}", rule="the loss is one number", hint="tf.reduce_mean(loss)"
        )
    return loss


class RunConfig:
    """Settings of an estimator.

    tf_random_seed makes a run repeatable; log_step_count_steps: how often the loss is logged; session_config: the
    ConfigProto of its sessions. With a model_dir a training is saved every save_checkpoints_steps steps (if it is None,
    every save_checkpoints_secs seconds), and keep_checkpoint_max checkpoints are kept. The loss and
    the model function's summaries are written there every save_summary_steps steps (0: never), and the results of
    evaluations to its folder eval, if the tensorboard package is installed.
    """

    _DEFAULTS: ClassVar[dict[str, Any]] = {
        "model_dir": None, "tf_random_seed": None, "save_summary_steps": 100, "save_checkpoints_steps": None,
        "save_checkpoints_secs": 600, "session_config": None, "keep_checkpoint_max": 5,
        "keep_checkpoint_every_n_hours": 10000, "log_step_count_steps": 100,
    }

    def __init__(self, model_dir: Any = None, tf_random_seed: int | None = None, **settings: Any):
        self.model_dir: Any
        self.tf_random_seed: int | None
        self.session_config: Any
        self.log_step_count_steps: int | None
        self.save_checkpoints_steps: int | None
        self.save_summary_steps: int | None
        self.save_checkpoints_secs: float | None
        self.keep_checkpoint_max: int | None
        self.keep_checkpoint_every_n_hours: float
        unknown = settings.keys() - self._DEFAULTS.keys()
        if unknown:
            raise ArgumentError(
                f"{type(self).__name__} has no setting {sorted(unknown)[0]!r}", hint=", ".join(self._DEFAULTS)
            )
        vars(self).update({**self._DEFAULTS, **settings, "model_dir": model_dir, "tf_random_seed": tf_random_seed})

    def replace(self, **settings: Any) -> RunConfig:
        """A copy with some settings changed."""
        return type(self)(**{**vars(self), **settings})

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{k}={v!r}' for k, v in vars(self).items() if v is not None)})"


class TrainSpec(NamedTuple):
    """The training half of train_and_evaluate."""

    input_fn: Any
    max_steps: int | None = None
    hooks: Any = ()


class EvalSpec(NamedTuple):
    """The evaluating half of train_and_evaluate."""

    input_fn: Any
    steps: int | None = 100
    name: str | None = None
    hooks: Any = ()
    exporters: Any = ()
    start_delay_secs: int = 120
    throttle_secs: int = 600


def _metrics(given: Any) -> dict[str, tuple[Any, Any]]:
    """The metrics by their names, each found to be a pair."""
    for name, pair in given.items():
        if not (isinstance(pair, tuple) and len(pair) == 2):
            raise ArgumentError(
                f"EstimatorSpec: the metric {name!r} is {pair!r}", rule="a pair (value, update_op)",
                hint=f'{{"{name}": tf.metrics.accuracy(labels, classes)}}',
            )
    return dict(given)
