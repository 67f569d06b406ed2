"""Words at their places in the plane, each with a label that covers no other."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from deepkit.errors import ArgumentError, ShapeError
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
    at, known = np.asarray(places, np.float64), dict(groups or {})
    if at.shape != (len(words), 2):
        raise ShapeError(f"{len(words)} words at places of shape {at.shape}", rule="(n, 2)")
    if not len(words) or not np.isfinite(at).all() or len(known) > len(PALETTE):
        raise ArgumentError("words at finite places, in six groups at most", hint='show_words(["cat"], [[0.5, 1.0]])')
    colours = {word: colour for (_, own), colour in zip(known.items(), PALETTE.values(), strict=False) for word in own}
    low, high = at.min(axis=0), at.max(axis=0)
    share = (at - low) / np.where(high > low, high - low, 1)
    xs, ys = _RIM + share[:, 0] * (_WIDE - 2 * _RIM), _RIM + (1 - share[:, 1]) * (_TALL - 2 * _RIM)
    dots = [(x - 5, y - 5, x + 5, y + 5) for x, y in zip(xs, ys, strict=True)]
    parts, taken = [frame(2, 2, _WIDE - 4, _TALL - 4)], list(dots)
    for word, x, y in zip(words, xs, ys, strict=True):
        colour = colours.get(word, GREY)
        box = _free(word, float(x), float(y), taken)
        taken.append(box)
        parts += _labelled(word, float(x), float(y), box, colour)
    x = 4.0
    for (name, _), colour in zip(known.items(), PALETTE.values(), strict=False):
        parts.append(label(f"● {name}", x, _TALL + 18, size=_SIZE, fill=colour))
        x += _LETTER * (len(name) + 4)
    counts = [f"{sum(word in own for word in words)} {name}" for name, own in known.items()]
    other = sum(word not in colours for word in words)
    about = f"{len(words)} words at their places" + (f": {', '.join(counts)}, {other} other" if counts else "")
    return Drawing(document(parts, _WIDE, _TALL + (28 if known else 4), about), about)


def _free(word: str, x: float, y: float, taken: Sequence[_Box]) -> _Box:
    """The box of a label near (x, y) that covers nothing taken, in the picture; the nearest one where there is none."""
    wide, tall = _LETTER * len(word), _SIZE + 2
    found = [
        (left, top, left + wide, top + tall)
        for far, (right, down) in itertools.product(range(8, 96, 8), itertools.product((1, -1, 0), (0, -1, 1)))
        if (right, down) != (0, 0)
        for left in (x + far if right > 0 else x - far - wide if right < 0 else x - wide / 2,)
        for top in (y + down * far - tall / 2,)
        if left > 4 and left + wide < _WIDE - 4 and top > 4 and top + tall < _TALL - 4
    ]
    return next((box for box in found if not any(_meet(box, other) for other in taken)), found[0])


def _meet(a: _Box, b: _Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _labelled(word: str, x: float, y: float, box: _Box, colour: str) -> list[str]:
    """A dot, its label, and a thin line between them where they are far apart."""
    left, top, right, bottom = box
    near = min(max(x, left), right), min(max(y, top), bottom)
    parts = [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{colour}"/>', label(word, left, bottom - 3, size=_SIZE, fill=colour)]
    if np.hypot(near[0] - x, near[1] - y) > 14:
        parts.append(f'<path d="M{x:.1f} {y:.1f}L{near[0]:.1f} {near[1]:.1f}" stroke="{colour}" stroke-opacity="0.5"/>')
    return parts
