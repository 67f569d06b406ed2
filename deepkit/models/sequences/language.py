"""A small invented language, whose words keep certain company: what an embedding can learn from neighbours alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

GROUPS: dict[str, list[str]] = {
    "people": ["mother", "father", "baker", "king"],
    "animals": ["dog", "cat", "horse", "cow"],
    "food": ["bread", "milk", "soup", "cake"],
    "places": ["garden", "forest", "house", "town"],
    "what people do": ["bakes", "buys", "cooks"],
    "what animals do": ["chases", "bites", "fears"],
}
"""The words by kind. No sentence says what kind a word is."""


def sentences(n: int, seed: int) -> list[list[str]]:
    """n sentences of four kinds: people make food or walk to places; animals hunt animals or sleep in places.

    >>> [" ".join(words) for words in sentences(3, seed=1)]
    ['king walks to the garden', 'dog fears cow', 'dog sleeps in the forest']
    """
    rng = np.random.default_rng(seed)

    def one(group: str) -> str:
        return str(rng.choice(GROUPS[group]))

    said = []
    for kind in rng.integers(4, size=n):
        if kind == 0:
            said.append([one("people"), one("what people do"), one("food")])
        elif kind == 1:
            said.append([one("people"), "walks", "to", "the", one("places")])
        elif kind == 2:
            said.append([one("animals"), one("what animals do"), one("animals")])
        else:
            said.append([one("animals"), "sleeps", "in", "the", one("places")])
    return said


def neighbours(texts: Sequence[Sequence[str]], numbers: dict[str, int]) -> tuple[np.ndarray, np.ndarray]:
    """For each word of each text, and each word right beside it, the numbers of both: (m, 1) and (m,).

    >>> words, beside = neighbours([["to", "the", "town"]], {"to": 0, "the": 1, "town": 2})
    >>> words.tolist(), beside.tolist()
    ([[0], [1], [1], [2]], [1, 0, 2, 1])
    """
    pairs = [(numbers[text[i]], numbers[text[j]])
             for text in texts for i in range(len(text)) for j in (i - 1, i + 1) if 0 <= j < len(text)]
    table = np.array(pairs, np.int64).reshape(-1, 2)
    return table[:, :1], table[:, 1]
