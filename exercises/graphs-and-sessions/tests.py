"""Checks of the exercise on graphs, sessions, fetch and feed: what is asked of each answer, and answers that fail."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from deepkit.errors import GradingError
from deepkit.grade import Answer, WrongAnswer, close, equal, judge_op, task
from deepkit.grade.notebook import read_cells

SOLUTIONS = {cell.grade_id: cell.source for cell in read_cells(Path(__file__).with_name("master.ipynb"))}


def but(name: str, *changes: str) -> str:
    """Our solution of the task `name` with texts replaced: old, new, old, new, ..."""
    source = SOLUTIONS[name]
    for old, new in zip(changes[::2], changes[1::2], strict=True):
        if old not in source:
            raise GradingError(f"wrong answer for {name}: our solution does not contain {old!r}")
        source = source.replace(old, new)
    return source


SINGLE = {"rtol": 1e-4, "atol": 1e-5}  # float32 beside our float64

# ---- 1: the recipe and the meal


def cook(names, x_start, y_start, x_now, y_now):
    """Probe: build f, evaluate it twice, then give its variables other values."""
    import deepkit.v1 as tf

    f = names["build_f"](x_start, y_start)
    if not isinstance(f, tf.Tensor):
        raise TypeError(f"build_f returned a {type(f).__name__}, not a tensor of a graph")
    elsewhere = len(tf.get_default_graph().get_operations())
    variables = {v.node.name: v for v in f.graph.get_collection(tf.GraphKeys.GLOBAL_VARIABLES)}
    values = [names["evaluate"](f) for _ in range(2)]
    with tf.Session(graph=f.graph) as sess:
        for name, value in (("x", x_now), ("y", y_now)):
            variables[name].load(value, sess)
        now = sess.run(f)
    return {"variables": sorted(variables), "type": f.dtype.name, "elsewhere": elsewhere, "values": values, "now": now}


@task(
    "recipe",
    points=2,
    wrong=[
        "def build_f(x, y):\n    return x * x * y + y + 2\n\ndef evaluate(f):\n    return f",
        but("recipe", "x * x * y + y + 2", "x * x + y * y + 2"),
        but("recipe", "return x * x * y + y + 2", "return tf.constant(x_start * x_start * y_start + y_start + 2)"),
        but("recipe", "tf.Graph()", "tf.get_default_graph()"),
        but("recipe", "tf.int32", "tf.float32"),
        but("recipe", "graph=f.graph", ""),
        but("recipe", "        sess.run(tf.global_variables_initializer())\n", ""),
    ],
)
def recipe(answer: Answer, rng: np.random.Generator) -> None:
    def f(x: int, y: int) -> int:
        return x * x * y + y + 2

    x_start, y_start, x_now, y_now = (int(n) for n in rng.integers(3, 100, size=4))
    got = answer.probe(cook, x_start, y_start, x_now, y_now)
    equal(got["variables"], ["x", "y"], "the list of the graph's variables")
    equal(got["type"], "int32", "the type of f")
    equal(got["elsewhere"], 0, "the number of nodes that build_f added to the default graph")
    close(got["values"], [f(x_start, y_start)] * 2, f"evaluate(build_f({x_start}, {y_start})), done twice,")
    close(got["now"], f(x_now, y_now), f"f, once x became {x_now} and y {y_now},")


# ---- 2: as many pixels as you like


def look(names, batches):
    """Probe: shapes of the graph's ends, and the brightness of several batches in one session."""
    import deepkit.v1 as tf

    rgb, grey = names["grey_graph"]()
    with tf.Session(graph=grey.graph) as sess:
        values = [sess.run(grey, {rgb: batch}) for batch in batches]
    return {"shapes": [rgb.shape.as_list(), grey.shape.as_list()], "values": values}


