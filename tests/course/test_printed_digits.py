"""The runs whose digits the study documents print, as plain programs: what was printed must come out."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.random import RandomState

import deepkit.v1 as tf

BATCH, STEPS = 8, 5000
# The documents print float32 numbers in full. After 5000 steps the last one or two of their bits depend on the order
# in which the matrix product adds, which OpenBLAS chooses by processor (at most 5e-7 here over five of its kernels).
LAST_BITS = 1e-6


@pytest.fixture(autouse=True)
def own_graph():
    with tf.Graph().as_default():
        yield


# ---- D2-4-03: a small linear network, 5000 Adam steps


@pytest.fixture(scope="module")
def network():
    """(weights before, costs after every 1000th step, weights after)."""
    points = RandomState(1).rand(128, 2)
    labels = [[int(x1 + x2 < 1)] for x1, x2 in points]
    with tf.Graph().as_default():
        w1 = tf.Variable(tf.random_normal([2, 3], stddev=1, seed=1))
        w2 = tf.Variable(tf.random_normal([3, 1], stddev=1, seed=1))
        x = tf.placeholder(tf.float32, shape=(None, 2), name="x-input")
        y_ = tf.placeholder(tf.float32, shape=(None, 1), name="y-input")
        y = tf.matmul(tf.matmul(x, w1), w2)
        cost = -tf.reduce_mean(y_ * tf.log(tf.clip_by_value(y, 1e-10, 1.0)))
        train = tf.train.AdamOptimizer(0.001).minimize(cost)
        costs = []
        with tf.Session() as sess:
            sess.run(tf.global_variables_initializer())
            before = sess.run([w1, w2])
            for i in range(STEPS):
                batch = slice(i * BATCH % 128, i * BATCH % 128 + BATCH)
                sess.run(train, {x: points[batch], y_: labels[batch]})
                if i % 1000 == 0:
                    costs.append(sess.run(cost, {x: points, y_: labels}))
            return before, costs, sess.run([w1, w2])


def test_network_costs_as_printed(network):
    assert [f"{cost:g}" for cost in network[1]] == ["0.0674925", "0.0163385", "0.00907547", "0.00714436", "0.00578471"]


def test_network_weights_before(network):
    w1, w2 = network[0]
    np.testing.assert_allclose(
        w1, [[-0.81131822, 1.48459876, 0.06532937], [-2.44270396, 0.0992484, 0.59122431]], rtol=0, atol=3e-7
    )
    np.testing.assert_allclose(w2, [[-0.81131822], [1.48459876], [0.06532937]], rtol=0, atol=3e-7)


def test_network_weights_after(network):
    w1, w2 = network[2]
    np.testing.assert_allclose(
        w1, [[-1.9618274, 2.58235407, 1.68203783], [-3.4681716, 1.06982327, 2.11788989]], rtol=0, atol=LAST_BITS
    )
    np.testing.assert_allclose(w2, [[-1.8247149], [2.68546653], [1.41819501]], rtol=0, atol=LAST_BITS)


# ---- D2-6-05, D2-6-06: two weights, and what a mistake costs


def shop() -> tuple[np.ndarray, np.ndarray]:
    """Inputs (128, 2) and noisy sums (128, 1) as the document draws them: the noise from the same generator, after."""
    random = RandomState(1)
    goods = random.rand(128, 2)
    return goods, np.array([[x1 + x2 + random.rand() / 10.0 - 0.05] for x1, x2 in goods])


def asymmetric(less, more):
    return lambda y, t: tf.reduce_sum(tf.where(tf.greater(y, t), (y - t) * more, (t - y) * less))


def train_shop(loss_of):
    """The two weights after step 0, 1000, 2000, 3000, 4000 and at the end."""
    goods, sold = shop()
    x = tf.placeholder(tf.float32, shape=(None, 2))
    y_ = tf.placeholder(tf.float32, shape=(None, 1))
    w1 = tf.Variable(tf.random_normal([2, 1], stddev=1, seed=1))
    train = tf.train.AdamOptimizer(0.001).minimize(loss_of(tf.matmul(x, w1), y_))
    seen = []
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        for i in range(STEPS):
            batch = slice(i * BATCH % 128, i * BATCH % 128 + BATCH)
            sess.run(train, {x: goods[batch], y_: sold[batch]})
            if i % 1000 == 0 or i == STEPS - 1:
                seen.append(sess.run(w1).ravel())
    return np.array(seen)


def test_too_few_costs_ten():
    printed = [
        [-0.81031823, 1.4855988], [0.01247112, 2.1385448], [0.45567414, 2.17060661],
        [0.69968724, 1.8465308], [0.89886665, 1.29736018], [1.01934695, 1.04280889],
    ]
    np.testing.assert_allclose(train_shop(asymmetric(10, 1)), printed, rtol=0, atol=LAST_BITS)


def test_mean_squared_error():
    final = train_shop(lambda y, t: tf.losses.mean_squared_error(t, y))[-1]
    np.testing.assert_allclose(final, [0.97437561, 1.0243336], rtol=0, atol=LAST_BITS)


SWAPPED = [0.95525807, 0.9813394]


def test_too_many_costs_ten():
    """Three digits: the loss has kinks, and each example pushes with 10 or with 1, by the side of its kink it is on.

    One last bit of one gradient decides for another side some day, and from there on two runs jitter separately around
    the same place; steps of 0.001 bound how far. The next two tests pin the digits down.
    """
    np.testing.assert_allclose(train_shop(asymmetric(1, 10))[-1], SWAPPED, rtol=0, atol=1e-3)


def product_in_order(a, b):
    """a @ b in float32 with one rounding per term, added first to last, as TensorFlow's CPU product adds them."""
    total = np.zeros((a.shape[0], b.shape[1]), np.float32)
    for k in range(a.shape[1]):  # float64 holds the product of two float32 numbers exactly
        total = (a[:, k : k + 1].astype(np.float64) * b[k] + total).astype(np.float32)
    return total


