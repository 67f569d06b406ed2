"""Branches and loops: values, gradients against differences, random numbers, variables, nesting."""

from __future__ import annotations

import numpy as np
import pytest

import deepkit.v1 as tf
from deepkit.errors import GraphWarning, ShapeError, UnfedError
from deepkit.testing import numeric_gradient


@pytest.fixture
def sess():
    with tf.Graph().as_default(), tf.Session() as sess:
        yield sess


def check_gradient(sess, y, feeds: dict) -> None:
    """The gradients of sum(y) by all fed floats against difference quotients."""
    total = tf.reduce_sum(y)
    xs = [x for x in feeds if x.dtype.is_floating]
    found = sess.run(tf.gradients(total, xs), feeds)
    for i, x in enumerate(xs):

        def value(*values):
            return float(sess.run(total, {**feeds, **dict(zip(xs, values, strict=True))}))

        expected = numeric_gradient(value, [np.asarray(feeds[x], np.float64) for x in xs], i)
        np.testing.assert_allclose(found[i], expected, rtol=1e-6, atol=1e-7)


def test_cond_runs_one_branch(sess) -> None:
    x, v = tf.placeholder(tf.float32), tf.Variable(0.0)
    sess.run(v.initializer)
    y = tf.cond(x > 0, lambda: v.assign_add(1.0), lambda: x * 2.0)
    assert sess.run(y, {x: -3.0}) == -6.0
    assert sess.run(v) == 0.0
    assert sess.run(y, {x: 3.0}) == 1.0
    assert sess.run(v) == 1.0


def test_cond_keeps_the_structure(sess) -> None:
    flag = tf.placeholder(tf.bool, [])
    result = tf.cond(
        flag, lambda: {"a": tf.constant(1), "b": (tf.constant(2.0), 3.0)}, lambda: {"a": 4, "b": (5.0, 6.0)}
    )
    assert sess.run(result, {flag: True}) == {"a": 1, "b": (2.0, 3.0)}
    assert sess.run(result, {flag: False}) == {"a": 4, "b": (5.0, 6.0)}


@pytest.mark.parametrize("one", [lambda x: [x], lambda x: (x,)])
def test_the_only_entry_of_a_list_stands_for_it(sess, one) -> None:
    holds, a, b = tf.placeholder(tf.bool, []), tf.constant([1.0, 2.0]), tf.constant([3.0, 4.0])
    alone = [
        tf.cond(holds, lambda: one(a), lambda: one(b)),
        tf.case([(holds, lambda: one(a))], default=lambda: one(b)),
    ]
    assert [sess.run(x, {holds: False}).tolist() for x in alone] == [[3.0, 4.0]] * 2
    kept = [
        tf.cond(holds, lambda: one(a), lambda: one(b), strict=True),
        tf.case([(holds, lambda: one(a))], default=lambda: one(b), strict=True),
    ]
    assert [[x.tolist() for x in sess.run(y, {holds: True})] for y in kept] == [[[1.0, 2.0]]] * 2


def test_gradient_of_cond(sess) -> None:
    x, w = tf.placeholder(tf.float64, [3]), tf.placeholder(tf.float64, [3])
    y = tf.cond(tf.reduce_sum(x) > 0, lambda: x * x * w, lambda: tf.sin(x))
    check_gradient(sess, y, {x: np.array([1.0, 2.0, 3.0]), w: np.array([0.5, 1.0, -1.0])})
    check_gradient(sess, y, {x: np.array([-1.0, -2.0, 0.5]), w: np.array([0.5, 1.0, -1.0])})


def test_branches_of_different_types(sess) -> None:
    with pytest.raises(ShapeError, match="return float32 and int32"):
        tf.cond(tf.constant(True), lambda: 1.0, lambda: 1)


def test_case(sess) -> None:
    x = tf.placeholder(tf.float32)
    y = tf.case([(x < 1.0, lambda: 10), (x < 2.0, lambda: 20)], default=lambda: 30)
    assert [sess.run(y, {x: v}) for v in (0.0, 1.5, 5.0)] == [10, 20, 30]


