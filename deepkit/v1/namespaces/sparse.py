"""`tf.sparse`: tensors that name only their non-empty places."""

from deepkit.v1.framework.creators import sparse_placeholder as placeholder
from deepkit.v1.ops.sparse import SparseTensor, from_dense
from deepkit.v1.ops.sparse import sparse_add as add
from deepkit.v1.ops.sparse import sparse_concat as concat
from deepkit.v1.ops.sparse import sparse_expand_dims as expand_dims
from deepkit.v1.ops.sparse import sparse_eye as eye
from deepkit.v1.ops.sparse import sparse_fill_empty_rows as fill_empty_rows
from deepkit.v1.ops.sparse import sparse_mask as mask
from deepkit.v1.ops.sparse import sparse_maximum as maximum
from deepkit.v1.ops.sparse import sparse_minimum as minimum
from deepkit.v1.ops.sparse import sparse_reduce_max as reduce_max
from deepkit.v1.ops.sparse import sparse_reduce_sum as reduce_sum
from deepkit.v1.ops.sparse import sparse_reorder as reorder
from deepkit.v1.ops.sparse import sparse_reset_shape as reset_shape
from deepkit.v1.ops.sparse import sparse_reshape as reshape
from deepkit.v1.ops.sparse import sparse_retain as retain
from deepkit.v1.ops.sparse import sparse_segment_mean as segment_mean
from deepkit.v1.ops.sparse import sparse_segment_sqrt_n as segment_sqrt_n
from deepkit.v1.ops.sparse import sparse_segment_sum as segment_sum
from deepkit.v1.ops.sparse import sparse_slice as slice
from deepkit.v1.ops.sparse import sparse_softmax as softmax
from deepkit.v1.ops.sparse import sparse_split as split
from deepkit.v1.ops.sparse import sparse_tensor_dense_matmul as matmul
from deepkit.v1.ops.sparse import sparse_tensor_dense_matmul as sparse_dense_matmul
from deepkit.v1.ops.sparse import sparse_tensor_to_dense as to_dense
from deepkit.v1.ops.sparse import sparse_to_indicator as to_indicator
from deepkit.v1.ops.sparse import sparse_transpose as transpose

__all__ = [
    "SparseTensor", "add", "concat", "expand_dims", "eye", "fill_empty_rows", "from_dense", "mask", "matmul", "maximum",
    "minimum", "placeholder", "reduce_max", "reduce_sum", "reorder", "reset_shape", "reshape", "retain", "segment_mean",
    "segment_sqrt_n", "segment_sum", "slice", "softmax", "sparse_dense_matmul", "split", "to_dense", "to_indicator",
    "transpose",
]
