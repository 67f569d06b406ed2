"""Programs of what a session keeps (queues, tables, arrays of tensors), of saving and restoring, of scopes and names."""

from __future__ import annotations

import random

from . import array, family


@family
def queues(rng: random.Random) -> str:
    dtypes = rng.choice((["float32"], ["float32", "int32"]))
    kind = rng.choice(("FIFOQueue", "FIFOQueue", "PaddingFIFOQueue"))
    shapes = [[]] * len(dtypes)
    if kind == "PaddingFIFOQueue" and rng.random() < 0.6:
        shapes = [["None"]] * len(dtypes)
    said = "[" + ", ".join("[" + ", ".join(map(str, s)) + "]" for s in shapes) + "]"
    lines = [
        f"q = tf.{kind}(10, [{', '.join('tf.' + d for d in dtypes)}], shapes={said})",
        "results = [{'name': q.name.split('/')[-1]}]",
        "with tf.Session(config=config) as sess:",
    ]
    held = 0

    def one(d: str, lead: tuple[int, ...], n: int) -> str:
        return array(rng, *lead, *([n] if shapes[0] else []), dtype=d)

    for _ in range(rng.randint(3, 8)):
        n = rng.randint(0, 3)
        action = rng.choice(("enqueue", "many", "dequeue", "several", "size", "up_to", "both"))
        if action == "enqueue" and held < 9:
            lines.append(f"    sess.run(q.enqueue(({', '.join(one(d, (), n) for d in dtypes)},)))")
            held += 1
        elif action == "many" and held < 7:
            lines.append(f"    sess.run(q.enqueue_many(({', '.join(one(d, (2,), n) for d in dtypes)},)))")
            held += 2
        elif action == "dequeue" and held:
            lines.append(
                "    r = sess.run(q.dequeue()); r = r if isinstance(r, list) else [r]; "
                "results.append({str(i): a for i, a in enumerate(r)})"
            )
            held -= 1
        elif action == "several" and held > 1:
            lines.append(
                "    r = sess.run(q.dequeue_many(2)); r = r if isinstance(r, list) else [r]; "
                "results.append({str(i): a for i, a in enumerate(r)})"
            )
            held -= 2
        elif action == "both" and held:
            lines.append(
                "    y = q.dequeue(); y = y if isinstance(y, list) else [y]; "
                "results.append({'twice': sess.run(2 * tf.cast(tf.reduce_sum(y[0]), tf.float32))})"
            )
            held -= 1
        elif action == "size":
            lines.append("    results.append({'size': sess.run(q.size())})")
    ends = rng.random() < 0.5 and kind == "FIFOQueue"
    if ends:
        lines += [
            "    sess.run(q.close())",
            f"    r = sess.run(q.dequeue_up_to({held + 2})) if {held} else []; r = r if isinstance(r, "
            f"list) else [r]; results.append({{str(i): a for i, a in enumerate(r)}})",
            "    try:",
            "        sess.run(q.dequeue())",
            "    except tf.errors.OutOfRangeError:",
            "        results.append({'ended': True})",
            "    results.append({'closed': sess.run(q.is_closed())})",
        ]
    return "\n".join(lines) + "\n"