def test_while(sess) -> None:
    n = tf.placeholder(tf.int32, [])
    i, total = tf.while_loop(lambda i, s: i < n, lambda i, s: (i + 1, s + i), (0, 0))
    assert sess.run([i, total], {n: 5}) == [5, 10]
    assert sess.run([i, total], {n: 0}) == [0, 0]
    assert sess.run(tf.while_loop(lambda i: i < 7, lambda i: i + 2, [1])) == 7
    assert sess.run(tf.while_loop(lambda i: True, lambda i: i + 2, [1], maximum_iterations=3)) == 7


def test_gradient_of_while(sess) -> None:
    x, w = tf.placeholder(tf.float64, [2]), tf.placeholder(tf.float64, [2, 2])
    n = tf.placeholder(tf.int32, [])

    def body(i, h):
        return i + 1, tf.tanh(tf.reshape(tf.matmul(w, tf.reshape(h, [2, 1])), [2])) + x

    _, h = tf.while_loop(lambda i, h: i < n, body, [0, x * 2.0])
    rng = np.random.default_rng(0)
    for turns in (0, 1, 4):
        check_gradient(sess, h, {x: rng.normal(size=2), w: rng.normal(size=(2, 2)), n: turns})


def test_loops_inside_loops(sess) -> None:
    x = tf.placeholder(tf.float64, [])

    def outer(i, a):
        _, b = tf.while_loop(lambda j, b: j < 2, lambda j, b: (j + 1, b * x + a), [0, a])
        return i + 1, tf.cond(b > 100.0, lambda: b / 10.0, lambda: b)

    _, y = tf.while_loop(lambda i, a: i < 3, outer, [0, x])
    check_gradient(sess, y, {x: np.array(1.7)})


def test_random_numbers_of_a_loop_are_those_of_its_gradient(sess) -> None:
    """d/dx of prod(x * r_i) is n / x times it, whatever r was drawn."""
    x = tf.placeholder(tf.float64, [])
    draw = lambda: tf.random_uniform([], 1.0, 2.0, dtype=tf.float64, seed=3)  # noqa: E731
    _, y = tf.while_loop(lambda i, a: i < 3, lambda i, a: (i + 1, a * x * draw()), [0, tf.constant(1.0, tf.float64)])
    value, slope = sess.run([y, tf.gradients(y, x)[0]], {x: 2.0})
    np.testing.assert_allclose(slope, 3 * value / 2.0, rtol=1e-12)
    assert sess.run(y, {x: 2.0}) != value


def test_random_numbers_of_a_branch_are_those_of_its_gradient(sess) -> None:
    x = tf.placeholder(tf.float64, [])
    draw = lambda: tf.random_uniform([], 1.0, 2.0, dtype=tf.float64, seed=3)  # noqa: E731
    y = tf.cond(x > 0.0, lambda: x * draw(), lambda: x * x * draw())
    for at, power in ((2.0, 1), (-2.0, 2)):
        value, slope = sess.run([y, tf.gradients(y, x)[0]], {x: at})
        np.testing.assert_allclose(slope, power * value / at, rtol=1e-12)


def test_variables_in_loops_get_gradients(sess) -> None:
    w = tf.Variable(np.float64(1.5))
    _, y = tf.while_loop(lambda i, a: i < 3, lambda i, a: (i + 1, a * w), [0, tf.constant(2.0, tf.float64)])
    train = tf.train.GradientDescentOptimizer(0.01).minimize(y)
    sess.run(w.initializer)
    assert sess.run(tf.gradients(y, w)[0]) == pytest.approx(3 * 1.5**2 * 2)
    sess.run(train)
    assert sess.run(w) == pytest.approx(1.5 - 0.01 * 13.5)


def test_effects_in_a_loop(sess) -> None:
    v = tf.Variable(0.0)
    sess.run(v.initializer)

    def body(i):
        with tf.control_dependencies([v.assign_add(2.0)]):
            return i + 1

    assert sess.run(tf.while_loop(lambda i: i < 3, body, [0])) == 3
    assert sess.run(v) == 6.0


