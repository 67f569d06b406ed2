"""Programs of tf.data: sources, random chains of transformations, every kind of iterator, elements until the end."""

from __future__ import annotations

import random

from . import array, family

# What takes and gives a dataset of single numbers or rows; {n}, {k}: small counts, {seed}.
STEPS = (
    ".map(lambda x: x * 2)",
    ".map(lambda x: x + 1, num_parallel_calls=2)",
    ".batch({n})",
    ".batch({n}, drop_remainder=True)",
    ".repeat({k})",
    ".take({n})",
    ".skip({k})",
    ".take(-1)",
    ".skip(-1)",
    ".shard(2, {bit})",
    ".prefetch(1)",
    ".cache()",
    ".filter(lambda x: tf.reduce_sum(x) > {k})",
    ".flat_map(lambda x: tf.data.Dataset.from_tensors(x).repeat({k}))",
    ".flat_map(tf.data.Dataset.from_tensors)",
    ".concatenate(tf.data.Dataset.range({n}).map(lambda i: tf.cast(i, {d}) + zero))",
    ".interleave(lambda x: tf.data.Dataset.from_tensors(x).repeat({k}), cycle_length={n}, block_length={bit} + 1)",
    ".apply(tf.data.experimental.unbatch()) if d.output_shapes.ndims else d.repeat(2)",
    ".shuffle(1)",
    ".map(lambda x: tf.py_func(lambda a: a * 2, [x], x.dtype))",
    ".window({n}).flat_map(lambda w: w.batch({n}))",
    ".window({n}, shift=1, drop_remainder=True).flat_map(lambda w: w.batch({n}))",
    ".apply(tf.data.experimental.scan(tf.constant(0, {d}), lambda s, x: (s + tf.reduce_sum(x), x + s)))",
    ".apply(tf.data.experimental.enumerate_dataset()).map(lambda i, x: x + tf.cast(i, {d}))",
    ".apply(tf.data.experimental.take_while(lambda x: tf.reduce_sum(x) < 20))",
    ".apply(tf.data.experimental.map_and_batch(lambda x: x + 1, {n}))",
    ".apply(lambda d: d.map(tf.negative))",
    ".map(lambda x: tf.cond(tf.reduce_sum(x) > 2, lambda: x, lambda: -x))",
    ".apply(tf.data.experimental.group_by_window(lambda x: tf.cast(tf.reduce_sum(x), tf.int64) % 2, "
    "lambda key, w: w.batch({n}), {n}))",
    ".padded_batch({n}, d.output_shapes, padding_values=tf.constant(7, {d}))",
    ".apply(tf.data.experimental.unique()) if d.output_shapes.ndims == 0 and d.output_types == tf.int64 else d",
)
SOURCES = (
    ("tf.data.Dataset.range({n} + 3)", "int64"),
    ("tf.data.Dataset.range(1, 12, {n})", "int64"),
    ("tf.data.Dataset.range(9, 0, -{n})", "int64"),
    ("tf.data.Dataset.from_tensor_slices({array})", "float32"),
    ("tf.data.Dataset.from_tensors({array})", "float32"),
    ("tf.data.Dataset.from_generator(lambda: iter([1, 4, 2, 3]), tf.int64, [])", "int64"),
    ("tf.data.Dataset.from_generator(lambda: ([i] * i for i in range(1, 4)), tf.int64, [None])", "int64"),
    (
        "tf.data.Dataset.zip((tf.data.Dataset.range(5), tf.data.Dataset.range(2, 9))).map(lambda a, b: a * 10 + b)",
        "int64",
    ),
    (
        "tf.data.Dataset.from_tensor_slices({{'a': {array}, 'b': [1.0, 2.0, 3.0]}}).map(lambda e: e['a'] + e['b'])",
        "float32",
    ),
    (
        "tf.data.experimental.choose_from_datasets([tf.data.Dataset.range(3), tf.data.Dataset.range(10, 14)], "
        "tf.data.Dataset.from_tensor_slices(tf.constant([0, 1, 1, 0, 1, 0, 1], tf.int64)))",
        "int64",
    ),
)
UNTIL_THE_END = """\
    found = {}
    try:
        for turn in range(40):
            found[f'e{turn}'] = sess.run(following)
    except tf.errors.OutOfRangeError:
        found['ended'] = turn
    results.append(found)
"""


def chain(rng: random.Random) -> list[str]:
    source, dtype = rng.choice(SOURCES)
    counts = {"d": f"tf.{dtype}", "array": array(rng, 3, *rng.choice(((), (2,))))}
    lines = [f"d = {source.format(n=rng.randint(1, 3), **counts)}", f"zero = tf.constant(0, tf.{dtype})"]
    for step in rng.choices(STEPS, k=rng.randint(1, 5)):
        n, k, bit = rng.randint(1, 4), rng.randint(0, 3), rng.randint(0, 1)
        lines.append("d = d" + step.format(n=n, k=k, bit=bit, seed=rng.randint(1, 9), d=f"tf.{dtype}"))
    return lines