def swapped_gradient(w, x, t):
    pushes = np.where(product_in_order(x, w) > t, np.float32(10), np.float32(-1))
    return product_in_order(x.T, pushes)


def test_swapped_digits_in_plain_numpy():
    """The document's digits need nothing but NumPy and that order of adding."""
    goods, sold = (part.astype(np.float32) for part in shop())
    one, rate, beta1, beta2, epsilon = (np.float32(number) for number in (1, 0.001, 0.9, 0.999, 1e-8))
    w = np.array([[-0.81131822], [1.48459876]], np.float32)
    m, v, power1, power2 = np.zeros_like(w), np.zeros_like(w), beta1, beta2
    for i in range(STEPS):
        batch = slice(i * BATCH % 128, i * BATCH % 128 + BATCH)
        gradient = swapped_gradient(w, goods[batch], sold[batch])
        m += (gradient - m) * (one - beta1)
        v += (gradient * gradient - v) * (one - beta2)
        w -= m * (rate * np.sqrt(one - power2) / (one - power1)) / (np.sqrt(v) + epsilon)
        power1, power2 = power1 * beta1, power2 * beta2
    np.testing.assert_allclose(w.ravel(), SWAPPED, rtol=0, atol=1e-7)


def test_swapped_digits_from_our_adam():
    """deepkit's initial weights and its Adam, given gradients added in that order, give every printed digit."""
    goods, sold = (part.astype(np.float32) for part in shop())
    w1 = tf.Variable(tf.random_normal([2, 1], stddev=1, seed=1))
    gradient = tf.placeholder(tf.float32, shape=(2, 1))
    train = tf.train.AdamOptimizer(0.001).apply_gradients([(gradient, w1)])
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        for i in range(STEPS):
            batch = slice(i * BATCH % 128, i * BATCH % 128 + BATCH)
            sess.run(train, {gradient: swapped_gradient(sess.run(w1), goods[batch], sold[batch])})
        np.testing.assert_allclose(sess.run(w1).ravel(), SWAPPED, rtol=0, atol=1e-7)


# ---- D2-7-03: gradient descent on x^2 with a decaying rate


def test_decay_lines_as_printed():
    global_step = tf.Variable(0)
    rate = tf.train.exponential_decay(0.1, global_step, 1, 0.96, staircase=True)
    x = tf.Variable(tf.constant(5, dtype=tf.float32), name="x")
    train = tf.train.GradientDescentOptimizer(rate).minimize(tf.square(x), global_step=global_step)
    lines = []
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        for i in range(1, 101):
            sess.run(train)
            if i % 10 == 1:
                position, speed = sess.run([x, rate])
                lines.append(f"After {i} iteration(s): x{i} is {position:f}, learning rate is {speed:f}.")
    assert lines == [
        "After 1 iteration(s): x1 is 4.000000, learning rate is 0.096000.",
        "After 11 iteration(s): x11 is 0.690561, learning rate is 0.063824.",
        "After 21 iteration(s): x21 is 0.222583, learning rate is 0.042432.",
        "After 31 iteration(s): x31 is 0.106405, learning rate is 0.028210.",
        "After 41 iteration(s): x41 is 0.065548, learning rate is 0.018755.",
        "After 51 iteration(s): x51 is 0.047625, learning rate is 0.012469.",
        "After 61 iteration(s): x61 is 0.038558, learning rate is 0.008290.",
        "After 71 iteration(s): x71 is 0.033523, learning rate is 0.005511.",
        "After 81 iteration(s): x81 is 0.030553, learning rate is 0.003664.",
        "After 91 iteration(s): x91 is 0.028727, learning rate is 0.002436.",
    ]


