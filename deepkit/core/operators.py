"""Python's operators on tensors; each one looks its op up by name and goes through the one door."""

from __future__ import annotations

from typing import Any

import numpy as np

from deepkit.core import door
from deepkit.core.op import lookup
from deepkit.core.other_names import ON_TENSORS, Foreign
from deepkit.errors import DTypeError


def _binary(op: str, name: str, bits: str | None = None) -> tuple[Any, Any]:
    """The operator and its reflection; bits: the op that takes its place on whole numbers."""

    def forward(self: Any, other: Any) -> Any:
        try:
            return door.apply(lookup(bits if bits and self.dtype.is_integer else op)(), self, other, name=name)
        except DTypeError:
            if hasattr(type(other), "with_parts"):  # dense * sparse: the sparse tensor may know how
                return NotImplemented
            raise

    def reflected(self: Any, other: Any) -> Any:
        return door.apply(lookup(bits if bits and self.dtype.is_integer else op)(), other, self, name=name)

    return forward, reflected


def _unary(op: str, bits: str | None = None) -> Any:
    def forward(self: Any) -> Any:
        return door.apply(lookup(bits if bits and self.dtype.is_integer else op)(), self)

    return forward


_REFLECTED = {
    "add": "__radd__", "subtract": "__rsub__", "multiply": "__rmul__", "divide": "__rtruediv__", "floor_divide": "__rfloordiv__",
    "remainder": "__rmod__", "power": "__rpow__", "matmul": "__rmatmul__", "bitwise_and": "__rand__", "bitwise_or": "__ror__",
    "bitwise_xor": "__rxor__", "less": "__gt__", "less_equal": "__ge__", "greater": "__lt__", "greater_equal": "__le__",
    "equal": "__eq__", "not_equal": "__ne__",
}
"""NumPy's function for an operator between an array and a tensor: the tensor's method that computes it."""


class Operators:
    """The operators that Tensor, Symbol and Variable share. Names of the nodes are TensorFlow's (`add`, `mul`, ...)."""

    __slots__ = ()

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        """`array * tensor` asks the tensor; a function such as np.exp gets values, and what has none yet says so."""
        reflected = _REFLECTED.get(ufunc.__name__) if method == "__call__" and not options else None
        if reflected and not isinstance(inputs[0], Operators):
            found = getattr(self, reflected)(inputs[0])
            return reflected == "__ne__" if found is NotImplemented else found  # a node of a graph equals itself only
        return getattr(ufunc, method)(*(np.asarray(x) if isinstance(x, Operators) else x for x in inputs), **options)

    __add__, __radd__ = _binary("Add", "add")
    __sub__, __rsub__ = _binary("Sub", "sub")
    __mul__, __rmul__ = _binary("Mul", "mul")
    __truediv__, __rtruediv__ = _binary("RealDiv", "truediv")
    __floordiv__, __rfloordiv__ = _binary("FloorDiv", "floordiv")
    __mod__, __rmod__ = _binary("FloorMod", "mod")
    __pow__, __rpow__ = _binary("Pow", "pow")
    __matmul__, __rmatmul__ = _binary("MatMul", "matmul")
    __and__, __rand__ = _binary("LogicalAnd", "and", "BitwiseAnd")
    __or__, __ror__ = _binary("LogicalOr", "or", "BitwiseOr")
    __xor__, __rxor__ = _binary("LogicalXor", "xor", "BitwiseXor")
    __lt__, _ = _binary("Less", "Less")
    __le__, _ = _binary("LessEqual", "LessEqual")
    __gt__, _ = _binary("Greater", "Greater")
    __ge__, _ = _binary("GreaterEqual", "GreaterEqual")
    __neg__ = _unary("Neg")
    __abs__ = _unary("Abs")
    __invert__ = _unary("LogicalNot", "Invert")
    del _

    def __getitem__(self, key: Any) -> Any:
        return lookup("StridedSlice").of_key(self, key)  # type: ignore[attr-defined]

    def __dir__(self) -> list[str]:
        return [name for name in super().__dir__() if name not in ON_TENSORS]


for _name, _hint in ON_TENSORS.items():
    setattr(Operators, _name, Foreign(_name, _hint))
