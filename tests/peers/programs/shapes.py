"""Vocabulary: reductions, products, and what moves numbers about (slices, joins, gather and scatter)."""

from __future__ import annotations

import numpy as np

from .writing import FLOATS, INTEGERS, NUMBERS, Page, Unfit, Value, recipe


def ranked(least: int = 1, most: int = 4):
    return lambda v: least <= v.rank <= most


def axis_of(page: Page, x: Value) -> int:
    return page.rng.randrange(-x.rank, x.rank)


@recipe(4)
def reduction(page: Page) -> Value:
    x = page.pick(test=ranked())
    name = page.rng.choice(("sum", "mean", "max", "min", "prod", "logsumexp", "std", "variance"))
    place = "math.reduce" if name in ("std", "variance") else "reduce"
    axes = sorted(page.rng.sample(range(x.rank), page.rng.randint(1, x.rank)))
    if page.rng.random() < 0.2:
        axes = list(range(x.rank))
    said = "None" if len(axes) == x.rank else repr(axes if page.rng.random() < 0.5 or len(axes) > 1 else axes[0])
    keep = page.rng.random() < 0.3
    shape = np.zeros(x.shape).sum(tuple(axes), keepdims=keep).shape
    return page.like(f"tf.{place}_{name}({x.name}, {said}, keepdims={keep})", x, shape=shape)


@recipe(1)
def reduction_of_others(page: Page) -> Value:
    x = page.pick((*INTEGERS, "bool"), ranked())
    names = ("any", "all") if x.dtype == "bool" else ("sum", "max", "min", "prod")
    axis = axis_of(page, x)
    shape = np.zeros(x.shape).sum(axis).shape
    return page.like(f"tf.reduce_{page.rng.choice(names)}({x.name}, {axis})", x, shape=shape)


@recipe(1)
def place_of_largest(page: Page) -> Value:
    x, name = page.pick(test=ranked()), page.rng.choice(("argmax", "argmin"))
    axis, kind = page.rng.randrange(x.rank), page.rng.choice(INTEGERS)
    shape = np.zeros(x.shape).sum(axis).shape
    return page.like(f"tf.{name}({x.name}, {axis}, output_type=tf.{kind})", x, dtype=kind, shape=shape)


@recipe(1)
def running(page: Page) -> Value:
    x, flags = page.pick(test=ranked()), [page.rng.random() < 0.3 for _ in range(2)]
    text = f"tf.{page.rng.choice(('cumsum', 'cumprod'))}({x.name}, {axis_of(page, x)}, {flags[0]}, {flags[1]})"
    return page.like(text, x)


@recipe(3)
def product(page: Page) -> Value:
    x = page.pick(test=ranked(2, 3))
    y = page.pick((x.dtype,), lambda v: v.rank == x.rank and v.shape[:-2] == x.shape[:-2])
    (a, b), (c, d) = x.shape[-2:], y.shape[-2:]
    fits = [(t, s) for t in (False, True) for s in (False, True) if (a if t else b) == (d if s else c)]
    if not fits:
        raise Unfit
    t, s = page.rng.choice(fits)
    shape = (*x.shape[:-2], b if t else a, c if s else d)
    return page.like(f"tf.matmul({x.name}, {y.name}, transpose_a={t}, transpose_b={s})", x, y, shape=shape)


@recipe(1)
def contraction(page: Page) -> Value:
    x = page.pick(test=ranked(1, 3))
    y = page.pick((x.dtype,), lambda v: 1 <= v.rank <= 3 and v.shape[0] == x.shape[-1])
    if x.rank + y.rank == 2:
        return page.like(f"tf.tensordot({x.name}, {y.name}, 1)", x, y, shape=())
    letters = "abcdef"[: x.rank + y.rank - 1]
    left, right = letters[: x.rank], letters[x.rank - 1 :]
    texts = (
        f"tf.tensordot({x.name}, {y.name}, [[{x.rank - 1}], [0]])",
        f"tf.einsum('{left},{right}->{left[:-1]}{right[1:]}', {x.name}, {y.name})",
    )
    return page.like(page.rng.choice(texts), x, y, shape=(*x.shape[:-1], *y.shape[1:]))


