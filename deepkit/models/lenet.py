"""LeNet-5 as it was published (LeCun and others, 1998): partial connections, subsampling with weights, answers as bitmaps."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from deepkit import keras
from deepkit.keras import backend as K
from deepkit.keras.layers import Conv2D, Dense, Flatten, Layer

C3_INPUTS = tuple(
    tuple(sorted((first + step) % 6 for step in steps))
    for steps, turns in (((0, 1, 2), 6), ((0, 1, 2, 3), 6), ((0, 1, 3, 4), 3), (range(6), 1))
    for first in range(turns)
)
"""Which of the six maps of S2 each of the sixteen maps of C3 looks at: three or four neighbours, two pairs, all six."""


def connection_table() -> np.ndarray:
    """(6, 16) of 0 and 1: whether a map of C3 (column) looks at a map of S2 (row).

    >>> connection_table().sum(axis=0)
    array([3, 3, 3, 3, 3, 3, 4, 4, 4, 4, 4, 4, 4, 4, 4, 6])
    """
    table = np.zeros((6, len(C3_INPUTS)), np.int64)
    for column, rows in enumerate(C3_INPUTS):
        table[list(rows), column] = 1
    return table


def squash(x: Any) -> Any:
    """1.7159 tanh(2x / 3): an S that leads 1 to 1 and -1 to -1, and is steepest between them."""
    return 1.7159 * K.tanh(x * (2 / 3))


class PartialConv2D(Layer):
    """A convolution in which each filter looks at some channels only, VALID, stride 1.

    Args:
        table: (channels, filters) of 0 and 1, which filter looks at which channel.
        kernel_size: side of the square window.
        activation: applied to the maps.

    There are no weights where the table is 0: the others are one vector, `kernel` (window * window * ones of the table,).
    """

    def __init__(self, table: Any, kernel_size: int, activation: Any = None, **kwargs: Any):
        super().__init__(**kwargs)
        self.table, self.kernel_size = np.asarray(table), kernel_size
        self.activation = keras.activations.get(activation)

    def build(self, input_shape: Any) -> None:
        """Makes the weights, each filter's within 2.4 / its inputs, as the paper draws them."""
        window = self.kernel_size**2
        places = np.flatnonzero(np.broadcast_to(self.table, (window, *self.table.shape)))
        bound = 2.4 / (window * self.table.sum(axis=0))[places % self.table.shape[1]]
        self.kernel = self.add_weight(
            name="kernel", shape=places.shape, initializer=lambda shape, **_: K.constant(np.random.uniform(-bound, bound)))
        self.bias = self.add_weight(name="bias", shape=(self.table.shape[1],), initializer="zeros")
        where = np.full(window * self.table.size, len(places))  # the zero behind the weights
        where[places] = np.arange(len(places))
        self._where = where.reshape(self.kernel_size, self.kernel_size, *self.table.shape)
        super().build(input_shape)

    def call(self, inputs: Any) -> Any:
        """The maps of (n, height, width, channels)."""
        kernel = K.gather(K.concatenate([self.kernel, K.zeros((1,))]), K.constant(self._where, dtype="int32"))
        return self.activation(K.bias_add(K.conv2d(inputs, kernel), self.bias))

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        """Each side loses the window but one."""
        lost = self.kernel_size - 1
        return (input_shape[0], input_shape[1] - lost, input_shape[2] - lost, self.table.shape[1])


class Subsampling(Layer):
    """The sum of each block of 2 x 2, times a weight of its map, plus a bias of its map, squashed."""

    def build(self, input_shape: Any) -> None:
        """Makes a weight and a bias for each map; with the first weights a block's mean goes through."""
        maps = (input_shape[-1],)
        self.weight = self.add_weight(name="weight", shape=maps, initializer=keras.initializers.Constant(0.25))
        self.bias = self.add_weight(name="bias", shape=maps, initializer="zeros")
        super().build(input_shape)

    def call(self, inputs: Any) -> Any:
        """Maps of half the height and width."""
        sums = 4 * K.pool2d(inputs, (2, 2), (2, 2), pool_mode="avg")
        return squash(sums * self.weight + self.bias)

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        """Half of each side."""
        return (input_shape[0], input_shape[1] // 2, input_shape[2] // 2, input_shape[3])


class NearestCode(Layer):
    """Radial basis functions: a score for each class, minus the squared distance of the input to the class's code.

    codes: (classes, numbers), fixed: they are not trained.
    """

    def __init__(self, codes: Any, **kwargs: Any):
        super().__init__(**kwargs)
        self._codes = np.asarray(codes, np.float32)

    def build(self, input_shape: Any) -> None:
        """Takes the codes as weights that are not trained."""
        self.codes = self.add_weight(
            name="codes", shape=self._codes.shape, initializer=lambda shape, **_: K.constant(self._codes), trainable=False)
        super().build(input_shape)

    def call(self, inputs: Any) -> Any:
        """(n, classes) scores of (n, numbers): 0 on a code, negative elsewhere."""
        return -K.sum(K.square(K.expand_dims(inputs, 1) - self.codes), axis=2)

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, int]:
        """A number for each class."""
        return (input_shape[0], len(self._codes))


