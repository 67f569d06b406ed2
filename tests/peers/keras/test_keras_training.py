"""Optimizers, schedules, metrics and callbacks beside tf_keras: weights, states, configurations, names, histories."""

from __future__ import annotations

import os
import re

import numpy as np
import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_USE_LEGACY_KERAS", "1")
pytest.importorskip("tensorflow", reason="TensorFlow is not installed (extra: peers)")
pytest.importorskip("tf_keras", reason="tf_keras is not installed (extra: peers)")

import tf_keras as reference

from deepkit import keras

RNG = np.random.default_rng(5)
MODULES = (keras, reference)


# ---- optimizers

OPTIMIZERS = {
    "SGD": [
        {},
        {"learning_rate": 0.3},
        {"momentum": 0.9},
        {"momentum": 0.9, "nesterov": True, "decay": 0.3},
        {"clipnorm": 0.05},
        {"clipvalue": 0.01},
        {"global_clipnorm": 0.05},
        {"clipnorm": 0.02, "clipvalue": 0.01},
        {"lr": 0.2, "name": "mine"},
    ],
    "RMSprop": [
        {},
        {"rho": 0.7, "epsilon": 1e-3},
        {"momentum": 0.8},
        {"centered": True},
        {"centered": True, "momentum": 0.5, "decay": 0.2},
    ],
    "Adagrad": [{"learning_rate": 0.1}, {"learning_rate": 0.1, "initial_accumulator_value": 0.0, "epsilon": 1e-2}],
    "Adadelta": [{"learning_rate": 1.0}, {"learning_rate": 0.5, "rho": 0.8, "epsilon": 1e-2, "decay": 0.1}],
    "Adam": [
        {},
        {"beta_1": 0.7, "beta_2": 0.8, "epsilon": 1e-2},
        {"amsgrad": True, "beta_2": 0.5, "learning_rate": 0.1},
        {"decay": 0.5},
        {"epsilon": None},
    ],
    "Adamax": [{}, {"beta_1": 0.7, "beta_2": 0.8, "decay": 0.1}],
    "Nadam": [{}, {"beta_1": 0.7, "beta_2": 0.8}, {"schedule_decay": 0.5}],
    "Ftrl": [
        {"learning_rate": 0.1},
        {"learning_rate": 0.1, "l1_regularization_strength": 0.02, "l2_regularization_strength": 0.1},
        {
            "learning_rate": 0.1,
            "l2_shrinkage_regularization_strength": 0.1,
            "beta": 0.3,
            "initial_accumulator_value": 0.5,
        },
        {"learning_rate": 0.1, "learning_rate_power": -0.3},
    ],
}
CASES = [(name, config) for name, configs in OPTIMIZERS.items() for config in configs]


def trained(module, optimizer, sparse: bool, steps: int = 4, **fit):
    """A small model after some steps, from weights that are the same in both libraries."""
    module.backend.clear_session()
    layers = module.layers
    if sparse:
        stack = [layers.Embedding(7, 3, input_length=4), layers.Flatten(), layers.Dense(2, activation="tanh")]
        x = [[1, 1, 2, 5], [0, 3, 1, 2], [6, 6, 6, 1]]
    else:
        stack = [
            layers.Dense(5, activation="tanh", input_shape=(4,), kernel_constraint=module.constraints.MaxNorm(0.9)),
            layers.Dense(2),
        ]
        x = np.linspace(-1, 2, 12).reshape(3, 4)
    model = module.models.Sequential(stack)
    if not model.built:
        model.build((None, 4))
    rng = np.random.default_rng(1)
    model.set_weights([rng.normal(size=w.shape) * 0.5 for w in model.get_weights()])
    model.compile(optimizer=optimizer, loss="mse")
    y = np.array([[1.0, -1.0], [0.5, 0.0], [0.2, 2.0]])
    for _ in range(steps):
        model.train_on_batch(np.array(x), y)
    return model


def plain(config):
    """A configuration as JSON has it."""
    if isinstance(config, dict):
        return {key: plain(value) for key, value in config.items() if key not in ("module", "registered_name")}
    if isinstance(config, (list, tuple)):
        return [plain(value) for value in config]
    return config.tolist() if hasattr(config, "tolist") else config


def short(weight) -> str:
    """The name without the number of the layer: the first is dense_1 here, dense there."""
    return re.sub(r"_\d+(?=/)", "", weight.name)


