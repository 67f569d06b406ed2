"""Metrics against formulas in NumPy and scikit-learn's scores: on arrays, in a graph, and in evaluate."""

from __future__ import annotations

import gc
import json

import numpy as np
import pytest

from deepkit import keras, ops
from deepkit.errors import ArgumentError, ShapeError
from deepkit.keras import backend as K

m = keras.metrics
RNG = np.random.default_rng(8)
LABELS, SCORES, WEIGHTS = RNG.integers(0, 2, 40).astype("f"), RNG.uniform(size=40).astype("f"), RNG.uniform(size=40)
ROWS = RNG.dirichlet(np.ones(4), 30).astype("f")
NUMBERS = RNG.integers(0, 4, 30)


@pytest.fixture(autouse=True)
def _fresh_names() -> None:
    K.clear_session()


def through_placeholders(function, *arrays, **arguments) -> np.ndarray:
    """The value of a function of Symbols."""
    given = [K.placeholder(np.shape(a), dtype=np.asarray(a).dtype.name) for a in arrays]
    return K.function(given, [function(*given, **arguments)])(list(arrays))[0]


def ranks(rows: np.ndarray, numbers: np.ndarray) -> np.ndarray:
    """How many classes have a larger score than the right one."""
    return (rows > np.take_along_axis(rows, numbers[:, None], 1)).sum(1)


COSINES = (ROWS * ROWS[::-1]).sum(1) / np.linalg.norm(ROWS, axis=1) / np.linalg.norm(ROWS[::-1], axis=1)
SIDES = [(limit < SCORES) == LABELS for limit in (0.5, 0.2)]
QUARTERS = LABELS.reshape(-1, 4), SCORES.reshape(-1, 4)
FUNCTIONS = [
    (m.binary_accuracy, (LABELS[:, None], SCORES[:, None]), {}, SIDES[0]),
    (m.binary_accuracy, QUARTERS, {"threshold": 0.2}, SIDES[1].reshape(-1, 4).mean(1)),
    (m.categorical_accuracy, (np.eye(4, dtype="f")[NUMBERS], ROWS), {}, ROWS.argmax(1) == NUMBERS),
    (m.sparse_categorical_accuracy, (NUMBERS, ROWS), {}, ROWS.argmax(1) == NUMBERS),
    (m.sparse_categorical_accuracy, (NUMBERS[:, None], ROWS), {}, ROWS.argmax(1) == NUMBERS),
    (m.top_k_categorical_accuracy, (np.eye(4, dtype="f")[NUMBERS], ROWS), {"k": 2}, ranks(ROWS, NUMBERS) < 2),
    (m.sparse_top_k_categorical_accuracy, (NUMBERS, ROWS), {"k": 3}, ranks(ROWS, NUMBERS) < 3),
    (m.cosine_proximity, (ROWS, ROWS[::-1].copy()), {}, COSINES),
    (m.mse, (ROWS, ROWS[::-1].copy()), {}, ((ROWS - ROWS[::-1]) ** 2).mean(1)),
]


@pytest.mark.parametrize(
    ("function", "arrays", "arguments", "expected"), FUNCTIONS, ids=lambda v: getattr(v, "__name__", "")
)
def test_function(function, arrays, arguments: dict, expected) -> None:
    for value in (function(*arrays, **arguments).numpy(), through_placeholders(function, *arrays, **arguments)):
        assert value.dtype == np.float32
        np.testing.assert_allclose(value, np.asarray(expected, "f"), rtol=1e-6)


def test_matches_keep_the_shape_of_the_targets() -> None:
    for function in (m.functions.sparse_categorical_matches, m.sparse_top_k_categorical_accuracy):
        assert function(NUMBERS[:, None], ROWS).shape == (30, 1)


def test_scores_at_the_ends_count() -> None:
    """Thresholds just below 0 and above 1: all predictions lie between them."""
    assert m.AUC(num_thresholds=3)([0, 1], [0.0, 1.0]).item() == 1.0
    assert m.TruePositives(thresholds=[0, 0.5, 1])([1, 1, 1], [0.0, 0.5, 1.0]).numpy().tolist() == [2, 1, 0]


