"""The Estimator: a model function, the values of its variables, and the three things to do with them."""

from __future__ import annotations

import copy
import os
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from deepkit.core.collections import GraphKeys
from deepkit.core.graph import Graph, default_graph
from deepkit.errors import ArgumentError, GraphError, NameNotFoundError, NumericsError, OutOfRangeError, ShapeError
from deepkit.io.checkpoint import read_checkpoint
from deepkit.ops.summary import event_messages
from deepkit.ops.summary.values import scalar_value
from deepkit.runtime.session import Session
from deepkit.v1 import summary
from deepkit.v1.estimator._feeding import call_input_fn, is_constant, parameters_of
from deepkit.v1.estimator._spec import EstimatorSpec, ModeKeys, RunConfig
from deepkit.v1.framework.creators import global_variables_initializer, local_variables_initializer
from deepkit.v1.metrics.means import mean
from deepkit.v1.platform import logging
from deepkit.v1.train import create_global_step
from deepkit.v1.train.checkpoint_hook import CheckpointSaverHook
from deepkit.v1.train.checkpoints import get_checkpoint_state, latest_checkpoint
from deepkit.v1.train.hooks import HookedSession
from deepkit.v1.train.saver import Saver
from deepkit.v1.train.summary_hooks import SummarySaverHook
from deepkit.v1.train.warm_starting import WarmStartSettings, warm_start


