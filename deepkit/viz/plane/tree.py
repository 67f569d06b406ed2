"""A decision tree drawn: its questions, how many examples come to each, and of which classes they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from deepkit.errors import ArgumentError
from deepkit.viz.grids import document, frame, label
from deepkit.viz.picture import Drawing
from deepkit.viz.style import GREY, PALETTE

_WIDE, _TALL, _GAP, _DOWN = 148.0, 58.0, 14.0, 92.0
_INK = "#101010"


def show_tree(tree: Any, features: Sequence[str] | None = None, classes: Sequence[str] | None = None, *,
              deepest: int = 3, measure: str = "gini") -> Drawing:
    """Draw a tree: to the left where the answer is yes; the paler a box is, the more its classes are mixed.

    Args:
        tree: with `feature`, `threshold`, `yes`, `no`, `weight`, `impurity`, and as `value` the (k,) shares of the classes.
        features, classes: their names; "x1", "x2", ... and "0", "1", ... by default.
        deepest: how many questions on the way are drawn; below it stand the leaves' numbers as of boxes that go on.
        measure: the name of the impurity.

    Raises:
        ArgumentError: for a tree whose values are not shares of classes.

    >>> show_tree(Tree(2).fit(iris.data, np.eye(3)[iris.target]), iris.feature_names, iris.target_names)
    """
    names = _names(tree, classes)
    boxes: list[tuple[Any, float, int, int | None]] = []
    wide = _place(tree, deepest, 0, 0.0, boxes)
    places = [(x, 8 + level * _DOWN) for _, x, level, _ in boxes]
    parts = [_way(places[parent], place) for (*_, parent), place in zip(boxes, places, strict=True) if parent is not None]
    told = [_lines(node, features, names, measure) for node, *_ in boxes]
    for (node, *_), (x, y), lines in zip(boxes, places, told, strict=True):
        parts.append(frame(x - _WIDE / 2, y, _WIDE, _TALL, fill=_tint(np.asarray(node.value)), wide=0.8))
        parts += _stacked(lines, x, y)
    sentence = "; ".join(f"{lines[0]} ({node.weight:g})" for (node, *_), lines in zip(boxes, told, strict=True))
    height = 8 + max(level for _, _, level, _ in boxes) * _DOWN + _TALL + 8
    return Drawing(document(parts, wide + 8, height, sentence), sentence)


def _names(tree: Any, classes: Sequence[str] | None) -> list[str]:
    """Of the classes; ArgumentError if the tree's values are not their shares."""
    if np.ndim(tree.value) != 1 or abs(float(np.sum(tree.value)) - 1) > 1e-6:
        raise ArgumentError(f"a tree whose value is {tree.value}", rule="shares of classes, which add up to 1",
                            hint="Tree(2).fit(x, np.eye(k)[labels])")
    return list(classes) if classes is not None else [str(k) for k in range(len(tree.value))]


def _stacked(lines: Sequence[str], x: float, y: float) -> list[str]:
    """Lines of a box, the first one bold."""
    return [label(text, x, y + 17 + 16 * k, size=11, anchor="middle", fill=_INK, bold=k == 0) for k, text in enumerate(lines)]


def _way(parent: tuple[float, float], child: tuple[float, float]) -> str:
    """The line from a box to one below it, with the answer that leads there."""
    (px, py), (x, y) = parent, child
    left = x < px
    return f'<path d="M{px:.1f} {py + _TALL:.1f}L{x:.1f} {y:.1f}" stroke="{GREY}" stroke-width="1.4"/>' + label(
        "yes" if left else "no", (x + px) / 2 + (-8 if left else 8), (y + py + _TALL) / 2, size=11,
        anchor="end" if left else "start")


def _place(node: Any, left: int, level: int, x: float, boxes: list[tuple[Any, float, int, int | None]],
           parent: int | None = None) -> float:
    """Append (node, middle, level, place of its parent) for the node and what is below it; the x to go on from."""
    here = len(boxes)
    boxes.append((node, 0.0, level, parent))
    if node.yes is None or left == 0:
        boxes[here] = (node, x + _WIDE / 2 + _GAP / 2, level, parent)
        return x + _WIDE + _GAP
    first = len(boxes)
    x = _place(node.yes, left - 1, level + 1, x, boxes, here)
    second = len(boxes)
    x = _place(node.no, left - 1, level + 1, x, boxes, here)
    boxes[here] = (node, (boxes[first][1] + boxes[second][1]) / 2, level, parent)
    return x


def _lines(node: Any, features: Sequence[str] | None, classes: Sequence[str], measure: str) -> list[str]:
    """Question or class, impurity and number of examples, and how many of each class."""
    shares = np.asarray(node.value)
    if node.yes is None:
        head = classes[int(shares.argmax())]
    else:
        head = f"{features[node.feature] if features is not None else f'x{node.feature + 1}'} ≤ {node.threshold:.4g}"
    counts = " ".join(f"{count:g}" for count in np.round(shares * node.weight, 3))
    return [head, f"{measure} {node.impurity:.3f}, n {node.weight:g}", f"[{counts}]"]


def _tint(shares: np.ndarray) -> str:
    """Towards white the colour of the largest class, by how far it is above an even share."""
    colours = [PALETTE[name] for name in ("blue", "orange", "green", "pink", "violet", "brown")]
    most = int(shares.argmax())
    pure = (float(shares[most]) - 1 / len(shares)) / (1 - 1 / len(shares)) if len(shares) > 1 else 1.0
    full = np.array([int(colours[most % len(colours)][i : i + 2], 16) for i in (1, 3, 5)])
    return "#" + "".join(f"{int(v):02x}" for v in np.rint(255 + 0.62 * max(pure, 0.05) * (full - 255)))
