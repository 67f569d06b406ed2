"""Saved models: a folder with everything that is needed to run a model, and what is refused."""

from __future__ import annotations

import os

import numpy as np
import pytest

import deepkit.v1 as tf
from deepkit.errors import ArgumentError, DataError, GraphError, NameNotFoundError, UninitializedError
from deepkit.io.meta_graph import read_meta_graphs, write_meta_graphs

SERVING = tf.saved_model.signature_constants.DEFAULT_SERVING_SIGNATURE_DEF_KEY
TRAINING = tf.saved_model.tag_constants.TRAINING


@pytest.fixture
def model():
    """y = x w, with w = (1, 2)."""
    with tf.Graph().as_default(), tf.Session() as sess:
        x = tf.placeholder(tf.float32, [None, 2], name="x")
        w = tf.get_variable("w", initializer=np.float32([[1], [2]]))
        y = tf.matmul(x, w, name="y")
        sess.run(w.initializer)
        yield sess, x, y


def saved(model, folder, **options) -> str:
    sess, x, y = model
    signature = tf.saved_model.signature_def_utils.predict_signature_def({"in": x}, {"out": y})
    builder = tf.saved_model.builder.SavedModelBuilder(folder)
    builder.add_meta_graph_and_variables(sess, [TRAINING], {SERVING: signature}, **options)
    return builder.save()


def test_a_model_comes_back_with_its_signature(model, tmp_path):
    folder = str(tmp_path / "export" / "1")
    assert not tf.saved_model.loader.maybe_saved_model_directory(folder)
    assert saved(model, folder) == f"{folder}/saved_model.meta"
    assert tf.saved_model.loader.maybe_saved_model_directory(folder)
    assert os.listdir(f"{folder}/variables") == ["variables.safetensors"]
    with tf.Session(graph=tf.Graph()) as sess:
        meta = tf.saved_model.loader.load(sess, [TRAINING], folder)
        assert sess.run("y:0", {"x:0": [[3, 4]]}) == [[11]]
        signature = meta.signature_def[SERVING]
        assert signature.method_name == "tensorflow/serving/predict"
        info = signature.inputs["in"]
        assert (info.name, info.dtype, info.tensor_shape.as_list()) == ("x:0", tf.float32, [None, 2])
        out = tf.saved_model.utils.get_tensor_from_tensor_info(signature.outputs["out"], sess.graph)
        assert sess.run(out, {info.name: [[1, 1]]}) == [[3]]
        assert [v.name for v in sess.graph.get_collection("trainable_variables")] == ["w:0"]


def test_simple_save(model, tmp_path):
    sess, x, y = model
    tf.saved_model.simple_save(sess, str(tmp_path / "m"), {"x": x}, {"y": y})
    with tf.Session(graph=tf.Graph()) as sess:
        meta = tf.saved_model.load(sess, [tf.saved_model.tag_constants.SERVING], str(tmp_path / "m"))
        assert tf.saved_model.signature_def_utils.is_valid_signature(meta.signature_def[SERVING])
        assert sess.run(meta.signature_def[SERVING].outputs["y"].name, {"x:0": [[1, 0]]}) == [[1]]


def test_several_graphs_share_the_variables(model, tmp_path):
    sess, *_ = model
    folder = str(tmp_path / "m")
    builder = tf.saved_model.builder.SavedModelBuilder(folder)
    with pytest.raises(GraphError, match="has not been saved yet"):
        builder.add_meta_graph(["serve"])
    with pytest.raises(GraphError, match="nothing to save"):
        builder.save()
    builder.add_meta_graph_and_variables(sess, [TRAINING])
    with pytest.raises(GraphError, match="has already been saved"):
        builder.add_meta_graph_and_variables(sess, ["again"])
    with tf.Graph().as_default():
        tf.multiply(tf.get_variable("w", [2, 1]), 10.0, name="tenfold")
        builder.add_meta_graph(["serve", "gpu"])
    builder.save()
    with tf.Session(graph=tf.Graph()) as sess:
        tf.saved_model.loader.load(sess, ["gpu", "serve"], folder)
        assert sess.run("tenfold:0").tolist() == [[10], [20]]
    with tf.Session(graph=tf.Graph()) as sess, pytest.raises(ArgumentError, match="could not be found") as error:
        tf.saved_model.loader.load(sess, ["serve"], folder)
    assert "['train'], ['gpu', 'serve']" in error.value.hint


