"""Neurons and layers as books draw them: circles for units, arrows for weights, their numbers written beside."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from deepkit import ops
from deepkit.core.tensor import Tensor
from deepkit.errors import ArgumentError, ShapeError
from deepkit.viz.grids import BLUE, ORANGE, document, frame, label, number
from deepkit.viz.picture import Drawing
from deepkit.viz.style import GREY

_WIDE, _TOP, _RADIUS = 660.0, 46.0, 15.0


def step(z: Any) -> Any:
    """1 from zero on, 0 below: the threshold of a perceptron, as a tensor of z's type."""
    return ops.cast(ops.greater_equal(z, 0.0), z.dtype)


FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "step": step, "relu": ops.relu, "sigmoid": ops.sigmoid, "tanh": ops.tanh, "none": ops.identity,
}


def show_neuron(inputs: Sequence[float], weights: Sequence[float], bias: float = 0.0, activation: str = "step") -> Drawing:
    """Draw one neuron at work: y = f(w · x + b), with its numbers.

    >>> show_neuron([1, 0], [1, 1], -1.5)
    x = 1, 0; w = 1, 1; b = -1.50: the sum is -0.50, step makes it 0
    """
    if activation not in FUNCTIONS:
        raise ArgumentError(f"activation={activation!r}", rule=f"one of {', '.join(FUNCTIONS)}")
    x, w = np.asarray(inputs, np.float64), np.asarray(weights, np.float64)
    if x.ndim != 1 or x.shape != w.shape or not len(x):
        raise ShapeError(f"inputs of shape {x.shape}, weights of shape {w.shape}", rule="as many weights as inputs, in a row")
    z = float(w @ x + bias)
    y = float(FUNCTIONS[activation](Tensor(np.float64(z))).numpy())
    said = (f"x = {', '.join(map(number, x))}; w = {', '.join(map(number, w))}; b = {number(bias)}: the sum is {number(z)}, "
            f"{activation} makes it {number(y)}")
    rows = [(f"x{i}", value, f"w{i} = {number(weight)}", weight) for i, (value, weight) in enumerate(zip(x, w, strict=True), 1)]
    rows.append(("", 1.0, f"b = {number(bias)}", float(bias)))
    gap, left, middle = 56.0, 64.0, _TOP + 28.0 * len(x)
    parts, sum_at, box = [], (290.0, middle), (360.0, middle - 34)
    for i, (name, value, told, weight) in enumerate(rows):
        y_at = _TOP + i * gap
        parts += [_arrow((left, y_at), sum_at, BLUE if weight < 0 else ORANGE, 2.0), _circle(left, y_at, number(value)),
                  label(name, left - 24, y_at + 4, anchor="end")]
        down = y_at < sum_at[1]  # the words stand where the arrow leads away from them
        along = left + 0.2 * (sum_at[0] - left), y_at + 0.2 * (sum_at[1] - y_at)
        parts.append(label(told, along[0], along[1] + (-6 if down else 15)))
    parts += [_arrow(sum_at, (box[0], middle), GREY, 1.6, end_gap=2), _circle(*sum_at, "Σ", 19),
              label(f"z = {number(z)}", sum_at[0], middle + 38, anchor="middle", bold=True)]
    parts += _curve(FUNCTIONS[activation], *box, 68, z, y)
    parts.append(label(activation, box[0] + 34, box[1] - 8, anchor="middle", bold=True))
    parts += [_arrow((box[0] + 68, middle), (box[0] + 156, middle), GREY, 1.6, begin=2), _circle(box[0] + 156, middle, "y"),
              label(f"y = {number(y)}", box[0] + 156, middle + 36, anchor="middle", bold=True)]
    return Drawing(document(parts, box[0] + 210, _TOP + gap * len(x) + 44, said), said)


def show_network(sizes: Sequence[int], names: Sequence[str] = (), weights: Sequence[Any] = (), most: int = 8) -> Drawing:
    """Draw layers of units, everyone joined to everyone of the next layer.

    Args:
        sizes: units of each layer, the inputs first.
        names: one for each layer, written above it.
        weights: of each layer after the inputs its matrix (inputs, units); arrows are orange for positive weights and blue
            for negative ones, and the thicker the larger. Without them all arrows are grey.
        most: of larger layers so many units are drawn.

    >>> show_network([3, 5, 5, 1])
    3-5-5-1: 45 arrows between layers, 56 numbers to learn
    """
    if len(sizes) < 2 or min(sizes) < 1 or most < 2:
        raise ArgumentError(f"layers of {list(sizes)} units", rule="two layers or more, each of one unit or more")
    titles, matrices = _fitting(sizes, names, weights)
    shown = [min(size, most) for size in sizes]
    tall, apart = 40.0 * max(shown), (_WIDE - 160) / (len(sizes) - 1)
    places = [[(80 + i * apart, _TOP + (k + 0.5) * tall / n) for k in range(n)] for i, n in enumerate(shown)]
    parts = []
    for (here, there), w in zip(itertools.pairwise(places), matrices, strict=True):
        parts += _arrows(here, there, w)
    for layer, size, title in zip(places, sizes, titles, strict=True):
        parts += _units(layer, size, title, _TOP + tall + 16)
    arrows = sum(a * b for a, b in itertools.pairwise(sizes))
    said = f"{'-'.join(map(str, sizes))}: {arrows:,} arrows between layers, {arrows + sum(sizes[1:]):,} numbers to learn"
    return Drawing(document(parts, _WIDE, _TOP + tall + 28, said), said)


