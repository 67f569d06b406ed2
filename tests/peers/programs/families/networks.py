"""Programs of tf.layers and of recurrent networks, with every option, and of what optimizers leave in their slots."""

from __future__ import annotations

import random

from . import array, family

LAYERS = (
    ("conv1d(v, {f}, {k}, strides={s}, padding='{p}'{o})", 1),
    ("conv2d(v, {f}, [{k}, 2], strides=(1, {s}), padding='{p}'{o})", 2),
    ("conv3d(v, {f}, {k}, padding='{p}'{o})", 3),
    ("conv2d(v, {f}, 2, dilation_rate={s}, padding='{p}'{o})", 2),
    ("conv2d_transpose(v, {f}, {k}, strides={s}, padding='{p}'{o})", 2),
    ("conv3d_transpose(v, {f}, {k}, strides={s}, padding='{p}'{o})", 3),
    (
        "separable_conv2d(v, {f}, {k}, padding='{p}', depth_multiplier={s}, "
        "depthwise_initializer={i}, pointwise_initializer={i})",
        2,
    ),
    (
        "separable_conv1d(v, {f}, {k}, padding='{p}', depth_multiplier={s}, "
        "depthwise_initializer={i}, pointwise_initializer={i})",
        1,
    ),
    ("max_pooling1d(v, {k}, {s}, '{p}')", 1),
    ("average_pooling1d(v, {k}, {s}, '{p}')", 1),
    ("max_pooling2d(v, {k}, {s}, '{p}')", 2),
    ("average_pooling2d(v, [1, {k}], {s}, '{p}')", 2),
    ("max_pooling3d(v, {k}, {s}, '{p}')", 3),
    ("average_pooling3d(v, {k}, {s}, '{p}')", 3),
    ("batch_normalization(v, training={t}{b})", 0),
    ("batch_normalization(v, axis=1, training={t}{b}, fused=False)", 0),
    ("dense(v, {f}{o})", 0),
    ("dropout(v, 0.5, training={t}, seed=4)", 0),
    ("flatten(v)", 9),
    ("dropout(v, 0.3, noise_shape=[2] + [1] * (v.shape.rank - 1), training={t}, seed=2)", 0),
)
OPTIONS = (
    "",
    ", use_bias=False",
    ", activation=tf.nn.relu",
    ", activation=tf.tanh, bias_initializer=tf.constant_initializer(0.3)",
    ", kernel_regularizer=lambda w: tf.reduce_sum(w ** 2)",
    ", bias_regularizer=tf.nn.l2_loss",
    ", activity_regularizer=lambda a: tf.reduce_mean(a ** 2)",
    ", name='mine'",
    ", trainable=False",
    ", kernel_constraint=lambda w: tf.clip_by_value(w, -0.2, 0.2)",
)
NORMS = (
    "",
    ", momentum=0.5",
    ", center=False",
    ", scale=False",
    ", epsilon=0.1",
    ", gamma_constraint=lambda g: 2 * g",
    ", trainable=False",
    ", beta_initializer=tf.constant_initializer(0.5), gamma_initializer=tf.constant_initializer(2.0)",
)
SHAPES = {1: (2, 5, 2), 2: (2, 4, 5, 2), 3: (2, 3, 4, 3, 1)}
OPTIMIZERS = (
    "GradientDescentOptimizer(0.1)",
    "MomentumOptimizer(0.1, 0.9)",
    "MomentumOptimizer(0.1, 0.9, use_nesterov=True)",
    "AdagradOptimizer(0.1)",
    "AdadeltaOptimizer(0.5)",
    "AdamOptimizer(0.05)",
    "RMSPropOptimizer(0.05, momentum=0.3)",
    "RMSPropOptimizer(0.05, centered=True)",
    "FtrlOptimizer(0.1, l1_regularization_strength=0.01, l2_regularization_strength=0.02)",
    "FtrlOptimizer(0.1, learning_rate_power=-0.4)",
    "ProximalGradientDescentOptimizer(0.1, 0.01, 0.02)",
    "ProximalAdagradOptimizer(0.1, 0.1, 0.01, 0.01)",
    "AdagradDAOptimizer(0.1, tf.train.get_or_create_global_step())",
    "AdamOptimizer(0.05, use_locking=True, name='mine')",
)

