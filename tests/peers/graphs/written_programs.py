"""Small TensorFlow-1 programs of the sort people write: a function of the module that it calls tf gives its numbers."""

from __future__ import annotations

import collections
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from training_programs import labels, numbers

PROGRAMS: dict[str, Callable[[Any], Any]] = {}


def program(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    PROGRAMS[function.__name__] = function
    return function


def started(tf: Any) -> Any:
    """A session in which every variable has its initial value, the trainable ones the same in both libraries."""
    sess = tf.Session()
    sess.run([tf.global_variables_initializer(), tf.local_variables_initializer(), tf.tables_initializer()])
    for i, v in enumerate(tf.trainable_variables()):
        v.load(np.random.RandomState(i).normal(0, 0.4, v.shape.as_list()).astype(v.dtype.base_dtype.as_numpy_dtype), sess)
    return sess


def ran(tf: Any, fetches: Any, *feeds: dict[Any, Any]) -> list[Any]:
    with started(tf) as sess:
        found = [sess.run(fetches, feed) for feed in feeds or ({},)]
        return [*found, {v.op.name: sess.run(v) for v in tf.global_variables()}]


def known(gradients: Any) -> list[Any]:
    """Gradients to be fetched; an empty list for None."""
    return [[] if g is None else g for g in gradients]


# ---- order: control dependencies, assignments, branches and loops


@program
def counting_in_a_loop(tf: Any) -> Any:
    v = tf.get_variable("v", initializer=np.float32(1), trainable=False)

    def body(i: Any, total: Any) -> Any:
        with tf.control_dependencies([tf.assign_add(v, 2.0)]):
            return i + 1, total + v.read_value() * tf.cast(i, tf.float32)

    start = [tf.constant(0), tf.constant(0.0)]
    return ran(tf, tf.while_loop(lambda i, total: i < 4, body, start, parallel_iterations=1), {}, {})


@program
def assigning_in_a_scan(tf: Any) -> Any:
    v = tf.get_variable("v", initializer=np.zeros(2, "f"), trainable=False)
    x = tf.placeholder(tf.float32, [None, 2])

    def step(state: Any, row: Any) -> Any:
        with tf.control_dependencies([tf.assign(v, row + state)]):
            return state * 0.5 + v.read_value()

    y = tf.scan(step, x, initializer=tf.ones([2]))
    return ran(tf, [y, tf.gradients(y, x)], {x: numbers(4, 2)}, {x: numbers(2, 2)})


@program
def moving_averages_in_a_branch(tf: Any) -> Any:
    x, training = tf.placeholder(tf.float32, [None, 3]), tf.placeholder(tf.bool, [])
    mean, variance = tf.nn.moments(x, [0])
    ema = tf.train.ExponentialMovingAverage(0.5)

    def updated() -> Any:
        with tf.control_dependencies([ema.apply([mean, variance])]):
            return tf.identity(mean), tf.identity(variance)

    m, v = tf.cond(training, updated, lambda: (ema.average(mean), ema.average(variance)))
    y = tf.nn.batch_normalization(x, m, v, None, None, 1e-3)
    data = numbers(8, 3)
    return ran(tf, [y, m, v], {x: data, training: True}, {x: data + 1, training: True}, {x: data, training: False})


@program
def averages_of_trained_weights(tf: Any) -> Any:
    x, w = tf.placeholder(tf.float32, [None, 3]), tf.get_variable("w", initializer=numbers(3, 2))
    step = tf.train.get_or_create_global_step()
    train = tf.train.MomentumOptimizer(0.1, 0.9, use_nesterov=True).minimize(tf.reduce_mean(tf.square(x @ w)), step)
    ema = tf.train.ExponentialMovingAverage(0.9, num_updates=step)
    with tf.control_dependencies([train]):
        both = ema.apply([w])
    return ran(tf, both, {x: numbers(4, 3)}, {x: numbers(5, 3, seed=2)}, {x: numbers(4, 3)})


@program
def cases(tf: Any) -> Any:
    x = tf.placeholder(tf.float32, [])
    pairs = [(x > 2, lambda: x * x), (x > 1, lambda: tf.sin(x)), (x < -1, lambda: 3 * x)]
    y = tf.case(pairs, default=lambda: tf.exp(x))
    z = tf.case({x < 0: lambda: -x, x > 5: lambda: x * 2}, default=lambda: x * x * x, exclusive=True)
    dy, dz = tf.gradients(y, x)[0], tf.gradients(z, x)[0]
    seconds = tf.gradients([dy, dz], x)
    return ran(tf, [y, z, dy, dz, seconds], *({x: v} for v in (3.0, 1.5, -2.0, 0.5, 6.0)))


@program
def grouped_and_counted(tf: Any) -> Any:
    a, b = (tf.get_variable(n, initializer=np.float32(1), trainable=False) for n in "ab")
    first = tf.assign(a, a + 1)
    with tf.control_dependencies([first]):
        second = tf.assign(b, a * 10)
    both = tf.group(first, second)
    x, y = tf.tuple([tf.constant(3.0), tf.constant(4.0)], control_inputs=[both])
    with tf.control_dependencies([both]):
        nothing, constant = tf.no_op(), tf.constant(7.0)
    return ran(tf, [x, y], {}), ran(tf, constant), ran(tf, nothing)


@program
def loop_inside_a_branch_inside_a_loop(tf: Any) -> Any:
    x = tf.placeholder(tf.float32, [3])

    def body(i: Any, y: Any) -> Any:
        def powers() -> Any:
            return tf.while_loop(lambda j, z: j < i, lambda j, z: (j + 1, z * x), [tf.constant(0), y])[1]

        return i + 1, tf.cond(tf.equal(i % 2, 0), powers, lambda: y + tf.sin(x))

    y = tf.while_loop(lambda i, y: i < 5, body, [tf.constant(0), tf.ones([3])])[1]
    dy = tf.gradients(y, x)[0]
    return ran(tf, [y, dy, tf.gradients(dy, x)], {x: [0.5, 1.5, -1.0]})


@program
def batch_normalization_with_its_updates(tf: Any) -> Any:
    x, y, training = tf.placeholder(tf.float32, [None, 4]), tf.placeholder(tf.int64, [None]), tf.placeholder(tf.bool)
    h = tf.nn.relu(tf.layers.batch_normalization(tf.layers.dense(x, 5), training=training, momentum=0.8))
    loss = tf.losses.sparse_softmax_cross_entropy(y, tf.layers.dense(h, 3))
    with tf.control_dependencies(tf.get_collection(tf.GraphKeys.UPDATE_OPS)):
        step = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
    feeds = [{x: numbers(6, 4, seed=i), y: labels(6, 3, i), training: True} for i in range(3)]
    with started(tf) as sess:
        losses = [sess.run([loss, step], feed)[0] for feed in feeds]
        losses.append(sess.run(loss, {**feeds[0], training: False}))
        return losses, {v.op.name: sess.run(v) for v in tf.global_variables()}


@program
def steps_of_two_players(tf: Any) -> Any:
    z, real = tf.placeholder(tf.float32, [None, 2]), tf.placeholder(tf.float32, [None, 3])
    with tf.variable_scope("G"):
        fake = tf.layers.dense(z, 3, name="out")

    def judge(x: Any) -> Any:
        with tf.variable_scope("D", reuse=tf.AUTO_REUSE):
            return tf.layers.dense(tf.nn.leaky_relu(tf.layers.dense(x, 4, name="h")), 1, name="out")

    def entropy(logit: Any, y: float) -> Any:
        wanted = y * tf.ones_like(logit)
        return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=wanted, logits=logit))

    d_loss, g_loss = entropy(judge(real), 1.0) + entropy(judge(fake), 0.0), entropy(judge(fake), 1.0)
    mine = {k: tf.get_collection(tf.GraphKeys.TRAINABLE_VARIABLES, scope=k) for k in "DG"}
    d_step = tf.train.AdamOptimizer(0.01, beta1=0.5).minimize(d_loss, var_list=mine["D"])
    g_step = tf.train.AdamOptimizer(0.01, beta1=0.5).minimize(g_loss, var_list=mine["G"])
    with started(tf) as sess:
        found = []
        for i in range(3):
            feed = {z: numbers(4, 2, seed=i), real: numbers(4, 3, seed=i + 9)}
            found += [sess.run([d_loss, d_step], feed)[0], sess.run([g_loss, g_step], feed)[0]]
        return found, {v.op.name: sess.run(v) for v in tf.global_variables()}


