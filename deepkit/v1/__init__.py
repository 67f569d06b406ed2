"""Floor 4: TensorFlow 1's names. `import deepkit.v1 as tf` runs a graph-and-session program with one line changed.

Every name is an alias of a function of the op families, made to build graph nodes, or of a class of core/, runtime/
or train/; nothing is computed here.
"""

from __future__ import annotations

from deepkit import ops as _ops
from deepkit.core.autodiff import gradients as _gradients
from deepkit.core.collections import GraphKeys
from deepkit.core.graph import Graph, reset_default_graph
from deepkit.core.graph import default_graph as get_default_graph
from deepkit.core.graph import default_session as get_default_session
from deepkit.core.node import Node as Operation
from deepkit.core.shape import Dimension
from deepkit.core.shape import Shape as TensorShape
from deepkit.core.slices import IndexedSlices
from deepkit.core.symbol import Symbol as Tensor
from deepkit.core.variable import Variable
from deepkit.device.dtypes import (
    DType,
    as_dtype,
    complex64,
    complex128,
    float16,
    float32,
    float64,
    int8,
    int16,
    int32,
    int64,
    string,
    uint8,
    uint16,
    uint32,
    uint64,
)
from deepkit.device.dtypes import bool_ as bool
from deepkit.device.dtypes import float16 as half
from deepkit.device.dtypes import float64 as double
from deepkit.ops.arrays.sparse import SparseTensorValue
from deepkit.ops.input.features import FixedLenFeature, FixedLenSequenceFeature, VarLenFeature
from deepkit.runtime.session import InteractiveSession, Session
from deepkit.train import clip_by_global_norm, global_norm
from deepkit.v1 import (
    compat,
    contrib,
    data,
    distributions,
    errors,
    estimator,
    feature_column,
    image,
    initializers,
    layers,
    losses,
    metrics,
    nn,
    python_io,
    saved_model,
    summary,
    train,
)
from deepkit.v1.client import device_lib, timeline
from deepkit.v1.compat import (
    disable_eager_execution,
    disable_resource_variables,
    disable_v2_behavior,
    enable_eager_execution,
    enable_resource_variables,
    executing_eagerly,
)  # fmt: skip
from deepkit.v1.examples import examples
from deepkit.v1.framework import unknown_names
from deepkit.v1.framework.assertions import *  # noqa: F403
from deepkit.v1.framework.config import ConfigProto, GPUOptions
from deepkit.v1.framework.control_flow import case, cond, foldl, foldr, map_fn, py_func, scan, while_loop
from deepkit.v1.framework.creators import (
    add_to_collection,
    add_to_collections,
    constant,
    control_dependencies,
    convert_to_tensor,
    device,
    get_collection,
    get_collection_ref,
    global_variables,
    global_variables_initializer,
    group,
    local_variables,
    local_variables_initializer,
    name_scope,
    no_op,
    placeholder,
    placeholder_with_default,
    report_uninitialized_variables,
    set_random_seed,
    trainable_variables,
    variables_initializer,
)  # fmt: skip
from deepkit.v1.framework.creators import global_variables as all_variables
from deepkit.v1.framework.creators import global_variables_initializer as initialize_all_variables
from deepkit.v1.framework.creators import tuple_ as tuple
from deepkit.v1.framework.creators import variables_initializer as initialize_variables
from deepkit.v1.framework.gradient_rules import *  # noqa: F403
from deepkit.v1.framework.graph_functions import *  # noqa: F403
from deepkit.v1.framework.namespaces import spaces as _spaces
from deepkit.v1.framework.protocol_messages import or_missing as _messages_or_missing
from deepkit.v1.framework.scopes import (
    AUTO_REUSE,
    VariableScope,
    get_local_variable,
    get_variable,
    get_variable_scope,
    no_regularizer,
    variable_op_scope,
    variable_scope,
)  # fmt: skip
from deepkit.v1.framework.symbolic import constant_of as _constant_of
from deepkit.v1.framework.symbolic import on_rows as _on_rows
from deepkit.v1.framework.symbolic import symbolic as _symbolic
from deepkit.v1.framework.tensor_array import TensorArray
from deepkit.v1.initializers import constant as constant_initializer
from deepkit.v1.initializers import glorot_normal as glorot_normal_initializer
from deepkit.v1.initializers import glorot_uniform as glorot_uniform_initializer
from deepkit.v1.initializers import ones as ones_initializer
from deepkit.v1.initializers import orthogonal as orthogonal_initializer
from deepkit.v1.initializers import random_normal as random_normal_initializer
from deepkit.v1.initializers import random_uniform as random_uniform_initializer
from deepkit.v1.initializers import truncated_normal as truncated_normal_initializer
from deepkit.v1.initializers import uniform_unit_scaling as uniform_unit_scaling_initializer
from deepkit.v1.initializers import variance_scaling as variance_scaling_initializer
from deepkit.v1.initializers import zeros as zeros_initializer
from deepkit.v1.io.queues import FIFOQueue, PaddingFIFOQueue, PriorityQueue, QueueBase, RandomShuffleQueue
from deepkit.v1.io.readers import (
    FixedLengthRecordReader,
    IdentityReader,
    ReaderBase,
    TextLineReader,
    TFRecordReader,
    WholeFileReader,
)
from deepkit.v1.platform import app, flags, gfile, logging
from deepkit.v1.sparse_tensor import SparseTensor

