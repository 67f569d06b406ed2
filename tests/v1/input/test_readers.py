"""Readers of files, and the queues and threads of tf.train that bring their records into batches."""

from __future__ import annotations

import contextlib

import numpy as np
import pytest

import deepkit.v1 as tf
from deepkit.errors import ArgumentError, DataError, OutOfRangeError, ShapeError


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as graph:
        yield graph


@contextlib.contextmanager
def running(seconds=5):
    """A session with its variables set and its queue runners at work."""
    with tf.Session() as sess:
        sess.run([tf.global_variables_initializer(), tf.local_variables_initializer()])
        coord = tf.train.Coordinator()
        threads = tf.train.start_queue_runners(sess, coord)
        yield sess
        coord.request_stop()
        coord.join(threads, stop_grace_period_secs=seconds)


def until_the_end(sess, fetches):
    found = []
    with contextlib.suppress(OutOfRangeError):
        while len(found) < 1000:
            found.append(sess.run(fetches))
    return found


def written(folder, **contents):
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    return [str(folder / name) for name in contents]


def once(files):
    return tf.train.string_input_producer(files, num_epochs=1, shuffle=False)


def test_lines(tmp_path):
    files = written(tmp_path, a=b"one\r\ntwo\n\nfour", b=b"", c=b"head\nbody\n")
    key, value = tf.TextLineReader().read(once(files))
    skipped = tf.TextLineReader(skip_header_lines=1).read(once(files))
    with running() as sess:
        a, c = files[0], files[2]
        expected = [
            (f"{a}:1", b"one"),
            (f"{a}:2", b"two"),
            (f"{a}:3", b""),
            (f"{a}:4", b"four"),
            (f"{c}:1", b"head"),
            (f"{c}:2", b"body"),
        ]
        assert [(k.decode(), v) for k, v in until_the_end(sess, [key, value])] == expected
        assert [v for _, v in until_the_end(sess, skipped)] == [b"two", b"", b"four", b"body"]


def test_records_of_a_fixed_length(tmp_path):
    (file,) = written(tmp_path, a=b"HHabcabdabeF")
    plain = tf.FixedLengthRecordReader(3, header_bytes=2, footer_bytes=1)
    record = plain.read(once([file, file]))
    hopping = tf.FixedLengthRecordReader(4, 2, 1, hop_bytes=2).read(once([file]))
    counts = plain.num_records_produced(), plain.num_work_units_completed()
    with running() as sess:
        found = until_the_end(sess, record)
        assert [v for _, v in found] == [b"abc", b"abd", b"abe"] * 2
        assert [k.decode().removeprefix(file) for k, _ in found] == [":0", ":1", ":2"] * 2
        assert sess.run(counts) == (6, 2)
        assert [v for _, v in until_the_end(sess, hopping)] == [b"abca", b"cabd", b"bdab"]


def test_whole_files_and_the_names_themselves(tmp_path):
    files = written(tmp_path, a=b"\x00\xff", b=b"")
    whole = tf.WholeFileReader().read(once(files))
    names = tf.IdentityReader().read(once(files))
    with running() as sess:
        assert until_the_end(sess, whole) == [(files[0].encode(), b"\x00\xff"), (files[1].encode(), b"")]
        assert until_the_end(sess, names) == [(f.encode(), f.encode()) for f in files]
        assert sess.run(tf.read_file(files[0])) == b"\x00\xff"
        with pytest.raises(DataError, match="nowhere"):
            sess.run(tf.read_file(str(tmp_path / "nowhere")))


def test_records_and_their_places(tmp_path):
    path = str(tmp_path / "r")
    with tf.python_io.TFRecordWriter(path) as writer:
        for record in (b"one", b"three", b""):
            writer.write(record)
    key, value = tf.TFRecordReader().read(once([path]))
    with running() as sess:
        found = until_the_end(sess, [key, value])
    assert [v for _, v in found] == [b"one", b"three", b""]
    assert [k.decode() for k, _ in found] == [f"{path}:0", f"{path}:19", f"{path}:40"]


def test_compressed_records(tmp_path):
    options = tf.python_io.TFRecordOptions(tf.python_io.TFRecordCompressionType.GZIP)
    with tf.python_io.TFRecordWriter(str(tmp_path / "r"), options) as writer:
        writer.write(b"packed")
    value = tf.TFRecordReader(options=options).read(once([str(tmp_path / "r")]))[1]
    with running() as sess:
        assert sess.run(value) == b"packed"


