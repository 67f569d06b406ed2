"""Where the largest and the smallest number along an axis stand."""

from __future__ import annotations

from typing import Any, Protocol

from deepkit.core.apply import apply, convert, is_tensor
from deepkit.core.op import Op, register
from deepkit.core.shape import Shape, reduced
from deepkit.core.static import numbers
from deepkit.core.typing import AnyTensor, Array, ArrayModule, DTypeLike, IntLike, TensorLike
from deepkit.device.arrays import may_look
from deepkit.device.dtypes import DType, as_dtype
from deepkit.ops.define import named
from deepkit.ops.late import late, unknown

__all__ = ["arg_max", "arg_min", "argmax", "argmin"]


class Position(Op):
    """Base of argmax and argmin: the first position of the extreme along `axis`."""

    axis: int = 0
    output_type: DType = as_dtype("int64")
    kinds = "bif"
    gradient = None

    def shape(self, x: Shape) -> Shape:
        return reduced(x, self.axis, False)

    def dtype(self, x: DType) -> DType:
        return self.output_type

    def find(self, xp: ArrayModule, x: Array) -> Any:
        """NumPy's answer, which is the first NaN where there is one."""
        raise TypeError(f"{self.type} does not define find")

    def forward(self, xp: ArrayModule, x: Array) -> Any:
        found = self.find(xp, x)
        if x.dtype.kind == "f" and (not may_look(xp) or bool(
            xp.isnan(xp.take_along_axis(x, xp.expand_dims(found, self.axis), self.axis)).any()
        )):
            least = -xp.inf if isinstance(self, ArgMax) else xp.inf
            found = self.find(xp, xp.where(xp.isnan(x), x.dtype.type(least), x))  # NaN is no extreme, as in TensorFlow
        return found.astype(self.output_type.numpy)


@register
class ArgMax(Position):
    """The position of the largest element along an axis (the first if there are several)."""

    def find(self, xp: ArrayModule, x: Array) -> Any:
        return x.argmax(axis=self.axis)


@register
class ArgMin(Position):
    """The position of the smallest element along an axis (the first if there are several)."""

    def find(self, xp: ArrayModule, x: Array) -> Any:
        return x.argmin(axis=self.axis)


class PositionFunction(Protocol):
    """A public function that finds an element along an axis."""

    def __call__(
        self, input: TensorLike, axis: IntLike | None = None, name: str | None = None, dimension: IntLike | None = None,
        output_type: DTypeLike = "int64",
    ) -> AnyTensor: ...


def _position(cls: type[Position], name: str) -> PositionFunction:
    def function(
        input: TensorLike, axis: IntLike | None = None, name: str | None = None, dimension: IntLike | None = None,
        output_type: DTypeLike = "int64",
    ) -> AnyTensor:
        at = numbers(0 if axis is None and dimension is None else dimension if axis is None else axis)
        if is_tensor(at):
            x = convert(input, beside=at)
            static = unknown(x.shape.rank, -1)
            return late(cls, [x], {"axis": at}, static, name=name, output_type=as_dtype(output_type))
        return apply(cls(axis=at, output_type=as_dtype(output_type)), input, name=name)

    doc = f"""{cls.__doc__}

    input: at least one axis; bool, integer, float. Result: its shape without `axis` (0), of output_type; dimension is an
    older name of axis. NaN counts only where there is nothing else.
    ShapeError: an axis the tensor does not have. DTypeError: another type.
    """
    return named(function, name, doc, cls)


argmax = arg_max = _position(ArgMax, "argmax")
argmin = arg_min = _position(ArgMin, "argmin")
