"""What a random program uses beside Keras; the environment variable KERAS says in which library: deepkit or tf_keras."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
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

    tf.disable_eager_execution()
    tf.experimental.output_all_intermediates(True)
    np.random.shuffle = lambda array: None  # it shuffles validation data too, and a masked loss depends on its batches
K: Any = keras.backend
optimizers: Any = getattr(keras.optimizers, "legacy", keras.optimizers)  # tf_keras trains graphs with its older ones

RECORDS: list[tuple[str, Any]] = []
FOLDER = tempfile.mkdtemp(prefix="random-models-")


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


def limit_threads() -> None:
    """Small graphs run faster without TensorFlow's optimizer and threads."""
    if keras.__name__ == "tf_keras":
        config = tf.ConfigProto(intra_op_parallelism_threads=1, inter_op_parallelism_threads=1)
        config.graph_options.rewrite_options.disable_meta_optimizer = True
        config.graph_options.optimizer_options.opt_level = -1
        tf.keras.backend.set_session(tf.Session(config=config))


def file(name: str) -> str:
    return os.path.join(FOLDER, name)


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
    """The rows of an array, or of each array of a list."""
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
    record("layers", [(type(layer).__name__, layer.name) for layer in model.layers])
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
