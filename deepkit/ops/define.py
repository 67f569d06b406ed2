"""Short cuts for defining ops: element-wise ops that are one NumPy function, and public functions of one op."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from deepkit.core.apply import apply
from deepkit.core.op import Op
from deepkit.core.shape import Shape, broadcast


class Elementwise(Op):
    """An op that works on each element by itself; several inputs are broadcast against each other.

    `ufunc` names the function of xp that computes it, for the many ops that are just that.
    """

    ufunc: ClassVar[str] = ""

    def shape(self, *shapes: Shape) -> Any:
        return broadcast(*shapes)

    def forward(self, xp: Any, *arrays: Any) -> Any:
        return getattr(xp, self.ufunc)(*arrays)

    def bind(self, xp: Any) -> Callable[..., Any]:
        return getattr(xp, self.ufunc) if self.ufunc else super().bind(xp)


def unary(cls: type[Op], name: str) -> Callable[..., Any]:
    """The public function `name(x)` of an op with one input."""
    op = cls()

    def function(x: Any, name: str | None = None) -> Any:
        return apply(op, x, name=name)

    return _named(function, cls, name)


def binary(cls: type[Op], name: str) -> Callable[..., Any]:
    """The public function `name(x, y)` of an op with two inputs."""
    op = cls()

    def function(x: Any, y: Any, name: str | None = None) -> Any:
        return apply(op, x, y, name=name)

    return _named(function, cls, name)


def _named(function: Any, cls: type[Op], name: str) -> Any:
    function.__name__ = function.__qualname__ = name
    function.__doc__ = cls.__doc__
    function.__module__ = cls.__module__
    function.op = cls
    return function
