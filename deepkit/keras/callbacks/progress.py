"""What fit, evaluate and predict print: a bar that grows (verbose=1), or a line for each epoch (verbose=2)."""

from __future__ import annotations

from typing import Any

from deepkit.errors import ArgumentError, check_choice
from deepkit.keras.callbacks.base import Callback
from deepkit.keras.utils.generic_utils import Progbar


class ProgbarLogger(Callback):
    """Prints how far training has come. count_mode: "steps" counts batches, "samples" their samples."""

    def __init__(self, count_mode: str = "samples", stateful_metrics: Any = None):
        super().__init__()
        check_choice("ProgbarLogger: count_mode", count_mode, ("samples", "steps"))
        self.count_mode = count_mode
        self.seen = 0
        self._total = self._samples = 0.0  # of the losses so far, each counted as often as its batch has samples
        self.progbar: Progbar | None = None
        self.target: int | None = None
        self.verbose, self.epochs = 1, 1
        self._in_fit = False

    def set_params(self, params: dict[str, Any]) -> None:
        super().set_params(params)
        verbose = params.get("verbose", 1)
        if verbose not in ("auto", 0, 1, 2):
            raise ArgumentError(f"verbose={verbose!r}", rule="0 silent, 1 a progress bar, 2 a line per epoch")
        self.verbose = 1 if verbose in ("auto", True) else int(verbose)
        self.epochs = params.get("epochs", 1)
        self.target = params.get(self.count_mode)

    def on_train_begin(self, logs: Any = None) -> None:
        self._in_fit = True  # the validation inside is silent

    def on_train_end(self, logs: Any = None) -> None:
        self._in_fit = False

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        if self.verbose and self.epochs > 1:
            print(f"Epoch {epoch + 1}/{self.epochs}")
        self._start()

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self._update(logs or {})

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self._finish(logs)

    def on_test_begin(self, logs: Any = None) -> None:
        if not self._in_fit:
            self._start()

    def on_test_batch_end(self, batch: int, logs: Any = None) -> None:
        if not self._in_fit:
            self._update(logs or {})

    def on_test_end(self, logs: Any = None) -> None:
        if not self._in_fit:
            self._finish(logs)

    def on_predict_begin(self, logs: Any = None) -> None:
        self._start()

    def on_predict_batch_end(self, batch: int, logs: Any = None) -> None:
        self._update({"size": (logs or {}).get("size", 1)})

    def on_predict_end(self, logs: Any = None) -> None:
        self._finish(logs)

    def _start(self) -> None:
        self.seen = 0
        self._total = self._samples = 0.0
        unit = "step" if self.count_mode == "steps" else "sample"
        self.progbar = Progbar(self.target, verbose=self.verbose, unit_name=unit)

    def _update(self, logs: dict[str, Any]) -> None:
        size = logs.get("size", 1)
        self.seen += 1 if self.count_mode == "steps" else size
        if "loss" in logs and size:
            self._total, self._samples = self._total + logs["loss"] * size, self._samples + size
            logs = {**logs, "loss": self._total / self._samples}
        if self.progbar is not None:
            self.progbar.update(self.seen, self._values(logs), finalize=False)

    def _finish(self, logs: Any) -> None:
        if self.progbar is None:
            return
        self.target = self.progbar.target = self.target or self.seen  # now it is known how many there are
        self.progbar.update(self.seen, self._values(logs or {}), finalize=True)

    def _values(self, logs: dict[str, Any]) -> list[tuple[str, Any]]:
        """The numbers among the logs: each is shown as it is, and no mean taken of it."""
        values = [(name, value) for name, value in logs.items() if name not in ("batch", "size")]
        self.progbar.stateful_metrics.update(name for name, _ in values)  # type: ignore[union-attr]
        return values
