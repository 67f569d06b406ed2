"""The one door: `apply` computes an op at once, or adds a node to a graph if any input is a Symbol."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NoReturn

import numpy as np

from deepkit.core import building
from deepkit.core.op import Op
from deepkit.core.seeds import eager_stream
from deepkit.core.shape import Shape
from deepkit.core.symbol import Symbol
from deepkit.core.tensor import Tensor, Trace
from deepkit.device.arrays import default_dtype, xp_of
from deepkit.device.dtypes import DType, as_dtype, int32
from deepkit.errors import DeepkitError, DTypeError, ShapeError, status_of
from deepkit.site import user_site

_LETTERS = "xyzwvu"  # TensorFlow's names of literal inputs: x + 1 makes a constant add/y


def apply(op: Op, *inputs: Any, name: str | None = None) -> Any:
    """The result of `op` on `inputs`: Tensors if every value is known, Symbols if one is still to be computed.

    Which of the two depends on the data alone. Python and NumPy values take the type of the tensors beside them.
    """
    inputs = tuple(x if is_tensor(x) else _gathered(x) for x in inputs)
    graph = next((x.graph for x in inputs if isinstance(x, Symbol)), None)
    label = name or op.label or op.type
    try:
        if graph is not None:
            graph = building.target(graph)
            graph.enter_cell()
            planned = graph.unique_name(label, mark_as_used=False)

            def constant(value: Any, position: int, dtype: DType | None = None) -> Symbol:
                return graph.constant(value, f"{planned}/{_LETTERS[min(position, 5)]}/", dtype)

            return graph.add(op, _convert(op, inputs, constant), name)
        return _compute(op, _convert(op, inputs, _tensor))
    except DeepkitError as error:
        if error.where is None:
            _explain(error, f"{label}({_describe(inputs)})")
        raise


def _gathered(x: Any) -> Any:
    """A list with tensors in it, or the rows of a gradient, as one tensor."""
    parts = isinstance(x, (list, tuple)) and _holds_tensor(x)
    return convert(x) if parts or hasattr(x, "as_dense_tensor") else x


def _tensor(value: Any, position: int, dtype: DType | None = None) -> Tensor:
    return Tensor(value, dtype=dtype)


def _compute(op: Op, inputs: Sequence[Any]) -> Any:
    specs = result_specs(op, inputs)
    arrays = [x.value for x in inputs]
    xp = xp_of(arrays[0]) if arrays else np
    if op.random:
        arrays.insert(0, eager_stream(op.seed))  # type: ignore[attr-defined]
    try:
        with np.errstate(all="ignore"):
            result = op.forward(xp, *arrays)
    except (ValueError, TypeError, ArithmeticError, IndexError) as error:
        if isinstance(error, DeepkitError):
            raise
        raise status_of(error)(str(error)) from error
    many = isinstance(specs, list)
    values = list(result) if many else [result]
    for target, value in zip(op.writes, values, strict=False):
        inputs[target].assign_value(value)
    trace = Trace(op, tuple(inputs), values, many)
    outputs = trace.outputs
    return outputs if many else outputs[0]


def result_specs(op: Op, inputs: Sequence[Any]) -> Any:
    """(shape, dtype) of the output, or a list of such pairs for an op with several outputs."""
    shapes = op.shape(*[x.shape for x in inputs])
    dtypes = op.dtype(*[x.dtype for x in inputs])
    if isinstance(shapes, (tuple, list)):
        each = dtypes if isinstance(dtypes, (tuple, list)) else [dtypes] * len(shapes)
        return list(zip(shapes, each, strict=True))
    return shapes if isinstance(shapes, Shape) else Shape(shapes), dtypes


def _convert(op: Op, inputs: Sequence[Any], make: Callable[..., Any]) -> list[Any]:
    """All inputs as tensors of the types the op asks for; `make` turns a value into a Tensor or a constant node."""
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
    return [_one(op, i, x, chosen, make) for i, x in enumerate(inputs)]


def _has_tensor(op: Op, inputs: Sequence[Any], rule: str) -> bool:
    return any(isinstance(x, (Tensor, Symbol)) for i, x in enumerate(inputs) if op.type_of(i) == rule)


def _rank(dtype: DType) -> int:
    return "bifcO".index("i" if dtype.is_integer else dtype.numpy.kind)


def _one(op: Op, i: int, x: Any, chosen: dict[str, DType], make: Callable[..., Any]) -> Any:
    rule = op.type_of(i)
    is_tensor = isinstance(x, (Tensor, Symbol))
    if rule == "any":
        return _reader(op, i, x, make) if is_tensor else make(x, i)
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
            names = {"b": "bool", "i": "integer", "f": "float", "c": "complex", "O": "string"}
            raise DTypeError(
                f"{op.type} is not defined for {wanted.name}",
                rule="input types: " + ", ".join(names[k] for k in op.kinds),
                hint="convert with cast(x, float32)" if "f" in op.kinds else "convert with cast",
            )
    if not is_tensor:
        return make(x, i, wanted)
    if x.dtype is not wanted:
        raise DTypeError(
            f"{op.type}: input {i} is {x.dtype.name}, but {wanted.name} is needed beside the other inputs",
            rule="inputs of one op have one data type; nothing is converted behind your back",
            hint=f"cast(x, {wanted.name})",
        )
    return _reader(op, i, x, make)


def _reader(op: Op, i: int, x: Any, make: Callable[..., Any]) -> Any:
    """A variable as itself where the op writes it, else as its value; a Tensor in a graph as a constant."""
    if i in op.writes or i in op.refs:
        return x
    if isinstance(x, Tensor) and make is not _tensor:
        return make(x, i)
    return x.read() if hasattr(x, "read") else x


def _describe(inputs: Sequence[Any]) -> str:
    parts = []
    for x in inputs:
        if isinstance(x, (Tensor, Symbol)):
            tag = f"{x.name} " if isinstance(x, Symbol) else ""
            parts.append(f"{tag}{x.dtype.name}{x.shape}")
        elif isinstance(x, np.ndarray):
            parts.append(f"{x.dtype}{Shape(x.shape)}")
        else:
            text = repr(x)
            parts.append(text if len(text) < 40 else text[:37] + "...")
    return ", ".join(parts)


def _explain(error: DeepkitError, call: str) -> NoReturn:
    """Raises the same error again, now with the call and the user's line in it."""
    site = user_site()
    where = call if site is None else f"{call}\n         {site}"
    label = call.split("(")[0]
    what = error.what if label.lower() in error.what.lower() else f"{label}: {error.what}"
    raise error.at(where, what) from None


