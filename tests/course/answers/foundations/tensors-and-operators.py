# %% meet
def meet(a, b):
    out = []
    a, b = list(a), list(b)
    while a or b:
        m = a.pop() if a else 1
        n = b.pop() if b else 1
        if 1 not in (m, n) and m != n:
            return None
        out.insert(0, n if m == 1 else m)
    return tuple(out)


# %% believe
def beliefs():
    return {
        "stuck": 2 ** 11,
        "slices": 4,
        "sum": 1 + 2 + 2 * 4,
        "truncatemod": -1,
        "div": -9 // 4,
        "last of lin_space": 12.0,
        "last of range": list(range(0, 12, 3))[-1],
    }


# %% loss
def flat(x):
    return dk.reshape(dk.tensor(x), (-1,))

def safe_error(predictions, labels):
    said, true = flat(predictions), flat(labels)
    if said.shape[0] != true.shape[0]:
        raise ValueError(f"{said.shape} predictions for {true.shape} labels")
    return dk.reduce_sum((said - true) ** 2) / float(said.shape[0])


# %% distances
def squared(p, q):
    apart = tf.expand_dims(p, 1) - tf.expand_dims(q, 0)
    return tf.reduce_sum(apart * apart, -1)

def distances(p, q):
    return squared(p, q) ** 0.5

def nearest(p, q):
    return tf.nn.top_k(-squared(p, q), k=1).indices[:, 0]


# %% onehot
def one_hot(labels, classes):
    return tf.gather(tf.eye(classes), labels)

def pick(table, labels):
    places = tf.stack([tf.range(tf.shape(labels)[0]), labels], axis=1)
    return tf.gather_nd(table, places)


# %% gap
def gap(x, kind):
    number = np.dtype(kind).type
    x, k = number(x), 30
    arrived = x
    while True:
        there = x + number(2.0 ** k)
        if there == x:
            return float(arrived) - float(x)
        arrived, k = there, k - 1


# %% curve
def powers(t, degree):
    return tf.expand_dims(t, 1) ** tf.constant([list(range(degree + 1))], dtype=tf.float64)

def fit(t, y, degree):
    q, r = tf.qr(powers(t, degree))
    c = tf.matrix_triangular_solve(r, tf.matmul(q, tf.reshape(y, [-1, 1]), transpose_a=True), lower=False)
    return tf.squeeze(c, axis=[1])
