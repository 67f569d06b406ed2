"""What the docstring of every public op says of shapes and errors: it says it, and each error it names is really raised."""

from __future__ import annotations

import functools
import inspect
import itertools
import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import deepkit as dk
from deepkit import errors, ops

PUBLIC = {name: getattr(ops, name) for name in ops.__all__ if not inspect.isclass(getattr(ops, name))}
SHAPES = re.compile(r"shape|\(\)|\([\w.]+(, [\w.]+)*,?\)|\[.*\]|a variable|vector|scalar")
NAMED = re.compile(r"\b([A-Z]\w*Error)\b")
WITHOUT_ERRORS = {  # they take anything, or nothing that could be wrong
    "conj_if_complex", "diag", "identity", "imag", "is_variable_initialized", "ones_like", "over_live_steps", "print_",
    "random_crop", "random_shuffle", "rank", "real", "rows_of_segments", "shape", "shared", "size", "size_ratio",
    "stop_gradient", "unbroadcast", "zero_fraction", "zeros_like",
}
UNTRIED = 20
"""How many functions name an error that no call below and no simple call raises: may only fall."""

IMAGE, KERNEL = np.ones((1, 4, 4, 1)), np.ones((2, 2, 1, 1))
CHANNELS = np.ones((2, 2, 3, 1))  # a kernel for three channels, which IMAGE does not have
SEQUENCE, STATE = np.ones((2, 1, 3)), np.ones((1, 2))
SCORES = np.ones((1, 1, 3), "float32")


def _labels(*numbers: int) -> dk.SparseTensor:
    places = np.array([[0, i] for i in range(len(numbers))])
    return dk.SparseTensor(places, np.array(numbers, "int32"), np.array([1, len(numbers)]))


ROW, COLUMN = dk.SparseTensor([[1], [0]], [1.0, 2.0], [3]), dk.SparseTensor([[0, 0]], [2], [1, 4])