# ---- Python in the graph, own gradients


@program
def python_in_a_loop(tf: Any) -> Any:
    x = tf.placeholder(tf.float32, [2])

    def body(i: Any, y: Any) -> Any:
        shifted = tf.py_func(lambda a, k: (a + k).astype(np.float32), [y, i], tf.float32)
        shifted.set_shape([2])
        return i + 1, shifted * x

    return ran(tf, tf.while_loop(lambda i, y: i < 3, body, [tf.constant(0), x])[1], {x: [1.0, 2.0]}, {x: [3.0, -2.0]})


@program
def python_with_a_gradient(tf: Any) -> Any:
    x = tf.placeholder(tf.float32, [None])

    @tf.custom_gradient
    def cube(a: Any) -> Any:
        y = tf.py_func(lambda v: v**3, [a], tf.float32)
        y.set_shape(a.shape)
        return y, lambda dy: dy * 3 * a * a

    y = cube(x) * 2
    texts, counts = tf.py_func(lambda v: (np.array([b"n=%d" % len(v)], object), np.int64(len(v))), [x], [tf.string, tf.int64])
    return ran(tf, [y, tf.gradients(y, x), texts, counts], {x: [1.0, 2.0, -3.0]})


@program
def custom_gradients(tf: Any) -> Any:
    x = tf.placeholder(tf.float32, [3])

    @tf.custom_gradient
    def clipped(a: Any, b: Any) -> Any:
        return a * b, lambda dy: (tf.clip_by_value(dy * b, -1, 1), tf.clip_by_value(dy * a, -1, 1))

    y = clipped(x, x * 2)
    z = tf.cond(tf.reduce_sum(x) > 0, lambda: clipped(x, tf.constant([1.0, 2, 3])), lambda: x)
    stopped = tf.gradients(y * tf.stop_gradient(x) + x, x, stop_gradients=[y])
    return ran(tf, [y, tf.gradients(y, x), z, tf.gradients(z, x), stopped], {x: [1.0, -2.0, 3.0]}, {x: [-1.0, -2.0, 0.5]})


