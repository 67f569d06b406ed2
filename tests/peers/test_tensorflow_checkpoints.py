"""Checkpoints beside TensorFlow: what its Saver writes is read, and both Savers keep and name the same."""

from __future__ import annotations

import dataclasses
import os

import numpy as np
import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
pytest.importorskip("tensorflow", reason="TensorFlow is not installed (extra: peers)")

import tensorflow as two
import tensorflow.compat.v1 as reference

import deepkit.v1 as tf
from deepkit.errors import DamagedDataError
from deepkit.io.bundle import Bundle
from deepkit.io.checkpoint import read_checkpoint

TYPES = [
    "bool",
    "int8",
    "int16",
    "int32",
    "int64",
    "uint8",
    "uint16",
    "float16",
    "float32",
    "float64",
    "complex64",
    "complex128",
]


def test_every_type_that_tensorflow_saves(tmp_path):
    rng = np.random.default_rng(0)
    given = {f"layer/{t}": (rng.normal(size=(3, 4)) * 5).astype(t) for t in TYPES}
    given |= {"scalar": np.float32(2.5), "empty": np.zeros((0, 3), np.float32), "long": rng.normal(size=100_000)}
    given["text"] = np.array([[b"a", b""], ["\u00e9t\u00e9".encode(), b"\0" * 300]], object)
    with reference.Graph().as_default(), reference.Session() as sess:
        variables = {n: reference.Variable(v, name=n, use_resource=True) for n, v in given.items()}
        half = reference.Variable(reference.cast([1.5, -2.0], reference.bfloat16), name="half")
        sess.run(reference.global_variables_initializer())
        path = reference.train.Saver().save(sess, str(tmp_path / "m"), global_step=3)
        listed = reference.train.list_variables(path)
        assert half.shape == (2,)
        assert variables
    found = read_checkpoint(path)
    np.testing.assert_array_equal(found.pop("half"), np.float32([1.5, -2]))
    assert set(found) == set(given)
    for name, value in given.items():
        assert found[name].dtype == np.asarray(value).dtype
        np.testing.assert_array_equal(found[name], value)
    assert tf.train.list_variables(str(tmp_path)) == listed
    assert tf.train.latest_checkpoint(str(tmp_path)) == path


def test_many_variables_in_many_blocks(tmp_path):
    with reference.Graph().as_default(), reference.Session() as sess:
        for i in range(700):
            reference.Variable(float(i), name=f"a/long/scope/of/names/variable_number_{i:04d}")
        sess.run(reference.global_variables_initializer())
        path = reference.train.Saver(sharded=True).save(sess, str(tmp_path / "m"))
    found = read_checkpoint(path)
    assert len(found) == 700
    assert all(value == int(name[-4:]) for name, value in found.items())


def test_object_based_checkpoints(tmp_path):
    path = two.train.Checkpoint(w=two.Variable([1.0, 2.0])).save(str(tmp_path / "ckpt"))
    found = read_checkpoint(path)
    np.testing.assert_array_equal(found["w/.ATTRIBUTES/VARIABLE_VALUE"], np.float32([1, 2]))


def network(module):
    x = module.placeholder(module.float32, [None, 3], name="x")
    with module.variable_scope("net"):
        w = module.get_variable("w", [3, 2], initializer=module.truncated_normal_initializer(seed=1))
        b = module.get_variable("b", [2], initializer=module.zeros_initializer())
    loss = module.reduce_mean(module.square(module.matmul(x, w) + b))
    step = module.train.get_or_create_global_step()
    return x, loss, module.train.AdamOptimizer(0.1).minimize(loss, global_step=step)


def test_a_training_that_tensorflow_began_goes_on(tmp_path):
    batch = np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32)
    losses = []
    for module in (reference, tf):
        with module.Graph().as_default(), module.Session() as sess:
            x, loss, train = network(module)
            saver = module.train.Saver()
            if module is reference:
                sess.run(module.global_variables_initializer())
                for _ in range(5):
                    sess.run(train, {x: batch})
                path = saver.save(sess, str(tmp_path / "m"))
            else:
                saver.restore(sess, path)
            losses.append([sess.run([loss, train], {x: batch})[0] for _ in range(5)])
    np.testing.assert_allclose(losses[0], losses[1], rtol=1e-5)


def test_both_keep_and_name_the_same(tmp_path, monkeypatch):
    said = []
    for module in (reference, tf):
        folder = tmp_path / module.__name__
        folder.mkdir()
        monkeypatch.chdir(folder)
        with module.Graph().as_default(), module.Session() as sess:
            v = module.Variable(1.0, name="v")
            sess.run(v.initializer)
            saver = module.train.Saver(max_to_keep=3)
            events = [saver.save(sess, "./run/m", global_step=i) for i in (1, 2, 3, 2, 4)]
            events += [
                saver.save(sess, "./run/m"),
                saver.last_checkpoints,
                saver.save(sess, "other", latest_filename="best"),
            ]
            events += [
                module.train.latest_checkpoint("run"),
                module.train.latest_checkpoint("."),
                module.train.latest_checkpoint("./", "best"),
            ]
            events += [module.train.get_checkpoint_state("run").all_model_checkpoint_paths]
            events += [
                (folder / "run" / "checkpoint").read_text(),
                module.train.checkpoint_exists("run/m-2"),
                module.train.checkpoint_exists("run/m-3"),
            ]
            events += [sorted({name.split(".")[0] for name in os.listdir("run")})]
            said.append([list(e) if not isinstance(e, (str, bool, type(None))) else e for e in events])
    assert said[0] == said[1]


@pytest.mark.parametrize("axis", [0, 1])
def test_partitioned_variables_are_read_whole_and_in_pieces(tmp_path, axis):
    with reference.Graph().as_default(), reference.Session() as sess:
        w = reference.get_variable("w", [5, 7], partitioner=reference.fixed_size_partitioner(3, axis))
        reference.get_variable("b", [2], initializer=reference.ones_initializer())
        sess.run(reference.global_variables_initializer())
        path = reference.train.Saver().save(sess, str(tmp_path / "m"))
        listed, value = reference.train.list_variables(path), sess.run(reference.convert_to_tensor(w))
    found = read_checkpoint(path)
    assert set(found) == {"w", "b"}
    np.testing.assert_array_equal(found["w"], value)
    assert tf.train.list_variables(path) == listed
    for partitioner in (None, tf.fixed_size_partitioner(3, axis)):
        with tf.Graph().as_default(), tf.Session() as sess:
            w = tf.get_variable("w", [5, 7], partitioner=partitioner)
            tf.train.Saver().restore(sess, path)
            np.testing.assert_array_equal(sess.run(tf.convert_to_tensor(w)), value)


def test_slices_that_do_not_make_up_their_variable_are_refused(tmp_path):
    with reference.Graph().as_default(), reference.Session() as sess:
        reference.get_variable("w", [4, 2], partitioner=reference.fixed_size_partitioner(2))
        sess.run(reference.global_variables_initializer())
        path = reference.train.Saver().save(sess, str(tmp_path / "m"))
    with Bundle(path) as bundle:
        (first, second) = bundle.entries["w"].slices
        for slices in ((first, first), (first,), (first, ((2, 3), (0, 2))), (first, ((3, 2), (0, 2)))):
            bundle.entries["w"] = dataclasses.replace(bundle.entries["w"], slices=slices)
            with pytest.raises(DamagedDataError, match="slice"):
                bundle.read("w")
        bundle.entries["w"] = dataclasses.replace(bundle.entries["w"], slices=(first, second))
        assert bundle.read("w").shape == (4, 2)
