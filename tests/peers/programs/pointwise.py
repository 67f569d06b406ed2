"""Vocabulary: what is computed number by number, comparisons, and draws."""

from __future__ import annotations

import numpy as np

from .writing import FLOATS, INTEGERS, NUMBERS, Page, Unfit, Value, recipe

UNARY = (
    "tf.tanh({})", "tf.sigmoid({})", "tf.nn.softplus({})", "tf.abs({})", "tf.square({})", "tf.sin({})", "tf.cos({})",
    "tf.exp(-tf.square({}))", "tf.negative({})", "tf.nn.relu({})", "tf.nn.elu({})", "tf.nn.selu({})", "tf.nn.relu6({})",
    "tf.nn.leaky_relu({})", "tf.nn.softsign({})", "tf.erf({})", "tf.sqrt(tf.abs({}) + 0.5)", "tf.log1p(tf.square({}))",
    "tf.rsqrt(tf.square({}) + 1)", "tf.reciprocal(tf.square({}) + 2)", "tf.floor({})", "tf.sign({})", "tf.atan({})",
    "tf.sinh(tf.sin({}))", "tf.cosh(tf.sin({}))", "tf.expm1(tf.sin({}))", "tf.lgamma(tf.abs({}) + 1)", "tf.round({})",
    "tf.digamma(tf.abs({}) + 1)", "tf.asinh({})", "tf.log(tf.abs({}) + 0.25)", "tf.identity({})", "tf.ceil({})",
    "tf.stop_gradient({})", "tf.check_numerics({}, 'finite')", "tf.nn.l2_normalize({}, -1)", "1.5 - {}", "{} / 3",
    "{} ** 2", "2 * {}", "tf.clip_by_value({}, -1, 0.75)", "tf.clip_by_norm({}, 1.5)", "tf.log_sigmoid({})",
    "tf.nn.swish({})", "tf.tan(tf.sin({}))", "tf.asin(0.5 * tf.sin({}))", "tf.acos(0.5 * tf.sin({}))", "tf.erfc({})",
    "tf.clip_by_average_norm({}, 0.5)", "tf.zeros_like({})", "tf.ones_like({})", "tf.where({0} > 0.5, {0}, 2 * {0})",
    "tf.cast(tf.cast({}, tf.float64), tf.{dtype})", "tf.math.sinh(tf.sin({}))", "tf.math.atanh(0.5 * tf.sin({}))",
    "tf.nn.crelu({})[..., :{last}]", "tf.nn.softmax({})", "tf.nn.log_softmax({})", "tf.exp(tf.minimum({}, 2.0))",
    "tf.math.acosh(tf.abs({}) + 1.5)", "tf.tuple([{}])[0]",
    "tf.debugging.check_numerics({}, 'x')", "tf.math.log1p(tf.abs({}))",
)
BINARY = (
    "{} + {}", "{} - {}", "{} * {}", "{} / (tf.square({}) + 1)", "tf.maximum({}, {})", "tf.minimum({}, {})",
    "tf.squared_difference({}, {})", "tf.pow(tf.abs({}) + 0.5, tf.sin({}))", "tf.atan2({}, tf.abs({}) + 1)",
    "tf.floordiv({}, tf.abs({}) + 1.25)", "tf.mod({}, tf.abs({}) + 1.25)", "tf.div_no_nan({}, {})", "tf.add({}, {})",
    "tf.multiply({}, {})", "tf.subtract({}, {})", "tf.truediv({}, tf.abs({}) + 1)", "tf.realdiv({}, tf.abs({}) + 1)",

)
WHOLE = (
    "{} + {}", "{} - {}", "{} * {}", "{} // (tf.abs({}) + 1)", "{} % (tf.abs({}) + 2)", "tf.maximum({}, {})",
    "tf.minimum({}, {})", "tf.squared_difference({}, {})", "tf.truncatediv({}, tf.abs({}) + 1)",
    "tf.floormod({}, tf.abs({}) + 2)", "tf.bitwise.bitwise_and({}, {})", "tf.bitwise.bitwise_xor({}, {})",
)
DRAWS = (
    "tf.random_normal({}, 1.0, 0.5, tf.{}, {})", "tf.random_uniform({}, -1, 2, tf.{}, {})",
    "tf.truncated_normal({}, 0.0, 1.0, tf.{}, {})",
)


@recipe(6)
def unary(page: Page) -> Value:
    text = page.rng.choice(UNARY)
    x = page.pick(test=lambda v: v.rank > 0 or ("-1)" not in text and "soft" not in text and "last" not in text))
    if "last" in text and not x.known:
        raise Unfit
    return page.like(text.format(x.name, dtype=x.dtype, last=x.shape[-1] if x.shape else 0), x)