@program
def reversed_gradient(tf: Any) -> Any:
    """The domain-adversarial trick: Identity whose gradient is overridden."""
    x, name = tf.placeholder(tf.float32, [2]), f"Flip{tf.__name__.split('.')[0]}"
    tf.RegisterGradient(name)(lambda op, grad: [-2.0 * grad])
    with tf.get_default_graph().gradient_override_map({"Identity": name}):
        y = tf.identity(x * x)
    return ran(tf, [y, tf.gradients(y, x)], {x: [1.0, 3.0]})


@program
def stop_gradients_and_several_ys(tf: Any) -> Any:
    a, b = tf.placeholder(tf.float32, [2]), tf.placeholder(tf.float32, [2])
    c = a * b
    d = tf.exp(c) + a
    found = [
        tf.gradients([d, c], [a, b], grad_ys=[tf.constant([1.0, 2.0]), None]), tf.gradients(d, [a, b, c], stop_gradients=[c]),
        tf.gradients(d, [a, b], stop_gradients=[a, b]), tf.hessians(tf.reduce_sum(c * d), a),
        tf.gradients(tf.stop_gradient(d) * d, [c, a]),
    ]
    return ran(tf, [known(grads) for grads in found], {a: [0.5, -1.0], b: [2.0, 0.3]})


@program
def clipping_with_none(tf: Any) -> Any:
    x, w, unused = tf.placeholder(tf.float32, [3]), tf.get_variable("w", [3]), tf.get_variable("unused", [2])
    loss = tf.reduce_sum(tf.square(x * w))
    grads = tf.gradients(loss, [w, unused])
    clipped, norm = tf.clip_by_global_norm(grads, 0.7)
    optimizer = tf.train.AdagradOptimizer(0.5)
    step = optimizer.apply_gradients(zip(clipped, [w, unused], strict=True))
    return [grads[1] is None, clipped[1] is None, ran(tf, [norm, clipped[0], step], {x: [1.0, 2, 3]}, {x: [0.1, 0.2, 0]})]


