"""Programs of losses with weights and reductions, and of metrics over several batches."""

from __future__ import annotations

import random

from . import array, family

LOSSES = (
    "absolute_difference",
    "hinge_loss",
    "huber_loss",
    "log_loss",
    "mean_pairwise_squared_error",
    "mean_squared_error",
    "sigmoid_cross_entropy",
    "softmax_cross_entropy",
    "sparse_softmax_cross_entropy",
    "cosine_distance",
)
REDUCTIONS = ("NONE", "SUM", "MEAN", "SUM_OVER_BATCH_SIZE", "SUM_OVER_NONZERO_WEIGHTS", "SUM_BY_NONZERO_WEIGHTS")


@family
def losses(rng: random.Random) -> str:
    lines, shown = [f"x0 = tf.placeholder(tf.float32, {rng.choice(('None', '[3, 4]', '[None, 4]', '[3, None]'))})"], []
    for i in range(rng.randint(1, 3)):
        name, dtype = rng.choice(LOSSES), rng.choice(("float32", "float32", "int32", "int64", "float64"))
        labels = array(rng, 3, 4, dtype=dtype, low=0, high=1)
        row = name.startswith(("sparse", "softmax", "cosine"))
        shapes = (
            ((), (3,), (3, 1))
            if name == "cosine_distance"
            else ((), (3,))
            if row
            else ((), (3, 1), (3, 4), (1, 4), (1, 1))
        )
        if name == "mean_pairwise_squared_error":
            shapes = ((), (3,), (3, 1), (1, 1))
        weights = rng.choice(
            (
                "1.0",
                "2",
                "0.0",
                array(rng, *rng.choice(shapes), low=0),
                array(rng, *rng.choice(shapes), dtype="int32", low=0, high=1),
            )
        )
        more = [f"weights={weights}"] if rng.random() < 0.8 else []
        if name != "mean_pairwise_squared_error":
            more += [f"reduction=tf.losses.Reduction.{rng.choice(REDUCTIONS)}"] if rng.random() < 0.7 else []
        more += [f"scope='{rng.choice('ab')}'"] if rng.random() < 0.3 else []
        more += ["loss_collection=None"] if rng.random() < 0.2 else []
        if name in ("sigmoid_cross_entropy", "softmax_cross_entropy"):
            more += [f"label_smoothing={rng.choice((0.1, 0.3))}"] if rng.random() < 0.4 else []
        if name == "huber_loss":
            more += [f"delta={rng.choice((0.5, 2.0))}"]
        prediction = "tf.sigmoid(x0)" if name == "log_loss" else "x0"
        if name == "sparse_softmax_cross_entropy":
            labels = array(rng, 3, *rng.choice(((), (1,))), dtype=rng.choice(("int32", "int64")), low=0, high=3)
        if name == "cosine_distance":
            more += [f"axis={rng.choice((1, -1))}"]
        order = (labels, prediction)
        lines.append(f"v{i} = tf.losses.{name}({', '.join(order)}, {', '.join(more)})")
        shown += [f"'v{i}': v{i}, 'n{i}': v{i}.op.name"]
    lines += [
        "t = tf.losses.get_total_loss()",
        "g = tf.gradients(t, x0)[0]",
        "many = len(tf.losses.get_losses())",
        "known = {'g': g} if g is not None else {}",
        "results = []",
        "with tf.Session(config=config) as sess:",
    ]
    lines += [
        f"    results.append(sess.run({{'t': t, {', '.join(s.split(', ')[0] for s in shown)}, **known}}, "
        f"{{x0: {array(rng, 3, 4)}}}))"
        for _ in range(2)
    ]
    names = ", ".join(s.split(", ")[1] for s in shown)
    lines += [f"results.append({{{names}, 'many': many, 'all': [l.op.name for l in tf.losses.get_losses()]}})"]
    return "\n".join(lines) + "\n"


