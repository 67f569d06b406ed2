"""tf.data: where elements come from, what happens to them, the iterators, and the messages of mistakes."""

from __future__ import annotations

import gzip
import threading
import time
from collections import namedtuple

import numpy as np
import pytest

import deepkit.v1 as tf
from deepkit.errors import ArgumentError, ClosedSessionError, DataError, GraphError, OutOfRangeError, ShapeError

Dataset = tf.data.Dataset


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as graph:
        yield graph


def plain(value):
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, tuple):
        return tuple(plain(v) for v in value)
    return value.tolist() if isinstance(value, (np.ndarray, np.generic)) else value


def elements(dataset, most=1000):
    """All elements of a data set, as Python values."""
    element = dataset.make_one_shot_iterator().get_next()
    found = []
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        while len(found) < most:
            try:
                found.append(plain(sess.run(element)))
            except tf.errors.OutOfRangeError:
                break
    return found


def numbers(*limits):
    return Dataset.range(*limits)


def test_sources():
    assert elements(Dataset.from_tensors([1, 2])) == [[1, 2]]
    assert elements(Dataset.from_tensor_slices([[1, 2], [3, 4]])) == [[1, 2], [3, 4]]
    assert elements(Dataset.from_tensor_slices((["a", "b"], np.array([1.5, 2.5])))) == [(b"a", 1.5), (b"b", 2.5)]
    assert elements(Dataset.from_tensor_slices({"x": [1, 2], "y": (np.eye(2), [7, 8])})) == [
        {"x": 1, "y": ([1.0, 0.0], 7)}, {"x": 2, "y": ([0.0, 1.0], 8)},
    ]
    assert elements(numbers(2, 9, 3)) == [2, 5, 8]
    assert elements(numbers(3, 0, -1)) == [3, 2, 1]


def test_types_shapes_and_forms():
    Point = namedtuple("Point", "x y")
    dataset = Dataset.from_tensor_slices(Point(np.zeros((5, 2), np.float32), ["a"] * 5)).batch(2)
    assert dataset.output_types == (tf.float32, tf.string)
    assert isinstance(dataset.output_types, Point)
    assert [s.lengths for s in dataset.output_shapes] == [(None, 2), (None,)]
    assert dataset.output_classes == (tf.Tensor, tf.Tensor)
    assert [s.lengths for s in dataset.map(lambda p: Point(p.x, p.y)).output_shapes] == [(None, 2), (None,)]
    exact = Dataset.from_tensor_slices(np.zeros((5, 2))).batch(2, drop_remainder=True)
    assert exact.output_shapes.as_list() == [2, 2]
    element = exact.make_one_shot_iterator().get_next()
    assert element.shape.as_list() == [2, 2]
    assert element.name == "IteratorGetNext:0"
    assert repr(Dataset.from_tensors({"a": 1.0})) == "<Dataset of {'a': float32()}>"


def test_map_gets_the_parts_of_a_tuple_and_is_called_once():
    called = []

    def function(x, y):
        called.append(x)
        return {"sum": x + y, "both": [x, y]}

    assert elements(Dataset.from_tensor_slices(([1, 2], [10, 20])).map(function)) == [
        {"sum": 11, "both": [1, 10]}, {"sum": 22, "both": [2, 20]},
    ]
    assert len(called) == 1
    assert elements(Dataset.from_tensor_slices({"a": [1, 2]}).map(lambda d: d["a"] * 2)) == [2, 4]
    assert elements(numbers(3).map(lambda x: (x, "w"))) == [(0, b"w"), (1, b"w"), (2, b"w")]


def test_functions_use_what_is_around_them(graph):
    factor, offset = tf.Variable(3, dtype=tf.int64), tf.placeholder(tf.int64)
    iterator = (
        numbers(3).map(lambda x: tf.cond(x > 1, lambda: x * factor, lambda: x + offset)).make_initializable_iterator()
    )
    element = iterator.get_next()
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        for base in (100, 200):
            sess.run(iterator.initializer, {offset: base})
            assert [int(sess.run(element)) for _ in range(3)] == [base, base + 1, 6]


def test_python_functions_inside():
    doubled = numbers(3).map(lambda x: tf.py_func(lambda v: v * 2, [x], tf.int64))
    assert elements(doubled) == [0, 2, 4]