@program
def gradients_gathered_over_batches(tf: Any) -> Any:
    x, w = tf.placeholder(tf.float32, [None, 3]), tf.get_variable("w", [3, 2])
    optimizer = tf.train.RMSPropOptimizer(0.05, momentum=0.5)
    pairs = optimizer.compute_gradients(tf.reduce_mean(tf.tanh(x @ w)))
    held = [tf.Variable(np.zeros(v.shape.as_list(), "f"), trainable=False, name="held") for _, v in pairs]
    add = [h.assign_add(g) for h, (g, _) in zip(held, pairs, strict=True)]
    zero = [h.assign(tf.zeros_like(h)) for h in held]
    step = optimizer.apply_gradients([(h, v) for h, (_, v) in zip(held, pairs, strict=True)])
    with started(tf) as sess:
        for i in range(3):
            sess.run(zero)
            for k in range(2):
                sess.run(add, {x: numbers(4, 3, seed=10 * i + k)})
            sess.run(step)
        return {v.op.name: sess.run(v) for v in tf.global_variables()}


# ---- structures: arrays of tensors, maps, folds, partitions


@program
def loop_over_tensor_arrays(tf: Any) -> Any:
    x, w = tf.placeholder(tf.float32, [None, 2]), tf.get_variable("w", [2, 2])
    rows = tf.TensorArray(tf.float32, tf.shape(x)[0]).unstack(x)

    def body(i: Any, h: Any, out: Any) -> Any:
        h = tf.tanh(h @ w + rows.read(i)[None])
        return i + 1, h, out.write(i, h[0] * tf.cast(i + 1, tf.float32))

    empty = tf.TensorArray(tf.float32, 0, dynamic_size=True)
    _, last, out = tf.while_loop(lambda i, *_: i < tf.shape(x)[0], body, [0, tf.zeros([1, 2]), empty])
    y = tf.reduce_sum(out.stack()) + tf.reduce_sum(last)
    dx, dw = tf.gradients(y, [x, w])
    return ran(tf, [out.stack(), last, dx, dw, tf.gradients(tf.reduce_sum(dw * dw), w)], {x: numbers(4, 2)}, {x: numbers(1, 2)})


@program
def maps_with_several_outputs(tf: Any) -> Any:
    a, b = tf.placeholder(tf.float32, [None, 2]), tf.placeholder(tf.int32, [None])
    both = tf.map_fn(lambda t: (t[0] * t[0], tf.reduce_sum(t[0]) * tf.cast(t[1], tf.float32), t[1] + 1), (a, b),
                     dtype=(tf.float32, tf.float32, tf.int32))
    named = tf.map_fn(lambda t: {"s": tf.reduce_sum(t), "t": [t, -t]}, a, dtype={"s": tf.float32, "t": [tf.float32] * 2})
    y = tf.reduce_sum(both[0]) + tf.reduce_sum(both[1]) + tf.reduce_sum(named["t"][1] * a)
    return ran(tf, [both, named, tf.gradients(y, a)], {a: numbers(3, 2), b: [1, 2, 3]}, {a: numbers(1, 2), b: [5]})


@program
def folds_and_scans(tf: Any) -> Any:
    x = tf.placeholder(tf.float32, [None, 2])
    found = [
        tf.foldl(lambda a, b: a * 0.5 + b, x), tf.foldr(lambda a, b: a * 0.5 + b * b, x, initializer=tf.ones([2])),
        tf.scan(lambda a, b: a * b, x), tf.scan(lambda a, b: a * b, x, reverse=True),
        *tf.scan(lambda a, b: (a[0] + b, a[1] * 2 + tf.reduce_sum(a[0])), x, initializer=(tf.zeros([2]), tf.constant(1.0))),
    ]
    return ran(tf, [found, [tf.gradients(y, x) for y in found]], {x: numbers(4, 2)}, {x: numbers(1, 2)})


@program
def partitioned_embeddings(tf: Any) -> Any:
    parts = [tf.get_variable(f"p{i}", [n, 2]) for i, n in enumerate((4, 3, 3))]
    ids = tf.placeholder(tf.int32, [None])
    mod, div = (tf.nn.embedding_lookup(parts, ids, partition_strategy=s) for s in ("mod", "div"))
    loss = tf.reduce_sum(mod * mod) + tf.reduce_sum(div**3)
    clipped = tf.nn.embedding_lookup(parts[0], ids % 4, max_norm=0.3)
    step = tf.train.AdamOptimizer(0.1).minimize(loss + tf.reduce_sum(clipped))
    return ran(tf, [mod, div, clipped], {ids: [0, 9, 3, 3]}), ran(tf, step, {ids: [0, 9, 3, 3]}, {ids: [5, 6]})


