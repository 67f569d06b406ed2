# %% believe
def beliefs():
    sizes = [784, 300, 150, 300, 784]
    free = sum(a * b for a, b in zip(sizes, sizes[1:]))
    return {"moves": "shuffle", "high": "examples", "over": "copies", "perfect": "unknown", "linear": "plane", "tied": free // 2,
            "free": free}


# %% tied
def through(x, w1, w2, biases):
    def elu(v):
        out = np.array(v, dtype=float)
        low = out < 0
        out[low] = np.exp(out[low]) - 1
        return out
    code = elu(elu(x.dot(w1) + biases[0]).dot(w2) + biases[1])
    back = elu(code.dot(w2.T) + biases[2]).dot(w1.T) + biases[3]
    return code, back


# %% slope
def slope(x, w):
    n = x.size
    code = x @ w
    error = code @ w.T - x
    total = np.zeros(w.shape)
    for row, c, e in zip(x, code, error):
        total += np.outer(row, e @ w) + np.outer(e, c)
    return 2 * total / n


# %% freeze
def phase_two(hidden1, hidden3, middle, rate):
    error = tf.losses.mean_squared_error(hidden1, hidden3)
    opt = tf.train.GradientDescentOptimizer(rate)
    pairs = opt.compute_gradients(error, middle)
    return error, opt.apply_gradients(pairs)


# %% strange
def strangest(rebuild, examples, count):
    back = rebuild(examples)
    scored = []
    for i in range(len(examples)):
        scored.append((np.mean((back[i] - examples[i]) ** 2), i))
    scored.sort(reverse=True)
    return [i for _, i in scored[:count]]


# %% dream
def divergence(v, h, dream, again):
    n = len(v)
    total = 0
    for i in range(n):
        total = total + np.outer(v[i], h[i]) - np.outer(dream[i], again[i])
    return total / n
