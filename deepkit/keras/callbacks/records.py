"""Callbacks that write down or send what happened, and one that stops when the loss is no number any more."""

from __future__ import annotations

import csv
import json
import math
import os
import warnings
from typing import Any

import numpy as np

from deepkit.keras.callbacks.base import Callback


class TerminateOnNaN(Callback):
    """Ends training at the batch whose loss is NaN or infinite: more steps cannot mend the weights."""

    def on_batch_end(self, batch: int, logs: Any = None) -> None:
        loss = (logs or {}).get("loss")
        if loss is not None and not math.isfinite(loss):
            print(
                f"\nBatch {batch}: the loss is {loss}, training ends. A smaller learning rate or clipnorm=1 may help."
            )
            self.model.stop_training = True


class CSVLogger(Callback):
    """Writes a line of numbers for every epoch to a file that spreadsheets and pandas.read_csv can read.

    append goes on in a file that is there; the header is written only where there is none yet. The columns are those
    of the first epoch and, where it was not validated, the same again as `val_`: later epochs may be (validation_freq).
    Keras 2.3.1 has them only where `fit` validates at all.
    """

    always_validated = True
    """Whether the columns of a validation are there though `fit` makes none."""

    def __init__(self, filename: Any, separator: str = ",", append: bool = False):
        super().__init__()
        self.filename, self.sep, self.append = os.fspath(filename), separator, append
        self.keys: list[str] | None = None
        self._header = True

    def on_train_begin(self, logs: Any = None) -> None:
        if self.append and os.path.exists(self.filename):
            self._header = os.path.getsize(self.filename) == 0
        else:
            self._header = True
            open(self.filename, "w").close()  # what was there is gone, and whether it can be written is known now

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        logs = logs or {}
        if self.keys is None:
            self.keys = sorted(logs)
            may_come = self.always_validated or self.params.get("do_validation")
            if may_come and not any(key.startswith("val_") for key in self.keys):
                self.keys += [f"val_{key}" for key in self.keys]
        with open(self.filename, "a", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, delimiter=self.sep)
            if self._header:
                writer.writerow(["epoch", *self.keys])
                self._header = False
            writer.writerow([epoch, *[_cell(logs.get(key, "NA")) for key in self.keys]])


def _cell(value: Any) -> Any:
    if not isinstance(value, str) and np.ndim(value):
        return f'"[{", ".join(map(str, value))}]"'
    return value


class RemoteMonitor(Callback):
    """Sends the numbers of every epoch to a server, as a form whose field `field` holds JSON, or as JSON itself."""

    def __init__(
        self, root: str = "http://localhost:9000", path: str = "/publish/epoch/end/", field: str = "data",
        headers: dict[str, str] | None = None, send_as_json: bool = False,
    ):
        super().__init__()
        self.root, self.path, self.field, self.headers, self.send_as_json = root, path, field, headers, send_as_json

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        from urllib.error import URLError
        from urllib.parse import urlencode
        from urllib.request import Request, urlopen

        numbers = {key: value.item() if hasattr(value, "item") else value for key, value in (logs or {}).items()}
        text = json.dumps({"epoch": epoch, **numbers})
        kind = "application/json" if self.send_as_json else "application/x-www-form-urlencoded"
        body = text if self.send_as_json else urlencode({self.field: text})
        headers = {"Content-Type": kind, **(self.headers or {})}
        request = Request(self.root + self.path, body.encode(), headers, method="POST")
        try:
            urlopen(request, timeout=10).close()  # what the server answers does not matter
        except (URLError, OSError) as error:
            warnings.warn(f"RemoteMonitor: {self.root} does not answer ({error}); training goes on", stacklevel=2)