def test_random_ops_in_a_function_follow_the_seed():
    def draw():
        with tf.Graph().as_default():
            tf.set_random_seed(4)
            return elements(numbers(4).map(lambda x: tf.random_uniform([])))

    assert draw() == draw()
    assert len(set(draw())) == 4


def test_parallel_map_keeps_the_order():
    def slow(x):
        time.sleep(0.02 if x % 3 == 0 else 0)
        return x

    dataset = numbers(12).map(lambda x: tf.py_func(slow, [x], tf.int64), num_parallel_calls=4)
    assert elements(dataset) == list(range(12))
    threads = set()

    def where(x):
        threads.add(threading.get_ident())
        time.sleep(0.005)
        return x

    elements(numbers(30).map(lambda x: tf.py_func(where, [x], tf.int64), num_parallel_calls=3))
    assert len(threads) == 3


def test_flat_map_and_interleave():
    assert elements(numbers(1, 4).flat_map(lambda x: Dataset.from_tensors(x).repeat(x))) == [1, 2, 2, 3, 3, 3]

    def ten(x):
        return numbers(x * 10, x * 10 + 5)

    assert elements(numbers(3).interleave(ten, cycle_length=2, block_length=2)) == [
        0, 1, 10, 11, 2, 3, 12, 13, 4, 14, 20, 21, 22, 23, 24,
    ]
    assert elements(numbers(2).interleave(ten)) == [0, 1, 2, 3, 4, 10, 11, 12, 13, 14]
    outside = numbers(2).map(lambda y: y + 100)
    nested = numbers(2).flat_map(lambda x: outside.map(lambda y: x * 1000 + y))
    assert elements(nested) == [100, 101, 1100, 1101]
    assert elements(numbers(1, 3).flat_map(lambda x: numbers(x).batch(x))) == [[0], [0, 1]]


def test_filter_zip_concatenate_take_skip_shard_enumerate():
    assert elements(numbers(10).filter(lambda x: tf.equal(x % 3, 0))) == [0, 3, 6, 9]
    assert elements(Dataset.zip((numbers(3), {"a": numbers(5, 9)}))) == [(0, {"a": 5}), (1, {"a": 6}), (2, {"a": 7})]
    assert elements(numbers(2).concatenate(numbers(5, 7))) == [0, 1, 5, 6]
    assert elements(numbers(5).take(2)) == [0, 1]
    assert elements(numbers(5).take(-1)) == [0, 1, 2, 3, 4]
    assert elements(numbers(5).skip(3)) == [3, 4]
    assert elements(numbers(5).skip(-1)) == []
    assert elements(numbers(10).shard(3, 1)) == [1, 4, 7]
    assert elements(Dataset.from_tensor_slices(["a", "b"]).enumerate(5)) == [(5, b"a"), (6, b"b")]


def test_batches():
    assert elements(numbers(5).batch(2)) == [[0, 1], [2, 3], [4]]
    assert elements(numbers(5).batch(2, drop_remainder=True)) == [[0, 1], [2, 3]]
    assert elements(numbers(6).batch(4).unbatch()) == list(range(6))
    growing = numbers(1, 4).map(lambda x: (tf.fill([x], x), tf.fill([x], "w")))
    assert elements(growing.padded_batch(2, ([None], [-1]))) == [
        ([[1, 0], [2, 2]], [[b"w", b""], [b"w", b"w"]]), ([[3, 3, 3]], [[b"w"] * 3]),
    ]
    assert elements(growing.map(lambda x, w: x).padded_batch(3, [4], np.int64(-1), drop_remainder=True)) == [
        [[1, -1, -1, -1], [2, 2, -1, -1], [3, 3, 3, -1]]
    ]


def test_repeat_and_cache():
    assert elements(numbers(2).repeat(2)) == [0, 1, 0, 1]
    assert elements(numbers(2).repeat(0)) == []
    assert elements(numbers(2).repeat(), most=5) == [0, 1, 0, 1, 0]
    assert elements(numbers(0).repeat()) == []
    calls = []
    source = numbers(3).map(lambda x: tf.py_func(lambda v: calls.append(1) or v, [x], tf.int64))
    assert elements(source.cache().repeat(3)) == [0, 1, 2] * 3
    assert len(calls) == 3


