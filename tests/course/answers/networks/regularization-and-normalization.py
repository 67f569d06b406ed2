# %% price
def l1(weights, scale):
    return scale * sum(abs(w) for w in np.ravel(weights))

def l2(weights, scale):
    flat = np.ravel(weights)
    return 0.5 * scale * np.dot(flat, flat)

l2_slope = lambda weights, scale: np.multiply(weights, scale)
for_keras = lambda scale: 0.5 * scale


# %% claims
def answers():
    return {
        "self": 1,
        "shadow": 5 - 0.1 * 5,
        "descent": sorted({"gamma", "beta"}),
        "old": 90,
        "units": 256 - 256 * 0.45,
        "zeros": "L1",
    }


# %% drop
def dropout(h, rate, draws, training):
    if not training:
        return h
    out = h.copy()
    for place, draw in np.ndenumerate(draws):
        out[place] = 0 if draw < rate else h[place] / (1 - rate)
    return out


# %% box
def get_weight(shape, scale):
    w = tf.get_variable(f"w{len(tf.global_variables())}", initializer=tf.random_normal(shape))
    if scale is None:
        return w
    tf.get_default_graph().add_to_collection("losses", scale * tf.nn.l2_loss(w))
    return w

def total(fit):
    tf.add_to_collection("losses", fit)
    cost = 0.0
    for price in tf.get_collection("losses"):
        cost = cost + price
    return cost


# %% norm
def normalize(z, gamma, beta, mean, variance, training, momentum=0.9):
    if not training:
        return gamma / np.sqrt(variance + 1e-3) * (z - mean) + beta, mean, variance
    m = sum(z) / len(z)
    v = sum((z - m) ** 2) / len(z)
    scaled = [gamma * (row - m) / (v + 1e-3) ** 0.5 + beta for row in z]
    return np.array(scaled), mean + (1 - momentum) * (m - mean), variance + (1 - momentum) * (v - variance)


# %% shadow
import itertools
import math

def shadows(values, decay, start=0.0):
    def blend(shadow, told):
        n, value = told
        d = min(decay, (1 + n) / (10 + n))
        return value + d * (shadow - value)
    return list(itertools.accumulate(enumerate(values), blend, initial=start))[1:]

def half_life(decay):
    return math.log(0.5, decay)