# A bias before a batch normalization has the derivative 0 but for rounding, which Adam would enlarge to a whole step.
STEADY = (*OPTIMIZERS[:5], "AdamOptimizer(0.05, epsilon=0.1)")


def rates(rng: random.Random) -> str:
    step = "tf.train.get_or_create_global_step()"
    return rng.choice(
        (
            f"tf.train.exponential_decay(0.1, {step}, 2, 0.5, staircase={rng.choice((True, False))})",
            f"tf.train.polynomial_decay(0.1, {step}, 3, 0.01, {rng.choice((0.5, 1, 2))}, cycle={rng.choice((True, False))})",
            f"tf.train.natural_exp_decay(0.1, {step}, 2, 0.5, {rng.choice((True, False))})",
            f"tf.train.inverse_time_decay(0.1, {step}, 2, 0.5, {rng.choice((True, False))})",
            f"tf.train.cosine_decay(0.1, {step}, 3, 0.1)",
            f"tf.train.cosine_decay_restarts(0.1, {step}, 2)",
            f"tf.train.linear_cosine_decay(0.1, {step}, 4)",
            f"tf.train.piecewise_constant(tf.cast({step}, tf.int32), [1, 3], [0.1, 0.05, 0.01])",
            "tf.placeholder_with_default(0.1, [])",
            "tf.constant(0.1)",
            "tf.Variable(0.1, trainable=False)",
            "lambda: 0.1",
        )
    )


@family
def layers(rng: random.Random) -> str:
    """A stack of layers whose values, weights, regularization losses and update ops are all compared, trained twice."""
    axes = rng.choice((1, 2, 2, 3))
    shape = SHAPES[axes]
    said = [rng.choice((shape[0], None)), *shape[1:]]
    i = f"tf.random_uniform_initializer(-1, 1, seed={rng.randint(1, 99)})"
    lines = [
        f"x0 = v = tf.placeholder(tf.float32, {said})",
        "training = tf.placeholder(tf.bool, [])",
        f"with tf.variable_scope('net', initializer={i}):",
    ]
    names = []
    suited = [text for text, n in LAYERS if n in (0, axes)]
    for k in range(rng.randint(1, 3)):
        o, b = rng.choice(OPTIONS), rng.choice(NORMS)
        text = rng.choice(suited).format(
            f=rng.randint(1, 3),
            k=rng.randint(1, 2),
            s=rng.randint(1, 2),
            p=rng.choice(("same", "valid", "SAME")),
            o=o.replace("mine", f"mine{k}"),
            b=b,
            t=rng.choice(("training", "True", "False")),
            i=i,
        )
        lines.append(f"    v = v{k + 1} = tf.layers.{text}")
        names.append(f"v{k + 1}")
    if rng.random() < 0.4:
        lines.append(f"    v = v{len(names) + 1} = tf.layers.dense(tf.layers.flatten(v), 2)")
        names.append(f"v{len(names) + 1}")
    lines += [
        "loss = tf.reduce_mean(tf.square(v)) + tf.losses.get_regularization_loss()",
        "every = tf.global_variables()",
        "updates = tf.get_collection(tf.GraphKeys.UPDATE_OPS)",
        "results = [{'trained': [w.op.name for w in tf.trainable_variables()], 'updates': len(updates)}]",
        "g = tf.gradients(loss, x0)[0]",
        "known = {} if g is None else {'g': g}",
    ]
    trains = rng.random() < 0.7
    if trains:
        lines += [
            "with tf.control_dependencies(updates):",
            f"    step = tf.train.{rng.choice(STEADY)}.minimize(loss) if tf.trainable_variables() else tf.no_op()",
        ]
    lines += [
        "every = tf.global_variables()",
        "with tf.Session(config=config) as sess:",
        "    sess.run(tf.global_variables_initializer())",
    ]
    for _ in range(2):
        lines.append(f"    feed = {{x0: {array(rng, *shape)}, training: {rng.choice((True, False))}}}")
        fetched = "".join(f"{n!r}: {n}, " for n in names)
        lines.append(f"    results.append(sess.run({{{fetched}'loss': loss, **known}}, feed))")
        if trains:
            lines.append("    sess.run(step, feed)")
        lines.append("    results.append(sess.run({w.op.name: w for w in every}))")
    return "\n".join(lines) + "\n"


