"""The namespaces that TensorFlow 1.13 added (`tf.math`, `tf.linalg`, ...): the same functions under tidier names."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

from deepkit import ops
from deepkit.v1.framework import unknown_names
from deepkit.v1.framework.symbolic import symbolic

# namespace -> names there; "new=old" where the function is called otherwise at the top level
TABLE = {
    "math": """
        abs accumulate_n=add_n acos add add_n argmax argmin asin atan ceil conj cos cosh cross cumprod cumsum
        digamma divide equal erf erfc exp expm1 floor floordiv floormod greater greater_equal igamma igammac
        imag in_top_k=nn.in_top_k is_finite is_inf is_nan lbeta less less_equal lgamma log log1p
        log_sigmoid=nn.log_sigmoid logical_and logical_not logical_or logical_xor maximum minimum mod multiply
        negative not_equal polygamma pow real reciprocal reduce_all reduce_any reduce_logsumexp reduce_max
        reduce_mean reduce_min reduce_prod reduce_sum rint round rsqrt scalar_mul segment_max segment_mean
        segment_min segment_prod segment_sum sigmoid sign sin sinh softplus=nn.softplus softsign=nn.softsign
        sqrt square squared_difference subtract tan tanh top_k=nn.top_k truediv unsorted_segment_max
        unsorted_segment_mean unsorted_segment_min unsorted_segment_prod unsorted_segment_sum zeta betainc angle
        acosh asinh atan2 atanh count_nonzero divide_no_nan=div_no_nan is_non_decreasing is_strictly_increasing
        log_softmax=nn.log_softmax reduce_std=ops.reduce_std reduce_variance=ops.reduce_variance
        softmax=nn.softmax unsorted_segment_sqrt_n xlogy=ops.xlogy zero_fraction=nn.zero_fraction bincount
        confusion_matrix l2_normalize=nn.l2_normalize invert_permutation""",
    "linalg": """
        band_part=matrix_band_part cholesky cholesky_solve cross det=matrix_determinant diag=matrix_diag
        diag_part=matrix_diag_part einsum eigh=self_adjoint_eig eigvalsh=self_adjoint_eigvals eye
        inv=matrix_inverse l2_normalize=nn.l2_normalize lstsq=matrix_solve_ls matmul norm qr
        set_diag=matrix_set_diag solve=matrix_solve svd tensor_diag=diag tensor_diag_part=diag_part tensordot
        trace transpose=matrix_transpose triangular_solve=matrix_triangular_solve""",
    "strings": """
        as_string join=string_join reduce_join split=string_split substr to_hash_bucket=string_to_hash_bucket
        to_hash_bucket_fast=string_to_hash_bucket_fast to_hash_bucket_strong=string_to_hash_bucket_strong""",
    "random": """
        categorical=ops.categorical fixed_unigram_candidate_sampler=nn.fixed_unigram_candidate_sampler
        gamma=random_gamma log_uniform_candidate_sampler=nn.log_uniform_candidate_sampler multinomial
        uniform_candidate_sampler=nn.uniform_candidate_sampler normal=random_normal set_random_seed
        shuffle=random_shuffle truncated_normal uniform=random_uniform""",
    "debugging": """
        Assert assert_all_finite=verify_tensor_all_finite assert_equal assert_greater assert_greater_equal
        assert_integer assert_less assert_less_equal assert_near assert_negative assert_non_negative
        assert_non_positive assert_none_equal assert_positive assert_rank assert_rank_at_least assert_rank_in
        assert_same_float_dtype assert_scalar assert_type check_numerics is_finite is_inf is_nan
        is_non_decreasing is_numeric_tensor is_strictly_increasing""",
    "io": """
        FixedLenFeature FixedLenSequenceFeature TFRecordCompressionType=python_io.TFRecordCompressionType
        TFRecordOptions=python_io.TFRecordOptions TFRecordWriter=python_io.TFRecordWriter VarLenFeature
        PaddingFIFOQueue PriorityQueue QueueBase RandomShuffleQueue decode_base64 decode_csv decode_raw encode_base64
        gfile match_filenames_once=train.match_filenames_once matching_files parse_example parse_single_example
        parse_single_sequence_example read_file tf_record_iterator=python_io.tf_record_iterator""",
    "dtypes": """
        DType as_dtype as_string bool cast complex complex128 complex64 double float16 float32 float64 half
        int16 int32 int64 int8 saturate_cast string uint16 uint32 uint64 uint8""",
    "bitwise": """
        bitwise_and=ops.bitwise_and bitwise_or=ops.bitwise_or bitwise_xor=ops.bitwise_xor invert=ops.invert
        left_shift=ops.left_shift right_shift=ops.right_shift""",
    "queue": "FIFOQueue PaddingFIFOQueue PriorityQueue QueueBase RandomShuffleQueue",
    "signal": """
        fft=ops.fft fft2d=ops.fft2d fft3d=ops.fft3d ifft=ops.ifft ifft2d=ops.ifft2d ifft3d=ops.ifft3d
        irfft=ops.irfft irfft2d=ops.irfft2d rfft=ops.rfft rfft2d=ops.rfft2d""",
    "spectral": """
        fft=ops.fft fft2d=ops.fft2d fft3d=ops.fft3d ifft=ops.ifft ifft2d=ops.ifft2d ifft3d=ops.ifft3d
        irfft=ops.irfft irfft2d=ops.irfft2d rfft=ops.rfft rfft2d=ops.rfft2d""",
    "manip": "gather_nd reshape reverse roll scatter_nd tile",
}


class Space(SimpleNamespace):
    """A namespace that answers for a name it does not have as `tf` itself does: with the nearest one."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        path = next((path for path, space in unknown_names.namespaces() if space is self), "tf")
        raise unknown_names.missing_name(f"{path}.{name}")


def spaces(top: Mapping[str, Any]) -> dict[str, SimpleNamespace]:
    """The namespaces, made of the functions of the top level that there are; ops.f is one that the top level lacks."""
    return {name: _space(top, entries.split()) for name, entries in TABLE.items()}


def _space(top: Mapping[str, Any], entries: list[str]) -> Space:
    found: dict[str, Any] = {}
    for entry in entries:
        new, _, old = entry.partition("=")
        place, _, function = (old or new).rpartition(".")
        value: Any
        if place == "ops":
            value = symbolic(getattr(ops, function))
        else:
            value = getattr(top[place], function, None) if place else top.get(function)
        if value is not None:
            found[new] = value
    return Space(**found)