def compared(ours, theirs) -> None:
    for a, b in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=3e-5, atol=3e-6)
    a, b = ours.optimizer, theirs.optimizer
    assert [short(w) for w in a.weights] == [short(w) for w in b.weights]
    for x, y in zip(a.get_weights(), b.get_weights(), strict=True):
        np.testing.assert_allclose(x, y, rtol=3e-5, atol=3e-6)
        assert x.shape == y.shape
        assert x.dtype == y.dtype
    assert list(a.get_config()) == list(b.get_config())
    assert plain(a.get_config()) == plain(b.get_config())


@pytest.mark.parametrize("sparse", [False, True], ids=["dense", "rows"])
@pytest.mark.parametrize(
    ("name", "config"), CASES, ids=lambda v: str(v) if isinstance(v, str) else "-".join(v) or "defaults"
)
def test_optimizer(name: str, config: dict, sparse: bool) -> None:
    if sparse and not hasattr(keras.layers, "Embedding"):
        pytest.skip("there is no Embedding yet")
    ours, theirs = (trained(m, getattr(m.optimizers.legacy, name)(**config), sparse) for m in MODULES)
    compared(ours, theirs)


@pytest.mark.parametrize(
    ("name", "config"), CASES, ids=lambda v: str(v) if isinstance(v, str) else "-".join(v) or "defaults"
)
def test_configuration_before_the_first_step(name: str, config: dict) -> None:
    ours, theirs = (getattr(m.optimizers.legacy, name)(**config) for m in MODULES)
    assert plain(ours.get_config()) == plain(theirs.get_config())
    again = keras.optimizers.deserialize(keras.optimizers.serialize(ours))
    assert again.get_config() == ours.get_config()


def test_optimizer_weights_go_over() -> None:
    """What one library's optimizer remembers, the other's takes on."""
    ours, theirs = (trained(m, m.optimizers.legacy.Adam(0.05), False) for m in MODULES)
    fresh = trained(keras, keras.optimizers.Adam(0.05), False, steps=1)
    fresh.set_weights(theirs.get_weights())
    fresh.optimizer.set_weights(theirs.optimizer.get_weights())
    x, y = np.ones((3, 4)), np.zeros((3, 2))
    for model in (fresh, theirs):
        model.train_on_batch(x, y)
    compared(fresh, theirs)
    assert ours.optimizer.get_weights()[0] == 4


# ---- schedules

SCHEDULES = {
    "ExponentialDecay": [
        {"initial_learning_rate": 0.5, "decay_steps": 3, "decay_rate": 0.7},
        {"initial_learning_rate": 0.5, "decay_steps": 3, "decay_rate": 0.7, "staircase": True, "name": "n"},
    ],
    "InverseTimeDecay": [
        {"initial_learning_rate": 0.5, "decay_steps": 3, "decay_rate": 0.7},
        {"initial_learning_rate": 0.5, "decay_steps": 3, "decay_rate": 0.7, "staircase": True},
    ],
    "PolynomialDecay": [
        {"initial_learning_rate": 0.5, "decay_steps": 3},
        {"initial_learning_rate": 0.5, "decay_steps": 3, "power": 2.0, "cycle": True},
    ],
    "PiecewiseConstantDecay": [{"boundaries": [2, 5], "values": [0.5, 0.25, 0.1]}],
    "CosineDecay": [
        {"initial_learning_rate": 0.5, "decay_steps": 5},
        {"initial_learning_rate": 0.5, "decay_steps": 5, "alpha": 0.2},
        {"initial_learning_rate": 0.1, "decay_steps": 5, "warmup_target": 0.6, "warmup_steps": 3, "alpha": 0.1},
    ],
    "CosineDecayRestarts": [
        {"initial_learning_rate": 0.5, "first_decay_steps": 3},
        {"initial_learning_rate": 0.5, "first_decay_steps": 3, "t_mul": 1.0},
        {"initial_learning_rate": 0.5, "first_decay_steps": 2, "t_mul": 1.5, "m_mul": 0.7, "alpha": 0.1},
    ],
}


@pytest.mark.parametrize(("name", "config"), [(n, c) for n, cs in SCHEDULES.items() for c in cs])
def test_schedule(name: str, config: dict) -> None:
    ours, theirs = (getattr(m.optimizers.schedules, name)(**config) for m in MODULES)
    for step in range(12):
        # The phase of a restart comes from a logarithm: the last bits of it differ.
        np.testing.assert_allclose(np.asarray(ours(step)), np.asarray(theirs(step)), rtol=1e-5, atol=1e-6)
    assert plain(ours.get_config()) == plain(theirs.get_config())
    models = [trained(m, m.optimizers.legacy.SGD(s), False) for m, s in zip(MODULES, (ours, theirs), strict=True)]
    for a, b in zip(*(m.get_weights() for m in models), strict=True):
        np.testing.assert_allclose(a, b, rtol=3e-5, atol=3e-6)
    config = models[0].optimizer.get_config()
    assert plain(config) == plain(models[1].optimizer.get_config())
    assert keras.optimizers.SGD.from_config(config).get_config() == config