__version__ = VERSION = "1.15.0"  # the interface that is offered, not deepkit's own version


def gradients(
    ys, xs, grad_ys=None, name="gradients", colocate_gradients_with_ops=False, gate_gradients=False,
    aggregation_method=None, stop_gradients=None, unconnected_gradients="none",
):  # fmt: skip
    """The derivatives of sum(ys) by each of xs; None, with a warning that says why, where nothing connects them.

    unconnected_gradients: "zero" gives zeros there.
    """
    return _gradients(ys, xs, grad_ys, name, stop_gradients, slices=True, unconnected_gradients=unconnected_gradients)


_SAME_NAME = """
    abs acos acosh add add_n angle arg_max arg_min argmax argmin argsort as_string asin asinh assert_equal
    assert_greater assert_greater_equal assert_less assert_less_equal assign assign_add assign_sub atan atan2 atanh
    betainc bincount bitcast boolean_mask broadcast_to cast ceil check_numerics cholesky cholesky_solve complex
    concat confusion_matrix conj cos cosh count_nonzero count_up_to cross cumprod cumsum decode_base64 decode_csv
    decode_raw depth_to_space diag diag_part digamma div div_no_nan divide dynamic_partition dynamic_stitch einsum
    encode_base64 equal erf erfc exp expand_dims expm1 eye fft fft2d fft3d fill floor floordiv floormod gather
    gather_nd greater greater_equal histogram_fixed_width histogram_fixed_width_bins identity ifft ifft2d ifft3d
    igamma igammac imag invert_permutation is_finite is_inf is_nan is_variable_initialized lbeta less less_equal
    lgamma lin_space linspace log log1p logical_and logical_not logical_or logical_xor matching_files matmul
    matrix_band_part matrix_determinant matrix_diag matrix_diag_part matrix_inverse matrix_set_diag matrix_solve
    matrix_solve_ls matrix_transpose matrix_triangular_solve maximum meshgrid minimum multinomial multiply negative
    norm not_equal one_hot ones ones_like pad parallel_stack parse_example parse_single_example
    parse_single_sequence_example polygamma pow qr random_crop random_gamma random_normal random_shuffle
    random_uniform range rank read_file real realdiv reciprocal reduce_all reduce_any reduce_join reduce_logsumexp
    reduce_max reduce_mean reduce_min reduce_prod reduce_sum reshape reverse reverse_sequence rint roll round rsqrt
    saturate_cast scalar_mul scatter_add scatter_div scatter_max scatter_min scatter_mul scatter_nd scatter_nd_add
    scatter_nd_sub scatter_nd_update scatter_sub scatter_update searchsorted segment_max segment_mean segment_min
    segment_prod segment_sum self_adjoint_eig self_adjoint_eigvals sequence_mask setdiff1d shape sigmoid sign sin
    sinh size sort space_to_depth sparse_to_dense split sqrt square squared_difference squeeze stack stop_gradient
    strided_slice string_join string_split string_to_hash_bucket string_to_hash_bucket_fast
    string_to_hash_bucket_strong substr subtract svd tan tanh tensor_scatter_nd_add tensor_scatter_nd_max
    tensor_scatter_nd_min tensor_scatter_nd_sub tensor_scatter_nd_update tensordot tile trace transpose truediv
    truncated_normal truncatediv truncatemod unique unique_with_counts unsorted_segment_max unsorted_segment_mean
    unsorted_segment_min unsorted_segment_prod unsorted_segment_sqrt_n unsorted_segment_sum unstack
    verify_tensor_all_finite where zeros zeros_like zeta
""".split()
globals().update({_name: _symbolic(getattr(_ops, _name)) for _name in _SAME_NAME})