CALLS: dict[str, list[Callable[[], Any]]] = {
    "angle": [lambda: dk.angle(["a"])],
    "as_string": [lambda: dk.as_string([1], precision=2), lambda: dk.as_string([1.0], scientific=True, shortest=True),
                  lambda: dk.as_string([1.0], precision=1.5), lambda: dk.as_string([1.0], width="wide")],
    "atrous_conv2d": [
        lambda: dk.atrous_conv2d(IMAGE, CHANNELS, 2, "SAME"),
        lambda: dk.atrous_conv2d(IMAGE, KERNEL, 2, "FULL"),
    ],
    "atrous_conv2d_transpose": [lambda: dk.atrous_conv2d_transpose(IMAGE, KERNEL, [1, 9, 9, 1], 2, "SAME")],
    "audio_summary": [lambda: dk.audio_summary("a", [1.0], 1)],
    "avg_pool": [lambda: dk.avg_pool([1.0], 2, 2, "SAME"), lambda: dk.avg_pool(IMAGE, 2, 2, "FULL")],
    "avg_pool1d": [lambda: dk.avg_pool1d([1.0], 2, 2, "SAME")],
    "avg_pool3d": [lambda: dk.avg_pool3d([1.0], 2, 2, "SAME")],
    "batch_norm_with_global_normalization": [
        lambda: dk.batch_norm_with_global_normalization(np.ones((2, 3)), *[np.ones(2)] * 4, 0.1, True),
    ],
    "batch_normalization": [lambda: dk.batch_normalization(np.ones((2, 3)), np.ones(2), np.ones(2), None, None, 0.1)],
    "betainc": [lambda: dk.betainc([1.0, 2.0], [1.0, 2.0, 3.0], 0.5), lambda: dk.betainc(1, 2, 1)],
    "bias_add": [
        lambda: dk.bias_add([[1.0, 2.0]], [1.0, 2.0, 3.0]),
        lambda: dk.bias_add([[1.0, 2.0]], [1.0, 2.0], data_format="CN"),
        lambda: dk.bias_add(dk.tensor([[1.0]]), dk.tensor([1])),
    ],
    "cholesky": [lambda: dk.cholesky([[1.0, 2.0]]), lambda: dk.cholesky([[-1.0]]), lambda: dk.cholesky([["a"]])],
    "clip_by_average_norm": [lambda: dk.clip_by_average_norm(["a"], 1.0)],
    "clip_by_value": [lambda: dk.clip_by_value([1.0], [[0.0], [1.0]], 9.0), lambda: dk.clip_by_value(["a"], "a", "b")],
    "clip_by_norm": [
        lambda: dk.clip_by_norm(dk.tensor(["a"]), 1.0),
        lambda: dk.clip_by_norm(dk.tensor([1.0]), 1.0, axes=[3]),
    ],
    "conv1d": [
        lambda: dk.conv1d(np.ones((1, 4, 1)), np.ones((2, 3, 1)), 1, "SAME"),
        lambda: dk.conv1d(np.ones((1, 4, 1)), np.ones((2, 1, 1)), 1, "FULL"),
    ],
    "conv1d_transpose": [lambda: dk.conv1d_transpose(np.ones((1, 4, 1)), np.ones((2, 1, 1)), [1, 9, 1], 1)],
    "conv2d": [
        lambda: dk.conv2d(IMAGE, CHANNELS, 1, "SAME"),
        lambda: dk.conv2d(IMAGE, KERNEL, 1, "FULL"),
        lambda: dk.conv2d(np.ones((1, 4, 4, 1), int), np.ones((2, 2, 1, 1), int), 1, "SAME"),
    ],
    "conv2d_backprop_filter": [
        lambda: dk.conv2d_backprop_filter(IMAGE, [2, 2, 1, 1], np.ones((1, 9, 9, 1)), 1, "SAME"),
    ],
    "conv2d_backprop_input": [lambda: dk.conv2d_backprop_input([1, 4, 4, 1], KERNEL, np.ones((1, 9, 9, 1)), 1, "SAME")],
    "conv2d_transpose": [lambda: dk.conv2d_transpose(IMAGE, KERNEL, [1, 9, 9, 1], 1)],
    "conv3d": [lambda: dk.conv3d(np.ones((1, 4, 4, 4, 1)), np.ones((2, 2, 2, 3, 1)), 1, "SAME")],
    "conv3d_transpose": [
        lambda: dk.conv3d_transpose(np.ones((1, 4, 4, 4, 1)), np.ones((2, 2, 2, 1, 1)), [1, 9, 9, 9, 1], 1),
    ],
    "conv_transpose": [lambda: dk.conv_transpose(np.ones((1, 4, 1)), np.ones((2, 1, 1)), [1, 9, 1], 1)],
    "convolution": [
        lambda: dk.convolution(np.ones((1, 4, 1)), np.ones((2, 3, 1)), "SAME"),
        lambda: dk.convolution(np.ones((1, 4, 1)), np.ones((2, 1, 1)), "FULL"),
    ],
    "crelu": [lambda: dk.crelu(["a"]), lambda: dk.crelu(dk.tensor([1.0]), axis=3)],
    "cross": [lambda: dk.cross([1.0], [2.0]), lambda: dk.cross([["a"] * 3], [["a"] * 3])],
    "ctc_beam_search_decoder": [
        lambda: dk.ctc_beam_search_decoder(np.ones((2, 1, 3), "float32"), [2], 1, 5),
        lambda: dk.ctc_beam_search_decoder([1.0], [1]),
    ],
    "ctc_greedy_decoder": [lambda: dk.ctc_greedy_decoder([1.0], [1])],
    "ctc_loss": [
        lambda: dk.ctc_loss(_labels(0, 1), SCORES, [1]),
        lambda: dk.ctc_loss(_labels(0), np.ones(3, "float32"), [1]),
    ],
    "decode_base64": [lambda: dk.decode_base64(["a"]), lambda: dk.decode_base64([1])],
    "depth_to_space": [lambda: dk.depth_to_space([1.0], 2), lambda: dk.depth_to_space(np.ones((1, 2, 2, 3)), 2)],
    "depthwise_conv2d": [lambda: dk.depthwise_conv2d(IMAGE, CHANNELS, 1, "SAME")],
    "depthwise_conv2d_native": [lambda: dk.depthwise_conv2d_native(IMAGE, CHANNELS, 1, "SAME")],
    "embedding_lookup": [
        lambda: dk.embedding_lookup(dk.tensor([[1.0]]), [3]),
        lambda: dk.embedding_lookup(dk.tensor([[1.0]]), [1.0]),
    ],
    "encode_base64": [lambda: dk.encode_base64([1])],
    "eye": [lambda: dk.eye(-1)],
    "fixed_unigram_candidate_sampler": [
        lambda: dk.fixed_unigram_candidate_sampler([[0]], 1, 9, True, 2, unigrams=[1.0, 1.0]),
    ],
    "fused_batch_norm": [
        lambda: dk.fused_batch_norm(np.ones((1, 2, 2, 1)), [1.0], [1.0], is_training=False),
        lambda: dk.fused_batch_norm(np.ones((1, 2, 2, 1)), [1.0], [1.0], data_format="N"),
        lambda: dk.fused_batch_norm(np.ones((1, 2, 2, 1), "float32"), [1.0, 2.0], [1.0, 2.0]),
    ],
    "gather_tree": [lambda: dk.gather_tree([1], [1], [1], 0), lambda: dk.gather_tree([[[1.0]]], [[[1.0]]], [1], 0)],
    "gelu": [lambda: dk.gelu([1])],
    "gru": [
        lambda: dk.gru(SEQUENCE, np.ones((3, 6)), np.ones((2, 9)), None, STATE),
        lambda: dk.gru(SEQUENCE, np.ones((3, 6)), np.ones((2, 6)), None, STATE, activation="sin"),
    ],
    "hard_sigmoid": [lambda: dk.hard_sigmoid(["a"])],
    "histogram_fixed_width": [
        lambda: dk.histogram_fixed_width(["a"], ["a", "b"]), lambda: dk.histogram_fixed_width([1.0], [0.0, 1.0], 0),
        lambda: dk.histogram_fixed_width([1.0], [0.0, 1.0], "few"), lambda: dk.histogram_fixed_width([1.0], [0.0], 3),
    ],
    "histogram_fixed_width_bins": [
        lambda: dk.histogram_fixed_width_bins(["a"], ["a", "b"]), lambda: dk.histogram_fixed_width_bins([1.0], [2.0, 0.0]),
    ],
    "histogram_summary": [lambda: dk.histogram_summary("a", ["a"])],
    "image_summary": [lambda: dk.image_summary("a", [1.0]), lambda: dk.image_summary("a", np.ones((1, 2, 2, 1), int))],
    "l2_loss": [lambda: dk.l2_loss(["a"])],
    "l2_normalize": [lambda: dk.l2_normalize(["a"], 0), lambda: dk.l2_normalize([1.0], 3)],
    "leaky_relu": [lambda: dk.leaky_relu(["a"])],
    "lin_space": [lambda: dk.lin_space(0.0, 1.0, 0), lambda: dk.lin_space(0.0, 1.0, "few")],
    "linspace": [lambda: dk.linspace(0.0, 1.0, 0), lambda: dk.linspace(0.0, 1.0, "few")],
    "local_response_normalization": [lambda: dk.local_response_normalization([[[["a"]]]])],
    "log_poisson_loss": [
        lambda: dk.log_poisson_loss([1.0, 2.0], [1.0, 2.0, 3.0]),
        lambda: dk.log_poisson_loss(["a"], ["a"]),
    ],
    "log_sigmoid": [lambda: dk.log_sigmoid(["a"])],
    "log_softmax": [lambda: dk.log_softmax([1]), lambda: dk.log_softmax([1.0], axis=3)],
    "log_uniform_candidate_sampler": [lambda: dk.log_uniform_candidate_sampler([[0]], 1, 9, True, 2)],
    "lrn": [lambda: dk.lrn([[[["a"]]]])],
    "lstm": [
        lambda: ops.lstm(*map(dk.tensor, (SEQUENCE, np.ones((5, 9)), np.ones(8), STATE, STATE))),
        lambda: ops.lstm(*map(dk.tensor, (SEQUENCE, np.ones((5, 8)), np.ones(8), STATE, STATE)), gate="tanh"),
    ],
    "lstm_of_gates": [
        lambda: dk.lstm_of_gates(dk.tensor(np.ones((2, 1, 8))), dk.tensor(np.ones((2, 9))), dk.tensor(STATE), dk.tensor(STATE)),
    ],
    "matching_files": [lambda: dk.matching_files(1.0)],
    "matrix_band_part": [lambda: dk.matrix_band_part([1.0], 0, 0)],
    "matrix_determinant": [lambda: dk.matrix_determinant([[1.0, 2.0]]), lambda: dk.matrix_determinant([[1]])],
    "matrix_diag": [lambda: dk.matrix_diag(1.0)],
    "matrix_diag_part": [lambda: dk.matrix_diag_part([1.0])],
    "matrix_set_diag": [lambda: dk.matrix_set_diag([[1.0, 2.0], [3.0, 4.0]], [1.0, 2.0, 3.0])],
    "matrix_transpose": [lambda: dk.matrix_transpose(dk.tensor([1.0]))],
    "max_pool": [
        lambda: dk.max_pool([1.0], 2, 2, "SAME"),
        lambda: dk.max_pool(IMAGE, 2, 2, "FULL"),
        lambda: dk.max_pool(np.full((1, 4, 4, 1), "a"), 2, 2, "SAME"),
    ],
    "max_pool1d": [lambda: dk.max_pool1d([1.0], 2, 2, "SAME")],
    "max_pool3d": [lambda: dk.max_pool3d([1.0], 2, 2, "SAME")],
    "max_pool_with_argmax": [lambda: dk.max_pool_with_argmax([1.0], 2, 2, "SAME")],
    "merge_summary": [
        lambda: dk.merge_summary([dk.scalar_summary("a", 1.0), dk.scalar_summary("a", 1.0)]),
        lambda: dk.merge_summary([1.0]),
    ],
    "mish": [lambda: dk.mish(["a"])],
    "moments": [lambda: dk.moments([1.0], [3]), lambda: dk.moments(["a"], [0])],
    "nce_loss": [
        lambda: dk.nce_loss(np.ones((2, 3)), np.ones(2), [[0]], np.ones((1, 3)), 9, 2),
        lambda: dk.nce_loss(np.ones((2, 3)), np.ones(2), [[0]], np.ones((1, 4)), 1, 2),
    ],
    "normalize_moments": [lambda: dk.normalize_moments(1.0, dk.tensor([1.0, 2.0]), dk.tensor([1.0, 2.0, 3.0]), None)],
    "one_hot": [lambda: dk.one_hot([1.0], 3), lambda: dk.one_hot([1], -1)],
    "parse_single_example": [
        lambda: dk.parse_single_example(b"", {}),
        lambda: dk.parse_single_example(b"no example", {"a": dk.FixedLenFeature([], "float32")}),
    ],
    "parse_single_sequence_example": [
        lambda: dk.parse_single_sequence_example(b""),
        lambda: dk.parse_single_sequence_example(b"no example", {"a": dk.FixedLenFeature([], "float32")}),
    ],
    "pinv": [lambda: dk.pinv(dk.tensor([1.0])), lambda: dk.pinv([[1]])],
    "pool": [lambda: dk.pool(np.ones((1, 4, 1)), [2], "MIN", "SAME"), lambda: dk.pool([1.0], [2], "MAX", "SAME")],
    "random_normal": [lambda: dk.random_normal([2], dtype="int32")],
    "read_file": [lambda: dk.read_file("there/is/no/such.file"), lambda: dk.read_file(1.0)],
    "write_file": [lambda: dk.write_file("/dev/null/file", "text"), lambda: dk.write_file(1.0, "text")],
    "reduce_join": [lambda: dk.reduce_join([1], 0), lambda: dk.reduce_join(["a"], 3)],
    "relu_layer": [lambda: dk.relu_layer([[1.0]], [[1.0], [2.0]], [1.0])],
    "repeat": [lambda: dk.repeat(dk.tensor([1.0]), 2, 3)],
    "reshape_like": [lambda: dk.reshape_like(dk.tensor([1.0, 2.0]), dk.tensor([1.0]))],
    "resize_linear": [
        lambda: dk.resize_linear(dk.tensor(["a"]), 2, 0),
        lambda: dk.resize_linear(dk.tensor([1.0]), 2, 1),
    ],
    "sampled_softmax_loss": [
        lambda: dk.sampled_softmax_loss(np.ones((2, 3)), np.ones(2), [[0]], np.ones((1, 3)), 9, 2),
        lambda: dk.sampled_softmax_loss(np.ones((2, 3)), np.ones(2), [[0]], np.ones((1, 4)), 1, 2),
    ],
    "saturate_cast": [lambda: dk.saturate_cast(["a"], "int8")],
    "scalar_summary": [lambda: dk.scalar_summary("a", [1.0, 2.0]), lambda: dk.scalar_summary("a", "b")],
    "separable_conv2d": [lambda: dk.separable_conv2d(IMAGE, CHANNELS, np.ones((1, 1, 3, 1)), 1, "SAME")],
    "sequence_mask": [lambda: dk.sequence_mask(["a"], 3), lambda: dk.sequence_mask([1], [3, 3])],
    "sigmoid_cross_entropy_with_logits": [
        lambda: dk.sigmoid_cross_entropy_with_logits(labels=[1.0, 0.0, 1.0], logits=[1.0, 2.0]),
        lambda: dk.sigmoid_cross_entropy_with_logits([1.0], [1.0]),
    ],
    "simple_rnn": [
        lambda: dk.simple_rnn(SEQUENCE, np.ones((3, 2)), np.ones((2, 3)), None, STATE),
        lambda: dk.simple_rnn(SEQUENCE, np.ones((3, 2)), np.ones((2, 2)), None, STATE, activation="sin"),
    ],
    "softmax": [lambda: dk.softmax([1]), lambda: dk.softmax([1.0], axis=3)],
    "softmax_cross_entropy_with_logits": [
        lambda: dk.softmax_cross_entropy_with_logits(labels=[[1.0, 0.0, 1.0]], logits=[[1.0, 2.0]]),
        lambda: dk.softmax_cross_entropy_with_logits([1.0], [1.0]),
        lambda: dk.softmax_cross_entropy_with_logits(labels=[1], logits=[[1.0, 2.0]]),
    ],
    "softmax_cross_entropy_with_logits_v2": [
        lambda: dk.softmax_cross_entropy_with_logits_v2(labels=[[1.0, 0.0, 1.0]], logits=[[1.0, 2.0]]),
        lambda: dk.softmax_cross_entropy_with_logits_v2(labels=[1], logits=[[1.0, 2.0]]),
    ],
    "space_to_depth": [lambda: dk.space_to_depth(np.ones((1, 3, 3, 1)), 2), lambda: dk.space_to_depth([1.0], 2)],
    "sparse_concat": [lambda: ops.sparse_concat(0, []), lambda: ops.sparse_concat(0, [ROW, COLUMN])],
    "sparse_expand_dims": [lambda: ops.sparse_expand_dims(ROW, 2)],
    "sparse_add": [lambda: ops.sparse_add([1], [1]), lambda: ops.sparse_add(ROW, [[1]])],
    "sparse_fill_empty_rows": [lambda: ops.sparse_fill_empty_rows(COLUMN, dk.tensor(1.5))],
    "sparse_maximum": [lambda: ops.sparse_maximum(ROW, dk.SparseTensor([[1]], [1], [3]))],
    "sparse_minimum": [lambda: ops.sparse_minimum(ROW, dk.SparseTensor([[1]], [1], [3]))],
    "sparse_reduce_max": [lambda: ops.sparse_reduce_max(ROW, 1)],
    "sparse_reduce_sum": [lambda: ops.sparse_reduce_sum(ROW, -2)],
    "sparse_reorder": [lambda: ops.sparse_reorder(dk.SparseTensor(dk.tensor([[1.0]]), [1.0], [3]))],
    "sparse_reset_shape": [lambda: ops.sparse_reset_shape(ROW, dk.tensor([4.0]))],
    "sparse_reshape": [lambda: ops.sparse_reshape(ROW, [2, 2])],
    "sparse_retain": [lambda: ops.sparse_retain(ROW, [True])],
    "sparse_slice": [lambda: ops.sparse_slice(ROW, [0, 0, 0], [1, 1, 1])],
    "sparse_softmax": [lambda: ops.sparse_softmax(ROW)],
    "sparse_split": [lambda: ops.sparse_split(ROW, 4, 0)],
    "sparse_tensor_dense_matmul": [
        lambda: ops.sparse_tensor_dense_matmul(COLUMN, [[1]]),
        lambda: ops.sparse_tensor_dense_matmul(dk.SparseTensor([[0, 9]], [2], [1, 4]), [[1]] * 4),
    ],
    "sparse_to_indicator": [lambda: ops.sparse_to_indicator(COLUMN, 2)],
    "sparse_transpose": [lambda: ops.sparse_transpose(ROW, [1, 0])],
    "edit_distance": [lambda: ops.edit_distance(ROW, ROW)],
    "embedding_lookup_sparse": [lambda: ops.embedding_lookup_sparse([[1.0]], COLUMN, combiner="max")],
    "random_poisson": [lambda: ops.random_poisson(dk.tensor(["a"]), [2])],
    "regex_full_match": [lambda: ops.regex_full_match(["a"], "("), lambda: ops.regex_full_match(["a"], ["a", "b"])],
    "regex_replace": [lambda: ops.regex_replace(["a"], "(", "b"), lambda: ops.regex_replace(["a"], ["a", "b"], "c")],
    "string_length": [lambda: ops.string_length(["a"], unit="WORD"), lambda: ops.string_length([1])],
    "string_lower": [lambda: ops.string_lower(["a"], "latin-1"), lambda: ops.string_lower([1])],
    "string_upper": [lambda: ops.string_upper(["a"], "latin-1"), lambda: ops.string_upper([1])],
    "string_to_number": [lambda: ops.string_to_number(["one"]), lambda: ops.string_to_number(["1"], "bool")],
    "sparse_softmax_cross_entropy_with_logits": [
        lambda: dk.sparse_softmax_cross_entropy_with_logits(labels=[[0]], logits=[[1.0, 2.0]]),
        lambda: dk.sparse_softmax_cross_entropy_with_logits(labels=[0.0], logits=[[1.0, 2.0]]),
        lambda: dk.sparse_softmax_cross_entropy_with_logits(labels=[7], logits=[[1.0, 2.0]]),
    ],
    "string_join": [lambda: dk.string_join([["a", "b"], ["a", "b", "c"]]), lambda: dk.string_join([[1], [2]])],
    "string_split": [lambda: dk.string_split("a b"), lambda: dk.string_split([1])],
    "split_strings": [lambda: ops.split_strings("a b"), lambda: ops.split_strings([1])],
    "string_to_hash_bucket": [lambda: dk.string_to_hash_bucket(["a"], 0), lambda: dk.string_to_hash_bucket([1], 3)],
    "string_to_hash_bucket_fast": [
        lambda: dk.string_to_hash_bucket_fast(["a"], 0),
        lambda: dk.string_to_hash_bucket_fast([1], 3),
    ],
    "string_to_hash_bucket_strong": [
        lambda: dk.string_to_hash_bucket_strong(["a"], 0, [1, 2]),
        lambda: dk.string_to_hash_bucket_strong(["a"], 3, [1]),
    ],
    "substr": [
        lambda: dk.substr([1], 0, 1),
        lambda: dk.substr(["a"], 3, 1),
        lambda: dk.substr(["a"], 0, 1, unit="WORD"),
        lambda: dk.substr(["a", "b"], [1, 2, 3], 1),
    ],
    "sufficient_statistics": [lambda: dk.sufficient_statistics([1.0], [3])],
    "swish": [lambda: dk.swish(["a"])],
    "tensor_summary": [lambda: dk.tensor_summary(1.0, 1.0)],
    "trace": [lambda: dk.trace(dk.tensor([1.0])), lambda: dk.trace([["a"]])],
    "transpose_last": [lambda: ops.transpose_last(dk.tensor([1.0]))],
    "truncated_normal": [lambda: dk.truncated_normal([2], dtype="int32")],
    "uniform_candidate_sampler": [lambda: dk.uniform_candidate_sampler([[0]], 1, 9, True, 2)],
    "weighted_cross_entropy_with_logits": [
        lambda: dk.weighted_cross_entropy_with_logits([1.0, 0.0, 1.0], [1.0, 2.0], 1.0),
    ],
    "weighted_moments": [lambda: dk.weighted_moments([1.0, 2.0], [0], [1.0, 2.0, 3.0])],
    "xw_plus_b": [lambda: dk.xw_plus_b([[1.0]], [[1.0], [2.0]], [1.0]), lambda: dk.xw_plus_b([["a"]], [["a"]], ["a"])],
}