@family
def optimizers(rng: random.Random) -> str:
    """Dense and gathered weights, a rate that moves, several optimizers and clipping; every slot is compared."""
    dtype = rng.choice(("float32", "float32", "float64"))
    name = rng.choice(OPTIMIZERS)
    if rng.random() < 0.5 and "(0." in name:
        head, rest = name.split("(0.", 1)
        digits = rest[: next(i for i, c in enumerate(rest) if not c.isdigit())]
        name = f"{head}({rates(rng)}{rest[len(digits) :]}"
    rows = [rng.randrange(4) for _ in range(3)]
    sparse = rng.choice(
        (
            f"tf.nn.embedding_lookup(w1, {rows})",
            f"tf.gather(w1, {rows})",
            "tf.gather(w1, x1)",
            f"tf.nn.embedding_lookup([w1, w1b], {rows})",
            "w1[:3]",
            f"tf.gather(w1, {rows}) + w1[:3]",
        )
    )
    lines = [
        f"x0 = tf.placeholder(tf.{dtype}, [3, 2])",
        "x1 = tf.placeholder(tf.int32, [3])",
        f"w0 = tf.get_variable('w0', initializer={array(rng, 2, 2, dtype=dtype)})",
        f"w1 = tf.get_variable('w1', initializer={array(rng, 4, 2, dtype=dtype)})",
        f"w1b = tf.get_variable('w1b', initializer={array(rng, 4, 2, dtype=dtype)})",
        f"w2 = tf.get_variable('w2', initializer={array(rng, dtype=dtype)}, trainable={rng.choice((True, True, False))})",
        f"y = tf.tanh(tf.matmul(x0, w0)) * {sparse} + w2",
        f"loss = tf.reduce_{rng.choice(('sum', 'mean'))}(tf.square(y - {rng.choice((0.5, 1))}))",
        f"o = tf.train.{name}",
    ]
    kind = rng.random()
    count = rng.choice(("", ", global_step=tf.train.get_or_create_global_step()"))
    if "AdagradDA" in name:
        count = ", global_step=tf.train.get_or_create_global_step()"
    if kind < 0.5:
        options = (
            "gate_gradients=2",
            "colocate_gradients_with_ops=True",
            "grad_loss=tf.constant(2.0, loss.dtype)",
            "var_list=[w0, w1]",
            "aggregation_method=2",
            "name='mine'",
        )
        lines.append(f"step = o.minimize(loss{count}, {rng.choice(options)})")
    elif kind < 0.8:
        clip = rng.choice(
            (
                "(tf.clip_by_norm(g, 0.5), v)",
                "(tf.clip_by_value(tf.convert_to_tensor(g), -0.1, 0.1), v)",
                "(g, v)",
                "(tf.convert_to_tensor(g) * 2, v)",
            )
        )
        lines.append(
            f"step = o.apply_gradients([{clip} for g, v in o.compute_gradients(loss) if g is not None]{count})"
        )
    else:
        lines += [
            "gs, vs = zip(*[p for p in o.compute_gradients(loss) if p[0] is not None])",
            f"gs, norm = tf.clip_by_global_norm(gs, {rng.choice((0.1, 5.0))})",
            f"step = o.apply_gradients(zip(gs, vs){count})",
        ]
    if rng.random() < 0.3:
        options = rng.choice(("0.5", "0.9, tf.train.get_or_create_global_step()", "0.9, zero_debias=True"))
        lines += [
            f"ema = tf.train.ExponentialMovingAverage({options})",
            "with tf.control_dependencies([step]):",
            f"    step = ema.apply({rng.choice(('', '[w0, w1]', '[w0]'))})",
        ]
    lines += [
        "results = [{'slots': list(o.get_slot_names()), 'names': [v.op.name for v in tf.global_variables()], 'o': o.get_name()}]",
        "with tf.Session(config=config) as sess:",
        "    sess.run(tf.global_variables_initializer())",
    ]
    for _ in range(rng.randint(2, 4)):
        lines += [
            f"    feed = {{x0: {array(rng, 3, 2, dtype=dtype)}, x1: {array(rng, 3, dtype='int32', low=0, high=3)}}}",
            "    results.append({'loss': sess.run([loss, step] if False else loss, feed)})",
            "    sess.run(step, feed)",
            "    results.append(sess.run({v.op.name: v for v in tf.global_variables()}))",
        ]
    return "\n".join(lines) + "\n"


