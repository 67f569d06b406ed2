# %% believe
def beliefs():
    kept = list(range(1, 26))[-10:]
    return {"exists": True, "megabytes": 4 * 3, "undone": 1, "partial": False, "imported": False, "oldest": kept[0]}


# %% weights
def weights_of(prefix):
    reader = tf.train.NewCheckpointReader(prefix)
    found = {}
    for name in reader.get_variable_to_shape_map():
        *_, end = name.split("/")
        if end in {"Adam", "Adam_1", "Momentum"} or name in {"beta1_power", "beta2_power", "global_step"}:
            continue
        found[name] = reader.get_tensor(name)
    return found


# %% common
def restore_common(sess, prefix):
    there = dict(tf.train.list_variables(prefix))
    names = []
    with sess.graph.as_default():
        for v in tf.global_variables():
            if there.get(v.op.name) == v.shape.as_list():
                v.load(tf.train.load_variable(prefix, v.op.name), sess)
                names.append(v.op.name)
            else:
                sess.run(v.initializer)
    names.sort()
    return names


# %% student
def as_teacher(variables):
    pairs = {}
    for v in variables:
        _, rest = v.op.name.split("/", 1)
        pairs["/".join(["teacher", rest])] = v
    return pairs


# %% bug
def night(prefix, steps):
    """The value of w after this night."""
    with tf.Graph().as_default(), tf.Session() as sess:
        w = tf.Variable(0.0, name="w")
        up = tf.assign_add(w, 1.0)
        saver = tf.train.Saver()
        sess.run(w.initializer)
        if tf.train.latest_checkpoint(os.path.dirname(prefix)):
            saver.restore(sess, prefix)
        for _ in range(steps):
            sess.run(up)
        saver.save(sess, prefix)
        return float(sess.run(w))


# %% safe
from pathlib import Path

def save_array(path, array):
    path = Path(path)
    number, name = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(number, "wb") as file:
        np.save(file, array)
    Path(name).rename(path)

def load_array(path):
    with open(path, "rb") as file:
        return np.load(file)
