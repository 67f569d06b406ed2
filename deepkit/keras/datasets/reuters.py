"""Reuters news as Keras gives them: sequences of word numbers, and the number of the topic."""

from __future__ import annotations

from typing import Any

import numpy as np

from deepkit.datasets.words import count_words, rank_words, split_words
from deepkit.errors import ArgumentError
from deepkit.keras.datasets import _sequences
from deepkit.keras.datasets._source import (
    Pair,
    check_no_pickle,
    object_array,
    obtain,
    shuffled,
    tell_the_difference,
)

_TOPICS = (
    "cocoa", "grain", "veg-oil", "earn", "acq", "wheat", "copper", "housing", "money-supply", "coffee", "sugar", "trade",
    "reserves", "ship", "cotton", "carcass", "crude", "nat-gas", "cpi", "money-fx", "interest", "gnp", "meal-feed", "alum",
    "oilseed", "gold", "tin", "strategic-metal", "livestock", "retail", "ipi", "iron-steel", "rubber", "heat", "jobs",
    "lei", "bop", "zinc", "orange", "pet-chem", "dlr", "gas", "silver", "wpi", "hog", "lead",
)


def load_data(
    path: Any = "reuters.npz", num_words: int | None = None, skip_top: int = 0, maxlen: int | None = None,
    test_split: float = 0.2, seed: int = 113, start_char: int | None = 1, oov_char: int | None = 2, index_from: int = 3,
    cache_dir: Any = None, **kwargs: Any,
) -> tuple[Pair, Pair]:
    """(x_train, y_train), (x_test, y_test): news of 1987, each with the number that its topic has in Keras.

    Keras' own file is a pickle, which deepkit does not read. The sequences are made of the texts of R52 instead,
    which come from the same news: of its 52 topics 42 are among Keras' 46, and the texts of the other ten are left
    out. There are 9,037 texts (7,229 + 1,808), without words of one or two letters, for Keras' 11,228 (8,982 + 2,246),
    and four of the 46 topics have none: a network that reaches 80 % on Keras' set reaches about 93 % on this one. The
    first call warns of it. The texts are looked for in
    `$DEEPKIT_DATA/reuters` and the user's cache, else downloaded and verified.

    Args:
        path: only the usual name; see above.
        num_words, skip_top, maxlen, seed, start_char, oov_char, index_from, cache_dir: as in imdb.load_data. Words are
            numbered by how often they occur in all texts.
        test_split: the part for testing.

    Raises:
        ArgumentError: test_split outside 0 to 1, or `maxlen` leaves no text.
        DataError: the texts are damaged or cannot be downloaded, or `path` is a pickle; it says what to do.
    """
    from deepkit.datasets.catalog import REUTERS

    num_words = _sequences.old_names(kwargs, num_words)
    if not 0 <= test_split < 1:
        raise ArgumentError(f"test_split={test_split}", rule="a part, 0 or more and below 1")
    check_no_pickle(path, "reuters.npz", REUTERS, cache_dir)
    tell_the_difference(
        "reuters", "9,037 texts of R52, not Keras' 11,228: accuracies are about 93 % where Keras' are 80 %"
    )
    texts, labels = _texts()
    order = shuffled(len(texts), np.random.RandomState(seed))
    rows = _sequences.number_words(texts[order], _ranks(texts))
    rows, labels = _sequences.offset(rows, labels[order], start_char, index_from, maxlen)
    x = object_array(_sequences.limit(rows, num_words, skip_top, oov_char))
    count = int(len(x) * (1 - test_split))
    return (x[:count], labels[:count]), (x[count:], labels[count:])


def get_word_index(path: Any = "reuters_word_index.json") -> dict[str, int]:
    """The number of each word, before load_data's `index_from` is added: the most frequent has 1.

    Args:
        path: accepted for the sake of Keras programs; the numbers are those that load_data uses.
    """
    return _ranks(_texts()[0])


def get_label_names() -> tuple[str, ...]:
    """The name of each topic, in the order of their numbers."""
    return _TOPICS


def _texts() -> tuple[np.ndarray, np.ndarray]:
    """All texts of R52 that have one of Keras' topics, and the numbers of their topics."""
    from deepkit.datasets import load_reuters
    from deepkit.datasets.catalog import REUTERS

    obtain(REUTERS)
    data = load_reuters(verbose=False)
    texts = np.concatenate([data.x_train, data.x_test])
    names = [data.classes[number] for number in np.concatenate([data.y_train, data.y_test])]
    known = np.array([name in _TOPICS for name in names])
    return texts[known], np.array([_TOPICS.index(name) for name in names if name in _TOPICS], np.int64)


def _ranks(texts: np.ndarray) -> dict[str, int]:
    return rank_words(count_words(map(split_words, texts)))
