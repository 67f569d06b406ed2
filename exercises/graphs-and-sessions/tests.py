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


def f_of(names, x_start, y_start):
    """Builder: f with these start values."""
    return names["build_f"](x_start, y_start)


def evaluated(names, x, y, a, b):
    """Probe: what evaluate says of the answer's f, twice, and of a recipe that it has not seen before."""
    import deepkit.v1 as tf

    f = names["build_f"](x, y)
    with tf.Graph().as_default():
        ours = tf.Variable(a) * 7 + tf.Variable(b)
    return [names["evaluate"](f), names["evaluate"](f), names["evaluate"](ours)]


def cook(graph, f, x_now, y_now):
    """In the graph built again: its variables, and f when they start and when they have other values."""
    import deepkit.v1 as tf

    variables = {v.node.name: v for v in graph.get_collection(tf.GraphKeys.GLOBAL_VARIABLES)}
    with tf.Session(graph=graph) as sess:
        sess.run([v.initializer for v in variables.values()])
        start = sess.run(f)
        for name, value in (("x", x_now), ("y", y_now)):
            variables[name].load(value, sess)
        now = sess.run(f)
    size = len(graph.get_operations())
    return {"variables": sorted(variables), "type": f.dtype.name, "size": size, "start": start, "now": now}


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

    x_start, y_start, x_now, y_now, a, b = (int(n) for n in rng.integers(3, 100, size=6))
    first, second = answer.graph(f_of, x_start, y_start), answer.graph(f_of, y_start, x_start)
    got, other = first.run(cook, x_now, y_now), second.run(cook, y_now, x_now)
    equal(got["variables"], ["x", "y"], "the list of the graph's variables")
    equal(got["type"], "int32", "the type of f")
    equal(other["size"], got["size"], "the number of nodes in the graph of a second call of build_f")
    close(got["start"], f(x_start, y_start), f"build_f({x_start}, {y_start}) at its start values")
    close(got["now"], f(x_now, y_now), f"f, once x became {x_now} and y {y_now},")
    values = answer.probe(evaluated, x_start, y_start, a, b)
    close(values[:2], [f(x_start, y_start)] * 2, f"evaluate(build_f({x_start}, {y_start})), done twice,")
    close(values[2], 7 * a + b, "evaluate of another tensor")


# ---- 2: as many pixels as you like


def ends_of_grey(names):
    """Builder: both ends of the graph."""
    return list(names["grey_graph"]())


def look(graph, ends, batches):
    """In the graph built again: shapes of its ends, and the brightness of several batches in one session."""
    import deepkit.v1 as tf

    rgb, grey = ends
    with tf.Session(graph=graph) as sess:
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
    blueprint = answer.graph(ends_of_grey)
    batches = [rng.uniform(size=(size, 3)) for size in (1, 7, 0, 20)]
    got = blueprint.run(look, batches)
    equal(got["shapes"], [[None, 3], [None]], "the list of the shapes of rgb and grey")
    for batch, value in zip(batches, got["values"], strict=True):
        close(value, batch @ weights, f"the brightness in a batch of {len(batch)}", **SINGLE)
    picture = rng.uniform(size=(4, 5, 3))
    answer.gives("to_grey", picture, expected=picture @ weights, **SINGLE)


# ---- 3: who fetches together, computes once


def ends_of_once(names):
    """Builder: a placeholder, its square, and the count of evaluations."""
    import deepkit.v1 as tf

    with tf.Graph().as_default():
        x = tf.placeholder(tf.float32, [])
        squared, evaluations = names["counted_square"](x)
    return [x, squared, evaluations]


def count(graph, ends, value):
    """In the graph built again: the count after each of some runs that need the square, or do not."""
    import deepkit.v1 as tf

    x, squared, evaluations = ends
    with graph.as_default(), tf.Session() as sess:
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
    blueprint = answer.graph(ends_of_once)
    v = float(rng.uniform(2, 9))
    got = blueprint.run(count, v)
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


def ends_of_descent(names, features, rate):
    """Builder: x, y, w, b, loss and step."""
    return list(names["linear_model"](features, rate))


