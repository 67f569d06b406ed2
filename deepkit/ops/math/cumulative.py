"""Running sums and products along an axis."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from deepkit.core.apply import apply, convert, is_tensor
from deepkit.core.op import Op, register
from deepkit.core.shape import Shape, normalize_axis, whole
from deepkit.core.static import numbers
from deepkit.core.typing import AnyTensor, Array, ArrayModule, TensorLike
from deepkit.device.dtypes import accumulator
from deepkit.ops.functions import ops
from deepkit.ops.late import late

__all__ = ["cumprod", "cumsum"]


class Cumulative(Op):
    """Base of cumsum and cumprod along `axis`; exclusive leaves the element itself out, reverse starts at the end."""

    axis: int = 0
    exclusive: bool = False
    reverse: bool = False
    kinds = "ifc"

    def shape(self, x: Shape) -> Shape:
        if x.rank is not None:
            normalize_axis(self.axis, x.rank)
        return x

    def _scan(self, xp: ArrayModule, x: Array, function: Callable[..., Any], neutral: int) -> Any:
        x = xp.moveaxis(x, self.axis, -1)
        x = x[..., ::-1] if self.reverse else x
        if self.exclusive:
            x = xp.concatenate([xp.full_like(x[..., :1], neutral), x[..., :-1]], axis=-1)
        y = function(x, axis=-1, dtype=accumulator(x.dtype)).astype(x.dtype, copy=False)
        y = y[..., ::-1] if self.reverse else y
        return xp.ascontiguousarray(xp.moveaxis(y, -1, self.axis))


@register
class Cumsum(Cumulative):
    """The running sum."""

    def forward(self, xp: ArrayModule, x: Array) -> Any:
        return self._scan(xp, x, xp.cumsum, 0)

    def gradient(self, dy: AnyTensor, y: AnyTensor, x: AnyTensor) -> Any:
        return cumsum(dy, self.axis, self.exclusive, not self.reverse)


@register
class Cumprod(Cumulative):
    """The running product. Its gradient is exact where no element is 0; for an element that is 0 it is 0, as in TensorFlow.

    It is computed from x alone: y may be fed, or a second derivative taken by it.
    """

    def forward(self, xp: ArrayModule, x: Array) -> Any:
        return self._scan(xp, x, xp.cumprod, 1)

    def gradient(self, dy: AnyTensor, y: AnyTensor, x: AnyTensor) -> Any:
        product = cumprod(x, self.axis, self.exclusive, self.reverse)
        total = cumsum(dy * ops.conj_if_complex(product), self.axis, self.exclusive, not self.reverse)
        return ops.div_no_nan(total, ops.conj_if_complex(x))


def cumsum(
    x: TensorLike, axis: int = 0, exclusive: bool = False, reverse: bool = False, name: str | None = None
) -> AnyTensor:
    """The running sum along `axis`: [a, b, c] -> [a, a+b, a+b+c].

    x: integer, float or complex, at least one axis; result: its shape and type. exclusive: [0, a, a+b]; reverse:
    [a+b+c, b+c, c]. ShapeError: an axis that x does not have. DTypeError: another type.
    """
    at = numbers(axis)
    if is_tensor(at):
        x = convert(x, beside=at)
        return late(Cumsum, [x], {"axis": at}, x.shape, name=name, exclusive=exclusive, reverse=reverse)
    return apply(Cumsum(axis=at, exclusive=exclusive, reverse=reverse), x, name=name)


def cumprod(
    x: TensorLike, axis: int = 0, exclusive: bool = False, reverse: bool = False, name: str | None = None
) -> AnyTensor:
    """The running product along `axis`: [a, b, c] -> [a, a*b, a*b*c].

    x: integer, float or complex, at least one axis; result: its shape and type. exclusive: [1, a, a*b]; reverse:
    [a*b*c, b*c, c]. ShapeError: an axis that x does not have. DTypeError: another type.
    """
    return apply(Cumprod(axis=whole(numbers(axis)), exclusive=exclusive, reverse=reverse), x, name=name)
