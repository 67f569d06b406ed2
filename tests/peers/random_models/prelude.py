"""What a random program uses beside Keras; the variable KERAS names the library: deepkit, tf_keras or tf_keras_eager."""

from __future__ import annotations

import gc
import itertools
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

keras: Any
if os.environ.get("KERAS", "deepkit") == "deepkit":
    from deepkit import keras
    from deepkit.keras.backend.session import World

    World.first_number = 0  # layers are named as tf.keras names them
else:
    os.environ.setdefault("TF_USE_LEGACY_KERAS", "1")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import tensorflow.compat.v1 as tf
    import tf_keras as keras

    if os.environ["KERAS"] == "tf_keras":
        tf.disable_eager_execution()
    else:
        tf.config.run_functions_eagerly(True)
    tf.experimental.output_all_intermediates(True)
    tf.debugging.disable_traceback_filtering()  # a fifth of the time that making a graph takes
    np.random.shuffle = lambda array: None  # it shuffles validation data too, and a masked loss depends on its batches
K: Any = keras.backend
optimizers: Any = getattr(keras.optimizers, "legacy", keras.optimizers)  # tf_keras trains graphs with its older ones

RECORDS: list[tuple[str, Any]] = []
SESSIONS: list[Any] = []
BEGUN = itertools.count()
FOLDER = os.environ.get("RANDOM_MODELS") or tempfile.mkdtemp(prefix="random-models-")
IS_GRAPH = K.__name__.startswith("deepkit") or not tf.executing_eagerly()


def record(name: str, value: Any) -> None:
    """Keeps a value to be compared with the other library's."""
    RECORDS.append((name, plain(value)))


def plain(value: Any) -> Any:
    """The value as lists, numbers and texts."""
    if isinstance(value, dict):
        return {name_of(key): plain(value[key]) for key in sorted(value, key=str)}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if value is None or isinstance(value, str | bool | int):
        return name_of(value) if isinstance(value, str) else value
    if hasattr(value, "as_list"):
        return plain(value.as_list())
    return np.asarray(value).astype(np.float64).tolist()


def name_of(text: Any) -> str:
    """dense/kernel:0 as dense/kernel."""
    return str(text).removesuffix(":0")


def begin() -> None:
    """An empty graph; in TensorFlow a session without its optimizer and threads, with which small graphs run faster."""
    RECORDS.clear()
    K.clear_session()
    K.set_floatx("float32")
    if keras.__name__ == "tf_keras":
        _collect_rarely()
        if IS_GRAPH:
            config = tf.ConfigProto(intra_op_parallelism_threads=1, inter_op_parallelism_threads=-1)  # in this thread
            config.graph_options.rewrite_options.disable_meta_optimizer = True
            config.graph_options.optimizer_options.opt_level = -1
            SESSIONS.append(tf.Session(config=config))
            tf.keras.backend.set_session(SESSIONS[-1])


def _collect_rarely() -> None:
    """Cyclic garbage is looked for between programs, once in some of them: it takes a fifth of a program's time else."""
    gc.disable()
    if next(BEGUN) % 25 == 0:
        gc.unfreeze()
        gc.collect()
        gc.freeze()  # what is there now, TensorFlow's own objects, needs no looking through


def end() -> None:
    """Gives back what the program took."""
    while SESSIONS:
        SESSIONS.pop().close()


def file(name: str) -> str:
    return os.path.join(FOLDER, f"{keras.__name__.partition('.')[0]}-{name}")


def others(name: str) -> str:
    """The file of this name that the other library has written; one's own, before the other has run."""
    library = "tf_keras" if keras.__name__ != "tf_keras" else "deepkit"
    path = os.path.join(FOLDER, f"{library}-{name}")
    return path if os.path.exists(path) else file(name)


# ---- data


def numbers(shape: tuple[int, ...], seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape)