def named_errors(function: Callable[..., Any]) -> set[str]:
    return set(NAMED.findall(function.__doc__ or ""))


@pytest.mark.parametrize("name", PUBLIC)
def test_a_public_op_says_what_it_takes_and_what_may_go_wrong(name: str) -> None:
    said = PUBLIC[name].__doc__ or ""
    assert SHAPES.search(said.split(">>>")[0]), f"{name} names no shapes"
    assert name in WITHOUT_ERRORS or named_errors(PUBLIC[name]), f"{name} names no errors"
    assert all(hasattr(errors, error) for error in named_errors(PUBLIC[name])), "an error that deepkit does not have"


@pytest.mark.parametrize("name", CALLS)
def test_each_named_error_is_raised(name: str) -> None:
    raised = set()
    for call in CALLS[name]:
        with pytest.raises(errors.DeepkitError) as caught:
            call()
        raised.add(type(caught.value).__name__)
    assert raised == named_errors(PUBLIC[name])


BOOLS = ([True, False], [True, False, True])
RARE: dict[str, list[Callable[[], Any]]] = {  # what the simple calls below do not come upon
    **{name: [lambda op=PUBLIC[name]: op(*BOOLS)] for name in ("logical_and", "logical_or", "logical_xor")},
    **{name: [lambda op=PUBLIC[name]: op(1j)] for name in ("fft", "ifft")},
    **{name: [lambda op=PUBLIC[name]: op([1j])] for name in ("fft2d", "ifft2d", "fft3d", "ifft3d")},
    **{
        f"segment_{name}": [lambda op=PUBLIC[f"segment_{name}"]: op([1.0, 2.0], [1, 0])]
        for name in ("max", "mean", "min", "prod", "sum")
    },
    **{
        f"reduce_{name}": [lambda op=PUBLIC[f"reduce_{name}"]: op([[True]], axis=0, reduction_indices=0)]
        for name in ("all", "any", "logsumexp", "max", "mean", "min", "prod", "sum")
    },
    "add_n": [lambda: dk.add_n([[1.0, 2.0], [1.0, 2.0, 3.0]])],
    "argsort": [lambda: dk.argsort([1.0], direction="UP")],
    "concat": [lambda: dk.concat([dk.tensor([1.0]), dk.tensor([1])], 0)],
    "einsum": [lambda: dk.einsum("ij->k", [[1.0]]), lambda: dk.einsum("i,i->i", [1.0, 2.0], [1.0, 2.0, 3.0])],
    "fftshift": [lambda: dk.fftshift([1.0], axes=3)],
    "frame": [lambda: dk.frame([1.0], 2, 0)],
    "hamming_window": [lambda: dk.hamming_window(-1)],
    "hann_window": [lambda: dk.hann_window(-1)],
    "idct": [lambda: dk.idct([1.0], 5)],
    "ifftshift": [lambda: dk.ifftshift([1.0], axes=3)],
    "inverse_stft": [lambda: dk.inverse_stft(np.ones(3, np.complex64), 4, 2)],
    "inverse_stft_window_fn": [lambda: dk.inverse_stft_window_fn(0)],
    "linear_to_mel_weight_matrix": [lambda: dk.linear_to_mel_weight_matrix(upper_edge_hertz=9000.0)],
    "logdet": [lambda: dk.logdet([[1.0, 2.0]]), lambda: dk.logdet([[-1.0]])],
    "meshgrid": [lambda: dk.meshgrid([1.0], indexing="zz")],
    "mfccs_from_log_mel_spectrograms": [lambda: dk.mfccs_from_log_mel_spectrograms(1.0)],
    "norm": [lambda: dk.norm([1.0], ord="zz")],
    "reduce_euclidean_norm": [lambda: dk.reduce_euclidean_norm([1.0], 3)],
    "xdivy": [lambda: dk.xdivy(dk.tensor([1.0]), dk.tensor([1.0], "float64"))],
    "xlog1py": [lambda: dk.xlog1py(dk.tensor([1.0]), dk.tensor([1.0], "float64"))],
    "print_values": [lambda: dk.print_values("x", output_stream="file://x")],
    "string_format": [lambda: dk.string_format("{}", [])],
    "normalize": [lambda: dk.normalize([1.0], ord="zz")],
    "ones": [lambda: dk.ones([None])],
    "pad": [lambda: dk.pad([1.0], [[0, 1]], mode="ROUND")],
    "parallel_stack": [lambda: dk.parallel_stack([[1.0], [1.0, 2.0]])],
    "parse_example": [lambda: dk.parse_example([b"no example"], {"a": dk.FixedLenFeature([], "float32")})],
    "range": [lambda: dk.range(1, 3, 0)],
    "sparse_dense_cwise_div": [lambda: dk.ops.sparse_dense_cwise_div(COLUMN, [[1], [2]])],
    "sparse_dense_cwise_mul": [lambda: dk.ops.sparse_dense_cwise_mul(COLUMN, [[1], [2]])],
    "stft": [lambda: dk.stft(1.0, 4, 2)],
    "sort": [lambda: dk.sort([1.0], direction="UP")],
    "stack": [lambda: dk.stack([dk.tensor([1.0]), dk.tensor([1])])],
    "top_k": [lambda: dk.top_k([1.0], k=5)],
    "transpose": [lambda: dk.transpose([[1.0]], perm=[0, 0])],
    "where": [lambda: dk.where(BOOLS[0], [1.0, 2.0], [1.0, 2.0, 3.0]), lambda: dk.where([1.0], [1.0], [1.0])],
    "zeros": [lambda: dk.zeros([None])],
}

