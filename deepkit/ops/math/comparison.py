"""Comparison and logic, and choosing between two tensors by a condition."""

from __future__ import annotations

from typing import Any

from deepkit.core.apply import apply, convert, is_tensor, scope
from deepkit.core.op import Op, register
from deepkit.core.other_names import shown_as
from deepkit.core.shape import UNKNOWN, Shape, broadcast
from deepkit.core.typing import AnyTensor, Array, ArrayModule, TensorLike
from deepkit.errors import NumericsError, ShapeError
from deepkit.ops.define import Elementwise, binary, unary
from deepkit.ops.functions import ops
from deepkit.ops.math.arithmetic import minimum, sum_like, unbroadcast

__all__ = [
    "check_numerics", "choose", "clip_by_value", "div_no_nan", "equal", "greater", "greater_equal", "is_finite",
    "is_inf", "is_nan", "less", "less_equal", "logical_and", "logical_not", "logical_or", "logical_xor", "not_equal",
    "verify_tensor_all_finite", "where",
]


class Comparison(Elementwise):
    """Two tensors compared element by element; the result is bool and has no derivative."""

    returns = "bool"
    gradient = None


@register
class Equal(Comparison):
    """True where x equals y."""

    ufunc = "equal"


@register
class NotEqual(Comparison):
    """True where x differs from y."""

    ufunc = "not_equal"


@register
class Less(Comparison):
    """True where x < y."""

    ufunc = "less"
    kinds = "if"


@register
class LessEqual(Comparison):
    """True where x <= y."""

    ufunc = "less_equal"
    kinds = "if"


@register
class Greater(Comparison):
    """True where x > y."""

    ufunc = "greater"
    kinds = "if"


@register
class GreaterEqual(Comparison):
    """True where x >= y."""

    ufunc = "greater_equal"
    kinds = "if"


@register
class LogicalAnd(Comparison):
    """True where both x and y are."""

    ufunc = "logical_and"
    types = ("bool",)


@register
class LogicalOr(Comparison):
    """True where x or y is."""

    ufunc = "logical_or"
    types = ("bool",)


@register
class LogicalXor(Comparison):
    """True where exactly one of x and y is."""

    ufunc = "logical_xor"
    types = ("bool",)


@register
class LogicalNot(Comparison):
    """True where x is False."""

    ufunc = "logical_not"
    types = ("bool",)


@register
class IsNan(Comparison):
    """True where x is not a number."""

    ufunc = "isnan"
    kinds = "f"


@register
class IsInf(Comparison):
    """True where x is plus or minus infinity."""

    ufunc = "isinf"
    kinds = "f"


@register
class IsFinite(Comparison):
    """True where x is neither infinite nor NaN."""

    ufunc = "isfinite"
    kinds = "f"


equal = binary(Equal, "equal")
not_equal = binary(NotEqual, "not_equal")
less = binary(Less, "less")
less_equal = binary(LessEqual, "less_equal")
greater = binary(Greater, "greater")
greater_equal = binary(GreaterEqual, "greater_equal")
logical_and = binary(LogicalAnd, "logical_and")
logical_or = binary(LogicalOr, "logical_or")
logical_xor = binary(LogicalXor, "logical_xor")
logical_not = unary(LogicalNot, "logical_not")
is_nan = unary(IsNan, "is_nan")
is_inf = unary(IsInf, "is_inf")
is_finite = unary(IsFinite, "is_finite")