def test_top_k_needs_a_k() -> None:
    with pytest.raises(ArgumentError, match="at least 1"):
        m.top_k_categorical_accuracy(ROWS, ROWS, k=0)


# ---- means


def test_means_over_batches_and_weights() -> None:
    mean, total, per_batch = m.Mean(), m.Sum(), m.SumOverBatchSize()
    for metric in (mean, total, per_batch):
        for part in (slice(0, 25), slice(25, None)):
            metric.update_state(SCORES[part], sample_weight=WEIGHTS[part])
    np.testing.assert_allclose(mean.result().item(), np.average(SCORES, weights=WEIGHTS), rtol=1e-6)
    np.testing.assert_allclose(total.result().item(), SCORES @ WEIGHTS, rtol=1e-6)
    np.testing.assert_allclose(per_batch.result().item(), (SCORES * WEIGHTS).mean(), rtol=1e-6)


def test_weights_with_fewer_axes_weigh_means() -> None:
    values = RNG.normal(size=(5, 3, 2))
    weight = RNG.uniform(size=5)
    np.testing.assert_allclose(
        m.Mean()(values, weight).item(), np.average(values.mean((1, 2)), weights=weight), rtol=1e-5
    )
    np.testing.assert_allclose(m.Sum()(values, weight).item(), values.sum((1, 2)) @ weight, rtol=1e-5)
    np.testing.assert_allclose(
        m.Mean()(values[..., 0], weight[:, None]).item(), np.average(values[..., 0].mean(1), weights=weight), rtol=1e-5
    )


def test_nothing_seen_is_zero_and_reset_starts_anew() -> None:
    metric = m.MeanSquaredError()
    assert metric.result().item() == 0.0
    assert metric([[1.0]], [[3.0]]).item() == 4.0
    metric.reset_states()
    assert metric.result().item() == 0.0
    assert metric([[1.0]], [[2.0]]).item() == 1.0


def test_merge_state() -> None:
    whole, first, second = m.AUC(), m.AUC(), m.AUC()
    whole.update_state(LABELS, SCORES)
    first.update_state(LABELS[:9], SCORES[:9])
    second.update_state(LABELS[9:], SCORES[9:])
    first.merge_state([second])
    assert first.result().item() == whole.result().item()
    with pytest.raises(ArgumentError, match="differ in shape"):
        first.merge_state([m.Mean()])


def test_mean_tensor() -> None:
    metric = m.MeanTensor()
    with pytest.raises(ArgumentError, match="no values yet"):
        metric.result()
    metric.update_state(np.ones((2, 3)))
    metric.update_state(np.zeros((2, 3)), sample_weight=[[1.0], [3.0]])
    np.testing.assert_allclose(metric.result().numpy(), [[0.5] * 3, [0.25] * 3])
    with pytest.raises(ShapeError, match="after values of shape"):
        metric.update_state(np.ones((3, 2)))


# ---- against scikit-learn


def test_precision_recall_and_f_score() -> None:
    sk = pytest.importorskip("sklearn.metrics", reason="scikit-learn is not installed (extra: sklearn)")
    said = SCORES > 0.5
    for weight in (None, WEIGHTS):
        for metric, score in ((m.Precision, sk.precision_score), (m.Recall, sk.recall_score)):
            expected = score(LABELS, said, sample_weight=weight)
            np.testing.assert_allclose(metric()(LABELS, SCORES, weight).item(), expected, rtol=1e-5)
        tn, fp, fn, tp = sk.confusion_matrix(LABELS, said, sample_weight=weight).ravel()
        for metric, expected in (
            (m.TrueNegatives, tn),
            (m.FalsePositives, fp),
            (m.FalseNegatives, fn),
            (m.TruePositives, tp),
        ):
            np.testing.assert_allclose(metric()(LABELS, SCORES, weight).item(), expected, rtol=1e-5)
    for average in ("micro", "macro", "weighted"):
        guess = np.eye(4)[ROWS.argmax(1)]
        expected = sk.fbeta_score(np.eye(4)[NUMBERS], guess, beta=2.0, average=average, zero_division=0)
        found = m.FBetaScore(average, beta=2.0)(np.eye(4)[NUMBERS], ROWS).item()
        np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_area_under_curve_with_a_threshold_between_all_scores() -> None:
    """With fine thresholds the area is the exact one; scores lie apart by more than a threshold step."""
    sk = pytest.importorskip("sklearn.metrics", reason="scikit-learn is not installed (extra: sklearn)")
    scores = ((np.random.default_rng(1).permutation(40) + 0.5) / 40).astype("f")
    expected = sk.roc_auc_score(LABELS, scores)
    np.testing.assert_allclose(m.AUC(num_thresholds=401)(LABELS, scores).item(), expected, rtol=1e-5)
    weighted = sk.roc_auc_score(LABELS, scores, sample_weight=WEIGHTS)
    np.testing.assert_allclose(m.AUC(num_thresholds=401)(LABELS, scores, WEIGHTS).item(), weighted, rtol=1e-5)
    uneven = list(np.unique(scores) + 0.001)[:-1]
    np.testing.assert_allclose(m.AUC(thresholds=uneven)(LABELS, scores).item(), expected, rtol=1e-5)


