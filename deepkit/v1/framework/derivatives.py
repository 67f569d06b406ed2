"""`tf.gradients` and `tf.hessians`; gradients of one's own, brought along by a function or registered for ops."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from deepkit import ops
from deepkit.core import autodiff
from deepkit.core.autodiff import UnconnectedGradients
from deepkit.core.overrides import RegisterGradient
from deepkit.core.overrides import no_gradient as NotDifferentiable
from deepkit.errors import ShapeError
from deepkit.v1.framework.symbolic import constant_of

__all__ = [
    "NoGradient", "NotDifferentiable", "RegisterGradient", "UnconnectedGradients", "custom_gradient", "gradients", "hessians",
]

NoGradient = NotDifferentiable


def gradients(
    ys: Any, xs: Any, grad_ys: Any = None, name: str = "gradients", colocate_gradients_with_ops: bool = False,
    gate_gradients: bool = False, aggregation_method: Any = None, stop_gradients: Any = None,
    unconnected_gradients: Any = UnconnectedGradients.NONE,
) -> list[Any]:
    """The derivatives of sum(ys) by each of xs; None, with a warning that says why, where nothing connects them.

    unconnected_gradients: UnconnectedGradients.ZERO, or "zero", gives zeros there. stop_gradients: tensors whose own
    dependence on others does not count.
    """
    return autodiff.gradients(
        ys, xs, grad_ys, name, stop_gradients, slices=True, unconnected_gradients=unconnected_gradients
    )


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
    """The second derivatives of sum(ys) by each vector x (n,): matrices (n, n)."""
    results = []
    for x in xs if isinstance(xs, (list, tuple)) else [xs]:
        if x.shape.rank != 1 or x.shape.dims[0] is None:
            raise ShapeError(f"hessians by {x.name} of shape {x.shape}", rule="a vector of known length")
        (first,) = autodiff.gradients(ys, [x])
        rows = [autodiff.gradients(first[i], [x], warn=False)[0] for i in range(x.shape.dims[0])]
        zero = ops.zeros_like(x)
        results.append(ops.stack([zero if row is None else row for row in rows]))
    return results
