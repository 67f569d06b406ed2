"""CsvDataset and make_csv_dataset: rows, types, defaults, headers and quoted ends of lines as TensorFlow 2.21 gives them."""

import numpy as np
import pytest

import deepkit.v1 as tf
from deepkit.errors import ArgumentError

FIRST = b'x,y,name,big\n1,2.5,"a, b",3000000000\n-4,,"li""ne\ntwo",7\r\n5,1e3,NA,8\n'
SECOND = b'x,y,name,big\n7,8.5,"q",9\n'


@pytest.fixture
def files(tmp_path):
    (tmp_path / "a.csv").write_bytes(FIRST)
    (tmp_path / "b.csv").write_bytes(SECOND)
    return [str(tmp_path / "a.csv"), str(tmp_path / "b.csv")]


def rows(dataset, most=9):
    item, found = tf.data.make_one_shot_iterator(dataset).get_next(), []
    with tf.Session() as sess:
        for _ in range(most):
            try:
                found.append(sess.run(item))
            except tf.errors.OutOfRangeError:
                break
    return found


def test_each_row_of_each_file_is_a_tuple_of_its_columns(files):
    dataset = tf.data.experimental.CsvDataset(files, [tf.int32, [9.5], tf.string, tf.int64], header=True)
    assert dataset.output_types == (tf.int32, tf.float32, tf.string, tf.int64)
    assert rows(dataset) == [
        (1, 2.5, b"a, b", 3000000000), (-4, 9.5, b'li"ne\ntwo', 7), (5, 1000.0, b"NA", 8), (7, 8.5, b"q", 9),
    ]


def test_wanted_columns_are_read_alone_and_a_missing_value_has_its_default(files):
    dataset = tf.data.experimental.CsvDataset(
        files[:1], [[0], ["none"]], header=True, na_value="NA", select_cols=[0, 2]
    )
    assert rows(dataset)[-1] == (5, b"none")


def test_an_empty_line_is_one_empty_field(tmp_path):
    (tmp_path / "one.csv").write_bytes(b"1\n\n3\n")
    assert rows(tf.data.experimental.CsvDataset(str(tmp_path / "one.csv"), [[5]])) == [(1,), (5,), (3,)]


def test_what_a_column_needs_and_what_a_quote_left_open_says(tmp_path, files):
    (tmp_path / "open.csv").write_bytes(b'"a\nb",1\n"c,1\n')
    with pytest.raises(tf.errors.InvalidArgumentError, match="not well-formed"):
        rows(tf.data.experimental.CsvDataset(str(tmp_path / "open.csv"), [tf.string, [6]]))
    with pytest.raises(tf.errors.InvalidArgumentError, match="field 1 is empty in record 0"):
        rows(tf.data.experimental.CsvDataset(files, [tf.int32, tf.float32, tf.string, tf.int64], header=True))


def test_batches_have_the_names_of_the_header_and_the_narrowest_types(files):
    pattern = files[0].replace("a.csv", "[ab].csv")
    whole, rest = rows(tf.data.experimental.make_csv_dataset(pattern, 3, num_epochs=1, shuffle=False))
    assert {name: column.dtype for name, column in whole.items()} == {
        "x": np.int32, "y": np.float32, "name": object, "big": np.int64,
    }
    assert whole["y"].tolist() == [2.5, 0.0, 1000.0]
    assert rest["big"].tolist() == [9]


def test_batches_go_on_for_ever_with_the_label_apart(files):
    dataset = tf.data.experimental.make_csv_dataset(files, 3, label_name="y", shuffle=False)
    batches = rows(dataset, most=3)
    assert [label.tolist() for _, label in batches] == [[2.5, 0.0, 1000.0], [8.5, 2.5, 0.0], [1000.0, 8.5, 2.5]]
    assert list(batches[1][0]) == ["x", "name", "big"]
    assert batches[1][0]["x"].tolist() == [7, 1, -4]


def test_selected_columns_come_in_the_order_of_the_file(files):
    named = tf.data.experimental.make_csv_dataset(
        files, 2, num_epochs=1, shuffle=False, select_columns=["name", "x"], na_value="NA"
    )
    assert [list(batch) for batch in rows(named)] == [["x", "name"]] * 2
    assert rows(named)[1]["name"].tolist() == [b"", b"q"]
    numbered = tf.data.experimental.make_csv_dataset(
        files, 2, column_names=list("abcd"), select_columns=[3, 0], num_epochs=1, shuffle=False
    )
    assert rows(numbered)[0]["d"].tolist() == [3000000000, 7]


def test_shuffled_batches_hold_every_row_once(files):
    dataset = tf.data.experimental.make_csv_dataset(files, 4, num_epochs=1, shuffle_seed=3)
    assert sorted(rows(dataset)[0]["x"].tolist()) == [-4, 1, 5, 7]


def test_wrong_names_are_named(files):
    for settings in ({"label_name": "z"}, {"select_columns": ["z"]}, {"column_names": ["x", "x", "y", "z"]}):
        with pytest.raises(ArgumentError, match="make_csv_dataset"):
            tf.data.experimental.make_csv_dataset(files, 2, **settings)
    with pytest.raises(ArgumentError, match="no file is called nowhere"):
        tf.data.experimental.make_csv_dataset("nowhere*.csv", 2)
