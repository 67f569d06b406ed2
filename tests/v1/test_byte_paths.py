"""Paths as bytes, which tf.compat.as_bytes makes of them in the tutorials: they name the same files as text does."""

import os

import pytest

import deepkit.v1 as tf


@pytest.fixture
def folder(tmp_path):
    return tf.compat.as_bytes(str(tmp_path))


def test_a_model_is_exported_and_loaded(folder):
    export = os.path.join(folder, b"1")
    with tf.Graph().as_default(), tf.Session() as sess:
        tf.Variable(3.0, name="v")
        sess.run(tf.global_variables_initializer())
        builder = tf.saved_model.builder.SavedModelBuilder(export)
        builder.add_meta_graph_and_variables(sess, [tf.saved_model.tag_constants.SERVING])
        builder.save()
    assert tf.saved_model.loader.maybe_saved_model_directory(export)
    with tf.Graph().as_default(), tf.Session() as sess:
        tf.saved_model.loader.load(sess, [tf.saved_model.tag_constants.SERVING], export)
        assert sess.run("v:0") == 3.0


def test_checkpoints_graphs_and_listings(folder):
    with tf.Graph().as_default() as graph, tf.Session() as sess:
        v = tf.Variable(3.0, name="v")
        saver = tf.train.Saver()
        sess.run(v.initializer)
        saved = saver.save(sess, os.path.join(folder, b"model"), global_step=7)
        assert saved == os.path.join(folder, b"model-7").decode()
        assert tf.train.latest_checkpoint(folder) == saved
        assert tf.train.load_checkpoint(saved.encode()).get_tensor("v") == 3.0
        saver.restore(sess, saved.encode())
        tf.train.write_graph(graph, folder, "graph.pb")
    names = tf.gfile.ListDirectory(folder)
    assert {"checkpoint", "graph.pb"} <= set(names)
    assert tf.train.checkpoint_exists(saved.encode())
    assert tf.gfile.Glob(os.path.join(folder, b"graph.*")) == [os.path.join(folder, b"graph.pb").decode()]
    with tf.gfile.GFile(os.path.join(folder, b"graph.pb"), "rb") as file:
        assert file.name.endswith("graph.pb")
