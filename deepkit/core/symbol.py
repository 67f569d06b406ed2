"""A value still to be computed: one output of a node of a graph."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from deepkit.core.operators import Operators
from deepkit.core.other_names import Foreign
from deepkit.core.shape import Shape
from deepkit.device.dtypes import DType
from deepkit.errors import OperatorNotAllowedInGraphError

if TYPE_CHECKING:
    from deepkit.core.graph import Graph
    from deepkit.core.node import Node


class Symbol(Operators):
    """What TensorFlow 1 calls a Tensor: it has a name, a type and a shape, and gets its value in a session.

    Other attributes may be set: higher floors and programs keep with a tensor what lives as long as it.
    """

    __slots__ = ("__dict__", "__weakref__", "dtype", "index", "node", "shape")

    def __init__(self, node: Node, index: int, shape: Shape, dtype: DType):
        self.node, self.index, self.shape, self.dtype = node, index, shape, dtype

    @property
    def name(self) -> str:
        return f"{self.node.name}:{self.index}"

    @property
    def op(self) -> Node:
        return self.node

    @property
    def graph(self) -> Graph:
        return self.node.graph

    @property
    def device(self) -> str:
        return self.node.device

    @property
    def key(self) -> Any:
        return self

    def here(self) -> Any:
        """What the tensor stands for where it is used: itself, but for a variable of which only its value is wanted."""
        return self

    def get_shape(self) -> Shape:
        return self.shape

    def set_shape(self, shape: Any) -> None:
        """Adds what you know about the shape; ShapeError if it contradicts what is known."""
        self.shape = self.shape.merge(shape)

    def consumers(self) -> list[Node]:
        return [node for node in self.graph.get_operations() if any(x is self for x in node.inputs)]

    def eval(self, feed_dict: Any = None, session: Any = None) -> Any:
        """The value, computed by `session` or the default session."""
        return self.graph.session_for(session, f"{self.name}.eval()").run(self, feed_dict)

    def _no_value(self, wanted: str) -> NoReturn:
        raise OperatorNotAllowedInGraphError(
            f"{self.name} has no value yet, so it cannot be used as {wanted}",
            rule="a node of the graph gets its value only while a session runs",
            hint="value = sess.run(tensor), then use value; inside the graph use cond() or where()",
        )

    def __bool__(self) -> bool:
        self._no_value("a Python bool")

    def __float__(self) -> float:
        self._no_value("a Python number")

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NoReturn:
        self._no_value("a NumPy array")

    numpy = Foreign("numpy", "sess.run(tensor) gives the array of a node, which has no value before it runs")

    def __len__(self) -> NoReturn:
        raise OperatorNotAllowedInGraphError(
            "len() of a node of the graph", hint="use x.shape[0], or shape(x)[0] if it is not known yet"
        )

    def __iter__(self) -> Any:
        if not self.shape.lengths or self.shape.lengths[0] is None:
            raise OperatorNotAllowedInGraphError(
                f"cannot iterate over {self.name} of shape {self.shape}", hint="give its first dimension, or use map_fn"
            )
        return (self[i] for i in range(self.shape.lengths[0]))

    def __repr__(self) -> str:
        return f"<tf.Tensor {self.name!r} shape={self.shape} dtype={self.dtype.name}>"

    def __str__(self) -> str:
        shape = "" if self.shape.lengths is None else f", shape={self.shape}"
        return f'Tensor("{self.name}"{shape}, dtype={self.dtype.name})'