def descend(graph, ends, batches):
    """In the graph built again: shapes and kinds of nodes, and w, b and the loss along our own loop."""
    import deepkit.v1 as tf

    x, y, w, b, loss, step = ends
    path = []
    with tf.Session(graph=graph) as sess:
        sess.run([w.initializer, b.initializer])
        for x_data, y_data in batches:
            before = sess.run(loss, {x: x_data, y: y_data})
            sess.run(step, {x: x_data, y: y_data})
            path.append([before, *sess.run([w, b])])
    kinds = sorted({node.op.type for node in graph.get_operations()})
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

    blueprint = answer.graph(ends_of_descent, 3, 0.2)
    batches = [draw(size) for size in (6, 9, 1, 12)]
    got = blueprint.run(descend, batches)
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


def account(names, rate):
    """Builder: the graph of an account."""
    return names["make_account"](rate)


def keep(graph, _, paid_in):
    """In the graph built again: the balances of two customers after each thing that happens, and what else it holds."""
    import deepkit.v1 as tf

    with tf.Session(graph=graph) as ada, tf.Session(graph=graph) as bob:
        sessions = [ada, bob]
        for sess in sessions:
            sess.run("open")
        story = [[sess.run("balance:0") for sess in sessions]]
        for event in ("deposit:0", "interest:0"):
            feeds = [{"amount:0": amount} if event == "deposit:0" else {} for amount in paid_in]
            story.append([sess.run(event, feed) for sess, feed in zip(sessions, feeds, strict=True)])
            story.append([sess.run("balance:0") for sess in sessions])
        bob.run("open")
        story.append([sess.run("balance:0") for sess in sessions])
    kinds = [graph.get_tensor_by_name(name).dtype.name for name in ("balance:0", "amount:0")]
    return {"story": story, "kinds": kinds, "size": len(graph.get_operations())}


def trade(names, rates, paid_in, moved):
    """Probe: balances of three customers at two accounts, as the answer opens them and moves money between them."""
    current, savings = (names["make_account"](rate) for rate in rates)
    sessions = ada, _, ada_saves = [names["open_account"](graph) for graph in (current, current, savings)]

    def balances():
        return [sess.run("balance:0") for sess in sessions]

    story = [balances()]
    for sess, amount in zip(sessions, paid_in, strict=True):
        sess.run("deposit:0", {"amount:0": amount})
    story.append(balances())
    names["move"](moved, ada, ada_saves)
    return [*story, balances()]


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
    rates, moved = rng.uniform(0.01, 0.1, size=2), float(rng.uniform(10, 40))
    blueprints = [answer.graph(account, rate) for rate in rates.tolist()]
    paid_in = rng.uniform(50, 100, size=3)
    events = "open", "fetching deposit", "deposit", "fetching interest", "interest", "a second open"
    sizes = []
    for rate, blueprint in zip(rates, blueprints, strict=True):
        got = blueprint.run(keep, paid_in[:2].tolist())
        equal(got["kinds"], ["float32", "float32"], "the list of the types of balance and amount")
        before, after = paid_in[:2], paid_in[:2] * (1 + rate)
        for event, one, other in zip(events, got["story"], [0 * before, before, before, after, after, after * [1, 0]],
                                     strict=True):
            close(one, other, f"the list of two customers' balances, after {event},", **SINGLE)
        sizes.append(got["size"])
    equal(sizes[1], sizes[0], "the number of nodes in the graph of a second call of make_account")
    after_move = paid_in + np.array([-moved, 0, moved])
    story = answer.probe(trade, rates.tolist(), paid_in.tolist(), moved)
    for event, one, other in zip(("open_account", "deposit", "move"), story, [np.zeros(3), paid_in, after_move],
                                 strict=True):
        close(one, other, f"the list of three customers' balances, after {event},", **SINGLE)


# ---- 6: find the bug


def smooth(names, signals, keep):
    """Probe: the averages of each signal, each in a session of its own."""
    import deepkit.v1 as tf

    results = []
    for signal in signals:
        with tf.Session(graph=tf.Graph()) as sess:
            results.append([float(a) for a in names["leaky_average"](sess, signal, keep)])
    return results


