# %% order
def cost(order, sales, too_few, too_many):
    total = 0
    for s in sales:
        total += (s - order) * too_few if s > order else (order - s) * too_many
    return total / len(sales)

def share(too_few, too_many):
    return 1 - too_many / (too_few + too_many)

def best(sales, too_few, too_many):
    s = sorted(sales)
    losses = [cost(o, sales, too_few, too_many) for o in s]
    return s[losses.index(min(losses))]


# %% loss
def shop_loss(y, t, too_few, too_many):
    if list(y.get_shape().as_list()) != list(t.get_shape().as_list()):
        raise ValueError("y has the shape %s, t has %s" % (y.get_shape(), t.get_shape()))
    over = tf.nn.relu(y - t)
    under = tf.nn.relu(t - y)
    return tf.reduce_sum(float(too_many) * over) + tf.reduce_sum(float(too_few) * under)


# %% neuron
def sigmoid(z):
    return 1 / (1 + np.exp(-z))

def slopes_squared(w, b, x, y):
    dw = db = 0.0
    n = len(x)
    for xi, yi in zip(x, y):
        a = sigmoid(w * xi + b)
        d = (a - yi) * a * (1 - a)
        dw += d * xi / n
        db += d / n
    return dw, db

def slopes_cross_entropy(w, b, x, y):
    a = sigmoid(w * x + b)
    return np.dot(a - y, x) / x.size, np.average(a - y)


# %% notes
def answers():
    return {"unit": "Adam", "turned": "AdaGrad", "first": 0.1, "lowest": float(np.log(2))}


# %% optimizer
def adam(slopes, start, rate, beta1=0.9, beta2=0.999, epsilon=1e-8):
    slopes = np.asarray(slopes, dtype=float)
    out = np.empty((len(slopes) + 1, slopes.shape[1]))
    out[0] = start
    m = np.zeros(slopes.shape[1])
    v = np.zeros(slopes.shape[1])
    for i in range(len(slopes)):
        m += (1 - beta1) * (slopes[i] - m)
        v += (1 - beta2) * (slopes[i] * slopes[i] - v)
        lr = rate * np.sqrt(1 - beta2 ** (i + 1)) / (1 - beta1 ** (i + 1))
        out[i + 1] = out[i] - lr * m / (v ** 0.5 + epsilon)
    return out


# %% counter
def walk(steps, rate, decay):
    graph = tf.Graph()
    with graph.as_default():
        gs = tf.train.get_or_create_global_step()
        x = tf.Variable(5.0)
        lr = tf.train.exponential_decay(rate, gs, 1, decay, staircase=True)
        go = tf.train.GradientDescentOptimizer(lr).minimize(x * x, global_step=gs)
        init = tf.global_variables_initializer()
    rows = []
    with tf.Session(graph=graph) as sess:
        sess.run(init)
        while len(rows) < steps:
            sess.run(go)
            a, b = sess.run([x, lr])
            rows.append((a, b))
    return rows


# %% schedule
def watched(losses, rate, patience, factor):
    rates = []
    quiet = 0
    for i in range(len(losses)):
        if quiet > 0:
            quiet -= 1
        else:
            old = losses[: max(0, i + 1 - patience)]
            if old:
                recent = losses[i + 1 - patience : i + 1]
                if min(recent) >= min(old):
                    rate = rate * factor
                    quiet = patience
        rates.append(rate)
    return rates

def reach(rate, decay):
    return rate * 1 / (1 - decay)
