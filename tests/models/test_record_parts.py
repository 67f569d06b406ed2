"""Record files opened by hand: the parts are those of the files and messages that the library writes."""

from __future__ import annotations

import pytest

import deepkit.v1 as tf
from deepkit.errors import DataError
from deepkit.models.records import message_parts, record_parts, varint


def example(**features):
    kinds = {int: "int64_list", float: "float_list", bytes: "bytes_list"}
    lists = {"int64_list": tf.train.Int64List, "float_list": tf.train.FloatList, "bytes_list": tf.train.BytesList}
    made = {}
    for name, values in features.items():
        kind = kinds[type(values[0])]
        made[name] = tf.train.Feature(**{kind: lists[kind](value=values)})
    return tf.train.Example(features=tf.train.Features(feature=made)).SerializeToString()


def test_one_number_with_its_name_takes_18_bytes():
    """0a 10 0a 0e 0a 05 'label' 12 05 1a 03 0a 01 07, as TensorFlow 2.21 writes it."""
    data = example(label=[7])
    assert data.hex() == "0a100a0e0a056c6162656c12051a030a0107"
    assert message_parts(data) == [
        (2, "features, 16 bytes"), (2, "one entry of the map, 14 bytes"), (2, "name, 5 bytes"), (5, "'label'"),
        (2, "feature, 5 bytes"), (2, "int64_list, 3 bytes"), (2, "integers, 1 byte"), (1, "7"),
    ]


@pytest.mark.parametrize(("values", "said"), [
    ([1, 300, -1], "1, 300, -1"), ([-(2**63), 2**63 - 1], f"{-(2**63)}, {2**63 - 1}"), ([0.5, -2.0], "0.5, -2"),
    ([b"ab"], "'ab'"), ([bytes(784)], "784 bytes"),
])
def test_what_a_list_holds_is_said(values, said):
    data = example(x=values)
    parts = message_parts(data)
    assert parts[-1][1] == said
    assert sum(count for count, _ in parts) == len(data)


def test_several_features_are_found():
    parts = message_parts(example(i=[3], j=[4]))
    assert sorted(said for _, said in parts if said in ("'i'", "'j'", "3", "4")) == ["'i'", "'j'", "3", "4"]


def test_the_records_of_a_file_are_found(tmp_path):
    path = str(tmp_path / "two.tfrecords")
    with tf.python_io.TFRecordWriter(path) as writer:
        writer.write(b"deep")
        writer.write(b"kit")
    data = (tmp_path / "two.tfrecords").read_bytes()
    parts = record_parts(data)
    assert [count for count, _ in parts] == [8, 4, 4, 4, 8, 4, 3, 4]
    assert (parts[0][1], parts[4][1]) == ("length: 4", "length: 3")


def test_what_is_no_message_is_refused():
    with pytest.raises(DataError, match="byte 0"):
        message_parts(b"\x12\x00")
    with pytest.raises(DataError, match="inside a number"):
        varint(b"\x80", 0)
