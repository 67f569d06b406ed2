"""`tf.contrib.learn.preprocessing`: words of documents as numbers."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from deepkit import files
from deepkit.errors import ArgumentError, DataError

__all__ = ["CategoricalVocabulary", "VocabularyProcessor", "tokenizer"]

_WORD = re.compile(r"[A-Z]{2,}(?![a-z])|[A-Z][a-z]+(?=[A-Z])|[\'\w\-]+", re.UNICODE)


def tokenizer(iterator: Iterable[str]) -> Iterator[list[str]]:
    """The words of each document: letters, digits, _ ' and -; other signs part them."""
    for text in iterator:
        yield _WORD.findall(text)


class CategoricalVocabulary:
    """Words and their numbers; number 0 is for words that are not known."""

    def __init__(self, unknown_token: str = "<UNK>", support_reverse: bool = True):
        self._unknown, self._frozen = unknown_token, False
        self._mapping: dict[str, int] = {unknown_token: 0}
        self._counts: Counter[str] = Counter()

    @classmethod
    def of(cls, words: list[str]) -> CategoricalVocabulary:
        """A frozen vocabulary of these words, the first of which stands for unknown ones."""
        made = cls(words[0])
        made._mapping = {word: i for i, word in enumerate(words)}
        made.freeze()
        return made

    @property
    def words(self) -> list[str]:
        """All words, in the order of their numbers."""
        return list(self._mapping)

    def __len__(self) -> int:
        return len(self._mapping)

    def freeze(self, freeze: bool = True) -> None:
        """From now on words that are not known get no number."""
        self._frozen = freeze

    def get(self, category: str) -> int:
        """The word's number, a new one if it has none and the vocabulary is not frozen."""
        if category not in self._mapping:
            if self._frozen:
                return 0
            self._mapping[category] = len(self._mapping)
        return self._mapping[category]

    def add(self, category: str, count: int = 1) -> None:
        """Counts the word."""
        if self.get(category) > 0:
            self._counts[category] += count

    def trim(self, min_frequency: int, max_frequency: int = -1) -> None:
        """Keeps the words that were counted more than min_frequency times; frequent ones get small numbers."""
        ordered = sorted(sorted(self._counts.items()), key=lambda item: item[1], reverse=True)
        kept = [w for w, n in ordered if n > min_frequency and (max_frequency <= 0 or n < max_frequency)]
        self._mapping = {self._unknown: 0, **{word: i for i, word in enumerate(kept, 1)}}
        self._counts = Counter({word: self._counts[word] for word in kept})

    def reverse(self, class_id: int) -> str:
        """The word with this number."""
        return self.words[class_id]


class VocabularyProcessor:
    """Documents as rows of max_document_length word numbers; 0 fills what is left, and stands for unknown words.

    >>> processor = VocabularyProcessor(4)
    >>> [row.tolist() for row in processor.fit_transform(["a good day", "a bad day for a walk"])]
    [[1, 2, 3, 0], [1, 4, 3, 5]]
    """

    def __init__(
        self, max_document_length: int, min_frequency: int = 0, vocabulary: CategoricalVocabulary | None = None,
        tokenizer_fn: Callable[[Iterable[str]], Iterator[list[str]]] | None = None,
    ):
        if int(max_document_length) < 1:
            raise ArgumentError(
                f"VocabularyProcessor({max_document_length})", rule="at least one word for each document"
            )
        self.max_document_length, self.min_frequency = int(max_document_length), min_frequency
        self.vocabulary_ = CategoricalVocabulary() if vocabulary is None else vocabulary
        self._tokenizer = tokenizer_fn or tokenizer

    def fit(self, raw_documents: Iterable[str], unused_y: Any = None) -> VocabularyProcessor:
        """Learns the words of the documents."""
        for words in self._tokenizer(raw_documents):
            for word in words:
                self.vocabulary_.add(word)
        if self.min_frequency > 0:
            self.vocabulary_.trim(self.min_frequency)
        self.vocabulary_.freeze()
        return self

    def transform(self, raw_documents: Iterable[str]) -> Iterator[np.ndarray]:
        """A row of word numbers for each document."""
        for words in self._tokenizer(raw_documents):
            row = np.zeros(self.max_document_length, np.int64)
            for i, word in enumerate(words[: self.max_document_length]):
                row[i] = self.vocabulary_.get(word)
            yield row

    def fit_transform(self, raw_documents: Iterable[str], unused_y: Any = None) -> Iterator[np.ndarray]:
        """`fit`, then `transform`."""
        documents = list(raw_documents)
        self.fit(documents)
        return self.transform(documents)

    def reverse(self, documents: Iterable[Any]) -> Iterator[str]:
        """The words of rows of numbers, with spaces between them."""
        for row in documents:
            yield " ".join(self.vocabulary_.reverse(int(i)) for i in row)

    def save(self, filename: Any) -> None:
        """Writes the vocabulary as JSON."""
        content = {"max_document_length": self.max_document_length, "words": self.vocabulary_.words}
        files.write_whole(Path(filename), json.dumps(content, ensure_ascii=False))

    @classmethod
    def restore(cls, filename: Any) -> VocabularyProcessor:
        """A processor from what `save` has written."""
        try:
            content = json.loads(Path(filename).read_text(encoding="utf-8"))
            words, length = list(content["words"]), int(content["max_document_length"])
        except (ValueError, KeyError, TypeError) as error:
            raise DataError(
                f"{filename} is no vocabulary", rule="a file that VocabularyProcessor.save has written"
            ) from error
        return cls(length, vocabulary=CategoricalVocabulary.of(words))