class Estimator:
    """A model that keeps its own graph, session and variables out of sight.

    model_fn(features, labels, mode, params, config) builds the model in a new graph for every call and returns an
    EstimatorSpec; it may leave out the arguments it does not need, but not features. Between the calls the values of
    all variables are remembered by their names: in the latest checkpoint of `model_dir`, where an estimator made later
    finds them, too; or by the estimator itself, if it has no model_dir. An interrupted or failed training leaves the
    values of before, or of the last checkpoint. warm_start_from: a checkpoint, a folder with some, or
    WarmStartSettings: with its values the first training begins.
    """

    def __init__(
        self, model_fn: Callable[..., EstimatorSpec], model_dir: str | None = None, config: RunConfig | None = None,
        params: dict[str, Any] | None = None, warm_start_from: Any = None,
    ):
        accepted = parameters_of(model_fn, "model_fn")
        if "features" not in accepted:
            raise ArgumentError(
                f"model_fn takes ({', '.join(accepted)})", rule="one of its arguments is called features",
                hint="def model_fn(features, labels, mode): ...",
            )
        if params is not None and "params" not in accepted:
            raise ArgumentError(
                "params are given, but model_fn does not take them",
                hint="def model_fn(features, labels, mode, params): ...",
            )
        if config is not None and not isinstance(config, RunConfig):
            raise ArgumentError(
                f"config={config!r}", rule="a tf.estimator.RunConfig", hint="RunConfig(tf_random_seed=42)"
            )
        self._warm_start = _warm_start_settings(warm_start_from)
        self._model_fn, self._params = model_fn, dict(params or {})
        self._config = copy.copy(config) if config is not None else RunConfig()
        self._config.model_dir = model_dir if model_dir is not None else self._config.model_dir
        self._values: dict[str, np.ndarray] = {}
        self._read_from: str | None = None

    @property
    def model_fn(self) -> Callable[..., EstimatorSpec]:
        """The model function."""
        return self._model_fn

    @property
    def model_dir(self) -> str | None:
        """The folder of the checkpoints, or None."""
        return self._config.model_dir

    @property
    def config(self) -> RunConfig:
        """A copy of the settings."""
        return copy.copy(self._config)

    @property
    def params(self) -> dict[str, Any]:
        """A copy of the model function's params."""
        return dict(self._params)

    def get_variable_names(self) -> list[str]:
        """The names of all variables that training has left, the optimizer's included."""
        return sorted(self._trained())

    def get_variable_value(self, name: str) -> np.ndarray:
        """A copy of one variable's value."""
        values = self._trained()
        if name not in values:
            raise NameNotFoundError(f"the estimator has no variable {name!r}", hint=", ".join(sorted(values)))
        return values[name].copy()

    def latest_checkpoint(self) -> str | None:
        """The name of the latest checkpoint in model_dir, or None."""
        return None if self.model_dir is None else latest_checkpoint(self.model_dir)

    def _trained(self) -> dict[str, np.ndarray]:
        values = self._current()
        if not values:
            raise GraphError("the estimator has no variables yet", hint="train() makes them")
        return values

    def _current(self, checkpoint_path: str | None = None) -> dict[str, np.ndarray]:
        """The values of a checkpoint, or of the latest one, or those the estimator remembers; empty before training."""
        if checkpoint_path is not None:
            return read_checkpoint(checkpoint_path)
        if self.model_dir is not None:
            path = self.latest_checkpoint()
            if path != self._read_from:
                self._values = {} if path is None else read_checkpoint(path)
                self._read_from = path
        return self._values

    def steps_done(self) -> int:
        """The steps of training that the values have behind them."""
        return int(self._current().get("global_step", 0))

    # ---- the three things to do

    def train(
        self, input_fn: Callable[..., Any], hooks: Any = None, steps: int | None = None, max_steps: int | None = None,
        saving_listeners: Any = None,
    ) -> Estimator:
        """Trains until the input ends, for `steps` more steps, or until the global step is max_steps."""
        _positive(steps=steps, max_steps=max_steps)
        if steps is not None and max_steps is not None:
            raise ArgumentError(
                "both steps and max_steps are given", rule="steps: so many more; max_steps: until so many"
            )
        values, done = self._current(), self.steps_done()
        if max_steps is not None and done >= max_steps:
            logging.info("Skipping training since max_steps has already saved.")
            return self
        last = max_steps if steps is None else done + steps
        with Graph().as_default() as graph:
            step, spec, features, labels = self._build(input_fn, ModeKeys.TRAIN)
            if last is None and is_constant(graph, features, labels):
                raise ArgumentError(
                    "training on an input that never ends, without a number of steps",
                    rule="an input_fn that returns plain arrays gives the same batch for ever",
                    hint="steps=1000",
                )
            self._start_warm(values)
            own = [*self._saving(saving_listeners), *self._summarizing(spec)]
            chosen = [*(hooks or ()), *spec.training_hooks, *spec.training_chief_hooks, *own]
            session = self._session(graph, chosen, values)
            with session.session as sess:
                session.start()
                self._train_loop(session, spec, step, last)
                session.end()
                variables = graph.get_collection(GraphKeys.GLOBAL_VARIABLES)
                values = sess.run(variables)
        self._values = {v.node.name: np.asarray(value) for v, value in zip(variables, values, strict=True)}
        self._read_from = self.latest_checkpoint()
        return self

    def _start_warm(self, values: dict[str, np.ndarray]) -> None:
        """Has the first training begin with the values that the estimator was told to start from."""
        if self._warm_start is not None and not values:
            warm_start(*self._warm_start)

    def _saving(self, listeners: Any) -> list[CheckpointSaverHook]:
        """What saves a training to model_dir, if there is one."""
        if self.model_dir is None:
            return []
        config = self._config
        saver = Saver(
            max_to_keep=config.keep_checkpoint_max, defer_build=True,
            keep_checkpoint_every_n_hours=config.keep_checkpoint_every_n_hours,
        )
        state = get_checkpoint_state(self.model_dir)
        saver.recover_last_checkpoints(state.all_model_checkpoint_paths if state else [])
        steps = config.save_checkpoints_steps
        secs = None if steps is not None else config.save_checkpoints_secs or float("inf")
        # Without the graph: model_fn builds it, and the input function's part of it is Python.
        return [CheckpointSaverHook(self.model_dir, secs, steps, saver, listeners=listeners, save_graph_def=False)]

    def _summarizing(self, spec: EstimatorSpec) -> list[SummarySaverHook]:
        """What writes the loss and the summaries of model_fn to model_dir, where TensorBoard is installed."""
        every = self._config.save_summary_steps
        if self.model_dir is None or not every or not event_messages.installed():
            return []
        if not any(x.node.name == "loss" for x in default_graph().get_collection(GraphKeys.SUMMARIES)):
            summary.scalar("loss", spec.loss)
        return [SummarySaverHook(every, output_dir=self.model_dir)]

    def _train_loop(self, session: HookedSession, spec: EstimatorSpec, step: Any, last: int | None) -> None:
        before = now = int(session.session.run(step))
        every = self._config.log_step_count_steps
        runs = 0
        loss = None
        while (last is None or now < last) and not session.should_stop:
            try:
                _, loss = session.run([spec.train_op, spec.loss])
            except OutOfRangeError:
                break
            if np.isnan(loss):
                raise NumericsError(
                    f"the loss is NaN in training step {now + 1}",
                    rule="a number that is not one spreads to all variables",
                    hint="a smaller learning rate, features scaled to about 1, no log(0); tf.check_numerics finds the place",
                )
            if every and runs % every == 0:
                logging.info("loss = %s, step = %d", loss, now + 1)
            runs += 1
            now = int(session.session.store[step])
            if now == before:
                raise GraphError(
                    "the train_op of the EstimatorSpec does not count the steps",
                    rule="each step adds 1 to the global step, by which training knows when to end",
                    hint="optimizer.minimize(loss, global_step=tf.train.get_global_step())",
                )
        if loss is None:
            raise _no_batch("train")
        logging.info("Loss for final step: %s.", loss)

    def evaluate(
        self, input_fn: Callable[..., Any], steps: int | None = None, hooks: Any = None, checkpoint_path: Any = None,
        name: str | None = None,
    ) -> dict[str, Any]:
        """The metrics of the model over `steps` batches, or all: a dict with loss (mean of the batches) and global_step."""
        _positive(steps=steps)
        values = self._current(checkpoint_path)
        with Graph().as_default() as graph:
            step, spec, features, labels = self._build(input_fn, ModeKeys.EVAL)
            if {"loss", "global_step"} & spec.eval_metric_ops.keys():
                raise ArgumentError('a metric called "loss" or "global_step"', rule="evaluate adds both itself")
            metrics = {**spec.eval_metric_ops, "loss": mean(spec.loss)}
            if steps is None and is_constant(graph, features, labels):
                steps = 1  # the same batch again and again has the same mean
            session = self._session(graph, [*(hooks or ()), *spec.evaluation_hooks], values)
            with session.session as sess:
                session.start()
                if not _run_batches(session, [update for _, update in metrics.values()], steps):
                    raise _no_batch("evaluate")
                session.end()
                results = sess.run({**{key: value for key, (value, _) in metrics.items()}, "global_step": step})
        results = {key: results[key] for key in sorted(results)}
        logging.info("Evaluation after step %s: %s", results["global_step"], results)
        self._summarize(results, name)
        return results

    def _summarize(self, results: dict[str, Any], name: str | None) -> None:
        """Writes the results of an evaluation to the folder eval, or eval_name, of model_dir."""
        if self.model_dir is None or not self._config.save_summary_steps or not event_messages.installed():
            return
        numbers = {key: value for key, value in results.items() if key != "global_step" and np.size(value) == 1}
        values = [scalar_value(key, np.asarray(value).item()) for key, value in numbers.items()]
        folder = os.path.join(self.model_dir, f"eval_{name}" if name else "eval")
        with summary.FileWriter(folder) as writer:
            writer.add_summary(event_messages.message("Summary")(value=values), results["global_step"])

    def predict(
        self, input_fn: Callable[..., Any], predict_keys: Any = None, hooks: Any = None, checkpoint_path: Any = None,
        yield_single_examples: bool = True,
    ) -> Iterator[Any]:
        """The predictions, one example after the other: dicts without the batch axis (batches as they are otherwise).

        predict_keys: the keys that are wanted. Nothing is computed before the first prediction is asked for.
        """
        values = self._current(checkpoint_path)
        with Graph().as_default() as graph:
            _, spec, features, _ = self._build(input_fn, ModeKeys.PREDICT)
            predictions = _selected(spec.predictions, predict_keys)
            once = is_constant(graph, features)
            session = self._session(graph, [*(hooks or ()), *spec.prediction_hooks], values)
        # From here on the default graph is the caller's again: a generator must not change it between two values.
        session.start()
        try:
            while not session.should_stop:
                try:
                    batch = session.run(predictions)
                except OutOfRangeError:
                    break
                yield from _examples(batch) if yield_single_examples else [batch]
                if once:
                    break
            session.end()
        finally:
            session.session.close()

    # ---- building

    def _build(self, input_fn: Any, mode: str) -> tuple[Any, EstimatorSpec, Any, Any]:
        """(global step, spec, features, labels) in the default graph."""
        default_graph().seed = self._config.tf_random_seed
        step = create_global_step()
        features, labels = call_input_fn(input_fn, mode, self._params, self._config)
        return step, self._call_model_fn(features, labels, mode), features, labels

    def _call_model_fn(self, features: Any, labels: Any, mode: str) -> EstimatorSpec:
        accepted = parameters_of(self._model_fn, "model_fn")
        given = {"labels": labels, "mode": mode, "params": self.params, "config": self.config}
        if labels is not None and "labels" not in accepted and mode != ModeKeys.PREDICT:
            raise ArgumentError(
                "the input function gives labels, but model_fn does not take them",
                hint="def model_fn(features, labels, mode): ...",
            )
        if mode == ModeKeys.PREDICT:
            given["labels"] = None
        spec = self._model_fn(features=features, **{k: v for k, v in given.items() if k in accepted})
        if not isinstance(spec, EstimatorSpec):
            raise ArgumentError(
                f"model_fn returned {type(spec).__name__}", rule="it returns a tf.estimator.EstimatorSpec in every mode",
                hint="return tf.estimator.EstimatorSpec(mode, loss=loss, train_op=train_op)",
            )
        return spec

    def _session(self, graph: Graph, hooks: list[Any], values: dict[str, np.ndarray]) -> HookedSession:
        """A session of the graph in which all variables have their values."""
        hooked = HookedSession(None, hooks)
        for hook in hooks:
            hook.begin()
        start = [global_variables_initializer(), local_variables_initializer()]
        hooked.session = Session(graph=graph, config=self._config.session_config)
        hooked.session.run(start)
        for variable in graph.get_collection(GraphKeys.GLOBAL_VARIABLES) if values else []:
            hooked.session.load(variable, _remembered(variable, values))
        return hooked


