"""Words at their places in the plane, each with a label that covers no other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from deepkit.errors import ArgumentError, ShapeError
from deepkit.viz.graphs.drawing import overlap
from deepkit.viz.grids import document, frame, label
from deepkit.viz.picture import Drawing
from deepkit.viz.style import GREY, PALETTE

_WIDE, _TALL, _RIM = 680.0, 430.0, 46.0  # pixels
_SIZE, _LETTER = 13.0, 7.9  # of a label, and of one of its letters
_Box = tuple[float, float, float, float]


def show_words(words: Sequence[str], places: Any, groups: Mapping[str, Sequence[str]] | None = None) -> Drawing:
    """Draw words where they lie.

    Args:
        words: n of them.
        places: (n, 2), to the right and up.
        groups: words that belong together, by the group's name: they have one colour; the others are grey.

    Raises:
        ShapeError: for another shape of places.
        ArgumentError: without a word, for places that are not finite, or for more groups than there are colours.

    >>> show_words(["cat", "dog", "runs"], embedding, {"animals": ["cat", "dog"]})
    3 words at their places: 2 animals, 1 other
    """
    known = dict(groups or {})
    xs, ys = _spread(words, places)
    if len(known) > len(PALETTE):
        raise ArgumentError(f"{len(known)} groups", rule="six groups at most: as many as there are colours")
    named = dict(zip(known, PALETTE.values(), strict=False))
    colours = {word: named[name] for name, own in known.items() for word in own}
    parts = [frame(2, 2, _WIDE - 4, _TALL - 4)]
    taken = [(x - 5, y - 5, x + 5, y + 5) for x, y in zip(xs, ys, strict=True)]
    for word, x, y in zip(words, xs, ys, strict=True):
        box = next(_free(word, x, y, taken))
        taken.append(box)
        parts += _labelled(word, x, y, box, colours.get(word, GREY))
    parts += _legend(named)
    about = _said(words, known)
    return Drawing(document(parts, _WIDE, _TALL + (28 if known else 4), about), about)


def _spread(words: Sequence[str], places: Any) -> tuple[list[float], list[float]]:
    """x and y of each word in pixels: the places, stretched over the picture."""
    at = np.asarray(places, np.float64)
    if at.shape != (len(words), 2):
        raise ShapeError(f"{len(words)} words at places of shape {at.shape}", rule="(n, 2)")
    if not len(words) or not np.isfinite(at).all():
        raise ArgumentError("no words, or not at finite places", hint='show_words(["cat"], [[0.5, 1.0]])')
    low, high = at.min(axis=0), at.max(axis=0)
    share = (at - low) / np.where(high > low, high - low, 1)
    return (_RIM + share[:, 0] * (_WIDE - 2 * _RIM)).tolist(), (_RIM + (1 - share[:, 1]) * (_TALL - 2 * _RIM)).tolist()


def _said(words: Sequence[str], groups: Mapping[str, Sequence[str]]) -> str:
    """How many words there are of each group."""
    if not groups:
        return f"{len(words)} words at their places"
    counts = {name: sum(word in own for word in words) for name, own in groups.items()}
    counts["other"] = len(words) - sum(counts.values())
    return f"{len(words)} words at their places: {', '.join(f'{count} {name}' for name, count in counts.items())}"


def _legend(named: Mapping[str, str]) -> list[str]:
    """The groups' names in their colours, in a row below."""
    x, parts = 4.0, []
    for name, colour in named.items():
        parts.append(label(f"● {name}", x, _TALL + 18, size=_SIZE, fill=colour))
        x += _LETTER * (len(name) + 4)
    return parts


def _free(word: str, x: float, y: float, taken: Sequence[_Box]) -> Iterator[_Box]:
    """The boxes of a label near (x, y) that cover nothing taken and lie in the picture, the nearest first; then any."""
    found = [box for far in range(8, 96, 8) for box in _around(_LETTER * len(word), x, y, far) if _inside(box)]
    yield from (box for box in found if not any(overlap(box, other) for other in taken))
    yield from found


def _around(wide: float, x: float, y: float, far: float) -> list[_Box]:
    """Eight boxes of that width around (x, y), `far` away: right, left, above, below and between."""
    tall = _SIZE + 2
    lefts = {1: x + far, -1: x - far - wide, 0: x - wide / 2}
    sides = [(right, down) for right in (1, -1, 0) for down in (0, -1, 1) if (right, down) != (0, 0)]
    tops = {down: y + down * far - tall / 2 for down in (0, -1, 1)}
    return [(lefts[right], tops[down], lefts[right] + wide, tops[down] + tall) for right, down in sides]


def _inside(box: _Box) -> bool:
    left, top, right, bottom = box
    return left > 4 and top > 4 and right < _WIDE - 4 and bottom < _TALL - 4


def _labelled(word: str, x: float, y: float, box: _Box, colour: str) -> list[str]:
    """A dot, its label, and a thin line between them where they are far apart."""
    left, top, right, bottom = box
    near = min(max(x, left), right), min(max(y, top), bottom)
    parts = [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{colour}"/>', label(word, left, bottom - 3, size=_SIZE, fill=colour)]
    if np.hypot(near[0] - x, near[1] - y) > 14:
        parts.append(f'<path d="M{x:.1f} {y:.1f}L{near[0]:.1f} {near[1]:.1f}" stroke="{colour}" stroke-opacity="0.5"/>')
    return parts