def test_intersection_over_union() -> None:
    sk = pytest.importorskip("sklearn.metrics", reason="scikit-learn is not installed (extra: sklearn)")
    guess = ROWS.argmax(1)
    expected = sk.jaccard_score(NUMBERS, guess, average="macro", zero_division=0)
    np.testing.assert_allclose(m.MeanIoU(4)(NUMBERS, guess).item(), expected, rtol=1e-5)
    np.testing.assert_allclose(m.OneHotMeanIoU(4)(np.eye(4)[NUMBERS], ROWS).item(), expected, rtol=1e-5)
    kept = NUMBERS != 2
    wanted = sk.jaccard_score(NUMBERS[kept], guess[kept], labels=[0], average="macro")
    found = m.IoU(4, [0], ignore_class=2)(np.where(kept, NUMBERS, 2), guess).item()
    np.testing.assert_allclose(found, wanted, rtol=1e-5)


def test_r2() -> None:
    sk = pytest.importorskip("sklearn.metrics", reason="scikit-learn is not installed (extra: sklearn)")
    y, p = RNG.normal(size=(2, 20, 3))
    np.testing.assert_allclose(m.R2Score()(y, p).item(), sk.r2_score(y, p), rtol=1e-4)
    np.testing.assert_allclose(
        m.R2Score(class_aggregation=None)(y, p).numpy(), sk.r2_score(y, p, multioutput="raw_values"), rtol=1e-4
    )


def test_best_point_under_a_condition() -> None:
    """Against trying all thresholds by hand."""
    limits = np.linspace(0, 1, 21)
    said = SCORES[None] > limits[:, None]
    truth = LABELS.astype(bool)
    tp, fp = (said & truth).sum(1), (said & ~truth).sum(1)
    recall, specificity, precision = tp / truth.sum(), 1 - fp / (~truth).sum(), tp / np.maximum(tp + fp, 1)
    for metric, condition, rate in (
        (m.SensitivityAtSpecificity(0.7, 21), specificity, recall), (m.SpecificityAtSensitivity(0.7, 21), recall, specificity),
        (m.PrecisionAtRecall(0.7, 21), recall, precision), (m.RecallAtPrecision(0.55, 21), precision, recall),
    ):
        wanted = {
            "SensitivityAtSpecificity": 0.7,
            "SpecificityAtSensitivity": 0.7,
            "PrecisionAtRecall": 0.7,
            "RecallAtPrecision": 0.55,
        }
        expected = rate[condition >= wanted[type(metric).__name__]].max()
        np.testing.assert_allclose(metric(LABELS, SCORES).item(), expected, rtol=1e-5)
    assert m.RecallAtPrecision(1.0, 3)([1.0, 0.0], [0.1, 0.9]).item() == 0.0


# ---- in graphs and models


def test_metric_in_a_graph() -> None:
    """Symbols give updates to run; the result is read after them."""
    y, p = K.placeholder((None,)), K.placeholder((None,))
    metric = m.BinaryAccuracy()
    value = metric(y, p)
    run = K.function([y, p], [value])
    assert run([[1.0, 0.0], [0.9, 0.8]])[0] == 0.5
    assert run([[1.0, 1.0], [0.9, 0.8]])[0] == 0.75
    assert metric.result().item() == 0.75