def _fitting(sizes: Sequence[int], names: Sequence[str], weights: Sequence[Any]) -> tuple[list[str], list[Any]]:
    """A title for each layer, and a matrix or None between each two of them."""
    if names and len(names) != len(sizes):
        raise ShapeError(f"{len(names)} names for {len(sizes)} layers", rule="one for each, or none")
    expected, matrices = list(itertools.pairwise(sizes)), [np.asarray(w, np.float64) for w in weights]
    if matrices and [w.shape for w in matrices] != expected:
        raise ShapeError(f"weights of shapes {[w.shape for w in matrices]}", rule=f"{expected}")
    return list(names) or [""] * len(sizes), matrices or [None] * len(expected)


def _units(places: Sequence[tuple[float, float]], size: int, title: str, bottom: float) -> list[str]:
    """A layer's circles, dots in the last but one where it has more units than circles, its title and its size."""
    dots = len(places) - 2 if size > len(places) else -1
    circles = [_circle(x, y, "…" if k == dots else "") for k, (x, y) in enumerate(places)]
    return [*circles, label(title, places[0][0], 20, anchor="middle", bold=True),
            label(f"{size}", places[0][0], bottom, anchor="middle")]


def _arrows(here: Sequence[tuple[float, float]], there: Sequence[tuple[float, float]], weights: Any) -> list[str]:
    """From every unit of a layer to every unit of the next."""
    return [_arrow(start, end, *_look(weights, a, b)) for a, start in enumerate(here) for b, end in enumerate(there)]


def _look(weights: Any, a: int, b: int) -> tuple[str, float]:
    if weights is None:
        return GREY, 0.9
    share = abs(weights[a, b]) / max(float(np.abs(weights).max()), 1e-12)
    return (ORANGE if weights[a, b] > 0 else BLUE), 0.4 + 3.6 * float(share)


def _circle(x: float, y: float, text: str, radius: float = _RADIUS) -> str:
    return (f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:g}" fill="#ececec" stroke="{GREY}" stroke-width="1.4"/>'
            + label(text, x, y + 4, anchor="middle", fill="#202020", size=12 if len(text) < 4 else 10))


def _arrow(start: tuple[float, float], end: tuple[float, float], stroke: str, wide: float, *, begin: float = _RADIUS,
           end_gap: float = _RADIUS + 3) -> str:
    """A line between the rims of two circles, with a small head."""
    (a, b), (c, d) = start, end
    length = float(np.hypot(c - a, d - b))
    across, down = (c - a) / length, (d - b) / length
    a, b, c, d = a + begin * across, b + begin * down, c - end_gap * across, d - end_gap * down
    back = [(c - 6 * across + side * down, d - 6 * down - side * across) for side in (3, -3)]
    head = "M" + f"L{c:.1f} {d:.1f}L".join(f"{u:.1f} {v:.1f}" for u, v in back)
    return f'<path d="M{a:.1f} {b:.1f}L{c:.1f} {d:.1f}{head}" stroke="{stroke}" stroke-width="{wide:.2f}" fill="none"/>'


def _curve(function: Callable[[Any], Any], x: float, y: float, side: float, z: float, value: float) -> list[str]:
    """A small panel of the function from -3 to 3, with a dot where the neuron is."""
    at = np.linspace(-3, 3, 121)
    heights = np.asarray(function(Tensor(at)).numpy(), np.float64)

    def place(a: Any, b: Any) -> tuple[Any, Any]:
        return x + side * (np.clip(a, -3, 3) + 3) / 6, y + side * (3 - np.clip(b, -3, 3)) / 6

    told = "L".join(f"{a:.1f} {b:.1f}" for a, b in zip(*place(at, heights), strict=True))
    (dot_x, dot_y), middle = place(z, value), side / 2
    return [frame(x, y, side, side, wide=0.8),
            f'<path d="M{x:g} {y + middle:g}h{side:g}M{x + middle:g} {y:g}v{side:g}" stroke="{GREY}" stroke-width="0.5"/>',
            f'<path d="M{told}" stroke="{GREY}" stroke-width="2" fill="none"/>',
            f'<circle cx="{dot_x:.1f}" cy="{dot_y:.1f}" r="4.5" fill="{ORANGE}"/>']
