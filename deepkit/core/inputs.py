"""What an op is given, as tensors of the types it asks for: literals take the type of the tensors beside them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeGuard

from deepkit.core.op import KINDS, Op
from deepkit.core.symbol import Symbol
from deepkit.core.tensor import Tensor
from deepkit.device.arrays import default_dtype
from deepkit.device.dtypes import DType, as_dtype, int32
from deepkit.errors import DTypeError

if TYPE_CHECKING:
    from deepkit.core.tensor import AnyTensor


def typed(op: Op, inputs: Sequence[Any], make: Callable[..., Any], in_graph: bool) -> list[Any]:
    """The inputs as tensors of the types the op asks for; `make` turns a value into a Tensor or a constant node.

    in_graph: a Tensor becomes a constant node, too. Raises DTypeError where a type does not fit the op's rule.
    """
    chosen = _chosen(op, inputs)
    return [_input(op, i, x, chosen, make, in_graph) for i, x in enumerate(inputs)]


def _chosen(op: Op, inputs: Sequence[Any]) -> dict[str, DType]:
    """The type that each letter stands for: that of the first tensor under it, else the widest of the literals."""
    lettered = [(rule, x) for i, x in enumerate(inputs) if len(rule := op.type_of(i)) == 1]
    of_tensors: dict[str, DType] = {}
    of_literals: dict[str, DType] = {}
    for rule, x in lettered:
        if isinstance(x, (Tensor, Symbol)):
            of_tensors.setdefault(rule, x.dtype)
    for rule, x in lettered:
        if rule not in of_tensors:
            own = default_dtype(x)
            if rule not in of_literals or _rank(own) > _rank(of_literals[rule]):
                of_literals[rule] = own
    return of_literals | of_tensors


def _rank(dtype: DType) -> int:
    return "bifcO".index("i" if dtype.is_integer else dtype.numpy.kind)


def _input(op: Op, i: int, x: Any, chosen: dict[str, DType], make: Callable[..., Any], in_graph: bool) -> Any:
    rule = op.type_of(i)
    is_tensor = isinstance(x, (Tensor, Symbol))
    if rule == "any":
        return _reader(op, i, x, make, in_graph) if is_tensor else make(x, i)
    wanted = _position_type(op, i, x, is_tensor) if rule == "index" else chosen.get(rule) or as_dtype(rule)
    if rule == "T":
        _check_defined(op, wanted)
    if not is_tensor:
        return _literal(i, x, wanted, make, beside=rule in chosen)
    if x.dtype is not wanted:
        raise DTypeError(
            f"{op.type}: input {i} is {x.dtype.name}, but {wanted.name} is needed beside the other inputs",
            rule="inputs of one op have one data type; nothing is converted behind your back",
            hint=_conversion(x.dtype, wanted),
        )
    return _reader(op, i, x, make, in_graph)


def _literal(i: int, x: Any, wanted: DType, make: Callable[..., Any], beside: bool) -> Any:
    """A value as a tensor of the type `wanted`, which tensors `beside` it may have chosen."""
    try:
        return make(x, i, wanted)
    except DTypeError as error:
        if not beside:
            raise
        raise DTypeError(error.what, rule=error.rule, hint=_conversion(default_dtype(x), wanted)) from None


def _conversion(a: DType, b: DType) -> str:
    """What to try where two types meet: integers can become floats without loss, and floats complex numbers."""
    narrow, wide = sorted((a, b), key=_rank)
    return f"convert the {narrow.name} input: cast(x, {wide.name})"


def _position_type(op: Op, i: int, x: Any, is_tensor: bool) -> DType:
    """The type of positions: int32 for literals, else their own."""
    if is_tensor and not x.dtype.is_integer:
        raise DTypeError(f"{op.type}: input {i} is {x.dtype.name}, but positions are integers", hint="cast(x, int32)")
    return x.dtype if is_tensor else int32 if not hasattr(x, "dtype") else as_dtype(x.dtype)


def _check_defined(op: Op, dtype: DType) -> None:
    kind = "i" if dtype.is_integer else dtype.numpy.kind
    if kind not in op.kinds or (kind == "f" and dtype.size == 2 and not op.half):
        raise DTypeError(
            f"{op.type} is not defined for {dtype.name}",
            rule="input types: " + ", ".join(KINDS[k] for k in op.kinds),
            hint="string_to_number(x) reads numbers from texts" if dtype.is_string
            else "convert with cast(x, float32)" if "f" in op.kinds else "convert with cast",
        )


def _reader(op: Op, i: int, x: Any, make: Callable[..., Any], in_graph: bool) -> Any:
    """A variable as itself where the op writes it, else as its value; a Tensor in a graph as a constant."""
    if i in op.writes or i in op.refs:
        return x
    if isinstance(x, Tensor) and in_graph:
        return make(x, i)
    return x.read() if hasattr(x, "read") else x


def leaves(values: Any) -> Iterator[Any]:
    for value in values:
        if isinstance(value, (list, tuple)):
            yield from leaves(value)
        else:
            yield value


def holds_tensor(values: Any) -> bool:
    return any(is_tensor(x) for x in leaves(values))


def is_tensor(x: Any) -> TypeGuard[AnyTensor]:
    """True for Tensors, Symbols and Variables."""
    return isinstance(x, (Tensor, Symbol))
