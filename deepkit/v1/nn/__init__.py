"""`tf.nn`: what neural networks are made of."""

from __future__ import annotations

from typing import Any

from deepkit import ops
from deepkit.v1.framework.partitions import PartitionedVariable
from deepkit.v1.framework.symbolic import constant_of, symbolic
from deepkit.v1.nn import rnn_cell as _rnn_cell
from deepkit.v1.nn.recurrent import unroll as _unroll
from deepkit.v1.ops.sparse import embedding_lookup_sparse

__all__ = [
    "atrous_conv2d", "atrous_conv2d_transpose", "avg_pool", "avg_pool1d", "avg_pool2d", "avg_pool3d",
    "batch_norm_with_global_normalization", "batch_normalization", "bias_add", "bidirectional_dynamic_rnn",
    "conv1d", "conv1d_transpose", "conv2d", "conv2d_backprop_filter", "conv2d_backprop_input", "conv2d_transpose",
    "conv3d", "conv3d_transpose", "conv_transpose", "convolution", "crelu", "ctc_beam_search_decoder",
    "ctc_greedy_decoder", "ctc_loss", "depth_to_space", "depthwise_conv2d", "depthwise_conv2d_native", "dropout",
    "dynamic_rnn", "elu", "embedding_lookup", "embedding_lookup_sparse", "fixed_unigram_candidate_sampler",
    "fused_batch_norm", "in_top_k", "l2_loss", "l2_normalize", "leaky_relu", "local_response_normalization",
    "log_poisson_loss", "log_sigmoid", "log_softmax", "log_uniform_candidate_sampler", "lrn", "max_pool",
    "max_pool1d", "max_pool2d", "max_pool3d", "max_pool_with_argmax", "moments", "nce_loss", "normalize_moments",
    "pool", "raw_rnn", "relu", "relu6", "relu_layer", "rnn_cell", "sampled_softmax_loss", "selu",
    "separable_conv2d", "sigmoid", "sigmoid_cross_entropy_with_logits", "silu", "softmax",
    "softmax_cross_entropy_with_logits", "softmax_cross_entropy_with_logits_v2", "softplus", "softsign",
    "space_to_depth", "sparse_softmax_cross_entropy_with_logits", "static_bidirectional_rnn", "static_rnn",
    "sufficient_statistics", "swish", "tanh", "top_k", "uniform_candidate_sampler",
    "weighted_cross_entropy_with_logits", "weighted_moments", "xw_plus_b", "zero_fraction",
]

atrous_conv2d = symbolic(ops.atrous_conv2d)
atrous_conv2d_transpose = symbolic(ops.atrous_conv2d_transpose)
avg_pool = symbolic(ops.avg_pool)
avg_pool1d = symbolic(ops.avg_pool1d, "AvgPool1D/")
avg_pool2d = avg_pool
avg_pool3d = symbolic(ops.avg_pool3d)
batch_norm_with_global_normalization = symbolic(ops.batch_norm_with_global_normalization)
batch_normalization = symbolic(ops.batch_normalization)
bias_add = symbolic(ops.bias_add)
conv1d = symbolic(ops.conv1d)
conv1d_transpose = symbolic(ops.conv1d_transpose)
conv2d = symbolic(ops.conv2d)
conv2d_backprop_filter = symbolic(ops.conv2d_backprop_filter)
conv2d_backprop_input = symbolic(ops.conv2d_backprop_input)
conv2d_transpose = symbolic(ops.conv2d_transpose)
conv3d = symbolic(ops.conv3d)
conv3d_transpose = symbolic(ops.conv3d_transpose)
conv_transpose = symbolic(ops.conv_transpose)
convolution = symbolic(ops.convolution)
crelu = symbolic(ops.crelu)
depth_to_space = symbolic(ops.depth_to_space)
depthwise_conv2d = symbolic(ops.depthwise_conv2d)
depthwise_conv2d_native = symbolic(ops.depthwise_conv2d_native, "DepthwiseConv2dNative")
dropout = symbolic(ops.dropout)
elu = symbolic(ops.elu)
fused_batch_norm = symbolic(ops.fused_batch_norm, "FusedBatchNormV3")
l2_loss = symbolic(ops.l2_loss)
l2_normalize = symbolic(ops.l2_normalize)
leaky_relu = symbolic(ops.leaky_relu)
local_response_normalization = symbolic(ops.local_response_normalization)
log_poisson_loss = symbolic(ops.log_poisson_loss)
log_sigmoid = symbolic(ops.log_sigmoid)
log_softmax = symbolic(ops.log_softmax)
lrn = symbolic(ops.lrn)
max_pool = symbolic(ops.max_pool)
max_pool1d = symbolic(ops.max_pool1d, "MaxPool1d/")
max_pool2d = symbolic(ops.max_pool, "MaxPool2d")
max_pool3d = symbolic(ops.max_pool3d)
max_pool_with_argmax = symbolic(ops.max_pool_with_argmax)
moments = symbolic(ops.moments)
normalize_moments = symbolic(ops.normalize_moments)
pool = symbolic(ops.pool)
relu = symbolic(ops.relu)
relu6 = symbolic(ops.relu6)
relu_layer = symbolic(ops.relu_layer)
selu = symbolic(ops.selu)
separable_conv2d = symbolic(ops.separable_conv2d)
sigmoid = symbolic(ops.sigmoid)
sigmoid_cross_entropy_with_logits = symbolic(ops.sigmoid_cross_entropy_with_logits)
softmax = symbolic(ops.softmax)
softmax_cross_entropy_with_logits = symbolic(
    ops.softmax_cross_entropy_with_logits, "softmax_cross_entropy_with_logits_sg"
)
softmax_cross_entropy_with_logits_v2 = symbolic(ops.softmax_cross_entropy_with_logits_v2)
softplus = symbolic(ops.softplus)
softsign = symbolic(ops.softsign)
sparse_softmax_cross_entropy_with_logits = symbolic(ops.sparse_softmax_cross_entropy_with_logits)
space_to_depth = symbolic(ops.space_to_depth)
sufficient_statistics = symbolic(ops.sufficient_statistics)
tanh = symbolic(ops.tanh)
weighted_cross_entropy_with_logits = symbolic(ops.weighted_cross_entropy_with_logits)
weighted_moments = symbolic(ops.weighted_moments)
xw_plus_b = symbolic(ops.xw_plus_b)
zero_fraction = symbolic(ops.zero_fraction)


