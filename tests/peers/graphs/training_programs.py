"""Training programs as people write them for TensorFlow 1; each is a function of the module that it calls tf.

It builds its graph and returns its steps, one a list of (fetches, feeds) for `Session.run`; what the fetches give is
compared. Variables start from numbers that the test gives them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Step = tuple[Any, dict[Any, Any]]
PROGRAMS: dict[str, Callable[[Any], list[Step]]] = {}
STEPS = 6


def program(function: Callable[[Any], list[Step]]) -> Callable[[Any], list[Step]]:
    PROGRAMS[function.__name__] = function
    return function


def numbers(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.RandomState(seed).normal(size=shape).astype(np.float32)


def labels(n: int, classes: int, seed: int = 1) -> np.ndarray:
    return np.random.RandomState(seed).randint(0, classes, n)


def batches(*arrays: np.ndarray, size: int = 8) -> list[tuple[np.ndarray, ...]]:
    starts = [size * i % (len(arrays[0]) - size + 1) for i in range(STEPS)]
    return [tuple(a[s : s + size] for a in arrays) for s in starts]


def entropy(tf: Any, y: Any, logits: Any) -> Any:
    return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits))


@program
def perceptron_with_dropout(tf: Any) -> list[Step]:
    x, y = tf.placeholder(tf.float32, [None, 6]), tf.placeholder(tf.int64, [None])
    training = tf.placeholder(tf.bool, [])
    h = tf.layers.dropout(tf.layers.dense(x, 16, tf.nn.relu), 0.4, training=training, seed=1)
    h = tf.layers.dropout(tf.layers.dense(h, 12, tf.nn.relu), 0.4, training=training, seed=2)
    logits = tf.layers.dense(h, 3)
    loss = entropy(tf, y, logits)
    right = tf.reduce_mean(tf.cast(tf.equal(tf.argmax(logits, 1), y), tf.float32))
    step = tf.train.AdamOptimizer(0.01).minimize(loss)
    pairs = batches(numbers(40, 6), labels(40, 3))
    return [({"loss": loss, "step": step, "right": right}, {x: a, y: b, training: i != 3}) for i, (a, b) in enumerate(pairs)]


@program
def dropout_by_keep_prob(tf: Any) -> list[Step]:
    """The tutorial's convolutional network, its dropout by a fed keep_prob."""
    x, y, keep = tf.placeholder(tf.float32, [None, 64]), tf.placeholder(tf.float32, [None, 4]), tf.placeholder(tf.float32)
    image = tf.reshape(x, [-1, 8, 8, 1])
    w1, b1 = tf.Variable(numbers(3, 3, 1, 4) * 0.3), tf.Variable(tf.constant(0.1, shape=[4]))
    h = tf.nn.relu(tf.nn.conv2d(image, w1, strides=[1, 1, 1, 1], padding="SAME") + b1)
    h = tf.nn.max_pool(h, ksize=[1, 2, 2, 1], strides=[1, 2, 2, 1], padding="SAME")
    w2, b2 = tf.Variable(numbers(64, 10, seed=2) * 0.1), tf.Variable(tf.zeros([10]))
    h = tf.nn.dropout(tf.nn.relu(tf.matmul(tf.reshape(h, [-1, 64]), w2) + b2), keep, seed=7)
    logits = tf.matmul(h, tf.Variable(numbers(10, 4, seed=3)))
    loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(labels=y, logits=logits))
    step = tf.train.AdamOptimizer(1e-2).minimize(loss)
    pairs = batches(numbers(40, 64), np.eye(4, dtype=np.float32)[labels(40, 4)])
    return [([step, loss], {x: a, y: b, keep: 0.5 if i % 2 else 1.0}) for i, (a, b) in enumerate(pairs)]