def test_several_records_in_one_run_end_with_their_file(tmp_path):
    files = written(tmp_path, a=b"1\n2\n3\n4\n5\n", b=b"6\n")
    keys, values = tf.TextLineReader().read_up_to(once(files), 3)
    assert keys.shape.as_list() == values.shape.as_list() == [None]
    with running() as sess:
        assert [v.tolist() for v in (r[1] for r in until_the_end(sess, [keys, values]))] == [
            [b"1", b"2", b"3"], [b"4", b"5"], [b"6"],
        ]


def test_a_reset_reader_begins_with_the_next_file(tmp_path):
    files = written(tmp_path, a=b"1\n2\n", b=b"3\n4\n")
    reader = tf.TextLineReader()
    value, reset, count = reader.read(once(files))[1], reader.reset(), reader.num_records_produced()
    with running() as sess:
        assert sess.run(value) == b"1"
        sess.run(reset)
        assert sess.run(count) == 0
        assert sess.run(value) == b"3"


def test_a_missing_file_reaches_the_program(tmp_path):
    value = tf.TextLineReader().read(once([str(tmp_path / "nowhere")]))[1]
    with running() as sess, pytest.raises(DataError, match="nowhere"):
        sess.run(value)


def test_a_reader_needs_a_queue_of_strings():
    with pytest.raises(ArgumentError, match="string_input_producer"):
        tf.TextLineReader().read("file.txt")
    with pytest.raises(ArgumentError, match="out of a queue of strings"):
        tf.TextLineReader().read(tf.train.range_input_producer(3))


def shards(folder):
    """Two files with two records (i, j) each."""
    pytest.importorskip("google.protobuf", reason="records of tf.train.Example need protobuf")

    def number(n):
        return tf.train.Feature(int64_list=tf.train.Int64List(value=[n]))

    for i in range(2):
        with tf.python_io.TFRecordWriter(str(folder / f"data.tfrecords-{i:05}-of-00002")) as writer:
            for j in range(2):
                example = tf.train.Example(features=tf.train.Features(feature={"i": number(i), "j": number(j)}))
                writer.write(example.SerializeToString())
    return str(folder / "data.tfrecords-*")


def parsed(queue):
    record = tf.TFRecordReader().read(queue)[1]
    kinds = {"i": tf.FixedLenFeature([], tf.int64), "j": tf.FixedLenFeature([], tf.int64)}
    features = tf.parse_single_example(record, features=kinds)
    return features["i"], features["j"]


def test_six_records_through_a_shuffled_queue_of_files(tmp_path):
    files = tf.train.match_filenames_once(shards(tmp_path))
    pair = parsed(tf.train.string_input_producer(files, shuffle=True))
    with running() as sess:
        assert [f.decode()[-14:] for f in sess.run(files)] == ["00000-of-00002", "00001-of-00002"]
        found = [tuple(int(n) for n in sess.run(pair)) for _ in range(6)]
    first = found[0][0]
    assert found[:4] == [
        (first, 0),
        (first, 1),
        (1 - first, 0),
        (1 - first, 1),
    ]  # the files in any order, once an epoch
    assert found[4] in ((0, 0), (1, 0))
    assert found[5] == (found[4][0], 1)


def test_pictures_as_records(tmp_path):
    pytest.importorskip("google.protobuf", reason="records of tf.train.Example need protobuf")
    images = np.random.default_rng(3).integers(0, 256, (5, 28 * 28), np.uint8)

    def number(n):
        return tf.train.Feature(int64_list=tf.train.Int64List(value=[int(n)]))

    with tf.python_io.TFRecordWriter(str(tmp_path / "mnist.tfrecords")) as writer:
        for label, image in enumerate(images):
            raw = tf.train.Feature(bytes_list=tf.train.BytesList(value=[image.tobytes()]))
            feature = {"pixels": number(image.size), "label": number(label), "image_raw": raw}
            writer.write(tf.train.Example(features=tf.train.Features(feature=feature)).SerializeToString())
    record = tf.TFRecordReader().read(once([str(tmp_path / "mnist.tfrecords")]))[1]
    kinds = {"image_raw": tf.FixedLenFeature([], tf.string), "label": tf.FixedLenFeature([], tf.int64)}
    features = tf.parse_single_example(record, features={**kinds, "pixels": tf.FixedLenFeature([], tf.int64)})
    image = tf.decode_raw(features["image_raw"], tf.uint8)
    fetches = image, tf.cast(features["label"], tf.int32), tf.cast(features["pixels"], tf.int32)
    with running() as sess:
        found = until_the_end(sess, fetches)
    assert [(int(label), int(pixels)) for _, label, pixels in found] == [(i, 784) for i in range(5)]
    np.testing.assert_array_equal([image for image, _, _ in found], images)