def embedding_lookup(
    params: Any, ids: Any, partition_strategy: str = "mod", name: str | None = None, validate_indices: bool = True,
    max_norm: Any = None,
) -> Any:
    """The rows of params that ids name; a list of params shares the rows among its tensors."""
    several = isinstance(params, (list, tuple, PartitionedVariable))
    shards = [constant_of(p) for p in params] if several else constant_of(params)
    return ops.embedding_lookup(shards, ids, partition_strategy, name, validate_indices, max_norm)


fixed_unigram_candidate_sampler = symbolic(ops.fixed_unigram_candidate_sampler)
in_top_k = symbolic(ops.in_top_k)
log_uniform_candidate_sampler = symbolic(ops.log_uniform_candidate_sampler)
nce_loss = symbolic(ops.nce_loss)
sampled_softmax_loss = symbolic(ops.sampled_softmax_loss)
swish = silu = symbolic(ops.swish)
top_k = symbolic(ops.top_k)
uniform_candidate_sampler = symbolic(ops.uniform_candidate_sampler)


def ctc_loss(
    labels: Any, inputs: Any = None, sequence_length: Any = None, preprocess_collapse_repeated: bool = False,
    ctc_merge_repeated: bool = True, ignore_longer_outputs_than_inputs: bool = False, time_major: bool = True,
    logits: Any = None,
) -> Any:
    """-log p(labels | inputs) of label sequences without places in time: see `deepkit.ops.ctc_loss`."""
    scores = constant_of(logits if inputs is None else inputs)
    return ops.ctc_loss(
        labels, scores, sequence_length, preprocess_collapse_repeated, ctc_merge_repeated,
        ignore_longer_outputs_than_inputs, time_major,
    )


ctc_beam_search_decoder = symbolic(ops.ctc_beam_search_decoder)
ctc_greedy_decoder = symbolic(ops.ctc_greedy_decoder)

rnn_cell = _rnn_cell
bidirectional_dynamic_rnn = _unroll.bidirectional_dynamic_rnn
dynamic_rnn = _unroll.dynamic_rnn
static_bidirectional_rnn = _unroll.static_bidirectional_rnn
static_rnn = _unroll.static_rnn


def raw_rnn(
    cell: Any, loop_fn: Any, parallel_iterations: int | None = None, swap_memory: bool = False, scope: Any = None
) -> tuple[Any, Any, Any]:
    """A loop over a cell that `loop_fn` steers: see `deepkit.v1.nn.recurrent.loops.raw_rnn`."""
    from deepkit.v1.nn.recurrent import loops

    return loops.raw_rnn(cell, loop_fn, parallel_iterations, swap_memory, scope)
