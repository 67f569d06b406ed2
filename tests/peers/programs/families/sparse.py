"""Programs of sparse tensors: random chains of what takes and gives them, dense ends, derivatives by values and weights."""

from __future__ import annotations

import random
from collections.abc import Callable

from . import array, family

Shape = tuple[int, ...]
Step = Callable[[random.Random, Shape], tuple[str, Shape]]


def entries(rng: random.Random, shape: Shape, count: int) -> list[list[int]]:
    """Places of `count` different entries (fewer where there are not so many), in the order of rows."""
    return sorted(map(list, {tuple(rng.randrange(n) for n in shape) for _ in range(count)}))


def same(text: str) -> Step:
    return lambda rng, shape: (text, shape)


def transposed(rng: random.Random, shape: Shape) -> tuple[str, Shape]:
    order = rng.sample(range(len(shape)), len(shape))
    return f"tf.sparse_transpose(s, {order})", tuple(shape[axis] for axis in order)


def reshaped(rng: random.Random, shape: Shape) -> tuple[str, Shape]:
    turned = tuple(rng.sample(shape, len(shape)))
    said = rng.choice((list(turned), [-1, *turned[1:]], [*turned[:-1], -1]))
    return f"tf.sparse_reshape(s, {said})", turned


def sliced(rng: random.Random, shape: Shape) -> tuple[str, Shape]:
    start = [rng.randrange(n) for n in shape]
    size = [rng.randint(1, n + 1) for n in shape]
    left = tuple(min(take, n - first) for take, n, first in zip(size, shape, start, strict=True))
    return f"tf.sparse_slice(s, {start}, {size})", left


def joined(rng: random.Random, shape: Shape) -> tuple[str, Shape]:
    axis = rng.randrange(len(shape))
    said = rng.choice((axis, axis - len(shape)))
    return f"tf.sparse_concat({said}, [s, twice(s)])", tuple(n * (1 + (k == axis)) for k, n in enumerate(shape))


def widened(rng: random.Random, shape: Shape) -> tuple[str, Shape]:
    """Of unequal lengths beside the axis: the result is as long as the longest."""
    wide = [n + 1 for n in shape]
    axis = rng.randrange(len(shape))
    whole = [n + w if k == axis else w for k, (n, w) in enumerate(zip(shape, wide, strict=True))]
    other = f"tf.SparseTensor(s.indices, s.values, {wide})"
    return f"tf.sparse_concat({axis}, [s, {other}], expand_nonconcat_dim=True)", tuple(whole)


def part(rng: random.Random, shape: Shape) -> tuple[str, Shape]:
    axis, pieces = rng.randrange(len(shape)), 2
    if shape[axis] < pieces:
        return "s", shape
    one = rng.randrange(pieces)
    longer = shape[axis] % pieces
    length = shape[axis] // pieces + (one < longer)
    left = tuple(length if k == axis else n for k, n in enumerate(shape))
    return f"tf.sparse_split(sp_input=s, num_split={pieces}, axis={axis})[{one}]", left


def spread(rng: random.Random, shape: Shape) -> tuple[str, Shape]:
    if len(shape) > 2:
        return "s", shape
    axis = rng.randint(-len(shape) - 1, len(shape))
    place = axis if axis >= 0 else axis + len(shape) + 1
    return f"tf.sparse.expand_dims(s, {axis})", (*shape[:place], 1, *shape[place:])


def filled(rng: random.Random, shape: Shape) -> tuple[str, Shape]:
    return (f"tf.sparse_fill_empty_rows(s, {rng.choice((7.5, -1.0))})[0]" if len(shape) == 2 else "s"), shape


def scaled(rng: random.Random, shape: Shape) -> tuple[str, Shape]:
    dense = array(rng, *rng.choice((shape, shape[-1:])), low=0.5)
    return f"s {rng.choice('*/')} {dense}", shape


