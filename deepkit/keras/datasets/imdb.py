"""IMDB film reviews as Keras gives them: sequences of word numbers, and whether the reviewer liked the film."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from deepkit.datasets.words import count_words, rank_words, split_words
from deepkit.keras.datasets import _sequences
from deepkit.keras.datasets._source import (
    Pair,
    check_no_pickle,
    object_array,
    obtain,
    shuffled,
    tell_the_difference,
)


def load_data(
    path: Any = "imdb.npz", num_words: int | None = None, skip_top: int = 0, maxlen: int | None = None, seed: int = 113,
    start_char: int | None = 1, oov_char: int | None = 2, index_from: int = 3, cache_dir: Any = None, **kwargs: Any,
) -> tuple[Pair, Pair]:
    """(x_train, y_train), (x_test, y_test): 25,000 and 25,000 reviews; label 1 is good, 0 bad.

    Words are numbered by how often they occur in the training reviews, the most frequent 1, then shifted by
    `index_from`; words that occur in test reviews only have no number. Keras' own file is a pickle, which deepkit does
    not read: the sequences are made of the texts, which are looked for in `$DEEPKIT_DATA/imdb` and the user's cache,
    else downloaded and verified. They are the reviews and labels of Keras' set, in the same halves, but words may have
    other numbers than in Keras, and reviews another place; weights trained with Keras' numbers do not fit. The first
    call warns of it.

    Args:
        path: only the usual name; see above.
        num_words: word numbers, after the shift, are below it.
        skip_top: and not below this.
        maxlen: only reviews with fewer numbers than that.
        seed: of the shuffling.
        start_char: stands in front of each review; None for nothing.
        oov_char: stands for words that num_words and skip_top leave out; None drops them.
        index_from: added to the number of each word.
        cache_dir: accepted for the sake of Keras programs.

    Raises:
        ArgumentError: `maxlen` leaves no review.
        DataError: the texts are damaged or cannot be downloaded, or `path` is a pickle; it says what to do.
    """
    from deepkit.datasets import load_imdb
    from deepkit.datasets.catalog import IMDB

    num_words = _sequences.old_names(kwargs, num_words)
    check_no_pickle(path, "imdb.npz", IMDB, cache_dir)
    obtain(IMDB)
    tell_the_difference(
        "imdb", "Keras' 50,000 reviews, but in another order and with other word numbers than in its file"
    )
    data = load_imdb(verbose=False)
    word_index = _ranks(data.x_train)
    stream = np.random.RandomState(seed)
    parts = []
    for texts, labels in data:
        order = shuffled(len(texts), stream)
        rows = _sequences.number_words(texts[order], word_index)
        parts.append(_sequences.offset(rows, labels[order], start_char, index_from, maxlen))
    count = len(parts[0][0])
    rows = _sequences.limit(parts[0][0] + parts[1][0], num_words, skip_top, oov_char)
    return (object_array(rows[:count]), parts[0][1]), (object_array(rows[count:]), parts[1][1])


def get_word_index(path: Any = "imdb_word_index.json") -> dict[str, int]:
    """The number of each word, before load_data's `index_from` is added: "the" has 1.

    Args:
        path: accepted for the sake of Keras programs; the numbers are those that load_data uses.
    """
    from deepkit.datasets import load_imdb
    from deepkit.datasets.catalog import IMDB

    obtain(IMDB)
    return dict(_ranks(load_imdb(verbose=False).x_train))


def _ranks(texts: np.ndarray) -> dict[str, int]:
    return _ranks_of(tuple(texts))


@lru_cache(maxsize=1)
def _ranks_of(texts: tuple[str, ...]) -> dict[str, int]:
    return rank_words(count_words(map(split_words, texts)))
