"""A value that is known, and the trace of the op that made it."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import numpy as np

from deepkit.core import door
from deepkit.core.op import Op, lookup
from deepkit.core.operators import Operators
from deepkit.core.shape import Shape
from deepkit.device import devices
from deepkit.device.arrays import as_array, to_cpu
from deepkit.device.devices import Device
from deepkit.device.dtypes import DType, as_dtype
from deepkit.errors import ShapeError

if TYPE_CHECKING:
    from deepkit.core.symbol import Symbol

_births = itertools.count()


def now() -> int:
    """A moment: what was computed before it was born earlier, what comes after it later."""
    return next(_births)


class Trace:
    """One op that was computed: its inputs and output arrays, all that a gradient needs.

    `born` counts up: whatever depends on an output was born later.
    """

    __slots__ = ("born", "inputs", "many", "op", "values")
    origin = None  # as a node of a graph may have

    def __init__(self, op: Op, inputs: tuple[Any, ...], values: list[Any], many: bool):
        self.born = next(_births)
        self.op, self.inputs, self.values, self.many = op, inputs, values, many

    @property
    def outputs(self) -> list[Tensor]:
        return [Tensor(value, self, i) for i, value in enumerate(self.values)]

    @property
    def label(self) -> str:
        return self.op.type


class Tensor(Operators):
    """An array that remembers how it was made, so that `gradients` can walk back from it.

    >>> x = Tensor([1.0, 2.0])
    >>> x * x
    <dk.Tensor shape=(2,) dtype=float32 [1. 4.]>

    What it remembers is kept as long as it lives; `stop_gradient(x)` or `dk.tensor(x.numpy())` forgets. An array is
    copied on its way in and on its way out: a Tensor's value never changes.
    """

    __slots__ = ("__weakref__", "index", "node", "value")

    def __init__(
        self, value: Any, node: Trace | None = None, index: int = 0, dtype: Any = None, device: str | Device | None = None
    ):
        if node is None:
            value = _kept(value, dtype, device)
        self.value = value
        self.node = node
        self.index = index

    @property
    def dtype(self) -> DType:
        return as_dtype(self.value.dtype) if hasattr(self.value, "dtype") else as_dtype("string")

    @property
    def shape(self) -> Shape:
        return Shape.of(np.shape(self.value) if not hasattr(self.value, "shape") else self.value.shape)

    @property
    def ndim(self) -> int:
        return len(self.shape)

    def get_shape(self) -> Shape:
        return self.shape

    @property
    def key(self) -> Any:
        """Equal for two objects that stand for the same output of the same op."""
        return (id(self.node), self.index) if self.node is not None else id(self)

    @property
    def device(self) -> str:
        """Where the value is: "cpu:0" or "gpu:0"."""
        return devices.of(self.value).short

    def to(self, device: str | Device) -> Tensor:
        """The value on a device, "cpu", "gpu" or "gpu:1", as a Tensor: this one if it is there. A gradient goes back.

        ArgumentError: no such device.

        >>> Tensor([1.0, 2.0]).to("cpu").device
        'cpu:0'
        """
        wanted = devices.named(device)
        return self if devices.of(self.value) == wanted else door.apply(lookup("ToDevice")(device=wanted.short), self)

    def numpy(self) -> np.ndarray:
        """The value as a NumPy array of the caller's own."""
        return np.array(to_cpu(self.value))

    def item(self) -> Any:
        """The value of a tensor with one element as a Python number."""
        return to_cpu(self.value).item()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        """What np.asarray(x) gives: an array of the caller's own. NumPy's copy=False, no copy, gives one to look at."""
        if copy is not False:
            return np.array(to_cpu(self.value), dtype=dtype)
        seen = np.array(to_cpu(self.value), dtype=dtype, copy=False).view()
        seen.flags.writeable = False
        return seen

    def __len__(self) -> int:
        if not self.shape.lengths:
            raise ShapeError("a scalar has no len()")
        return int(self.shape[0])

    def __iter__(self) -> Any:
        return (self[i] for i in range(len(self)))

    def __bool__(self) -> bool:
        return bool(to_cpu(self.value))

    def __float__(self) -> float:
        return float(self.item())

    def __int__(self) -> int:
        return int(self.item())

    def __index__(self) -> int:
        return to_cpu(self.value).__index__()

    def __eq__(self, other: object) -> Any:
        return door.apply(lookup("Equal")(), self, other)

    def __ne__(self, other: object) -> Any:
        return door.apply(lookup("NotEqual")(), self, other)

    def __hash__(self) -> int:
        return id(self)

    def __format__(self, spec: str) -> str:
        return format(self.item() if self.ndim == 0 else self.numpy(), spec) if spec else str(self)

    def __repr__(self) -> str:
        text = np.array2string(to_cpu(self.value), separator=" ", prefix="", threshold=20)
        line = "\n" if "\n" in text else " "
        return f"<dk.Tensor shape={self.shape} dtype={self.dtype.name}{line}{text}>"


def _kept(value: Any, dtype: Any, device: str | Device | None) -> Any:
    """An array of its own: on the device named, else where an array of a GPU is, else on the one that was chosen."""
    if hasattr(value, "__cuda_array_interface__"):
        with devices.current(devices.of(value)):
            array = value.copy() if dtype is None else value.astype(as_dtype(dtype).numpy)
        return array if device is None else devices.put(array, devices.named(device))
    array = as_array(value, dtype, copy=True)
    wanted = devices.chosen() if device is None else devices.named(device)
    return devices.put(array, wanted) if wanted.is_gpu and array.dtype != object else array


class Parameter(Tensor):
    """A Tensor whose value can be replaced: what an optimizer trains when there is no graph.

    >>> w = Parameter([1.0, 2.0])
    >>> _ = w.assign(w * 2.0)
    >>> w.numpy().tolist()
    [2.0, 4.0]
    """

    __slots__ = ("label", "trainable")

    def __init__(
        self, value: Any, dtype: Any = None, name: str = "Parameter", trainable: bool = True,
        device: str | Device | None = None,
    ):
        source = value.value if isinstance(value, Tensor) else value
        super().__init__(source, dtype=dtype, device=device)
        self.label, self.trainable = name, trainable

    def read(self) -> Tensor:
        """The value now, as a Tensor of its own: a later assign does not change it."""
        return door.apply(lookup("ReadVariable")(), self)

    def assign_value(self, value: Any) -> None:
        self.value = value

    def assign(self, value: Any) -> Tensor:
        """Replaces the value; the shape must stay. What the old value was made of is forgotten."""
        return door.apply(lookup("Assign")(), self, value)

    def assign_add(self, value: Any) -> Tensor:
        return door.apply(lookup("AssignAdd")(), self, value)

    def assign_sub(self, value: Any) -> Tensor:
        return door.apply(lookup("AssignSub")(), self, value)

    @property
    def key(self) -> Any:
        return id(self)

    def __repr__(self) -> str:
        return super().__repr__().replace("dk.Tensor", f"dk.Parameter {self.label!r}")


if TYPE_CHECKING:

    class AnyTensor(Tensor, Symbol):  # type: ignore[misc]
        """What an op returns: a Tensor or a Symbol, as its inputs are; type checkers let it pass for either."""

        shape: Shape  # type: ignore[assignment]