class Reached(m.Metric):
    """A metric of the kind people write: update_state returns nothing, and assigns twice."""

    def __init__(self, limit: float, name: str = "reached", **kwargs):
        super().__init__(name=name, **kwargs)
        self.limit = limit
        self.hits = self.add_weight(name="hits", initializer="zeros")
        self.all = self.add_weight(name="all", initializer="zeros")

    def update_state(self, y_true, y_pred, sample_weight=None):
        self.hits.assign_add(ops.reduce_sum(K.cast(y_pred > self.limit, "float32")))
        self.all.assign_add(K.cast(ops.size(y_pred), "float32"))

    def result(self):
        return self.hits / self.all

    def get_config(self):
        return {**super().get_config(), "limit": self.limit}


def test_updates_of_a_metric_that_returns_none() -> None:
    p = K.placeholder((None,))
    metric = Reached(0.5)
    updates = metric.update_state(p, p)
    assert len(updates) == 2
    K.function([p], [], updates)([[0.4, 0.6, 0.8, 0.1]])
    assert metric.result().item() == 0.5


def test_assignments_that_nothing_holds_are_not_lost() -> None:
    """Python may collect what it can no longer reach at any time: between two assignments, too."""

    class Collecting(Reached):
        def update_state(self, y_true, y_pred, sample_weight=None):
            self.hits.assign_add(ops.reduce_sum(K.cast(y_pred > self.limit, "float32")))
            gc.collect()
            self.all.assign_add(K.cast(ops.size(y_pred), "float32"))
            gc.collect()

    model = keras.models.Sequential([keras.layers.Dense(3, input_shape=(3,))])
    model.compile("sgd", "mse", metrics=[Collecting(0.3)])
    model.set_weights([np.eye(3), np.zeros(3)])
    x = RNG.uniform(size=(10, 3)).astype("f")
    np.testing.assert_allclose(model.evaluate(x, x, batch_size=4, verbose=0)[1], (x > 0.3).mean(), rtol=1e-6)


@pytest.mark.parametrize("eager", [False, True])
def test_metrics_of_all_kinds_in_a_model(eager: bool) -> None:
    def first(y_true, y_pred):
        return K.mean(y_pred[:, 0])

    x = RNG.uniform(size=(10, 3)).astype("f")
    y = np.eye(3, dtype="f")[RNG.integers(0, 3, 10)]
    model = keras.models.Sequential([keras.layers.Dense(3, input_shape=(3,))])
    chosen = [
        "accuracy",
        "mae",
        m.AUC(multi_label=True),
        m.Recall(thresholds=[0.2, 0.5]),
        Reached(0.3),
        first,
        m.F1Score(),
    ]
    model.compile("sgd", "mse", metrics=chosen)
    model.run_eagerly = eager
    model.set_weights([np.eye(3), np.zeros(3)])
    found = model.evaluate(x, y, batch_size=4, verbose=0, return_dict=True)
    assert model.metrics_names == ["loss", "accuracy", "mae", "auc", "recall", "reached", "first", "f1_score"]
    np.testing.assert_allclose(found["accuracy"], (x.argmax(1) == y.argmax(1)).mean(), rtol=1e-5)
    np.testing.assert_allclose(found["mae"], np.abs(x - y).mean(), rtol=1e-5)
    np.testing.assert_allclose(found["reached"], (x > 0.3).mean(), rtol=1e-5)
    np.testing.assert_allclose(found["auc"], m.AUC(multi_label=True)(y, x).item(), rtol=1e-5)
    np.testing.assert_allclose(found["recall"], [(y[x > t]).sum() / y.sum() for t in (0.2, 0.5)], rtol=1e-5)
    np.testing.assert_allclose(found["f1_score"], m.F1Score()(y, x).numpy(), rtol=1e-5)
    again = model.evaluate(x, y, batch_size=4, verbose=0, return_dict=True)
    np.testing.assert_allclose(again["reached"], found["reached"])
    history = model.fit(x, y, epochs=2, verbose=0).history
    assert np.shape(history["recall"]) == (2, 2)