def _remembered(variable: Any, values: dict[str, np.ndarray]) -> np.ndarray:
    name = variable.node.name
    if name not in values:
        raise GraphError(
            f"variable {name!r} was not there when the estimator was trained", where=variable.node.where(),
            rule="model_fn makes the same variables in every mode and call (the optimizer's only in TRAIN)",
            hint="the trained ones: " + ", ".join(sorted(values)[:8]),
        )
    value = values[name]
    if not variable.shape.is_compatible_with(value.shape):
        raise ShapeError(
            f"variable {name!r} has shape {variable.shape} now, but {value.shape} after training",
            where=variable.node.where(), rule="all calls build the same model",
            hint="features of the same width in train, evaluate and predict; or a new estimator",
        )
    return value


def _warm_start_settings(given: Any) -> WarmStartSettings | None:
    if given is None or isinstance(given, WarmStartSettings):
        return given
    if not isinstance(given, (str, os.PathLike)):
        raise ArgumentError(
            f"warm_start_from={given!r}", rule="a checkpoint, a folder with some, or tf.estimator.WarmStartSettings",
            hint="warm_start_from=other.model_dir",
        )
    return WarmStartSettings(os.fsdecode(given))


def _positive(**numbers: int | None) -> None:
    for name, value in numbers.items():
        if value is not None and value <= 0:
            raise ArgumentError(f"{name}={value}", rule="at least one step")