@family
def arrays_of_tensors(rng: random.Random) -> str:
    """A TensorArray written, read, gathered, split and joined, in and out of loops, and its gradient."""
    n, tail = rng.randint(2, 4), rng.choice(((), (2,), (2, 2)))
    lines = [
        f"x0 = tf.placeholder(tf.float32, {[n, *tail]})",
        f"a = tf.TensorArray(tf.float32, {rng.choice((str(n), '0, dynamic_size=True'))}, "
        f"clear_after_read=False{rng.choice(('', ', infer_shape=False', f', element_shape={[*tail]}'))})",
    ]
    lines.append(
        rng.choice(
            (
                "a = a.unstack(x0)",
                "\n".join(f"a = a.write({i}, x0[{i}])" for i in rng.sample(range(n), n)),
                f"a = a.scatter({rng.sample(range(n), n)}, x0)",
                f"_, a = tf.while_loop(lambda i, _: i < {n}, lambda i, b: (i + 1, b.write(i, tf.sin(x0[i]))), (0, a))",
            )
        )
    )
    if rng.random() < 0.5:
        lines.append(
            f"_, a = tf.while_loop(lambda i, _: i < {n}, lambda i, b: (i + 1, b.write(i, a.read(i) * "
            f"{rng.choice(('2', 'tf.cast(i, tf.float32)'))})), (0, tf.TensorArray(tf.float32, {n}, clear_after_read=False)))"
        )
    ends = [
        "a.stack()",
        f"a.gather({rng.sample(range(n), 2)})",
        f"a.read({rng.randrange(n)})",
        "tf.cast(a.size(), tf.float32)",
        f"tf.cond(tf.reduce_sum(x0) > 0, lambda: a.read(0), lambda: a.read({n - 1}))",
    ]
    ends += ["a.concat()"] if tail else []
    lines += [f"v{i} = {t}" for i, t in enumerate(rng.sample(ends, 3))]
    lines += [
        "g = tf.gradients([tf.square(v0), v1], x0)[0]",
        "more = {} if g is None else {'g': g}",
        "results = []",
        "with tf.Session(config=config) as sess:",
    ]
    lines += [
        f"    results.append(sess.run({{'v0': v0, 'v1': v1, 'v2': v2, **more}}, {{x0: {array(rng, n, *tail)}}}))"
        for _ in range(2)
    ]
    return "\n".join(lines) + "\n"


OPS = (
    "tf.add({x}, 1.0)",
    "{x} * 2",
    "tf.matmul({x}, {x}, transpose_b=True)[:, :1] + {x}[:, :1]",
    "tf.nn.relu({x}, name='act')",
    "tf.reduce_mean({x}, name='mean') + {x}",
    "tf.layers.dense({x}, 2, name='d')",
    "tf.layers.dense({x}, 2)",
    "tf.identity({x}, name='end')",
    "tf.concat([{x}, {x}], 1)",
    "tf.reshape({x}, [-1, 2])",
    "tf.cast({x} > 0, tf.float32)",
    "{x} - tf.reduce_max({x})",
    "tf.nn.softmax({x})",
    "tf.layers.dense({x}, 2, tf.nn.relu)",
    "tf.square({x}) / 3",
    "tf.nn.dropout({x}, 1.0)",
    "-{x}",
    "{x}[:, :1]",
    "tf.split({x}, 1, 1)[0]",
    "tf.get_variable('w', [2, 2]) * 2 + tf.reduce_sum({x})",
    "tf.Variable(tf.ones([1])) + {x}",
    "tf.Variable([1.0], name='b') * {x}",
    "tf.abs({x}, name='act')",
    "tf.nn.bias_add({x}, tf.get_variable('bias', [{x}.shape[-1]]))",
    "tf.layers.batch_normalization({x})",
    "tf.where({x} > 0, {x}, -{x})",
    "tf.transpose({x})",
    "tf.expand_dims(tf.reduce_sum({x}, 1), 1)",
    "tf.tile({x}, [1, 2])",
    "tf.stack([{x}, {x}])[0]",
    "tf.one_hot(tf.argmax({x}, 1), 2)",
)
SCOPES = (
    "tf.name_scope('{n}')",
    "tf.variable_scope('{n}', reuse=tf.AUTO_REUSE)",
    "tf.variable_scope('{n}')",
    "tf.variable_scope(None, default_name='{n}')",
    "tf.name_scope(None)",
    "tf.variable_scope('{n}/deep', reuse=tf.AUTO_REUSE)",
    "tf.variable_scope(tf.get_variable_scope(), reuse=tf.AUTO_REUSE)",
    "tf.name_scope('{n}', values=[x0])",
    "tf.variable_scope(tf.get_variable_scope(), '{n}')",
    "tf.variable_scope('{n}', auxiliary_name_scope=False, reuse=tf.AUTO_REUSE)",
    "tf.name_scope('{n}/')",
)


