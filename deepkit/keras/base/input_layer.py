"""Where a model begins: `Input` makes a placeholder that layers can be called on."""

from __future__ import annotations

from typing import Any

from deepkit.core.graph import default_graph
from deepkit.core.symbol import Symbol
from deepkit.core.tensor import Tensor
from deepkit.errors import ArgumentError
from deepkit.keras.backend.config import floatx
from deepkit.keras.backend.nested import keras_shape
from deepkit.keras.backend.session import get_uid, is_placeholder, placeholder
from deepkit.keras.base.history import CallRecord
from deepkit.keras.base.layer import Layer


class InputLayer(Layer):
    """The layer behind `Input`: a placeholder, or a tensor that is there already."""

    def __init__(
        self, input_shape: Any = None, batch_size: int | None = None, batch_input_shape: Any = None, dtype: Any = None,
        input_tensor: Any = None, sparse: bool = False, name: str | None = None, ragged: bool = False, **kwargs: Any,
    ):
        super().__init__(name=name or f"input_{get_uid('input')}", dtype=dtype)
        if input_tensor is None:
            if batch_input_shape is None:
                batch_input_shape = (batch_size, *(input_shape or ()))
            with default_graph().passing():
                input_tensor = placeholder(tuple(batch_input_shape), dtype=dtype or floatx(), name=self.name)
        elif isinstance(input_tensor, Tensor):
            with default_graph().passing():
                input_tensor = default_graph().constant(input_tensor, self.name)
        elif not isinstance(input_tensor, Symbol):
            raise ArgumentError(f"Input(tensor={input_tensor!r})", rule="a tensor of a graph", hint="Input(shape=...)")
        self.batch_input_shape = keras_shape(input_tensor)
        self.dtype = input_tensor.dtype.name
        self.sparse = bool(sparse)
        self.is_placeholder = is_placeholder(input_tensor)
        self.built = True
        self.add_inbound_node(CallRecord(self, [], input_tensor))

    def get_config(self) -> dict[str, Any]:
        return {"batch_input_shape": self.batch_input_shape, "dtype": self.dtype, "sparse": self.sparse,
                "ragged": False, "name": self.name}

    @property
    def input(self) -> Any:
        return self.output

    @property
    def input_shape(self) -> Any:
        return [self.batch_input_shape]

    @property
    def output_shape(self) -> Any:
        return [self.batch_input_shape]


def Input(
    shape: Any = None, batch_shape: Any = None, name: str | None = None, dtype: Any = None, sparse: bool = False,
    tensor: Any = None, batch_size: int | None = None, ragged: bool = False, **kwargs: Any,
) -> Symbol:
    """A tensor to call layers on. `shape` leaves out the batch axis: Input(shape=(784,)) has shape (None, 784)."""
    if batch_shape is None and shape is None and tensor is None:
        raise ArgumentError("Input() without a shape", rule="shape is that of one sample", hint="Input(shape=(784,))")
    if batch_shape is None and tensor is None:
        if isinstance(shape, str) or hasattr(shape, "dtype"):
            raise ArgumentError(
                f"Input(shape={'an array' if hasattr(shape, '__array__') else repr(shape)})",
                rule="shape is that of one sample, as a tuple of numbers, None where the length varies",
                hint="Input(shape=x.shape[1:]); data are given to fit and predict",
            )
        dims = (shape,) if isinstance(shape, int) else tuple(shape)  # type: ignore[arg-type]
        batch_shape = (batch_size, *dims)
    layer = InputLayer(batch_input_shape=batch_shape, dtype=dtype, sparse=sparse, input_tensor=tensor, name=name)
    return layer.inbound_nodes[0].outputs