@program
def recurrent_with_dropout(tf: Any) -> list[Step]:
    x, y = tf.placeholder(tf.float32, [None, 5, 3]), tf.placeholder(tf.int64, [None])
    keep, lengths = tf.placeholder_with_default(0.75, []), tf.placeholder(tf.int32, [None])
    cell = tf.nn.rnn_cell.DropoutWrapper(tf.nn.rnn_cell.LSTMCell(6), output_keep_prob=keep, input_keep_prob=keep, seed=3)
    outputs, state = tf.nn.dynamic_rnn(cell, x, lengths, dtype=tf.float32, parallel_iterations=1)  # draws in their order
    loss = entropy(tf, y, tf.layers.dense(state.h, 3)) + 0.01 * tf.reduce_sum(tf.square(outputs))
    step = tf.train.RMSPropOptimizer(0.01).minimize(loss)
    pairs = batches(numbers(40, 5, 3), labels(40, 3), labels(40, 5) + 1)
    return [([loss, step], {x: a, y: b, lengths: n}) for a, b, n in pairs]


@program
def characters(tf: Any) -> list[Step]:
    """Two layers of LSTM over characters; the state is fed from run to run, the gradients are clipped together."""
    ids, state = tf.placeholder(tf.int32, [4, 6]), tf.placeholder(tf.float32, [2, 2, 4, 5])
    table = tf.get_variable("embedding", [9, 4])
    cells = tf.nn.rnn_cell.MultiRNNCell([tf.nn.rnn_cell.BasicLSTMCell(5) for _ in range(2)])
    begin = tuple(tf.nn.rnn_cell.LSTMStateTuple(state[i, 0], state[i, 1]) for i in range(2))
    outputs, end = tf.nn.dynamic_rnn(cells, tf.nn.embedding_lookup(table, ids), initial_state=begin)
    with tf.variable_scope("softmax"):
        w, b = tf.get_variable("w", [5, 9]), tf.get_variable("b", [9], initializer=tf.zeros_initializer())
    logits = tf.matmul(tf.reshape(outputs, [-1, 5]), w) + b
    loss = entropy(tf, tf.reshape(tf.roll(ids, -1, 1), [-1]), logits)
    variables, rate = tf.trainable_variables(), tf.Variable(0.0, trainable=False)
    clipped, norm = tf.clip_by_global_norm(tf.gradients(loss, variables), 0.5)
    step = tf.train.AdamOptimizer(rate).apply_gradients(zip(clipped, variables, strict=True))
    set_rate = tf.assign(rate, 0.02)
    text = labels(24 * STEPS, 9).reshape(STEPS, 4, 6)
    feeds = [{ids: text[i], state: numbers(2, 2, 4, 5, seed=i) * 0.1} for i in range(STEPS)]
    return [(set_rate, {}), *[([loss, norm, end, step], feed) for feed in feeds]]


@program
def variational_autoencoder(tf: Any) -> list[Step]:
    x = tf.placeholder(tf.float32, [None, 12])
    h = tf.layers.dense(x, 8, tf.nn.elu)
    mean, log_variance = tf.layers.dense(h, 2), tf.layers.dense(h, 2)
    z = mean + tf.exp(0.5 * log_variance) * tf.random_normal(tf.shape(mean), seed=5)
    logits = tf.layers.dense(tf.layers.dense(z, 8, tf.nn.elu), 12)
    rebuilt = tf.reduce_sum(tf.nn.sigmoid_cross_entropy_with_logits(labels=tf.sigmoid(x), logits=logits), 1)
    divergence = -0.5 * tf.reduce_sum(1 + log_variance - tf.square(mean) - tf.exp(log_variance), 1)
    loss = tf.reduce_mean(rebuilt + divergence)
    step = tf.train.AdamOptimizer(0.01).minimize(loss)
    return [([loss, step], {x: a}) for (a,) in batches(numbers(40, 12))]


def critic(tf: Any, x: Any, reuse: bool = False) -> Any:
    with tf.variable_scope("critic", reuse=reuse):
        return tf.layers.dense(tf.layers.dense(x, 8, tf.nn.leaky_relu, name="a"), 1, name="b")


