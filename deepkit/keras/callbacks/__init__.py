"""Callbacks for fit: history, progress, early stopping, checkpoints and more."""

from deepkit.keras.callbacks.base import Callback, CallbackList, History, Logs, configure

__all__ = ["Callback", "CallbackList", "History", "Logs", "configure"]