STEPS: tuple[Step, ...] = (
    transposed, reshaped, sliced, joined, widened, part, spread, filled, scaled,
    same("tf.sparse_reorder(s)"), same("tf.sparse_softmax(s)"), same("tf.sparse_retain(s, s.values > 0)"),
    same("tf.sparse_retain(s, tf.greater(s.values, -1.0))"), same("tf.sparse_add(s, twice(s))"),
    same("tf.sparse_add(s, turned(s), 0.5)"), same("tf.sparse_maximum(s, turned(s))"),
    same("tf.sparse_minimum(s, turned(s))"), same("twice(s)"), same("turned(s)"), same("tf.abs(s)"), same("tf.negative(s)"),
    same("tf.square(s)"), same("tf.tanh(s)"), same("tf.sign(s)"), same("tf.SparseTensor(s.indices, s.values, s.dense_shape)"),
    same("tf.cond(p, lambda: s, lambda: twice(s))"), same("tf.cast(tf.cast(s, tf.float64), tf.float32)"),
)
# What has no derivative in TensorFlow.
UNDIFFERENTIATED = ("sparse_split", "sparse_maximum", "sparse_minimum", "sparse_concat", "reduce_max", "indicator")
ENDS = (
    "tf.sparse_tensor_to_dense(tf.sparse_reorder(s))",
    "tf.sparse_tensor_to_dense(tf.sparse_reorder(s), {value})",
    "tf.sparse_tensor_to_dense(s, {value}, validate_indices=False)",
    "tf.sparse.to_dense(tf.sparse.reorder(s))",
    "tf.sparse_to_dense(s.indices, s.dense_shape, s.values, {value}, validate_indices=False)",
    "tf.sparse_reduce_sum(s)", "tf.sparse_reduce_sum(s, {axis})", "tf.sparse_reduce_sum(s, [{axis}], keepdims=True)",
    "tf.sparse_add(s, {dense})", "tf.sparse_add({dense}, s)", "tf.scatter_nd(s.indices, s.values, s.dense_shape)",
    "tf.gather_nd({dense}, s.indices) * s.values", "tf.reduce_sum(tf.square(s.values))",
    "tf.shape(s, out_type=tf.int64)", "tf.sparse_reduce_max(tf.abs(s), {axis})", "tf.sparse_reduce_max(tf.square(s))",
    "tf.unsorted_segment_sum(s.values, s.indices[:, 0], 9)",
    "tf.to_float(tf.sparse_to_indicator(tf.cast(tf.abs(s), tf.int32), 4))",
)
MATRICES = (
    "tf.sparse_tensor_dense_matmul(s, {right})", "tf.sparse.matmul(s, {right})",
    "tf.sparse_tensor_dense_matmul(s, {left}, adjoint_a=True)",
    "tf.sparse_tensor_dense_matmul(s, tf.transpose({right}), adjoint_b=True)",
)


def end(rng: random.Random, shape: Shape) -> str:
    choices = ENDS + (MATRICES * 2 if len(shape) == 2 else ())
    given = {"right": f"w * {array(rng, shape[1], 2)}", "left": f"w * {array(rng, shape[0], 2)}"} if len(shape) == 2 else {}
    return rng.choice(choices).format(
        value=rng.choice((0.0, -1.0, 9.5)), axis=rng.randint(-len(shape), len(shape) - 1),
        dense=f"w * {array(rng, *shape)}", **given,
    )


@family
def sparse_tensors(rng: random.Random) -> str:
    shape: Shape = tuple(rng.randint(1, 4) for _ in range(rng.choice((1, 2, 2, 2, 3))))
    places = entries(rng, shape, rng.randint(1, 6))
    if rng.random() < 0.2:
        rng.shuffle(places)
    given = array(rng, len(places))
    start, feed = f"tf.SparseTensor({places}, x, {list(shape)})", "None"
    if rng.random() < 0.4:
        start = f"tf.sparse_placeholder(tf.float32{rng.choice(('', f', {list(shape)}'))})"
        feed = f"{{s0: {rng.choice(('tf.SparseTensorValue', ''))}({places}, {given}, {list(shape)})}}"
    lines = [
        f"x, w = tf.constant({given}), tf.constant(1.5)", "p = tf.placeholder_with_default(True, [])",
        "twice = lambda a: tf.SparseTensor(a.indices, 2 * a.values, a.dense_shape)",
        "turned = lambda a: tf.SparseTensor(a.indices, tf.reverse(a.values, [0]), a.dense_shape)", f"s0 = s = {start}",
    ]
    steps = []
    for number in range(1, rng.randint(2, 5)):
        text, shape = rng.choice(STEPS)(rng, shape)
        steps.append(text)
        lines.append(f"s{number} = s = {text}")
    ends = [end(rng, shape) for _ in range(2)]
    lines += [f"v{k} = {text}" for k, text in enumerate(ends, 1)]
    lines += ["fetched = {'i': s.indices, 'n': s.values, 'l': s.dense_shape, 'v1': v1, 'v2': v2}"]
    if not any(name in text for text in (*steps, *ends) for name in UNDIFFERENTIATED):
        lines += [
            "first = tf.gradients([tf.square(y) for y in (v1, v2) if y.dtype == tf.float32], [s0.values, w])",
            "fetched.update({f'd{k}': tf.convert_to_tensor(g) for k, g in enumerate(first) if g is not None})",
        ]
    lines += ["results = []", "with tf.Session(config=config) as sess:", f"    results.append(sess.run(fetched, {feed}))"]
    return "\n".join(lines) + "\n"
