"""Callbacks: what fit calls at the begin and end of training, epochs and batches."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from typing import Any

from deepkit.errors import ArgumentError, NameNotFoundError
from deepkit.keras.backend.session import snake_case


class Callback:
    """Base of all callbacks; override the methods you need. `self.model` and `self.params` are set by fit."""

    def __init__(self) -> None:
        self.model: Any = None
        self.params: dict[str, Any] = {}
        self.validation_data: Any = None

    def set_params(self, params: dict[str, Any]) -> None:
        self.params = params

    def set_model(self, model: Any) -> None:
        """The model that is trained from now on; what an earlier fit validated with is forgotten."""
        self.model, self.validation_data = model, None

    def on_train_begin(self, logs: Any = None) -> None:
        """Before the first epoch."""

    def on_train_end(self, logs: Any = None) -> None:
        """After the last epoch."""

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Before an epoch (counted from 0)."""

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """After an epoch; logs holds the means of loss and metrics, and val_... where there is validation data."""

    def on_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Before a batch of training; `logs` has its number and size."""

    def on_batch_end(self, batch: int, logs: Any = None) -> None:
        """After a batch of training; `logs` has the loss of this batch and the metrics over all batches so far."""

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        self.on_batch_begin(batch, logs)

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self.on_batch_end(batch, logs)

    def on_test_begin(self, logs: Any = None) -> None:
        """Before evaluate, or the validation of an epoch."""

    def on_test_end(self, logs: Any = None) -> None:
        """After evaluate, or the validation of an epoch."""

    def on_test_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Before a batch of evaluate."""

    def on_test_batch_end(self, batch: int, logs: Any = None) -> None:
        """After a batch of evaluate."""

    def on_predict_begin(self, logs: Any = None) -> None:
        """Before predict."""

    def on_predict_end(self, logs: Any = None) -> None:
        """After predict."""

    def on_predict_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Before a batch of predict."""

    def on_predict_batch_end(self, batch: int, logs: Any = None) -> None:
        """After a batch of predict."""


class Logs(dict):
    """Names and values; the short and the long name of a metric find each other: "acc" and "accuracy", "mae" and
    "mean_absolute_error". Versions of Keras differ in which of the two they write.

    >>> Logs({"val_mae": 0.5})["val_mean_absolute_error"]
    0.5
    """

    def __missing__(self, key: Any) -> Any:
        known = self._spelled(key)
        if known is not None:
            return dict.__getitem__(self, known)
        raise NameNotFoundError(
            f"the history has no {key!r}", rule="there is " + (", ".join(map(repr, self)) or "nothing"),
            hint="val_... needs validation_data or validation_split in fit" if str(key).startswith("val_")
            else "metrics are named in compile(metrics=[...])",
        )

    def _spelled(self, key: Any) -> str | None:
        """The name that is there and means the same as `key`."""
        wanted = _long_name(key) if isinstance(key, str) else None
        return next((name for name in self if isinstance(name, str) and _long_name(name) == wanted), None)

    def __contains__(self, key: Any) -> bool:
        return dict.__contains__(self, key) or self._spelled(key) is not None

    def get(self, key: Any, default: Any = None) -> Any:
        try:
            return self[key]
        except KeyError:
            return default


@functools.cache
def _long_name(name: str) -> str:
    """A name of a log with the metric's long name in it: val_left_mae_1 is val_left_mean_absolute_error_1."""
    words, number = name, ""
    if (match := re.fullmatch(r"(.+?)(_\d+)", name)) is not None:
        words, number = match.groups()
    known = _long_names()
    starts = [0, *[match.end() for match in re.finditer("_", words)]]
    for start in starts:  # the longest end that is the name of a metric
        if words[start:] in known:
            return words[:start] + known[words[start:]] + number
    return name


@functools.cache
def _long_names() -> dict[str, str]:
    """All names of each metric of Keras, and the one that stands for them."""
    from deepkit.keras import metrics

    found = {"acc": "accuracy", "ce": "crossentropy"}
    for name, metric in metrics.OBJECTS.items():
        found[name] = snake_case(name) if isinstance(metric, type) else metric.__name__
    return found


class History(Callback):
    """What fit returns: `history` has a list of values for each name, `epoch` the epochs' numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.epoch: list[int] = []
        self.history: Logs = Logs()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.epoch.append(epoch)
        for key, value in (logs or {}).items():
            self.history.setdefault(key, []).append(value)


class BaseLogger(Callback):
    """Accepted for Keras' sake: the means over an epoch are made by the metrics themselves."""

    def __init__(self, stateful_metrics: Any = None):
        super().__init__()
        self.stateful_metrics = set(stateful_metrics or ())


class LambdaCallback(Callback):
    """Functions in the place of the methods of a callback.

    >>> from deepkit import keras
    >>> import numpy as np
    >>> model = keras.models.Sequential([keras.layers.Dense(1, input_shape=(2,))])
    >>> model.compile("sgd", "mse")
    >>> say = LambdaCallback(on_epoch_begin=lambda epoch, logs: print("epoch", epoch))
    >>> _ = model.fit(np.ones((4, 2)), np.ones((4, 1)), epochs=2, verbose=0, callbacks=[say])
    epoch 0
    epoch 1
    """

    def __init__(self, **functions: Callable[..., Any] | None):
        super().__init__()
        known = [name for name in dir(Callback) if name.startswith("on_")]
        for name, function in functions.items():
            if name not in known:
                raise ArgumentError(f"LambdaCallback has no argument {name!r}", rule="one of " + ", ".join(known))
            if function is not None:
                setattr(self, name, function)
