"""Python's operators on tensors; each one looks its op up by name and goes through the one door."""

from __future__ import annotations

from typing import Any

from deepkit.core import door
from deepkit.core.op import lookup
from deepkit.core.other_names import ON_TENSORS, Foreign
from deepkit.errors import DTypeError


def _binary(op: str, name: str) -> tuple[Any, Any]:
    def forward(self: Any, other: Any) -> Any:
        try:
            return door.apply(lookup(op)(), self, other, name=name)
        except DTypeError:
            if hasattr(type(other), "with_parts"):  # dense * sparse: the sparse tensor may know how
                return NotImplemented
            raise

    def reflected(self: Any, other: Any) -> Any:
        return door.apply(lookup(op)(), other, self, name=name)

    return forward, reflected


def _unary(op: str) -> Any:
    def forward(self: Any) -> Any:
        return door.apply(lookup(op)(), self)

    return forward


class Operators:
    """The operators that Tensor, Symbol and Variable share. Names of the nodes are TensorFlow's (`add`, `mul`, ...)."""

    __slots__ = ()
    __array_ufunc__ = None  # numpy_array * tensor asks the tensor, not NumPy

    __add__, __radd__ = _binary("Add", "add")
    __sub__, __rsub__ = _binary("Sub", "sub")
    __mul__, __rmul__ = _binary("Mul", "mul")
    __truediv__, __rtruediv__ = _binary("RealDiv", "truediv")
    __floordiv__, __rfloordiv__ = _binary("FloorDiv", "floordiv")
    __mod__, __rmod__ = _binary("FloorMod", "mod")
    __pow__, __rpow__ = _binary("Pow", "pow")
    __matmul__, __rmatmul__ = _binary("MatMul", "matmul")
    __and__, __rand__ = _binary("LogicalAnd", "and")
    __or__, __ror__ = _binary("LogicalOr", "or")
    __xor__, __rxor__ = _binary("LogicalXor", "xor")
    __lt__, _ = _binary("Less", "Less")
    __le__, _ = _binary("LessEqual", "LessEqual")
    __gt__, _ = _binary("Greater", "Greater")
    __ge__, _ = _binary("GreaterEqual", "GreaterEqual")
    __neg__ = _unary("Neg")
    __abs__ = _unary("Abs")
    __invert__ = _unary("LogicalNot")
    del _

    def __getitem__(self, key: Any) -> Any:
        return lookup("StridedSlice").of_key(self, key)  # type: ignore[attr-defined]

    def __dir__(self) -> list[str]:
        return [name for name in super().__dir__() if name not in ON_TENSORS]


for _name, _hint in ON_TENSORS.items():
    setattr(Operators, _name, Foreign(_name, _hint))
