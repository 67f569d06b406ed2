"""The trainings of the saving chapter: killed and resumed to the same bits, a save killed everywhere, and the regression."""

from __future__ import annotations

import multiprocessing
from pathlib import Path

import numpy as np
import pytest

import deepkit.v1 as tf
from deepkit import viz
from deepkit.errors import ArgumentError
from deepkit.models import crash_points, housing, resumable
from deepkit.v1.train import saver


def test_a_killed_training_ends_where_one_that_was_left_alone_does(tmp_path):
    calm, crashed = (viz.Program(resumable.command(tmp_path / name, steps=12, every=5)) for name in ("calm", "crashed"))
    calm.run()
    assert crashed.run("--die-at=8").killed
    assert [step for step, _ in crashed.run().points] == list(range(6, 13))
    assert crashed.points() == calm.points()
    assert calm.points()[-1][1] < calm.points()[0][1]


def test_every_kill_in_a_save_leaves_a_whole_checkpoint():
    found = list(crash_points.crash_points())
    steps = [step for _, step in found]
    assert steps == sorted(steps)
    assert set(steps) == {crash_points.BEFORE, crash_points.AFTER}
    renamed = [what for what, _ in found].index("give its name to checkpoint")
    assert steps[renamed] == crash_points.BEFORE
    assert steps[renamed + 1] == crash_points.AFTER


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="the children take over the fault by fork")
def test_a_careless_order_is_found_out(monkeypatch):
    """The note that names the latest checkpoint is deleted before it is written anew: a kill in between loses all."""

    def careless(path, kept, name):
        Path(path).with_name("checkpoint").unlink(missing_ok=True)
        written(path, kept, name)

    written = saver._write_state
    monkeypatch.setattr(saver, "_write_state", careless)
    with pytest.raises(ArgumentError, match="None"):
        list(crash_points.crash_points())


@pytest.fixture(scope="module")
def data():
    return housing.districts(verbose=False)


def test_the_districts(data):
    assert data.x.shape == (20_640, 9)
    np.testing.assert_allclose(data.x[:, 0], 1)
    np.testing.assert_allclose(data.x[:, 1:].mean(axis=0), 0, atol=1e-9)
    np.testing.assert_allclose(data.x[:, 1:].std(axis=0), 1)
    assert data.batches() == 207
    np.random.seed(2 * 207 + 5)  # as the document draws it
    indices = np.random.randint(20_640, size=100)
    x, y = data.batch(2, 5)
    np.testing.assert_array_equal(x, data.x[indices])
    np.testing.assert_array_equal(y, data.y[indices])


def test_the_regression_walks_as_numpy_does(data):
    with tf.Graph().as_default(), tf.Session() as session:
        model = housing.regression(data=data, rate=0.1, scope="loss")
        assert (model.error.op.name, model.mse.op.name, model.theta.op.name) == ("loss/sub", "loss/mse", "theta")
        session.run(tf.global_variables_initializer())
        theta = session.run(model.theta).astype(np.float64)
        assert np.all(np.abs(theta) <= 1)
        for _ in range(20):
            error = data.x @ theta - data.y
            np.testing.assert_allclose(session.run(model.mse), np.mean(error**2), rtol=1e-5)
            session.run(model.train)
            theta -= 0.1 * 2 / len(error) * data.x.T @ error
        np.testing.assert_allclose(session.run(model.theta), theta, rtol=1e-3, atol=1e-4)