# ---- names, configurations, errors


def test_names_count_up() -> None:
    assert [m.AUC().name, m.AUC().name, m.MeanSquaredError().name, m.MeanSquaredError().name] == [
        "auc", "auc_1", "mean_squared_error", "mean_squared_error",
    ]


def test_get() -> None:
    assert m.get("mae") is m.mean_absolute_error
    assert m.get("acc") is m.accuracy
    assert isinstance(m.get("Precision"), m.Precision)
    made = m.get({"class_name": "TopKCategoricalAccuracy", "config": {"k": 2}})
    assert made.get_config()["k"] == 2
    assert m.get(made) is made
    with pytest.raises(ArgumentError, match="did you mean 'binary_accuracy'"):
        m.get("binary_acuracy")


def test_configuration_is_plain() -> None:
    for metric in (
        m.AUC(thresholds=[0.5], label_weights=[1.0, 2.0]),
        m.MeanRelativeError([1.0, 2.0]),
        m.MeanMetricWrapper(m.mse, "x"),
        Reached(0.5),
    ):
        config = json.loads(json.dumps(m.serialize(metric)))
        again = m.deserialize(config, {"Reached": Reached})
        assert json.loads(json.dumps(m.serialize(again))) == config


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: m.Precision(thresholds=[0.5, 2.0]), "between 0 and 1"),
        (lambda: m.AUC(curve="RC"), "'ROC', 'PR'"),
        (lambda: m.AUC(summation_method="sum"), "interpolation"),
        (lambda: m.AUC(num_thresholds=1), "at least 2"),
        (lambda: m.AUC(num_labels=3), "multi_label"),
        (lambda: m.AUC(label_weights=[-1.0]), "negative"),
        (lambda: m.PrecisionAtRecall(2.0), "recall=2.0"),
        (lambda: m.IoU(2, [2]), "classes 0 to 1"),
        (lambda: m.FBetaScore("best"), "'micro'"),
        (lambda: m.F1Score(threshold=2.0), "at most 1"),
        (lambda: m.R2Score("mean"), "uniform_average"),
        (lambda: m.Metric("x").result(), "does not define result"),
        (lambda: m.Metric("x").update_state(1), "does not define update_state"),
        (lambda: m.F1Score().result(), "no values yet"),
    ],
)
def test_errors_teach(make, said: str) -> None:
    with pytest.raises(ArgumentError, match=said):
        make()


def test_shapes_that_do_not_fit() -> None:
    with pytest.raises(ShapeError, match="one label, 0 or 1, for each prediction"):
        m.Precision()([0, 1, 1], [[0.1, 0.9], [0.4, 0.6], [0.7, 0.3]])
    with pytest.raises(ShapeError, match="compares number by number"):
        m.Accuracy()(np.zeros((2, 3)), np.zeros((2, 2)))
    with pytest.raises(ShapeError, match="multi_label"):
        m.AUC(multi_label=True)(LABELS, SCORES)


@pytest.mark.parametrize("eagerly", [False, True])
@pytest.mark.parametrize("returns", [False, True])
def test_all_assignments_of_a_metric_happen_whatever_it_returns(returns, eagerly):
    class Largest(keras.metrics.Metric):
        def __init__(self):
            super().__init__(name="largest")
            self.total = self.add_weight(name="total", initializer="zeros")
            self.count = self.add_weight(name="count", initializer="zeros")

        def update_state(self, y_true, y_pred, sample_weight=None):
            self.total.assign_add(keras.backend.max(y_pred))
            last = self.count.assign_add(1.0)
            return last if returns else None

        def result(self):
            return self.total / self.count

    model = keras.models.Sequential([keras.layers.Dense(1, kernel_initializer="ones", input_shape=(1,))])
    model.compile("sgd", "mse", metrics=[Largest()], run_eagerly=eagerly)
    x = np.array([[1.0], [5.0], [3.0], [2.0]])
    assert model.evaluate(x, np.zeros((4, 1)), batch_size=2, verbose=0)[1] == (5.0 + 3.0) / 2