# ---- metrics

LABELS = RNG.integers(0, 2, (2, 6)).astype("f")
SCORES = np.concatenate([RNG.uniform(size=(1, 6)), [[0.0, 0.5, 1.0, 0.25, 0.75, 0.3]]]).astype("f")
ONE_HOT = np.eye(4, dtype="f")[RNG.integers(0, 4, (2, 6))]
ROWS = RNG.dirichlet(np.ones(4), (2, 6)).astype("f")
NUMBERS = RNG.integers(0, 4, (2, 6)).astype("f")
REAL = RNG.normal(size=(2, 2, 6, 3)).astype("f")
MULTI = RNG.integers(0, 2, (2, 6, 3)).astype("f")
MULTI_SCORES = RNG.uniform(size=(2, 6, 3)).astype("f")
WEIGHTS = RNG.uniform(size=(2, 6)).astype("f")

BINARY, ROWWISE, SPARSE = (LABELS, SCORES), (ONE_HOT, ROWS), (NUMBERS, ROWS)
REGRESSION, MANY, CLASSES = (REAL[0], REAL[1]), (MULTI, MULTI_SCORES), (NUMBERS, RNG.integers(0, 4, (2, 6)).astype("f"))
COLUMNS = LABELS[..., None], SCORES[..., None]
METRICS = [
    ("Accuracy", {}, CLASSES),
    ("BinaryAccuracy", {}, BINARY),
    ("BinaryAccuracy", {"threshold": 0.3}, MANY),
    ("CategoricalAccuracy", {}, ROWWISE),
    ("SparseCategoricalAccuracy", {}, SPARSE),
    ("SparseCategoricalAccuracy", {}, (NUMBERS[..., None], ROWS)),
    ("TopKCategoricalAccuracy", {"k": 2}, ROWWISE),
    ("SparseTopKCategoricalAccuracy", {"k": 2}, SPARSE),
    ("SparseTopKCategoricalAccuracy", {"k": 1, "name": "top"}, (NUMBERS[..., None], ROWS)),
    *[
        (name, {}, REGRESSION)
        for name in (
            "MeanSquaredError",
            "MeanAbsoluteError",
            "MeanAbsolutePercentageError",
            "MeanSquaredLogarithmicError",
            "LogCoshError",
            "RootMeanSquaredError",
            "CosineSimilarity",
            "R2Score",
            "Hinge",
            "SquaredHinge",
        )
    ],
    ("MeanSquaredError", {"dtype": "float64"}, REGRESSION),
    ("MeanSquaredError", {}, COLUMNS),
    ("CosineSimilarity", {"axis": 0}, REGRESSION),
    ("CategoricalHinge", {}, ROWWISE),
    ("Poisson", {}, MANY),
    ("KLDivergence", {}, ROWWISE),
    ("BinaryCrossentropy", {}, MANY),
    ("BinaryCrossentropy", {"from_logits": True, "label_smoothing": 0.1}, MANY),
    ("CategoricalCrossentropy", {"label_smoothing": 0.2}, ROWWISE),
    ("SparseCategoricalCrossentropy", {}, SPARSE),
    ("SparseCategoricalCrossentropy", {"ignore_class": 1}, SPARSE),
    ("SparseCategoricalCrossentropy", {"from_logits": True}, SPARSE),
    ("MeanRelativeError", {"normalizer": [1.0, 2.0, 0.0, 3.0, 1.0, 1.0]}, BINARY),
    *[
        (name, config, BINARY)
        for name in ("TruePositives", "TrueNegatives", "FalsePositives", "FalseNegatives")
        for config in ({}, {"thresholds": 0.3}, {"thresholds": [0.0, 0.5, 1.0]}, {"thresholds": [0.2, 0.9]})
    ],
    *[
        (name, config, MANY)
        for name in ("Precision", "Recall")
        for config in (
            {},
            {"thresholds": [0.25, 0.5]},
            {"top_k": 2},
            {"class_id": 1},
            {"top_k": 1, "class_id": 0},
            {"thresholds": [0, 0.5, 1]},
        )
    ],
    *[
        ("AUC", {"curve": curve, "summation_method": how, "num_thresholds": 11}, BINARY)
        for curve in ("ROC", "PR", "PR_GAIN")
        for how in ("interpolation", "majoring", "minoring")
    ],
    ("AUC", {}, BINARY),
    ("AUC", {"thresholds": [0.3, 0.6, 0.1]}, BINARY),
    ("AUC", {"thresholds": [0.5]}, BINARY),
    ("AUC", {"from_logits": True}, BINARY),
    ("AUC", {"multi_label": True, "num_labels": 3}, MANY),
    ("AUC", {"multi_label": True}, MANY),
    ("AUC", {"multi_label": True, "num_labels": 3, "label_weights": [1.0, 2.0, 0.5]}, MANY),
    ("AUC", {"multi_label": True, "thresholds": [0.2, 0.7], "curve": "PR"}, MANY),
    ("AUC", {"label_weights": [1.0, 2.0, 0.5]}, MANY),
    *[
        (name, config, data)
        for name, key in (
            ("SensitivityAtSpecificity", "specificity"),
            ("SpecificityAtSensitivity", "sensitivity"),
            ("PrecisionAtRecall", "recall"),
            ("RecallAtPrecision", "precision"),
        )
        for config, data in (
            ({key: 0.5}, BINARY),
            ({key: 0.99, "num_thresholds": 7}, BINARY),
            ({key: 0.4, "num_thresholds": 1}, BINARY),
            ({key: 0.3, "class_id": 2}, MANY),
        )
    ],
    ("MeanIoU", {"num_classes": 4}, CLASSES),
    ("MeanIoU", {"num_classes": 4, "ignore_class": 2}, CLASSES),
    ("IoU", {"num_classes": 4, "target_class_ids": [0, 3]}, CLASSES),
    ("IoU", {"num_classes": 4, "target_class_ids": [1], "sparse_y_pred": False}, SPARSE),
    ("BinaryIoU", {}, BINARY),
    ("BinaryIoU", {"target_class_ids": [1], "threshold": 0.3}, BINARY),
    ("OneHotIoU", {"num_classes": 4, "target_class_ids": [0, 2]}, ROWWISE),
    ("OneHotMeanIoU", {"num_classes": 4}, ROWWISE),
    *[
        ("FBetaScore", {"average": average, "beta": 2.0, "threshold": t}, MANY)
        for average in (None, "micro", "macro", "weighted")
        for t in (None, 0.4)
    ],
    ("F1Score", {}, MANY),
    ("R2Score", {"class_aggregation": None}, REGRESSION),
    ("R2Score", {"class_aggregation": "variance_weighted_average", "num_regressors": 2}, REGRESSION),
]


