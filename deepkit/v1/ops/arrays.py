"""`tf.reshape` and its kin: tensors made, cut, joined, rearranged and sorted."""

from __future__ import annotations

from typing import Any

import numpy as np

from deepkit import ops
from deepkit.core.other_names import shown_as
from deepkit.core.slices import IndexedSlices
from deepkit.device.dtypes import float32, float64, int32, int64
from deepkit.ops.arrays.sparse import SparseTensor
from deepkit.v1.framework.symbolic import constant_of, on_parts, on_values, symbolic

__all__ = [
    "argsort", "batch_gather", "batch_to_space", "batch_to_space_nd", "bincount", "bitcast", "boolean_mask",
    "broadcast_to", "cast", "concat", "confusion_matrix", "count_nonzero", "depth_to_space", "dynamic_partition",
    "dynamic_stitch", "expand_dims", "extract_image_patches", "eye", "fill", "gather", "gather_nd",
    "histogram_fixed_width", "histogram_fixed_width_bins", "identity", "invert_permutation", "lin_space",
    "linspace", "matrix_transpose", "meshgrid", "newaxis", "one_hot", "ones", "ones_like", "pack", "pad",
    "parallel_stack", "range", "rank", "repeat", "reshape", "reverse", "reverse_sequence", "roll", "saturate_cast",
    "scatter_nd", "searchsorted", "sequence_mask", "setdiff1d", "shape", "shape_n", "size", "slice", "sort",
    "space_to_batch", "space_to_batch_nd", "space_to_depth", "split", "squeeze", "stack", "stop_gradient",
    "strided_slice", "tensor_scatter_add", "tensor_scatter_nd_add", "tensor_scatter_nd_max",
    "tensor_scatter_nd_min", "tensor_scatter_nd_sub", "tensor_scatter_nd_update", "tensor_scatter_sub",
    "tensor_scatter_update", "tile", "to_double", "to_float", "to_int32", "to_int64", "transpose", "unique",
    "unique_with_counts", "unpack", "unravel_index", "unstack", "zeros", "zeros_like",
]

argsort = symbolic(ops.argsort)
batch_gather = symbolic(ops.batch_gather)
batch_to_space = symbolic(ops.batch_to_space, "BatchToSpaceND")
batch_to_space_nd = symbolic(ops.batch_to_space_nd, "BatchToSpaceND")
bincount = symbolic(ops.bincount)
bitcast = symbolic(ops.bitcast)
boolean_mask = symbolic(ops.boolean_mask)
broadcast_to = symbolic(ops.broadcast_to)
cast = on_values(symbolic(ops.cast), SparseTensor, IndexedSlices)
concat = symbolic(ops.concat)
confusion_matrix = symbolic(ops.confusion_matrix)
count_nonzero = symbolic(ops.count_nonzero)
depth_to_space = symbolic(ops.depth_to_space)
dynamic_partition = symbolic(ops.dynamic_partition)
_stitch = symbolic(ops.dynamic_stitch)
expand_dims = symbolic(ops.expand_dims)
extract_image_patches = symbolic(ops.extract_image_patches, "ExtractImagePatches")
eye = symbolic(ops.eye)
fill = symbolic(ops.fill)
gather = symbolic(ops.gather)
gather_nd = symbolic(ops.gather_nd)
histogram_fixed_width = symbolic(ops.histogram_fixed_width)
histogram_fixed_width_bins = symbolic(ops.histogram_fixed_width_bins)
identity = on_parts(symbolic(ops.identity))
invert_permutation = symbolic(ops.invert_permutation)
lin_space = symbolic(ops.lin_space, "linspace/")
linspace = symbolic(ops.linspace, "linspace/")
matrix_transpose = symbolic(ops.matrix_transpose)
meshgrid = symbolic(ops.meshgrid, "meshgrid/")
one_hot = symbolic(ops.one_hot)
ones = symbolic(ops.ones)
ones_like = symbolic(ops.ones_like)
pack = _stack = symbolic(ops.stack)
pad = symbolic(ops.pad)
parallel_stack = symbolic(ops.parallel_stack)
range = symbolic(ops.range)
_rank = symbolic(ops.rank)
reshape = symbolic(ops.reshape)
reverse = symbolic(ops.reverse)
reverse_sequence = symbolic(ops.reverse_sequence)
roll = symbolic(ops.roll)
saturate_cast = symbolic(ops.saturate_cast, "saturate_cast")
scatter_nd = symbolic(ops.scatter_nd)
searchsorted = symbolic(ops.searchsorted)
sequence_mask = symbolic(ops.sequence_mask)
setdiff1d = symbolic(ops.setdiff1d)
_shape = symbolic(ops.shape)
_size = symbolic(ops.size)
slice = symbolic(ops.slice_)
sort = symbolic(ops.sort)
space_to_batch = symbolic(ops.space_to_batch, "SpaceToBatchND")
space_to_batch_nd = symbolic(ops.space_to_batch_nd, "SpaceToBatchND")
space_to_depth = symbolic(ops.space_to_depth)
split = symbolic(ops.split)
squeeze = symbolic(ops.squeeze)


