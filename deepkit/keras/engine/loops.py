"""The loops over batches in fit, evaluate and predict, and what callbacks are told in them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from deepkit.errors import ArgumentError
from deepkit.keras.base.checks import explain_nan
from deepkit.keras.callbacks import Logs


def check_not_empty(source: Any, what: str) -> Any:
    """The source; ArgumentError if an epoch of it has no batch: a loss is a mean, and of nothing there is none."""
    if 0 in (source.steps, source.samples):
        raise ArgumentError(
            f"{what} has no samples", rule="a loss is the mean over the samples, at least one",
            hint="compare len(x): has a filter left nothing over, or is the batch of a Sequence too large?",
        )
    return source


def run_epoch(model: Any, mode: str, source: Any, calls: Any) -> Logs:
    """One step ("train" or "test") for each batch of the source; gives loss and metrics of the epoch.

    Callbacks get the loss of their own batch, and of the metrics, the losses of single outputs among them, the value
    over all batches so far. The epoch's loss is the mean over its samples.
    """
    begin, end = getattr(calls, f"on_{mode}_batch_begin"), getattr(calls, f"on_{mode}_batch_end")
    model.reset_metrics()
    logs, total, samples = Logs(), 0.0, 0
    for number, batch in enumerate(source.batches()):
        size = len(batch[0][0]) if batch[0] else 0
        begin(number, {"batch": number, "size": size})
        values = model._run(mode, batch)
        logs = Logs(zip(model.metrics_names, map(plain, values), strict=True))
        total, samples = total + logs["loss"] * size, samples + size
        if mode == "train" and not (model._lost or math.isfinite(logs["loss"])):
            model._lost = True
            explain_nan(logs["loss"], batch, number)
        end(number, Logs({"batch": number, "size": size, **logs}))
        if mode == "train" and model.stop_training:
            break
    if samples:
        logs["loss"] = total / samples
    return logs


def run_test(model: Any, source: Any, calls: Any) -> Logs:
    """Loss and metrics over all batches, from the first one."""
    source.rewind()
    calls.on_test_begin({})
    logs = run_epoch(model, "test", source, calls)
    calls.on_test_end(logs)
    return logs


def run_predict(model: Any, source: Any, calls: Any) -> list[list[np.ndarray]]:
    """The outputs for each batch."""
    calls.on_predict_begin({})
    parts = []
    for number, batch in enumerate(source.batches()):
        log = {"batch": number, "size": len(batch[0][0])}
        calls.on_predict_batch_begin(number, log)
        parts.append(model.predict_list(batch[0]))
        calls.on_predict_batch_end(number, log)
    calls.on_predict_end({})
    return parts


def plain(value: Any) -> Any:
    """A metric as a float; one with a number for each class or threshold stays an array."""
    return float(value) if np.ndim(value) == 0 else np.asarray(value)
