"""Callbacks that watch one number: stop when it gets no better, keep the best model, lower the learning rate."""

from __future__ import annotations

import os
import warnings
from typing import Any

import numpy as np

from deepkit.errors import ArgumentError
from deepkit.keras.backend.session import get_value, set_value
from deepkit.keras.callbacks.base import Callback, Logs


class Monitor(Callback):
    """Base of callbacks that watch a number of the logs.

    mode: "min" or "max" says what is better; "auto" takes accuracies and areas under curves to be better when larger.
    """

    def __init__(self, monitor: str = "val_loss", mode: str = "auto", min_delta: float = 0.0):
        super().__init__()
        if mode not in ("auto", "min", "max"):
            raise ArgumentError(f"{type(self).__name__}: mode={mode!r}", rule="'min', 'max' or 'auto'")
        self.monitor, self.mode, self.min_delta = monitor, mode, abs(min_delta)
        self.larger_is_better = mode == "max" or (mode == "auto" and self._grows(monitor))
        self.best = self.worst

    def _grows(self, name: str) -> bool:
        """Whether a number of this name is better when it is larger."""
        return "acc" in name

    @property
    def worst(self) -> float:
        """What every number is better than."""
        return -np.inf if self.larger_is_better else np.inf

    def is_better(self, value: float, than: float) -> bool:
        """Better by more than min_delta."""
        return value - self.min_delta > than if self.larger_is_better else value + self.min_delta < than

    def watched(self, logs: Any) -> float | None:
        """The number in the logs; None, and a warning, if there is none."""
        value = (logs or {}).get(self.monitor)
        if value is None:
            hint = "; val_... needs validation_data or validation_split" if self.monitor.startswith("val_") else ""
            known = ", ".join(map(repr, logs or {})) or "nothing"
            warnings.warn(
                f"{type(self).__name__} watches {self.monitor!r}, which is not there: there is {known}{hint}",
                stacklevel=3,
            )
        return value


class EarlyStopping(Monitor):
    """Ends training when the number got no better for `patience` epochs.

    baseline: a value to reach; restore_best_weights puts the weights of the best epoch back; start_from_epoch: epochs
    before it are not looked at.
    """

    begins_at_baseline = False
    """Whether only what is better than the baseline counts as better (dialects.py)."""
    restores_at_any_end = True
    """Whether the best weights are put back after the last epoch, too, or only where training ends early."""

    def __init__(
        self, monitor: str = "val_loss", min_delta: float = 0, patience: int = 0, verbose: int = 0, mode: str = "auto",
        baseline: float | None = None, restore_best_weights: bool = False, start_from_epoch: int = 0,
    ):
        super().__init__(monitor, mode, min_delta)
        self.patience, self.verbose, self.baseline = patience, verbose, baseline
        self.restore_best_weights, self.start_from_epoch = restore_best_weights, start_from_epoch
        self.wait = self.stopped_epoch = self.best_epoch = 0
        self.best_weights: Any = None

    def _grows(self, name: str) -> bool:
        return name.lower().endswith(("acc", "accuracy", "auc"))

    def on_train_begin(self, logs: Any = None) -> None:
        self.wait = self.stopped_epoch = self.best_epoch = 0
        self.best, self.best_weights = self.worst, None
        if self.begins_at_baseline and self.baseline is not None:
            self.best = self.baseline

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        current = self.watched(logs)
        if current is None or epoch < self.start_from_epoch:
            return
        self.wait += 1
        if self.restore_best_weights and self.best_weights is None:
            self.best_epoch, self.best_weights = epoch, self.model.get_weights()
        if self.is_better(current, self.best):
            self.best, self.best_epoch = current, epoch
            if self.restore_best_weights:
                self.best_weights = self.model.get_weights()
            if self.baseline is None or self.is_better(current, self.baseline):
                self.wait = 0
        elif self.wait >= self.patience and epoch > 0:
            self.stopped_epoch, self.model.stop_training = epoch, True
            if not self.restores_at_any_end:  # the callbacks behind this one see the best weights in this epoch
                self._restore()

    def on_train_end(self, logs: Any = None) -> None:
        if self.stopped_epoch > 0 and self.verbose > 0:
            print(f"Epoch {self.stopped_epoch + 1}: early stopping")
        if self.restores_at_any_end:
            self._restore()

    def _restore(self) -> None:
        if self.best_weights is not None:
            if self.verbose > 0:
                print(f"Restoring model weights from the end of the best epoch: {self.best_epoch + 1}.")
            self.model.set_weights(self.best_weights)