@pytest.mark.parametrize(
    ("seed", "graph_seed", "again", "expected"),  # printed by TensorFlow 2.21
    [
        (42, None, False, [0, 1, 3, 4, 5, 2, 6, 9, 7, 8, 0, 1, 3, 4, 5, 2, 6, 9, 7, 8]),
        (42, None, True, [1, 4, 2, 3, 5, 0, 6, 8, 7, 9, 3, 4, 2, 0, 1, 8, 5, 7, 9, 6]),
        (7, 3, False, [0, 3, 1, 5, 6, 8, 9, 4, 7, 2, 0, 3, 1, 5, 6, 8, 9, 4, 7, 2]),
    ],
)
def test_shuffled_order_is_tensorflows(seed, graph_seed, again, expected):
    tf.set_random_seed(graph_seed)
    assert elements(numbers(10).shuffle(4, seed=seed, reshuffle_each_iteration=again).repeat(2)) == expected


def test_shuffle_without_a_seed_and_with_a_large_buffer():
    found = elements(numbers(50).shuffle(1000).repeat(2))
    assert sorted(found[:50]) == sorted(found[50:]) == list(range(50))
    assert found[:50] != found[50:]


def test_prefetch_runs_ahead_and_stops_with_its_session():
    made = []
    source = numbers(100).map(lambda x: tf.py_func(lambda v: made.append(int(v)) or v, [x], tf.int64)).prefetch(5)
    element = source.make_one_shot_iterator().get_next()
    with tf.Session() as sess:
        assert sess.run(element) == 0
        assert soon(lambda: len(made) >= 6)
        assert len(made) <= 8  # five wait, one is on its way
    assert soon(lambda: not prefetching())
    assert elements(numbers(20).prefetch(3).repeat(2)) == [*range(20)] * 2


def test_prefetch_that_has_ended_says_so_again():
    """A window asks once more after the end, and was told that the session had been closed."""
    windows = numbers(11).prefetch(1).window(4).flat_map(lambda w: w.batch(4))
    assert elements(windows) == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10]]
    assert soon(lambda: not prefetching())


def test_prefetch_stops_when_nobody_wants_more():
    element = numbers(100).prefetch(2).take(3).make_one_shot_iterator().get_next()
    with tf.Session() as sess:
        assert [int(sess.run(element)) for _ in range(3)] == [0, 1, 2]
        with pytest.raises(OutOfRangeError):
            sess.run(element)
        assert soon(lambda: not prefetching())


def prefetching():
    return [thread for thread in threading.enumerate() if thread.name == "tf.data prefetch"]


def soon(condition):
    """Whether it becomes true within some seconds."""
    until = time.monotonic() + 5
    while not condition() and time.monotonic() < until:
        time.sleep(0.005)
    return condition()


def test_generators():
    def pairs(most):
        for i in range(most):
            yield i, [float(i)] * i

    dataset = Dataset.from_generator(pairs, (tf.int64, tf.float32), ([], [None]), args=(3,))
    assert elements(dataset) == [(0, []), (1, [1.0]), (2, [2.0, 2.0])]
    assert elements(dataset.repeat(2).map(lambda i, x: i)) == [0, 1, 2, 0, 1, 2]
    same = np.zeros(1)

    def reused():
        for i in range(3):
            same[:] = i
            yield same

    assert elements(Dataset.from_generator(reused, tf.float64).batch(3)) == [[[0.0], [1.0], [2.0]]]