@task(
    "grey",
    points=2,
    wrong=[
        but("grey", "[None, 3]", "[7, 3]"),
        but("grey", "axis=1", "axis=1, keepdims=True"),
        but("grey", "axis=1", "axis=0"),
        but("grey", "rgb * [0.299, 0.587, 0.114]", "rgb / 3"),
        but("grey", "0.299, 0.587, 0.114", "0.114, 0.587, 0.299"),
        but("grey", ".reshape(picture.shape[:2])", ""),
        but("grey", "reshape(-1, 3)", "reshape(3, -1).T"),
    ],
)
def grey(answer: Answer, rng: np.random.Generator) -> None:
    weights = np.array([0.299, 0.587, 0.114])
    batches = [rng.uniform(size=(size, 3)) for size in (1, 7, 0, 20)]
    got = answer.probe(look, batches)
    equal(got["shapes"], [[None, 3], [None]], "the list of the shapes of rgb and grey")
    for batch, value in zip(batches, got["values"], strict=True):
        close(value, batch @ weights, f"the brightness in a batch of {len(batch)}", **SINGLE)
    picture = rng.uniform(size=(4, 5, 3))
    answer.gives("to_grey", picture, expected=picture @ weights, **SINGLE)


# ---- 3: who fetches together, computes once


def count(names, value):
    """Probe: the count after each of some runs that need the square, or do not."""
    import deepkit.v1 as tf

    with tf.Graph().as_default(), tf.Session() as sess:
        x = tf.placeholder(tf.float32, [])
        squared, evaluations = names["counted_square"](x)
        left, right, apart = squared + 1, squared * 3, x + 1
        sess.run(tf.global_variables_initializer())
        counts, values = [], []
        for fetches in ([left], [left, right], [apart], [right, squared, left], [apart, squared]):
            values.append(sess.run(fetches, {x: value}))
            counts.append(int(sess.run(evaluations)))
        return {"counts": counts, "values": values, "type": evaluations.dtype.name}


@task(
    "once",
    points=3,
    wrong=[
        but("once", "sess.run(both, feed_dict={x: value})", "[sess.run(t, feed_dict={x: value}) for t in both]"),
        but("once", "    with tf.c", "    squared = x * x\n    with tf.c", "squared = tf.multiply(x, x,", "tf.no_op("),
        but("once", "tf.control_dependencies([tf.assign_add(evaluations, 1)])", "tf.name_scope('counted')"),
        but("once", "evaluations, 1)", "evaluations, 2)"),
        but("once", "assign_add(evaluations, 1)", "assign(evaluations, 1)"),
        but("once", "[2 * squared,", "[squared,"),
    ],
)
def once(answer: Answer, rng: np.random.Generator) -> None:
    v = float(rng.uniform(2, 9))
    got = answer.probe(count, v)
    expected = [[v * v + 1], [v * v + 1, 3 * v * v], [v + 1], [3 * v * v, v * v, v * v + 1], [v + 1, v * v]]
    for value, wanted in zip(got["values"], expected, strict=True):
        close(value, wanted, "a list of tensors fetched in one run", **SINGLE)
    equal(got["type"], "int32", "the type of the count")
    equal(got["counts"], [1, 2, 2, 3, 4], "the count after runs with, with, without, with and with the square")
    answer.gives("fetch_both", v, expected=(2 * v * v, v * v + 1, 1), **SINGLE)


# ---- 4: downhill by your own hand

STEP = "tf.assign_sub(w, rate * slope_w), tf.assign_sub(b, rate * slope_b)"
B_AFTER_W = """
        with tf.control_dependencies([tf.assign_sub(w, rate * slope_w)]):
            slope_b = 2 * tf.reduce_mean(tf.matmul(x, w.read_value()) + b - y)
        step = tf.group(tf.assign_sub(b, rate * slope_b)"""


def descend(names, features, rate, batches):
    """Probe: shapes and kinds of nodes, and w, b and the loss along our own loop."""
    import deepkit.v1 as tf

    x, y, w, b, loss, step = names["linear_model"](features, rate)
    path = []
    with tf.Session(graph=loss.graph) as sess:
        sess.run([w.initializer, b.initializer])
        for x_data, y_data in batches:
            before = sess.run(loss, {x: x_data, y: y_data})
            sess.run(step, {x: x_data, y: y_data})
            path.append([before, *sess.run([w, b])])
    kinds = sorted({node.op.type for node in loss.graph.get_operations()})
    return {"shapes": [t.shape.as_list() for t in (x, y, w, b, loss)], "path": path, "kinds": kinds}


