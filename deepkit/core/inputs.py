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
    chosen: dict[str, DType] = {}
    for i, x in enumerate(inputs):
        rule = op.type_of(i)
        if len(rule) == 1 and rule not in chosen and isinstance(x, (Tensor, Symbol)):
            chosen[rule] = x.dtype
    for i, x in enumerate(inputs):
        rule = op.type_of(i)
        if len(rule) == 1 and not isinstance(x, (Tensor, Symbol)):
            known = chosen.get(rule)
            if known is None or (not _has_tensor(op, inputs, rule) and _rank(default_dtype(x)) > _rank(known)):
                chosen[rule] = default_dtype(x)
    return [_input(op, i, x, chosen, make, in_graph) for i, x in enumerate(inputs)]


def _has_tensor(op: Op, inputs: Sequence[Any], rule: str) -> bool:
    return any(isinstance(x, (Tensor, Symbol)) for i, x in enumerate(inputs) if op.type_of(i) == rule)


def _rank(dtype: DType) -> int:
    return "bifcO".index("i" if dtype.is_integer else dtype.numpy.kind)


def _input(op: Op, i: int, x: Any, chosen: dict[str, DType], make: Callable[..., Any], in_graph: bool) -> Any:
    rule = op.type_of(i)
    is_tensor = isinstance(x, (Tensor, Symbol))
    if rule == "any":
        return _reader(op, i, x, make, in_graph) if is_tensor else make(x, i)
    if rule == "index":
        if is_tensor and not x.dtype.is_integer:
            raise DTypeError(
                f"{op.type}: input {i} is {x.dtype.name}, but positions are integers", hint="cast(x, int32)"
            )
        wanted = x.dtype if is_tensor else int32 if not hasattr(x, "dtype") else as_dtype(x.dtype)
    else:
        wanted = chosen[rule] if len(rule) == 1 else as_dtype(rule)
    if rule == "T":
        kind = "i" if wanted.is_integer else wanted.numpy.kind
        if kind not in op.kinds or (kind == "f" and wanted.size == 2 and not op.half):
            raise DTypeError(
                f"{op.type} is not defined for {wanted.name}",
                rule="input types: " + ", ".join(KINDS[k] for k in op.kinds),
                hint="convert with cast(x, float32)" if "f" in op.kinds else "convert with cast",
            )
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
