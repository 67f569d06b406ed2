"""A random program: placeholders and variables, lines, gradients, training, and the runs that fetch it all."""

from __future__ import annotations

import random
import re

from . import bodies, effects, functions, networks, pointwise, scopes, shapes, structures
from .writing import BODIES, DRAWS, FLOATS, INTEGERS, Page, Value

VOCABULARY = (pointwise, shapes, networks, bodies, effects, functions, structures, scopes)  # imported for the recipes they add
OPTIMIZERS = (
    "GradientDescentOptimizer(0.1)", "MomentumOptimizer(0.1, 0.9)", "MomentumOptimizer(0.1, 0.9, use_nesterov=True)",
    "AdagradOptimizer(0.1)", "AdadeltaOptimizer(1.0)", "AdamOptimizer(0.05)", "RMSPropOptimizer(0.05)",
    "RMSPropOptimizer(0.05, momentum=0.5)", "RMSPropOptimizer(0.05, centered=True)", "FtrlOptimizer(0.1)",
    "FtrlOptimizer(0.1, l1_regularization_strength=0.01)",
    "AdamOptimizer(tf.train.exponential_decay(0.1, tf.train.get_or_create_global_step(), 1, 0.5))",
    "GradientDescentOptimizer(tf.train.piecewise_constant(tf.train.get_or_create_global_step(), [0, 1], [0.2, 0.1, 0.05]))",
    "MomentumOptimizer(tf.train.polynomial_decay(0.1, tf.train.get_or_create_global_step(), 3), 0.5)",
    "AdagradOptimizer(tf.train.cosine_decay(0.1, tf.train.get_or_create_global_step(), 3))",
    "AdamOptimizer(tf.train.inverse_time_decay(0.1, tf.train.get_or_create_global_step(), 1, 0.5), 0.8, 0.9, 1e-3)",
)
CLIPPED = (
    "tf.clip_by_global_norm([p[0] for p in pairs], 1.0)[0]", "[tf.clip_by_value(g, -0.5, 0.5) for g, _ in pairs]",
    "[tf.clip_by_norm(g, 0.75) for g, _ in pairs]", "[tf.where(tf.is_finite(g), g, tf.zeros_like(g)) for g, _ in pairs]",
)
CHANGES = r"assign|scatter|tf\.metrics|ExponentialMovingAverage"
SHAPES = ((), (2,), (3,), (2, 3), (3, 2), (3, 3), (2, 2, 3), (1, 3), (4, 1))


def program(seed: int) -> str:
    """The source text of program number `seed`; `tf`, `np` and `config` are the runner's to give."""
    rng = random.Random(seed)
    page = Page(rng)
    if rng.random() < 0.5:
        page.lines.append(f"tf.set_random_seed({rng.randint(0, 99)})")
    dtype = rng.choice(FLOATS)
    fed = _placeholders(page, dtype)
    trained = _variables(page, dtype)
    page.write(rng.randint(3, 9))
    step = _training(page, trained)
    _derivatives(page, [*fed, *trained])
    _runs(page, fed, trained, step)
    return "\n".join(page.lines) + "\n"


def _placeholders(page: Page, dtype: str) -> list[Value]:
    made = []
    for kind in [dtype] * page.rng.randint(1, 2) + page.rng.choice(([], ["bool"], [page.rng.choice(INTEGERS)])):
        shape = () if kind == "bool" else page.rng.choice(SHAPES)
        said: str = repr(list(shape))
        known = page.rng.random() < 0.6
        if not known:
            partly = [None if page.rng.random() < 0.6 else n for n in shape]
            said = page.rng.choice(("None", repr(partly)))
        name = page.fresh("x")
        page.lines.append(f"{name} = tf.placeholder(tf.{kind}, {said})")
        made.append(page.add(Value(name, kind, shape, known)))
    return made


def _variables(page: Page, dtype: str) -> list[Value]:
    """Trained ones, read anywhere and changed by training alone, and states, changed by the program's own lines."""
    trained = []
    for letter in ["w"] * page.rng.randint(0, 2) + ["s"] * page.rng.randint(0, 2):
        value = Value(page.fresh(letter), dtype, page.rng.choice(SHAPES))
        start = page.array(dtype, value.shape)
        if letter == "w":
            page.lines.append(f"{value.name} = tf.Variable({start})")
            trained.append(page.add(value))
        else:
            page.lines.append(f"{value.name} = tf.Variable({start}, trainable=False)")
            page.states.append(value)
            page.order[value.name] = None
    return trained


def _loss(page: Page) -> str:
    chosen = {page.pick().name for _ in range(page.rng.randint(1, 3))}
    return " + ".join(f"tf.reduce_sum(tf.cast({name}, tf.float64))" for name in sorted(chosen))


def _training(page: Page, trained: list[Value]) -> str:
    """A training step; every derivative is known before the first variable changes (GATE_GRAPH)."""
    if not trained or page.rng.random() < 0.5:
        return ""
    step = page.fresh("t")
    squares = " + ".join(f"tf.reduce_sum(tf.cast({v.name} ** 2, tf.float64))" for v in trained)
    page.lines += [f"o = tf.train.{page.rng.choice(OPTIMIZERS)}", f"loss = {_loss(page)} + {squares}"]
    before = [f"*tf.nest.flatten([{', '.join(page.streams)}])"] if _repeats(page) and page.streams else []
    page.statement(_step(page, step, trained), before)
    if page.rng.random() < 0.2:
        page.lines.append("averages = tf.train.ExponentialMovingAverage(0.75)")
        page.statement(f"{step} = averages.apply([{', '.join(v.name for v in trained)}])", [step])
    return step