@program
def adversaries(tf: Any) -> list[Step]:
    """A generator and a discriminator, each trained with its own variables."""
    real, noise = tf.placeholder(tf.float32, [None, 4]), tf.placeholder(tf.float32, [None, 3])
    with tf.variable_scope("generator"):
        made = tf.layers.dense(tf.layers.dense(noise, 8, tf.nn.relu), 4, tf.tanh)
    on_real, on_made = critic(tf, real), critic(tf, made, True)
    cross = tf.nn.sigmoid_cross_entropy_with_logits
    on_both = cross(labels=tf.ones_like(on_real), logits=on_real), cross(labels=tf.zeros_like(on_made), logits=on_made)
    of_d = tf.reduce_mean(on_both[0] + on_both[1])
    of_g = tf.reduce_mean(cross(labels=tf.ones_like(on_made), logits=on_made))
    scoped = {s: [v for v in tf.trainable_variables() if v.name.startswith(s)] for s in ("critic", "generator")}
    step_d = tf.train.AdamOptimizer(0.02, beta1=0.5).minimize(of_d, var_list=scoped["critic"])
    step_g = tf.train.AdamOptimizer(0.02, beta1=0.5).minimize(of_g, var_list=scoped["generator"])
    pairs = batches(numbers(40, 4), numbers(40, 3, seed=4))
    return [s for a, b in pairs for s in (([of_d, step_d], {real: a, noise: b}), ([of_g, step_g], {noise: b}))]


@program
def clipped_critic(tf: Any) -> list[Step]:
    """The Wasserstein distance: the critic's weights are clipped after each of its steps."""
    real, noise = tf.placeholder(tf.float32, [None, 4]), tf.placeholder(tf.float32, [None, 3])
    with tf.variable_scope("generator"):
        made = tf.layers.dense(noise, 4)
    distance = tf.reduce_mean(critic(tf, real)) - tf.reduce_mean(critic(tf, made, reuse=True))
    of_critic, of_generator = (tf.get_collection(tf.GraphKeys.TRAINABLE_VARIABLES, s) for s in ("critic", "generator"))
    up = tf.train.RMSPropOptimizer(0.05).minimize(-distance, var_list=of_critic)
    with tf.control_dependencies([up]):
        clip = tf.group(*[tf.assign(v, tf.clip_by_value(v, -0.1, 0.1)) for v in of_critic])
    down = tf.train.RMSPropOptimizer(0.05).minimize(distance, var_list=of_generator)
    pairs = batches(numbers(40, 4), numbers(40, 3, seed=4))
    return [(fetches, {real: a, noise: b}) for a, b in pairs for fetches in (clip, distance, down)]


@program
def gradient_penalty(tf: Any) -> list[Step]:
    """A critic whose gradient by its input is held at length 1: a derivative of a derivative is trained."""
    real, made = tf.placeholder(tf.float32, [None, 4]), tf.placeholder(tf.float32, [None, 4])
    between = real + tf.random_uniform([tf.shape(real)[0], 1], seed=9) * (made - real)
    slope = tf.gradients(critic(tf, between), [between])[0]
    penalty = tf.reduce_mean(tf.square(tf.sqrt(tf.reduce_sum(tf.square(slope), 1)) - 1.0))
    loss = tf.reduce_mean(critic(tf, made, True)) - tf.reduce_mean(critic(tf, real, True)) + 10 * penalty
    step = tf.train.AdamOptimizer(0.01, 0.0, 0.9).minimize(loss)
    return [([loss, step], {real: a, made: b}) for a, b in batches(numbers(40, 4), numbers(40, 4, seed=4))]


@program
def normalized_layers(tf: Any) -> list[Step]:
    """Batch normalization, its updates run with the training step; weights decay through a collection of losses."""
    x, y, training = tf.placeholder(tf.float32, [None, 4, 4, 2]), tf.placeholder(tf.int64, [None]), tf.placeholder(tf.bool)
    decay = lambda w: 0.01 * tf.nn.l2_loss(w)  # noqa: E731
    h = tf.layers.conv2d(x, 4, 3, padding="same", use_bias=False, kernel_regularizer=decay)
    h = tf.nn.relu(tf.layers.batch_normalization(h, training=training, momentum=0.8))
    h = h + tf.layers.batch_normalization(tf.layers.conv2d(h, 4, 1), training=training, momentum=0.8)
    logits = tf.layers.dense(tf.reduce_mean(h, [1, 2]), 3, kernel_regularizer=decay)
    tf.losses.sparse_softmax_cross_entropy(y, logits)
    loss, count = tf.losses.get_total_loss(), tf.train.get_or_create_global_step()
    rate = tf.train.piecewise_constant(count, [2, 4], [0.1, 0.05, 0.01])
    with tf.control_dependencies(tf.get_collection(tf.GraphKeys.UPDATE_OPS)):
        step = tf.train.MomentumOptimizer(rate, 0.9).minimize(loss, count)
    pairs = batches(numbers(40, 4, 4, 2), labels(40, 3))
    found = [([loss, step], {x: a, y: b, training: True}) for a, b in pairs]
    return [*found, (loss, {x: pairs[0][0], y: pairs[0][1], training: False})]


