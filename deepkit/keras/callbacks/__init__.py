"""Callbacks for fit: history, progress, early stopping, checkpoints and more."""

from deepkit.keras.callbacks.base import BaseLogger, Callback, History, LambdaCallback, Logs
from deepkit.keras.callbacks.callback_list import CallbackList
from deepkit.keras.callbacks.monitoring import EarlyStopping, LearningRateScheduler, ModelCheckpoint, ReduceLROnPlateau
from deepkit.keras.callbacks.progress import ProgbarLogger
from deepkit.keras.callbacks.records import CSVLogger, RemoteMonitor, TerminateOnNaN
from deepkit.keras.callbacks.tensorboard import TensorBoard
from deepkit.loading import listing

__all__ = [
    "BaseLogger", "CSVLogger", "Callback", "CallbackList", "EarlyStopping", "History", "LambdaCallback",
    "LearningRateScheduler", "Logs", "ModelCheckpoint", "ProgbarLogger", "ReduceLROnPlateau", "RemoteMonitor",
    "TensorBoard", "TerminateOnNaN",
]
__dir__ = listing(__all__, __name__)