CELLS = (
    "BasicRNNCell({n}, {a})",
    "GRUCell({n}, {a})",
    "BasicLSTMCell({n}, {fb})",
    "LSTMCell({n}, use_peepholes={t})",
    "LSTMCell({n}, cell_clip=0.5, forget_bias={fb})",
    "LSTMCell({n}, num_proj=2, proj_clip=0.4)",
    "LSTMCell({n}, activation=tf.nn.relu, state_is_tuple={t2})",
    "BasicLSTMCell({n}, activation=tf.sigmoid)",
    "BasicRNNCell({n}, activation='relu')",
)


def cell(rng: random.Random, n: int) -> str:
    text = "tf.nn.rnn_cell." + rng.choice(CELLS).format(
        n=n,
        a=rng.choice(("None", "tf.nn.relu", "tf.sigmoid")),
        fb=rng.choice((0.0, 1.0)),
        t=rng.choice((True, False)),
        t2=rng.choice((True, True, False)),
    )
    wrap = rng.random()
    if wrap < 0.2:
        kept = rng.choice(
            ("input_keep_prob=0.5", "output_keep_prob=0.7", "state_keep_prob=0.5", "output_keep_prob=keep")
        )
        text = f"tf.nn.rnn_cell.DropoutWrapper({text}, {kept}, seed={rng.randint(1, 9)})"
    elif wrap < 0.3 and "num_proj" not in text and n == 3:
        text = f"tf.nn.rnn_cell.ResidualWrapper({text})"
    elif wrap < 0.4:
        text = f"tf.nn.rnn_cell.DeviceWrapper({text}, '/cpu:0')"
    elif wrap < 0.6:
        above = rng.choice(("GRUCell", "BasicLSTMCell", "BasicRNNCell"))
        text = f"tf.nn.rnn_cell.MultiRNNCell([{text}, tf.nn.rnn_cell.{above}(2)])"
    return text


