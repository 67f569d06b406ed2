# %% count
def maps_out(ones, threes, fives, pooled):
    return sum([ones, threes[-1], fives[-1], pooled])

def _road(channels, steps):
    total, now = 0, channels
    for k, maps in steps:
        total += k * k * now * maps
        now = maps
    return total

def weights(channels, ones, threes, fives, pooled):
    a, b = threes
    c, d = fives
    return (_road(channels, [(1, ones)]) + _road(channels, [(1, a), (3, b)]) + _road(channels, [(1, c), (5, d)])
            + _road(channels, [(1, pooled)]))

def saved(channels, threes, fives):
    plain = _road(channels, [(3, threes[1])]) + _road(channels, [(5, fives[1])])
    return plain - _road(channels, [(1, threes[0]), (3, threes[1])]) - _road(channels, [(1, fives[0]), (5, fives[1])])


# %% cut
def together(column, row):
    return [[c * r for r in row] for c in column]

def can_be_cut(kernel):
    kernel = np.asarray(kernel, float)
    s = np.linalg.svd(kernel, compute_uv=False)
    if len(s) < 2 or s[0] == 0:
        return True
    return bool(s[1] <= 1e-9 * s[0])


# %% notes
def answers():
    return dict(best="v4", counted="top-5 of an ensemble", maps=320 + 768 + 768 + 192, fails="training", stride=3)


# %% build
def inception(x, kernels):
    def conv(h, name):
        return tf.nn.relu(tf.nn.conv2d(h, kernels[name], strides=[1, 1, 1, 1], padding="SAME"))
    roads = [conv(x, "ones")]
    roads.append(conv(conv(x, "narrow3"), "threes"))
    roads.append(conv(conv(x, "narrow5"), "fives"))
    pool = tf.layers.max_pooling2d(x, 3, 1, padding="same")
    roads.append(conv(pool, "pooled"))
    return tf.concat(roads, 3)


# %% bug
def residual(x, first, second):
    h = tf.nn.conv2d(x, first, strides=1, padding="SAME")
    h = tf.maximum(h, 0.0)
    h = tf.nn.conv2d(h, second, strides=1, padding="SAME")
    h = tf.add(h, x)
    return tf.maximum(h, 0.0)


# %% transfer
def hand_on(old, new):
    n = len(new.layers)
    for i in range(n - 1):
        new.layers[i].set_weights(old.layers[i].get_weights())
        new.layers[i].trainable = False
    return int(sum(w.size for w in new.layers[-1].get_weights()))
