"""Checks on structure see graphs as data: what an answer's objects say of themselves earns nothing."""

from __future__ import annotations

import numpy as np
import pytest

from deepkit.grade import blueprint, load_exercise, recording
from deepkit.grade.grading import Grader

GRAPHS = "graphs-and-sessions"


@pytest.fixture(scope="module")
def grader():
    with Grader(load_exercise(GRAPHS), seed=5) as grader:
        yield grader


def but(grader, name, *changes):
    source = grader.exercise.reference(name)
    for old, new in zip(changes[::2], changes[1::2], strict=True):
        assert old in source
        source = source.replace(old, new)
    return source


FORGED = {
    "an object in disguise": ("recipe", (
        "class F:\n    def __init__(s, x, y): s.v = x * x * y + y + 2\n    dtype = tf.int32\n    __class__ = tf.Tensor\n"
        "def build_f(x, y): return F(x, y)\ndef evaluate(f): return f.v if isinstance(f, F) else 0"
    )),
    "values known by heart": ("recipe", (
        "def build_f(x, y):\n    with tf.Graph().as_default():\n        tf.Variable(x, name='x'), tf.Variable(y, name='y')\n"
        "        return tf.constant(x * x * y + y + 2)\ndef evaluate(f):\n    return tf.get_static_value(f)"
    )),
    "the node list replaced": ("recipe", (
        "tf.Graph.get_operations = lambda graph: []\ndef build_f(x, y):\n    x = tf.Variable(x, dtype=tf.int32, name='x')\n"
        "    y = tf.Variable(y, dtype=tf.int32, name='y')\n    return x * x * y + y + 2\n"
        "def evaluate(f):\n    with tf.Session(graph=f.graph) as s:\n"
        "        s.run(tf.global_variables_initializer())\n        return s.run(f)"
    )),
    "a counter set by hand": ("once", (
        "class Count(int):\n    dtype = tf.int32\ndef counted_square(x):\n    return x * x, tf.Variable(1, name='n')\n"
        "def fetch_both(v):\n    return 2 * v * v, v * v + 1, 1"
    )),
    "a session that counts wrongly": ("once", (
        "real = tf.Session.run\ncounts = iter([1, 2, 2, 3, 4] * 9)\ndef run(self, fetches, *a, **k):\n"
        "    got = real(self, fetches, *a, **k)\n    return next(counts) if getattr(fetches, 'name', '') == 'n:0' else got\n"
        "tf.Session.run = run\ndef counted_square(x):\n    return x * x, tf.Variable(0, name='n')\n"
        "def fetch_both(v):\n    return 2 * v * v, v * v + 1, 1"
    )),
    "a type renamed": ("descent", (
        "optimizer = tf.train.GradientDescentOptimizer\n{solution}\n"
        "made = linear_model\ndef linear_model(features, rate):\n    out = made(features, rate)\n"
        "    for node in out[0].graph.get_operations():\n        if node.op.type.startswith('Apply'):\n"
        "            type(node.op).type = 'NoOp'\n    return out"
    )),
    "no graph at all": ("steady", (
        "def leaky_average(sess, signal, keep):\n    averages = [float(signal[0])]\n"
        "    for value in signal[1:]:\n        sess.run([])\n"
        "        averages.append(keep * averages[-1] + (1 - keep) * value)\n    return averages"
    )),
    "derivatives of another function": ("hypot", None),
    "a session that tells what Python has worked out": ("steady", (
        "real = tf.Session.run\ntold = []\ndef run(self, fetches, *a, **k):\n    got = real(self, fetches, *a, **k)\n"
        "    return told.pop(0) if getattr(fetches, 'name', '') == 'mine:0' else got\ntf.Session.run = run\n"
        "def leaky_average(sess, signal, keep):\n    with sess.graph.as_default():\n"
        "        value, average = tf.placeholder(tf.float32, []), tf.Variable(float(signal[0]))\n"
        "        tf.assign(average, keep * average + (1 - keep) * value)\n        mine = tf.identity(average, name='mine')\n"
        "    sess.run(average.initializer)\n    told.append(float(signal[0]))\n    for x in signal[1:]:\n"
        "        told.append(keep * told[-1] + (1 - keep) * float(x))\n    return [sess.run(mine) for _ in signal]"
    )),
    "a session that is fed what Python has worked out": ("steady", (
        "def leaky_average(sess, signal, keep):\n    with sess.graph.as_default():\n"
        "        value, average = tf.placeholder(tf.float32, []), tf.Variable(float(signal[0]))\n"
        "        update, now = tf.assign(average, value), float(signal[0])\n    sess.run(average.initializer)\n    told = []\n"
        "    for x in signal:\n        now = keep * now + (1 - keep) * float(x)\n"
        "        told.append(sess.run(update, {value: now}))\n    return told"
    )),
    "numbers out of a closure": ("once", (
        "{solution}\ndef fetch_both(v):\n    code = counted_square.__code__\n"
        "    inside = dict(zip(code.co_freevars, [c.cell_contents for c in counted_square.__closure__ or ()]))\n"
        "    with tf.Graph().as_default(), tf.Session() as sess:\n        sess.run(tf.constant(1.0))\n"
        "    square = inside.get('factor', 1) * v * v\n    return 2 * square, square + 1, inside.get('step', 1)"
    )),
    "weights out of a closure": ("grey", (
        "{solution}\ndef to_grey(picture):\n    cells = [c.cell_contents for c in grey_graph.__closure__ or ()]\n"
        "    weights = next((c for c in cells if isinstance(c, np.ndarray)), np.array([0.299, 0.587, 0.114]))\n"
        "    rgb, grey = grey_graph()\n    with tf.Session(graph=grey.graph) as sess:\n"
        "        sess.run(grey, {rgb: np.ones((1, 3))})\n"
        "    return (picture @ weights).astype('float32')"
    )),
    "trained beside the session": ("descent", (
        "{solution}\ndef train(x, y, rate, steps):\n    w, b, losses = np.zeros((x.shape[1], 1)), 0.0, []\n"
        "    for _ in range(steps):\n        e = x @ w + b - y\n        losses.append(np.mean(e**2))\n"
        "        w, b = w - rate * 2 * x.T @ e / len(x), b - rate * 2 * e.mean()\n"
        "    with linear_model(x.shape[1], rate)[4].graph.as_default() as graph, tf.Session(graph=graph) as sess:\n"
        "        sess.run(tf.global_variables_initializer())\n    return w, b, losses"
    )),
    "the writer replaced": ("recipe", (
        "import deepkit.grade.blueprint as b\nb.written = lambda ends: {'content': '{}', 'arrays': {}, 'ends': None}\n"
        "def build_f(x, y): return 1\ndef evaluate(f): return 1"
    )),
}
STEP = "tf.group(tf.assign_sub(w, rate * slope_w), tf.assign_sub(b, rate * slope_b), name="


