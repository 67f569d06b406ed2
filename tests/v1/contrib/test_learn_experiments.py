"""contrib.learn: metrics by name, monitors that end a training, experiments and their schedules."""

from __future__ import annotations

import numpy as np
import pytest

import deepkit.v1 as tf
from deepkit.errors import ArgumentError

learn = tf.contrib.learn
RNG = np.random.default_rng(2)
X = RNG.normal(size=(60, 2)).astype("float32")
Y = (X[:, 0] > 0).astype("int32")


def classifier(model_dir=None) -> learn.LinearClassifier:
    columns = learn.infer_real_valued_columns_from_input(X)
    return learn.LinearClassifier(columns, model_dir=model_dir, config=learn.RunConfig(tf_random_seed=1))


def data():
    return {"": tf.constant(X)}, tf.constant(Y)


def test_metrics_have_names_predictions_and_weights():
    model = classifier()
    model.fit(X, Y, steps=30, batch_size=20)
    metrics = {
        "right": learn.MetricSpec(tf.contrib.metrics.streaming_accuracy, "classes"),
        ("certain", "probabilities"): lambda predictions, labels: tf.metrics.mean(tf.reduce_max(predictions, 1)),
        "missed": tf.contrib.metrics.streaming_false_negatives,
    }
    found = model.evaluate(X, Y, metrics=metrics)
    classes = np.array(list(model.predict(X)))
    assert found["right"] == pytest.approx(np.mean(classes == Y), abs=1e-6)
    assert found["missed"] == np.sum((classes == 0) & (Y == 1))
    shares = np.array([p["probabilities"] for p in model.predict(X, outputs=["probabilities"])])
    assert found["certain"] == pytest.approx(shares.max(1).mean(), abs=1e-6)
    assert "right" not in model.evaluate(X, Y)
    with pytest.raises(ArgumentError, match="no prediction 'scores'"):
        model.evaluate(X, Y, metrics={"m": learn.MetricSpec(tf.contrib.metrics.streaming_accuracy, "scores")})


def test_a_monitor_ends_a_training_that_gets_no_better():
    noise = RNG.integers(0, 2, 60).astype("int32")  # nothing to be learned: the loss on it rises soon
    monitor = learn.monitors.ValidationMonitor(X, noise, every_n_steps=10, early_stopping_rounds=20)
    model = classifier()
    model.fit(X, Y, steps=5000, batch_size=20, monitors=[monitor])
    step = int(model.get_variable_value("global_step"))
    assert monitor.ends_training
    assert step == monitor.best_step + 20 < 5000
    with pytest.raises(ArgumentError, match="no metric 'f1'"):
        model.fit(X, Y, steps=5, monitors=[learn.monitors.ValidationMonitor(X, Y, early_stopping_metric="f1")])


def test_a_monitor_that_never_ends_it_leaves_all_steps():
    monitor = learn.monitors.ValidationMonitor(X, Y, every_n_steps=15, early_stopping_metric="accuracy",
                                               early_stopping_metric_minimize=False)
    model = classifier()
    model.fit(X, Y, steps=40, batch_size=20, monitors=[monitor])
    assert int(model.get_variable_value("global_step")) == 40
    assert monitor.best_value == pytest.approx(max(monitor.best_value, model.evaluate(X, Y)["accuracy"]))


@pytest.mark.parametrize("core", [False, True])
def test_an_experiment_trains_and_evaluates(core, tmp_path):
    def experiment(output_dir):
        if core:
            columns = [tf.feature_column.numeric_column("x", shape=[2])]
            model = tf.estimator.LinearClassifier(columns, model_dir=output_dir)
        else:
            model = classifier(output_dir)

        def given():
            features, labels = data()
            return ({"x": features[""]} if core else features), labels

        return learn.Experiment(model, given, given, train_steps=25, eval_steps=1)

    results, exports = learn.learn_runner.run(experiment, str(tmp_path))
    assert results["global_step"] == 25
    assert results["accuracy"] > 0.8
    assert exports == []
    again = learn.learn_runner.run(experiment, str(tmp_path), schedule="evaluate")
    assert again["loss"] == pytest.approx(results["loss"])


def test_a_runner_says_what_it_needs():
    with pytest.raises(ArgumentError, match="either output_dir or run_config"):
        learn.learn_runner.run(lambda _: None)
    with pytest.raises(ArgumentError, match="schedule"):
        learn.learn_runner.run(lambda _: None, "folder", schedule="sometimes")
    made = []
    learn.learn_runner.run(
        lambda run_config, hparams: made.append(hparams) or learn.Experiment(classifier(), data, data, train_steps=2),
        run_config=learn.RunConfig(), hparams={"units": 3}, schedule="train",
    )
    assert made == [{"units": 3}]