@register
class Select(Op):
    """x where `condition` is True, else y.

    All three have one shape; or the condition is a vector and picks whole rows; or everything broadcasts. `fits`: the
    condition is of unknown rank, and x and y have one shape, which is the result's, as the graph says beforehand.
    """

    fits: bool = False
    types = ("bool", "T", "T")

    def shape(self, condition: Shape, x: Shape, y: Shape) -> Shape:
        if self.fits and condition.rank is None:
            return x
        if self._by_rows(condition, x):
            both = x.merge(y)
            if not condition.is_compatible_with(both[:1]):
                raise ShapeError(
                    f"where: a condition of shape {condition} for {both[0]} rows",
                    rule="a vector condition picks rows: one entry for each row",
                )
            return both
        return broadcast(condition, x, y)

    def elementwise(self, *shapes: Shape) -> bool:
        return not self._by_rows(*shapes[:2])

    @staticmethod
    def _by_rows(condition: Array, x: Array) -> bool:
        rank, inner = (len(s) if isinstance(s, tuple) else s.rank for s in (condition, x))
        return rank == 1 and (inner or 0) > 1

    def forward(self, xp: ArrayModule, condition: Array, x: Array, y: Array) -> Any:
        if self._by_rows(condition.shape, x.shape):
            condition = condition.reshape((-1,) + (1,) * (x.ndim - 1))
        chosen = xp.where(condition, x, y)
        if self.fits and chosen.shape != x.shape:
            raise ShapeError(
                f"where: a condition of shape {Shape(condition.shape)} for x and y of shape {Shape(x.shape)}",
                rule="a condition of unknown rank is of their shape, or a vector that picks rows",
            )
        return chosen

    def gradient(self, dy: AnyTensor, z: AnyTensor, condition: AnyTensor, x: AnyTensor, y: AnyTensor) -> Any:
        zero = ops.zeros_like(dy)
        dx, dother = where(condition, dy, zero), where(condition, zero, dy)
        if self._by_rows(condition.shape, x.shape):
            return None, dx, dother
        return None, _summed(dx, x, z), _summed(dother, y, z)


@register
class Choose(Op):
    """x where the one truth value `condition` holds, else y: one of the two as it is, whatever shape the other has."""

    types = ("bool", "T", "T")
    aliases = (1, 2)
    host = (0,)

    def shape(self, condition: Shape, x: Shape, y: Shape) -> Shape:
        if condition.rank not in (0, None):
            raise ShapeError(
                f"choose: a condition of shape {condition}", rule="one truth value", hint="where(condition, x, y)"
            )
        return x.common(y)

    def passes(self, condition: Any, x: Any, y: Any) -> int | None:
        return None if condition is None else 1 if condition else 2

    def forward(self, xp: ArrayModule, condition: Array, x: Array, y: Array) -> Any:
        return x if condition else y

    def gradient(self, dz: AnyTensor, z: AnyTensor, condition: AnyTensor, x: AnyTensor, y: AnyTensor) -> Any:
        return None, choose(condition, dz, ops.zeros_like(x)), choose(condition, ops.zeros_like(y), dz)


def choose(condition: TensorLike, x: TensorLike, y: TensorLike, name: str | None = None) -> AnyTensor:
    """x where the one truth value `condition` holds, else y; both are computed, unless the plan knows which is wanted.

    condition: (), bool; x, y: one type, any shapes; result: that of the one chosen. ShapeError: a condition with axes.
    DTypeError: x and y of different types.

    >>> import deepkit as dk
    >>> dk.choose(True, [1.0, 2.0], 3.0).numpy().tolist()
    [1.0, 2.0]
    """
    return apply(Choose(), condition, x, y, name=name)


def _summed(dx: AnyTensor, x: AnyTensor, z: AnyTensor) -> Any:
    return unbroadcast(dx, x, z) if x.shape != z.shape or not x.shape.is_full else sum_like(dx, x)


@register
class Where(Op):
    """The positions of the True (or non-zero) entries, one row of indices each."""

    returns = "int64"
    gradient = None

    def shape(self, condition: Shape) -> Shape:
        return UNKNOWN if condition.rank is None else Shape((None, condition.rank))

    def forward(self, xp: ArrayModule, condition: Array) -> Any:
        return xp.argwhere(condition).astype(xp.int64)


def where(
    condition: TensorLike, x: TensorLike | None = None, y: TensorLike | None = None, name: str | None = None
) -> AnyTensor:
    """x where the condition holds, else y; without x and y, the positions of the True entries.

    condition: bool; x, y: one type. All three have one shape; or the condition (n,) picks rows of x and y (n, ...); or
    all broadcast. Without x and y: (number of True entries, condition's rank), int64. ShapeError: shapes that do not
    fit so. DTypeError: x and y of different types.

    >>> import deepkit as dk
    >>> dk.where([True, False], [1, 2], [3, 4]).numpy().tolist()
    [1, 4]
    """
    if x is None and y is None:
        return apply(Where(), condition, name=name)
    unsure = is_tensor(condition) and condition.shape.rank is None
    shapes = [convert(part).shape for part in (x, y) if is_tensor(part)]
    fits = unsure and len(shapes) == 2 and shapes[0].is_full and shapes[0] == shapes[1]
    return apply(Select(fits=fits), condition, x, y, name=name)