@pytest.mark.parametrize("weighted", [False, True], ids=["plain", "weighted"])
@pytest.mark.parametrize(
    ("name", "config", "data"), METRICS, ids=lambda v: str(v)[:60] if isinstance(v, (str, dict)) else ""
)
def test_metric(name: str, config: dict, data: tuple, weighted: bool) -> None:
    if weighted and config.get("axis") == 0:
        pytest.skip("the values belong to outputs, the weights to samples")
    keras.backend.clear_session()
    reference.backend.clear_session()
    ours, theirs = (getattr(m.metrics, name)(**config) for m in MODULES)
    for metric in (ours, theirs):
        for batch in range(2):
            weight = {"sample_weight": WEIGHTS[batch]} if weighted else {}
            metric.update_state(data[0][batch], data[1][batch], **weight)
    np.testing.assert_allclose(np.asarray(ours.result()), np.asarray(theirs.result()), rtol=2e-5, atol=1e-6)
    assert [w.name for w in ours.weights] == [w.name for w in theirs.weights]
    for a, b in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=2e-5, atol=1e-5)
        assert a.dtype == b.dtype
    assert ours.name == theirs.name
    assert ours.dtype == theirs.dtype
    assert plain(ours.get_config()) == plain(theirs.get_config())
    again = type(ours).from_config(ours.get_config())
    assert plain(again.get_config()) == plain(ours.get_config())
    in_graph = through_fit(name, config, data, weighted)
    if in_graph is not None:
        np.testing.assert_allclose(in_graph, np.asarray(theirs.result()), rtol=2e-5, atol=1e-6)
    ours.reset_states()
    assert all(not w.any() for w in ours.get_weights())


