"""The loops over epochs and batches in fit, evaluate and predict, and what callbacks are told in them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from deepkit.errors import ArgumentError
from deepkit.keras.backend.nested import listed
from deepkit.keras.callbacks import Logs
from deepkit.keras.engine.data import Arrays, Batch
from deepkit.keras.engine.data_checks import explain_nan


def check_not_empty(source: Any, what: str) -> Any:
    """The source; ArgumentError if an epoch of it has no batch: a loss is a mean, and of nothing there is none."""
    if 0 in (source.steps, source.samples):
        raise ArgumentError(
            f"{what} has no samples", rule="a loss is the mean over the samples, at least one",
            hint="compare len(x): has a filter left nothing over, or is the batch of a Sequence too large?",
        )
    return source


def epochs_between(first: Any, last: Any) -> range:
    """The numbers of the epochs from initial_epoch to epochs; ArgumentError unless both are whole numbers."""
    for what, value in (("epochs", last), ("initial_epoch", first)):
        if isinstance(value, (bool, str)) or not hasattr(value, "__index__") or value < 0:
            text = str(value).strip()
            meant = max(int(float(text)), 0) if text.replace(".", "", 1).isdigit() else 0
            raise ArgumentError(f"{what}={value!r}", rule="a whole number not below 0", hint=f"{what}={meant}")
    return range(first, last)


def run_fit(training: Any, epochs: range, train: Any, validation: Any, due: Callable[[int], bool], calls: Any) -> None:
    """Trains, and tests at the end of the epochs in which that is due; ends early if a callback asks for it."""
    model, finite = training.model, True
    if isinstance(validation, Arrays):
        calls.show_validation(validation.arrays)
    calls.on_train_begin({})
    for epoch in epochs:
        if epoch > epochs.start and train.counts_anew:
            calls.set_params({**calls.params, "steps": train.steps})
        calls.on_epoch_begin(epoch, {})
        logs = run_epoch(training, "train", train, calls, tell_if_lost=finite)
        finite = finite and math.isfinite(logs["loss"])
        if validation is not None and due(epoch):
            logs.update({f"val_{k}": v for k, v in run_test(training, validation, calls).items()})
        calls.on_epoch_end(epoch, logs)
        if model.stop_training:
            break
    calls.on_train_end({})


def is_due(frequency: Any, epoch: int) -> bool:
    """validation_freq: every so many epochs, or a list of epochs counted from 1."""
    return (epoch + 1) % frequency == 0 if isinstance(frequency, int) else epoch + 1 in listed(frequency)


def run_epoch(training: Any, mode: str, source: Any, calls: Any, tell_if_lost: bool = False) -> Logs:
    """One step ("train" or "test") for each batch of the source; gives loss and metrics of the epoch.

    With tell_if_lost the first loss that is no number is explained.

    Callbacks get the loss of their own batch, and of the metrics, the losses of single outputs among them, the value
    over all batches so far. The epoch's loss is the mean over its samples.
    """
    model = training.model
    begin, end = getattr(calls, f"on_{mode}_batch_begin"), getattr(calls, f"on_{mode}_batch_end")
    model.reset_metrics()
    logs, total, samples = Logs(), 0.0, 0
    for number, batch in enumerate(source.batches()):
        size = len(batch[0][0]) if batch[0] else size_of(batch)
        begin(number, {"batch": number, "size": size})
        logs = Logs(run_batch(training, mode, batch))
        total, samples = total + logs["loss"] * size, samples + size
        if tell_if_lost and not math.isfinite(logs["loss"]):
            explain_nan(logs["loss"], batch, number)
            tell_if_lost = False
        end(number, Logs({"batch": number, "size": size, **logs}))
        if mode == "train" and model.stop_training:
            break
    if samples:
        logs["loss"] = total / samples
    return logs


def size_of(batch: Batch) -> int:
    """The number of samples in a batch; 1 where tensors of the graph give them all."""
    return next((len(a) for group in batch for a in group if a is not None), 1)


def run_batch(training: Any, mode: str, batch: Batch) -> dict[str, Any]:
    """The loss of a batch, and the metrics after it, by their names.

    A number is a float; a metric with a number for each class or threshold stays an array.
    """
    inputs, targets, weights = batch
    step = training.step(mode, targets, weights)
    values = step(inputs, targets, weights)
    return {
        name: float(value) if np.ndim(value) == 0 else np.asarray(value)
        for name, value in zip(step.names, values, strict=True)
    }


def run_test(training: Any, source: Any, calls: Any) -> Logs:
    """Loss and metrics over all batches, from the first one."""
    source.rewind()
    calls.on_test_begin({})
    logs = run_epoch(training, "test", source, calls)
    calls.on_test_end(logs)
    return logs


def run_predict(training: Any, source: Any, calls: Any) -> list[list[np.ndarray]]:
    """The outputs for each batch."""
    calls.on_predict_begin({})
    parts = []
    for number, batch in enumerate(source.batches()):
        log = {"batch": number, "size": size_of(batch)}
        calls.on_predict_batch_begin(number, log)
        parts.append(predict_batch(training, batch[0]))
        calls.on_predict_batch_end(number, log)
    calls.on_predict_end({})
    return parts


def predict_batch(training: Any, inputs: list[np.ndarray]) -> list[np.ndarray]:
    """The outputs for one batch."""
    nothing = [None] * len(training.signature.output_names)
    return [np.asarray(y) for y in training.step("predict", nothing, nothing)(inputs, nothing, nothing)]
