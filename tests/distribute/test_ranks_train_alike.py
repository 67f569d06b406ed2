"""N ranks end with the weights of one rank with the N-fold batch: sessions, Keras, eager steps, normalization, tables."""

from __future__ import annotations

import numpy as np
import pytest
from on_ranks import WAIT, needs_ranks

import deepkit.v1 as tf
from deepkit import distribute

pytestmark = needs_ranks


def session(kind, batch, bucket_sizes, towers=1):
    """Trains a small network by a session for each size of buckets; gives the weights. towers: parts of a batch in one graph."""
    import numpy as np

    import deepkit.v1 as tf
    from deepkit import distribute

    rng = np.random.default_rng(1)
    xs, ys = rng.normal(size=(96, 20)).astype("f"), rng.normal(size=(96, 1)).astype("f")
    xs, ys = distribute.shard(xs, ys)

    def trained(bucket_bytes):
        tf.set_random_seed(distribute.rank())  # every rank draws weights of its own: only the broadcast makes them equal
        x, y = tf.placeholder(tf.float32, [None, 20]), tf.placeholder(tf.float32, [None, 1])
        shapes = {"a": [20, 30], "b": [30], "c": [30, 30], "d": [30], "e": [30, 1], "f": [1]}
        v = {name: tf.get_variable(name, shape) for name, shape in shapes.items()}

        def loss_of(x, y):
            h = tf.nn.tanh(tf.nn.tanh(x @ v["a"] + v["b"]) @ v["c"] + v["d"])
            return tf.reduce_mean((h @ v["e"] + v["f"] - y) ** 2)

        made = tf.train.AdamOptimizer(0.01) if kind == "adam" else tf.train.MomentumOptimizer(0.05, 0.9)
        opt = distribute.DistributedOptimizer(made, bucket_bytes=bucket_bytes)
        pairs = [opt.compute_gradients(loss_of(x[i::towers], y[i::towers])) for i in range(towers)]
        means = [sum([g for g, _ in same][1:], same[0][0]) / float(towers) for same in zip(*pairs, strict=True)]
        clipped, _ = tf.clip_by_global_norm(means, 0.5)
        train = opt.apply_gradients(zip(clipped, [var for _, var in pairs[0]], strict=True))
        with tf.Session() as sess:
            sess.run(tf.global_variables_initializer())
            sess.run(distribute.broadcast_global_variables(0))
            for step in range(24):
                k = step * batch % len(xs)
                sess.run(train, {x: xs[k : k + batch], y: ys[k : k + batch]})
            return sess.run(v)

    found = []
    for bucket_bytes in bucket_sizes:
        with tf.Graph().as_default():
            found.append(trained(bucket_bytes))
    return found


def on_ranks(function, ranks, *arguments):
    return distribute.launch(function, ranks, arguments, timeout=WAIT)


def alone(function, *arguments):
    distribute.init()
    with tf.Graph().as_default():
        return function(*arguments)


