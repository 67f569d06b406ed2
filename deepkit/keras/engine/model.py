"""Models that can be trained: compile, fit, evaluate and predict on a network of layers."""

from __future__ import annotations

import copy
import functools
import inspect
from typing import Any

import numpy as np

from deepkit.core.inputs import unknown_argument
from deepkit.core.symbol import Symbol
from deepkit.errors import ArgumentError, UncompiledError
from deepkit.keras import optimizers
from deepkit.keras.backend import context
from deepkit.keras.backend.nested import kept, single
from deepkit.keras.backend.phase import Phase
from deepkit.keras.base.input_layer import Input
from deepkit.keras.callbacks.base import History
from deepkit.keras.callbacks.callback_list import configure
from deepkit.keras.engine.compiled_graph import step_function, uses_learning_phase
from deepkit.keras.engine.data import Arrays, batch_of, source_of_batches, validation_parts
from deepkit.keras.engine.forward import Forward, check_weights_kept
from deepkit.keras.engine.loops import (
    check_not_empty,
    epochs_between,
    is_due,
    predict_batch,
    run_batch,
    run_fit,
    run_predict,
    run_test,
)
from deepkit.keras.engine.network import AddedMetric, Network
from deepkit.keras.engine.training import Training
from deepkit.keras.legacy import modern_arguments
from deepkit.keras.metrics.base import Metric


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
    resets_before_batch = True
    """Whether train_on_batch and test_on_batch clear the metrics before their step, or after it."""

    def __init__(self, *args: Any, **kwargs: Any):
        self._compiled_training = Training(self)
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
        chosen = {
            "loss": loss, "loss_weights": loss_weights, "metrics": metrics, "weighted_metrics": weighted_metrics,
            "sample_weight_mode": sample_weight_mode,
        }
        found = optimizers.get(optimizer)
        training = copy.copy(self._compiled_training)  # if this fails, the model goes on as it was compiled before
        training.target_tensors = kept(target_tensors)
        training.choose(**chosen)
        if self.outputs:
            training.targets_of_the_graph()
        self._compiled_training, self.optimizer, self.run_eagerly = training, found, bool(run_eagerly)
        self.loss, self.loss_weights = training.chosen["loss"], training.chosen["loss_weights"]
        self.sample_weight_mode = training.chosen["sample_weight_mode"]

    @property
    def compile_arguments(self) -> dict[str, Any]:
        """What compile was given but the optimizer: loss, loss_weights, metrics, weighted_metrics, sample_weight_mode."""
        return dict(self._compiled_training.chosen)

    def _check_compiled(self, call: str) -> None:
        if self.optimizer is None:
            raise UncompiledError(
                f"{call}() of model {self.name!r}, which is not compiled", rule="training needs an optimizer and a loss",
                hint='model.compile(optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"])',
            )

    @property
    def updates(self) -> list[Any]:
        """What training assigns beside the weights; of a class with a `call` of its own, once its inputs are known."""
        return self._compiled_training.forward(True).updates_in("train", {}) if self.inputs else super().updates

    # ---- what programs around Keras take from inside

    total_loss: Any = property(lambda self: self._compiled_training.graph.total_loss)
    targets: Any = property(lambda self: self._compiled_training.graph.targets)
    sample_weights: Any = property(lambda self: self._compiled_training.graph.sample_weights)
    uses_learning_phase: Any = property(uses_learning_phase)

    def _make_train_function(self) -> None:
        self._check_compiled("_make_train_function")
        self.train_function = step_function(self._compiled_training, "train")

    def _make_test_function(self) -> None:
        self._check_compiled("_make_test_function")
        self.test_function = step_function(self._compiled_training, "test")

    def _make_predict_function(self) -> None:
        self.predict_function = step_function(self._compiled_training, "predict")

    # ---- what is reported

    @property
    def trained_weights(self) -> list[Any]:
        """The weights that training moves: those that compile collected, before it all that are not frozen."""
        return self._compiled_training.snapshot.weights

    def summary(self, line_length: int | None = None, positions: Any = None, print_fn: Any = None, **how: Any) -> None:
        """Prints the layers with their output shapes and numbers of weights; see keras.utils.print_summary."""
        super().summary(line_length, positions, print_fn, **how)
        self._compiled_training.warn_if_refrozen()

    @property
    def metrics(self) -> list[Metric]:
        """The metrics that compile was given, as objects, and those that were added."""
        return self._compiled_training.metrics

    @property
    def metrics_names(self) -> list[str]:
        """What evaluate and train_on_batch return, in this order."""
        return ["loss", *[m.name for m in self._compiled_training.reported]]

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
        self._graph_metrics.append(AddedMetric(metric, value))
        self._take_in_branches()
        self._compiled_training.add_metrics([(added.metric, added.value) for added in self._graph_metrics])

    def _take_in_branches(self) -> None:
        super()._take_in_branches()
        self._compiled_training.forget()

    def reset_metrics(self) -> None:
        """Starts all running means anew."""
        for metric in self._compiled_training.reported:
            metric.reset_states()

    # ---- the first inputs

    def begin_with(self, inputs: list[Any]) -> None:
        """Makes these the inputs of a subclass that had none, by calling it on them as for a test."""
        phase = Phase.of(*inputs).training(False)
        with context.calling(phase, record=True):
            outputs = self(single(inputs))
        check_weights_kept(self, self.inbound_nodes[-1].asked)
        self._inputs, self._outputs = single(inputs), outputs
        self._compiled_training.remember(phase, Forward.recorded([self.inbound_nodes[-1].asked], self.outputs))

    def build(self, input_shape: Any = None) -> None:
        """Makes the weights for inputs of this shape (batch axis first; a list of shapes for several inputs)."""
        calls_itself = type(self).call is not Network.call and context.is_first()  # else it is being called already
        if input_shape is not None and not self.inputs and not self.built and calls_itself:
            shapes = input_shape if isinstance(input_shape, list) else [input_shape]
            self._named_by_layers = True  # Keras' build calls `call` itself: weights get their layers' names alone
            try:
                self.begin_with([Input(batch_shape=tuple(s)) for s in shapes])
            finally:
                self._named_by_layers = False
        self.built = True

    @property
    def _scope(self) -> str | None:
        return None if self._named_by_layers else self.name

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
        if old:
            old = modern_arguments(old)
            epochs = old.pop("epochs", epochs)
        if old:
            raise unknown_argument("fit", sorted(old)[0], inspect.signature(Model.fit).parameters)
        numbers = epochs_between(initial_epoch, epochs)
        self._check_compiled("fit")
        training = self._compiled_training
        training.warn_if_refrozen()
        train = source_of_batches(training, x, y, sample_weight, batch_size, shuffle, steps_per_epoch, class_weight)
        check_not_empty(train, "fit: x")
        validation = None
        if validation_data is not None:
            validation = self._validation(validation_data, validation_batch_size, validation_steps)
            if validation_batch_size is None and isinstance(validation, Arrays):
                validation.take_batch_size_of(train)
        elif validation_split:
            if not isinstance(train, Arrays):
                raise ArgumentError("validation_split with a generator", hint="validation_data=...")
            train, validation = train.split(validation_split, validation_steps)
        training.prepared()
        self.history, self.stop_training = History(), False
        names = self.metrics_names
        params = {
            "epochs": epochs, "steps": train.steps, "samples": train.samples, "verbose": verbose,
            "batch_size": train.batch_size, "do_validation": validation is not None,
            "metrics": names if validation is None else [*names, *[f"val_{name}" for name in names]],
        }
        calls = configure(callbacks, self.history, self, params)
        due = functools.partial(is_due, validation_freq)
        try:
            run_fit(training, numbers, train, validation, due, calls)
        except KeyboardInterrupt:  # the weights keep what has been learned: the next fit goes on from there
            done = len(self.history.epoch)
            print(f"\ninterrupted after {done} whole epochs; the weights are those of the last finished batch")
            raise KeyboardInterrupt from None  # the lines inside deepkit that were running tell nobody anything
        return self.history

    def _validation(self, data: Any, batch_size: int | None, steps: int | None) -> Any:
        if isinstance(data, (tuple, list)) or hasattr(data, "shape"):
            x, y, weights = validation_parts(data)
            source = source_of_batches(self._compiled_training, x, y, weights, batch_size, steps=steps)
        else:
            source = source_of_batches(self._compiled_training, data, steps=steps)
        return check_not_empty(source, "validation_data")

    def evaluate(
        self, x: Any = None, y: Any = None, batch_size: int | None = None, verbose: Any = 1, sample_weight: Any = None,
        steps: int | None = None, callbacks: Any = None, return_dict: bool = False, **queue: Any,
    ) -> Any:
        """The loss, and the metrics if there are any: a number, or a list in the order of `metrics_names`.

        The loss is the mean over the samples, the loss of one of several outputs the mean over the batches.
        """
        self._check_compiled("evaluate")
        training = self._compiled_training
        source = source_of_batches(training, x, y, sample_weight, batch_size, steps=steps)
        check_not_empty(source, "evaluate: x")
        training.prepared()
        params = {"steps": source.steps, "samples": source.samples, "verbose": verbose, "metrics": self.metrics_names}
        logs = run_test(training, source, configure(callbacks, None, self, params))
        return dict(logs) if return_dict else single(list(logs.values()))

    def predict(
        self, x: Any, batch_size: int | None = None, verbose: Any = 0, steps: int | None = None, callbacks: Any = None,
        **queue: Any,
    ) -> Any:
        """The outputs for all samples: an array, or a list of arrays."""
        training = self._compiled_training
        source = source_of_batches(training, x, None, None, batch_size, steps=steps, compared=False)
        params = {"steps": source.steps, "samples": source.samples, "verbose": verbose, "metrics": []}
        calls = configure(callbacks, None, self, params)
        parts = run_predict(training, source, calls)
        if not parts:
            parts = [predict_batch(training, [a[:0] for a in batch_of(training, x)[0]])]
        return single([np.concatenate(column) if len(column) > 1 else column[0] for column in zip(*parts, strict=True)])

    # ---- single batches

    def train_on_batch(
        self, x: Any, y: Any = None, sample_weight: Any = None, class_weight: Any = None, reset_metrics: bool = True,
        return_dict: bool = False,
    ) -> Any:
        """One step of training; returns the loss, and the metrics if there are any.

        The metrics are those of this batch; with reset_metrics=False they go on from what came before. (In Keras 2.3.1
        and TensorFlow 1.15 they start anew after the step, so that what fit left is in the first one: dialects.py.)
        """
        return self._on_batch("train", x, y, sample_weight, class_weight, reset_metrics, return_dict)

    def test_on_batch(
        self, x: Any, y: Any = None, sample_weight: Any = None, reset_metrics: bool = True, return_dict: bool = False
    ) -> Any:
        """Loss and metrics of one batch."""
        return self._on_batch("test", x, y, sample_weight, None, reset_metrics, return_dict)

    def _on_batch(self, mode: str, x: Any, y: Any, weights: Any, class_weight: Any, reset: bool, as_dict: bool) -> Any:
        self._check_compiled(f"{mode}_on_batch")
        training = self._compiled_training
        batch = batch_of(training, x, y, weights, class_weight)
        if mode == "train":
            training.warn_if_refrozen()
        training.prepared()
        if reset and self.resets_before_batch:
            self.reset_metrics()
        logs = run_batch(training, mode, batch)
        if reset and not self.resets_before_batch:
            self.reset_metrics()
        return logs if as_dict else single(list(logs.values()))

    def predict_on_batch(self, x: Any) -> Any:
        """The outputs for one batch."""
        return single(predict_batch(self._compiled_training, batch_of(self._compiled_training, x)[0]))

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
