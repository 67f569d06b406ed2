"""Sequences made ready: padding, word pairs for word2vec, and windows of a time series."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence as SequenceOf
from typing import Any

import numpy as np

from deepkit.errors import ArgumentError, DTypeError, ShapeError
from deepkit.keras.utils.data_utils import Sequence
from deepkit.loading import listing

__all__ = ["TimeseriesGenerator", "make_sampling_table", "pad_sequences", "skipgrams"]
__dir__ = listing(__all__)

EULER_GAMMA = 0.577  # to the three digits that Keras has: the same table, to the last bit


def pad_sequences(
    sequences: SequenceOf[Any], maxlen: int | None = None, dtype: Any = "int32", padding: str = "pre",
    truncating: str = "pre", value: Any = 0.0,
) -> np.ndarray:
    """Sequences of unequal lengths as one array (n, maxlen, ...).

    Args:
        sequences: n lists of numbers, or of vectors that have one shape.
        maxlen: length of a row; by default that of the longest sequence.
        dtype: of the result; strings need `dtype=object`.
        padding: fill short sequences in front ("pre") or behind ("post").
        truncating: cut long sequences in front ("pre") or behind ("post").
        value: to fill with.

    Raises:
        ArgumentError: what is no sequence of sequences, or another word for `padding` or `truncating`.
        ShapeError: vectors of several shapes.
        DTypeError: a string `value` in an array of numbers.

    >>> pad_sequences([[1, 2, 3], [4]])
    array([[1, 2, 3],
           [0, 0, 4]], dtype=int32)
    """
    _check_sides(padding=padding, truncating=truncating)
    _check_sequences(sequences)
    if isinstance(value, str) and np.dtype(dtype).kind not in "OU":
        raise DTypeError(
            f"pad_sequences: {value!r} does not fit {dtype}", hint="dtype=object holds strings of any length"
        )
    maxlen = _row_length(sequences, maxlen)
    inner = next((np.asarray(sequence).shape[1:] for sequence in sequences if len(sequence)), ())
    result = np.full((len(sequences), maxlen, *inner), value, dtype=dtype)
    for position, sequence in enumerate(sequences):
        if not len(sequence):
            continue
        start = max(len(sequence) - maxlen, 0) if truncating == "pre" else 0
        kept = np.asarray(sequence[start : start + maxlen], dtype=dtype)
        _check_elements(position, kept.shape[1:], inner)
        at = 0 if padding == "post" else maxlen - len(kept)
        result[position, at : at + len(kept)] = kept
    return result


def _check_sides(**sides: str) -> None:
    for name, side in sides.items():
        if side not in ("pre", "post"):
            raise ArgumentError(f"pad_sequences: {name}={side!r}", rule="'pre' (in front) or 'post' (behind)")


def _check_elements(position: int, shape: tuple[int, ...], others: tuple[int, ...]) -> None:
    if shape != others:
        raise ShapeError(
            f"pad_sequences: the elements of sequence {position} have shape {shape}, others {others}",
            rule="all elements of all sequences have one shape",
        )


def _check_sequences(sequences: Any) -> None:
    if not hasattr(sequences, "__len__"):
        raise ArgumentError(
            f"pad_sequences of {type(sequences).__name__}", rule="a list of sequences", hint="list(...)"
        )
    for position, sequence in enumerate(sequences):
        if not hasattr(sequence, "__len__"):
            raise ArgumentError(
                f"pad_sequences: element {position} is {sequence!r}",
                rule="a list of sequences",
                hint="a single sequence goes into a list of its own: pad_sequences([x])",
            )


def _row_length(sequences: SequenceOf[Any], maxlen: int | None) -> int:
    """`maxlen`, by default the length of the longest sequence."""
    if maxlen is None:
        if not len(sequences):
            raise ArgumentError("pad_sequences of no sequences", hint="maxlen says how long rows are")
        return max(len(sequence) for sequence in sequences)
    if maxlen < 0:
        raise ArgumentError(f"pad_sequences: maxlen={maxlen}", rule="0 or more")
    return maxlen


def make_sampling_table(size: int, sampling_factor: float = 1e-5) -> np.ndarray:
    """How likely word2vec keeps the word of each rank when it draws pairs: frequent words are thinned out.

    A word of frequency f is kept with min(1, sqrt(t / f)), where t is `sampling_factor`; by Zipf's law the word of
    rank r has 1/f = r (ln r + gamma) + 1/2 - 1/(12 r).

    Args:
        size: how many ranks, (size,); rank 0 is no word and has the number of rank 1.
        sampling_factor: t, the smaller, the more frequent words are dropped.

    Source: T. Mikolov et al., "Distributed representations of words and phrases", 2013.
    """
    rank = np.arange(size)
    rank[:1] = 1
    inverse_frequency = rank * (np.log(rank) + EULER_GAMMA) + 0.5 - 1.0 / (12.0 * rank)
    kept = sampling_factor * inverse_frequency
    return np.minimum(1.0, kept / np.sqrt(kept))


def skipgrams(
    sequence: SequenceOf[int],
    vocabulary_size: int,
    window_size: int = 4,
    negative_samples: float = 1.0,
    shuffle: bool = True,
    categorical: bool = False,
    sampling_table: Any = None,
    seed: int | None = None,
) -> tuple[list[list[int]], list[Any]]:
    """Pairs (word, word nearby) with label 1, and pairs (word, any word) with label 0, to train word2vec with.

    The draws come from Python's `random`: `random.seed` fixes them.

    Args:
        sequence: word numbers; 0 is no word and is passed over.
        vocabulary_size: word numbers are below it.
        window_size: how far to either side "nearby" reaches.
        negative_samples: pairs of label 0 for each of label 1.
        shuffle: mix the pairs.
        categorical: labels [0, 1] and [1, 0] instead of 1 and 0.
        sampling_table: how likely each word is taken as the first of a pair; see make_sampling_table.
        seed: of the mixing alone.

    Returns:
        The pairs and their labels, two lists of one length.
    """
    near, far = ([0, 1], [1, 0]) if categorical else (1, 0)
    couples = _neighbours(sequence, window_size, sampling_table)
    labels: list[Any] = [near] * len(couples)
    if negative_samples > 0:
        count = int(len(labels) * negative_samples)
        words = [couple[0] for couple in couples]
        random.shuffle(words)
        couples += [[words[i % len(words)], random.randint(1, int(vocabulary_size - 1))] for i in range(count)]
        labels += [far] * count
    if shuffle:
        seed = random.randint(0, 10_000_000) if seed is None else seed
        for each in (couples, labels):
            random.seed(seed)
            random.shuffle(each)
    return couples, [list(label) for label in labels] if categorical else labels


def _neighbours(sequence: SequenceOf[int], window_size: int, sampling_table: Any) -> list[list[int]]:
    """[word, word nearby] for all words that are drawn."""
    couples: list[list[int]] = []
    for i, word in enumerate(sequence):
        if not word or (sampling_table is not None and sampling_table[word] < random.random()):
            continue
        nearby = range(max(0, i - window_size), min(len(sequence), i + window_size + 1))
        couples += [[word, sequence[j]] for j in nearby if j != i and sequence[j]]
    return couples


class TimeseriesGenerator(Sequence):
    """Batches of windows of a time series, and of the target that follows each window.

    The window that belongs to row t holds the rows t - length, t - length + sampling_rate, ... before t.

    Args:
        data: (steps, ...), an array or a list.
        targets: (steps, ...); targets[t] belongs to the window before t.
        length: how many steps a window spans.
        sampling_rate: take every so-manieth step of the window.
        stride: steps from one window to the next.
        start_index: the first step that may be used.
        end_index: the last row that may be a target; by default the last there is.
        shuffle: draw the rows at random (np.random) instead of in order.
        reverse: give each window in reverse order of time.
        batch_size: windows in a batch; the last may have fewer.

    Raises:
        ArgumentError: data and targets of unequal length, or too few steps for one window.

    >>> batches = TimeseriesGenerator(np.arange(5), np.arange(5), length=2, batch_size=2)
    >>> batches[0]
    (array([[0, 1],
           [1, 2]]), array([2, 3]))
    """

    def __init__(
        self,
        data: Any,
        targets: Any,
        length: int,
        sampling_rate: int = 1,
        stride: int = 1,
        start_index: int = 0,
        end_index: int | None = None,
        shuffle: bool = False,
        reverse: bool = False,
        batch_size: int = 128,
    ):
        if len(data) != len(targets):
            raise ArgumentError(f"{len(data):,} steps of data, but {len(targets):,} targets", rule="one target a step")
        self.data, self.targets = data, targets
        self.length, self.sampling_rate, self.stride = length, sampling_rate, stride
        self.start_index = start_index + length
        self.end_index = len(data) - 1 if end_index is None else end_index
        self.shuffle, self.reverse, self.batch_size = shuffle, reverse, batch_size
        if self.start_index > self.end_index:
            raise ArgumentError(
                f"no window fits: start_index + length is {self.start_index}, end_index {self.end_index}",
                rule="start_index + length <= end_index",
                hint="more data, or a shorter length",
            )

    def __len__(self) -> int:
        step = self.batch_size * self.stride
        return (self.end_index - self.start_index + step) // step

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        if self.shuffle:
            rows = np.random.randint(self.start_index, self.end_index + 1, size=self.batch_size)
        else:
            first = self.start_index + self.batch_size * self.stride * index
            behind = min(first + self.batch_size * self.stride, self.end_index + 1)
            rows = np.arange(first, behind, self.stride)
        samples = np.array([self.data[row - self.length : row : self.sampling_rate] for row in rows])
        targets = np.array([self.targets[row] for row in rows])
        return (samples[:, ::-1, ...] if self.reverse else samples), targets

    def get_config(self) -> dict[str, Any]:
        """The arguments as JSON can hold them; `data` and `targets` as JSON texts of their own.

        `start_index` is the first row that is a target, as in Keras, and not the argument.
        """
        return {
            "data": _as_json(self.data, "data"),
            "targets": _as_json(self.targets, "targets"),
            "length": self.length,
            "sampling_rate": self.sampling_rate,
            "stride": self.stride,
            "start_index": self.start_index,
            "end_index": self.end_index,
            "shuffle": self.shuffle,
            "reverse": self.reverse,
            "batch_size": self.batch_size,
        }

    def to_json(self, **kwargs: Any) -> str:
        """Class name and configuration as JSON; `kwargs` go to json.dumps."""
        return json.dumps({"class_name": type(self).__name__, "config": self.get_config()}, **kwargs)


def _as_json(values: Any, name: str) -> str:
    try:
        return json.dumps(values.tolist() if isinstance(values, np.ndarray) else values)
    except TypeError as error:
        raise DTypeError(
            f"{name} cannot be written as JSON: {error}", hint="an array or a list of plain numbers"
        ) from error