@program
def partitioned_variables(tf: Any) -> Any:
    with tf.variable_scope("deep", partitioner=tf.fixed_size_partitioner(3)):
        table = tf.get_variable("table", [7, 2])
    with tf.variable_scope("wide", partitioner=tf.min_max_variable_partitioner(4, axis=1, min_slice_size=8)):
        wide = tf.get_variable("wide", [2, 9])
    ids = tf.placeholder(tf.int64, [None])
    found = tf.nn.embedding_lookup(table, ids, partition_strategy="div")
    whole, other = tf.convert_to_tensor(table), tf.convert_to_tensor(wide)
    step = tf.train.AdagradOptimizer(0.1).minimize(tf.reduce_sum(found @ other) ** 2)
    return ran(tf, step, {ids: [6, 0, 3]}, {ids: [2, 2]}), ran(tf, [found, whole, other], {ids: [6, 0, 3]})


@program
def sparse_lookups(tf: Any) -> Any:
    w = tf.get_variable("w", [6, 3])
    ids = tf.SparseTensor([[0, 0], [0, 2], [2, 1]], tf.constant([1, 3, 5], tf.int64), [3, 3])
    weights = tf.SparseTensor([[0, 0], [0, 2], [2, 1]], tf.constant([0.5, 2.0, 1.0]), [3, 3])
    found = [tf.nn.embedding_lookup_sparse(w, ids, weights, combiner=c) for c in ("sum", "mean", "sqrtn")]
    dw = [tf.convert_to_tensor(tf.gradients(y * y, w)[0]) for y in found]
    return ran(tf, [found, dw], {})


# ---- sessions: feeds, fetches, files


@program
def fed_and_fetched(tf: Any) -> Any:
    Pair = collections.namedtuple("Pair", "left right")
    x = tf.placeholder_with_default([1.0, 2.0], [2])
    v = tf.get_variable("v", initializer=np.array([3.0, 4.0], "f"), use_resource=False)
    y = x * v
    z = tf.reduce_sum(y * y)
    sparse = tf.SparseTensor([[0, 1]], y[:1], [2, 2])
    fetches = {"pair": Pair(y, {"z": z}), "list": [x, (v, [])], "name": "v:0", "sparse": sparse}
    with started(tf) as sess:
        v.load(np.array([3.0, 4.0], "f"), sess)
        found = [sess.run(fetches, feed) for feed in ({}, {y: [5.0, 6.0]}, {x: [0.0, 1.0]}, {"mul:0": [7.0, 7.0]})]
        assert type(found[0]["pair"]).__name__ == "Pair"
        ordered = sess.run(collections.OrderedDict([("b", z), ("a", y)]))
        call = sess.make_callable([z, y], [x])
        parts = [[f["pair"].left, f["pair"].right, f["list"], f["name"], tuple(f["sparse"])] for f in found]
        called = call(np.array([2.0, 2.0], "f"))
        return parts, list(ordered), ordered, called, sess.run(z, {y: [1.0, 1.0]}), z.eval({x: [1.0, 0.0]}, sess)


@program
def run_in_parts(tf: Any) -> Any:
    a, b = tf.placeholder(tf.float32, [2]), tf.placeholder(tf.float32, [2])
    r = tf.get_variable("r", initializer=np.float32(0), trainable=False)
    c = a + b
    d = c * tf.assign_add(r, 1.0)
    with started(tf) as sess:
        handle = sess.partial_run_setup([c, d], [a, b])
        first = sess.partial_run(handle, c, {a: [1.0, 2.0], b: [3.0, 4.0]})
        return first, sess.partial_run(handle, d), sess.run(r)


@program
def partly_restored(tf: Any) -> Any:
    a, b = tf.get_variable("a", [2, 2]), tf.get_variable("net/b", [3])
    c = tf.get_variable("net/c", [3])
    with TemporaryDirectory() as folder, started(tf) as sess:
        path = tf.train.Saver({"old_a": a, "net/b": b}).save(sess, str(Path(folder) / "m"), global_step=7, write_meta_graph=False)
        sess.run([v.assign(tf.zeros_like(v)) for v in (a, b, c)])
        tf.train.Saver({"old_a": a}).restore(sess, path)
        first = sess.run([a, b, c])
        tf.train.init_from_checkpoint(path, {"net/b": c})
        sess.run(c.initializer)
        known = tf.train.list_variables(path)
        return first, sess.run([a, b, c]), [(n, list(s)) for n, s in known], tf.train.load_variable(path, "old_a"), path[-3:]