@program
def averages_in_a_branch(tf: Any) -> list[Step]:
    """Batch normalization by hand: a moving average updated or read as a fed switch says."""
    x, y, training = tf.placeholder(tf.float32, [None, 3]), tf.placeholder(tf.float32, [None, 1]), tf.placeholder(tf.bool, [])
    h = tf.layers.dense(x, 5)
    mean, variance = tf.nn.moments(h, [0])
    average = tf.train.ExponentialMovingAverage(0.6)

    def update() -> Any:
        with tf.control_dependencies([average.apply([mean, variance])]):
            return tf.identity(mean), tf.identity(variance)

    center, spread = tf.cond(training, update, lambda: (average.average(mean), average.average(variance)))
    h = tf.nn.relu(tf.nn.batch_normalization(h, center, spread, None, None, 1e-3))
    loss = tf.losses.mean_squared_error(y, tf.layers.dense(h, 1))
    step = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
    pairs = batches(numbers(40, 3), numbers(40, 1, seed=5))
    return [([loss, step] if i % 3 else loss, {x: a, y: b, training: i % 3 > 0}) for i, (a, b) in enumerate(pairs)]


@program
def policy_gradient(tf: Any) -> list[Step]:
    """REINFORCE with a value for its baseline, and entropy that keeps it trying."""
    states, actions = tf.placeholder(tf.float32, [None, 4]), tf.placeholder(tf.int32, [None])
    returns = tf.placeholder(tf.float32, [None])
    with tf.variable_scope("policy"):
        logits = tf.layers.dense(tf.layers.dense(states, 8, tf.tanh), 3)
    with tf.variable_scope("value"):
        value = tf.squeeze(tf.layers.dense(states, 1), 1)
    chosen = tf.multinomial(logits, 1, seed=11)
    log = -tf.nn.sparse_softmax_cross_entropy_with_logits(labels=actions, logits=logits)
    advantage = tf.stop_gradient(returns - value)
    surprise = -tf.reduce_mean(tf.reduce_sum(tf.nn.softmax(logits) * tf.nn.log_softmax(logits), 1))
    loss = -tf.reduce_mean(log * advantage) + 0.5 * tf.reduce_mean(tf.square(returns - value)) - 0.01 * surprise
    step = tf.train.AdamOptimizer(0.02).minimize(loss)
    triples = batches(numbers(40, 4), labels(40, 3), numbers(40, seed=6))
    return [([loss, step, chosen], {states: s, actions: a, returns: r}) for s, a, r in triples]


@program
def target_network(tf: Any) -> list[Step]:
    """Deep Q-learning: the target is a copy that is refreshed now and then."""
    state, following = tf.placeholder(tf.float32, [None, 4]), tf.placeholder(tf.float32, [None, 4])
    action, reward = tf.placeholder(tf.int32, [None]), tf.placeholder(tf.float32, [None])

    def values(x: Any, scope: str) -> Any:
        with tf.variable_scope(scope):
            return tf.layers.dense(tf.layers.dense(x, 8, tf.nn.relu), 2)

    q, later = values(state, "online"), values(following, "target")
    online, target = (tf.get_collection(tf.GraphKeys.GLOBAL_VARIABLES, scope=s) for s in ("online", "target"))
    copy = tf.group(*[t.assign(o) for o, t in zip(online, target, strict=True)])
    wanted = tf.stop_gradient(reward + 0.9 * tf.reduce_max(later, 1))
    taken = tf.reduce_sum(q * tf.one_hot(action, 2), 1)
    loss = tf.losses.huber_loss(wanted, taken)
    step = tf.train.RMSPropOptimizer(0.01, momentum=0.9, epsilon=0.01).minimize(loss, var_list=online)
    rows = batches(numbers(40, 4), numbers(40, 4, seed=7), labels(40, 2), numbers(40, seed=8))
    found: list[Step] = []
    for i, (s, f, a, r) in enumerate(rows):
        found += [(copy, {})] if i % 3 == 0 else []
        found.append(([loss, step], {state: s, following: f, action: a, reward: r}))
    return found