# ---- D1-1, D2-1, D2-3, D3-9: graphs, sessions, fetch and feed


def test_placeholders_as_printed():
    p1, p2 = tf.placeholder(tf.float32), tf.placeholder(tf.float32)
    assert repr(p1) == "<tf.Tensor 'Placeholder:0' shape=<unknown> dtype=float32>"
    assert repr(p2) == "<tf.Tensor 'Placeholder_1:0' shape=<unknown> dtype=float32>"
    product = p1 * p2
    with tf.Session() as sess:
        assert str(sess.run(product, {p1: 2.0, p2: 3.0})) == "6.0"
        assert str(sess.run(product, feed_dict={p1: 3.0, p2: 4.0})) == "12.0"
        vectors = sess.run(product, feed_dict={p1: [2.0, 3.0, 4.0], p2: [3.0, 4.0, 5.0]})
    assert vectors.dtype == np.float32
    assert vectors.tolist() == [6.0, 12.0, 20.0]


def test_linear_model_as_printed():
    w, b = tf.Variable([0.3], dtype=tf.float32), tf.Variable([-0.3], dtype=tf.float32)
    x = tf.placeholder(dtype=tf.float32)
    y = w * x + b
    with tf.Session() as sess:
        tf.global_variables_initializer().run()
        output = sess.run(y, {x: [1, 2, 3, 4]})
    assert output.tolist() == np.float32([0.0, 0.30000001, 0.60000002, 0.90000004]).tolist()
    assert " ".join(str(output).split()) == "[0. 0.3 0.6 0.90000004]"


def test_fetch_and_feed_as_printed():
    intermed = tf.add(tf.constant(2.0), tf.constant(5.0))
    mul = tf.multiply(tf.constant(3.0), intermed)
    a, b = tf.placeholder(tf.float32), tf.placeholder(tf.float32)
    with tf.Session() as sess:
        assert sess.run([mul, intermed]) == [21.0, 7.0]
        (output,) = sess.run([tf.multiply(a, b)], feed_dict={a: [7.0], b: [2.0]})
        total = sess.run(tf.add([1, 2, 3], [2, 3, 5]))
    assert (output.tolist(), output.dtype) == ([14.0], np.float32)
    assert (total.tolist(), total.dtype) == ([3, 5, 8], np.int32)


def test_forty_two_in_four_ways():
    x, y = tf.Variable(3, name="x"), tf.Variable(4, name="y")
    f = x * x * y + y + 2
    init = tf.global_variables_initializer()
    sess = tf.Session()
    sess.run(x.initializer)
    sess.run(y.initializer)
    values = [sess.run(f)]
    sess.close()
    with tf.Session():
        x.initializer.run()
        y.initializer.run()
        values.append(f.eval())
    with tf.Session():
        init.run()
        values.append(f.eval())
    sess = tf.InteractiveSession()
    init.run()
    values.append(f.eval())
    sess.close()
    assert values == [42] * 4
    assert values[0].dtype == np.int32


def test_node_values_last_one_run():
    x = tf.constant(3) + 2
    y, z = x + 5, x * 3
    count = tf.Variable(0)
    ticket = count.assign_add(1)
    a, b = ticket * 10, ticket * 100
    with tf.Session() as sess:
        assert [y.eval(), z.eval()] == sess.run([y, z]) == [10, 15]
        sess.run(count.initializer)
        assert [a.eval(), b.eval(), sess.run(count)] == [10, 200, 2]
        assert [*sess.run([a, b]), sess.run(count)] == [30, 300, 3]


def test_any_number_of_rows():
    a = tf.placeholder(tf.float32, shape=(None, 3))
    b = a + 5
    with tf.Session():
        assert b.eval(feed_dict={a: [[1, 2, 3]]}).tolist() == [[6, 7, 8]]
        assert b.eval(feed_dict={a: [[4, 5, 6], [7, 8, 9]]}).tolist() == [[9, 10, 11], [12, 13, 14]]


def test_graphs_know_their_nodes():
    here, there = tf.get_default_graph(), tf.Graph()
    x1 = tf.Variable(1)
    with there.as_default():
        x2 = tf.Variable(2)
        text = tf.constant("Node in g")
    with tf.name_scope("section"):
        mean = tf.reduce_mean(tf.constant([0, 1, 2, 3]))
    assert x1.graph is here
    assert x2.graph is there is text.graph
    assert mean.op.name == "section/Mean"
    with tf.Session() as sess:
        assert sess.run([mean], feed_dict={}) == [1]
        assert sess.run(tf.constant("Hello, TensorFlow!!")) == b"Hello, TensorFlow!!"
