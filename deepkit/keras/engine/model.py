"""Models that can be trained: compile, fit, evaluate and predict on a network of layers."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np

from deepkit.core.symbol import Symbol
from deepkit.errors import ArgumentError
from deepkit.keras import callbacks as callbacks_module
from deepkit.keras import optimizers
from deepkit.keras.backend import context
from deepkit.keras.backend.nested import kept, keras_shape, listed, single
from deepkit.keras.backend.session import World
from deepkit.keras.base.checks import unknown_argument, warn_if_no_probabilities, warn_refrozen, whole
from deepkit.keras.base.history import record_of
from deepkit.keras.base.input_layer import Input
from deepkit.keras.engine.data import Arrays, batch_of, source_of_batches, validation_parts
from deepkit.keras.engine.forward import Forward, Snapshot
from deepkit.keras.engine.loops import check_not_empty, plain, run_epoch, run_predict, run_test
from deepkit.keras.engine.network import Network
from deepkit.keras.engine.objective import Objective
from deepkit.keras.engine.scores import Scores
from deepkit.keras.engine.step import EagerStep, Step
from deepkit.keras.legacy import modern_arguments
from deepkit.keras.metrics.base import Mean, Metric


class Model(Network):
    """A network with training: made from inputs and outputs, or by a subclass with `call`.

    >>> import numpy as np
    >>> from deepkit import keras
    >>> x = keras.layers.Input(shape=(3,))
    >>> model = keras.models.Model(inputs=x, outputs=keras.layers.Dense(1)(x))
    >>> model.compile(optimizer="sgd", loss="mse")
    >>> history = model.fit(np.ones((8, 3)), np.ones((8, 1)), epochs=2, verbose=0)
    >>> sorted(history.history)
    ['loss']
    """

    optimizer: Any = None
    loss: Any = None
    stop_training = False
    run_eagerly = False
    _named_by_layers = False
    """Whether the model's own name is no part of its weights' names."""
    _lost = False
    """Whether the loss of this fit has become NaN or infinite."""

    def __init__(self, *args: Any, **kwargs: Any):
        self._steps: dict[Any, Any] = {}
        self._seen: Snapshot | None = None
        self._objective: Objective | None = None
        self._scores: Scores | None = None
        self._added_metrics: dict[str, Metric] = {}
        self.history: Any = None
        super().__init__(*args, **kwargs)

    # ---- compile

    def compile(
        self, optimizer: Any = "rmsprop", loss: Any = None, metrics: Any = None, loss_weights: Any = None,
        sample_weight_mode: Any = None, weighted_metrics: Any = None, target_tensors: Any = None,
        run_eagerly: bool | None = None, **unknown: Any,
    ) -> None:
        """Chooses how to train: an optimizer, a loss, and metrics to show (objects, functions or names).

        With several outputs loss, metrics and loss_weights may be lists or dictionaries by the outputs' names.
        """
        if unknown:
            raise unknown_argument("compile", sorted(unknown)[0], inspect.signature(Model.compile).parameters)
        if target_tensors is not None:
            raise ArgumentError("compile: target_tensors", rule="targets are given to fit as arrays", hint="fit(x, y)")
        before = dict(vars(self))
        try:
            self.optimizer = optimizers.get(optimizer)
            chosen = (loss, loss_weights, sample_weight_mode, metrics, weighted_metrics)
            self.loss, self.loss_weights, self.sample_weight_mode, self._wanted_metrics, self._wanted_weighted = (
                kept(value) for value in chosen
            )
            self.run_eagerly = bool(run_eagerly)
            self._objective = self._scores = None
            self._forget_steps()
            if self.outputs:
                self._prepare()
        except Exception:  # the model goes on as it was compiled before
            vars(self).clear()
            vars(self).update(before)
            raise

    def _prepare(self) -> None:
        """Losses, metrics and what is trained, once the outputs are known."""
        if self._seen is None:
            self._seen = Snapshot(self)
        if self._objective is not None:
            return
        names = self.output_names
        self._objective = Objective(self.loss, self.loss_weights, names)
        self._scores = Scores(self._wanted_metrics, self._wanted_weighted, names, self._objective.losses)
        if self.is_connected:
            self._collect_metrics(self.forward(False).metrics)
        else:
            self._collect_metrics(self._graph_metrics)
        if self._topology is not None:
            last = [(record_of(y).layer, keras_shape(y)) for y in self.outputs]
            ends = [(layer.name, getattr(layer, "activation", None), dims and dims[-1]) for layer, dims in last]
            warn_if_no_probabilities(ends, self._objective.losses)

    def _warn_if_refrozen(self) -> None:
        if self._seen is not None and self._seen.differs(self):
            warn_refrozen()

    def _compiled(self, call: str) -> None:
        if self.optimizer is None:
            raise ArgumentError(
                f"{call}() of model {self.name!r}, which is not compiled", rule="training needs an optimizer and a loss",
                hint='model.compile(optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"])',
            )

    def _forget_steps(self) -> None:
        """Compiled steps are of no use any more: the layers, the loss or what is trained has changed."""
        self._steps, self._forwards, self._seen = {}, {}, None

    @property
    def _snapshot(self) -> Snapshot:
        """What compile saw; before compile, what there is now."""
        return self._seen or Snapshot(self)

    # ---- what is reported

    @property
    def metrics(self) -> list[Metric]:
        """The metrics that compile was given, as objects, and those that were added."""
        return [*(self._scores.shown if self._scores is not None else []), *self._added_metrics.values()]

    @property
    def metrics_names(self) -> list[str]:
        """What evaluate and train_on_batch return, in this order."""
        return ["loss", *[m.name for m in self._reported()]]

    def _reported(self) -> list[Metric]:
        """The metrics that each step gives beside the loss: the losses of several outputs first."""
        return [*(self._objective.means if self._objective is not None else []), *self.metrics]

    def _collect_metrics(self, metrics: list[tuple[Any, Any]]) -> None:
        for metric, _ in metrics:
            if isinstance(metric, str):
                self._added_metrics.setdefault(metric, Mean(metric))
            else:
                self._added_metrics[metric.name] = metric

    def add_metric(self, value: Any, aggregation: str | None = None, name: str | None = None) -> None:
        """Shows the mean of `value`, a tensor between the model's inputs and outputs, among the metrics under `name`."""
        if not (isinstance(value, Symbol) and context.is_first()):
            super().add_metric(value, aggregation, name)
            return
        metric = context.metric_of(value) or name
        if metric is None or aggregation not in (None, "mean"):
            raise ArgumentError(
                f"add_metric(aggregation={aggregation!r}, name={name!r})",
                rule="a metric has a name, and its values are aggregated by their mean",
                hint='model.add_metric(K.sum(x), aggregation="mean", name="sum_of_x")',
            )
        self._graph_metrics.append((metric, value))
        self._forget_steps()
        self._collect_metrics(self._graph_metrics)

    def reset_metrics(self) -> None:
        """Starts all running means anew."""
        for metric in self._reported():
            metric.reset_states()

    # ---- the steps

    def _world(self) -> World:
        return World.of(*self.inputs)

    def _set_inputs(self, x: Any) -> None:
        """Makes the inputs of a model that did not know them, from the shapes of the first batch."""
        arrays = [np.asarray(a) for a in (x if isinstance(x, (list, tuple)) else [x])]
        made = [Input(shape=a.shape[1:], dtype=None if a.dtype.kind == "f" else a.dtype.name) for a in arrays]
        if hasattr(self, "_start"):
            self._start(single(made))
            return
        self._call_on(made)

    def _call_on(self, made: list[Any]) -> None:
        """Calls a subclass on its first inputs, as for a test."""
        training = World.of(*made).training(False)
        with context.calling(training, record=True):
            outputs = self(single(made))
        self._inputs, self._outputs = single(made), outputs
        self._forwards = {training: Forward.recorded([self.calls[-1].asked], self.outputs)}

    def build(self, input_shape: Any = None) -> None:
        """Makes the weights for inputs of this shape (batch axis first; a list of shapes for several inputs)."""
        calls_itself = type(self).call is not Network.call and context.is_first()  # else it is being called already
        if input_shape is not None and not self.inputs and not self.built and calls_itself:
            shapes = input_shape if isinstance(input_shape, list) else [input_shape]
            self._named_by_layers = True  # Keras' build calls `call` itself: weights get their layers' names alone
            try:
                self._call_on([Input(batch_shape=tuple(s)) for s in shapes])
            finally:
                self._named_by_layers = False
        self.built = True

    @property
    def scope(self) -> str | None:
        return None if self._named_by_layers else self.name

    def _fixed_batch_size(self) -> int | None:
        """The batch size that the inputs demand, if they demand one."""
        sizes = [x.shape.dims[0] for x in self.inputs if x.shape.dims]
        return next((s for s in sizes if s is not None), None)

    def _run(self, mode: str, batch: Any) -> list[Any]:
        """One step on arrays."""
        inputs, targets, weights = batch
        key = (
            mode,
            bool(self.run_eagerly),
            *[None if a is None else (a.ndim, a.dtype.kind, a.shape[-1]) for a in [*targets, *weights]],
        )
        if key not in self._steps:
            self._steps[key] = (EagerStep if self.run_eagerly else Step)(self, mode, targets, weights)
        return self._steps[key](inputs, targets, weights)

    # ---- training

    def fit(
        self, x: Any = None, y: Any = None, batch_size: int | None = None, epochs: int = 1, verbose: Any = 1,
        callbacks: Any = None, validation_split: float = 0.0, validation_data: Any = None, shuffle: Any = True,
        class_weight: Any = None, sample_weight: Any = None, initial_epoch: int = 0, steps_per_epoch: int | None = None,
        validation_steps: int | None = None, validation_batch_size: int | None = None, validation_freq: Any = 1,
        max_queue_size: int = 10, workers: int = 1, use_multiprocessing: bool = False, **old: Any,
    ) -> Any:
        """Trains for `epochs` rounds over the samples; returns the History.

        x, y: arrays (lists or dictionaries of them for several inputs or outputs), or a generator or Sequence of
        (x, y). verbose: 0 silent, 1 a progress bar, 2 a line per epoch. class_weight: {class: factor}.
        validation_split holds the last part back; shuffle mixes the others. A step of steps_per_epoch takes arrays whole.
        """
        old = modern_arguments(old)
        epochs = old.pop("epochs", epochs)
        if old:
            raise unknown_argument("fit", sorted(old)[0], inspect.signature(Model.fit).parameters)
        whole(epochs, "epochs")
        whole(initial_epoch, "initial_epoch")
        self._compiled("fit")
        self._warn_if_refrozen()
        train = source_of_batches(self, x, y, sample_weight, batch_size, shuffle, steps_per_epoch, class_weight)
        check_not_empty(train, "fit: x")
        validation = None
        if validation_data is not None:
            validation = self._validation(validation_data, validation_batch_size, validation_steps)
            check_not_empty(validation, "validation_data")
        elif validation_split:
            if not isinstance(train, Arrays):
                raise ArgumentError("validation_split with a generator", hint="validation_data=...")
            train, validation = train.split(validation_split, validation_steps)
        self._prepare()
        history = callbacks_module.History()
        params = {
            "epochs": epochs, "steps": train.steps, "samples": train.samples, "verbose": verbose,
            "batch_size": train.batch_size, "do_validation": validation is not None,
            "metrics": [*self.metrics_names, *[f"val_{n}" for n in self.metrics_names if validation is not None]],
        }
        calls = callbacks_module.configure(callbacks, history, self, params)
        self.history, self.stop_training, self._lost = history, False, False
        calls.on_train_begin({})
        try:
            for epoch in range(initial_epoch, epochs):
                calls.on_epoch_begin(epoch, {})
                logs = run_epoch(self, "train", train, calls)
                if validation is not None and _is_due(validation_freq, epoch):
                    if validation_batch_size is None and isinstance(validation, Arrays):
                        validation.batch_size = train.batch_size
                    logs.update({f"val_{k}": v for k, v in run_test(self, validation, calls).items()})
                calls.on_epoch_end(epoch, logs)
                if self.stop_training:
                    break
        except KeyboardInterrupt:
            self._say_interrupted(history)
            raise KeyboardInterrupt from None  # the lines inside deepkit that were running tell nobody anything
        calls.on_train_end({})
        return history

    def _say_interrupted(self, history: Any) -> None:
        """The weights keep what has been learned: the next fit goes on from there."""
        done = len(history.epoch)
        print(f"\ninterrupted after {done} whole epochs; the weights are those of the last finished batch")

    def _validation(self, data: Any, batch_size: int | None, steps: int | None) -> Any:
        if isinstance(data, (tuple, list)) or hasattr(data, "shape"):
            x, y, weights = validation_parts(data)
            return source_of_batches(self, x, y, weights, batch_size, steps=steps)
        return source_of_batches(self, data, steps=steps)

    def evaluate(
        self, x: Any = None, y: Any = None, batch_size: int | None = None, verbose: Any = 1, sample_weight: Any = None,
        steps: int | None = None, callbacks: Any = None, return_dict: bool = False, **queue: Any,
    ) -> Any:
        """The loss, and the metrics if there are any: a number, or a list in the order of `metrics_names`.

        The loss is the mean over the samples, the loss of one of several outputs the mean over the batches.
        """
        self._compiled("evaluate")
        source = check_not_empty(source_of_batches(self, x, y, sample_weight, batch_size, steps=steps), "evaluate: x")
        self._prepare()
        params = {"steps": source.steps, "samples": source.samples, "verbose": verbose, "metrics": self.metrics_names}
        logs = run_test(self, source, callbacks_module.configure(callbacks, None, self, params))
        return dict(logs) if return_dict else single(list(logs.values()))

    def predict(
        self, x: Any, batch_size: int | None = None, verbose: Any = 0, steps: int | None = None, callbacks: Any = None,
        **queue: Any,
    ) -> Any:
        """The outputs for all samples: an array, or a list of arrays."""
        source = source_of_batches(self, x, None, None, batch_size, steps=steps)
        params = {"steps": source.steps, "samples": source.samples, "verbose": verbose, "metrics": []}
        calls = callbacks_module.configure(callbacks, None, self, params)
        parts = run_predict(self, source, calls)
        if not parts:
            parts = [self.predict_list([a[:0] for a in batch_of(self, x)[0]])]
        return single([np.concatenate(column) if len(column) > 1 else column[0] for column in zip(*parts, strict=True)])

    def predict_list(self, inputs: list[np.ndarray]) -> list[np.ndarray]:
        """The outputs for one batch, as a list."""
        nothing = [None] * len(self.output_names)
        return [np.asarray(y) for y in self._run("predict", (inputs, nothing, nothing))]

    # ---- single batches

    def train_on_batch(
        self, x: Any, y: Any = None, sample_weight: Any = None, class_weight: Any = None, reset_metrics: bool = True,
        return_dict: bool = False,
    ) -> Any:
        """One step of training; returns the loss, and the metrics if there are any.

        The metrics start anew after the step, unless reset_metrics is False. What fit or evaluate left in them is
        therefore part of the first batch's values; model.reset_metrics() before it clears them.
        """
        return self._on_batch("train", x, y, sample_weight, class_weight, reset_metrics, return_dict)

    def test_on_batch(
        self, x: Any, y: Any = None, sample_weight: Any = None, reset_metrics: bool = True, return_dict: bool = False
    ) -> Any:
        """Loss and metrics of one batch."""
        return self._on_batch("test", x, y, sample_weight, None, reset_metrics, return_dict)

    def _on_batch(self, mode: str, x: Any, y: Any, weights: Any, class_weight: Any, reset: bool, as_dict: bool) -> Any:
        self._compiled(f"{mode}_on_batch")
        batch = batch_of(self, x, y, weights, class_weight)
        if mode == "train":
            self._warn_if_refrozen()
        self._prepare()
        values = [plain(v) for v in self._run(mode, batch)]
        if reset:
            self.reset_metrics()
        return dict(zip(self.metrics_names, values, strict=True)) if as_dict else single(values)

    def predict_on_batch(self, x: Any) -> Any:
        """The outputs for one batch."""
        return single(self.predict_list(batch_of(self, x)[0]))

    # ---- generators, by their old names

    def fit_generator(self, generator: Any, steps_per_epoch: int | None = None, epochs: int = 1, **kwargs: Any) -> Any:
        """fit with a generator of (x, y) batches."""
        given = {"steps_per_epoch": steps_per_epoch, "epochs": epochs, **modern_arguments(kwargs, generator)}
        return self.fit(generator, **given)

    def evaluate_generator(self, generator: Any, steps: int | None = None, **kwargs: Any) -> Any:
        """evaluate with a generator of (x, y) batches."""
        given = {"steps": steps, "verbose": 0, **modern_arguments(kwargs, generator)}
        return self.evaluate(generator, **given)

    def predict_generator(self, generator: Any, steps: int | None = None, **kwargs: Any) -> Any:
        """predict with a generator of batches."""
        return self.predict(generator, **{"steps": steps, **modern_arguments(kwargs, generator)})


def _is_due(frequency: Any, epoch: int) -> bool:
    """validation_freq: every so many epochs, or a list of epochs counted from 1."""
    return (epoch + 1) % frequency == 0 if isinstance(frequency, int) else epoch + 1 in listed(frequency)