@program
def words(tf: Any) -> list[Step]:
    """Word vectors by noise-contrastive estimation."""
    ids, near = tf.placeholder(tf.int32, [8]), tf.placeholder(tf.int64, [8, 1])
    table = tf.Variable(tf.random_uniform([20, 4], -1.0, 1.0))
    weights, biases = tf.Variable(tf.truncated_normal([20, 4], stddev=0.5)), tf.Variable(tf.zeros([20]))
    sampled = tf.nn.log_uniform_candidate_sampler(near, 1, 5, True, 20, seed=13)
    rows = tf.nn.embedding_lookup(table, ids)
    loss = tf.reduce_mean(tf.nn.nce_loss(weights, biases, near, rows, 5, 20, sampled_values=sampled))
    step = tf.train.GradientDescentOptimizer(0.5).minimize(loss)
    unit = table / tf.sqrt(tf.reduce_sum(tf.square(table), 1, keepdims=True))
    alike = tf.matmul(tf.nn.embedding_lookup(unit, [1, 2]), unit, transpose_b=True)
    pairs = batches(labels(40, 20), labels(40, 20, seed=9)[:, None])
    return [*[([loss, step], {ids: a, near: b}) for a, b in pairs], (alike, {})]


@program
def sampled_softmax(tf: Any) -> list[Step]:
    ids, wanted = tf.placeholder(tf.int64, [8]), tf.placeholder(tf.int64, [8, 1])
    table = tf.get_variable("table", [15, 4])
    w, b = tf.get_variable("w", [15, 4]), tf.get_variable("b", [15])
    sampled = tf.nn.log_uniform_candidate_sampler(wanted, 1, 6, True, 15, seed=17)
    rows = tf.nn.embedding_lookup(table, ids)
    loss = tf.reduce_mean(tf.nn.sampled_softmax_loss(w, b, wanted, rows, 6, 15, sampled_values=sampled))
    step = tf.train.AdagradOptimizer(0.3).minimize(loss)
    return [([loss, step], {ids: a, wanted: b}) for a, b in batches(labels(40, 15), labels(40, 15, seed=9)[:, None])]


@program
def translation(tf: Any) -> list[Step]:
    """An encoder, and a decoder that looks back at all its outputs (additive attention), the teacher forcing it."""
    source, lengths = tf.placeholder(tf.int32, [None, 5]), tf.placeholder(tf.int32, [None])
    target = tf.placeholder(tf.int32, [None, 4])
    table = tf.get_variable("embedding", [11, 4])
    memory, state = tf.nn.dynamic_rnn(
        tf.nn.rnn_cell.GRUCell(6), tf.nn.embedding_lookup(table, source), lengths, dtype=tf.float32, scope="encoder")
    keys, mask = tf.layers.dense(memory, 6, use_bias=False), tf.sequence_mask(lengths, 5, tf.float32)
    scale, cell = tf.get_variable("scale", [6]), tf.nn.rnn_cell.GRUCell(6)
    inputs = tf.transpose(tf.nn.embedding_lookup(table, target), [1, 0, 2])

    def look_back(state: Any, x: Any) -> Any:
        with tf.variable_scope("decoder", reuse=tf.AUTO_REUSE):
            score = tf.reduce_sum(scale * tf.tanh(keys + tf.expand_dims(state, 1)), 2) - 1e9 * (1 - mask)
            context = tf.reduce_sum(tf.expand_dims(tf.nn.softmax(score), 2) * memory, 1)
            return cell(tf.concat([x, context], 1), state)[1]

    states = []
    for x in tf.unstack(inputs, 4):
        state = look_back(state, x)
        states.append(state)
    logits = tf.layers.dense(tf.stack(states[:-1], 1), 11)
    loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=target[:, 1:], logits=logits))
    optimizer = tf.train.AdamOptimizer(0.02)
    pairs = [(tf.clip_by_norm(g, 1.0), v) for g, v in optimizer.compute_gradients(loss)]
    step = optimizer.apply_gradients(pairs)
    rows = batches(labels(200, 11).reshape(40, 5), labels(160, 11, seed=3).reshape(40, 4), labels(40, 5) + 1)
    return [([loss, step], {source: a, target: b, lengths: n}) for a, b, n in rows]


