# %% recipe
def build_f(x_start, y_start):
    kitchen = tf.Graph()
    with kitchen.as_default():
        x = tf.get_variable("x", shape=(), dtype=tf.int32, initializer=tf.constant_initializer(x_start))
        y = tf.Variable(y_start, name="y", dtype=tf.int32)
        return y * (x ** 2 + 1) + 2


def evaluate(f):
    sess = tf.Session(graph=f.graph)
    for v in f.graph.get_collection(tf.GraphKeys.GLOBAL_VARIABLES):
        sess.run(v.initializer)
    value = f.eval(session=sess)
    sess.close()
    return value


# %% grey
def grey_graph():
    with tf.Graph().as_default():
        rgb = tf.placeholder(tf.float32, (None, 3))
        r, g, b = tf.unstack(rgb, axis=1)
        return rgb, r * 0.299 + g * 0.587 + b * 0.114


def to_grey(picture):
    rgb, grey = grey_graph()
    rows = []
    with tf.Session(graph=rgb.graph) as sess:
        for row in picture:
            rows.append(sess.run(grey, feed_dict={rgb: row}))
    return np.array(rows).reshape(np.shape(picture)[:2])


# %% once
def counted_square(x):
    evaluations = tf.get_variable("evaluations", [], tf.int32, tf.zeros_initializer())
    more = evaluations.assign_add(1)
    with tf.get_default_graph().control_dependencies([more.op]):
        squared = tf.square(x)
    return squared, evaluations


def fetch_both(value):
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32)
        squared, evaluations = counted_square(x)
        wanted = {"doubled": squared + squared, "plus": 1 + squared}
        init = tf.global_variables_initializer()
    with tf.Session(graph=graph) as sess:
        init.run()
        got = sess.run(wanted, {x: value})
        return [got["doubled"], got["plus"], evaluations.eval()]


# %% descent
def linear_model(features, rate):
    graph = tf.Graph()
    with graph.as_default():
        y = tf.placeholder(tf.float32, [None, 1])
        x = tf.placeholder(tf.float32, [None, features])
        b = tf.Variable(0.0)
        w = tf.Variable(np.zeros((features, 1), np.float32))
        loss = tf.reduce_mean(tf.squared_difference(tf.matmul(x, w) + b, y))
        slopes = tf.gradients(loss, [b, w])
        with tf.control_dependencies(slopes):
            moves = [v.assign_sub(rate * s) for v, s in zip([b, w], slopes)]
        with tf.control_dependencies(moves):
            step = tf.no_op()
    return x, y, w, b, loss, step


def train(x_data, y_data, rate, steps):
    x, y, w, b, loss, step = linear_model(np.shape(x_data)[1], rate)
    data = {x: x_data, y: y_data}
    losses = []
    with tf.Session(graph=step.graph) as sess:
        sess.run([w.initializer, b.initializer])
        while len(losses) < steps:
            losses.append(sess.run(loss, data))
            sess.run(step, data)
        return (*sess.run((w, b)), losses)


# %% accounts
def make_account(rate):
    with tf.Graph().as_default() as graph:
        balance = tf.get_variable("balance", shape=[], initializer=tf.zeros_initializer())
        amount = tf.placeholder(tf.float32, [], "amount")
        tf.assign(balance, balance + amount, name="deposit")
        tf.assign_add(balance, rate * balance, name="interest")
        with tf.control_dependencies([tf.assign(balance, 0.0)]):
            tf.no_op("open")
    return graph


def open_account(graph):
    sess = tf.Session(graph=graph)
    sess.run(graph.get_operation_by_name("open"))
    return sess


def move(amount, source, target):
    for signed, sess in ((-amount, source), (amount, target)):
        place = sess.graph.get_tensor_by_name("amount:0")
        sess.run("deposit:0", {place: signed})


# %% steady
def leaky_average(sess, signal, keep):
    with sess.graph.as_default():
        value = tf.placeholder(tf.float32, [])
        kept = tf.get_variable("kept", initializer=tf.constant(signal[0], tf.float32))
        up = kept.assign_sub((1 - keep) * (kept - value))
    kept.initializer.run(session=sess)
    averages = []
    for number in signal:
        sess.run(up.op, {value: number})
        averages.append(float(kept.eval(session=sess)))
    return averages


# %% hypot
@dk.register
class Hypot(dk.Op):
    """The distance sqrt(a*a + b*b) of the point (a, b) from the origin."""

    kinds = "f"

    def shape(self, a, b):
        return broadcast(b, a)

    def forward(self, xp, a, b):
        a, b = xp.abs(a), xp.abs(b)
        far, near = xp.maximum(a, b), xp.minimum(a, b)
        safe = xp.where(far > 0, far, xp.ones_like(far))
        return far * xp.sqrt(1 + (near / safe) ** 2)

    def gradient(self, dy, y, a, b):
        share = dk.divide(dy, y)
        return tuple(dk.unbroadcast(share * one, one, other) for one, other in ((a, b), (b, a)))


def hypot(a, b, name=None):
    """A tensor with the distance of each point (a, b) from the origin."""
    return dk.apply(Hypot(), a, b, name=name)
