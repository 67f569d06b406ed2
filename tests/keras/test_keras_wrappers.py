"""KerasClassifier and KerasRegressor by scikit-learn's own checks, and in its searches and pipelines."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

pytest.importorskip("sklearn", minversion="1.6", reason="scikit-learn 1.6 is not installed")

from sklearn.base import clone, is_classifier, is_regressor
from sklearn.datasets import make_classification, make_regression
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from deepkit import keras
from deepkit.core.graph import default_graph
from deepkit.errors import ArgumentError
from deepkit.keras import layers as L
from deepkit.keras.wrappers.scikit_learn import BaseWrapper, KerasClassifier, KerasRegressor


@parametrize_with_checks([KerasClassifier(random_state=0), KerasRegressor(random_state=0, epochs=60)])
def test_scikit_learn_checks(estimator, check):
    check(estimator)


def classifier(units=16, n_features_in=2, n_classes=2, optimizer="adam", loss="sparse_categorical_crossentropy"):
    last = (
        L.Dense(1, activation="sigmoid") if loss == "binary_crossentropy" else L.Dense(n_classes, activation="softmax")
    )
    model = keras.models.Sequential([L.Dense(units, activation="relu", input_shape=(n_features_in,)), last])
    model.compile(optimizer, loss, metrics=["accuracy"])
    return model


@pytest.fixture
def data():
    return make_classification(160, 4, n_informative=3, n_redundant=0, n_classes=2, class_sep=2.0, random_state=1)


@pytest.mark.parametrize("loss", ["sparse_categorical_crossentropy", "categorical_crossentropy", "binary_crossentropy"])
def test_labels_are_brought_into_the_form_of_the_loss(data, loss):
    x, y = data
    words = np.array(["no", "yes"])[y]
    model = KerasClassifier(classifier, epochs=20, batch_size=16, loss=loss, optimizer="rmsprop", random_state=3).fit(
        x, words
    )
    assert model.score(x, words) > 0.9
    assert model.predict_proba(x).shape == (160, 2)
    np.testing.assert_allclose(model.predict_proba(x).sum(axis=1), 1, rtol=1e-5)
    assert set(model.predict(x)) == {"no", "yes"}
    assert (model.predict(x) == model.classes_[model.predict_proba(x).argmax(axis=1)]).all()
    assert len(model.history_["loss"]) == 20
    assert model.model.loss == loss


def test_one_hot_rows(data):
    x, y = data
    rows = np.eye(2)[y]
    model = KerasClassifier(classifier, loss="categorical_crossentropy", epochs=60, random_state=0).fit(x, rows)
    assert model.score(x, rows) == model.score(x, y) > 0.9


def test_pictures(data):
    def build(n_classes):
        model = keras.models.Sequential(
            [L.Conv2D(2, 2, input_shape=(4, 4, 1)), L.Flatten(), L.Dense(n_classes, activation="softmax")]
        )
        model.compile("adam", "sparse_categorical_crossentropy")
        return model

    x = np.random.RandomState(0).rand(20, 4, 4, 1)
    model = KerasClassifier(build, epochs=2).fit(x, np.arange(20) % 3)
    assert model.predict_proba(x).shape == (20, 3)


def test_search_and_pipeline(data):
    x, y = data
    search = GridSearchCV(
        KerasClassifier(classifier, epochs=3, random_state=0), {"units": [1, 32], "epochs": [1, 15]}, cv=2
    )
    search.fit(x, y)
    assert search.best_params_ == {"units": 32, "epochs": 15}
    pipe = make_pipeline(StandardScaler(), KerasClassifier(classifier, epochs=60, random_state=0))
    assert cross_val_score(pipe, x, y, cv=2).min() > 0.8
    pipe.set_params(kerasclassifier__units=3)
    assert pipe.fit(x, y)[-1].model_.layers[0].units == 3


def test_fits_leave_the_default_graph_alone(data):
    count = len(default_graph().get_operations())
    KerasClassifier(classifier, epochs=1).fit(*data)
    assert len(default_graph().get_operations()) == count


def test_the_same_seed_gives_the_same_model(data):
    x, y = data
    one, two, three = (
        KerasClassifier(classifier, epochs=2, random_state=s).fit(x, y).predict_proba(x) for s in (5, 5, 6)
    )
    assert (one == two).all()
    assert not (one == three).all()


def test_regression_with_several_columns():
    x, y = make_regression(120, 3, n_targets=2, noise=0.1, random_state=0)
    model = KerasRegressor(random_state=0).fit(x, y / 50)
    assert model.predict(x).shape == (120, 2)
    assert model.score(x, y / 50) > 0.9
    assert is_regressor(model)
    assert is_classifier(KerasClassifier())


def test_pickling_and_cloning(data):
    x, y = data
    model = KerasClassifier(classifier, epochs=5, units=7, random_state=0).fit(x, y)
    back = pickle.loads(pickle.dumps(model))
    assert (back.predict_proba(x) == model.predict_proba(x)).all()
    assert back.model_.train_on_batch(x, y) == model.model_.train_on_batch(x, y)
    fresh = clone(model)
    assert fresh.get_params() == model.get_params()
    with pytest.raises(NotFittedError):
        fresh.predict(x)


def test_parameters():
    model = KerasClassifier(classifier, units=3, epochs=2)
    assert model.sk_params == {"units": 3, "epochs": 2}
    assert model.filter_sk_params(classifier) == {"units": 3}
    assert model.filter_sk_params(keras.models.Sequential.fit, {"verbose": 2}) == {"epochs": 2, "verbose": 2}
    assert repr(model) == "KerasClassifier(build_fn=classifier, units=3, epochs=2)"
    with pytest.raises(ArgumentError, match="'unit'"):
        KerasClassifier(classifier, unit=3)
    with pytest.raises(ArgumentError, match="'layers'"):
        model.set_params(layers=3)


def test_what_build_fn_returns_is_checked(data):
    with pytest.raises(ArgumentError, match="compiled"):
        KerasClassifier(lambda: keras.models.Sequential([L.Dense(2, input_shape=(4,))])).fit(*data)
    with pytest.raises(ArgumentError, match="without brackets"):
        KerasClassifier(3).fit(*data)


def test_a_subclass_may_build(data):
    class Own(KerasClassifier):
        def __call__(self, units=4):
            return classifier(units, 4)

    assert Own(units=5, epochs=1).fit(*data).model_.layers[0].units == 5
    assert issubclass(Own, BaseWrapper)
