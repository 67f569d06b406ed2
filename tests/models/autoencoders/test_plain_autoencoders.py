"""Autoencoders that only copy: against principal components, finite differences, arithmetic, and one trained the other way."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.linalg

import deepkit.v1 as tf
from deepkit.errors import ShapeError, UnfedError
from deepkit.models.autoencoders.layerwise import phases, put_together, train_autoencoder
from deepkit.models.autoencoders.linear import angles_between, arc, linear_autoencoder
from deepkit.models.autoencoders.stacked import batches, fit, stacked, train
from deepkit.models.reduction import PCA

RNG = np.random.default_rng(8)
SHEET = np.clip(RNG.normal(size=(120, 3)) @ RNG.normal(size=(3, 12)) / 4 + 0.5, 0, 1).astype("float32")
SIZES = (12, 8, 3)


@pytest.fixture(autouse=True)
def _own_graph():
    with tf.Graph().as_default():
        yield


def test_the_arc_is_the_documents():
    """Its lines, read aloud: three columns from RandomState(4)."""
    random = np.random.RandomState(4)
    angles = random.rand(7) * 3 * np.pi / 2 - 0.5
    first = np.cos(angles) + np.sin(angles) / 2 + 0.1 * random.randn(7) / 2
    second = np.sin(angles) * 0.7 + 0.1 * random.randn(7) / 2
    np.testing.assert_allclose(arc(7), np.stack([first, second, 0.1 * first + 0.3 * second + 0.1 * random.randn(7)], axis=1))


@pytest.mark.parametrize("apart", [0.0, 1e-7, 1e-3, 0.4, np.pi / 2])
def test_angles_are_those_of_scipy_and_exact_when_they_are_small(apart):
    base = np.linalg.qr(RNG.normal(size=(5, 5)))[0]
    first, second = base[:2], np.stack([base[0], np.cos(apart) * base[1] + np.sin(apart) * base[2]])
    mixed = RNG.normal(size=(2, 2)) @ second  # another basis of the same plane
    found = angles_between(first, mixed)
    np.testing.assert_allclose(np.radians(found), [0, apart], atol=1e-14, rtol=1e-7)
    np.testing.assert_allclose(np.radians(found)[::-1], scipy.linalg.subspace_angles(first.T, mixed.T), atol=1e-7)


def test_spaces_of_other_sizes_are_refused():
    for first, second in ((np.eye(3)[:2], np.eye(3)[:1]), (np.eye(3)[0], np.eye(3)[0]), (np.ones((3, 2)), np.ones((3, 2)))):
        with pytest.raises(ShapeError):
            angles_between(first, second)


def test_a_linear_autoencoder_finds_the_plane_and_the_error_of_pca():
    x = RNG.normal(size=(60, 3)) * [2.0, 1.0, 0.3] @ np.linalg.qr(RNG.normal(size=(3, 3)))[0]
    x -= x.mean(axis=0)
    pca = PCA(2).fit(x)
    tf.set_random_seed(2)
    net = linear_autoencoder()
    step = tf.train.AdamOptimizer(0.02).minimize(net.error)
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        for _ in range(1500):
            sess.run(step, {net.x: x})
        matrices = [v for v in tf.trainable_variables() if len(v.shape.as_list()) == 2]
        error, there, back = sess.run([net.error, *matrices], {net.x: x})
    assert error == pytest.approx(np.mean((pca.inverse_transform(pca.transform(x)) - x) ** 2), rel=1e-4)
    assert angles_between(back, pca.components)[-1] < 0.1
    assert angles_between(there.T, pca.components)[-1] < 1


@pytest.mark.parametrize("tied", [False, True])
def test_a_stack_computes_its_formula(tied):
    net = stacked(SIZES, 0.02, tied)
    free = [v for v in tf.trainable_variables() if v.op.name.startswith("weights")]
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        for b in net.biases:
            b.load(RNG.normal(size=b.shape.as_list()).astype("float32"), sess)
        weights, biases, outputs, code, error, loss, own = sess.run(
            [net.weights, net.biases, net.outputs, net.code, net.error, net.loss, free], {net.x: SHEET})
    assert [w.shape for w in weights] == [(12, 8), (8, 3), (3, 8), (8, 12)]
    assert [v.op.name for v in free] == [f"weights{i}" for i in ((1, 2) if tied else (1, 2, 3, 4))]
    if tied:
        np.testing.assert_array_equal(weights[2], weights[1].T)
        np.testing.assert_array_equal(weights[3], weights[0].T)
    layer = SHEET.astype(float)
    for i, (w, b) in enumerate(zip(weights, biases, strict=True)):
        layer = layer @ w + b
        layer = layer if i == 3 else np.where(layer > 0, layer, np.expm1(layer))
        if i == 1:
            np.testing.assert_allclose(code, layer, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(outputs, layer, rtol=1e-4, atol=1e-5)
    assert error == pytest.approx(np.mean((layer - SHEET) ** 2), rel=1e-4)
    assert loss == pytest.approx(error + 0.01 * sum(np.sum(w**2) for w in own), rel=1e-4)


def test_without_a_penalty_the_loss_is_the_error():
    net = stacked(SIZES, 0.0)
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        error, loss = sess.run([net.error, net.loss], {net.x: SHEET})
    assert error == loss


def test_a_tied_weight_is_moved_by_both_its_uses():
    tied, free = stacked(SIZES, 0.0, tied=True), stacked(SIZES, 0.0)
    slope, slopes = tf.gradients(tied.error, tied.weights[:2]), tf.gradients(free.error, free.weights)
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        for variable, value in zip(free.weights, sess.run(tied.weights), strict=True):
            variable.load(value, sess)
        found, parts = sess.run([slope, slopes], {tied.x: SHEET, free.x: SHEET})
    np.testing.assert_allclose(found[0], parts[0] + parts[3].T, rtol=1e-4, atol=1e-7)
    np.testing.assert_allclose(found[1], parts[1] + parts[2].T, rtol=1e-4, atol=1e-7)


def test_batches_meet_every_example_once():
    places = list(batches(10, 3, np.random.RandomState(1)))
    assert [len(one) for one in places] == [3, 3, 3]
    assert len(set(np.concatenate(places))) == 9


def test_a_fitted_stack_rebuilds_and_says_its_error():
    fitted = fit(SHEET, SIZES, 0.0, rate=0.02, epochs=30, batch=30)
    assert len(fitted.errors) == 30
    assert fitted.mse(SHEET) < 0.2 * np.mean((SHEET - SHEET.mean(axis=0)) ** 2)
    codes, back = fitted.through(SHEET.reshape(-1, 3, 4))
    assert codes.shape == (120, 3)
    assert back.shape == (120, 3, 4)
    assert np.mean((back.reshape(-1, 12) - SHEET) ** 2) == pytest.approx(fitted.mse(SHEET), rel=1e-4)
    layer = SHEET
    for w, b in fitted.layers():
        layer = layer @ w + b
        layer = np.where(layer > 0, layer, np.expm1(layer))
    np.testing.assert_allclose(layer, codes, rtol=1e-3, atol=1e-4)
    again = fit(SHEET, SIZES, 0.0, rate=0.02, epochs=30, batch=30)
    assert again.errors == fitted.errors


def test_autoencoders_are_put_inside_each_other():
    outer = train_autoencoder(SHEET, 8, 60, 30, rate=0.02, penalty=0.0001)
    inner = train_autoencoder(outer.hidden, 3, 60, 30, rate=0.02, penalty=0.0001)
    assert outer.errors[-1] < outer.errors[0]
    x = tf.placeholder(tf.float32, [None, 12])
    with tf.Session() as sess:
        code, back = sess.run(put_together(x, [outer, inner]), {x: SHEET})
    np.testing.assert_allclose(code, inner.hidden, rtol=1e-4, atol=1e-5)
    again = code @ inner.back + inner.back_biases
    np.testing.assert_allclose(back, np.where(again > 0, again, np.expm1(again)) @ outer.back + outer.back_biases, atol=1e-5)
    assert np.mean((back - SHEET) ** 2) < 0.5 * np.mean((SHEET - SHEET.mean(axis=0)) ** 2)


def test_phases_move_a_layer_and_its_mirror_and_nothing_else():
    tf.set_random_seed(3)
    net, optimizer = stacked(SIZES, 0.0), tf.train.AdamOptimizer(0.02)
    both = phases(net)
    assert [v.op.name for v in both[1].variables] == ["weights2", "biases2", "weights3", "biases3"]
    steps = [optimizer.minimize(one.loss, var_list=one.variables) for one in both]
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        for one, step in zip(both, steps, strict=True):
            before = sess.run(net.weights + net.biases)
            errors = train(sess, step, net.x, SHEET, one.error, 20, 30)
            after, moving = sess.run(net.weights + net.biases), one.variables
            for v, was, now in zip(net.weights + net.biases, before, after, strict=True):
                assert (v in moving) != np.array_equal(was, now), v
            assert errors[-1] < errors[0]
        error, again, below = sess.run([both[1].error, net.hidden[2], net.hidden[0]], {net.x: SHEET})
        assert error == pytest.approx(np.mean((again - below) ** 2), rel=1e-4)


def test_a_cached_layer_gives_the_same_and_needs_no_picture():
    ends = []
    for cached in (False, True):
        with tf.Graph().as_default(), tf.Session() as sess:
            tf.set_random_seed(3)
            net, optimizer = stacked(SIZES, 0.0), tf.train.AdamOptimizer(0.02)
            second = phases(net)[1]
            step, thawed = optimizer.minimize(second.loss, var_list=second.variables), optimizer.minimize(second.loss)
            sess.run(tf.global_variables_initializer())
            fed, examples = (net.hidden[0], sess.run(net.hidden[0], {net.x: SHEET})) if cached else (net.x, SHEET)
            train(sess, step, fed, examples, second.error, 10, 30)
            ends.append(sess.run(net.weights))
            if cached:  # without var_list the first layer would move, and that needs the picture
                with pytest.raises(UnfedError):
                    sess.run(thawed, {net.hidden[0]: examples})
    for one, two in zip(*ends, strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-4, atol=1e-6)
