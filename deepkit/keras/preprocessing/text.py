"""Text made ready: words, word numbers, and the Tokenizer that remembers them."""

from __future__ import annotations

import hashlib
import json
import warnings
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from deepkit.datasets.words import PUNCTUATION, rank_words, split_words
from deepkit.errors import ArgumentError, DataError, check_choice
from deepkit.loading import listing

__all__ = ["Tokenizer", "hashing_trick", "one_hot", "text_to_word_sequence", "tokenizer_from_json"]
__dir__ = listing(__all__)

Analyzer = Callable[[str], Iterable[str]]
MODES = ("binary", "count", "tfidf", "freq")


def text_to_word_sequence(text: str, filters: str = PUNCTUATION, lower: bool = True, split: str = " ") -> list[str]:
    """The words of `text`: each character of `filters` counts as `split`, at which the text is split.

    >>> text_to_word_sequence("Look, a lion!")
    ['look', 'a', 'lion']
    """
    return split_words(text, filters, lower, split)


def one_hot(
    text: str,
    n: int,
    filters: str = PUNCTUATION,
    lower: bool = True,
    split: str = " ",
    analyzer: Analyzer | None = None,
) -> list[int]:
    """Word numbers 1 to n - 1 by Python's `hash`, which differs from one run of Python to the next; see hashing_trick.

    In spite of the name nothing is one-hot yet: `to_categorical` makes it so.
    """
    return hashing_trick(text, n, hash, filters, lower, split, analyzer)


def hashing_trick(
    text: str,
    n: int,
    hash_function: Callable[[str], int] | str | None = None,
    filters: str = PUNCTUATION,
    lower: bool = True,
    split: str = " ",
    analyzer: Analyzer | None = None,
) -> list[int]:
    """Word numbers 1 to n - 1 without a vocabulary; two words may get the same number.

    Args:
        text: is split into words by text_to_word_sequence, or by `analyzer`.
        n: one more than the greatest number.
        hash_function: "md5", whose numbers are the same in every run; a function from a word to an int; by default
            Python's `hash`, whose numbers are not.
        filters, lower, split: see text_to_word_sequence.
        analyzer: a function from the text to its words.

    >>> hashing_trick("the cat and the dog", 50, hash_function="md5")
    [43, 32, 14, 43, 2]
    """
    if n < 2:
        raise ArgumentError(f"n={n}", rule="2 or more: 0 stands for no word")
    digest: Any = hash if hash_function is None else _md5 if hash_function == "md5" else hash_function
    words = split_words(text, filters, lower, split) if analyzer is None else analyzer(text)
    return [digest(word) % (n - 1) + 1 for word in words]


def _md5(word: str) -> int:
    return int(hashlib.md5(word.encode(), usedforsecurity=False).hexdigest(), 16)


