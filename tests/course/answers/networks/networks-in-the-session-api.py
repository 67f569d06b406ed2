# %% count
def numbers(sizes):
    total = 0
    for i in range(1, len(sizes)):
        total += (sizes[i - 1] + 1) * sizes[i]
    return total

def first_loss(classes):
    import math
    return math.log(classes)

def steps(examples, batch, epochs):
    n = 0
    for _ in range(epochs):
        at = 0
        while at + batch <= examples:
            at += batch
            n += 1
    return n

def stddev(n_inputs):
    return 2 * n_inputs ** -0.5


# %% cost
def cost(p, t):
    p = tf.minimum(tf.maximum(p, 1e-10), 1 - 1e-10)
    yes = tf.multiply(t, tf.log(p))
    no = tf.multiply(1.0 - t, tf.log(1.0 - p))
    return tf.reduce_mean(-yes - no)


# %% notes
def answers():
    return dict(labels="sparse", softmax=False, logits=1 / 10, ring="about half")


# %% layer
def layer(X, units, name, bend=None):
    n = X.get_shape().as_list()[-1]
    with tf.name_scope(name):
        start = tf.truncated_normal((n, units), stddev=2 / n ** 0.5)
        W = tf.Variable(start, name="weights")
        b = tf.Variable(tf.constant(0.0, shape=[units]), name="biases")
        out = tf.nn.bias_add(tf.matmul(X, W), b)
        if bend is not None:
            out = bend(out)
        return out


# %% network
def network(x, sizes, bend):
    last = len(sizes) - 1
    for i, n in enumerate(sizes):
        x = tf.layers.dense(x, n, activation=None if i == last else bend, name="fc%d" % i)
    return x


# %% loop
def fit(sess, step, loss, feeds, epochs):
    history = []
    for epoch in range(epochs):
        total = 0.0
        for feed in feeds:
            found = sess.run({"loss": loss, "train": step}, feed_dict=feed)
            total += found["loss"]
        history.append(total / len(feeds))
    return history