def padded(shape: tuple[int, ...], seed: int) -> np.ndarray:
    """Sequences of several lengths: what comes after the end is zero."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, shape[1] + 1, shape[0])
    lengths[0] = shape[1]
    inside = np.arange(shape[1]) < lengths[:, None]
    return rng.normal(size=shape) * inside.reshape(inside.shape + (1,) * (len(shape) - 2))


def integers(shape: tuple[int, ...], below: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, below, shape)


def fractions(shape: tuple[int, ...], seed: int) -> np.ndarray:
    return np.random.default_rng(seed).uniform(0.1, 0.9, shape)


def one_hot(shape: tuple[int, ...], seed: int) -> np.ndarray:
    return np.eye(shape[-1])[integers(shape[:-1], shape[-1], seed)]


def some(data: Any, chosen: slice) -> Any:
    """The rows of an array, or of each array of a list or dictionary."""
    if isinstance(data, dict):
        return {name: part[chosen] for name, part in data.items()}
    return [part[chosen] for part in data] if isinstance(data, list) else data[chosen]


def batches(*data: Any, size: int) -> Iterator[tuple[Any, ...]]:
    """(x, y) or (x, y, weights) in batches, for ever."""
    while True:
        for start in range(0, 6, size):
            yield tuple(some(part, slice(start, start + size)) for part in data)


class Batches(keras.utils.Sequence):
    """(x, y) or (x, y, weights) in batches."""

    def __init__(self, *data: Any, size: int):
        self.data, self.size = data, size

    def __len__(self) -> int:
        return -(-6 // self.size)

    def __getitem__(self, index: int) -> tuple[Any, ...]:
        start = index * self.size
        return tuple(some(part, slice(start, start + self.size)) for part in self.data)


def half_square(true: Any, predicted: Any) -> Any:
    return K.mean(K.square(true - predicted) * 0.5, axis=-1)


def distance(true: Any, predicted: Any) -> Any:
    return K.mean(K.abs(true - predicted), axis=-1)


# ---- a program's own parts


def log_cosine(true: Any, predicted: Any) -> Any:
    return K.mean(K.log(1.5 + K.cos(true - predicted)), axis=-1)


class Quartic(keras.losses.Loss):
    """mean((true - predicted)^4)"""

    def call(self, true: Any, predicted: Any) -> Any:
        return K.mean(K.pow(true - predicted, 4), axis=-1)


class Largest(keras.metrics.Metric):
    """The sum over the batches of their largest prediction, and how many there were."""

    def __init__(self, name: str = "largest", **more: Any):
        super().__init__(name=name, **more)
        self.total = self.add_weight(name="total", initializer="zeros")
        self.count = self.add_weight(name="count", initializer="zeros")

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        self.total.assign_add(K.cast(K.max(y_pred), self.dtype))
        return self.count.assign_add(1.0)

    def result(self) -> Any:
        return self.total / self.count


class Cubes(keras.regularizers.Regularizer):
    def __call__(self, weight: Any) -> Any:
        return 0.01 * K.sum(K.pow(K.abs(weight), 3))

    def get_config(self) -> dict[str, Any]:
        return {}


class Halved(keras.constraints.Constraint):
    def __call__(self, weight: Any) -> Any:
        return K.clip(weight, -0.5, 0.5)


class Own(keras.layers.Layer):
    """x * factor + offset, with a loss, a metric and an update of its own."""

    def __init__(self, loss: float = 0.0, metric: str = "", counts: bool = False, **more: Any):
        super().__init__(**more)
        self.loss, self.metric, self.counts = loss, metric, counts

    def build(self, shape: Any) -> None:
        width = (int(shape[-1]),)
        self.factor = self.add_weight(name="factor", shape=width, initializer="ones", regularizer=Cubes(), constraint=Halved())
        self.offset = self.add_weight(name="offset", shape=width, initializer="zeros")
        self.seen = self.add_weight(name="seen", shape=(), initializer="zeros", trainable=False)
        super().build(shape)

    def call(self, x: Any) -> Any:
        if self.loss:
            self.add_loss(self.loss * K.mean(K.square(x)))
        if self.metric:
            self.add_metric(K.mean(K.abs(x)), name=self.metric, aggregation="mean")
        if self.counts:
            self.add_update(K.update_add(self.seen, K.cast(1.0, K.floatx())))
        return x * self.factor + self.offset

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "loss": self.loss, "metric": self.metric, "counts": self.counts}


class Phased(keras.layers.Layer):
    """Twice the input while training, half of it otherwise."""

    def call(self, x: Any, training: Any = None) -> Any:
        return K.in_train_phase(2.0 * x, 0.5 * x, training=training)


class Held(keras.layers.Layer):
    """Layers and a weight in private attributes, a list and a dictionary."""

    def __init__(self, width: int, **more: Any):
        super().__init__(**more)
        self.width = width
        self._first = keras.layers.Dense(width, name="first")
        self.rest = [keras.layers.Dense(width, activation="tanh", name="second")]
        self.table = {"third": keras.layers.Dense(width, use_bias=False, name="third")}

    def build(self, shape: Any) -> None:
        self._w = self.add_weight(name="w", shape=(self.width,), initializer="ones")
        super().build(shape)

    def call(self, x: Any) -> Any:
        return self.table["third"](self.rest[0](self._first(x))) * self._w

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "width": self.width}


class Leaky(keras.layers.Layer):
    """A recurrent cell of two states: a mean that forgets, and what it was two steps ago."""

    def __init__(self, units: int, **more: Any):
        super().__init__(**more)
        self.units, self.state_size, self.output_size = units, [units, units], units

    def build(self, shape: Any) -> None:
        self.kernel = self.add_weight(name="kernel", shape=(int(shape[-1]), self.units), initializer="glorot_uniform")
        self.keep = self.add_weight(name="keep", shape=(self.units,), initializer="ones", constraint=Halved())
        super().build(shape)

    def call(self, x: Any, states: Any) -> Any:
        now = K.tanh(K.dot(x, self.kernel) + self.keep * states[0] - 0.1 * states[1])
        return now, [now, states[0] + 0.0]  # a state handed on as it is has a wrong derivative in a graph of TensorFlow

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "units": self.units}


OWN = {c.__name__: c for c in (Quartic, Largest, Cubes, Halved, Own, Phased, Held, Leaky)}
OWN |= {f.__name__: f for f in (half_square, distance, log_cosine)}


class Slower(keras.callbacks.Callback):
    """Halves the learning rate after each epoch and records what a prediction is then."""

    def __init__(self, data: Any, size: int):
        super().__init__()
        self.data, self.size = data, size

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        rate = self.model.optimizer.lr
        K.set_value(rate, K.get_value(rate) * 0.5)
        record("in between", self.model.predict(self.data, batch_size=self.size))


class Told(keras.callbacks.Callback):
    """Records which of its methods are called, in their order."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[str] = []
        for kind in ("epoch_begin", "epoch_end", "train_batch_begin", "train_batch_end", "test_batch_end", "test_begin"):
            setattr(self, f"on_{kind}", lambda *_, kind=kind, **__: self.calls.append(kind))

    def on_train_end(self, logs: Any = None) -> None:
        record("calls", self.calls)