def _step(page: Page, step: str, trained: list[Value]) -> str:
    names, count = [v.name for v in trained], ", global_step=tf.train.get_or_create_global_step()"
    kind = page.rng.random()
    if kind < 0.45:
        return f"{step} = o.minimize(loss{count}, var_list=[{', '.join(names)}], gate_gradients=2)"
    if kind < 0.6 and len(names) > 1:  # two optimizers share the gradients' gate
        other = page.rng.choice(OPTIMIZERS)
        return (  # one after the other: the second counts the steps, which the first one's rate may read
            f"pairs = o.compute_gradients(loss, [{', '.join(names)}], gate_gradients=2)\n"
            f"with tf.control_dependencies([o.apply_gradients(pairs[:1])]):\n"
            f"    {step} = tf.train.{other}.apply_gradients(pairs[1:]{count})"
        )
    return (
        f"pairs = [p for p in o.compute_gradients(loss, [{', '.join(names)}], gate_gradients=2) if p[0] is not None]\n"
        f"clipped = {page.rng.choice(CLIPPED)}\n"
        f"{step} = o.apply_gradients(list(zip(clipped, [p[1] for p in pairs])){count}) if pairs else tf.no_op()"
    )


def _repeats(page: Page) -> bool:
    """Whether every run computes all that draws or assigns: a body that is run for one value runs as a whole in TensorFlow,
    where it is one node, so what later runs find would depend on what earlier ones needed."""
    text = "\n".join(page.lines)
    return re.search(BODIES, text) is not None and re.search(f"{DRAWS}|{CHANGES}", text) is not None


def _derivatives(page: Page, sources: list[Value]) -> None:
    page.lines.append("known = {}")
    if page.rng.random() < 0.15:
        return
    by = [v for v in sources if v.dtype in FLOATS]
    by += [page.pick() for _ in range(page.rng.randint(0, 2))]
    names = list(dict.fromkeys(v.name for v in by))
    page.lines += [f"y = {_loss(page)}", f"first = tf.gradients(y, [{', '.join(names)}])"]
    page.lines += [
        f"if first[{i}] is not None: known['d{n}'] = tf.convert_to_tensor(first[{i}])" for i, n in enumerate(names)
    ]
    if page.rng.random() < 0.6:
        page.lines += [
            "z = [tf.reduce_sum(tf.cast(tf.square(g), tf.float64)) for g in known.values()]",
            f"second = tf.gradients(z, [{', '.join(names)}]) if z else []",
            "for i, g in enumerate(second):",
            "    if g is not None: known[f'second{i}'] = tf.convert_to_tensor(g)",
        ]


def _runs(page: Page, fed: list[Value], trained: list[Value], step: str) -> None:
    """Sessions' runs: values and gradients together, training alone, variables alone; now and then a second session."""
    page.lines += ["every = tf.global_variables() + tf.local_variables()", "results = []"]
    streams = ", 'streams': [" + ", ".join(page.streams) + "]" if _repeats(page) and page.streams else ""
    for _ in range(2 if page.rng.random() < 0.1 else 1):
        page.lines += [
            "with tf.Session(config=config) as sess:",
            "    sess.run([tf.global_variables_initializer(), tf.local_variables_initializer()])",
        ]
        for _ in range(page.rng.randint(1, 3)):
            _run(page, fed, step, streams)


def _run(page: Page, fed: list[Value], step: str, streams: str) -> None:
    # a cast of a variable to its own type is the variable, of which TensorFlow 2 feeds one reading and 1.15 all
    variables = {line.split(" = ")[0].strip() for line in page.lines if re.search(r"= tf\.cast\([ws]\d+, ", line)}
    hidden = [v for v in page.values if v.dtype in FLOATS and v.name.startswith("v") and v.name not in variables]
    touched = {last for last in page.order.values() if last}
    feeds = [f"{v.name}: {page.array(v.dtype, v.shape)}" for v in fed]
    if hidden and not streams and page.rng.random() < 0.15:
        v = page.rng.choice(hidden)
        feeds += [f"{v.name}: {page.array(v.dtype, v.shape)}"] if v.name not in touched else []
    names = sorted({page.pick(("float32", "float64", "int32", "int64", "bool", "string")).name for _ in range(5)})
    fetched = [f"'{n}': {n}" for n in names if not n.startswith("w")]
    every = "" if page.rng.random() < 0.25 else ", **known"
    page.lines.append(f"    feed = {{{', '.join(feeds)}}}")
    if step and page.rng.random() < 0.7:
        page.lines.append(f"    sess.run({step}, feed)")
    page.lines.append(f"    results.append(sess.run({{{', '.join(fetched)}{every}{streams}}}, feed))")
    page.lines.append("    results.append(sess.run({v.op.name: v for v in every}) if every else {})")