def _no_batch(call: str) -> OutOfRangeError:
    return OutOfRangeError(
        f"{call}: the input ended before the first batch",
        hint="an input function that makes its data anew in each call",
    )


def _selected(predictions: Any, keys: Any) -> Any:
    """The predictions that are wanted: a dict of tensors, or one tensor."""
    if not isinstance(predictions, dict):
        if keys is not None:
            raise ArgumentError(
                f"predict_keys={keys!r}", rule="the predictions of this model are one tensor, not a dict"
            )
        return predictions
    wanted = [keys] if isinstance(keys, str) else list(keys or predictions)
    unknown = [key for key in wanted if key not in predictions]
    if unknown:
        raise ArgumentError(f"there is no prediction {unknown[0]!r}", hint=", ".join(map(str, predictions)))
    return {key: predictions[key] for key in wanted}


def _examples(batch: Any) -> Iterator[Any]:
    """The rows of a batch of predictions."""
    if not isinstance(batch, dict):
        yield from batch
        return
    lengths = {key: np.shape(value)[:1] for key, value in batch.items()}
    if len(set(lengths.values())) > 1 or () in lengths.values():
        raise ShapeError(
            "predictions of different lengths: " + ", ".join(f"{key} {np.shape(value)}" for key, value in batch.items()),
            rule="the first axis of each prediction is the batch", hint="yield_single_examples=False",
        )
    for i in range(next(iter(lengths.values()))[0]):
        yield {key: value[i] for key, value in batch.items()}


def train_and_evaluate(estimator: Estimator, train_spec: Any, eval_spec: Any) -> tuple[dict[str, Any], list[Any]]:
    """Trains until train_spec.max_steps (or the end of the input), then evaluates once: (metrics, [])."""
    estimator.train(train_spec.input_fn, list(train_spec.hooks or ()), max_steps=train_spec.max_steps)
    return estimator.evaluate(eval_spec.input_fn, eval_spec.steps, list(eval_spec.hooks or ()), name=eval_spec.name), []


def _run_batches(session: HookedSession, fetches: list[Any], steps: int | None) -> int:
    """Runs the fetches for `steps` batches, or all there are; returns how many these were."""
    done = 0
    while (steps is None or done < steps) and not session.should_stop:
        try:
            session.run(fetches)
        except OutOfRangeError:
            break
        done += 1
    return done