@family
def pipelines(rng: random.Random) -> str:
    lines = chain(rng)
    kind = rng.choice(("make_one_shot_iterator", "make_initializable_iterator", "from_structure"))
    if kind == "from_structure":
        lines += [
            "it = tf.data.Iterator.from_structure(d.output_types, d.output_shapes)",
            "start = it.make_initializer(d)",
        ]
    else:
        lines += [f"it = tf.data.{kind}(d)", "start = tf.no_op()" if "shot" in kind else "start = it.initializer"]
    lines += ["following = it.get_next()", "v1 = following", "results = []", "with tf.Session(config=config) as sess:"]
    turn = "    sess.run(start)\n" + UNTIL_THE_END
    return "\n".join(lines) + "\n" + turn * rng.choice((1, 1, 2))


@family
def trained_from_a_pipeline(rng: random.Random) -> str:
    """Pairs of features and labels, batched, that a model is trained on; two datasets by one handle."""
    batch, rate = rng.randint(1, 3), rng.choice((0.1, 0.05))
    x, y = array(rng, 6, 3), array(rng, 6, 1)
    options = rng.choice(("", ".repeat(2)", ".shuffle(1)", ".skip(1)", ".filter(lambda x, y: x[0] > -1)"))
    return f"""\
train = tf.data.Dataset.from_tensor_slices(({x}, {y})){options}.batch({batch}).prefetch(1)
test = tf.data.Dataset.from_tensor_slices(({x}, {y})).batch(6)
handle = tf.placeholder(tf.string, [])
it = tf.data.Iterator.from_string_handle(handle, train.output_types, train.output_shapes)
v1, v2 = it.get_next()
one, two = tf.data.make_initializable_iterator(train), tf.data.make_initializable_iterator(test)
w = tf.Variable({array(rng, 3, 1)})
loss = tf.losses.{rng.choice(("mean_squared_error", "absolute_difference", "huber_loss"))}(v2, tf.matmul(v1, w))
step = tf.train.{rng.choice(("GradientDescentOptimizer", "AdamOptimizer", "AdagradOptimizer"))}({rate}).minimize(loss)
results = []
with tf.Session(config=config) as sess:
    sess.run(tf.global_variables_initializer())
    first, second = sess.run([one.string_handle(), two.string_handle()])
    for epoch in range(2):
        sess.run([one.initializer, two.initializer])
        while True:
            try:
                results.append({{'l': sess.run([loss, step], {{handle: first}})[0], 'w': sess.run(w)}})
            except tf.errors.OutOfRangeError:
                break
        results.append({{'test': sess.run(loss, {{handle: second}})}})
"""


@family
def structured_elements(rng: random.Random) -> str:
    """Dicts and tuples, ragged rows that are padded, texts; zipped, mapped with several arguments."""
    n = rng.randint(1, 3)
    pad = rng.choice(("", ", padding_values={'a': 9, 't': '?'}", ", drop_remainder=True"))
    return f"""\
words = [b'a', b'bc', b'', b'def']
def rows():
    for i in range({rng.randint(2, 5)}):
        yield {{'a': [i] * (i % 3 + {rng.randint(0, 1)}), 't': words[i % 4]}}
d = tf.data.Dataset.from_generator(rows, {{'a': tf.int32, 't': tf.string}}, {{'a': [None], 't': []}})
d = d{rng.choice(("", ".repeat(2)", ".shuffle(1)", ".filter(lambda e: tf.size(e['a']) > 0)"))}
d = d.map(lambda e: {{'a': e['a'] + {rng.randint(0, 2)}, 't': {rng.choice(("e['t'] + 'x'", "tf.strings.upper(e['t'])"))}}})
d = d.padded_batch({n}, {{'a': [{rng.choice(("None", "-1", "4"))}], 't': []}}{pad})
d = tf.data.Dataset.zip(({rng.choice(("d, tf.data.Dataset.range(9)", "tf.data.Dataset.range(9), d"))}))
following = tf.data.make_one_shot_iterator(d).get_next()
following = following[::-1] if isinstance(following[1], dict) else following
following = {{'v1': following[0]['a'], 'v2': following[0]['t'], 'v3': following[1]}}
v1, v2, v3 = following['v1'], following['v2'], following['v3']
results = []
with tf.Session(config=config) as sess:
    try:
        for turn in range(20):
            results.append(sess.run(following))
    except tf.errors.OutOfRangeError:
        results.append({{'ended': turn}})
"""
