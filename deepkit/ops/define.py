"""Short cuts for defining ops: element-wise ops that are one NumPy function, and public functions of one op."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Protocol, TypeVar

from deepkit.core.apply import apply
from deepkit.core.op import KINDS, Op
from deepkit.core.shape import Shape, broadcast
from deepkit.core.typing import AnyTensor, Array, ArrayModule, TensorLike


class Elementwise(Op):
    """An op that works on each element by itself; several inputs are broadcast against each other.

    `ufunc` names the function of xp that computes it, for the many ops that are just that.
    """

    ufunc: ClassVar[str] = ""

    def shape(self, *shapes: Shape) -> Any:
        return broadcast(*shapes)

    def elementwise(self, *shapes: Shape) -> bool:
        return True

    def forward(self, xp: ArrayModule, *arrays: Array) -> Any:
        return getattr(xp, self.ufunc)(*arrays)

    def bind(self, xp: ArrayModule) -> Callable[..., Any]:
        return getattr(xp, self.ufunc) if self.ufunc else super().bind(xp)


F = TypeVar("F", bound=Callable[..., Any])


class Unary(Protocol):
    """A public function of one tensor."""

    def __call__(self, x: TensorLike, name: str | None = None) -> AnyTensor: ...


class Binary(Protocol):
    """A public function of two tensors."""

    def __call__(self, x: TensorLike, y: TensorLike, name: str | None = None) -> AnyTensor: ...


def unary(cls: type[Op], name: str) -> Unary:
    """The public function `name(x)` of an op with one input."""
    op = cls()

    def function(x: TensorLike, name: str | None = None) -> AnyTensor:
        return apply(op, x, name=name)

    return named(function, name, _described(cls, "x: any shape", "x's shape"), cls)


def binary(cls: type[Op], name: str) -> Binary:
    """The public function `name(x, y)` of an op with two inputs."""
    op = cls()

    def function(x: TensorLike, y: TensorLike, name: str | None = None) -> AnyTensor:
        return apply(op, x, y, name=name)

    described = _described(cls, "x, y: shapes that broadcast; one type", "the broadcast shape")
    return named(function, name, described, cls)


def named(function: F, name: str, doc: str | None, op: type[Op] | None = None) -> F:
    """A function that was made for an op, under its public name."""
    public: Any = function
    public.__name__ = public.__qualname__ = name
    public.__doc__ = doc
    if op is not None:
        public.op, public.__module__ = op, op.__module__
    return function


def _described(cls: type[Op], inputs: str, shape: str) -> str | None:
    """The docstring of the op; of an element-wise one also the shapes, types and errors that its declaration implies."""
    if not issubclass(cls, Elementwise) or not cls.__doc__:
        return cls.__doc__
    known = cls.types == ("T",)
    kinds = " or ".join(KINDS[k] for k in cls.kinds) if known else cls.types[0]
    kinds += " (not float16)" if known and not cls.half else ""
    made = f" of {cls.returns}" if cls.returns else "" if "dtype" in vars(cls) else ", of the same type"
    errors = "DTypeError: another type."
    if "broadcast" in shape:
        errors = "ShapeError: the shapes do not broadcast. DTypeError: another type, or two different ones."
    return f"{cls.__doc__.rstrip()}\n\n{inputs}; {kinds}. Result: {shape}{made}.\n{errors}"
