"""Vocabulary: layers, convolutions, pooling, normalization, losses and recurrent networks."""

from __future__ import annotations

from .writing import Page, Unfit, Value, recipe

CELLS = (
    "tf.nn.rnn_cell.BasicRNNCell({n}, dtype=tf.{d})", "tf.nn.rnn_cell.GRUCell({n}, {i}, dtype=tf.{d})",
    "tf.nn.rnn_cell.LSTMCell({n}, initializer={i}, dtype=tf.{d})",
    "tf.nn.rnn_cell.LSTMCell({n}, True, initializer={i}, dtype=tf.{d})",
)


def initializer(page: Page, dtype: str) -> str:
    return f"tf.random_uniform_initializer(-1, 1, seed={page.rng.randint(1, 99)}, dtype=tf.{dtype})"


@recipe(2)
def dense(page: Page) -> Value:
    x, units = page.pick(test=lambda v: v.known and 2 <= v.rank <= 3), page.rng.randint(1, 4)
    act = page.rng.choice(("None", "tf.nn.relu", "tf.tanh"))
    text = f"tf.layers.dense({x.name}, {units}, {act}, kernel_initializer={initializer(page, x.dtype)})"
    return outermost(page).like(text, x, shape=(*x.shape[:-1], units))


def outermost(page: Page) -> Page:
    """Layers make variables: in a body they would belong to the body alone."""
    if page.depth:
        raise Unfit
    return page


@recipe(1.5)
def image(page: Page) -> Value:
    x = page.pick(test=lambda v: v.known and v.rank == 2 and v.shape[0] >= 2 and v.shape[1] >= 2)
    n, m = x.shape
    picture = f"tf.reshape({x.name}, [1, {n}, {m}, 1])"
    filters = f"tf.constant({page.array(x.dtype, (2, 2, 1, 2))})"
    padding = page.rng.choice(("SAME", "VALID"))
    less = 0 if padding == "SAME" else 1
    windows = "[1, 2, 2, 1], [1, 1, 1, 1]"
    texts = [(f"tf.nn.conv2d({picture}, {filters}, [1, 1, 1, 1], '{padding}')", (1, n - less, m - less, 2)),
             (f"tf.nn.depthwise_conv2d({picture}, {filters}, [1, 1, 1, 1], '{padding}')", (1, n - less, m - less, 2)),
             (f"tf.nn.max_pool({picture}, {windows}, '{padding}')", (1, n - less, m - less, 1)),
             (f"tf.nn.avg_pool({picture}, {windows}, '{padding}')", (1, n - less, m - less, 1)),
             (f"tf.nn.lrn({picture}, 1)", (1, n, m, 1)) if x.dtype == "float32" else (picture, (1, n, m, 1)),
             (f"tf.image.resize_nearest_neighbor({picture}, [{n}, 4])", (1, n, 4, 1)),
             (f"tf.space_to_depth({picture}[:, :2, :2], 2)", (1, 1, 1, 4)),
             (f"tf.image.resize_bilinear(tf.cast({picture}, tf.float32), [3, {m}])", (1, 3, m, 1))]
    text, shape = page.rng.choice(texts)
    return page.like(text, x, shape=shape, dtype="float32" if "bilinear" in text else x.dtype)


@recipe(1)
def normalized(page: Page) -> Value:
    x = page.pick(("float32",), lambda v: v.known and v.rank == 2)
    mode = page.rng.choice(("True", "False"))
    return outermost(page).like(f"tf.layers.batch_normalization({x.name}, training={mode})", x)


@recipe(1)
def normalized_by_hand(page: Page) -> Value:
    x = page.pick(test=lambda v: v.rank == 2)
    return page.like(f"tf.nn.batch_normalization({x.name}, *tf.nn.moments({x.name}, [0]), 0.5, 2.0, 0.01)", x)


@recipe(3)
def loss(page: Page) -> Value:
    x, rng = page.pick(test=lambda v: v.rank == 2), page.rng
    y = page.pick((x.dtype,), lambda v: v.shape == x.shape)
    soft, n = f"tf.nn.softmax({y.name})", x.shape[0]
    rows = [rng.randrange(x.shape[1]) for _ in range(n)]
    texts = [(f"tf.nn.softmax_cross_entropy_with_logits_v2(labels={soft}, logits={x.name})", (n,)),
             (f"tf.nn.softmax_cross_entropy_with_logits(labels={soft}, logits={x.name})", (n,)),
             (f"tf.nn.sparse_softmax_cross_entropy_with_logits(labels={rows}, logits={x.name})", (n,)),
             (f"tf.nn.sigmoid_cross_entropy_with_logits(labels=tf.sigmoid({y.name}), logits={x.name})", x.shape),
             (f"tf.nn.weighted_cross_entropy_with_logits(tf.sigmoid({y.name}), {x.name}, 2.0)", x.shape),
             (f"tf.nn.l2_loss({x.name})", ())]
    if x.dtype == "float32":
        texts += [(f"tf.losses.{f}({y.name}, {x.name})", ()) for f in
                  ("mean_squared_error", "absolute_difference", "huber_loss", "hinge_loss", "sigmoid_cross_entropy")]
        texts += [(f"tf.losses.mean_squared_error({y.name}, {x.name}, weights=0.5, reduction='none')", x.shape),
                  (f"tf.losses.sparse_softmax_cross_entropy({rows}, {x.name})", ()),
                  (f"tf.losses.log_loss(tf.sigmoid({y.name}), tf.sigmoid({x.name}))", ())]
    text, shape = rng.choice(texts)
    return page.like(text, x, y, shape=shape)


@recipe(0.7)
def recurrent(page: Page) -> Value:
    x, n, rng = page.pick(test=lambda v: v.known and v.rank == 3), page.rng.randint(1, 3), page.rng
    cell = rng.choice(CELLS).format(n=n, d=x.dtype, i=initializer(page, x.dtype))
    page = outermost(page)
    if rng.random() < 0.4:
        cell = f"tf.nn.rnn_cell.DropoutWrapper({cell}, input_keep_prob=0.75, output_keep_prob=0.5, seed={rng.randint(1, 99)})"
    scope = f"tf.variable_scope('{page.fresh('rnn')}', initializer={initializer(page, x.dtype)})"
    batch, steps = x.shape[:2]
    lengths = f", sequence_length={[rng.randint(1, steps) for _ in range(batch)]}" if rng.random() < 0.5 else ""
    name = page.fresh("r")
    moving = f"{name} = tf.nn.dynamic_rnn({cell}, {x.name}, dtype=tf.{x.dtype}{lengths}, parallel_iterations=1)[0]"
    static = f"{name} = tf.stack(tf.nn.static_rnn({cell}, tf.unstack({x.name}, {steps}, 1), dtype=tf.{x.dtype}{lengths})[0], 1)"
    page.lines += [f"with {scope}:", "    " + rng.choice((moving, static))]
    value = page.like(f"tf.identity({name})", x, shape=(batch, steps, n))
    page.streams.append(value.name)  # the cell may draw
    return value