def test_shape_invariants(sess) -> None:
    with pytest.raises(ShapeError, match="after one turn"):
        tf.while_loop(lambda x: tf.size(x) < 5, lambda x: tf.concat([x, [1.0]], 0), [tf.constant([0.0])])
    grown = tf.while_loop(
        lambda x: tf.size(x) < 5, lambda x: tf.concat([x, [1.0]], 0), [tf.constant([0.0])],
        shape_invariants=[tf.TensorShape([None])],
    )
    assert sess.run(grown).tolist() == [0, 1, 1, 1, 1]


def test_map(sess) -> None:
    x, w = tf.placeholder(tf.float64, [None, 2]), tf.placeholder(tf.float64, [2])
    y = tf.map_fn(lambda row: tf.reduce_sum(row * row * w), x)
    assert y.shape.as_list() == [None]
    assert sess.run(y, {x: [[1.0, 2.0], [3.0, 4.0]], w: [1.0, 1.0]}).tolist() == [5.0, 25.0]
    assert sess.run(y, {x: np.zeros((0, 2)), w: [1.0, 1.0]}).shape == (0,)
    check_gradient(sess, y, {x: np.array([[1.0, 2.0], [3.0, 4.0]]), w: np.array([0.5, -1.0])})
    both = tf.map_fn(
        lambda pair: (pair[0] + pair[1], pair[0]), (tf.constant([1, 2]), tf.constant([10, 20])), dtype=None
    )
    assert [v.tolist() for v in sess.run(both)] == [[11, 22], [1, 2]]


def test_texts_in_a_body_keep_every_byte(sess) -> None:
    texts = tf.placeholder(tf.string, [2])
    mapped = tf.map_fn(lambda text: tf.stack([text, tf.expand_dims(text, 0)[0]]), texts)
    assert sess.run(mapped, {texts: [b"a\0", b"b"]}).tolist() == [[b"a\0", b"a\0"], [b"b", b"b"]]


def test_an_op_without_a_derivative_has_none_in_a_body_either(sess) -> None:
    x, yes = tf.placeholder(tf.float64, [2]), tf.placeholder_with_default(True, [])
    branch = tf.cond(yes, lambda: tf.random_shuffle(x), lambda: tf.zeros([2], tf.float64))
    rows = tf.map_fn(lambda row: tf.random_shuffle(x) * row, tf.constant([1.0, 2.0], tf.float64))
    for y in (tf.random_shuffle(x), branch):
        with pytest.warns(GraphWarning, match="is None"):
            assert tf.gradients(y, x) == [None]
    assert sess.run(tf.gradients(rows, x)[0], {x: [1.0, 2.0]}).tolist() == [0.0, 0.0]


def test_what_a_loop_takes_has_a_derivative_used_or_not(sess) -> None:
    """As with TensorFlow's second control flow: rows, what is captured, and states count, whether a turn uses them or not."""
    x, w = tf.placeholder(tf.float64, [2]), tf.constant([3.0, 4.0], tf.float64)
    loops = [
        tf.map_fn(lambda row: w * 2.0, x), tf.foldl(lambda total, row: total * w, x, initializer=w),
        tf.scan(lambda total, row: w * tf.cast(tf.cast(row, tf.int32), tf.float64), x, initializer=x),
        tf.while_loop(lambda i, a: i < 2, lambda i, a: (i + 1, a * tf.stop_gradient(x)), [0, w])[1],
    ]
    slopes = [tf.gradients(y, x)[0] for y in loops]
    assert [s.tolist() for s in sess.run(slopes, {x: [1.0, 2.0]})] == [[0.0, 0.0]] * 4


def test_sparse_to_dense_of_a_shape_that_is_fed(sess) -> None:
    """In a body every shape from around is one."""
    values, dims = tf.placeholder(tf.float64, [2]), tf.placeholder(tf.int32, [1])
    dense = tf.sparse_to_dense([1, 3], dims, values)
    assert dense.shape.as_list() == [None]
    slope = tf.gradients(dense * dense, values)[0]
    assert sess.run(slope, {values: [2.0, 3.0], dims: [4]}).tolist() == [4.0, 6.0]