def walk(batches: list, rate: float) -> list[list]:
    """[loss before, w, b] for each step of gradient descent from zero: 2 xᵀe/n and the mean of 2e are the slopes."""
    w, b, path = np.zeros((batches[0][0].shape[1], 1)), 0.0, []
    for x, y in batches:
        error = x @ w + b - y
        w, b = w - rate * 2 * x.T @ error / len(x), b - rate * 2 * error.mean()
        path.append([np.mean(error**2), w, b])
    return path


@task(
    "descent",
    points=4,
    wrong=[
        but("descent", "assign_sub", "assign_add"),
        but("descent", "reduce_mean", "reduce_sum"),
        but("descent", "rate * slope_b", "slope_b"),
        but("descent", ", tf.assign_sub(b, rate * slope_b)", ""),
        but("descent", f"step = tf.group({STEP}", B_AFTER_W),
        but("descent", f"tf.group({STEP}, name=", "tf.train.GradientDescentOptimizer(rate).minimize(loss, name="),
        but("descent", "sess.run([loss, step], feed_dict=data)[0]", "[sess.run(t, data) for t in (step, loss)][1]"),
        but("descent", "tf.zeros", "tf.ones"),
    ],
)
def descent(answer: Answer, rng: np.random.Generator) -> None:
    def draw(size: int) -> tuple[np.ndarray, np.ndarray]:
        x = rng.uniform(-1, 1, size=(size, 3))
        return x, x @ rng.uniform(-2, 2, size=(3, 1)) + rng.normal(size=(size, 1)) + 1

    batches = [draw(size) for size in (6, 9, 1, 12)]
    got = answer.probe(descend, 3, 0.2, batches)
    equal(got["shapes"], [[None, 3], [None, 1], [3, 1], [], []], "the list of the shapes of x, y, w, b and loss")
    ready = [kind for kind in got["kinds"] if kind.startswith("Apply")]
    equal(ready, [], "the list of optimizer nodes in a graph that is to do without tf.train")
    for number, (given, expected) in enumerate(zip(got["path"], walk(batches, 0.2), strict=True), start=1):
        for what, one, other in zip(("the loss before", "w after", "b after"), given, expected, strict=True):
            close(one, other, f"{what} step {number}", **SINGLE)
    x, y = draw(15)
    path = walk([(x, y)] * 25, 0.3)
    final = (path[-1][1], path[-1][2], [loss for loss, _, _ in path])
    result = answer.call("train", x, y, 0.3, 25)
    if not isinstance(result, tuple | list) or len(result) != 3:
        raise WrongAnswer("train should return three things: w, b and the list of losses")
    for what, one, other in zip(("w", "b", "the list of losses"), result, final, strict=True):
        close(one, other, f"{what} of train, after 25 steps,", **SINGLE)


# ---- 5: one recipe, many kitchens


def trade(names, rates, paid_in, moved):
    """Probe: three sessions on two graphs, and the balances after each thing that happens."""
    import deepkit.v1 as tf

    current, savings = (names["make_account"](rate) for rate in rates)
    graphs = (current, current, savings)
    sessions = ada, bob, ada_saves = [names["open_account"](graph) for graph in graphs]

    def balances():
        return [sess.run("balance:0") for sess in sessions]

    story = [balances()]
    story.append([sess.run("deposit:0", {"amount:0": amount}) for sess, amount in zip(sessions, paid_in, strict=True)])
    story.append(balances())
    names["move"](moved, ada, ada_saves)
    story.append(balances())
    story.append([sess.run("interest:0") for sess in sessions])
    story.append(balances())
    bob.run("open")
    story.append(balances())
    owners = [sess.graph is graph for sess, graph in zip(sessions, graphs, strict=True)]
    kinds = [current.get_tensor_by_name(name).dtype.name for name in ("balance:0", "amount:0")]
    elsewhere = len(tf.get_default_graph().get_operations())
    return {"story": story, "owners": owners, "kinds": kinds, "elsewhere": elsewhere, "two": current is not savings}