@family
def recurrent(rng: random.Random) -> str:
    n = rng.choice((2, 3))
    major = rng.random() < 0.3
    shape = (4, 2, 3) if major else (2, 4, 3)
    lengths = rng.choice(("", ", sequence_length=x1"))
    lines = [
        f"x0 = tf.placeholder(tf.float32, [{', '.join(str(rng.choice((k, None))) for k in shape[:2])}, 3])",
        f"x1 = tf.placeholder(tf.{rng.choice(('int32', 'int64'))}, [{rng.choice((2, None))}])",
        "keep = tf.placeholder_with_default(0.75, [])",
        f"with tf.variable_scope('net', initializer=tf.random_uniform_initializer(-1, 1, seed={rng.randint(1, 99)})):",
    ]
    kind = rng.choice(("dynamic", "dynamic", "both", "static", "static_both", "raw"))
    if kind in ("static", "static_both", "raw"):
        lines[0] = f"x0 = tf.placeholder(tf.float32, {[*shape]})"
    axis = 0 if major else 1
    if kind == "dynamic":
        start = ", initial_state=cell.zero_state(2, tf.float32)" if rng.random() < 0.3 else ", dtype=tf.float32"
        lines += [
            f"    cell = {cell(rng, n)}",
            f"    out, state = tf.nn.dynamic_rnn(cell, x0{start}{lengths}, "
            f"time_major={major}{rng.choice((', parallel_iterations=1', ', parallel_iterations=1, swap_memory=True'))})",
        ]
    elif kind == "both":
        lines += [
            f"    out, state = tf.nn.bidirectional_dynamic_rnn({cell(rng, n)}, {cell(rng, 2)}, x0, "
            f"dtype=tf.float32{lengths}, time_major={major}, parallel_iterations=1)"
        ]
    elif kind == "static":
        lines += [
            f"    out, state = tf.nn.static_rnn({cell(rng, n)}, tf.unstack(x0, axis={axis}), dtype=tf.float32{lengths})"
        ]
    elif kind == "static_both":
        lines += [
            f"    out, *state = tf.nn.static_bidirectional_rnn({cell(rng, n)}, {cell(rng, 2)}, "
            f"tf.unstack(x0, axis={axis}), dtype=tf.float32{lengths})"
        ]
    else:
        lines += [
            f"    cell = {cell(rng, n)}",
            f"    rows = tf.TensorArray(tf.float32, 4).unstack({'x0' if major else 'tf.transpose(x0, [1, 0, 2])'})",
            "    def loop(time, output, state, extra):",
            "        state = cell.zero_state(2, tf.float32) if output is None else state",
            "        ended = time >= x1",
            "        following = tf.cond(tf.reduce_all(ended), lambda: tf.zeros([2, 3]), lambda: rows.read(time))",
            "        return tf.cast(ended, tf.bool), following, state, output, None",
            "    out, state, _ = tf.nn.raw_rnn(cell, loop, parallel_iterations=1)",
            "    out = out.stack()",
        ]
        lines[1] = "x1 = tf.placeholder(tf.int32, [2])"
    lines += [
        "flat = tf.get_static_value and [tf.identity(t) for t in __import__('itertools').chain.from_iterable([t] "
        "if hasattr(t, 'dtype') else list(t) for t in "
        "(lambda f: f(f, [out, state]))(lambda f, s: [s] if hasattr(s, 'dtype') else [u for part in s for u in f(f, part)]))]"
    ]
    lines[-1] = (
        "def flatten(s):\n    return [s] if hasattr(s, 'dtype') else [u for part in "
        "s for u in flatten(part)]\nflat = flatten([out, state])"
    )
    lines += [
        "for i, t in enumerate(flat): globals()[f'v{i}'] = t",
        "loss = tf.add_n([tf.reduce_sum(tf.square(t)) for t in flat])",
        "g = tf.gradients(loss, [x0] + tf.trainable_variables())",
        "known = [tf.convert_to_tensor(a) for a in g if a is not None]",
        "results = [{'names': [v.op.name for v in tf.global_variables()]}]",
        "with tf.Session(config=config) as sess:",
        "    sess.run(tf.global_variables_initializer())",
    ]
    for _ in range(2):
        top = rng.randint(1, 4)
        lines += [
            f"    feed = {{x0: {array(rng, *shape)}, x1: [{top}, {rng.randint(0, top)}]}}",
            "    results.append({str(i): a for i, a in enumerate(sess.run(flat, feed))})",
            "    results.append({str(i): a for i, a in enumerate(sess.run(known, feed))})",
        ]
    return "\n".join(lines) + "\n"
