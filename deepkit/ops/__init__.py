"""Floor 2: every op, one file per family; importing this package fills the registry."""

import deepkit.ops.input.iteration
import deepkit.ops.input.queues
from deepkit.ops.arrays.conversion import bitcast, cast, saturate_cast
from deepkit.ops.arrays.creation import (
    eye,
    fill,
    lin_space,
    linspace,
    meshgrid,
    one_hot,
    ones,
    ones_like,
    range,
    sequence_mask,
    zeros,
    zeros_like,
)  # fmt: skip
from deepkit.ops.arrays.indexing import boolean_mask, gather, gather_nd, slice_, strided_slice
from deepkit.ops.arrays.joining import (
    concat,
    pad,
    parallel_stack,
    split,
    stack,
    tile,
    unstack,
)  # fmt: skip
from deepkit.ops.arrays.layout import (
    broadcast_to,
    expand_dims,
    identity,
    matrix_transpose,
    rank,
    reshape,
    reshape_like,
    reverse,
    shape,
    size,
    squeeze,
    stop_gradient,
    transpose,
)  # fmt: skip
from deepkit.ops.arrays.ordering import (
    argsort,
    count_nonzero,
    histogram_fixed_width,
    histogram_fixed_width_bins,
    roll,
    searchsorted,
    sort,
)  # fmt: skip
from deepkit.ops.arrays.partition import (
    bincount,
    confusion_matrix,
    dynamic_partition,
    dynamic_stitch,
    reverse_sequence,
    scatter_nd,
)  # fmt: skip
from deepkit.ops.arrays.scatter import (
    scatter_add,
    scatter_div,
    scatter_max,
    scatter_min,
    scatter_mul,
    scatter_nd_add,
    scatter_nd_sub,
    scatter_nd_update,
    scatter_sub,
    scatter_update,
    tensor_scatter_nd_add,
    tensor_scatter_nd_max,
    tensor_scatter_nd_min,
    tensor_scatter_nd_sub,
    tensor_scatter_nd_update,
)  # fmt: skip
from deepkit.ops.arrays.selection import (
    in_top_k,
    invert_permutation,
    setdiff1d,
    top_k,
    unique,
    unique_with_counts,
)  # fmt: skip
from deepkit.ops.arrays.sparse import (
    SparseTensor,
    SparseTensorValue,
    sparse_tensor_dense_matmul,
    sparse_tensor_to_dense,
    sparse_to_dense,
)  # fmt: skip
from deepkit.ops.arrays.tensor_list import list_write
from deepkit.ops.custom import custom_gradient
from deepkit.ops.effects import (
    assert_,
    assert_equal,
    assert_greater,
    assert_greater_equal,
    assert_less,
    assert_less_equal,
    print_,
)  # fmt: skip
from deepkit.ops.image.images import depth_to_space, space_to_depth
from deepkit.ops.image.resize import repeat, resize_linear
from deepkit.ops.input.decoding import decode_csv, decode_raw
from deepkit.ops.input.features import FixedLenFeature, FixedLenSequenceFeature, VarLenFeature
from deepkit.ops.input.parsing import parse_example, parse_single_example, parse_single_sequence_example
from deepkit.ops.input.readers import count_up_to, matching_files, read_file
from deepkit.ops.math.angles import acosh, asinh, atan2, atanh
from deepkit.ops.math.arithmetic import (
    add,
    add_n,
    broadcast_like,
    conj,
    conj_if_complex,
    div,
    divide,
    floordiv,
    floormod,
    maximum,
    minimum,
    multiply,
    pow,
    realdiv,
    scalar_mul,
    squared_difference,
    subtract,
    sum_like,
    truediv,
    truncatediv,
    truncatemod,
    unbroadcast,
)  # fmt: skip
from deepkit.ops.math.bitwise import bitwise_and, bitwise_or, bitwise_xor, invert, left_shift, right_shift
from deepkit.ops.math.comparison import (
    check_numerics,
    choose,
    clip_by_value,
    div_no_nan,
    equal,
    greater,
    greater_equal,
    is_finite,
    is_inf,
    is_nan,
    less,
    less_equal,
    logical_and,
    logical_not,
    logical_or,
    logical_xor,
    not_equal,
    verify_tensor_all_finite,
    where,
)  # fmt: skip
from deepkit.ops.math.complex_ import angle, complex, imag, real
from deepkit.ops.math.decomposition import (
    cholesky,
    cholesky_solve,
    matrix_solve_ls,
    matrix_triangular_solve,
    pinv,
    qr,
    self_adjoint_eig,
    self_adjoint_eigvals,
    svd,
)  # fmt: skip
from deepkit.ops.math.einstein_sum import einsum
from deepkit.ops.math.elementwise import (
    abs,
    acos,
    asin,
    atan,
    ceil,
    cos,
    cosh,
    exp,
    expm1,
    floor,
    log,
    log1p,
    negative,
    reciprocal,
    rint,
    round,
    rsqrt,
    sign,
    sin,
    sinh,
    sqrt,
    square,
    tan,
    tanh,
)  # fmt: skip
from deepkit.ops.math.fourier import (
    fft,
    fft2d,
    fft3d,
    ifft,
    ifft2d,
    ifft3d,
    irfft,
    irfft2d,
    rfft,
    rfft2d,
)  # fmt: skip
from deepkit.ops.math.linalg import (
    cross,
    diag,
    diag_part,
    matmul,
    matrix_band_part,
    matrix_determinant,
    matrix_diag,
    matrix_diag_part,
    matrix_inverse,
    matrix_set_diag,
    matrix_solve,
    tensordot,
    trace,
    transpose_last,
)  # fmt: skip
from deepkit.ops.math.norms import clip_by_average_norm, clip_by_norm, norm
from deepkit.ops.math.reduction import (
    arg_max,
    arg_min,
    argmax,
    argmin,
    cumprod,
    cumsum,
    reduce_all,
    reduce_any,
    reduce_logsumexp,
    reduce_max,
    reduce_mean,
    reduce_min,
    reduce_prod,
    reduce_std,
    reduce_sum,
    reduce_variance,
    shared,
    size_ratio,
)  # fmt: skip
from deepkit.ops.math.segments import (
    rows_of_segments,
    segment_max,
    segment_mean,
    segment_min,
    segment_prod,
    segment_sum,
    unsorted_segment_max,
    unsorted_segment_mean,
    unsorted_segment_min,
    unsorted_segment_prod,
    unsorted_segment_sqrt_n,
    unsorted_segment_sum,
)  # fmt: skip
from deepkit.ops.math.special import (
    betainc,
    digamma,
    erf,
    erfc,
    igamma,
    igamma_grad_a,
    igammac,
    lbeta,
    lgamma,
    polygamma,
    xlogy,
    zeta,
)  # fmt: skip
from deepkit.ops.nn.activation import (
    crelu,
    elu,
    gelu,
    hard_sigmoid,
    leaky_relu,
    log_sigmoid,
    log_softmax,
    mish,
    relu,
    relu6,
    selu,
    sigmoid,
    softmax,
    softplus,
    softsign,
    swish,
)  # fmt: skip
from deepkit.ops.nn.affine import (
    bias_add,
    relu_layer,
    xw_plus_b,
    zero_fraction,
)  # fmt: skip
from deepkit.ops.nn.beams import gather_tree
from deepkit.ops.nn.candidates import (
    fixed_unigram_candidate_sampler,
    log_uniform_candidate_sampler,
    nce_loss,
    sampled_softmax_loss,
    uniform_candidate_sampler,
)  # fmt: skip
from deepkit.ops.nn.conv import (
    atrous_conv2d,
    atrous_conv2d_transpose,
    conv1d,
    conv1d_transpose,
    conv2d,
    conv2d_backprop_filter,
    conv2d_backprop_input,
    conv2d_transpose,
    conv3d,
    conv3d_transpose,
    conv_transpose,
    convolution,
    depthwise_conv2d,
    depthwise_conv2d_native,
    separable_conv2d,
)  # fmt: skip
from deepkit.ops.nn.ctc import ctc_beam_search_decoder, ctc_greedy_decoder, ctc_loss
from deepkit.ops.nn.embedding import (
    embedding_lookup,
)  # fmt: skip
from deepkit.ops.nn.loss import (
    l2_loss,
    l2_normalize,
    log_poisson_loss,
    sigmoid_cross_entropy_with_logits,
    softmax_cross_entropy_with_logits,
    softmax_cross_entropy_with_logits_v2,
    sparse_softmax_cross_entropy_with_logits,
    weighted_cross_entropy_with_logits,
)  # fmt: skip
from deepkit.ops.nn.normalization import (
    batch_norm_with_global_normalization,
    batch_normalization,
    fused_batch_norm,
    local_response_normalization,
    lrn,
    moments,
    normalize_moments,
    sufficient_statistics,
    weighted_moments,
)  # fmt: skip
from deepkit.ops.nn.pooling import (
    avg_pool,
    avg_pool1d,
    avg_pool3d,
    max_pool,
    max_pool1d,
    max_pool3d,
    max_pool_with_argmax,
    pool,
)  # fmt: skip
from deepkit.ops.nn.recurrent_gru import gru
from deepkit.ops.nn.recurrent_lstm import (
    lstm,
    lstm_of_gates,
)  # fmt: skip
from deepkit.ops.nn.recurrent_simple import over_live_steps, simple_rnn
from deepkit.ops.random import (
    categorical,
    dropout,
    multinomial,
    random_crop,
    random_gamma,
    random_normal,
    random_shuffle,
    random_uniform,
    truncated_normal,
)  # fmt: skip
from deepkit.ops.state import (
    assign,
    assign_add,
    assign_sub,
    is_variable_initialized,
    placeholder_with_default,
)  # fmt: skip
from deepkit.ops.summary.summaries import (
    audio_summary,
    histogram_summary,
    image_summary,
    merge_summary,
    scalar_summary,
    tensor_summary,
)  # fmt: skip
from deepkit.ops.text.strings import (
    as_string,
    decode_base64,
    encode_base64,
    reduce_join,
    string_join,
    string_split,
    string_to_hash_bucket,
    string_to_hash_bucket_fast,
    string_to_hash_bucket_strong,
    substr,
)  # fmt: skip

__all__ = [name for name in dir() if not name.startswith("_") and callable(globals()[name])]
