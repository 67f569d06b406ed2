"""`tf.TensorArray`: a list of tensors that loops read and write at places known only when they run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from deepkit import ops
from deepkit.core import nest
from deepkit.core.inputs import is_tensor
from deepkit.core.shape import UNKNOWN, Shape
from deepkit.device.dtypes import as_dtype
from deepkit.errors import ArgumentError
from deepkit.v1.framework.creators import no_op
from deepkit.v1.framework.symbolic import constant_of

__all__ = ["TensorArray"]


class TensorArray:
    """`size` tensors of one type and shape. Every write gives a new TensorArray, which goes on from there.

    >>> import deepkit.v1 as tf
    >>> with tf.Graph().as_default(), tf.Session() as sess:
    ...     squares = tf.TensorArray(tf.int32, size=4)
    ...     _, squares = tf.while_loop(lambda i, a: i < 4, lambda i, a: (i + 1, a.write(i, i * i)), (0, squares))
    ...     print(sess.run(squares.stack()))
    [0 1 4 9]
    """

    def __init__(
        self, dtype: Any, size: Any = None, dynamic_size: bool | None = None, clear_after_read: bool | None = None,
        tensor_array_name: str | None = None, handle: Any = None, flow: Any = None, infer_shape: bool = True,
        element_shape: Any = None, colocate_with_first_write_call: bool = True, name: str | None = None,
    ):
        if size is None and flow is None:
            raise ArgumentError("TensorArray without a size", hint="TensorArray(tf.float32, size=10)")
        self.dtype, self._dynamic = as_dtype(dtype), bool(dynamic_size)
        self._size: Any = 0 if size is None else size
        self._known = {"element": UNKNOWN if element_shape is None else Shape(element_shape)}
        self.flow = constant_of(np.zeros(0, self.dtype.numpy)) if flow is None else flow

    def with_flow(self, flow: Any, size: Any = None) -> TensorArray:
        """The same list with other entries: what a loop makes of it."""
        size = self._size if size is None else size
        made = TensorArray(self.dtype, size, self._dynamic, flow=flow)
        made._known = self._known  # shared: what a loop's body learns about the entries holds after the loop, too
        return made

    def parts(self) -> list[Any]:
        """The tensor that holds its entries, as a list of one."""
        return [self.flow]

    def with_parts(self, parts: Sequence[Any]) -> TensorArray:
        """The same list with other entries."""
        return self.with_flow(*parts)

    @property
    def element_shape(self) -> Shape:
        """The shape of an entry, as far as it is known."""
        return self._known["element"]

    def _learn(self, element: Shape) -> None:
        known = self._known["element"]
        fits = element.lengths is not None and known.lengths is not None and element.rank == known.rank
        if fits and not known.is_compatible_with(element):
            self._known["element"] = element.common(known)
        elif known.lengths is None or fits:
            self._known["element"] = element if known.lengths is None else known.merge(element)

    def _typed(self, value: Any) -> Any:
        """A value as a tensor; numbers and arrays take the type of the list."""
        return constant_of(value, None if is_tensor(value) else self.dtype)

    def write(self, index: Any, value: Any, name: str | None = None) -> TensorArray:
        """The list with `value` at place `index`."""
        value = self._typed(value)
        self._learn(value.shape)
        return self.with_flow(ops.list_write(self.flow, index, value, self._size, self._dynamic))

    def read(self, index: Any, name: str | None = None) -> Any:
        """The tensor at place `index`."""
        entry = ops.gather(self._entries(), index, name=name)
        entry.set_shape(self.element_shape)
        return entry

    def _entries(self) -> Any:
        """The flow with what is known about its shape."""
        if self.flow.shape.rank is not None or self.element_shape.lengths is None:
            return self.flow
        entries = ops.identity(self.flow)
        entries.set_shape([None, *self.element_shape.lengths])
        return entries

    def stack(self, name: str | None = None) -> Any:
        """All entries along a new first axis."""
        result = ops.identity(self._entries(), name=name)
        if isinstance(self._size, (int, np.integer)) and self._size and not self._dynamic:
            result.set_shape(
                [int(self._size), *self.element_shape.lengths] if self.element_shape.lengths is not None else None
            )
        return result

    def gather(self, indices: Any, name: str | None = None) -> Any:
        """The entries at these places along a new first axis."""
        return ops.gather(self._entries(), indices, name=name)

    def concat(self, name: str | None = None) -> Any:
        """All entries joined along their own first axis."""
        entries = self._entries()
        return ops.reshape(entries, ops.concat([[-1], ops.shape(entries)[2:]], 0), name=name)

    def unstack(self, value: Any, name: str | None = None) -> TensorArray:
        """The list whose entries are the rows of `value`."""
        value = self._typed(value)
        size = value.shape.lengths[0] if value.shape.lengths else None
        self._learn(value.shape[1:])
        return self.with_flow(value, ops.shape(value)[0] if size is None else size)

    def scatter(self, indices: Any, value: Any, name: str | None = None) -> TensorArray:
        """The list with row i of `value` at place indices[i]."""
        value = self._typed(value)
        size = ops.reduce_max(indices) + 1 if self._dynamic else self._size
        places = ops.expand_dims(ops.cast(constant_of(indices), "int32"), 1)
        dims = ops.concat([ops.reshape(size, [1]), ops.shape(value)[1:]], 0)
        self._learn(value.shape[1:])
        return self.with_flow(ops.scatter_nd(places, value, dims))

    def split(self, value: Any, lengths: Any, name: str | None = None) -> TensorArray:
        """The list whose entries are pieces of `value`, all of one length, along its first axis."""
        value = self._typed(value)
        count = ops.size(constant_of(lengths))
        flow = ops.reshape(value, ops.concat([ops.stack([count, -1]), ops.shape(value)[1:]], 0))
        return self.with_flow(flow, count)

    def size(self, name: str | None = None) -> Any:
        """How many entries there are."""
        if self._dynamic:
            return ops.maximum(ops.shape(self.flow)[0], self._size)
        return constant_of(self._size, None if hasattr(self._size, "dtype") else "int32")

    def identity(self) -> TensorArray:
        """The same list."""
        return self.with_flow(ops.identity(self.flow))

    def close(self, name: str | None = None) -> Any:
        """An op that does nothing: memory is given back by itself."""
        return no_op(name)


def flat(structure: Any) -> list[Any]:
    """The tensors of nested lists, tuples and dicts; of a TensorArray, SparseTensor or IndexedSlices those inside."""
    return [part for leaf in nest.flatten(structure) for part in nest.parts(leaf)]


def packed(like: Any, leaves: Iterable[Any]) -> Any:
    """`leaves` nested as `like` is; what holds tensors goes on with as many as it has."""
    rest = iter(leaves)

    def made(leaf: Any) -> Any:
        return leaf.with_parts([next(rest) for _ in leaf.parts()]) if hasattr(leaf, "with_parts") else next(rest)

    return nest.map_leaves(made, like)
