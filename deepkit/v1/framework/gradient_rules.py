"""Gradients of one's own: functions that bring theirs along, and rules for the ops made inside a `with` block."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from deepkit import ops
from deepkit.core.overrides import RegisterGradient
from deepkit.core.overrides import no_gradient as NotDifferentiable
from deepkit.v1.framework.symbolic import constant_of

__all__ = ["NoGradient", "NotDifferentiable", "RegisterGradient", "custom_gradient"]

NoGradient = NotDifferentiable


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
