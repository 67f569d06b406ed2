"""From text to words, and from words to ranks by how often they occur."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

PUNCTUATION = '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n'
"""What separates words besides blanks: everything but letters, digits and the apostrophe."""


def split_words(text: str, separators: str = PUNCTUATION, lower: bool = True, blank: str = " ") -> list[str]:
    """The words of `text`: `separators` become `blank`, at which the text is split.

    >>> split_words("To be, or not to be: that's the question.")
    ['to', 'be', 'or', 'not', 'to', 'be', "that's", 'the', 'question']
    """
    if lower:
        text = text.lower()
    return [word for word in text.translate(dict.fromkeys(map(ord, separators), blank)).split(blank) if word]


def count_words(documents: Iterable[Iterable[str]]) -> Counter[str]:
    """How often each word occurs, in the order of first appearance."""
    counts: Counter[str] = Counter()
    for words in documents:
        counts.update(words)
    return counts


def rank_words(counts: dict[str, int]) -> dict[str, int]:
    """Rank of each word: 1 for the most frequent. Of equally frequent words the one that appeared first is ahead.

    >>> rank_words(count_words([["a", "b", "b"], ["c", "b"]]))
    {'b': 1, 'a': 2, 'c': 3}
    """
    return {word: rank for rank, word in enumerate(sorted(counts, key=counts.__getitem__, reverse=True), start=1)}