def through_fit(name: str, config: dict, data: tuple, weighted: bool):
    """The same metric as evaluate computes it in a model that hands its input on."""
    if data[1][0].ndim != 2 or config.get("dtype"):
        return None
    x = keras.layers.Input(data[1].shape[2:])
    model = keras.models.Model(x, keras.layers.Activation("linear")(x))
    made = getattr(keras.metrics, name)(**config)
    model.compile("sgd", loss=lambda t, p: p[:, 0], **{"weighted_metrics" if weighted else "metrics": [made]})
    targets = np.concatenate(data[0])
    weight = {"sample_weight": np.concatenate(WEIGHTS)} if weighted else {}
    model.evaluate(np.concatenate(data[1]), targets, batch_size=6, verbose=0, **weight)
    return np.asarray(made.result())


def test_metric_names_of_functions() -> None:
    missing = [
        n
        for n in dir(reference.metrics)
        if not n.startswith("_") and n != "experimental" and not hasattr(keras.metrics, n)
    ]
    assert missing == []


# ---- callbacks


def fitted(module, callbacks, epochs: int = 6, optimizer: str = "SGD", **fit):
    module.backend.clear_session()
    model = module.models.Sequential(
        [module.layers.Dense(3, activation="tanh", input_shape=(2,)), module.layers.Dense(1)]
    )
    rng = np.random.default_rng(2)
    model.set_weights([rng.normal(size=w.shape) for w in model.get_weights()])
    model.compile(getattr(module.optimizers.legacy, optimizer)(0.5), loss="mse", metrics=["mae"])
    x = np.linspace(-1, 1, 40).reshape(20, 2)
    y = np.sin(3 * x[:, :1])
    history = model.fit(
        x, y, batch_size=4, epochs=epochs, shuffle=False, validation_split=0.2, verbose=0, callbacks=callbacks, **fit
    )
    return model, history


CALLBACKS = {
    "early": lambda c, p: c.EarlyStopping(patience=1, min_delta=0.001),
    "early, best": lambda c, p: c.EarlyStopping(monitor="val_mae", patience=0, restore_best_weights=True),
    "early, baseline": lambda c, p: c.EarlyStopping(monitor="loss", patience=2, baseline=0.0001),
    "early, later": lambda c, p: c.EarlyStopping(monitor="mae", mode="max", patience=1, start_from_epoch=2),
    "plateau": lambda c, p: c.ReduceLROnPlateau(patience=0, factor=0.5, min_delta=0.05),
    "plateau, cooldown": lambda c, p: c.ReduceLROnPlateau(
        monitor="loss", patience=1, cooldown=1, min_delta=1, min_lr=0.2
    ),
    "scheduler": lambda c, p: c.LearningRateScheduler(lambda epoch: 0.5 / (epoch + 1)),
    "scheduler, two": lambda c, p: c.LearningRateScheduler(lambda epoch, rate: float(rate * 0.7)),
    "csv": lambda c, p: c.CSVLogger(str(p), separator=";"),
    "nan": lambda c, p: c.TerminateOnNaN(),
}


@pytest.mark.parametrize("name", CALLBACKS)
def test_callback(name: str, tmp_path) -> None:
    paths = tmp_path / "ours", tmp_path / "theirs"
    (ours, a), (theirs, b) = (fitted(m, [CALLBACKS[name](m.callbacks, p)]) for m, p in zip(MODULES, paths, strict=True))
    assert a.epoch == b.epoch
    assert sorted(a.history) == sorted(b.history)
    for key in b.history:
        np.testing.assert_allclose(a.history[key], b.history[key], rtol=2e-4, atol=1e-5)
    for x, y in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(x, y, rtol=2e-4, atol=1e-5)
    if name == "csv":
        rows = [[line.split(";") for line in p.read_text().splitlines()] for p in paths]
        assert rows[0][0] == rows[1][0]
        np.testing.assert_allclose(np.array(rows[0][1:], float), np.array(rows[1][1:], float), rtol=2e-4, atol=1e-5)


@pytest.mark.parametrize("verbose", [1, 2])
@pytest.mark.parametrize("target", [1, 7, 120, None])
def test_bar_looks_the_same(target: int | None, verbose: int, capsys) -> None:
    """The last line of a bar, times aside."""
    lines = []
    for progbar in (keras.utils.generic_utils.Progbar, reference.utils.Progbar):
        if target is None and verbose == 2:
            return
        bar = progbar(target, verbose=verbose, stateful_metrics=["mae"])
        for step in range(target or 5):
            done = step + 1 == (target or 5)
            bar.update(step + 1, [("loss", 1.0 / (step + 1)), ("mae", 1e-5 * step)], finalize=done)
        text = capsys.readouterr().out
        lines.append(re.sub(r"\d+(s|ms|us)\b", "#", re.split(r"[\r\n\b]+", text.rstrip())[-1]))
    assert lines[0] == lines[1]
