"""What lasts from run to run and what is fed: variables and their assignments, placeholders, ops run for their effect."""

from __future__ import annotations

from typing import Any, ClassVar

from deepkit.core.apply import apply, convert, is_tensor
from deepkit.core.op import Op, register
from deepkit.core.shape import SCALAR, Shape
from deepkit.core.typing import AnyTensor, Array, ArrayModule, ShapeLike, TensorLike
from deepkit.core.variable import VariablePart
from deepkit.device.dtypes import DType, as_dtype
from deepkit.errors import ShapeError, UnfedError

__all__ = ["assign", "assign_add", "assign_sub", "is_variable_initialized", "placeholder_with_default"]


@register
class Placeholder(Op):
    """A tensor that has to be fed."""

    to: DType = as_dtype("float32")
    static: tuple[int | None, ...] | None = None
    is_placeholder = True
    stateful = True  # two placeholders are never the same, however equal they look
    gradient = None

    def shape(self) -> Shape:
        return Shape(self.static)

    def dtype(self) -> DType:
        return self.to

    def forward(self, xp: ArrayModule) -> Any:
        raise UnfedError("a placeholder was not fed", hint="sess.run(fetches, feed_dict={placeholder: value})")


@register
class PlaceholderWithDefault(Op):
    """The input, unless something else is fed."""

    static: tuple[int | None, ...] | None = None
    aliases = True
    stateful = True

    def shape(self, x: Shape) -> Shape:
        wished = Shape(self.static)
        if not wished.is_compatible_with(x):
            raise ShapeError(f"placeholder_with_default: the default has shape {x}, the placeholder {wished}")
        return wished

    def forward(self, xp: ArrayModule, x: Array) -> Any:
        return x

    def gradient(self, dy: AnyTensor, y: AnyTensor, x: AnyTensor) -> Any:
        return dy


@register
class VariableV2(Op):
    """A variable; its value lives in the session."""

    idle = True
    stateful = True
    gradient = None


@register
class ReadVariable(Op):
    """The value of a variable at this point of the run."""

    reads_variable = True
    refs = (0,)
    stateful = True
    aliases = True

    def forward(self, xp: ArrayModule, ref: Array) -> Any:
        return ref

    def gradient(self, dy: AnyTensor, y: AnyTensor, ref: AnyTensor) -> Any:
        return dy


@register
class InitializedValue(Op):
    """The value of a variable if it has one, else its initial value."""

    refs = (0,)
    stateful = True
    aliases = (0, 1)
    reads_old = False
    gradient = None

    def shape(self, ref: Shape, initial: Shape) -> Shape:
        return initial

    def forward(self, xp: ArrayModule, ref: Array, initial: Array) -> Any:
        return initial if ref is None else ref


@register
class IsVariableInitialized(Op):
    """True once a variable has a value."""

    refs = (0,)
    types = ("any",)
    stateful = True
    reads_old = False
    returns = "bool"
    gradient = None

    def shape(self, ref: Shape) -> Shape:
        return SCALAR

    def forward(self, xp: ArrayModule, ref: Array) -> Any:
        return xp.asarray(ref is not None)


class Update(Op):
    """Base of the ops that give a variable (input 0) a new value from its old one and a tensor (input 1)."""

    writes = (0,)
    gradient = None
    remedy: ClassVar[str] = "Variable(..., validate_shape=False) may change it"

    def shape(self, ref: Shape, value: Shape) -> Shape:
        if not ref.is_compatible_with(value):
            raise self.unfit(ref, value)
        return ref

    def unfit(self, ref: object, value: object) -> ShapeError:
        return ShapeError(
            f"{self.type}: the variable has shape {ref}, the value {value}", rule="a variable keeps its shape",
            hint=self.remedy,
        )


@register
class Assign(Update):
    """The variable becomes a copy of the value."""

    validate_shape: bool = True
    static: tuple[int | None, ...] | None = None  # the variable's shape, which the value of a run must have
    reads_old = False

    def shape(self, ref: Shape, value: Shape) -> Shape:
        return super().shape(ref, value) if self.validate_shape else value

    def forward(self, xp: ArrayModule, ref: Array, value: Array) -> Any:
        if self.static is not None and not _fits(self.static, value.shape):
            raise self.unfit(Shape.of(self.static), value.shape)
        return xp.array(value)


