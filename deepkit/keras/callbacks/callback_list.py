"""Several callbacks as one, and the list of them that fit, evaluate and predict call."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from deepkit.errors import ArgumentError
from deepkit.keras.callbacks.base import Callback, History
from deepkit.keras.callbacks.progress import ProgbarLogger

_HOOKS = tuple(name for name in vars(Callback) if name.startswith("on_"))
_ALSO = {"on_train_batch_begin": "on_batch_begin", "on_train_batch_end": "on_batch_end"}


class CallbackList:
    """Calls the same method of several callbacks. Those that do not define a method cost nothing at each batch."""

    def __init__(
        self, callbacks: Iterable[Callback] | None = None, model: Any = None, params: dict[str, Any] | None = None
    ):
        self.callbacks = list(callbacks or ())
        self.model, self.params = model, dict(params or {})
        for callback in self.callbacks:
            if isinstance(callback, type) or not hasattr(callback, "set_model"):
                raise ArgumentError(
                    f"{callback!r} is no callback", rule="an object of a subclass of keras.callbacks.Callback",
                    hint="a function goes into LambdaCallback(on_epoch_end=...); a class needs brackets: EarlyStopping()",
                )
            if model is not None:
                callback.set_model(model)
            if params is not None:
                callback.set_params(params)

    def append(self, callback: Callback) -> None:
        """One more callback, called after the others."""
        self.callbacks.append(callback)
        self._forget()

    def set_params(self, params: dict[str, Any]) -> None:
        self.params = params
        for callback in self.callbacks:
            callback.set_params(params)

    def set_model(self, model: Any) -> None:
        self.model = model
        for callback in self.callbacks:
            callback.set_model(model)

    def show_validation(self, arrays: list[Any]) -> None:
        """Gives every callback the inputs, targets and weights that fit validates with."""
        for callback in self.callbacks:
            callback.validation_data = arrays

    def _forget(self) -> None:
        for name in _HOOKS:
            vars(self).pop(name, None)

    def __getattr__(self, name: str) -> Any:
        if name not in _HOOKS:
            raise AttributeError(f"CallbackList has no attribute {name!r}")
        calls = [getattr(callback, name) for callback in self.callbacks if _defines(callback, name)]

        def call_all(*args: Any) -> None:
            for call in calls:
                call(*args)

        vars(self)[name] = found = calls[0] if len(calls) == 1 else call_all  # from now on found without coming here
        return found

    def __iter__(self) -> Any:
        return iter(self.callbacks)


def _defines(callback: Any, name: str) -> bool:
    """Whether a callback does anything of its own at `name`."""
    if not isinstance(callback, Callback):
        return hasattr(callback, name)
    names = [name, *([_ALSO[name]] if name in _ALSO else [])]
    return any(n in vars(callback) or getattr(type(callback), n) is not getattr(Callback, n) for n in names)


def configure(callbacks: Any, history: History | None, model: Any, params: dict[str, Any]) -> CallbackList:
    """The progress bar if `verbose` asks for one, the caller's callbacks, and the history last."""
    if isinstance(callbacks, CallbackList):
        return callbacks
    found = list(callbacks) if isinstance(callbacks, (list, tuple)) else [callbacks] if callbacks is not None else []
    bar = (
        [ProgbarLogger("steps")]
        if params.get("verbose") and not any(isinstance(c, ProgbarLogger) for c in found)
        else []
    )
    return CallbackList([*bar, *found, *([history] if history is not None else [])], model, params)