def test_scan_and_folds(sess) -> None:
    x = tf.placeholder(tf.float64, [None])
    values = np.array([1.0, 2.0, 3.0, 4.0])
    assert sess.run(tf.scan(lambda a, b: a + b, x), {x: values}).tolist() == [1, 3, 6, 10]
    assert sess.run(tf.scan(lambda a, b: a * b, x, initializer=np.float64(2.0)), {x: values}).tolist() == [2, 4, 12, 48]
    assert sess.run(tf.scan(lambda a, b: a + b, x, reverse=True), {x: values}).tolist() == [10, 9, 7, 4]
    assert sess.run(tf.foldl(lambda a, b: a - b, x), {x: values}) == -8.0
    assert sess.run(tf.foldr(lambda a, b: a - b, x), {x: values}) == -2.0
    check_gradient(sess, tf.scan(lambda a, b: a * tf.sin(b), x, initializer=np.float64(2.0)), {x: values})
    check_gradient(sess, tf.scan(lambda a, b: a * tf.sin(b), x, reverse=True), {x: values})


@pytest.mark.parametrize("shape", [None, [None, None]])
@pytest.mark.parametrize("reverse", [False, True])
def test_a_scan_of_one_row_whose_shape_the_graph_does_not_know(sess, shape: object, reverse: bool) -> None:
    """It starts with its first row, so that its body never runs."""
    x = tf.placeholder(tf.float64, shape)
    for values in ([[1.0, 2.0, 3.0]], [[1.0, 2.0, 3.0], [2.0, 5.0, 7.0]]):
        y = tf.scan(lambda a, b: a * b, x, reverse=reverse)
        order = slice(None, None, -1 if reverse else 1)
        found = np.cumprod(np.array(values)[order], 0)[order]
        assert sess.run(y, {x: values}).tolist() == found.tolist()
        check_gradient(sess, y, {x: np.array(values)})
    start = tf.placeholder(tf.float64, shape)
    assert sess.run(tf.scan(lambda a, b: a + b, x[1:], start), {x: [[1.0, 2.0]], start: [[1.0], [2.0]]}).shape == (0, 2, 1)


def test_errors_in_a_body_name_the_users_line(sess) -> None:
    x = tf.placeholder(tf.float32)
    y = tf.while_loop(lambda i, a: i < 2, lambda i, a: (i + 1, tf.matmul(a, a)), [0, x])[1]
    with pytest.raises(tf.errors.OpError, match=r"tf.matmul\(a, a\)"):
        sess.run(y, {x: np.zeros((2, 3))})


def counted(v, value):
    """`value`, after v has been counted up."""
    with tf.control_dependencies([tf.assign_add(v, 1)]):
        return tf.identity(value)


PAIRS = {
    "branch": lambda v, x, yes: tf.cond(yes, lambda: (x * 2.0, counted(v, x)), lambda: (x, x)),
    "loop": lambda v, x, yes: tf.while_loop(
        lambda i, *_: i < 1, lambda i, a, b: (i + 1, a * 2.0, counted(v, b)), [0, x, x])[1:],
    "scan": lambda v, x, yes: tf.scan(lambda s, b: (s[0] * 2.0, counted(v, s[1])), np.ones(1), initializer=(x, x)),
    "map": lambda v, x, yes: tf.map_fn(lambda b: (b * 2.0, counted(v, b)), tf.reshape(x, [1]), dtype=(tf.float64, tf.float64)),
    "branch in a loop": lambda v, x, yes: tf.while_loop(
        lambda i, *_: i < 1,
        lambda i, a, b: (i + 1, *tf.cond(yes, lambda: (a * 2.0, counted(v, x)), lambda: (a, x))), [0, x, x])[1:],
}


@pytest.mark.parametrize("name", PAIRS)
def test_a_body_computes_what_is_used_of_its_results(sess, name) -> None:
    """As TensorFlow does: nothing happens for the sake of a result that nobody reads."""
    v, x = tf.Variable(0), tf.placeholder_with_default(np.float64(3.0), [])
    first, second = PAIRS[name](v, x, tf.placeholder_with_default(True, []))
    sess.run(v.initializer)
    assert (np.sum(sess.run(first)), sess.run(v)) == (6.0, 0)
    assert (np.sum(sess.run(second)), sess.run(v)) == (3.0, 1)
    sess.run([first, second])
    assert sess.run(v) == 2
    sess.run(first.op if name not in ("scan", "map") else [first, second])  # the op itself: with all its effects
    assert sess.run(v) == 3


