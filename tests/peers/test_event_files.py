"""Summaries and event files beside TensorFlow's: the same messages, and each reads the other's files."""

from __future__ import annotations

import os

import numpy as np
import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
pytest.importorskip("tensorflow", reason="TensorFlow is not installed (extra: peers)")
pytest.importorskip("tensorboard", reason="tensorboard is not installed (extra: tensorboard)")

import tensorflow.compat.v1 as reference

import deepkit.v1 as tf

reference.disable_eager_execution()
RNG = np.random.default_rng(5)


def both(build, arrays) -> list:
    """The summaries that both libraries make of the same arrays, as the reference's messages."""
    found = []
    for module in (tf, reference):
        with module.Graph().as_default():
            node = build(module, [module.constant(a) for a in arrays])
            with module.Session() as sess:
                found.append((node.name, reference.Summary.FromString(sess.run(node))))
    (ours, a), (theirs, b) = found
    assert ours == theirs
    return [a, b]


def scoped(module, make):
    with module.name_scope("outer"):
        make(module)
        return make(module)


SCALARS = {
    "plain": lambda m, a: m.summary.scalar("loss", a[0]),
    "scope": lambda m, a: scoped(m, lambda m: m.summary.scalar("loss", a[0])),
    "family": lambda m, a: scoped(m, lambda m: m.summary.scalar("loss", a[0], family="f g")),
    "odd name": lambda m, a: m.summary.scalar("a b:0/c(d)", a[0]),
    "merged": lambda m, a: m.summary.merge([m.summary.scalar("a", a[0]), m.summary.histogram("b", a[0])]),
    "text": lambda m, a: m.summary.text("note", m.constant([["a", "b"], ["c", "d"]])),
}


@pytest.mark.parametrize("kind", SCALARS)
def test_names_tags_and_numbers(kind):
    a, b = both(SCALARS[kind], [np.float32(0.3)])
    assert a == b


ARRAYS = {
    "normal": RNG.normal(size=(30, 40)).astype(np.float32),
    "wide": (RNG.normal(size=500) * 10.0 ** RNG.integers(-14, 22, 500)).astype(np.float64),
    "limits": np.array([0, 1e-12, -1e-12, 1.1e-12, 1, -1, 1.1, 1e20, -1e20, 1e-300, -0.0]),
    "whole": RNG.integers(-5, 6, 100).astype(np.int32),
    "bytes": RNG.integers(0, 255, 100).astype(np.uint8),
    "half": RNG.normal(size=77).astype(np.float16),
    "empty": np.zeros((0,), np.float32),
    "one": np.float32(2.5),
}


@pytest.mark.parametrize("kind", ARRAYS)
def test_histograms_are_the_same_to_the_last_bit(kind):
    a, b = both(lambda m, x: m.summary.histogram("h", x[0]), [ARRAYS[kind]])
    assert a.value[0].histo.bucket_limit == b.value[0].histo.bucket_limit
    assert a == b


IMAGES = {
    "grey bytes": RNG.integers(0, 256, (4, 5, 6, 1)).astype(np.uint8),
    "colours": RNG.integers(0, 256, (2, 5, 6, 3)).astype(np.uint8),
    "opacity": RNG.integers(0, 256, (1, 3, 2, 4)).astype(np.uint8),
    "positive": RNG.uniform(0, 7, (2, 9, 8, 1)).astype(np.float32),
    "negative": RNG.normal(size=(2, 9, 8, 3)).astype(np.float32),
    "double": RNG.normal(size=(1, 4, 4, 3)),
    "half": RNG.normal(size=(1, 4, 4, 1)).astype(np.float16),
    "holes": np.array([[[[1, 2, 3], [np.nan, 1, 1]], [[np.inf, 0, 0], [2, 2, 2]]]], np.float32),
    "nothing": np.zeros((1, 2, 2, 1), np.float32),
    "no number": np.full((1, 2, 2, 4), np.nan, np.float32),
}


@pytest.mark.parametrize("most", [1, 3])
@pytest.mark.parametrize("kind", IMAGES)
def test_images_have_the_same_pixels(kind, most):
    a, b = both(lambda m, x: m.summary.image("i", x[0], max_outputs=most), [IMAGES[kind]])
    assert len(a.value) == len(b.value)
    with reference.Session(graph=reference.Graph()) as sess, sess.graph.as_default():
        data = reference.placeholder(reference.string)
        pixels = reference.image.decode_png(data)
        for ours, theirs in zip(a.value, b.value, strict=True):
            decoded = [sess.run(pixels, {data: v.image.encoded_image_string}) for v in (ours, theirs)]
            np.testing.assert_array_equal(*decoded)
            ours.image.encoded_image_string = theirs.image.encoded_image_string
    assert a == b  # sizes, channels and tags


def test_sounds_are_the_same_bytes():
    sound = np.concatenate([RNG.uniform(-1.2, 1.2, (2, 50, 2)), [[[1, -1]] * 50]]).astype(np.float32)
    a, b = both(lambda m, x: m.summary.audio("s", x[0], 8000, max_outputs=2), [sound])
    assert a == b


@pytest.mark.parametrize("array", [np.zeros((2, 3)), np.array([True, False]), np.array([1 + 2j], np.complex64)])
def test_tensors_decode_to_the_same_numbers(array):
    from tensorflow import make_ndarray

    a, b = both(lambda m, x: m.summary.tensor_summary("t", x[0]), [array])
    np.testing.assert_array_equal(make_ndarray(a.value[0].tensor), make_ndarray(b.value[0].tensor))


def test_tensorflow_reads_our_files_and_we_read_its(tmp_path):
    read = {}
    for module, name in ((tf, "ours"), (reference, "theirs")):
        with module.Graph().as_default() as graph:
            x = module.placeholder(module.float32, [3], name="x")
            module.summary.scalar("sum", module.reduce_sum(x))
            module.summary.histogram("x", x)
            merged = module.summary.merge_all()
            with module.Session() as sess, module.summary.FileWriter(str(tmp_path / name), graph) as writer:
                for step in range(4):
                    writer.add_summary(sess.run(merged, {x: [step, 2 * step, -1]}), step)
        (path,) = (tmp_path / name).iterdir()
        for reader in (tf, reference):
            events = list(reader.train.summary_iterator(str(path)))
            read[name, reader] = [(e.step, e.summary.SerializeToString()) for e in events if e.HasField("summary")]
            assert events[0].file_version == "brain.Event:2"
            (stored,) = [e.graph_def for e in events if e.graph_def]
            assert "x" in [n.name for n in reader.GraphDef.FromString(stored).node]
    assert len({tuple(entries) for entries in read.values()}) == 1
