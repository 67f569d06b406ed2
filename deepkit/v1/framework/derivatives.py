"""`tf.gradients` and `tf.hessians`; gradients of one's own, brought along by a function or registered for ops."""

from __future__ import annotations

import functools
import itertools
import warnings
from collections.abc import Callable
from typing import Any

from deepkit import ops
from deepkit.core import autodiff
from deepkit.core.autodiff import UnconnectedGradients
from deepkit.core.control_flow import loops
from deepkit.core.nest import leaves, listed
from deepkit.core.overrides import RegisterGradient
from deepkit.core.overrides import no_gradient as NotDifferentiable
from deepkit.device.dtypes import as_dtype
from deepkit.errors import GraphWarning
from deepkit.v1.framework.symbolic import constant_of

__all__ = [
    "AggregationMethod", "NoGradient", "NotDifferentiable", "RegisterGradient", "UnconnectedGradients", "custom_gradient",
    "gradients", "hessians",
]

NoGradient = NotDifferentiable


class AggregationMethod:
    """How gradients that meet are added, which `aggregation_method` chooses; the sum is the same."""

    ADD_N = DEFAULT = 0
    EXPERIMENTAL_TREE = 1
    EXPERIMENTAL_ACCUMULATE_N = 2


def gradients(
    ys: Any, xs: Any, grad_ys: Any = None, name: str = "gradients", colocate_gradients_with_ops: bool = False,
    gate_gradients: bool = False, aggregation_method: Any = None, stop_gradients: Any = None,
    unconnected_gradients: Any = UnconnectedGradients.NONE,
) -> list[Any]:
    """The derivatives of sum(ys) by each of xs; None, with a warning that says why, where nothing connects them.

    unconnected_gradients: UnconnectedGradients.ZERO, or "zero", gives zeros there. stop_gradients: tensors whose own
    dependence on others does not count. ys of integers or truths have no derivative: a warning says so.
    """
    ys, grad_ys = _with_derivatives(leaves(ys), grad_ys)
    return autodiff.gradients(
        ys, xs, grad_ys, name, stop_gradients, warn=bool(ys), slices=True, unconnected_gradients=unconnected_gradients
    )


def _with_derivatives(ys: list[Any], grad_ys: Any) -> tuple[list[Any], Any]:
    """Those of ys that can have a derivative, and their weights."""
    kept = [not hasattr(y, "dtype") or as_dtype(y.dtype).is_differentiable or y.dtype == "string" for y in ys]
    for y in itertools.compress(ys, [not keeps for keeps in kept]):
        warnings.warn(
            f"{y.name} is {y.dtype.name}: it has no derivative; cast to float32 before the computation, not after it",
            GraphWarning, stacklevel=3,
        )
    if grad_ys is not None and not all(kept) and len(weights := listed(grad_ys)) == len(ys):
        grad_ys = list(itertools.compress(weights, kept))
    return list(itertools.compress(ys, kept)), grad_ys


def custom_gradient(f: Callable[..., Any]) -> Callable[..., Any]:
    """Decorator of a function that returns (result, grad): `grad(dy)` gives the derivatives by its arguments.

    >>> import deepkit.v1 as tf
    >>> @tf.custom_gradient
    ... def turned(x):
    ...     return tf.identity(x), lambda dy: -dy
    >>> with tf.Graph().as_default(), tf.Session() as sess:
    ...     x = tf.constant(3.0)
    ...     print(float(sess.run(tf.gradients(turned(x), x))[0]))
    -1.0
    """
    inner = ops.custom_gradient(f)

    @functools.wraps(f)
    def decorated(*args: Any, **kwargs: Any) -> Any:
        return inner(*[constant_of(x) for x in args], **kwargs)

    return decorated


def hessians(
    ys: Any, xs: Any, name: str = "hessians", colocate_gradients_with_ops: bool = False, gate_gradients: bool = False,
    aggregation_method: Any = None,
) -> list[Any]:
    """The second derivatives of sum(ys) by each x, of any shape: tensors of shape x.shape + x.shape.

    They are derivatives of the entries of the first one, taken in a loop, so that lengths need not be known beforehand.
    """
    results = []
    for x in xs if isinstance(xs, (list, tuple)) else [xs]:
        (first,) = autodiff.gradients(ys, [x], unconnected_gradients="zero")
        flat = ops.reshape(first, [-1])

        def row(_: Any, i: list[Any], flat: Any = flat, x: Any = x) -> Any:
            return [], autodiff.gradients(flat[i[0]], [x], unconnected_gradients="zero", warn=False)

        _, (rows,) = loops.scan(row, [], [ops.range(ops.size(flat))])
        lengths = ops.shape(x)
        result = ops.reshape(rows, ops.concat([lengths, lengths], 0))
        if x.shape.lengths is not None:
            result.set_shape(x.shape.lengths * 2)
        results.append(result)
    return results