class ModelCheckpoint(Monitor):
    """Saves the model after every epoch, or every `save_freq` batches.

    filepath may name the epoch and the numbers of the logs: "weights.{epoch:02d}-{val_loss:.2f}.h5". save_best_only
    saves only when the number got better; save_weights_only leaves out architecture and optimizer; period: epochs
    between two files. A file is written whole or not at all.
    """

    def __init__(
        self, filepath: Any, monitor: str = "val_loss", verbose: int = 0, save_best_only: bool = False,
        save_weights_only: bool = False, mode: str = "auto", save_freq: Any = "epoch", period: int = 1,
        initial_value_threshold: float | None = None,
    ):
        super().__init__(monitor, mode)
        if save_freq != "epoch" and not (isinstance(save_freq, int) and save_freq > 0):
            raise ArgumentError(f"ModelCheckpoint: save_freq={save_freq!r}", rule="'epoch', or a number of batches")
        self.filepath, self.verbose, self.period = os.fspath(filepath), verbose, period
        self.save_best_only, self.save_weights_only, self.save_freq = save_best_only, save_weights_only, save_freq
        self.best = self.worst if initial_value_threshold is None else initial_value_threshold
        self.epochs_since_last_save = self._batches = self._epoch = 0

    def _grows(self, name: str) -> bool:
        return "acc" in name or name.startswith("fmeasure")

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._epoch = epoch

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        if self.save_freq == "epoch":
            return
        self._batches += 1
        if self._batches >= self.save_freq:
            self._batches = 0
            self._save(self._epoch, {**(logs or {}), "batch": batch + 1})

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.epochs_since_last_save += 1
        if self.save_freq == "epoch" and self.epochs_since_last_save >= self.period:
            self.epochs_since_last_save = 0
            self._save(epoch, logs or {})

    def _save(self, epoch: int, logs: Any) -> None:
        path = self._path(epoch, logs)
        note = f"Epoch {epoch + 1}: saving model to {path}"
        if self.save_best_only:
            current = self.watched(logs)
            if current is None:
                return
            if not self.is_better(current, self.best):
                if self.verbose > 0:
                    print(f"Epoch {epoch + 1}: {self.monitor} did not improve from {self.best:.5f}")
                return
            better = f"{self.monitor} improved from {self.best:.5f} to {current:.5f}"
            note, self.best = f"Epoch {epoch + 1}: {better}, saving model to {path}", current
        if self.verbose > 0:
            print(note)
        if os.path.dirname(path):
            os.makedirs(os.path.dirname(path), exist_ok=True)
        save = self.model.save_weights if self.save_weights_only else self.model.save
        save(path, overwrite=True)

    def _path(self, epoch: int, logs: Any) -> str:
        try:
            return self.filepath.format_map(Logs({**logs, "epoch": epoch + 1}))
        except (KeyError, ValueError, IndexError) as error:
            known = ", ".join(f"{{{name}}}" for name in ["epoch", *logs])
            raise ArgumentError(
                f"ModelCheckpoint: the path {self.filepath!r} cannot be filled in ({error})", rule=f"it may name {known}",
                hint="a brace that is part of the name is written twice: {{",
            ) from None


class ReduceLROnPlateau(Monitor):
    """Multiplies the learning rate by `factor` when the number got no better for `patience` epochs.

    min_delta: what counts as better; cooldown: epochs after a change in which nothing is counted; min_lr: the lowest
    rate.
    """

    def __init__(
        self, monitor: str = "val_loss", factor: float = 0.1, patience: int = 10, verbose: int = 0, mode: str = "auto",
        min_delta: float = 1e-4, cooldown: int = 0, min_lr: float = 0, epsilon: float | None = None,
    ):
        if not 0 < factor < 1:
            raise ArgumentError(
                f"ReduceLROnPlateau: factor={factor}", rule="between 0 and 1: new rate = factor * old rate"
            )
        super().__init__(monitor, mode, min_delta if epsilon is None else epsilon)
        self.factor, self.patience, self.verbose, self.cooldown, self.min_lr = (
            factor,
            patience,
            verbose,
            cooldown,
            min_lr,
        )
        self.cooldown_counter = self.wait = 0

    def on_train_begin(self, logs: Any = None) -> None:
        self.best, self.cooldown_counter, self.wait = self.worst, 0, 0

    def in_cooldown(self) -> bool:
        """Whether the last change was so short ago that epochs do not count yet."""
        return self.cooldown_counter > 0

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        rate = learning_rate(self)
        if logs is not None:
            logs["lr"] = rate
        current = self.watched(logs)
        if current is None:
            return
        if self.in_cooldown():
            self.cooldown_counter -= 1
            self.wait = 0
        if self.is_better(current, self.best):
            self.best, self.wait = current, 0
        elif not self.in_cooldown():
            self.wait += 1
            if self.wait >= self.patience and rate > np.float32(self.min_lr):
                lower = max(rate * self.factor, self.min_lr)
                set_value(self.model.optimizer.lr, lower)
                if self.verbose > 0:
                    print(f"Epoch {epoch + 1}: ReduceLROnPlateau reducing learning rate to {lower}.")
                self.cooldown_counter, self.wait = self.cooldown, 0


class LearningRateScheduler(Callback):
    """Sets the learning rate before every epoch: schedule(epoch) or schedule(epoch, rate) returns the new one."""

    def __init__(self, schedule: Any, verbose: int = 0):
        super().__init__()
        self.schedule, self.verbose = schedule, verbose

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        old = learning_rate(self)
        rate = self.schedule(epoch, old) if _takes_two(self.schedule) else self.schedule(epoch)
        rate = get_value(rate)
        if not isinstance(rate, (float, np.floating)):
            raise ArgumentError(
                f"LearningRateScheduler: the schedule returned {rate!r} for epoch {epoch}", rule="a float",
                hint="return float(...); after every branch of an `if` there is a return",
            )
        set_value(self.model.optimizer.lr, rate)
        if self.verbose > 0:
            print(f"Epoch {epoch + 1}: LearningRateScheduler setting learning rate to {rate}.")

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if logs is not None:
            logs["lr"] = learning_rate(self)


def _takes_two(schedule: Any) -> bool:
    """Whether a schedule takes the rate, too; functions of the epoch alone are the older kind."""
    import inspect

    try:
        inspect.signature(schedule).bind(0, 0.1)
    except TypeError:
        return False
    except ValueError:  # a function without a signature
        return True
    return True


def learning_rate(callback: Callback) -> float:
    """The learning rate now; ArgumentError if it follows a schedule, so that nobody else can set it."""
    optimizer = callback.model.optimizer
    rate = getattr(optimizer, "lr", None)
    if rate is None or callable(rate):
        raise ArgumentError(
            f"{type(callback).__name__}: the learning rate of {type(optimizer).__name__} cannot be set",
            rule="it is a number of a Keras optimizer, not a schedule", hint='compile(optimizer=keras.optimizers.SGD(0.1))',
        )
    return float(get_value(rate))
