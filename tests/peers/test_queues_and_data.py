"""Queues, input pipelines and tf.data beside TensorFlow's own: the same program gives the same elements in the same order."""

from __future__ import annotations

import numpy as np
import pytest

import deepkit.v1 as dk

tensorflow = pytest.importorskip("tensorflow", reason="compares with TensorFlow itself")
FACES = {"deepkit": dk, "tensorflow": tensorflow.compat.v1}


@pytest.fixture(autouse=True)
def graphs():
    tensorflow.compat.v1.disable_eager_execution()


def both(program, *args):
    """What program(tf, sess, *args) gives with deepkit and with TensorFlow."""
    results = []
    for tf in FACES.values():
        with tf.Graph().as_default(), tf.Session() as sess:
            results.append(program(tf, sess, *args))
    return results


def plain(value):
    if isinstance(value, (tuple, list)):
        return tuple(plain(v) for v in value)
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    return value.tolist() if isinstance(value, (np.ndarray, np.generic)) else value


def all_of(tf, sess, fetches, most=200):
    found = []
    while len(found) < most:
        try:
            found.append(plain(sess.run(fetches)))
        except tf.errors.OutOfRangeError:
            break
    return found


def lengthening(tf, n=6):
    return tf.data.Dataset.range(1, n).map(lambda x: tf.fill([x], x))


def sparse(tf, n=4):
    """Elements (number, sparse tensor of two axes, of growing length)."""
    row = lambda x: tf.SparseTensor(tf.stack([[0, 0], [0, x]])[: x + 1], tf.stack([5.0, 7.0])[: x + 1], tf.stack([1, x + 1]))  # noqa: E731
    return tf.data.Dataset.range(n).map(lambda x: (x, row(x)))


DATA = {
    "sparse": sparse, "sparse in a dict": lambda tf: sparse(tf).map(lambda x, s: {"s": s, "x": x}).filter(lambda d: d["x"] > 1),
    "sparse made dense": lambda tf: sparse(tf).map(lambda x, s: tf.sparse_tensor_to_dense(s)),
    "sparse batches": lambda tf: sparse(tf, 5).shuffle(3, seed=4).repeat(2).batch(3),
    "sparse rows": lambda tf: tf.data.Dataset.from_tensor_slices(
        (tf.SparseTensor([[0, 0], [2, 1]], [1.0, 2.0], [3, 2]), [1, 2, 3])),
    "sparse whole": lambda tf: tf.data.Dataset.from_tensors(tf.SparseTensor([[0, 0], [2, 1]], ["a", "b"], [3, 2])),
    "sparse, joined": lambda tf: tf.data.Dataset.zip((sparse(tf, 2), sparse(tf, 2))).concatenate(
        tf.data.Dataset.zip((sparse(tf, 3), sparse(tf, 3)))),
    "batch": lambda tf: tf.data.Dataset.range(7).batch(3),
    "drop": lambda tf: tf.data.Dataset.range(7).batch(3, drop_remainder=True),
    "padded": lambda tf: lengthening(tf).padded_batch(2, [None]),
    "padded to": lambda tf: lengthening(tf).padded_batch(2, [7], np.int64(-1)),
    "slices": lambda tf: tf.data.Dataset.from_tensor_slices({"a": [1, 2], "b": ([0.5, 1.5], ["x", "y"])}),
    "map": lambda tf: tf.data.Dataset.range(5).map(lambda x: (x, tf.one_hot(x, 5)), num_parallel_calls=2),
    "flat_map": lambda tf: tf.data.Dataset.range(4).flat_map(lambda x: tf.data.Dataset.range(x)),
    "interleave": lambda tf: tf.data.Dataset.range(5).interleave(
        lambda x: tf.data.Dataset.range(x * 10, x * 11 + 2), cycle_length=3, block_length=2
    ),
    "interleave one": lambda tf: tf.data.Dataset.range(3).interleave(lambda x: tf.data.Dataset.from_tensors(x).repeat(x), 2, 1),
    "interleave many": lambda tf: tf.data.Dataset.range(3).interleave(lambda x: tf.data.Dataset.range(x), 8, 3),
    "filter": lambda tf: tf.data.Dataset.range(9).filter(lambda x: tf.less(x % 4, 2)),
    "zip": lambda tf: tf.data.Dataset.zip((tf.data.Dataset.range(3), tf.data.Dataset.range(10, 20, 4))),
    "concatenate": lambda tf: tf.data.Dataset.range(3).concatenate(tf.data.Dataset.range(3).batch(2).map(lambda x: x[0])),
    "take skip": lambda tf: tf.data.Dataset.range(9).skip(2).take(4).repeat(2).shard(2, 1),
    "shuffle": lambda tf: tf.data.Dataset.range(20).shuffle(6, seed=11).repeat(3),
    "shuffle before": lambda tf: tf.data.Dataset.range(20).repeat(2).shuffle(100, seed=5).batch(7),
    "shuffle kept": lambda tf: tf.data.Dataset.range(20).shuffle(6, 11, reshuffle_each_iteration=False).repeat(2),
    "prefetch": lambda tf: tf.data.Dataset.range(5).prefetch(2).cache().repeat(2),
    "generator": lambda tf: tf.data.Dataset.from_generator(lambda: iter([(1, [2.0]), (3, [4.0, 5.0])]), (tf.int32, tf.float32)),
}