def test_assets_and_a_main_op(tmp_path):
    words = tmp_path / "words.txt"
    words.write_text("alpha")
    with tf.Graph().as_default() as graph, tf.Session() as sess:
        name = tf.constant(str(words))
        kept = tf.get_variable("kept", [], tf.string, tf.constant_initializer(""))
        start = tf.assign(kept, name).op
        sess.run(kept.initializer)
        builder = tf.saved_model.builder.SavedModelBuilder(str(tmp_path / "m"))
        builder.add_meta_graph_and_variables(sess, ["serve"], assets_collection=[name], main_op=start)
        builder.save()
        with pytest.raises(ArgumentError, match="is no constant text"):
            tf.saved_model.builder.SavedModelBuilder(str(tmp_path / "n")).add_meta_graph_and_variables(
                sess, ["a"], assets_collection=[kept]
            )
        assert graph is sess.graph
    words.unlink()
    os.rename(tmp_path / "m", tmp_path / "moved")
    with tf.Session(graph=tf.Graph()) as sess:
        tf.saved_model.loader.load(sess, ["serve"], str(tmp_path / "moved"))
        path = sess.run("kept:0").decode()
    assert path == str(tmp_path / "moved" / "assets" / "words.txt")
    with open(path) as file:
        assert file.read() == "alpha"


@pytest.mark.parametrize("name", ["../../secret", "/etc/passwd", "..", "", "a\\b", "a\0b"])
def test_no_asset_leaves_its_folder(model, tmp_path, name):
    path = saved(model, str(tmp_path / "m"))
    (meta,) = read_meta_graphs(path)
    meta.assets = {"x:0": name}
    write_meta_graphs(path, [meta])
    with tf.Session(graph=tf.Graph()) as sess, pytest.raises(DataError, match="names the asset"):
        tf.saved_model.loader.load(sess, [TRAINING], str(tmp_path / "m"))


def test_mistakes(model, tmp_path):
    sess, x, _ = model
    folder = str(tmp_path / "m")
    saved(model, folder)
    with pytest.raises(ArgumentError, match="already exists, and isn't empty"):
        tf.saved_model.builder.SavedModelBuilder(folder)
    with pytest.raises(DataError, match="SavedModel file does not exist at"):
        tf.saved_model.loader.load(sess, [TRAINING], str(tmp_path))
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / "saved_model.pb").touch()
    with pytest.raises(DataError, match="TensorFlow's own format"):
        tf.saved_model.loader.load(sess, [TRAINING], str(tmp_path / "theirs"))
    builder = tf.saved_model.builder.SavedModelBuilder(str(tmp_path / "n"))
    with pytest.raises(ArgumentError, match="tags='serve'"):
        builder.add_meta_graph_and_variables(sess, "serve")
    with pytest.raises(ArgumentError, match="the signature 'a' is"):
        builder.add_meta_graph_and_variables(sess, ["serve"], {"a": x})
    with tf.Graph().as_default():
        other = tf.placeholder(tf.float32, name="other")
        foreign = tf.saved_model.signature_def_utils.predict_signature_def({"a": other}, {"b": other})
    with pytest.raises(NameNotFoundError, match="'other:0'"):
        builder.add_meta_graph_and_variables(sess, ["serve"], {"a": foreign})
    with sess.graph.as_default():
        tf.get_variable("unset", [2])
    with pytest.raises(UninitializedError, match="'unset'"):
        builder.add_meta_graph_and_variables(sess, ["serve"])
    assert not tf.saved_model.loader.maybe_saved_model_directory(str(tmp_path / "n"))


def test_signatures():
    utils = tf.saved_model.signature_def_utils
    with tf.Graph().as_default():
        text, number = tf.placeholder(tf.string, [None]), tf.placeholder(tf.float32, [None, 3])
        found = utils.classification_signature_def(text, text, number)
        assert found.method_name == "tensorflow/serving/classify"
        assert {key: info.dtype for key, info in found.outputs.items()} == {"classes": tf.string, "scores": tf.float32}
        assert utils.is_valid_signature(found)
        assert utils.is_valid_signature(utils.regression_signature_def(text, number))
        info = tf.saved_model.utils.build_tensor_info(number)
        assert not utils.is_valid_signature(utils.build_signature_def({"a": info}, {}, "tensorflow/serving/predict"))
        assert not utils.is_valid_signature(utils.build_signature_def({"a": info}, {"b": info}, "mine"))
        for wrong, words in [
            (lambda: utils.classification_signature_def(number, text, None), "Classification input"),
            (lambda: utils.classification_signature_def(text, None, None), "cannot both be None"),
            (lambda: utils.regression_signature_def(text, text), "Regression output"),
            (lambda: utils.predict_signature_def({}, {"y": number}), "`inputs` cannot be None or empty"),
            (lambda: utils.predict_signature_def({"x": number}, {}), "`outputs` cannot be None or empty"),
            (lambda: utils.build_signature_def({"x": number}), "a TensorInfo"),
            (lambda: tf.saved_model.utils.build_tensor_info(np.zeros(3)), "is no tensor of a graph"),
        ]:
            with pytest.raises(ArgumentError, match=words):
                wrong()
