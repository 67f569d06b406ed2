# %% gates
def gate(name):
    return {"NOR": ([-1, -1], 0), "implies": ([-1.0, 1.0], 0.0), "majority": ([2] * 5, -6), "veto": ([1, 1, -3], -1)}[name]


# %% corrections
def perceptron(X, t, most=100):
    X = np.asarray(X, float)
    n, d = X.shape
    w = [0.0] * (d + 1)
    count = 0
    for _ in range(most):
        clean = True
        for row, target in zip(X, t):
            z = w[d]
            for j in range(d):
                z += w[j] * row[j]
            y = 1 if z >= 0 else 0
            if y != target:
                clean = False
                count += 1
                for j in range(d):
                    w[j] += (target - y) * row[j]
                w[d] += target - y
        if clean:
            break
    return np.array(w), count


# %% questions
def answers():
    a = {}
    a["sigmoid"] = 6 * 0.5 * (1 - 0.5)
    a["tanh"] = 2
    a["relu"] = 0
    a["ten"] = 0.25 ** 10
    a["step"] = "nothing"
    a["output"] = "tanh"
    return a


# %% fold
def distance_network():
    W = 2.0 * np.array([[-1, 1], [1, -1]])
    return W, np.zeros(2), np.array([0.5, 0.5]), 0


# %% collapse
def collapse(weights, biases):
    def f(x):
        for A, a in zip(weights, biases):
            x = x @ A + a
        return x
    d = len(weights[0])
    b = f(np.zeros(d))
    W = np.array([f(row) - b for row in np.eye(d)])
    return W, b


# %% bug
def scores(x, W, b, V, c):
    h = tf.maximum(tf.matmul(x, W) + b, 0.0)
    return c + tf.matmul(h, V)


# %% own
@dk.register
class Bend(dk.Op):
    """x / (1 + |x|), number by number."""

    kinds = "f"

    def shape(self, x):
        return x

    def forward(self, xp, x):
        return xp.where(x >= 0, x / (1 + abs(x)), x / (1 - x))

    def gradient(self, dy, y, x):
        d = dk.abs(x) + 1.0
        return dy * (1.0 / (d * d))
