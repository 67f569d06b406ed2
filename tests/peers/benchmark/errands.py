"""What is timed beside training steps: what a run costs, how long a plan and a file take, and a whole epoch of fit."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

Timed = Callable[[], float]
"""Does the work once and returns a number that is the same for everybody."""


@dataclass(frozen=True)
class Errand:
    """build makes the work of a library's module: tf in sessions (kind `session`), keras (kind `keras`), or torch's data."""

    title: str
    build: Callable[[Any], Timed]
    kind: str = "session"
    steps: int = 10


def a_run(tf: Any) -> Timed:
    """One run of a graph of two nodes."""
    tf.reset_default_graph()
    x = tf.placeholder(tf.float32, [])
    y, session = x + 1.0, tf.Session()
    return lambda: float(session.run(y, {x: 1.0}))


def a_thousand_nodes(tf: Any) -> Timed:
    """A graph of 1,000 nodes is built, planned and run for the first time."""

    def work() -> float:
        tf.reset_default_graph()
        x = tf.placeholder(tf.float32, [8])
        h = x
        for _ in range(333):
            h = tf.tanh(h * 1.001 + x)
        with tf.Session() as session:
            return float(session.run(h, {x: np.full(8, 0.1, np.float32)}).sum())

    return work


def records(size: int) -> Callable[[Any], Timed]:
    """Reads a TFRecord file of 16 MiB, records of `size` bytes."""

    def build(tf: Any) -> Timed:
        folder = tempfile.TemporaryDirectory()
        path = str(Path(folder.name) / "a.tfrecord")
        with tf.io.TFRecordWriter(path) as writer:
            for i in range(2**24 // size):
                writer.write(i.to_bytes(4, "little") * (size // 4))

        def work() -> float:
            assert folder
            return float(sum(map(len, tf.python_io.tf_record_iterator(path))))

        return work

    return build


def a_dataset(tf: Any) -> Timed:
    """8,192 records through tf.data in a graph: read, parsed, shuffled, in batches of 128."""
    tf.reset_default_graph()
    folder = tempfile.TemporaryDirectory()
    path, feature = str(Path(folder.name) / "a.tfrecord"), tf.train.Feature
    with tf.io.TFRecordWriter(path) as writer:
        for i in range(8192):
            known = {
                "image": feature(bytes_list=tf.train.BytesList(value=[bytes([i % 256]) * 784])),
                "label": feature(int64_list=tf.train.Int64List(value=[i % 10])),
            }
            writer.write(tf.train.Example(features=tf.train.Features(feature=known)).SerializeToString())
    wanted = {"image": tf.io.FixedLenFeature([], tf.string), "label": tf.io.FixedLenFeature([], tf.int64)}

    def parse(record: Any) -> Any:
        parsed = tf.io.parse_single_example(record, wanted)
        return tf.cast(tf.io.decode_raw(parsed["image"], tf.uint8), tf.float32) / 255.0, parsed["label"]

    iterator = tf.data.make_initializable_iterator(
        tf.data.TFRecordDataset([path]).map(parse).shuffle(1000, seed=1).batch(128)
    )
    _, labels = iterator.get_next()
    session = tf.Session()

    def work() -> float:
        assert folder
        session.run(iterator.initializer)
        return float(sum(session.run(labels).sum() for _ in range(64)))

    return work


def an_epoch(layers: Callable[[Any], list[Any]], shape: tuple[int, ...], optimizer: str) -> Callable[[Any], Timed]:
    """One epoch of fit, 24 batches of 128 and 4 to validate, with accuracy, EarlyStopping and a callback of one's own."""

    def build(keras: Any) -> Timed:
        seen: list[int] = []

        class Own(keras.callbacks.Callback):
            def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
                seen.append(batch)

        model = keras.models.Sequential([keras.layers.Input(shape), *layers(keras.layers)])
        model.compile(optimizer=optimizer, loss="categorical_crossentropy", metrics=["accuracy"])
        rng = np.random.default_rng(0)
        x, y = rng.random((28 * 128, *shape), np.float32), np.eye(10, dtype=np.float32)[rng.integers(0, 10, 28 * 128)]
        first = [rng.standard_normal(w.shape) * (np.prod(w.shape[:-1]) ** -0.5 if w.ndim > 1 else 0) for w in model.get_weights()]

        def work() -> float:
            model.set_weights(first)
            done = model.fit(
                x[: 24 * 128], y[: 24 * 128], batch_size=128, epochs=1, verbose=0, shuffle=False,
                validation_data=(x[24 * 128 :], y[24 * 128 :]),
                callbacks=[keras.callbacks.EarlyStopping(monitor="val_loss", patience=3), Own()],
            )
            return float(done.history["loss"][0])

        return work

    return build


ERRANDS = {
    "run": Errand("Session.run of x + 1", a_run, steps=2000),
    "thousand": Errand("graph of 1,000 nodes: built, planned, first run", a_thousand_nodes, steps=1),
    "records64": Errand("TFRecord, 64-byte records, 16 MiB", records(64), steps=1),
    "records4k": Errand("TFRecord, 4-KiB records, 16 MiB", records(4096), steps=3),
    "dataset": Errand("tf.data: 8,192 examples parsed, shuffled, batched", a_dataset, steps=1),
    "fit": Errand(
        "fit, one epoch: 784-256-256-10, descent",
        an_epoch(lambda k: [k.Dense(256, "relu"), k.Dense(256, "relu"), k.Dense(10, "softmax")], (784,), "sgd"), "keras", 1,
    ),
    "fitrnn": Errand(
        "fit, one epoch: SimpleRNN(256), descent",
        an_epoch(lambda k: [k.SimpleRNN(256), k.Dense(10, "softmax")], (28, 28), "sgd"), "keras", 1,
    ),
    "fitcnn": Errand(
        "fit, one epoch: three 3x3 convolutions of 64, descent",
        an_epoch(
            lambda k: [k.Conv2D(64, 3, activation="relu"), k.MaxPooling2D(2), k.Conv2D(64, 3, activation="relu"),
                       k.MaxPooling2D(2), k.Conv2D(64, 3, activation="relu"), k.Flatten(), k.Dense(10, "softmax")],
            (28, 28, 1), "sgd",
        ), "keras", 1,
    ),
}  # fmt: skip
