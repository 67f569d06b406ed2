"""What long trainings share: a recipe for MNIST, batches, how many are read correctly, the command line, the file of results."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from deepkit import keras
from deepkit.files import write_whole


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


def in_batches(order: np.ndarray, size: int) -> Iterator[tuple[int, np.ndarray]]:
    """(how many come before, the places) of each batch of `order`; the last one holds what is left.

    >>> [(before, places.tolist()) for before, places in in_batches(np.arange(5), 2)]
    [(0, [0, 1]), (2, [2, 3]), (4, [4])]
    """
    for first in range(0, len(order), size):
        yield first, order[first : first + size]


def share_right(sess: Any, accuracy: Any, examples: dict[Any, np.ndarray], settings: dict[Any, Any] | None = None,
                batch: int = 500) -> float:
    """The mean of the tensor `accuracy` over examples, 0..1, a batch at a time: all maps at once would take gigabytes.

    examples: arrays of one length by the placeholders that take their rows; settings: what is fed with every batch.
    """
    count, right = len(next(iter(examples.values()))), 0.0
    for _, places in in_batches(np.arange(count), batch):
        feed = {tensor: rows[places] for tensor, rows in examples.items()}
        right += float(sess.run(accuracy, {**feed, **(settings or {})})) * len(places)
    return right / count


def asking(module: str, description: str | None, recipes: Collection[str], seeds: str | None = "weights and batch order"
           ) -> argparse.ArgumentParser:
    """The command line of `python -m module`: names among `recipes`, --seed (not for seeds=None) and --out. A module
    adds what is its own."""
    parser = argparse.ArgumentParser(prog=f"python -m {module}", description=description)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which: {', '.join(recipes)} (default: all)")
    if seeds is not None:
        parser.add_argument("--seed", type=int, default=1, help=f"seed of {seeds} (default: 1)")
    parser.add_argument("--out", type=Path, help="also write the results to this JSON file, beside what it holds")
    return parser


def train_all(
    parser: argparse.ArgumentParser, recipes: Collection[str], arguments: list[str] | None,
    train: Callable[[str, argparse.Namespace], dict[str, Any]],
) -> int:
    """Train what was asked for, one after the other: print what `train` measured as a line each, and record it.

    Ends the process with the parser's error for a name that is none of `recipes`; returns 0.
    """
    chosen = parser.parse_args(arguments)
    unknown = [name for name in chosen.names if name not in recipes]
    if unknown:
        parser.error(f"there is no network {unknown[0]!r}; there are {', '.join(recipes)}")
    for name in chosen.names or recipes:
        found = train(name, chosen)
        print(json.dumps(found), flush=True)
        if chosen.out:
            record(chosen.out, name, found)
    return 0


def record(path: Path, name: str, row: dict[str, Any]) -> None:
    """Write what the training `name` measured into the JSON file at `path`, beside what it holds: a line for each training.

    Trainings with another seed than 1, or on another text, have it in their name: "setting-16 seed 2".
    """
    table = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    seed, text = row.get("seed", 1), row.get("text")
    called = name if text is None else f"{name} {text}"
    table[called if seed == 1 else f"{called} seed {seed}"] = row
    lines = (f" {json.dumps(key)}: {json.dumps(value)}" for key, value in table.items())
    write_whole(path, "{\n" + ",\n".join(lines) + "\n}\n")