def test_batches_of_records(tmp_path):
    pattern = shards(tmp_path)
    i, j = parsed(tf.train.string_input_producer(tf.train.match_filenames_once(pattern), shuffle=False))
    plain = tf.train.batch([i, j], batch_size=3, capacity=1000 + 3 * 3)
    i, j = parsed(tf.train.string_input_producer(tf.train.match_filenames_once(pattern), shuffle=False))
    mixed = tf.train.shuffle_batch([i, j], batch_size=3, capacity=1000 + 3 * 3, min_after_dequeue=30, seed=1)
    assert [x.shape.as_list() for x in mixed] == [[3], [3]]
    assert mixed[0].name == "shuffle_batch:0"
    with running() as sess:
        assert [[x.tolist() for x in sess.run(plain)] for _ in range(2)] == [
            [[0, 0, 1], [0, 1, 0]],
            [[1, 0, 0], [1, 0, 1]],
        ]
        rows = [x for _ in range(40) for x in zip(*(v.tolist() for v in sess.run(mixed)), strict=True)]
    assert len(rows) == 120
    counts = [rows.count(pair) for pair in ((0, 0), (0, 1), (1, 0), (1, 1))]
    assert min(counts) > 18
    assert rows[:4] * 30 != rows  # not the order of the files


def test_shuffled_batches_mix_and_lose_nothing():
    number = tf.train.range_input_producer(100, num_epochs=1, shuffle=False).dequeue()
    batch = tf.train.shuffle_batch([number], 10, 50, 20, seed=5)
    with running() as sess:
        order = np.concatenate(until_the_end(sess, batch)).tolist()
    assert sorted(order) == list(range(100)) != order
    assert max(order[:10]) < 61  # at most what 50 places and the ten taken out before can hold


def test_slices_of_arrays_keep_together():
    images, labels = np.arange(12.0).reshape(6, 2), np.arange(6)
    image, label = tf.train.slice_input_producer([images, labels], num_epochs=2, shuffle=True, seed=3)
    batch = tf.train.batch([image, label], 4, num_threads=2)
    with running() as sess:
        found = until_the_end(sess, batch)
    rows = sorted((int(n), x.tolist()) for xs, ns in found for x, n in zip(xs, ns, strict=True))
    assert rows == sorted([(n, [2.0 * n, 2.0 * n + 1]) for n in range(6)] * 2)


def test_a_last_batch_may_be_smaller_or_lost():
    def lengths(**options):
        with tf.Graph().as_default():
            number = tf.train.range_input_producer(7, num_epochs=1).dequeue()
            batch = tf.train.batch([number], 3, **options)
            with running() as sess:
                return batch.shape.as_list(), [len(x) for x in until_the_end(sess, batch)]

    assert lengths() == ([3], [3, 3])
    assert lengths(allow_smaller_final_batch=True) == ([None], [3, 3, 1])


def test_dicts_single_tensors_rows_and_padding():
    number = tf.train.range_input_producer(6, num_epochs=1, shuffle=False).dequeue()
    named = tf.train.batch({"n": number, "square": number * number}, 2)
    ones = tf.train.batch(tf.constant(1), 2)
    rows = tf.train.batch([tf.constant([[1, 2], [3, 4], [5, 6]])], 4, enqueue_many=True)
    other = tf.train.range_input_producer(6, num_epochs=1, shuffle=False).dequeue()
    padded = tf.train.batch([tf.range(other)], 3, dynamic_pad=True)
    with running() as sess:
        found = sess.run(named)
        assert (found["n"].tolist(), found["square"].tolist()) == ([0, 1], [0, 1])
        assert sess.run(ones).tolist() == [1, 1]
        assert sess.run(rows).tolist() == [[1, 2], [3, 4], [5, 6], [1, 2]]
        assert sess.run(padded).tolist() == [[0, 0], [0, 0], [0, 1]]


