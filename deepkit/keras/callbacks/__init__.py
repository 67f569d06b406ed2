"""Callbacks for fit: history, progress, early stopping, checkpoints and more."""

from typing import TYPE_CHECKING

from deepkit.keras.callbacks.base import BaseLogger, Callback, History, LambdaCallback, Logs
from deepkit.keras.callbacks.callback_list import CallbackList
from deepkit.keras.callbacks.monitoring import EarlyStopping, LearningRateScheduler, ModelCheckpoint, ReduceLROnPlateau
from deepkit.keras.callbacks.progress import ProgbarLogger
from deepkit.keras.callbacks.records import CSVLogger, RemoteMonitor, TerminateOnNaN
from deepkit.keras.callbacks.tensorboard import TensorBoard
from deepkit.loading import listing, missing

__all__ = [
    "BaseLogger", "CSVLogger", "Callback", "CallbackList", "EarlyStopping", "History", "LambdaCallback",
    "LearningRateScheduler", "Logs", "ModelCheckpoint", "ProgbarLogger", "ReduceLROnPlateau", "RemoteMonitor",
    "TensorBoard", "TerminateOnNaN",
]
__dir__ = listing(__all__)
if not TYPE_CHECKING:  # a checker takes it as the promise that every name is there
    __getattr__ = missing("keras.callbacks", __all__)
