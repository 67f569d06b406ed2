"""How a network of a document is built and trained on MNIST, and what came out of it there and here."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from deepkit import keras


@dataclass(frozen=True)
class Recipe:
    """A network of a document: how it is built, trained, and what the document says came out.

    shape: that of one image; train, test: the printed accuracies in percent, None where there is none; level: points of
    the second that another seed may cost.
    """

    example: str
    what: str
    build: Callable[[], Any]
    shape: tuple[int, ...]
    optimizer: Callable[[], Any]
    epochs: int
    batch: int
    train: float | None
    test: float | None
    level: float = 5.0

    def run(self, data: Any, epochs: int | None = None, verbose: int = 0, seed: int = 1) -> dict[str, Any]:
        """Trains on ((x, y), (x_test, y_test)) of images 0..255 and labels; returns what came out.

        "train %" is the mean over the last epoch, while dropout was at work and the weights still moved; "train after %"
        is measured like "test %", on the finished network.
        """
        keras.backend.clear_session()
        np.random.seed(seed)
        (x, y), (x_test, y_test) = data
        x, x_test = (a.reshape(-1, *self.shape).astype("float32") / 255 for a in (x, x_test))
        y, y_test = np.eye(10)[y], np.eye(10)[y_test]
        model = self.build()
        model.compile(loss="categorical_crossentropy", optimizer=self.optimizer(), metrics=["accuracy"])
        start, rounds = time.perf_counter(), epochs or self.epochs
        history = model.fit(x, y, batch_size=self.batch, epochs=rounds, verbose=verbose)
        seconds = time.perf_counter() - start
        _, after = model.evaluate(x, y, batch_size=self.batch, verbose=0)
        loss, accuracy = model.evaluate(x_test, y_test, batch_size=self.batch, verbose=0)
        return {
            "example": self.example, "network": self.what, "seed": seed, "epochs": rounds, "weights": model.count_params(),
            "printed train %": self.train, "train %": round(100 * history.history["accuracy"][-1], 2),
            "train after %": round(100 * after, 2), "printed test %": self.test, "test %": round(100 * accuracy, 2),
            "test loss": round(loss, 4), "losses": [round(value, 4) for value in history.history["loss"]],
            "seconds": round(seconds, 1),
        }
