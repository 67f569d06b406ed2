"""Callbacks: what fit calls at the begin and end of training, epochs and batches."""

from __future__ import annotations

from typing import Any


class Callback:
    """Base of all callbacks; override the methods you need. `self.model` and `self.params` are set by fit."""

    def __init__(self) -> None:
        self.model: Any = None
        self.params: dict[str, Any] = {}
        self.validation_data: Any = None

    def set_params(self, params: dict[str, Any]) -> None:
        self.params = params

    def set_model(self, model: Any) -> None:
        self.model = model

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
        """After a batch of training; `logs` has the running means."""

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
    """Names and values; "acc" and "accuracy" find each other, whichever of the two Keras versions a program knows."""

    def __missing__(self, key: Any) -> Any:
        other = _other_spelling(key)
        if other is not None and dict.__contains__(self, other):
            return dict.__getitem__(self, other)
        raise KeyError(key)

    def __contains__(self, key: Any) -> bool:
        return dict.__contains__(self, key) or dict.__contains__(self, _other_spelling(key))

    def get(self, key: Any, default: Any = None) -> Any:
        return self[key] if key in self else default


def _other_spelling(key: Any) -> str | None:
    if not isinstance(key, str):
        return None
    parts = key.split("_")
    swap = {"acc": "accuracy", "accuracy": "acc"}
    return "_".join([*parts[:-1], swap[parts[-1]]]) if parts[-1] in swap else None


class CallbackList:
    """Several callbacks as one."""

    def __init__(self, callbacks: list[Callback], model: Any, params: dict[str, Any]):
        self.callbacks = callbacks
        for callback in callbacks:
            callback.set_model(model)
            callback.set_params(params)

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("on_"):
            raise AttributeError(name)

        def call_all(*args: Any) -> None:
            for callback in self.callbacks:
                getattr(callback, name)(*args)

        return call_all


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


def configure(callbacks: Any, history: History | None, model: Any, params: dict[str, Any]) -> CallbackList:
    """The caller's callbacks, a progress bar if `verbose` asks for one, and the history last."""
    if isinstance(callbacks, CallbackList):
        return callbacks
    found = list(callbacks) if isinstance(callbacks, (list, tuple)) else [callbacks] if callbacks is not None else []
    return CallbackList([*found, *([history] if history is not None else [])], model, params)