@program
def summed_up_metrics(tf: Any) -> Any:
    y, p = tf.placeholder(tf.int64, [None]), tf.placeholder(tf.float32, [None])
    metrics = {
        "accuracy": tf.metrics.accuracy(y, tf.cast(p > 0.5, tf.int64)),
        "mean": tf.metrics.mean(p, weights=tf.cast(y, tf.float32)),
        "auc": tf.metrics.auc(y, p), "precision": tf.metrics.precision(y, p > 0.5), "recall": tf.metrics.recall(y, p > 0.5),
        "rmse": tf.metrics.root_mean_squared_error(tf.cast(y, tf.float32), p),
        "iou": tf.metrics.mean_iou(y, tf.cast(p > 0.5, tf.int64), 2),
        "recall_at": tf.metrics.sensitivity_at_specificity(y, p, 0.5),
    }
    values, updates = {k: m[0] for k, m in metrics.items()}, {k: m[1] for k, m in metrics.items()}
    with started(tf) as sess:
        found = []
        for i in range(3):
            updated = sess.run(updates, {y: labels(6, 2, i), p: np.random.RandomState(i).uniform(size=6)})
            found += [{k: v for k, v in updated.items() if k != "iou"}, sess.run(values)]
        return found, {v.op.name: sess.run(v) for v in tf.local_variables()}


# ---- recurrent networks


@program
def dynamic_rnn_with_a_state(tf: Any) -> Any:
    x, lengths = tf.placeholder(tf.float32, [None, 5, 3]), tf.placeholder(tf.int32, [None])
    cell = tf.nn.rnn_cell.MultiRNNCell([tf.nn.rnn_cell.BasicLSTMCell(4), tf.nn.rnn_cell.GRUCell(4)])
    zero = cell.zero_state(tf.shape(x)[0], tf.float32)
    start = (tf.nn.rnn_cell.LSTMStateTuple(zero[0].c + 0.5, zero[0].h - 0.5), zero[1] + tf.reduce_mean(x, [1, 2])[:, None])
    out, last = tf.nn.dynamic_rnn(cell, x, lengths, start)
    loss = tf.reduce_sum(out * out) + tf.reduce_sum(last[0].c)
    grads = tf.gradients(loss, [x, *tf.trainable_variables()])
    return ran(tf, [out, last, grads], {x: numbers(3, 5, 3), lengths: [5, 2, 0]})


@program
def both_directions(tf: Any) -> Any:
    x, lengths = tf.placeholder(tf.float32, [2, 4, 3]), tf.placeholder(tf.int64, [2])
    cells = [tf.nn.rnn_cell.LSTMCell(3, use_peepholes=True, num_proj=2), tf.nn.rnn_cell.BasicRNNCell(4)]
    (a, b), states = tf.nn.bidirectional_dynamic_rnn(*cells, x, lengths, dtype=tf.float32)
    with tf.variable_scope("still"):
        two, steps = (tf.nn.rnn_cell.GRUCell(2), tf.nn.rnn_cell.GRUCell(2)), tf.unstack(x, axis=1)
        rows, *ends = tf.nn.static_bidirectional_rnn(*two, steps, dtype=tf.float32, sequence_length=lengths)
    loss = tf.reduce_sum(a) + tf.reduce_sum(b * b) + tf.add_n([tf.reduce_sum(r * r) for r in rows])
    grads = tf.gradients(loss, [x, *tf.trainable_variables()])
    return ran(tf, [a, b, states, rows, ends, grads], {x: numbers(2, 4, 3), lengths: [4, 2]})


@program
def rnn_of_ones_own_loop(tf: Any) -> Any:
    x = tf.placeholder(tf.float32, [4, 2, 3])
    cell, rows = tf.nn.rnn_cell.LSTMCell(3), tf.TensorArray(tf.float32, 4).unstack(x)

    def loop(time: Any, output: Any, state: Any, loop_state: Any) -> Any:
        state = cell.zero_state(2, tf.float32) if output is None else state
        finished = time >= tf.constant([4, 2])
        done = tf.reduce_all(finished)
        following = tf.cond(done, lambda: tf.zeros([2, 3]), lambda: rows.read(time))
        return finished, following, state, output, None

    outputs, last, _ = tf.nn.raw_rnn(cell, loop)
    y = outputs.stack()
    return ran(tf, [y, last, tf.gradients(tf.reduce_sum(y * y), [x, *tf.trainable_variables()])], {x: numbers(4, 2, 3)})


