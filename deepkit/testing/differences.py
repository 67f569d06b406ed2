"""Derivatives without calculus: how much a number changes when one input changes a little."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np


def numeric_gradient(
    function: Callable[..., float], inputs: Sequence[np.ndarray], wrt: int, step: float = 1e-6
) -> np.ndarray:
    """The derivative of a number function(*inputs) by inputs[wrt], by central differences in float64.

    (f(x + h) - f(x - h)) / 2h, for one element after the other; its error shrinks with h squared.

    >>> numeric_gradient(lambda x: float((x ** 3).sum()), [np.array([2.0])], 0).round(4)
    array([12.])
    """
    x = np.array(inputs[wrt], dtype=np.float64)
    result = np.empty_like(x)
    arguments = list(inputs)
    for position in np.ndindex(x.shape):
        h = step * max(1.0, abs(float(x[position])))
        values = []
        for signed in (h, -h):
            moved = x.copy()
            moved[position] += signed
            arguments[wrt] = moved
            values.append(function(*arguments))
        result[position] = (values[0] - values[1]) / (2 * h)
    return result