def written(pattern: str) -> None:
    """Records names of files that callbacks have written, and a log's lines, and removes them."""
    for path in sorted(Path(FOLDER).glob(os.path.basename(file(pattern)))):
        name = path.name.split("-", 1)[1]
        record("file", name)
        if path.suffix == ".csv":
            head, *rows = path.read_text().splitlines()
            record("log", [head.split(","), *([float(n) if n != "NA" else n for n in row.split(",")] for row in rows)])
        path.unlink()


# ---- models


def settle(model: Any, seed: int = 0) -> None:
    """Records the constant initial weights, then gives all weights values that are equal in both libraries."""
    rng, values = np.random.default_rng(seed), []
    for weight, value in zip(model.weights, model.get_weights(), strict=True):
        if value.size > 1:
            record("initial", value if np.ptp(value) == 0 else "random")
        drawn = rng.normal(size=value.shape) * 0.4
        values.append(np.abs(drawn) + 0.5 if "variance" in weight.name else drawn)
    model.set_weights(values)


def describe(model: Any) -> None:
    """Records names, shapes and counts."""
    record("weights", [(w.name, w.shape) for w in model.weights])
    record("trainable", [w.name for w in model.trainable_weights])
    record("parameters", model.count_params())
    kinds = [type(layer).__name__.replace("Functional", "Model") for layer in model.layers]  # since tf_keras 2.4, before it
    record("layers", list(zip(kinds, [layer.name for layer in model.layers], strict=True)))
    own_call = type(model).__name__ == "Mine"
    for kind, found in (("losses", model.losses), ("updates", model.updates)):
        record(kind, bool(found) if own_call else len(found))  # tf_keras lists a class's once for each call it has made
    if not own_call:  # a class has no shapes before it is called
        record("shapes", [model.input_shape, model.output_shape])
        record("outputs", [layer.output_shape for layer in model.layers])


def gradients(model: Any, data: Any) -> None:
    """Records the derivatives of the sum of the first output by the weights and the inputs."""
    by = model.trainable_weights + [t for t in model.inputs if "float" in K.dtype(t)]
    slopes = [g for g in K.gradients(K.sum(model.outputs[0]), by) if g is not None]
    data = data if isinstance(data, list) else [data]
    record("gradients", K.function(model.inputs, slopes)(data) if slopes else None)
