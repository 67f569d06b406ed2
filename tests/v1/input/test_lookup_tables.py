"""Lookup tables: filled once or while the graph runs, from lists and files, with buckets for unknown words."""

from __future__ import annotations

import pytest

import deepkit.v1 as tf
from deepkit.errors import DTypeError, UninitializedError

lookup = tf.contrib.lookup


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as graph:
        yield graph


def test_a_table_is_filled_once():
    table = tf.lookup.StaticHashTable(tf.lookup.KeyValueTensorInitializer(["a", "b"], [3, 4]), -1)
    found, size = table.lookup(tf.constant([["b"], ["c"]])), table.size()
    with tf.Session() as sess:
        with pytest.raises(UninitializedError, match="tables_initializer"):
            sess.run(found)
        for _ in range(2):
            sess.run(tf.tables_initializer())
        assert sess.run(found).tolist() == [[4], [-1]]
        assert sess.run(size) == 2
        keys, values = sess.run(table.export())
        assert (keys.tolist(), values.tolist()) == ([b"a", b"b"], [3, 4])


def test_each_session_has_a_table_of_its_own():
    start = tf.placeholder(tf.int32, [1])
    table = tf.lookup.StaticHashTable(tf.lookup.KeyValueTensorInitializer(tf.constant([7]), start), 0)
    found = table.lookup([7])
    for number in (5, 6):
        with tf.Session() as sess:
            sess.run(table.initializer, {start: [number]})
            assert sess.run(found).tolist() == [number]


def test_a_key_with_two_values_is_an_error():
    table = tf.lookup.StaticHashTable(tf.lookup.KeyValueTensorInitializer(["a", "a"], [1, 2]), 0)
    with tf.Session() as sess, pytest.raises(tf.errors.InvalidArgumentError, match="two values"):
        sess.run(table.initializer)


def test_keys_of_another_type():
    table = tf.lookup.StaticHashTable(tf.lookup.KeyValueTensorInitializer(["a"], [1]), 0)
    with pytest.raises(DTypeError, match="keys of type string"):
        table.lookup(tf.constant([1]))


def test_sparse_keys():
    table = lookup.index_table_from_tensor(["x", "y"])
    ids = table.lookup(tf.SparseTensor([[0, 1], [2, 0]], ["y", "z"], [3, 2]))
    with tf.Session() as sess:
        sess.run(tf.tables_initializer())
        found = sess.run(ids)
    assert (found.indices.tolist(), found.values.tolist()) == ([[0, 1], [2, 0]], [1, -1])


def test_unknown_words_go_to_buckets():
    table = lookup.index_table_from_tensor(["x", "y", "z"], num_oov_buckets=5)
    strong = lookup.index_table_from_tensor(["x"], num_oov_buckets=3, hasher_spec=lookup.StrongHashSpec([1, 2]))
    ids = table.lookup(tf.constant(["z", "hello", "world", "x"])), strong.lookup(tf.constant(["x", "hello"])), table.size()
    hashed = tf.string_to_hash_bucket_fast(["hello", "world"], 5), tf.string_to_hash_bucket_strong(["hello"], 3, [1, 2])
    with tf.Session() as sess:
        sess.run(tf.tables_initializer())
        (first, second, size), (fast, by_key) = sess.run([ids, hashed])
    assert first.tolist() == [2, 3 + fast[0], 3 + fast[1], 0]
    assert second.tolist() == [0, 1 + by_key[0]]
    assert size == 8


def test_numbers_may_be_keys():
    table = lookup.index_table_from_tensor(tf.constant([10, 20]), num_oov_buckets=1, dtype=tf.int64)
    with tf.Session() as sess:
        ids = table.lookup(tf.constant([20, 30], tf.int64))
        sess.run(tf.tables_initializer())
        assert sess.run(ids).tolist() == [1, 2]


def test_words_from_files(tmp_path):
    path = tmp_path / "words.txt"
    path.write_text("one\ttwo\nthree\tfour\n")
    whole = lookup.index_table_from_file(str(path))
    column = lookup.index_table_from_file(str(path), key_column_index=1)
    back = lookup.index_to_string_table_from_file(str(path), default_value="?", value_column_index=0)
    found = [whole.lookup(tf.constant(["three\tfour", "one"])), column.lookup(tf.constant(["four"]))]
    found.append(back.lookup(tf.constant([0, 5], tf.int64)))
    with tf.Session() as sess:
        sess.run(tf.tables_initializer())
        assert [f.tolist() for f in sess.run(found)] == [[1, -1], [1], [b"one", b"?"]]
    short = lookup.index_table_from_file(str(path), vocab_size=3)
    with tf.Session() as sess, pytest.raises(tf.errors.OpError, match="has 2 lines"):
        sess.run(short.initializer)


def test_a_table_that_changes():
    table = lookup.MutableHashTable(tf.string, tf.float32, [0.0, 0.0])
    put, gone = table.insert(tf.constant(["a", "b"]), [[1.0, 2.0], [3.0, 4.0]]), table.remove(tf.constant(["a"]))
    found = table.lookup(tf.constant(["a", "b"]))
    with tf.Session() as sess:
        assert sess.run(found).tolist() == [[0, 0], [0, 0]]
        sess.run(put)
        assert sess.run(found).tolist() == [[1, 2], [3, 4]]
        sess.run(gone)
        assert sess.run(found).tolist() == [[0, 0], [3, 4]]
        assert sess.run(table.size()) == 1


def test_words_and_places_without_a_table_at_hand():
    ids = lookup.string_to_index(tf.constant(["b", "c"]), ["a", "b"])
    words = lookup.index_to_string(tf.constant([1], tf.int64), ["a", "b"])
    with tf.Session() as sess:
        sess.run(tf.tables_initializer())
        assert sess.run(ids).tolist() == [1, -1]
        assert sess.run(words).tolist() == [b"b"]


def test_a_data_set_looks_words_up():
    table = lookup.index_table_from_tensor(["a", "b"])
    element = tf.data.Dataset.from_tensor_slices(["b", "a"]).map(table.lookup).make_initializable_iterator()
    number = element.get_next()
    with tf.Session() as sess:
        sess.run([tf.tables_initializer(), element.initializer])
        assert [sess.run(number), sess.run(number)] == [1, 0]
