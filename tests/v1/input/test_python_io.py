"""Records as TensorFlow-1 programs write and read them."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

import deepkit.v1 as tf
from deepkit.errors import DataError, MissingNameError, OpError


def test_records_of_images(tmp_path):
    """The way of the tutorials: images as raw bytes, labels as integers, parsed in a graph."""
    pytest.importorskip("google.protobuf", reason="the protobuf library is not installed (extra: io)")
    images = np.random.default_rng(0).integers(0, 256, (5, 12), dtype=np.uint8)
    path = str(tmp_path / "images.tfrecords")
    writer = tf.python_io.TFRecordWriter(path)
    for label, image in enumerate(images):
        feature = {
            "label": tf.train.Feature(int64_list=tf.train.Int64List(value=[label])),
            "image_raw": tf.train.Feature(bytes_list=tf.train.BytesList(value=[image.tobytes()])),
        }
        example = tf.train.Example(features=tf.train.Features(feature=feature))
        writer.write(example.SerializeToString())
    writer.close()

    records = list(tf.python_io.tf_record_iterator(path))
    assert [tf.train.Example.FromString(r).features.feature["label"].int64_list.value[0] for r in records] == [
        0,
        1,
        2,
        3,
        4,
    ]
    with tf.Graph().as_default(), tf.Session() as sess:
        serialized = tf.placeholder(tf.string, [])
        wanted = {"image_raw": tf.FixedLenFeature([], tf.string), "label": tf.FixedLenFeature([], tf.int64)}
        parsed = tf.parse_single_example(serialized, features=wanted)
        image = tf.cast(tf.decode_raw(parsed["image_raw"], tf.uint8), tf.int32)
        for label, record in enumerate(records):
            got = sess.run([image, parsed["label"]], {serialized: record})
            assert got[0].tolist() == images[label].tolist()
            assert got[1] == label
        with pytest.raises(OpError, match=r"no tf\.train\.Example"):
            sess.run(image, {serialized: b"\xff"})


def test_compression(tmp_path):
    options = tf.python_io.TFRecordOptions(tf.python_io.TFRecordCompressionType.GZIP)
    with tf.io.TFRecordWriter(str(tmp_path / "a"), options=options) as writer:
        writer.write(b"record")
    assert list(tf.io.tf_record_iterator(str(tmp_path / "a"), options=options)) == [b"record"]
    with pytest.raises(DataError, match="it looks like GZIP"):
        list(tf.python_io.tf_record_iterator(str(tmp_path / "a")))


def test_names():
    assert tf.io.parse_example is tf.parse_example
    assert tf.io.FixedLenFeature is tf.FixedLenFeature
    assert "Example" in dir(tf.train)
    with pytest.raises(MissingNameError) as caught:
        _ = tf.train.Exampel
    assert caught.value.hint == "tf.train.Example"


def test_the_library_is_loaded_when_it_is_needed():
    program = "import sys, deepkit.v1 as tf; dir(tf.train); print('google.protobuf' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