def test_files(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"1\r\n2\n")
    (tmp_path / "b.txt").write_bytes(b"3")
    (tmp_path / "c.gz").write_bytes(gzip.compress(b"4\n5\n"))
    names = [str(tmp_path / n) for n in ("a.txt", "b.txt")]
    assert elements(tf.data.TextLineDataset(names)) == [b"1", b"2", b"3"]
    assert elements(tf.data.TextLineDataset(str(tmp_path / "c.gz"), "GZIP")) == [b"4", b"5"]
    listed = Dataset.list_files(str(tmp_path / "*.txt"), shuffle=False)
    assert elements(listed) == [n.encode() for n in names]
    assert elements(listed.interleave(tf.data.TextLineDataset, cycle_length=2)) == [b"1", b"3", b"2"]
    assert elements(tf.data.TextLineDataset(listed)) == [b"1", b"2", b"3"]
    assert elements(tf.data.FixedLengthRecordDataset(names[0], 1, header_bytes=1, footer_bytes=2)) == [b"\r", b"\n"]
    path = str(tmp_path / "r")
    with tf.python_io.TFRecordWriter(path) as writer:
        for record in (b"x", b"yy"):
            writer.write(record)
    files = tf.placeholder(tf.string, [None])
    iterator = tf.data.TFRecordDataset(files).make_initializable_iterator()
    element = iterator.get_next()
    with tf.Session() as sess:
        sess.run(iterator.initializer, {files: [path, path]})
        assert [sess.run(element) for _ in range(4)] == [b"x", b"yy"] * 2
    with pytest.raises(DataError, match=r"b\.txt"):
        elements(tf.data.TFRecordDataset(names[1]))


def test_an_initializable_iterator_begins_anew():
    count = tf.placeholder(tf.int64)
    iterator = numbers(count).make_initializable_iterator()
    element = iterator.get_next()
    with tf.Session() as sess:
        with pytest.raises(tf.errors.FailedPreconditionError, match="initializer"):
            sess.run(element)
        for most in (2, 3):
            sess.run(iterator.initializer, {count: most})
            assert [int(sess.run(element)) for _ in range(most)] == list(range(most))
            with pytest.raises(OutOfRangeError, match="end of its data"):
                sess.run(element)


def test_one_iterator_for_two_data_sets():
    training, test = numbers(3).map(lambda x: x * 10), numbers(5)
    iterator = tf.data.Iterator.from_structure(training.output_types, training.output_shapes)
    element = iterator.get_next()
    begin, check = iterator.make_initializer(training), iterator.make_initializer(test)
    with tf.Session() as sess:
        for _ in range(2):
            sess.run(begin)
            assert [int(sess.run(element)) for _ in range(3)] == [0, 10, 20]
            sess.run(check)
            assert [int(sess.run(element)) for _ in range(2)] == [0, 1]
    with pytest.raises(ArgumentError, match=r"int64\(\), the data set has string\(\)"):
        iterator.make_initializer(Dataset.from_tensors("a"))


@pytest.mark.parametrize("cached", [False, True])
def test_the_next_epoch_is_not_touched_by_what_was_done_with_the_last(cached):
    def change(x):
        x += 100.0
        return x

    fed = np.zeros((2, 3))
    x = tf.placeholder(tf.float64, [2, 3])
    source = tf.data.Dataset.from_tensor_slices(x)
    source = source.cache() if cached else source
    changed = source.map(lambda row: tf.py_func(change, [row], tf.float64)).repeat(3)
    iterator, direct = changed.make_initializable_iterator(), source.repeat(3).make_initializable_iterator()
    element, squared = iterator.get_next(), tf.nn.relu(direct.get_next() + 1.0)
    with tf.Session() as sess:
        sess.run([iterator.initializer, direct.initializer], {x: fed})
        fed[:] = 7
        assert [sess.run(element).tolist() for _ in range(6)] == [[100.0] * 3] * 6
        assert [sess.run(squared).tolist() for _ in range(6)] == [[1.0] * 3] * 6


def test_string_handles():
    training, test = numbers(10).make_one_shot_iterator(), numbers(20, 30).make_initializable_iterator()
    handle = tf.placeholder(tf.string, [])
    element = tf.data.Iterator.from_string_handle(handle, tf.int64, []).get_next()
    with tf.Session() as sess:
        first, second = sess.run([training.string_handle(), test.string_handle()])
        sess.run(test.initializer)
        assert [int(sess.run(element, {handle: h})) for h in (first, second, first, second)] == [0, 20, 1, 21]
        with pytest.raises(tf.errors.OpError, match="no iterator 'nobody'"):
            sess.run(element, {handle: "nobody"})


def test_each_session_has_its_own_place():
    element = numbers(5).make_one_shot_iterator().get_next()
    with tf.Session() as a, tf.Session() as b:
        assert [int(s.run(element)) for s in (a, a, b, a, b)] == [0, 1, 0, 2, 1]