def stack(values: Any, axis: int = 0, name: str = "stack") -> Any:
    """Tensors of one shape joined along a new axis. Plain numbers are a constant, of the type they have as a list."""
    numbers = isinstance(values, (list, tuple)) and all(isinstance(v, (int, float, complex, np.number)) for v in values)
    return constant_of(values, name=name) if numbers and axis == 0 else _stack(values, axis, name)


stop_gradient = symbolic(ops.stop_gradient)
strided_slice = symbolic(ops.strided_slice, "StridedSlice")
tensor_scatter_add = symbolic(ops.tensor_scatter_nd_add)
tensor_scatter_nd_add = symbolic(ops.tensor_scatter_nd_add)
tensor_scatter_nd_max = symbolic(ops.tensor_scatter_nd_max)
tensor_scatter_nd_min = symbolic(ops.tensor_scatter_nd_min)
tensor_scatter_nd_sub = symbolic(ops.tensor_scatter_nd_sub)
tensor_scatter_nd_update = symbolic(ops.tensor_scatter_nd_update)
tensor_scatter_sub = symbolic(ops.tensor_scatter_nd_sub)
tensor_scatter_update = symbolic(ops.tensor_scatter_nd_update)
tile = symbolic(ops.tile)
transpose = symbolic(ops.transpose)
unique = symbolic(ops.unique)
unique_with_counts = symbolic(ops.unique_with_counts)
unpack = symbolic(ops.unstack)
unravel_index = symbolic(ops.unravel_index)
unstack = symbolic(ops.unstack)
zeros = symbolic(ops.zeros)
_zeros_like = symbolic(ops.zeros_like)


def dynamic_stitch(indices: Any, data: Any, name: str | None = None) -> Any:
    """The inverse of dynamic_partition: row indices[m][i] of the result is data[m][i]."""
    return _stitch([constant_of(i) for i in indices], data, name)


def shape(input: Any, name: str | None = None, out_type: Any = int32) -> Any:
    """The lengths of the axes, as a tensor (rank,) of `out_type`; of a SparseTensor those of the dense tensor."""
    if isinstance(input, SparseTensor):
        return ops.cast(input.dense_shape, out_type, name or "Shape")
    return _shape(input, name, out_type)


def size(input: Any, name: str | None = None, out_type: Any = int32) -> Any:
    """How many elements there are, as a scalar of `out_type`; of a SparseTensor those of the dense tensor."""
    if isinstance(input, SparseTensor):
        return ops.reduce_prod(ops.cast(input.dense_shape, out_type), name=name or "Size")
    return _size(input, name, out_type)


def rank(input: Any, name: str | None = None) -> Any:
    """How many axes there are, as an int32 scalar; of a SparseTensor those of the dense tensor."""
    if isinstance(input, SparseTensor):
        return _size(input.dense_shape, name or "Rank")
    axes = constant_of(input).shape.rank
    return _rank(input, name) if axes is None else constant_of(np.int32(axes), name=name or "Rank")


def zeros_like(tensor: Any, dtype: Any = None, name: str | None = None, optimize: bool = True) -> Any:
    """Zeros in the shape of `tensor`, a dense or a sparse one, and of its type if none is given."""
    if isinstance(tensor, SparseTensor):
        return zeros(tensor.dense_shape, tensor.dtype if dtype is None else dtype, name=name or "zeros_like")
    return _zeros_like(tensor, dtype, name, optimize)


def to_float(x: Any, name: str = "ToFloat") -> Any:
    """cast(x, float32)."""
    return cast(x, float32, name=name)


def to_double(x: Any, name: str = "ToDouble") -> Any:
    """cast(x, float64)."""
    return cast(x, float64, name=name)


def to_int32(x: Any, name: str = "ToInt32") -> Any:
    """cast(x, int32)."""
    return cast(x, int32, name=name)


def to_int64(x: Any, name: str = "ToInt64") -> Any:
    """cast(x, int64)."""
    return cast(x, int64, name=name)


def shape_n(input: Any, out_type: Any = "int32", name: Any = None) -> list[Any]:
    """The shape of each of several tensors."""
    return [shown_as(ops.shape(constant_of(x), name or "ShapeN", out_type), "ShapeN") for x in input]


def repeat(input: Any, repeats: Any, axis: Any = None, name: Any = None) -> Any:
    """The entries along `axis`, of the flat tensor if it is None, several times each: `repeats` times, or each its own number.

    >>> import deepkit.v1 as tf
    >>> with tf.Graph().as_default(), tf.Session() as sess:
    ...     sess.run(tf.repeat([3, 4], [1, 2])).tolist()
    [3, 4, 4]
    """
    x = ops.reshape(constant_of(input), [-1]) if axis is None else constant_of(input)
    along = 0 if axis is None else axis
    counts = ops.broadcast_to(ops.reshape(cast(constant_of(repeats), int32), [-1]), [ops.shape(x)[along]])
    places = ops.range(0, ops.reduce_sum(counts))
    return ops.gather(x, ops.searchsorted(ops.cumsum(counts), places, "right"), axis=along, name=name)


newaxis = None
"""x[:, tf.newaxis] has an axis of length 1 more."""
