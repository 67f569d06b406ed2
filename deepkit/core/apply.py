"""The one door: `apply` computes an op at once, or adds a node to a graph if any input is a Symbol."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from deepkit.core import door
from deepkit.core.control_flow import tracing
from deepkit.core.inputs import holds_tensor, is_tensor, leaves, typed
from deepkit.core.op import Op, lookup, stand_ins, standing_for
from deepkit.core.seeds import eager_stream
from deepkit.core.shape import Shape
from deepkit.core.symbol import Symbol
from deepkit.core.tensor import Tensor, Trace
from deepkit.device import devices
from deepkit.device.arrays import xp_of
from deepkit.device.devices import CPU, Device
from deepkit.device.dtypes import DType, as_dtype
from deepkit.errors import DeepkitError, DTypeError, ShapeError, status_of
from deepkit.site import user_site

if TYPE_CHECKING:
    from deepkit.core.tensor import AnyTensor

_LETTERS = "xyzwvu"  # TensorFlow's names of literal inputs: x + 1 makes a constant add/y


def apply(op: Op, *inputs: Any, name: str | None = None) -> Any:
    """The result of `op` on `inputs`: Tensors if every value is known, Symbols if one is still to be computed.

    Which of the two depends on the data alone. Python and NumPy values take the type of the tensors beside them.
    """
    if stand_ins:
        op = standing_for(op)
    inputs = tuple(_here(x) if is_tensor(x) else _gathered(x) for x in inputs)
    graph = next((x.graph for x in inputs if isinstance(x, Symbol)), None)
    label = name or op.label or op.type
    try:
        if graph is not None:
            graph = tracing.target(graph)
            graph.enter_cell()
            planned = graph.unique_name(label, mark_as_used=False)

            def constant(value: Any, position: int, dtype: DType | None = None) -> Symbol:
                return graph.constant(value, f"{planned}/{_LETTERS[min(position, 5)]}/", dtype)

            return graph.add(op, typed(op, inputs, constant, in_graph=True), name)
        return _compute(op, typed(op, inputs, _tensor, in_graph=False), _fresh(inputs))
    except DeepkitError as error:
        if error.where is None:
            _explain(error, f"{label}({_describe(inputs)})")
        raise


def _here(x: Any) -> Any:
    return x.here() if isinstance(x, Symbol) else x


def _gathered(x: Any) -> Any:
    """A list with tensors in it, or the rows of a gradient, as one tensor."""
    parts = isinstance(x, (list, tuple)) and holds_tensor(x)
    return convert(x) if parts or hasattr(x, "as_dense_tensor") else x


def _tensor(value: Any, position: int, dtype: DType | None = None) -> Tensor:
    return Tensor(value, dtype=dtype, device=CPU)


def _forward(op: Op, xp: Any, arrays: Sequence[Any]) -> Any:
    """What the op's forward gives; what goes wrong in it is an error of deepkit."""
    try:
        with np.errstate(all="ignore"):
            return op.forward(xp, *arrays)
    except DeepkitError:
        raise
    except (ValueError, TypeError, ArithmeticError, IndexError) as error:
        raise status_of(error)(str(error)) from error


def _brought(values: Sequence[Any], home: Device, host: Sequence[int] | range = ()) -> list[Any]:
    """Arrays in the memory of `home`; texts have no other home than the CPU, nor have the values numbered in `host`."""
    return [devices.put(y, CPU if i in host or y.dtype == object else home) for i, y in enumerate(values)]


def _fresh(inputs: Sequence[Any]) -> bool:
    """Whether there is no tensor among the inputs of an op."""
    return not any(isinstance(x, Tensor) for x in inputs)


def _home(op: Op, arrays: Sequence[Any], fresh: bool) -> Device:
    """Where an op computes: where what it writes is, else where its inputs are, on a GPU if one is there; without any
    tensor among them (`fresh`) on the device that was chosen."""
    if op.writes:
        return devices.of(arrays[op.writes[0]])
    if fresh:
        return devices.chosen()
    return devices.common(arrays)


def _result(op: Op, arrays: Sequence[Any], home: Device) -> Any:
    """What the op's forward gives for arrays that all lie where it computes: on `home`, or on the CPU if it must."""
    streams = [eager_stream(op.seed)] if op.random else []  # type: ignore[attr-defined]
    with devices.current(home):
        return _forward(op, np if op.cpu_only else home.xp, [*streams, *arrays])


def _goes_home(op: Op, arrays: Sequence[Any]) -> bool:
    """Whether what an op of the CPU gave belongs with its inputs: not what it says of shapes, which Python wants next."""
    return op.cpu_only and any(i not in op.shape_only for i in range(len(arrays)))


def _compute(op: Op, inputs: Sequence[Any], fresh: bool) -> Any:
    many = isinstance(op.specs(inputs), list)
    arrays = [x.value for x in inputs]
    home = _home(op, arrays, fresh)
    if home.is_gpu or xp_of(*arrays) is not np:  # all meet in one memory
        arrays = _brought(arrays, CPU if op.cpu_only else home, op.host)
    result = _result(op, arrays, home)
    values = list(result) if many else [result]
    if _goes_home(op, arrays):
        values = _brought(values, home)
    for target, value in zip(op.writes, values, strict=False):
        inputs[target].assign_value(value)
    trace = Trace(op, tuple(inputs), values, many)
    outputs = trace.outputs
    return outputs if many else outputs[0]


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
    graph = next((x.graph for x in map(_here, leaves(inputs)) if isinstance(x, Symbol)), None)
    if graph is None:
        yield None
        return
    with graph.name_scope(name or default) as full:
        yield full


def _of_type(x: Any, dtype: Any) -> AnyTensor:
    """A tensor as it is, a variable as its value; DTypeError if another type is needed."""
    if dtype is not None and x.dtype is not as_dtype(dtype):
        raise DTypeError(f"{as_dtype(dtype).name} is needed, this tensor is {x.dtype.name}", hint="convert with cast")
    return x.read() if hasattr(x, "read") else x


def convert(value: Any, dtype: Any = None, beside: Any = None, name: str | None = None) -> AnyTensor:
    """`value` as a tensor: a constant node of the graph of `beside` if that is a Symbol, else a Tensor.

    Lists that hold tensors become one stacked tensor, and the rows of a gradient (IndexedSlices) a dense one.
    """
    if hasattr(value, "as_dense_tensor"):
        value = value.as_dense_tensor()
    if is_tensor(value):
        return _of_type(value, dtype)
    if isinstance(value, (list, tuple)) and holds_tensor(value):
        return apply(lookup("Pack")(), *[_entry(v, dtype) for v in value])
    near = _here(beside)
    made: Any = near.graph.constant(value, name, dtype) if isinstance(near, Symbol) else Tensor(value, dtype=dtype)
    return made


def _entry(value: Any, dtype: Any) -> Any:
    """An entry of a list that holds tensors: of the type that is asked for; numbers without one take that beside them."""
    if dtype is None or is_tensor(value):
        x = convert(value) if is_tensor(value) or holds_tensor([value]) else value
        return x if dtype is None or x.dtype is as_dtype(dtype) else apply(lookup("Cast")(to=as_dtype(dtype)), x)
    return convert(value, dtype)


def check_same_shape(what: str, a: Any, b: Any) -> None:
    """ShapeError unless two tensors can have the same shape."""
    if not a.shape.is_compatible_with(b.shape):
        raise ShapeError(f"{what} have shapes {a.shape} and {b.shape}", rule="both must have the same shape")


door.apply = apply
