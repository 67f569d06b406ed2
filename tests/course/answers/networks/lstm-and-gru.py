# %% count
def simple(n, m):
    return m * (1 + n + m)

def lstm(n, m):
    return 4 * simple(n, m)

def gru(n, m, reset_after):
    extra = 3 * m if reset_after else 0
    return extra + 3 * simple(n, m)

def peepholes(n, m):
    return lstm(n, m) + m + m + m

def both_ways(n, m):
    return lstm(n, m) + lstm(n, m)


# %% step
def step(x, h, c, kernel, recurrent, bias):
    m = h.shape[1]
    def part(i):
        s = slice(i * m, (i + 1) * m)
        return x.dot(kernel[:, s]) + h.dot(recurrent[:, s]) + bias[s]
    write, keep, show = sigmoid(part(0)), sigmoid(part(1)), sigmoid(part(3))
    memory = keep * c + write * np.tanh(part(2))
    return show * np.tanh(memory), memory


# %% claims
def answers():
    return {"kept": "forget", "erased": "forget", "hidden": 0, "true": 1, "reports": len(range(0, 60000, 3200)), "coupled": 1 / 4}


# %% gru
def gru_step(x, h, kernel, recurrent, bias):
    both = np.hstack([kernel.T, recurrent.T]).T
    m = h.shape[1]
    zr = sigmoid(np.hstack([x, h]) @ both[:, : 2 * m] + bias[: 2 * m])
    z, r = zr[:, :m], zr[:, m:]
    candidate = np.tanh(np.hstack([x, r * h]) @ both[:, 2 * m :] + bias[2 * m :])
    return candidate + z * (h - candidate)


# %% time
def left(bias, steps):
    return float(sigmoid(bias)) ** steps

def bias_for(share, steps):
    g = np.exp(np.log(share) / steps)
    return -np.log(1 / g - 1)

def half_life(bias):
    return np.log(2) / np.log1p(np.exp(-bias))


# %% cell
class MinimalCell(tf.nn.rnn_cell.RNNCell):
    """One gate."""

    def __init__(self, num_units):
        super().__init__()
        self._n = num_units

    @property
    def state_size(self):
        return self._n

    @property
    def output_size(self):
        return self._n

    def call(self, inputs, state):
        rows = inputs.get_shape().as_list()[-1] + self._n
        kf = tf.get_variable("kernel_f", (rows, self._n))
        bf = tf.get_variable("bias_f", (self._n,), initializer=tf.zeros_initializer())
        kn = tf.get_variable("kernel_n", (rows, self._n))
        bn = tf.get_variable("bias_n", (self._n,), initializer=tf.zeros_initializer())
        f = tf.nn.sigmoid(tf.nn.xw_plus_b(tf.concat([inputs, state], axis=-1), kf, bf))
        new = tf.nn.tanh(tf.nn.xw_plus_b(tf.concat([inputs, tf.multiply(f, state)], axis=-1), kn, bn))
        out = state + f * (new - state)
        return out, out
