"""A text word by word, and how sure of each word its teller was."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from deepkit.errors import ArgumentError, ShapeError
from deepkit.viz.grids import BLUE, ORANGE, document, label
from deepkit.viz.picture import Drawing
from deepkit.viz.style import GREY

_WIDE, _SIZE, _LETTER = 680.0, 14.0, 8.5  # pixels of a line, of the letters, and of one of them
_LINE, _GAP = 34.0, 12.0  # pixels from line to line, and between words


def show_text(words: Sequence[str], shares: Any, truth: Sequence[str] | None = None) -> Drawing:
    """Draw a text whose words stand on bars: a bar that is full means that the teller gave the word a probability of 1.

    Args:
        words: what is told.
        shares: (n,) of 0..1; NaN for words that were given and not guessed: they have no bar.
        truth: what should have been told; where it is another word, ours is orange.

    Raises:
        ShapeError: for as many shares, or words of truth, as there are not words.
        ArgumentError: without a word, or for shares outside of 0..1.

    >>> show_text(["all", "the", "pain"], [float("nan"), 0.9, 0.7], ["all", "the", "fun"])
    3 words, 2 of them guessed, 1 of these otherwise than the truth: all the pain
    """
    expected = list(words) if truth is None else list(truth)
    known = _checked(words, shares, expected)
    parts, x, y = list[str](), 4.0, 20.0
    for word, share, true in zip(words, known, expected, strict=True):
        wide = _LETTER * len(word)
        if x + wide > _WIDE and x > 4:
            x, y = 4.0, y + _LINE
        parts += _told(word, x, y, wide, share, BLUE if word == true else ORANGE)
        x += wide + _GAP
    guessed = ~np.isnan(known)
    wrong = np.count_nonzero(guessed & (np.array(words) != np.array(expected)))
    judged = "" if truth is None else f", {wrong} of these otherwise than the truth"
    about = f"{len(words)} words, {guessed.sum()} of them guessed{judged}: {' '.join(words)}"
    return Drawing(document(parts, _WIDE + 8, y + 18, about), about)


def _checked(words: Sequence[str], shares: Any, truth: Sequence[str]) -> np.ndarray:
    """The shares as an array, if they fit the words."""
    known = np.asarray(shares, np.float64)
    if known.shape != (len(words),) or len(truth) != len(words):
        raise ShapeError(f"{len(words)} words, {known.shape} shares, {len(truth)} words of truth", rule="as many of each")
    if not len(words) or np.nanmin(known, initial=0) < 0 or np.nanmax(known, initial=0) > 1:
        raise ArgumentError("a text has words, and shares lie between 0 and 1", hint='show_text(["the", "end"], [1.0, 0.8])')
    return known


def _told(word: str, x: float, y: float, wide: float, share: float, colour: str) -> list[str]:
    """One word, and its bar if it was guessed."""
    if np.isnan(share):
        return [label(word, x, y, size=_SIZE, bold=True)]
    bar = f'<rect x="{x:.1f}" y="{y + 5:.1f}" width="{{:.1f}}" height="5" fill="{{}}" fill-opacity="{{:g}}"/>'
    return [
        label(word, x, y, size=_SIZE, fill=colour if colour == ORANGE else GREY),
        bar.format(wide, GREY, 0.25), bar.format(wide * share, colour, 1),
    ]