@family
def scopes(rng: random.Random) -> str:
    """Nested scopes; the names of what is made in them, of the variables, and of the optimizer's own."""
    lines, made = ["x0 = tf.placeholder(tf.float32, [2, 2])", "rows = []"], [0]

    def block(indent: str, depth: int) -> None:
        for _ in range(rng.randint(1, 3)):
            if rng.random() < 0.5 and depth < 3:
                lines.append(f"{indent}with {rng.choice(SCOPES).format(n=rng.choice('abc'))} as s:")
                lines.append(f"{indent}    rows.append(s if isinstance(s, str) else s.name)")
                block(indent + "    ", depth + 1)
            else:
                lines.append(f"{indent}v{made[0]} = {rng.choice(OPS).format(x='x0')}")
                lines.append(f"{indent}rows.append(v{made[0]}.name)")
                made[0] += 1

    block("", 0)
    lines += [
        "loss = tf.add_n([tf.reduce_sum(w) for w in tf.trainable_variables()] or [tf.zeros([])])",
        f"step = tf.train.{rng.choice(('AdamOptimizer', 'GradientDescentOptimizer', 'AdagradOptimizer'))}(0.1).minimize(loss) "
        f"if tf.trainable_variables() else tf.no_op()",
        "rows.append(step.name)",
        "results = [{'r%d' % i: r for i, r in enumerate(rows)}, "
        "{'variables': [v.name for v in tf.global_variables()], 'updates': [u.name for u in tf.get_collection('update_ops')]}]",
    ]
    return "\n".join(lines) + "\n"


@family
def savers(rng: random.Random) -> str:
    """Saved, changed, restored: all, some, under other names; what a checkpoint lists."""
    names = ["a", "s/b", "s/c"]
    lines = ["import tempfile, os", "folder = tempfile.mkdtemp()"]
    dtypes = [rng.choice(("float32", "float64", "int32", "bool", "float16", "complex64")) for _ in names]
    kinds = [d if d != "complex64" else "float32" for d in dtypes]
    for i, (name, d) in enumerate(zip(names, kinds, strict=True)):
        d = "float32" if d == "float16" else d
        lines.append(
            f"v{i} = tf.get_variable('{name}', "
            f"initializer={array(rng, *rng.choice(((), (2,), (3, 2))), dtype=d)}{rng.choice(('', ', trainable=False'))})"
        )
    arguments = rng.choice(
        (
            "",
            "[v0, v1]",
            "{'z': v0, 'y/x': v2}",
            "max_to_keep=1",
            "{'v': v0}, max_to_keep=2",
            "tf.trainable_variables() or [v0]",
            "tf.global_variables(), keep_checkpoint_every_n_hours=1",
        )
    )
    changes = [f"v{i}.assign({'tf.logical_not' if d == 'bool' else '2 * '}(v{i}))" for i, d in enumerate(kinds)]
    lines += [
        f"saver = tf.train.Saver({arguments})",
        f"change = [{', '.join(changes)}]",
        "every = {f'w{i}': v for i, v in enumerate((v0, v1, v2))}",
        "results = []",
        "with tf.Session(config=config) as sess:",
        "    sess.run(tf.global_variables_initializer())",
        f"    paths = [saver.save(sess, os.path.join(folder, "
        f"'m'){rng.choice(('', ', global_step=3', ', 7', ', write_meta_graph=False'))})]",
    ]
    if rng.random() < 0.5:
        lines += [
            "    sess.run(change)",
            "    paths.append(saver.save(sess, os.path.join(folder, 'm'), global_step=11))",
        ]
    lines += [
        "    kept = sorted({f.split('.')[0] for f in os.listdir(folder)})",
        "    results.append({'kept': kept, 'paths': [os.path.basename(p) for p in paths], "
        "'latest': os.path.basename(tf.train.latest_checkpoint(folder))})",
        "    sess.run(change)",
        "    results.append(sess.run(every))",
        f"    saver.restore(sess, {rng.choice(('tf.train.latest_checkpoint(folder)', 'paths[-1]'))})",
        "    results.append(sess.run(every))",
        "    listed = tf.train.list_variables(folder)",
        "    results.append({'listed': [n for n, _ in listed], 'shapes': str([s for _, s in listed]), "
        "'uninit': sess.run(tf.report_uninitialized_variables())})",
        "    reader = tf.train.NewCheckpointReader(paths[-1])",
        "    results.append({n: reader.get_tensor(n) for n in reader.get_variable_to_shape_map()})",
        "with tf.Session(config=config) as sess:",
        "    saver.restore(sess, paths[-1])",
        "    results.append({'uninit': sess.run(tf.report_uninitialized_variables())})",
    ]
    return "\n".join(lines) + "\n"