def _fits(static: tuple[int | None, ...], dims: tuple[int, ...]) -> bool:
    """Whether lengths are those that are known, None for any: asked in each run, so without making Shapes."""
    return static == dims or (len(static) == len(dims) and all(n in (None, m) for n, m in zip(static, dims, strict=True)))


@register
class AssignAdd(Update):
    """The variable grows by the value."""

    remedy = "one number for all elements: broadcast_to(number, variable.shape)"
    kinds = "ifc"

    def forward(self, xp: ArrayModule, ref: Array, value: Array) -> Any:
        if ref.shape != value.shape:  # it is not broadcast, as little as in TensorFlow
            raise self.unfit(ref.shape, value.shape)
        return xp.add(ref, value)

    def inplace(self, ref: Array, value: Array) -> Any:
        if ref.shape != value.shape:
            raise self.unfit(ref.shape, value.shape)
        ref += value
        return ref


@register
class AssignSub(Update):
    """The variable shrinks by the value."""

    remedy = AssignAdd.remedy
    kinds = "ifc"

    def forward(self, xp: ArrayModule, ref: Array, value: Array) -> Any:
        if ref.shape != value.shape:
            raise self.unfit(ref.shape, value.shape)
        return xp.subtract(ref, value)

    def inplace(self, ref: Array, value: Array) -> Any:
        if ref.shape != value.shape:
            raise self.unfit(ref.shape, value.shape)
        ref -= value
        return ref


@register
class NoOp(Op):
    """Does nothing; run for what it waits for."""

    idle = True
    stateful = True
    gradient = None

    def forward(self, xp: ArrayModule) -> Any:
        return None


def assign(
    ref: TensorLike, value: TensorLike, validate_shape: bool | None = None, use_locking: bool | None = None,
    name: str | None = None,
) -> AnyTensor:
    """A tensor that, when run, replaces the variable's value and returns the new one.

    ref: a variable; value: its shape and type; with validate_shape=False any shape. use_locking is accepted for old
    programs. A part v[key] of a variable is changed by its own assign. ShapeError: another shape. DTypeError: another type.
    GraphError: neither a variable nor a part of one.
    """
    if isinstance(ref, VariablePart):
        changed: Any = ref.assign(value, name=name)
        return changed
    static = ref.shape.lengths if validate_shape is not False and is_tensor(ref) else None
    return apply(Assign(validate_shape=validate_shape is not False, static=static), ref, value, name=name)


def assign_add(
    ref: TensorLike, value: TensorLike, use_locking: bool | None = None, name: str | None = None
) -> AnyTensor:
    """A tensor that, when run, adds to the variable and returns its new value.

    ref: a variable; value: its shape and type. ShapeError: another shape. DTypeError: another type.
    """
    return apply(AssignAdd(), ref, value, name=name)


def assign_sub(
    ref: TensorLike, value: TensorLike, use_locking: bool | None = None, name: str | None = None
) -> AnyTensor:
    """A tensor that, when run, subtracts from the variable and returns its new value.

    ref: a variable; value: its shape and type. ShapeError: another shape. DTypeError: another type.
    """
    return apply(AssignSub(), ref, value, name=name)


def is_variable_initialized(ref: TensorLike, name: str | None = None) -> AnyTensor:
    """True, when run, if the variable has a value.

    ref: a variable; result: (), bool.
    """
    return apply(IsVariableInitialized(), ref, name=name)


def placeholder_with_default(input: TensorLike, shape: ShapeLike, name: str | None = None) -> AnyTensor:
    """A tensor that takes the value fed to it, or that of `input`.

    shape: what may be fed, None for unknown lengths. ShapeError: a shape that input's does not fit.
    """
    return apply(PlaceholderWithDefault(static=Shape(shape).lengths), convert(input), name=name)