@task(
    "accounts",
    points=3,
    wrong=[
        but("accounts", "graph = tf.Graph()", "graph = tf.get_default_graph()"),
        but("accounts", '    target.run("deposit:0", feed_dict={"amount:0": amount})\n', ""),
        but("accounts", "-amount", "amount"),
        but("accounts", "tf.assign(balance, balance * (1 + rate)", "tf.multiply(balance, 1 + rate"),
        but("accounts", "tf.assign_add(", "tf.assign("),
        but("accounts", "balance * (1 + rate)", "balance + rate"),
        but("accounts", '    sess.run("open")\n', ""),
        but("accounts", "tf.Session(graph=graph)", "vars(graph).setdefault('shared', tf.Session(graph=graph))"),
    ],
)
def accounts(answer: Answer, rng: np.random.Generator) -> None:
    rates, paid_in, moved = rng.uniform(0.01, 0.1, size=2), rng.uniform(50, 100, size=3), float(rng.uniform(10, 40))
    got = answer.probe(trade, rates.tolist(), paid_in.tolist(), moved)
    if not got["two"]:
        raise WrongAnswer("make_account gave the same graph twice, expected a new one from each call")
    if not all(got["owners"]):
        raise WrongAnswer("open_account gave a session on another graph than the one it was called with")
    equal(got["elsewhere"], 0, "the number of nodes that make_account added to the default graph")
    equal(got["kinds"], ["float32", "float32"], "the list of the types of balance and amount")
    after_move = paid_in + np.array([-moved, 0, moved])
    at_last = after_move * (1 + rates[[0, 0, 1]])
    expected = [np.zeros(3), paid_in, paid_in, after_move, at_last, at_last, at_last * [1, 0, 1]]
    events = "open", "fetching deposit", "deposit", "move", "fetching interest", "interest", "a second open"
    for event, one, other in zip(events, got["story"], expected, strict=True):
        close(one, other, f"the list of three customers' balances, after {event},", **SINGLE)


# ---- 6: find the bug


def smooth(names, signals, keep):
    """Probe: averages, nodes left behind and runs of the session for each signal."""
    import deepkit.v1 as tf

    class Counting(tf.Session):
        runs = 0

        def run(self, *args, **kwargs):
            self.runs += 1
            return super().run(*args, **kwargs)

    results = []
    for signal in signals:
        with Counting(graph=tf.Graph()) as sess:
            averages = [float(a) for a in names["leaky_average"](sess, signal, keep)]
            results.append([averages, len(sess.graph.get_operations()), sess.runs])
    return results


@task(
    "steady",
    points=2,
    wrong=[
        SOLUTIONS["steady-slow"].replace("leaky_average_slow", "leaky_average"),
        but("steady", "keep * average + (1 - keep) * value", "(1 - keep) * average + keep * value"),
        but("steady", "tf.Variable(float(signal[0]))", "tf.Variable(0.0)"),
        but("steady", "with sess.graph.as_default()", "with tf.Graph().as_default()"),
        but("steady", "sess.run(update, feed", "sess.run(update + 0, feed"),
        but("steady", "{value: number}", "{value: signal[0]}"),
        """
def leaky_average(sess, signal, keep):
    averages = [float(signal[0])]
    for value in signal[1:]:
        averages.append(keep * averages[-1] + (1 - keep) * value)
    return averages
""",
    ],
)
def steady(answer: Answer, rng: np.random.Generator) -> None:
    signals, keep = [rng.normal(size=size) for size in (3, 5, 14)], float(rng.uniform(0.6, 0.9))
    results = answer.probe(smooth, signals, keep)
    for signal, (averages, _, runs) in zip(signals, results, strict=True):
        expected = [signal[0]]
        for value in signal[1:]:
            expected.append(keep * expected[-1] + (1 - keep) * value)
        close(averages, expected, f"the list of averages of {len(signal)} values", **SINGLE)
        if runs < len(signal):
            raise WrongAnswer(f"the session ran {runs} times for {len(signal)} values, expected one run for each value")
    sizes = [size for _, size, _ in results]
    equal(sizes, sizes[:1] * 3, "the list of graph sizes after 3, 5 and 14 values")


