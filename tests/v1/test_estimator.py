"""Estimators: what they train, remember, measure and predict, and what they say to mistakes."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import deepkit.v1 as tf
from deepkit.datasets import load_digits28
from deepkit.errors import ArgumentError, DTypeError, GraphError, NameNotFoundError, NumericsError, ShapeError

X = np.linspace(-1, 1, 40, dtype=np.float32)
Y = 3 * X + 1
feed = tf.estimator.inputs.numpy_input_fn
TRAIN = feed({"x": X}, Y, batch_size=8, num_epochs=None, shuffle=True)
TEST = feed({"x": X}, Y, batch_size=16, shuffle=False)
COLUMN = tf.feature_column.numeric_column("x")
SEED = tf.estimator.RunConfig(tf_random_seed=1)


def line(features, labels, mode, params):
    """y = w x + b, by hand."""
    w = tf.get_variable("w", [], initializer=tf.zeros_initializer())
    b = tf.get_variable("b", [], initializer=tf.zeros_initializer())
    y = w * features["x"] + b
    if mode == tf.estimator.ModeKeys.PREDICT:
        return tf.estimator.EstimatorSpec(mode, predictions={"y": y, "x": features["x"]})
    loss = tf.losses.mean_squared_error(labels, y)
    step = tf.train.GradientDescentOptimizer(params["rate"]).minimize(loss, tf.train.get_global_step())
    metrics = {"mae": tf.metrics.mean_absolute_error(labels, y)}
    return tf.estimator.EstimatorSpec(mode, y, loss, step, metrics)


@pytest.fixture
def estimator():
    return tf.estimator.Estimator(line, params={"rate": 0.3}, config=SEED)


# ---- a model function of one's own


def test_train_evaluate_predict(estimator):
    assert estimator.train(TRAIN, steps=60) is estimator
    assert estimator.get_variable_value("w") == pytest.approx(3, abs=1e-2)
    result = estimator.evaluate(TEST)
    assert set(result) == {"loss", "mae", "global_step"}
    assert result["global_step"] == 60
    assert result["mae"] < 0.01
    rows = list(estimator.predict(feed({"x": np.float32([0, 1])}, shuffle=False)))
    np.testing.assert_allclose([r["y"] for r in rows], [1, 4], atol=0.02)
    assert [r["x"] for r in rows] == [0, 1]


def test_loss_is_the_mean_over_batches_and_metrics_over_examples(estimator):
    estimator.train(TRAIN, steps=1)
    w, b = (float(estimator.get_variable_value(n)) for n in "wb")
    error = Y - (w * X + b)
    result = estimator.evaluate(TEST)  # batches of 16, 16 and 8
    assert result["loss"] == pytest.approx(np.mean([np.mean(error[i : i + 16] ** 2) for i in (0, 16, 32)]), rel=1e-5)
    assert result["mae"] == pytest.approx(np.mean(abs(error)), rel=1e-5)
    one = estimator.evaluate(TEST, steps=1)
    assert one["mae"] == pytest.approx(np.mean(abs(error[:16])), rel=1e-5)


def test_steps_add_up_and_max_steps_do_not(estimator):
    estimator.train(TRAIN, steps=3).train(TRAIN, steps=2)
    assert estimator.get_variable_value("global_step") == 5
    w = estimator.get_variable_value("w")
    assert estimator.train(TRAIN, max_steps=5).get_variable_value("w") == w
    assert estimator.train(TRAIN, max_steps=7).get_variable_value("global_step") == 7


def test_training_in_two_calls_is_training_in_one():
    def run(*steps):
        e = tf.estimator.DNNRegressor([4], [COLUMN], optimizer="Adam", config=SEED)
        for n in steps:
            e.train(feed({"x": X}, Y, batch_size=40, num_epochs=None, shuffle=False), steps=n)
        return e

    one, two = run(5), run(2, 3)
    assert one.get_variable_names() == two.get_variable_names()
    for name in one.get_variable_names():
        np.testing.assert_allclose(one.get_variable_value(name), two.get_variable_value(name), rtol=1e-6)


def test_the_input_ends_the_training(estimator):
    assert (
        estimator.train(feed({"x": X}, Y, batch_size=16, num_epochs=2, shuffle=True)).get_variable_value("global_step")
        == 5
    )


def test_an_untrained_estimator_starts_anew_and_remembers_nothing(estimator):
    assert estimator.evaluate(TEST)["global_step"] == 0
    assert next(estimator.predict(TEST))["y"] == 0
    with pytest.raises(GraphError, match="no variables yet"):
        estimator.get_variable_names()


def test_predict_leaves_the_default_graph_alone(estimator):
    graph = tf.get_default_graph()
    rows = estimator.predict(TEST, predict_keys="y", yield_single_examples=False)
    assert next(rows)["y"].shape == (16,)
    assert tf.get_default_graph() is graph
    assert sum(len(r["y"]) for r in rows) == 24
    rows.close()
    with pytest.raises(ArgumentError, match="no prediction 'z'"):
        next(estimator.predict(TEST, predict_keys=["z"]))


def test_a_failed_training_leaves_the_values_of_before(estimator):
    estimator.train(TRAIN, steps=1)
    w = estimator.get_variable_value("w")

    def interrupted():
        features, labels = TRAIN()
        count = itertools.count()

        def stop(x):
            if next(count) == 3:
                raise KeyboardInterrupt
            return x

        features["x"] = tf.reshape(tf.py_func(stop, [features["x"]], tf.float32), [-1])
        return features, labels

    with pytest.raises(KeyboardInterrupt):
        estimator.train(interrupted, steps=9)
    assert estimator.get_variable_value("w") == w
    assert estimator.get_variable_value("global_step") == 1


def test_hooks(estimator, capsys):
    seen = []

    class Watch(tf.train.SessionRunHook):
        def begin(self):
            seen.append("begin")

        def before_run(self, run_context):
            return tf.train.SessionRunArgs(
                {"w": tf.get_default_graph().get_tensor_by_name("w:0")} if not seen[1:] else None
            )

        def after_run(self, run_context, run_values):
            seen.append(run_values.results)
            if len(seen) == 4:
                run_context.request_stop()

        def end(self, session):
            seen.append("end")

    tf.logging.set_verbosity(tf.logging.INFO)
    try:
        estimator.train(TRAIN, [Watch(), tf.train.LoggingTensorHook({"slope": "w:0"}, every_n_iter=2)], steps=50)
    finally:
        tf.logging.set_verbosity(tf.logging.WARN)
    assert seen[0] == "begin"
    assert set(seen[1]) == {"w"}
    assert seen[-1] == "end"
    assert len(seen) == 5
    assert estimator.get_variable_value("global_step") == 3
    logged = capsys.readouterr().err
    assert logged.count("slope = ") == 2
    assert "loss = " in logged


def test_train_and_evaluate(estimator):
    train, test = tf.estimator.TrainSpec(TRAIN, max_steps=4), tf.estimator.EvalSpec(TEST, steps=None)
    assert tf.estimator.train_and_evaluate(estimator, train, test)[0]["global_step"] == 4


# ---- input functions


def test_numpy_input_fn_goes_through_epochs_without_a_seam():
    x = np.arange(5)
    with tf.Graph().as_default(), tf.Session() as sess:
        tensor = feed(x, batch_size=4, num_epochs=2, shuffle=False)()
        assert tensor.shape.as_list() == [None]
        assert [sess.run(tensor).tolist() for _ in range(3)] == [[0, 1, 2, 3], [4, 0, 1, 2], [3, 4]]
        with pytest.raises(tf.errors.OutOfRangeError, match="no more batches"):
            sess.run(tensor)


def test_shuffling_keeps_rows_together_and_repeats_with_the_seed():
    def order(seed):
        with tf.Graph().as_default(), tf.Session() as sess:
            tf.set_random_seed(seed)
            features, labels = feed({"a": np.arange(20)}, {"b": -np.arange(20)}, batch_size=20, shuffle=True)()
            a, b = sess.run([features["a"], labels["b"]])
        assert (a == -b).all()
        assert sorted(a) == list(range(20))
        return a.tolist()

    assert order(1) == order(1) != order(2)


def test_plain_arrays_are_one_batch():
    def input_fn():  # as the documents have it: arrays, not tensors
        features = {"SepalLength": np.array([6.4, 5.0]), "PetalWidth": np.array([2.2, 1.0])}
        return features, np.array([2, 1])

    columns = [tf.feature_column.numeric_column(k) for k in ("SepalLength", "PetalWidth")]
    classifier = tf.estimator.DNNClassifier([10], columns, n_classes=3, config=SEED)
    classifier.train(input_fn=input_fn, steps=100)
    assert classifier.evaluate(input_fn=input_fn)["accuracy"] == 1
    assert [int(p["class_ids"][0]) for p in classifier.predict(input_fn)] == [2, 1]
    with pytest.raises(ArgumentError, match="never ends"):
        classifier.train(input_fn)


def test_pandas_input_fn():
    pd = pytest.importorskip("pandas", reason="pandas is not installed")
    frame = pd.DataFrame({"x": X, "z": 2 * X}, index=np.arange(40) + 7)
    with tf.Graph().as_default(), tf.Session() as sess:
        features, labels = tf.estimator.inputs.pandas_input_fn(
            frame, pd.Series(Y, index=frame.index), 40, shuffle=False
        )()
        z, y = sess.run([features["z"], labels])
    assert (z == 2 * X).all()
    assert (y == Y).all()
    with pytest.raises(ArgumentError, match="different indices"):
        tf.estimator.inputs.pandas_input_fn(frame, pd.Series(Y))


# ---- ready-made models


def test_the_names_of_the_variables():
    deep = tf.estimator.DNNClassifier([3, 2], [COLUMN], n_classes=4, batch_norm=True, dropout=0.1)
    deep.train(feed({"x": X}, (X > 0).astype(int), shuffle=True))
    names = {n for n in deep.get_variable_names() if not n.endswith("Adagrad")}
    assert {"dnn/hiddenlayer_0/kernel", "dnn/hiddenlayer_1/bias", "dnn/logits/kernel", "global_step"} <= names
    assert "dnn/hiddenlayer_0/batchnorm_0/moving_mean" in names
    assert deep.get_variable_value("dnn/hiddenlayer_0/batchnorm_0/moving_mean").any()  # the update ops were run
    flat = tf.estimator.LinearRegressor([COLUMN]).train(TRAIN, steps=1)
    assert {n for n in flat.get_variable_names() if "Ftrl" not in n} == {
        "global_step", "linear/linear_model/bias_weights", "linear/linear_model/x/weights",
    }


def test_first_loss_is_the_sum_over_the_batch():
    labels = np.arange(40) % 3
    linear = tf.estimator.LinearClassifier([COLUMN], n_classes=3)  # all weights 0: every class has 1/3
    result = linear.evaluate(feed({"x": X}, labels, batch_size=40, shuffle=False))
    assert result["loss"] == pytest.approx(40 * np.log(3), rel=1e-5)
    assert result["average_loss"] == pytest.approx(np.log(3), rel=1e-5)


def test_ftrl_is_the_linear_default():
    linear = tf.estimator.LinearRegressor([COLUMN]).train(feed({"x": X}, Y, batch_size=40, num_epochs=1, shuffle=False))
    gradient = -2 * np.sum(Y)  # of the bias; FTRL: w = rate * -g / (sqrt(0.1 + g^2)), linear part without accumulator
    accumulator = 0.1 + gradient**2
    assert linear.get_variable_value("linear/linear_model/bias_weights")[0] == pytest.approx(
        -gradient * 0.2 / np.sqrt(accumulator), rel=1e-4
    )


def test_two_classes():
    labels = (X > 0.5).astype(np.int64)
    binary = tf.estimator.LinearClassifier([COLUMN], config=SEED)
    binary.train(feed({"x": X}, labels, batch_size=40, num_epochs=None, shuffle=False), steps=200)
    result = binary.evaluate(feed({"x": X}, labels, shuffle=False))
    assert {"accuracy", "accuracy_baseline", "auc", "auc_precision_recall", "precision", "recall"} <= set(result)
    assert result["auc"] > 0.99
    assert result["label/mean"] == pytest.approx(0.25)
    assert result["accuracy_baseline"] == pytest.approx(0.75)
    row = next(binary.predict(feed({"x": X[-1:]}, shuffle=False)))
    assert row["class_ids"].tolist() == [1]
    assert row["classes"].tolist() == [b"1"]
    assert row["probabilities"] == pytest.approx([1 - row["logistic"][0], row["logistic"][0]])
    assert row["all_classes"].tolist() == [b"0", b"1"]


def test_label_vocabulary_and_weights():
    words = np.where(X > 0, "up", "down")
    weights = np.where(X > 0, 1.0, 0.0).astype(np.float32)
    inputs = feed({"x": X, "w": weights}, words, batch_size=40, num_epochs=1, shuffle=False)
    model = tf.estimator.DNNClassifier([2], [COLUMN], label_vocabulary=["down", "up"], weight_column="w", config=SEED)
    result = model.evaluate(inputs)
    rows = list(model.predict(inputs))
    losses = [-np.log(row["probabilities"][1]) for row, x in zip(rows, X, strict=True) if x > 0]
    assert result["loss"] == pytest.approx(np.sum(losses), rel=1e-4)
    assert result["average_loss"] == pytest.approx(np.mean(losses), rel=1e-4)
    assert {row["classes"][0] for row in rows} <= {b"up", b"down"}
    strange = feed({"x": X, "w": weights}, np.where(X > 0, "up", "left"), shuffle=False)
    with pytest.raises(ArgumentError, match="not in label_vocabulary"):
        model.evaluate(strange)


def test_regression():
    model = tf.estimator.DNNRegressor(
        [8], [COLUMN], label_dimension=2, optimizer=tf.train.AdamOptimizer(0.05), config=SEED
    )
    both = np.stack([Y, -Y], 1)
    model.train(feed({"x": X}, both, batch_size=40, num_epochs=None, shuffle=False), steps=200)
    result = model.evaluate(feed({"x": X}, both, batch_size=40, shuffle=False))
    assert result["average_loss"] < 0.05
    assert result["loss"] == pytest.approx(80 * result["average_loss"], rel=1e-4)
    assert next(model.predict(feed({"x": X[:1]}, shuffle=False)))["predictions"].shape == (2,)


# ---- digits, as the documents train them


@pytest.fixture(scope="module")
def digits():
    data = load_digits28(verbose=False)
    parts = [images.reshape(-1, 784).astype(np.float32) / 255 for images in (data.x_train, data.x_test)]
    return parts[0], data.y_train.astype("int"), parts[1], data.y_test.astype("int")


def test_contrib_learn_on_digits(digits):
    x_train, y_train, x_test, y_test = digits
    config = tf.contrib.learn.RunConfig(tf_random_seed=42)
    columns = tf.contrib.learn.infer_real_valued_columns_from_input(x_train)
    dnn_clf = tf.contrib.learn.DNNClassifier(
        hidden_units=[300, 100], n_classes=10, feature_columns=columns, config=config
    )
    dnn_clf = tf.contrib.learn.SKCompat(dnn_clf)
    dnn_clf.fit(x_train, y_train, batch_size=50, steps=150)
    y_pred = dnn_clf.predict(x_test)
    assert {k: v.shape for k, v in y_pred.items()} == {
        "classes": (360,),
        "probabilities": (360, 10),
        "logits": (360, 10),
    }
    accuracy = np.mean(y_pred["classes"] == y_test)
    assert accuracy > 0.9
    score = dnn_clf.score(x_test, y_test, batch_size=360)
    log_loss = -np.mean(np.log(y_pred["probabilities"][np.arange(360), y_test]))
    assert score["accuracy"] == pytest.approx(accuracy)
    assert score["global_step"] == 150
    assert score["loss"] == pytest.approx(log_loss, rel=1e-4)  # the mean, not the sum
    plain = dnn_clf._estimator
    assert "dnn/hiddenlayer_0/weights" in plain.get_variable_names()
    assert list(itertools.islice(plain.predict(x_test), 3)) == y_pred["classes"][:3].tolist()
    assert plain.predict_proba(x_test, as_iterable=False).shape == (360, 10)


def test_estimator_on_digits(digits):
    x_train, y_train, x_test, y_test = digits
    column = tf.feature_column.numeric_column("x", shape=[28, 28])
    model = tf.estimator.DNNClassifier([100], [column], n_classes=10, config=SEED)
    model.train(feed({"x": x_train}, y_train, batch_size=50, num_epochs=None, shuffle=True), steps=150)
    assert model.evaluate(feed({"x": x_test}, y_test, shuffle=False))["accuracy"] > 0.9


def test_contrib_learn_of_other_kinds():
    learn = tf.contrib.learn
    x = X[:, None]
    columns = learn.infer_real_valued_columns_from_input(x)
    linear = learn.LinearRegressor(columns).fit(x, Y, steps=300, batch_size=40)
    found = linear.predict(x[:2], as_iterable=False)["scores"]  # on its way to 3 x + 1; after 3,000 steps 1e-5 is left
    np.testing.assert_allclose(found, Y[:2], atol=0.03)
    deep = learn.DNNRegressor([8], columns, gradient_clip_norm=5.0, dropout=0.01).fit(x, Y, steps=300)
    assert deep.evaluate(x, Y)["loss"] < 0.2
    classes = (X > 0).astype(int)
    assert learn.LinearClassifier(columns).fit(x, classes, steps=50).evaluate(x, classes)["accuracy"] > 0.9

    def model_fn(features, targets, mode):
        w = tf.get_variable("w", [1, 1])
        y = tf.squeeze(tf.matmul(features, w), [1])
        loss = None if targets is None else tf.losses.mean_squared_error(targets, y)
        step = (
            None if loss is None else tf.train.GradientDescentOptimizer(0.5).minimize(loss, tf.train.get_global_step())
        )
        return y, loss, step

    own = learn.SKCompat(learn.Estimator(model_fn)).fit(x, 3 * X, steps=30)
    np.testing.assert_allclose(own.predict(x), 3 * X, atol=0.01)
    with pytest.raises(ArgumentError, match="number of steps"):
        linear.fit(x, Y)
    with pytest.raises(ArgumentError, match="enable_centered_bias"):
        learn.LinearClassifier(columns, enable_centered_bias=True)
    with pytest.raises(ArgumentError, match=r"tf\.contrib\.learn"):
        learn.SKCompat(tf.estimator.LinearRegressor([COLUMN]))


# ---- mistakes


def uncounted(features, labels, mode):
    loss = tf.reduce_mean(tf.square(tf.get_variable("w", []) * features["x"] - labels))
    return tf.estimator.EstimatorSpec(mode, loss=loss, train_op=tf.train.GradientDescentOptimizer(0.1).minimize(loss))


def classes(labels, n=3, **settings):
    model = tf.estimator.DNNClassifier([2], [COLUMN], n_classes=n, **settings)
    return model.train(feed({"x": X}, labels, shuffle=False))


def own(model_fn, input_fn=TRAIN):
    return tf.estimator.Estimator(model_fn).train(input_fn, steps=3)


def linear(input_fn):
    return tf.estimator.LinearRegressor([COLUMN]).train(input_fn, steps=1)


spec = tf.estimator.EstimatorSpec
MISTAKES = {
    "input_fn is called": (lambda: linear(TRAIN()), ArgumentError, r"input_fn=input_fn, without \(\)"),
    "three values": (lambda: linear(lambda: (X, X, Y)), ArgumentError, "returned 3 values"),
    "nothing": (lambda: linear(lambda: None), ArgumentError, "no features"),
    "a function": (lambda: linear(lambda: TRAIN), ArgumentError, "returned a function"),
    "another graph": (lambda: linear(lambda: ({"x": _elsewhere()}, Y)), GraphError, "inside of input_fn"),
    "no labels": (lambda: linear(lambda: {"x": X}), ArgumentError, "no labels"),
    "no dict": (lambda: linear(lambda: (X, Y)), ArgumentError, "without a name"),
    "missing feature": (lambda: linear(lambda: ({"xs": X}, Y)), ArgumentError, "did you mean 'xs'"),
    "label too large": (lambda: classes(np.full(40, 3)), ArgumentError, r"label out of range: 3[\s\S]*n_classes is 3"),
    "negative label": (lambda: classes(np.full(40, -1), 2), ArgumentError, "label out of range: -1"),
    "float labels": (lambda: classes(Y), DTypeError, "astype"),
    "one-hot labels": (lambda: classes(np.eye(3)[np.zeros(40, int)]), ShapeError, "argmax"),
    "word labels": (lambda: classes(np.full(40, "a")), DTypeError, "label_vocabulary"),
    "n_classes": (lambda: classes(np.zeros(40, int), 1), ArgumentError, "2 or more"),
    "hidden_units": (lambda: tf.estimator.DNNClassifier([0], [COLUMN]), ArgumentError, "hidden_units"),
    "optimizer": (lambda: classes(np.zeros(40, int), optimizer="adam"), ArgumentError, "Adagrad, Adam"),
    "vocabulary": (lambda: classes(Y, label_vocabulary=["a"]), ArgumentError, "n_classes=3"),
    "reduction": (lambda: classes(Y, loss_reduction="sum"), ArgumentError, "Reduction"),
    "shuffle": (lambda: feed({"x": X}, Y), ArgumentError, "shuffle must be given"),
    "rows": (lambda: feed({"x": X}, Y[1:], shuffle=True), ArgumentError, r"x\['x'\] has 40 rows, y has 39 rows"),
    "list": (lambda: feed([1.0], shuffle=True), ArgumentError, "NumPy array or a dict"),
    "empty": (lambda: feed(X[:0], shuffle=True), ArgumentError, "without examples"),
    "epochs": (lambda: feed(X, num_epochs=0, shuffle=True), ArgumentError, "at least 1"),
    "no step counted": (lambda: own(uncounted), GraphError, r"global_step=tf\.train\.get_global_step"),
    "no features argument": (lambda: own(lambda x, labels, mode: None), ArgumentError, "called features"),
    "no spec": (lambda: own(lambda features, labels, mode: None), ArgumentError, "EstimatorSpec in every mode"),
    "labels not taken": (lambda: own(lambda features, mode: None), ArgumentError, "does not take them"),
    "steps": (lambda: linear_steps(steps=0), ArgumentError, "at least one step"),
    "both steps": (lambda: linear_steps(steps=1, max_steps=1), ArgumentError, "both"),
    "params": (lambda: tf.estimator.Estimator(uncounted, params={}), ArgumentError, "params are given"),
    "config": (lambda: tf.estimator.Estimator(uncounted, config=42), ArgumentError, "RunConfig"),
    "setting": (lambda: tf.estimator.RunConfig(seed=1), ArgumentError, "no setting 'seed'"),
    "mode": (lambda: spec("training"), ArgumentError, "mode is 'training'"),
    "no loss": (lambda: spec("train", train_op=tf.no_op()), ArgumentError, "loss is missing"),
    "no train_op": (lambda: spec("train", loss=tf.constant(1.0)), ArgumentError, "train_op is missing"),
    "a vector loss": (lambda: spec("eval", loss=tf.constant([1.0])), ArgumentError, "reduce_mean"),
    "no predictions": (lambda: spec("infer"), ArgumentError, "predictions is missing"),
    "a metric": (
        lambda: spec("eval", loss=tf.constant(1.0), eval_metric_ops={"a": tf.constant(1.0)}), ArgumentError, "a pair",
    ),
}


def _elsewhere():
    with tf.Graph().as_default():
        return tf.constant(X)


def linear_steps(**steps):
    return tf.estimator.LinearRegressor([COLUMN]).train(TRAIN, **steps)


@pytest.mark.parametrize("case", MISTAKES)
def test_mistakes_are_explained(case):
    call, error, words = MISTAKES[case]
    with tf.Graph().as_default(), pytest.raises(error, match=words):
        call()


def test_nan_stops_the_training(estimator):
    bad = np.where(X > 0.9, np.nan, X).astype(np.float32)
    with pytest.raises(NumericsError, match="loss is NaN in training step 1"):
        estimator.train(feed({"x": bad}, Y, batch_size=40, shuffle=False))


def test_another_model_than_the_trained_one():
    size = [2]

    def model_fn(features, labels, mode):
        y = tf.layers.dense(features["x"][:, None], size[0], name="a" if size[0] < 9 else "b")
        loss = tf.reduce_mean(tf.square(y - labels[:, None]))
        step = tf.train.GradientDescentOptimizer(0.1).minimize(loss, tf.train.get_global_step())
        return tf.estimator.EstimatorSpec(mode, y, loss, step)

    model = tf.estimator.Estimator(model_fn).train(TRAIN, steps=1)
    size[0] = 3
    with pytest.raises(ShapeError, match="'a/kernel' has shape"):
        model.evaluate(TEST)
    size[0] = 9
    with pytest.raises(GraphError, match="'b/kernel' was not there"):
        model.evaluate(TEST)
    with pytest.raises(NameNotFoundError, match="no variable 'b/kernel'"):
        model.get_variable_value("b/kernel")


def test_a_model_dir_keeps_what_was_trained(tmp_path):
    folder = str(tmp_path / "model")
    config = tf.estimator.RunConfig(tf_random_seed=1, save_checkpoints_steps=10, keep_checkpoint_max=2)
    first = tf.estimator.Estimator(line, folder, config, {"rate": 0.3})
    assert first.latest_checkpoint() is None
    first.train(TRAIN, steps=25)
    assert first.latest_checkpoint() == f"{folder}/model.ckpt-25"
    assert tf.train.get_checkpoint_state(folder).all_model_checkpoint_paths == [
        f"{folder}/model.ckpt-20", f"{folder}/model.ckpt-25",
    ]
    again = tf.estimator.Estimator(line, folder, config, {"rate": 0.3})
    assert again.get_variable_value("w") == first.get_variable_value("w")
    assert again.evaluate(TEST)["global_step"] == 25
    assert again.evaluate(TEST, checkpoint_path=f"{folder}/model.ckpt-20")["global_step"] == 20
    again.train(TRAIN, max_steps=30)
    assert first.evaluate(TEST)["global_step"] == 30, "all estimators of a folder see its latest checkpoint"
    assert tf.train.list_variables(folder) == [("b", []), ("global_step", []), ("w", [])]
    assert again.train(TRAIN, max_steps=30) is again, "and nothing is left to do"


# ---- warm starts


def trio(scope):
    with tf.variable_scope(scope):
        w = tf.get_variable("w", [2], initializer=tf.zeros_initializer())
        b = tf.get_variable("b", [], initializer=tf.zeros_initializer())
    return w, b, tf.get_variable(f"{scope}_moving", [], trainable=False, initializer=tf.zeros_initializer())


OTHER_NAMES = {"var_name_to_prev_var_name": {"z/w": "a/w", "z/b": "a/b"}}
WARM = {  # what is asked for, and what TensorFlow 2.21 gives
    "all trainable": ("a", [], {}, [1, 2, 3, 0]), "names that match": ("a", [".*b"], {}, [0, 0, 3, 0]),
    "scopes": ("a", [["a"]], {}, [1, 2, 3, 4]), "a list": ("a", [["a_mov", "a/b"]], {}, [0, 0, 3, 4]),
    "none": ("a", [None], {}, [0, 0, 0, 0]), "from its start": ("a", ["b"], {}, [0, 0, 0, 0]),
    "other names": ("z", ["z"], OTHER_NAMES, [1, 2, 3, 0]),
    "unused names": ("z", ["z/w"], OTHER_NAMES, ArgumentError), "unknown names": ("z", [], {}, NameNotFoundError),
}


@pytest.mark.parametrize("name", WARM)
def test_warm_starts(tmp_path, name):
    scope, args, kwargs, expected = WARM[name]
    with tf.Graph().as_default(), tf.Session() as sess:
        for v, value in zip(trio("a"), ([1, 2], 3, 4), strict=True):
            sess.run(v.initializer)
            v.load(value, sess)
        tf.train.Saver().save(sess, str(tmp_path / "m"), global_step=7)
    with tf.Graph().as_default(), tf.Session() as sess:
        variables = trio(scope)
        if isinstance(expected, type):
            with pytest.raises(expected):
                tf.train.warm_start(str(tmp_path), *args, **kwargs)
            return
        tf.train.warm_start(str(tmp_path), *args, **kwargs)
        sess.run(tf.global_variables_initializer())
        np.testing.assert_array_equal(np.hstack(sess.run(variables)), expected)


def test_an_estimator_starts_warm_once(tmp_path):
    first = tf.estimator.Estimator(line, str(tmp_path / "a"), params={"rate": 0.3}, config=SEED).train(TRAIN, steps=60)
    settings = tf.estimator.WarmStartSettings(first.model_dir, "w")
    second = tf.estimator.Estimator(line, str(tmp_path / "b"), params={"rate": 1e-6}, warm_start_from=settings)
    second.train(TRAIN, steps=1)
    assert second.get_variable_value("w") == pytest.approx(first.get_variable_value("w"), abs=1e-4)
    assert second.get_variable_value("b") == pytest.approx(0, abs=1e-4)
    assert second.train(TRAIN, steps=1).get_variable_value("global_step") == 2
    with pytest.raises(ArgumentError, match=r"other\.model_dir"):
        tf.estimator.Estimator(line, params={"rate": 1.0}, warm_start_from=first)