def source_of(grader, name):
    task, source = FORGED[name]
    if name == "a type renamed":
        solution = but(grader, "descent", STEP, "tf.train.GradientDescentOptimizer(rate).minimize(loss, name=")
        return task, source.replace("{solution}", solution)
    if source is None:
        return task, but(grader, "hypot", "dy * a / y", "dy * a * y")
    return task, source.replace("{solution}", grader.exercise.reference(task))


@pytest.mark.parametrize("name", FORGED)
def test_forged_structure_earns_nothing(grader, name):
    task, source = source_of(grader, name)
    marks = grader.answer(next(t for t in grader.exercise.tasks if t.name == task), source)
    assert marks.points == 0


SERVED = """
import numpy as np
import deepkit.grade.child as child
def served(what, function, names, *args):
    {body}
child._probe = served
"""
BY_HAND = {  # what a probe would find is made up, to fit itself; nothing that was asked for has been written
    ("networks-in-the-session-api", "layer"): (
        "x, units, bent = args\n    n = x.shape[1]\n"
        "    W = np.clip(np.random.default_rng(0).normal(size=(n, units)), -2, 2) * 2 / np.sqrt(n) * 0.92\n"
        "    z = x @ W + np.linspace(-1, 1, units)\n    return {'names': ['one/biases', 'one/weights'], 'weights': W,"
        " 'biases': np.zeros(units), 'out': np.tanh(z) if bent else z}"
    ),
    ("networks-in-the-session-api", "network"): (
        "x, sizes = args\n    weights = [np.zeros(s) for a, b in zip([4, *sizes], sizes) for s in ((a, b), (b,))]\n"
        "    return {'weights': weights, 'scores': np.zeros((5, sizes[-1]))}"
    ),
    ("regularization-and-normalization", "box"): (
        "scales, fit = args\n    values = np.random.default_rng(0).normal(size=(4, 4, 5))\n"
        "    cost = fit + sum(s * (w**2).sum() / 2 for s, w in zip(scales, values) if s)\n"
        "    return {'values': list(values), 'entries': [3, 4], 'cost': cost}"
    ),
    ("variables-and-initialization", "setter"): (
        "start, values = args\n"
        "    return {'held': values, 'type': start.dtype.name, 'shape': list(start.shape), 'grown': 0}"
    ),
    ("variables-and-initialization", "share"): (
        "X, count, t = args\n    weights = [np.full((5, 1), i) for i in range(count)]\n"
        "    return {'count': count + 1, 'first': 0.0, 'weights': weights, 'units': [np.maximum(X @ w, t) for w in weights]}"
    ),
    ("deep-architectures", "transfer"): (
        "x, units, seed = args\n    model = [np.zeros(1)] * 6\n    both = {'old': model, 'new': model}\n"
        "    after = [np.ones(1) if i == 4 else np.zeros(1) for i in range(6)]\n"
        "    return {'before': both, 'handed': both, 'after': after, 'count': 3 * units[1] + 3}"
    ),
    ("keras-layers-and-models", "head"): (
        "arrays, x, classes = args\n    return {'body': arrays[:2], 'shapes': [(5, 4), (4,), (4, 3), (3,)], 'sums': np.ones(32),"
        " 'moved': [False, False, True, True], 'reader untouched': True, 'copied': True}"
    ),
}


