"""A computation with a gradient of one's own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from deepkit.core.apply import apply, is_tensor
from deepkit.core.op import Op, register
from deepkit.core.shape import Shape
from deepkit.core.typing import AnyTensor, Array, ArrayModule
from deepkit.device.dtypes import DType
from deepkit.errors import GradientError

__all__ = ["custom_gradient"]


@register
class CustomGradient(Op):
    """The first `results` inputs as they are; a function makes the derivatives by the other inputs out of theirs."""

    function: Any = None
    results: int = 1
    types = ("any",)
    stateful = True  # never merged with another one: it may have another function

    def shape(self, *shapes: Shape) -> Any:
        return shapes[: self.results]

    def dtype(self, *dtypes: DType) -> Any:
        return dtypes[: self.results]

    def forward(self, xp: ArrayModule, *inputs: Array) -> Any:
        return tuple(xp.array(x) for x in inputs[: self.results])

    def gradient(self, dys: Sequence[AnyTensor], ys: Sequence[AnyTensor], *inputs: AnyTensor) -> Any:
        found = self.function(*dys)
        found = list(found) if isinstance(found, (list, tuple)) else [found]
        count = len(inputs) - self.results
        if len(found) != count:
            raise GradientError(
                f"custom_gradient: the gradient function returned {len(found)} derivatives for {count} arguments",
                rule="one derivative for each argument of the function, None where there is none",
            )
        return (*[None] * self.results, *found)

    def key(self) -> Any:
        return id(self)


def custom_gradient(f: Callable[..., Any]) -> Callable[..., Any]:
    """Decorator of a function that returns (result, grad): `grad(dy)` gives the derivatives by its arguments.

    Of several results grad takes as many derivatives, of several arguments it returns as many. What is computed inside
    has no other derivative; keyword arguments count as constants.
    GradientError: grad returns another number of derivatives than the function has arguments.

    >>> import deepkit as dk
    >>> @dk.ops.custom_gradient
    ... def clipped(x):
    ...     return x * 1.0, lambda dy: dk.clip_by_value(dy, -1.0, 1.0)
    >>> x = dk.tensor([1.0, 2.0])
    >>> dk.gradients(dk.reduce_sum(dk.square(clipped(x))), [x])[0].numpy().tolist()
    [1.0, 1.0]
    """

    def decorated(*args: Any, **kwargs: Any) -> Any:
        from deepkit.ops.functions import ops

        inside = [ops.identity(x) for x in args]
        result, function = f(*inside, **kwargs)
        results = list(result) if isinstance(result, (list, tuple)) else [result]
        results = [r if is_tensor(r) else ops.identity(r) for r in results]
        # the arguments themselves, not their copies inside: the derivatives go round what f computed
        outputs = apply(CustomGradient(function=function, results=len(results)), *results, *args)
        return type(result)(outputs) if isinstance(result, (list, tuple)) else outputs[0]

    decorated.__name__, decorated.__doc__ = getattr(f, "__name__", "decorated"), f.__doc__
    return decorated
