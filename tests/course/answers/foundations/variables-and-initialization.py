# %% believe
def beliefs():
    steps = 100
    return {"inner reuse": True, "closed": False, "fed": 5, "one session": 2 * steps, "threads": steps}


# %% setter
def make_setter(variable):
    place = tf.placeholder(variable.dtype.base_dtype, variable.get_shape().as_list())
    set_it = tf.group(variable.assign(place))
    return place, set_it


# %% sizes
import math

def limit(n_in, n_out):
    return math.sqrt(6) / math.sqrt(n_in + n_out)

def stddev(n_in, n_out, rule):
    fans = {"xavier": n_in + n_out, "he": n_in}
    return (2 / fans[rule]) ** 0.5

def after(layers, units, stddev):
    size = 1.0
    for _ in range(layers):
        size *= stddev * units ** 0.5
    return size


# %% bug
def two_units(X, w, b, v, c):
    """The sum of two rectified units."""
    z1 = tf.add(tf.matmul(X, w), b, name="z1")
    z2 = tf.add(tf.matmul(X, v), c, name="z2")
    relu1 = tf.maximum(z1, 0.0, name="relu1")
    relu2 = tf.nn.relu(z2, name="relu2")
    return tf.add_n([relu1, relu2], name="output")


# %% share
def units(X, count):
    made = []
    for k in range(count):
        with tf.variable_scope("shared", reuse=tf.AUTO_REUSE):
            t = tf.get_variable("threshold", [], initializer=tf.constant_initializer(0.0))
        w = tf.get_variable(f"own{k}", [int(X.shape[1]), 1], initializer=tf.random_uniform_initializer(-1, 1))
        z = tf.matmul(X, w)
        made.append(tf.where(z > t, z, t + tf.zeros_like(z)))
    return made