def test_threads_share_one_iterator():
    element = numbers(300).map(lambda x: x + 0).make_one_shot_iterator().get_next()
    found = []
    with tf.Session() as sess:

        def work():
            with tf.train.Coordinator().stop_on_exception():
                while True:
                    found.append(int(sess.run(element)))

        threads = [threading.Thread(target=work, daemon=True) for _ in range(4)]
        for t in threads:
            t.start()
        for t in threads:
            t.join(10)
    assert sorted(found) == list(range(300))


def test_an_error_in_the_middle_is_not_the_end():
    element = (
        numbers(3)
        .map(lambda x: tf.check_numerics(1.0 / tf.cast(1 - x, tf.float32), "divided"))
        .make_one_shot_iterator()
        .get_next()
    )
    with tf.Session() as sess:
        assert sess.run(element) == 1.0
        with pytest.raises(tf.errors.OpError, match="divided"):
            sess.run(element)
        assert sess.run(element) == -1.0


def test_closing_the_session_ends_a_wait_for_data():
    wait = threading.Event()

    def never():
        wait.wait(10)
        yield 1

    element = Dataset.from_generator(never, tf.int64).prefetch(1).make_one_shot_iterator().get_next()
    sess = tf.Session()
    errors = []

    def work():
        try:
            sess.run(element)
        except Exception as error:
            errors.append(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    time.sleep(0.05)
    sess.close()
    thread.join(5)
    wait.set()
    assert [type(e) for e in errors] == [ClosedSessionError]


def test_contrib_and_experimental_names():
    assert tf.contrib.data.TextLineDataset is tf.data.TextLineDataset
    experimental = tf.data.experimental
    assert elements(numbers(5).apply(tf.contrib.data.batch_and_drop_remainder(2))) == [[0, 1], [2, 3]]
    assert elements(numbers(4).apply(experimental.map_and_batch(lambda x: x + 1, 3))) == [[1, 2, 3], [4]]
    assert sorted(elements(numbers(4).apply(experimental.shuffle_and_repeat(4, 2)))) == sorted([*range(4)] * 2)
    assert elements(numbers(2).apply(experimental.enumerate_dataset())) == [(0, 0), (1, 1)]
    assert elements(numbers(4).batch(2).apply(experimental.unbatch())) == [0, 1, 2, 3]
    assert elements(numbers(2).apply(experimental.parallel_interleave(lambda x: numbers(x, x + 2), 2))) == [0, 1, 1, 2]
    assert elements(numbers(2).map(lambda x: x, num_parallel_calls=tf.data.AUTOTUNE)) == [0, 1]
    assert tf.data.get_output_types(numbers(2)) is tf.int64


def test_an_estimator_takes_a_data_set():
    def input_fn():
        x = np.arange(20, dtype=np.float32).reshape(20, 1)
        return (
            Dataset.from_tensor_slices(({"x": x}, (x[:, 0] > 9).astype(np.int32))).shuffle(20, seed=1).repeat().batch(5)
        )

    estimator = tf.estimator.LinearClassifier([tf.feature_column.numeric_column("x")])
    estimator.train(input_fn, steps=5)
    assert 0 <= estimator.evaluate(input_fn, steps=4)["accuracy"] <= 1


def test_sparse_elements():
    """They stay sparse from step to step, and an iterator gives them so (peers: beside TensorFlow)."""
    rows = Dataset.from_tensor_slices(tf.SparseTensor([[0, 1], [2, 0]], [5.0, 7.0], [3, 2]))
    assert (rows.output_types, rows.output_classes) == (tf.float32, tf.SparseTensor)
    assert rows.output_shapes.as_list() == [None]
    assert repr(rows) == "<Dataset of sparse float32(?,)>"
    dense = rows.map(lambda s: tf.sparse_tensor_to_dense(s))
    assert elements(dense) == [[0.0, 5.0], [0.0, 0.0], [7.0, 0.0]]
    assert elements(rows.batch(2).map(lambda s: tf.sparse_tensor_to_dense(s))) == [[[0.0, 5.0], [0.0, 0.0]], [[7.0, 0.0]]]
    assert elements(rows.batch(3).apply(lambda d: d.unbatch()))[2] == ([[0]], [7.0], [2])
    either = tf.data.Iterator.from_structure(rows.output_types, rows.output_shapes, output_classes=rows.output_classes)
    again = either.make_initializer(rows.skip(1))
    with tf.Session() as sess:
        sess.run(again)
        assert sess.run(either.get_next()).dense_shape.tolist() == [2]
    with pytest.raises(ArgumentError, match="sparse tensors are not filled up"):
        rows.padded_batch(2, [None])


def test_mistakes_are_explained(tmp_path):
    with pytest.raises(GraphError, match="make_initializable_iterator"):
        Dataset.from_tensor_slices(tf.placeholder(tf.float32, [None])).make_one_shot_iterator()
    with pytest.raises(ShapeError, match="2 and 3 rows"):
        Dataset.from_tensor_slices(([1, 2], [1, 2, 3]))
    with pytest.raises(ShapeError, match="from_tensors"):
        Dataset.from_tensor_slices(3)
    with pytest.raises(ArgumentError, match="flat_map"):
        numbers(3).map(lambda x: numbers(x))
    with pytest.raises(TypeError, match="missing 1 required") as found:
        Dataset.from_tensors((1, 2.0)).map(lambda x, y, z: x)
    assert "2 arguments: an element is (int32(), float32())" in found.value.__notes__[0]
    with pytest.raises(ArgumentError, match="returned int64"):
        numbers(3).flat_map(lambda x: x)
    with pytest.raises(ArgumentError, match="one bool"):
        numbers(3).filter(lambda x: x)
    with pytest.raises(ArgumentError, match="is a return missing"):
        numbers(3).map(lambda x: None)
    with pytest.raises(ArgumentError, match="batch_size=0"):
        numbers(3).batch(0)
    with pytest.raises(ArgumentError, match="without \\(\\)"):
        Dataset.from_generator(iter([1]), tf.int32)
    with pytest.raises(ArgumentError, match="a tuple of data sets"):
        Dataset.zip((numbers(3), 3))
    with pytest.raises(ArgumentError, match="0 <= index"):
        numbers(3).shard(2, 2)
    with pytest.raises(ArgumentError, match="kept in memory"):
        numbers(3).cache("file")
    with pytest.raises(GraphError, match="no initializer"):
        _ = numbers(3).make_one_shot_iterator().initializer
    with pytest.raises(ShapeError, match="padded_batch"):
        elements(numbers(1, 3).map(lambda x: tf.fill([x], 0)).batch(2))
    with pytest.raises(ShapeError, match="only makes longer"):
        elements(numbers(1, 4).map(lambda x: tf.fill([x], 0)).padded_batch(3, [2]))
    with pytest.raises(ArgumentError, match="no file is called"):
        elements(Dataset.list_files(str(tmp_path / "nothing*")))
    with pytest.raises(ArgumentError, match="output_types says"):
        elements(Dataset.from_generator(lambda: iter([(1, 2)]), (tf.int32, tf.int32, tf.int32)))
    with pytest.raises(tf.errors.InvalidArgumentError, match="output_types says string"):
        elements(Dataset.from_generator(lambda: iter([1.5]), tf.string))
    with pytest.raises(ShapeError, match="output_shapes says"):
        elements(Dataset.from_generator(lambda: iter([[1.0, 2.0]]), tf.float32, [3]))


def test_padded_batches_of_texts_and_padding_values_as_tensors():
    def rows():
        for k in range(3):
            yield f"row{k}", [f"word{i}" for i in range(k)], [1.5] * k

    dataset = tf.data.Dataset.from_generator(rows, (tf.string, tf.string, tf.float32), ([], [None], [None]))
    plain = elements(dataset.padded_batch(3, ([], [None], [None])))[0]
    assert list(plain) == [
        [b"row0", b"row1", b"row2"], [[b"", b""], [b"word0", b""], [b"word0", b"word1"]], [[0, 0], [1.5, 0], [1.5, 1.5]],
    ]
    padding = ("", tf.constant("none"), tf.constant(-1.0))
    filled = elements(dataset.padded_batch(3, ([], [None], [2]), padding))[0]
    assert filled[1][:2] == [[b"none", b"none"], [b"word0", b"none"]]
    assert filled[2] == [[-1, -1], [1.5, -1], [1.5, 1.5]]