@program
def wrapped_cells(tf: Any) -> Any:
    x = tf.placeholder(tf.float32, [2, 4, 3])
    inner = tf.nn.rnn_cell.ResidualWrapper(tf.nn.rnn_cell.BasicRNNCell(3))
    cell = tf.nn.rnn_cell.DropoutWrapper(inner, input_keep_prob=1.0, output_keep_prob=1.0, state_keep_prob=1.0)
    out, last = tf.nn.dynamic_rnn(cell, tf.transpose(x, [1, 0, 2]), time_major=True, dtype=tf.float32)
    return ran(tf, [out, last, tf.gradients(out, [x, *tf.trainable_variables()])], {x: numbers(2, 4, 3)})


# ---- layers, losses, data


@program
def regularized_and_summed(tf: Any) -> Any:
    x = tf.placeholder(tf.float32, [None, 6, 6, 2])

    def regular(w: Any) -> Any:
        return 0.1 * tf.reduce_sum(w * w)

    h = tf.layers.conv2d(x, 3, 3, padding="same", activation=tf.nn.elu, kernel_regularizer=regular)
    h = tf.layers.separable_conv2d(h, 4, 3, strides=2, depth_multiplier=2)
    h = tf.layers.conv2d_transpose(h, 2, 3, strides=2, padding="same")
    y = tf.layers.dense(tf.layers.flatten(h), 1, kernel_regularizer=regular)[:, 0]
    data = tf.losses.huber_loss(tf.ones_like(y), y, weights=tf.range(1.0, 3.0), delta=0.5)
    tf.losses.absolute_difference(tf.zeros_like(y), y, weights=0.3)
    total = tf.losses.get_total_loss()
    return ran(tf, [y, data, total, tf.gradients(total, [x, *tf.trainable_variables()])], {x: numbers(2, 6, 6, 2)})


@program
def local_response_and_pools(tf: Any) -> Any:
    x = tf.placeholder(tf.float32, [None, 7, 7, 4])
    y = tf.nn.lrn(tf.nn.max_pool(x, [1, 3, 3, 1], [1, 2, 2, 1], "SAME"), 2, bias=2.0, alpha=1e-2, beta=0.75)
    z = tf.nn.atrous_conv2d(y, tf.constant(numbers(2, 2, 4, 2)), 2, "SAME") + tf.image.resize_bilinear(y, [4, 4])[..., :2]
    d = tf.nn.depthwise_conv2d(z, tf.constant(numbers(2, 2, 2, 2)), [1, 1, 1, 1], "VALID")
    return ran(tf, [y, z, d, tf.gradients(tf.reduce_sum(tf.tanh(d)), x)], {x: numbers(2, 7, 7, 4)})


@program
def a_dataset_in_a_loop(tf: Any) -> Any:
    data = tf.data.Dataset.range(10).map(lambda i: (i, tf.cast(i, tf.float32) ** 2)).filter(lambda i, x: i % 3 > 0)
    data = data.repeat(2).batch(4).prefetch(1)
    iterator = data.make_initializable_iterator()
    ids, squares = iterator.get_next()
    total = tf.get_variable("total", initializer=np.float32(0), trainable=False)
    add = tf.assign_add(total, tf.reduce_sum(squares))
    with started(tf) as sess:
        sess.run(iterator.initializer)
        found: list[Any] = []
        try:
            while True:
                found.append(sess.run([ids, squares, add]))
        except tf.errors.OutOfRangeError:
            found.append(sess.run(total))
        return found


@program
def schedules(tf: Any) -> Any:
    step = tf.placeholder(tf.int64, [])
    found = [
        tf.train.exponential_decay(0.1, step, 10, 0.9, staircase=True), tf.train.exponential_decay(0.1, step, 10, 0.9),
        tf.train.piecewise_constant(step, [5, 12], [1.0, 0.5, 0.1]),
        tf.train.polynomial_decay(0.1, step, 20, 0.01, 2.0, cycle=True),
        tf.train.natural_exp_decay(0.1, step, 10, 0.5), tf.train.inverse_time_decay(0.1, step, 10, 0.5, staircase=True),
        tf.train.cosine_decay(0.1, step, 20, 0.1), tf.train.linear_cosine_decay(0.1, step, 20),
        tf.train.cosine_decay_restarts(0.1, step, 8),
    ]
    return ran(tf, found, *({step: s} for s in (0, 5, 6, 12, 13, 25, 41)))