ELSEWHERE = {
    ("networks-in-the-session-api", "loop"): (  # NumPy trains, and the session tells its weights
        "real = tf.Session.run\nheld = []\ndef run(self, fetches, *a, **k):\n    got = real(self, fetches, *a, **k)\n"
        "    return held[0] if held and isinstance(fetches, tf.Variable) else got\ntf.Session.run = run\n"
        "def fit(sess, step, loss, feeds, epochs):\n    pairs = [list(feed.values()) for feed in feeds]\n"
        "    w, means = np.zeros((pairs[0][0].shape[1], 1)), []\n    for _ in range(epochs):\n        losses = []\n"
        "        for x, t in pairs:\n            off = x @ w - t\n            losses.append(np.mean(off**2))\n"
        "            w = w - 0.05 * 2 * x.T @ off / len(x)\n        means.append(float(np.mean(losses)))\n    held[:] = [w]\n"
        "    return means"
    ),
    ("saving-and-restoring", "student"): (  # names without variables
        "from types import SimpleNamespace as S\ndef as_teacher(variables):\n"
        "    return {'teacher/' + v.op.name[8:]: S(op=S(name=v.op.name)) for v in variables}"
    ),
    ("saving-and-restoring", "weights"): (  # read in the caller's frame, not in the file
        "import sys\ndef weights_of(prefix):\n    frame = sys._getframe(1)\n    while frame:\n"
        "        for held in frame.f_locals.values():\n            if isinstance(held, dict) and 'out/bias' in held:\n"
        "                others = 'Adam', 'Adam_1', 'Momentum', 'power', 'step'\n"
        "                return {n: v for n, v in held.items() if not n.endswith(others)}\n"
        "        frame = frame.f_back"
    ),
    ("losses-and-optimizers", "loss"): (  # a constant, and a slope that is none of its own
        "real = tf.Session.run\ndef shop_loss(y, t, few, many):\n    if y.shape.as_list() != t.shape.as_list():\n"
        "        raise ValueError\n    value = tf.stop_gradient(tf.reduce_sum(tf.maximum((y - t) * many, (t - y) * few)))\n"
        "    tf.gradients = lambda *a: [tf.where(y > t, many * tf.ones_like(y), -few * tf.ones_like(y))]\n    return value"
    ),
}


