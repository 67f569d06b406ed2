"""Vocabulary: a table of further functions of one or two values, of other types (halves, small integers, texts) too."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .writing import FLOATS, INTEGERS, NUMBERS, Page, Unfit, Value, recipe

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Function:
    """A text of x ({0}), of y with x's dtype and shape ({1}), a permutation of x's rows ({rows}) and its last length.

    shape: of the result, from an array shaped like x; open: the graph does not know it; dtype: if it is not x's.
    """

    text: str
    rank: tuple[int, int] = (0, 4)
    shape: Callable[[np.ndarray], Shape] = np.shape
    dtype: str | None = None
    of: tuple[str, ...] = FLOATS
    open: bool = False


def rows_of(z: np.ndarray) -> Shape:
    return z.shape[1:]


def last_gone(z: np.ndarray) -> Shape:
    return z.shape[:-1]


def number(z: np.ndarray) -> Shape:
    return ()


SPECIAL = (
    "tf.igamma(tf.abs({0}) + 1, tf.abs({1}) + 0.5)", "tf.igammac(tf.abs({0}) + 1, tf.abs({1}) + 0.5)",
    "tf.betainc(tf.abs({0}) + 1, tf.abs({0}) + 0.5, tf.sigmoid({1}))", "tf.zeta(tf.abs({0}) + 1.5, tf.abs({1}) + 1)",
    "tf.polygamma(tf.ones_like({0}), tf.abs({1}) + 1)", "tf.math.xlogy({0}, tf.abs({1}) + 0.5)",

    "tf.nn.log_poisson_loss({1}, {0})", "tf.complex({0}, {1}) * tf.conj(tf.complex({1}, {0}))", "tf.rint({0})",
    "tf.scalar_mul(0.5, {0})", "abs({0})",
    "tf.saturate_cast({0}, tf.int32)", "tf.divide({0}, 1 + tf.square({1}))", "tf.div({0}, 1 + tf.square({1}))",
    "tf.Print({0}, [{1}])", "tf.is_nan(tf.log({0}))", "tf.is_finite(tf.log({0}))",
    "tf.where({0} > 0, tf.sqrt({0}), {1})", "tf.where(tf.is_nan(tf.log({0})), {1}, {0})", "{0} // 0.7", "{0} % 0.7",
    "-{0} + {1}", "2 ** tf.sin({0})", "1 / (tf.square({0}) + 1)", "3 - {0} * {1}", "tf.not_equal({0}, {1})",
    "tf.cast(tf.truncatemod({0}, tf.abs({1}) + 1), tf.int32)", "tf.nn.relu({0}) * tf.nn.relu({1})",
    "tf.maximum({0}, 0.0) - tf.minimum({1}, 0.0)", "tf.abs({0}) ** 0.5", "tf.pow({0}, 3)", "tf.nn.leaky_relu({0}, 0.3)",
    "tf.cumsum({0} + [[0.0]])[0]",
)
SPECIAL_TYPES = {"is_nan(tf.log({0}))": "bool", "is_finite": "bool", "not_equal": "bool", "saturate": "int32",
                 "cast": "int32"}


def _special(text: str) -> Function:
    dtype = next((d for start, d in SPECIAL_TYPES.items() if text.startswith(f"tf.{start}")), None)
    if "tf.complex" in text:
        return Function(f"tf.real({text})")
    rank = (1, 1) if "[[0.0]]" in text else (0, 4)
    return Function(text, rank, dtype=dtype)


MOVED = (
    Function("tf.argsort({0})", (1, 4), dtype="int32"),
    Function("tf.sort({0}, direction='DESCENDING')", (1, 4)),
    Function("tf.argsort({0}, 0, direction='DESCENDING')", (1, 4), dtype="int32"),
    Function("tf.searchsorted(tf.sort({0}), {1})", (1, 2), dtype="int32"),
    Function("tf.count_nonzero({0}, 0)", (1, 4), rows_of, "int64", NUMBERS),
    Function("tf.nn.zero_fraction(tf.nn.relu({0}))", (0, 4), number, "float32"),
    Function("tf.lbeta(tf.abs({0}) + 0.5)", (1, 3), last_gone),
    Function("tf.gather({0}, tf.argsort({1}[:, 0]))", (2, 3)),
    Function("tf.gather({0}, {rows}, batch_dims=0)", (1, 3), of=NUMBERS),
    Function("tf.reverse_sequence({0}, tf.ones_like({0}[:, 0], tf.int32), 1)", (2, 3)),
    Function("tf.matrix_set_diag({0}, tf.matrix_diag_part({1}))", (2, 3)),
    Function("tf.matrix_diag_part({0})", (2, 3), lambda z: (*z.shape[:-2], min(z.shape[-2:]))),
    Function("tf.matrix_transpose({0})", (2, 4), lambda z: z.swapaxes(-1, -2).shape, of=NUMBERS),
    Function("tf.slice({0}, tf.zeros([tf.rank({0})], tf.int32), tf.shape({0}))", (1, 3), open=True),
    Function("{0}[tf.constant(0):, ...]", (1, 4), of=NUMBERS, open=True),
    Function("{0}[::-1]", (1, 4), of=NUMBERS),
    Function("{0}[-1]", (1, 4), rows_of, of=NUMBERS),
    Function("{0}[..., tf.newaxis]", (0, 3), lambda z: (*z.shape, 1), of=NUMBERS),
    Function("{0}[tf.argmax({0}[:, 0])]", (2, 3), rows_of),
    Function("{0}[0, ..., -1:]", (2, 3), lambda z: z[0, ..., -1:].shape),
    Function("tf.pad({0}, [[1, 1]] * {rank}, constant_values=2)", (1, 3), lambda z: np.pad(z, 1).shape, of=NUMBERS),
    Function("tf.fill(tf.shape({0}), tf.reduce_max({1}))", (0, 4)),
    Function("tf.zeros(tf.shape({0})) + 1", (0, 4), dtype="float32"),
    Function("tf.ones_like({0}) * {1}"),
    Function("tf.linspace(tf.reduce_min({0}), tf.reduce_max({1}) + 1, 3)", (0, 4), lambda z: (3,)),
    Function("tf.range(tf.size({0}))", (0, 4), lambda z: (z.size,), "int32", open=True),
    Function(
        "tf.cast(tf.range(0, tf.shape({0})[0] * 2, 2), tf.float32) * 0.5",
        (1, 4), lambda z: (2 * len(z) // 2,), "float32", open=True,
    ),
    Function("tf.eye(tf.shape({0})[0], dtype={0}.dtype)", (1, 4), lambda z: (len(z), len(z)), open=True),
    Function("tf.meshgrid({0}, {1})[1]", (1, 1), lambda z: (len(z), len(z))),
    Function("tf.reduce_sum(tf.where({0} < 0), 0)", (1, 3), lambda z: (z.ndim,), "int64"),
    Function(
        "tf.unique(tf.cast(tf.reshape({0}, [-1]), tf.int32))[1]",
        (1, 3), lambda z: (z.size,), "int32", open=True,
    ),
    Function("tf.histogram_fixed_width({0}, [-2.0, 2.0], 4)", (1, 3), lambda z: (4,), "int32", ("float32",)),
    Function(
        "tf.confusion_matrix(tf.argmax({0}, 1), tf.argmax({1}, 1), {last})",
        (2, 2), lambda z: (z.shape[1],) * 2, "int32",
    ),
    Function("tf.nn.in_top_k({0}, tf.argmax({1}, 1), 1)", (2, 2), lambda z: z.shape[:1], "bool", ("float32",)),
    Function("tf.invert_permutation({rows})", (1, 3), lambda z: (len(z),), "int32"),
    Function(
        "tf.sequence_mask(tf.constant({rows}), tf.shape({0})[0])",
        (1, 3), lambda z: (len(z),) * 2, "bool", open=True,
    ),
    Function("tf.tensordot({0}, {1}, {rank})", (1, 2), number),
    Function("tf.einsum('...i,...i->...', {0}, {1})", (1, 3), last_gone),
    Function("tf.einsum('ij->ji', {0})", (2, 2), lambda z: z.T.shape),
    Function("tf.einsum('ab,ab->a', {0}, {1})", (2, 2), last_gone),
    Function(
        "tf.matrix_triangular_solve(tf.matrix_band_part(tf.matmul({0}, {0}, transpose_b=True), -1, 0) + 3 * "
        "tf.eye({n}, dtype={0}.dtype), {1})", (2, 2)
    ),
    Function("tf.svd({0}, compute_uv=False)", (2, 2), lambda z: (min(z.shape),)),
    Function("tf.self_adjoint_eigvals(tf.matmul({0}, {0}, transpose_b=True))", (2, 2), lambda z: z.shape[:1]),
    Function("tf.unstack({0}, {n})[-1] + tf.unstack({1}, {n})[0]", (1, 3), rows_of),
    Function("tf.split({0}, {last}, -1)[0]", (1, 3), lambda z: z[..., :1].shape, of=NUMBERS),
    Function("tf.concat([{0}, {1}, {0}], -1)", (1, 3), lambda z: np.concatenate([z] * 3, -1).shape, of=NUMBERS),
    Function("tf.stack([{0}, {1}, 2 * {0}], -1)", (0, 3), lambda z: (*z.shape, 3)),
    Function("tf.nn.moments({0}, [0], keep_dims=True)[1]", (1, 3), lambda z: (1, *z.shape[1:])),
    Function("tf.nn.weighted_moments({0}, [0], tf.abs({1}) + 1)[1]", (1, 3), rows_of),
    Function("tf.nn.bias_add({0}, {1}[0])", (2, 2)),
    Function("tf.nn.softmax({0}, 0)", (1, 3)),
    Function("tf.nn.l2_normalize({0}, 0, 0.5)", (1, 3)),
    Function("tf.clip_by_norm({0}, 0.5, [0])", (1, 3)),
    Function("tf.clip_by_global_norm([{0}, {1}], 0.75)[0][1]"),
    Function("tf.global_norm([{0}, {1}])", (0, 4), number),
    Function("tf.clip_by_value({0}, {1} - 0.5, {1} + 0.5)"),
    Function("tf.unsorted_segment_mean({0}, {rows}, {n})", (1, 3)),
    Function("tf.unsorted_segment_prod({0}, [0] * {n}, 2)", (1, 3), lambda z: (2, *z.shape[1:])),
    Function("tf.unsorted_segment_sqrt_n({0}, [0] * {n}, 2)", (1, 3), lambda z: (2, *z.shape[1:])),
    Function("tf.segment_prod({0}, [0] * {n})", (1, 3), lambda z: (1, *z.shape[1:]), open=True),
    Function("tf.segment_max({0}, [0] * {n})", (1, 3), lambda z: (1, *z.shape[1:]), open=True),
    Function("tf.tensor_scatter_nd_sub({0}, [[0], [0]], tf.concat([{1}[:1], {0}[:1]], 0))", (1, 3)),
    Function("tf.nn.embedding_lookup([{0}, {1}], [0, 1, 2, 1])", (1, 3), lambda z: (4, *z.shape[1:])),
    Function("tf.nn.embedding_lookup({0}, [0, 0], max_norm=1.0)", (2, 2), lambda z: (2, *z.shape[1:])),
    Function(
        "tf.sparse_tensor_dense_matmul(tf.SparseTensor([[0, 0], [1, {n} - 1]], {0}[0, :2] if {last} > 1 else "
        "tf.tile({0}[0], [2]), [2, {n}]), {1})", (2, 2), lambda z: (2, z.shape[1])
    ),
    Function("tf.sparse_to_dense([[0], [2]], [4], {0}[:1] * [1, 2])", (1, 1), lambda z: (4,)),
    Function("tf.sparse_tensor_to_dense(tf.SparseTensor([[0], [2]], {0}[:1] * [1, 2], [4]))", (1, 1), lambda z: (4,)),
)
WINDOWS = (
    Function("tf.nn.conv1d({0}, tf.ones([2, {last}, 2], {0}.dtype), 1, 'SAME')", (3, 3), lambda z: (*z.shape[:2], 2)),
    Function("tf.nn.pool({0}, [2], 'AVG', 'SAME')", (3, 3)),
    Function(
        "tf.nn.conv2d_transpose(tf.reshape({0}, [1, {n}, {last}, 1]), tf.constant([[[[0.5], [2]]]], "
        "{0}.dtype), [1, {n}, {last}, 2], [1, 1, 1, 1])", (2, 2), lambda z: (1, *z.shape, 2)
    ),
    Function(
        "tf.nn.conv2d(tf.reshape({0}, [1, {n}, {last}, 1]), tf.reshape({1}, [{n}, {last}, 1, 1]), [1, 1, 1, "
        "1], 'SAME')", (2, 2), lambda z: (1, *z.shape, 1)
    ),
    Function(
        "tf.nn.atrous_conv2d(tf.reshape({0}, [1, {n}, {last}, 1]), tf.reshape({1}[:1, :1], [1, 1, 1, 1]), 2, "
        "'SAME')", (2, 2), lambda z: (1, *z.shape, 1)
    ),
    Function(
        "tf.image.resize_bilinear(tf.reshape({0}, [1, {n}, {last}, 1]), [3, 4], align_corners=True)",
        (2, 2), lambda z: (1, 3, 4, 1), "float32",
    ),
    Function("tf.image.flip_left_right(tf.reshape({0}, [{n}, {last}, 1]))", (2, 2), lambda z: (*z.shape, 1)),
    Function(
        "tf.image.per_image_standardization(tf.reshape({0}, [{n}, {last}, 1]))",
        (2, 2), lambda z: (*z.shape, 1), "float32", ("float32",),
    ),
    Function("tf.image.total_variation(tf.reshape({0}, [{n}, {last}, 1]))", (2, 2), number),
    Function(
        "tf.nn.fused_batch_norm(tf.reshape({0}, [1, {n}, {last}, 1]), [2.0], [0.5])[0]",
        (2, 2), lambda z: (1, *z.shape, 1), of=("float32",),
    ),
)
OTHERS = (
    Function("tf.as_string({0})", dtype="string", of=(*INTEGERS, "bool")),
    Function("tf.as_string({0}, precision=2)", dtype="string"),
    Function("tf.string_join([{0}, 'a', {0}], '-')", dtype="string", of=("string",)),
    Function("{0} + 'b'", dtype="string", of=("string",)),
    Function("tf.substr({0}, 0, 1)", dtype="string", of=("string",)),
    Function("tf.equal({0}, {1})", dtype="bool", of=("string",)),
    Function("tf.string_to_hash_bucket_fast({0}, 7)", dtype="int64", of=("string",)),
    Function("tf.reduce_join({0}, 0)", (1, 3), rows_of, "string", ("string",)),
    Function("tf.size(tf.string_split({0}, '1').values)", (1, 1), number, "int32", ("string",)),
    Function("tf.concat([{0}, {1}], 0)", (1, 3), lambda z: np.concatenate([z, z]).shape, "string", ("string",)),
    Function("tf.gather({0}, {rows})", (1, 3), of=("string", "bool")),
    Function("tf.where({0} > 0, {0}, {1} + 1)", of=INTEGERS),
    Function("tf.cast(tf.cast({0}, tf.uint8) + 250, tf.int32)", dtype="int32", of=("int32", "int64", "bool")),
    Function("tf.cast(tf.cast({0}, tf.int8) * 100, tf.int64)", dtype="int64", of=INTEGERS),
    Function("tf.cast(tf.cast({0}, tf.int16) // 3, tf.int32)", dtype="int32", of=INTEGERS),
    Function("{0} * 2 ** 30 + {1}", of=INTEGERS),
    Function("-{0} // 3"),
    Function("{0} / 3", dtype="float64", of=INTEGERS),
    Function("tf.truncatemod({0}, 3)", of=INTEGERS),
    Function("tf.bitwise.left_shift({0}, 2)", of=INTEGERS),
    Function("tf.div({0}, 3)", of=INTEGERS),
    Function("tf.reduce_mean({0}, 0)", (1, 3), rows_of, of=INTEGERS),
    Function("tf.abs({0}) - tf.sign({1})", of=INTEGERS),
    Function("tf.square({0}) + tf.maximum({1}, 1)", of=INTEGERS),
    Function("tf.one_hot({0}, 3, 2.0, -1.0, axis=0)", (0, 2), lambda z: (3, *z.shape), "float32", INTEGERS),
    Function("tf.cumsum({0}, 0, reverse=True)", (1, 3), of=INTEGERS),
    Function("tf.matmul({0}, {1}, transpose_b=True)", (2, 3), lambda z: (*z.shape[:-1], z.shape[-2]), of=("int32",)),
    Function(
        "tf.bincount(tf.abs({0}), minlength=9, maxlength=9)",
        (1, 3), lambda z: (9,), "int32", ("int32",), open=True,
    ),
    Function("tf.logical_and({0}, tf.reduce_any({1}))", of=("bool",)),
    Function("{0} & ~{1}", of=("bool",)),
    Function("{0} | {1}", of=("bool",)),
    Function("tf.reduce_all(tf.boolean_mask({0}, {1}))", (1, 3), number, of=("bool",)),
    Function("tf.reduce_all({0}, 0, keepdims=True)", (1, 3), lambda z: (1, *z.shape[1:]), of=("bool",)),
    Function("tf.cast(tf.cast({0}, tf.float16) * 3 + 0.5, tf.float32)", dtype="float32"),
    Function("tf.cast(tf.reduce_sum(tf.tanh(tf.cast({0}, tf.float16))), tf.float32)", (0, 4), number, "float32"),
    Function(
        "tf.cast(tf.reduce_mean(tf.square(tf.cast({0}, tf.float16)), 0), tf.float32)",
        (1, 4), rows_of, "float32",
    ),
    Function("tf.cast(tf.nn.softmax(tf.cast({0}, tf.float16)), tf.float32)", (1, 3), dtype="float32"),
    Function(
        "tf.cast(tf.matmul(tf.cast({0}, tf.float16), tf.cast({1}, tf.float16), transpose_a=True), "
        "tf.float32)", (2, 2), lambda z: (z.shape[1],) * 2, "float32"
    ),
    Function("tf.abs(tf.fft(tf.cast({0}, tf.complex64)))", (1, 3), dtype="float32", of=("float32",)),
    Function("tf.imag(tf.ifft(tf.complex({0}, {1})))", (1, 3), of=FLOATS),
    Function("tf.real(tf.exp(tf.complex({0}, {1})))"),
)
DRAWN = (
    Function("tf.multinomial({0}, 3, seed={seed})", (2, 2), lambda z: (len(z), 3), "int64"),
    Function("tf.random_crop({0}, [1] * {rank}, seed={seed})", (1, 3), lambda z: (1,) * z.ndim),
    Function(
        "{0} + tf.random_normal(tf.shape({0}), 0.0, tf.nn.softplus(tf.reduce_mean({1})), {0}.dtype, "
        "seed={seed})"
    ),
    Function(
        "tf.image.random_flip_left_right(tf.reshape({0}, [{n}, {last}, 1]), seed={seed})",
        (2, 2), lambda z: (*z.shape, 1),
    ),
)
TABLE = (*map(_special, SPECIAL), *MOVED, *WINDOWS, *OTHERS, *DRAWN)


def written(page: Page, function: Function) -> Value:
    x = page.pick(function.of, lambda v: function.rank[0] <= v.rank <= function.rank[1] and 0 not in v.shape)
    y = page.pick((x.dtype,), lambda v: v.shape == x.shape)
    needs = "{n}" in function.text or "{last}" in function.text
    if needs and not x.known:
        raise Unfit
    rows = page.rng.sample(range(x.shape[0]), x.shape[0]) if x.shape else []
    first, last = (x.shape[0], x.shape[-1]) if x.shape else (0, 0)
    text = function.text.format(
        x.name, y.name, rows=rows, n=first, last=last, rank=x.rank, seed=page.rng.randint(1, 99), shape=list(x.shape)
    )
    shape = function.shape(np.zeros(x.shape))
    return page.line(text, function.dtype or x.dtype, shape, x.known and y.known and not function.open)


@recipe(14)
def function_of_the_table(page: Page) -> Value:
    return written(page, page.rng.choice(TABLE))


@recipe(1)
def text_of(page: Page) -> Value:
    x = page.pick((*INTEGERS, "bool"))
    return page.like(f"tf.as_string({x.name})", x, dtype="string")


@recipe(1)
def texts(page: Page) -> Value:
    shape = page.rng.choice(((), (2,), (3,), (2, 3)))
    words = [page.rng.choice(("a", "bc", "", "d1e", "a")) for _ in range(int(np.prod(shape, dtype=int)))]
    return page.line(f"tf.constant({np.array(words, object).reshape(shape).tolist()!r})", "string", shape)