@program
def rare_optimizers(tf: Any) -> Any:
    makers = {
        "proximal": lambda: tf.train.ProximalGradientDescentOptimizer(0.1, 0.01, 0.02),
        "proximal_adagrad": lambda: tf.train.ProximalAdagradOptimizer(0.1, 0.2, 0.01, 0.02),
        "dual": lambda step: tf.train.AdagradDAOptimizer(0.1, step, 0.2, 0.01, 0.02),
        "ftrl": lambda: tf.train.FtrlOptimizer(0.1, -0.6, 0.2, 0.01, 0.02, l2_shrinkage_regularization_strength=0.01),
        "adadelta": lambda: tf.train.AdadeltaOptimizer(0.5, 0.9),
        "centered": lambda: tf.train.RMSPropOptimizer(0.1, centered=True),
    }
    x, ids, steps = tf.placeholder(tf.float32, [3]), tf.constant([0, 2, 2]), []
    for name, make in makers.items():
        with tf.variable_scope(name):
            w, table = tf.get_variable("w", [3]), tf.get_variable("table", [4, 3])
            count = tf.get_variable("count", initializer=np.int64(0), trainable=False)
        loss = tf.reduce_sum(tf.square(w * x - 1)) + tf.reduce_sum(tf.square(tf.gather(table, ids) - x))
        optimizer = make(count) if name == "dual" else make()
        steps.append(optimizer.minimize(loss, count, var_list=[w, table]))
    return ran(tf, [steps], *({x: numbers(3, seed=i)} for i in range(3)))


@program
def cases_that_exclude_each_other(tf: Any) -> Any:
    x = tf.placeholder(tf.int32, [])
    apart = [(x > 3, lambda: x * 10), (x < 2, lambda: x * 20)]
    single = tf.case(apart, default=lambda: tf.constant(0), exclusive=True)
    twice = tf.case([(x > 3, lambda: x * 10), (x > 5, lambda: x * 20)], default=lambda: tf.constant(0), exclusive=True)
    without_default = tf.case(apart)
    found = []
    with tf.Session() as sess:
        for chosen in (single, twice, without_default):
            for number in (7, 4, 2, 1):
                try:
                    found.append(int(sess.run(chosen, {x: number})))
                except tf.errors.InvalidArgumentError:
                    found.append("refused")
    return found


@program
def a_list_for_an_element(tf: Any) -> Any:
    lines = tf.data.Dataset.from_tensor_slices(["1,2.5", "3,4.5"]).map(lambda line: tf.decode_csv(line, [[0], [0.0]]))
    pairs = tf.data.Dataset.range(2).map(lambda n: [n, n + 1])
    shapes = [t.shape.as_list() for data in (lines, pairs) for t in tf.data.make_one_shot_iterator(data).get_next()]
    nexts = [tf.data.make_one_shot_iterator(data).get_next() for data in (lines, pairs)]
    return [shapes, ran(tf, nexts, {}, {})]


@program
def rank_of_what_is_not_fed(tf: Any) -> Any:
    x = tf.placeholder(tf.float32, [None, 2])
    return ran(tf, [tf.rank(x), tf.rank(x[0]), tf.range(tf.rank(x))])


@program
def numbers_of_optimizers_as_tensors(tf: Any) -> Any:
    loss = []
    for dtype in (np.float32, np.float64):
        v = tf.get_variable(f"v{np.dtype(dtype)}", initializer=np.arange(1, 4, dtype=dtype))
        loss.append(tf.cast(tf.reduce_sum(v * v), tf.float32))
    adam = tf.train.AdamOptimizer(tf.constant(0.1), tf.constant(0.8), tf.constant(0.9), tf.constant(1e-3))
    momentum = tf.train.MomentumOptimizer(tf.constant(0.1), tf.constant(0.9))
    rms = tf.train.RMSPropOptimizer(tf.constant(0.1), 0.8, tf.constant(0.5))
    steps = [optimizer.minimize(tf.add_n(loss)) for optimizer in (adam, momentum, rms)]
    with started(tf) as sess:
        return [[sess.run(tf.trainable_variables()) for _ in range(2) if sess.run(step) is None] for step in steps]