@recipe(1)
def reshape(page: Page) -> Value:
    x = page.pick((*NUMBERS, "bool"))
    size = int(np.prod(x.shape, dtype=int))
    divisors = [n for n in range(1, size + 1) if size % n == 0]
    if not divisors:
        raise Unfit
    n = page.rng.choice(divisors)
    shape, said = page.rng.choice(
        [((size,), "[-1]"), ((n, size // n), f"[{n}, -1]"), ((1, n, size // n), f"[1, -1, {size // n}]")]
    )
    return page.line(f"tf.reshape({x.name}, {said})", x.dtype, shape, x.known)


@recipe(1)
def reshape_like(page: Page) -> Value:
    x = page.pick()
    y = page.pick((*NUMBERS, "bool"), lambda v: np.prod(v.shape) == np.prod(x.shape))
    return page.line(f"tf.reshape({x.name}, tf.shape({y.name}))", x.dtype, y.shape, x.known and y.known)


@recipe(2)
def rearranged(page: Page) -> Value:
    x, rng = page.pick(NUMBERS, ranked()), page.rng
    axis, z = axis_of(page, x), np.zeros(x.shape)
    order = rng.sample(range(x.rank), x.rank)
    n = x.shape[axis]
    pads = [[rng.randint(0, 1), rng.randint(0, 1)] for _ in x.shape]
    padded = np.pad(z, pads).shape
    mode = rng.choice(("CONSTANT", "REFLECT", "SYMMETRIC")) if min(x.shape) > 1 else "CONSTANT"
    texts = [
        (f"tf.transpose({x.name}, {order})", z.transpose(order).shape),
        (f"tf.transpose({x.name})", z.T.shape),
        (f"tf.expand_dims({x.name}, {axis})", np.expand_dims(z, axis).shape),
        (f"tf.reverse({x.name}, [{axis}])", x.shape),
        (f"tf.roll({x.name}, {rng.randint(-3, 3)}, {axis})", x.shape),
        (f"tf.tile({x.name}, {[2] + [1] * (x.rank - 1)})", (2 * x.shape[0], *x.shape[1:])),
        (f"tf.concat([{x.name}, {x.name}], {axis})", np.concatenate([z, z], axis).shape),
        (f"tf.stack([{x.name}, {x.name}], {axis})", np.stack([z, z], axis).shape),
        (f"tf.split({x.name}, {[1, n - 1]}, {axis})[1]", np.split(z, [1], axis)[1].shape),
        (f"tf.pad({x.name}, {pads}, '{mode}')", padded),
        (f"tf.slice({x.name}, {[0] * x.rank}, {[-1] * x.rank})", x.shape),
        (f"{x.name}[{n if x.rank == 1 else 1}:]", x.shape),
        (f"{x.name}[..., ::-1]", x.shape), (f"{x.name}[..., -1]", x.shape[:-1]), (f"{x.name}[:1]", (1, *x.shape[1:])),
        (f"{x.name}[tf.newaxis, ..., 0]", (1, *x.shape[:-1])), (f"tf.unstack({x.name}, {n}, {axis})[0]", z.sum(axis).shape),
        (f"tf.sort({x.name})", x.shape), (f"tf.nn.top_k({x.name}, 1)[0]", (*x.shape[:-1], 1)),
        (f"tf.broadcast_to({x.name}, {[2, *x.shape]})", (2, *x.shape)), (f"tf.identity_n([{x.name}, 1.0])[0]", x.shape),
        (f"tf.squeeze(tf.expand_dims({x.name}, 0), [0])", x.shape),
        (f"tf.matrix_band_part({x.name}, 0, -1)", x.shape), (f"tf.linalg.diag({x.name})", (*x.shape, x.shape[-1])),
    ]
    text, shape = rng.choice(texts)
    if ("split" in text and n < 2) or ("REFLECT" in text and min(x.shape) < 2) or f"[{n}:]" in text or "[1:]" in text:
        raise Unfit
    if ("band" in text and x.rank < 2) or ("identity_n" in text) or ("unstack" in text and x.rank < 2) or 0 in shape:
        raise Unfit
    return page.like(text, x, shape=shape)


@recipe(1)
def joined(page: Page) -> Value:
    x = page.pick(NUMBERS, ranked())
    y = page.pick((x.dtype,), lambda v: v.rank == x.rank and v.shape[1:] == x.shape[1:])
    shape = (x.shape[0] + y.shape[0], *x.shape[1:])
    return page.like(f"tf.concat([{x.name}, {y.name}], 0)", x, y, shape=shape)


@recipe(2)
def gathered(page: Page) -> Value:
    x, rng = page.pick(NUMBERS, ranked()), page.rng
    count, n = rng.randint(1, 3), x.shape[0]
    rows = [rng.randrange(n) for _ in range(count)]
    texts = [(f"tf.gather({x.name}, {rows})", (count, *x.shape[1:])),
             (f"tf.gather({x.name}, tf.constant({rows}, tf.int64), axis=0)", (count, *x.shape[1:])),
             (f"tf.nn.embedding_lookup({x.name}, {[rows, rows]})", (2, count, *x.shape[1:])),
             (f"tf.gather_nd({x.name}, {[[r] for r in rows]})", (count, *x.shape[1:]))]
    if x.rank > 1:
        columns = [rng.randrange(x.shape[1]) for _ in range(count)]
        pairs = [list(p) for p in zip(rows, columns, strict=True)]
        texts += [(f"tf.gather({x.name}, {columns}, axis=1)", (n, count, *x.shape[2:])),
                  (f"tf.gather_nd({x.name}, {pairs})", (count, *x.shape[2:]))]
    text, shape = rng.choice(texts)
    return page.like(text, x, shape=shape)


@recipe(2)
def scattered(page: Page) -> Value:
    x, rng = page.pick(test=ranked(1, 3)), page.rng
    n, total = x.shape[0], x.shape[0] + 1
    places = [rng.randrange(n) for _ in range(n)]
    different = rng.sample(range(n), n)
    result = (total, *x.shape[1:])
    texts = [
        (f"tf.unsorted_segment_sum({x.name}, {places}, {total})", result),
        (f"tf.unsorted_segment_max({x.name}, {different}, {n})", x.shape),
        (f"tf.segment_sum({x.name}, {[*sorted(places[:-1]), n - 1]})", x.shape),
        (f"tf.segment_mean({x.name}, {[*sorted(places[:-1]), n - 1]})", x.shape),
        (f"tf.scatter_nd({[[p] for p in places]}, {x.name}, {list(result)})", result),
        (f"tf.tensor_scatter_nd_add({x.name}, {[[p] for p in places]}, 2 * {x.name})", x.shape),
        (f"tf.tensor_scatter_nd_update({x.name}, {[[p] for p in different]}, {x.name} ** 2)", x.shape),
        (f"tf.dynamic_stitch([{different}, [0]], [{x.name}, {x.name}[:1]])", x.shape),
        (f"tf.boolean_mask({x.name}, {[i % 2 == 0 for i in range(n)]})", ((n + 1) // 2, *x.shape[1:])),
        (f"tf.dynamic_partition({x.name}, {[i % 2 for i in range(n)]}, 2)[0]", ((n + 1) // 2, *x.shape[1:])),
    ]
    text, shape = rng.choice(texts)
    free = "boolean" in text or "partition" in text or "segment_m" in text or "segment_sum" in text or "stitch" in text
    return page.line(text, x.dtype, shape, x.known and not free)


@recipe(1)
def one_hot(page: Page) -> Value:
    x, dtype = page.pick(INTEGERS), page.rng.choice(FLOATS)
    return page.like(f"tf.one_hot({x.name}, 3, dtype=tf.{dtype})", x, dtype=dtype, shape=(*x.shape, 3))


@recipe(1)
def size_of(page: Page) -> Value:
    x, kind = page.pick((*NUMBERS, "bool")), page.rng.choice(INTEGERS)
    text, shape = page.rng.choice([("shape", (x.rank,)), ("size", ())])
    if 0 in shape:
        raise Unfit
    return page.line(f"tf.{text}({x.name}, out_type=tf.{kind})", kind, shape, x.known)


@recipe(0.7)
def matrix_function(page: Page) -> Value:
    x = page.pick(test=lambda v: v.rank == 2 and v.shape[0] <= 3 and v.shape[1] <= 3)
    n = x.shape[0]
    square = f"tf.matmul({x.name}, {x.name}, transpose_b=True) + 2 * tf.eye({n}, dtype=tf.{x.dtype})"
    texts = [(f"tf.matrix_inverse({square})", (n, n)), (f"tf.matrix_determinant({square})", ()),
             (f"tf.cholesky({square})", (n, n)), (f"tf.matrix_solve({square}, {x.name})", x.shape),
             (f"tf.trace({square})", ()), (f"tf.norm({x.name})", ()), (f"tf.norm({x.name} + 3, axis=-1)", (n,)),
             (f"tf.nn.moments({x.name}, [0])[1]", (x.shape[1],)), (f"tf.diag_part({square})", (n,))]
    text, shape = page.rng.choice(texts)
    return page.like(text, x, shape=shape)