def partner(page: Page, x: Value, dtypes: tuple[str, ...]) -> tuple[Value, tuple[int, ...]]:
    """A value that broadcasts with x, and the shape of both together."""

    def fits(v: Value) -> bool:
        try:
            np.broadcast_shapes(x.shape, v.shape)
        except ValueError:
            return False
        return True

    y = page.pick(dtypes, fits)
    return y, np.broadcast_shapes(x.shape, y.shape)


@recipe(6)
def binary(page: Page) -> Value:
    text = page.rng.choice(BINARY)
    x = page.pick()
    y, shape = partner(page, x, (x.dtype,))
    if page.rng.random() < 0.5:
        x, y = y, x
    return page.like(text.format(x.name, y.name), x, y, shape=shape)


@recipe(1)
def whole_numbers(page: Page) -> Value:
    x = page.pick(INTEGERS)
    y, shape = partner(page, x, (x.dtype,))
    return page.like(page.rng.choice(WHOLE).format(x.name, y.name), x, y, shape=shape)


@recipe(2)
def comparison(page: Page) -> Value:
    x = page.pick(NUMBERS)
    y, shape = partner(page, x, (x.dtype,))
    text = page.rng.choice(("{} > {}", "tf.less_equal({}, {})", "tf.greater_equal({}, {})", "tf.not_equal({}, {})"))
    return page.like(text.format(x.name, y.name), x, y, dtype="bool", shape=shape)


@recipe(1)
def logic(page: Page) -> Value:
    x = page.pick(("bool",))
    y, shape = partner(page, x, ("bool",))
    text = page.rng.choice(
        ("tf.logical_and({}, {})", "tf.logical_or({}, tf.logical_not({}))", "tf.logical_xor({}, {})")
    )
    return page.like(text.format(x.name, y.name), x, y, dtype="bool", shape=shape)


@recipe(2)
def choice(page: Page) -> Value:
    mask = page.pick(("bool",))
    x = page.pick(test=lambda v: v.shape == mask.shape)
    y = page.pick((x.dtype,), test=lambda v: v.shape == mask.shape)
    return page.like(f"tf.where({mask.name}, {x.name}, {y.name})", x, y, mask)


@recipe(2)
def cast(page: Page) -> Value:
    x = page.pick((*NUMBERS, "bool"))
    dtype = page.rng.choice(("float32", "float32", "float64", "int32", "int64"))
    return page.like(f"tf.cast({x.name}, tf.{dtype})", x, dtype=dtype)


@recipe(1)
def sum_of_all(page: Page) -> Value:
    x = page.pick()
    same = [page.pick((x.dtype,), lambda v: v.shape == x.shape) for _ in range(page.rng.randint(1, 3))]
    names = ", ".join(v.name for v in (x, *same))
    return page.like(f"tf.{page.rng.choice(('add_n', 'accumulate_n'))}([{names}])", x, *same)


@recipe(2.5)
def draw(page: Page) -> Value:
    x, seed = page.pick(), page.rng.randint(1, 99)
    whole = page.rng.random() < 0.5 or not x.known
    shape = f"tf.shape({x.name})" if whole else str(list(x.shape))
    text = page.rng.choice(DRAWS).format(shape, x.dtype, seed)
    return page.line(text, x.dtype, x.shape, x.known)


@recipe(2.5)
def dropout(page: Page) -> Value:
    x, seed = page.pick(test=lambda v: v.rank > 0), page.rng.randint(1, 99)
    rate = page.rng.choice(("0.5", "0.25", f"tf.constant(0.5, tf.{x.dtype})"))
    options = f", noise_shape={[1, *x.shape[1:]]}" if page.rng.random() < 0.2 else ""
    layer = f"tf.layers.dropout({x.name}, 0.5, seed={seed}, training=True)"
    plain = f"tf.nn.dropout({x.name}, rate={rate}, seed={seed}{options})"
    return page.like(page.rng.choice((plain, plain, layer)), x)


@recipe(0.5)
def draw_of_whole_numbers(page: Page) -> Value:
    x = page.pick(test=lambda v: v.known)
    kind = page.rng.choice(INTEGERS)
    return page.line(f"tf.random_uniform({list(x.shape)}, 0, 5, tf.{kind}, {page.rng.randint(1, 99)})", kind, x.shape)


@recipe(0.5)
def shuffle(page: Page) -> Value:
    x = page.pick((*FLOATS, *INTEGERS), lambda v: v.rank > 0)
    return page.like(f"tf.random_shuffle({x.name}, seed={page.rng.randint(1, 99)})", x)
