"""A layer drawn: what goes in, the weights it holds, what comes out, each as sheets of numbers with its shape."""

from __future__ import annotations

import inspect
import math
from collections.abc import Sequence
from typing import Any

from deepkit.core.shape import Shape
from deepkit.viz.grids import BLUE, ORANGE, document, label
from deepkit.viz.operators.asking import signature
from deepkit.viz.operators.cards import COLUMNS, heading
from deepkit.viz.operators.layer_asking import LayerAnswer, Trial, asked_about, shapes_in_words
from deepkit.viz.picture import Drawing
from deepkit.viz.style import GREY

_SIDE, _SHEETS, _CELLS, _STEP = 92.0, 6, 16, 6.0  # pixels; sheets and cells of a side at most; pixels between sheets
_GAP = 34.0


def show_layer(layer: Any, *shapes: tuple[int, ...]) -> Drawing:
    """The card of a layer object on inputs of these shapes, without the batch axis; the object itself stays as it is.

    >>> show_layer(Conv2D(4, 3), (8, 8, 3))
    Conv2D(filters=4, kernel_size=3): (8, 8, 3) → (6, 6, 4), 112 weights
    """
    return draw_trial(asked_about(layer, shapes))


def draw_trial(trial: Trial, name: str | None = None) -> Drawing:
    """The card of a trial.

    Raises:
        DeepkitError: the layer's own refusal, if the shapes do not fit.
    """
    answer = trial.ask()
    if answer.refusal is not None:
        raise answer.refusal
    said = f"{name or trial.cls.__name__}({trial.written})"
    sentence = f"{said}: {shapes_in_words(trial.shapes)} → {answer.result}{answer.more}"
    parts, y = heading(said, signature(trial.cls), inspect.cleandoc(trial.cls.__doc__ or ""))
    drawn, right, bottom = _flow(answer, y + 4)
    parts += drawn
    parts.append(label(_told(answer), 8, bottom + 20))
    return Drawing(document(parts, max(right, 7.3 * COLUMNS) + 12, bottom + 32, sentence), sentence)


def _told(answer: LayerAnswer) -> str:
    counts = " + ".join(f"{math.prod(shape):,}" for shape in answer.weights.values())
    learned = f"{counts} = {answer.count:,} weights" if len(answer.weights) > 1 else f"{answer.count:,} weights"
    acts = {True: "; in training it acts differently", False: "; in training it acts the same", None: ""}
    return (learned if answer.weights else "no weights") + acts[answer.acts_in_training]


def _flow(answer: LayerAnswer, y: float) -> tuple[list[str], float, float]:
    """Inputs, weights and output from left to right: (parts, right end, lower end)."""
    x, bottom, parts = 8.0, y, list[str]()
    columns = [("in", [("", shape) for shape in answer.shapes], GREY),
               ("weights", list(answer.weights.items()), ORANGE),
               ("out", [("", answer.made[0])] if answer.made else [], BLUE)]
    longest = max(max(_folded(shape)[:2]) for _, things, _ in columns for _, shape in things)
    unit = _SIDE / max(longest, 8)
    for title, things, colour in [column for column in columns if column[1]]:
        if parts:
            arrow = f"M{x:.1f} {y + 62:.1f}h{_GAP - 12:.1f}m-6 -4l6 4l-6 4"
            parts.append(f'<path d="{arrow}" fill="none" stroke="{GREY}" stroke-width="1.6"/>')
            x += _GAP
        parts.append(label(title, x, y + 8, size=10))
        below, wide = y + 16, 40.0
        for name, shape in things:
            drawn, width, height = _sheets(shape, x, below, colour, unit)
            text = f"{name} {Shape(shape)}".strip()
            parts += [drawn, label(text, x, below + height + 13, size=11)]
            below, wide = below + height + 24, max(wide, width, 6.8 * len(text))
        x, bottom = x + wide + 12, max(bottom, below)
    return parts, x, max(bottom, y + 90)


def _sheets(shape: Sequence[int], x: float, y: float, colour: str, unit: float) -> tuple[str, float, float]:
    """An array as sheets behind each other, `unit` pixels for a number: (drawn, width, height)."""
    rows, columns, sheets = _folded(shape)
    tall, wide, count = max(rows * unit, 4.0), max(columns * unit, 4.0), min(sheets, _SHEETS)
    behind = (count - 1) * _STEP
    parts = [
        f'<rect x="{x + k * _STEP:.1f}" y="{y + behind - k * _STEP:.1f}" width="{wide:.1f}" height="{tall:.1f}" '
        f'fill="{colour}" fill-opacity="0.28" stroke="{colour}" stroke-width="1"/>'
        for k in reversed(range(count))
    ]
    if unit >= _SIDE / _CELLS and rows * columns > 1:
        across = "".join(f"M{x:.1f} {y + behind + i * unit:.1f}h{wide:.1f}" for i in range(1, rows))
        down = "".join(f"M{x + j * unit:.1f} {y + behind:.1f}v{tall:.1f}" for j in range(1, columns))
        parts.append(f'<path d="{across}{down}" stroke="{colour}" stroke-opacity="0.6" stroke-width="0.7" fill="none"/>')
    return "".join(parts), wide + behind, tall + behind


def _folded(shape: Sequence[int]) -> tuple[int, int, int]:
    """(rows, columns, sheets): a vector is a column; of more than two axes the first two lie on a sheet."""
    if len(shape) < 2:
        return max(math.prod(shape), 1), 1, 1
    return max(shape[0], 1), max(shape[1], 1), max(math.prod(shape[2:]), 1)