def code_loss(labels: Any, scores: Any) -> Any:
    """The paper's loss of (n, 1) labels and (n, classes) scores -d: d of the label's code + log(exp(-j) + sum of exp(-d)).

    The first part pulls to the right code. The second pushes away from wrong ones that are nearer than j = 10.
    """
    right = K.sum(scores * K.one_hot(K.cast(K.flatten(labels), "int32"), scores.shape[-1]), axis=-1)
    return K.logsumexp(K.concatenate([scores, 0 * scores[:, :1] - 10.0]), axis=-1) - right


_SEGMENTS = ("abcdef", "bc", "abdeg", "abcdg", "bcfg", "acdfg", "acdefg", "abc", "abcdefg", "abcdfg")
_STROKES = {"a": np.s_[0:2, :], "g": np.s_[5:7, :], "d": np.s_[10:12, :], "f": np.s_[0:7, 0:2], "b": np.s_[0:7, 5:7],
            "e": np.s_[5:12, 0:2], "c": np.s_[5:12, 5:7]}


def digit_codes() -> np.ndarray:
    """(10, 12, 7) of -1 (white) and 1 (black): the ten digits as bitmaps, of the seven strokes of a pocket calculator."""
    codes = -np.ones((10, 12, 7))
    for code, strokes in zip(codes, _SEGMENTS, strict=True):
        for stroke in strokes:
            code[_STROKES[stroke]] = 1
    return codes


def lenet5() -> Any:
    """LeNet-5: images (n, 32, 32, 1) to scores of ten digits; 60,000 weights are trained, 840 are the fixed codes."""
    return keras.models.Sequential([
        Conv2D(6, 5, activation=squash, input_shape=(32, 32, 1), name="C1"), Subsampling(name="S2"),
        PartialConv2D(connection_table(), 5, squash, name="C3"), Subsampling(name="S4"),
        Conv2D(120, 5, activation=squash, name="C5"), Flatten(name="flat"),
        Dense(84, activation=squash, name="F6"), NearestCode(digit_codes().reshape(10, 84), name="output"),
    ])


def paper(images: Any) -> np.ndarray:
    """Digits (n, 28, 28) of 0..255 as LeNet-5 wants them: (n, 32, 32, 1), paper -0.1, ink 1.175, their mean near 0."""
    grey = np.asarray(images, np.float32) * np.float32(1.275 / 255) - np.float32(0.1)
    return np.pad(grey, ((0, 0), (2, 2), (2, 2)), constant_values=-0.1)[..., np.newaxis]


def drawings(model: Any, images: Any) -> np.ndarray:
    """What F6 answers to digits (n, 28, 28) of 0..255, as bitmaps: (n, 12, 7)."""
    return keras.models.Model(model.inputs, model.get_layer("F6").output).predict(paper(images)).reshape(-1, 12, 7)


class Row(NamedTuple):
    """What a layer of LeNet-5 is made of."""

    layer: str
    shape: tuple[int, ...]
    parameters: int
    connections: int


def layers() -> list[Row]:
    """The seven layers of LeNet-5: shape of the output, parameters, connections (a bias is one, too).

    >>> layers()[0]
    Row(layer='C1', shape=(28, 28, 6), parameters=156, connections=122304)
    """
    looks = connection_table().sum(axis=0)
    counts = {
        "C1": ((28, 28, 6), 6 * (5 * 5 + 1), 28 * 28), "S2": ((14, 14, 6), 6 * 2, None),
        "C3": ((10, 10, 16), int(np.sum(5 * 5 * looks + 1)), 10 * 10), "S4": ((5, 5, 16), 16 * 2, None),
        "C5": ((1, 1, 120), 120 * (5 * 5 * 16 + 1), 1), "F6": ((84,), 84 * (120 + 1), 1), "output": ((10,), 10 * 84, 1),
    }
    return [  # a subsampled number has four connections and a bias
        Row(name, shape, parameters, int(np.prod(shape)) * 5 if places is None else parameters * places)
        for name, (shape, parameters, places) in counts.items()
    ]