@program
def towers(tf: Any) -> list[Step]:
    """The same network on two halves of a batch; their gradients are averaged."""
    x, y = tf.placeholder(tf.float32, [8, 4]), tf.placeholder(tf.int64, [8])
    optimizer, losses, gradients = tf.train.MomentumOptimizer(0.1, 0.9), [], []
    for i, (a, b) in enumerate(zip(tf.split(x, 2), tf.split(y, 2), strict=True)):
        start = tf.random_uniform_initializer(-0.5, 0.5, seed=19)  # the averages begin there
        with tf.variable_scope("net", reuse=i > 0, initializer=start), tf.name_scope(f"tower_{i}"):
            logits = tf.layers.dense(tf.layers.dense(a, 6, tf.nn.relu, name="a"), 3, name="b")
            losses.append(entropy(tf, b, logits))
            gradients.append(optimizer.compute_gradients(losses[-1]))
    mean = [(tf.reduce_mean(tf.stack([g for g, _ in pairs]), 0), pairs[0][1]) for pairs in zip(*gradients, strict=True)]
    count = tf.train.get_or_create_global_step()
    apply = optimizer.apply_gradients(mean, count)
    average = tf.train.ExponentialMovingAverage(0.9, count)
    with tf.control_dependencies([apply]):
        step = average.apply(tf.trainable_variables())
    return [([*losses, step], {x: a, y: b}) for a, b in batches(numbers(40, 4), labels(40, 3))]


@program
def factors(tf: Any) -> list[Step]:
    """Matrix factorization: gradients of rows, a rate that decays, weights that decay by themselves."""
    user, item, score = tf.placeholder(tf.int32, [None]), tf.placeholder(tf.int32, [None]), tf.placeholder(tf.float32, [None])
    users, items = tf.get_variable("users", [7, 3]), tf.get_variable("items", [9, 3])
    bias, count = tf.get_variable("bias", [9]), tf.train.create_global_step()
    u, v = tf.nn.embedding_lookup(users, user), tf.nn.embedding_lookup(items, item)
    guess = tf.reduce_sum(u * v, 1) + tf.gather(bias, item)
    loss = tf.nn.l2_loss(guess - score) + 0.1 * (tf.nn.l2_loss(u) + tf.nn.l2_loss(v))
    rate = tf.train.exponential_decay(0.2, count, 2, 0.5, staircase=True)
    step = tf.train.FtrlOptimizer(rate, l2_regularization_strength=0.01).minimize(loss, global_step=count)
    rows = batches(labels(40, 7), labels(40, 9, seed=2), numbers(40, seed=3))
    return [([loss, rate, step], {user: a, item: b, score: c}) for a, b, c in rows]


@program
def autoencoder_with_tied_weights(tf: Any) -> list[Step]:
    x = tf.placeholder(tf.float32, [None, 6])
    w = tf.get_variable("w", [6, 3], regularizer=lambda w: 0.1 * tf.reduce_sum(tf.abs(w)))
    noisy = x * tf.cast(tf.random_uniform(tf.shape(x), seed=21) > 0.3, tf.float32)
    code = tf.sigmoid(tf.matmul(noisy, w) + tf.get_variable("a", [3]))
    rebuilt = tf.matmul(code, w, transpose_b=True) + tf.get_variable("b", [6])
    loss = tf.losses.mean_squared_error(x, rebuilt) + tf.add_n(tf.get_collection("regularization_losses"))
    step = tf.train.AdadeltaOptimizer(1.0, epsilon=1e-4).minimize(loss)
    return [([loss, step], {x: a}) for (a,) in batches(numbers(40, 6))]