# ---- 7: a word of your own


def reach(names, unknown, a, b, weights, ua, ub):
    """Probe: inferred shapes; first and second derivatives where the graph knows no batch; what float32 becomes."""
    import deepkit as dk
    import deepkit.v1 as tf

    inferred = [names["Hypot"]().shape(*map(dk.Shape, pair)).dims for pair in unknown]
    with tf.Graph().as_default(), tf.Session() as sess:
        ends = [tf.placeholder(tf.float64, [None, *x.shape[1:]]) for x in (a, b)]
        first = tf.gradients(names["hypot"](*ends) * weights, ends)
        slope = tf.reduce_sum(first[0] * ua) + tf.reduce_sum(first[1] * ub)
        derivatives = sess.run([*first, *tf.gradients(slope, ends)], {ends[0]: a, ends[1]: b})
    single = names["hypot"](dk.tensor([1.0, 2.0]), dk.tensor([3.0, 4.0])).numpy()
    return {"shapes": inferred, "derivatives": derivatives, "type": single.dtype.name}


@task(
    "hypot",
    points=4,
    wrong=[
        but("hypot", "xp.hypot(a, b)", "xp.sqrt(a * a + b * b)"),
        but("hypot", "return broadcast(a, b)", "return a"),
        but("hypot", "return broadcast(a, b)", "return dk.Shape(np.broadcast_shapes(tuple(a), tuple(b)))"),
        but("hypot", "dk.unbroadcast(dy * a / y, a, b), dk.unbroadcast(dy * b / y, b, a)", "dy * a / y, dy * b / y"),
        but("hypot", "dy * a / y", "a / y", "dy * b / y", "b / y"),
        but("hypot", "dy * b / y", "dy * a / y"),
        but("hypot", "dy * a / y", "dy * a * y"),
        but("hypot", "/ y", "/ dk.stop_gradient(y)"),
        but("hypot", "/ y", "/ dk.tensor(y.numpy())"),
        but("hypot", "xp.hypot(a, b)", "xp.hypot(a, b).astype('float64')"),
    ],
)
def hypot(answer: Answer, rng: np.random.Generator) -> None:
    def point(*shape: int) -> np.ndarray:
        return rng.uniform(0.5, 3, size=shape) * rng.choice([-1, 1], size=shape)

    for shapes in (((2, 3), (2, 3)), ((2, 1), (3,)), ((), (4,)), ((0, 3), (3,))):
        judge_op(answer, "Hypot", *(point(*s) for s in shapes), reference=lambda a, b: np.sqrt(a * a + b * b), rng=rng)
    far = answer.call("hypot", np.array([3e200, 5.0]), np.array([4e200, -12.0]))
    close(far, [5e200, 13.0], "hypot of (3e200, 4e200) and (5, -12)")

    unknown = [([None, 3], [3]), ([None, 1], [1, 4]), ([None, 2], [None, 2]), (None, [3])]
    a, b, weights = point(4, 1), point(1, 3), point(4, 3)
    ua, ub = point(4, 1), point(1, 3)
    got = answer.probe(reach, unknown, a, b, weights, ua, ub)
    equal(
        got["shapes"], [[None, 3], [None, 4], [None, 2], None], "the list of shapes inferred where some are not known"
    )
    equal(got["type"], "float32", "the type of hypot for float32")
    # The Hessian of r = hypot(a, b) is [[b², -ab], [-ab, a²]] / r³; a was stretched over columns, b over rows.
    r = np.hypot(a, b)
    by_a, by_b = weights * (ua * b * b - ub * a * b) / r**3, weights * (ub * a * a - ua * a * b) / r**3
    expected = [weights * a / r, weights * b / r, by_a, by_b]
    titles = [f"{order} derivative of hypot by input {i}" for order in ("first", "second") for i in (1, 2)]
    for title, one, other, axis in zip(titles, got["derivatives"], expected, (1, 0, 1, 0), strict=True):
        close(one, other.sum(axis, keepdims=True), f"the {title} in a graph")