@family
def fetches(rng: random.Random) -> str:
    """Structures of fetches and feeds: names, ops, variables, sparse values; fed tensors within the graph."""
    x = array(rng, 2, 2)
    parts = [
        "a",
        "b.op",
        "'b:0'",
        "w",
        "tf.get_default_graph().get_operation_by_name('init_op')",
        "s",
        "'a:0'",
        "rows",
        "[a, b]",
        "(a, [b, w])",
        "{'k': a, 'l': [b]}",
        "'w:0'",
        "g",
        "w.value()",
        "P(a, b)",
        "a.op.outputs[0]",
        "a.graph.get_tensor_by_name('b:0')",
        "big",
    ]
    chosen = [rng.choice(parts) for _ in range(4)]
    feeds = [
        "x0: {x}",
        "'x:0': {x}",
        "x0: {x}.tolist()",
        "x0: {x}, a: {x}",
        "x0: {x}, 'b:0': {x}",
        "a: {x}",
        "x0: {x}.astype('d')",
        "x0: 2 * np.eye(2, dtype=int)",
        "(x0, a): ({x}, {x})",
    ]
    lines = [
        "from collections import namedtuple",
        "P = namedtuple('P', 'one two')",
        "x0 = tf.placeholder(tf.float32, [None, 2], name='x')",
        "a = tf.square(x0, name='a')",
        f"w = tf.Variable({array(rng, 2, 2)}, name='w')",
        "b = tf.add(a, w, name='b')",
        "s = tf.SparseTensor([[0, 0], [1, 1]], [1.0, 2.0], [2, 2])",
        "rows = tf.gradients(tf.nn.embedding_lookup(w, [0, 0, 1]), w)[0]",
        "g = tf.gradients(b, [x0, w])",
        "big = tf.sparse_tensor_to_dense(s) + a",
        "init = tf.global_variables_initializer()",
        "tf.group(init, name='init_op')",
        "def flat(v, at):",
        "    if v is None: return {at: 'None'}",
        "    if isinstance(v, dict): return {k: u for key, part in v.items() for k, u in flat(part, f'{at}.{key}').items()}",
        "    if isinstance(v, (list, tuple)): return "
        "{f'{at}': type(v).__name__, **{k: u for i, part in enumerate(v) for k, u in flat(part, f'{at}.{i}').items()}}",
        "    return {at: v, at + ' type': type(v).__name__}",
        "results = []",
        "with tf.Session(config=config) as sess:",
        "    sess.run(init)",
    ]
    for c in chosen:
        lines.append(f"    results.append(flat(sess.run({c}, {{{rng.choice(feeds).format(x=x)}}}), 'r'))")
    return "\n".join(lines) + "\n"
