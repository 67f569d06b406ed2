"""Texts as sequences of word numbers, in the form that Keras' sets have them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from deepkit.datasets.words import split_words
from deepkit.errors import ArgumentError


def number_words(texts: Iterable[str], word_index: dict[str, int]) -> list[list[int]]:
    """The numbers of the words of each text; words without a number are passed over."""
    number = word_index.get
    return [[found for found in map(number, split_words(text)) if found is not None] for text in texts]


def offset(
    sequences: Iterable[list[int]], labels: np.ndarray, start_char: int | None, index_from: int, maxlen: int | None
) -> tuple[list[list[int]], np.ndarray]:
    """Sequences with `index_from` added and `start_char` in front; those of `maxlen` or more are dropped."""
    start = [] if start_char is None else [start_char]
    rows = [start + [number + index_from for number in sequence] for sequence in sequences]
    if not maxlen:
        return rows, labels
    short = [len(row) < maxlen for row in rows]
    if not any(short):
        raise ArgumentError(f"maxlen={maxlen} leaves no sequence", hint="a larger maxlen")
    return [row for row, keep in zip(rows, short, strict=True) if keep], labels[short]


def limit(
    sequences: Sequence[list[int]], num_words: int | None, skip_top: int, oov_char: int | None
) -> list[list[int]]:
    """Numbers below `skip_top`, and from `num_words` on, become `oov_char`, or vanish where that is None.

    Without `num_words` the greatest number counts as the limit, so that it is replaced itself: Keras' sets are so.
    """
    most = num_words or max(map(max, filter(None, sequences)), default=0)
    if oov_char is not None:
        return [[number if skip_top <= number < most else oov_char for number in row] for row in sequences]
    return [[number for number in row if skip_top <= number < most] for row in sequences]


def old_names(kwargs: dict[str, Any], num_words: int | None) -> int | None:
    """`num_words`, also under the name it had before Keras 2; TypeError for any other argument."""
    import warnings

    if "nb_words" in kwargs:
        warnings.warn("load_data: nb_words is now called num_words", stacklevel=3)
        num_words = kwargs.pop("nb_words")
    if kwargs:
        raise TypeError(f"load_data has no argument {', '.join(map(repr, kwargs))}")
    return num_words