def left_behind(names, signal, keep):
    """Builder: the graph of a session in which a signal was averaged."""
    import deepkit.v1 as tf

    with tf.Session(graph=tf.Graph()) as sess:
        names["leaky_average"](sess, signal, keep)
        return sess.graph


def inspect(graph, _):
    """In the graph built again: how many nodes it has, how many variables, and how many nodes give one a value."""
    import deepkit.v1 as tf

    nodes, variables = graph.get_operations(), graph.get_collection(tf.GraphKeys.GLOBAL_VARIABLES)
    writers = [node for node in nodes if node.type.startswith("Assign")]
    return [len(nodes), len(variables), len(writers)]


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
    for signal, averages in zip(signals, answer.probe(smooth, signals, keep), strict=True):
        expected = [signal[0]]
        for value in signal[1:]:
            expected.append(keep * expected[-1] + (1 - keep) * value)
        close(averages, expected, f"the list of averages of {len(signal)} values", **SINGLE)
    sizes, variables, writers = zip(*(answer.graph(left_behind, x, keep).run(inspect) for x in signals), strict=True)
    if not all(variables) or not all(writer > 1 for writer in writers):
        raise WrongAnswer("the graph has no variable that is started and updated: where does the session keep the average?")
    equal(sizes, sizes[:1] * 3, "the list of graph sizes after 3, 5 and 14 values")


# ---- 7: a word of your own


def slopes(names, a_shape, b_shape, weights, ua, ub):
    """Builder: placeholders without a batch size, and first and second derivatives of hypot by them."""
    import deepkit.v1 as tf

    with tf.Graph().as_default():
        ends = [tf.placeholder(tf.float64, [None, *shape[1:]]) for shape in (a_shape, b_shape)]
        first = tf.gradients(names["hypot"](*ends) * weights, ends)
        slope = tf.reduce_sum(first[0] * ua) + tf.reduce_sum(first[1] * ub)
        return [ends, first, tf.gradients(slope, ends)]


def slide_down(graph, ends, a, b):
    """In the graph built again, where hypot is ours: the derivatives at a and b."""
    import deepkit.v1 as tf

    inputs, first, second = ends
    with tf.Session(graph=graph) as sess:
        return sess.run([*first, *second], dict(zip(inputs, (a, b), strict=True)))


def reach(names, unknown):
    """Probe: shapes inferred where some are not known, and what float32 becomes."""
    import deepkit as dk

    inferred = [names["Hypot"]().shape(*map(dk.Shape, pair)).dims for pair in unknown]
    single = names["hypot"](dk.tensor([1.0, 2.0]), dk.tensor([3.0, 4.0])).numpy()
    return {"shapes": inferred, "type": single.dtype.name}


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
    got = answer.probe(reach, unknown)
    equal(
        got["shapes"], [[None, 3], [None, 4], [None, 2], None], "the list of shapes inferred where some are not known"
    )
    equal(got["type"], "float32", "the type of hypot for float32")
    weights, ua, ub = point(4, 3), point(4, 1), point(1, 3)
    blueprint = answer.graph(slopes, [4, 1], [1, 3], weights, ua, ub)
    a, b = point(4, 1), point(1, 3)
    derivatives = blueprint.run(slide_down, a, b, given=[SOLUTIONS["hypot"]])
    # The Hessian of r = hypot(a, b) is [[b², -ab], [-ab, a²]] / r³; a was stretched over columns, b over rows.
    r = np.hypot(a, b)
    by_a, by_b = weights * (ua * b * b - ub * a * b) / r**3, weights * (ub * a * a - ua * a * b) / r**3
    expected = [weights * a / r, weights * b / r, by_a, by_b]
    titles = [f"{order} derivative of hypot by input {i}" for order in ("first", "second") for i in (1, 2)]
    for title, one, other, axis in zip(titles, derivatives, expected, (1, 0, 1, 0), strict=True):
        close(one, other.sum(axis, keepdims=True), f"the {title} in a graph")