@pytest.mark.parametrize("name", DATA)
@pytest.mark.parametrize("seed", [None, 3])
def test_data_sets(name, seed):
    def program(tf, sess):
        tf.set_random_seed(seed)
        return all_of(tf, sess, tf.data.make_one_shot_iterator(DATA[name](tf)).get_next())

    ours, theirs = both(program)
    assert ours == theirs
    assert ours


@pytest.mark.parametrize(
    "contents", [b"a\r\nb\rc\n\nlast", b"", b"\n", b"one\n", b"\r\n\r", b"a\rb\r\r", b"x" * 70000 + b"\ny"]
)
def test_files(tmp_path, contents):
    path = tmp_path / "file"
    path.write_bytes(contents)

    def program(tf, sess):
        name = str(path)

        def once():
            return tf.train.string_input_producer([name, name], num_epochs=1, shuffle=False)

        readers = [tf.TextLineReader().read(once()), tf.TextLineReader(skip_header_lines=1).read_up_to(once(), 2)]
        readers += [tf.FixedLengthRecordReader(3, 1, 1, 2).read(once()), tf.WholeFileReader().read(once())]
        readers += [tf.FixedLengthRecordReader(2).read_up_to(once(), 4)]
        sets = [tf.data.TextLineDataset(name), tf.data.FixedLengthRecordDataset(name, 1, 1, 1)]
        # a file that a fixed length does not divide is an error there, so this one is of length 1
        fetches = readers + [
            tf.data.make_one_shot_iterator(s).get_next() for s in (sets if len(contents) > 1 else sets[:1])
        ]
        sess.run(tf.local_variables_initializer())
        coord = tf.train.Coordinator()
        threads = tf.train.start_queue_runners(sess, coord)
        found = [all_of(tf, sess, fetch) for fetch in fetches]
        coord.request_stop()
        coord.join(threads)
        return found

    ours, theirs = both(program)
    assert ours == theirs


def test_queues():
    def program(tf, sess, kind):
        if kind == "shuffle":
            q = tf.RandomShuffleQueue(50, 2, [tf.int32, tf.string], [[], []], seed=9)
        elif kind == "padding":
            q = tf.PaddingFIFOQueue(50, [tf.int32, tf.string], [[None], [None]])
        elif kind == "priority":
            q = tf.PriorityQueue(50, [tf.string], [[]])
        else:
            q = tf.FIFOQueue(50, [tf.int32, tf.string], [[], []])
        for i in (3, 1, 4, 1, 5, 9, 2, 6):
            word = "same" if kind == "priority" else f"w{i}"  # which of equal keys comes first is not said anywhere
            one = [np.int64(i) if kind == "priority" else i, word]
            sess.run(q.enqueue([[i] * i, [word] * i] if kind == "padding" else one))
        found = [plain(sess.run(q.dequeue())), plain(sess.run(q.dequeue_many(3))), int(sess.run(q.size()))]
        sess.run(q.close())
        rest = q.dequeue_many(4) if kind == "priority" else q.dequeue_up_to(10)
        return [*found, plain(sess.run(rest)), bool(sess.run(q.is_closed()))]

    for kind in ("fifo", "shuffle", "padding", "priority"):
        ours, theirs = both(program, kind)
        assert ours == theirs, kind


def test_producers_and_batches():
    def program(tf, sess):
        row, label = tf.train.slice_input_producer(
            [np.arange(10.0).reshape(5, 2), np.arange(5)], 3, shuffle=True, seed=4
        )
        plain_batch = tf.train.batch([row, label], 4, allow_smaller_final_batch=True)
        padded = tf.train.batch(
            {"n": tf.range(tf.train.range_input_producer(4, 1, shuffle=False).dequeue())}, 3, dynamic_pad=True
        )
        kept = tf.train.maybe_batch([tf.range(6)], [True, False, True, True, False, False], 2, enqueue_many=True)
        sess.run(tf.local_variables_initializer())
        coord = tf.train.Coordinator()
        threads = tf.train.start_queue_runners(sess, coord)
        found = [all_of(tf, sess, plain_batch), all_of(tf, sess, padded), all_of(tf, sess, kept, most=5)]
        coord.request_stop()
        coord.join(threads)
        names = [x.name for x in (*plain_batch, padded["n"], kept)]
        return found, names, [x.shape.as_list() for x in plain_batch]

    ours, theirs = both(program)
    assert ours == theirs