VALUES = ([1.0, 2.0, 3.0], [[1.0, 2.0], [3.0, 4.0]], ["a"], 1.0, -7, [1, 2], [True])
FURTHER = (*VALUES, [1, 2, 3], [True, False, True], [[0.0, 0.0], [0.0, 0.0]], [float("nan")], [])


def _simple_calls(function: Callable[..., Any]) -> Iterator[tuple[tuple[Any, ...], dict[str, Any]]]:
    """Values for the parameters that must be given, at most three of them, and an axis that is not there."""
    parameters = inspect.signature(function).parameters
    needed = [p for p in parameters.values() if p.default is p.empty and p.kind < p.KEYWORD_ONLY]
    if len(needed) <= 3:
        for arguments in itertools.product(VALUES if len(needed) == 3 else FURTHER, repeat=len(needed)):
            yield arguments, {}
            if "axis" in parameters and len(needed) < 3:
                yield arguments, {"axis": 7}


def _not_raised(name: str) -> set[str]:
    op, missing = PUBLIC[name], named_errors(PUBLIC[name])
    simple = (functools.partial(op, *arguments, **keywords) for arguments, keywords in _simple_calls(op))
    for call in itertools.chain(RARE.get(name, ()), simple):
        if not missing:
            break
        try:
            call()
        except Exception as error:  # whatever else goes wrong is no business of this test
            missing.discard(type(error).__name__)
    return missing


def test_most_errors_come_from_simple_calls() -> None:
    untried = {name: missing for name in PUBLIC if name not in CALLS and (missing := _not_raised(name))}
    assert len(untried) <= UNTRIED, untried