# {l}: truths, {p}: predicted truths, {x}, {y}: numbers in 0..1, {i}, {j}: classes, {w}: weights (an option)
METRICS = (
    "accuracy({i}, {j}{w})",
    "accuracy({l}, {p}{w})",
    "auc({l}, {x}{w})",
    "auc({l}, {x}{w}, num_thresholds=7)",
    "auc({l}, {x}{w}, curve='PR', summation_method='careful_interpolation')",
    "auc({l}, {x}{w}, num_thresholds=5, summation_method='minoring')",
    "average_precision_at_k(tf.cast({i}[:, None], tf.int64), {m}, 2)",
    "false_negatives({l}, {p}{w})",
    "false_negatives_at_thresholds({l}, {x}, [0.25, 0.5]{w})",
    "false_positives({l}, {p}{w})",
    "false_positives_at_thresholds({l}, {x}, [0.25, 0.5]{w})",
    "mean({x}{w})",
    "mean_absolute_error({x}, {y}{w})",
    "mean_cosine_distance({m}, {m2}, 1)",
    "mean_iou({i}, {j}, 3{w})",
    "mean_per_class_accuracy({i}, {j}, 3{w})",
    "mean_relative_error({x}, {y}, {x} + 0.5{w})",
    "mean_squared_error({x}, {y}{w})",
    "mean_tensor({x}{w})",
    "percentage_below({x}, 0.5{w})",
    "precision({l}, {p}{w})",
    "precision_at_thresholds({l}, {x}, [0.25, 0.5]{w})",
    "precision_at_k(tf.cast({i}[:, None], tf.int64), {m}, 2)",
    "recall({l}, {p}{w})",
    "recall_at_k(tf.cast({i}[:, None], tf.int64), {m}, 1)",
    "recall_at_thresholds({l}, {x}, [0.25, 0.75]{w})",
    "root_mean_squared_error({x}, {y}{w})",
    "sensitivity_at_specificity({l}, {x}, 0.5{w})",
    "specificity_at_sensitivity({l}, {x}, 0.5{w})",
    "true_negatives({l}, {p}{w})",
    "true_negatives_at_thresholds({l}, {x}, [0.25]{w})",
    "true_positives({l}, {p}{w})",
    "true_positives_at_thresholds({l}, {x}, [0.25, 0.9]{w})",
    "mean_iou({i}, {j}, num_classes=3, name='iou'{w})",
    "precision_at_top_k(tf.cast({i}[:, None], tf.int64), tf.cast({j}[:, None], tf.int64), 1)",
)


@family
def metrics(rng: random.Random) -> str:
    n = rng.choice((None, 5))
    lines = [
        f"x0 = tf.placeholder(tf.float32, [{n}])",
        f"x1 = tf.placeholder(tf.float32, [{n}])",
        "x2 = tf.placeholder(tf.bool, [None])",
        f"x3 = tf.placeholder(tf.int32, [{n}])",
        f"x4 = tf.placeholder(tf.float32, [{n}, 3])",
    ]
    names = []
    for i in range(rng.randint(1, 3)):
        w = rng.choice(("", "", ", weights=tf.abs(x1)", ", weights=0.5", ", weights=tf.cast(x2, tf.float32)"))
        text = rng.choice(METRICS).format(
            l="x2", p="x0 > 0.5", x="x0", y="x1", i="x3", j="(x3 + tf.cast(x2, tf.int32)) % 3", m="x4", m2="x4 + 1", w=w
        )
        lines.append(f"v{2 * i}, v{2 * i + 1} = tf.metrics.{text}")
        names += [f"v{2 * i}", f"v{2 * i + 1}"]
    values, updates = names[::2], names[1::2]
    lines += [
        "every = tf.local_variables()",
        "results = []",
        "with tf.Session(config=config) as sess:",
        "    sess.run([tf.global_variables_initializer(), tf.local_variables_initializer()])",
    ]
    for _ in range(rng.randint(1, 3)):
        feed = (
            f"{{x0: {array(rng, 5, low=0, high=1)}, x1: {array(rng, 5, low=0, high=1)}, x2: {array(rng, 5, dtype='bool')}, "
            f"x3: {array(rng, 5, dtype='int32', low=0, high=2)}, x4: {array(rng, 5, 3)}}}"
        )
        lines += [
            f"    results.append(sess.run({{{', '.join(f'{u!r}: {u}' for u in updates)}}}, {feed}))",
            f"    results.append(sess.run({{{', '.join(f'{v!r}: {v}' for v in values)}}}))",
            "    results.append(sess.run({v.op.name: v for v in every}))",
        ]
    return "\n".join(lines) + "\n"
