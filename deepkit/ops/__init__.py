"""Floor 2: every op, one file per family; importing this package fills the registry."""

from deepkit.ops.activation import (
    crelu, elu, leaky_relu, log_softmax, relu, relu6, selu, sigmoid, softmax, softplus, softsign,
)  # fmt: skip
from deepkit.ops.arithmetic import (
    add, add_n, broadcast_like, conj, conj_if_complex, div, divide, floordiv, floormod, maximum, minimum, multiply, pow,
    realdiv, scalar_mul, squared_difference, subtract, sum_like, truediv, truncatediv, truncatemod, unbroadcast,
)  # fmt: skip
from deepkit.ops.cast import cast, saturate_cast
from deepkit.ops.compare import (
    check_numerics, clip_by_norm, clip_by_value, equal, greater, greater_equal, is_finite, is_inf, is_nan, less,
    less_equal, logical_and, logical_not, logical_or, logical_xor, not_equal, verify_tensor_all_finite, where,
)  # fmt: skip
from deepkit.ops.create import (
    eye, fill, lin_space, linspace, meshgrid, one_hot, ones, ones_like, range, sequence_mask, zeros, zeros_like,
)  # fmt: skip
from deepkit.ops.elementwise import (
    abs, acos, asin, atan, ceil, cos, cosh, exp, expm1, floor, log, log1p, negative, reciprocal, rint, round, rsqrt,
    sign, sin, sinh, sqrt, square, tan, tanh,
)  # fmt: skip
from deepkit.ops.indexing import boolean_mask, gather, gather_nd, slice_, strided_slice
from deepkit.ops.layout import (
    broadcast_to, concat, expand_dims, identity, matrix_transpose, pad, parallel_stack, rank, reshape, reshape_like,
    reverse, shape, size, split, squeeze, stack, stop_gradient, tile, transpose, unstack,
)  # fmt: skip
from deepkit.ops.linalg import (
    matmul, matrix_band_part, matrix_determinant, matrix_diag, matrix_diag_part, matrix_inverse, matrix_solve, norm,
    tensordot, trace, transpose_last,
)  # fmt: skip
from deepkit.ops.loss import (
    l2_loss, l2_normalize, sigmoid_cross_entropy_with_logits, softmax_cross_entropy_with_logits,
    softmax_cross_entropy_with_logits_v2, sparse_softmax_cross_entropy_with_logits, weighted_cross_entropy_with_logits,
)  # fmt: skip
from deepkit.ops.random import dropout, random_normal, random_shuffle, random_uniform, truncated_normal
from deepkit.ops.reduce import (
    arg_max, arg_min, argmax, argmin, cumprod, cumsum, reduce_all, reduce_any, reduce_logsumexp, reduce_max,
    reduce_mean, reduce_min, reduce_prod, reduce_std, reduce_sum, reduce_variance, size_ratio,
)  # fmt: skip
from deepkit.ops.state import (
    assign, assign_add, assign_sub, is_variable_initialized, placeholder_with_default,
)  # fmt: skip

__all__ = [name for name in dir() if not name.startswith("_") and callable(globals()[name])]