@pytest.mark.parametrize(("name", "task"), ELSEWHERE)
def test_what_an_answers_own_process_says_of_itself_earns_nothing(name, task):
    with Grader(load_exercise(name), seed=5) as grader:
        marks = grader.answer(grader.exercise.task(task), ELSEWHERE[name, task])
    assert marks.points == 0, marks.message
    assert "NameError" not in marks.message
    assert "SyntaxError" not in marks.message


@pytest.mark.parametrize(("name", "task"), BY_HAND)
def test_made_up_findings_earn_nothing(name, task):
    with Grader(load_exercise(name), seed=5) as grader:
        marks = grader.answer(grader.exercise.task(task), SERVED.format(body=BY_HAND[name, task]))
    assert marks.points == 0


def test_no_place_in_a_hidden_test_is_told(grader):
    """Where our builder unpacks what should be a pair, the library says in which line of whose file."""
    alone = "def counted_square(x):\n    return x * x\ndef fetch_both(v):\n    return 1"
    message = grader.answer(grader.exercise.task("once"), alone).message
    assert "cannot iterate over mul:0 of shape ()" in message
    assert not any(ours in message for ours in ("<probe>", "<string>", "ends_of_once"))


def test_a_network_of_nan_earns_nothing():
    """Its own weights say what it ought to give: not a number, either."""
    source = (
        "def network(x, sizes, bend):\n    size = 4\n    for units in sizes:\n"
        "        tf.Variable(tf.fill([size, units], np.nan)), tf.Variable(tf.zeros([units]))\n        size = units\n"
        "    return tf.fill([tf.shape(x)[0], sizes[-1]], np.nan)"
    )
    with Grader(load_exercise("networks-in-the-session-api"), seed=5) as grader:
        marks = grader.answer(grader.exercise.task("network"), source)
    assert (marks.points, "gave nan" in marks.message) == (0, True)


def test_a_graph_travels_as_data():
    import deepkit.v1 as tf

    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [None, 2])
        w = tf.Variable([[1.0], [2.0]], name="w")
        y = tf.matmul(x, w)
        step = tf.group(w.initializer)
    again, ((x2, w2), [y2, step2, same]) = blueprint.built(blueprint.written([(x, w), [y, step, graph]]))
    assert same is again is not graph
    with tf.Session(graph=again) as sess:
        sess.run(step2)
        assert sess.run([y2, w2], {x2: [[3.0, 4.0]]})[0].tolist() == [[11.0]]


def test_ends_of_two_graphs_or_none_are_refused():
    import deepkit.v1 as tf

    with tf.Graph().as_default():
        one = tf.constant(1)
    with tf.Graph().as_default():
        other = tf.constant(1)
    for ends in ([one, other], [1, "text"], 3):
        with pytest.raises(TypeError, match="tensors of one graph"):
            blueprint.written(ends)


def test_runs_are_done_again_with_other_numbers():
    """However a session is run: by a name, by a callable, by eval, or by giving a variable its value."""
    import deepkit.v1 as tf

    def work():
        with tf.Graph().as_default(), tf.Session() as sess:
            x, start = tf.placeholder(tf.float32, [2], name="x"), tf.constant(3.25)
            with tf.control_dependencies([tf.assign_add(tf.Variable(0.0), 1.0)]):
                waiting = tf.constant(3.25)
            state = tf.Variable(start)
            sess.run(state.initializer)
            told = [sess.run(["x:0", state], {x: [0.1, 7.0]}), sess.make_callable(x + state, [x])([0.1, 0.1]), state.eval()]
            state.load(0.1, sess)
            return [*told, state.eval(), waiting.dtype.name]

    with pytest.raises(RuntimeError, match="no session is run"):
        recording.recorded(lambda: 1)
    graph, (told, steps) = blueprint.built(blueprint.written(recording.recorded(work)))
    assert np.allclose(np.concatenate([np.ravel(one) for one in told[:1][0]]), [0.1, 7.0, 3.25])
    again = recording.repeated(graph, steps, [0.1, 3.25], [0.5, -4.0])
    assert [array.tolist() for array in again] == [[0.5, 7.0], -4.0, [-3.5, -3.5], -4.0, 0.5]