clip_by_average_norm = _symbolic(_ops.clip_by_average_norm)
clip_by_norm = _on_rows(_symbolic(_ops.clip_by_norm))
clip_by_value = _on_rows(_symbolic(_ops.clip_by_value))
Print = _symbolic(_ops.print_)
Assert = _symbolic(_ops.assert_)
slice = _symbolic(_ops.slice_)
mod = _symbolic(_ops.floormod)
floor_div = _symbolic(_ops.floordiv)
neg = _symbolic(_ops.negative)
select = _symbolic(_ops.where)  # the name of TensorFlow 0.x
pack, unpack, sub, mul = (_symbolic(f) for f in (_ops.stack, _ops.unstack, _ops.subtract, _ops.multiply))


log_sigmoid = nn.log_sigmoid
tensor_scatter_add, tensor_scatter_sub, tensor_scatter_update = (
    _symbolic(f) for f in (_ops.tensor_scatter_nd_add, _ops.tensor_scatter_nd_sub, _ops.tensor_scatter_nd_update)
)


def sparse_tensor_to_dense(sp_input, default_value=None, validate_indices=True, name=None):
    """A SparseTensor as a dense one, with default_value (0, or an empty string) at the places it does not name."""
    parts = [_constant_of(x) for x in (sp_input.indices, sp_input.values, sp_input.dense_shape)]
    return _ops.sparse_tensor_to_dense(SparseTensor(*parts), default_value, validate_indices, name)


def sparse_tensor_dense_matmul(sp_a, b, adjoint_a=False, adjoint_b=False, name=None):
    """A sparse matrix (n, m) times a dense one (m, k)."""
    parts = [_constant_of(x) for x in (sp_a.indices, sp_a.values, sp_a.dense_shape)]
    return _ops.sparse_tensor_dense_matmul(SparseTensor(*parts), b, adjoint_a, adjoint_b, name)


def to_float(x, name="ToFloat"):
    """cast(x, float32)."""
    return _symbolic(_ops.cast)(x, float32, name=name)


def to_double(x, name="ToDouble"):
    """cast(x, float64)."""
    return _symbolic(_ops.cast)(x, float64, name=name)


def to_int32(x, name="ToInt32"):
    """cast(x, int32)."""
    return _symbolic(_ops.cast)(x, int32, name=name)


def to_int64(x, name="ToInt64"):
    """cast(x, int64)."""
    return _symbolic(_ops.cast)(x, int64, name=name)


globals().update(_spaces(globals()))
__getattr__ = _messages_or_missing()
unknown_names.install()