@pytest.mark.parametrize(("kind", "ranks"), [("adam", 2), ("sgd", 3)])
def test_ranks_train_as_one_with_the_whole_batch(kind, ranks):
    expected, = alone(session, kind, 12, [4000])
    many = [weights for weights, in on_ranks(session, ranks, kind, 12 // ranks, [4000])]
    assert len(many) == ranks
    for name, value in expected.items():
        for weights in many:
            np.testing.assert_array_equal(weights[name], many[0][name])  # all ranks have the same bits
            np.testing.assert_allclose(weights[name], value, rtol=2e-4, atol=2e-5)


def test_two_ranks_are_two_towers_to_the_last_bit():
    towers, = alone(session, "sgd", 12, [4000], 2)
    first, _ = on_ranks(session, 2, "sgd", 6, [1, 4000, 2**22])  # each gradient alone, some together, all in one message
    for weights in first:
        for name, expected in towers.items():
            np.testing.assert_array_equal(weights[name], expected)


def keras_fit(batch, eager, kind):
    import numpy as np

    from deepkit import distribute, keras
    from deepkit.keras.layers import Activation, BatchNormalization, Dense

    rank = distribute.rank()
    rng = np.random.default_rng(2)
    x, y = distribute.shard(rng.normal(size=(64, 8)).astype("f"), rng.integers(0, 3, 64))
    normalization = distribute.SyncBatchNormalization if distribute.size() > 1 else BatchNormalization
    layers = [Dense(16, use_bias=False, input_shape=(8,)), normalization(), Activation("tanh"), Dense(3, activation="softmax")]
    model = keras.models.Sequential(layers)
    if rank == 0:  # the other ranks begin with random numbers of their own
        fixed = np.random.default_rng(3)
        model.set_weights([fixed.normal(scale=0.1, size=w.shape) * (w.ndim > 1) for w in model.get_weights()])
        model.layers[1].set_weights([np.ones(16), np.zeros(16), np.zeros(16), np.ones(16)])
    made = {"sgd": lambda: keras.optimizers.SGD(0.1, momentum=0.9, clipnorm=0.3), "adam": lambda: keras.optimizers.Adam(0.01)}
    if kind == "tf":
        import deepkit.v1 as tf

        made["tf"] = lambda: tf.train.AdamOptimizer(0.01)
    optimizer = distribute.DistributedOptimizer(made[kind](), bucket_bytes=300)
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"], run_eagerly=eager)
    calls = [distribute.callbacks.BroadcastGlobalVariablesCallback(0), distribute.callbacks.MetricAverageCallback()]
    seen = model.fit(x, y, batch_size=batch, epochs=3, shuffle=False, verbose=0, callbacks=calls)
    return model.get_weights(), {name: list(map(float, values)) for name, values in seen.history.items()}


@pytest.mark.parametrize(("kind", "eager"), [("sgd", False), ("adam", True), ("tf", False)])
def test_fit_on_ranks_is_fit_with_the_whole_batch(kind, eager):
    expected, history = alone(keras_fit, 16, eager, kind)
    many = on_ranks(keras_fit, 2, 8, eager, kind)
    for weights, seen in many:
        for mine, value in zip(weights, expected, strict=True):
            np.testing.assert_allclose(mine, value, rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(seen["loss"], history["loss"], rtol=1e-4)
        np.testing.assert_allclose(seen["accuracy"], history["accuracy"])


def table(batch):
    """A table of words of which each batch touches a few rows: its gradient travels as rows."""
    import numpy as np

    import deepkit.v1 as tf
    from deepkit import distribute

    words = distribute.shard(np.arange(48) * 7 % 30)
    ids = tf.placeholder(tf.int32, [None])
    rows = tf.get_variable("rows", initializer=tf.reshape(tf.range(60.0), [30, 2]) / 60)
    loss = tf.reduce_mean(tf.nn.embedding_lookup(rows, ids) ** 2)
    opt = distribute.DistributedOptimizer(tf.train.AdagradOptimizer(0.1))
    pairs = opt.compute_gradients(loss)
    assert type(pairs[0][0]).__name__ == "IndexedSlices"
    train = opt.apply_gradients(pairs)
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        for k in range(0, len(words), batch):
            sess.run(train, {ids: words[k : k + batch]})
        return sess.run(rows)


def test_rows_of_a_table_are_gathered():
    expected = alone(table, 8)
    for rows in on_ranks(table, 2, 4):
        np.testing.assert_allclose(rows, expected, rtol=1e-5)


def halves():
    """float16 travels as float32; a gradient is averaged; what one rank has goes to all; rows of all ranks come together."""
    import numpy as np

    import deepkit as dk
    from deepkit import distribute

    rank = distribute.rank()
    x = dk.Parameter(np.array([1.0, 2.0]) * (rank + 1))
    y = distribute.allreduce(x * x)
    slope, = dk.gradients(dk.reduce_sum(y * [1.0, 10.0]), [x])
    half = dk.tensor(np.full(3, 1 + rank, np.float16))
    averaged, none = distribute.operations.reduced([half, None], "halves")
    gathered = distribute.allgather(dk.tensor(np.full((rank + 1, 2), rank)))
    total = distribute.allreduce(dk.tensor([rank + 1]), average=False)
    from_one = distribute.broadcast(dk.tensor([rank * 3.0]), 1)
    return [t.numpy() for t in (y, slope, averaged, gathered, total, from_one)], none, averaged.dtype.name


def test_what_ranks_do_together():
    first, second = on_ranks(halves, 2)
    for (y, _, averaged, gathered, total, from_one), none, kind in (first, second):
        np.testing.assert_array_equal(y, [2.5, 10.0])  # (1 + 4) / 2, (4 + 16) / 2
        assert averaged.tolist() == [1.5] * 3
        assert kind == "float16"
        assert none is None
        assert gathered.tolist() == [[0, 0], [1, 1], [1, 1]]
        assert total.tolist() == [3]
        assert from_one.tolist() == [3.0]
    # each rank's loss is 1 y0 + 10 y1, and y is the mean of both ranks' squares: averaged over the ranks this is the slope
    np.testing.assert_array_equal(first[0][1], [2.0, 40.0])
    np.testing.assert_array_equal(second[0][1], [4.0, 80.0])