@contextlib.contextmanager
def scope(name: str | None, default: str, *inputs: Any) -> Iterator[str | None]:
    """Names the nodes of a function made of several ops; yields the name for its last op (None for Tensors)."""
    graph = next((x.graph for x in _leaves(inputs) if isinstance(x, Symbol)), None)
    if graph is None:
        yield None
        return
    with graph.name_scope(name or default) as full:
        yield full


def _leaves(values: Any) -> Iterator[Any]:
    for value in values:
        if isinstance(value, (list, tuple)):
            yield from _leaves(value)
        else:
            yield value


def _holds_tensor(values: Any) -> bool:
    return any(is_tensor(x) for x in _leaves(values))


def is_tensor(x: Any) -> bool:
    """True for Tensors, Symbols and Variables."""
    return isinstance(x, (Tensor, Symbol))


def convert(value: Any, dtype: Any = None, beside: Any = None, name: str | None = None) -> Any:
    """`value` as a tensor: a constant node of the graph of `beside` if that is a Symbol, else a Tensor.

    Lists that hold tensors become one stacked tensor, and the rows of a gradient (IndexedSlices) a dense one.
    """
    if hasattr(value, "as_dense_tensor"):
        value = value.as_dense_tensor()
    if is_tensor(value):
        if dtype is not None and value.dtype is not as_dtype(dtype):
            raise DTypeError(
                f"{as_dtype(dtype).name} is needed, this tensor is {value.dtype.name}", hint="convert with cast"
            )
        return value.read() if hasattr(value, "read") else value
    if isinstance(value, (list, tuple)) and _holds_tensor(value):
        from deepkit.core.op import lookup

        return apply(lookup("Pack")(), *[convert(v, dtype) if isinstance(v, (list, tuple)) else v for v in value])
    return beside.graph.constant(value, name, dtype) if isinstance(beside, Symbol) else Tensor(value, dtype=dtype)


def check_same_shape(what: str, a: Any, b: Any) -> None:
    """ShapeError unless two tensors can have the same shape."""
    if not a.shape.is_compatible_with(b.shape):
        raise ShapeError(f"{what} have shapes {a.shape} and {b.shape}", rule="both must have the same shape")