@register
class ClipByValue(Op):
    """x limited to [low, high], low counting if high is below it; the gradient passes where low <= x <= high."""

    label = "clip_by_value"
    kinds = "if"

    def shape(self, x: Shape, low: Shape, high: Shape) -> Shape:
        wide = broadcast(x, low, high)
        if not wide.is_compatible_with(x):
            raise ShapeError(f"a value of shape {x} between bounds of {low} and {high}", rule="bounds that broadcast to it")
        return wide

    def elementwise(self, *shapes: Shape) -> bool:
        return True

    def forward(self, xp: ArrayModule, x: Array, low: Array, high: Array) -> Any:
        return xp.maximum(xp.minimum(x, high), low)

    def gradient(self, dy: AnyTensor, y: AnyTensor, x: AnyTensor, low: AnyTensor, high: AnyTensor) -> Any:
        zero = ops.zeros_like(dy)
        above = greater_equal(minimum(x, high), low)
        above_low = where(above, dy, zero)
        below_high = less_equal(x, high)
        return (
            unbroadcast(where(ops.broadcast_like(below_high, y), above_low, zero), x, y),
            unbroadcast(where(above, zero, dy), low, y),
            unbroadcast(where(ops.broadcast_like(below_high, y), zero, above_low), high, y),
        )


def clip_by_value(
    t: TensorLike, clip_value_min: TensorLike, clip_value_max: TensorLike, name: str | None = None
) -> AnyTensor:
    """t limited to [clip_value_min, clip_value_max], element by element.

    t: integer or float; the bounds are numbers or tensors of t's type that broadcast against it; result: t's shape and
    type. A lower bound above the upper one counts. ShapeError: bounds of a larger shape. DTypeError: bounds of another type.
    """
    return apply(ClipByValue(), t, clip_value_min, clip_value_max, name=name)


def div_no_nan(x: TensorLike, y: TensorLike, name: str | None = None) -> AnyTensor:
    """x / y, and 0 where y is 0, element by element.

    x, y: shapes that broadcast; one type, float or complex; result: the broadcast shape, of the same type. ShapeError:
    the shapes do not broadcast. DTypeError: two different types.
    """
    with scope(name, "div_no_nan", x, y) as full:
        x, y = convert(x, beside=y), convert(y, beside=x)
        none = equal(y, 0)
        quotient = x / where(none, ops.ones_like(y), y)
        found = where(ops.broadcast_like(none, quotient), ops.zeros_like(quotient), quotient, name=full)
        return shown_as(found, "DivNoNan")


@register
class CheckNumerics(Op):
    """x itself; an error if it holds NaN or infinity."""

    message: str = ""
    kinds = "f"
    stateful = True
    aliases = True

    def forward(self, xp: ArrayModule, x: Array) -> Any:
        finite = xp.isfinite(x)
        if not bool(finite.all()):
            kind = "NaN" if bool(xp.isnan(x).any()) else "infinity"
            raise NumericsError(
                f"{self.message or 'tensor'}: holds {kind} in {int((~finite).sum())} of {x.size} places",
                hint="look for log(0), 0/0, exp of large numbers, or a learning rate that is too large",
            )
        return x

    def gradient(self, dy: AnyTensor, y: AnyTensor, x: AnyTensor) -> Any:
        return dy


def check_numerics(tensor: TensorLike, message: str = "", name: str | None = None) -> AnyTensor:
    """The tensor itself; NumericsError with `message` when it holds NaN or infinity.

    tensor: any shape, float; result: the same. DTypeError: another type.
    """
    return apply(CheckNumerics(message=message), tensor, name=name)


def verify_tensor_all_finite(t: TensorLike, msg: str = "", name: str | None = None) -> AnyTensor:
    """TensorFlow 1's older name of `check_numerics`.

    t: any shape, float; result: the same. NumericsError: NaN or infinity. DTypeError: another type.
    """
    return check_numerics(t, msg, name)