class Tokenizer:
    """Numbers words by how often they occur in texts, and turns texts into those numbers.

    Number 0 is no word. With an `oov_token` that is number 1, and words start at 2.

    Args:
        num_words: use only words whose number is below it, so the num_words - 1 most frequent.
        filters: characters that separate words besides `split`.
        lower: make everything small letters.
        split: what separates words.
        char_level: take each character for a word.
        oov_token: stands for words that are unknown or not used; by default they vanish.
        analyzer: a function from a text to its words, instead of `filters` and `split`.

    Attributes:
        word_counts: how often each word occurs, in the order of first appearance.
        word_docs: in how many texts each word occurs.
        word_index, index_word: the number of each word, the word of each number.
        index_docs: in how many texts the word of each number occurs.
        document_count: how many texts were fitted.

    >>> tokenizer = Tokenizer()
    >>> tokenizer.fit_on_texts(["the cat sat", "the dog"])
    >>> tokenizer.texts_to_sequences(["the dog sat", "a bird"])
    [[1, 4, 3], []]
    """

    def __init__(
        self,
        num_words: int | None = None,
        filters: str = PUNCTUATION,
        lower: bool = True,
        split: str = " ",
        char_level: bool = False,
        oov_token: str | None = None,
        analyzer: Analyzer | None = None,
        **kwargs: Any,
    ):
        if "nb_words" in kwargs:
            warnings.warn("Tokenizer: nb_words is now called num_words", stacklevel=2)
            num_words = kwargs.pop("nb_words")
        self.document_count: int = kwargs.pop("document_count", 0)
        if kwargs:
            raise TypeError(f"Tokenizer has no argument {', '.join(map(repr, kwargs))}")
        self.num_words, self.filters, self.lower, self.split = num_words, filters, lower, split
        self.char_level, self.oov_token, self.analyzer = char_level, oov_token, analyzer
        self.word_counts: OrderedDict[str, int] = OrderedDict()
        self.word_docs: dict[str, int] = defaultdict(int)
        self.word_index: dict[str, int] = {}
        self.index_word: dict[int, str] = {}
        self.index_docs: dict[int, int] = defaultdict(int)

    def fit_on_texts(self, texts: Iterable[Any]) -> None:
        """Count the words of `texts` (strings, or lists of words) and number them all anew."""
        for text in texts:
            self.document_count += 1
            counts = Counter(self._words(text))
            for word, count in counts.items():
                self.word_counts[word] = self.word_counts.get(word, 0) + count
                self.word_docs[word] = self.word_docs.get(word, 0) + 1
        shift = 0 if self.oov_token is None else 1
        self.word_index = {} if self.oov_token is None else {self.oov_token: 1}
        for word, rank in rank_words(self.word_counts).items():
            self.word_index[word] = rank + shift
        self.index_word = {number: word for word, number in self.word_index.items()}
        for word, count in self.word_docs.items():
            self.index_docs[self.word_index[word]] = count

    def fit_on_sequences(self, sequences: Any) -> None:
        """Count in how many sequences each number occurs, for the mode "tfidf" without texts."""
        self.document_count += len(sequences)
        for sequence in sequences:
            for number in set(sequence):
                self.index_docs[number] += 1

    def texts_to_sequences(self, texts: Iterable[Any]) -> list[list[int]]:
        """The numbers of the words of each text."""
        return list(self.texts_to_sequences_generator(texts))

    def texts_to_sequences_generator(self, texts: Iterable[Any]) -> Iterator[list[int]]:
        """The same, one text at a time."""
        oov = self._oov_number()
        for text in texts:
            numbers = (self._used(self.word_index.get(word), oov) for word in self._words(text))
            yield [number for number in numbers if number is not None]

    def sequences_to_texts(self, sequences: Iterable[Iterable[int]]) -> list[str]:
        """The words of each sequence of numbers, joined by blanks."""
        return list(self.sequences_to_texts_generator(sequences))

    def sequences_to_texts_generator(self, sequences: Iterable[Iterable[int]]) -> Iterator[str]:
        """The same, one sequence at a time."""
        oov = self._oov_number()
        for sequence in sequences:
            numbers = (self._used(number if number in self.index_word else None, oov) for number in sequence)
            yield " ".join(self.index_word[number] for number in numbers if number is not None)

    def texts_to_matrix(self, texts: Iterable[Any], mode: str = "binary") -> np.ndarray:
        """A row for each text and a column for each word; see sequences_to_matrix."""
        return self.sequences_to_matrix(self.texts_to_sequences(texts), mode=mode)

    def sequences_to_matrix(self, sequences: list[Any], mode: str = "binary") -> np.ndarray:
        """A row for each sequence and a column for each number, float64.

        Args:
            sequences: lists of word numbers.
            mode: "binary", 1 where the word occurs; "count", how often; "freq", count / length; "tfidf",
                (1 + ln count) * ln(1 + documents / (1 + documents with the word)).

        Raises:
            ArgumentError: another mode, or a Tokenizer that knows too little to do it.
        """
        self._check_mode(mode)
        columns = self.num_words or len(self.word_index) + 1
        matrix = np.zeros((len(sequences), columns))
        for row, sequence in zip(matrix, sequences, strict=True):
            for number, count in Counter(number for number in sequence if number < columns).items():
                row[number] = self._entry(mode, number, count, len(sequence))
        return matrix

    def _check_mode(self, mode: str) -> None:
        check_choice("mode", mode, MODES)
        if not self.num_words and not self.word_index:
            raise ArgumentError(
                "a Tokenizer that knows no words", hint="fit_on_texts first, or say how many columns: num_words"
            )
        if mode == "tfidf" and not self.document_count:
            raise ArgumentError("mode='tfidf' of a Tokenizer that knows no texts", hint="fit_on_texts first")

    def _entry(self, mode: str, number: int, count: int, length: int) -> float:
        """What a word that occurs `count` times in a text of `length` words is there."""
        if mode == "tfidf":
            known = self.index_docs.get(number, 0)
            return (1 + np.log(count)) * np.log(1 + self.document_count / (1 + known))
        return {"binary": 1, "count": count, "freq": count / length}[mode]

    def get_config(self) -> dict[str, Any]:
        """Everything the Tokenizer knows but the analyzer; the counts and numbers as JSON texts of their own."""
        tables = ("word_counts", "word_docs", "index_docs", "index_word", "word_index")
        names = ("num_words", "filters", "lower", "split", "char_level", "oov_token", "document_count")
        return {name: getattr(self, name) for name in names} | {
            name: json.dumps(getattr(self, name)) for name in tables
        }

    def to_json(self, **kwargs: Any) -> str:
        """Everything as one JSON text, for tokenizer_from_json; `kwargs` go to json.dumps."""
        return json.dumps({"class_name": type(self).__name__, "config": self.get_config()}, **kwargs)

    def _words(self, text: Any) -> Iterable[str]:
        if self.char_level or isinstance(text, list):
            if not self.lower:
                return text
            return [part.lower() for part in text] if isinstance(text, list) else text.lower()
        if self.analyzer is not None:
            return self.analyzer(text)
        return split_words(text, self.filters, self.lower, self.split)

    def _oov_number(self) -> int | None:
        return None if self.oov_token is None else self.word_index.get(self.oov_token)

    def _used(self, number: int | None, oov: int | None) -> int | None:
        """`number` if it is used, else the number that stands for unknown words."""
        if number is None or (self.num_words and number >= self.num_words):
            return oov
        return number


def tokenizer_from_json(json_string: str) -> Tokenizer:
    """The Tokenizer that `to_json` wrote, here or in Keras.

    Raises:
        DataError: the text is damaged or something else.
    """
    try:
        config = dict(json.loads(json_string)["config"])
        tables = {
            name: json.loads(config.pop(name))
            for name in ("word_counts", "word_docs", "index_docs", "index_word", "word_index")
        }
        tokenizer = Tokenizer(**config)
        tokenizer.word_counts = OrderedDict(tables["word_counts"])
        tokenizer.word_docs = defaultdict(int, tables["word_docs"])
        tokenizer.word_index = dict(tables["word_index"])
        tokenizer.index_docs = defaultdict(int, {int(number): count for number, count in tables["index_docs"].items()})
        tokenizer.index_word = {int(number): word for number, word in tables["index_word"].items()}
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise DataError(
            f"no Tokenizer: {type(error).__name__}: {error}", rule="the JSON text that Tokenizer.to_json writes"
        ) from error
    return tokenizer