@pytest.mark.parametrize("shuffled", [False, True])
def test_several_sources_joined(shuffled):
    sources = [[tf.constant(i), tf.constant([float(i)])] for i in range(3)]
    if shuffled:
        joined = tf.train.shuffle_batch_join(sources, 8, capacity=40, min_after_dequeue=10)
    else:
        joined = tf.train.batch_join(sources, 8)
    with running() as sess:
        seen: set[int] = set()
        for _ in range(200):
            numbers, rows = sess.run(joined)
            assert rows[:, 0].tolist() == numbers.tolist()
            seen |= set(numbers.tolist())
            if len(seen) == 3:
                break
    assert seen == {0, 1, 2}


def test_only_what_is_to_be_kept():
    number = tf.train.range_input_producer(10, num_epochs=1, shuffle=False).dequeue()
    even = tf.train.maybe_batch([number], tf.equal(number % 2, 0), 2)
    rows = tf.train.maybe_batch(
        [tf.range(6)], tf.constant([True, False, False, True, False, True]), 3, enqueue_many=True
    )
    mixed = tf.train.maybe_shuffle_batch(
        [tf.range(6)], 3, 30, 5, [True, False, False, True, False, True], enqueue_many=True
    )
    joined = tf.train.maybe_batch_join([[tf.constant(1)], [tf.constant(2)]], True, 4)
    third = tf.train.maybe_shuffle_batch_join([[tf.range(4)]], 3, 30, 5, [False, True, False, False], enqueue_many=True)
    with running() as sess:
        assert [sess.run(even).tolist() for _ in range(2)] == [[0, 2], [4, 6]]
        assert sess.run(rows).tolist() == [0, 3, 5]
        assert set(sess.run(mixed).tolist()) <= {0, 3, 5}
        assert set(sess.run(joined).tolist()) <= {1, 2}
        assert sess.run(third).tolist() == [1, 1, 1]


def test_counting_up():
    v = tf.Variable(1, collections=[tf.GraphKeys.LOCAL_VARIABLES])
    count = tf.count_up_to(v, 3)
    with running() as sess:
        assert [sess.run(count), sess.run(count), sess.run(v)] == [1, 2, 3]
        with pytest.raises(OutOfRangeError, match="counted up to 3"):
            sess.run(count)


def test_epochs_are_shuffled_anew_by_the_seed():
    def order(seed):
        with tf.Graph().as_default():
            number = tf.train.range_input_producer(8, num_epochs=2, seed=seed).dequeue()
            with running() as sess:
                return [int(n) for n in until_the_end(sess, number)]

    found = order(7)
    assert found == order(7) != order(8)
    assert sorted(found[:8]) == sorted(found[8:]) == list(range(8))
    assert found[:8] != found[8:]


def test_mistakes_are_explained(tmp_path):
    with pytest.raises(ArgumentError, match=r"glob\.glob"):
        tf.train.string_input_producer([])
    with pytest.raises(ShapeError, match="set_shape"):
        tf.train.batch([tf.placeholder(tf.float32, [None, 3])], 2)
    with pytest.raises(ArgumentError, match="num_epochs=0"):
        tf.train.limit_epochs(1.0, 0)
    with pytest.raises(ArgumentError, match="differ"):
        tf.train.batch_join([[1, 2], [1]], 2)
    with pytest.raises(ArgumentError, match="sparse_tensor_to_dense"):
        tf.train.batch([tf.SparseTensor([[0]], [1], [3])], 2)
    files = tf.train.match_filenames_once(str(tmp_path / "nothing-*"))
    name = tf.train.string_input_producer(files).dequeue()
    with tf.Session() as sess:
        sess.run(tf.local_variables_initializer())
        coord = tf.train.Coordinator()
        threads = tf.train.start_queue_runners(sess, coord)
        with pytest.raises(OutOfRangeError):
            sess.run(name)
        with pytest.raises(tf.errors.InvalidArgumentError, match="does the pattern of the files find any"):
            coord.join(threads)