def test_a_state_that_another_state_is_computed_from_is_used(sess) -> None:
    loop = tf.while_loop(lambda i, *_: i < 4, lambda i, a, b, c: (i + 1, b, c, a + 1), [0, 1, 10, 100])
    assert [sess.run(x) for x in loop] == [4, 11, 101, 3]
    limited = tf.while_loop(lambda a, b: b < 3, lambda a, b: (a + b, b + 1), [0, 0])
    assert sess.run(limited[0]) == 3


@pytest.mark.parametrize("wait", [lambda x: tf.group(x), lambda x: after(x, tf.no_op), lambda x: after(x, tf.constant, 1)])
@pytest.mark.parametrize("name", PAIRS)
def test_who_waits_for_one_result_waits_for_what_it_is_made_of(sess, name, wait) -> None:
    v, x = tf.Variable(0), tf.placeholder_with_default(np.float64(3.0), [])
    first, second = map(wait, PAIRS[name](v, x, tf.placeholder_with_default(True, [])))
    sess.run(v.initializer)
    for awaited, count in [(first, 0), (second, 1), ([first, second], 2)]:
        sess.run(awaited)
        assert sess.run(v) == count


def after(x, make, *arguments):
    with tf.control_dependencies([x]):
        return make(*arguments)


def test_a_first_state_that_no_row_is_made_of_is_not_computed(sess) -> None:
    v = tf.Variable(0)
    rows, last = (f(np.array([1.0, 2.0]), counted(v, tf.constant(0.0, tf.float64))) for f in (scanned_rows, folded))
    sess.run(v.initializer)
    assert (sess.run(rows).tolist(), sess.run(v)) == ([2.0, 4.0], 0)
    assert (sess.run(last), sess.run(v)) == (4.0, 1)  # it is what a fold over no rows gives


def scanned_rows(rows, start):
    return tf.scan(lambda _, row: 2 * row, rows, start)


def folded(rows, start):
    return tf.foldl(lambda _, row: 2 * row, rows, start)


def test_a_feed_takes_the_place_of_a_value_not_of_the_op_that_others_wait_for(sess) -> None:
    """As TensorFlow does; a placeholder has nothing to run."""
    v, x = tf.Variable(0), tf.placeholder(tf.float64, [])
    branch = tf.identity(tf.cond(x > 0, lambda: counted(v, x), lambda: x))
    with tf.control_dependencies([branch, x]):
        seen = tf.identity(v)
    sess.run(v.initializer)
    assert sess.run([seen, branch], {branch: 7.0, x: 1.0}) == [1, 7.0]


def test_a_body_takes_what_is_used_of_its_inputs(sess) -> None:
    """As TensorFlow does: what another result is made of is neither computed nor fed."""
    x, unfed = tf.placeholder(tf.float32, [2]), tf.placeholder(tf.float32, [])
    v = tf.Variable(0.0)
    with tf.control_dependencies([v.assign_add(1.0)]):
        rows = tf.identity(x)
    pair = tf.cond(x[0] > 0, lambda: (x + 1, unfed), lambda: (x, 2 * unfed))
    loop = tf.while_loop(lambda i, *_: i < 2, lambda i, a, b: (i + 1, a + 1, b * unfed), [0, x, unfed])
    scanned = tf.scan(lambda t, row: (t[0] + row, t[1] * unfed), x, (0.0, unfed))
    mapped = tf.map_fn(lambda _: x * 2, rows)
    sess.run(v.initializer)
    used = [pair[0], loop[1], scanned[0], mapped]
    found = sess.run(used, {x: [1, 2]})
    assert [y.tolist() for y in found] == [[2, 3], [3, 4], [1, 3], [[2, 4], [2, 4]]]
    assert sess.run(v) == 0
    for other in (pair[1], loop[2], scanned[1], tf.group(pair[0].op)):
        with pytest.raises(UnfedError):
            sess.run(other, {x: [1, 2]})
    found = sess.run([pair[1], loop[2], scanned[1], *used, rows], {x: [1, 2], unfed: 3})
    assert [y.tolist() for y in found] == [3, 27, [9, 27], [2, 3], [3, 4], [1, 3], [[2, 4], [2, 4]], [1, 2]]
    assert sess.run(v) == 1
